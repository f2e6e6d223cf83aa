//! What form of answer a request accepts, and whether its body is of the one form taken.

use hyper::HeaderMap;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use crate::http::Form;

/// Media type of an answer line by line.
pub(super) const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// The form that a request asks for: the best of those it accepts, the first named of equals; `None` where it takes
/// none that there is.
pub(super) fn form(headers: &HeaderMap) -> Option<Form> {
    if !headers.contains_key(ACCEPT) {
        return Some(Form::Whole);
    }
    let mut best: Option<(Form, f32)> = None;
    for range in values(headers, ACCEPT) {
        let (media, quality) = split(&range);
        let form = match media {
            JSON | "application/*" | "*/*" => Form::Whole,
            NDJSON => Form::Lines,
            _ => continue,
        };
        if quality > 0.0 && best.is_none_or(|(_, so_far)| quality > so_far) {
            best = Some((form, quality));
        }
    }
    best.map(|(form, _)| form)
}

/// Whether the body says that it is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut said = headers.get_all(CONTENT_TYPE).iter();
    let (Some(said), None) = (said.next(), said.next()) else {
        return false;
    };
    let said = said.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = said.split(';').map(str::trim);
    parts.next() == Some(JSON)
        && parts
            .all(|part| part.is_empty() || part == "charset=utf-8" || part == "charset=\"utf-8\"")
}

fn values(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let said = headers.get_all(name).iter();
    said.filter_map(|said| said.to_str().ok())
        .flat_map(|said| said.split(','))
        .map(|range| range.trim().to_ascii_lowercase())
        .collect()
}

/// A media range and its quality, 1 where it says none.
fn split(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q="));
    let quality = quality.map_or(1.0, |text| text.parse().unwrap_or(0.0));
    (media, quality)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn asked(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        form(&headers)
    }

    #[test]
    fn the_best_form_that_is_accepted_is_given() {
        assert_eq!(form(&HeaderMap::new()), Some(Form::Whole));
        for (accept, expected) in [
            ("*/*", Some(Form::Whole)),
            ("application/*;q=0.1", Some(Form::Whole)),
            ("application/json", Some(Form::Whole)),
            ("Application/JSON; q=0.5, text/html", Some(Form::Whole)),
            ("application/x-ndjson", Some(Form::Lines)),
            ("application/x-ndjson, */*;q=0.1", Some(Form::Lines)),
            (
                "application/json;q=0.2, application/x-ndjson;q=0.9",
                Some(Form::Lines),
            ),
            ("application/json, application/x-ndjson", Some(Form::Whole)),
            ("application/json;q=0", None),
            ("text/html", None),
            ("application/problem+json", None),
            ("", None),
        ] {
            assert_eq!(asked(accept), expected, "{accept}");
        }
    }

    #[test]
    fn a_body_is_json_in_utf_8_or_refused() {
        let is = |types: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for one in types {
                headers.append(CONTENT_TYPE, HeaderValue::from_static(one));
            }
            is_json(&headers)
        };
        assert!(is(&["application/json"]) && is(&["Application/JSON; charset=UTF-8"]));
        for wrong in [
            "text/json",
            "application/json; charset=latin1",
            "application/jsonx",
            "",
        ] {
            assert!(!is(&[wrong]), "{wrong}");
        }
        assert!(!is(&[]) && !is(&["application/json", "application/json"]));
    }
}
