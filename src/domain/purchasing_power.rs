//! A purchasing power (ostovoima): what a customer may have paid, from when to when, to what extent.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::business_id::BusinessId;
use super::money::{Cents, Quantity, exact_total};
use super::number::PurchasingPowerNumber;
use super::period::{Period, PeriodKey};
use super::registry::{Instrument, LegalBasis, OrganiserCode, Unit};

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

/// Values in force from a day on. Amendments append rows; no row is ever rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueRow {
    pub from: Date,
    pub quantity_per_period: Quantity,
    pub unit_value: Cents,
    pub max_unit_price: Option<Cents>,
    pub chosen_provider: Option<BusinessId>,
    pub allowed_providers: Vec<BusinessId>,
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

/// An ordinary purchasing power: so many units a period, at a value each.
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
    pub unit: Unit,
    pub period: Period,
    /// In the order appended; never empty.
    pub rows: Vec<ValueRow>,
    /// Quantity used so far, by period.
    pub used: BTreeMap<PeriodKey, Quantity>,
    pub suspended: bool,
    /// First day annulled.
    pub cancelled_from: Option<Date>,
    pub source_system: String,
    pub source_reference: String,
    /// 1 at creation, one more with every accepted action.
    pub version: u64,
}

impl PurchasingPower {
    /// Shape of this grant on the wire.
    pub fn kind(&self) -> Kind {
        Kind::Ordinary
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
        } else if self.remaining_from(today) <= Quantity(0) {
            State::Kaytetty
        } else {
            State::Voimassa
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

    /// The row in force on `day`: the last appended that begins on or before it.
    /// A day before the first row has none.
    pub fn row_on(&self, day: Date) -> Option<&ValueRow> {
        self.rows.iter().rev().find(|row| row.from <= day)
    }

    /// `day`, moved to the nearest day of the validity.
    pub fn nearest_valid_day(&self, day: Date) -> Date {
        day.clamp(self.valid_from, self.valid_to)
    }

    /// Quantity granted in a period: that of the row in force on its last day inside the validity.
    pub fn quantity_in(&self, key: PeriodKey) -> Quantity {
        let last_day = key.last_day().unwrap_or(self.valid_to).min(self.valid_to);
        self.row_on(last_day)
            .map_or(Quantity(0), |row| row.quantity_per_period)
    }

    /// Quantity used in a period.
    pub fn used_in(&self, key: PeriodKey) -> Quantity {
        self.used.get(&key).copied().unwrap_or(Quantity(0))
    }

    /// Σ (quantity − used) over the periods from that of `day` to the last.
    pub fn remaining_from(&self, day: Date) -> Quantity {
        let day = self.nearest_valid_day(day);
        let sum = self
            .period
            .touched(day, self.valid_to)
            .map(|key| self.quantity_in(key).0.saturating_sub(self.used_in(key).0))
            .fold(0_i64, i64::saturating_add);
        Quantity(sum)
    }

    /// Σ over the periods touched of quantity × value in force on the period's last day,
    /// summed exactly and rounded once; `None` when it fits no amount.
    pub fn total_authorised(&self) -> Option<Cents> {
        exact_total(
            self.period
                .touched(self.valid_from, self.valid_to)
                .filter_map(|key| {
                    let last_day = key.last_day().unwrap_or(self.valid_to).min(self.valid_to);
                    self.row_on(last_day)
                        .map(|row| (row.quantity_per_period, row.unit_value))
                }),
        )
    }
}
