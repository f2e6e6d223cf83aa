//! Inputs at the limits on size and far beyond, made to cost their reader more than their bytes: many of something,
//! long of something, and what would take time that grows with its square.

use super::case::{Case, Expected, MARK, post};
use crate::support::message::Message;

/// The largest message of these: beyond the default limit, within a larger one.
const HUGE: usize = 6_000_000;

/// A piece in the header of a grant.
fn inside(piece: &str) -> String {
    Message::create().after("xrd:protocolVersion", piece).0
}

/// `unit` again and again, `bytes` long in all.
fn filled(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = many()
        .into_iter()
        .chain(long())
        .chain(squares())
        .map(|(name, body)| {
            Case::body(
                name,
                body,
                Expected::Fault(&["MESSAGE_TOO_LARGE", "XML_MALFORMED"]),
            )
        })
        .collect();
    let parts = format!(
        "--b\r\nContent-Type: text/xml\r\n\r\n{}\r\n--b--\r\n",
        filled("\r\n--", 1_000_000)
    );
    let sent = post("multipart/related; boundary=b", parts.as_bytes());
    cases.push(Case::raw(
        "a million bytes of beginnings of a boundary",
        sent,
        Expected::Fault(&["XML_MALFORMED"]),
    ));
    cases.push(chunks_of_a_byte(
        "16,384 chunks of a byte",
        16_384,
        Expected::Fault(&["XML_MALFORMED"]),
    ));
    let too_many = Expected::Fault(&["MESSAGE_TOO_LARGE"]);
    cases.push(chunks_of_a_byte(
        "16,385 chunks of a byte",
        16_385,
        too_many,
    ));
    cases.push(chunks_of_a_byte(
        "150,000 chunks of a byte",
        150_000,
        too_many,
    ));
    cases.push(chunks_of_a_byte(
        "a million chunks of a byte",
        1_000_000,
        too_many,
    ));
    cases
}

fn many() -> Vec<(&'static str, String)> {
    let attributes: String = (0..500_000).map(|no| format!(" a{no}=\"\"")).collect();
    let namespaces: String = (0..100_000)
        .map(|no| format!(" xmlns:n{no}=\"urn:{no}\""))
        .collect();
    let nested: String = (0..100_000)
        .map(|no| format!("<n{no}:a xmlns:n{no}=\"urn:x\">"))
        .collect();
    vec![
        ("500,000 attributes", inside(&format!("<a{attributes}/>"))),
        (
            "a million attributes of one name",
            inside(&format!("<a{}/>", " a=\"\"".repeat(1_000_000))),
        ),
        ("100,000 namespaces", inside(&format!("<a{namespaces}/>"))),
        ("100,000 namespaces inside each other", inside(&nested)),
        (
            "a million elements inside each other",
            inside(&"<a>".repeat(1_000_000)),
        ),
        (
            "a million elements, closed",
            inside(&("<a>".repeat(600_000) + &"</a>".repeat(600_000))),
        ),
        (
            "a million elements beside each other",
            inside(&"<a/>".repeat(1_000_000)),
        ),
        (
            "200,000 empty elements in the body",
            Message::create()
                .before("/psop:postPurchasingPower", &"<psop:x/>".repeat(200_000))
                .0,
        ),
        (
            "800,000 comments",
            inside(&("<!---->".repeat(800_000) + "<")),
        ),
        (
            "500,000 sections of CDATA",
            inside(&format!("<a>{}<</a>", "<![CDATA[]]>".repeat(500_000))),
        ),
        (
            "a million references",
            inside(&format!("<a>{}</a>", "&lt;".repeat(1_000_000))),
        ),
        ("a million ends", inside(&"</a>".repeat(1_000_000))),
        (
            "two million ampersands",
            inside(&format!("<a>{}</a>", "&".repeat(2_000_000))),
        ),
        (
            "six million blanks",
            Message::create()
                .before("/soap:Envelope", &" ".repeat(HUGE))
                .0
                + "<",
        ),
    ]
}

fn long() -> Vec<(&'static str, String)> {
    let text = filled(MARK, HUGE);
    vec![
        (
            "a name of six million bytes",
            inside(&format!("<{text}/>")) + "<",
        ),
        (
            "a prefix of six million bytes",
            inside(&format!("<{text}:a/>")),
        ),
        (
            "an attribute's name of six million bytes",
            inside(&format!("<a {text}=\"\"/>")) + "<",
        ),
        (
            "an attribute's value of six million bytes without an end",
            inside(&format!("<a b=\"{text}")),
        ),
        (
            "a namespace of six million bytes, not bound",
            inside(&format!("<x:a xmlns=\"{text}\"/>")),
        ),
        (
            "a text of six million bytes",
            inside(&format!("<a>{text}</a>")),
        ),
        (
            "a comment of six million bytes",
            inside(&format!("<!--{text}")),
        ),
        (
            "CDATA of six million bytes",
            inside(&format!("<a><![CDATA[{text}]]></a>")),
        ),
        (
            "a processing instruction of six million bytes",
            inside(&format!("<?a {text}?>")),
        ),
        (
            "a DOCTYPE of six million bytes",
            format!("<!DOCTYPE a \"{text}\"><a/>"),
        ),
        (
            "a reference of six million bytes",
            inside(&format!("<a>&{text};</a>")),
        ),
        (
            "an id of six million bytes",
            Message::create().set("xrd:id", &text).0,
        ),
    ]
}

/// Each within every limit on its own, up to its last byte: read whole, and only then refused.
fn squares() -> Vec<(&'static str, String)> {
    const BYTES: usize = 1_000_000;
    let prefixes: Vec<String> = (0..58).map(|no| format!("n{no}")).collect();
    let bound: String = prefixes
        .iter()
        .map(|prefix| format!(" xmlns:{prefix}=\"urn:{prefix}\""))
        .collect();
    let same_length: String = prefixes
        .iter()
        .map(|prefix| format!(" xmlns:{prefix}=\"urn:{}{prefix:>4}\"", "x".repeat(8_000)))
        .collect();
    let qualified: String = prefixes
        .iter()
        .map(|prefix| format!(" {prefix}:a=\"\""))
        .collect();
    let plain: String = (0..60).map(|no| format!(" a{no}=\"\"")).collect();
    let last = prefixes.last().unwrap();
    let around = |bound: &str, piece: &str, bytes: usize| {
        // The last `<` makes the whole malformed at its very end.
        inside(&format!("<a{bound}>{}</a>", filled(piece, bytes))) + "<"
    };
    vec![
        (
            "one attribute in 58 namespaces, over and over",
            around(&bound, &format!("<a{qualified}/>"), BYTES),
        ),
        (
            "one attribute in 58 long namespaces, over and over",
            around(&same_length, &format!("<a{qualified}/>"), BYTES / 2),
        ),
        (
            "60 attributes, over and over",
            around("", &format!("<a{plain}/>"), BYTES),
        ),
        (
            "58 namespaces, over and over",
            around("", &format!("<a{bound}/>"), BYTES),
        ),
        (
            "a prefix behind 58 others, over and over",
            around(&bound, &format!("<{last}:a/>"), 180_000),
        ),
        (
            "a default namespace again and again",
            around("", "<a xmlns=\"u\"><a xmlns=\"u\"/></a>", 300_000),
        ),
        ("comments to the limit", around("", "<!---->", BYTES)),
        (
            "empty sections of CDATA to the limit",
            around("", "<![CDATA[]]>", BYTES),
        ),
        (
            "references to the limit",
            around("", &format!("<b>{}</b>", "&#38;".repeat(60_000)), BYTES),
        ),
        (
            "references in attributes to the limit",
            around("", &format!("<b c=\"{}\"/>", "&#38;".repeat(60_000)), BYTES),
        ),
        (
            "marks to the limit",
            around("", &format!("<b>{}</b>", "\u{301}".repeat(60_000)), BYTES),
        ),
        (
            "depth to the limit, over and over",
            around("", &("<a>".repeat(28) + &"</a>".repeat(28)), 130_000),
        ),
    ]
}

/// The dearest bytes there are to receive: the work is for each chunk, whatever it holds.
fn chunks_of_a_byte(name: &str, count: usize, expected: Expected) -> Case {
    let head = "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = "1\r\n<\r\n".repeat(count) + "0\r\n\r\n";
    Case::raw(name, format!("{head}{body}"), expected)
}
