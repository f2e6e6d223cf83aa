//! sled behind a fence: its panics and errors become ours, and after the first one the store is shut.
//! Knows keys and bytes, no business transaction.
//!
//! Invariant: a failed store answers nothing more, neither reads nor commits, until sled was opened anew. After
//! a failed write nobody knows what the disk holds, and sled's pages in memory may be ahead of it. What the disk
//! refused can pass, and the committer opens sled again by itself; damage does not, and stays until a restart.
//!
//! A read may see a batch that is applied but not synced yet. No answer rests on that alone: an answer
//! leaves after a commit of its own, commits are in order, and a failed sync shuts the store for all.

use std::fs;
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use super::sweep::{self, Behind};
use ::sled::{Batch, Config, Db, IVec, Mode};

use crate::secrets::Keyring;
use crate::store::StoreError;
use crate::store::records::batch::Writes;
use crate::store::records::kept::Kept;
use crate::store::records::keys::Key;
use crate::store::records::{Found, Order, Span, View};

/// Size of a segment of sled's log.
///
/// sled writes a page that passes a quarter of a segment into a file beside the log, which nothing
/// ever syncs. A page holds up to about 20 records: at sled's default of 512 KiB eight kilobytes each
/// are too much. With 8 MiB, 20 records of the longest value and key have room to spare.
pub(super) const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// The settings of sled that a store's files depend on, pinned.
pub(super) fn config(path: &Path, cache_bytes: u64) -> Config {
    Config::new()
        .path(path)
        .mode(Mode::LowSpace)
        .segment_size(SEGMENT_BYTES)
        .use_compression(false)
        // The committer flushes and syncs; a timer beside it would only hide what it forgets.
        .flush_every_ms(None)
        .cache_capacity(cache_bytes)
}

/// An open sled and what is needed to read it.
pub(super) struct Fenced {
    pub(super) path: PathBuf,
    pub(super) keyring: Arc<Keyring>,
    /// Shared for a read and exclusive for a batch, so that one read never sees half a batch or two
    /// states; `None` once closed.
    db: RwLock<Option<Db>>,
    failure: RwLock<Option<Failure>>,
    /// Whether there is a failure: asked with every call.
    is_shut: AtomicBool,
    /// What is noted for readings that are under way; one that is gone is forgotten with the next batch.
    sweeps: Mutex<Vec<Weak<Mutex<Behind>>>>,
    /// Readings of the registry as it stands: filled while `db` is held for a read, emptied while it is held for a batch.
    kept: Kept,
    records_read: AtomicU64,
}

/// Why the store is shut.
#[derive(Clone)]
struct Failure {
    text: String,
    /// Whether it may pass: the disk refused, and nothing is known to be damaged.
    may_pass: bool,
}

impl Fenced {
    pub(super) fn new(path: PathBuf, keyring: Arc<Keyring>, db: Db) -> Fenced {
        Fenced {
            path,
            keyring,
            db: RwLock::new(Some(db)),
            failure: RwLock::new(None),
            is_shut: AtomicBool::new(false),
            sweeps: Mutex::new(Vec::new()),
            kept: Kept::default(),
            records_read: AtomicU64::new(0),
        }
    }

    /// `Err` once the store has failed.
    pub(super) fn usable(&self) -> Result<(), StoreError> {
        if !self.is_shut.load(Ordering::Acquire) {
            return Ok(());
        }
        let failure = self.failure.read().unwrap_or_else(PoisonError::into_inner);
        match &*failure {
            Some(failure) => Err(StoreError::Unavailable(failure.text.clone())),
            None => Ok(()),
        }
    }

    /// Shuts the store until a restart, for the reason given or for the first such reason.
    pub(super) fn fail(&self, cause: &str) -> StoreError {
        let text = format!(
            "the store at {} has failed and is shut until a restart: {cause}",
            self.path.display()
        );
        self.shut(Failure {
            text,
            may_pass: false,
        })
    }

    /// Shuts the store until sled could be opened anew.
    pub(super) fn suspend(&self, cause: &str) -> StoreError {
        let text = format!(
            "the store at {} is shut for now: {cause}; everything acknowledged was synced before, and the store \
             opens itself again as soon as the disk lets it",
            self.path.display()
        );
        self.shut(Failure {
            text,
            may_pass: true,
        })
    }

    /// The first reason stays, but for one that is graver.
    fn shut(&self, failure: Failure) -> StoreError {
        let mut kept = self.failure.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = kept
            .as_ref()
            .is_none_or(|kept| kept.may_pass && !failure.may_pass);
        if is_news {
            tracing::error!("{}", failure.text);
            *kept = Some(failure);
            self.is_shut.store(true, Ordering::Release);
        }
        let text = kept.as_ref().map(|kept| kept.text.clone());
        StoreError::Unavailable(text.unwrap_or_default())
    }

    /// Whether the store is shut for a reason that may pass.
    pub(super) fn may_recover(&self) -> bool {
        let failure = self.failure.read().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().is_some_and(|failure| failure.may_pass)
    }

    /// Lets go of a sled that has failed. What it says on its way out is of no interest any more.
    pub(super) fn drop_failed(&self) {
        let db = self
            .db
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }

    /// Goes on with a sled that was opened anew. A reading that was under way may have seen a batch that is gone.
    pub(super) fn resume(&self, db: Db) {
        let mut sweeps = self.sweeps.lock().unwrap_or_else(PoisonError::into_inner);
        for behind in sweeps.drain(..).filter_map(|behind| behind.upgrade()) {
            sweep::lose(
                &behind,
                "the disk refused something, and the store was opened anew",
            );
        }
        drop(sweeps);
        let mut place = self.db.write().unwrap_or_else(PoisonError::into_inner);
        self.kept.forget();
        *place = Some(db);
        drop(place);
        let mut failure = self.failure.write().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_some_and(|failure| failure.may_pass) {
            *failure = None;
            self.is_shut.store(false, Ordering::Release);
        }
    }

    /// Runs a read on one state of the data.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.usable()?;
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = db.as_ref().ok_or_else(|| closed(&self.path))?;
        let view = SledView { sled: self, db };
        match self.fenced(|| work(&view)) {
            Err(StoreError::Corrupt(text)) => {
                self.fail(&text);
                Err(StoreError::Corrupt(text))
            }
            outcome => outcome,
        }
    }

    /// Applies a batch whole. It is durable only after [`Fenced::flush`] and a sync of the log.
    pub(super) fn apply(&self, writes: Writes) -> Result<(), StoreError> {
        self.usable()?;
        let keys: Vec<Key> = writes.keys().cloned().collect();
        let mut batch = Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key.as_bytes(), value),
                None => batch.remove(key.as_bytes()),
            }
        }
        let db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        let db = db.as_ref().ok_or_else(|| closed(&self.path))?;
        if keys.iter().any(Key::is_of_registry) {
            self.kept.forget();
        }
        // No reading is in between while this lock is held.
        self.sweeps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|behind| match behind.upgrade() {
                Some(behind) => {
                    sweep::note(&behind, &keys);
                    true
                }
                None => false,
            });
        self.fenced(|| db.apply_batch(batch).map_err(|error| self.broken(&error)))
    }

    /// From the next batch on, notes for this reading what changes behind it.
    pub(super) fn watch(&self, behind: &Arc<Mutex<Behind>>) {
        self.sweeps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(behind));
    }

    /// Bytes of the folder's files. sled's own figure fails when a file of its snapshots goes meanwhile, and a failure
    /// of sled's would shut the store.
    pub(super) fn disk_bytes(&self) -> Result<u64, StoreError> {
        folder_bytes(&self.path).map_err(|error| {
            StoreError::Unavailable(format!(
                "the size of {} cannot be read: {error}",
                self.path.display()
            ))
        })
    }

    /// Has sled write its buffers to the log's file. On Linux that syncs nothing to the disk.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.usable()?;
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = db.as_ref().ok_or_else(|| closed(&self.path))?;
        self.fenced(|| db.flush().map_err(|error| self.broken(&error)))?;
        Ok(())
    }

    /// Closes sled, failed or not, which gives its lock free.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        let db = self
            .db
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.fenced(|| {
            drop(db);
            Ok(())
        })
    }

    /// Records read so far.
    pub(super) fn records_read(&self) -> u64 {
        self.records_read.load(Ordering::Relaxed)
    }

    /// The panic's own text is for standard error only: it may show parts of a page.
    fn fenced<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            Err(self.fail("the storage engine panicked (its message is on standard error)"))
        })
    }

    fn broken(&self, error: &::sled::Error) -> StoreError {
        match error {
            // A page that lies beyond the log's end was cut off.
            ::sled::Error::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                self.suspend(&format!("its disk refused ({error})"))
            }
            ::sled::Error::Corruption { .. } | ::sled::Error::Io(_) => {
                let text = "the storage engine found its log damaged: stop the server, keep a copy of the \
                            store's folder for analysis, and restore the last backup";
                self.fail(text);
                StoreError::Corrupt(text.to_owned())
            }
            other => self.fail(&format!("the storage engine cannot go on: {other}")),
        }
    }
}

/// What every call after `close` gets.
pub(super) fn closed(path: &std::path::Path) -> StoreError {
    StoreError::Unavailable(format!("the store at {} is closed", path.display()))
}

/// One state of the data, while no batch is applied.
struct SledView<'a> {
    sled: &'a Fenced,
    db: &'a Db,
}

impl SledView<'_> {
    fn found(&self, found: ::sled::Result<(IVec, IVec)>) -> Result<Found, StoreError> {
        self.count();
        let (key, value) = found.map_err(|error| self.sled.broken(&error))?;
        Ok((Key::from_stored(&key), value.to_vec()))
    }

    fn count(&self) {
        self.sled.records_read.fetch_add(1, Ordering::Relaxed);
    }
}

impl View for SledView<'_> {
    fn keyring(&self) -> &Keyring {
        &self.sled.keyring
    }

    fn raw(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.count();
        let value = self.db.get(key.as_bytes());
        let value = value.map_err(|error| self.sled.broken(&error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn range(&self, span: &Span, order: Order, most: usize) -> Result<Vec<Found>, StoreError> {
        let Some(bounds) = span.bounds() else {
            return Ok(Vec::new());
        };
        let bytes = |bound: Bound<Key>| bound.map(|key| key.as_bytes().to_vec());
        let found = self.db.range((bytes(bounds.0), bytes(bounds.1)));
        match order {
            Order::First => found.take(most).map(|one| self.found(one)).collect(),
            Order::Last => found.rev().take(most).map(|one| self.found(one)).collect(),
        }
    }

    fn kept(&self) -> Option<&Kept> {
        Some(&self.sled.kept)
    }
}

/// Bytes of all files in a folder and the folders in it; those that go meanwhile are not counted.
fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes += folder_bytes(&entry.path())?,
            Ok(metadata) => bytes += metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn the_size_is_told_while_files_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("blobs")).unwrap();
        fs::write(folder.path().join("db"), [0; 1000]).unwrap();
        fs::write(folder.path().join("blobs/1"), [0; 10]).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for number in 0..20 {
                        let _ = fs::write(folder.path().join(format!("snap.{number}")), "");
                    }
                    for number in 0..20 {
                        let _ = fs::remove_file(folder.path().join(format!("snap.{number}")));
                    }
                }
            });
            for _ in 0..2_000 {
                assert_eq!(folder_bytes(folder.path()).unwrap(), 1010);
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}
