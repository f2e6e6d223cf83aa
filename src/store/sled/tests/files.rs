//! What opening accepts and what it refuses: other processes, other keys, older and empty stores.

use std::os::unix::fs::PermissionsExt;

use super::history::{effect, facts, lived, placed};
use super::registry::registry;
use super::*;
use crate::store::sled::engine;
use crate::store::{Before, EventWrite};

async fn commit_some(store: &SledStore, numbers: std::ops::Range<u64>) {
    for bits in numbers {
        store.commit(creation(bits, CHILD, bits + 1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_new_store_is_for_its_owner_only_and_has_its_guard() {
    let place = Place::new();
    let store = place.open();
    let mode = fs::metadata(place.store_path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    let head = fs::read_to_string(place.store_path().join("head")).unwrap();
    assert!(
        head.starts_with("psop-store-head 1 sequence=1 records=0 "),
        "{head}"
    );
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_guard_follows_within_seconds_and_at_the_close() {
    let place = Place::new();
    let store = place.open();
    let head = || fs::read_to_string(place.store_path().join("head")).unwrap();
    commit_some(&store, 0..3).await;
    for _ in 0..100 {
        if head().contains("sequence=4 ") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Customer, and for each grant itself, its index row, two answers with theirs, and the access row.
    assert!(head().contains("sequence=4 records=19 "), "{}", head());
    commit_some(&store, 3..4).await;
    store.close().await.unwrap();
    assert!(head().contains("sequence=5 records=25 "), "{}", head());
}

#[tokio::test]
async fn the_count_of_records_is_that_of_the_records() {
    let place = Place::new();
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    commit_some(&store, 0..5).await;
    store
        .put_registry(super::registry::smaller_registry())
        .await
        .unwrap();
    store.close().await.unwrap();
    let head = fs::read_to_string(place.store_path().join("head")).unwrap();
    let db = engine::config(place.store_path(), 1 << 20).open().unwrap();
    let meta_records = 2;
    let records = format!(" records={} ", db.len() - meta_records);
    assert!(head.contains(&records), "{head}{records}");
}

#[tokio::test]
async fn a_second_opening_is_refused_and_named() {
    let place = Place::new();
    let store = place.open();
    let text = place.refusal();
    assert!(
        text.contains("in use by another process (a running server?)"),
        "{text}"
    );
    store.commit(creation(1, CHILD, 1)).await.unwrap();
    store.close().await.unwrap();
    place.open().close().await.unwrap();
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let place = Place::new();
    place.open().close().await.unwrap();
    let other = place.master("other.key");
    let error = SledStore::open(&place.options, &other).err().unwrap();
    assert!(
        error
            .to_string()
            .contains("use the key file that the store was made with"),
        "{error}"
    );
    place.open().close().await.unwrap();
}

#[tokio::test]
async fn an_older_copy_put_back_is_refused() {
    let place = Place::new();
    let store = place.open();
    commit_some(&store, 0..3).await;
    store.close().await.unwrap();
    let copy = place.folder.path().join("copy");
    copy_folder(place.store_path(), &copy);
    let store = place.open();
    commit_some(&store, 3..10).await;
    store.close().await.unwrap();

    let head = fs::read(place.store_path().join("head")).unwrap();
    fs::remove_dir_all(place.store_path()).unwrap();
    copy_folder(&copy, place.store_path());
    fs::write(place.store_path().join("head"), head).unwrap();
    let text = place.refusal();
    assert!(
        text.contains("the last 7 of 11 commits are missing"),
        "{text}"
    );
    assert!(text.contains("Restore the last backup"), "{text}");

    fs::remove_file(place.store_path().join("head")).unwrap();
    let store = place.open();
    commit_some(&store, 3..4).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_emptied_store_is_refused() {
    let place = Place::new();
    let store = place.open();
    commit_some(&store, 0..3).await;
    store.close().await.unwrap();
    let files: Vec<_> = fs::read_dir(place.store_path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| !path.ends_with("head"))
        .collect();
    for path in files {
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    let text = place.refusal();
    assert!(text.contains("all of them are missing"), "{text}");
    let left: Vec<_> = fs::read_dir(place.store_path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing was made beside the guard");

    drop(engine::config(place.store_path(), 1 << 20).open().unwrap());
    let text = place.refusal();
    assert!(text.contains("had 19 records after 4 commits"), "{text}");
}

#[tokio::test]
async fn a_log_that_was_cut_is_refused() {
    let place = Place::new();
    let store = place.open();
    commit_some(&store, 0..20).await;
    store.close().await.unwrap();
    for name in ["db", "conf"] {
        let path = place.store_path().join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len().min(3000) / 2]).unwrap();
    }
    let text = place.refusal();
    assert!(text.contains("estore the last backup"), "{text}");
}

#[tokio::test]
async fn a_lost_guard_is_written_again_and_a_damaged_one_is_refused() {
    let place = Place::new();
    let store = place.open();
    commit_some(&store, 0..2).await;
    store.close().await.unwrap();
    let head = place.store_path().join("head");
    let whole = fs::read(&head).unwrap();
    fs::remove_file(&head).unwrap();
    place.open().close().await.unwrap();
    assert_eq!(fs::read(&head).unwrap(), whole);

    for damaged in [&b""[..], b"\xff\xfe", &whole[..whole.len() - 3]] {
        fs::write(&head, damaged).unwrap();
        assert!(place.refusal().contains("is damaged"));
    }
}

#[tokio::test]
async fn a_store_without_its_meta_record_is_refused() {
    let place = Place::new();
    let store = place.open();
    commit_some(&store, 0..2).await;
    store.close().await.unwrap();
    fs::remove_file(place.store_path().join("head")).unwrap();
    {
        let db = engine::config(place.store_path(), 1 << 20).open().unwrap();
        db.remove(crate::store::records::keys::Key::meta("state").as_bytes())
            .unwrap();
        db.flush().unwrap();
    }
    assert!(place.refusal().contains("table \"meta\" is missing"));
}

/// sled writes a page above a quarter of a segment into a file that it never syncs.
#[tokio::test]
async fn pages_of_the_largest_records_stay_in_the_log() {
    let place = Place::new();
    let store = place.open();
    let mut registry = super::registry::registry();
    let sample = registry.providers[0].clone();
    for index in 0..200_u32 {
        let mut provider = sample.clone();
        provider.name = "x".repeat(65_000);
        provider.business_id = valid_business_id(index);
        registry.providers.push(provider);
    }
    store.put_registry(registry.clone()).await.unwrap();
    for provider in &mut registry.providers {
        provider.name.push('y');
    }
    store.put_registry(registry).await.unwrap();
    store.close().await.unwrap();
    let blobs = fs::read_dir(place.store_path().join("blobs")).unwrap();
    assert_eq!(blobs.count(), 0);
}

pub(super) fn valid_business_id(index: u32) -> BusinessId {
    (0..100)
        .find_map(|ending| {
            BusinessId::parse(&format!(
                "{:06}{}-{}",
                100_000 + index,
                ending / 10,
                ending % 10
            ))
            .ok()
        })
        .unwrap()
}

#[tokio::test]
async fn the_count_of_records_follows_events_that_come_change_and_move() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let read = facts(&store, 1).await;
    let before = placed(&store, 1, 2).await;
    let mut moved = before.event.clone();
    moved.service_date = date(2026, 3, 30);
    let write = EventWrite {
        event: moved,
        before: Some(Before::of(&before)),
    };
    store
        .commit(effect(&read, vec![], vec![write]))
        .await
        .unwrap();
    store.close().await.unwrap();
    let head = fs::read_to_string(place.store_path().join("head")).unwrap();
    let db = crate::store::sled::engine::config(place.store_path(), 1 << 20)
        .open()
        .unwrap();
    let records = format!(" records={} ", db.len() - 2);
    assert!(head.contains(&records), "{head}{records}");
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
async fn a_record_of_no_table_is_found() {
    let strange = Key::from_stored(b"\x77strange");
    let found = super::check::findings(|hand| hand.put_raw(&strange, b"?")).await;
    assert!(
        found
            .iter()
            .any(|finding| finding.what.contains("in no table")),
        "{found:?}"
    );
}
