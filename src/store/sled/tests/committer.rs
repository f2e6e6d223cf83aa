//! When a commit answers, seen from inside: what waits for the sync, what a full queue refuses, how closing ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

async fn start(store: &Arc<SledStore>, change: Change) -> JoinHandle<Result<(), StoreError>> {
    let store = Arc::clone(store);
    let task = tokio::spawn(async move { store.commit(change).await });
    // The test runs on one thread: the task runs up to its answer.
    tokio::task::yield_now().await;
    task
}

#[tokio::test]
async fn of_two_conflicting_changes_in_one_batch_one_is_kept_and_both_wait_for_the_sync() {
    let place = Place::new();
    let (sync_log, gate) = Gate::new();
    let store = Arc::new(place.open_syncing_by(sync_log));
    gate.wait_for_sync();
    let warm_up = start(&store, creation(1, CHILD, 1)).await;
    gate.wait_for_sync();
    let mut first = start(&store, creation(2, CHILD, 2)).await;
    let mut second = start(&store, creation(3, CHILD, 2)).await;
    let third = start(&store, creation(4, CHILD, 3)).await;
    gate.let_pass();
    warm_up.await.unwrap().unwrap();

    gate.wait_for_sync();
    let short = Duration::from_millis(50);
    assert!(timeout(short, &mut first).await.is_err());
    assert!(timeout(short, &mut second).await.is_err());
    gate.let_pass();
    first.await.unwrap().unwrap();
    assert!(matches!(second.await.unwrap(), Err(StoreError::Conflict)));
    third.await.unwrap().unwrap();
    assert!(
        gate.waiting.try_recv().is_err(),
        "the three shared one sync"
    );
}

#[tokio::test]
async fn one_commit_more_than_the_queue_holds_is_refused_at_once() {
    let mut place = Place::new();
    place.options.commit_queue_max = 2;
    let (sync_log, gate) = Gate::new();
    let store = Arc::new(place.open_syncing_by(sync_log));
    gate.wait_for_sync();
    let taken = start(&store, creation(1, CHILD, 1)).await;
    gate.wait_for_sync();
    let queued = [
        start(&store, creation(2, CHILD, 2)).await,
        start(&store, creation(3, CHILD, 3)).await,
    ];
    let outcome = store.commit(creation(4, CHILD, 4)).await;
    assert!(matches!(outcome, Err(StoreError::Busy)), "{outcome:?}");
    drop(gate);
    taken.await.unwrap().unwrap();
    for task in queued {
        task.await.unwrap().unwrap();
    }
    store.commit(creation(4, CHILD, 4)).await.unwrap();
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_is_done_once() {
    let place = Place::new();
    let (sync_log, gate) = Gate::new();
    let store = Arc::new(place.open_syncing_by(sync_log));
    gate.wait_for_sync();
    let taken = start(&store, creation(1, CHILD, 1)).await;
    gate.wait_for_sync();
    let queued = start(&store, creation(2, CHILD, 2)).await;
    let closing = store.close();
    assert!(store.ready().is_err());
    let late = store.commit(creation(3, CHILD, 3)).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))));
    assert!(store.registry().await.is_err());
    drop(gate);
    closing.await.unwrap();
    store.close().await.unwrap();
    taken.await.unwrap().unwrap();
    queued.await.unwrap().unwrap();

    let store = place.open();
    let replays = store.replays(&message("m-2"), &reference("none")).await;
    assert!(replays.unwrap().by_message.is_some());
}
