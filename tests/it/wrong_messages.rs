//! Everything wrong with a message gets an error of its own, in words that help: one table of spoilt
//! messages, each with its fault's code, the field it names and what its text must say. No fault repeats
//! what the caller wrote, but for a header that could be read.

mod body;
mod header;

use roxmltree::Node;

use crate::support::answer::{Answer, PSOP, SOAP};
use crate::support::message::Message;
use crate::support::server::{Server, Site, exchange, post};

/// Text that no fault may hold. It stands wherever a message can hold something wrong.
const HOSTILE: &str = "hostile-7d1c";

const XROAD: &str = "http://x-road.eu/xsd/xroad.xsd";
const IDENTIFIERS: &str = "http://x-road.eu/xsd/identifiers";

/// Whether a fault must bear the request's header.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Header {
    Echoed,
    Unread,
}
use Header::{Echoed, Unread};

/// A spoilt message, and what must be said of it.
struct Case {
    name: String,
    message: String,
    code: &'static str,
    field: &'static str,
    says: &'static str,
    header: Header,
}

fn case(
    name: impl Into<String>,
    message: Message,
    (code, field, says): (&'static str, &'static str, &'static str),
    header: Header,
) -> Case {
    Case {
        name: name.into(),
        message: message.0,
        code,
        field,
        says,
        header,
    }
}

fn lookup() -> Message {
    Message::lookup("OV-0000-0000-0000-0")
}

/// The texts of the fault's own elements: the echoed header is not among them.
fn fault_of(answer: &Answer) -> [String; 4] {
    assert_eq!(answer.status, 500, "{}", answer.body);
    let content_type = answer.header("content-type");
    assert_eq!(content_type, Some("text/xml; charset=utf-8"));
    let document = answer.document();
    let faults: Vec<Node<'_, '_>> = document
        .descendants()
        .filter(|node| node.has_tag_name((SOAP, "Fault")))
        .collect();
    let [fault] = faults[..] else {
        panic!("one fault: {}", answer.body);
    };
    assert!(fault.parent().unwrap().has_tag_name((SOAP, "Body")));
    let text = |namespace: Option<&str>, name: &str| -> String {
        let found = fault.descendants().find(|node| {
            node.is_element()
                && node.tag_name().name() == name
                && node.tag_name().namespace() == namespace
        });
        found
            .and_then(|node| node.text())
            .unwrap_or_default()
            .to_owned()
    };
    // A fault code is a qualified name: its prefix must be bound to SOAP's namespace where it stands.
    let fault_code = text(None, "faultcode");
    let (prefix, side) = fault_code.split_once(':').expect("faultcode has a prefix");
    assert_eq!(fault.lookup_namespace_uri(Some(prefix)), Some(SOAP));
    [
        side.to_owned(),
        text(None, "faultstring"),
        text(Some(PSOP), "errorCode"),
        text(Some(PSOP), "field"),
    ]
}

/// The answer without its Header: what we say ourselves.
fn own_words(answer: &Answer) -> &str {
    answer.body.split(":Header>").last().unwrap_or_default()
}

fn has_header(answer: &Answer) -> bool {
    let document = answer.document();
    document
        .descendants()
        .any(|node| node.has_tag_name((SOAP, "Header")))
}

/// What of the case does not hold.
fn differing(case: &Case, answer: &Answer) -> Option<String> {
    let [side, text, code, field] = fault_of(answer);
    let found = (code.as_str(), field.as_str());
    let name = &case.name;
    if found != (case.code, case.field) {
        return Some(format!("{name}: {found:?}: {text}"));
    }
    if !text.starts_with(&format!("{code}: ")) || !text.contains(case.says) {
        return Some(format!("{name}: {text:?} does not say {:?}", case.says));
    }
    if side != "Client" {
        return Some(format!("{name}: the fault is {side}'s"));
    }
    if has_header(answer) != (case.header == Echoed) {
        return Some(format!("{name}: not {:?}", case.header));
    }
    let said = match case.header {
        Echoed => own_words(answer),
        Unread => &answer.body,
    };
    said.contains(HOSTILE)
        .then(|| format!("{name}: repeats the caller: {said}"))
}

#[track_caller]
fn check(server: &Server, cases: &[Case]) {
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|case| differing(case, &server.post(&case.message)))
        .collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

#[test]
fn the_envelope_must_be_soaps() {
    let hostile = |message: Message| message.set("psop:sourceSystem", HOSTILE);
    let lookup = hostile(lookup());
    let header = lookup.clone().element("soap:Header");
    let body = lookup.clone().element("soap:Body");
    let structure = "one Header, then one Body, and nothing else";
    let text = "text stands between";
    let soap12 = Message(
        lookup
            .0
            .replace(SOAP, "http://www.w3.org/2003/05/soap-envelope"),
    );
    let unsoaped = Message(lookup.0.replace(SOAP, &format!("urn:{HOSTILE}")));
    let invalid = |says: &'static str| ("HEADER_INVALID", "Envelope", says);
    let between = |text: &str| lookup.clone().before("soap:Body", text);
    let malformed = |says: &'static str| ("XML_MALFORMED", "Envelope", says);
    check(
        &Site::new("").start(),
        &[
            case(
                "SOAP 1.2",
                soap12,
                invalid("SOAP 1.2 envelope; X-Road and this service take SOAP 1.1"),
                Unread,
            ),
            case(
                "another namespace",
                unsoaped,
                invalid("no SOAP 1.1 envelope"),
                Unread,
            ),
            case(
                "another root",
                Message(format!("<{HOSTILE}/>")),
                invalid("no SOAP 1.1 envelope"),
                Unread,
            ),
            case(
                "a body alone",
                Message(body.replace(
                    "<soap:Body>",
                    &format!("<soap:Body xmlns:soap='{SOAP}' xmlns:psop='{PSOP}'>"),
                )),
                invalid("no SOAP 1.1 envelope"),
                Unread,
            ),
            case(
                "no Header",
                lookup.clone().without("soap:Header"),
                (
                    "HEADER_INVALID",
                    "Header",
                    "no Header with X-Road's elements before its Body",
                ),
                Unread,
            ),
            case(
                "an empty Envelope",
                lookup.clone().without("soap:Header").without("soap:Body"),
                ("HEADER_INVALID", "Header", "no Header"),
                Unread,
            ),
            case(
                "no Body",
                lookup.clone().without("soap:Body"),
                ("HEADER_INVALID", "Body", "the envelope has no Body"),
                Echoed,
            ),
            case(
                "a Header behind the Body",
                lookup
                    .clone()
                    .without("soap:Header")
                    .after("soap:Body", &header),
                invalid(structure),
                Unread,
            ),
            case("two Headers", between(&header), invalid(structure), Echoed),
            case(
                "two Bodies",
                lookup.clone().after("soap:Body", &body),
                invalid(structure),
                Echoed,
            ),
            case(
                "a stranger between",
                between(&format!("<{HOSTILE}>{HOSTILE}</{HOSTILE}>")),
                invalid(structure),
                Echoed,
            ),
            case(
                "a Header of no namespace",
                Message(lookup.0.replace("soap:Header>", "Header>")),
                invalid(structure),
                Unread,
            ),
            case(
                "text before the Body",
                between(HOSTILE),
                invalid(text),
                Echoed,
            ),
            case(
                "text before the Header",
                lookup.clone().before("soap:Header", HOSTILE),
                invalid(text),
                Echoed,
            ),
            case(
                "text behind the Body",
                lookup.clone().after("soap:Body", HOSTILE),
                invalid(text),
                Echoed,
            ),
            case(
                "text as CDATA",
                between(&format!("<![CDATA[{HOSTILE}]]>")),
                invalid(text),
                Echoed,
            ),
            case(
                "nothing",
                Message(String::new()),
                malformed("ends too early"),
                Unread,
            ),
            case(
                "no XML",
                Message(HOSTILE.to_owned()),
                malformed("outside the document's element"),
                Unread,
            ),
            case(
                "broken off",
                Message(lookup.0.replace("</soap:Envelope>", "")),
                malformed("ends too early"),
                Unread,
            ),
            case(
                "a wrong end tag",
                lookup
                    .clone()
                    .replace("</soap:Envelope>", &format!("</{HOSTILE}>")),
                malformed("not well-formed"),
                Unread,
            ),
            case(
                "a DTD",
                lookup
                    .clone()
                    .replace("?>", &format!("?><!DOCTYPE {HOSTILE}>")),
                malformed("a DTD is not taken"),
                Unread,
            ),
            case(
                "a processing instruction",
                lookup.clone().replace("?>", &format!("?><?{HOSTILE}?>")),
                malformed("processing instructions are not taken"),
                Unread,
            ),
            case(
                "an entity",
                lookup
                    .clone()
                    .set("psop:sourceSystem", &format!("&{HOSTILE};")),
                malformed("only the entities"),
                Unread,
            ),
            case(
                "an unbound prefix",
                between(&format!("<{HOSTILE}:a/>")),
                malformed("a prefix is not bound"),
                Unread,
            ),
            case(
                "a repeated attribute",
                between(&format!("<a {HOSTILE}='1' {HOSTILE}='2'/>")),
                malformed("an attribute is repeated"),
                Unread,
            ),
            case(
                "a second document",
                Message(format!("{}<{HOSTILE}/>", lookup.0)),
                malformed("follows the end"),
                Unread,
            ),
        ],
    );
}

impl Message {
    /// The first element `name` (with its prefix), whole.
    fn element(self, name: &str) -> String {
        let without = self.clone().without(name);
        let begin = self.0.find(&format!("<{name}")).unwrap();
        let length = self.0.len() - without.0.len();
        self.0[begin..begin + length].to_owned()
    }
}

/// Sends a request line and headers with a body; nothing judges the answer.
fn send(server: &Server, line: &str, headers: &str, body: &str) -> Answer {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: psop\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    exchange(server.http, request.as_bytes()).unwrap()
}

#[test]
fn the_request_must_be_a_post_of_soap() {
    let server = Site::new("").start();
    let message = lookup().set("psop:sourceSystem", HOSTILE).0;
    let xml = "Content-Type: text/xml\r\n";
    for line in [
        "GET /xroad".to_owned(),
        "PUT /xroad".to_owned(),
        "DELETE /xroad".to_owned(),
        format!("GET /xroad?{HOSTILE}"),
        format!("PATCH /xroad?{HOSTILE}"),
    ] {
        let answer = send(&server, &line, xml, &message);
        let [side, text, code, field] = fault_of(&answer);
        assert_eq!(
            (&*side, &*code, &*field),
            ("Client", "CONTENT_TYPE_UNSUPPORTED", ""),
            "{line}"
        );
        assert!(
            text.contains("takes SOAP messages by POST; its description is at ?wsdl"),
            "{text}"
        );
        assert!(!answer.body.contains(HOSTILE), "{}", answer.body);
    }
    for media_type in [
        "application/soap+xml",
        "application/soap+xml; charset=utf-8; action=\"hostile-7d1c\"",
        "text/html",
        "application/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "hostile-7d1c/xml",
        "multipart/form-data; boundary=hostile-7d1c",
        "",
    ] {
        let answer = post(server.http, message.as_bytes(), media_type).unwrap();
        let [side, text, code, field] = fault_of(&answer);
        assert_eq!(
            (&*side, &*code, &*field),
            ("Client", "CONTENT_TYPE_UNSUPPORTED", ""),
            "{media_type}"
        );
        assert!(text.contains("the Content-Type must be text/xml"), "{text}");
        assert!(
            !answer.body.contains(HOSTILE) && !has_header(&answer),
            "{}",
            answer.body
        );
    }
    let answer = send(&server, "POST /xroad", "", &message);
    let [_, text, code, _] = fault_of(&answer);
    assert_eq!(code, "CONTENT_TYPE_UNSUPPORTED");
    assert!(text.contains("the Content-Type must be text/xml"), "{text}");
    let answer = send(&server, &format!("POST /{HOSTILE}"), xml, &message);
    let [_, text, code, _] = fault_of(&answer);
    assert_eq!(code, "SERVICE_UNKNOWN");
    assert!(text.contains("SOAP messages go to /xroad"), "{text}");
    assert!(!answer.body.contains(HOSTILE), "{}", answer.body);
}
