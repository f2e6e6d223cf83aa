//! Backups that are made while others write, what is made of them, and copies.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::check::check;
use super::history::{event, facts, lived, made, record, recorded};
use super::*;
use crate::store::records::keys::{Key, Table};
use crate::store::records::sweep::Sweep;
use crate::store::records::{Engine, Found};
use crate::store::sled::sweep::{NOTED_KEYS_MAX, SledSweep, note_in};
use crate::store::upkeep::{
    BackupNext, BackupPlace, BackupTurn, Restored, Upkeep, restore, verify,
};

/// The rest of a piece, and whether it is the last one.
async fn piece(store: &SledStore, turn: BackupTurn, bytes: &mut Vec<u8>) -> bool {
    loop {
        match store.backup_next(turn).await.unwrap() {
            BackupNext::Frame(frame) => bytes.extend(frame),
            BackupNext::PieceEnd => return false,
            BackupNext::End => return true,
        }
    }
}

/// A whole backup.
async fn backup(store: &SledStore) -> Vec<u8> {
    let mut bytes = Vec::new();
    let turn = store.backup_piece(None).await.unwrap().unwrap();
    rest(store, turn, &mut bytes).await;
    bytes
}

/// From a piece to the end.
async fn rest(store: &SledStore, mut turn: BackupTurn, bytes: &mut Vec<u8>) {
    while !piece(store, turn, bytes).await {
        let next = BackupPlace {
            piece: turn.place.piece + 1,
            ..turn.place
        };
        turn = store.backup_piece(Some(next)).await.unwrap().unwrap();
    }
}

/// A place beside another, for a store with the same master key.
fn beside(place: &Place, name: &str) -> Options {
    Options {
        path: place.folder.path().join(name),
        ..place.options.clone()
    }
}

fn restored(place: &Place, backup: &[u8], target: &Options) -> Result<Restored, StoreError> {
    verify(backup, &place.master("master.key"), &mut |_| {})?;
    restore(backup, SledStore::fill(target)?, &mut |_| {})
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> String {
    match outcome {
        Err(StoreError::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// Everything but what a restore changes.
fn all_records(store: &SledStore) -> Vec<Found> {
    let all = store.engine.read(|view| view.scan(&Key::EMPTY)).unwrap();
    all.into_iter()
        .filter(|(key, _)| key.in_table() != Some(Table::Meta))
        .collect()
}

fn event_of(bits: u64, index: u64) -> crate::domain::service_event::ServiceEvent {
    let mut new = event(0, bits, date(2026, 3, 2), 10);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&bits.to_be_bytes());
    id[8..].copy_from_slice(&index.to_be_bytes());
    new.id = EventId::from_bytes(id);
    new
}

/// A store with so many grants of one customer, and events on the first.
async fn granted(place: &Place, grants: u64, events: u64) -> SledStore {
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    for bits in 1..=grants {
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    }
    for index in 0..events {
        record(&store, event_of(1, 1_000_000 + index)).await;
    }
    store
}

/// Events that the access log names, up to a row.
async fn events_in_log(store: &SledStore, rows: u64) -> BTreeSet<EventId> {
    let mut found = BTreeSet::new();
    let mut next = 0;
    while next < rows {
        let most = usize::try_from(rows - next).unwrap().min(500);
        let read = store.access_rows(next, most).await.unwrap();
        next = read.last().unwrap().position + 1;
        for row in read {
            found.extend(row.events);
        }
    }
    found
}

/// Each of 64 writers records events on a grant of its own, and each answer is counted before the next is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_made_while_64_writers_run_is_one_point_of_the_acknowledged_history() {
    const WRITERS: u64 = 64;
    let place = Place::new();
    let store = Arc::new(granted(&place, WRITERS, 150).await);
    let is_over = Arc::new(AtomicBool::new(false));
    let acknowledged: Arc<Mutex<BTreeSet<EventId>>> = Arc::default();
    let begun: Arc<Mutex<BTreeSet<EventId>>> = Arc::default();
    let answers = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (1..=WRITERS)
        .map(|bits| {
            let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
            let (acknowledged, begun) = (Arc::clone(&acknowledged), Arc::clone(&begun));
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let mut index = 0;
                while !is_over.load(Ordering::SeqCst) {
                    let new = event_of(bits, index);
                    let id = new.id;
                    let mut change = recorded(&facts(&store, bits).await, new);
                    change.access.events = vec![id];
                    begun.lock().unwrap().insert(id);
                    store.commit(change).await.unwrap();
                    acknowledged.lock().unwrap().insert(id);
                    answers.fetch_add(1, Ordering::SeqCst);
                    index += 1;
                }
            })
        })
        .collect();
    let acknowledged_at_begin = acknowledged.lock().unwrap().clone();
    let mut bytes = Vec::new();
    let mut turn = store.backup_piece(None).await.unwrap().unwrap();
    let mut frames = 0;
    loop {
        // Somebody is answered between any two frames, however fast they are made.
        let seen = answers.load(Ordering::SeqCst);
        while frames < 12 && answers.load(Ordering::SeqCst) < seen + 20 {
            tokio::task::yield_now().await;
        }
        match store.backup_next(turn).await.unwrap() {
            BackupNext::Frame(frame) => bytes.extend(frame),
            BackupNext::PieceEnd => {
                let place = BackupPlace {
                    piece: turn.place.piece + 1,
                    ..turn.place
                };
                turn = store.backup_piece(Some(place)).await.unwrap().unwrap();
            }
            BackupNext::End => break,
        }
        frames += 1;
    }
    let begun_at_end = begun.lock().unwrap().clone();
    is_over.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }

    let target = beside(&place, "elsewhere");
    let proven = verify(&bytes[..], &place.master("master.key"), &mut |_| {}).unwrap();
    let made = restored(&place, &bytes, &target).unwrap();
    assert_eq!(made.sequence, proven.sequence);
    let there = SledStore::open(&target, &place.master("master.key")).unwrap();
    let report = check(&there).await;
    assert_eq!(report.findings, []);
    assert!(report.was_quiet);
    // Its log is the beginning of the log here, link by link: one point of this history.
    let head = there.access_head().await.unwrap();
    let verdict = store.verify_access(Some(head)).await.unwrap();
    assert_eq!(verdict.breach, None);
    assert!(head.rows < store.access_head().await.unwrap().rows);
    // What is there is what that log names, no more and no less.
    let named: BTreeSet<EventId> = events_in_log(&store, head.rows).await;
    let fixed = entry().events[0];
    let mut found = BTreeSet::new();
    for bits in 1..=WRITERS {
        let facts = facts(&there, bits).await;
        found.extend(facts.events.into_iter().map(|placed| placed.event.id));
    }
    let planted = |id: &&EventId| id.as_bytes()[8..] >= 1_000_000u64.to_be_bytes()[..];
    let written: BTreeSet<EventId> = found.iter().filter(|id| !planted(id)).copied().collect();
    let named: BTreeSet<EventId> = named.into_iter().filter(|id| *id != fixed).collect();
    assert_eq!(written, named);
    assert!(acknowledged_at_begin.is_subset(&written));
    assert!(written.is_subset(&begun_at_end));
    assert!(written.len() > 100, "{}", written.len());
    assert_ne!(
        there.feed_head().await.unwrap().epoch,
        store.feed_head().await.unwrap().epoch
    );
    there.close().await.unwrap();
}

#[tokio::test]
async fn a_backup_that_broke_off_goes_on_after_its_last_whole_piece() {
    let place = Place::new();
    let store = granted(&place, 40, 300).await;
    let mut kept = Vec::new();
    let first = store.backup_piece(None).await.unwrap().unwrap();
    assert!(!piece(&store, first, &mut kept).await);
    let place_of = |piece| BackupPlace {
        piece,
        ..first.place
    };
    // Changed behind the reading.
    for bits in 1..=40 {
        record(&store, event_of(bits, 7)).await;
    }
    let mut last = 2;
    loop {
        // Each piece is lost once, the last one with all that changed and the end; then something more changes.
        let lost = store.backup_piece(Some(place_of(last))).await.unwrap();
        piece(&store, lost.unwrap(), &mut Vec::new()).await;
        record(&store, event_of(3, 100 + last)).await;
        let again = store.backup_piece(Some(place_of(last))).await.unwrap();
        let text = refusal(store.backup_next(lost.unwrap()).await);
        assert!(text.contains("another backup was begun"), "{text}");
        if piece(&store, again.unwrap(), &mut kept).await {
            break;
        }
        last += 1;
    }

    let target = beside(&place, "elsewhere");
    restored(&place, &kept, &target).unwrap();
    let there = SledStore::open(&target, &place.master("master.key")).unwrap();
    assert_eq!(all_records(&there), all_records(&store));
    assert_eq!(check(&there).await.findings, []);
    there.close().await.unwrap();

    // Whoever says that all has arrived ends it; nothing else is known.
    for piece in [1, last + 2] {
        assert_eq!(
            store.backup_piece(Some(place_of(piece))).await.unwrap(),
            None
        );
    }
    assert_eq!(
        store.backup_piece(Some(place_of(last + 1))).await.unwrap(),
        None
    );
    assert_eq!(
        store.backup_piece(Some(place_of(last))).await.unwrap(),
        None
    );
    let unknown = BackupPlace {
        id: [1; 16],
        piece: 2,
    };
    assert_eq!(store.backup_piece(Some(unknown)).await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_backup_makes_no_store() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let bytes = backup(&store).await;
    let target = beside(&place, "elsewhere");
    for index in (0..bytes.len()).step_by(bytes.len() / 60) {
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        refusal(restored(&place, &changed, &target));
        refusal(restored(&place, &bytes[..index], &target));
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    refusal(restored(&place, &longer, &target));
    assert!(!target.path.exists());
    // Another store's keys cannot have made it.
    let other = place.master("other.key");
    let text = refusal(verify(&bytes[..], &other, &mut |_| {}));
    assert!(text.contains("master key"), "{text}");
    restored(&place, &bytes, &target).unwrap();
}

#[tokio::test]
async fn a_half_filled_place_is_no_store_and_is_filled_anew() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let bytes = backup(&store).await;
    let target = beside(&place, "elsewhere");
    let mut half = SledStore::fill(&target).unwrap();
    let records = all_records(&store);
    half.0.load(records[..records.len() / 2].to_vec()).unwrap();
    half.0
        .load(vec![(Key::access(u64::MAX), b"left over".to_vec())])
        .unwrap();
    drop(half);
    let error = SledStore::open(&target, &place.master("master.key"))
        .err()
        .unwrap();
    assert!(error.to_string().contains("was being filled"), "{error}");
    restored(&place, &bytes, &target).unwrap();
    let there = SledStore::open(&target, &place.master("master.key")).unwrap();
    assert_eq!(all_records(&there), records);
    assert_eq!(check(&there).await.findings, []);
    there.close().await.unwrap();
    // A store that is there is not touched.
    let text = refusal(restored(&place, &bytes, &target));
    assert!(text.contains("there is a store"), "{text}");
    fs::remove_file(target.path.join("head")).unwrap();
    let text = refusal(restored(&place, &bytes, &target));
    assert!(text.contains("there is a store"), "{text}");
    let there = SledStore::open(&target, &place.master("master.key")).unwrap();
    assert_eq!(all_records(&there), records);
    there.close().await.unwrap();
}

#[tokio::test]
async fn a_copy_holds_the_same_and_keeps_the_epoch() {
    let place = Place::new();
    let store = granted(&place, 3, 20).await;
    let target = beside(&place, "copy");
    let master = place.master("master.key");
    let copied = store
        .copy_into(SledStore::fill(&target).unwrap(), &master, &mut |_| {})
        .await
        .unwrap();
    let there = SledStore::open(&target, &master).unwrap();
    assert_eq!(all_records(&there), all_records(&store));
    assert_eq!(copied.records, all_records(&store).len() as u64 + 2);
    assert_eq!(
        there.feed_head().await.unwrap(),
        store.feed_head().await.unwrap()
    );
    assert_eq!(check(&there).await.findings, []);
    there.close().await.unwrap();

    // Not one that its own key file would not open, and not while something is written.
    let target = beside(&place, "another");
    let other = place.master("other.key");
    let fill = SledStore::fill(&target).unwrap();
    let text = refusal(store.copy_into(fill, &other, &mut |_| {}).await);
    assert!(text.contains("master key"), "{text}");
    let fill = SledStore::fill(&target).unwrap();
    let (sender, receiver) = channel();
    let mut told = |_| sender.send(()).unwrap();
    let mut copy = store.copy_into(fill, &master, &mut told);
    // It stops after its first piece.
    let waited = std::future::poll_fn(|context| {
        std::task::Poll::Ready(copy.as_mut().poll(context).is_pending())
    });
    assert!(waited.await);
    receiver.try_recv().unwrap();
    record(&store, event_of(2, 5)).await;
    let text = refusal(copy.await);
    assert!(text.contains("something was written"), "{text}");
    assert!(SledStore::open(&target, &master).is_err());
}

#[tokio::test]
async fn more_changes_than_can_be_noted_end_a_reading() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let mut sweep = SledSweep::begin(&store.engine.sled);
    let read = sweep.piece(None, 10_000).unwrap();
    assert!(read.len() < 10_000);
    let keys: Vec<Key> = (0..NOTED_KEYS_MAX as u64).map(Key::access).collect();
    note_in(&sweep, &keys);
    assert_eq!(sweep.waiting(), NOTED_KEYS_MAX);
    assert!(!sweep.changed().unwrap().is_last);
    note_in(&sweep, &keys);
    note_in(&sweep, &[Key::access(u64::MAX)]);
    let text = refusal(sweep.changed().map(|_| ()));
    assert!(text.contains("changed behind the reading"), "{text}");
    assert_eq!(sweep.waiting(), 0);
}

/// What is applied may be read before its sync, and be lost with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_ends_only_when_all_that_is_in_it_is_durable() {
    let place = Place::new();
    let (sync_log, gate) = Gate::new();
    let store = Arc::new(place.open_syncing_by(sync_log));
    gate.wait_for_sync();
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.commit(creation(1, CHILD, 1)).await })
    };
    gate.wait_for_sync();
    let turn = store.backup_piece(None).await.unwrap().unwrap();
    let mut bytes = Vec::new();
    let mut next = store.backup_next(turn);
    loop {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(match next.as_mut().poll(context) {
                std::task::Poll::Ready(next) => Some(next.unwrap()),
                std::task::Poll::Pending => None,
            })
        });
        match polled.await {
            Some(BackupNext::Frame(frame)) => bytes.extend(frame),
            Some(other) => panic!("it ended before the sync: {other:?}"),
            None => break,
        }
        next = store.backup_next(turn);
    }
    // The grant was read already.
    assert!(!writer.is_finished());
    gate.let_pass();
    let BackupNext::Frame(end) = next.await.unwrap() else {
        panic!("there is no end");
    };
    bytes.extend(end);
    assert_eq!(store.backup_next(turn).await.unwrap(), BackupNext::End);
    writer.await.unwrap().unwrap();
    let proven = verify(&bytes[..], &place.master("master.key"), &mut |_| {}).unwrap();
    assert_eq!(proven.sequence, 2);
    drop(gate);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_backup_that_nobody_goes_on_with_is_forgotten() {
    use crate::store::records::backup::forget_idle;
    let place = Place::new();
    let store = granted(&place, 40, 300).await;
    let first = store.backup_piece(None).await.unwrap().unwrap();
    assert!(!piece(&store, first, &mut Vec::new()).await);
    let hour = Duration::from_secs(3600);
    assert!(forget_idle(&store.backup, hour).unwrap() <= hour);
    let next = BackupPlace {
        piece: 2,
        ..first.place
    };
    assert!(store.backup_piece(Some(next)).await.unwrap().is_some());
    assert_eq!(forget_idle(&store.backup, Duration::ZERO), None);
    assert_eq!(store.backup_piece(Some(next)).await.unwrap(), None);
    assert_eq!(forget_idle(&store.backup, hour), None);
}
