//! The purge of the access log: only its beginning goes, proven before it does, and what is left is proven from there.

use super::check::{assert_found, check};
use super::purge::{FIRST_DAY_DUE, beginning, of, order, purge};
use super::tamper::Hand;
use super::*;
use crate::domain::retention::RetentionClass;
use crate::store::audit::{AccessHead, Broken};
use crate::store::records::keys::{Key, Table};
use crate::store::upkeep::Upkeep;

/// Rows of the access log at one instant a row, and the heads after each.
async fn logged(store: &TheStore, rows: u32) -> Vec<AccessHead> {
    let mut heads = vec![store.access_head().await.unwrap()];
    for row in 0..rows {
        let mut access = entry();
        access.at = beginning(date(2026, 12, 31))
            .checked_add(jiff::SignedDuration::from_hours(i64::from(row)))
            .unwrap();
        store.commit(Change::access_only(access)).await.unwrap();
        heads.push(store.access_head().await.unwrap());
    }
    heads
}

#[tokio::test]
async fn the_log_is_proven_from_where_it_is_purged_and_compared_with_every_head_since() {
    let place = Place::new();
    let store = place.open();
    // Rows 24 and on are of 2027.
    let heads = logged(&store, 30).await;
    let purged = purge(&store, order(FIRST_DAY_DUE)).await;
    assert_eq!(of(&purged, RetentionClass::AccessLog), (24, 0));
    assert_eq!(store.access_start().await.unwrap(), heads[24]);
    for (rows, head) in heads.iter().enumerate() {
        let verdict = store.verify_access(Some(*head)).await.unwrap();
        assert_eq!(verdict.start, heads[24]);
        let broken = verdict.breach.map(|breach| breach.broken);
        assert_eq!(broken, (rows < 24).then_some(Broken::Purged), "{rows}");
    }
    let mut other = heads[24];
    other.link[0] ^= 1;
    let verdict = store.verify_access(Some(other)).await.unwrap();
    assert_eq!(verdict.breach.unwrap().broken, Broken::OtherChain);
    assert_eq!(check(&store).await.findings, []);
    // A row more taken away at the beginning is missing, whoever did it.
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    hand.remove(&Key::access(24));
    drop(hand);
    let store = place.open();
    let verdict = store.verify_access(None).await.unwrap();
    let breach = verdict.breach.unwrap();
    assert_eq!((breach.position, breach.broken), (24, Broken::Missing));
}

#[tokio::test]
async fn a_log_that_is_broken_is_not_purged() {
    let place = Place::new();
    let store = place.open();
    logged(&store, 3).await;
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    let (row, mut plain) = hand.access_row(1);
    *plain.last_mut().unwrap() ^= 1;
    hand.put_access_row(1, row.link, &plain);
    drop(hand);
    let store = place.open();
    let refused = store.purge(order(FIRST_DAY_DUE), &mut |_| {}).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("broken at position 1"), "{told}");
    assert_eq!(store.access_start().await.unwrap(), AccessHead::EMPTY);
}

#[tokio::test]
async fn a_damaged_proof_is_found_and_shuts_nothing() {
    let place = Place::new();
    let store = place.open();
    logged(&store, 3).await;
    purge(&store, order(FIRST_DAY_DUE)).await;
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    let key = hand.keys(&Key::table(Table::PurgeProof)).remove(0);
    let mut value = hand.raw(&key);
    *value.last_mut().unwrap() ^= 1;
    hand.put_raw(&key, &value);
    drop(hand);
    let store = place.open();
    let found = check(&store).await.findings;
    assert_found(&found, Table::PurgeProof, "", "does not match its checksum");
    let unproven = "where the log begins cannot be read";
    assert_found(&found, Table::Access, "position 0", unproven);
    store.ready().expect("a finding shuts nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_purges_at_once_none_spoils_the_other() {
    for round in 0..5 {
        let place = Place::new();
        let store = std::sync::Arc::new(place.open());
        for _ in 0..100 {
            store.commit(Change::access_only(entry())).await.unwrap();
        }
        let purging = [(); 2].map(|()| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move { store.purge(order(FIRST_DAY_DUE), &mut |_| {}).await })
        });
        let mut done = 0;
        for one in purging {
            match one.await.unwrap() {
                Ok(_) => done += 1,
                Err(StoreError::Refused(told)) => assert!(told.contains("another purge"), "{told}"),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(done > 0, "round {round}: one of them is not in its own way");
        purge(&store, order(FIRST_DAY_DUE)).await;
        let verdict = store.verify_access(None).await.unwrap();
        assert_eq!(verdict.breach, None, "round {round}");
        // The rows that purges leave are of their own time, which is not due.
        assert_eq!(
            store.access_start().await.unwrap().rows,
            100,
            "round {round}"
        );
        let proofs = store.purge_proofs().await.unwrap();
        let told: u64 = proofs.iter().map(|proof| proof.objects).sum();
        assert_eq!(told, 100, "round {round}: counted once");
        assert_eq!(check(&store).await.findings, []);
    }
}
