//! What the access log (käyttöloki) keeps of one call: who asked what about whom, and the outcome.
//! How a row is stored, hashed and chained is the store's business.

use jiff::Timestamp;

use super::client::ClientId;
use super::number::PurchasingPowerNumber;
use super::person_id::PersonId;

/// Sensitivity of the data a call touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataClass {
    Basic,
    Health,
    Payment,
}

impl DataClass {
    /// Name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            DataClass::Basic => "BASIC",
            DataClass::Health => "HEALTH",
            DataClass::Payment => "PAYMENT",
        }
    }
}

/// Outcome of asking whether a person may act for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateCheck {
    pub delegate: PersonId,
    pub principal: PersonId,
    pub result: MandateResult,
}

/// What the mandate service said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateResult {
    /// It could not be asked.
    Unavailable,
}

impl MandateResult {
    /// Name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            MandateResult::Unavailable => "UNAVAILABLE",
        }
    }
}

/// One row of the access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    pub at: Timestamp,
    /// The X-Road message id, as sent.
    pub message_id: String,
    pub client: ClientId,
    /// Code of the represented party, as sent.
    pub represented_party: Option<String>,
    pub user_id: Option<String>,
    pub service: String,
    pub purpose: Option<&'static str>,
    /// Every customer touched or returned; stored as keyed hashes only.
    pub persons: Vec<PersonId>,
    pub numbers: Vec<PurchasingPowerNumber>,
    pub data_class: DataClass,
    /// `OK`, or the code answered.
    pub result: String,
    /// The true reason of an answer that does not tell it.
    pub reason: Option<&'static str>,
    pub rows_returned: u32,
    pub replayed: bool,
    pub mandate: Option<MandateCheck>,
}
