//! The limits: one key for each, with its default and its unit last in its name.
//!
//! This file says how large a limit may be set; what happens when a request meets it is said where it is enforced.

use serde::{Deserialize, Serialize};

use crate::xml::reader;

/// No limit may be set higher: 4 GiB, or 49 days in milliseconds. It keeps sums and instants from overflowing.
const LIMIT_MAX: u64 = u32::MAX as u64;
/// Security servers do not retry a request that met a connection closed as idle.
const IDLE_TIMEOUT_MS_MIN: u64 = 1_000;

/// Every limit there is. All are positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes_max: usize,
    /// Most pieces that one request body comes in, a count: each HTTP chunk is at least one, and so is each read of a
    /// body with a length. A piece costs the same however small it is, so this bounds what a body costs to read.
    pub body_chunks_max: usize,
    /// Most bytes of request bodies held at once, over all connections.
    pub bodies_bytes_max: usize,
    /// Most requests being answered at once, a count.
    pub requests_in_flight_max: usize,
    /// Most requests of one X-Road client a second, a count; as many may come at once.
    pub client_requests_per_s_max: usize,
    /// Largest request head (request line and HTTP headers together), in bytes.
    pub head_bytes_max: usize,
    /// Most HTTP headers of one request, a count.
    pub header_count_max: usize,
    /// Time for a whole request head from its first byte, and for the first byte on a new connection, in
    /// milliseconds.
    pub head_timeout_ms: u64,
    /// Time for a whole request body, in milliseconds.
    pub body_timeout_ms: u64,
    /// Time for a TLS handshake, in milliseconds.
    pub tls_handshake_timeout_ms: u64,
    /// Time a connection may stay open between two requests, and time a caller has to take an answer, in
    /// milliseconds. At least 1000: security servers never retry on a closed idle connection.
    pub idle_timeout_ms: u64,
    /// Time for one request once its body is here, in milliseconds. Below the security server's 60 seconds, so that
    /// the caller gets our answer and not its own time-out.
    pub request_timeout_ms: u64,
    /// Time that requests in flight get at shutdown, in milliseconds.
    pub drain_timeout_ms: u64,
    /// Most open connections on the public listener, a count.
    pub connections_max: usize,
    /// Deepest nesting of XML elements, a count.
    pub xml_depth_max: usize,
    /// Most XML elements in one message, a count.
    pub xml_elements_max: usize,
    /// Most attributes on one XML element, a count.
    pub xml_attributes_max: usize,
    /// Most XML namespaces in scope at once, a count.
    pub xml_namespaces_max: usize,
    /// Longest text of one XML element, in characters.
    pub xml_text_chars_max: usize,
    /// Longest value of one X-Road header, in characters.
    pub header_text_chars_max: usize,
    /// Most lookups that found nothing within the window below before a caller is held back, a count.
    pub misses_max: usize,
    /// The window in which those lookups are counted, in seconds.
    pub misses_window_s: u64,
    /// Most events read for one page of getServiceEvents, those that filters leave out included.
    pub feed_rows_max: usize,
    /// Most commits that wait for the store's committer, a count.
    pub commit_queue_max: usize,
    /// Most commits that are made durable together, a count.
    pub commit_batch_max: usize,
    /// Most open connections on the admin listener, a count; further ones wait.
    pub admin_connections_max: usize,
    /// Most operator commands at once, a count.
    pub admin_commands_max: usize,
    /// Largest arguments of an operator command, in bytes.
    pub admin_body_bytes_max: usize,
    /// Largest answer of an operator command that comes as one JSON object, in bytes; more comes as lines.
    pub admin_answer_bytes_max: usize,
    /// Most tokens of the Admin API that are kept, those that hold no more included, a count.
    pub admin_tokens_max: usize,
    /// Longest time that a token of the Admin API holds, in days.
    pub admin_token_days_max: usize,
    /// Most tokens that let nobody in from one address in a minute, a count; then every token but the owner's waits.
    pub admin_token_failures_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1_048_576,
            body_chunks_max: 16_384,
            bodies_bytes_max: 67_108_864,
            requests_in_flight_max: 1_024,
            client_requests_per_s_max: 50_000,
            head_bytes_max: 16_384,
            header_count_max: 64,
            head_timeout_ms: 10_000,
            body_timeout_ms: 30_000,
            tls_handshake_timeout_ms: 10_000,
            idle_timeout_ms: 75_000,
            request_timeout_ms: 55_000,
            drain_timeout_ms: 20_000,
            connections_max: 4_096,
            xml_depth_max: 32,
            xml_elements_max: 20_000,
            xml_attributes_max: 64,
            xml_namespaces_max: 64,
            xml_text_chars_max: 65_536,
            header_text_chars_max: 1_024,
            misses_max: 10,
            misses_window_s: 600,
            feed_rows_max: 5_000,
            commit_queue_max: 4_096,
            commit_batch_max: 256,
            admin_connections_max: 64,
            admin_commands_max: 4,
            admin_body_bytes_max: 67_108_864,
            admin_answer_bytes_max: 16_777_216,
            admin_tokens_max: 1_000,
            admin_token_days_max: 366,
            admin_token_failures_max: 30,
        }
    }
}

impl Limits {
    /// How much of everything one document may hold.
    pub fn of_xml(&self) -> reader::Limits {
        reader::Limits {
            depth_max: self.xml_depth_max,
            elements_max: self.xml_elements_max,
            attributes_max: self.xml_attributes_max,
            namespaces_max: self.xml_namespaces_max,
            text_chars_max: self.xml_text_chars_max,
        }
    }

    /// Every limit outside its range, as one line for each.
    pub(super) fn problems(&self) -> Vec<String> {
        let ranges = self.ranges();
        let outside = ranges
            .into_iter()
            .filter(|(_, value, low, high)| !(low..=high).contains(&value));
        outside
            .map(|(key, value, low, high)| {
                format!("limits.{key}: is {value}: write a number between {low} and {high}")
            })
            .chain(self.bodies_problem())
            .collect()
    }

    /// A message between the two limits would be told to come again for ever.
    fn bodies_problem(&self) -> Option<String> {
        (self.bodies_bytes_max < self.body_bytes_max).then(|| {
            format!(
                "limits.bodies_bytes_max: is {}: write at least limits.body_bytes_max, {}",
                self.bodies_bytes_max, self.body_bytes_max
            )
        })
    }

    /// Key, value, lowest and highest of every limit. The pattern names each field, so that a new limit without a
    /// range does not compile.
    fn ranges(&self) -> Vec<(&'static str, u64, u64, u64)> {
        let Self {
            body_bytes_max,
            body_chunks_max,
            bodies_bytes_max,
            requests_in_flight_max,
            client_requests_per_s_max,
            head_bytes_max,
            header_count_max,
            head_timeout_ms,
            body_timeout_ms,
            tls_handshake_timeout_ms,
            idle_timeout_ms,
            request_timeout_ms,
            drain_timeout_ms,
            connections_max,
            xml_depth_max,
            xml_elements_max,
            xml_attributes_max,
            xml_namespaces_max,
            xml_text_chars_max,
            header_text_chars_max,
            misses_max,
            misses_window_s,
            feed_rows_max,
            commit_queue_max,
            commit_batch_max,
            admin_connections_max,
            admin_commands_max,
            admin_body_bytes_max,
            admin_answer_bytes_max,
            admin_tokens_max,
            admin_token_days_max,
            admin_token_failures_max,
        } = self;
        let count =
            |key, value: &usize| (key, u64::try_from(*value).unwrap_or(u64::MAX), 1, LIMIT_MAX);
        let time = |key, value: &u64| (key, *value, 1, LIMIT_MAX);
        vec![
            count("body_bytes_max", body_bytes_max),
            count("body_chunks_max", body_chunks_max),
            count("bodies_bytes_max", bodies_bytes_max),
            count("requests_in_flight_max", requests_in_flight_max),
            count("client_requests_per_s_max", client_requests_per_s_max),
            count("head_bytes_max", head_bytes_max),
            count("header_count_max", header_count_max),
            time("head_timeout_ms", head_timeout_ms),
            time("body_timeout_ms", body_timeout_ms),
            time("tls_handshake_timeout_ms", tls_handshake_timeout_ms),
            (
                "idle_timeout_ms",
                *idle_timeout_ms,
                IDLE_TIMEOUT_MS_MIN,
                LIMIT_MAX,
            ),
            time("request_timeout_ms", request_timeout_ms),
            time("drain_timeout_ms", drain_timeout_ms),
            count("connections_max", connections_max),
            count("xml_depth_max", xml_depth_max),
            count("xml_elements_max", xml_elements_max),
            count("xml_attributes_max", xml_attributes_max),
            count("xml_namespaces_max", xml_namespaces_max),
            count("xml_text_chars_max", xml_text_chars_max),
            count("header_text_chars_max", header_text_chars_max),
            count("misses_max", misses_max),
            time("misses_window_s", misses_window_s),
            count("feed_rows_max", feed_rows_max),
            count("commit_queue_max", commit_queue_max),
            count("commit_batch_max", commit_batch_max),
            count("admin_connections_max", admin_connections_max),
            count("admin_commands_max", admin_commands_max),
            count("admin_body_bytes_max", admin_body_bytes_max),
            count("admin_answer_bytes_max", admin_answer_bytes_max),
            count("admin_tokens_max", admin_tokens_max),
            count("admin_token_days_max", admin_token_days_max),
            count("admin_token_failures_max", admin_token_failures_max),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit set, and the one it must agree with out of its way.
    fn with(key: &str, value: u64) -> Limits {
        let other = match key {
            "body_bytes_max" => "bodies_bytes_max = 4294967295",
            "bodies_bytes_max" => "body_bytes_max = 1",
            _ => "",
        };
        toml::from_str(&format!("{key} = {value}\n{other}")).unwrap()
    }

    #[test]
    fn all_bodies_together_may_be_as_large_as_one() {
        let limits: Limits = toml::from_str("body_bytes_max = 9\nbodies_bytes_max = 9").unwrap();
        assert_eq!(limits.problems(), [""; 0]);
        let limits: Limits = toml::from_str("body_bytes_max = 9\nbodies_bytes_max = 8").unwrap();
        assert_eq!(limits.problems().len(), 1);
    }

    #[test]
    fn every_limit_is_at_least_one_and_at_most_its_highest() {
        let limits = toml::Table::try_from(Limits::default()).unwrap();
        assert_eq!(limits.len(), 32);
        for key in limits.keys() {
            let lowest = if key == "idle_timeout_ms" { 1_000 } else { 1 };
            let highest = 4_294_967_295;
            assert_eq!(with(key, lowest).problems(), [""; 0]);
            assert_eq!(with(key, highest).problems(), [""; 0]);
            for outside in [lowest - 1, highest + 1] {
                let expected = format!(
                    "limits.{key}: is {outside}: write a number between {lowest} and {highest}"
                );
                assert_eq!(with(key, outside).problems().first(), Some(&expected));
            }
        }
    }
}
