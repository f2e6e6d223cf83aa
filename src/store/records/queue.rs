//! The queue before the one that writes: bounded, and taken from in batches.
//!
//! A batch costs its sync, whatever is in it. So where there are several callers, a batch waits until half of them are
//! there: while one half is made durable, the other half's requests are worked on. It waits no longer than the batch before
//! took, and one caller alone never waits. Callers are the requests that are worked on; of what else commits, such as an
//! import, those that were there for the batch before and are there now.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use super::Work;
use crate::store::StoreError;
use crate::store::callers::Callers;

/// Longest time that a batch waits for more, whatever the batch before took.
const GATHERING_MAX: Duration = Duration::from_millis(10);

/// What became of a job.
pub(in crate::store) type Outcome = Result<(), StoreError>;

/// Where a job's outcome goes.
pub(in crate::store) type Answer = oneshot::Sender<Outcome>;

/// What the committer is asked.
pub(in crate::store) type Job = (Work, Answer);

/// Outcomes that their callers are told when this goes, wherever that is.
struct Outcomes(Vec<(Answer, Outcome)>);

impl Drop for Outcomes {
    fn drop(&mut self) {
        for (answer, outcome) in self.0.drain(..) {
            // A caller that went away is told nothing; what it asked is kept all the same.
            let _ = answer.send(outcome);
        }
    }
}

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
        callers: Callers::default(),
        runtime: OnceLock::new(),
        jobs_max: jobs_max.max(1),
    });
    let batches = Batches {
        shared: Arc::clone(&shared),
        batch_max: batch_max.max(1),
        gathering_max: GATHERING_MAX,
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
    callers: Callers,
    /// Where callers wait, if its threads run whatever else they do.
    runtime: OnceLock<Handle>,
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
        if self.0.runtime.get().is_none()
            && let Ok(runtime) = Handle::try_current()
            && runtime.runtime_flavor() == RuntimeFlavor::MultiThread
        {
            // Only the first is kept, and the state is locked.
            let _ = self.0.runtime.set(runtime);
        }
        state.jobs.push_back(job);
        let wakes = state.jobs.len() == state.wakes_at;
        drop(state);
        if wakes {
            self.0.arrived.notify_one();
        }
        Ok(())
    }

    /// Who is on the way to this queue.
    pub(in crate::store) fn callers(&self) -> &Callers {
        &self.0.callers
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
    gathering_max: Duration,
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
        let callers = self.shared.callers.count();
        let callers = callers.max(self.taken + state.jobs.len());
        let patience = self.gathering_max.min(self.ended - self.began);
        let patience = patience.saturating_sub(self.ended.elapsed());
        let mut state = self.sleep(state, (callers / 2).min(self.batch_max), patience);
        let most = self.batch_max.min(state.jobs.len());
        let batch: Vec<Job> = state.jobs.drain(..most).collect();
        drop(state);
        self.taken = batch.len();
        self.began = Instant::now();
        Next::Batch(batch)
    }

    /// Tells the callers of a batch what became of their jobs. Many are told by a task of the runtime that they wait in:
    /// woken from here, a thread that is about to sleep, two of the server's threads often are given one core, and the core
    /// that this leaves is idle.
    pub(in crate::store) fn tell(&self, outcomes: impl IntoIterator<Item = (Answer, Outcome)>) {
        let outcomes = Outcomes(outcomes.into_iter().collect());
        match self.shared.runtime.get() {
            // A runtime that has ended lets go of the task at once, and so they are told all the same.
            Some(runtime) if outcomes.0.len() > 1 => drop(runtime.spawn(async { drop(outcomes) })),
            _ => drop(outcomes),
        }
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::store::records::replace::Replacements;

    const LONG: Duration = Duration::from_secs(60);

    fn job() -> (Job, oneshot::Receiver<Outcome>) {
        let (answer, outcome) = oneshot::channel();
        let work = Work::Replace(Box::new(Replacements {
            keys_version: 1,
            records: Vec::new(),
        }));
        ((work, answer), outcome)
    }

    fn push(jobs: &Jobs, count: usize) {
        for _ in 0..count {
            jobs.push(job().0).unwrap();
        }
    }

    fn taken(next: Next) -> usize {
        match next {
            Next::Batch(batch) => batch.len(),
            Next::Due => panic!("nothing came"),
            Next::Closed => panic!("closed"),
        }
    }

    /// A queue whose last batch took a long time and had so many jobs.
    fn after(taken: usize) -> (Jobs, Batches) {
        let (jobs, mut batches) = queue(100, 8);
        batches.taken = taken;
        batches.gathering_max = LONG;
        batches.began = Instant::now().checked_sub(LONG).unwrap();
        (jobs, batches)
    }

    #[test]
    fn a_batch_waits_for_half_of_those_that_come_back() {
        let (jobs, mut batches) = after(5);
        push(&jobs, 1);
        thread::scope(|scope| {
            scope.spawn(|| push(&jobs, 2));
            // Five and the first of the next are six.
            assert_eq!(taken(batches.next(LONG)), 3);
        });
    }

    #[test]
    fn a_batch_waits_for_half_of_the_requests_that_are_worked_on() {
        let (jobs, mut batches) = after(0);
        let callers: Vec<_> = (0..10).map(|_| jobs.callers().arrive()).collect();
        push(&jobs, 1);
        thread::scope(|scope| {
            scope.spawn(|| push(&jobs, 4));
            assert_eq!(taken(batches.next(LONG)), 5);
        });
        drop(callers);
    }

    #[test]
    fn one_caller_alone_never_waits_and_no_batch_is_larger_than_it_may_be() {
        let (jobs, mut batches) = after(1);
        push(&jobs, 1);
        assert_eq!(taken(batches.next(LONG)), 1);
        let (jobs, mut batches) = after(90);
        push(&jobs, 10);
        assert_eq!(taken(batches.next(LONG)), 8);
        assert_eq!(taken(batches.next(LONG)), 2);
    }

    #[test]
    fn a_batch_waits_no_longer_than_the_one_before_took() {
        let (jobs, mut batches) = after(50);
        batches.began = Instant::now();
        batches.gathering_max = Duration::ZERO;
        push(&jobs, 1);
        assert_eq!(taken(batches.next(LONG)), 1);
    }

    #[test]
    fn a_closed_queue_gives_what_it_holds_and_takes_no_more() {
        let (jobs, mut batches) = after(50);
        push(&jobs, 1);
        jobs.close();
        assert!(jobs.is_closed());
        assert_eq!(taken(batches.next(LONG)), 1);
        assert!(matches!(jobs.push(job().0), Err(NotQueued::Closed)));
        assert!(matches!(batches.next(LONG), Next::Closed));
        let (jobs, mut batches) = after(0);
        thread::scope(|scope| {
            scope.spawn(|| drop(jobs));
            assert!(matches!(batches.next(LONG), Next::Closed));
        });
    }

    #[test]
    fn a_full_queue_and_one_whose_taker_is_gone_refuse() {
        let (jobs, batches) = queue(1, 8);
        let (one, outcome) = job();
        jobs.push(one).unwrap();
        assert!(matches!(jobs.push(job().0), Err(NotQueued::Full)));
        drop(batches);
        assert!(matches!(jobs.push(job().0), Err(NotQueued::Closed)));
        assert!(outcome.blocking_recv().is_err(), "nobody will answer it");
    }

    /// Three callers of a batch, of which the second has gone away; what the others are told.
    fn tell_three(batches: &Batches) {
        let (answers, mut outcomes): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
        drop(outcomes.remove(1));
        let busy = |answer| (answer, Err(StoreError::Busy));
        batches.tell(answers.into_iter().map(busy));
        for outcome in outcomes {
            assert!(matches!(outcome.blocking_recv(), Ok(Err(StoreError::Busy))));
        }
    }

    #[test]
    fn every_caller_is_told_within_a_runtime_without_one_and_after_its_end() {
        let (jobs, batches) = queue(2, 8);
        push(&jobs, 1);
        assert!(batches.shared.runtime.get().is_none());
        tell_three(&batches);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async { push(&jobs, 1) });
        assert!(batches.shared.runtime.get().is_some());
        tell_three(&batches);
        drop(runtime);
        tell_three(&batches);
    }

    #[test]
    fn nothing_to_do_is_told_after_the_time_given() {
        let (_jobs, mut batches) = queue(1, 8);
        assert!(matches!(batches.next(Duration::from_millis(1)), Next::Due));
    }
}
