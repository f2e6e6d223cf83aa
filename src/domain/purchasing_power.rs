//! A purchasing power (ostovoima): what a customer may have paid, from when to when, to what extent.

mod dental;
mod ordinary;
mod saldo;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::business_id::BusinessId;
use super::dated::Dated;
use super::ledger::{Account, Posting};
use super::money::Cents;
use super::number::PurchasingPowerNumber;
use super::registry::{Instrument, LegalBasis, OrganiserCode, Unit};

pub use dental::{Dental, DentalLine, DentalMode, LineValue};
pub use ordinary::{Ordinary, OrdinaryValue};
pub use saldo::Saldo;

/// Shape of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    Ordinary,
    Saldo,
    Dental,
}

/// How the voucher value was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueBasis {
    /// Tasasuuruinen.
    Flat,
    /// Tulosidonnainen.
    Income,
}

/// Derived state, never stored: it changes with the date alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Starts later.
    Tuleva,
    Voimassa,
    /// Nothing left in the current or any later period.
    Kaytetty,
    /// Past its last day.
    Paattynyt,
    /// Annulled.
    Mitatoity,
    /// Suspended.
    Keskeytetty,
}

/// The decision a grant rests on and the references it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub reference: String,
    pub date: Date,
    pub legal_basis: LegalBasis,
    pub value_basis: ValueBasis,
    pub osva_doc_oid: Option<String>,
    pub care_plan_ref: Option<String>,
    pub contract_ref: Option<String>,
    pub note: Option<String>,
}

/// Who may give the service: the chosen one alone, else those allowed, else anyone approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Providers {
    pub chosen: Option<BusinessId>,
    pub allowed: Vec<BusinessId>,
}

/// What is granted, and what of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    Ordinary(Ordinary),
    Saldo(Saldo),
    Dental(Dental),
}

/// A purchasing power of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchasingPower {
    pub number: PurchasingPowerNumber,
    pub organiser: OrganiserCode,
    pub service_code: String,
    pub instrument: Instrument,
    pub valid_from: Date,
    /// Last day, included.
    pub valid_to: Date,
    pub decision: Decision,
    pub providers: Dated<Providers>,
    pub content: Content,
    pub suspended: bool,
    /// First day annulled.
    pub cancelled_from: Option<Date>,
    pub source_system: String,
    pub source_reference: String,
    /// 1 at creation, one more with every accepted action.
    pub version: u64,
    /// 1 at creation, one more with every change of it, of its use or of an event on it: what
    /// was decided on the grant or its events holds while this is the same.
    pub revision: u64,
}

impl PurchasingPower {
    /// Shape of this grant on the wire.
    pub fn kind(&self) -> Kind {
        match self.content {
            Content::Ordinary(_) => Kind::Ordinary,
            Content::Saldo(_) => Kind::Saldo,
            Content::Dental(_) => Kind::Dental,
        }
    }

    /// Unit that its use is counted in.
    pub fn unit(&self) -> Unit {
        match &self.content {
            Content::Ordinary(ordinary) => ordinary.unit,
            Content::Saldo(saldo) => saldo.unit,
            Content::Dental(_) => Unit::Toimenpide,
        }
    }

    /// State on `today`: the first that holds.
    pub fn state_on(&self, today: Date) -> State {
        if self.cancelled_from.is_some_and(|from| today >= from) {
            State::Mitatoity
        } else if today > self.valid_to {
            State::Paattynyt
        } else if self.suspended {
            State::Keskeytetty
        } else if today < self.valid_from {
            State::Tuleva
        } else if self.is_used_up(today) {
            State::Kaytetty
        } else {
            State::Voimassa
        }
    }

    fn is_used_up(&self, today: Date) -> bool {
        match &self.content {
            Content::Ordinary(ordinary) => ordinary.remaining_from(today, self.valid_to).0 <= 0,
            Content::Saldo(saldo) => saldo.remaining().0 <= 0,
            Content::Dental(dental) => dental.is_used_up(),
        }
    }

    /// Whether this grant still stands in the way of another on some day of `from`…`to`.
    pub fn overlaps(&self, from: Date, to: Date, today: Date) -> bool {
        let stands = matches!(
            self.state_on(today),
            State::Tuleva | State::Voimassa | State::Keskeytetty
        );
        let starts_before_annulment = self
            .cancelled_from
            .is_none_or(|cancelled| self.valid_from.max(from) < cancelled);
        stands && starts_before_annulment && self.valid_from <= to && from <= self.valid_to
    }

    /// `day`, moved to the nearest day of the validity.
    pub fn nearest_valid_day(&self, day: Date) -> Date {
        day.clamp(self.valid_from, self.valid_to)
    }

    /// The most that can be paid on it in all, with top-ups, whatever is used, suspended or annulled;
    /// summed exactly and rounded once. `None` when it fits no amount.
    pub fn total_authorised(&self) -> Option<Cents> {
        match &self.content {
            Content::Ordinary(ordinary) => {
                ordinary.total_authorised(self.valid_from, self.valid_to)
            }
            Content::Saldo(saldo) => saldo.total_authorised(self.valid_to),
            Content::Dental(dental) => dental.total_authorised(self.valid_to),
        }
    }

    /// Used so far of an account, in thousandths of its unit.
    pub fn used(&self, account: Account) -> i64 {
        match (&self.content, account) {
            (Content::Ordinary(ordinary), Account::Period(key)) => ordinary.used_in(key).0,
            (Content::Saldo(saldo), Account::Balance) => saldo.used.0,
            (Content::Dental(dental), account) => dental.used(account),
            _ => 0,
        }
    }

    /// Every account that something is used of, and how much.
    pub fn used_accounts(&self) -> Vec<(Account, i64)> {
        let accounts: Vec<Account> = match &self.content {
            Content::Ordinary(ordinary) => {
                ordinary.used.keys().copied().map(Account::Period).collect()
            }
            Content::Saldo(_) => vec![Account::Balance],
            Content::Dental(dental) => dental.accounts().collect(),
        };
        accounts
            .into_iter()
            .map(|account| (account, self.used(account)))
            .filter(|(_, used)| *used != 0)
            .collect()
    }

    /// Books a posting: the running balances follow its entries. The one place where use changes.
    /// Entries of the authorised total change nothing here: it follows from the terms.
    pub fn book(&mut self, posting: &Posting) {
        for entry in &posting.entries {
            match (&mut self.content, entry.account) {
                (Content::Ordinary(ordinary), Account::Period(key)) => {
                    ordinary.book(key, entry.thousandths);
                }
                (Content::Saldo(saldo), Account::Balance) => {
                    saldo.used.0 = saldo.used.0.saturating_add(entry.thousandths);
                }
                (Content::Dental(dental), account) => dental.book(account, entry.thousandths),
                _ => {}
            }
        }
    }
}
