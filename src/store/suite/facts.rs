//! Facts for a creation and a look-up: all that was kept for them, and no record more is read.

use super::registry::registry;
use super::*;
use crate::store::CreationQuery;

pub(super) fn query(person_id: &PersonId) -> CreationQuery<'_> {
    CreationQuery {
        organiser: turku(),
        service_code: "ITSENAINEN",
        chosen_provider: Some("9000001-1"),
        person_id: Some(person_id),
        municipality: MunicipalityCode::parse("286"),
        procedure_codes: &[],
    }
}

#[tokio::test]
async fn creation_facts_are_those_of_the_person_and_the_service() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    let (child, other) = (person(CHILD), person(OTHER));
    let facts = store.creation_facts(query(&child)).await.unwrap();
    assert_eq!(*facts.service_types, registry().service_types);
    assert_eq!(*facts.approvals, registry().approvals);
    assert_eq!((facts.customer, facts.grants), (None, vec![]));
    assert!(facts.municipality_is_listed);

    store.commit(creation(1, CHILD, 1)).await.unwrap();
    store.commit(creation(2, OTHER, 1)).await.unwrap();
    let mut other_service = creation(3, CHILD, 2);
    other_service.effect.as_mut().unwrap().grant.service_code = "ITSENAINEN2".to_owned();
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
    super::registry_history::first(&store).await;
    for version in 1..=3 {
        store
            .commit(creation(version, CHILD, version))
            .await
            .unwrap();
    }
    let child = person(CHILD);
    let provider = BusinessId::parse("9000001-1").unwrap();
    let count = async || {
        let before = store.records_read();
        store.creation_facts(query(&child)).await.unwrap();
        let creation = store.records_read() - before;
        let query = GrantQuery {
            subject: Subject::Number(number(1)),
            event: None,
            provider: Some(&provider),
            procedure_codes: &[],
            codes_of_lines: false,
            events: EventsWanted::None,
            customer_grants: false,
        };
        store.grant_facts(query).await.unwrap().unwrap();
        (creation, store.records_read() - before - creation)
    };
    // Of the registry its version, service type, approval and municipality, then the customer, and twice each grant; the
    // grant, the customer, and of the registry the version, organiser, service type, provider and approval. A back end that
    // keeps what it has read of the registry reads the rest.
    count().await;
    let few = count().await;
    assert!([4 + 7, 7].contains(&few.0), "{few:?}");
    assert!([2 + 5, 2].contains(&few.1), "{few:?}");
    for version in 1..=200 {
        store
            .commit(creation(100 + version, OTHER, version))
            .await
            .unwrap();
    }
    assert_eq!(count().await, few);
}

#[tokio::test]
async fn an_organisers_grants_are_walked_by_customer_and_each_once() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    for (bits, id, version) in [(1, CHILD, 1), (2, OTHER, 1), (3, CHILD, 2), (4, OTHER, 2)] {
        store.commit(creation(bits, id, version)).await.unwrap();
    }
    let whole = store.grants(turku(), None, 5).await.unwrap();
    assert_eq!(whole.after, None);
    let people: Vec<_> = whole.grants.iter().map(|(_, of)| &of.person_id).collect();
    assert!(people[0] == people[1] && people[2] == people[3] && people[1] != people[2]);
    let mut numbers: Vec<_> = whole.grants.iter().map(|(grant, _)| grant.number).collect();
    numbers.sort();
    assert_eq!(numbers, [1, 2, 3, 4].map(number));
    for most in [1, 3, 4] {
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let read = store.grants(turku(), after, most).await.unwrap();
            assert!(read.grants.len() <= most);
            walked.extend(read.grants);
            after = read.after;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(walked, whole.grants);
    }
    let other = OrganiserCode::Municipality(MunicipalityCode::parse("091").unwrap());
    assert_eq!(
        store.grants(other, None, 5).await.unwrap().grants,
        Vec::new()
    );
}
