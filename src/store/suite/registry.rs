//! The registry is replaced whole and read back as it was; what single reads give of it.

use std::sync::Arc;

use super::facts::query;
use super::*;
use crate::domain::national_code::CountyCode;
use crate::domain::registry::ClientGrant;
use crate::domain::registry::{
    ApprovalState, CodeItem, CodeSet, CustodyCategory, DentalPriceItem, ListedCounty,
    ListedMunicipality, Organiser, Provider, ProviderApproval, ProviderUnit, Registry, ServiceType,
    ToothRule,
};
use crate::store::OrganiserEntry;

fn provider() -> BusinessId {
    BusinessId::parse("9000001-1").unwrap()
}

fn service_type(service_code: &str, year: i16) -> ServiceType {
    ServiceType {
        organiser: turku(),
        service_code: service_code.to_owned(),
        valid_from: date(year, 1, 1),
        valid_to: None,
        name_fi: "Kotipalvelu".to_owned(),
        name_sv: None,
        instruments: vec![Instrument::Voucher, Instrument::Purchase],
        unit: Unit::H,
        legal_basis: LegalBasis::Psl569Of2009,
        free_of_charge: false,
        max_unit_price: Some(Cents(4000)),
        review: true,
        allow_overlap: false,
        osva_required: false,
        custody_category: CustodyCategory::Social,
        service_class: None,
        ptv_service_id: None,
        vat_percent: Some("25.5".to_owned()),
    }
}

fn approval(service_code: &str, year: i16) -> ProviderApproval {
    ProviderApproval {
        organiser: turku(),
        service_code: service_code.to_owned(),
        provider: provider(),
        valid_from: date(year, 1, 1),
        valid_to: Some(date(year, 12, 31)),
        agreed_max_price: None,
        state: ApprovalState::Approved,
    }
}

fn code_item(code: &str, year: i16) -> CodeItem {
    CodeItem {
        code: code.to_owned(),
        name_fi: "Tarkastus".to_owned(),
        name_sv: None,
        valid_from: date(year, 1, 1),
        valid_to: None,
        tooth_rule: ToothRule::None,
        min_surfaces: 0,
        max_surfaces: 0,
        repeatable: true,
        extraction: false,
    }
}

fn client_grant(client: ClientId) -> ClientGrant {
    ClientGrant {
        client,
        services: vec!["postPurchasingPower".to_owned()],
        organisers: vec![turku()],
        providers: vec![provider()],
        valid_from: date(2026, 1, 1),
        valid_to: None,
    }
}

/// Every table filled, each in the order of its keys.
pub(super) fn registry() -> Registry {
    let municipality = |code: &str, name: &str| ListedMunicipality {
        code: MunicipalityCode::parse(code).unwrap(),
        name_fi: name.to_owned(),
        name_sv: None,
    };
    Registry {
        municipalities: vec![municipality("286", "Kouvola"), municipality("853", "Turku")],
        counties: vec![ListedCounty {
            code: CountyCode::parse("05").unwrap(),
            name_fi: "Varsinais-Suomi".to_owned(),
            name_sv: Some("Egentliga Finland".to_owned()),
        }],
        organisers: vec![Organiser {
            code: turku(),
            business_id: BusinessId::parse("0204819-8").unwrap(),
            name_fi: "Turun kaupunki".to_owned(),
            name_sv: None,
            contact: None,
            settlement_day_from: 4,
            settlement_day_to: 8,
            late_recording_days: 60,
            cancel_grace_days: 30,
        }],
        // Two versions in no order: the order given is kept.
        service_types: vec![
            service_type("ITSENAINEN", 2026),
            service_type("ITSENAINEN", 2025),
        ],
        providers: vec![Provider {
            business_id: provider(),
            name: "Hoiva Oy".to_owned(),
            sote_oid: None,
            iban: None,
            units: vec![ProviderUnit {
                unit_code: "1".to_owned(),
                name: "Keskusta".to_owned(),
                oid: None,
            }],
        }],
        approvals: vec![approval("ITSENAINEN", 2025), approval("ITSENAINEN", 2026)],
        price_items: vec![DentalPriceItem {
            organiser: turku(),
            procedure_code: "SAA01".to_owned(),
            voucher_value: Cents(3000),
            max_price: None,
            valid_from: date(2026, 1, 1),
            valid_to: None,
        }],
        code_sets: vec![
            CodeSet {
                oid: "1.2.246.6.1".to_owned(),
                version: "2026".to_owned(),
                items: vec![
                    code_item("SAA01", 2026),
                    code_item("SFA20", 2024),
                    code_item("SFA20", 2025),
                ],
            },
            CodeSet {
                oid: "1.2.246.6.2".to_owned(),
                version: "1".to_owned(),
                items: vec![],
            },
        ],
        client_grants: vec![client_grant(client().member()), client_grant(client())],
    }
}

pub(super) fn smaller_registry() -> Registry {
    let mut registry = registry();
    registry.municipalities.remove(0);
    registry.code_sets.remove(0);
    registry.client_grants.remove(1);
    registry.approvals.remove(0);
    registry.providers[0].name = "Uusi Hoiva Oy".to_owned();
    registry
}

#[tokio::test]
async fn a_registry_is_read_back_as_it_was_put() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.registry().await.unwrap(), Registry::default());
    for wanted in [
        registry(),
        smaller_registry(),
        Registry::default(),
        registry(),
    ] {
        store.put_registry(wanted.clone()).await.unwrap();
        assert_eq!(store.registry().await.unwrap(), wanted);
    }
    store.close().await.unwrap();
    let store = place.open();
    assert_eq!(store.registry().await.unwrap(), registry());
}

#[tokio::test]
async fn an_entity_past_the_limit_leaves_the_registry_as_it_was() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    let mut wanted = smaller_registry();
    wanted.providers[0].name = "x".repeat(70_000);
    let outcome = store.put_registry(wanted).await;
    assert!(matches!(outcome, Err(StoreError::RecordTooLarge { .. })));
    assert_eq!(store.registry().await.unwrap(), registry());
}

#[tokio::test]
async fn what_was_read_of_the_registry_is_read_anew_when_another_stands() {
    let place = Place::new();
    let store = place.open();
    let child = person(CHILD);
    let seen = async || {
        let facts = store.creation_facts(query(&child)).await.unwrap();
        let organiser = store.organiser(turku()).await.unwrap();
        let grants = store.client_grants(&client()).await.unwrap();
        (facts.service_types, facts.approvals, organiser, grants)
    };
    let (services, approvals, organiser, grants) = seen().await;
    assert!(services.is_empty() && approvals.is_empty() && grants.is_empty());
    assert_eq!(organiser, OrganiserEntry::Unlisted);
    store.put_registry(registry()).await.unwrap();
    let first = seen().await;
    assert_eq!(*first.0, registry().service_types);
    assert_eq!(seen().await, first);

    let mut wanted = registry();
    wanted.service_types[0].name_fi = "Toinen nimi".to_owned();
    wanted.approvals.clear();
    wanted.organisers[0].name_fi = "Toinen kaupunki".to_owned();
    wanted.client_grants.pop();
    store.put_registry(wanted.clone()).await.unwrap();
    let (services, approvals, organiser, grants) = seen().await;
    assert_eq!(*services, wanted.service_types);
    assert!(approvals.is_empty());
    let other = Arc::new(wanted.organisers[0].clone());
    assert_eq!(organiser, OrganiserEntry::Organiser(other));
    assert_eq!(*grants, wanted.client_grants);
}

#[tokio::test]
async fn organisers_are_told_from_codes_that_are_only_listed() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    let municipality = |code| OrganiserCode::Municipality(MunicipalityCode::parse(code).unwrap());
    let county = |code| OrganiserCode::County(CountyCode::parse(code).unwrap());
    let entry = async |code| store.organiser(code).await.unwrap();
    assert!(
        matches!(entry(turku()).await, OrganiserEntry::Organiser(found) if found.code == turku())
    );
    assert_eq!(entry(municipality("286")).await, OrganiserEntry::Listed);
    assert_eq!(entry(municipality("005")).await, OrganiserEntry::Unlisted);
    assert_eq!(entry(county("05")).await, OrganiserEntry::Listed);
    assert_eq!(entry(county("06")).await, OrganiserEntry::Unlisted);
}

#[tokio::test]
async fn a_client_has_its_own_grants_and_its_members() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    let (own, member) = (client_grant(client()), client_grant(client().member()));
    assert_eq!(
        *store.client_grants(&client()).await.unwrap(),
        [own, member.clone()]
    );
    assert_eq!(
        *store.client_grants(&client().member()).await.unwrap(),
        [member]
    );
    let stranger = ClientId::parse("FI-TEST/COM/9000005-4/x").unwrap();
    assert!(store.client_grants(&stranger).await.unwrap().is_empty());
}
