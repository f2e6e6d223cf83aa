//! One line a second at most of what strangers can bring about: a flood must not fill the log too.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time between two lines.
const INTERVAL: Duration = Duration::from_secs(1);

/// Counts what is not said.
#[derive(Default)]
pub(super) struct Throttle(Mutex<State>);

#[derive(Default)]
struct State {
    said: Option<Instant>,
    unsaid: u64,
}

impl Throttle {
    /// How many went unsaid since the last line, where another one is due; else this one is counted.
    pub(super) fn due(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.said.is_some_and(|said| said.elapsed() < INTERVAL) {
            state.unsaid += 1;
            return None;
        }
        state.said = Some(Instant::now());
        Some(std::mem::take(&mut state.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_at_once_is_counted_and_told_with_the_next() {
        let throttle = Throttle::default();
        assert_eq!(throttle.due(), Some(0));
        assert_eq!((throttle.due(), throttle.due()), (None, None));
        let earlier = Instant::now().checked_sub(INTERVAL);
        throttle.0.lock().unwrap().said = earlier;
        assert_eq!(throttle.due(), Some(2));
        throttle.0.lock().unwrap().said = earlier;
        assert_eq!(throttle.due(), Some(0));
    }
}
