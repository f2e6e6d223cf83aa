//! What the admin listener refuses, as RFC 9457 has it: `application/problem+json` with a stable code. A detail is ours:
//! nothing of what was sent is in it.

use bytes::Bytes;
use serde_json::json;

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request to the Admin API is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Arguments,
    BodyBroken,
    Token,
    Forbidden,
    NotFound,
    Method,
    Accept,
    AnswerTooLarge,
    BodyTimeout,
    BodyTooLarge,
    ContentType,
    Host,
    Refused,
    TooManyFailures,
    Internal,
    Busy,
    Stopping,
    StoreUnavailable,
}

impl Reason {
    /// Every reason, in the order of their statuses.
    pub const ALL: [Reason; 18] = [
        Reason::Arguments,
        Reason::BodyBroken,
        Reason::Token,
        Reason::Forbidden,
        Reason::NotFound,
        Reason::Method,
        Reason::Accept,
        Reason::AnswerTooLarge,
        Reason::BodyTimeout,
        Reason::BodyTooLarge,
        Reason::ContentType,
        Reason::Host,
        Reason::Refused,
        Reason::TooManyFailures,
        Reason::Internal,
        Reason::Busy,
        Reason::Stopping,
        Reason::StoreUnavailable,
    ];

    /// Its status, stable code, and title.
    fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Reason::Arguments => (
                400,
                "ARGUMENTS_INVALID",
                "These are no arguments of that operation",
            ),
            Reason::BodyBroken => (400, "BODY_BROKEN", "The body broke off before its end"),
            Reason::Token => (401, "TOKEN_NEEDED", "A token that holds is needed"),
            Reason::Forbidden => (403, "FORBIDDEN", "The token may not do this"),
            Reason::NotFound => (404, "NOT_FOUND", "There is no such operation"),
            Reason::Method => (
                405,
                "METHOD_NOT_ALLOWED",
                "That method is not for this address",
            ),
            Reason::Accept => (
                406,
                "NOT_ACCEPTABLE",
                "No form of answer that is accepted is given",
            ),
            Reason::AnswerTooLarge => (
                406,
                "ANSWER_TOO_LARGE",
                "The answer is too large for one JSON object",
            ),
            Reason::BodyTimeout => (408, "BODY_TIMEOUT", "The body did not arrive in time"),
            Reason::BodyTooLarge => (413, "BODY_TOO_LARGE", "The body is too large"),
            Reason::ContentType => (
                415,
                "CONTENT_TYPE_INVALID",
                "The body must be application/json",
            ),
            Reason::Host => (
                421,
                "HOST_UNKNOWN",
                "This server is not called by that name",
            ),
            Reason::Refused => (422, "REFUSED", "A rule refuses it"),
            Reason::TooManyFailures => (
                429,
                "TOO_MANY_FAILURES",
                "Too many tokens that let nobody in",
            ),
            Reason::Internal => (500, "INTERNAL", "It failed"),
            Reason::Busy => (503, "BUSY", "Too much is done at once"),
            Reason::Stopping => (503, "STOPPING", "The server is stopping"),
            Reason::StoreUnavailable => (503, "STORE_UNAVAILABLE", "The store cannot be used"),
        }
    }

    /// Its HTTP status.
    pub fn status(self) -> u16 {
        self.row().0
    }

    /// Its stable code.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        self.row().2
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub reason: Reason,
    /// What exactly, and what to do.
    pub detail: String,
}

impl Problem {
    /// A refusal with its detail.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Problem {
        Problem {
            reason,
            detail: detail.into(),
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> Bytes {
        let (status, code, title) = self.reason.row();
        let body = json!({
            "type": format!("urn:psop:problem:{}", code.to_ascii_lowercase()),
            "title": title,
            "status": status,
            "detail": self.detail,
            "code": code,
        });
        Bytes::from(body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_in_the_order_of_statuses() {
        let statuses = Reason::ALL.map(Reason::status);
        assert!(statuses.is_sorted(), "{statuses:?}");
        let mut codes = Reason::ALL.map(Reason::code).to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
