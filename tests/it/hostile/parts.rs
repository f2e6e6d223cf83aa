//! multipart/related whose parts are other than they seem.

use super::case::{Case, Expected, MARK, post};
use crate::scenery::MISTYPED;
use crate::support::message::Message;

use Expected::{Fault, Served};

const MALFORMED: Expected = Fault(&["XML_MALFORMED"]);
const UNSUPPORTED: Expected = Fault(&["CONTENT_TYPE_UNSUPPORTED"]);

fn sent(name: &str, content_type: &str, body: impl AsRef<[u8]>, expected: Expected) -> Case {
    Case::raw(name, post(content_type, body.as_ref()), expected)
}

pub fn cases() -> Vec<Case> {
    let mut cases = boundaries();
    cases.extend(bodies());
    cases
}

fn boundaries() -> Vec<Case> {
    let grant = Message::create().0;
    let with = |boundary: &str, message: &str| {
        format!("--{boundary}\r\nContent-Type: text/xml\r\n\r\n{message}\r\n--{boundary}--\r\n")
    };
    let refused = [
        ("no boundary", String::new(), "b"),
        ("empty boundary", "boundary=".to_owned(), ""),
        ("empty quoted boundary", "boundary=\"\"".to_owned(), ""),
        (
            "boundary of 71 characters",
            format!("boundary={}", "b".repeat(71)),
            "b",
        ),
        (
            "boundary of 10,000 characters",
            format!("boundary={}", "b".repeat(10_000)),
            "b",
        ),
        ("boundary of blanks", "boundary=\"   \"".to_owned(), "   "),
        (
            "boundary with a control character",
            "boundary=\"a\tb\"".to_owned(),
            "a\tb",
        ),
        ("boundary of markup", "boundary=<b>".to_owned(), "<b>"),
        ("boundary beyond ASCII", "boundary=ä".to_owned(), "ä"),
        ("boundary without an end", "boundary=\"b".to_owned(), "b"),
    ];
    let mut cases: Vec<Case> = refused
        .into_iter()
        .map(|(name, parameter, boundary)| {
            let content_type = format!("multipart/related; {parameter}");
            sent(name, &content_type, with(boundary, &grant), UNSUPPORTED)
        })
        .collect();
    let lookup = Message::lookup(MISTYPED).0;
    let longest = "b".repeat(70);
    let multipart = |boundary: &str| format!("multipart/related; boundary=\"{boundary}\"");
    let inside = Message::lookup(MISTYPED).set("xrd:userId", "--b --b-- b").0;
    cases.extend([
        sent(
            "boundary of 70 characters",
            &multipart(&longest),
            with(&longest, &lookup),
            Served,
        ),
        sent(
            "boundary of every kind",
            &multipart("a'()+_,-./:=? z"),
            with("a'()+_,-./:=? z", &lookup),
            Served,
        ),
        sent(
            "boundary inside a text",
            &multipart("b"),
            with("b", &inside),
            Served,
        ),
        sent(
            "another boundary",
            &multipart("b"),
            with("c", &grant),
            MALFORMED,
        ),
        sent(
            "boundary in other letters",
            &multipart("b"),
            with("B", &grant),
            MALFORMED,
        ),
        sent(
            "two boundaries",
            "multipart/related; boundary=c; boundary=b",
            with("b", &grant),
            MALFORMED,
        ),
    ]);
    cases
}

fn bodies() -> Vec<Case> {
    let (grant, lookup) = (Message::create().0, Message::lookup(MISTYPED).0);
    let soap = "Content-Type: text/xml\r\n";
    let part = |headers: &str, body: &str| format!("--b\r\n{headers}\r\n{body}\r\n");
    let whole = part(soap, &grant);
    let on_a_line = Message::create()
        .replace("<soap:Body>", "<soap:Body>\r\n--b\r\n")
        .0;
    let near: String = "\r\n--".repeat(100_000);
    let many_headers: String = (0..1_000).map(|no| format!("X-{no}: {MARK}\r\n")).collect();
    let bodies = [
        ("no parts", String::new(), MALFORMED),
        ("the end alone", "--b--\r\n".to_owned(), MALFORMED),
        ("parts without an end", whole.clone(), MALFORMED),
        (
            "a part without its headers' end",
            format!("--b\r\n{soap}"),
            MALFORMED,
        ),
        (
            "a part without headers",
            format!("--b\r\n{grant}\r\n--b--\r\n"),
            MALFORMED,
        ),
        (
            "a boundary on a line of the message",
            part(soap, &on_a_line) + "--b--\r\n",
            MALFORMED,
        ),
        (
            "line feeds alone",
            (whole.clone() + "--b--\r\n").replace("\r\n", "\n"),
            MALFORMED,
        ),
        (
            "100,000 beginnings of a boundary",
            part(soap, &near) + "--b--\r\n",
            MALFORMED,
        ),
        ("a part of nothing", part(soap, "") + "--b--\r\n", MALFORMED),
        (
            "an attachment",
            whole.clone() + &part("Content-Type: image/png\r\n", "x") + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "10,000 parts",
            whole.clone() + &part("", "x").repeat(10_000) + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "10,000 messages",
            part(soap, "<a/>").repeat(10_000) + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "an attachment first",
            part("Content-Type: image/png\r\n", MARK) + &whole + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "parts in a part",
            part("Content-Type: multipart/related; boundary=c\r\n", &grant) + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "a message in base64",
            part(
                &format!("{soap}Content-Transfer-Encoding: base64\r\n"),
                "PGEvPg==",
            ) + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "a part of no type",
            part("Content-Id: <x>\r\n", &grant) + "--b--\r\n",
            UNSUPPORTED,
        ),
        (
            "1,000 headers of a part",
            part(&format!("{soap}{many_headers}"), &grant) + "--b--\r\n",
            MALFORMED,
        ),
        (
            "a part's header of 500,000 bytes",
            part(
                &format!("{soap}X-Long: {}\r\n", "a".repeat(500_000)),
                "<a/>",
            ) + "--b--\r\n",
            Fault(&["HEADER_INVALID"]),
        ),
        (
            "a file of a form",
            part(
                &format!(
                    "{soap}Content-Disposition: form-data; name=\"{MARK}\"; filename=\"../../x\"\r\n"
                ),
                &lookup,
            ) + "--b--\r\n",
            Served,
        ),
        (
            "a DTD in a part",
            part(
                soap,
                "<!DOCTYPE a [<!ENTITY l SYSTEM \"file:///etc/passwd\">]><a>&l;</a>",
            ) + "--b--\r\n",
            MALFORMED,
        ),
    ];
    bodies
        .into_iter()
        .map(|(name, body, expected)| sent(name, "multipart/related; boundary=b", body, expected))
        .collect()
}
