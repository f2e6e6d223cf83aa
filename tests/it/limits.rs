//! Every limit that a message or a connection can meet, at its edge and one past it: what fits is
//! served, what does not gets a fault that names the limit. Shutdown's limit is in `durability`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use roxmltree::Document;

use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::server::{Server, Site, exchange, program};

/// Far longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(120);

fn site(limits: &str) -> Site {
    Site::new(&format!("[limits]\n{limits}\n"))
}

/// A message that is served whatever else happens: the customer has the grant, or gets it.
fn message() -> Message {
    Message::fixture("01-create-ordinary")
}

fn with_header(xml: &str) -> String {
    message().after("xrd:protocolVersion", xml).0
}

#[track_caller]
fn assert_refused(answer: &Answer, code: &str, text: &str) {
    assert_eq!(answer.fault(), code, "{}", answer.body);
    let faultstring = answer.text("faultstring").unwrap();
    assert!(
        faultstring.starts_with(&format!("{code}: ")),
        "{faultstring}"
    );
    assert!(faultstring.contains(text), "{faultstring}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml; charset=utf-8")
    );
}

#[track_caller]
fn assert_edge(limits: &str, key: &str, fits: &str, exceeds: &str) {
    let server = site(limits).start();
    assert_eq!(server.post(fits).outcome(), "OK");
    assert_refused(&server.post(exceeds), "XML_MALFORMED", key);
    assert_eq!(server.post(fits).outcome(), "OK", "after the refusal");
}

fn chunked(body: &str, chunk_bytes: usize) -> Vec<u8> {
    let mut bytes = b"POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n\
        Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        .to_vec();
    for chunk in body.as_bytes().chunks(chunk_bytes) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

#[test]
fn body_bytes() {
    let fits = message().0;
    let exceeds = format!("{fits} ");
    let server = site(&format!("body_bytes_max = {}", fits.len())).start();
    assert_eq!(server.post(&fits).outcome(), "OK");
    assert_eq!(
        exchange(server.http, &chunked(&fits, 1_000))
            .unwrap()
            .outcome(),
        "OK"
    );
    for answer in [
        server.post(&exceeds),
        exchange(server.http, &chunked(&exceeds, 1_000)).unwrap(),
        exchange(server.http, &chunked(&fits.repeat(50), 1_000)).unwrap(),
    ] {
        assert_refused(&answer, "MESSAGE_TOO_LARGE", "limits.body_bytes_max");
    }
}

#[test]
fn body_chunks() {
    let fits = message().0;
    let exceeds = format!("{fits} ");
    let limit = fits.len();
    let server = site(&format!("body_chunks_max = {limit}")).start();
    let post_in =
        |body: &str, chunk_bytes| exchange(server.http, &chunked(body, chunk_bytes)).unwrap();
    assert_eq!(post_in(&fits, 1).outcome(), "OK");
    let refused = post_in(&exceeds, 1);
    assert_refused(&refused, "MESSAGE_TOO_LARGE", "limits.body_chunks_max");
    let said = refused.text("faultstring").unwrap();
    assert!(
        said.contains(&format!("more than {limit} pieces")),
        "{said}"
    );
    assert!(said.ends_with("; send larger chunks"), "{said}");
    assert_eq!(post_in(&exceeds, 2).outcome(), "OK", "larger chunks help");
    assert_eq!(server.post(&exceeds).outcome(), "OK", "so does a length");
}

#[test]
fn a_body_announced_too_large_is_refused_before_it_is_sent() {
    let server = site("body_bytes_max = 10000").start();
    let head = |length: usize| {
        format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n\
             Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    let mut stream = open(&server);
    stream.write_all(head(10_000).as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut stream = open(&server);
    stream.write_all(head(10_001).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_refused(&rest(stream), "MESSAGE_TOO_LARGE", "limits.body_bytes_max");
}

#[test]
fn xml_depth() {
    // Envelope, Header, and inside of it this many.
    let nested = |depth: usize| {
        let inside = depth - 2;
        let (open, close) = ("<x:a>".repeat(inside - 1), "</x:a>".repeat(inside - 1));
        with_header(&format!("<x:a xmlns:x=\"urn:x\">{open}{close}</x:a>"))
    };
    assert_edge(
        "xml_depth_max = 9",
        "xml_depth_max",
        &nested(9),
        &nested(10),
    );
}

#[test]
fn xml_elements() {
    let count = |text: &str| {
        let document = Document::parse(text).unwrap();
        document
            .descendants()
            .filter(|node| node.is_element())
            .count()
    };
    let padded = |more: usize| with_header(&"<a xmlns=\"urn:x\"/>".repeat(more));
    let own = count(&message().0);
    let (fits, exceeds) = (padded(100 - own), padded(101 - own));
    assert_eq!((count(&fits), count(&exceeds)), (100, 101));
    assert_edge(
        "xml_elements_max = 100",
        "xml_elements_max",
        &fits,
        &exceeds,
    );
}

#[test]
fn xml_attributes() {
    let with = |count: usize| {
        let plain: String = (1..count).map(|no| format!(" a{no}=\"\"")).collect();
        with_header(&format!("<x:a xmlns:x=\"urn:x\"{plain}/>"))
    };
    assert_edge(
        "xml_attributes_max = 12",
        "more attributes",
        &with(12),
        &with(13),
    );
}

#[test]
fn xml_namespaces() {
    // The message itself declares four.
    let with = |count: usize| {
        let more: String = (4..count)
            .map(|no| format!(" xmlns:n{no}=\"urn:{no}\""))
            .collect();
        with_header(&format!("<n4:a{more}/>"))
    };
    assert_edge(
        "xml_namespaces_max = 7",
        "xml_namespaces_max",
        &with(7),
        &with(8),
    );
}

#[test]
fn xml_text_chars() {
    let with = |count: usize| with_header(&format!("<a xmlns=\"urn:x\">{}</a>", "ä".repeat(count)));
    let key = "xml_text_chars_max";
    assert_edge("xml_text_chars_max = 300", key, &with(300), &with(301));
    let in_pieces = |count: usize| {
        let (cdata, plain) = ("<![CDATA[ä]]>".repeat(100), "ä".repeat(count - 101));
        with_header(&format!("<a xmlns=\"urn:x\">{cdata}&#228;{plain}</a>"))
    };
    assert_edge(
        "xml_text_chars_max = 300",
        key,
        &in_pieces(300),
        &in_pieces(301),
    );
}

#[test]
fn header_text_chars() {
    let server = site("header_text_chars_max = 50").start();
    let issue =
        |count: usize| with_header(&format!("<xrd:issue>{}</xrd:issue>", "ä".repeat(count)));
    let user = |count: usize| message().set("xrd:userId", &"ä".repeat(count)).0;
    assert_eq!(server.post(&issue(50)).outcome(), "OK");
    assert_eq!(server.post(&user(50)).outcome(), "OK");
    for (exceeds, field) in [(issue(51), "issue"), (user(51), "userId")] {
        let refused = server.post(&exceeds);
        assert_refused(&refused, "HEADER_INVALID", "limits.header_text_chars_max");
        assert_eq!(refused.text("field").as_deref(), Some(field));
    }
}

fn open(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.http).unwrap();
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    stream
}

fn rest(mut stream: TcpStream) -> Answer {
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).unwrap();
    Answer::parse(&whole).unwrap()
}

/// Sends a message on a connection that stays open, and reads its answer.
fn post_on(stream: &mut TcpStream, body: &str) -> Answer {
    let length = body.len();
    let head = format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).unwrap();
        assert!(
            count > 0,
            "closed after {:?}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.extend_from_slice(&piece[..count]);
        if let Ok(answer) = Answer::parse(&bytes) {
            return answer;
        }
    }
}

#[test]
fn connections() {
    let server = site("connections_max = 2").start();
    let (mut first, mut second) = (open(&server), open(&server));
    assert_eq!(post_on(&mut first, &message().0).outcome(), "OK");
    assert_eq!(post_on(&mut second, &message().0).outcome(), "OK");
    let refused = server.post(&message().0);
    assert_refused(&refused, "BUSY_RETRY", "");
    assert_eq!(refused.text("faultcode").as_deref(), Some("soap:Server"));
    assert_eq!(post_on(&mut first, &message().0).outcome(), "OK");
    drop(second);
    let began = Instant::now();
    while server.post(&message().0).status != 200 {
        assert!(
            began.elapsed() < WAIT_MAX,
            "a closed connection still counts"
        );
    }
}

#[test]
fn head_time() {
    let server = site("head_timeout_ms = 2000").start();
    let mut idle = open(&server);
    assert_eq!(post_on(&mut idle, &message().0).outcome(), "OK");
    for begun in ["", "POST /xroad HTTP/1.1\r\nHost: ps"] {
        let mut slow = open(&server);
        slow.write_all(begun.as_bytes()).unwrap();
        let mut answered = Vec::new();
        slow.read_to_end(&mut answered).unwrap();
        assert_eq!(String::from_utf8_lossy(&answered), "");
    }
    // Between two requests more time than that may pass: twice it has.
    assert_eq!(post_on(&mut idle, &message().0).outcome(), "OK");
}

#[test]
fn body_time() {
    let server = site("body_timeout_ms = 1000").start();
    let mut slow = open(&server);
    let message = message().0;
    let (half, _) = message.split_at(message.len() / 2);
    let length = message.len();
    let head = format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
    );
    slow.write_all(head.as_bytes()).unwrap();
    slow.write_all(half.as_bytes()).unwrap();
    assert_refused(&rest(slow), "XML_MALFORMED", "limits.body_timeout_ms");
    assert_eq!(server.post(&message).outcome(), "OK");
}

#[test]
fn a_body_that_breaks_off_is_a_fault() {
    let server = site("").start();
    let mut stream = open(&server);
    let head = "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<";
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_refused(&rest(stream), "XML_MALFORMED", "broke off");
}

#[test]
fn idle_time() {
    let server = site("idle_timeout_ms = 1000").start();
    let mut idle = open(&server);
    let since = Instant::now();
    assert_eq!(post_on(&mut idle, &message().0).outcome(), "OK");
    assert_eq!(idle.read(&mut [0; 16]).unwrap(), 0);
    let open_for = since.elapsed();
    assert!(open_for >= Duration::from_secs(1), "after {open_for:?}");
}

#[test]
fn head_bytes_and_header_count() {
    let server = site("head_bytes_max = 2000\nheader_count_max = 10").start();
    let body = message().0;
    let status = |more: &str| {
        let request = format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nConnection: close\r\n\
             Content-Length: {}\r\n{more}\r\n{body}",
            body.len()
        );
        exchange(server.http, request.as_bytes()).unwrap().status
    };
    let headers =
        |count: usize| -> String { (0..count).map(|no| format!("X-{no}: 1\r\n")).collect() };
    assert_eq!((status(&headers(6)), status(&headers(7))), (200, 431));
    let long = |length: usize| format!("X-Long: {}\r\n", "a".repeat(length));
    assert_eq!((status(&long(1_500)), status(&long(2_000))), (200, 431));
}

/// A number in the right form that is nobody's.
fn unknown_number(server: &Server) -> String {
    // Another server's: the right check character, and not in this store.
    let number = server.post(&Message::create().0).number();
    assert_eq!(number.len(), "OV-0000-0000-0000-0".len());
    number
}

#[test]
fn misses() {
    let elsewhere = Site::new("");
    let unknown = unknown_number(&elsewhere.start());
    let site = site("misses_max = 3");
    let server = site.start();
    let known = server.post(&message().0).number();
    let miss = || server.post(&Message::lookup(&unknown).0);
    for _ in 0..3 {
        assert_eq!(server.post(&Message::lookup(&known).0).number(), known);
        assert_eq!(miss().errors(), ["PP_NOT_FOUND purchasingPowerNumber"]);
    }
    assert_refused(&miss(), "RATE_LIMITED", "too many look-ups");
    let held_back = |server: &Server| server.post(&Message::lookup(&known).0);
    assert_refused(&held_back(&server), "RATE_LIMITED", "too many look-ups");
    // Others are not held back, and a grant is no look-up.
    let other = Message::fixture("11-provider-not-approved")
        .fresh()
        .number(&known);
    assert_eq!(server.post(&other.0).outcome(), "REJECTED");
    assert_eq!(server.post(&message().0).outcome(), "OK");
    // A restart forgives nothing.
    assert_eq!(server.stop(), Some(0));
    let server = site.start();
    assert_refused(&held_back(&server), "RATE_LIMITED", "too many look-ups");
    assert_eq!(server.stop(), Some(0));
    // The window's end does.
    let mut command = program();
    command.env("PSOP_LIMITS__MISSES_WINDOW_S", "1");
    command.arg("serve").arg("--config").arg(site.config());
    let server = Server::spawn(command, &site.folder().join("server.log"));
    let began = Instant::now();
    while held_back(&server).status != 200 {
        assert!(began.elapsed() < WAIT_MAX, "held back for ever");
    }
}

#[test]
fn a_mistyped_number_is_no_miss() {
    let server = site("misses_max = 1").start();
    let known = server.post(&message().0).number();
    let (rest, check) = known.split_at(known.len() - 1);
    let mistyped = format!("{rest}{}", if check == "0" { "1" } else { "0" });
    for _ in 0..3 {
        let answer = server.post(&Message::lookup(&mistyped).0);
        assert_eq!(answer.errors(), ["PP_NOT_FOUND purchasingPowerNumber"]);
    }
    assert_eq!(server.post(&Message::lookup(&known).0).number(), known);
}
