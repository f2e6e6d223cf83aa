//! How often one caller may do something: a bucket of drops each, refilled by the machine's own time.
//! Kept in memory: it shields this process, and a restart may forget it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Callers remembered at once. One that is forgotten starts with a full bucket.
const CALLERS_MAX: usize = 10_000;

/// The buckets of all callers.
#[derive(Debug)]
pub struct Rates<K> {
    most: f64,
    per_second: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    drops: f64,
    at: Instant,
}

impl<K: Clone + Eq + Hash> Rates<K> {
    /// Buckets that hold so many drops, and fill up in this time.
    pub fn new(most: usize, fills_in: Duration) -> Rates<K> {
        let most = f64::from(u32::try_from(most).unwrap_or(u32::MAX));
        Rates {
            most,
            per_second: most / fills_in.as_secs_f64(),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Whether the caller has a drop left, which stays.
    pub fn has(&self, caller: &K, now: Instant) -> bool {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get(caller);
        bucket.is_none_or(|bucket| self.refilled(*bucket, now).drops >= 1.0)
    }

    /// Takes a drop of the caller's; `false` when there is none.
    pub fn admit(&self, caller: &K, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS_MAX && !buckets.contains_key(caller) {
            buckets.retain(|_, bucket| self.refilled(*bucket, now).drops < self.most);
            if buckets.len() >= CALLERS_MAX {
                buckets.clear();
            }
        }
        let full = Bucket {
            drops: self.most,
            at: now,
        };
        let bucket = match buckets.get_mut(caller) {
            Some(bucket) => bucket,
            None => buckets.entry(caller.clone()).or_insert(full),
        };
        *bucket = self.refilled(*bucket, now);
        if bucket.drops < 1.0 {
            return false;
        }
        bucket.drops -= 1.0;
        true
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        Bucket {
            drops: (bucket.drops + seconds * self.per_second).min(self.most),
            at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_so_many_calls_of_one_caller() {
        let rates = Rates::new(3, Duration::from_secs(1));
        let now = Instant::now();
        let admitted = |caller: &'static str, at| rates.admit(&caller, at);
        assert_eq!(
            [(); 4].map(|()| admitted("a", now)),
            [true, true, true, false]
        );
        assert!(admitted("b", now));
        let third = now + Duration::from_millis(334);
        assert!(rates.has(&"a", third) && rates.has(&"c", third));
        assert!(admitted("a", third) && !admitted("a", third));
        assert!(!rates.has(&"a", third));
        let later = now + Duration::from_secs(60);
        assert_eq!(
            [(); 4].map(|()| admitted("a", later)),
            [true, true, true, false]
        );
    }

    #[test]
    fn a_bucket_fills_up_in_its_time() {
        let rates = Rates::new(2, Duration::from_secs(60));
        let now = Instant::now();
        assert_eq!([(); 3].map(|()| rates.admit(&1, now)), [true, true, false]);
        assert!(!rates.has(&1, now + Duration::from_secs(29)));
        assert!(rates.has(&1, now + Duration::from_secs(31)));
    }

    #[test]
    fn callers_without_number_cost_no_memory_without_bound() {
        let rates = Rates::new(2, Duration::from_secs(1));
        let now = Instant::now();
        for caller in 0..3 * CALLERS_MAX {
            assert!(rates.admit(&caller, now));
        }
        assert!(rates.buckets.lock().unwrap().len() <= CALLERS_MAX);
    }
}
