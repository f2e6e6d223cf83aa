//! The grants of the tests, each from 2026-01-01 to 2026-08-31.

use super::*;
use crate::domain::purchasing_power::{
    Decision, Dental, DentalLine, LineValue, Ordinary, OrdinaryValue, Saldo, ValueBasis,
};

pub(super) fn grant(content: Content) -> PurchasingPower {
    PurchasingPower {
        number: PurchasingPowerNumber::from_bits(7),
        organiser: turku(),
        service_code: "palvelu".to_owned(),
        instrument: Instrument::Voucher,
        valid_from: date(2026, 1, 1),
        valid_to: date(2026, 8, 31),
        decision: Decision {
            reference: "P".to_owned(),
            date: date(2025, 12, 1),
            legal_basis: LegalBasis::Psl569Of2009,
            value_basis: ValueBasis::Flat,
            osva_doc_oid: None,
            care_plan_ref: None,
            contract_ref: None,
            note: None,
        },
        providers: Dated::from(date(2026, 1, 1), Providers::default()),
        content,
        suspended: false,
        cancelled_from: None,
        source_system: "test".to_owned(),
        source_reference: "grant".to_owned(),
        version: 1,
        revision: 1,
    }
}

pub(super) fn ordinary(amount: &str, period: Period, value: &str, cap: Option<&str>) -> World {
    World::of(Content::Ordinary(Ordinary {
        unit: Unit::H,
        period,
        values: Dated::from(
            date(2026, 1, 1),
            OrdinaryValue {
                quantity_per_period: quantity(amount),
                unit_value: cents(value),
                max_unit_price: cap.map(cents),
            },
        ),
        used: Default::default(),
    }))
}

pub(super) fn saldo(
    unit: Unit,
    total: &str,
    value: Option<&str>,
    per_event_max: Option<&str>,
) -> World {
    World::of(Content::Saldo(Saldo {
        unit,
        total: quantity(total),
        unit_values: Dated::from(date(2026, 1, 1), value.map(cents)),
        per_event_max: per_event_max.map(quantity),
        used: Quantity(0),
    }))
}

/// A dental grant of lines such as `SFA20 t16 x1 85.00 max150.00`; the last price word is the value.
pub(super) fn teeth(mode: DentalMode, ceiling: Option<&str>, lines: &[&str]) -> World {
    let (mut granted, mut values) = (Vec::new(), std::collections::BTreeMap::new());
    for (text, line_no) in lines.iter().zip(1..) {
        let words: Vec<&str> = text.split(' ').collect();
        let given = |start: &str| words[1..].iter().find_map(|word| word.strip_prefix(start));
        granted.push(DentalLine {
            line_no,
            procedure_code: words[0].to_owned(),
            teeth: given("t").map(|teeth| teeth.replace(',', " ")),
            surfaces: None,
            max_count: given("x").unwrap_or("1").parse().unwrap(),
            used_count: 0,
        });
        let value = LineValue {
            unit_value: cents(given("v").unwrap()),
            max_price: given("max").map(cents),
        };
        values.insert(line_no, value);
    }
    World::of(Content::Dental(Dental {
        mode,
        ceiling: ceiling.map(cents),
        ceiling_used: Cents(0),
        lines: granted,
        values: Dated::from(date(2026, 1, 1), values),
        emergency: None,
        referring_professional: None,
        treatment_plan_text: None,
    }))
}

/// The grant of scenario 4.
pub(super) fn scenario_4() -> World {
    teeth(
        DentalMode::Itemised,
        None,
        &[
            "SAA02 v45.00",
            "SFA20 t16 v85.00",
            "EBA00 t48 v95.00 max150.00",
        ],
    )
}
