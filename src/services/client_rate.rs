//! How often one X-Road client may call: a bucket of tokens each, refilled by the machine's own time.
//! Kept in memory: it shields this process, and a restart may forget it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::domain::client::ClientId;

/// Clients remembered at once. One that is forgotten starts with a full bucket.
const CLIENTS_MAX: usize = 10_000;

/// The buckets of all clients.
#[derive(Debug)]
pub struct ClientRates {
    per_second: f64,
    buckets: Mutex<HashMap<ClientId, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl ClientRates {
    /// Buckets that hold one second's calls.
    pub fn new(per_second: usize) -> ClientRates {
        ClientRates {
            per_second: f64::from(u32::try_from(per_second).unwrap_or(u32::MAX)),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Takes a token of the client's; `false` when there is none.
    pub fn admit(&self, client: &ClientId, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CLIENTS_MAX && !buckets.contains_key(client) {
            buckets.retain(|_, bucket| self.refilled(*bucket, now).tokens < self.per_second);
            if buckets.len() >= CLIENTS_MAX {
                buckets.clear();
            }
        }
        let full = Bucket {
            tokens: self.per_second,
            at: now,
        };
        let bucket = match buckets.get_mut(client) {
            Some(bucket) => bucket,
            None => buckets.entry(client.clone()).or_insert(full),
        };
        *bucket = self.refilled(*bucket, now);
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        Bucket {
            tokens: (bucket.tokens + seconds * self.per_second).min(self.per_second),
            at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn client(code: &str) -> ClientId {
        ClientId {
            instance: "FI-TEST".into(),
            member_class: "COM".into(),
            member_code: code.into(),
            subsystem_code: None,
        }
    }

    #[test]
    fn a_second_holds_so_many_calls_of_one_client() {
        let rates = ClientRates::new(3);
        let now = Instant::now();
        let admitted = |code: &str, at| rates.admit(&client(code), at);
        assert_eq!(
            [(); 4].map(|()| admitted("a", now)),
            [true, true, true, false]
        );
        assert!(admitted("b", now));
        let third = now + Duration::from_millis(334);
        assert!(admitted("a", third) && !admitted("a", third));
        let later = now + Duration::from_secs(60);
        assert_eq!(
            [(); 4].map(|()| admitted("a", later)),
            [true, true, true, false]
        );
    }

    #[test]
    fn clients_without_number_cost_no_memory_without_bound() {
        let rates = ClientRates::new(2);
        let now = Instant::now();
        for code in 0..3 * CLIENTS_MAX {
            assert!(rates.admit(&client(&code.to_string()), now));
        }
        assert!(rates.buckets.lock().unwrap().len() <= CLIENTS_MAX);
    }
}
