//! Keys and formats that change while the store is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::check::check;
use super::history::{event, facts, lived, made, record, recorded};
use super::tamper::Hand;
use super::*;
use crate::secrets::{KeyId, Keyring, WrappedKeys};
use crate::store::records::keys::{KEYS_NAME, Key, Table};
use crate::store::records::{
    Engine, Found, Order, Span, View, Work, change, reads, record as records, renewal,
};
use crate::store::upkeep::{Figures, Upkeep};

async fn figures(store: &SledStore) -> Figures {
    store.figures(&mut |_| {}).await.unwrap()
}

async fn sealed_under(store: &SledStore) -> Vec<KeyId> {
    let figures = figures(store).await;
    figures.sealed_under.into_iter().map(|(id, _)| id).collect()
}

fn reopen_with(place: &Place, key_file: &str) -> Result<SledStore, StoreError> {
    SledStore::open(&place.options, &place.master(key_file))
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> String {
    match outcome {
        Err(StoreError::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rekeyed_store_says_the_same_and_opens_with_the_new_key_file_only() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let before = facts(&store, 1).await;
    let head = store.access_head().await.unwrap();
    let feed = store.feed_head().await.unwrap();
    let new = place.master("new.key");
    let walked = store.rekey(&new, &mut |_| {}).await.unwrap();
    assert!(walked.replaced > 10, "{walked:?}");
    assert_eq!(sealed_under(&store).await, [2]);
    let keys = store.keys().await.unwrap();
    assert_eq!((keys.version, keys.current), (2, 2));
    assert!(keys.is_between_masters);
    assert_eq!(keys.encryption_keys, [1, 2]);
    assert_eq!(facts(&store, 1).await, before);
    assert_eq!(check(&store).await.findings, []);

    // Until the end both key files open it; one that was opened with the old one does not end it.
    let text = refusal(store.finish_rekey(&mut |_| {}).await);
    assert!(text.contains("old master key"), "{text}");
    store.close().await.unwrap();
    let store = reopen_with(&place, "master.key").unwrap();
    assert_eq!(facts(&store, 1).await, before);
    store.close().await.unwrap();
    let store = reopen_with(&place, "new.key").unwrap();
    store.finish_rekey(&mut |_| {}).await.unwrap();
    assert!(!store.keys().await.unwrap().is_between_masters);
    record(&store, event(90, 1, date(2026, 4, 2), 500)).await;
    assert_eq!(check(&store).await.findings, []);
    assert_eq!(store.verify_access(Some(head)).await.unwrap().breach, None);
    assert_eq!(store.feed_head().await.unwrap().epoch, feed.epoch);
    let text = refusal(store.finish_rekey(&mut |_| {}).await);
    assert!(text.contains("no rekeying is under way"), "{text}");
    store.close().await.unwrap();

    let refused = reopen_with(&place, "master.key").err().unwrap();
    assert!(refused.to_string().contains("master key"), "{refused}");
    let store = reopen_with(&place, "new.key").unwrap();
    let replays = store
        .replays(&message("m-1"), &reference("lahde-1"))
        .await
        .unwrap();
    assert!(replays.by_message.is_some() && replays.by_reference.is_some());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_rekeying_that_broke_off_goes_on_and_ends_only_when_it_is_through() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    // It breaks off right after it began.
    let (old, new) = (place.master("master.key"), place.master("new.key"));
    let wrapped = store.engine.read(renewal::wrapped_keys).unwrap();
    let begun = wrapped.begin_rekey(&old, &new).unwrap();
    store
        .engine
        .submit(Work::Keys(Box::new(begun)))
        .await
        .unwrap();
    store.close().await.unwrap();

    let store = reopen_with(&place, "new.key").unwrap();
    let version = facts(&store, 1).await.customer.version + 1;
    store.commit(made(9, CHILD, version)).await.unwrap();
    assert_eq!(sealed_under(&store).await, [1, 2]);
    let text = refusal(store.finish_rekey(&mut |_| {}).await);
    assert!(
        text.contains("records are still sealed under the old key"),
        "{text}"
    );
    let other = place.master("other.key");
    let text = refusal(store.rekey(&other, &mut |_| {}).await);
    assert!(text.contains("another key file is under way"), "{text}");
    store.rekey(&new, &mut |_| {}).await.unwrap();
    assert_eq!(sealed_under(&store).await, [2]);
    let again = store.rekey(&new, &mut |_| {}).await.unwrap();
    assert_eq!(again.replaced, 0);
    store.finish_rekey(&mut |_| {}).await.unwrap();
    let text = refusal(store.rekey(&new, &mut |_| {}).await);
    assert!(text.contains("in use"), "{text}");
    assert_eq!(check(&store).await.findings, []);
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_never_notice_a_rekeying() {
    let place = Place::new();
    let store = Arc::new(place.open());
    lived(&store).await;
    for bits in 10..14 {
        let version = facts(&store, 1).await.customer.version + 1;
        store.commit(made(bits, CHILD, version)).await.unwrap();
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (10..14u8)
        .map(|bits| {
            let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut written: u64 = 0;
                while !is_over.load(Ordering::Relaxed) || written == 0 {
                    let mut new = event(0, bits.into(), date(2026, 3, 2), 10);
                    let mut id = [bits; 16];
                    id[8..].copy_from_slice(&written.to_be_bytes());
                    new.id = EventId::from_bytes(id);
                    // As a service does: decided anew until nothing has changed meanwhile.
                    loop {
                        let facts = facts(&store, bits.into()).await;
                        match store.commit(recorded(&facts, new.clone())).await {
                            Ok(()) => break,
                            Err(StoreError::Conflict) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    written += 1;
                }
                written
            })
        })
        .collect();
    store
        .rekey(&place.master("new.key"), &mut |_| {})
        .await
        .unwrap();
    is_over.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(sealed_under(&store).await, [2]);
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn what_was_sealed_before_the_keys_changed_is_a_conflict() {
    let place = Place::new();
    let store = place.open();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    let keyring = store.keyring();
    let late = change::prepare(&keyring, &made(2, OTHER, 1)).unwrap();
    store
        .rekey(&place.master("new.key"), &mut |_| {})
        .await
        .unwrap();
    let outcome = store.engine.submit(Work::Change(Box::new(late))).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    store.commit(made(2, OTHER, 1)).await.unwrap();
    assert_eq!(sealed_under(&store).await, [2]);
}

/// A view as another adapter has it, which opened its keys some time ago.
struct Elsewhere<'a> {
    view: &'a dyn View,
    keyring: &'a Keyring,
}

impl View for Elsewhere<'_> {
    fn keyring(&self) -> &Keyring {
        self.keyring
    }

    fn raw(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.view.raw(key)
    }

    fn range(&self, span: &Span, order: Order, most: usize) -> Result<Vec<Found>, StoreError> {
        self.view.range(span, order, most)
    }
}

#[tokio::test]
async fn another_adapter_takes_up_the_new_keys_by_itself() {
    let place = Place::new();
    let store = place.open();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    let master = place.master("master.key");
    let wrapped: WrappedKeys = store.engine.read(renewal::wrapped_keys).unwrap();
    let (follows, comes_late) = (
        wrapped.unwrap(&master).unwrap(),
        wrapped.unwrap(&master).unwrap(),
    );
    let reads = |keyring: &Keyring| {
        store.engine.read(|view| {
            let elsewhere = Elsewhere { view, keyring };
            renewal::following(&elsewhere, |view| {
                reads::replays(view, &message("m-1"), &reference("lahde-1"))
            })
        })
    };
    let wanted = reads(&follows).unwrap();
    assert!(wanted.by_reference.is_some());
    store
        .rekey(&place.master("new.key"), &mut |_| {})
        .await
        .unwrap();
    assert_eq!(reads(&follows).unwrap(), wanted);
    assert_eq!(follows.version(), 2);
    store.close().await.unwrap();

    // One that slept through it all is told what to do.
    let store = reopen_with(&place, "new.key").unwrap();
    store.finish_rekey(&mut |_| {}).await.unwrap();
    let reads = |keyring: &Keyring| {
        store.engine.read(|view| {
            let elsewhere = Elsewhere { view, keyring };
            renewal::following(&elsewhere, |view| {
                reads::replays(view, &message("m-1"), &reference("lahde-1"))
            })
        })
    };
    assert_eq!(reads(&follows).unwrap(), wanted);
    let error = reads(&comes_late).unwrap_err();
    assert!(
        matches!(&error, StoreError::Unavailable(text) if text.contains("put the new key file in place")),
        "{error}"
    );
}

#[tokio::test]
async fn records_of_an_earlier_format_are_read_and_written_anew() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let before = facts(&store, 1).await;
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    let keys = hand.keys(&Key::EMPTY);
    let mut older = 0;
    for key in keys.iter().filter(|key| **key != Key::meta(KEYS_NAME)) {
        let value = hand.raw(key);
        hand.put_raw(key, &records::in_format(0, key, &value[5..]));
        older += 1;
    }
    drop(hand);

    let store = place.open();
    assert_eq!(facts(&store, 1).await, before);
    // The record of the state is written with every batch.
    assert_eq!(figures(&store).await.formats, [(0, older), (1, 1)]);
    let walked = store.migrate(&mut |_| {}).await.unwrap();
    assert_eq!(walked.replaced, older);
    assert_eq!(figures(&store).await.formats, [(1, older + 1)]);
    assert_eq!(store.migrate(&mut |_| {}).await.unwrap().replaced, 0);
    assert_eq!(facts(&store, 1).await, before);
    assert_eq!(check(&store).await.findings, []);
    store.close().await.unwrap();
}

#[tokio::test]
async fn figures_count_what_there_is() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let figures = figures(&store).await;
    let report = check(&store).await;
    let counted: Vec<_> = figures
        .tables
        .iter()
        .map(|table| (table.name, table.records))
        .collect();
    assert_eq!(counted, report.tables);
    assert!(
        figures
            .tables
            .iter()
            .all(|table| (table.bytes > 0) == (table.records > 0))
    );
    assert_eq!(figures.back_end, "sled");
    assert!(figures.disk_bytes > 0);
    assert_eq!(figures.access_rows, report.access_rows);
    let records: u64 = figures.tables.iter().map(|table| table.records).sum();
    assert_eq!(figures.formats, [(1, records)]);
    assert!(figures.keys.seals >= figures.sealed_under[0].1);
    assert_eq!(figures.tables[0].name, Table::Meta.name());
}
