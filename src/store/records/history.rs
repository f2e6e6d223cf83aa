//! The registry's version and history as records, and the walk over what rests on the registry. Each change is a head and
//! the pieces of what it changed, as JSON, which every later version reads.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond;
use serde::{Deserialize, Serialize};

use super::audit;
use super::change::{PreparedChange, PreparedVersioned};
use super::keys::{Key, Table};
use super::reads;
use super::record::{self, corrupt};
use super::registry;
use super::stored::{Bytes, Versioned};
use super::{Order, Span, View, events};
use crate::domain::access::AccessEntry;
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::reliance::Relied;
use crate::domain::service_event::PlacedEvent;
use crate::store::StoreError;
use crate::store::registry::{
    GrantWithEvents, MustBeFree, RegistryChange, RegistryStep, StandingRegistry,
};

/// Rows of the access log that a commit looks through. Who comes with more looks again first.
const ROWS_LOOKED_AT_MAX: usize = 1000;

/// Bytes of a piece of what changed, well below what a record holds.
const PIECE_BYTES: usize = 32_768;

/// The head of a change of the registry.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct StoredRegistryChange {
    pub(in crate::store) version: u64,
    #[serde(with = "microsecond::required")]
    pub(in crate::store) at: Timestamp,
    pub(in crate::store) by: String,
    pub(in crate::store) source: String,
    /// Pieces of the diff that follow, from 1.
    pub(in crate::store) pieces: u32,
}

/// Makes a change of the registry ready, with its place in the history.
pub(in crate::store) fn prepare(
    step: &RegistryStep,
    access: &AccessEntry,
    prepared: &mut PreparedChange,
) -> Result<(), StoreError> {
    prepared.registry = Some(registry::prepare(&step.registry)?);
    prepared.must_be_free.clone_from(&step.must_be_free);
    let key = Key::registry_standing();
    let standing = Versioned {
        version: step.version,
        sealed: Bytes(Vec::new()),
    };
    prepared.versioned.push(PreparedVersioned {
        table: Table::RegistryHistory,
        value: record::encode(&key, &standing)?,
        key,
        version: step.version,
    });
    let diff = serde_json::to_vec(&step.diff)
        .map_err(|error| StoreError::Unavailable(format!("a record cannot be encoded: {error}")))?;
    let mut pieces = 0;
    for piece in diff.chunks(PIECE_BYTES) {
        pieces += 1;
        let key = Key::registry_change(step.version, pieces);
        let value = record::encode(&key, &Bytes(piece.to_vec()))?;
        prepared.inserts.push((key, value));
    }
    let head = StoredRegistryChange {
        version: step.version,
        at: access.at,
        by: access.user_id.clone().unwrap_or_default(),
        source: step.source.clone(),
        pieces,
    };
    let key = Key::registry_change(step.version, 0);
    let value = record::encode(&key, &head)?;
    prepared.inserts.push((key, value));
    Ok(())
}

/// Version of the registry; 0 where no change has left a history.
pub(in crate::store) fn version(view: &dyn View) -> Result<u64, StoreError> {
    let key = Key::registry_standing();
    view.of_registry(&key, || {
        let standing = view.get::<Versioned>(Table::RegistryHistory, &key)?;
        Ok(standing.map_or(0, |standing| standing.version))
    })
}

pub(in crate::store) fn standing(view: &dyn View) -> Result<StandingRegistry, StoreError> {
    Ok(StandingRegistry {
        version: version(view)?,
        registry: registry::read(view)?,
    })
}

/// At most `most` changes after a version.
pub(in crate::store) fn changes(
    view: &dyn View,
    after: u64,
    most: usize,
) -> Result<Vec<RegistryChange>, StoreError> {
    let last = version(view)?;
    let versions = after.saturating_add(1)..=last;
    versions
        .take(most)
        .map(|version| change(view, version))
        .collect()
}

fn change(view: &dyn View, version: u64) -> Result<RegistryChange, StoreError> {
    let table = Table::RegistryHistory;
    let missing = || corrupt(table, "is missing, though the registry has that version");
    let head: StoredRegistryChange = view
        .get(table, &Key::registry_change(version, 0))?
        .ok_or_else(missing)?;
    let mut diff = Vec::new();
    for piece in 1..=head.pieces {
        let key = Key::registry_change(version, piece);
        diff.extend(view.get::<Bytes>(table, &key)?.ok_or_else(missing)?.0);
    }
    Ok(RegistryChange {
        version,
        at: head.at,
        by: head.by,
        source: head.source,
        diff: serde_json::from_slice(&diff).map_err(|_| corrupt(table, "cannot be decoded"))?,
    })
}

/// At most `most` purchasing powers after one, with their events, in a few reads however many these are.
pub(in crate::store) fn grants_with_events(
    view: &dyn View,
    after: Option<PurchasingPowerNumber>,
    most: usize,
) -> Result<Vec<GrantWithEvents>, StoreError> {
    let from = match after {
        Some(number) => Bound::Excluded(Key::grant(number)),
        None => Bound::Unbounded,
    };
    let span = Span::from(Key::table(Table::Grant), from);
    let mut grants = Vec::new();
    for (key, value) in view.range(&span, Order::First, most)? {
        let stored: Versioned = record::decode(Table::Grant, &key, &value)?;
        grants.push(reads::unsealed_grant(view, &key, &stored)?.grant);
    }
    let (Some(first), Some(last)) = (grants.first(), grants.last()) else {
        return Ok(Vec::new());
    };
    let last_event = EventId::from_bytes([u8::MAX; 16]);
    let span = Span {
        under: Key::table(Table::EventOfGrant),
        from: Bound::Included(Key::events_of_grant(first.number)),
        to: Bound::Included(
            Key::events_of_grant(last.number)
                .with_day(jiff::civil::Date::MAX)
                .with_event(last_event),
        ),
    };
    let found = view.range(&span, Order::First, usize::MAX)?;
    let mut of_grants: BTreeMap<PurchasingPowerNumber, Vec<PlacedEvent>> = BTreeMap::new();
    for placed in events::listed(view, Table::EventOfGrant, found)? {
        of_grants
            .entry(placed.event.number)
            .or_default()
            .push(placed);
    }
    Ok(grants
        .into_iter()
        .map(|grant| GrantWithEvents {
            events: of_grants.remove(&grant.number).unwrap_or_default(),
            grant,
        })
        .collect())
}

/// Those of these purchasing powers that there are.
pub(in crate::store) fn grants_of_numbers(
    view: &dyn View,
    numbers: &[PurchasingPowerNumber],
) -> Result<Vec<GrantWithEvents>, StoreError> {
    view.prefetch(&|| numbers.iter().map(|number| Key::grant(*number)).collect())?;
    let mut found = Vec::new();
    for number in numbers {
        if let Some(stored) = reads::grant(view, *number)? {
            found.push(GrantWithEvents {
                grant: stored.grant,
                events: events::of_grant(view, *number)?,
            });
        }
    }
    Ok(found)
}

/// Whether nothing that left a row since the look rests on what must be free.
pub(in crate::store) fn is_still_free(
    view: &dyn View,
    must_be_free: &MustBeFree,
) -> Result<bool, StoreError> {
    let rows = audit::raw_rows(view, must_be_free.access_rows, ROWS_LOOKED_AT_MAX)?;
    if rows.len() == ROWS_LOOKED_AT_MAX {
        return Ok(false);
    }
    let mut numbers = BTreeSet::new();
    for (key, value) in &rows {
        numbers.extend(audit::numbers_of(view.keyring(), key, value)?);
    }
    let numbers: Vec<PurchasingPowerNumber> = numbers.into_iter().collect();
    let mut relied = Relied::default();
    for of_grant in grants_of_numbers(view, &numbers)? {
        let events = of_grant.events.iter().map(|placed| &placed.event);
        must_be_free
            .threats
            .look(&of_grant.grant, events, &mut relied);
    }
    Ok(relied.is_empty())
}
