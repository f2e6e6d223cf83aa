//! The behaviour suite on sled, and what is sled's own.
//!
//! `committer` when it answers, seen from inside · `files` what opening refuses and accepts · `failure` damage,
//! failing syncs, panics · `damage` a table of damaged files · `wholeness` logs put together by hand · `privacy` what
//! stands in the files, the access chain · `format` the stored bytes · `rekey` keys and formats changed in use ·
//! `backup` backups, restores, copies.

#![allow(
    clippy::duplicate_mod,
    reason = "each back end runs the suite's cases as its own"
)]

#[path = "../suite/admin_tokens.rs"]
mod admin_tokens;
#[path = "../suite/audit.rs"]
mod audit;
#[path = "../suite/check.rs"]
mod check;
#[path = "../suite/check_records.rs"]
mod check_records;
#[path = "../suite/check_settlements.rs"]
mod check_settlements;
#[path = "../suite/commit.rs"]
mod commit;
#[path = "../suite/events.rs"]
mod events;
#[path = "../suite/facts.rs"]
mod facts;
#[path = "../suite/history.rs"]
mod history;
#[path = "../suite/misses.rs"]
mod misses;
#[path = "../suite/purge.rs"]
mod purge;
#[path = "../suite/purge_log.rs"]
mod purge_log;
#[path = "../suite/registry.rs"]
mod registry;
#[path = "../suite/registry_history.rs"]
mod registry_history;
#[path = "../suite/tamper.rs"]
mod tamper;

mod backup;
mod committer;
mod damage;
mod failure;
mod files;
mod format;
mod privacy;
mod rekey;
mod wholeness;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tempfile::TempDir;

use super::committer::SyncLog;
use super::{Options, SledStore};
use crate::secrets::{KeyFilePolicy, MasterKey};
use crate::store::records::keys::Key;
use crate::store::suite::*;

/// The store that the suite's cases are about.
type TheStore = SledStore;

/// A folder with a key file, a store's place, and no store yet.
struct Place {
    folder: TempDir,
    options: Options,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            path: folder.path().join("deep/store"),
            cache_bytes: 16 * 1024 * 1024,
            read_back_bytes: u64::MAX,
            commit_queue_max: 1024,
            commit_batch_max: 256,
        };
        Place { folder, options }
    }

    fn store_path(&self) -> &Path {
        &self.options.path
    }

    fn key_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn master(&self, name: &str) -> MasterKey {
        let policy = KeyFilePolicy {
            create_missing: true,
            refuse_exposed: true,
        };
        MasterKey::load(&self.key_file(name), policy).unwrap()
    }

    fn try_open(&self) -> Result<SledStore, StoreError> {
        SledStore::open(&self.options, &self.master("master.key"))
    }

    fn open(&self) -> SledStore {
        self.try_open().unwrap()
    }

    fn open_syncing_by(&self, sync_log: SyncLog) -> SledStore {
        SledStore::open_syncing_by(&self.options, &self.master("master.key"), sync_log).unwrap()
    }

    /// Text of the refusal to open.
    fn refusal(&self) -> String {
        match self.try_open() {
            Ok(_) => panic!("the store opened"),
            Err(error) => error.to_string(),
        }
    }
}

/// A sync that waits for leave, and says when it waits.
struct Gate {
    leave: Sender<()>,
    waiting: Receiver<()>,
}

impl Gate {
    /// The first sync, that of the open, has its leave already.
    fn new() -> (SyncLog, Gate) {
        let (leave, leaves) = channel();
        let (waits, waiting) = channel();
        leave.send(()).unwrap();
        let sync_log: SyncLog = Box::new(move |file| {
            let _ = waits.send(());
            // Once the gate is gone every sync may pass.
            let _ = leaves.recv();
            file.sync_data()
        });
        (sync_log, Gate { leave, waiting })
    }

    fn wait_for_sync(&self) {
        self.waiting.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    fn let_pass(&self) {
        self.leave.send(()).unwrap();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy_folder(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

fn failing_sync(fails: std::sync::Arc<std::sync::atomic::AtomicBool>) -> SyncLog {
    Box::new(move |file| {
        if fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(5));
        }
        file.sync_data()
    })
}

/// sled's files, opened without the store.
///
/// The guard file goes: that it shows a count that does not fit is another test's.
struct RawHand(::sled::Db);

impl RawHand {
    fn on(place: &Place) -> RawHand {
        fs::remove_file(place.store_path().join("head")).unwrap();
        let config = super::engine::config(place.store_path(), 1 << 20);
        RawHand(config.open().unwrap())
    }

    fn keys(&self, prefix: &Key) -> Vec<Key> {
        let keys = self.0.scan_prefix(prefix.as_bytes()).keys();
        keys.map(|key| Key::from_stored(&key.unwrap())).collect()
    }

    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let value = self.0.get(key.as_bytes()).unwrap();
        value.map(|value| value.to_vec())
    }

    fn put(&self, key: &Key, value: &[u8]) {
        self.0.insert(key.as_bytes(), value).unwrap();
    }

    fn remove(&self, key: &Key) -> bool {
        self.0.remove(key.as_bytes()).unwrap().is_some()
    }
}

impl Drop for RawHand {
    fn drop(&mut self) {
        self.0.flush().unwrap();
    }
}
