//! Changes of the registry: their version, their history, and that nothing is kept which was decided on another one.

use std::sync::Arc;

use super::check::{assert_found, check};
use super::history::{event, facts, made, record, recorded};
use super::registry::{registry, smaller_registry};
use super::tamper::Hand;
use super::*;
use crate::domain::registry::Registry;
use crate::domain::registry::diff::diff;
use crate::domain::registry::reliance::Threats;
use crate::store::records::keys::{Key, Table};
use crate::store::registry::{MustBeFree, RegistryChange, RegistryStep};

/// A change from one registry to another, as the command makes it.
fn change(version: u64, old: &Registry, new: &Registry) -> Change {
    let step = RegistryStep {
        version,
        registry: new.clone(),
        source: "registry.toml".to_owned(),
        diff: diff(old, new),
        further_rows: vec![entry()],
        must_be_free: None,
    };
    Change {
        registry: Some(step),
        ..Change::access_only(entry())
    }
}

fn looked_at(mut change: Change, old: &Registry, access_rows: u64) -> Change {
    if let Some(step) = &mut change.registry {
        step.must_be_free = Some(MustBeFree {
            threats: Arc::new(Threats::of(old, &step.diff)),
            access_rows,
        });
    }
    change
}

/// The registry, as its first version.
pub(super) async fn first(store: &TheStore) -> Registry {
    let none = Registry::default();
    store.commit(change(1, &none, &registry())).await.unwrap();
    registry()
}

/// A registry without the service of the grants and the approvals for it.
fn without_service() -> Registry {
    let mut wanted = registry();
    wanted.service_types.clear();
    wanted.approvals.clear();
    wanted
}

#[tokio::test]
async fn a_change_leaves_its_version_its_history_and_a_row_for_each_organiser() {
    let place = Place::new();
    let store = place.open();
    let old = first(&store).await;
    let new = smaller_registry();
    store.commit(change(2, &old, &new)).await.unwrap();
    store.close().await.unwrap();

    let store = place.open();
    let standing = store.standing_registry().await.unwrap();
    assert_eq!((standing.version, standing.registry), (2, new.clone()));
    let history = store.registry_history(1, 9).await.unwrap();
    let wanted = RegistryChange {
        version: 2,
        at: entry().at,
        by: "Matti Meikalainen".to_owned(),
        source: "registry.toml".to_owned(),
        diff: diff(&old, &new),
    };
    assert_eq!(history, [wanted]);
    assert_eq!(store.registry_history(0, 1).await.unwrap()[0].version, 1);
    assert_eq!(store.access_head().await.unwrap().rows, 4);
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn a_change_planned_on_another_version_is_a_conflict_and_leaves_nothing() {
    let place = Place::new();
    let store = place.open();
    let old = first(&store).await;
    for version in [1, 3] {
        let outcome = store
            .commit(change(version, &old, &smaller_registry()))
            .await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{version}");
    }
    let standing = store.standing_registry().await.unwrap();
    assert_eq!((standing.version, standing.registry), (1, old));
    assert_eq!(store.access_head().await.unwrap().rows, 2);
}

#[tokio::test]
async fn a_history_of_many_rows_is_kept_in_pieces() {
    let place = Place::new();
    let store = place.open();
    let mut wanted = registry();
    let item = wanted.code_sets[0].items[0].clone();
    for number in 0..2000 {
        let mut item = item.clone();
        item.code = format!("X{number}");
        wanted.code_sets[0].items.push(item);
    }
    let first = change(1, &Registry::default(), &wanted);
    store.commit(first).await.unwrap();
    let history = store.registry_history(0, 9).await.unwrap();
    assert_eq!(history[0].diff, diff(&Registry::default(), &wanted));
    assert!(history[0].diff.rows.len() > 2000);
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn what_was_decided_on_another_registry_is_a_conflict() {
    let place = Place::new();
    let store = place.open();
    let old = first(&store).await;
    store.commit(made(1, CHILD, 1)).await.unwrap();
    let before = facts(&store, 1).await;
    assert_eq!(before.registry_version, 1);
    let event = event(1, 1, date(2026, 3, 2), 500);
    let decided = recorded(&before, event.clone());
    store
        .commit(change(2, &old, &smaller_registry()))
        .await
        .unwrap();
    let outcome = store.commit(decided).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)));

    // Decided anew, it is kept.
    record(&store, event).await;
    assert_eq!(facts(&store, 1).await.events.len(), 1);
}

#[tokio::test]
async fn what_came_to_rest_on_a_row_since_the_look_keeps_it_from_going() {
    let place = Place::new();
    let store = place.open();
    let old = first(&store).await;
    let looked = store.access_head().await.unwrap().rows;
    let wanted = without_service();
    let change = |rows| looked_at(change(2, &old, &wanted), &old, rows);

    // The grant rests on the service, and the look did not see it.
    store.commit(made(1, CHILD, 1)).await.unwrap();
    let outcome = store.commit(change(looked)).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)));
    let standing = store.standing_registry().await.unwrap();
    assert_eq!((standing.version, standing.registry), (1, old.clone()));

    // Rows that name nothing which rests on it stand in nobody's way.
    let head = store.access_head().await.unwrap().rows;
    store
        .commit(Change::access_only(AccessEntry {
            numbers: vec![number(77)],
            ..entry()
        }))
        .await
        .unwrap();
    store.commit(change(head)).await.unwrap();
    assert_eq!(store.standing_registry().await.unwrap().version, 2);
}

#[tokio::test]
async fn what_was_decided_before_and_kept_after_is_never_lost_whoever_is_first() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let old = first(&store).await;
    store.commit(made(1, CHILD, 1)).await.unwrap();
    let decided = recorded(&facts(&store, 1).await, event(1, 1, date(2026, 3, 2), 500));
    let looked = store.access_head().await.unwrap().rows;
    // Both at once, on one queue: either the event is kept and the approval stays, or the other way round.
    let mut wanted = old.clone();
    wanted.approvals.clear();
    let change = looked_at(change(2, &old, &wanted), &old, looked);
    let (event, applied) = tokio::join!(store.commit(decided), store.commit(change));
    let kept = (event.is_ok(), applied.is_ok());
    assert!(kept == (true, false) || kept == (false, true), "{kept:?}");
    let approvals = store.registry().await.unwrap().approvals.len();
    assert_eq!(approvals == 0, kept.1);
}

#[tokio::test]
async fn purchasing_powers_are_walked_with_their_events() {
    let place = Place::new();
    let store = place.open();
    first(&store).await;
    for bits in 1..=5 {
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    }
    for id in 1..=3 {
        record(&store, event(id, 2, date(2026, 3, 2), 500)).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let step = store.grants_with_events(after, 2).await.unwrap();
        let Some(last) = step.last() else { break };
        after = Some(last.grant.number);
        seen.extend(
            step.iter()
                .map(|one| (one.grant.number.bits(), one.events.len())),
        );
    }
    assert_eq!(seen, [(1, 0), (2, 3), (3, 0), (4, 0), (5, 0)]);
    let some = store
        .grants_of_numbers(&[number(2), number(99)])
        .await
        .unwrap();
    assert_eq!((some.len(), some[0].events.len()), (1, 3));
}

#[tokio::test]
async fn damage_of_the_history_is_found() {
    let place = Place::new();
    let store = place.open();
    let old = first(&store).await;
    store
        .commit(change(2, &old, &smaller_registry()))
        .await
        .unwrap();
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    let table = Table::RegistryHistory;
    let (head, piece) = (Key::registry_change(1, 0), Key::registry_change(2, 1));
    let kept = hand.raw(&head);
    hand.remove(&head);
    drop(hand);
    let store = place.open();
    assert_found(
        &check(&store).await.findings,
        table,
        "",
        "is missing, though another",
    );
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    hand.put_raw(&head, &kept);
    let mut value = hand.raw(&piece);
    *value.last_mut().unwrap() ^= 1;
    hand.put_raw(&piece, &value);
    drop(hand);
    let store = place.open();
    assert_found(
        &check(&store).await.findings,
        table,
        "",
        "does not match its checksum",
    );
}
