//! What a commit keeps, what it conflicts with, what it refuses, and when it answers.

use std::collections::HashSet;
use std::sync::Arc;

use super::registry::registry;
use super::*;
use crate::store::records::change::ROW_ITEMS_MAX;
use crate::store::records::record::VALUE_BYTES_MAX;

#[tokio::test]
async fn all_that_is_kept_is_there_after_a_reopen() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    let before = grant_facts(&store, 1).await;
    store.close().await.unwrap();

    let store = place.open();
    let facts = grant_facts(&store, 1).await;
    assert_eq!(facts, before);
    let facts = facts.unwrap();
    assert_eq!(facts.grant, grant(1, "ITSENAINEN"));
    assert_eq!(facts.customer, customer(CHILD, 1));
    let replays = store
        .replays(&message("m-1"), &reference("lahde-1"))
        .await
        .unwrap();
    assert_eq!(replays.by_message, Some(answer("<answer>1</answer>")));
    assert_eq!(replays.by_reference, Some(answer("<answer>1</answer>")));
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_broken_expectation_is_a_conflict_and_keeps_nothing() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    store.commit(creation(1, CHILD, 1)).await.unwrap();

    let same_number = creation(1, OTHER, 1);
    let mut same_message = creation(2, OTHER, 1);
    same_message.answer_by_message = Some((message("m-1"), answer("other")));
    let mut same_reference = creation(2, OTHER, 1);
    same_reference.answer_by_reference = Some((reference("lahde-1"), answer("other")));
    let customer_known = creation(2, CHILD, 1);
    let customer_ahead = creation(2, CHILD, 3);
    let customer_unknown = creation(2, OTHER, 2);
    let no_version = creation(2, OTHER, 0);
    for change in [
        same_number,
        same_message,
        same_reference,
        customer_known,
        customer_ahead,
        customer_unknown,
        no_version,
    ] {
        let outcome = store.commit(change).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    }
    assert!(found(&store, 2).await.is_none());
    let replays = store
        .replays(&message("m-2"), &reference("lahde-2"))
        .await
        .unwrap();
    assert_eq!((replays.by_message, replays.by_reference), (None, None));

    store.commit(creation(2, CHILD, 2)).await.unwrap();
    assert!(found(&store, 2).await.is_some());
}

#[tokio::test]
async fn a_replay_under_a_new_message_keeps_its_answer_by_itself() {
    let place = Place::new();
    let store = place.open();
    let again = Change {
        answer_by_message: Some((message("m-9"), answer("<again/>"))),
        ..Change::access_only(entry())
    };
    store.commit(again).await.unwrap();
    let replays = store
        .replays(&message("m-9"), &reference("none"))
        .await
        .unwrap();
    assert_eq!(replays.by_message, Some(answer("<again/>")));
    assert_eq!(replays.by_reference, None);
    let mut other_client = message("m-9");
    other_client.client = client().member();
    let replays = store
        .replays(&other_client, &reference("none"))
        .await
        .unwrap();
    assert_eq!(replays.by_message, None);
}

/// Starts a commit and waits until it is queued or taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_are_all_answered_and_all_found_after_a_reopen() {
    const WRITERS: u64 = 64;
    const EACH: u64 = 50;
    let place = Place::new();
    let store = Arc::new(place.open());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for index in 0..EACH {
                    let bits = writer * EACH + index;
                    let mut change = creation(bits, CHILD, 1);
                    // A municipality each, so that the customers do not conflict.
                    let code = MunicipalityCode::parse(&format!("{:03}", 100 + writer)).unwrap();
                    let effect = change.effect.as_mut().unwrap();
                    let customer = effect.customer.as_mut().unwrap();
                    customer.organiser = OrganiserCode::Municipality(code);
                    customer.version = index + 1;
                    effect.grant.organiser = customer.organiser;
                    store.commit(change).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    store.close().await.unwrap();

    let store = place.open();
    let mut seen = HashSet::new();
    for bits in 0..WRITERS * EACH {
        let replays = store
            .replays(
                &message(&format!("m-{bits}")),
                &reference(&format!("lahde-{bits}")),
            )
            .await
            .unwrap();
        assert!(seen.insert(replays.by_message.unwrap().body));
        assert!(replays.by_reference.is_some());
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_record_past_the_limit_is_refused_and_nothing_is_kept() {
    let place = Place::new();
    let store = place.open();
    let mut too_large = creation(1, CHILD, 1);
    let body = "x".repeat(VALUE_BYTES_MAX);
    too_large.answer_by_reference = Some((reference("lahde-1"), answer(&body)));
    let outcome = store.commit(too_large).await;
    assert!(
        matches!(outcome, Err(StoreError::RecordTooLarge { bytes, .. }) if bytes > VALUE_BYTES_MAX)
    );
    let mut long_row = creation(1, CHILD, 1);
    long_row.access.message_id = body;
    let outcome = store.commit(long_row).await;
    assert!(matches!(outcome, Err(StoreError::RecordTooLarge { .. })));
    store.commit(creation(1, CHILD, 1)).await.unwrap();
}

#[tokio::test]
async fn an_access_row_of_the_largest_size_passes_the_committer_too() {
    let place = Place::new();
    let store = place.open();
    let mut length = VALUE_BYTES_MAX;
    // The longest message id that is not refused beforehand must not fail afterwards.
    loop {
        let mut access = entry();
        access.message_id = "x".repeat(length);
        match store.commit(Change::access_only(access)).await {
            Ok(()) => break,
            Err(StoreError::RecordTooLarge { .. }) => length -= 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(length > VALUE_BYTES_MAX - 1000);
}

#[tokio::test]
async fn a_call_with_many_persons_has_more_rows_than_one() {
    let place = Place::new();
    let store = place.open();
    let mut access = entry();
    access.persons = vec![person(CHILD); 2 * ROW_ITEMS_MAX + 1];
    access.numbers = (0..=ROW_ITEMS_MAX as u64).map(number).collect();
    store.commit(Change::access_only(access)).await.unwrap();
    let rows = super::history::access_rows(&store);
    let counts: Vec<_> = rows
        .iter()
        .map(|row| (row.persons.len(), row.numbers.len(), row.part, row.parts))
        .collect();
    let full = ROW_ITEMS_MAX;
    assert_eq!(counts, [(full, full, 1, 3), (full, 1, 2, 3), (1, 0, 3, 3)]);
}

#[tokio::test]
async fn a_store_that_is_dropped_closes_by_itself() {
    let place = Place::new();
    let store = place.open();
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    drop(store);
    let store = place.open();
    let replays = store.replays(&message("m-1"), &reference("none")).await;
    assert!(replays.unwrap().by_message.is_some());
}

/// A refusal that rests on a reference being new is decided anew once it is not.
#[tokio::test]
async fn a_change_that_rests_on_a_free_reference_conflicts_with_its_answer() {
    let place = Place::new();
    let store = place.open();
    let refusal = |id: &str| Change {
        answer_by_message: Some((message(id), answer("<refused/>"))),
        unanswered_reference: Some(reference("lahde-1")),
        ..Change::access_only(entry())
    };
    store.commit(refusal("before")).await.unwrap();
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    let refused = store.commit(refusal("after")).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    let replays = store.replays(&message("after"), &reference("none")).await;
    assert_eq!(replays.unwrap().by_message, None);
}

#[tokio::test]
async fn records_written_to_sealed_tables_are_counted_and_name_their_key() {
    use crate::secrets::key_id;
    use crate::store::records::Engine as _;
    use crate::store::records::audit::state;
    use crate::store::records::keys::{Key, Table};
    use crate::store::records::stored::Versioned;

    let place = Place::new();
    let store = place.open();
    let before = store.engine.read(state).unwrap();
    assert_eq!((before.keys_version, before.seals), (1, 0));
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    let (after, sealed) = store
        .engine
        .read(|view| {
            let key = Key::grant(number(1));
            let stored: Option<Versioned> = view.get(Table::Grant, &key)?;
            Ok((state(view)?, stored.unwrap().sealed.0))
        })
        .unwrap();
    assert_eq!(key_id(&sealed), Some(1));
    // Customer, grant, the answer under both keys, the row of the access log.
    assert_eq!(after.seals, 5);
}
