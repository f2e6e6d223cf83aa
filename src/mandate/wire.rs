//! What goes to the mandate service and what comes back, as `docs/mandate.md` describes it. No I/O, no clock.
//!
//! Invariant: an identity code stands in a body only, and every body is signed together with an instant: a
//! question with its path, an answer with the id of the question, so that neither can be used again.

use std::time::Duration;

use hyper::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use openssl::base64::{decode_block, encode_block};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::registry::CustodyCategory;
use crate::secrets::{ApiKey, SecretsError};

use super::{MandateError, Question};

/// `CLIENT_ID TIMESTAMP SIGNATURE` over path and instant, as Suomi.fi has it.
pub const AUTHORIZATION: &str = "X-AsiointivaltuudetAuthorization";
/// Who asks, as Suomi.fi has it.
pub const END_USER: &str = "X-userId";
/// `TIMESTAMP SIGNATURE` over a body.
pub const SIGNATURE: &str = "X-Psop-Signature";

/// Where the question is put, below the service's address.
const PATH: &str = "/service/rest/hpa/authorization/";

/// What the service says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Denied,
}

/// The body of a question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub delegate: String,
    pub principal: String,
    pub categories: Vec<CustodyCategory>,
}

/// The body of an answer. Its reasons, and whatever else it may hold, are not even read.
#[derive(Debug, Serialize, Deserialize)]
struct Answered {
    result: String,
}

/// A signed question.
pub struct Outgoing {
    /// Path and query.
    pub target: String,
    pub headers: [(&'static str, String); 3],
    pub body: Vec<u8>,
    request_id: String,
}

/// Whose key signs, and how.
#[derive(Debug)]
pub struct Signer {
    pub client_id: String,
    pub key: ApiKey,
}

impl Signer {
    /// Puts a question into bytes. `base` is the path of the service's address, without a slash at its end.
    pub fn question(
        &self,
        base: &str,
        question: &Question<'_>,
        now: Timestamp,
    ) -> Result<Outgoing, MandateError> {
        let representation = question.representation;
        let body = serde_json::to_vec(&Asked {
            delegate: representation.delegate.as_str().to_owned(),
            principal: representation.principal.as_str().to_owned(),
            categories: representation.categories().to_vec(),
        })
        .map_err(|_| MandateError::Malformed)?;
        let request_id = Uuid::new_v4().to_string();
        let target = format!("{base}{PATH}{}?requestId={request_id}", self.client_id);
        let at = written(now);
        let authorization = self.sign(&[target.as_bytes(), at.as_bytes()])?;
        let signature = self.sign(&[target.as_bytes(), at.as_bytes(), &body])?;
        Ok(Outgoing {
            headers: [
                (
                    AUTHORIZATION,
                    format!("{} {at} {authorization}", self.client_id),
                ),
                (END_USER, question.end_user.to_owned()),
                (SIGNATURE, format!("{at} {signature}")),
            ],
            target,
            body,
            request_id,
        })
    }

    /// Reads the answer to a question: signed, of now, and understood.
    pub fn verdict(
        &self,
        question: &Outgoing,
        headers: &HeaderMap,
        body: &[u8],
        (now, skew_max_s): (Timestamp, u64),
    ) -> Result<Verdict, MandateError> {
        let signed = header(headers, SIGNATURE).and_then(|value| value.split_once(' '));
        let (at, signature) = signed.ok_or(MandateError::Signature)?;
        let message = [question.request_id.as_bytes(), at.as_bytes(), body];
        if !self.verifies(&message, signature)? {
            return Err(MandateError::Signature);
        }
        let apart = apart(at, now).ok_or(MandateError::Signature)?;
        if !is_within(apart, skew_max_s) {
            let apart_s = apart.as_secs();
            return Err(MandateError::ClockSkew { apart_s });
        }
        let answered: Answered =
            serde_json::from_slice(body).map_err(|_| MandateError::Malformed)?;
        Ok(match answered.result.as_str() {
            "ALLOWED" => Verdict::Allowed,
            _ => Verdict::Denied,
        })
    }

    /// Whether a question came from who holds the key, now: what the service checks.
    pub fn accepts(
        &self,
        target: &str,
        headers: &HeaderMap,
        body: &[u8],
        (now, skew_max_s): (Timestamp, u64),
    ) -> Result<bool, SecretsError> {
        let of_path = header(headers, AUTHORIZATION).map(|value| value.split(' '));
        let Some([client_id, at, authorization]) = of_path.and_then(exactly) else {
            return Ok(false);
        };
        let of_body = header(headers, SIGNATURE).map(|value| value.split(' '));
        let Some([body_at, signature]) = of_body.and_then(exactly) else {
            return Ok(false);
        };
        let in_time = |at| apart(at, now).is_some_and(|apart| is_within(apart, skew_max_s));
        let target = target.as_bytes();
        Ok(client_id == self.client_id
            && in_time(at)
            && in_time(body_at)
            && self.verifies(&[target, at.as_bytes()], authorization)?
            && self.verifies(&[target, body_at.as_bytes(), body], signature)?)
    }

    /// The signature of an answer, as its header has it.
    pub fn answer_signature(
        &self,
        request_id: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<String, SecretsError> {
        let at = written(now);
        let signature = self.sign(&[request_id.as_bytes(), at.as_bytes(), body])?;
        Ok(format!("{at} {signature}"))
    }

    fn sign(&self, parts: &[&[u8]]) -> Result<String, SecretsError> {
        Ok(encode_block(&self.key.sign(&parts.join(&b' '))?))
    }

    fn verifies(&self, parts: &[&[u8]], signature: &str) -> Result<bool, SecretsError> {
        let signature = decode_block(signature).unwrap_or_default();
        self.key.verifies(&parts.join(&b' '), &signature)
    }
}

/// The service's side of [`Signer::question`]: the id of a question put to this target, if it is one.
pub fn request_id<'a>(target: &'a str, client_id: &str) -> Option<&'a str> {
    let (path, query) = target.split_once('?')?;
    let asked_by = path.rsplit_once(PATH)?.1;
    let id = query.strip_prefix("requestId=")?;
    (asked_by == client_id && Uuid::parse_str(id).is_ok()).then_some(id)
}

/// The service's side of [`Signer::verdict`]: an answer's body.
pub fn answer(result: &str) -> Vec<u8> {
    let answered = Answered {
        result: result.to_owned(),
    };
    serde_json::to_vec(&answered).unwrap_or_default()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn exactly<'a, const N: usize>(parts: impl Iterator<Item = &'a str>) -> Option<[&'a str; N]> {
    parts.collect::<Vec<_>>().try_into().ok()
}

/// An instant as it is sent: UTC, milliseconds.
fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn apart(at: &str, now: Timestamp) -> Option<SignedDuration> {
    let at: Timestamp = at.parse().ok()?;
    Some(at.duration_since(now))
}

fn is_within(apart: SignedDuration, most_s: u64) -> bool {
    apart.unsigned_abs() <= Duration::from_secs(most_s)
}

#[cfg(test)]
mod tests;
