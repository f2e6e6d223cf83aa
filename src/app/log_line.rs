//! The one log line of a request.

use std::time::Duration;

use tracing::{Level, Span};
use uuid::Uuid;

use crate::domain::client::ClientId;
use crate::domain::code::Code;
use crate::domain::person_id::may_hold_person_id;
use crate::secrets::{HashOf, Keyring};
use crate::services;
use crate::soap::header::Header;
use crate::telemetry::metrics::{Metrics, client_class};

/// What the log says of one request: nothing personal, and nothing of a caller's own words but
/// identifiers that X-Road has checked.
#[derive(Default)]
pub(super) struct LogLine {
    request: u64,
    message_id: String,
    /// A service of ours, `unknown`, or nothing where no header could be read.
    service: &'static str,
    client: String,
    client_class: &'static str,
    pub outcome: &'static str,
}

impl LogLine {
    /// The line of the `number`th request.
    pub fn new(number: u64) -> LogLine {
        LogLine {
            request: number,
            client_class: "none",
            ..LogLine::default()
        }
    }

    pub fn take(&mut self, header: &Header, keyring: &Keyring) {
        // A service code that is none of ours could say anything.
        self.service = services::find(&header.service.code)
            .map_or("unknown", |operation| operation.contract().code);
        self.client_class = client_class(&header.client.member_class);
        if tracing::enabled!(Level::INFO) {
            self.message_id = loggable_id(&header.id, keyring);
            self.client = loggable_client(&header.client, keyring);
        }
    }

    /// Tells the request's span.
    pub fn tell(&self, span: &Span) {
        span.record("service", self.service);
        span.record("outcome", self.outcome);
        span.record("client_class", self.client_class);
    }

    /// Writes the line, and counts the request.
    pub fn write(
        &self,
        metrics: &Metrics,
        took: Duration,
        request_bytes: usize,
        response_bytes: usize,
    ) {
        let service = if self.service.is_empty() {
            "none"
        } else {
            self.service
        };
        metrics.answered(service, self.outcome, self.client_class, took);
        tracing::info!(
            request = self.request,
            message_id = self.message_id,
            service = self.service,
            client = self.client,
            outcome = self.outcome,
            took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            request_bytes,
            response_bytes,
            "answered"
        );
    }
}

/// A service's outcome by its name in the contract: logs and metrics hold no other.
pub(super) fn known_outcome(result: &str) -> &'static str {
    let mut codes = Code::ALL.iter().map(|code| code.as_str());
    match result {
        "OK" => "OK",
        result => codes.find(|code| *code == result).unwrap_or("OTHER"),
    }
}

/// A message id as logs may have it: itself where it is a UUID as commonly written, else a keyed
/// hash, since it could hold anything.
fn loggable_id(id: &str, keyring: &Keyring) -> String {
    let is_uuid = id.len() == 36 && Uuid::parse_str(id).is_ok();
    if is_uuid && !may_hold_person_id(id) {
        return id.to_owned();
    }
    hashed(id, keyring)
}

/// A client as logs may have it: itself where it looks like an X-Road identifier and like no person.
fn loggable_client(client: &ClientId, keyring: &Keyring) -> String {
    let text = client.to_string();
    let is_plain = text.len() <= 200
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.+'(),=?".contains(&byte))
        && !may_hold_person_id(&text);
    if is_plain {
        text
    } else {
        hashed(&text, keyring)
    }
}

fn hashed(text: &str, keyring: &Keyring) -> String {
    let hash = keyring.keyed_hash(HashOf::LogId, &[text.as_bytes()]);
    format!("hash:{}", hex::encode(hash.get(..16).unwrap_or(&hash)))
}
