//! How HTTP carries a request: media types and their parameters, lengths and chunks, Expect, and the
//! multipart message with nothing but its SOAP part.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{assert_answered, scene};
use crate::support::answer::Answer;
use crate::support::conformance::judge;
use crate::support::message::Message;
use crate::support::server::{Server, exchange};

/// Sends a head and a body as they are; the answer is judged as one to `message`.
fn send(server: &Server, head: &str, body: &[u8], message: &Message) -> Answer {
    let head = format!("POST /xroad HTTP/1.1\r\nHost: psop\r\nConnection: close\r\n{head}\r\n");
    let answer = exchange(server.http, &[head.as_bytes(), body].concat()).unwrap();
    judge(message.0.as_bytes(), "text/xml", &answer);
    answer
}

/// A body in chunks of `size` bytes.
fn chunked(body: &[u8], size: usize, extension: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(size) {
        out.extend(format!("{:x}{extension}\r\n", chunk.len()).into_bytes());
        out.extend(chunk);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\n\r\n");
    out
}

#[test]
fn media_types_are_read_in_every_spelling() {
    let (server, lookup) = scene();
    for content_type in [
        "text/xml",
        "text/xml;charset=utf-8",
        "text/xml; charset=UTF-8",
        "text/xml; charset=\"utf-8\"",
        "text/xml ; charset = utf-8",
        "TEXT/XML; CHARSET=\"UTF-8\"",
        "text/xml; charset=iso-8859-1",
        "text/xml; charset=windows-1252",
        "text/xml; charset=no-such-charset",
        "text/xml; charset=",
        "text/xml;",
        "text/xml; action=\"urn:a;b\"; charset=utf-8",
        "application/xop+xml",
        "application/xop+xml; charset=utf-8; type=\"text/xml\"",
        "Application/XOP+XML; type=\"application/soap+xml\"",
    ] {
        let answer = server.post_bytes(lookup.0.as_bytes(), content_type);
        assert_answered(content_type, &answer);
    }
}

#[test]
fn a_body_comes_with_its_length_or_in_chunks() {
    let (server, lookup) = scene();
    let body = lookup.0.as_bytes();
    let length = format!(
        "Content-Type: text/xml\r\nContent-Length: {}\r\n",
        body.len()
    );
    assert_answered("a length", &send(&server, &length, body, &lookup));
    let lower = length.to_lowercase();
    assert_answered(
        "a length in small letters",
        &send(&server, &lower, body, &lookup),
    );
    let head = "Content-Type: text/xml\r\nTransfer-Encoding: chunked\r\n";
    for size in [1, 7, 1000, body.len()] {
        let answer = send(&server, head, &chunked(body, size, ""), &lookup);
        assert_answered(&format!("chunks of {size}"), &answer);
    }
    let extended = chunked(body, 300, ";name=value");
    assert_answered(
        "chunks with extensions",
        &send(&server, head, &extended, &lookup),
    );
    let mut trailed = chunked(body, 300, "");
    trailed.truncate(trailed.len() - 2);
    trailed.extend(b"X-Trailer: a\r\n\r\n");
    assert_answered("a trailer", &send(&server, head, &trailed, &lookup));
}

#[test]
fn who_expects_100_continue_is_told_to_go_on() {
    let (server, lookup) = scene();
    let body = lookup.0.as_bytes();
    for (carried, body) in [
        (format!("Content-Length: {}", body.len()), body.to_vec()),
        (
            "Transfer-Encoding: chunked".to_owned(),
            chunked(body, 500, ""),
        ),
    ] {
        let mut stream = TcpStream::connect(server.http).unwrap();
        let head = format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n{carried}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Nothing of the body is sent before this has come.
        let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut told = vec![0; expected.len()];
        stream.read_exact(&mut told).unwrap();
        assert_eq!(told, expected);
        stream.write_all(&body).unwrap();
        let mut whole = Vec::new();
        stream.read_to_end(&mut whole).unwrap();
        let answer = Answer::parse(&whole).unwrap();
        judge(lookup.0.as_bytes(), "text/xml", &answer);
        assert_answered(&carried, &answer);
    }
}

#[test]
fn who_does_not_wait_for_100_continue_is_answered_too() {
    let (server, lookup) = scene();
    let body = lookup.0.as_bytes();
    let head = format!(
        "Content-Type: text/xml\r\nExpect: 100-continue\r\nContent-Length: {}\r\n",
        body.len()
    );
    assert_answered("sent at once", &send(&server, &head, body, &lookup));
}

/// A multipart body of one part with these header lines, and what goes around it.
fn multipart(message: &Message, head: &str, before: &str, after: &str) -> Vec<u8> {
    let part = &message.0;
    format!("{before}--MIME.b-1\r\n{head}\r\n\r\n{part}\r\n--MIME.b-1--{after}").into_bytes()
}

const TYPE: &str = "multipart/related; type=\"text/xml\"; boundary=\"MIME.b-1\"";

#[test]
fn a_multipart_message_of_one_part_is_a_message() {
    let (server, lookup) = scene();
    let soap = "Content-Type: text/xml; charset=UTF-8";
    let plain = |head: &str| multipart(&lookup, head, "", "\r\n");
    let unquoted = "multipart/related; boundary=MIME.b-1";
    let starts =
        "Multipart/Related; start=\"<another;part>\"; Type=\"text/xml\"; BOUNDARY=MIME.b-1";
    let xop = "multipart/related; type=\"application/xop+xml\"; start-info=\"text/xml\"; boundary=\"MIME.b-1\"";
    for (name, content_type, body) in [
        ("as usual", TYPE, plain(soap)),
        ("an unquoted boundary", unquoted, plain(soap)),
        (
            "start names another part",
            starts,
            plain(&format!("{soap}\r\nContent-ID: <root>")),
        ),
        (
            "small letters without a blank",
            TYPE,
            plain("content-type:text/xml; charset=UTF-8"),
        ),
        (
            "small letters with a blank",
            TYPE,
            plain("content-type: text/xml"),
        ),
        (
            "all headers of a part",
            TYPE,
            plain(
                "content-type:text/xml\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID:<rootpart>\r\nContent-Disposition: inline",
            ),
        ),
        (
            "sent as binary",
            TYPE,
            plain(&format!("{soap}\r\ncontent-transfer-encoding:BINARY")),
        ),
        (
            "an XOP root",
            xop,
            plain("content-type:application/xop+xml; charset=UTF-8; type=\"text/xml\""),
        ),
        (
            "a wrong charset of the part",
            TYPE,
            plain("content-type:text/xml; charset=iso-8859-1"),
        ),
        (
            "a preamble",
            TYPE,
            multipart(&lookup, soap, "not for us\r\n", "\r\n"),
        ),
        (
            "nothing after the end",
            TYPE,
            multipart(&lookup, soap, "", ""),
        ),
        (
            "white space around the XML",
            TYPE,
            multipart(&Message(format!("{}\r\n\r\n", lookup.0)), soap, "", "\r\n"),
        ),
        (
            "a byte order mark in the part",
            TYPE,
            multipart(&Message(format!("\u{feff}{}", lookup.0)), soap, "", "\r\n"),
        ),
    ] {
        let answer = server.post_bytes(&body, content_type);
        assert_answered(name, &answer);
        let head = format!("Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n");
        let answer = send(&server, &head, &chunked(&body, 100, ""), &lookup);
        assert_answered(&format!("{name}, in chunks"), &answer);
    }
}

#[test]
fn attachments_are_refused_in_words_that_say_so() {
    let (server, lookup) = scene();
    let soap = "content-type:text/xml; charset=UTF-8";
    let part = |head: &str, body: &str| format!("\r\n--MIME.b-1\r\n{head}\r\n\r\n{body}");
    let end = "\r\n--MIME.b-1--\r\n";
    let text = &lookup.0;
    let first = format!("--MIME.b-1\r\n{soap}\r\n\r\n{text}");
    let image = "Content-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: binary";
    let xop = first.replace(
        "text/xml; charset",
        "application/xop+xml; type=\"text/xml\"; charset",
    );
    for (name, body) in [
        ("one", format!("{first}{}{end}", part(image, "\u{1}\u{2}"))),
        (
            "two",
            format!(
                "{first}{}{}{end}",
                part(image, "1"),
                part("Content-Type: a/b", "2")
            ),
        ),
        ("an empty one", format!("{first}{}{end}", part(image, ""))),
        (
            "beside an XOP root",
            format!("{xop}{}{end}", part(image, "1")),
        ),
        (
            "of half a megabyte",
            format!("{first}{}{end}", part(image, &"x".repeat(524_288))),
        ),
        (
            "a second SOAP part",
            format!("{first}{}{end}", part(soap, text)),
        ),
    ] {
        let answer = server.post_bytes(body.as_bytes(), TYPE);
        assert_eq!(answer.fault(), "CONTENT_TYPE_UNSUPPORTED", "{name}");
        let said = answer.text("faultstring").unwrap();
        assert!(said.contains("takes no attachments"), "{name}: {said}");
    }
}

#[test]
fn a_multipart_message_without_its_soap_part_is_refused() {
    let (server, lookup) = scene();
    let base64 = "Content-Type: text/xml\r\nContent-Transfer-Encoding: base64";
    for (name, body, code) in [
        (
            "no Content-Type",
            multipart(&lookup, "Content-ID: <a>", "", ""),
            "CONTENT_TYPE_UNSUPPORTED",
        ),
        (
            "text",
            multipart(&lookup, "Content-Type: text/plain", "", ""),
            "CONTENT_TYPE_UNSUPPORTED",
        ),
        (
            "SOAP 1.2",
            multipart(&lookup, "Content-Type: application/soap+xml", "", ""),
            "CONTENT_TYPE_UNSUPPORTED",
        ),
        (
            "in base 64",
            multipart(&lookup, base64, "", ""),
            "CONTENT_TYPE_UNSUPPORTED",
        ),
        ("nothing", Vec::new(), "XML_MALFORMED"),
        ("no part", b"--MIME.b-1--\r\n".to_vec(), "XML_MALFORMED"),
        (
            "no delimiter",
            lookup.0.clone().into_bytes(),
            "XML_MALFORMED",
        ),
        (
            "no end",
            b"--MIME.b-1\r\nContent-Type: text/xml\r\n\r\n<a/>".to_vec(),
            "XML_MALFORMED",
        ),
    ] {
        let answer = server.post_bytes(&body, TYPE);
        assert_eq!(answer.fault(), code, "{name}");
    }
}
