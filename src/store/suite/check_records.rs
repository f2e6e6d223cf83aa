//! What the check finds between records: indexes, what they name, damage, the access chain; and that it finds
//! nothing in a store that changes while it is checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::check::{assert_found, check, findings, id};
use super::history::{event, event_id, facts, made, record, recorded};
use super::tamper::Hand;
use super::*;
use crate::domain::ledger::Posting;
use crate::store::records::keys::{Key, TABLES, Table};
use crate::store::records::stored::Versioned;

#[tokio::test]
async fn a_missing_index_row_is_found() {
    for table in [Table::EventOfGrant, Table::EventOfDay, Table::Feed] {
        let found = findings(|hand| hand.remove(&hand.keys(&Key::table(table))[0])).await;
        assert_found(
            &found,
            Table::Event,
            "event ",
            &format!("missing from the {}", table.name()),
        );
        assert_found(&found, Table::Meta, "state", "the store counts");
    }
    let found =
        findings(|hand| hand.remove(&hand.keys(&Key::table(Table::GrantOfCustomer))[0])).await;
    assert_found(
        &found,
        Table::Grant,
        "record ",
        "missing from its customer's list",
    );
}

#[tokio::test]
async fn an_orphan_index_row_is_found() {
    let orphan = event_id(77);
    let of_grant = Key::events_of_grant(number(1)).with_day(date(2026, 3, 1));
    let of_day = Key::events_of_day(turku()).with_day(date(2026, 3, 1));
    for (table, key) in [
        (Table::EventOfGrant, of_grant.with_event(orphan)),
        (Table::EventOfDay, of_day.with_event(orphan)),
    ] {
        let found = findings(|hand| hand.put(&key, &())).await;
        assert_found(&found, table, "record ", "names an event that is missing");
    }
    let feed = Key::feed(turku());
    let found = findings(|hand| hand.put(&feed.clone().with_change(99), &orphan)).await;
    assert_found(
        &found,
        Table::Feed,
        "record ",
        "names an event that is missing",
    );
    // A second place for an event that has its own.
    let found = findings(|hand| hand.put(&feed.clone().with_change(99), &event_id(1))).await;
    assert_found(&found, Table::Feed, "record ", "not where its event");
    let found = findings(|hand| {
        let person = hand.grant(1).person;
        let key = Key::grants_of_customer(turku(), &person, "ITSENAINEN").with_number(number(5));
        hand.put(&key, &());
    })
    .await;
    let what = "names a purchasing power that is missing";
    assert_found(&found, Table::GrantOfCustomer, "record ", what);
}

#[tokio::test]
async fn a_posting_of_no_grant_or_of_a_revision_that_never_was_is_found() {
    let stray = |key: Key| {
        move |hand: &Hand| {
            let first = hand.keys(&Key::ledger(number(1)))[0].clone();
            let posting: Posting = hand.get(&first);
            hand.put(&key, &posting);
        }
    };
    let found = findings(stray(Key::ledger(number(5)).with_revision(1, 0))).await;
    assert_found(
        &found,
        Table::Ledger,
        "record ",
        "purchasing power that is missing",
    );
    let found = findings(stray(Key::ledger(number(1)).with_revision(99, 0))).await;
    assert_found(
        &found,
        Table::Ledger,
        "record ",
        "a revision that never was",
    );
}

#[tokio::test]
async fn missing_customers_answers_and_wrong_revisions_are_found() {
    let found = findings(|hand| hand.remove(&hand.keys(&Key::table(Table::Customer))[0])).await;
    assert_found(&found, Table::Grant, "record ", "its customer is missing");
    let found =
        findings(|hand| hand.remove(&hand.keys(&Key::table(Table::AnswerByReference))[0])).await;
    assert_found(
        &found,
        Table::AnswerByMessage,
        "record ",
        "the answer it names is missing",
    );
    let found = findings(|hand| {
        hand.change(&Key::grant(number(1)), |stored: &mut Versioned| {
            stored.version += 1
        });
    })
    .await;
    assert_found(
        &found,
        Table::Grant,
        "record ",
        "its revision is not that of its record",
    );
    let found = findings(|hand| hand.change_state(|state| state.changes = 3)).await;
    assert_found(
        &found,
        Table::Event,
        &id(9),
        "its place in the feed was never given",
    );
}

#[tokio::test]
async fn damage_of_any_table_is_found_and_all_of_it_is_told() {
    for table in TABLES
        .into_iter()
        // `registry_history` has a store that has one.
        .filter(|table| *table != Table::RegistryHistory)
        .filter(|table| !matches!(table, Table::Meta | Table::Miss | Table::PurgeProof))
    {
        let found = findings(|hand| {
            for key in hand.keys(&Key::table(table)) {
                let mut value = hand.raw(&key);
                *value.last_mut().unwrap() ^= 1;
                hand.put_raw(&key, &value);
            }
        })
        .await;
        assert_found(&found, table, "", "does not match its checksum");
    }
}

#[tokio::test]
async fn a_broken_access_chain_is_found() {
    let found = findings(|hand| {
        let (row, mut plain) = hand.access_row(3);
        *plain.last_mut().unwrap() ^= 1;
        hand.put_access_row(3, row.link, &plain);
    })
    .await;
    assert_found(
        &found,
        Table::Access,
        "position 3",
        "does not fit the chain",
    );
}

/// A grant with more records than one piece, changed all the time while it is checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_busy_store_is_not_found_wrong() {
    let place = Place::new();
    let store = Arc::new(place.open());
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    for bits in 1..=3 {
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    }
    let new_event = |bits: u64, index: u64| {
        let mut event = event(0, bits, date(2026, 3, 2), 10);
        let mut id = [u8::try_from(bits).unwrap(); 16];
        id[8..].copy_from_slice(&index.to_be_bytes());
        event.id = EventId::from_bytes(id);
        event
    };
    for index in 0..200 {
        record(&store, new_event(1, index)).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..=3)
        .map(|bits| {
            let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
            tokio::spawn(async move {
                for index in 1000..1600 {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let facts = facts(&store, bits).await;
                    let change = recorded(&facts, new_event(bits, index));
                    store.commit(change).await.unwrap();
                }
            })
        })
        .collect();
    let mut busy = 0;
    for _ in 0..5 {
        let report = check(&store).await;
        assert_eq!(report.findings, []);
        busy += usize::from(!report.was_quiet);
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(busy > 0, "the check never met a writer");
    for writer in writers {
        writer.await.unwrap();
    }
    let report = check(&store).await;
    assert!(report.was_quiet && report.findings.is_empty());
}
