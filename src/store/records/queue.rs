//! The queue before the one that writes: bounded, and taken from in batches.
//!
//! A batch costs its sync, whatever is in it. So where several callers come back again and again, a batch waits until
//! half of them are there: while one half is made durable, the other half's requests are worked on. It waits no longer
//! than the batch before took, and one caller alone never waits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Work;
use crate::store::StoreError;

/// Longest time that a batch waits for more, whatever the batch before took.
const GATHERING_MAX: Duration = Duration::from_millis(2);

/// Where a job's outcome goes.
pub(in crate::store) type Answer = oneshot::Sender<Result<(), StoreError>>;

/// What the committer is asked.
pub(in crate::store) type Job = (Work, Answer);

/// Both ends of a queue that holds so many jobs, of which a batch takes so many.
pub(in crate::store) fn queue(jobs_max: usize, batch_max: usize) -> (Jobs, Batches) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            jobs: VecDeque::new(),
            wakes_at: usize::MAX,
            taker_is_gone: false,
        }),
        arrived: Condvar::new(),
        is_closed: AtomicBool::new(false),
        jobs_max: jobs_max.max(1),
    });
    let batches = Batches {
        shared: Arc::clone(&shared),
        batch_max: batch_max.max(1),
        taken: 0,
        began: Instant::now(),
        ended: Instant::now(),
    };
    (Jobs(shared), batches)
}

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    /// Set once; what is queued by then is still taken.
    is_closed: AtomicBool,
    jobs_max: usize,
}

struct State {
    jobs: VecDeque<Job>,
    /// The taker sleeps until so many are there; waking it costs a system call, so only the last of them does.
    wakes_at: usize,
    taker_is_gone: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a job was not taken.
#[derive(Debug)]
pub(in crate::store) enum NotQueued {
    Full,
    Closed,
}

/// The end that jobs come in by. Dropping it closes the queue.
pub(in crate::store) struct Jobs(Arc<Shared>);

impl Jobs {
    pub(in crate::store) fn push(&self, job: Job) -> Result<(), NotQueued> {
        let mut state = self.0.state();
        if self.is_closed() || state.taker_is_gone {
            return Err(NotQueued::Closed);
        }
        if state.jobs.len() >= self.0.jobs_max {
            return Err(NotQueued::Full);
        }
        state.jobs.push_back(job);
        let wakes = state.jobs.len() == state.wakes_at;
        drop(state);
        if wakes {
            self.0.arrived.notify_one();
        }
        Ok(())
    }

    /// Takes no more jobs.
    pub(in crate::store) fn close(&self) {
        // Under the lock, so that the taker is either asleep by now or sees it before it sleeps.
        let state = self.0.state();
        self.0.is_closed.store(true, Ordering::Relaxed);
        drop(state);
        self.0.arrived.notify_one();
    }

    pub(in crate::store) fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Relaxed)
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.close();
    }
}

/// What comes next.
pub(in crate::store) enum Next {
    Batch(Vec<Job>),
    /// Nothing is queued, and something else may be due.
    Due,
    /// Closed, and empty.
    Closed,
}

/// The end that batches are taken from.
pub(in crate::store) struct Batches {
    shared: Arc<Shared>,
    batch_max: usize,
    /// Jobs in the batch before, and when it began and ended.
    taken: usize,
    began: Instant,
    ended: Instant,
}

impl Batches {
    /// Waits for the next batch, at most so long for its first job. Asking for it says that the batch before is done.
    pub(in crate::store) fn next(&mut self, longest: Duration) -> Next {
        self.ended = Instant::now();
        let state = self.shared.state();
        let state = self.sleep(state, 1, longest);
        if state.jobs.is_empty() {
            self.taken = 0;
            return match self.is_closed() {
                true => Next::Closed,
                false => Next::Due,
            };
        }
        let callers = self.taken + state.jobs.len();
        let patience = GATHERING_MAX.min(self.ended - self.began);
        let patience = patience.saturating_sub(self.ended.elapsed());
        let mut state = self.sleep(state, (callers / 2).min(self.batch_max), patience);
        let most = self.batch_max.min(state.jobs.len());
        let batch: Vec<Job> = state.jobs.drain(..most).collect();
        drop(state);
        self.taken = batch.len();
        self.began = Instant::now();
        Next::Batch(batch)
    }

    fn is_closed(&self) -> bool {
        self.shared.is_closed.load(Ordering::Relaxed)
    }

    /// Until so many jobs are there, so long has passed, or no more can come.
    fn sleep<'state>(
        &self,
        mut state: MutexGuard<'state, State>,
        jobs: usize,
        longest: Duration,
    ) -> MutexGuard<'state, State> {
        if longest.is_zero() {
            return state;
        }
        state.wakes_at = jobs;
        let (mut state, _) = self
            .shared
            .arrived
            .wait_timeout_while(state, longest, |state| {
                state.jobs.len() < jobs && !self.is_closed()
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.wakes_at = usize::MAX;
        state
    }
}

/// A taker that is gone takes no more: who waits learns it at once.
impl Drop for Batches {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.taker_is_gone = true;
        state.jobs.clear();
    }
}
