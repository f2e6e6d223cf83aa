//! Metrics, in the OpenMetrics text format. Nothing personal: every label's values are names of the contract, never
//! a caller's words.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the durations' buckets, in seconds: up to the security server's patience.
const DURATION_BUCKETS_S: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0,
];

type ByService = [(&'static str, &'static str); 1];
type ByServiceAndOutcome = [(&'static str, &'static str); 2];

/// What is counted while the program runs.
pub struct Metrics {
    registry: Registry,
    requests: Family<ByServiceAndOutcome, Counter>,
    duration_s: Family<ByService, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections_open: Gauge,
    commands: Counter,
    commits: Counter<u64, AtomicU64>,
    store_ready: Gauge,
}

/// What is not counted but looked up when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub requests_in_flight: usize,
    pub connections_open: usize,
    pub store_ready: bool,
    /// Since the start.
    pub commits: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("psop");
        let requests = Family::default();
        registry.register(
            "requests",
            "Requests answered, by service and outcome code",
            requests.clone(),
        );
        let duration_s =
            Family::new_with_constructor((|| Histogram::new(DURATION_BUCKETS_S)) as fn() -> _);
        registry.register_with_unit(
            "request_duration",
            "Time from a request's whole body to its answer",
            Unit::Seconds,
            duration_s.clone(),
        );
        let in_flight = Gauge::default();
        registry.register(
            "requests_in_flight",
            "Requests being answered",
            in_flight.clone(),
        );
        let connections_open = Gauge::default();
        registry.register(
            "connections_open",
            "Open connections on the public listener",
            connections_open.clone(),
        );
        let commands = Counter::default();
        registry.register(
            "operator_commands",
            "Operator commands begun",
            commands.clone(),
        );
        let commits = Counter::default();
        registry.register(
            "store_commits",
            "Changes made durable and acknowledged",
            commits.clone(),
        );
        let store_ready = Gauge::default();
        registry.register(
            "store_ready",
            "1 while the store can be used, else 0",
            store_ready.clone(),
        );
        registry.register(
            "build",
            "The program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        Metrics {
            registry,
            requests,
            duration_s,
            in_flight,
            connections_open,
            commands,
            commits,
            store_ready,
        }
    }
}

impl Metrics {
    /// Counts a request. Both names must be of a bounded set.
    pub fn answered(&self, service: &'static str, outcome: &'static str, took: Duration) {
        self.requests
            .get_or_create(&[("service", service), ("outcome", outcome)])
            .inc();
        self.duration_s
            .get_or_create(&[("service", service)])
            .observe(took.as_secs_f64());
    }

    /// Counts an operator command.
    pub fn command_begun(&self) {
        self.commands.inc();
    }

    /// Every metric as text.
    ///
    /// # Errors
    /// A formatter's, which does not happen on a string.
    pub fn text(&self, now: Now) -> Result<String, std::fmt::Error> {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.in_flight.set(count(now.requests_in_flight));
        self.connections_open.set(count(now.connections_open));
        // Of two that ask at once, neither may make it smaller.
        self.commits
            .inner()
            .fetch_max(now.commits, Ordering::Relaxed);
        self.store_ready.set(now.store_ready.into());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_stands_in_the_text() {
        let metrics = Metrics::default();
        metrics.answered("getOstovoima", "OK", Duration::from_millis(3));
        metrics.answered("getOstovoima", "OK", Duration::from_millis(3));
        metrics.answered("none", "XML_MALFORMED", Duration::ZERO);
        metrics.command_begun();
        let now = Now {
            requests_in_flight: 5,
            connections_open: 7,
            store_ready: true,
            commits: 11,
        };
        assert!(metrics.text(Now { commits: 9, ..now }).is_ok());
        let text = metrics.text(now).unwrap();
        for line in [
            "psop_requests_total{service=\"getOstovoima\",outcome=\"OK\"} 2",
            "psop_requests_total{service=\"none\",outcome=\"XML_MALFORMED\"} 1",
            "psop_request_duration_seconds_count{service=\"getOstovoima\"} 2",
            "psop_request_duration_seconds_bucket{le=\"0.0025\",service=\"getOstovoima\"} 0",
            "psop_request_duration_seconds_bucket{le=\"0.005\",service=\"getOstovoima\"} 2",
            "psop_requests_in_flight 5",
            "psop_connections_open 7",
            "psop_operator_commands_total 1",
            "psop_store_commits_total 11",
            "psop_store_ready 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
