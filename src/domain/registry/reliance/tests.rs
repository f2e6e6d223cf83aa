//! Each kind of row, who rests on it, and what a change may still do with it.

use jiff::civil::date;

use super::super::diff::diff;
use super::*;
use crate::domain::dated::Dated;
use crate::domain::event_id::EventId;
use crate::domain::money::{Cents, Quantity};
use crate::domain::national_code::MunicipalityCode;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::{
    Decision, Dental, DentalLine, DentalMode, LineValue, Providers, ValueBasis,
};
use crate::domain::registry::{
    ApprovalState, CodeSet, CustodyCategory, Instrument, LegalBasis, Organiser, Provider,
    ToothRule, Unit,
};
use crate::domain::service_event::{Details, EventKind, EventLine, EventState, Procedure, Shares};

fn turku() -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
}

fn hoiva() -> BusinessId {
    BusinessId::parse("9000001-1").unwrap()
}

fn service_type(year: i16) -> ServiceType {
    ServiceType {
        organiser: turku(),
        service_code: "HAMMAS".to_owned(),
        valid_from: date(year, 1, 1),
        valid_to: None,
        name_fi: "Hammashoito".to_owned(),
        name_sv: None,
        instruments: vec![Instrument::Voucher],
        unit: Unit::Toimenpide,
        legal_basis: LegalBasis::Psl569Of2009,
        free_of_charge: false,
        max_unit_price: None,
        review: false,
        allow_overlap: false,
        osva_required: false,
        custody_category: CustodyCategory::Health,
        service_class: None,
        ptv_service_id: None,
        vat_percent: None,
    }
}

fn code_item(code: &str, year: i16) -> CodeItem {
    CodeItem {
        code: code.to_owned(),
        name_fi: "Paikka".to_owned(),
        name_sv: None,
        valid_from: date(year, 1, 1),
        valid_to: None,
        tooth_rule: ToothRule::One,
        min_surfaces: 1,
        max_surfaces: 5,
        repeatable: false,
        extraction: false,
    }
}

fn price_item(code: &str, year: i16) -> DentalPriceItem {
    DentalPriceItem {
        organiser: turku(),
        procedure_code: code.to_owned(),
        voucher_value: Cents(3000),
        max_price: None,
        valid_from: date(year, 1, 1),
        valid_to: None,
    }
}

/// Two versions of everything: of 2025, and of 2026, which events and the grant rest on.
fn registry() -> Registry {
    Registry {
        organisers: vec![Organiser {
            code: turku(),
            business_id: BusinessId::parse("0204819-8").unwrap(),
            name_fi: "Turku".to_owned(),
            name_sv: None,
            contact: None,
            settlement_day_from: 4,
            settlement_day_to: 8,
            late_recording_days: 60,
            cancel_grace_days: 30,
        }],
        service_types: vec![service_type(2025), service_type(2026)],
        providers: vec![
            Provider {
                business_id: hoiva(),
                name: "Hoiva Oy".to_owned(),
                sote_oid: None,
                iban: None,
                units: Vec::new(),
            },
            Provider {
                business_id: BusinessId::parse("9000003-8").unwrap(),
                name: "Toinen Oy".to_owned(),
                sote_oid: None,
                iban: None,
                units: Vec::new(),
            },
        ],
        approvals: vec![ProviderApproval {
            organiser: turku(),
            service_code: "HAMMAS".to_owned(),
            provider: hoiva(),
            valid_from: date(2025, 1, 1),
            valid_to: None,
            agreed_max_price: Some(Cents(9000)),
            state: ApprovalState::Approved,
        }],
        price_items: vec![price_item("SFA10", 2025), price_item("SFA10", 2026)],
        code_sets: vec![CodeSet {
            oid: "1.2.246".to_owned(),
            version: "1".to_owned(),
            items: vec![
                code_item("SFA10", 2025),
                code_item("SFA10", 2026),
                code_item("WX002", 2025),
            ],
        }],
        ..Registry::default()
    }
}

/// Granted from 1.2.2026, by lines of SFA10, for one provider.
fn grant() -> PurchasingPower {
    let first = date(2026, 2, 1);
    PurchasingPower {
        number: PurchasingPowerNumber::from_bits(7),
        organiser: turku(),
        service_code: "HAMMAS".to_owned(),
        instrument: Instrument::Voucher,
        valid_from: first,
        valid_to: date(2026, 12, 31),
        decision: Decision {
            reference: "1".to_owned(),
            date: first,
            legal_basis: LegalBasis::Psl569Of2009,
            value_basis: ValueBasis::Flat,
            osva_doc_oid: None,
            care_plan_ref: None,
            contract_ref: None,
            note: None,
        },
        providers: Dated::from(
            first,
            Providers {
                chosen: Some(hoiva()),
                allowed: Vec::new(),
            },
        ),
        content: Content::Dental(Dental {
            mode: DentalMode::Itemised,
            ceiling: None,
            ceiling_used: Cents(0),
            lines: vec![DentalLine {
                line_no: 1,
                procedure_code: "SFA10".to_owned(),
                teeth: None,
                surfaces: None,
                max_count: 3,
                used_count: 0,
            }],
            values: Dated::from(
                first,
                [(
                    1,
                    LineValue {
                        unit_value: Cents(3000),
                        max_price: None,
                    },
                )]
                .into(),
            ),
            emergency: None,
            referring_professional: None,
            treatment_plan_text: None,
        }),
        suspended: false,
        cancelled_from: None,
        source_system: "x".to_owned(),
        source_reference: "y".to_owned(),
        version: 1,
        revision: 1,
    }
}

fn event(service_date: Date, state: EventState) -> ServiceEvent {
    ServiceEvent {
        id: EventId::from_bytes([1; 16]),
        kind: EventKind::Dental,
        number: grant().number,
        organiser: turku(),
        person_id: PersonId::parse("150318A902U", date(2026, 1, 1)).unwrap(),
        provider: hoiva(),
        provider_unit_code: None,
        service_code: "HAMMAS".to_owned(),
        service_date,
        state,
        credited: None,
        unit: Unit::Toimenpide,
        lines: vec![EventLine {
            line_no: 1,
            procedure: Some(Procedure {
                code: "SFA10".to_owned(),
                teeth: None,
                surfaces: None,
                area: None,
                granted_line_no: None,
            }),
            quantity: Quantity(1000),
            unit_price: Cents(3000),
            unit_value: Cents(3000),
            shares: Shares::default(),
            credited_quantity: Quantity(0),
            credited_shares: Shares::default(),
        }],
        shares: Shares::default(),
        details: Details::default(),
        credit_of: None,
        settled: None,
        source_system: "x".to_owned(),
        source_reference: "z".to_owned(),
        version: 1,
    }
}

/// What is said of a change, with a grant and an event of 9.3.2026 and a deleted one of 10.3.2026.
fn refusals(change: impl FnOnce(&mut Registry)) -> Vec<String> {
    let old = registry();
    let mut new = registry();
    change(&mut new);
    let threats = Threats::of(&old, &diff(&old, &new));
    let events = [
        event(date(2026, 3, 9), EventState::Kirjattu),
        event(date(2026, 3, 10), EventState::Poistettu),
    ];
    let mut relied = Relied::default();
    threats.look(&grant(), &events, &mut relied);
    assert!(relied.is_empty() || !threats.is_empty());
    threats.refusals(&relied)
}

const OF_BOTH: &str =
    "2 service events and 1 purchasing powers rest on it, the last day is 2026-03-10";

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Registry), begins: &str, ends: &str) {
    let told = refusals(change);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with(begins) && told[0].ends_with(ends),
        "{}",
        told[0]
    );
}

const END_AND_ADD: &str = "end it on 2026-03-10 or later and add a version from the day after";

#[test]
fn a_version_in_force_is_not_removed_or_rewritten() {
    assert_refused(
        |new| drop(new.service_types.remove(1)),
        &format!("service type 853/HAMMAS from 2026-01-01 cannot be removed: {OF_BOTH}"),
        END_AND_ADD,
    );
    assert_refused(
        |new| new.service_types[1].free_of_charge = true,
        "service type 853/HAMMAS from 2026-01-01 cannot have another free_of_charge: 2 service",
        END_AND_ADD,
    );
    assert_refused(
        |new| drop(new.price_items.remove(1)),
        &format!("price item 853/SFA10 from 2026-01-01 cannot be removed: {OF_BOTH}"),
        END_AND_ADD,
    );
    assert_refused(
        |new| new.price_items[1].voucher_value = Cents(1),
        "price item 853/SFA10 from 2026-01-01 cannot have another voucher_value: ",
        END_AND_ADD,
    );
    assert_refused(
        |new| drop(new.code_sets[0].items.remove(1)),
        &format!("code 1.2.246/1/SFA10 from 2026-01-01 cannot be removed: {OF_BOTH}"),
        END_AND_ADD,
    );
    assert_refused(
        |new| new.code_sets[0].items[1].tooth_rule = ToothRule::Many,
        "code 1.2.246/1/SFA10 from 2026-01-01 cannot have another tooth_rule: ",
        END_AND_ADD,
    );
    let of_events = "2 service events and 0 purchasing powers rest on it";
    assert_refused(
        |new| new.approvals.clear(),
        &format!("approval 853/HAMMAS/9000001-1 from 2025-01-01 cannot be removed: {of_events}"),
        END_AND_ADD,
    );
    assert_refused(
        |new| new.approvals[0].agreed_max_price = None,
        "approval 853/HAMMAS/9000001-1 from 2025-01-01 cannot have another agreed_max_price: ",
        END_AND_ADD,
    );
}

#[test]
fn a_version_that_nothing_rests_on_goes_and_changes_freely() {
    let told = refusals(|new| {
        new.service_types.remove(0);
        new.price_items.remove(0);
        new.code_sets[0]
            .items
            .retain(|item| item.valid_from.year() == 2026);
        new.providers.remove(1);
    });
    assert_eq!(told, [""; 0]);
    let told = refusals(|new| {
        new.service_types[0].unit = Unit::H;
        new.price_items[0].voucher_value = Cents(1);
        new.code_sets[0].items[2].repeatable = true;
    });
    assert_eq!(told, [""; 0]);
}

#[test]
fn a_row_ends_on_the_last_day_that_something_rests_on_it_and_not_a_day_before() {
    let end = |new: &mut Registry, day| {
        new.service_types[1].valid_to = Some(day);
        new.price_items[1].valid_to = Some(day);
        new.code_sets[0].items[1].valid_to = Some(day);
        new.approvals[0].valid_to = Some(day);
    };
    assert_eq!(refusals(|new| end(new, date(2026, 3, 10))), [""; 0]);
    let told = refusals(|new| end(new, date(2026, 3, 9)));
    assert_eq!(told.len(), 4, "{told:?}");
    for told in told {
        let ended = "cannot end before 2026-03-10: 1 service events and 0 purchasing powers";
        assert!(
            told.contains(ended) && told.ends_with("end it on 2026-03-10 or later"),
            "{told}"
        );
    }
}

#[test]
fn names_accounts_contacts_units_and_states_change_freely() {
    let told = refusals(|new| {
        new.organisers[0].name_fi = "Uusi".to_owned();
        new.organisers[0].contact = Some("x".to_owned());
        new.providers[0].name = "Uusi".to_owned();
        new.providers[0].iban = Some("FI9150001503000009".to_owned());
        new.service_types[1].name_fi = "Uusi".to_owned();
        new.code_sets[0].items[1].name_fi = "Uusi".to_owned();
        new.approvals[0].state = ApprovalState::Suspended;
    });
    assert_eq!(told, [""; 0]);
}

#[test]
fn organisers_and_providers_stay() {
    assert_refused(
        |new| new.organisers.clear(),
        &format!("organiser 853 cannot be removed: {OF_BOTH}"),
        "keep it, and end its service types",
    );
    assert_refused(
        |new| drop(new.providers.remove(0)),
        &format!("provider 9000001-1 cannot be removed: {OF_BOTH}"),
        "keep it, and end its approvals",
    );
}

#[test]
fn a_provider_that_a_grant_only_names_or_that_owes_stays() {
    let (old, mut new) = (registry(), registry());
    new.providers.clear();
    let threats = Threats::of(&old, &diff(&old, &new));
    let allowed = BusinessId::parse("9000003-8").unwrap();
    let mut grant = grant();
    let providers = Providers {
        chosen: None,
        allowed: vec![allowed.clone()],
    };
    grant.providers = Dated::from(date(2026, 2, 1), providers);
    let mut relied = Relied::default();
    threats.look(&grant, [], &mut relied);
    let told = threats.refusals(&relied);
    assert!(
        told.len() == 1 && told[0].starts_with("provider 9000003-8"),
        "{told:?}"
    );
    let mut relied = Relied::default();
    threats.look_at_owing(&hoiva(), &mut relied);
    let told = threats.refusals(&relied);
    let owing = "provider 9000001-1 cannot be removed: a settlement carries forward what it owes";
    assert!(told.len() == 1 && told[0].starts_with(owing), "{told:?}");
}

#[test]
fn a_refusal_names_nothing_of_a_person() {
    let told = refusals(|new| *new = Registry::default()).join("\n");
    for personal in [
        "150318",
        "902U",
        &grant().number.to_string(),
        &event(date(2026, 3, 9), EventState::Kirjattu).id.to_string(),
    ] {
        assert!(!told.contains(personal), "{told}");
    }
    assert!(told.lines().count() >= 6, "{told}");
}
