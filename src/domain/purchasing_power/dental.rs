//! Dental procedures: by line, by price list up to a ceiling, or an examination only.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::dated::Dated;
use crate::domain::ledger::Account;
use crate::domain::money::{Cents, Quantity, exact_total};

/// How dental procedures are granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DentalMode {
    Itemised,
    PriceListCeiling,
    ExaminationOnly,
}

/// A granted line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DentalLine {
    pub line_no: u64,
    pub procedure_code: String,
    /// Canonical wire text, such as `16` or `11 12`.
    pub teeth: Option<String>,
    /// Canonical wire text, such as `MO`. Information only.
    pub surfaces: Option<String>,
    pub max_count: u32,
    pub used_count: u32,
}

/// Value and cap of one line, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineValue {
    pub unit_value: Cents,
    pub max_price: Option<Cents>,
}

/// Content of a dental grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dental {
    pub mode: DentalMode,
    pub ceiling: Option<Cents>,
    /// Sum of the voucher shares of live events, net of credits.
    pub ceiling_used: Cents,
    /// In the order given; none under a price list.
    pub lines: Vec<DentalLine>,
    /// By line number.
    pub values: Dated<BTreeMap<u64, LineValue>>,
    pub emergency: Option<bool>,
    pub referring_professional: Option<String>,
    pub treatment_plan_text: Option<String>,
}

impl Dental {
    /// Left of the ceiling; `None` without one.
    pub fn ceiling_remaining(&self) -> Option<Cents> {
        self.ceiling
            .map(|ceiling| Cents(ceiling.0.saturating_sub(self.ceiling_used.0)))
    }

    /// A line's value on a day. A line that an amendment added from a later day on has, before that
    /// day, the value it came with.
    pub fn line_value(&self, line_no: u64, day: Date) -> Option<LineValue> {
        self.values
            .on(day)
            .and_then(|values| values.get(&line_no))
            .or_else(|| self.values.values().find_map(|values| values.get(&line_no)))
            .copied()
    }

    pub(super) fn is_used_up(&self) -> bool {
        let lines_used_up = !self.lines.is_empty()
            && self
                .lines
                .iter()
                .all(|line| line.used_count >= line.max_count);
        lines_used_up || self.ceiling_remaining().is_some_and(|left| left.0 <= 0)
    }

    pub(super) fn total_authorised(&self, valid_to: Date) -> Option<Cents> {
        let of_lines = exact_total(self.lines.iter().filter_map(|line| {
            let value = self.line_value(line.line_no, valid_to)?;
            Some((thousandths_of(line.max_count), value.unit_value))
        }));
        match (self.ceiling, self.lines.is_empty()) {
            (Some(ceiling), true) => Some(ceiling),
            (Some(ceiling), false) => of_lines.map(|total| total.min(ceiling)),
            (None, _) => of_lines,
        }
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = Account> {
        let of_lines = self.lines.iter().map(|line| Account::Line(line.line_no));
        std::iter::once(Account::Ceiling).chain(of_lines)
    }

    /// The ceiling's use is the sum of voucher shares, counted whether a ceiling is set or not.
    pub(super) fn used(&self, account: Account) -> i64 {
        match account {
            Account::Ceiling => self.ceiling_used.0.saturating_mul(10),
            Account::Line(line_no) => self
                .lines
                .iter()
                .find(|line| line.line_no == line_no)
                .map_or(0, |line| thousandths_of(line.used_count).0),
            _ => 0,
        }
    }

    pub(super) fn book(&mut self, account: Account, thousandths: i64) {
        match account {
            Account::Ceiling => {
                self.ceiling_used.0 = self.ceiling_used.0.saturating_add(thousandths / 10);
            }
            Account::Line(line_no) => {
                if let Some(line) = self.lines.iter_mut().find(|line| line.line_no == line_no) {
                    let used = i64::from(line.used_count) + thousandths / 1000;
                    line.used_count = u32::try_from(used).unwrap_or(0);
                }
            }
            _ => {}
        }
    }
}

fn thousandths_of(count: u32) -> Quantity {
    Quantity(i64::from(count) * 1000)
}
