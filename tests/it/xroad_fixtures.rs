//! X-Road's own test messages, byte for byte in their envelope and header: the valid ones are read and
//! echoed, the invalid ones refused. The folder is shared between projects and no part of this one:
//! where it is absent the tests say so and pass.

use std::path::PathBuf;

use crate::support::answer::Answer;
use crate::support::conformance::{Read, echo_in_fault, examine, provider_side};
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site};

/// The member of most fixtures may grant for Turku.
const GRANTS: &str = "
[[client_grant]]
client = \"EE/BUSINESS/consumer\"
services = [\"postPurchasingPower\"]
organisers = [{ municipality = \"853\" }]
valid_from = \"2025-01-01\"
";

/// The folder of X-Road's fixtures, or nothing, said aloud.
fn folder() -> Option<PathBuf> {
    let folder = root().join("../shared/xroad/fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: X-Road's fixtures are not at {}", folder.display());
    None
}

/// A message of the folder, as it is sent.
struct Fixture {
    name: String,
    content_type: String,
    bytes: Vec<u8>,
}

impl Fixture {
    /// Every message of `soap/valid` or `soap/invalid`, by name.
    fn all(kind: &str) -> Option<Vec<Fixture>> {
        let entries = std::fs::read_dir(folder()?.join("soap").join(kind)).unwrap();
        let mut all: Vec<Fixture> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                Fixture::new(name, &std::fs::read_to_string(path).unwrap())
            })
            .collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        Some(all)
    }

    /// A multipart file lacks its Content-Type and its carriage returns outside the envelope.
    fn new(name: String, text: &str) -> Fixture {
        let Some(boundary) = text.lines().next().and_then(|line| line.strip_prefix("--")) else {
            return Fixture {
                name,
                content_type: "text/xml; charset=UTF-8".to_owned(),
                bytes: text.as_bytes().to_vec(),
            };
        };
        let begin = text.find("\n\n").unwrap() + 2;
        let end = text
            .rfind("Envelope>")
            .map_or(begin, |at| at + "Envelope>".len());
        let crlf = |text: &str| text.replace('\n', "\r\n");
        Fixture {
            name,
            content_type: format!("multipart/related; type=\"text/xml\"; boundary=\"{boundary}\""),
            bytes: [
                &crlf(&text[..begin]),
                &text[begin..end],
                &crlf(&text[end..]),
            ]
            .concat()
            .into_bytes(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    fn is_multipart(&self) -> bool {
        self.content_type.starts_with("multipart")
    }

    /// The same envelope and header, asking `service` with its `body`.
    fn asking(&self, service: &str, body: &str) -> Fixture {
        let text = between(&self.text(), "serviceCode>", "</", service);
        let text = between(&text, ":Body>", "</SOAP-ENV:Body>", body);
        Fixture {
            name: self.name.clone(),
            content_type: self.content_type.clone(),
            bytes: text.into_bytes(),
        }
    }

    fn post(&self, server: &Server) -> Answer {
        server.post_bytes(&self.bytes, &self.content_type)
    }
}

/// `text` with `inside` between the first `open` and the `close` behind it.
fn between(text: &str, open: &str, close: &str, inside: &str) -> String {
    let begin = text
        .find(open)
        .unwrap_or_else(|| panic!("no {open} in {text}"))
        + open.len();
    let end = begin + text[begin..].find(close).unwrap();
    format!("{}{inside}{}", &text[..begin], &text[end..])
}

/// The wrapper of a message, with a namespace declaration of its own.
fn wrapper(message: &Message) -> String {
    let begin = message.0.find("<soap:Body>").unwrap() + "<soap:Body>".len();
    let end = message.0.find("</soap:Body>").unwrap();
    let wrapper = message.0[begin..end].trim();
    let name_end = wrapper.find('>').unwrap();
    format!(
        "{} xmlns:psop=\"http://psop.x-road.global/producer/v1\"{}",
        &wrapper[..name_end],
        &wrapper[name_end..]
    )
}

/// Files with attachments, which no service here takes.
const WITH_ATTACHMENTS: [&str; 3] = [
    "attachm-mtom.query",
    "attachments.query",
    "swa_ref_attachment.query",
];

#[test]
fn the_header_of_every_valid_message_is_read_and_echoed() {
    let Some(fixtures) = Fixture::all("valid") else {
        return;
    };
    assert_eq!(fixtures.len(), 14);
    let server = Site::new("").start();
    let body = wrapper(&Message::lookup("OV-0000-0000-0000-0"));
    let mut attached = Vec::new();
    for fixture in &fixtures {
        let asking = fixture.asking("getOstovoima", &body);
        let answer = asking.post(&server);
        let name = &fixture.name;
        if answer.fault() == "CONTENT_TYPE_UNSUPPORTED" {
            let said = answer.text("faultstring").unwrap();
            assert!(said.contains("attachments"), "{name}: {said}");
            assert!(!answer.body.contains(":Header"), "{name}: {}", answer.body);
            attached.push(name.as_str());
            continue;
        }
        // Nobody here knows the member, and that is all that is wrong.
        assert_eq!(answer.fault(), "AUTH_CLIENT_UNKNOWN", "{name}");
        let soap = asking.soap();
        let echoed = echo_in_fault(soap.as_bytes(), answer.body.as_bytes());
        assert_eq!(echoed, Ok(true), "{name}: {}", answer.body);
        assert_eq!(inside_header(&soap), inside_header(&answer.body), "{name}");
    }
    assert_eq!(attached, WITH_ATTACHMENTS);
}

impl Fixture {
    /// The SOAP message alone.
    fn soap(&self) -> String {
        let text = self.text();
        if !self.is_multipart() {
            return text;
        }
        let begin = text.find("\r\n\r\n").unwrap() + 4;
        let end = text.rfind("Envelope>").unwrap() + "Envelope>".len();
        text[begin..end].to_owned()
    }
}

/// What stands in the Header, as bytes: an echo changes none of them.
fn inside_header(text: &str) -> &str {
    let open = text.find(":Header").unwrap();
    let begin = open + text[open..].find('>').unwrap() + 1;
    let close = begin + text[begin..].find(":Header>").unwrap();
    let end = text[..close].rfind("</").unwrap();
    &text[begin..end]
}

/// A server that knows the member of the fixtures.
fn server_that_knows() -> Server {
    let head = "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n";
    let site = Site::empty(head, "");
    let registry = std::fs::read_to_string(root().join("fixtures/demo/registry.toml")).unwrap();
    let demo = root().join("fixtures/demo");
    let registry = registry
        .replace(
            "\"municipalities.toml\"",
            &format!("{:?}", demo.join("municipalities.toml")),
        )
        .replace(
            "\"counties.toml\"",
            &format!("{:?}", demo.join("counties.toml")),
        );
    let path = site.folder().join("registry.toml");
    std::fs::write(&path, registry + GRANTS).unwrap();
    site.apply(&path);
    site.start()
}

#[test]
fn a_member_who_is_known_here_is_answered_under_the_same_header() {
    let Some(fixtures) = Fixture::all("valid") else {
        return;
    };
    let mut answered = Vec::new();
    for fixture in &fixtures {
        let name = fixture.name.as_str();
        if WITH_ATTACHMENTS.contains(&name) {
            continue;
        }
        let body = wrapper(&Message::create());
        let asking = fixture.asking("postPurchasingPower", &body);
        // Many of them share their id: to one server they would be repeats of each other.
        let answer = asking.post(&server_that_knows());
        if answer.status == 200 {
            assert_eq!(answer.outcome(), "OK", "{name}");
            answered.push(name);
        } else {
            let expected = match name {
                "simple-representedparty.query" => "AUTH_REPRESENTATION_NOT_ALLOWED",
                _ => "AUTH_CLIENT_UNKNOWN",
            };
            assert_eq!(answer.fault(), expected, "{name}");
        }
        assert_eq!(
            inside_header(&asking.soap()),
            inside_header(&answer.body),
            "{name}"
        );
    }
    let expected = [
        "cdata.query",
        "getstate-defaultnamespace.query",
        "getstate-subsystem.query",
        "getstate.answer",
        "getstate.query",
        "mimesoap.query",
        "nowhitespace.query",
        "simple.answer",
        "simple.query",
    ];
    assert_eq!(answered, expected);
}

/// A message, our code, the field named, a word of the text, and X-Road's error for the same bytes.
const INVALID: [(&str, &str, &str, &str, &str); 13] = [
    (
        "attachm-error.query",
        "CONTENT_TYPE_UNSUPPORTED",
        "",
        "attachments",
        "invalid_content_type",
    ),
    (
        "attachm-no-soap.query",
        "CONTENT_TYPE_UNSUPPORTED",
        "",
        "first part",
        "invalid_content_type",
    ),
    (
        "empty.query",
        "XML_MALFORMED",
        "Envelope",
        "ends too early",
        "invalid_soap",
    ),
    (
        "faulty-header.query",
        "HEADER_INVALID",
        "id",
        "missing",
        "missing_header_field",
    ),
    (
        "faulty-header2.query",
        "HEADER_INVALID",
        "client",
        "twice",
        "duplicate_header_field",
    ),
    (
        "inconsistent-headers.query",
        "HEADER_INVALID",
        "Body",
        "serviceCode",
        "inconsistent_headers",
    ),
    (
        "malformed-body1.query",
        "HEADER_INVALID",
        "Envelope",
        "exactly one element",
        "invalid_body",
    ),
    (
        "malformed-body2.query",
        "HEADER_INVALID",
        "Envelope",
        "exactly one element",
        "invalid_body",
    ),
    (
        "missing-body.query",
        "HEADER_INVALID",
        "Body",
        "no Body",
        "missing_body",
    ),
    (
        "missing-protocolVersion.query",
        "HEADER_INVALID",
        "protocolVersion",
        "missing",
        "missing_header_field",
    ),
    (
        "missingobjecttype.query",
        "HEADER_INVALID",
        "service",
        "objectType",
        "invalid_xml",
    ),
    (
        "no-header.query",
        "HEADER_INVALID",
        "Header",
        "no Header",
        "missing_header",
    ),
    (
        "wrong-protocolVersion.query",
        "HEADER_INVALID",
        "protocolVersion",
        "4.",
        "invalid_protocol_version",
    ),
];

#[test]
fn every_invalid_message_is_refused_for_what_is_wrong_with_it() {
    let Some(fixtures) = Fixture::all("invalid") else {
        return;
    };
    let server = Site::new("").start();
    let names: Vec<&str> = fixtures
        .iter()
        .map(|fixture| fixture.name.as_str())
        .collect();
    assert_eq!(names, INVALID.map(|(name, ..)| name));
    for (fixture, (name, code, field, word, xroad)) in fixtures.iter().zip(INVALID) {
        let answer = fixture.post(&server);
        assert_eq!(answer.fault(), code, "{name}");
        assert_eq!(answer.text("field").unwrap_or_default(), field, "{name}");
        let said = answer.text("faultstring").unwrap();
        assert!(said.contains(word), "{name}: {said}");
        // X-Road's parser is the same for requests and responses.
        let judged = provider_side(200, Some(&fixture.content_type), Some(&fixture.bytes));
        assert_eq!(judged.unwrap_err().code.name(), xroad, "{name}");
    }
}

#[test]
fn every_valid_message_passes_the_security_servers_of_the_tests() {
    let Some(fixtures) = Fixture::all("valid") else {
        return;
    };
    for fixture in fixtures {
        let read = provider_side(200, Some(&fixture.content_type), Some(&fixture.bytes));
        assert!(
            matches!(read, Ok(Read::Message(_))),
            "{}: {read:?}",
            fixture.name
        );
        let answer = Answer {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/xml".to_owned())],
            body: fixture.soap(),
        };
        let found = examine(&fixture.bytes, &fixture.content_type, &answer);
        assert_eq!(found, Ok(()), "{}", fixture.name);
    }
}

/// Identifiers, the header element each is put in the place of, and the fault; none where it is answered.
/// Object type and subsystem need not agree: X-Road does not ask that either.
const IDENTIFIERS: [(&str, &str, Option<&str>); 9] = [
    (
        "clientid-subsystem.xml",
        "client",
        Some("AUTH_CLIENT_UNKNOWN"),
    ),
    ("clientid.xml", "client", Some("AUTH_CLIENT_UNKNOWN")),
    ("globalgroupid.xml", "client", Some("HEADER_INVALID")),
    (
        "invalid-clientid-member.xml",
        "client",
        Some("AUTH_CLIENT_UNKNOWN"),
    ),
    (
        "invalid-clientid-subsystem.xml",
        "client",
        Some("AUTH_CLIENT_UNKNOWN"),
    ),
    ("localgroupid.xml", "client", Some("HEADER_INVALID")),
    (
        "securityserverid.xml",
        "userId",
        Some("AUTH_USERID_MISSING"),
    ),
    ("serviceid-version.xml", "service", None),
    ("serviceid.xml", "service", None),
];

#[test]
fn identifiers_may_stand_in_a_header_as_they_are_written() {
    let Some(folder) = folder() else {
        return;
    };
    let server = Site::new("").start();
    let number = server.post(&Message::create().0).number();
    for (file, place, fault) in IDENTIFIERS {
        let text = std::fs::read_to_string(folder.join("identifiers").join(file)).unwrap();
        let identifier = text
            .trim_start_matches("<?xml version=\"1.0\" ?>")
            .replace(">getState<", ">getOstovoima<");
        let name = format!("xrd:{place}");
        let message = Message::lookup(&number)
            .before(&name, &identifier)
            .without(&name);
        let answer = server.post(&message.0);
        match fault {
            Some(code) => assert_eq!(answer.fault(), code, "{file}"),
            None => assert_eq!(answer.outcome(), "OK", "{file}"),
        }
        let is_echoed = answer.body.contains(identifier.trim());
        assert_eq!(is_echoed, fault != Some("HEADER_INVALID"), "{file}");
    }
}
