//! An event's life in the store: its places, the feed's order, the ledger, and what guards them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::history::{
    change, credit, event, event_id, facts, made, placed, record, recorded, settle,
};
use super::*;
use crate::domain::ledger::{Account, Entry, Posting, PostingKind};
use crate::domain::period::Period;
use crate::domain::service_event::{EventKind, EventState};
use crate::store::records::Engine;
use crate::store::records::keys::Key;
use crate::store::records::keys::Table;
use crate::store::records::record::{self as records, VALUE_BYTES_MAX};
use crate::store::{ProcedureFacts, Stretch};

fn march(day: i8) -> jiff::civil::Date {
    date(2026, 3, day)
}

/// A store with one grant and no event.
async fn granted(place: &Place) -> TheStore {
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    store
}

/// First byte of the ids of a stretch's events, in its order.
async fn ids(store: &TheStore, stretch: Stretch, most: usize) -> Vec<u8> {
    let events = store.events(turku(), stretch, most).await.unwrap();
    events
        .iter()
        .map(|placed| placed.event.id.as_bytes()[0])
        .collect()
}

fn changes(after: u64, up_to: u64) -> Stretch {
    Stretch::Changes { after, up_to }
}

const ALL: Stretch = Stretch::Changes {
    after: 0,
    up_to: u64::MAX,
};

async fn change_seq(store: &TheStore) -> u64 {
    store.feed_head().await.unwrap().change_seq
}

fn ledger(store: &TheStore, bits: u64) -> Vec<Posting> {
    let rows = store.engine.read(|view| {
        view.scan(&Key::ledger(number(bits)))?
            .into_iter()
            .map(|(key, value)| records::decode(Table::Ledger, &key, &value))
            .collect()
    });
    rows.unwrap()
}

#[tokio::test]
async fn a_new_event_is_found_by_its_id_its_grant_its_day_and_its_change() {
    let place = Place::new();
    let store = granted(&place).await;
    let kept = event(7, 1, march(2), 1500);
    record(&store, kept.clone()).await;
    let found = placed(&store, 1, 7).await;
    assert_eq!(found.event, kept);
    assert_eq!((found.change_seq, found.created_seq), (1, 1));
    assert_eq!(found.changed_at, entry().at);
    let query = GrantQuery {
        subject: Subject::Event(event_id(7)),
        event: None,
        provider: None,
        procedure_codes: &[],
        codes_of_lines: false,
        events: EventsWanted::None,
        customer_grants: false,
    };
    let by_id = store.grant_facts(query.clone()).await.unwrap().unwrap();
    assert_eq!(by_id.event, Some(found.clone()));
    assert_eq!(by_id.grant.number, number(1));
    let of_day = Stretch::Days {
        from: march(2),
        to: march(2),
        after: None,
    };
    for stretch in [of_day, ALL] {
        let events = store.events(turku(), stretch, 9).await.unwrap();
        assert_eq!(events, std::slice::from_ref(&found));
    }
    let unknown = GrantQuery {
        subject: Subject::Event(event_id(8)),
        ..query
    };
    assert_eq!(store.grant_facts(unknown).await.unwrap(), None);
    store.close().await.unwrap();
    let store = place.open();
    assert_eq!(placed(&store, 1, 7).await, found);
}

#[tokio::test]
async fn a_changed_event_leaves_its_place_in_the_feed_for_a_new_one_and_keeps_when_it_was_made() {
    let place = Place::new();
    let store = granted(&place).await;
    for id in 1..=3 {
        record(&store, event(id, 1, march(2), 500)).await;
    }
    change(&store, 1, 1, |event| event.state = EventState::Hyvaksytty).await;
    assert_eq!(ids(&store, ALL, 9).await, [2, 3, 1]);
    let changed = placed(&store, 1, 1).await;
    assert_eq!((changed.change_seq, changed.created_seq), (4, 1));
    assert_eq!(changed.event.state, EventState::Hyvaksytty);
    // The places given back are gaps; none is given again.
    assert_eq!(ids(&store, changes(0, 1), 9).await, [0_u8; 0]);
    assert_eq!(change_seq(&store).await, 4);
}

#[tokio::test]
async fn a_moved_service_date_moves_the_event_in_both_day_indexes() {
    let place = Place::new();
    let store = granted(&place).await;
    for id in 1..=3 {
        record(&store, event(id, 1, march(10), 500)).await;
    }
    change(&store, 1, 2, |event| event.service_date = march(3)).await;
    let of_grant = facts(&store, 1).await.events;
    let order: Vec<_> = of_grant
        .iter()
        .map(|placed| placed.event.id.as_bytes()[0])
        .collect();
    assert_eq!(order, [2, 1, 3]);
    let days = |from, to| Stretch::Days {
        from,
        to,
        after: None,
    };
    assert_eq!(ids(&store, days(march(3), march(3)), 9).await, [2]);
    assert_eq!(ids(&store, days(march(10), march(10)), 9).await, [1, 3]);
    change(&store, 1, 2, |event| event.service_date = march(10)).await;
    assert_eq!(ids(&store, days(march(1), march(31)), 9).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_credit_and_the_credited_event_are_one_effect_with_two_places() {
    let place = Place::new();
    let store = granted(&place).await;
    record(&store, event(1, 1, march(2), 1500)).await;
    settle(&store, 1, 1).await;
    credit(&store, 1, 1, 9).await;
    assert_eq!(ids(&store, ALL, 9).await, [1, 9]);
    assert_eq!(placed(&store, 1, 1).await.change_seq, 3);
    let row = placed(&store, 1, 9).await;
    assert_eq!((row.change_seq, row.created_seq), (4, 4));
    assert_eq!(row.event.kind, EventKind::Credit);
    let march_key = Account::Period(Period::Month.key(march(2)));
    assert_eq!(facts(&store, 1).await.grant.used(march_key), 0);
}

#[tokio::test]
async fn stretches_by_change_leave_their_beginning_out_and_take_their_end_in() {
    let place = Place::new();
    let store = granted(&place).await;
    for id in 1..=5 {
        record(&store, event(id, 1, march(2), 500)).await;
    }
    assert_eq!(ids(&store, changes(1, 4), 9).await, [2, 3, 4]);
    assert_eq!(ids(&store, changes(1, 4), 2).await, [2, 3]);
    assert_eq!(ids(&store, changes(4, 4), 9).await, [0_u8; 0]);
    assert_eq!(ids(&store, changes(5, 4), 9).await, [0_u8; 0]);
    assert_eq!(ids(&store, changes(4, u64::MAX), 9).await, [5]);
    let county =
        OrganiserCode::County(crate::domain::national_code::CountyCode::parse("05").unwrap());
    assert_eq!(store.events(county, ALL, 9).await.unwrap(), []);
}

#[tokio::test]
async fn stretches_by_day_take_both_days_in_and_go_on_after_a_place() {
    let place = Place::new();
    let store = granted(&place).await;
    for (id, day) in [(5, 1), (4, 2), (3, 2), (2, 3), (1, 4)] {
        record(&store, event(id, 1, march(day), 500)).await;
    }
    let days = |from, to, after| Stretch::Days {
        from: march(from),
        to: march(to),
        after,
    };
    assert_eq!(ids(&store, days(2, 3, None), 9).await, [3, 4, 2]);
    assert_eq!(ids(&store, days(1, 4, None), 3).await, [5, 3, 4]);
    let after = Some((march(2), event_id(3)));
    assert_eq!(ids(&store, days(1, 4, after), 9).await, [4, 2, 1]);
    let between = Some((march(2), event_id(0)));
    assert_eq!(ids(&store, days(1, 4, between), 1).await, [3]);
    assert_eq!(ids(&store, days(3, 2, None), 9).await, [0_u8; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_feed_has_no_gap_and_no_place_twice_however_many_write() {
    const GRANTS: u64 = 16;
    const EVENTS: u8 = 12;
    let place = Place::new();
    let store = Arc::new(granted(&place).await);
    for bits in 2..=GRANTS {
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    }
    let writers: Vec<_> = (1..=GRANTS)
        .map(|bits| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for index in 0..EVENTS {
                    let mut new = event(0, bits, march(2), 500);
                    let mut id = [index; 16];
                    id[15] = u8::try_from(bits).unwrap();
                    new.id = EventId::from_bytes(id);
                    record(&store, new).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let total = GRANTS * u64::from(EVENTS);
    assert_eq!(change_seq(&store).await, total);
    let events = store.events(turku(), ALL, usize::MAX).await.unwrap();
    let places: Vec<u64> = events.iter().map(|placed| placed.change_seq).collect();
    assert_eq!(places, (1..=total).collect::<Vec<_>>());
    let distinct: BTreeSet<_> = events.iter().map(|placed| placed.event.id).collect();
    assert_eq!(distinct.len() as u64, total);
}

#[tokio::test]
async fn the_feeds_epoch_stays_over_a_reopen_and_is_each_stores_own() {
    let place = Place::new();
    let store = granted(&place).await;
    record(&store, event(1, 1, march(2), 500)).await;
    let head = store.feed_head().await.unwrap();
    assert_eq!(head.change_seq, 1);
    store.close().await.unwrap();
    let store = place.open();
    assert_eq!(store.feed_head().await.unwrap(), head);
    let other = Place::new();
    assert_ne!(other.open().feed_head().await.unwrap().epoch, head.epoch);
}

#[tokio::test]
async fn of_two_effects_on_one_revision_of_a_grant_one_conflicts_in_one_batch_too() {
    let place = Place::new();
    let store = Arc::new(granted(&place).await);
    let read = facts(&store, 1).await;
    let first = recorded(&read, event(1, 1, march(2), 500));
    let second = recorded(&read, event(2, 1, march(2), 500));
    // Both are queued before either is answered.
    let (first, second) = tokio::join!(store.commit(first), store.commit(second));
    first.unwrap();
    assert!(matches!(second, Err(StoreError::Conflict)), "{second:?}");
    assert_eq!(ids(&store, ALL, 9).await, [1]);
    let late = store
        .commit(recorded(&read, event(3, 1, march(2), 500)))
        .await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(ledger(&store, 1).len(), 2, "what conflicts books nothing");
    let mut ahead = recorded(&facts(&store, 1).await, event(3, 1, march(2), 500));
    ahead.effect.as_mut().unwrap().grant.revision += 1;
    let ahead = store.commit(ahead).await;
    assert!(matches!(ahead, Err(StoreError::Conflict)), "{ahead:?}");
}

#[tokio::test]
async fn the_ledger_has_every_posting_in_the_order_booked() {
    let place = Place::new();
    let store = granted(&place).await;
    record(&store, event(1, 1, march(2), 1500)).await;
    change(&store, 1, 1, |event| {
        event.service_date = date(2026, 4, 1);
    })
    .await;
    let in_month = |month, thousandths| Entry {
        account: Account::Period(Period::Month.key(date(2026, month, 1))),
        thousandths,
    };
    let rows = ledger(&store, 1);
    let booked: Vec<_> = rows
        .iter()
        .map(|row| (row.kind, row.event, row.entries.clone()))
        .collect();
    let total = grant(1, "ITSENAINEN").total_authorised().unwrap();
    let authorised = Entry {
        account: Account::Authorised,
        thousandths: total.0 * 10,
    };
    let id = Some(event_id(1));
    let wanted = [
        (PostingKind::Grant, None, vec![authorised]),
        (PostingKind::Reserve, id, vec![in_month(3, 1500)]),
        (PostingKind::Release, id, vec![in_month(3, -1500)]),
        (PostingKind::Reserve, id, vec![in_month(4, 1500)]),
    ];
    assert_eq!(booked, wanted);
    assert_eq!(ledger(&store, 2), []);
}

#[tokio::test]
async fn an_event_past_the_size_limit_is_refused_and_the_others_of_its_moment_are_kept() {
    let place = Place::new();
    let store = granted(&place).await;
    store.commit(made(2, OTHER, 1)).await.unwrap();
    let (one, two) = (facts(&store, 1).await, facts(&store, 2).await);
    let mut large = event(1, 1, march(2), 500);
    large.details.comment = Some("x".repeat(VALUE_BYTES_MAX));
    let (large, other) = tokio::join!(
        store.commit(recorded(&one, large)),
        store.commit(recorded(&two, event(2, 2, march(2), 500)))
    );
    assert!(
        matches!(large, Err(StoreError::RecordTooLarge { bytes, .. }) if bytes > VALUE_BYTES_MAX)
    );
    other.unwrap();
    assert_eq!(ids(&store, ALL, 9).await, [2]);
    // The largest event that passes on the caller's side passes the committer too.
    let mut length = VALUE_BYTES_MAX;
    loop {
        let mut event = event(3, 1, march(2), 500);
        event.details.comment = Some("x".repeat(length));
        match store.commit(recorded(&one, event)).await {
            Ok(()) => break,
            Err(StoreError::RecordTooLarge { .. }) => length -= 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(length > VALUE_BYTES_MAX - 1000);
    store.ready().unwrap();
}

#[tokio::test]
async fn procedure_facts_are_every_row_of_the_codes_asked() {
    let place = Place::new();
    let store = granted(&place).await;
    let registry = super::registry::registry();
    let ask = async |codes: &[&str]| {
        let query = GrantQuery {
            subject: Subject::Number(number(1)),
            event: None,
            provider: None,
            procedure_codes: codes,
            codes_of_lines: false,
            events: EventsWanted::None,
            customer_grants: false,
        };
        store.grant_facts(query).await.unwrap().unwrap().procedures
    };
    assert_eq!(ask(&[]).await, ProcedureFacts::default());
    assert_eq!(ask(&["ZZ999"]).await, ProcedureFacts::default());
    let both = ask(&["SFA20", "SAA01", "SFA20"]).await;
    assert_eq!(both.code_items, registry.code_sets[0].items);
    assert_eq!(both.price_items, registry.price_items);
    let one = ask(&["SFA20"]).await;
    assert_eq!(one.code_items, registry.code_sets[0].items[1..]);
    assert_eq!(one.price_items, []);
}

/// However many events there are, a call reads what it answers and a fixed number more.
#[tokio::test]
async fn reads_of_events_touch_no_more_records_than_they_need() {
    let place = Place::new();
    let store = granted(&place).await;
    super::registry_history::first(&store).await;
    for id in 1..=20 {
        record(&store, event(id, 1, march(2), 500)).await;
    }
    let count = async |stretch: Stretch, most: usize| {
        let before = store.records_read();
        let found = store.events(turku(), stretch, most).await.unwrap().len();
        (found, store.records_read() - before)
    };
    let days = Stretch::Days {
        from: march(2),
        to: march(2),
        after: Some((march(2), event_id(10))),
    };
    // An index row and an event each.
    assert_eq!(count(ALL, 5).await, (5, 10));
    assert_eq!(count(changes(17, 20), 9).await, (3, 6));
    assert_eq!(count(changes(20, 20), 9).await, (0, 0));
    assert_eq!(count(days, 4).await, (4, 8));
    let before = store.records_read();
    store.feed_head().await.unwrap();
    assert_eq!(store.records_read() - before, 1);
    let query = |events| GrantQuery {
        subject: Subject::Event(event_id(3)),
        event: None,
        provider: None,
        procedure_codes: &[],
        codes_of_lines: false,
        events,
        customer_grants: false,
    };
    let count = async |events| {
        let before = store.records_read();
        store.grant_facts(query(events)).await.unwrap().unwrap();
        store.records_read() - before
    };
    count(EventsWanted::None).await;
    // The event, the grant and the customer; the registry's version, organiser and service type, where they are not kept.
    let without = count(EventsWanted::None).await;
    assert!([3, 3 + 3].contains(&without), "{without}");
    assert_eq!(count(EventsWanted::OfDentalGrant).await, without);
    // An index row and an event each.
    assert_eq!(count(EventsWanted::All).await, without + 2 * 20);
}
