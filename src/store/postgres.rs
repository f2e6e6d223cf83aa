//! The back end for more machines than one: records in a PostgreSQL database, which any number of adapters share. No
//! adapter has state of its own; each has a pool of connections that read and one thread that commits (`committer`).
//!
//! Works with databases that speak PostgreSQL's protocol: no extension, and an advisory lock only while the schema is
//! brought up to date (`open`).

mod committer;
mod connect;
mod database;
mod failure;
mod fill;
mod layout;
mod open;
mod sweep;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;
use tracing::Instrument as _;

use self::committer::Committer;
pub use self::connect::Options;
use self::database::Database;
use self::failure::Failure;
use self::view::PgView;
use crate::secrets::{Keyring, MasterKey};
use crate::store::StoreError;
use crate::store::callers::Callers;
use crate::store::records::queue::{Jobs, NotQueued, queue};
use crate::store::records::sweep::Sweep;
use crate::store::records::{Engine, RecordStore, View, Work};
use crate::store::upkeep::{Filling, refused};
use crate::telemetry::metrics::StoreMetrics;
use crate::telemetry::span;

/// Work on whole tables may take so many time-outs.
const LONG: u32 = 720;

/// The store in a database. Dropping it closes it in the background; `close` waits for that.
pub type PostgresStore = RecordStore<PostgresEngine>;

impl PostgresStore {
    /// Opens the store, or makes a new one with keys of its own under `master`. Blocks. Errors say what is missing or in
    /// the way, and what to do.
    pub fn open(options: &Options, master: &MasterKey) -> Result<PostgresStore, StoreError> {
        PostgresEngine::open(options, master).map(RecordStore::over)
    }

    /// Takes a database where no store is, to fill it. Blocks.
    pub fn fill(options: &Options) -> Result<Filling, StoreError> {
        let database = Database::new(options)?;
        Ok(Filling(Box::new(fill::PgFill::open(database)?)))
    }
}

/// A database with the one thread of this adapter that writes to it.
pub struct PostgresEngine {
    database: Arc<Database>,
    keyring: Arc<Keyring>,
    jobs: Jobs,
    closed: watch::Receiver<bool>,
    metrics: StoreMetrics,
    records_read: Arc<AtomicU64>,
}

impl PostgresEngine {
    fn open(options: &Options, master: &MasterKey) -> Result<PostgresEngine, StoreError> {
        let database = Database::new(options)?;
        let keyring = open::open(&database, master)?;
        let records_read = Arc::new(AtomicU64::new(0));
        let (jobs, batches) = queue(options.commit_queue_max, options.commit_batch_max);
        let (closed_sender, closed) = watch::channel(false);
        let metrics = StoreMetrics::default();
        let committer = Committer {
            metrics: metrics.clone(),
            database: Arc::clone(&database),
            keyring: Arc::clone(&keyring),
            records_read: Arc::clone(&records_read),
        };
        thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(move || {
                committer.run(batches);
                let _ = closed_sender.send(true);
            })
            .map_err(|error| {
                StoreError::Unavailable(format!("the store's committer cannot start: {error}"))
            })?;
        probe(&database, options.probe_every);
        Ok(PostgresEngine {
            database,
            keyring,
            jobs,
            closed,
            metrics,
            records_read,
        })
    }

    /// Runs statements that may take long, each by itself.
    fn run_long(&self, statements: &[String]) -> Result<(), StoreError> {
        let client = self
            .database
            .for_reads()
            .map_err(Failure::into_store_error)?;
        let run = async {
            client.batch_execute("SET statement_timeout = 0").await?;
            for statement in statements {
                client.batch_execute(statement).await?;
            }
            Ok(())
        };
        let outcome = self.database.wait_for(self.database.timeout * LONG, run);
        // What was set does not go back to the pool.
        drop(Object::take(client));
        outcome.map_err(Failure::into_store_error)
    }
}

/// Asks again and again whether the database is there, so that it is known without a caller's help.
fn probe(database: &Arc<Database>, every: Duration) {
    let watched = Arc::downgrade(database);
    database.spawn(async move {
        loop {
            sleep(every).await;
            match watched.upgrade() {
                Some(database) => database.probe().await,
                None => return,
            }
        }
    });
}

fn committer_ended() -> StoreError {
    StoreError::Unavailable("the store's committer has ended: restart the server".to_owned())
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

impl Engine for PostgresEngine {
    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.ready()?;
        let client = self
            .database
            .for_reads()
            .map_err(Failure::into_store_error)?;
        let view = PgView::new(&self.database, client, &self.keyring, &self.records_read);
        let outcome = work(&view);
        view.end();
        outcome
    }

    async fn submit(&self, work: Work) -> Result<(), StoreError> {
        let waiting = self.metrics.arrives();
        let (answer, outcome) = oneshot::channel();
        self.ready()?;
        self.jobs
            .push((work, answer))
            .map_err(|refused| match refused {
                NotQueued::Full => StoreError::Busy,
                NotQueued::Closed => closed(),
            })?;
        let outcome = outcome.instrument(span::commit()).await;
        outcome.unwrap_or_else(|_| Err(committer_ended()))?;
        waiting.became_durable();
        Ok(())
    }

    fn sweep(&self) -> Result<Box<dyn Sweep>, StoreError> {
        self.ready()?;
        let sweep = sweep::PgSweep::begin(&self.database).map_err(Failure::into_store_error)?;
        Ok(Box::new(sweep))
    }

    fn before_purge(&self) -> Result<(), StoreError> {
        let statements = layout::purge_indexes().flat_map(|(drop, make)| [drop, make]);
        self.run_long(&statements.collect::<Vec<_>>())
            .map_err(|error| match self.ready() {
                // Two that make the same indexes are in each other's way.
                Ok(()) => refused(format!(
                    "the indexes that a purge needs cannot be made: if another purge is under way, let it end, then \
                     run this again ({error})"
                )),
                Err(_) => error,
            })
    }

    fn after_purge(&self) -> Result<(), StoreError> {
        let statements = layout::purge_indexes().map(|(drop, _)| drop);
        self.run_long(&statements.collect::<Vec<_>>())
    }

    fn name(&self) -> &'static str {
        "postgres"
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        let client = self
            .database
            .for_reads()
            .map_err(Failure::into_store_error)?;
        let names = layout::sql_tables();
        let bytes = self.database.wait(async {
            let row = client
                .query_one(
                    "SELECT coalesce(sum(pg_total_relation_size(to_regclass(name)::oid)), 0)::bigint \
                     FROM unnest($1::text[]) AS name",
                    &[&names],
                )
                .await?;
            Ok(row.try_get::<_, i64>(0)?)
        });
        let bytes = bytes.map_err(Failure::into_store_error)?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    fn callers(&self) -> &Callers {
        self.jobs.callers()
    }

    fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    fn records_read(&self) -> u64 {
        self.records_read.load(Ordering::Relaxed)
    }

    fn ready(&self) -> Result<(), StoreError> {
        self.database.ready()?;
        if self.jobs.is_closed() {
            return Err(closed());
        }
        match self.closed.has_changed() {
            Ok(_) => Ok(()),
            Err(_) => Err(committer_ended()),
        }
    }

    fn close(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        // The committer finishes what is queued.
        self.jobs.close();
        let mut closed = self.closed.clone();
        async move {
            // A committer that is gone has closed as well as one that says so.
            let _ = closed.wait_for(|closed| *closed).await;
            Ok(())
        }
    }
}
