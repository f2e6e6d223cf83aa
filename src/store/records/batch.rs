//! One batch in the making: what is staged so far stands before what sled has, so that two changes
//! of one batch conflict as two of different batches would. Writes nothing itself.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::change::{PreparedChange, PreparedEvent};
use super::history;
use super::keys::{Hash, KEYS_NAME, Key, REGISTRY_TABLES, STATE_NAME, Table};
use super::record::{self, keys_failed};
use super::renewal;
use super::replace::Replacements;
use super::stored::{Bytes, ChainedRow, State, StoredEvent, StoredMiss, Versioned};
use super::{Order, Span, View, Work};
use crate::secrets::{Keyring, WrappedKeys};
use crate::store::registry::MustBeFree;
use crate::store::{Miss, StoreError};

/// Misses younger than this by either clock are kept.
const MISS_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Old misses of a client looked at, and so removed, with one new miss.
const MISSES_PRUNED_MAX: usize = 32;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Verdict {
    Staged,
    Conflict,
}

impl Verdict {
    /// What its caller is told once the batch is durable.
    pub(in crate::store) fn outcome(self) -> Result<(), StoreError> {
        match self {
            Verdict::Staged => Ok(()),
            Verdict::Conflict => Err(StoreError::Conflict),
        }
    }
}

/// Each key with its new value, or with `None` where the record goes.
pub(in crate::store) type Writes = BTreeMap<Key, Option<Vec<u8>>>;

/// What a batch will do, and the state after it.
pub(in crate::store) struct Staged {
    writes: Writes,
    state: State,
    /// Whether this very batch changes the keys, which nobody may use before it is durable.
    changes_keys: bool,
}

impl Staged {
    /// An empty batch on top of `state`.
    pub(in crate::store) fn new(state: State) -> Staged {
        Staged {
            writes: BTreeMap::new(),
            state,
            changes_keys: false,
        }
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Stages a piece of work, or nothing of it when an expectation does not hold.
    /// After an error the batch must be thrown away.
    pub(in crate::store) fn add(
        &mut self,
        view: &dyn View,
        work: Work,
    ) -> Result<Verdict, StoreError> {
        if !self.changes_keys && self.state.keys_version > view.keyring().version() {
            renewal::follow(view)?;
        }
        match work {
            Work::Replace(replacements) => self.replace(view, *replacements),
            Work::Keys(keys) => self.change_keys(view, &keys),
            Work::Change(change) => self.change(view, *change),
        }
    }

    fn change(&mut self, view: &dyn View, change: PreparedChange) -> Result<Verdict, StoreError> {
        // What was sealed under a key that is no longer current would stay behind when that key goes.
        if change.keys_version != self.state.keys_version {
            return Ok(Verdict::Conflict);
        }
        let inserted = change.inserts.iter().map(|(key, _)| key);
        for key in inserted.chain(&change.absent) {
            if self.get(view, key)?.is_some() {
                return Ok(Verdict::Conflict);
            }
        }
        for (table, key, version) in &change.unchanged {
            if self.version(view, *table, key)? != *version {
                return Ok(Verdict::Conflict);
            }
        }
        for record in &change.versioned {
            let next = self
                .version(view, record.table, &record.key)?
                .checked_add(1);
            if next != Some(record.version) {
                return Ok(Verdict::Conflict);
            }
        }
        if let Some((client, new)) = &change.miss
            && self.newest_miss(view, &Key::misses(client))? != new.newest_seen
        {
            return Ok(Verdict::Conflict);
        }
        if let Some(must_be_free) = &change.must_be_free
            && !self.is_still_free(view, must_be_free)?
        {
            return Ok(Verdict::Conflict);
        }
        if let Some(registry) = change.registry {
            self.replace_registry(view, registry.0)?;
        }
        for (key, value) in change.inserts {
            self.insert(key, value);
        }
        for record in change.versioned {
            if record.version == 1 {
                self.state.records += 1;
            }
            self.writes.insert(record.key, Some(record.value));
        }
        for (key, value) in change.puts {
            if self.get(view, &key)?.is_none() {
                self.state.records += 1;
            }
            self.writes.insert(key, Some(value));
        }
        for key in change.removals {
            if self.get(view, &key)?.is_some() {
                self.remove(key);
            }
        }
        for event in change.events {
            self.add_event(event)?;
        }
        if let Some((client, new)) = change.miss {
            self.add_miss(view, &client, new.miss)?;
        }
        for row in change.access_rows {
            self.add_access_row(view.keyring(), &row)?;
        }
        Ok(Verdict::Staged)
    }

    /// Replaces those that still stand as they did; the others were written anew meanwhile.
    fn replace(
        &mut self,
        view: &dyn View,
        replacements: Replacements,
    ) -> Result<Verdict, StoreError> {
        if replacements.keys_version != self.state.keys_version {
            return Ok(Verdict::Conflict);
        }
        let records = &replacements.records;
        view.prefetch(&|| records.iter().map(|one| one.key.clone()).collect())?;
        for one in replacements.records {
            if self.get(view, &one.key)?.as_deref() == Some(one.before.as_slice()) {
                self.writes.insert(one.key, Some(one.after));
            }
        }
        Ok(Verdict::Staged)
    }

    /// Keeps the next version of the wrapped keys.
    fn change_keys(&mut self, view: &dyn View, keys: &WrappedKeys) -> Result<Verdict, StoreError> {
        if keys.version() != self.state.keys_version + 1 {
            return Ok(Verdict::Conflict);
        }
        let key = Key::meta(KEYS_NAME);
        let before = renewal::wrapped_keys(view)?;
        if before.current() != keys.current() {
            self.state.seals = 0;
        }
        let value = record::encode(&key, keys)?;
        self.writes.insert(key, Some(value));
        self.state.keys_version = keys.version();
        self.changes_keys = true;
        Ok(Verdict::Staged)
    }

    /// Whether nothing that was kept since the look rests on what a change of the registry takes away. What waits in this
    /// very batch is not looked at: the change is decided anew behind it.
    fn is_still_free(
        &self,
        view: &dyn View,
        must_be_free: &MustBeFree,
    ) -> Result<bool, StoreError> {
        let grants = Key::table(Table::Grant);
        let mut staged = self.writes.range(grants.clone()..);
        if staged.next().is_some_and(|(key, _)| key.is_under(&grants)) {
            return Ok(false);
        }
        history::is_still_free(view, must_be_free)
    }

    /// Makes the registry's tables hold exactly `records`, touching only what differs.
    fn replace_registry(
        &mut self,
        view: &dyn View,
        mut records: BTreeMap<Key, Vec<u8>>,
    ) -> Result<(), StoreError> {
        for table in REGISTRY_TABLES {
            for (key, kept) in self.current(view, &Key::table(table))? {
                match records.remove(&key) {
                    Some(value) if value == kept => {}
                    Some(value) => {
                        self.writes.insert(key, Some(value));
                    }
                    None => self.remove(key),
                }
            }
        }
        for (key, value) in records {
            self.insert(key, value);
        }
        Ok(())
    }

    /// What is to be written at once, its meta record included, and the state after it: each key with its value, or
    /// with `None` where the record goes.
    pub(in crate::store) fn finish(mut self) -> Result<(Writes, State), StoreError> {
        self.state.sequence += 1;
        self.state.seals += self.sealed_writes();
        let key = Key::meta(STATE_NAME);
        let value = record::encode(&key, &self.state)?;
        self.writes.insert(key, Some(value));
        Ok((self.writes, self.state))
    }

    fn sealed_writes(&self) -> u64 {
        let written = self.writes.iter().filter(|(_, value)| value.is_some());
        let sealed = written.filter(|(key, _)| key.in_table().is_some_and(Table::is_sealed));
        sealed.count() as u64
    }

    fn get(&self, view: &dyn View, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        match self.writes.get(key) {
            Some(staged) => Ok(staged.clone()),
            None => view.raw(key),
        }
    }

    /// Every record under a prefix, as it is with what is staged.
    fn current(&self, view: &dyn View, prefix: &Key) -> Result<BTreeMap<Key, Vec<u8>>, StoreError> {
        let mut current: BTreeMap<_, _> = view.scan(prefix)?.into_iter().collect();
        let staged = self.writes.range(prefix.clone()..);
        for (key, value) in staged.take_while(|(key, _)| key.is_under(prefix)) {
            match value {
                Some(value) => drop(current.insert(key.clone(), value.clone())),
                None => drop(current.remove(key)),
            }
        }
        Ok(current)
    }

    /// Zero for a record that is not there.
    fn version(&self, view: &dyn View, table: Table, key: &Key) -> Result<u64, StoreError> {
        match self.get(view, key)? {
            Some(value) => Ok(record::decode::<Versioned>(table, key, &value)?.version),
            None => Ok(0),
        }
    }

    /// Gives an event the feed's next place, and moves what points at it.
    fn add_event(&mut self, event: PreparedEvent) -> Result<(), StoreError> {
        let change_seq = self.state.changes + 1;
        let key = Key::event(event.id);
        let stored = StoredEvent {
            change_seq,
            created_seq: event.before.map_or(change_seq, |before| before.created_seq),
            changed_at: event.changed_at,
            sealed: Bytes(event.sealed),
        };
        let value = record::encode(&key, &stored)?;
        let places = |day| {
            let of_grant = Key::events_of_grant(event.number).with_day(day);
            let of_day = Key::events_of_day(event.organiser).with_day(day);
            [of_grant.with_event(event.id), of_day.with_event(event.id)]
        };
        let moved_from = event.before.map(|before| before.service_date);
        match event.before {
            Some(before) => {
                self.writes.insert(key, Some(value));
                self.remove(Key::feed(event.organiser).with_change(before.change_seq));
            }
            None => self.insert(key, value),
        }
        if moved_from != Some(event.service_date) {
            for place in moved_from.into_iter().flat_map(places) {
                self.remove(place);
            }
            for place in places(event.service_date) {
                let value = record::encode(&place, &())?;
                self.insert(place, value);
            }
        }
        let feed = Key::feed(event.organiser).with_change(change_seq);
        let value = record::encode(&feed, &event.id)?;
        self.insert(feed, value);
        self.state.changes = change_seq;
        Ok(())
    }

    /// For a key that holds nothing.
    fn insert(&mut self, key: Key, value: Vec<u8>) {
        self.state.records += 1;
        self.writes.insert(key, Some(value));
    }

    /// For a key that holds something.
    fn remove(&mut self, key: Key) {
        self.state.records = self.state.records.saturating_sub(1);
        self.writes.insert(key, None);
    }

    /// The last by key of what is staged and what sled has.
    fn newest_miss(&self, view: &dyn View, prefix: &Key) -> Result<Option<Miss>, StoreError> {
        let staged = self
            .writes
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.is_under(prefix))
            .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
            .last();
        // Those that the batch takes away are the oldest.
        let removed = self.writes.range(prefix.clone()..);
        let removed = removed.take_while(|(key, _)| key.is_under(prefix)).count();
        let kept = view
            .range(&Span::under(prefix.clone()), Order::Last, removed + 1)?
            .into_iter()
            .find(|(key, _)| self.writes.get(key) != Some(&None));
        let newest = staged
            .into_iter()
            .chain(kept)
            .max_by(|left, right| left.0.cmp(&right.0));
        match newest {
            Some((key, value)) => {
                let miss: StoredMiss = record::decode(Table::Miss, &key, &value)?;
                Ok(Some(miss.into_miss()))
            }
            None => Ok(None),
        }
    }

    fn add_miss(&mut self, view: &dyn View, client: &Hash, miss: Miss) -> Result<(), StoreError> {
        let prefix = Key::misses(client);
        let oldest = Span::under(prefix.clone());
        for (key, value) in view.range(&oldest, Order::First, MISSES_PRUNED_MAX)? {
            let old: StoredMiss = record::decode(Table::Miss, &key, &value)?;
            let old = old.into_miss();
            let is_past = miss.at.duration_since(old.at) > MISS_KEPT
                && miss.machine_at.duration_since(old.machine_at) > MISS_KEPT;
            if is_past && !self.writes.contains_key(&key) {
                self.remove(key);
            }
        }
        let key = prefix.with_time(miss.at, self.state.access_rows);
        let value = record::encode(&key, &StoredMiss::of(miss))?;
        self.insert(key, value);
        Ok(())
    }

    fn add_access_row(&mut self, keyring: &Keyring, row: &[u8]) -> Result<(), StoreError> {
        let position = self.state.access_rows;
        let key = Key::access(position);
        let link = keyring.chain_link(&self.state.access_link, position, row);
        let sealed = keyring
            .seal(key.as_bytes(), row)
            .map_err(|error| keys_failed(&error))?;
        let chained = ChainedRow {
            position,
            link,
            sealed: Bytes(sealed),
        };
        let value = record::encode(&key, &chained)?;
        self.insert(key, value);
        self.state.access_rows += 1;
        self.state.access_link = link;
        Ok(())
    }
}
