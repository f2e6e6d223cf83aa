//! A reading of everything on sled, which has no snapshots: what is written behind the reading is noted and read
//! again at its end, until nothing is left.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::engine::Fenced;
use crate::store::StoreError;
use crate::store::records::batch::Writes;
use crate::store::records::keys::Key;
use crate::store::records::sweep::{Changed, Sweep};
use crate::store::records::{Found, Order, Span};
use crate::store::upkeep::refused;

/// Keys noted at most. More than this waits only for a reading that nobody goes on with.
pub(super) const NOTED_KEYS_MAX: usize = 200_000;
/// Changed records given at a time: keys, and bytes of their values. While these are read no batch is applied.
const GIVEN_KEYS_MAX: usize = 4096;
const GIVEN_BYTES_MAX: usize = 8 << 20;

/// What changed behind a reading.
pub(super) struct Behind {
    read_to: ReadTo,
    keys: BTreeSet<Key>,
    /// Why the reading is worth nothing any more.
    lost: Option<String>,
}

/// How far a reading has come: what is written further on it meets by itself.
enum ReadTo {
    Nothing,
    Key(Key),
    End,
}

/// Notes the keys of a batch that is about to be applied.
pub(super) fn note(behind: &Mutex<Behind>, keys: &[Key]) {
    let mut behind = locked(behind);
    if behind.lost.is_some() {
        return;
    }
    for key in keys {
        let is_behind = match &behind.read_to {
            ReadTo::Nothing => false,
            ReadTo::Key(last) => key <= last,
            ReadTo::End => true,
        };
        if is_behind {
            behind.keys.insert(key.clone());
        }
    }
    if behind.keys.len() > NOTED_KEYS_MAX {
        let why = format!("more than {NOTED_KEYS_MAX} records changed behind the reading");
        behind.lose(&why);
    }
}

/// Ends a reading, which is told why when it goes on.
pub(super) fn lose(behind: &Mutex<Behind>, why: &str) {
    locked(behind).lose(why);
}

impl Behind {
    fn lose(&mut self, why: &str) {
        self.lost = Some(why.to_owned());
        self.keys.clear();
    }
}

/// [`note`] for a test.
#[cfg(test)]
pub(super) fn note_in(sweep: &SledSweep, keys: &[Key]) {
    note(&sweep.behind, keys);
}

fn locked(behind: &Mutex<Behind>) -> MutexGuard<'_, Behind> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reading under way.
pub(super) struct SledSweep {
    sled: Arc<Fenced>,
    behind: Arc<Mutex<Behind>>,
}

impl SledSweep {
    pub(super) fn begin(sled: &Arc<Fenced>) -> SledSweep {
        let behind = Arc::new(Mutex::new(Behind {
            read_to: ReadTo::Nothing,
            keys: BTreeSet::new(),
            lost: None,
        }));
        sled.watch(&behind);
        SledSweep {
            sled: Arc::clone(sled),
            behind,
        }
    }

    fn kept(&self) -> Result<MutexGuard<'_, Behind>, StoreError> {
        let behind = locked(&self.behind);
        if let Some(why) = &behind.lost {
            return Err(refused(format!("{why}: begin it anew, at a quieter time")));
        }
        Ok(behind)
    }
}

impl Sweep for SledSweep {
    fn piece(&mut self, after: Option<&Key>, most: usize) -> Result<Vec<Found>, StoreError> {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        self.sled.read(|view| {
            let found = view.range(&Span::from(Key::EMPTY, from), Order::First, most)?;
            let mut behind = self.kept()?;
            // A piece that is given again leaves the place where it was: all before it is noted already.
            match (&behind.read_to, found.last()) {
                (ReadTo::End, _) => {}
                (_, _) if found.len() < most => behind.read_to = ReadTo::End,
                (ReadTo::Key(place), Some((last, _))) if last <= place => {}
                (_, Some((last, _))) => behind.read_to = ReadTo::Key(last.clone()),
                (_, None) => {}
            }
            Ok(found)
        })
    }

    fn waiting(&self) -> usize {
        locked(&self.behind).keys.len()
    }

    fn changed(&mut self) -> Result<Changed, StoreError> {
        self.sled.read(|view| {
            let mut behind = self.kept()?;
            let mut writes = Writes::new();
            let mut bytes = 0;
            while writes.len() < GIVEN_KEYS_MAX && bytes < GIVEN_BYTES_MAX {
                let Some(key) = behind.keys.first().cloned() else {
                    break;
                };
                let value = view.raw(&key)?;
                bytes += value.as_ref().map_or(0, Vec::len);
                behind.keys.remove(&key);
                writes.insert(key, value);
            }
            let is_last = behind.keys.is_empty();
            Ok(Changed { writes, is_last })
        })
    }

    fn give_back(&mut self, keys: Vec<Key>) {
        let mut behind = locked(&self.behind);
        if behind.lost.is_none() {
            behind.keys.extend(keys);
        }
    }
}
