//! Logs the access log's head, so that whoever keeps the logs can prove later that no row was cut off.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::store::Store;

/// Logs the head now and then every so often, for as long as it is polled.
pub(super) async fn log_every(store: &dyn Store, every: Duration) -> ! {
    let mut due = interval(every);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        log(store).await;
    }
}

/// Logs the head once.
pub(super) async fn log(store: &dyn Store) {
    match store.access_head().await {
        Ok(head) => tracing::info!(%head, "access log head"),
        Err(error) => tracing::error!("the access log's head cannot be read: {error}"),
    }
}
