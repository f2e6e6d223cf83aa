//! A sled folder that is being filled. Until it is whole a record of its own marks it, and no store opens over that.

use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ::sled::{Batch, Db};

use super::Options;
use super::committer::wait_for_lock;
use super::guard::{Guard, Head};
use super::open::{
    before_recovery, damaged, engine_failed, make_folder, recover, sync_after_recovery, unusable,
};
use crate::durable::sync_folder_of;
use crate::store::StoreError;
use crate::store::records::Found;
use crate::store::records::batch::Writes;
use crate::store::records::keys::{FILLING_NAME, Key, STATE_NAME};
use crate::store::records::record;
use crate::store::records::sweep::Fill;
use crate::store::records::transfer::decoded_state;
use crate::store::upkeep::refused;

/// An open folder that is no store yet.
pub(super) struct SledFill {
    folder: PathBuf,
    db: Db,
    log: File,
    guard: Guard,
}

impl SledFill {
    /// Takes an empty folder, or one that was left half filled, which it empties.
    pub(super) fn open(options: &Options) -> Result<SledFill, StoreError> {
        fenced(&options.path, || SledFill::open_whole(options))
    }

    fn open_whole(options: &Options) -> Result<SledFill, StoreError> {
        let folder = options.path.as_path();
        let log_path = folder.join("db");
        let failed = |error| unusable(folder, &error);
        make_folder(folder).map_err(failed)?;
        let guard = Guard::in_folder(folder);
        if guard.read()?.is_some() {
            return Err(not_empty(folder));
        }
        guard.forget_mark().map_err(failed)?;
        before_recovery(folder, &guard, false)?;
        let db = recover(folder, options.cache_bytes)?;
        let log = sync_after_recovery(folder, &log_path).map_err(failed)?;
        let fill = SledFill {
            folder: folder.to_owned(),
            db,
            log,
            guard,
        };
        let marker = Key::meta(FILLING_NAME);
        let is_marked = fill
            .db
            .contains_key(marker.as_bytes())
            .map_err(|error| fill.failed(error))?;
        if !is_marked && fill.db.iter().next().is_some() {
            return Err(not_empty(folder));
        }
        fill.db.clear().map_err(|error| fill.failed(error))?;
        fill.db
            .insert(marker.as_bytes(), record::encode(&marker, &())?)
            .map_err(|error| fill.failed(error))?;
        fill.make_durable()?;
        Ok(fill)
    }

    fn failed(&self, error: ::sled::Error) -> StoreError {
        engine_failed(&self.folder, error)
    }

    fn make_durable(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| self.failed(error))?;
        self.log
            .sync_data()
            .map_err(|error| unusable(&self.folder, &error))
    }

    /// One by one: nobody opens this place before it is whole. In a batch sled would keep every page's earlier forms until
    /// long after the batch, and the memory for that grows with what is loaded.
    fn put(&self, writes: impl Iterator<Item = (Key, Option<Vec<u8>>)>) -> Result<(), StoreError> {
        fenced(&self.folder, || {
            for (key, value) in writes {
                match value {
                    Some(value) => self.db.insert(key.as_bytes(), value),
                    None => self.db.remove(key.as_bytes()),
                }
                .map_err(|error| self.failed(error))?;
            }
            Ok(())
        })
    }

    /// Makes it a store: from then on the state is there and the marker is not.
    fn make_store(&self, state: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.insert(Key::meta(STATE_NAME).as_bytes(), state);
        batch.remove(Key::meta(FILLING_NAME).as_bytes());
        self.db
            .apply_batch(batch)
            .map_err(|error| self.failed(error))
    }
}

impl Fill for SledFill {
    fn load(&mut self, records: Vec<Found>) -> Result<(), StoreError> {
        self.put(records.into_iter().map(|(key, value)| (key, Some(value))))
    }

    fn change(&mut self, writes: Writes) -> Result<(), StoreError> {
        self.put(writes.into_iter())
    }

    fn piece(&self, after: Option<&Key>, most: usize) -> Result<Vec<Found>, StoreError> {
        fenced(&self.folder, || {
            let from = after.map_or(Bound::Unbounded, |key| {
                Bound::Excluded(key.as_bytes().to_vec())
            });
            let marker = Key::meta(FILLING_NAME);
            let mut found = Vec::new();
            for one in self.db.range((from, Bound::Unbounded)) {
                let (key, value) = one.map_err(|error| self.failed(error))?;
                let key = Key::from_stored(&key);
                if key == marker {
                    continue;
                }
                found.push((key, value.to_vec()));
                if found.len() == most {
                    break;
                }
            }
            Ok(found)
        })
    }

    fn finish(self: Box<Self>, state: Vec<u8>) -> Result<(), StoreError> {
        let head = Head::of(&decoded_state(&state)?);
        fenced(&self.folder, || {
            // What the state speaks of is durable before it.
            self.make_durable()?;
            self.make_store(state)?;
            self.make_durable()?;
            self.guard.write(head)
        })?;
        let SledFill {
            folder, db, log, ..
        } = *self;
        fenced(&folder, || {
            drop(db);
            Ok(())
        })?;
        wait_for_lock(&log);
        log.sync_all()
            .and_then(|()| sync_folder_of(&folder.join("db")))
            .map_err(|error| unusable(&folder, &error))
    }
}

fn fenced<T>(folder: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(damaged(
            folder,
            "sled panicked; its message is on standard error",
        ))
    })
}

fn not_empty(folder: &Path) -> StoreError {
    refused(format!(
        "there is a store at {} already: nothing was done; name another place, or move that one away",
        folder.display()
    ))
}
