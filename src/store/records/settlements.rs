//! Settlement runs as they are kept and read: a run and its organiser's book sealed under a version, its providers
//! sealed, its rows as plain as the ledger. Decides nothing.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde::de::DeserializeOwned;

use super::change::{PreparedChange, versioned};
use super::events;
use super::keys::{Key, Table};
use super::reads;
use super::record::{self, corrupt};
use super::stored::{Bytes, Versioned};
use super::{Order, Span, View};
use crate::domain::event_id::EventId;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::{EventState, PlacedEvent};
use crate::domain::settlement::{Book, ProviderSums, RowPlace, Run, RunNumber, SettledRow};
use crate::secrets::Keyring;
use crate::store::settlement::{EventsWithGrants, SettlementStep};
use crate::store::{StoreError, Stretch};

/// Makes a step's own records ready; its effects are any effects.
pub(in crate::store) fn prepare(
    keyring: &Keyring,
    step: &SettlementStep,
    prepared: &mut PreparedChange,
) -> Result<(), StoreError> {
    let number = step.run.number;
    if let Some(book) = &step.book {
        let key = Key::settlement_book(book.organiser);
        let record = versioned(keyring, Table::SettlementBook, key, book.version, book)?;
        prepared.versioned.push(record);
    }
    let key = Key::settlement_run(number);
    let record = versioned(
        keyring,
        Table::SettlementRun,
        key,
        step.run.version,
        &step.run,
    )?;
    prepared.versioned.push(record);
    for sums in &step.providers {
        let key = Key::settlement_providers(number).with_provider(&sums.provider);
        let sealed = Bytes(record::seal(keyring, &key, sums)?);
        let value = record::encode(&key, &sealed)?;
        prepared.puts.push((key, value));
    }
    for provider in &step.providers_removed {
        let key = Key::settlement_providers(number).with_provider(provider);
        prepared.removals.push(key);
    }
    for row in &step.rows {
        let key = Key::settlement_rows(number).with_place(&row.place());
        let value = record::encode(&key, row)?;
        prepared.inserts.push((key, value));
    }
    for place in &step.rows_removed {
        prepared
            .removals
            .push(Key::settlement_rows(number).with_place(place));
    }
    Ok(())
}

pub(in crate::store) fn book(
    view: &dyn View,
    organiser: OrganiserCode,
) -> Result<Option<Book>, StoreError> {
    let key = Key::settlement_book(organiser);
    sealed_under_version(view, Table::SettlementBook, &key)
}

pub(in crate::store) fn run(view: &dyn View, number: RunNumber) -> Result<Option<Run>, StoreError> {
    let key = Key::settlement_run(number);
    sealed_under_version(view, Table::SettlementRun, &key)
}

/// A run that is not purged.
pub(in crate::store) fn standing_run(
    view: &dyn View,
    number: RunNumber,
) -> Result<Option<Run>, StoreError> {
    Ok(match is_purged(view, number)? {
        true => None,
        false => run(view, number)?,
    })
}

/// Whether a run is purged, or is being purged.
pub(in crate::store) fn is_purged(view: &dyn View, number: RunNumber) -> Result<bool, StoreError> {
    let book = book(view, number.organiser)?;
    Ok(book.is_some_and(|book| book.is_purged(number)))
}

/// Every run of an organiser that is not purged.
pub(in crate::store) fn standing_runs(
    view: &dyn View,
    organiser: OrganiserCode,
) -> Result<Vec<Run>, StoreError> {
    let book = book(view, organiser)?;
    let mut runs = runs(view, organiser)?;
    runs.retain(|run| !book.as_ref().is_some_and(|book| book.is_purged(run.number)));
    Ok(runs)
}

/// Every run of an organiser, those that are being purged included.
pub(in crate::store) fn runs(
    view: &dyn View,
    organiser: OrganiserCode,
) -> Result<Vec<Run>, StoreError> {
    view.scan(&Key::settlement_runs(organiser))?
        .into_iter()
        .map(|(key, value)| {
            let stored: Versioned = record::decode(Table::SettlementRun, &key, &value)?;
            record::unseal(view.keyring(), Table::SettlementRun, &key, &stored.sealed.0)
        })
        .collect()
}

pub(in crate::store) fn providers(
    view: &dyn View,
    number: RunNumber,
) -> Result<Vec<ProviderSums>, StoreError> {
    let table = Table::SettlementProvider;
    view.scan(&Key::settlement_providers(number))?
        .into_iter()
        .map(|(key, value)| {
            let sealed: Bytes = record::decode(table, &key, &value)?;
            record::unseal(view.keyring(), table, &key, &sealed.0)
        })
        .collect()
}

pub(in crate::store) fn rows(
    view: &dyn View,
    number: RunNumber,
    after: Option<&RowPlace>,
    most: usize,
) -> Result<Vec<SettledRow>, StoreError> {
    let prefix = Key::settlement_rows(number);
    let from = match after {
        Some(place) => Bound::Excluded(prefix.clone().with_place(place)),
        None => Bound::Unbounded,
    };
    view.range(&Span::from(prefix, from), Order::First, most)?
        .into_iter()
        .map(|(key, value)| record::decode(Table::SettlementRow, &key, &value))
        .collect()
}

pub(in crate::store) fn events_in_state(
    view: &dyn View,
    organiser: OrganiserCode,
    stretch: Stretch,
    state: EventState,
    most: usize,
) -> Result<EventsWithGrants, StoreError> {
    let mut placed = events::of_stretch(view, organiser, stretch, most)?;
    let last = placed.last().filter(|_| placed.len() == most);
    let after = last.map(|placed| (placed.event.service_date, placed.event.id));
    placed.retain(|placed| placed.event.state == state);
    with_grants(view, placed, after)
}

pub(in crate::store) fn events_of_ids(
    view: &dyn View,
    ids: &[EventId],
) -> Result<EventsWithGrants, StoreError> {
    let placed = events::placed(view, ids.to_vec())?;
    with_grants(view, placed, None)
}

fn with_grants(
    view: &dyn View,
    events: Vec<PlacedEvent>,
    after: Option<(jiff::civil::Date, EventId)>,
) -> Result<EventsWithGrants, StoreError> {
    let numbers: BTreeSet<_> = events.iter().map(|placed| placed.event.number).collect();
    view.prefetch(&|| numbers.iter().map(|number| Key::grant(*number)).collect())?;
    let grants = numbers
        .into_iter()
        .map(|number| {
            let stored = reads::grant(view, number)?;
            let grant = stored.map(|stored| stored.grant);
            grant.ok_or_else(|| corrupt(Table::Grant, "is missing, though an event is on it"))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(EventsWithGrants {
        events,
        grants,
        after,
    })
}

fn sealed_under_version<T: DeserializeOwned>(
    view: &dyn View,
    table: Table,
    key: &Key,
) -> Result<Option<T>, StoreError> {
    match view.get::<Versioned>(table, key)? {
        Some(stored) => record::unseal(view.keyring(), table, key, &stored.sealed.0).map(Some),
        None => Ok(None),
    }
}
