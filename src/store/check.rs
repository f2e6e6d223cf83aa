//! What a check of the whole store says. How it is done is the back end's business.

use crate::domain::service_event::Shares;

/// What a check has read and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// Records read, by table.
    pub tables: Vec<(&'static str, u64)>,
    /// Purchasing powers whose ledger, events and balances were added up.
    pub grants: u64,
    /// Rows of the access log whose chain is proven.
    pub access_rows: u64,
    /// Whether nothing was written meanwhile: only then can the number of records be compared.
    pub was_quiet: bool,
    /// At most [`FINDINGS_MAX`], in the order found.
    pub findings: Vec<Finding>,
    /// Findings beyond that.
    pub findings_left_out: u64,
}

/// What a check of one settlement has read and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementReport {
    pub rows: u64,
    /// Of the rows.
    pub sums: Shares,
    /// Purchasing powers of its events, whose ledger, events and balances were added up.
    pub grants: u64,
    /// At most [`FINDINGS_MAX`], in the order found.
    pub findings: Vec<Finding>,
    /// Findings beyond that.
    pub findings_left_out: u64,
}

/// Findings kept in one report; the rest is counted.
pub const FINDINGS_MAX: usize = 1000;

/// One thing that is not as it should be. Nothing in it is personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub table: &'static str,
    /// Which record: an event's id, a position, or a keyed hash of the record's key.
    pub record: String,
    pub what: String,
    /// What to do.
    pub advice: String,
}
