//! The circuit breaker: after so many failures in a row the service is left alone for a while, and then one
//! request tries it while the others still turn away. It reads no clock and does no I/O.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A service's health as its callers saw it.
#[derive(Debug)]
pub struct Breaker {
    failures_max: u64,
    open: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// It is called; so many calls in a row have failed.
    Closed { failures: u64 },
    /// It is not called before this instant.
    Open { until: Instant },
    /// One call tries it.
    Trying,
}

/// Leave to call once. Dropped without a word, it counts for nothing, and another may try instead.
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    /// When the call that tries an open breaker was let through.
    trying_since: Option<Instant>,
}

impl Breaker {
    /// Opens after `failures_max` failures in a row, for `open`.
    pub fn new(failures_max: u64, open: Duration) -> Breaker {
        Breaker {
            failures_max,
            open,
            state: Mutex::new(State::Closed { failures: 0 }),
        }
    }

    /// Leave to call now, unless the service is left alone.
    pub fn admit(&self, now: Instant) -> Option<Permit<'_>> {
        let mut state = self.state();
        let trying_since = match *state {
            State::Closed { .. } => None,
            State::Open { until } if now >= until => {
                *state = State::Trying;
                Some(now)
            }
            State::Open { .. } | State::Trying => return None,
        };
        Some(Permit {
            breaker: self,
            trying_since,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No state is half-written when a thread panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The call had an answer.
    pub fn succeeded(mut self) {
        self.trying_since = None;
        *self.breaker.state() = State::Closed { failures: 0 };
    }

    /// The call had none. Answers whether the service is left alone from now on.
    pub fn failed(mut self, now: Instant) -> bool {
        let was_trying = self.trying_since.take().is_some();
        let mut state = self.breaker.state();
        let failures = match *state {
            State::Closed { failures } => failures.saturating_add(1),
            State::Trying if was_trying => self.breaker.failures_max,
            // Someone else's failure has opened it, or someone else tries.
            State::Open { .. } | State::Trying => return false,
        };
        if failures < self.breaker.failures_max {
            *state = State::Closed { failures };
            return false;
        }
        *state = match now.checked_add(self.breaker.open) {
            Some(until) => State::Open { until },
            None => State::Open { until: now },
        };
        true
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(until) = self.trying_since {
            *self.breaker.state() = State::Open { until };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Duration = Duration::from_secs(30);

    fn fail(breaker: &Breaker, now: Instant) -> bool {
        breaker.admit(now).unwrap().failed(now)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let (breaker, now) = (Breaker::new(3, OPEN), Instant::now());
        for _ in 0..5 {
            assert!(!fail(&breaker, now) && !fail(&breaker, now));
            breaker.admit(now).unwrap().succeeded();
        }
        assert!(!fail(&breaker, now) && !fail(&breaker, now) && fail(&breaker, now));
        assert!(breaker.admit(now).is_none());
        assert!(
            breaker
                .admit(now + OPEN - Duration::from_nanos(1))
                .is_none()
        );
    }

    #[test]
    fn one_tries_it_and_decides() {
        let (breaker, now) = (Breaker::new(1, OPEN), Instant::now());
        assert!(fail(&breaker, now));
        let later = now + OPEN;
        let trying = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_none());
        assert!(trying.failed(later));
        assert!(breaker.admit(later).is_none());
        let later = later + OPEN;
        breaker.admit(later).unwrap().succeeded();
        assert!(breaker.admit(later).is_some() && breaker.admit(later).is_some());
    }

    #[test]
    fn a_call_given_up_counts_for_nothing() {
        let (breaker, now) = (Breaker::new(1, OPEN), Instant::now());
        drop(breaker.admit(now).unwrap());
        assert!(fail(&breaker, now));
        drop(breaker.admit(now + OPEN).unwrap());
        assert!(breaker.admit(now + OPEN).is_some());
    }

    #[test]
    fn a_late_failure_neither_opens_again_nor_ends_a_trial() {
        let (breaker, now) = (Breaker::new(1, OPEN), Instant::now());
        let [late, later] = [breaker.admit(now).unwrap(), breaker.admit(now).unwrap()];
        assert!(fail(&breaker, now));
        assert!(!late.failed(now + OPEN));
        let trying = breaker.admit(now + OPEN).unwrap();
        assert!(!later.failed(now + OPEN));
        assert!(breaker.admit(now + OPEN).is_none());
        trying.succeeded();
        assert!(breaker.admit(now).is_some());
    }
}
