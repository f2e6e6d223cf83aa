//! Damaged records, failing disks and panics: told, never passed on as "not found", and final.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::registry::registry;
use super::*;
use crate::store::OrganiserEntry;
use crate::store::records::Engine;
use crate::store::records::keys::{Key, Table};
use crate::store::sled::engine;

/// Changes the raw value of every record of a table, behind the store's back.
fn tamper(place: &Place, table: Table, change: impl Fn(&mut Vec<u8>)) {
    let db = engine::config(place.store_path(), 1 << 20).open().unwrap();
    let mut records = 0;
    for found in db.scan_prefix(Key::table(table).as_bytes()) {
        let (key, value) = found.unwrap();
        let mut value = value.to_vec();
        change(&mut value);
        db.insert(key, value).unwrap();
        records += 1;
    }
    assert!(records > 0);
    db.flush().unwrap();
}

fn remove(place: &Place, table: Table) {
    let db = engine::config(place.store_path(), 1 << 20).open().unwrap();
    for key in db.scan_prefix(Key::table(table).as_bytes()).keys() {
        db.remove(key.unwrap()).unwrap();
    }
    db.flush().unwrap();
}

async fn filled() -> Place {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    store.close().await.unwrap();
    place
}

/// The first read that meets the damage names the table; everything after is refused.
async fn look_up_refused(place: &Place) -> String {
    let store = place.open();
    store.ready().unwrap();
    let outcome = try_grant_facts(&store, 1).await;
    let Err(StoreError::Corrupt(text)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(!text.contains(CHILD), "{text}");
    assert!(matches!(store.ready(), Err(StoreError::Unavailable(_))));
    let late = store.commit(Change::access_only(entry())).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    text
}

#[tokio::test]
async fn a_flipped_byte_is_told_with_its_table() {
    for (table, name) in [
        (Table::Grant, "\"purchasing power\""),
        (Table::Customer, "\"customer\""),
        (Table::Organiser, "\"organiser\""),
        (Table::Approval, "\"provider approval\""),
    ] {
        let place = filled().await;
        tamper(&place, table, |value| *value.last_mut().unwrap() ^= 1);
        let text = look_up_refused(&place).await;
        assert!(text.contains(name), "{text}");
        assert!(text.contains("does not match its checksum"), "{text}");
    }
}

#[tokio::test]
async fn a_record_of_a_later_format_is_told() {
    let place = filled().await;
    tamper(&place, Table::Provider, |value| {
        let key = Key::provider("9000001-1");
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&[2]);
        hasher.update(&(key.as_bytes().len() as u64).to_be_bytes());
        hasher.update(key.as_bytes());
        hasher.update(&value[5..]);
        value[0] = 2;
        value[1..5].copy_from_slice(&hasher.finalize().to_be_bytes());
    });
    let text = look_up_refused(&place).await;
    assert!(text.contains("has format 2"), "{text}");
}

#[tokio::test]
async fn a_grant_without_its_customer_is_damage_and_not_a_miss() {
    let place = filled().await;
    remove(&place, Table::Customer);
    let text = look_up_refused(&place).await;
    assert!(text.contains("\"customer\" is missing"), "{text}");
}

#[tokio::test]
async fn a_list_without_its_grant_and_a_message_without_its_answer_are_damage() {
    let place = filled().await;
    remove(&place, Table::Grant);
    let store = place.open();
    let child = person(CHILD);
    let facts = store.creation_facts(super::facts::query(&child)).await;
    assert!(matches!(facts, Err(StoreError::Corrupt(_))), "{facts:?}");
    store.close().await.unwrap_err();

    let place = filled().await;
    remove(&place, Table::AnswerByReference);
    let store = place.open();
    let replays = store.replays(&message("m-1"), &reference("other")).await;
    assert!(
        matches!(replays, Err(StoreError::Corrupt(_))),
        "{replays:?}"
    );
}

#[tokio::test]
async fn an_organiser_missing_from_the_registry_is_told_and_can_be_put_back() {
    let place = Place::new();
    let store = place.open();
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    let outcome = try_grant_facts(&store, 1).await;
    let Err(StoreError::Unavailable(text)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(text.contains("apply a registry that has it"), "{text}");
    store.ready().unwrap();
    store.put_registry(registry()).await.unwrap();
    assert!(found(&store, 1).await.is_some());
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_answered_until_the_store_was_opened_anew() {
    let place = Place::new();
    let fails = Arc::new(AtomicBool::new(false));
    let store = place.open_syncing_by(failing_sync(Arc::clone(&fails)));
    store.put_registry(registry()).await.unwrap();
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    fails.store(true, Ordering::SeqCst);
    let outcome = store.commit(creation(2, CHILD, 2)).await;
    let Err(StoreError::Unavailable(text)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(text.contains("could not be synced to the disk"), "{text}");
    assert!(text.contains("opens itself again"), "{text}");

    // As long as the disk fails, whatever is tried.
    let waited = std::time::Instant::now();
    while waited.elapsed() < Duration::from_millis(600) {
        assert!(matches!(store.ready(), Err(StoreError::Unavailable(_))));
        let read = try_grant_facts(&store, 1).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        let late = store.commit(creation(3, OTHER, 1)).await;
        assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    fails.store(false, Ordering::SeqCst);
    until_ready(&store).await;
    assert!(found(&store, 1).await.is_some());
    assert!(found(&store, 3).await.is_none());
    store.commit(creation(4, OTHER, 1)).await.unwrap();
    store.close().await.unwrap();

    let store = place.open();
    assert!(found(&store, 1).await.is_some() && found(&store, 4).await.is_some());
    assert!(found(&store, 3).await.is_none());
}

async fn until_ready(store: &SledStore) {
    for _ in 0..1200 {
        if store.ready().is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", store.ready());
}

#[tokio::test]
async fn what_was_read_of_the_registry_goes_with_the_sled_it_was_read_from() {
    let place = Place::new();
    let store = place.open();
    store.put_registry(registry()).await.unwrap();
    let entry = async || store.organiser(turku()).await.unwrap();
    assert!(matches!(entry().await, OrganiserEntry::Organiser(_)));
    let sled = &store.engine.sled;
    sled.suspend("a test says so");
    sled.drop_failed();
    let other = tempfile::tempdir().unwrap();
    sled.resume(engine::config(other.path(), 1 << 20).open().unwrap());
    assert_eq!(entry().await, OrganiserEntry::Unlisted);
}

#[tokio::test]
async fn a_store_that_lost_something_while_its_disk_failed_is_not_opened_again() {
    let place = Place::new();
    let fails = Arc::new(AtomicBool::new(false));
    let store = place.open_syncing_by(failing_sync(Arc::clone(&fails)));
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    store.commit(creation(2, CHILD, 2)).await.unwrap();
    fails.store(true, Ordering::SeqCst);
    store.commit(creation(3, OTHER, 1)).await.unwrap_err();
    // The disk lost what it had taken: all of the log behind its first kilobyte.
    let log = fs::OpenOptions::new()
        .write(true)
        .open(place.store_path().join("db"));
    log.unwrap().set_len(1000).unwrap();
    fails.store(false, Ordering::SeqCst);
    for _ in 0..1200 {
        let text = store.ready().unwrap_err().to_string();
        if text.contains("until a restart") {
            assert!(text.contains("estore the last backup"), "{text}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", store.ready());
}

#[tokio::test]
async fn damage_is_not_cured_by_opening_anew() {
    let place = filled().await;
    tamper(&place, Table::Grant, |value| {
        *value.last_mut().unwrap() ^= 1;
    });
    let store = place.open();
    try_grant_facts(&store, 1).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let text = store.ready().unwrap_err().to_string();
    assert!(text.contains("until a restart"), "{text}");
}

#[tokio::test]
async fn a_failed_sync_fails_every_commit_of_its_batch_and_queue() {
    let place = Place::new();
    let fails = Arc::new(AtomicBool::new(false));
    let store = Arc::new(place.open_syncing_by(failing_sync(Arc::clone(&fails))));
    fails.store(true, Ordering::SeqCst);
    let tasks: Vec<_> = (0..20)
        .map(|bits| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(creation(bits, CHILD, 1)).await })
        })
        .collect();
    for task in tasks {
        let outcome = task.await.unwrap();
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_panic_in_a_read_or_a_batch_becomes_an_error_and_shuts_the_store() {
    let place = Place::new();
    let store = place.open();
    let outcome: Result<(), StoreError> = store.engine.read(|_| panic!("as sled would"));
    let Err(StoreError::Unavailable(text)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(text.contains("the storage engine panicked"), "{text}");
    assert!(store.ready().is_err());
    let late = store.commit(creation(1, CHILD, 1)).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(store.close().await.is_err());
    place.open().close().await.unwrap();
}
