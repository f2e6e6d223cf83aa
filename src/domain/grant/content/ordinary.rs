//! So many units a period, as proposed.

use jiff::civil::Date;

use super::super::super::code::Code;
use super::super::super::dated::Dated;
use super::super::super::money::{Cents, Quantity};
use super::super::super::period::Period;
use super::super::super::purchasing_power::{Ordinary, OrdinaryValue};
use super::super::super::registry::{ServiceType, Unit};
use super::super::super::rejection::{Group, Rejections};
use super::Span;

/// Quantities and values as proposed.
#[derive(Clone, Copy, Debug)]
pub struct ProposedOrdinary {
    pub unit: Unit,
    pub quantity_per_period: Quantity,
    pub period: Period,
    pub unit_value: Cents,
    pub max_unit_price: Option<Cents>,
}

impl ProposedOrdinary {
    pub(super) fn judge_service(&self, service: &ServiceType, rejections: &mut Rejections) {
        if self.unit != service.unit {
            rejections.add(Group::Service, Code::UnitNotAllowed, "ordinary/unit");
        }
    }

    pub(super) fn granted(&self, valid_from: Date) -> Ordinary {
        Ordinary {
            unit: self.unit,
            period: self.period,
            values: Dated::from(valid_from, self.value()),
            used: Default::default(),
        }
    }

    pub(super) fn amend(
        &self,
        ordinary: &mut Ordinary,
        span: Span,
        rejections: &mut Rejections,
    ) -> bool {
        let mut is_fixed = |holds: bool, field: &str| {
            if !holds {
                rejections.add(Group::Grant, Code::PpAmendNotAllowed, field);
            }
            holds
        };
        let unit_holds = is_fixed(self.unit == ordinary.unit, "ordinary/unit");
        let period_holds = is_fixed(self.period == ordinary.period, "ordinary/period");
        match span.effective_from {
            Some(day) if unit_holds && period_holds => {
                ordinary.values.append_if_new(day, self.value())
            }
            _ => false,
        }
    }

    fn value(&self) -> OrdinaryValue {
        OrdinaryValue {
            quantity_per_period: self.quantity_per_period,
            unit_value: self.unit_value,
            max_unit_price: self.max_unit_price,
        }
    }
}
