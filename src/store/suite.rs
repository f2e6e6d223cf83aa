//! One behaviour, every back end: the cases in `suite/` run on each of them, as modules of its own tests, over its
//! `Place` (where a store is), `TheStore` and `RawHand` (records changed behind a store's back). Here is what the cases
//! share and no back end decides.
//!
//! `admin_tokens` the API's · `commit` expectations, batches, limits · `facts`, `registry`, `misses` reads · `registry_history` changes of the
//! registry and what must not change under them · `events` their places, the feed, the
//! ledger · `check`, `check_records`, `check_settlements` and `audit` what they find in a store that was tampered
//! with · `purge`, `purge_log` what retention lets go and what it must not.

pub(in crate::store) use jiff::Timestamp;
pub(in crate::store) use jiff::civil::date;

pub(in crate::store) use crate::domain::access::{AccessEntry, DataClass};
pub(in crate::store) use crate::domain::business_id::BusinessId;
pub(in crate::store) use crate::domain::client::ClientId;
pub(in crate::store) use crate::domain::customer::{Customer, Language};
pub(in crate::store) use crate::domain::dated::Dated;
pub(in crate::store) use crate::domain::event_id::EventId;
pub(in crate::store) use crate::domain::money::{Cents, Quantity};
pub(in crate::store) use crate::domain::national_code::MunicipalityCode;
pub(in crate::store) use crate::domain::number::PurchasingPowerNumber;
pub(in crate::store) use crate::domain::period::Period;
pub(in crate::store) use crate::domain::person_id::PersonId;
pub(in crate::store) use crate::domain::purchasing_power::{
    Content, Decision, Ordinary, OrdinaryValue, Providers, PurchasingPower, ValueBasis,
};
pub(in crate::store) use crate::domain::registry::{Instrument, LegalBasis, OrganiserCode, Unit};
pub(in crate::store) use crate::store::{
    About, Change, Effect, EventsWanted, GrantFacts, GrantQuery, KeptAnswer, MessageKey,
    ReferenceKey, Store, StoreError, Subject,
};

pub(in crate::store) const CHILD: &str = "150318A902U";
pub(in crate::store) const OTHER: &str = "010594Y9032";

pub(in crate::store) fn turku() -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
}

pub(in crate::store) fn person(text: &str) -> PersonId {
    PersonId::parse(text, date(2026, 1, 1)).unwrap()
}

pub(in crate::store) fn number(bits: u64) -> PurchasingPowerNumber {
    PurchasingPowerNumber::from_bits(bits)
}

pub(in crate::store) fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

pub(in crate::store) fn client() -> ClientId {
    ClientId::parse("FI-TEST/MUN/0204819-8/paikky").unwrap()
}

pub(in crate::store) fn entry() -> AccessEntry {
    AccessEntry {
        at: instant(0),
        message_id: "message-4711".to_owned(),
        client: client(),
        represented_party: None,
        user_id: Some("Matti Meikalainen".to_owned()),
        service: "postPurchasingPower".to_owned(),
        purpose: Some("GRANT"),
        organiser: Some(turku()),
        persons: vec![person(CHILD)],
        numbers: vec![number(1)],
        events: vec![EventId::from_bytes([8; 16])],
        data_class: DataClass::Payment,
        result: "OK".to_owned(),
        reason: None,
        rows_returned: 1,
        replayed: false,
        mandate: None,
    }
}

pub(in crate::store) fn customer(id: &str, version: u64) -> Customer {
    Customer {
        organiser: turku(),
        person_id: person(id),
        given_names: "Aino Ilona".to_owned(),
        family_name: "Korhonen-Virtanen".to_owned(),
        language: Some(Language::Sv),
        municipality_of_residence: MunicipalityCode::parse("286"),
        non_disclosure: true,
        version,
    }
}

pub(in crate::store) fn grant(bits: u64, service_code: &str) -> PurchasingPower {
    PurchasingPower {
        number: number(bits),
        organiser: turku(),
        service_code: service_code.to_owned(),
        instrument: Instrument::Voucher,
        valid_from: date(2026, 2, 1),
        valid_to: date(2026, 7, 31),
        decision: Decision {
            reference: "paatos-7/2026".to_owned(),
            date: date(2026, 1, 15),
            legal_basis: LegalBasis::Psl569Of2009,
            value_basis: ValueBasis::Flat,
            osva_doc_oid: None,
            care_plan_ref: None,
            contract_ref: None,
            note: Some("asuu isoaidin luona".to_owned()),
        },
        providers: Dated::from(
            date(2026, 2, 1),
            Providers {
                chosen: BusinessId::parse("9000001-1").ok(),
                allowed: vec![],
            },
        ),
        content: Content::Ordinary(Ordinary {
            unit: Unit::H,
            period: Period::Month,
            values: Dated::from(
                date(2026, 2, 1),
                OrdinaryValue {
                    quantity_per_period: Quantity(10_000),
                    unit_value: Cents(3200),
                    max_unit_price: None,
                },
            ),
            used: [(Period::Month.key(date(2026, 3, 1)), Quantity(1500))].into(),
        }),
        suspended: false,
        cancelled_from: None,
        source_system: "paikky".to_owned(),
        source_reference: format!("lahde-{bits}"),
        version: 1,
        revision: 1,
    }
}

pub(in crate::store) fn message(id: &str) -> MessageKey {
    MessageKey {
        client: client(),
        service: "postPurchasingPower".to_owned(),
        message_id: id.to_owned(),
    }
}

pub(in crate::store) fn reference(source_reference: &str) -> ReferenceKey {
    ReferenceKey {
        acting_for: "853".to_owned(),
        service: "postPurchasingPower".to_owned(),
        source_system: "paikky".to_owned(),
        source_reference: source_reference.to_owned(),
    }
}

pub(in crate::store) fn answer(body: &str) -> KeptAnswer {
    KeptAnswer {
        digest: [9; 32],
        body: body.as_bytes().to_vec(),
        result: "OK".to_owned(),
        about: About {
            organiser: Some(turku()),
            number: Some(number(1)),
            event: None,
            data_class: DataClass::Basic,
        },
    }
}

/// A creation as the service commits it: grant, customer, both answers, access row.
pub(in crate::store) fn creation(bits: u64, id: &str, version: u64) -> Change {
    let mut kept = answer(&format!("<answer>{bits}</answer>"));
    kept.about.number = Some(number(bits));
    Change {
        effect: Some(Effect {
            person_id: person(id),
            customer: Some(customer(id, version)),
            grant: grant(bits, "ITSENAINEN"),
            postings: Vec::new(),
            events: Vec::new(),
            registry_seen: None,
        }),
        answer_by_message: Some((message(&format!("m-{bits}")), kept.clone())),
        answer_by_reference: Some((reference(&format!("lahde-{bits}")), kept)),
        ..Change::access_only(entry())
    }
}

pub(in crate::store) async fn found(store: &dyn Store, bits: u64) -> Option<PurchasingPower> {
    grant_facts(store, bits).await.map(|facts| facts.grant)
}

pub(in crate::store) async fn grant_facts(store: &dyn Store, bits: u64) -> Option<GrantFacts> {
    try_grant_facts(store, bits).await.unwrap()
}

pub(in crate::store) async fn try_grant_facts(
    store: &dyn Store,
    bits: u64,
) -> Result<Option<GrantFacts>, StoreError> {
    let provider = BusinessId::parse("9000001-1").unwrap();
    let query = GrantQuery {
        subject: Subject::Number(number(bits)),
        event: None,
        provider: Some(&provider),
        procedure_codes: &[],
        codes_of_lines: false,
        events: EventsWanted::All,
        customer_grants: true,
    };
    store.grant_facts(query).await
}
