//! A timer for one wait after another. Every new timer takes the one lock of all timers when it is set and again when it
//! goes; a timer that is set to a later time than before takes none.
//!
//! It may wake its task when nobody waits any more, at a time that was once set.

use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// A timer that nothing was waited for by yet, or a used one.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready once the deadline is past.
    pub(super) fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    }
}

/// What `work` comes to; `None` when it takes longer. One wait at a time by one timer.
pub(super) async fn within<F: Future>(
    timer: &Mutex<Timer>,
    longest: Duration,
    work: F,
) -> Option<F::Output> {
    let deadline = Instant::now() + longest;
    let mut work = pin!(work);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        let mut timer = timer.lock().unwrap_or_else(PoisonError::into_inner);
        timer.poll_until(deadline, cx).map(|()| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::sleep;

    use super::*;

    const SHORT: Duration = Duration::from_millis(5);
    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn work_ends_in_its_time_or_is_given_up_then() {
        let timer = Mutex::new(Timer::default());
        assert_eq!(within(&timer, Duration::ZERO, ready(7)).await, Some(7));
        assert_eq!(within(&timer, LONG, sleep(SHORT)).await, Some(()));
        let began = Instant::now();
        assert_eq!(within(&timer, SHORT, pending::<()>()).await, None);
        assert!(began.elapsed() >= SHORT);
    }

    #[tokio::test]
    async fn a_timer_is_set_anew_earlier_and_later_and_after_it_has_rung() {
        let timer = Mutex::new(Timer::default());
        for times in [4, 1, 8, 8, 2] {
            let began = Instant::now();
            assert_eq!(within(&timer, times * SHORT, pending::<()>()).await, None);
            assert!(began.elapsed() >= times * SHORT);
            assert_eq!(within(&timer, LONG, sleep(SHORT)).await, Some(()));
        }
    }
}
