//! What the store keeps, as records: ordered keys and encoded values, the same on every back end. Here are the
//! records' forms, what a change makes of them and what decisions read from them; a back end is an [`Engine`]
//! that holds them, and [`RecordStore`] is the store over one.
//!
//! Personal data is sealed before it gets to an engine and found by keyed hashes (`change`, `reads`).

mod admin_tokens;
pub(in crate::store) mod audit;
pub(in crate::store) mod backup;
pub(in crate::store) mod batch;
pub(in crate::store) mod change;
pub(in crate::store) mod check;
mod copy;
pub(in crate::store) mod events;
mod figures;
mod grants;
pub(in crate::store) mod history;
pub(in crate::store) mod kept;
pub(in crate::store) mod keys;
mod migrate;
mod purge;
pub(in crate::store) mod queue;
pub(in crate::store) mod reads;
pub(in crate::store) mod record;
pub(in crate::store) mod registry;
mod rekey;
pub(in crate::store) mod renewal;
pub(in crate::store) mod replace;
pub(in crate::store) mod restore;
pub(in crate::store) mod settlements;
mod store;
pub(in crate::store) mod stored;
pub(in crate::store) mod sweep;
pub(in crate::store) mod transfer;
mod upkeep;

use std::future::Future;
use std::ops::Bound;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use self::change::PreparedChange;
use self::kept::Kept;
use self::keys::{Key, Table};
use self::replace::Replacements;
use self::sweep::Sweep;
use crate::secrets::{Keyring, WrappedKeys};
use crate::store::StoreError;
use crate::store::callers::Callers;
use crate::telemetry::metrics::StoreMetrics;

/// A record as it stands: its key and its encoded value.
pub(in crate::store) type Found = (Key, Vec<u8>);

/// Which records: those under a prefix (the empty key for all there are), between two places of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Span {
    pub(in crate::store) under: Key,
    /// A key under `under`, or the beginning of one.
    pub(in crate::store) from: Bound<Key>,
    /// A whole key under `under`.
    pub(in crate::store) to: Bound<Key>,
}

impl Span {
    /// Everything under a prefix.
    pub(in crate::store) fn under(prefix: Key) -> Span {
        Span {
            under: prefix,
            from: Bound::Unbounded,
            to: Bound::Unbounded,
        }
    }

    /// What stands under a prefix from a place on.
    pub(in crate::store) fn from(prefix: Key, from: Bound<Key>) -> Span {
        Span {
            from,
            ..Span::under(prefix)
        }
    }

    /// First and last key in the order of bytes; `None` where the places stand the other way round.
    pub(in crate::store) fn bounds(&self) -> Option<(Bound<Key>, Bound<Key>)> {
        let from = match &self.from {
            Bound::Unbounded => Bound::Included(self.under.clone()),
            place => place.clone(),
        };
        let to = match &self.to {
            Bound::Unbounded => self.under.end(),
            place => place.clone(),
        };
        let is_ordered = match (&from, &to) {
            (Bound::Included(from), Bound::Included(to)) => from <= to,
            (
                Bound::Included(from) | Bound::Excluded(from),
                Bound::Included(to) | Bound::Excluded(to),
            ) => from < to,
            _ => true,
        };
        is_ordered.then_some((from, to))
    }
}

/// From which end a span is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Order {
    First,
    Last,
}

/// One state of the data, to read from. Synchronous: a back end that is a network away runs reads where a thread may
/// block.
pub(in crate::store) trait View {
    fn keyring(&self) -> &Keyring;

    /// A record's value as it stands.
    fn raw(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `most` records of a span, from its first on in the order of keys, or from its last on backwards.
    fn range(&self, span: &Span, order: Order, most: usize) -> Result<Vec<Found>, StoreError>;

    /// Says what will be asked by [`View::raw`] next, so that a back end far away can fetch it in one go.
    /// One that is near does not even have the keys made.
    fn prefetch(&self, _keys: &dyn Fn() -> Vec<Key>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Where this state's readings of the registry are kept. A back end that others write to keeps none.
    fn kept(&self) -> Option<&Kept> {
        None
    }
}

impl dyn View + '_ {
    /// A record, checked and decoded.
    pub(in crate::store) fn get<T: DeserializeOwned>(
        &self,
        table: Table,
        key: &Key,
    ) -> Result<Option<T>, StoreError> {
        match self.raw(key)? {
            Some(value) => record::decode(table, key, &value).map(Some),
            None => Ok(None),
        }
    }

    /// What `read` makes of records of the registry, and of nothing else, under a key that stands for it.
    pub(in crate::store) fn of_registry<T: Clone + Send + Sync + 'static>(
        &self,
        key: &Key,
        read: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.kept() {
            Some(kept) => kept.or_read(key, read),
            None => read(),
        }
    }

    /// Every record under a prefix, in the order of keys.
    pub(in crate::store) fn scan(&self, prefix: &Key) -> Result<Vec<Found>, StoreError> {
        self.range(&Span::under(prefix.clone()), Order::First, usize::MAX)
    }
}

/// What the one that writes is asked. Each is kept whole or not at all.
#[derive(Clone)]
pub(in crate::store) enum Work {
    Change(Box<PreparedChange>),
    /// Records written in another form that say the same.
    Replace(Box<Replacements>),
    /// The wrapped keys, changed.
    Keys(Box<WrappedKeys>),
}

impl Work {
    /// Keys of the records that it is about, as far as they are known beforehand.
    pub(in crate::store) fn about(&self) -> Vec<Key> {
        match self {
            Work::Change(change) => change.about().cloned().collect(),
            Work::Replace(replacements) => {
                let records = replacements.records.iter();
                records.map(|one| one.key.clone()).collect()
            }
            Work::Keys(_) => Vec::new(),
        }
    }
}

/// A back end: it holds records, and knows nothing of what they say.
pub(in crate::store) trait Engine: Send + Sync + 'static {
    /// The keys that seal and hash what this engine holds.
    fn keyring(&self) -> Arc<Keyring>;

    /// Runs a read on one state of the data. May block the thread.
    fn read<T>(
        &self,
        work: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;

    /// Does a piece of work durably, or answers [`StoreError::Conflict`] and keeps nothing. Pieces that wait
    /// together may share a batch, and are then done one on top of the other.
    fn submit(&self, work: Work) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins a reading of every record that comes out as one state, whoever writes meanwhile.
    fn sweep(&self) -> Result<Box<dyn Sweep>, StoreError>;

    /// Makes ready for very many deletions of records that others name, which may take long; and
    /// [`Engine::after_purge`] undoes it.
    fn before_purge(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn after_purge(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Its name to the operator.
    fn name(&self) -> &'static str;

    /// What it takes on its disk, in bytes.
    fn disk_bytes(&self) -> Result<u64, StoreError>;

    /// Who is on the way to a commit.
    fn callers(&self) -> &Callers;

    /// What its writing is measured by.
    fn metrics(&self) -> &StoreMetrics;

    /// Records read since it was opened.
    fn records_read(&self) -> u64;

    /// `Err` with a reason when it cannot be used.
    fn ready(&self) -> Result<(), StoreError>;

    /// Takes no more work from this call on, whether or not its future is waited for; finishes what is queued and
    /// closes in order.
    fn close(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The store over an engine.
pub struct RecordStore<E> {
    pub(in crate::store) engine: E,
    pub(in crate::store) backup: Arc<backup::Slot>,
}
