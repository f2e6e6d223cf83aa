//! Opening a store: the folder, sled's lock and recovery, the keys, and the question whether it is
//! whole. Nothing is served before all of that is durable and answered.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ::sled::{Batch, Db};
use serde::de::DeserializeOwned;

use uuid::Uuid;

use super::Options;
use super::committer::{Committer, SyncLog};
use super::engine::{self, Fenced};
use super::guard::{Guard, Head};
use crate::durable::sync_folder_of;
use crate::secrets::{Keyring, MasterKey, WrappedKeys};
use crate::store::StoreError;
use crate::store::records::keys::{KEYS_NAME, Key, STATE_NAME, Table};
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
    let log_path = folder.join("db");
    let guard = Guard::in_folder(folder);
    make_folder(folder).map_err(|error| unusable(folder, &error))?;
    let kept = guard.read()?;
    if let Some(kept) = kept
        && !log_path.exists()
    {
        guard.check(kept, None)?;
    }
    sync_before_recovery(&log_path).map_err(|error| unusable(folder, &error))?;
    let db = recover(folder, options.cache_bytes)?;
    let log = sync_after_recovery(folder, &log_path).map_err(|error| unusable(folder, &error))?;

    let found = existing(folder, &db, master)?;
    if let Some(kept) = kept {
        guard.check(kept, found.as_ref().map(|(state, _)| Head::of(state)))?;
    } else if found.is_some() {
        tracing::warn!(
            "the store in {} has no guard file: it is taken as it is, and a new one is written",
            folder.display()
        );
    }
    let (state, keyring) = match found {
        Some(found) => found,
        None => create(folder, &db, (&log, &mut sync_log), master)?,
    };
    guard.write(Head::of(&state))?;

    let sled = Arc::new(Fenced::new(options.path.clone(), Arc::new(keyring), db));
    let committer = Committer::new(
        Arc::clone(&sled),
        (log, sync_log),
        guard,
        state,
        options.commit_batch_max,
    );
    Ok((sled, committer))
}

/// Makes the folder and those above it, for the owner only, each durable in the one above.
fn make_folder(folder: &Path) -> io::Result<()> {
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

/// A killed process leaves a log that is written but not synced, and sled would save a synced
/// snapshot that points into it.
fn sync_before_recovery(log_path: &Path) -> io::Result<()> {
    match File::open(log_path) {
        Ok(log) => log.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// sled syncs neither the files it makes nor the folder that names them.
fn sync_after_recovery(folder: &Path, log_path: &Path) -> io::Result<File> {
    File::open(folder.join("conf"))?.sync_all()?;
    let log = File::open(log_path)?;
    log.sync_all()?;
    sync_folder_of(log_path)?;
    Ok(log)
}

fn recover(folder: &Path, cache_bytes: u64) -> Result<Db, StoreError> {
    let started = Instant::now();
    loop {
        let config = engine::config(folder, cache_bytes);
        match config.open() {
            Ok(db) => return Ok(db),
            Err(error) if is_lock(&error) => {
                if started.elapsed() >= LOCK_WAIT_MAX {
                    return Err(StoreError::Unavailable(format!(
                        "the store at {} is in use by another process (a running server?): stop that one \
                         first; for the data of a running server use its admin address",
                        folder.display()
                    )));
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
fn existing(
    folder: &Path,
    db: &Db,
    master: &MasterKey,
) -> Result<Option<(State, Keyring)>, StoreError> {
    let state = meta(folder, db, STATE_NAME)?;
    let keys: Option<WrappedKeys> = meta(folder, db, KEYS_NAME)?;
    match (state, keys) {
        (Some(state), Some(keys)) => {
            let keyring = keys
                .unwrap(master)
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            Ok(Some((state, keyring)))
        }
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

fn unusable(folder: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!(
        "the store at {} cannot be used: {error}",
        folder.display()
    ))
}

fn damaged(folder: &Path, what: &str) -> StoreError {
    StoreError::Corrupt(format!(
        "the store at {} cannot be recovered ({what}): keep a copy of the folder for analysis, and restore \
         the last backup",
        folder.display()
    ))
}

fn engine_failed(folder: &Path, error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Io(error) => unusable(folder, &error),
        other => damaged(folder, &other.to_string()),
    }
}
