//! The ledger of a purchasing power: what was granted and what was used of it, as postings that are
//! never changed. The running balances on the grant always equal the sums of its entries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event_id::EventId;
use super::money::Cents;
use super::period::PeriodKey;

/// What is counted. Every entry is in thousandths of the account's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Account {
    /// What the grant authorises in all, in euros.
    Authorised,
    /// Use of an ordinary grant in one period, in its unit.
    Period(PeriodKey),
    /// Use of a balance, in its unit.
    Balance,
    /// Voucher shares of a dental grant, in euros.
    Ceiling,
    /// Use of a granted line, in procedures.
    Line(u64),
}

/// Why something was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PostingKind {
    /// The grant was made.
    Grant,
    TopUp,
    /// An event took its use.
    Reserve,
    /// A deleted, rejected or replaced event gave it back.
    Release,
    /// A credit of a settled event gave it back.
    Credit,
    /// An amendment changed what is authorised.
    Correction,
    /// The grant was annulled; what was authorised stays on record.
    Cancel,
}

/// One line of a posting: signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub account: Account,
    pub thousandths: i64,
}

/// What one effect books on one grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub at: Timestamp,
    pub kind: PostingKind,
    pub event: Option<EventId>,
    pub entries: Vec<Entry>,
}

impl Posting {
    /// A posting of what is authorised: the change from one total to another.
    pub fn authorised(at: Timestamp, kind: PostingKind, before: Cents, after: Cents) -> Posting {
        Posting {
            at,
            kind,
            event: None,
            entries: vec![Entry {
                account: Account::Authorised,
                thousandths: after.0.saturating_sub(before.0).saturating_mul(10),
            }],
        }
    }

    /// The opposite of another posting's entries.
    pub fn reversing(&self, at: Timestamp, kind: PostingKind) -> Posting {
        Posting {
            at,
            kind,
            event: self.event,
            entries: self
                .entries
                .iter()
                .map(|entry| Entry {
                    account: entry.account,
                    thousandths: entry.thousandths.saturating_neg(),
                })
                .collect(),
        }
    }
}
