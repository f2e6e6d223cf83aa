//! The store on sled, for one process on one machine.
//!
//! sled alone is not durable on Linux: its flush syncs no disk. So one thread commits, syncs sled's log
//! by a handle of our own and only then answers (`committer`); every record carries its format and a
//! checksum (`record`); a guard file tells a store that came back smaller (`guard`). Personal data
//! is sealed before it gets here and found by keyed hashes (`change`, `reads`).
//!
//! In the folder: `db`, `conf`, `blobs` and `snap.*` are sled's, `head` is the guard.

mod audit;
mod batch;
mod change;
mod check;
mod committer;
mod engine;
mod events;
mod guard;
mod keys;
mod open;
mod reads;
mod record;
mod registry;
mod settlements;
mod stored;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{oneshot, watch};

use self::committer::{Answer, Committer, Job, SyncLog};
use self::engine::{Engine, View};
use crate::domain::client::ClientId;
use crate::domain::event_id::EventId;
use crate::domain::registry::{ClientGrant, OrganiserCode, Registry};
use crate::domain::service_event::{EventState, PlacedEvent};
use crate::domain::settlement::{Book, ProviderSums, RowPlace, Run, RunNumber, SettledRow};
use crate::secrets::{Keyring, MasterKey};
use crate::store::audit::{AccessHead, AccessRecord, AccessVerdict};
use crate::store::check::CheckReport;
use crate::store::settlement::EventsWithGrants;
use crate::store::{
    Change, CreationFacts, CreationQuery, FeedHead, GrantFacts, GrantQuery, MessageKey, Miss,
    OrganiserEntry, ReferenceKey, Replays, Store, StoreError, StoreFuture, Stretch,
};

/// Where the store is and how much it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The store's folder, made if it is missing.
    pub path: PathBuf,
    /// Pages that sled keeps in memory. Its page table comes on top and grows with the records.
    pub cache_bytes: u64,
    /// Commits that may wait; one more is refused as [`StoreError::Busy`].
    pub commit_queue_max: usize,
    /// Commits that share one sync.
    pub commit_batch_max: usize,
}

/// The store on sled. Dropping it closes it in the background; [`Store::close`] waits for that.
pub struct SledStore {
    engine: Arc<Engine>,
    /// `None` once closed; the committer ends when it is gone.
    jobs: Mutex<Option<SyncSender<Job>>>,
    /// What became of the closing, once it is done.
    closed: watch::Receiver<Option<Result<(), String>>>,
    commits: AtomicU64,
}

impl SledStore {
    /// Opens the store, or makes a new one with keys of its own under `master`. Blocks: it reads all
    /// of sled's page table. Errors say what is missing or in the way, and what to do.
    pub fn open(options: &Options, master: &MasterKey) -> Result<SledStore, StoreError> {
        SledStore::open_syncing_by(options, master, Box::new(File::sync_data))
    }

    fn open_syncing_by(
        options: &Options,
        master: &MasterKey,
        sync_log: SyncLog,
    ) -> Result<SledStore, StoreError> {
        let (engine, committer) = open::open(options, master, sync_log)?;
        let (jobs, queue) = sync_channel(options.commit_queue_max.max(1));
        let (closed_sender, closed) = watch::channel(None);
        let watched = Arc::clone(&engine);
        let work = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| Committer::run(committer, &queue)))
                .unwrap_or_else(|_| Err(watched.fail("the committer panicked")));
            let _ = closed_sender.send(Some(outcome.map_err(|error| error.to_string())));
        };
        thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(work)
            .map_err(|error| {
                StoreError::Unavailable(format!("the store's committer cannot start: {error}"))
            })?;
        Ok(SledStore {
            engine,
            jobs: Mutex::new(Some(jobs)),
            closed,
            commits: AtomicU64::new(0),
        })
    }

    /// The store's keys, for what is hashed or chained outside of it.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.engine.keyring)
    }

    /// Records read so far, for metrics and for tests that count instead of timing.
    pub fn records_read(&self) -> u64 {
        self.engine.records_read()
    }

    /// The committer's queue; `Err` once the store has failed or is closed.
    fn jobs(&self) -> Result<SyncSender<Job>, StoreError> {
        self.engine.usable()?;
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| engine::closed(&self.engine.path))
    }

    fn read<'a, T: Send + 'a>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> StoreFuture<'a, T> {
        let outcome = self.ready().and_then(|()| self.engine.read(work));
        Box::pin(ready(outcome))
    }

    async fn submit(&self, job: impl FnOnce(Answer) -> Job) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.jobs()?
            .try_send(job(answer))
            .map_err(|error| match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => engine::closed(&self.engine.path),
            })?;
        // A committer that ends without an answer has failed, and says why.
        outcome
            .await
            .unwrap_or_else(|_| Err(self.engine.fail("the committer ended")))?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Store for SledStore {
    fn client_grants<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, Vec<ClientGrant>> {
        self.read(|view| reads::client_grants(view, client))
    }

    fn organiser(&self, code: OrganiserCode) -> StoreFuture<'_, OrganiserEntry> {
        self.read(|view| reads::organiser(view, code))
    }

    fn replays<'a>(
        &'a self,
        message: &'a MessageKey,
        reference: &'a ReferenceKey,
    ) -> StoreFuture<'a, Replays> {
        self.read(|view| reads::replays(view, message, reference))
    }

    fn creation_facts<'a>(&'a self, query: CreationQuery<'a>) -> StoreFuture<'a, CreationFacts> {
        self.read(|view| reads::creation_facts(view, &query))
    }

    fn grant_facts<'a>(&'a self, query: GrantQuery<'a>) -> StoreFuture<'a, Option<GrantFacts>> {
        self.read(|view| reads::grant_facts(view, &query))
    }

    fn feed_head(&self) -> StoreFuture<'_, FeedHead> {
        self.read(events::feed_head)
    }

    fn events(
        &self,
        organiser: OrganiserCode,
        stretch: Stretch,
        most: usize,
    ) -> StoreFuture<'_, Vec<PlacedEvent>> {
        self.read(|view| events::of_stretch(view, organiser, stretch, most))
    }

    fn events_in_state(
        &self,
        organiser: OrganiserCode,
        stretch: Stretch,
        state: EventState,
        most: usize,
    ) -> StoreFuture<'_, EventsWithGrants> {
        self.read(|view| settlements::events_in_state(view, organiser, stretch, state, most))
    }

    fn events_of_ids<'a>(&'a self, ids: &'a [EventId]) -> StoreFuture<'a, EventsWithGrants> {
        self.read(|view| settlements::events_of_ids(view, ids))
    }

    fn settlement_book(&self, organiser: OrganiserCode) -> StoreFuture<'_, Option<Book>> {
        self.read(|view| settlements::book(view, organiser))
    }

    fn settlement_runs(&self, organiser: OrganiserCode) -> StoreFuture<'_, Vec<Run>> {
        self.read(|view| settlements::runs(view, organiser))
    }

    fn settlement_run(&self, number: RunNumber) -> StoreFuture<'_, Option<Run>> {
        self.read(|view| settlements::run(view, number))
    }

    fn settlement_providers(&self, number: RunNumber) -> StoreFuture<'_, Vec<ProviderSums>> {
        self.read(|view| settlements::providers(view, number))
    }

    fn settlement_rows(
        &self,
        number: RunNumber,
        after: Option<RowPlace>,
        most: usize,
    ) -> StoreFuture<'_, Vec<SettledRow>> {
        self.read(|view| settlements::rows(view, number, after.as_ref(), most))
    }

    fn misses<'a>(&'a self, client: &'a ClientId, most: usize) -> StoreFuture<'a, Vec<Miss>> {
        self.read(|view| reads::misses(view, client, most))
    }

    fn commit(&self, change: Change) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.engine.usable()?;
            let prepared = Box::new(change::prepare(&self.engine.keyring, &change)?);
            self.submit(|answer| Job::Change(prepared, answer)).await
        })
    }

    fn put_registry(&self, registry: Registry) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let prepared = registry::prepare(&registry)?;
            self.submit(|answer| Job::Registry(prepared, answer)).await
        })
    }

    fn registry(&self) -> StoreFuture<'_, Registry> {
        self.read(registry::read)
    }

    fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    fn access_head(&self) -> StoreFuture<'_, AccessHead> {
        self.read(audit::head)
    }

    fn access_rows(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<AccessRecord>> {
        let rows = self
            .ready()
            .and_then(|()| audit::rows(&self.engine, from, most));
        Box::pin(ready(rows))
    }

    fn verify_access(&self, earlier: Option<AccessHead>) -> StoreFuture<'_, AccessVerdict> {
        Box::pin(async move {
            self.ready()?;
            audit::verify(&self.engine, earlier).await
        })
    }

    fn check<'a>(
        &'a self,
        progress: &'a mut (dyn FnMut(u64) + Send),
    ) -> StoreFuture<'a, CheckReport> {
        Box::pin(async move {
            self.ready()?;
            check::check(&self.engine, progress).await
        })
    }

    fn ready(&self) -> Result<(), StoreError> {
        self.jobs().map(|_| ())
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        // The committer finishes what is queued once the last sender is gone.
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let mut closed = self.closed.clone();
        Box::pin(async move {
            let outcome = match closed.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
                Err(_) => Err("the committer ended without closing the store".to_owned()),
            };
            outcome.map_err(StoreError::Unavailable)
        })
    }
}
