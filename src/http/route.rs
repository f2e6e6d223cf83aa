//! Which request of the public listener goes where. It looks at method, path and query only, and reads no body.

use hyper::{Method, Uri};

/// The service address.
pub const SERVICE_PATH: &str = "/xroad";
/// The WSDL's own address.
pub const WSDL_PATH: &str = "/wsdl/psop-v1.wsdl";

/// A part of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The page in the language of this tag.
    Page(&'static str),
    Style,
    Script,
    /// A sample: which one, the rest of the path says.
    Sample,
}

/// Where samples stand.
pub const SAMPLES: &str = "/samples/";

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To the SOAP endpoint.
    Soap,
    /// To the WSDL document.
    Wsdl,
    /// A part of the catalogue.
    Catalogue(Part),
    /// The service address with a method it does not have: a fault.
    MethodRefused,
    /// A POST to an unknown address: a fault, since a SOAP client sent it.
    PathRefused,
    /// Anything else: a plain 404, since a browser or a scanner sent it.
    NotFound,
}

impl Route {
    /// The route of a request.
    pub fn of(method: &Method, uri: &Uri) -> Self {
        let reads = method == Method::GET || method == Method::HEAD;
        match uri.path() {
            SERVICE_PATH if method == Method::POST => Self::Soap,
            SERVICE_PATH if reads && asks_for_wsdl(uri.query()) => Self::Wsdl,
            SERVICE_PATH => Self::MethodRefused,
            WSDL_PATH if reads => Self::Wsdl,
            "/" | "/fi" if reads => Self::Catalogue(Part::Page("fi")),
            "/sv" if reads => Self::Catalogue(Part::Page("sv")),
            "/en" if reads => Self::Catalogue(Part::Page("en")),
            "/catalogue.css" if reads => Self::Catalogue(Part::Style),
            "/catalogue.js" if reads => Self::Catalogue(Part::Script),
            path if reads && path.starts_with(SAMPLES) => Self::Catalogue(Part::Sample),
            _ if method == Method::POST => Self::PathRefused,
            _ => Self::NotFound,
        }
    }
}

/// The customary `?wsdl`: SOAP tools write the key in any letter case, with and without a value.
fn asks_for_wsdl(query: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|pair| {
        let key = pair.split_once('=').map_or(pair, |(key, _)| key);
        key.eq_ignore_ascii_case("wsdl")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_and_path_has_its_route() {
        let cases = [
            ("POST /xroad", Route::Soap),
            ("POST /xroad?wsdl", Route::Soap),
            ("POST /xroad?anything=1&x", Route::Soap),
            ("GET /xroad?wsdl", Route::Wsdl),
            ("HEAD /xroad?wsdl", Route::Wsdl),
            ("GET /xroad?WSDL", Route::Wsdl),
            ("GET /xroad?Wsdl=", Route::Wsdl),
            ("GET /xroad?v=1&wsdl=psop", Route::Wsdl),
            ("GET /wsdl/psop-v1.wsdl", Route::Wsdl),
            ("GET /wsdl/psop-v1.wsdl?x=y", Route::Wsdl),
            ("HEAD /wsdl/psop-v1.wsdl", Route::Wsdl),
            ("GET /xroad", Route::MethodRefused),
            ("GET /xroad?wsdls", Route::MethodRefused),
            ("GET /xroad?x=wsdl", Route::MethodRefused),
            ("HEAD /xroad", Route::MethodRefused),
            ("PUT /xroad", Route::MethodRefused),
            ("OPTIONS /xroad?wsdl", Route::MethodRefused),
            ("POST /", Route::PathRefused),
            ("POST /xroad/", Route::PathRefused),
            ("POST /XROAD", Route::PathRefused),
            ("POST /wsdl/psop-v1.wsdl", Route::PathRefused),
            ("GET /", Route::Catalogue(Part::Page("fi"))),
            ("HEAD /fi", Route::Catalogue(Part::Page("fi"))),
            ("GET /sv?x", Route::Catalogue(Part::Page("sv"))),
            ("GET /en", Route::Catalogue(Part::Page("en"))),
            ("GET /catalogue.css", Route::Catalogue(Part::Style)),
            ("GET /catalogue.js", Route::Catalogue(Part::Script)),
            ("GET /samples/x.xml", Route::Catalogue(Part::Sample)),
            ("POST /en", Route::PathRefused),
            ("GET /de", Route::NotFound),
            ("GET /health/live", Route::NotFound),
            ("DELETE /wsdl/psop-v1.wsdl", Route::NotFound),
        ];
        for (case, expected) in cases {
            let (method, uri) = case.split_once(' ').unwrap();
            let route = Route::of(&method.parse().unwrap(), &uri.parse().unwrap());
            assert_eq!(route, expected, "{case}");
        }
    }
}
