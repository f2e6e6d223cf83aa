//! Opening a store: the folder, sled's lock and recovery, the keys, and the question whether it is
//! whole. Nothing is served before all of that is durable and answered.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ::sled::{Batch, Db};
use rustix::fs::{Advice, fadvise};
use serde::de::DeserializeOwned;

use uuid::Uuid;

use super::Options;
use super::committer::{Committer, SyncLog};
use super::engine::{self, Fenced};
use super::guard::{Guard, Head};
use super::wholeness::find_damage;
use crate::durable::sync_folder_of;
use crate::secrets::{Keyring, MasterKey, WrappedKeys};
use crate::store::StoreError;
use crate::store::records::keys::{FILLING_NAME, KEYS_NAME, Key, STATE_NAME, Table};
use crate::store::records::record;
use crate::store::records::stored::State;

/// After a kill the lock may be seen for a moment; longer than this it is another process.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(2);
const LOCK_RETRY_EVERY: Duration = Duration::from_millis(50);

/// Opens or makes the store, and gives its reading and its writing side.
pub(super) fn open(
    options: &Options,
    master: &MasterKey,
    sync_log: SyncLog,
) -> Result<(Arc<Fenced>, Committer), StoreError> {
    catch_unwind(AssertUnwindSafe(|| open_whole(options, master, sync_log))).unwrap_or_else(|_| {
        Err(damaged(
            &options.path,
            "sled panicked; its message is on standard error",
        ))
    })
}

fn open_whole(
    options: &Options,
    master: &MasterKey,
    mut sync_log: SyncLog,
) -> Result<(Arc<Fenced>, Committer), StoreError> {
    let folder = options.path.as_path();
    let mut guard = Guard::in_folder(folder);
    make_folder(folder).map_err(|error| unusable(folder, &error))?;
    let kept = guard.read()?;
    let Recovered { db, log, found } = recover_whole(folder, options.cache_bytes, &guard, kept)?;
    if kept.is_none() && found.is_some() {
        tracing::warn!(
            "the store in {} has no guard file: it is taken as it is, and a new one is written",
            folder.display()
        );
    }
    let (state, keyring) = match found {
        Some((state, keys)) => {
            let keyring = keys
                .unwrap(master)
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            (state, keyring)
        }
        None => create(folder, &db, (&log, &mut sync_log), master)?,
    };
    guard.begin_mark(Head::of(&state))?;
    guard.write(Head::of(&state))?;

    let sled = Arc::new(Fenced::new(options.path.clone(), Arc::new(keyring), db));
    let committer = Committer::new(Arc::clone(&sled), (log, sync_log), guard, state, options);
    Ok((sled, committer))
}

/// Opens the store again, in the process that had it open, after its disk refused something. It must be at
/// least at `state`, which was acknowledged.
pub(super) fn reopen(
    folder: &Path,
    cache_bytes: u64,
    guard: &Guard,
    state: &State,
) -> Result<(Db, File, State), StoreError> {
    let kept = Some(Head::of(state));
    let work = || recover_whole(folder, cache_bytes, guard, kept);
    let recovered = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(damaged(
            folder,
            "sled panicked; its message is on standard error",
        ))
    })?;
    match recovered.found {
        Some((found, _)) if found.keys_version == state.keys_version => {
            Ok((recovered.db, recovered.log, found))
        }
        _ => Err(StoreError::Corrupt(format!(
            "the store at {} was given other keys while its disk refused: restart the server",
            folder.display()
        ))),
    }
}

/// sled after its recovery, proven to be no less than it was.
struct Recovered {
    db: Db,
    /// Our own handle on its log, all of which is synced.
    log: File,
    /// State and keys; `None` for a new store.
    found: Option<(State, WrappedKeys)>,
}

/// `kept` is how far the store had come; without it nothing is compared, and the log taken as it is.
fn recover_whole(
    folder: &Path,
    cache_bytes: u64,
    guard: &Guard,
    kept: Option<Head>,
) -> Result<Recovered, StoreError> {
    let log_path = folder.join("db");
    if let Some(kept) = kept
        && !log_path.exists()
    {
        guard.check(kept, None)?;
    }
    before_recovery(folder, guard, kept.is_some())?;
    let db = recover(folder, cache_bytes)?;
    let log = sync_after_recovery(folder, &log_path).map_err(|error| unusable(folder, &error))?;
    let found = existing(folder, &db)?;
    if let Some(kept) = kept {
        guard.check(kept, found.as_ref().map(|(state, _)| Head::of(state)))?;
    }
    Ok(Recovered { db, log, found })
}

/// Makes the folder and those above it, for the owner only, each durable in the one above.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
    {
        make_folder(above)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder_of(folder),
    }
}

/// What has to be so before sled may change anything: nobody else has the log, the disk and not only memory
/// holds it, and it is whole. Without a log there is nothing to ask.
pub(super) fn before_recovery(
    folder: &Path,
    guard: &Guard,
    must_be_whole: bool,
) -> Result<(), StoreError> {
    let failed = |error: io::Error| unusable(folder, &error);
    let log_path = folder.join("db");
    let log = match File::open(&log_path) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let started = Instant::now();
    while let Err(error) = log.try_lock() {
        match error {
            TryLockError::Error(error) => return Err(failed(error)),
            TryLockError::WouldBlock if started.elapsed() >= LOCK_WAIT_MAX => {
                return Err(in_use(folder));
            }
            TryLockError::WouldBlock => thread::sleep(LOCK_RETRY_EVERY),
        }
    }
    // A killed process leaves a log that is written but not synced, and sled would save a synced snapshot that
    // points into it. And where a sync has failed, memory still shows what the disk never took, and the next
    // sync says nothing of it: so what recovery reads is to come from the disk.
    log.sync_all().map_err(failed)?;
    fadvise(&log, 0, None, Advice::DontNeed).map_err(|error| failed(error.into()))?;
    remove_unfinished_snapshots(folder).map_err(failed)?;
    if must_be_whole && let Some(damage) = find_damage(folder, &log).map_err(failed)? {
        return Err(StoreError::Corrupt(format!(
            "the store at {} is damaged: acknowledged records are missing from its log {} at byte {}. Nothing was \
             changed: keep a copy of the folder for analysis. {}",
            folder.display(),
            log_path.display(),
            damage.byte,
            guard.way_back()
        )));
    }
    Ok(())
}

/// sled takes a snapshot that it was killed while writing for its newest, and then does not open.
fn remove_unfinished_snapshots(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// sled syncs neither the files it makes nor the folder that names them.
pub(super) fn sync_after_recovery(folder: &Path, log_path: &Path) -> io::Result<File> {
    File::open(folder.join("conf"))?.sync_all()?;
    let log = File::open(log_path)?;
    log.sync_all()?;
    sync_folder_of(log_path)?;
    Ok(log)
}

pub(super) fn recover(folder: &Path, cache_bytes: u64) -> Result<Db, StoreError> {
    let started = Instant::now();
    loop {
        let config = engine::config(folder, cache_bytes);
        match config.open() {
            Ok(db) => return Ok(db),
            Err(error) if is_lock(&error) => {
                if started.elapsed() >= LOCK_WAIT_MAX {
                    return Err(in_use(folder));
                }
                thread::sleep(LOCK_RETRY_EVERY);
            }
            Err(error) => return Err(engine_failed(folder, error)),
        }
    }
}

/// sled gives no kind of its own to a lock it does not get.
fn is_lock(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

/// State and keys of a store that is not new.
fn existing(folder: &Path, db: &Db) -> Result<Option<(State, WrappedKeys)>, StoreError> {
    if db
        .contains_key(Key::meta(FILLING_NAME).as_bytes())
        .map_err(|error| engine_failed(folder, error))?
    {
        return Err(StoreError::Unavailable(format!(
            "the store at {} was being filled by a restore or a copy that did not come to its end: run that again, \
             which begins anew",
            folder.display()
        )));
    }
    let state = meta(folder, db, STATE_NAME)?;
    let keys = meta(folder, db, KEYS_NAME)?;
    match (state, keys) {
        (Some(state), Some(keys)) => Ok(Some((state, keys))),
        (None, None) if db.iter().next().is_none() => Ok(None),
        _ => Err(record::corrupt(
            Table::Meta,
            "is missing, though the store has others",
        )),
    }
}

fn meta<T: DeserializeOwned>(folder: &Path, db: &Db, name: &str) -> Result<Option<T>, StoreError> {
    let key = Key::meta(name);
    let found = db
        .get(key.as_bytes())
        .map_err(|error| engine_failed(folder, error))?;
    match found {
        Some(value) => record::decode(Table::Meta, &key, &value).map(Some),
        None => Ok(None),
    }
}

/// Makes a new store's keys and first state, durable on return.
fn create(
    folder: &Path,
    db: &Db,
    (log, sync_log): (&File, &mut SyncLog),
    master: &MasterKey,
) -> Result<(State, Keyring), StoreError> {
    let keys = WrappedKeys::generate(master).map_err(|error| record::keys_failed(&error))?;
    let keyring = keys
        .unwrap(master)
        .map_err(|error| record::keys_failed(&error))?;
    let state = State {
        sequence: 1,
        records: 0,
        access_rows: 0,
        access_link: [0; 32],
        changes: 0,
        epoch: *Uuid::new_v4().as_bytes(),
        keys_version: keys.version(),
        seals: 0,
    };
    let (state_key, keys_key) = (Key::meta(STATE_NAME), Key::meta(KEYS_NAME));
    let mut batch = Batch::default();
    batch.insert(state_key.as_bytes(), record::encode(&state_key, &state)?);
    batch.insert(keys_key.as_bytes(), record::encode(&keys_key, &keys)?);
    db.apply_batch(batch)
        .and_then(|()| db.flush())
        .map_err(|error| engine_failed(folder, error))?;
    sync_log(log).map_err(|error| unusable(folder, &error))?;
    Ok((state, keyring))
}

pub(super) fn unusable(folder: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!(
        "the store at {} cannot be used: {error}",
        folder.display()
    ))
}

fn in_use(folder: &Path) -> StoreError {
    StoreError::Unavailable(format!(
        "the store at {} is in use by another process (a running server?): stop that one first; for the data of \
         a running server use its admin address",
        folder.display()
    ))
}

pub(super) fn damaged(folder: &Path, what: &str) -> StoreError {
    StoreError::Corrupt(format!(
        "the store at {} cannot be recovered ({what}): keep a copy of the folder for analysis, and restore \
         the last backup",
        folder.display()
    ))
}

pub(super) fn engine_failed(folder: &Path, error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            unusable(folder, &error)
        }
        other => damaged(folder, &other.to_string()),
    }
}
