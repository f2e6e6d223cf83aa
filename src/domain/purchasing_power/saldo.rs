//! A balance, in euros or in hours or pieces of a value each.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::dated::Dated;
use crate::domain::money::{Cents, Quantity, exact_total};
use crate::domain::registry::Unit;

/// Content of a balance. Its amounts are thousandths of its unit, euros included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saldo {
    /// EUR, H or KPL.
    pub unit: Unit,
    /// Granted in all, top-ups included.
    pub total: Quantity,
    /// Value of one unit; none for euros.
    pub unit_values: Dated<Option<Cents>>,
    /// Most that one event may use.
    pub per_event_max: Option<Quantity>,
    pub used: Quantity,
}

impl Saldo {
    /// What is left.
    pub fn remaining(&self) -> Quantity {
        Quantity(self.total.0.saturating_sub(self.used.0))
    }

    pub(super) fn total_authorised(&self, valid_to: Date) -> Option<Cents> {
        let value_of_one = match self.unit_values.on(valid_to) {
            Some(Some(unit_value)) => *unit_value,
            _ => Cents(100),
        };
        exact_total(std::iter::once((self.total, value_of_one)))
    }
}
