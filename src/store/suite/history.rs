//! Grants and events as the services keep them: every use booked, every effect one revision on. Tests nothing.

use super::*;
use crate::domain::ledger::{Posting, PostingKind};
use crate::domain::service_event::{
    CreditOf, Credited, Details, EventKind, EventLine, EventState, PlacedEvent, ServiceEvent,
    Settled, Shares,
};
use crate::domain::settlement::{Book, Month, ProviderSums, Run, RunNumber, RunState, row_of};
use crate::store::records::Engine;
use crate::store::records::keys::{Key, Table};
use crate::store::records::record as envelope;
use crate::store::records::stored::{AccessRow, ChainedRow};
use crate::store::settlement::SettlementStep;
use crate::store::{Before, EventWrite};

pub(super) fn event_id(byte: u8) -> EventId {
    EventId::from_bytes([byte; 16])
}

/// A creation with nothing used yet and what it authorises booked.
pub(super) fn made(bits: u64, id: &str, version: u64) -> Change {
    let mut change = creation(bits, id, version);
    let effect = change.effect.as_mut().unwrap();
    if let Content::Ordinary(ordinary) = &mut effect.grant.content {
        ordinary.used.clear();
    }
    let total = effect.grant.total_authorised().unwrap();
    let posting = Posting::authorised(instant(0), PostingKind::Grant, Cents(0), total);
    effect.postings.push(posting);
    change
}

/// An event of `quantity` thousandths of an hour at 40 euros, 32 of them the voucher's.
pub(super) fn event(
    id: u8,
    bits: u64,
    service_date: jiff::civil::Date,
    quantity: i64,
) -> ServiceEvent {
    let shares = Shares {
        price: Cents(quantity * 4),
        voucher: Cents(quantity * 32 / 10),
        customer: Cents(quantity * 8 / 10),
    };
    ServiceEvent {
        id: event_id(id),
        kind: EventKind::Ordinary,
        number: number(bits),
        organiser: turku(),
        person_id: person(CHILD),
        provider: BusinessId::parse("9000001-1").unwrap(),
        provider_unit_code: Some("1".to_owned()),
        service_code: "ITSENAINEN".to_owned(),
        service_date,
        state: EventState::Kirjattu,
        credited: None,
        unit: Unit::H,
        lines: vec![EventLine {
            line_no: 1,
            procedure: None,
            quantity: Quantity(quantity),
            unit_price: Cents(4000),
            unit_value: Cents(3200),
            shares,
            credited_quantity: Quantity(0),
            credited_shares: Shares::default(),
        }],
        shares,
        details: Details {
            comment: Some("kavi kaupassa".to_owned()),
            ..Details::default()
        },
        credit_of: None,
        settled: None,
        source_system: "hoiva".to_owned(),
        source_reference: format!("kaynti-{id}"),
        version: 1,
    }
}

/// The grant's facts as they are now.
pub(super) async fn facts(store: &TheStore, bits: u64) -> GrantFacts {
    grant_facts(store, bits).await.unwrap()
}

/// An effect on a grant as it was read: postings booked, one revision on.
pub(super) fn effect(
    facts: &GrantFacts,
    postings: Vec<Posting>,
    events: Vec<EventWrite>,
) -> Change {
    let mut grant = facts.grant.clone();
    for posting in &postings {
        grant.book(posting);
    }
    grant.revision += 1;
    let effect = Effect {
        customer: None,
        person_id: facts.customer.person_id.clone(),
        grant,
        postings,
        events,
        registry_seen: Some(facts.registry_version),
    };
    Change {
        effect: Some(effect),
        ..Change::access_only(entry())
    }
}

/// A new event on a grant as it was read.
pub(super) fn recorded(facts: &GrantFacts, event: ServiceEvent) -> Change {
    let posting = event.posting(&facts.grant, instant(1));
    let write = EventWrite {
        event,
        before: None,
    };
    effect(facts, vec![posting], vec![write])
}

pub(super) async fn record(store: &TheStore, event: ServiceEvent) {
    let facts = facts(store, event.number.bits()).await;
    store.commit(recorded(&facts, event)).await.unwrap();
}

pub(super) async fn placed(store: &TheStore, bits: u64, id: u8) -> PlacedEvent {
    let facts = facts(store, bits).await;
    let found = facts.events.into_iter();
    found
        .into_iter()
        .find(|placed| placed.event.id == event_id(id))
        .unwrap()
}

/// Changes an event: what it took is given back, and what it takes now is taken.
pub(super) async fn change(
    store: &TheStore,
    bits: u64,
    id: u8,
    change: impl FnOnce(&mut ServiceEvent),
) {
    let facts = facts(store, bits).await;
    let before = placed(store, bits, id).await;
    let mut event = before.event.clone();
    change(&mut event);
    let taken = before.event.posting(&facts.grant, instant(2));
    let mut postings = vec![taken.reversing(instant(2), PostingKind::Release)];
    if event.state.is_live() {
        postings.push(event.posting(&facts.grant, instant(2)));
    }
    let write = EventWrite {
        event,
        before: Some(Before::of(&before)),
    };
    let change = effect(&facts, postings, vec![write]);
    store.commit(change).await.unwrap();
}

/// Puts an event on a settlement of its own.
pub(super) async fn settle(store: &TheStore, bits: u64, id: u8) {
    let facts = facts(store, bits).await;
    let before = placed(store, bits, id).await;
    let book = store.settlement_book(turku()).await.unwrap();
    let book = book.unwrap_or_else(|| Book::empty(turku())).next(None);
    let number = RunNumber {
        organiser: turku(),
        month: Month::of(before.event.service_date),
        sequence: u32::try_from(book.version).unwrap(),
    };
    let event = ServiceEvent {
        state: EventState::Tilitetty,
        settled: Some(Settled {
            number: number.to_string(),
            settled_at: instant(3),
            paid_at: None,
        }),
        ..before.event.clone()
    };
    let write = EventWrite {
        event: event.clone(),
        before: Some(Before::of(&before)),
    };
    let moved = effect(&facts, Vec::new(), vec![write]);
    let run = Run {
        events: 1,
        sums: event.shares,
        ..Run::begun(number, instant(3)).next(RunState::Draft)
    };
    let step = SettlementStep {
        book: Some(book),
        providers: vec![sums_of(&event)],
        rows: vec![row_of(&event)],
        effects: moved.effect.into_iter().collect(),
        ..SettlementStep::of(run)
    };
    let change = Change {
        settlement: Some(step),
        ..Change::access_only(entry())
    };
    store.commit(change).await.unwrap();
}

/// A provider's sums of one event.
pub(super) fn sums_of(event: &ServiceEvent) -> ProviderSums {
    ProviderSums {
        provider: event.provider.clone(),
        iban: Some("FI9150001503000009".to_owned()),
        events: 1,
        credits: 0,
        sums: event.shares,
        brought_forward: Cents(0),
        brought_from: None,
        is_paid: false,
    }
}

/// Credits an event whole: the credited event and its CREDIT row in one effect.
pub(super) async fn credit(store: &TheStore, bits: u64, id: u8, credit_id: u8) {
    let facts = facts(store, bits).await;
    let before = placed(store, bits, id).await;
    let mut credited = before.event.clone();
    let mut row = before.event.clone();
    row.id = event_id(credit_id);
    row.kind = EventKind::Credit;
    row.state = EventState::Hyvaksytty;
    row.settled = None;
    row.version = 1;
    row.shares = row.shares.negated();
    row.credit_of = Some(CreditOf {
        event: credited.id,
        reason_code: "VIRHE".to_owned(),
        reason_text: "kirjattu kahdesti".to_owned(),
    });
    for line in &mut row.lines {
        line.shares = line.shares.negated();
    }
    for line in &mut credited.lines {
        line.credited_quantity = line.quantity;
        line.credited_shares = line.shares;
    }
    credited.credited = Some(Credited::Full);
    let posting = row.posting(&facts.grant, instant(4));
    let writes = vec![
        EventWrite {
            event: credited,
            before: Some(Before::of(&before)),
        },
        EventWrite {
            event: row,
            before: None,
        },
    ];
    store
        .commit(effect(&facts, vec![posting], writes))
        .await
        .unwrap();
}

/// Grants, events, a moved and a deleted one, a credit: every table but misses holds something.
pub(super) async fn lived(store: &TheStore) {
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    store.commit(made(1, CHILD, 1)).await.unwrap();
    store.commit(made(2, OTHER, 1)).await.unwrap();
    let day = |day| date(2026, 3, day);
    for id in 1..=4 {
        let quantity = i64::from(id) * 500;
        record(
            store,
            event(id, 1, day(i8::try_from(id).unwrap()), quantity),
        )
        .await;
    }
    change(store, 1, 2, |event| {
        event.service_date = date(2026, 4, 2);
        event.version = 2;
    })
    .await;
    change(store, 1, 3, |event| {
        event.state = EventState::Poistettu;
        event.version = 2;
    })
    .await;
    settle(store, 1, 4).await;
    credit(store, 1, 4, 9).await;
    let kept = Change {
        token: Some(super::admin_tokens::token("lived", 1)),
        ..Change::access_only(entry())
    };
    store.commit(kept).await.unwrap();
}

/// Every row of the access log, its chain checked from the first link on.
pub(super) fn access_rows(store: &TheStore) -> Vec<AccessRow<'static>> {
    let mut link = [0; 32];
    let rows = store.engine.read(|view| {
        view.scan(&Key::table(Table::Access))?
            .into_iter()
            .zip(0..)
            .map(|((key, value), position)| {
                let chained: ChainedRow = envelope::decode(Table::Access, &key, &value)?;
                assert_eq!(chained.position, position);
                let row =
                    envelope::open_sealed(view.keyring(), Table::Access, &key, &chained.sealed.0)?;
                link = view.keyring().chain_link(&link, position, &row);
                assert_eq!(link, chained.link, "row {position}");
                Ok(postcard::from_bytes(&row).unwrap())
            })
            .collect()
    });
    rows.unwrap()
}
