//! The shapes of header that clients send: ways to write the same, and all that may stand in one.

use crate::support::answer::SOAP;

pub const XRD: &str = "http://x-road.eu/xsd/xroad.xsd";
pub const ID: &str = "http://x-road.eu/xsd/identifiers";
pub const REPR: &str = "http://x-road.eu/xsd/representation.xsd";

/// What a shape's answer must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    Answered,
    /// The caller is somebody else: the header is read and echoed all the same.
    ClientUnknown,
}

/// The request written from its parts: X-Road's header elements with usual prefixes.
pub const HEADER: &str = "\
<xrd:client id:objectType=\"SUBSYSTEM\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
<id:memberClass>COM</id:memberClass><id:memberCode>9000007-0</id:memberCode>\
<id:subsystemCode>care</id:subsystemCode></xrd:client>
<xrd:service id:objectType=\"SERVICE\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
<id:memberClass>MUN</id:memberClass><id:memberCode>0204819-8</id:memberCode>\
<id:subsystemCode>psop</id:subsystemCode><id:serviceCode>getOstovoima</id:serviceCode>\
<id:serviceVersion>v1</id:serviceVersion></xrd:service>
<xrd:userId>hoitaja</xrd:userId>
<xrd:id>MESSAGE-ID</xrd:id>
<xrd:protocolVersion>4.0</xrd:protocolVersion>
";

const NAMESPACES: &str = "xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\" \
    xmlns:id=\"http://x-road.eu/xsd/identifiers\" xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\"";

/// An envelope with `header` inside; `BODY` stands where the body goes.
pub fn enveloped(header: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"{SOAP}\" {NAMESPACES}><soap:Header>{header}</soap:Header>\
         <soap:Body>BODY</soap:Body></soap:Envelope>"
    )
}

fn replaced(from: &str, to: &str) -> String {
    assert!(HEADER.contains(from), "{from}");
    enveloped(&HEADER.replace(from, to))
}

fn with(more: &str) -> String {
    enveloped(&format!("{HEADER}{more}"))
}

/// The header with other prefixes for its namespaces.
fn prefixed(xrd: &str, id: &str) -> String {
    HEADER
        .replace("xrd:", &format!("{xrd}:"))
        .replace("id:", &format!("{id}:"))
}

const PARTY: &str = "<repr:representedParty><repr:partyClass>COM</repr:partyClass>\
    <repr:partyCode>9000007-0</repr:partyCode></repr:representedParty>";

fn shapes_of_namespaces() -> Vec<(&'static str, String)> {
    let no_prefix = HEADER.replace("xrd:", "");
    let late = ["client", "service", "userId", "id", "protocolVersion"]
        .iter()
        .fold(HEADER.to_owned(), |text, name| {
            let open = format!("<xrd:{name}");
            text.replace(&open, &format!("{open} {NAMESPACES}"))
        });
    let default_on_parts = [
        "xRoadInstance",
        "memberClass",
        "memberCode",
        "subsystemCode",
        "serviceCode",
        "serviceVersion",
    ]
    .iter()
    .fold(HEADER.to_owned(), |text, part| {
        text.replace(&format!("<id:{part}>"), &format!("<{part} xmlns=\"{ID}\">"))
            .replace(&format!("</id:{part}>"), &format!("</{part}>"))
    });
    vec![
        ("usual prefixes", enveloped(HEADER)),
        (
            "other prefixes, declared on the Header",
            format!(
                "<S:Envelope xmlns:S=\"{SOAP}\"><S:Header xmlns:a=\"{XRD}\" xmlns:b-1=\"{ID}\">{}</S:Header>\
                 <S:Body>BODY</S:Body></S:Envelope>",
                prefixed("a", "b-1")
            ),
        ),
        (
            "X-Road's namespace as the Envelope's default",
            format!(
                "<soap:Envelope xmlns:soap=\"{SOAP}\" xmlns=\"{XRD}\" xmlns:id=\"{ID}\"><soap:Header>{no_prefix}\
                 </soap:Header><soap:Body>BODY</soap:Body></soap:Envelope>"
            ),
        ),
        (
            "X-Road's namespace as the Header's default",
            format!(
                "<soap:Envelope xmlns:soap=\"{SOAP}\" xmlns:id=\"{ID}\"><soap:Header xmlns=\"{XRD}\">{no_prefix}\
                 </soap:Header><soap:Body>BODY</soap:Body></soap:Envelope>"
            ),
        ),
        (
            "SOAP's namespace as the default of all",
            format!(
                "<Envelope xmlns=\"{SOAP}\" {NAMESPACES}><Header>{HEADER}</Header><Body>BODY</Body></Envelope>"
            ),
        ),
        (
            "SOAP's default namespace taken back on a child",
            format!(
                "<Envelope xmlns=\"{SOAP}\" {NAMESPACES}><Header>{HEADER}<free xmlns=\"\">text</free></Header>\
                 <Body>BODY</Body></Envelope>"
            ),
        ),
        (
            "identifiers in a default namespace",
            enveloped(&default_on_parts),
        ),
        (
            "everything declared on each child",
            format!(
                "<soap:Envelope xmlns:soap=\"{SOAP}\"><soap:Header>{late}</soap:Header>\
                 <soap:Body>BODY</soap:Body></soap:Envelope>"
            ),
        ),
        (
            "a prefix that means something else on the Envelope",
            format!(
                "<soap:Envelope xmlns:soap=\"{SOAP}\" xmlns:xrd=\"urn:example:other\" xmlns:id=\"{ID}\">\
                 <soap:Header xmlns:xrd=\"{XRD}\">{HEADER}</soap:Header><soap:Body>BODY</soap:Body></soap:Envelope>"
            ),
        ),
        (
            "the prefix soap bound to X-Road",
            format!(
                "<e:Envelope xmlns:e=\"{SOAP}\" xmlns:soap=\"{XRD}\" xmlns:id=\"{ID}\"><e:Header>{}</e:Header>\
                 <e:Body>BODY</e:Body></e:Envelope>",
                prefixed("soap", "id")
            ),
        ),
        (
            "the prefixes soap and psop bound to others",
            format!(
                "<e:Envelope xmlns:e=\"{SOAP}\" xmlns:soap=\"urn:example:other\" xmlns:psop=\"{ID}\" \
                 xmlns:xrd=\"{XRD}\"><e:Header>{}<soap:mine psop:a=\"1\">1</soap:mine></e:Header>\
                 <e:Body>BODY</e:Body></e:Envelope>",
                prefixed("xrd", "psop")
            ),
        ),
        (
            "a namespace with an ampersand and a quotation mark",
            format!(
                "<soap:Envelope xmlns:soap=\"{SOAP}\" {NAMESPACES} xmlns:q='urn:example:\"a&amp;b\"'>\
                 <soap:Header>{HEADER}<q:mine>1</q:mine></soap:Header><soap:Body>BODY</soap:Body></soap:Envelope>"
            ),
        ),
        (
            "attributes in single quotes",
            enveloped(HEADER).replace('"', "'"),
        ),
    ]
}

fn shapes_of_content() -> Vec<(&'static str, String)> {
    let reversed: Vec<&str> = HEADER.lines().rev().collect();
    let commented = HEADER
        .replace("<id:", "<!-- <id:a> -->\n<id:")
        .replace("<xrd:", "<!---->\n<xrd:")
        .replace("hoitaja", "hoi<!-- in the midst -->taja");
    vec![
        (
            "no white space at all",
            enveloped(&HEADER.replace('\n', "")),
        ),
        ("an XML declaration and a byte order mark", {
            format!(
                "\u{feff}<?xml version='1.0' encoding='utf-8'?>{}",
                enveloped(HEADER)
            )
        }),
        ("an issue", with("<xrd:issue>A-1</xrd:issue>")),
        ("an empty issue", with("<xrd:issue></xrd:issue>")),
        ("an empty issue, closed at once", with("<xrd:issue/>")),
        ("an issue of blanks", with("<xrd:issue> \t </xrd:issue>")),
        (
            "white space around values",
            replaced("hoitaja", "  hoitaja\t"),
        ),
        (
            "white space around the id",
            replaced("MESSAGE-ID", " MESSAGE-ID "),
        ),
        (
            "a line break in a value",
            replaced("hoitaja", "hoi\r\ntaja"),
        ),
        (
            "letters beyond ASCII",
            replaced("hoitaja", "Äänetär Öhman 😀 a\u{308}"),
        ),
        (
            "references in values",
            replaced("hoitaja", "h&amp;o&#105;t&#xe4;j&lt;a&gt;&quot;&#13;"),
        ),
        (
            "CDATA in values",
            replaced("hoitaja", "<![CDATA[h<o&i]]>taja<![CDATA[]]>"),
        ),
        ("comments inside and between", enveloped(&commented)),
        ("another order", enveloped(&reversed.concat())),
        (
            "unknown headers",
            with(
                "<w:Security xmlns:w=\"urn:example:security\" soap:mustUnderstand=\"1\" soap:actor=\"urn:a\">\
                 <w:token a=\"1\">t&amp;t</w:token></w:Security><plain>p</plain><xrd:unknown>u</xrd:unknown>",
            ),
        ),
        (
            "mustUnderstand on X-Road's own",
            replaced(
                "<xrd:userId>",
                "<xrd:userId soap:mustUnderstand=\"1\" xml:lang=\"fi\">",
            ),
        ),
        (
            "xml:lang and xml:space",
            replaced(
                "<xrd:id>",
                "<xrd:id xml:lang=\"sv\" xml:space=\"preserve\">",
            ),
        ),
        (
            "no serviceVersion",
            replaced("<id:serviceVersion>v1</id:serviceVersion>", ""),
        ),
        ("a party represented, with its class", with(PARTY)),
        (
            "a party represented, without its class",
            with(&PARTY.replace("<repr:partyClass>COM</repr:partyClass>", "")),
        ),
        (
            "a security server",
            with(
                "<xrd:securityServer id:objectType=\"SERVER\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
                 <id:memberClass>MUN</id:memberClass><id:memberCode>0204819-8</id:memberCode>\
                 <id:serverCode>ss1</id:serverCode></xrd:securityServer>",
            ),
        ),
        ("protocol version 4.x", replaced(">4.0<", ">4.1<")),
        (
            "a requestHash between white space",
            with("\n  <xrd:requestHash algorithmId=\"a\">aGFzaA==</xrd:requestHash>\n  "),
        ),
        (
            "a requestHash without white space",
            enveloped(
                &format!("<xrd:requestHash>aGFzaA==</xrd:requestHash>{HEADER}").replace('\n', ""),
            ),
        ),
        (
            "a requestHash between others, with comments and CDATA inside",
            replaced(
                "<xrd:id>",
                "<xrd:requestHash><!-- c -->aGF<![CDATA[z]]>aA==</xrd:requestHash><xrd:id>",
            ),
        ),
        ("an empty requestHash", with("<xrd:requestHash/>")),
    ]
}

fn shapes_of_others() -> Vec<(&'static str, String)> {
    let member = HEADER.replacen("SUBSYSTEM", "MEMBER", 1).replacen(
        "<id:subsystemCode>care</id:subsystemCode>",
        "",
        1,
    );
    vec![
        ("a member without a subsystem", enveloped(&member)),
        (
            "white space in a code",
            replaced(">9000007-0<", "> 9000007-0 <"),
        ),
        (
            "a code with a slash and a letter beyond ASCII",
            replaced(">care<", ">hoïva/1<"),
        ),
    ]
}

/// Every shape: its name, the envelope, and what its answer must be. `MESSAGE-ID` and `BODY` stand
/// where the id and the body go.
pub fn all_shapes() -> Vec<(&'static str, String, Expected)> {
    let known = shapes_of_namespaces()
        .into_iter()
        .chain(shapes_of_content())
        .map(|(name, shape)| (name, shape, Expected::Answered));
    let others = shapes_of_others()
        .into_iter()
        .map(|(name, shape)| (name, shape, Expected::ClientUnknown));
    known.chain(others).collect()
}
