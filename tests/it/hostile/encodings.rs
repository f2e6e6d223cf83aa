//! Bytes that are no text, are other text than they say, or are text that XML does not have.

use super::case::{Case, Expected, post};
use crate::scenery::MISTYPED;
use crate::support::message::Message;

/// Where a grant's text is replaced by bytes.
const PLACE: &str = "PLACE-OF-BYTES";

/// A grant with bytes in one of its texts.
fn with(bytes: &[u8]) -> Vec<u8> {
    replaced(
        &Message::create().set("psop:decisionRef", PLACE).0,
        PLACE,
        bytes,
    )
}

fn replaced(message: &str, place: &str, bytes: &[u8]) -> Vec<u8> {
    let (before, after) = message.split_once(place).unwrap();
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

fn declared(name: &str) -> String {
    Message::create()
        .replace("\"UTF-8\"", &format!("\"{name}\""))
        .0
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn utf32(text: &str) -> Vec<u8> {
    text.chars()
        .flat_map(|character| u32::from(character).to_le_bytes())
        .collect()
}

pub fn cases() -> Vec<Case> {
    let grant = Message::create().0;
    let little = u16::to_le_bytes;
    let marked = |bytes: &[u8]| [b"\xFF\xFE", bytes].concat();
    let inside: [(&str, &[u8]); 21] = [
        ("overlong slash in two bytes", b"\xC0\xAF"),
        ("overlong slash in three bytes", b"\xE0\x80\xAF"),
        ("overlong slash in four bytes", b"\xF0\x80\x80\xAF"),
        ("overlong NUL", b"\xC0\x80"),
        ("overlong `<`", b"\xC0\xBC"),
        ("surrogate in UTF-8", b"\xED\xA0\xBD\xED\xB8\x80"),
        ("beyond Unicode", b"\xF4\x90\x80\x80"),
        ("five bytes", b"\xF8\x88\x80\x80\x80"),
        ("six bytes", b"\xFC\x84\x80\x80\x80\x80"),
        ("continuation alone", b"\x80"),
        ("character cut off", b"\xE2\x82"),
        ("byte FF", b"\xFF"),
        ("ISO-8859-1 in UTF-8", b"\xE4iti"),
        ("NUL", b"\0"),
        ("many NULs", &[0; 50_000]),
        ("backspace", b"\x08"),
        ("escape sequences", b"\x1B[2J\x1B]0;x\x07"),
        ("vertical tab", b"\x0B"),
        ("U+FFFE", b"\xEF\xBF\xBE"),
        ("U+FFFF", b"\xEF\xBF\xBF"),
        ("Windows end of file", b"\x1A"),
    ];
    let mut cases: Vec<Case> = inside
        .into_iter()
        .map(|(name, bytes)| Case::malformed(&format!("{name} in text"), with(bytes)))
        .collect();
    let whole: Vec<(&str, Vec<u8>)> = vec![
        (
            "NUL before the envelope",
            [b"\0", grant.as_bytes()].concat(),
        ),
        ("NUL after the envelope", [grant.as_bytes(), b"\0"].concat()),
        (
            "NUL in a name",
            replaced(&grant, "psop:customer>", b"psop:cus\0tomer>"),
        ),
        (
            "control character in an attribute",
            replaced(&grant, "\"SERVICE\"", b"\"SERV\x01ICE\""),
        ),
        (
            "ASCII that is called UTF-16",
            declared("utf-16").into_bytes(),
        ),
        (
            "UTF-8 that is called ASCII",
            declared("us-ascii").into_bytes(),
        ),
        ("KOI8-R", declared("koi8-r").into_bytes()),
        ("UTF-7", declared("utf-7").into_bytes()),
        ("Windows-1252", declared("windows-1252").into_bytes()),
        (
            "an encoding of nobody",
            declared(&"x".repeat(100_000)).into_bytes(),
        ),
        (
            "an encoding of a path",
            declared("../../etc/passwd").into_bytes(),
        ),
        (
            "UTF-8 that is called UTF-16 behind a mark",
            format!("\u{FEFF}{}", declared("utf-16")).into_bytes(),
        ),
        (
            "UTF-16 that is called UTF-8",
            marked(&utf16(&grant, little)),
        ),
        (
            "UTF-16 without a mark that is called UTF-8",
            utf16(&grant, little),
        ),
        (
            "UTF-16 with half a character",
            [marked(&utf16(&declared("utf-16"), little)), vec![0]].concat(),
        ),
        (
            "UTF-16 with a lone surrogate",
            marked(
                &[
                    utf16("<a>", little),
                    vec![0x3D, 0xD8],
                    utf16("</a>", little),
                ]
                .concat(),
            ),
        ),
        (
            "UTF-16 with surrogates in the wrong order",
            marked(
                &[
                    utf16("<a>", little),
                    vec![0, 0xDE, 0x3D, 0xD8],
                    utf16("</a>", little),
                ]
                .concat(),
            ),
        ),
        (
            "UTF-16 with NUL",
            marked(&utf16(
                &declared("utf-16").replace("kotiapu", "koti\0apu"),
                little,
            )),
        ),
        (
            "UTF-16 with a DTD",
            marked(&utf16(
                "<!DOCTYPE a [<!ENTITY l SYSTEM \"file:///etc/passwd\">]><a>&l;</a>",
                little,
            )),
        ),
        (
            "a mark in the other order",
            [b"\xFE\xFF".to_vec(), utf16(&grant, little)].concat(),
        ),
        ("UTF-8 behind a mark of UTF-16", marked(grant.as_bytes())),
        (
            "UTF-16 behind a mark of UTF-8",
            [b"\xEF\xBB\xBF".to_vec(), utf16(&grant, little)].concat(),
        ),
        ("two marks", format!("\u{FEFF}\u{FEFF}{grant}").into_bytes()),
        ("UTF-32", utf32(&grant)),
        ("UTF-32 behind a mark", utf32(&format!("\u{FEFF}{grant}"))),
        (
            "EBCDIC",
            b"\x4C\x6F\xA7\x94\x93\x40\xA5\x85\x99\xA2\x89\x96\x95\x7E\x7F\xF1\x4B\xF0\x7F\x6F\x6E"
                .to_vec(),
        ),
        (
            "random bytes",
            (0..50_000_u32)
                .map(|no| no.wrapping_mul(2_654_435_761).to_be_bytes()[0])
                .collect(),
        ),
        (
            "gzip that is not named",
            b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x4B\x04\0\x43\xBE\xB7\xE8\x01\0\0\0".to_vec(),
        ),
    ];
    cases.extend(
        whole
            .into_iter()
            .map(|(name, bytes)| Case::malformed(name, bytes)),
    );
    // A charset in the Content-Type is not asked, as security servers send a fixed one.
    let lookup = Message::lookup(MISTYPED).0;
    for charset in [
        "utf-16",
        "koi8-r",
        "\"",
        "utf-8, utf-16",
        "utf-8; charset=utf-7",
    ] {
        let sent = post(&format!("text/xml; charset={charset}"), lookup.as_bytes());
        cases.push(Case::raw(
            &format!("Content-Type with charset={charset}"),
            sent,
            Expected::Served,
        ));
    }
    cases
}
