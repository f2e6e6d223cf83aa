//! The two opaque texts of the event feed: watermarks and continuations. Each is its content in
//! postcard form and a tag over it under the store's token key, as hexadecimal text.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use openssl::memcmp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::code::Code;
use crate::domain::event_id::EventId;
use crate::domain::registry::OrganiserCode;
use crate::secrets::Keyring;
use crate::store::FeedHead;

/// How long a continuation may be used.
const CONTINUATION_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);
const TAG_BYTES: usize = 16;
/// First byte of each kind's content, so that one is never taken for the other.
const WATERMARK: u8 = b'w';
const CONTINUATION: u8 = b'c';

/// How far an organiser's feed has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    pub epoch: [u8; 16],
    pub organiser: OrganiserCode,
    pub change_seq: u64,
}

/// The last place that a page gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    Change(u64),
    Day(Date, EventId),
}

/// Where the next page goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    pub epoch: [u8; 16],
    /// Keyed hash of the client and of all that was asked.
    pub query: [u8; 32],
    /// The feed's last place at the first page.
    pub bound: u64,
    pub after: Place,
    /// Seconds since 1970.
    pub given_at: i64,
}

impl Watermark {
    pub fn seal(&self, keyring: &Keyring) -> String {
        seal(keyring, WATERMARK, self)
    }

    /// Reads a watermark of this organiser's feed; `None` for anything else, and for one that the
    /// store never gave.
    pub fn open(
        keyring: &Keyring,
        text: &str,
        organiser: OrganiserCode,
        head: FeedHead,
    ) -> Option<Watermark> {
        let watermark: Option<Watermark> = open(keyring, WATERMARK, text);
        watermark.filter(|watermark| {
            watermark.epoch == head.epoch
                && watermark.organiser == organiser
                && watermark.change_seq <= head.change_seq
        })
    }
}

impl Continuation {
    pub fn seal(&self, keyring: &Keyring) -> String {
        seal(keyring, CONTINUATION, self)
    }

    /// Reads a continuation of this query, or says what is wrong with it.
    pub fn open(
        keyring: &Keyring,
        text: &str,
        query: &[u8; 32],
        head: FeedHead,
        now: Timestamp,
    ) -> Result<Continuation, Code> {
        let continuation: Option<Continuation> = open(keyring, CONTINUATION, text);
        let fits = continuation.filter(|continuation| {
            continuation.epoch == head.epoch
                && continuation.query == *query
                && continuation.bound <= head.change_seq
        });
        let Some(continuation) = fits else {
            return Err(Code::ContinuationInvalid);
        };
        let age = now.as_second().saturating_sub(continuation.given_at);
        if age > CONTINUATION_AGE_MAX.as_secs() {
            return Err(Code::ContinuationExpired);
        }
        Ok(continuation)
    }
}

fn seal(keyring: &Keyring, kind: u8, content: &impl Serialize) -> String {
    // The content is of fixed small types: postcard refuses none of them.
    let mut bytes = postcard::to_extend(content, vec![kind]).unwrap_or_default();
    let tag = keyring.token_tag(&bytes);
    bytes.extend(tag.iter().take(TAG_BYTES));
    hex::encode(bytes)
}

fn open<T: DeserializeOwned>(keyring: &Keyring, kind: u8, text: &str) -> Option<T> {
    // Only the one form that was given: no upper case, no blanks.
    let is_plain = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let bytes = is_plain.then(|| hex::decode(text).ok()).flatten()?;
    let (content, tag) = bytes.split_last_chunk::<TAG_BYTES>()?;
    let expected = keyring.token_tag(content);
    let is_ours = expected
        .first_chunk::<TAG_BYTES>()
        .is_some_and(|expected| memcmp::eq(expected, tag));
    let (_, content) = content
        .split_first()
        .filter(|(found, _)| is_ours && **found == kind)?;
    let (value, rest) = postcard::take_from_bytes(content).ok()?;
    rest.is_empty().then_some(value)
}
