//! The X-Road header comes back as it was sent, in an answer, in a rejection and in a fault:
//! the same values under the same names, null told from empty, whatever the request's spelling,
//! judged on both sides by a parser that is not ours. requestHash alone is left out.

mod shapes;

use roxmltree::{Document, Node};

use self::shapes::{Expected, HEADER, ID, REPR, XRD, all_shapes, enveloped};
use crate::support::answer::{Answer, SOAP};
use crate::support::message::{Message, unique};
use crate::support::server::{Server, Site};

/// A name, and the text as it is meant; `None` where there is no such element.
type Value = (String, Option<String>);

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect()
}

fn header_of<'d>(document: &'d Document<'d>) -> Node<'d, 'd> {
    let mut headers = document
        .root_element()
        .children()
        .filter(|node| node.has_tag_name((SOAP, "Header")));
    let header = headers.next().expect("there is a Header");
    assert!(headers.next().is_none(), "there is one Header");
    header
}

/// The values that a security server compares, and those that a client reads.
fn values(document: &Document<'_>) -> Vec<Value> {
    let header = header_of(document);
    let child = |parent: Node<'_, '_>, namespace: &str, name: &str| -> Option<String> {
        let found: Vec<String> = parent
            .children()
            .filter(|node| node.has_tag_name((namespace, name)))
            .map(text_of)
            .collect();
        assert!(found.len() <= 1, "{name} stands once");
        found.into_iter().next()
    };
    let mut values: Vec<Value> = ["id", "userId", "issue", "protocolVersion"]
        .iter()
        .map(|name| ((*name).to_owned(), child(header, XRD, name)))
        .collect();
    for (namespace, name, parts) in [
        (
            XRD,
            "client",
            (
                ID,
                &[
                    "xRoadInstance",
                    "memberClass",
                    "memberCode",
                    "subsystemCode",
                ][..],
            ),
        ),
        (
            XRD,
            "service",
            (
                ID,
                &[
                    "xRoadInstance",
                    "memberClass",
                    "memberCode",
                    "subsystemCode",
                    "serviceCode",
                    "serviceVersion",
                ],
            ),
        ),
        (
            XRD,
            "securityServer",
            (
                ID,
                &["xRoadInstance", "memberClass", "memberCode", "serverCode"],
            ),
        ),
        (
            REPR,
            "representedParty",
            (REPR, &["partyClass", "partyCode"]),
        ),
    ] {
        let found = header
            .children()
            .find(|node| node.has_tag_name((namespace, name)));
        let object_type = found.and_then(|node| node.attribute((ID, "objectType")));
        values.push((format!("{name}@objectType"), object_type.map(str::to_owned)));
        values.push((name.to_owned(), found.map(|_| String::new())));
        for part in parts.1 {
            let text = found.and_then(|node| child(node, parts.0, part));
            values.push((format!("{name}/{part}"), text));
        }
    }
    values
}

/// Elements of the header in their order, without requestHash.
fn names(document: &Document<'_>) -> Vec<String> {
    header_of(document)
        .children()
        .filter(|node| node.is_element() && !node.has_tag_name((XRD, "requestHash")))
        .map(|node| format!("{:?}", node.tag_name()))
        .collect()
}

/// Names and contents of headers that are not X-Road's.
fn others(document: &Document<'_>) -> Vec<String> {
    header_of(document)
        .children()
        .filter(|node| {
            let namespace = node.tag_name().namespace();
            node.is_element() && namespace != Some(XRD) && namespace != Some(REPR)
        })
        .map(|node| {
            let attributes: Vec<_> = node
                .attributes()
                .map(|attribute| (attribute.namespace(), attribute.name(), attribute.value()))
                .collect();
            format!("{:?} {attributes:?} {}", node.tag_name(), text_of(node))
        })
        .collect()
}

/// A look-up of `number`, with `more` elements behind it.
fn body(number: &str, more: &str) -> String {
    format!(
        "<v:getOstovoima xmlns:v=\"http://psop.x-road.global/producer/v1\"><v:meta>\
         <v:sourceSystem>KOTIHOIVA</v:sourceSystem><v:purpose>PALVELUN_TUOTTAMINEN</v:purpose></v:meta>\
         <v:purchasingPowerNumber>{number}</v:purchasingPowerNumber>\
         <v:providerBusinessId>9000007-0</v:providerBusinessId>{more}</v:getOstovoima>"
    )
}

fn check_echo(name: &str, request: &str, answer: &Answer) {
    // A byte order mark is no part of the document.
    let request = Document::parse(request.trim_start_matches('\u{feff}')).unwrap();
    let response = Document::parse(&answer.body)
        .unwrap_or_else(|error| panic!("{name}: {error} in {}", answer.body));
    assert_eq!(
        values(&request),
        values(&response),
        "{name}: {}",
        answer.body
    );
    assert_eq!(names(&request), names(&response), "{name}");
    assert_eq!(others(&request), others(&response), "{name}");
    assert!(
        !answer.body.contains("requestHash"),
        "{name}: {}",
        answer.body
    );
    assert!(!answer.body.contains("aGF"), "{name}: {}", answer.body);
    let stray: Vec<&str> = header_of(&response)
        .children()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .filter(|text| !text.trim().is_empty())
        .collect();
    assert!(stray.is_empty(), "{name}: {stray:?}");
}

fn send(server: &Server, shape: &str, body: &str) -> (String, Answer) {
    let request = shape
        .replace("MESSAGE-ID", &unique("id"))
        .replace("BODY", body);
    let answer = server.post(&request);
    (request, answer)
}

#[test]
fn every_shape_of_header_comes_back_as_it_was_sent() {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let shapes = all_shapes();
    assert!(shapes.len() >= 20, "{}", shapes.len());
    for (name, shape, expected) in shapes {
        let (request, answer) = send(&server, &shape, &body(&number, ""));
        check_echo(name, &request, &answer);
        match expected {
            Expected::Answered => assert_eq!(answer.outcome(), "OK", "{name}"),
            Expected::ClientUnknown => assert_eq!(answer.fault(), "AUTH_CLIENT_UNKNOWN", "{name}"),
        }

        // An identity code that cannot be is a rejection, and no look-up.
        let impossible = "<v:personId>110987-904X</v:personId>";
        let (request, answer) = send(&server, &shape, &body(&number, impossible));
        check_echo(name, &request, &answer);
        if expected == Expected::Answered {
            assert_eq!(answer.errors(), ["HETU_INVALID personId"], "{name}");
        }

        let (request, answer) = send(&server, &shape, &body(&number, "<v:unknown/>"));
        check_echo(name, &request, &answer);
        assert_eq!(answer.fault(), "XSD_INVALID", "{name}");
    }
}

#[test]
fn a_header_that_cannot_be_read_is_not_echoed() {
    let site = Site::new("");
    let server = site.start();
    for header in [
        HEADER.replace("id:objectType", "objectType"),
        HEADER.replace(">4.0<", ">3.0<"),
        HEADER.replace("MESSAGE-ID", " "),
        format!("{HEADER}<xrd:id>again</xrd:id>"),
        format!("{HEADER}stray"),
    ] {
        let (_, answer) = send(
            &server,
            &enveloped(&header),
            &body("OV-0000-0000-0000-0", ""),
        );
        assert_eq!(answer.fault(), "HEADER_INVALID", "{header}");
        assert!(!answer.body.contains("hoitaja"), "{}", answer.body);
    }
}
