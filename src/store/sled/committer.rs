//! The one thread that writes. It takes what is queued, applies it as one batch, syncs, and only then
//! answers: many writers share one sync.
//!
//! When the disk has refused something it also opens sled again, as soon as the disk lets it.
//!
//! Invariant: nobody is told "kept" or "conflict" before the sync of all it rests on returned well.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Options;
use super::engine::Fenced;
use super::guard::{Guard, Head};
use super::open;
use super::read_back::ReadBack;
use crate::durable::sync_folder_of;
use crate::store::StoreError;
use crate::store::records::View;
use crate::store::records::batch::{Staged, Verdict};
use crate::store::records::queue::{Batches, Job, Next};
use crate::store::records::stored::State;
use crate::telemetry::metrics::StoreMetrics;

/// Shortest time between two writes of the guard file.
const HEAD_EVERY: Duration = Duration::from_secs(1);

/// How often it looks whether a read has met a failing disk.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// How long it waits before it opens sled again: this, and after each attempt twice as long up to the longest.
const REOPEN_AFTER_MIN: Duration = Duration::from_millis(250);
const REOPEN_AFTER_MAX: Duration = Duration::from_secs(10);

/// How long closing waits for sled to let go of its lock.
const UNLOCK_WAIT_MAX: Duration = Duration::from_secs(2);
const UNLOCK_RETRY_EVERY: Duration = Duration::from_millis(2);

/// Makes the log's written bytes durable: `File::sync_data`, or a failure in a test.
pub(super) type SyncLog = Box<dyn FnMut(&File) -> io::Result<()> + Send>;

/// The writing side of an open store.
pub(super) struct Committer {
    sled: Arc<Fenced>,
    /// Our own handle on sled's log.
    log: File,
    sync_log: SyncLog,
    guard: Guard,
    /// What is durable.
    state: State,
    cache_bytes: u64,
    read_back_bytes: u64,
    /// `None` while sled recovers or closes.
    read_back: Option<ReadBack>,
    head_written: Instant,
    /// Whether more is durable than the guard file says.
    head_is_behind: bool,
    /// While the store is shut for a reason that may pass: when to open it again.
    reopening: Option<Reopening>,
    pub(super) metrics: StoreMetrics,
}

/// The next attempt to open sled again.
#[derive(Clone, Copy)]
struct Reopening {
    at: Instant,
    after: Duration,
}

impl Reopening {
    fn after(after: Duration) -> Reopening {
        Reopening {
            at: Instant::now() + after,
            after,
        }
    }

    fn later(self) -> Reopening {
        Reopening::after(REOPEN_AFTER_MAX.min(self.after * 2))
    }
}

impl Committer {
    pub(super) fn new(
        sled: Arc<Fenced>,
        (log, sync_log): (File, SyncLog),
        guard: Guard,
        state: State,
        options: &Options,
    ) -> Committer {
        Committer {
            sled,
            log,
            sync_log,
            guard,
            state,
            cache_bytes: options.cache_bytes,
            read_back_bytes: options.read_back_bytes,
            read_back: Some(ReadBack::begin(&options.path, options.read_back_bytes)),
            head_written: Instant::now(),
            head_is_behind: false,
            reopening: None,
            metrics: StoreMetrics::default(),
        }
    }

    /// Works until the queue is closed and empty, then closes the store.
    pub(super) fn run(mut self, mut batches: Batches) -> Result<(), StoreError> {
        loop {
            match batches.next(self.idle_max()) {
                Next::Batch(jobs) => self.commit_batch(&batches, jobs),
                Next::Due => {}
                Next::Closed => return self.close(),
            }
            if self.sled.may_recover() {
                self.reopen_when_due();
            } else if self.head_is_behind && self.head_written.elapsed() >= HEAD_EVERY {
                self.write_head();
            }
        }
    }

    /// How long until something else than a job may be due.
    fn idle_max(&self) -> Duration {
        match self.reopening {
            Some(reopening) => reopening.at.saturating_duration_since(Instant::now()),
            None if self.head_is_behind => HEAD_EVERY.saturating_sub(self.head_written.elapsed()),
            None => WATCH_EVERY,
        }
    }

    /// Opens sled again, with its whole recovery and the question whether anything acknowledged is missing.
    fn reopen_when_due(&mut self) {
        let reopening = *self
            .reopening
            .get_or_insert_with(|| Reopening::after(REOPEN_AFTER_MIN));
        if Instant::now() < reopening.at {
            return;
        }
        self.read_back = None;
        self.sled.drop_failed();
        match self.reopen() {
            Ok(()) => {
                self.reopening = None;
                self.head_is_behind = true;
                tracing::info!(
                    "the store at {} is open again, with everything acknowledged in it",
                    self.sled.path.display()
                );
            }
            Err(StoreError::Corrupt(text)) => {
                self.reopening = None;
                self.sled.fail(&text);
            }
            Err(error) => {
                tracing::warn!("the store cannot be opened again yet: {error}");
                self.reopening = Some(reopening.later());
            }
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        let path = &self.sled.path;
        let (db, log, state) = open::reopen(path, self.cache_bytes, &self.guard, &self.state)?;
        (self.sync_log)(&log).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.guard.begin_mark(Head::of(&state))?;
        self.log = log;
        self.state = state;
        self.sled.resume(db);
        self.read_back = Some(ReadBack::begin(&self.sled.path, self.read_back_bytes));
        Ok(())
    }

    /// Commits what was queued together.
    fn commit_batch(&mut self, batches: &Batches, jobs: Vec<Job>) {
        let (work, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
        self.metrics.batch(work.len());
        let verdicts = self.commit(|staged, view| {
            work.into_iter()
                .map(|work| staged.add(view, work))
                .collect::<Result<Vec<_>, _>>()
        });
        match verdicts {
            Ok(verdicts) => batches.tell(
                answers
                    .into_iter()
                    .zip(verdicts.into_iter().map(Verdict::outcome)),
            ),
            Err(error) => {
                let failed = |answer| (answer, Err(StoreError::Unavailable(error.to_string())));
                batches.tell(answers.into_iter().map(failed));
            }
        }
    }

    /// Stages, applies, writes and syncs one batch.
    fn commit<T>(
        &mut self,
        stage: impl FnOnce(&mut Staged, &dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut staged = Staged::new(self.state);
        let outcome = self.sled.read(|view| stage(&mut staged, view))?;
        if !staged.is_empty() {
            let (writes, state) = staged.finish()?;
            self.sled.apply(writes)?;
            self.make_durable()?;
            self.state = state;
            self.write_mark();
            self.head_is_behind = true;
        }
        Ok(outcome)
    }

    fn make_durable(&mut self) -> Result<(), StoreError> {
        let since = Instant::now();
        self.sled.flush()?;
        (self.sync_log)(&self.log).map_err(|error| {
            self.sled.suspend(&format!(
                "what was written could not be synced to the disk ({error}): check the disk and its free space"
            ))
        })?;
        self.metrics.synced(since);
        Ok(())
    }

    /// A guard file that cannot be written guards less, and loses nothing.
    fn write_mark(&self) {
        if let Err(error) = self.guard.write_mark(Head::of(&self.state)) {
            tracing::error!("{error}");
        }
    }

    fn write_head(&mut self) {
        let head = Head::of(&self.state);
        self.head_written = Instant::now();
        match self.guard.write(head) {
            Ok(()) => self.head_is_behind = false,
            Err(error) => tracing::error!("{error}"),
        }
    }

    fn close(mut self) -> Result<(), StoreError> {
        self.read_back = None;
        let durable = self.make_durable();
        if durable.is_ok() {
            self.write_head();
        }
        let closed = self.sled.close();
        durable.and(closed)?;
        // sled writes a little while it closes, and threads of its pool outlive that for a moment.
        wait_for_lock(&self.log);
        self.log
            .sync_all()
            .and_then(|()| sync_folder_of(&self.guard.path))
            .map_err(|error| {
                StoreError::Unavailable(format!(
                    "the store at {} was closed, but its last write could not be synced: {error}",
                    self.sled.path.display()
                ))
            })
    }
}

/// Until the lock that sled held is free: whoever closes a store may want to open it again.
pub(super) fn wait_for_lock(log: &File) {
    let started = Instant::now();
    while let Err(TryLockError::WouldBlock) = log.try_lock() {
        if started.elapsed() > UNLOCK_WAIT_MAX {
            tracing::warn!("the storage engine still holds its lock after closing");
            return;
        }
        thread::sleep(UNLOCK_RETRY_EVERY);
    }
}
