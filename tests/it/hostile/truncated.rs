//! A good grant that breaks off: the whole request at many points, its body alone, its chunks, its parts.

use super::case::{Case, Expected, MARK, post};
use crate::support::message::Message;

const POINTS: usize = 24;
const MALFORMED: Expected = Expected::Fault(&["XML_MALFORMED"]);

/// So many lengths below `whole`, the shortest 1 and the longest one short of it.
fn lengths(whole: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |no| 1 + no * (whole - 2) / (count - 1))
}

pub fn cases() -> Vec<Case> {
    let message = Message::create().0.trim_end().to_owned();
    let mut cases = Vec::new();
    let request = post("text/xml", message.as_bytes());
    let head_length = request.len() - message.len();
    for length in lengths(request.len(), POINTS).chain([head_length - 2, head_length]) {
        let expected = if length < head_length {
            Expected::Broken
        } else {
            MALFORMED
        };
        let name = format!("request of {length} instead of {} bytes", request.len());
        cases.push(Case::raw(&name, &request[..length], expected));
    }
    for length in lengths(message.len(), POINTS) {
        let name = format!("message of {length} instead of {} bytes", message.len());
        // A character may be cut in two as well.
        cases.push(Case::malformed(&name, &message.as_bytes()[..length]));
    }
    let chunked = chunked(&message);
    let chunks_begin = chunked
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    for length in lengths(chunked.len() - chunks_begin, 8) {
        let name = format!("chunks of {length} bytes");
        cases.push(Case::raw(
            &name,
            &chunked[..chunks_begin + length],
            MALFORMED,
        ));
    }
    let parts = format!("--b\r\nContent-Type: text/xml\r\n\r\n{message}\r\n--b--\r\n");
    // The last two hyphens and the line's end may be missing: no part comes after them.
    for length in lengths(parts.len() - 4, 12) {
        let name = format!("parts of {length} instead of {} bytes", parts.len());
        let sent = post("multipart/related; boundary=b", &parts.as_bytes()[..length]);
        cases.push(Case::raw(&name, sent, MALFORMED));
    }
    cases.extend(left_open(&request, head_length));
    cases
}

/// The caller neither goes on nor closes: the server's time-outs end it.
fn left_open(request: &[u8], head_length: usize) -> Vec<Case> {
    let head_begun = Case::raw(
        "head that stops",
        &request[..head_length / 2],
        Expected::Broken,
    );
    let body_begun = Case::raw("body that stops", &request[..head_length + 100], MALFORMED);
    let chunk = format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<{MARK}"
    );
    let chunk_begun = Case::raw("chunks that stop", chunk, MALFORMED);
    let silent = Case::raw("nothing at all", "", Expected::Broken);
    [head_begun, body_begun, chunk_begun, silent]
        .map(Case::left_open)
        .into()
}

fn chunked(message: &str) -> Vec<u8> {
    let mut bytes = b"POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n\
        Transfer-Encoding: chunked\r\n\r\n"
        .to_vec();
    for chunk in message.as_bytes().chunks(100) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
