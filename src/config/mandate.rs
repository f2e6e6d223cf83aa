//! The mandate service: where it is, who we are to it, and how long it may keep a request waiting.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Environment, check_url};

/// The lowest and highest value of a limit here; the highest keeps instants from overflowing.
const LIMIT_MIN: u64 = 1;
const LIMIT_MAX: u64 = u32::MAX as u64;
/// Longest client id; it stands in a path and in a header.
const CLIENT_ID_CHARS_MAX: usize = 64;

/// The service that says who may act for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// Its address: https in PROD. What the adapter asks stands below this path.
    pub url: String,
    /// Who we are to it.
    pub client_id: String,
    /// The file with the key shared with it: its text on one line.
    pub key_file: PathBuf,
    /// PEM file of the authorities that may vouch for it; the system's when absent.
    pub ca_file: Option<PathBuf>,
    /// Longest wait for an answer, connecting included, in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Failures in a row after which it is left alone, a count.
    #[serde(default = "breaker_failures")]
    pub breaker_failures: u64,
    /// How long it is then left alone, in milliseconds.
    #[serde(default = "breaker_open_ms")]
    pub breaker_open_ms: u64,
    /// Most connections to it, in use or kept, a count.
    #[serde(default = "connections_max")]
    pub connections_max: u64,
    /// Largest answer, in bytes.
    #[serde(default = "answer_bytes_max")]
    pub answer_bytes_max: u64,
    /// How far an answer's time may lie from ours, in seconds.
    #[serde(default = "clock_skew_max_s")]
    pub clock_skew_max_s: u64,
}

fn timeout_ms() -> u64 {
    5_000
}

fn breaker_failures() -> u64 {
    5
}

fn breaker_open_ms() -> u64 {
    30_000
}

fn connections_max() -> u64 {
    32
}

fn answer_bytes_max() -> u64 {
    16_384
}

fn clock_skew_max_s() -> u64 {
    300
}

impl Mandate {
    /// One with every key, and every default: the section as documents and the list of keys have it.
    pub fn sample() -> Mandate {
        Mandate {
            url: "https://mandates.example.fi".to_owned(),
            client_id: "psop-adapter".to_owned(),
            key_file: "data/mandate.key".into(),
            ca_file: Some("tls/mandate-ca.pem".into()),
            timeout_ms: timeout_ms(),
            breaker_failures: breaker_failures(),
            breaker_open_ms: breaker_open_ms(),
            connections_max: connections_max(),
            answer_bytes_max: answer_bytes_max(),
            clock_skew_max_s: clock_skew_max_s(),
        }
    }

    pub(super) fn problems(
        &self,
        environment: Environment,
        request_timeout_ms: u64,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        if let Err(reason) = self.check_url(environment) {
            problems.push(format!(
                "mandate.url: {reason}: write the mandate service's address, such as \
                 \"https://mandates.example.fi\""
            ));
        }
        let is_id = (1..=CLIENT_ID_CHARS_MAX).contains(&self.client_id.len())
            && self
                .client_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_id {
            problems.push(format!(
                "mandate.client_id: write 1 to {CLIENT_ID_CHARS_MAX} letters, digits, `-`, `_` or `.`"
            ));
        }
        for (key, value) in self.limits() {
            if !(LIMIT_MIN..=LIMIT_MAX).contains(&value) {
                problems.push(format!(
                    "mandate.{key}: is {value}: write a number between {LIMIT_MIN} and {LIMIT_MAX}"
                ));
            }
        }
        if self.timeout_ms >= request_timeout_ms {
            problems.push(format!(
                "mandate.timeout_ms: is {}: write less than limits.request_timeout_ms ({request_timeout_ms}), so \
                 that a caller hears of a silent mandate service",
                self.timeout_ms
            ));
        }
        problems
    }

    fn limits(&self) -> [(&'static str, u64); 6] {
        [
            ("timeout_ms", self.timeout_ms),
            ("breaker_failures", self.breaker_failures),
            ("breaker_open_ms", self.breaker_open_ms),
            ("connections_max", self.connections_max),
            ("answer_bytes_max", self.answer_bytes_max),
            ("clock_skew_max_s", self.clock_skew_max_s),
        ]
    }

    fn check_url(&self, environment: Environment) -> Result<(), String> {
        let url = &self.url;
        check_url(url)?;
        if url.contains(['?', '#']) {
            return Err(format!("`{url}` has a query or a fragment"));
        }
        if environment == Environment::Prod && !url.starts_with("https://") {
            return Err(format!("`{url}` is not https, which PROD requires"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: impl FnOnce(&mut Mandate)) -> Vec<String> {
        let mut mandate = Mandate::sample();
        change(&mut mandate);
        mandate.problems(Environment::Prod, 55_000)
    }

    #[test]
    fn the_sample_is_good_and_every_wrong_value_is_told() {
        assert_eq!(problems(|_| ()), [""; 0]);
        for url in [
            "http://mandates.example.fi",
            "mandates.example.fi",
            "https://user:word@mandates.example.fi",
            "https://mandates.example.fi/a?b",
            "ftp://mandates.example.fi",
        ] {
            let found = problems(|mandate| mandate.url = url.to_owned());
            assert!(
                found.len() == 1 && found[0].starts_with("mandate.url: "),
                "{found:?}"
            );
        }
        for id in ["", "a b", "a/b", &"a".repeat(65), "ä"] {
            let found = problems(|mandate| mandate.client_id = id.to_owned());
            assert!(found.len() == 1 && found[0].starts_with("mandate.client_id: "));
        }
        let http = Mandate {
            url: "http://127.0.0.1:8090/a".to_owned(),
            client_id: "a".repeat(64),
            ..Mandate::sample()
        };
        assert_eq!(http.problems(Environment::Test, 55_000), [""; 0]);
        assert_eq!(problems(|mandate| mandate.timeout_ms = 54_999), [""; 0]);
        assert_eq!(problems(|mandate| mandate.timeout_ms = 55_000).len(), 1);
    }

    #[test]
    fn every_limit_is_at_least_one_and_at_most_its_highest() {
        let sample = toml::Table::try_from(Mandate::sample()).unwrap();
        for (key, _) in Mandate::sample().limits() {
            for (value, is_good) in [
                (0, false),
                (1, true),
                (LIMIT_MAX, true),
                (LIMIT_MAX + 1, false),
            ] {
                let mut table = sample.clone();
                table.insert(key.to_owned(), toml::Value::Integer(value as i64));
                let mandate: Mandate = table.try_into().unwrap();
                let found = mandate.problems(Environment::Test, u64::MAX);
                assert_eq!(found.is_empty(), is_good, "{key} {value} {found:?}");
            }
        }
    }
}
