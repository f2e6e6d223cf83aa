//! The database as the store's threads use it: a runtime of its own that drives the connections, and calls that wait
//! for an answer on whatever thread they are made.
//!
//! Invariant: no call waits longer than the time-out, whatever the network does.

use std::future::Future;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use deadpool_postgres::Object;
use futures_executor::block_on;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::connect::{self, Options, Pools};
use super::failure::Failure;
use crate::store::StoreError;

/// Threads that drive the connections.
const DRIVERS: usize = 2;

/// A database and the way to it.
pub(super) struct Database {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    pools: Pools,
    pub(super) timeout: Duration,
    /// Why it cannot be used, as far as is known.
    down: RwLock<Option<String>>,
    /// Round trips made, for the tests that bound them.
    #[cfg(test)]
    pub(super) trips: AtomicU64,
}

impl Database {
    /// Prepares the way; connects to nothing yet.
    pub(super) fn new(options: &Options) -> Result<Arc<Database>, StoreError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(DRIVERS)
            .thread_name("store-postgres")
            .enable_all()
            .build()
            .map_err(|error| {
                StoreError::Unavailable(format!("the store's threads cannot start: {error}"))
            })?;
        Ok(Arc::new(Database {
            runtime: Some(runtime),
            pools: connect::pools(options)?,
            timeout: options.timeout,
            down: RwLock::new(None),
            #[cfg(test)]
            trips: AtomicU64::new(0),
        }))
    }

    /// A connection for reads.
    pub(super) fn for_reads(&self) -> Result<Object, Failure> {
        self.wait_for(self.timeout, async { Ok(self.pools.reads.get().await?) })
    }

    /// The connection for commits.
    pub(super) fn for_commits(&self) -> Result<Object, Failure> {
        self.wait_for(self.timeout, async { Ok(self.pools.commits.get().await?) })
    }

    /// Waits for what the database answers, at most the time-out. A future that is given up breaks off its connection,
    /// which the caller must not use again.
    pub(super) fn wait<T: Send>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        #[cfg(test)]
        self.trips.fetch_add(1, Ordering::Relaxed);
        self.wait_for(self.timeout, work)
    }

    /// [`Database::wait`] with a time-out of its own.
    pub(super) fn wait_for<T: Send>(
        &self,
        longest: Duration,
        work: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        let Some(runtime) = &self.runtime else {
            return Err(Failure::Lost("the store is closed".to_owned()));
        };
        // A little longer than the server's own time-out, which leaves the connection whole.
        let longest = longest + longest / 4;
        let work = async move {
            timeout(longest, work)
                .await
                .unwrap_or_else(|_| Err(Failure::Lost("it did not answer in time".to_owned())))
        };
        let outcome = blocked_on(runtime.handle(), work);
        if let Err(Failure::Lost(text)) = &outcome {
            self.note_down(text);
        }
        outcome
    }

    /// Runs something beside everything else for as long as the database is open.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }

    /// Asks the server whether it is there and writes.
    pub(super) async fn probe(&self) {
        let asked = timeout(self.timeout, async {
            let client = self.pools.reads.get().await?;
            let row = client
                .query_one("SELECT current_setting('transaction_read_only')", &[])
                .await?;
            Ok::<bool, Failure>(row.get::<_, &str>(0) == "on")
        });
        match asked.await {
            Ok(Ok(false)) => self.note_up(),
            Ok(Ok(true)) => self.note_down("the server only reads"),
            Ok(Err(Failure::Lost(text))) => self.note_down(&text),
            Ok(Err(other)) => self.note_down(&other.into_store_error().to_string()),
            Err(_) => self.note_down("it did not answer in time"),
        }
    }

    /// `Err` while the database is known to be out of reach.
    pub(super) fn ready(&self) -> Result<(), StoreError> {
        let down = self.down.read().unwrap_or_else(PoisonError::into_inner);
        match &*down {
            Some(text) => Err(Failure::Lost(text.clone()).into_store_error()),
            None => Ok(()),
        }
    }

    fn note_down(&self, text: &str) {
        let mut down = self.down.write().unwrap_or_else(PoisonError::into_inner);
        if down.is_none() {
            tracing::error!("the database is out of reach: {text}");
        }
        *down = Some(text.to_owned());
    }

    fn note_up(&self) {
        let mut down = self.down.write().unwrap_or_else(PoisonError::into_inner);
        if down.take().is_some() {
            tracing::info!("the database is back");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A runtime that waits for its threads may not be dropped where others are driven.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits for a future of this runtime, wherever the caller stands: in no runtime, on a thread of one that can do
/// without it, or on the only thread of one.
///
/// Not by tokio's own `block_on`: that parks a thread by the same token as the runtime that the thread may be in, and
/// would swallow what is meant to wake that.
fn blocked_on<T: Send>(
    handle: &Handle,
    work: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<T, Failure> {
    let wait = || {
        let _entered = handle.enter();
        block_on(work)
    };
    match Handle::try_current().map(|current| current.runtime_flavor()) {
        Err(_) => wait(),
        Ok(RuntimeFlavor::CurrentThread) => thread::scope(|scope| {
            let waiting = scope.spawn(wait);
            waiting
                .join()
                .unwrap_or_else(|_| Err(Failure::Lost("the wait for it panicked".to_owned())))
        }),
        Ok(_) => block_in_place(wait),
    }
}
