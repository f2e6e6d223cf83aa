//! Requests whose end is told in two ways, or in none: what one server takes for a body, another takes for a request.

use super::case::{Case, Expected};
use crate::scenery::MISTYPED;
use crate::support::message::Message;

use Expected::{Broken, Fault, Served, ServedTimes};

/// A grant that would be carried out if the server took it for a request of its own.
fn smuggled() -> String {
    let grant = Message::create().0;
    format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{grant}",
        grant.len()
    )
}

fn head(framing: &str) -> String {
    format!("POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n{framing}\r\n")
}

fn lengths() -> Vec<Case> {
    let grant = Message::create().0;
    let lookup = Message::lookup(MISTYPED).0;
    let length = grant.len();
    let beyond = u64::MAX;
    let framings = [
        (
            "two lengths that differ",
            format!("Content-Length: {length}\r\nContent-Length: 1\r\n"),
            Broken,
        ),
        (
            "two lengths in one line that differ",
            format!("Content-Length: {length}, 1\r\n"),
            Broken,
        ),
        (
            "negative length",
            "Content-Length: -1\r\n".to_owned(),
            Broken,
        ),
        (
            "length with a sign",
            format!("Content-Length: +{length}\r\n"),
            Broken,
        ),
        (
            "length of no number",
            "Content-Length: many\r\n".to_owned(),
            Broken,
        ),
        (
            "length of nothing",
            "Content-Length:\r\n".to_owned(),
            Broken,
        ),
        (
            "length with a fraction",
            format!("Content-Length: {length}.0\r\n"),
            Broken,
        ),
        (
            "length in hexadecimal",
            format!("Content-Length: {length:#x}\r\n"),
            Broken,
        ),
        (
            "length beyond 64 bits",
            "Content-Length: 99999999999999999999999\r\n".to_owned(),
            Broken,
        ),
        (
            "length of 100,000 digits",
            format!("Content-Length: {}\r\n", "9".repeat(100_000)),
            Broken,
        ),
        (
            "length of 64 bits",
            format!("Content-Length: {beyond}\r\n"),
            Broken,
        ),
        (
            "length just beyond the limit",
            "Content-Length: 1048577\r\n".to_owned(),
            Fault(&["MESSAGE_TOO_LARGE"]),
        ),
        (
            "length longer than what comes",
            format!("Content-Length: {}\r\n", length + 1),
            Fault(&["XML_MALFORMED"]),
        ),
        (
            "length shorter than what comes",
            format!("Connection: close\r\nContent-Length: {}\r\n", length - 100),
            Fault(&["XML_MALFORMED"]),
        ),
        (
            "length of none",
            "Connection: close\r\nContent-Length: 0\r\n".to_owned(),
            Fault(&["XML_MALFORMED"]),
        ),
        (
            "no length",
            "Connection: close\r\n".to_owned(),
            Fault(&["XML_MALFORMED"]),
        ),
    ];
    let mut cases: Vec<Case> = framings
        .into_iter()
        .map(|(name, framing, expected)| Case::raw(name, head(&framing) + &grant, expected))
        .collect();
    let twice = format!(
        "Content-Length: {0}\r\nContent-Length: {0}\r\nConnection: close\r\n",
        lookup.len()
    );
    cases.push(Case::raw(
        "two lengths that agree",
        head(&twice) + &lookup,
        Served,
    ));
    cases
}

fn encodings() -> Vec<Case> {
    let lookup = Message::lookup(MISTYPED).0;
    let chunks = format!("{:x}\r\n{lookup}\r\n0\r\n\r\n", lookup.len());
    let hidden = format!("0\r\n\r\n{}", smuggled());
    let both = |encoding: &str, length: usize| {
        head(&format!(
            "Content-Length: {length}\r\nTransfer-Encoding: {encoding}\r\n"
        ))
    };
    let swapped = |length: usize| {
        head(&format!(
            "Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"
        ))
    };
    let only = |line: &str| head(&format!("{line}\r\n"));
    let sent =
        |name: &str, head: String, body: &str, expected| Case::raw(name, head + body, expected);
    let (all, hides) = (chunks.len(), hidden.len());
    vec![
        // A request of no body, and behind it what the length called its body: it must not be carried out.
        sent(
            "length and chunks, a request hidden",
            both("chunked", hides),
            &hidden,
            Fault(&["XML_MALFORMED"]),
        ),
        sent(
            "chunks and length, a request hidden",
            swapped(hides),
            &hidden,
            Fault(&["XML_MALFORMED"]),
        ),
        sent(
            "length of less and chunks",
            both("chunked", 4),
            &chunks,
            Served,
        ),
        sent("chunks and length", swapped(all), &chunks, Served),
        sent("identity", both("identity", all), &chunks, Broken),
        sent(
            "chunked and then identity",
            only("Transfer-Encoding: chunked, identity"),
            &hidden,
            Broken,
        ),
        sent(
            "an encoding of nobody",
            only("Transfer-Encoding: cow"),
            &hidden,
            Broken,
        ),
        sent(
            "chunked in disguise",
            only("Transfer-Encoding: xchunked"),
            &hidden,
            Broken,
        ),
        sent(
            "chunked behind a tab",
            only("Transfer-Encoding:\tchunked\r\nConnection: close"),
            &chunks,
            Served,
        ),
        sent(
            "chunked behind a blank name",
            only("Transfer-Encoding : chunked"),
            &hidden,
            Broken,
        ),
        sent(
            "chunked with a vertical tab",
            only("Transfer-Encoding: \x0Bchunked"),
            &hidden,
            Broken,
        ),
        sent(
            "chunked in quotes",
            only("Transfer-Encoding: \"chunked\""),
            &hidden,
            Broken,
        ),
        sent(
            "gzip and then chunked",
            only("Transfer-Encoding: gzip, chunked\r\nConnection: close"),
            &chunks,
            Served,
        ),
        sent(
            "two encodings",
            only("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow"),
            &hidden,
            Broken,
        ),
        sent(
            "chunked in HTTP/1.0",
            head("Transfer-Encoding: chunked\r\n").replace("HTTP/1.1", "HTTP/1.0"),
            &hidden,
            Broken,
        ),
    ]
}

fn chunks() -> Vec<Case> {
    const BROKEN: Expected = Fault(&["XML_MALFORMED"]);
    let head = head("Transfer-Encoding: chunked\r\nConnection: close\r\n");
    let grant = Message::create().0;
    let lookup = Message::lookup(MISTYPED).0;
    let size = grant.len();
    let one = |line: &str, message: &str| format!("{line}\r\n{message}\r\n0\r\n\r\n");
    let ones: String = lookup
        .chars()
        .map(|character| format!("{:x}\r\n{character}\r\n", character.len_utf8()))
        .collect();
    let bodies = [
        (
            "chunk beyond 64 bits",
            one("fffffffffffffffff", &grant),
            BROKEN,
        ),
        ("chunk of 64 bits", one("ffffffffffffffff", &grant), BROKEN),
        (
            "chunk that wraps around",
            one(&format!("1000000000000{size:04x}"), &grant),
            BROKEN,
        ),
        (
            "chunk of a negative size",
            one(&format!("-{size:x}"), &grant),
            BROKEN,
        ),
        (
            "chunk with a sign",
            one(&format!("+{size:x}"), &grant),
            BROKEN,
        ),
        (
            "chunk in hexadecimal",
            one(&format!("0x{size:x}"), &grant),
            BROKEN,
        ),
        ("chunk of no size", one("", &grant), BROKEN),
        ("chunk of words", one("many", &grant), BROKEN),
        (
            "chunk longer than what comes",
            format!("{:x}\r\n{grant}", size + 1),
            BROKEN,
        ),
        (
            "chunk shorter than what comes",
            one(&format!("{:x}", size - 1), &grant),
            BROKEN,
        ),
        (
            "chunk without its end",
            format!("{size:x}\r\n{grant}0\r\n\r\n"),
            BROKEN,
        ),
        (
            "chunk after line feeds",
            one(&format!("{size:x}"), &grant).replace("\r\n", "\n"),
            BROKEN,
        ),
        (
            "chunks without a last one",
            format!("{size:x}\r\n{grant}\r\n"),
            BROKEN,
        ),
        (
            "a size of 100,000 zeros",
            one(
                &format!("{}{:x}", "0".repeat(100_000), lookup.len()),
                &lookup,
            ),
            Served,
        ),
        (
            "an extension of 100,000 bytes",
            one(&format!("{size:x};a={}", "b".repeat(100_000)), &grant),
            BROKEN,
        ),
        (
            "100,000 trailers",
            format!(
                "{size:x}\r\n{grant}\r\n0\r\n{}\r\n",
                "X-Trailer: x\r\n".repeat(100_000)
            ),
            BROKEN,
        ),
        (
            "an extension",
            one(&format!("{:x};a=\"b\"", lookup.len()), &lookup),
            Served,
        ),
        ("chunks of a byte each", format!("{ones}0\r\n\r\n"), Served),
        (
            "trailers that would be headers",
            format!("{ones}0\r\nContent-Length: 1\r\nSet-Cookie: a=b\r\n\r\n"),
            Served,
        ),
    ];
    bodies
        .into_iter()
        .map(|(name, body, expected)| Case::raw(name, format!("{head}{body}"), expected))
        .collect()
}

/// One behind the other without waiting: each is answered, in order.
fn behind_each_other() -> Vec<Case> {
    let lookup = || {
        let message = Message::lookup(MISTYPED).0;
        head(&format!("Content-Length: {}\r\n", message.len())) + &message
    };
    let many: String = (0..50).map(|_| lookup()).collect();
    let bare = format!("\r\n\r\n{}", lookup());
    vec![
        Case::raw("50 requests at once", many, ServedTimes(50)),
        Case::raw("blank lines before a request", bare, Served),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut cases = lengths();
    cases.extend(encodings());
    cases.extend(chunks());
    cases.extend(behind_each_other());
    cases
}
