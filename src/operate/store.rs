//! Commands on the store as a whole. `store-check` stands beside them, in `store_check`.

pub mod backup;
pub mod migrate;
pub mod purge;
pub mod rekey;
pub mod stats;

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Failed;
use super::output::Output;
use crate::store::StoreError;
use crate::store::upkeep::Walked;

/// Purpose of what keeps the store in order.
const MAINTENANCE: &str = "MAINTENANCE";

/// How often a long walk says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Where a walk tells how far it is, and where that is seen.
fn progress() -> (impl FnMut(Walked) + Send, watch::Receiver<Walked>) {
    let (sender, seen) = watch::channel(Walked::default());
    let tell = move |walked: Walked| {
        sender.send_replace(walked);
    };
    (tell, seen)
}

/// Waits for a walk, and says meanwhile how far it is: so many records `done`.
async fn telling<T>(
    output: &Output,
    done: &str,
    seen: watch::Receiver<Walked>,
    walk: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Failed> {
    let mut due = interval_at(Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(walk);
    loop {
        tokio::select! {
            done = &mut walk => return Ok(done?),
            _ = due.tick() => {
                let Walked { records, replaced } = *seen.borrow();
                let replaced = match replaced {
                    0 => String::new(),
                    some => format!(", {some} of them {done}"),
                };
                output.err(&format!("{records} records so far{replaced}")).await?;
            }
        }
    }
}
