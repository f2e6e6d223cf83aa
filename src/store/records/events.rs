//! Service events as they are read: by id, of a grant, and in an organiser's stretches.
//!
//! Invariant: as in `reads`, what another record names is there, or the store is damaged.

use std::ops::Bound;

use super::keys::{Key, STATE_NAME, Table};
use super::record::{self, corrupt};
use super::stored::{State, StoredEvent};
use super::{Found, Order, Span, View};
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::PlacedEvent;
use crate::store::{FeedHead, StoreError, Stretch};

pub(in crate::store) fn feed_head(view: &dyn View) -> Result<FeedHead, StoreError> {
    let state: State = view
        .get(Table::Meta, &Key::meta(STATE_NAME))?
        .ok_or_else(|| corrupt(Table::Meta, "is missing, though the store has others"))?;
    Ok(FeedHead {
        epoch: state.epoch,
        change_seq: state.changes,
    })
}

pub(in crate::store) fn event(
    view: &dyn View,
    id: EventId,
) -> Result<Option<PlacedEvent>, StoreError> {
    let key = Key::event(id);
    let Some(stored) = view.get::<StoredEvent>(Table::Event, &key)? else {
        return Ok(None);
    };
    Ok(Some(PlacedEvent {
        event: record::unseal(view.keyring(), Table::Event, &key, &stored.sealed.0)?,
        change_seq: stored.change_seq,
        created_seq: stored.created_seq,
        changed_at: stored.changed_at,
    }))
}

/// Every event of a grant, in the order of service date, then id.
pub(in crate::store) fn of_grant(
    view: &dyn View,
    number: PurchasingPowerNumber,
) -> Result<Vec<PlacedEvent>, StoreError> {
    let found = view.scan(&Key::events_of_grant(number))?;
    listed(view, Table::EventOfGrant, found)
}

/// At most `most` of an organiser's events, from the stretch's beginning.
pub(in crate::store) fn of_stretch(
    view: &dyn View,
    organiser: OrganiserCode,
    stretch: Stretch,
    most: usize,
) -> Result<Vec<PlacedEvent>, StoreError> {
    match stretch {
        Stretch::Changes { after, up_to } => {
            let feed = Key::feed(organiser);
            let span = Span {
                from: Bound::Excluded(feed.clone().with_change(after)),
                to: Bound::Included(feed.clone().with_change(up_to)),
                under: feed,
            };
            let ids = view
                .range(&span, Order::First, most)?
                .into_iter()
                .map(|(key, value)| record::decode(Table::Feed, &key, &value))
                .collect::<Result<Vec<EventId>, StoreError>>()?;
            placed(view, ids)
        }
        Stretch::Days { from, to, after } => {
            let days = Key::events_of_day(organiser);
            let first = match after {
                Some((day, id)) => Bound::Excluded(days.clone().with_day(day).with_event(id)),
                None => Bound::Included(days.clone().with_day(from)),
            };
            let last = EventId::from_bytes([u8::MAX; 16]);
            let span = Span {
                from: first,
                to: Bound::Included(days.clone().with_day(to).with_event(last)),
                under: days,
            };
            let found = view.range(&span, Order::First, most)?;
            listed(view, Table::EventOfDay, found)
        }
    }
}

/// The events that these records name by their keys.
pub(super) fn listed(
    view: &dyn View,
    named_by: Table,
    found: Vec<Found>,
) -> Result<Vec<PlacedEvent>, StoreError> {
    let ids = found
        .into_iter()
        .map(|(key, value)| {
            record::decode::<()>(named_by, &key, &value)?;
            key.last_event()
                .ok_or_else(|| corrupt(named_by, "names no event"))
        })
        .collect::<Result<Vec<EventId>, StoreError>>()?;
    placed(view, ids)
}

/// The events of these ids, which other records name.
pub(in crate::store) fn placed(
    view: &dyn View,
    ids: Vec<EventId>,
) -> Result<Vec<PlacedEvent>, StoreError> {
    view.prefetch(&|| ids.iter().map(|id| Key::event(*id)).collect())?;
    ids.into_iter()
        .map(|id| {
            event(view, id)?
                .ok_or_else(|| corrupt(Table::Event, "is missing, though another record names it"))
        })
        .collect()
}
