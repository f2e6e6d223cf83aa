//! A store made of changes by the million, in an empty place: the records that services leave, by the code that
//! makes them for a commit, handed to the back end in the order of keys. For stores of a known size, which tests measure.
//!
//! Memory stays bounded, whatever the number of changes: records wait in sorted files (`runs`).

mod runs;

use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use self::runs::Runs;
use super::records::batch::{Staged, Verdict};
use super::records::change::{self, PreparedChange};
use super::records::keys::{KEYS_NAME, Key};
use super::records::stored::State;
use super::records::transfer::{encoded_state, is_state};
use super::records::{Found, Order, Span, View, Work, record};
use super::upkeep::Filling;
use super::{Change, StoreError};
use crate::domain::registry::Registry;
use crate::secrets::{Keyring, MasterKey, WrappedKeys};

/// Changes hashed, sealed and encoded, in their order.
pub struct Prepared(Vec<PreparedChange>);

impl Prepared {
    /// Makes changes ready; threads may do so side by side. `keyring` is that of the [`Bulk`].
    pub fn of(keyring: &Keyring, changes: &[Change]) -> Result<Prepared, StoreError> {
        let prepared = changes.iter().map(|one| change::prepare(keyring, one));
        Ok(Prepared(prepared.collect::<Result<_, _>>()?))
    }
}

/// A store being made.
pub struct Bulk {
    target: Filling,
    keyring: Arc<Keyring>,
    state: State,
    runs: Runs,
}

impl Bulk {
    /// Begins a store with keys of its own under `master`, and with a registry. Files that wait stand in a folder below
    /// `scratch` until [`Bulk::finish`]; they take what the records take.
    pub fn begin(
        target: Filling,
        master: &MasterKey,
        registry: &Registry,
        scratch: &Path,
    ) -> Result<Bulk, StoreError> {
        let keys = WrappedKeys::generate(master).map_err(|error| record::keys_failed(&error))?;
        let keyring = keys
            .unwrap(master)
            .map_err(|error| record::keys_failed(&error))?;
        let mut bulk = Bulk {
            target,
            keyring: Arc::new(keyring),
            state: State {
                sequence: 1,
                records: 0,
                access_rows: 0,
                access_link: [0; 32],
                changes: 0,
                epoch: *Uuid::new_v4().as_bytes(),
                keys_version: keys.version(),
                seals: 0,
            },
            runs: Runs::in_folder(scratch)?,
        };
        let key = Key::meta(KEYS_NAME);
        let value = record::encode(&key, &keys)?;
        bulk.runs.add(&key, &value)?;
        let first = PreparedChange::of_registry(&bulk.keyring, registry)?;
        bulk.stage([Work::Change(Box::new(first))])?;
        Ok(bulk)
    }

    /// The keys that changes are made ready with.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring)
    }

    /// Adds changes as one batch. Nothing of earlier batches is looked at: each change may rest on earlier ones of this
    /// batch only.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when one rests on anything else.
    pub fn add(&mut self, changes: Prepared) -> Result<(), StoreError> {
        let work = changes.0.into_iter();
        self.stage(work.map(|change| Work::Change(Box::new(change))))
    }

    /// Hands every record over and makes a store of it; how many records outside the meta table it has.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when two batches have written one key.
    pub fn finish(self) -> Result<u64, StoreError> {
        let Filling(mut target) = self.target;
        self.runs.hand_over(&mut |records| target.load(records))?;
        target.finish(encoded_state(&self.state)?)?;
        Ok(self.state.records)
    }

    fn stage(&mut self, work: impl IntoIterator<Item = Work>) -> Result<(), StoreError> {
        let view = NothingYet(&self.keyring);
        let mut staged = Staged::new(self.state);
        for one in work {
            if staged.add(&view, one)? == Verdict::Conflict {
                return Err(StoreError::Conflict);
            }
        }
        let (writes, state) = staged.finish()?;
        for (key, value) in &writes {
            match value {
                Some(value) if !is_state(key) => self.runs.add(key, value)?,
                // What goes again in its own batch was never there.
                _ => {}
            }
        }
        self.state = state;
        Ok(())
    }
}

/// The store before a batch, as the batch sees it.
struct NothingYet<'a>(&'a Keyring);

impl View for NothingYet<'_> {
    fn keyring(&self) -> &Keyring {
        self.0
    }

    fn raw(&self, _key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    fn range(&self, _span: &Span, _order: Order, _most: usize) -> Result<Vec<Found>, StoreError> {
        Ok(Vec::new())
    }
}
