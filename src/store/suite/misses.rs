//! Misses: their order, what one that was not seen does, and how they go.

use super::*;
use crate::store::{Miss, NewMiss};

/// A miss by one who has seen `newest_seen`.
fn missed(client: ClientId, miss: Miss, newest_seen: Option<Miss>) -> Change {
    let mut access = entry();
    access.client = client;
    Change {
        miss: Some(NewMiss { miss, newest_seen }),
        ..Change::access_only(access)
    }
}

fn miss(at: i64, machine_at: i64) -> Miss {
    Miss {
        at: instant(at),
        machine_at: instant(machine_at),
    }
}

/// Commits a miss as a caller does who has just looked.
async fn add(store: &TheStore, client: ClientId, miss: Miss) {
    let seen = store.misses(&client, 1).await.unwrap();
    let change = missed(client, miss, seen.first().copied());
    store.commit(change).await.unwrap();
}

#[tokio::test]
async fn misses_come_newest_first_and_of_one_client_only() {
    let place = Place::new();
    let store = place.open();
    for second in [3, 1, 2, 2] {
        add(&store, client(), miss(second, 10)).await;
    }
    add(&store, client().member(), miss(9, 9)).await;
    let times = async |most| {
        let misses = store.misses(&client(), most).await.unwrap();
        misses.iter().map(|miss| miss.at).collect::<Vec<_>>()
    };
    assert_eq!(times(10).await, [3, 2, 2, 1].map(instant));
    assert_eq!(times(2).await, [3, 2].map(instant));
}

#[tokio::test]
async fn misses_go_when_both_clocks_are_past_a_day_and_32_at_a_time() {
    const DAY: i64 = 24 * 3600;
    let place = Place::new();
    let store = place.open();
    for second in 0..40 {
        add(&store, client(), miss(second, second)).await;
    }
    let kept = async || store.misses(&client(), 100).await.unwrap().len();
    add(&store, client(), miss(3 * DAY, 39)).await;
    assert_eq!(kept().await, 41, "the machine's clock has not moved on");
    add(&store, client(), miss(DAY, DAY)).await;
    assert_eq!(kept().await, 42, "a day old is not past a day");
    add(&store, client(), miss(3 * DAY, 3 * DAY)).await;
    assert_eq!(kept().await, 43 - 32);
    add(&store, client(), miss(3 * DAY, 3 * DAY)).await;
    assert_eq!(kept().await, 44 - 32 - 9);
}

#[tokio::test]
async fn a_miss_whose_writer_has_not_seen_the_newest_is_a_conflict() {
    let place = Place::new();
    let store = place.open();
    let (first, second) = (miss(1, 1), miss(2, 2));
    let commit = async |new, seen| store.commit(missed(client(), new, seen)).await;
    assert!(matches!(
        commit(first, Some(second)).await,
        Err(StoreError::Conflict)
    ));
    commit(first, None).await.unwrap();
    assert!(matches!(
        commit(second, None).await,
        Err(StoreError::Conflict)
    ));
    // Queued together as well: of three that saw the same, one is kept.
    let all = [second, miss(3, 3), miss(2, 4)];
    let outcomes = tokio::join!(
        commit(all[0], Some(first)),
        commit(all[1], Some(first)),
        commit(all[2], Some(first)),
    );
    assert!(outcomes.0.is_ok());
    assert!(matches!(outcomes.1, Err(StoreError::Conflict)));
    assert!(matches!(outcomes.2, Err(StoreError::Conflict)));
    assert_eq!(store.misses(&client(), 9).await.unwrap(), [second, first]);
    commit(miss(3, 3), Some(second)).await.unwrap();
}
