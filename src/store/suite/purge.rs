//! The purge: what is due goes whole and leaves its proof, nothing goes a day early, and what is left is as sound as
//! before.

use jiff::civil::Date;

use super::check::check;
use super::history::{event, event_id, facts, made, placed, record, settle};
use super::tamper::Hand;
use super::*;
use crate::domain::ledger::{Posting, PostingKind};
use crate::domain::retention::{Retention, RetentionClass};
use crate::domain::service_event::{EventState, ServiceEvent};
use crate::domain::settlement::{Book, Month, RunState};
use crate::store::records::keys::{Key, TABLES, Table};
use crate::store::settlement::SettlementStep;
use crate::store::upkeep::{PurgeOrder, PurgeProof, Purged, Upkeep};
use crate::store::{Before, EventWrite, Subject};

/// Everything in these tests happens in 2026.
const LAST_DAY_KEPT: Date = date(2038, 12, 31);
pub(super) const FIRST_DAY_DUE: Date = date(2039, 1, 1);

pub(super) fn beginning(day: Date) -> Timestamp {
    let zoned = day.to_zoned(jiff::tz::TimeZone::UTC);
    zoned.unwrap().timestamp()
}

fn order_at(now: Timestamp, today: Date) -> PurgeOrder {
    let mut row = entry();
    row.service = "store-purge".to_owned();
    row.at = now;
    (row.persons, row.numbers, row.events) = Default::default();
    PurgeOrder {
        cut_offs: Retention::default().cut_offs(now, today, beginning),
        row,
        is_dry_run: false,
    }
}

pub(super) fn order(today: Date) -> PurgeOrder {
    order_at(beginning(today), today)
}

pub(super) async fn purge(store: &TheStore, order: PurgeOrder) -> Vec<Purged> {
    store.purge(order, &mut |_| {}).await.unwrap()
}

/// Deleted and held back of purchasing powers of either class.
fn grants(purged: &[Purged]) -> (u64, u64) {
    let health = of(purged, RetentionClass::HealthPurchasingPowers);
    let other = of(purged, RetentionClass::OtherPurchasingPowers);
    (health.0 + other.0, health.1 + other.1)
}

/// Deleted and held back of a class.
pub(super) fn of(purged: &[Purged], class: RetentionClass) -> (u64, u64) {
    let of_class = purged.iter().find(|purged| purged.class == class).unwrap();
    (of_class.objects, of_class.held_back)
}

/// Records of the tables that hold something, the registry and the meta table left out.
async fn tables(store: &TheStore) -> Vec<(&'static str, u64)> {
    let report = check(store).await;
    assert_eq!(report.findings, []);
    assert!(report.was_quiet);
    let of_services = TABLES.iter().filter(|table| **table as u8 >= 0x20);
    let names: Vec<&str> = of_services.map(|table| table.name()).collect();
    let mut tables = report.tables;
    tables.retain(|(name, records)| names.contains(name) && *records > 0);
    tables
}

/// Notes that the settlement of an event was paid.
async fn pay(store: &TheStore, bits: u64, id: u8) {
    let before = placed(store, bits, id).await;
    let facts = facts(store, bits).await;
    let mut run = store.settlement_runs(turku()).await.unwrap().pop().unwrap();
    run = run.next(RunState::Paid);
    run.paid_at = Some(instant(5));
    let mut event: ServiceEvent = before.event.clone();
    event.state = EventState::Maksettu;
    if let Some(settled) = &mut event.settled {
        settled.paid_at = run.paid_at;
    }
    let write = EventWrite {
        event,
        before: Some(Before::of(&before)),
    };
    let moved = super::history::effect(&facts, Vec::new(), vec![write]);
    let step = SettlementStep {
        effects: moved.effect.into_iter().collect(),
        ..SettlementStep::of(run)
    };
    let change = Change {
        settlement: Some(step),
        ..Change::access_only(entry())
    };
    store.commit(change).await.unwrap();
}

/// Two customers with a grant each; on the first one's a paid event and a deleted one.
async fn ended(store: &TheStore) {
    let registry = super::registry::registry();
    store.put_registry(registry).await.unwrap();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    store.commit(made(2, OTHER, 1)).await.unwrap();
    record(store, event(1, 1, date(2026, 3, 2), 500)).await;
    record(store, event(2, 1, date(2026, 3, 3), 500)).await;
    super::history::change(store, 1, 2, |event| {
        event.state = EventState::Poistettu;
        event.version = 2;
    })
    .await;
    settle(store, 1, 1).await;
    pay(store, 1, 1).await;
}

/// A second grant of the customer, for a service that the registry does not have.
fn lasting(bits: u64, to: Date) -> Change {
    let mut change = made(bits, CHILD, 2);
    let effect = change.effect.as_mut().unwrap();
    effect.grant.service_code = "TOINEN".to_owned();
    effect.grant.valid_to = to;
    let total = effect.grant.total_authorised().unwrap();
    effect.postings = vec![Posting::authorised(
        instant(0),
        PostingKind::Grant,
        Cents(0),
        total,
    )];
    change
}

#[tokio::test]
async fn what_ended_goes_on_its_day_with_all_that_belonged_to_it_and_not_a_day_before() {
    let place = Place::new();
    let store = place.open();
    ended(&store).await;
    let rows_of_2026 = store.access_head().await.unwrap().rows;
    let before = purge(&store, order(LAST_DAY_KEPT)).await;
    assert_eq!(grants(&before), (0, 0));
    // Settlements and answers have shorter times of their own.
    assert_eq!(of(&before, RetentionClass::Settlements), (1, 0));
    assert_eq!(of(&before, RetentionClass::MessageAnswers), (2, 0));
    assert_eq!(of(&before, RetentionClass::AccessLog), (0, 0));
    let rows = store.access_head().await.unwrap().rows;
    let left = tables(&store).await;
    let expected = [
        ("customer", 2),
        ("purchasing power", 2),
        ("purchasing powers of a customer", 2),
        ("service event", 2),
        ("service events of a purchasing power", 2),
        ("service events by day", 2),
        ("change feed", 2),
        ("ledger", 5),
        ("settlements of an organiser", 1),
        ("answer by reference", 2),
        ("answers of a purchasing power", 2),
        ("access log", rows),
        // One a class, and where purges stand.
        ("proof of a purge", 3),
    ];
    assert_eq!(left, expected);

    let purged = purge(&store, order(FIRST_DAY_DUE)).await;
    assert_eq!(grants(&purged), (2, 0));
    let class = RetentionClass::OtherPurchasingPowers;
    let records = purged.iter().find(|purged| purged.class == class).unwrap();
    assert_eq!(records.records, 2 + 2 + 2 + 2 + 2 + 2 + 2 + 5 + 2 + 2);
    assert_eq!(of(&purged, RetentionClass::AccessLog), (rows_of_2026, 0));
    let left = tables(&store).await;
    // The second purge leaves two rows: of the purchasing powers, and of the log.
    let expected = [
        ("settlements of an organiser", 1),
        ("access log", rows - rows_of_2026 + 2),
        ("proof of a purge", 5),
    ];
    assert_eq!(left, expected);
    assert!(found(&store, 1).await.is_none());
    let (by_message, by_reference) = (message("m-1"), reference("lahde-1"));
    let replays = store.replays(&by_message, &by_reference).await.unwrap();
    assert_eq!(replays, Default::default());
    // The customer is new to whoever grants next, and nothing reminds of the one before.
    store.commit(made(3, CHILD, 1)).await.unwrap();
    assert!(found(&store, 3).await.is_some());
    store.close().await.unwrap();
    let store = place.open();
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn each_purge_leaves_its_proof_and_a_row_of_the_access_log_for_every_step() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.purge_proofs().await.unwrap(), []);
    ended(&store).await;
    purge(&store, order(FIRST_DAY_DUE)).await;
    let proofs = store.purge_proofs().await.unwrap();
    let classes: Vec<_> = proofs.iter().map(|proof| proof.class).collect();
    let other = RetentionClass::HealthPurchasingPowers;
    let expected: Vec<_> = RetentionClass::ALL
        .into_iter()
        .filter(|class| *class != other)
        .collect();
    assert_eq!(classes, expected);
    let of_grants: &PurgeProof = &proofs[2];
    assert_eq!((of_grants.objects, of_grants.log_start), (2, None));
    assert_eq!(of_grants.ended_before, date(2027, 1, 1));
    assert_eq!(of_grants.by, "Matti Meikalainen");
    let start = store.access_start().await.unwrap();
    assert_eq!(proofs[3].log_start, Some(start));
    let rows = store.access_rows(0, 100).await.unwrap();
    assert_eq!(rows[0].position, start.rows);
    let services: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
    let (first, last) = (services[0], services[services.len() - 1]);
    assert_eq!(first, "store-purge message-answers");
    assert_eq!(last, "store-purge access-log");
    let returned = rows[rows.len() - 1].rows_returned;
    assert_eq!(u64::from(returned), proofs[3].objects);
    let named: Vec<_> = rows.iter().flat_map(|row| &row.numbers).collect();
    assert_eq!(named, [&number(1), &number(2)]);
    // Nothing is due any more, and so nothing is said.
    let again = purge(&store, order(FIRST_DAY_DUE)).await;
    assert!(again.iter().all(|purged| purged.objects == 0), "{again:?}");
    assert_eq!(store.purge_proofs().await.unwrap(), proofs);
}

#[tokio::test]
async fn what_is_not_settled_and_paid_is_held_back() {
    let place = Place::new();
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    store.commit(made(2, OTHER, 1)).await.unwrap();
    let owed = date(2026, 3, 2);
    record(&store, event(1, 1, owed, 500)).await;
    for state in [
        EventState::Kirjattu,
        EventState::Tarkastettavana,
        EventState::Hyvaksytty,
    ] {
        super::history::change(&store, 1, 1, |event| event.state = state).await;
        let kept_for = date(2400, 1, 1);
        let purged = purge(&store, order(kept_for)).await;
        assert_eq!(grants(&purged).1, 1, "{state:?}");
        assert!(found(&store, 1).await.is_some());
    }
    assert!(found(&store, 2).await.is_none());
    settle(&store, 1, 1).await;
    let purged = purge(&store, order(FIRST_DAY_DUE)).await;
    assert_eq!(grants(&purged), (0, 1));
    assert_eq!(of(&purged, RetentionClass::Settlements), (0, 1));
    pay(&store, 1, 1).await;
    let purged = purge(&store, order(FIRST_DAY_DUE)).await;
    assert_eq!(grants(&purged), (1, 0));
    assert_eq!(of(&purged, RetentionClass::Settlements), (1, 0));
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn a_settled_event_waits_for_its_settlement() {
    let place = Place::new();
    let store = place.open();
    ended(&store).await;
    let now = beginning(FIRST_DAY_DUE);
    let longer = Retention {
        settlements_years: 13,
        ..Retention::default()
    };
    let order = PurgeOrder {
        cut_offs: longer.cut_offs(now, FIRST_DAY_DUE, beginning),
        ..order(FIRST_DAY_DUE)
    };
    let purged = purge(&store, order).await;
    assert_eq!(of(&purged, RetentionClass::Settlements), (0, 0));
    assert_eq!(grants(&purged), (1, 0), "the one without an event");
    assert!(found(&store, 1).await.is_some());
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn a_customer_stays_as_long_as_the_last_purchasing_power() {
    let place = Place::new();
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    store.commit(lasting(3, date(2027, 7, 31))).await.unwrap();
    assert_eq!(grants(&purge(&store, order(FIRST_DAY_DUE)).await), (1, 0));
    let left = tables(&store).await;
    assert_eq!(left[0], ("customer", 1));
    assert!(found(&store, 3).await.is_some());
    let purged = purge(&store, order(date(2040, 1, 1))).await;
    assert_eq!(grants(&purged), (1, 0));
    assert_eq!(tables(&store).await[0].0, "access log");
}

#[tokio::test]
async fn an_answer_by_message_goes_after_its_days_to_the_microsecond() {
    let place = Place::new();
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    let days = jiff::SignedDuration::from_hours(24 * 90);
    let tick = jiff::SignedDuration::from_micros(1);
    let at_last = instant(0).checked_add(days).unwrap();
    let today = date(2026, 5, 3);
    let class = RetentionClass::MessageAnswers;
    let purged = purge(&store, order_at(at_last, today)).await;
    assert_eq!(of(&purged, class), (0, 0));
    let after = at_last.checked_add(tick).unwrap();
    assert_eq!(
        of(&purge(&store, order_at(after, today)).await, class),
        (1, 0)
    );
    let (message, reference) = (message("m-1"), reference("lahde-1"));
    let replays = store.replays(&message, &reference).await.unwrap();
    assert_eq!(replays.by_message, None);
    assert!(replays.by_reference.is_some(), "as long as the grant");
    assert_eq!(check(&store).await.findings, []);
}

#[tokio::test]
async fn a_dry_run_counts_the_same_and_touches_nothing() {
    let place = Place::new();
    let store = place.open();
    ended(&store).await;
    let before = (tables(&store).await, store.access_head().await.unwrap());
    let dry = PurgeOrder {
        is_dry_run: true,
        ..order(FIRST_DAY_DUE)
    };
    let foreseen = purge(&store, dry).await;
    let after = (tables(&store).await, store.access_head().await.unwrap());
    assert_eq!(before, after);
    let done = purge(&store, order(FIRST_DAY_DUE)).await;
    for (class, (foreseen, done)) in RetentionClass::ALL
        .into_iter()
        .zip(foreseen.iter().zip(&done))
    {
        // The rows that the steps themselves leave are not foreseen.
        if class != RetentionClass::AccessLog {
            assert_eq!(foreseen, done);
        }
    }
}

#[tokio::test]
async fn a_purge_of_settlements_that_broke_off_shows_nobody_half_a_run_and_is_finished() {
    let place = Place::new();
    let store = place.open();
    ended(&store).await;
    let run = store.settlement_runs(turku()).await.unwrap().remove(0);
    store.close().await.unwrap();
    let hand = Hand::on(&place).await;
    let mark = |book: &mut Book| book.purged_to = Month::parse("2026-03");
    hand.change_versioned(&Key::settlement_book(turku()), mark);
    let row = hand.keys(&Key::table(Table::SettlementRow)).remove(0);
    hand.remove(&row);
    hand.change_state(|state| state.records -= 1);
    drop(hand);
    let store = place.open();
    assert_eq!(check(&store).await.findings, []);
    assert_eq!(store.settlement_run(run.number).await.unwrap(), None);
    assert_eq!(store.settlement_runs(turku()).await.unwrap(), []);
    let purged = purge(&store, order(LAST_DAY_KEPT)).await;
    assert_eq!(of(&purged, RetentionClass::Settlements), (1, 0));
    let left = tables(&store).await;
    let is_of_runs = |name: &&str| name.contains("settlement run");
    assert!(!left.iter().any(|(name, _)| is_of_runs(name)), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_made_while_the_last_one_goes_has_its_customer() {
    let place = Place::new();
    let store = std::sync::Arc::new(place.open());
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    for round in 0..10_u64 {
        let (old, new) = (10 + round * 2, 11 + round * 2);
        store.commit(made(old, CHILD, 1)).await.unwrap();
        let purging = {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move { purge(&store, order(FIRST_DAY_DUE)).await })
        };
        let next = lasting(new, date(2030, 1, 1));
        let made_it = store.commit(next).await;
        let purged = purging.await.unwrap();
        assert_eq!(grants(&purged), (1, 0));
        match made_it {
            Ok(()) => assert!(found(&*store, new).await.is_some()),
            Err(error) => assert!(matches!(error, StoreError::Conflict), "{error}"),
        }
        assert_eq!(check(&store).await.findings, []);
        purge(&store, order(date(2100, 1, 1))).await;
        let facts = GrantQuery {
            subject: Subject::Event(event_id(1)),
            event: None,
            provider: None,
            procedure_codes: &[],
            codes_of_lines: false,
            events: EventsWanted::None,
            customer_grants: false,
        };
        assert_eq!(store.grant_facts(facts).await.unwrap(), None);
    }
}
