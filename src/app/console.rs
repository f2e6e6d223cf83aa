//! The program as its operator meets it: version, metrics, and operator commands inside the running server.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;

use super::App;
use crate::contract::wsdl;
use crate::http::tls::certificate::{Certificate, now_s};
use crate::http::{CommandRefused, Console, Work};
use crate::operate::caller::Caller;
use crate::operate::{self, Command, LINES_WAITING_MAX, Line};
use crate::telemetry::metrics::Now;

/// So much of a certificate's fingerprint tells it from the others.
const FINGERPRINT_CHARS: usize = 16;

impl Console for App {
    fn version(&self) -> Bytes {
        let version = json!({
            "program": "psop-adapter",
            "version": env!("CARGO_PKG_VERSION"),
            "contract": wsdl::V1.name,
        });
        Bytes::from(version.to_string())
    }

    fn metrics(&self, connections_open: usize, certificates: &[Certificate]) -> Bytes {
        let now_s = now_s();
        let certificates = certificates.iter().map(|one| {
            let sha256 = one.fingerprint.chars().take(FINGERPRINT_CHARS).collect();
            (one.role, sha256, one.ends_s - now_s)
        });
        let now = Now {
            requests_in_flight: self
                .in_flight_max
                .saturating_sub(self.in_flight.available_permits()),
            connections_open,
            store_ready: self.services.store.ready().is_ok(),
            certificates: certificates.collect(),
        };
        Bytes::from(self.metrics.text(now).unwrap_or_default())
    }

    fn command(
        self: Arc<Self>,
        name: &str,
        user: &str,
        arguments: Bytes,
        lines: mpsc::Sender<Bytes>,
    ) -> Result<Work, CommandRefused> {
        let listed = operate::find(name).ok_or(CommandRefused::Unknown)?;
        let command = listed
            .parse(&arguments)
            .map_err(CommandRefused::Arguments)?;
        drop(arguments);
        Ok(Box::pin(run(self, command, Caller::owner(user), lines)))
    }
}

async fn run(app: Arc<App>, command: Command, caller: Caller, lines: mpsc::Sender<Bytes>) {
    let name = command.name;
    tracing::info!(
        command = name,
        by = caller.name,
        "an operator command begins"
    );
    app.metrics.command_begun();
    let began = Instant::now();
    let (sender, mut said) = mpsc::channel(LINES_WAITING_MAX);
    let forwarding = async {
        while let Some(line) = said.recv().await {
            if lines.send(as_bytes(&line)).await.is_err() {
                break;
            }
        }
        // No more lines are taken: a command that still has some stops.
        drop(said);
    };
    let performing = operate::perform_telling(command, &app.services, &caller, sender);
    let (done, ()) = tokio::join!(performing, forwarding);
    tracing::info!(
        command = name,
        exit_code = done.exit_code,
        took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "an operator command ended"
    );
}

/// A line as it goes over the wire: one JSON object, and a line break.
fn as_bytes(line: &Line) -> Bytes {
    // A line is a text or a number: writing it as JSON does not fail.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    Bytes::from(bytes)
}
