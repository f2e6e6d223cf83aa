//! What the walk along the access log's chain finds: naive edits by their checksum, careful ones, by someone
//! who has every key but the audit chain's, by the chain; and what only an earlier head shows.

use super::tamper::Hand;
use super::*;
use crate::store::audit::{AccessHead, AccessVerdict, Broken};
use crate::store::records::keys::Key;

const ROWS: u64 = 10;

/// A closed store whose access log has [`ROWS`] rows, and the heads it had after each.
async fn logged() -> (Place, Vec<AccessHead>) {
    let place = Place::new();
    let store = place.open();
    let mut heads = vec![store.access_head().await.unwrap()];
    for index in 0..ROWS {
        let mut access = entry();
        access.message_id = format!("message-{index}");
        store.commit(Change::access_only(access)).await.unwrap();
        heads.push(store.access_head().await.unwrap());
    }
    store.close().await.unwrap();
    (place, heads)
}

async fn verdict(place: &Place, earlier: Option<AccessHead>) -> AccessVerdict {
    let store = place.open();
    let verdict = store.verify_access(earlier).await.unwrap();
    store.ready().expect("a breach shuts nothing");
    store.close().await.unwrap();
    verdict
}

/// The breach after `tampering`, and that nothing before it is doubted.
async fn breach(tampering: impl FnOnce(&Hand), earlier: Option<AccessHead>) -> (u64, Broken) {
    let (place, heads) = logged().await;
    tampering(&Hand::on(&place).await);
    let verdict = verdict(&place, earlier).await;
    let proven = usize::try_from(verdict.proven.rows).unwrap();
    assert_eq!(verdict.proven, heads[proven]);
    let breach = verdict.breach.expect("the tampering is found");
    (breach.position, breach.broken)
}

#[tokio::test]
async fn an_untouched_log_is_proven_to_its_head_and_past_every_earlier_one() {
    let (place, heads) = logged().await;
    assert_eq!(heads[0], AccessHead::EMPTY);
    for earlier in heads.iter().copied().map(Some).chain([None]) {
        let verdict = verdict(&place, earlier).await;
        assert_eq!(verdict.breach, None, "{earlier:?}");
        assert_eq!(verdict.proven, heads[10]);
    }
}

#[tokio::test]
async fn an_empty_log_is_unbroken() {
    let place = Place::new();
    let empty = AccessVerdict {
        start: AccessHead::EMPTY,
        proven: AccessHead::EMPTY,
        breach: None,
    };
    assert_eq!(verdict(&place, Some(AccessHead::EMPTY)).await, empty);
}

#[tokio::test]
async fn a_log_of_more_pieces_than_one_is_walked_whole() {
    let place = Place::new();
    let store = place.open();
    for rows in [255, 256, 257, 512, 600] {
        while store.access_head().await.unwrap().rows < rows {
            store.commit(Change::access_only(entry())).await.unwrap();
        }
        let verdict = store.verify_access(None).await.unwrap();
        assert_eq!((verdict.proven.rows, verdict.breach), (rows, None));
    }
}

#[tokio::test]
async fn a_flipped_byte_is_found_by_its_checksum() {
    for place in [0, 5, 20, 60, 100] {
        let flipped = |hand: &Hand| {
            let mut value = hand.raw(&Key::access(4));
            value[place] ^= 1;
            hand.put_raw(&Key::access(4), &value);
        };
        let (position, broken) = breach(flipped, None).await;
        assert_eq!(position, 4);
        assert!(matches!(broken, Broken::Unreadable(_)), "{broken:?}");
    }
}

#[tokio::test]
async fn a_careful_edit_is_found_by_the_chain() {
    let edited = |hand: &Hand| {
        let (row, mut plain) = hand.access_row(4);
        *plain.last_mut().unwrap() ^= 1;
        hand.put_access_row(4, row.link, &plain);
    };
    assert_eq!(breach(edited, None).await, (4, Broken::Unchained));
    // Its link taken from another row, the row that followed no longer fits either.
    let relinked = |hand: &Hand| {
        let (_, plain) = hand.access_row(4);
        hand.put_access_row(4, hand.access_row(5).0.link, &plain);
    };
    assert_eq!(breach(relinked, None).await, (4, Broken::Unchained));
}

#[tokio::test]
async fn a_removed_row_is_found_also_when_the_others_close_up() {
    let removed = |hand: &Hand| hand.remove(&Key::access(4));
    assert_eq!(breach(removed, None).await, (4, Broken::Missing));
    let last = |hand: &Hand| hand.remove(&Key::access(ROWS - 1));
    assert_eq!(breach(last, None).await, (ROWS - 1, Broken::Missing));
    let closed_up = |hand: &Hand| {
        for position in 4..ROWS - 1 {
            let (row, plain) = hand.access_row(position + 1);
            hand.put_access_row(position, row.link, &plain);
        }
        hand.remove(&Key::access(ROWS - 1));
        hand.change_state(|state| {
            state.access_rows -= 1;
            state.records -= 1;
        });
    };
    assert_eq!(breach(closed_up, None).await, (4, Broken::Unchained));
    let first = |hand: &Hand| hand.remove(&Key::access(0));
    assert_eq!(breach(first, None).await, (0, Broken::Missing));
}

#[tokio::test]
async fn a_reordered_pair_is_found_naively_and_carefully_done() {
    let naively = |hand: &Hand| {
        let (one, two) = (hand.raw(&Key::access(4)), hand.raw(&Key::access(5)));
        hand.put_raw(&Key::access(4), &two);
        hand.put_raw(&Key::access(5), &one);
    };
    let (position, broken) = breach(naively, None).await;
    assert_eq!(position, 4);
    assert!(matches!(broken, Broken::Unreadable(_)), "{broken:?}");
    for keeps_links in [true, false] {
        let carefully = |hand: &Hand| {
            let ((one_row, one), (two_row, two)) = (hand.access_row(4), hand.access_row(5));
            let links = match keeps_links {
                true => (one_row.link, two_row.link),
                false => (two_row.link, one_row.link),
            };
            hand.put_access_row(4, links.0, &two);
            hand.put_access_row(5, links.1, &one);
        };
        assert_eq!(breach(carefully, None).await, (4, Broken::Unchained));
    }
}

/// Cuts the log's tail so that nothing inside the store tells of it.
fn cut_carefully(hand: &Hand, rows: u64) {
    for position in rows..ROWS {
        hand.remove(&Key::access(position));
    }
    let link = hand.access_row(rows - 1).0.link;
    hand.change_state(|state| {
        state.records -= ROWS - rows;
        state.access_rows = rows;
        state.access_link = link;
    });
}

#[tokio::test]
async fn a_cut_tail_is_found_by_an_earlier_head_only() {
    let (place, heads) = logged().await;
    cut_carefully(&Hand::on(&place).await, 7);
    assert_eq!(verdict(&place, None).await.breach, None);
    assert_eq!(verdict(&place, Some(heads[7])).await.breach, None);
    for (rows, head) in heads.iter().enumerate().skip(8).take(3) {
        let breach = verdict(&place, Some(*head)).await.breach.unwrap();
        let rows = rows as u64;
        assert_eq!(
            (breach.position, breach.broken),
            (7, Broken::CutTail { rows })
        );
    }
    // Grown again past the head, it is another chain.
    let store = place.open();
    for _ in 0..5 {
        store.commit(Change::access_only(entry())).await.unwrap();
    }
    store.close().await.unwrap();
    assert_eq!(verdict(&place, None).await.breach, None);
    let breach = verdict(&place, Some(heads[10])).await.breach.unwrap();
    assert_eq!((breach.position, breach.broken), (9, Broken::OtherChain));
    let forged = AccessHead {
        rows: 0,
        link: [1; 32],
    };
    let breach = verdict(&place, Some(forged)).await.breach.unwrap();
    assert_eq!((breach.position, breach.broken), (0, Broken::OtherChain));
}

#[tokio::test]
async fn a_row_past_the_end_and_a_changed_head_are_found() {
    let past = |hand: &Hand| {
        let (row, plain) = hand.access_row(9);
        hand.put_access_row(10, row.link, &plain);
    };
    assert_eq!(breach(past, None).await, (10, Broken::PastEnd));
    let other_head = |hand: &Hand| hand.change_state(|state| state.access_link[0] ^= 1);
    assert_eq!(breach(other_head, None).await, (9, Broken::OtherHead));
}

#[tokio::test]
async fn rows_come_in_pages_with_what_was_kept_and_persons_as_hashes() {
    let (place, _) = logged().await;
    let store = place.open();
    let rows = store.access_rows(3, 4).await.unwrap();
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    assert_eq!(positions, [3, 4, 5, 6]);
    let row = &rows[0];
    assert_eq!(row.message_id, "message-3");
    assert_eq!((row.at, &row.client), (instant(0), &client()));
    assert_eq!(row.organiser, Some(turku()));
    let hash = store.keyring().person_hash(&person(CHILD));
    assert_eq!(row.persons, [hash]);
    assert!(row.touches(&hash) && !row.touches(&[0; 32]));
    assert_eq!((row.part, row.parts, row.replayed), (1, 1, false));
    assert!(store.access_rows(ROWS, 4).await.unwrap().is_empty());
    assert!(store.access_rows(u64::MAX, 4).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_missing_row_is_left_out_of_a_page_and_a_damaged_one_fails_it_without_shutting_the_store()
{
    let (place, _) = logged().await;
    let hand = Hand::on(&place).await;
    hand.remove(&Key::access(4));
    let mut value = hand.raw(&Key::access(8));
    *value.last_mut().unwrap() ^= 1;
    hand.put_raw(&Key::access(8), &value);
    drop(hand);
    let store = place.open();
    let rows = store.access_rows(3, 3).await.unwrap();
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    assert_eq!(positions, [3, 5, 6]);
    let page = store.access_rows(7, 3).await;
    assert!(matches!(page, Err(StoreError::Corrupt(_))), "{page:?}");
    store.ready().unwrap();
    store.commit(Change::access_only(entry())).await.unwrap();
}
