//! So many units a period, at a value each.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::dated::Dated;
use crate::domain::money::{Cents, Quantity, exact_total};
use crate::domain::period::{Period, PeriodKey};
use crate::domain::registry::Unit;

/// Quantity and value of one unit, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdinaryValue {
    pub quantity_per_period: Quantity,
    pub unit_value: Cents,
    pub max_unit_price: Option<Cents>,
}

/// Content of an ordinary grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordinary {
    pub unit: Unit,
    pub period: Period,
    pub values: Dated<OrdinaryValue>,
    /// Quantity used so far, by period; a period without use is not listed.
    pub used: BTreeMap<PeriodKey, Quantity>,
}

impl Ordinary {
    /// The value in force on a period's last day inside the validity.
    pub fn value_in(&self, key: PeriodKey, valid_to: Date) -> Option<&OrdinaryValue> {
        let last_day = key.last_day().unwrap_or(valid_to).min(valid_to);
        self.values.on(last_day)
    }

    /// Quantity granted in a period: that of [`Ordinary::value_in`].
    pub fn quantity_in(&self, key: PeriodKey, valid_to: Date) -> Quantity {
        self.value_in(key, valid_to)
            .map_or(Quantity(0), |value| value.quantity_per_period)
    }

    /// Quantity used in a period.
    pub fn used_in(&self, key: PeriodKey) -> Quantity {
        self.used.get(&key).copied().unwrap_or(Quantity(0))
    }

    /// Quantity left in a period; negative never, since nothing is taken that is not there.
    pub fn remaining_in(&self, key: PeriodKey, valid_to: Date) -> Quantity {
        let granted = self.quantity_in(key, valid_to);
        Quantity(granted.0.saturating_sub(self.used_in(key).0))
    }

    /// Σ (quantity − used) over the periods from that of `day` to the last.
    pub fn remaining_from(&self, day: Date, valid_to: Date) -> Quantity {
        let sum = self
            .period
            .touched(day, valid_to)
            .map(|key| self.remaining_in(key, valid_to).0)
            .fold(0_i64, i64::saturating_add);
        Quantity(sum)
    }

    pub(super) fn total_authorised(&self, valid_from: Date, valid_to: Date) -> Option<Cents> {
        exact_total(
            self.period
                .touched(valid_from, valid_to)
                .filter_map(|key| self.value_in(key, valid_to))
                .map(|value| (value.quantity_per_period, value.unit_value)),
        )
    }

    pub(super) fn book(&mut self, key: PeriodKey, thousandths: i64) {
        let used = self.used_in(key).0.saturating_add(thousandths);
        if used == 0 {
            self.used.remove(&key);
        } else {
            self.used.insert(key, Quantity(used));
        }
    }
}
