//! Encodings: by byte order mark, else by XML declaration, whatever the Content-Type says. Values are kept
//! and shown as the letters they are, and answers are UTF-8.

use super::{USER, assert_answered, scene, server};
use crate::support::message::Message;

/// A way to write a document down: its name, the encoding declared, and the bytes.
type Encoding = (&'static str, Option<&'static str>, fn(&str) -> Vec<u8>);

fn latin(text: &str) -> Vec<u8> {
    let byte = |letter| u8::try_from(u32::from(letter)).unwrap();
    text.chars().map(byte).collect()
}

fn little(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn big(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

const ENCODINGS: [Encoding; 15] = [
    ("UTF-8", Some("UTF-8"), |text| text.into()),
    ("UTF-8 in small letters", Some("utf-8"), |text| text.into()),
    ("UTF-8 not declared", None, |text| text.into()),
    ("UTF-8 with a mark", Some("UTF-8"), |text| {
        format!("\u{feff}{text}").into()
    }),
    ("UTF-8 with a mark, not declared", None, |text| {
        format!("\u{feff}{text}").into()
    }),
    ("ISO-8859-1", Some("ISO-8859-1"), latin),
    ("ISO-8859-1 in small letters", Some("iso-8859-1"), latin),
    ("UTF-16 LE", Some("UTF-16"), little),
    ("UTF-16 LE by its full name", Some("UTF-16LE"), little),
    ("UTF-16 LE with a mark", Some("UTF-16"), |text| {
        little(&format!("\u{feff}{text}"))
    }),
    ("UTF-16 LE with a mark, not declared", None, |text| {
        little(&format!("\u{feff}{text}"))
    }),
    ("UTF-16 BE", Some("utf-16"), big),
    ("UTF-16 BE by its full name", Some("utf-16be"), big),
    ("UTF-16 BE with a mark", Some("UTF-16"), |text| {
        big(&format!("\u{feff}{text}"))
    }),
    ("UTF-16 BE with a mark, not declared", None, |text| {
        big(&format!("\u{feff}{text}"))
    }),
];

fn encoded(message: &Message, (_, declared, write): Encoding) -> Vec<u8> {
    let (declaration, rest) = message.0.split_once("?>").unwrap();
    assert_eq!(declaration, "<?xml version=\"1.0\" encoding=\"UTF-8\"");
    match declared {
        Some(name) => write(&format!(
            "<?xml version=\"1.0\" encoding=\"{name}\"?>{rest}"
        )),
        None => write(rest.trim_start()),
    }
}

#[test]
fn a_header_comes_back_from_every_encoding() {
    let (server, lookup) = scene();
    for encoding in ENCODINGS {
        let message = lookup.clone().fresh();
        for content_type in [
            "text/xml; charset=UTF-8",
            "text/xml; charset=ISO-8859-1",
            "text/xml; charset=utf-16",
            "text/xml",
        ] {
            let bytes = encoded(&message, encoding);
            let answer = server.post_bytes(&bytes, content_type);
            assert_answered(&format!("{} as {content_type}", encoding.0), &answer);
        }
    }
}

#[test]
fn names_are_stored_alike_from_every_encoding() {
    let server = server();
    // One grant after the other, for they must not overlap.
    for (index, encoding) in ENCODINGS.iter().enumerate() {
        let month = format!("{}-{:02}", 2026 + index / 12, 1 + index % 12);
        let name = format!("Ängström-Öberg{}", "ÿ".repeat(index));
        let create = Message::create()
            .set("psop:validFrom", &format!("{month}-01"))
            .set("psop:validTo", &format!("{month}-28"))
            .set("psop:decisionDate", "2025-12-01")
            .set("psop:familyName", &name);
        let created = server.post_bytes(&encoded(&create, *encoding), "text/xml");
        let lookup = Message::lookup(&created.number()).set("xrd:userId", USER);
        let shown = server.post(&lookup.0);
        assert_eq!(shown.outcome(), "OK", "{}", encoding.0);
        assert_eq!(shown.text("familyName"), Some(name), "{}", encoding.0);
        let given = shown.text("givenNames");
        assert_eq!(given.as_deref(), Some("Maija Äänetär"), "{}", encoding.0);
    }
}

#[test]
fn bytes_that_are_not_in_their_encoding_are_refused() {
    let (server, lookup) = scene();
    let utf16 = |text: &str| encoded(&Message(text.to_owned()), ENCODINGS[7]);
    let declared = |name: &str| lookup.0.replacen("UTF-8", name, 1).into_bytes();
    let odd = {
        let mut bytes = utf16(&lookup.0);
        bytes.push(0);
        bytes
    };
    let cut = lookup.0.as_bytes();
    let inside_letter = lookup.0.find('Ö').unwrap() + 1;
    for (name, bytes) in [
        ("ISO-8859-1, not declared", latin(&lookup.0)),
        ("UTF-8 declared as UTF-16", declared("UTF-16")),
        ("UTF-8 declared as US-ASCII", declared("US-ASCII")),
        ("an encoding nobody knows", declared("x-unknown")),
        ("UTF-16 declared as UTF-8", little(&lookup.0)),
        ("an odd number of bytes in UTF-16", odd),
        (
            "half a letter",
            [&cut[..inside_letter], &cut[inside_letter + 1..]].concat(),
        ),
    ] {
        let answer = server.post_bytes(&bytes, "text/xml");
        assert_eq!(answer.fault(), "XML_MALFORMED", "{name}");
        assert!(!answer.body.contains(":Header"), "{name}: {}", answer.body);
    }
}
