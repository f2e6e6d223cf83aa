//! Reads give what was kept, all of it and no more; the registry is replaced whole.

use super::*;
use crate::domain::client::ClientGrant;
use crate::domain::national_code::CountyCode;
use crate::domain::registry::{
    ApprovalState, CodeItem, CodeSet, CustodyCategory, DentalPriceItem, ListedCounty,
    ListedMunicipality, Organiser, Provider, ProviderApproval, ProviderUnit, Registry, ServiceType,
    ToothRule,
};
use crate::store::{CreationQuery, Miss, OrganiserEntry};

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

pub(super) fn query(person_id: &PersonId) -> CreationQuery<'_> {
    CreationQuery {
        organiser: turku(),
        service_code: "ITSENAINEN",
        chosen_provider: Some("9000001-1"),
        person_id: Some(person_id),
        municipality: MunicipalityCode::parse("286"),
    }
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
async fn a_registry_put_again_writes_nothing() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    store.put_registry(registry()).await.unwrap();
    store.close().await.unwrap();
    let head = fs::read_to_string(place.store_path().join("head")).unwrap();
    assert!(head.contains("sequence=2 "), "{head}");
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
        store.client_grants(&client()).await.unwrap(),
        [own, member.clone()]
    );
    assert_eq!(
        store.client_grants(&client().member()).await.unwrap(),
        [member]
    );
    let stranger = ClientId::parse("FI-TEST/COM/9000005-4/x").unwrap();
    assert!(store.client_grants(&stranger).await.unwrap().is_empty());
}

#[tokio::test]
async fn creation_facts_are_those_of_the_person_and_the_service() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    let (child, other) = (person(CHILD), person(OTHER));
    let facts = store.creation_facts(query(&child)).await.unwrap();
    assert_eq!(facts.service_types, registry().service_types);
    assert_eq!(facts.approvals, registry().approvals);
    assert_eq!((facts.customer, facts.grants), (None, vec![]));
    assert!(facts.municipality_is_listed);

    store.commit(creation(1, CHILD, 1)).await.unwrap();
    store.commit(creation(2, OTHER, 1)).await.unwrap();
    let mut other_service = creation(3, CHILD, 2);
    other_service.creation.as_mut().unwrap().grant.service_code = "ITSENAINEN2".to_owned();
    store.commit(other_service).await.unwrap();
    store.commit(creation(4, CHILD, 3)).await.unwrap();
    let facts = store.creation_facts(query(&child)).await.unwrap();
    assert_eq!(facts.customer, Some(customer(CHILD, 3)));
    let wanted = [grant(1, "ITSENAINEN"), grant(4, "ITSENAINEN")];
    assert_eq!(facts.grants, wanted);
    let facts = store.creation_facts(query(&other)).await.unwrap();
    assert_eq!(facts.grants, [grant(2, "ITSENAINEN")]);

    let mut nobody = query(&child);
    (nobody.person_id, nobody.chosen_provider) = (None, None);
    nobody.municipality = MunicipalityCode::parse("005");
    let facts = store.creation_facts(nobody).await.unwrap();
    assert_eq!((facts.customer, facts.grants), (None, vec![]));
    assert!(facts.approvals.is_empty() && !facts.municipality_is_listed);
}

#[tokio::test]
async fn reads_touch_as_many_records_as_they_answer_whatever_else_is_kept() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    for version in 1..=3 {
        store
            .commit(creation(version, CHILD, version))
            .await
            .unwrap();
    }
    let child = person(CHILD);
    let count = async || {
        let before = store.records_read();
        store.creation_facts(query(&child)).await.unwrap();
        let creation = store.records_read() - before;
        store
            .lookup_facts(number(1), "9000001-1")
            .await
            .unwrap()
            .unwrap();
        (creation, store.records_read() - before - creation)
    };
    // Service type, approval, municipality, customer, and twice each grant; grant, customer,
    // organiser, service type, provider, approval.
    assert_eq!(count().await, (4 + 2 * 3, 6));
    for version in 1..=200 {
        store
            .commit(creation(100 + version, OTHER, version))
            .await
            .unwrap();
    }
    assert_eq!(count().await, (4 + 2 * 3, 6));
}

fn missed(client: ClientId, at: i64, machine_at: i64) -> Change {
    let mut access = entry();
    access.client = client;
    Change {
        miss: Some(Miss {
            at: instant(at),
            machine_at: instant(machine_at),
        }),
        ..Change::access_only(access)
    }
}

#[tokio::test]
async fn misses_come_newest_first_and_of_one_client_only() {
    let place = Place::new();
    let store = place.open();
    for second in [3, 1, 2, 2] {
        store.commit(missed(client(), second, 10)).await.unwrap();
    }
    store.commit(missed(client().member(), 9, 9)).await.unwrap();
    let times = async |most| {
        let misses = store.misses(&client(), most).await.unwrap();
        misses.iter().map(|miss| miss.at).collect::<Vec<_>>()
    };
    assert_eq!(times(10).await, [3, 2, 2, 1].map(instant));
    assert_eq!(times(2).await, [3, 2].map(instant));
}

#[tokio::test]
async fn misses_go_when_both_clocks_are_past_a_day_and_32_at_a_time() {
    const DAY: i64 = 24 * 3600;
    let place = Place::new();
    let store = place.open();
    for second in 0..40 {
        store
            .commit(missed(client(), second, second))
            .await
            .unwrap();
    }
    let kept = async || store.misses(&client(), 100).await.unwrap().len();
    store.commit(missed(client(), 3 * DAY, 39)).await.unwrap();
    assert_eq!(kept().await, 41, "the machine's clock has not moved on");
    store.commit(missed(client(), DAY, DAY)).await.unwrap();
    assert_eq!(kept().await, 42, "a day old is not past a day");
    store
        .commit(missed(client(), 3 * DAY, 3 * DAY))
        .await
        .unwrap();
    assert_eq!(kept().await, 43 - 32);
    store
        .commit(missed(client(), 3 * DAY, 3 * DAY))
        .await
        .unwrap();
    assert_eq!(kept().await, 44 - 32 - 9);
}
