//! A balance as proposed.

use jiff::civil::Date;

use super::super::super::code::Code;
use super::super::super::dated::Dated;
use super::super::super::money::{Cents, Quantity};
use super::super::super::purchasing_power::Saldo;
use super::super::super::registry::{ServiceType, Unit};
use super::super::super::rejection::{Group, Rejections};
use super::Span;

/// Largest balance, top-ups included: 9 999 999.99 of its unit.
pub(in super::super) const BALANCE_THOUSANDTHS_MAX: i64 = 9_999_999_990;

/// A balance as proposed.
#[derive(Clone, Copy, Debug)]
pub struct ProposedSaldo {
    pub balance_total: Quantity,
    /// EUR, H or KPL.
    pub balance_unit: Unit,
    pub unit_value: Option<Cents>,
    pub per_event_max: Option<Quantity>,
}

/// Whether an amount of euros has no third decimal.
pub(in super::super) fn is_whole_cents(euros: Quantity) -> bool {
    euros.0 % 10 == 0
}

impl ProposedSaldo {
    pub(super) fn examine(&self, rejections: &mut Rejections) -> bool {
        let in_euros = self.balance_unit == Unit::Eur;
        let has_cents = |amount: Quantity| !in_euros || is_whole_cents(amount);
        let unit_value_code = match self.unit_value {
            Some(_) if in_euros => Some(Code::FieldNotAllowed),
            None if !in_euros => Some(Code::FieldRequired),
            _ => None,
        };
        let not_allowed = |holds: bool| (!holds).then_some(Code::FieldNotAllowed);
        let found = [
            (
                not_allowed(has_cents(self.balance_total)),
                "saldo/balanceTotal",
            ),
            (unit_value_code, "saldo/unitValue"),
            (
                not_allowed(self.per_event_max.is_none_or(has_cents)),
                "saldo/perEventMax",
            ),
        ];
        let mut holds = true;
        for (code, field) in found {
            if let Some(code) = code {
                rejections.add(Group::Message, code, field);
                holds = false;
            }
        }
        holds
    }

    /// Euros go with every service but one of procedures.
    pub(super) fn judge_service(&self, service: &ServiceType, rejections: &mut Rejections) {
        let fits = match self.balance_unit {
            Unit::Eur => service.unit != Unit::Toimenpide,
            unit => unit == service.unit,
        };
        if !fits {
            rejections.add(Group::Service, Code::UnitNotAllowed, "saldo/balanceUnit");
        }
    }

    pub(super) fn granted(&self, valid_from: Date) -> Saldo {
        Saldo {
            unit: self.balance_unit,
            total: self.balance_total,
            unit_values: Dated::from(valid_from, self.unit_value),
            per_event_max: self.per_event_max,
            used: Quantity(0),
        }
    }

    pub(super) fn amend(&self, saldo: &mut Saldo, span: Span, rejections: &mut Rejections) -> bool {
        if self.balance_unit != saldo.unit {
            let field = "saldo/balanceUnit";
            rejections.add(Group::Grant, Code::PpAmendNotAllowed, field);
            return false;
        }
        if self.balance_total < saldo.used {
            let field = "saldo/balanceTotal";
            rejections.add(Group::Lines, Code::BalanceBelowUsed, field);
        }
        saldo.total = self.balance_total;
        saldo.per_event_max = self.per_event_max;
        span.effective_from
            .is_some_and(|day| saldo.unit_values.append_if_new(day, self.unit_value))
    }
}
