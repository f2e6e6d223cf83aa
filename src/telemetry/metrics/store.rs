//! What the store's writing is measured by. The store observes it, and knows nothing of who reads it.

use std::sync::atomic::AtomicU64;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds in seconds: a sync of a good disk takes less than the first ones, the last are a disk in trouble.
const SECONDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];
/// Upper bounds of a batch's size.
const BATCH: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Shared by clones.
#[derive(Clone)]
pub struct StoreMetrics {
    commits: Counter<u64, AtomicU64>,
    waiting: Gauge,
    commit_s: Histogram,
    sync_s: Histogram,
    batch: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        StoreMetrics {
            commits: Counter::default(),
            waiting: Gauge::default(),
            commit_s: Histogram::new(SECONDS),
            sync_s: Histogram::new(SECONDS),
            batch: Histogram::new(BATCH),
        }
    }
}

impl StoreMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "store_commits",
            "Changes made durable and acknowledged",
            self.commits.clone(),
        );
        registry.register(
            "store_commits_waiting",
            "Changes that wait to be durable",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "store_commit_duration",
            "Time from a change's arrival in the queue until it is durable",
            Unit::Seconds,
            self.commit_s.clone(),
        );
        registry.register_with_unit(
            "store_sync_duration",
            "Time until a batch was durable: sled's flush and fdatasync, or the round trip of PostgreSQL's commit",
            Unit::Seconds,
            self.sync_s.clone(),
        );
        registry.register(
            "store_batch_changes",
            "Changes taken into one batch, conflicts included",
            self.batch.clone(),
        );
    }

    /// A change arrives; what is returned is told when it is durable, and dropped where it never is.
    pub fn arrives(&self) -> Waiting<'_> {
        self.waiting.inc();
        Waiting {
            metrics: self,
            since: Instant::now(),
        }
    }

    /// A batch of so many changes is begun.
    pub fn batch(&self, changes: usize) {
        self.batch
            .observe(f64::from(u32::try_from(changes).unwrap_or(u32::MAX)));
    }

    /// The sync that began then has returned.
    pub fn synced(&self, since: Instant) {
        self.sync_s.observe(since.elapsed().as_secs_f64());
    }
}

/// A change that waits.
pub struct Waiting<'metrics> {
    metrics: &'metrics StoreMetrics,
    since: Instant,
}

impl Waiting<'_> {
    /// It is durable.
    pub fn became_durable(self) {
        self.metrics.commits.inc();
        self.metrics
            .commit_s
            .observe(self.since.elapsed().as_secs_f64());
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.metrics.waiting.dec();
    }
}
