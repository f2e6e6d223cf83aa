//! Round trips: what a service reads takes a few, however much of it there is.

use std::sync::atomic::Ordering;

use super::history::{event, event_id, made, record};
use super::*;
use crate::domain::business_id::BusinessId;
use crate::store::{CreationQuery, Stretch};

/// Round trips of a piece of work, made twice before: its statements are prepared by then.
macro_rules! trips {
    ($store:expr, $work:expr) => {{
        for _ in 0..2 {
            $work;
        }
        let before = $store.engine.database.trips.load(Ordering::Relaxed);
        $work;
        $store.engine.database.trips.load(Ordering::Relaxed) - before
    }};
}

/// A store with so many grants of one customer and events of the first of them.
async fn store_with(place: &Place, grants: u64, events: u8) -> PostgresStore {
    let mut options = place.options.clone();
    // Every read is on the connection whose statements are prepared.
    options.connections_max = 1;
    let store = PostgresStore::open(&options, &place.master()).unwrap();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    for bits in 1..=grants {
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    }
    for id in 1..=events {
        record(&store, event(id, 1, date(2026, 3, 2), 500)).await;
    }
    store
}

async fn trips_of_reads(store: &PostgresStore) -> Vec<(&'static str, u64)> {
    let (child, provider) = (person(CHILD), BusinessId::parse("9000001-1").unwrap());
    let creation = || CreationQuery {
        procedure_codes: &["SAA01", "SFA20"],
        ..super::facts::query(&child)
    };
    let grant = || GrantQuery {
        subject: Subject::Number(number(1)),
        event: Some(event_id(1)),
        provider: Some(&provider),
        procedure_codes: &["SAA01", "SFA20"],
        codes_of_lines: false,
        events: EventsWanted::All,
        customer_grants: true,
    };
    let (message, reference) = (message("m-1"), reference("lahde-1"));
    let changes = Stretch::Changes {
        after: 0,
        up_to: 1000,
    };
    let days = Stretch::Days {
        from: date(2026, 1, 1),
        to: date(2026, 12, 31),
        after: None,
    };
    vec![
        (
            "client_grants",
            trips!(store, store.client_grants(&client()).await.unwrap()),
        ),
        (
            "organiser",
            trips!(store, store.organiser(turku()).await.unwrap()),
        ),
        (
            "replays",
            trips!(store, store.replays(&message, &reference).await.unwrap()),
        ),
        (
            "creation_facts",
            trips!(store, store.creation_facts(creation()).await.unwrap()),
        ),
        (
            "grant_facts",
            trips!(store, store.grant_facts(grant()).await.unwrap()),
        ),
        (
            "changes",
            trips!(store, store.events(turku(), changes, 500).await.unwrap()),
        ),
        (
            "days",
            trips!(store, store.events(turku(), days, 500).await.unwrap()),
        ),
        (
            "events_of_ids",
            trips!(store, store.events_of_ids(&[event_id(1)]).await.unwrap()),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_take_as_many_round_trips_for_much_as_for_little() {
    let (little, much) = (Place::new(), Place::new());
    let little = store_with(&little, 1, 1).await;
    let much = store_with(&much, 6, 20).await;
    let wanted = [
        ("client_grants", 1),
        ("organiser", 1),
        ("replays", 1),
        // By key; code sets and their rows; the customer's grants and what they are.
        ("creation_facts", 5),
        // The event; the grant; by key; events; code sets and their rows; the customer's grants.
        ("grant_facts", 9),
        ("changes", 2),
        ("days", 2),
        // Events; their grants.
        ("events_of_ids", 2),
    ];
    assert_eq!(trips_of_reads(&little).await, wanted);
    assert_eq!(trips_of_reads(&much).await, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_two_round_trips() {
    let place = Place::new();
    let store = store_with(&place, 2, 0).await;
    let mut bits = 2;
    let trips = trips!(store, {
        bits += 1;
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    });
    assert_eq!(trips, 2);
}
