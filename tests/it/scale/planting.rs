//! A site whose store holds so many lives, made in bulk.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use psop_adapter::app::{fill_store, master_key};
use psop_adapter::store::bulk::{Bulk, Prepared};

use super::inside::config;
use super::lives::Lives;
use crate::support::server::Site;

/// Lives that are one batch.
const BATCH: usize = 500;

/// A site with so many grants and twice as many events, and how many records its store has.
pub fn planted(lives: &Lives, grants: usize, scratch: &Path) -> (Site, u64) {
    let site = Site::empty(
        "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n",
        "[log]\nlevel = \"warn\"\n[limits]\nclient_requests_per_s_max = 100000\n",
    );
    let config = config(&site);
    let target = fill_store(&config).unwrap();
    let master = master_key(&config).unwrap();
    let mut bulk = Bulk::begin(target, &master, &lives.registry, scratch).unwrap();
    let keyring = bulk.keyring();
    let (next, batches) = (AtomicUsize::new(0), grants.div_ceil(BATCH));
    let threads = std::thread::available_parallelism().unwrap().get();
    let (sender, prepared) = sync_channel(threads);
    let sender = Mutex::new(sender);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, keyring, next) = (sender.lock().unwrap().clone(), &keyring, &next);
            scope.spawn(move || {
                loop {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    if batch >= batches {
                        return;
                    }
                    let of_batch = batch * BATCH..grants.min((batch + 1) * BATCH);
                    let changes: Vec<_> = of_batch.flat_map(|index| lives.changes(index)).collect();
                    let prepared = Prepared::of(keyring, &changes).unwrap();
                    sender.send(prepared).unwrap();
                }
            });
        }
        drop(sender);
        for batch in prepared {
            bulk.add(batch).unwrap();
        }
    });
    let records = bulk.finish().unwrap();
    (site, records)
}
