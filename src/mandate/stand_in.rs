//! The stand-in for the mandate service, where there are no real persons: it checks what the service would
//! check of a question, and answers as a file says. Sockets and waiting are its caller's.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::domain::person_id::PersonId;
use crate::domain::registry::CustodyCategory;
use crate::secrets::SecretsError;

use super::wire::{Asked, SIGNATURE, Signer, answer, request_id};

/// What Suomi.fi tolerates between a caller's clock and its own, in seconds.
const SKEW_MAX_S: u64 = 300;

/// Why there is no stand-in.
#[derive(Debug, thiserror::Error)]
pub enum StandInError {
    #[error("cannot read the answers {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the answers {} are not as docs/mandate.md describes them: {message}", path.display())]
    Malformed { path: PathBuf, message: String },
}

/// What the stand-in says: the first answer that fits a question, DENIED where none does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    /// How far its clock is ahead of the machine's, in seconds.
    #[serde(default)]
    clock_ahead_s: i64,
    /// Answers are signed at an instant this far ahead of its clock, in seconds.
    #[serde(default)]
    answers_ahead_s: i64,
    #[serde(default, rename = "answer")]
    answers: Vec<Planned>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    /// Anyone, where absent.
    delegate: Option<String>,
    /// Anyone, where absent.
    principal: Option<String>,
    /// Fits questions that name no other category; any, where absent.
    category: Option<CustodyCategory>,
    /// How often it is given; always, where absent.
    times: Option<u64>,
    #[serde(default = "denied")]
    result: String,
    /// Sent in place of the answer, signed like one.
    body: Option<String>,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    wrong_signature: bool,
}

fn denied() -> String {
    "DENIED".to_owned()
}

fn ok() -> u16 {
    200
}

impl Planned {
    fn fits(&self, asked: &Asked) -> bool {
        let is = |planned: &Option<String>, asked: &str| {
            planned.as_deref().is_none_or(|planned| planned == asked)
        };
        is(&self.delegate, &asked.delegate)
            && is(&self.principal, &asked.principal)
            && self
                .category
                .is_none_or(|category| asked.categories.iter().all(|asked| *asked == category))
    }

    fn problem(&self, today: jiff::civil::Date) -> Option<String> {
        let mut persons = [&self.delegate, &self.principal].into_iter().flatten();
        if persons.any(|person| PersonId::parse(person, today).is_err()) {
            return Some("a delegate or principal is no personal identity code".to_owned());
        }
        if !(200..=599).contains(&self.status) {
            return Some(format!("{} is no status", self.status));
        }
        None
    }
}

/// An answer to be given after a while.
#[derive(Debug)]
pub struct Reply {
    pub delay: Duration,
    pub status: u16,
    /// Name and value, where it is signed.
    pub signature: Option<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// One without a body.
    pub fn bare(status: u16) -> Reply {
        Reply {
            delay: Duration::ZERO,
            status,
            signature: None,
            body: Vec::new(),
        }
    }
}

/// The stand-in.
pub struct StandIn {
    signer: Signer,
    answers: Answers,
    /// How often each answer was given.
    given: Mutex<Vec<u64>>,
}

impl StandIn {
    /// Reads its answers. It shares its key with who asks it.
    pub fn load(
        path: &Path,
        signer: Signer,
        today: jiff::civil::Date,
    ) -> Result<StandIn, StandInError> {
        let text = std::fs::read_to_string(path).map_err(|source| StandInError::Read {
            path: path.to_owned(),
            source,
        })?;
        let malformed = |message: String| StandInError::Malformed {
            path: path.to_owned(),
            message,
        };
        let answers: Answers =
            toml::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if let Some(problem) = answers
            .answers
            .iter()
            .find_map(|planned| planned.problem(today))
        {
            return Err(malformed(problem));
        }
        Ok(StandIn {
            signer,
            given: Mutex::new(vec![0; answers.answers.len()]),
            answers,
        })
    }

    /// Answers a question that came at an instant of the machine.
    pub fn answer(
        &self,
        (method, target): (&Method, &str),
        headers: &HeaderMap,
        body: &[u8],
        machine_now: Timestamp,
    ) -> Result<Reply, SecretsError> {
        let Some(id) =
            request_id(target, &self.signer.client_id).filter(|_| method == Method::POST)
        else {
            return Ok(Reply::bare(404));
        };
        let now = later(machine_now, self.answers.clock_ahead_s);
        if !self
            .signer
            .accepts(target, headers, body, (now, SKEW_MAX_S))?
        {
            return Ok(Reply::bare(401));
        }
        let Ok(asked) = serde_json::from_slice::<Asked>(body) else {
            return Ok(Reply::bare(400));
        };
        let planned = self.plan(&asked);
        let body = match planned {
            Some(Planned {
                body: Some(body), ..
            }) => body.clone().into_bytes(),
            Some(planned) => answer(&planned.result),
            None => answer(&denied()),
        };
        let signed_for = match planned {
            Some(Planned {
                wrong_signature: true,
                ..
            }) => "another question",
            _ => id,
        };
        let at = later(now, self.answers.answers_ahead_s);
        let signature = self.signer.answer_signature(signed_for, &body, at)?;
        Ok(Reply {
            delay: Duration::from_millis(planned.map_or(0, |planned| planned.delay_ms)),
            status: planned.map_or(200, |planned| planned.status),
            signature: Some((SIGNATURE, signature)),
            body,
        })
    }

    fn plan(&self, asked: &Asked) -> Option<&Planned> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let mut plans = self.answers.answers.iter().zip(given.iter_mut());
        let (planned, given) = plans.find(|(planned, given)| {
            planned.fits(asked) && planned.times.is_none_or(|times| **given < times)
        })?;
        *given = given.saturating_add(1);
        Some(planned)
    }
}

fn later(instant: Timestamp, seconds: i64) -> Timestamp {
    instant
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(instant)
}
