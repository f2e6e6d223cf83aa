//! Several adapters on one database, and a database that goes away.

use super::history::{event, facts, made, record, recorded};
use super::registry_history::{change, first, looked_at};
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_adapters_take_turns_and_nothing_is_lost_or_doubled() {
    const WRITERS: u64 = 8;
    const EACH: u64 = 6;
    let place = Place::new();
    let stores = [Arc::new(place.open()), Arc::new(place.open())];
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&stores[usize::try_from(writer % 2).unwrap()]);
        tasks.push(tokio::spawn(async move {
            for one in 0..EACH {
                let bits = 1 + writer * EACH + one;
                // One customer's grants follow on each other: who comes late decides anew.
                loop {
                    let child = person(CHILD);
                    let query = super::facts::query(&child);
                    let found = store.creation_facts(query).await.unwrap();
                    let version = found.customer.map_or(0, |customer| customer.version);
                    match store.commit(made(bits, CHILD, version + 1)).await {
                        Ok(()) => break,
                        Err(StoreError::Conflict) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let report = stores[0].check(&mut |_| {}).await.unwrap();
    assert_eq!(report.findings, [], "{report:?}");
    assert_eq!(report.grants, WRITERS * EACH);
    assert_eq!(stores[0].access_head().await.unwrap().rows, WRITERS * EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_decided_on_what_another_adapter_has_changed_is_a_conflict() {
    let place = Place::new();
    let (left, right) = (place.open(), place.open());
    left.put_registry(super::registry::registry())
        .await
        .unwrap();
    left.commit(made(1, CHILD, 1)).await.unwrap();
    let seen = facts(&right, 1).await;
    record(&left, event(7, 1, date(2026, 3, 2), 500)).await;
    let late = right
        .commit(recorded(&seen, event(8, 1, date(2026, 3, 2), 500)))
        .await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    record(&right, event(8, 1, date(2026, 3, 2), 500)).await;
    assert_eq!(left.feed_head().await.unwrap().change_seq, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_decided_on_a_registry_that_another_adapter_has_changed_is_a_conflict() {
    let place = Place::new();
    let (left, right) = (place.open(), place.open());
    let old = first(&left).await;
    left.commit(made(1, CHILD, 1)).await.unwrap();
    let seen = facts(&right, 1).await;
    let looked = left.access_head().await.unwrap().rows;
    let mut bare = old.clone();
    bare.approvals.clear();
    let change = looked_at(change(2, &old, &bare), &old, looked);
    left.commit(change.clone()).await.unwrap();
    let late = right
        .commit(recorded(&seen, event(8, 1, date(2026, 3, 2), 500)))
        .await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    let again = right.commit(change).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_another_adapter_has_kept_since_the_look_keeps_a_row_from_going() {
    let place = Place::new();
    let (left, right) = (place.open(), place.open());
    let old = first(&left).await;
    left.commit(made(1, CHILD, 1)).await.unwrap();
    let looked = left.access_head().await.unwrap().rows;
    record(&right, event(8, 1, date(2026, 3, 2), 500)).await;
    let mut bare = old.clone();
    bare.approvals.clear();
    let change = looked_at(change(2, &old, &bare), &old, looked);
    let outcome = left.commit(change).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    assert_eq!(right.registry().await.unwrap(), old);
}
