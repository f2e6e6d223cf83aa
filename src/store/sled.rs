//! The embedded back end: records in sled, for one process on one machine.
//!
//! sled alone is not durable on Linux: its flush syncs no disk. So one thread commits, syncs sled's log
//! by a handle of our own and only then answers (`committer`), a damaged log is found before sled passes over the
//! damage (`wholeness`), and guard files tell a store that came back smaller (`guard`).
//!
//! In the folder: `db`, `conf`, `blobs` and `snap.*` are sled's, `head` and `mark` are the guard's.

mod committer;
mod engine;
mod fill;
mod guard;
mod log;
mod open;
mod read_back;
mod sweep;
#[cfg(test)]
mod tests;
mod wholeness;

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use tokio::sync::{oneshot, watch};
use tracing::Instrument as _;

use self::committer::{Committer, SyncLog};
use self::engine::Fenced;
use crate::secrets::{Keyring, MasterKey};
use crate::store::StoreError;
use crate::store::callers::Callers;
use crate::store::records::queue::{Jobs, NotQueued, queue};
use crate::store::records::sweep::Sweep;
use crate::store::records::{Engine, RecordStore, View, Work};
use crate::store::upkeep::Filling;
use crate::telemetry::metrics::StoreMetrics;
use crate::telemetry::span;

/// Where the store is and how much it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The store's folder, made if it is missing.
    pub path: PathBuf,
    /// Pages that sled keeps in memory. Its page table comes on top and grows with the records.
    pub cache_bytes: u64,
    /// Most of the log that is read back into the system's page cache after a start.
    pub read_back_bytes: u64,
    /// Commits that may wait; one more is refused as [`StoreError::Busy`].
    pub commit_queue_max: usize,
    /// Commits that share one sync.
    pub commit_batch_max: usize,
}

/// What makes the log durable.
#[cfg(not(feature = "unsynced-control"))]
const SYNC_DATA: fn(&File) -> io::Result<()> = File::sync_data;

/// Nothing: the build that a power cut has to take acknowledged records from.
#[cfg(feature = "unsynced-control")]
const SYNC_DATA: fn(&File) -> io::Result<()> = |_| Ok(());

/// Whether this build leaves out the sync that durability rests on: the control of a test, and never for use.
pub const IS_UNSYNCED_CONTROL: bool = cfg!(feature = "unsynced-control");

/// The store on sled. Dropping it closes it in the background; `close` waits for that.
pub type SledStore = RecordStore<SledEngine>;

impl SledStore {
    /// Opens the store, or makes a new one with keys of its own under `master`. Blocks: it reads all
    /// of sled's page table. Errors say what is missing or in the way, and what to do.
    pub fn open(options: &Options, master: &MasterKey) -> Result<SledStore, StoreError> {
        SledStore::open_syncing_by(options, master, Box::new(SYNC_DATA))
    }

    /// Takes a place where no store is, to fill it. Blocks.
    pub fn fill(options: &Options) -> Result<Filling, StoreError> {
        Ok(Filling(Box::new(fill::SledFill::open(options)?)))
    }

    fn open_syncing_by(
        options: &Options,
        master: &MasterKey,
        sync_log: SyncLog,
    ) -> Result<SledStore, StoreError> {
        SledEngine::open(options, master, sync_log).map(RecordStore::over)
    }
}

/// sled with the one thread that writes to it.
pub struct SledEngine {
    sled: Arc<Fenced>,
    jobs: Jobs,
    /// What became of the closing, once it is done.
    closed: watch::Receiver<Option<Result<(), String>>>,
    metrics: StoreMetrics,
}

impl SledEngine {
    fn open(
        options: &Options,
        master: &MasterKey,
        sync_log: SyncLog,
    ) -> Result<SledEngine, StoreError> {
        let (sled, committer) = open::open(options, master, sync_log)?;
        let metrics = committer.metrics.clone();
        let (jobs, batches) = queue(options.commit_queue_max, options.commit_batch_max);
        let (closed_sender, closed) = watch::channel(None);
        let watched = Arc::clone(&sled);
        let work = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| Committer::run(committer, batches)))
                .unwrap_or_else(|_| Err(watched.fail("the committer panicked")));
            let _ = closed_sender.send(Some(outcome.map_err(|error| error.to_string())));
        };
        thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(work)
            .map_err(|error| {
                StoreError::Unavailable(format!("the store's committer cannot start: {error}"))
            })?;
        Ok(SledEngine {
            sled,
            jobs,
            closed,
            metrics,
        })
    }

    fn closed(&self) -> StoreError {
        engine::closed(&self.sled.path)
    }
}

impl Engine for SledEngine {
    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.sled.keyring)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.ready()?;
        self.sled.read(work)
    }

    async fn submit(&self, work: Work) -> Result<(), StoreError> {
        let waiting = self.metrics.arrives();
        let (answer, outcome) = oneshot::channel();
        self.ready()?;
        self.jobs
            .push((work, answer))
            .map_err(|refused| match refused {
                NotQueued::Full => StoreError::Busy,
                NotQueued::Closed => self.closed(),
            })?;
        // A committer that ends without an answer has failed, and says why.
        outcome
            .instrument(span::commit())
            .await
            .unwrap_or_else(|_| Err(self.sled.fail("the committer ended")))?;
        waiting.became_durable();
        Ok(())
    }

    fn sweep(&self) -> Result<Box<dyn Sweep>, StoreError> {
        self.ready()?;
        Ok(Box::new(sweep::SledSweep::begin(&self.sled)))
    }

    fn name(&self) -> &'static str {
        "sled"
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.sled.disk_bytes()
    }

    fn callers(&self) -> &Callers {
        self.jobs.callers()
    }

    fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    fn records_read(&self) -> u64 {
        self.sled.records_read()
    }

    fn ready(&self) -> Result<(), StoreError> {
        self.sled.usable()?;
        match self.jobs.is_closed() {
            true => Err(self.closed()),
            false => Ok(()),
        }
    }

    fn close(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        // The committer finishes what is queued.
        self.jobs.close();
        let mut closed = self.closed.clone();
        async move {
            let outcome = match closed.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
                Err(_) => Err("the committer ended without closing the store".to_owned()),
            };
            outcome.map_err(StoreError::Unavailable)
        }
    }
}
