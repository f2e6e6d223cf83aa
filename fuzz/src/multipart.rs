//! A multipart body behind its Content-Type, which is the input's first line. The message taken out is a piece of the
//! body, and no other part was there.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use psop_adapter::soap::multipart::{Media, media, soap_part};

/// Polls of a future that has all its bytes already: far more than parts of any input.
const POLLS_MAX: usize = 100_000;

/// One Content-Type, line feed, body.
pub fn run(data: &[u8]) {
    let end = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let content_type = String::from_utf8_lossy(&data[..end]);
    let body = data.get(end + 1..).unwrap_or_default();
    let Ok(Media::Multipart { boundary }) = media(&content_type) else {
        return;
    };
    assert!((1..=70).contains(&boundary.len()), "{boundary:?}");
    let Ok(part) = finish(soap_part(
        Bytes::copy_from_slice(body),
        &boundary,
        body.len(),
    )) else {
        return;
    };
    let stands_there = part.is_empty() || body.windows(part.len()).any(|window| window == part);
    assert!(stands_there, "the message is no piece of its body");
    let delimiter = format!("\r\n--{boundary}");
    let holds_delimiter = part
        .windows(delimiter.len())
        .any(|window| window == delimiter.as_bytes());
    assert!(!holds_delimiter, "two parts came as one");
}

/// The outcome of a future that waits for nothing outside.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS_MAX {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            return outcome;
        }
    }
    panic!("a body that is all here is never read");
}
