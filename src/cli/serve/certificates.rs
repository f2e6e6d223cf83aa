//! Says in the log which certificates end soon, at the start and every day.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::http::tls::Acceptor;
use crate::http::tls::certificate::{Certificate, now_s};

const EVERY: Duration = Duration::from_secs(86_400);

/// Warns for as long as it is polled.
pub(super) async fn warn_daily(acceptors: &[Acceptor]) -> ! {
    let mut due = interval(EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        warn(acceptors.iter().flat_map(Acceptor::certificates));
    }
}

/// Warns of each certificate that ends soon or has ended.
pub(super) fn warn(certificates: impl Iterator<Item = Certificate>) {
    let now_s = now_s();
    for certificate in certificates {
        if let Some(warning) = certificate.warning(now_s) {
            tracing::warn!(
                days_left = certificate.days_left(now_s),
                sha256 = certificate.fingerprint,
                "{warning}"
            );
        }
    }
}
