//! What counts as which change.

use jiff::civil::date;

use super::*;
use crate::domain::business_id::BusinessId;
use crate::domain::client::ClientId;
use crate::domain::national_code::MunicipalityCode;
use crate::domain::registry::{
    ClientGrant, CodeItem, CodeSet, Provider, ProviderApproval, ToothRule,
};

fn turku() -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
}

fn provider(name: &str) -> Provider {
    Provider {
        business_id: BusinessId::parse("9000001-1").unwrap(),
        name: name.to_owned(),
        sote_oid: None,
        iban: None,
        units: Vec::new(),
    }
}

fn approval(year: i16) -> ProviderApproval {
    ProviderApproval {
        organiser: turku(),
        service_code: "KOTI".to_owned(),
        provider: BusinessId::parse("9000001-1").unwrap(),
        valid_from: date(year, 1, 1),
        valid_to: None,
        agreed_max_price: None,
        state: ApprovalState::Approved,
    }
}

fn client_grant(services: &[&str]) -> ClientGrant {
    ClientGrant {
        client: ClientId::parse("FI/MUN/0204819-8/x").unwrap(),
        services: services.iter().map(ToString::to_string).collect(),
        organisers: vec![turku()],
        providers: Vec::new(),
        valid_from: date(2026, 1, 1),
        valid_to: None,
    }
}

fn code(name: &str) -> CodeItem {
    CodeItem {
        code: "SAA01".to_owned(),
        name_fi: name.to_owned(),
        name_sv: None,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        tooth_rule: ToothRule::None,
        min_surfaces: 0,
        max_surfaces: 0,
        repeatable: false,
        extraction: false,
    }
}

fn with_approvals(approvals: Vec<ProviderApproval>) -> Registry {
    Registry {
        approvals,
        ..Registry::default()
    }
}

/// The only row that differs.
fn only(old: &Registry, new: &Registry) -> RowChange {
    let Diff { mut rows } = diff(old, new);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[test]
fn the_order_of_rows_means_nothing() {
    let one = with_approvals(vec![approval(2025), approval(2026)]);
    let other = with_approvals(vec![approval(2026), approval(2025)]);
    assert!(diff(&one, &other).is_empty());
}

#[test]
fn a_row_is_the_same_by_what_identifies_it() {
    let one = with_approvals(vec![approval(2025)]);
    let other = with_approvals(vec![approval(2026)]);
    let counts = diff(&one, &other).counts();
    assert_eq!((counts.added, counts.removed), (1, 1));
    let old = Registry {
        providers: vec![provider("Hoiva")],
        ..Registry::default()
    };
    let new = Registry {
        providers: vec![provider("Uusi Hoiva")],
        ..Registry::default()
    };
    let row = only(&old, &new);
    assert_eq!(row.name.to_string(), "provider 9000001-1");
    let fields = vec![FieldChange {
        field: "name".into(),
        old: "Hoiva".into(),
        new: "Uusi Hoiva".into(),
    }];
    assert_eq!(row.what, What::Changed { fields });
}

#[test]
fn an_end_is_an_earlier_last_day_or_the_state_ended() {
    let old = with_approvals(vec![approval(2026)]);
    let with = |valid_to, state| {
        let row = ProviderApproval {
            valid_to,
            state,
            ..approval(2026)
        };
        with_approvals(vec![row])
    };
    let ending = with(Some(date(2026, 6, 30)), ApprovalState::Approved);
    assert!(matches!(only(&old, &ending).what, What::Ended { .. }));
    assert!(
        matches!(only(&ending, &old).what, What::Changed { .. }),
        "an end taken back"
    );
    let longer = with(Some(date(2026, 7, 1)), ApprovalState::Approved);
    assert!(matches!(only(&ending, &longer).what, What::Changed { .. }));
    assert!(matches!(only(&longer, &ending).what, What::Ended { .. }));
    let suspended = with(None, ApprovalState::Suspended);
    assert!(matches!(only(&old, &suspended).what, What::Changed { .. }));
    let ended = with(None, ApprovalState::Ended);
    assert!(matches!(only(&old, &ended).what, What::Ended { .. }));
}

#[test]
fn codes_are_told_apart_by_their_set() {
    let with = |version: &str, name: &str| Registry {
        code_sets: vec![CodeSet {
            oid: "1.2.246".to_owned(),
            version: version.to_owned(),
            items: vec![code(name)],
        }],
        ..Registry::default()
    };
    let row = only(&with("1", "a"), &with("1", "b"));
    assert_eq!(row.name.to_string(), "code 1.2.246/1/SAA01 from 2026-01-01");
    let counts = diff(&with("1", "a"), &with("2", "a")).counts();
    assert_eq!(
        (counts.added, counts.removed),
        (2, 2),
        "the set and its code"
    );
}

#[test]
fn client_grants_that_share_a_name_are_compared_by_their_values() {
    let with = |grants: &[&[&str]]| Registry {
        client_grants: grants
            .iter()
            .map(|services| client_grant(services))
            .collect(),
        ..Registry::default()
    };
    let (left, right) = (with(&[&["a"], &["b"]]), with(&[&["b"], &["a"]]));
    assert!(diff(&left, &right).is_empty());
    let row = only(&left, &with(&[&["a"]]));
    assert!(matches!(row.what, What::Removed { .. }));
    assert_eq!(row.organisers, [turku()]);
    let row = only(&with(&[&["a"]]), &with(&[&["a", "b"]]));
    assert!(matches!(row.what, What::Changed { .. }));
}

#[test]
fn a_diff_is_the_same_after_it_was_json() {
    let old = with_approvals(vec![approval(2025), approval(2026)]);
    let mut new = with_approvals(vec![approval(2026), approval(2027)]);
    new.approvals[0].valid_to = Some(date(2026, 12, 31));
    let told = diff(&old, &new);
    let text = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Diff>(&text).unwrap(), told);
    assert_eq!(told.organisers(), [(turku(), 3)].into());
    let counts = told.counts();
    assert_eq!((counts.added, counts.ended, counts.removed), (1, 1, 1));
}
