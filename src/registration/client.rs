//! Speaks with a security server's management API: one request at a time, within the API's limits, each bounded in time
//! and size. It knows paths and bodies only as they are given.
//!
//! Each request has a connection of its own: at the pace that the API allows, keeping them is worth nothing, and a
//! kept one that dies leaves open whether a change was made.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::advice;
use super::pace::Pace;
use super::wanted::SecurityServer;
use super::wire::{Deviation, ErrorInfo};
use crate::outgoing::{self, OutgoingError, Peer, Trust};
use crate::secrets::ApiToken;

/// Largest answer that is read. A large X-Road instance's list of subsystems has some megabytes.
const ANSWER_BYTES_MAX: usize = 8 << 20;
/// How often a request is sent that is answered 429, and how long it is waited between.
const ATTEMPTS_MAX: u32 = 5;
const RETRY_WAIT: Duration = Duration::from_secs(1);
const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);
/// How much is shown of an answer that is none of the API's.
const EXCERPT_CHARACTERS_MAX: usize = 1000;

/// Why the API gave no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the security server's API cannot be used: {0}")]
    Outgoing(#[from] OutgoingError),
    #[error(
        "the security server shows another certificate than security_server.certificate, with SHA-256 {shown}: if its \
         administrator says that this is the right one, take it (docs/registration.md); the API key was not sent"
    )]
    OtherCertificate { shown: String },
    #[error(
        "no answer within {timeout_s} s (security_server.timeout_s): see whether the change was made by running the command again"
    )]
    Timeout { timeout_s: u64 },
    #[error(
        "the security server refuses the API key (HTTP 401): it was revoked, or is of another security server; make a new one (docs/registration.md)"
    )]
    KeyRefused,
    #[error(
        "the API key may not do this (HTTP 403): it needs the roles XROAD_SERVICE_ADMINISTRATOR and XROAD_REGISTRATION_OFFICER"
    )]
    Forbidden,
    #[error(
        "the security server still says that it is asked too often (HTTP 429) after {ATTEMPTS_MAX} attempts: run the command again later"
    )]
    TooOften,
    #[error(
        "the answer to {path} is not understood ({reason}): is security_server.url the address of a management API, ending in /api/v1?"
    )]
    Malformed { path: String, reason: String },
    #[error("{0}")]
    Refused(Box<Refusal>),
    #[error("the request cannot be put together: {0}")]
    Request(#[from] hyper::http::Error),
}

/// An answer of the API that says no.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    pub error: Option<Deviation>,
    pub warnings: Vec<Deviation>,
    /// What was answered instead of the API's own form.
    pub excerpt: String,
}

impl Refusal {
    /// The API's code of it, or nothing.
    pub fn code(&self) -> &str {
        self.error.as_ref().map_or("", |error| &error.code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the security server says HTTP {}", self.status)?;
        let Some(error) = &self.error else {
            return match self.excerpt.is_empty() {
                true => write!(formatter, " and nothing else: see its log proxy_ui_api.log"),
                false => write!(formatter, ": {}", self.excerpt),
            };
        };
        write!(formatter, " {}", error.code)?;
        for text in error.metadata.iter().flatten() {
            write!(formatter, " ({text})")?;
        }
        for (field, errors) in error.validation_errors.iter().flatten() {
            write!(formatter, " ({field}: {})", errors.join(", "))?;
        }
        match advice::of_error(&error.code) {
            Some(advice) => write!(formatter, ": {advice}"),
            None => write!(
                formatter,
                ": see the security server's log proxy_ui_api.log"
            ),
        }
    }
}

/// What a request carries.
pub enum Content {
    Nothing,
    Json(Value),
    /// A file as it is.
    File(Vec<u8>),
}

/// The API, ready to be asked.
pub struct Client {
    peer: Peer,
    /// Host and port, for the Host header.
    authority: String,
    base: String,
    key: ApiToken,
    timeout_s: u64,
    pace: Pace,
}

impl Client {
    /// Gets ready. Connects to nothing yet.
    pub fn new(server: &SecurityServer) -> Result<Client, ApiError> {
        let trust = server.pin.as_ref();
        // Plain HTTP has no pin, and no use for one.
        let trust = trust.map_or(Trust::Authorities(None), Trust::Exactly);
        let authority = server.uri.authority().map(ToString::to_string);
        Ok(Client {
            peer: Peer::of(&server.uri, trust)?,
            authority: authority.unwrap_or_default(),
            base: server.uri.path().trim_end_matches('/').to_owned(),
            key: server.key.clone(),
            timeout_s: server.timeout_s,
            pace: Pace::default(),
        })
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, ApiError> {
        let body = self.send(Method::GET, path, Content::Nothing).await?;
        serde_json::from_slice(&body).map_err(|error| ApiError::Malformed {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Sends a request, again when it came too often, and gives the body of a good answer.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        content: Content,
    ) -> Result<Bytes, ApiError> {
        let (content_type, body) = match content {
            Content::Nothing => (None, Bytes::new()),
            Content::Json(value) => (Some("application/json"), value.to_string().into()),
            Content::File(bytes) => (Some("application/octet-stream"), bytes.into()),
        };
        for attempt in 0..ATTEMPTS_MAX {
            tokio::time::sleep(self.pace.next(Instant::now())).await;
            let request = self.request(&method, path, content_type, body.clone())?;
            let exchange = self.exchange(request);
            let within = Duration::from_secs(self.timeout_s);
            let answer = tokio::time::timeout(within, exchange).await;
            let (status, headers, body) = answer.map_err(|_| ApiError::Timeout {
                timeout_s: self.timeout_s,
            })??;
            match status {
                StatusCode::TOO_MANY_REQUESTS if attempt + 1 < ATTEMPTS_MAX => {
                    tokio::time::sleep(retry_wait(&headers, attempt)).await;
                }
                StatusCode::TOO_MANY_REQUESTS => break,
                status if status.is_success() => return Ok(body),
                StatusCode::UNAUTHORIZED => return Err(ApiError::KeyRefused),
                StatusCode::FORBIDDEN => return Err(ApiError::Forbidden),
                status => return Err(self.refusal(status, &body)),
            }
        }
        Err(ApiError::TooOften)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, ApiError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Host", &self.authority)
            .header("Accept", "application/json")
            .header("Connection", "close");
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        let key = format!("X-Road-ApiKey token={}", self.key.reveal());
        let mut key =
            hyper::header::HeaderValue::from_str(&key).map_err(hyper::http::Error::from)?;
        key.set_sensitive(true);
        Ok(request.header("Authorization", key).body(Full::new(body))?)
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), ApiError> {
        let mut opened = self.peer.open().await.map_err(|error| match error {
            OutgoingError::OtherCertificate { shown } => ApiError::OtherCertificate { shown },
            error => error.into(),
        })?;
        let answer = opened.connection.send_request(request).await;
        let (head, body) = answer.map_err(OutgoingError::from)?.into_parts();
        let body = outgoing::read(body, ANSWER_BYTES_MAX).await?;
        Ok((head.status, head.headers, body))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> ApiError {
        let info: ErrorInfo = serde_json::from_slice(body).unwrap_or_default();
        let excerpt: String = match info.error {
            Some(_) => String::new(),
            None => String::from_utf8_lossy(body)
                .chars()
                .filter(|c| !c.is_control())
                .take(EXCERPT_CHARACTERS_MAX)
                .collect(),
        };
        ApiError::Refused(Box::new(Refusal {
            status: status.as_u16(),
            error: info.error,
            warnings: info.warnings.unwrap_or_default(),
            excerpt: self.key.without_key(&excerpt),
        }))
    }
}

/// How long to wait after an answer 429: as it says, or twice as long each time.
fn retry_wait(headers: &HeaderMap, attempt: u32) -> Duration {
    let told = headers.get("Retry-After").and_then(|it| it.to_str().ok());
    let told = told
        .and_then(|it| it.trim().parse().ok())
        .map(Duration::from_secs);
    told.unwrap_or(RETRY_WAIT * 2_u32.pow(attempt))
        .min(RETRY_WAIT_MAX)
}

/// A part of a path: an identifier may hold characters that mean something there.
pub fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                segment.push(char::from(byte));
            }
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_as_told_and_bounded() {
        let headers = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("Retry-After", text.parse().unwrap());
            headers
        };
        assert_eq!(retry_wait(&headers("7"), 0), Duration::from_secs(7));
        assert_eq!(retry_wait(&headers("0"), 3), Duration::ZERO);
        assert_eq!(retry_wait(&headers("61"), 0), RETRY_WAIT_MAX);
        assert_eq!(retry_wait(&headers("tomorrow"), 2), Duration::from_secs(4));
        assert_eq!(retry_wait(&HeaderMap::new(), 0), RETRY_WAIT);
    }

    #[test]
    fn identifiers_keep_their_meaning_in_a_path() {
        assert_eq!(segment("FI:MUN:1-2:psop:a.v1"), "FI:MUN:1-2:psop:a.v1");
        assert_eq!(segment("a?b+c (ä)"), "a%3Fb%2Bc%20%28%C3%A4%29");
    }
}
