//! The registry that the tests' grants rest on.

use super::*;

pub(super) fn service(unit: Unit) -> ServiceType {
    ServiceType {
        organiser: turku(),
        service_code: "palvelu".to_owned(),
        valid_from: date(2025, 1, 1),
        valid_to: None,
        name_fi: "Palvelu".to_owned(),
        name_sv: None,
        instruments: vec![Instrument::Voucher, Instrument::Purchase],
        unit,
        legal_basis: LegalBasis::Psl569Of2009,
        free_of_charge: false,
        max_unit_price: None,
        review: false,
        allow_overlap: true,
        osva_required: false,
        custody_category: CustodyCategory::Health,
        service_class: None,
        ptv_service_id: None,
        vat_percent: None,
    }
}

pub(super) fn approval() -> ProviderApproval {
    ProviderApproval {
        organiser: turku(),
        service_code: "palvelu".to_owned(),
        provider: provider("9000003-8"),
        valid_from: date(2025, 1, 1),
        valid_to: None,
        agreed_max_price: None,
        state: ApprovalState::Approved,
    }
}

pub(super) fn code_items() -> Vec<CodeItem> {
    use ToothRule::{Area, Many, None as Nowhere, One};
    [
        ("SAA01", Nowhere, 0, 0, true, false),
        ("SAA02", Nowhere, 0, 0, true, false),
        ("WX002", Nowhere, 0, 0, true, false),
        ("SFA10", One, 1, 1, false, false),
        ("SFA20", One, 2, 2, false, false),
        ("SFA30", One, 3, 5, false, false),
        ("EBA00", One, 0, 0, false, true),
        ("MAN00", Many, 0, 0, false, false),
        ("ARE00", Area, 0, 0, false, false),
        ("ONC00", Nowhere, 0, 0, false, false),
    ]
    .into_iter()
    .map(
        |(code, tooth_rule, min, max, repeatable, extraction)| CodeItem {
            code: code.to_owned(),
            name_fi: code.to_owned(),
            name_sv: None,
            valid_from: date(2025, 1, 1),
            valid_to: None,
            tooth_rule,
            min_surfaces: min,
            max_surfaces: max,
            repeatable,
            extraction,
        },
    )
    .collect()
}

pub(super) fn price_items() -> Vec<DentalPriceItem> {
    [
        ("SAA01", "30.00", None),
        ("SAA02", "45.00", None),
        ("SFA20", "85.00", None),
        ("EBA00", "95.00", Some("150.00")),
        ("WX002", "10.00", None),
    ]
    .into_iter()
    .map(|(code, value, max)| DentalPriceItem {
        organiser: turku(),
        procedure_code: code.to_owned(),
        voucher_value: cents(value),
        max_price: max.map(cents),
        valid_from: date(2025, 1, 1),
        valid_to: None,
    })
    .collect()
}
