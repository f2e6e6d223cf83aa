//! A real exchange with the server, and ways to break its answer. It tests nothing itself.

use crate::support::answer::Answer;
use crate::support::conformance::{Read, provider_side};
use crate::support::message::Message;
use crate::support::server::Site;

/// Header elements that the fixtures do not have.
const MORE: &str = "<xrd:issue>A-1</xrd:issue>\
    <xrd:securityServer id:objectType=\"SERVER\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
    <id:memberClass>MUN</id:memberClass><id:memberCode>0204819-8</id:memberCode>\
    <id:serverCode>ss1</id:serverCode></xrd:securityServer>\
    <repr:representedParty xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\">\
    <repr:partyClass>COM</repr:partyClass><repr:partyCode>9000007-0</repr:partyCode></repr:representedParty>";

/// The parts of each identifier, in its order.
pub const IDENTIFIERS: [(&str, &[&str]); 3] = [
    (
        "client",
        &[
            "xRoadInstance",
            "memberClass",
            "memberCode",
            "subsystemCode",
        ],
    ),
    (
        "service",
        &[
            "xRoadInstance",
            "memberClass",
            "memberCode",
            "subsystemCode",
            "serviceCode",
            "serviceVersion",
        ],
    ),
    (
        "securityServer",
        &["xRoadInstance", "memberClass", "memberCode", "serverCode"],
    ),
];

/// A request with everything a header can have, its answer, and the answer to a request with a fault.
pub struct Exchange {
    pub request: String,
    pub answer: Answer,
    pub faulty_request: String,
    pub fault: Answer,
}

pub fn exchange() -> Exchange {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let request = Message::lookup(&number).after("xrd:userId", MORE);
    let answer = server.post(&request.0);
    assert_eq!(answer.outcome(), "OK");
    let faulty_request = request.clone().set("psop:purpose", "HUVI");
    let fault = server.post(&faulty_request.0);
    assert_eq!(fault.fault(), "XSD_INVALID");
    Exchange {
        request: request.0,
        answer,
        faulty_request: faulty_request.0,
        fault,
    }
}

/// A response as the provider's security server gets it.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Option<Vec<u8>>,
}

impl Response {
    pub fn of(answer: &Answer) -> Response {
        Response {
            status: answer.status,
            content_type: answer.header("content-type").map(str::to_owned),
            body: Some(answer.body.clone().into_bytes()),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone().unwrap()).unwrap()
    }

    pub fn status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    pub fn content_type(mut self, content_type: &str) -> Response {
        self.content_type = Some(content_type.to_owned());
        self
    }

    pub fn body(mut self, body: &str) -> Response {
        self.body = Some(body.as_bytes().to_vec());
        self
    }

    /// The first `from`, which must be there, replaced.
    pub fn swap(self, from: &str, to: &str) -> Response {
        let text = swapped(&self.text(), from, to);
        self.body(&text)
    }

    /// As a multipart body: `head` is the first part's, `after` follows it.
    pub fn multipart(self, head: &str, after: &str) -> Response {
        let text = format!("--b\r\n{head}\r\n\r\n{}\r\n{after}", self.text());
        self.content_type("multipart/related; type=\"text/xml\"; boundary=\"b\"")
            .body(&text)
    }

    /// The provider's verdict: `ok`, `fault` or X-Road's error.
    fn verdict(&self) -> &'static str {
        let body = self.body.as_deref();
        match provider_side(self.status, self.content_type.as_deref(), body) {
            Ok(Read::Message(_)) => "ok",
            Ok(Read::Fault(_)) => "fault",
            Err(error) => error.code.name(),
        }
    }
}

pub fn swapped(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from:?} in {text}");
    text.replacen(from, to, 1)
}

/// The first element `name` (with its prefix), whole.
pub fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let begin = text
        .find(&format!("<{name}>"))
        .or_else(|| text.find(&format!("<{name} ")))
        .unwrap_or_else(|| panic!("no <{name}> in {text}"));
    let close = format!("</{name}>");
    let end = begin + text[begin..].find(&close).unwrap() + close.len();
    &text[begin..end]
}

/// `text` with the part `part` of the identifier `outer` replaced by what `change` makes of it.
pub fn with_part(text: &str, outer: &str, part: &str, change: impl Fn(&str) -> String) -> String {
    let around = element(text, outer);
    let inside = element(around, part);
    swapped(text, around, &swapped(around, inside, &change(inside)))
}

/// Asserts that each case gets its verdict; says all that do not.
#[track_caller]
pub fn assert_verdicts(cases: &[(String, &str, Response)]) {
    let differing: Vec<String> = cases
        .iter()
        .map(|(name, expected, response)| (name, expected, response.verdict()))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(name, expected, found)| format!("{name}: {found}, not {expected}"))
        .collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

pub fn case(
    name: &str,
    expected: &'static str,
    response: Response,
) -> (String, &'static str, Response) {
    (name.to_owned(), expected, response)
}
