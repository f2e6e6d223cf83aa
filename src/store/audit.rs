//! The access log as an auditor meets it: its head, its rows with persons as keyed hashes, and the verdict on
//! its chain. Reads nothing itself.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::client::ClientId;
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::OrganiserCode;

/// A keyed hash: of a person, or a link of the chain.
pub type KeyedHash = [u8; 32];

/// How far the access log has come. Written `ROWS:LINK`, the link in lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessHead {
    /// Rows so far, which is the next row's position: positions start at 0.
    pub rows: u64,
    /// Link of the last row; zeros before the first.
    pub link: KeyedHash,
}

impl AccessHead {
    /// The head of an empty log.
    pub const EMPTY: AccessHead = AccessHead {
        rows: 0,
        link: [0; 32],
    };

    /// Reads a head as [`fmt::Display`] writes it; `None` for any other text.
    pub fn parse(text: &str) -> Option<AccessHead> {
        let (rows, link) = text.split_once(':')?;
        let mut head = AccessHead {
            rows: rows.parse().ok()?,
            link: [0; 32],
        };
        hex::decode_to_slice(link, &mut head.link).ok()?;
        (head.to_string() == text).then_some(head)
    }
}

impl fmt::Display for AccessHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.rows, hex::encode(self.link))
    }
}

/// A mandate check as the access log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateRecord {
    pub delegate: KeyedHash,
    pub principal: KeyedHash,
    pub result: String,
}

/// One row of the access log. A call with many persons has more rows than one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord {
    /// Place in the log, from 0.
    pub position: u64,
    pub at: Timestamp,
    pub message_id: String,
    pub client: ClientId,
    pub represented_party: Option<String>,
    pub user_id: Option<String>,
    pub service: String,
    pub purpose: Option<String>,
    pub organiser: Option<OrganiserCode>,
    /// Keyed hashes: the log holds no identity code.
    pub persons: Vec<KeyedHash>,
    pub numbers: Vec<PurchasingPowerNumber>,
    pub events: Vec<EventId>,
    pub data_class: String,
    /// `OK`, or the code answered.
    pub result: String,
    /// The true reason of an answer that did not tell it.
    pub reason: Option<String>,
    pub rows_returned: u32,
    pub replayed: bool,
    pub mandate: Option<MandateRecord>,
    /// This is part `part` of the `parts` rows of its call, from 1.
    pub part: u32,
    pub parts: u32,
}

impl AccessRecord {
    /// Whether the row is about a person: touched, acted for, or acting.
    pub fn touches(&self, person: &KeyedHash) -> bool {
        let mandate = self.mandate.as_ref();
        self.persons.contains(person)
            || mandate.is_some_and(|check| check.delegate == *person || check.principal == *person)
    }
}

/// What became of the walk along the access log's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessVerdict {
    /// Up to where the log was purged: the chain is proven from there on.
    pub start: AccessHead,
    /// As far as the chain is proven: the log's own head when nothing is wrong.
    pub proven: AccessHead,
    /// The first thing that is wrong.
    pub breach: Option<Breach>,
}

/// Where the access log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The first bad position.
    pub position: u64,
    pub broken: Broken,
}

/// What is wrong at a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the row is missing")]
    Missing,
    #[error("the row cannot be read: {0}")]
    Unreadable(String),
    #[error("the row does not fit the chain: it was changed, moved or put here afterwards")]
    Unchained,
    #[error("there is a row past the log's own end")]
    PastEnd,
    #[error("the log's own head is not the link of its last row")]
    OtherHead,
    #[error("the log ends here, but had {rows} rows when the head was taken: its tail was cut")]
    CutTail { rows: u64 },
    #[error("up to here the chain is another one than when the head was taken")]
    OtherChain,
    #[error("the proof of the purge that says where the log begins cannot be read: {0}")]
    Unproven(String),
    #[error(
        "the head was taken before this row, and the log up to here has been purged since: it cannot be compared any \
         more (`store purge --proofs` says when and by whom)"
    )]
    Purged,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_back_in_its_one_form() {
        let head = AccessHead {
            rows: 4711,
            link: [0xab; 32],
        };
        let text = head.to_string();
        assert_eq!(text, format!("4711:{}", "ab".repeat(32)));
        assert_eq!(AccessHead::parse(&text), Some(head));
        assert_eq!(
            AccessHead::parse(&AccessHead::EMPTY.to_string()),
            Some(AccessHead::EMPTY)
        );
        for other in [
            text.to_uppercase(),
            format!("0{text}"),
            format!("+{text}"),
            format!("{text} "),
            text[..text.len() - 1].to_owned(),
            format!("{text}ab"),
            "4711".to_owned(),
            String::new(),
        ] {
            assert_eq!(AccessHead::parse(&other), None, "{other}");
        }
    }
}
