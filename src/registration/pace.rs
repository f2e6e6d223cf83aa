//! Keeps requests below what a security server takes from one address: 20 a second and 600 a minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Somewhat below the limits, which an administrator's browser may need a part of.
const LIMITS: [(usize, Duration); 2] =
    [(18, Duration::from_secs(1)), (540, Duration::from_secs(60))];

/// When requests were begun, of the last minute.
#[derive(Debug, Default)]
pub struct Pace {
    begun: VecDeque<Instant>,
}

impl Pace {
    /// Notes a request and tells how long to wait before it is begun.
    pub fn next(&mut self, now: Instant) -> Duration {
        let longest = LIMITS
            .map(|(count, _)| count)
            .into_iter()
            .max()
            .unwrap_or(0);
        while self.begun.len() > longest {
            self.begun.pop_front();
        }
        let mut begin = now;
        for (count, within) in LIMITS {
            let before = self.begun.len().checked_sub(count);
            if let Some(earliest) = before.and_then(|index| self.begun.get(index)) {
                begin = begin.max(*earliest + within);
            }
        }
        self.begun.push_back(begin);
        begin.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_and_no_minute_sees_more_than_its_share() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut now = start;
        let mut begun = Vec::new();
        for _ in 0..1300 {
            now += pace.next(now);
            begun.push(now);
        }
        for (count, within) in LIMITS {
            for window in begun.windows(count + 1) {
                assert!(window[count] - window[0] >= within);
            }
        }
        assert_eq!(begun[17], start, "a short run need not wait");
        assert_eq!(begun[18], start + Duration::from_secs(1));
        assert_eq!(begun[540], start + Duration::from_secs(60));
        // Whoever comes later waits for nothing.
        assert_eq!(pace.next(now + Duration::from_secs(61)), Duration::ZERO);
    }
}
