//! May this person act for that one? The port to the mandate service (Suomi.fi-valtuudet), for `services`.
//!
//! Invariant: it fails closed. Only an answer that is understood, signed and of now is one; whatever else
//! happens is [`MandateResult::Unavailable`]. Nothing is remembered of a question or its answer, and an
//! identity code stands in the body of a request to the mandate service and nowhere else: in no address, no
//! header, no log, no error.
//!
//! - [`wire`]: what is sent and what is understood, with its signatures
//! - [`client`]: asks over HTTP, within time and size, over connections that are kept
//! - [`breaker`]: leaves a service that fails alone for a while
//! - [`stand_in`]: answers in its place where there are no real persons

pub mod breaker;
pub mod client;
mod connect;
pub mod stand_in;
pub mod wire;

use openssl::error::ErrorStack;

use crate::domain::access::{MandateResult, Representation};
use crate::outgoing::OutgoingError;
use crate::secrets::SecretsError;

use client::Client;

/// Why the mandate service gave no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum MandateError {
    #[error("no mandate service is configured (section [mandate])")]
    NotConfigured,
    #[error(
        "it failed {failures} times in a row and is left alone for a while (mandate.breaker_open_ms)"
    )]
    BreakerOpen { failures: u64 },
    #[error("it did not answer within {timeout_ms} ms (mandate.timeout_ms)")]
    Timeout { timeout_ms: u128 },
    /// Its certificate among the reasons.
    #[error("it cannot be reached (mandate.ca_file names who may vouch for its certificate): {0}")]
    Unreached(#[from] OutgoingError),
    #[error("the exchange broke off: {0}")]
    Exchange(#[from] hyper::Error),
    #[error("the request could not be put together: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("it answered HTTP {status}: 401 is a wrong key, client id or clock")]
    Status { status: u16 },
    #[error("its answer is larger than {bytes_max} bytes (mandate.answer_bytes_max)")]
    TooLarge { bytes_max: u64 },
    #[error("its answer is not signed with the shared key (mandate.key_file)")]
    Signature,
    #[error(
        "its answer is not of now: its clock and ours are {apart_s} s apart (mandate.clock_skew_max_s)"
    )]
    ClockSkew { apart_s: i64 },
    /// Says nothing of what the answer held.
    #[error("its answer is not understood")]
    Malformed,
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error("openssl: {0}")]
    OpenSsl(#[from] ErrorStack),
}

/// One question.
#[derive(Debug)]
pub struct Question<'a> {
    pub representation: &'a Representation,
    /// Who asks us, under a name that tells the mandate service no person: a keyed hash.
    pub end_user: &'a str,
}

/// The mandate service, or that there is none.
#[derive(Debug)]
pub enum Mandates {
    NotConfigured,
    Service(Box<Client>),
}

impl Mandates {
    /// Asks once. Why there is no answer is for the log alone.
    pub async fn ask(&self, question: &Question<'_>) -> MandateResult {
        let answer = match self {
            Mandates::NotConfigured => Err(MandateError::NotConfigured),
            Mandates::Service(client) => client.ask(question).await,
        };
        match answer {
            Ok(wire::Verdict::Allowed) => MandateResult::Allowed,
            Ok(wire::Verdict::Denied) => MandateResult::Denied,
            Err(error) => {
                tracing::warn!("a mandate could not be checked: {error}");
                MandateResult::Unavailable
            }
        }
    }
}
