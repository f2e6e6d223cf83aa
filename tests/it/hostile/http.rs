//! HTTP that is broken, of another version, of another protocol, or larger than its limits.

use super::case::{Case, Expected, MARK};
use crate::scenery::MISTYPED;
use crate::support::message::Message;

use Expected::{Broken, Fault, Served};

const TYPE: &str = "Content-Type: text/xml\r\n";

/// A grant under another request line and more header lines.
fn grant(line: &str, headers: &str) -> Vec<u8> {
    request(line, headers, &Message::create().0)
}

fn lookup(line: &str, headers: &str) -> Vec<u8> {
    request(line, headers, &Message::lookup(MISTYPED).0)
}

fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{line}\r\nHost: psop\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

pub fn cases() -> Vec<Case> {
    let mut cases = lines();
    cases.extend(headers());
    cases.extend(protocols());
    cases
}

fn lines() -> Vec<Case> {
    let elsewhere = Fault(&["SERVICE_UNKNOWN"]);
    let method = Fault(&["CONTENT_TYPE_UNSUPPORTED"]);
    let long = |count: usize| format!("POST /{} HTTP/1.1", "a".repeat(count));
    [
        ("absolute target", "POST http://psop/xroad HTTP/1.1", Served),
        (
            "absolute target of another host",
            "POST http://127.0.0.1:1/xroad HTTP/1.1",
            Served,
        ),
        (
            "absolute target of another path",
            "POST http://psop/admin HTTP/1.1",
            elsewhere,
        ),
        ("asterisk", "POST * HTTP/1.1", elsewhere),
        ("target with a fragment", "POST /xroad#x HTTP/1.1", Served),
        (
            "target with a query",
            "POST /xroad?a=%00%ff&b=../../ HTTP/1.1",
            Served,
        ),
        (
            "target that climbs",
            "POST /xroad/../../etc/passwd HTTP/1.1",
            elsewhere,
        ),
        (
            "target that climbs in disguise",
            "POST /%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
            elsewhere,
        ),
        (
            "target that is ours in disguise",
            "POST /%78road HTTP/1.1",
            elsewhere,
        ),
        (
            "target with two slashes",
            "POST //xroad HTTP/1.1",
            elsewhere,
        ),
        (
            "target without a slash",
            "POST xroad HTTP/1.1",
            Fault(&["SERVICE_UNKNOWN"]),
        ),
        ("target of a proxy", "CONNECT psop:80 HTTP/1.1", Broken),
        ("asterisk for options", "OPTIONS * HTTP/1.1", Broken),
        ("trace", "TRACE /xroad HTTP/1.1", method),
        ("method of nobody", "STEAL /xroad HTTP/1.1", method),
        ("method in small letters", "post /xroad HTTP/1.1", method),
        ("method with a colon", "PO:ST /xroad HTTP/1.1", Broken),
        ("no target", "POST HTTP/1.1", Broken),
        ("two blanks", "POST  /xroad HTTP/1.1", Broken),
        ("tab for a blank", "POST\t/xroad\tHTTP/1.1", Broken),
        ("NUL in the target", "POST /xro\0ad HTTP/1.1", Broken),
        ("blank in the target", "POST /xroad x HTTP/1.1", Broken),
        ("version 1.0", "POST /xroad HTTP/1.0", Served),
        ("version 0.9", "POST /xroad HTTP/0.9", Broken),
        ("version 1.2", "POST /xroad HTTP/1.2", Broken),
        ("version 2.0", "POST /xroad HTTP/2.0", Broken),
        ("version 1.10", "POST /xroad HTTP/1.10", Broken),
        ("version in small letters", "POST /xroad http/1.1", Broken),
        ("no version", "POST /xroad", Broken),
        (
            "version of another protocol",
            "POST /xroad RTSP/1.0",
            Broken,
        ),
    ]
    .into_iter()
    .map(|(name, line, expected)| match expected {
        Served => Case::raw(name, lookup(line, TYPE), expected),
        _ => Case::raw(name, grant(line, TYPE), expected),
    })
    .chain([
        Case::raw(
            "target of 10,000 bytes",
            grant(&long(10_000), TYPE),
            elsewhere,
        ),
        Case::raw("target of 60,000 bytes", grant(&long(60_000), TYPE), Broken),
        Case::raw(
            "target of a million bytes",
            grant(&long(1_000_000), TYPE),
            Broken,
        ),
    ])
    .collect()
}

fn headers() -> Vec<Case> {
    let with_type = |more: &str| format!("{TYPE}{more}");
    let compressed = Fault(&["CONTENT_TYPE_UNSUPPORTED"]);
    let many =
        |count: usize| -> String { (0..count).map(|no| format!("X-{no}: {MARK}\r\n")).collect() };
    let unsupported = |value: &str| {
        let headers = format!("Content-Type: {value}\r\n");
        Case::raw(
            &format!("Content-Type {value:?}"),
            grant("POST /xroad HTTP/1.1", &headers),
            compressed,
        )
    };
    let mut cases: Vec<Case> = [
        ("folded header", with_type("X-Folded: a\r\n b\r\n"), Broken),
        ("header folded first", format!(" X-Folded: a\r\n{TYPE}"), Broken),
        ("header without a colon", with_type("X-Colon\r\n"), Broken),
        ("header without a name", with_type(": x\r\n"), Broken),
        ("header with a blank before its colon", with_type("X-Blank : x\r\n"), Broken),
        ("header with a blank in its name", with_type("X Blank: x\r\n"), Broken),
        ("header with NUL in its name", with_type("X-\0: x\r\n"), Broken),
        ("header with NUL in its value", with_type("X-Nul: \0\r\n"), Broken),
        ("header with a control character", with_type("X-Bell: \x07\r\n"), Broken),
        ("header with a lone CR", with_type("X-Return: a\rSet-Cookie: b\r\n"), Broken),
        ("header name beyond ASCII", with_type("X-Ä: x\r\n"), Broken),
        ("1,000 headers", with_type(&many(1_000)), Broken),
        ("65 headers", with_type(&many(61)), Broken),
        ("100,000 headers", with_type(&many(100_000)), Broken),
        ("header of a million bytes", with_type(&format!("X-Long: {}\r\n", "a".repeat(1_000_000))), Broken),
        ("header name of 100,000 bytes", with_type(&format!("{}: x\r\n", "a".repeat(100_000))), Broken),
        ("compressed by gzip", with_type("Content-Encoding: gzip\r\n"), compressed),
        ("compressed by many", with_type("Content-Encoding: br\r\nContent-Encoding: zstd, gzip\r\n"), compressed),
        ("compressed by what nobody knows", with_type("Content-Encoding: \x7e\r\n"), compressed),
        ("two Content-Types", with_type("Content-Type: text/plain\r\n"), compressed),
        ("expecting the impossible", with_type("Expect: 200-ok\r\n"), Served),
        ("header bytes beyond ASCII", with_type("X-Word: äiti\r\n"), Served),
        ("two hosts", with_type("Host: other\r\n"), Served),
        ("forwarded by a stranger", with_type("X-Forwarded-For: 127.0.0.1\r\nX-Road-Client: FI/GOV/1/x\r\n"), Served),
        ("another protocol asked for", with_type("Upgrade: websocket\r\nConnection: Upgrade\r\n"), Served),
        ("HTTP/2 asked for", with_type("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n"), Served),
    ]
    .into_iter()
    .map(|(name, headers, expected)| {
        let line = "POST /xroad HTTP/1.1";
        match expected {
            Served => Case::raw(name, lookup(line, &headers), expected),
            _ => Case::raw(name, grant(line, &headers), expected),
        }
    })
    .collect();
    let type_of_marks = format!("text/{}", MARK.repeat(1_000));
    let parameters = format!("multipart/related{}", "; a=\"".repeat(2_000));
    cases.extend(
        [
            "",
            ";",
            "text/xml, text/plain",
            "text/\u{FF58}ml",
            &type_of_marks,
            &parameters,
        ]
        .map(unsupported),
    );
    cases
}

/// What other programs say when they come to the wrong port.
fn protocols() -> Vec<Case> {
    let hello = [
        b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03".as_slice(),
        &[7; 32],
        b"\0\0\x02\xC0\x2F\x01\0",
    ]
    .concat();
    let lines: [(&str, Vec<u8>); 13] = [
        ("HTTP/0.9", b"GET /xroad\r\n".to_vec()),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        ),
        ("TLS", hello),
        (
            "TLS of random length",
            [b"\x16\x03\x03\xFF\xFF".to_vec(), vec![0x5A; 70_000]].concat(),
        ),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        ("SMTP", b"EHLO psop\r\n".to_vec()),
        (
            "PROXY protocol",
            b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n".to_vec(),
        ),
        (
            "an answer",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(),
        ),
        ("XML", Message::create().0.into_bytes()),
        ("line ends alone", b"\r\n".repeat(40_000)),
        ("line feeds alone", b"\n".repeat(70_000)),
        ("NULs alone", vec![0; 70_000]),
        ("a method without an end", b"A".repeat(2_000_000)),
    ];
    lines
        .into_iter()
        .map(|(name, bytes)| Case::raw(name, bytes, Broken))
        .collect()
}
