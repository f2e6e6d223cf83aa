//! The program as its operator meets it: version, metrics, and operator commands inside the running server.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;

use super::App;
use crate::admin_api;
use crate::contract::wsdl;
use crate::http::problem::{Problem, Reason};
use crate::http::tls::certificate::{Certificate, now_s};
use crate::http::{Answered, Asked, Console, Form, NotLetIn};
use crate::operate::caller::Caller;
use crate::operate::{self, Admitted, Done, LINES_WAITING_MAX, Line, token};
use crate::telemetry::metrics::Now;

/// So much of a certificate's fingerprint tells it from the others.
const FINGERPRINT_CHARS: usize = 16;

impl Console for App {
    type Caller = Caller;

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

    fn document(&self) -> Bytes {
        let document = self
            .admin_document
            .get_or_init(|| Bytes::from(admin_api::document()));
        document.clone()
    }

    fn owner(&self, user: &str) -> Caller {
        Caller::owner(user)
    }

    async fn caller(&self, token: &[u8]) -> Result<Caller, NotLetIn> {
        match token::caller(&self.services, token).await {
            Ok(Ok(caller)) => Ok(caller),
            Ok(Err(unknown)) => {
                let reason = unknown.as_str();
                tracing::warn!(reason, "a token of the Admin API let nobody in");
                self.metrics.token_refused(reason);
                Err(NotLetIn::Token)
            }
            Err(error) => {
                tracing::error!("a token of the Admin API cannot be looked up: {error}");
                Err(NotLetIn::Store)
            }
        }
    }

    fn knows(&self, name: &str) -> bool {
        operate::find(name).is_some()
    }

    async fn answer(self: Arc<Self>, asked: Asked<Caller>) -> Result<Answered, Problem> {
        let Asked {
            name,
            arguments,
            caller,
            form,
        } = asked;
        let listed = operate::find(&name)
            .ok_or_else(|| Problem::new(Reason::NotFound, "there is no such operation"))?;
        let command = listed
            .parse(&arguments)
            .map_err(|rule| Problem::new(Reason::Arguments, rule))?;
        drop(arguments);
        let told = Told::begun(&self, listed.name(), &caller);
        let admitted = operate::admit(command, &self.services, caller).await;
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(failed) => {
                told.ended(false);
                return Err(admin_api::problem(failed));
            }
        };
        match form {
            Form::Whole => {
                let services = &self.services;
                let body = admin_api::whole(admitted, services, self.answer_bytes_max).await;
                told.ended(body.is_ok());
                body.map(Answered::Whole)
            }
            Form::Lines => {
                let (sender, lines) = mpsc::channel(LINES_WAITING_MAX);
                let work = Box::pin(stream(self, admitted, told, sender));
                Ok(Answered::Lines { lines, work })
            }
        }
    }
}

/// An operation as the log tells of it.
struct Told {
    name: &'static str,
    began: Instant,
}

impl Told {
    fn begun(app: &App, name: &'static str, caller: &Caller) -> Told {
        tracing::info!(
            command = name,
            by = caller.name,
            "an operator command begins"
        );
        app.metrics.command_begun();
        Told {
            name,
            began: Instant::now(),
        }
    }

    fn ended(self, was_done: bool) {
        tracing::info!(
            command = self.name,
            was_done,
            took_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            "an operator command ended"
        );
    }
}

/// Runs a command and sends its lines as they come.
async fn stream(app: Arc<App>, admitted: Admitted, told: Told, lines: mpsc::Sender<Bytes>) {
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
    let performing = admitted.perform_telling(&app.services, sender);
    let (done, ()) = tokio::join!(performing, forwarding);
    told.ended(done == Done::WELL);
}

/// A line as it goes over the wire: one JSON object, and a line break.
fn as_bytes(line: &Line) -> Bytes {
    // A line is a text or a number: writing it as JSON does not fail.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    Bytes::from(bytes)
}
