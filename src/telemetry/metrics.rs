//! Metrics, in the OpenMetrics text format ([`text`] has the older one). Nothing personal: every label's values are names of the contract, never
//! a caller's words.

mod edge;
mod store;
pub mod text;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use edge::Edge;
pub use store::StoreMetrics;

/// Upper bounds of the durations' buckets, in seconds: up to the security server's patience.
const DURATION_BUCKETS_S: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0,
];

type ByService = [(&'static str, &'static str); 1];
type ByRequest = [(&'static str, &'static str); 3];
type ByReason = [(&'static str, &'static str); 1];
type ByStage = [(&'static str, &'static str); 1];
type ByCertificate = [(&'static str, String); 2];

/// What is counted while the program runs.
pub struct Metrics {
    registry: Registry,
    looking_up: Mutex<()>,
    /// Where callers come in.
    pub edge: Edge,
    requests: Family<ByRequest, Counter>,
    duration_s: Family<ByService, Histogram, fn() -> Histogram>,
    stage_s: Family<ByStage, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections_open: Gauge,
    commands: Counter,
    tokens_refused: Family<ByReason, Counter>,
    store_ready: Gauge,
    store_bytes: Gauge,
    certificate_s: Family<ByCertificate, Gauge>,
}

/// Classes of X-Road members that are told apart; a caller could name any. Source: the Finnish instances' lists.
const CLASSES: [&str; 5] = ["GOV", "MUN", "COM", "ORG", "EDU"];

/// A client's class as metrics have it.
pub fn client_class(member_class: &str) -> &'static str {
    let mut classes = CLASSES.into_iter();
    classes
        .find(|class| *class == member_class)
        .unwrap_or("other")
}

/// The parts of a request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From bytes to a typed message.
    Read,
    /// From the message to an answer that is durable.
    Serve,
    /// From the answer to bytes.
    Reply,
}

/// What is not counted but looked up when somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    pub requests_in_flight: usize,
    pub connections_open: usize,
    pub store_ready: bool,
    /// Of each certificate: its role, the beginning of its SHA-256, and seconds until it ends.
    pub certificates: Vec<(&'static str, String, i64)>,
}

impl Metrics {
    /// Counters at zero, beside those of an open store.
    pub fn new(store: &StoreMetrics) -> Self {
        let mut registry = Registry::with_prefix("psop");
        let edge = Edge::default();
        edge.register(&mut registry);
        store.register(&mut registry);
        let requests = Family::default();
        registry.register(
            "requests",
            "Requests answered, by service, outcome code and the client's member class",
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
        let stage_s =
            Family::new_with_constructor((|| Histogram::new(DURATION_BUCKETS_S)) as fn() -> _);
        registry.register_with_unit(
            "stage_duration",
            "Parts of that time: reading, serving (until durable), writing the reply",
            Unit::Seconds,
            stage_s.clone(),
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
        let tokens_refused = Family::default();
        registry.register(
            "admin_tokens_refused",
            "Tokens shown to the Admin API that let nobody in, by why",
            tokens_refused.clone(),
        );
        let store_ready = Gauge::default();
        registry.register(
            "store_ready",
            "1 while the store can be used, else 0",
            store_ready.clone(),
        );
        let store_bytes = Gauge::default();
        registry.register_with_unit(
            "store_size",
            "What the store takes on its disk, looked up once a minute",
            Unit::Bytes,
            store_bytes.clone(),
        );
        let certificate_s = Family::default();
        registry.register_with_unit(
            "certificate_remaining",
            "Time until a certificate ends, ours and the pinned ones; negative once it has",
            Unit::Seconds,
            certificate_s.clone(),
        );
        registry.register(
            "build",
            "The program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        Metrics {
            registry,
            looking_up: Mutex::default(),
            edge,
            requests,
            duration_s,
            stage_s,
            in_flight,
            connections_open,
            commands,
            tokens_refused,
            store_ready,
            store_bytes,
            certificate_s,
        }
    }

    /// Counts a request. The names must be of a bounded set.
    pub fn answered(
        &self,
        service: &'static str,
        outcome: &'static str,
        client_class: &'static str,
        took: Duration,
    ) {
        let labels = [
            ("service", service),
            ("outcome", outcome),
            ("client_class", client_class),
        ];
        self.requests.get_or_create(&labels).inc();
        self.duration_s
            .get_or_create(&[("service", service)])
            .observe(took.as_secs_f64());
    }

    /// Measures a part of a request.
    pub fn stage(&self, stage: Stage, took: Duration) {
        let name = match stage {
            Stage::Read => "read",
            Stage::Serve => "serve",
            Stage::Reply => "reply",
        };
        self.stage_s
            .get_or_create(&[("stage", name)])
            .observe(took.as_secs_f64());
    }

    /// What the store takes on its disk by now.
    pub fn store_takes(&self, bytes: u64) {
        self.store_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Counts an operator command.
    pub fn command_begun(&self) {
        self.commands.inc();
    }

    /// Counts a token that let nobody in. The reason must be of a bounded set.
    pub fn token_refused(&self, reason: &'static str) {
        self.tokens_refused
            .get_or_create(&[("reason", reason)])
            .inc();
    }

    /// Every metric as text.
    ///
    /// # Errors
    /// A formatter's, which does not happen on a string.
    pub fn text(&self, now: Now) -> Result<String, std::fmt::Error> {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.in_flight.set(count(now.requests_in_flight));
        self.connections_open.set(count(now.connections_open));
        self.store_ready.set(now.store_ready.into());
        // Two that ask at once would take each other's certificates away.
        let _alone = self
            .looking_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Those of before a reload are gone.
        self.certificate_s.clear();
        for (role, sha256, seconds) in now.certificates {
            let labels = [("role", role.to_owned()), ("sha256", sha256)];
            self.certificate_s.get_or_create(&labels).set(seconds);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Now {
        Now {
            requests_in_flight: 5,
            connections_open: 7,
            store_ready: true,
            certificates: vec![("tls", "ab12".to_owned(), 29)],
        }
    }

    #[test]
    fn what_is_counted_stands_in_the_text() {
        let store = StoreMetrics::default();
        let metrics = Metrics::new(&store);
        metrics.answered("getOstovoima", "OK", "COM", Duration::from_millis(3));
        metrics.answered("getOstovoima", "OK", "COM", Duration::from_millis(3));
        metrics.answered("none", "XML_MALFORMED", "none", Duration::ZERO);
        metrics.stage(Stage::Serve, Duration::from_millis(2));
        metrics.command_begun();
        metrics.store_takes(4096);
        metrics.edge.connections.inc();
        metrics.edge.handshake("ok", "pinned", true);
        metrics.edge.shed("connections");
        store.arrives().became_durable();
        let never = store.arrives();
        store.batch(3);
        store.synced(std::time::Instant::now());
        let text = metrics.text(now()).unwrap();
        for line in [
            "psop_requests_total{service=\"getOstovoima\",outcome=\"OK\",client_class=\"COM\"} 2",
            "psop_requests_total{service=\"none\",outcome=\"XML_MALFORMED\",client_class=\"none\"} 1",
            "psop_request_duration_seconds_count{service=\"getOstovoima\"} 2",
            "psop_request_duration_seconds_bucket{le=\"0.0025\",service=\"getOstovoima\"} 0",
            "psop_request_duration_seconds_bucket{le=\"0.005\",service=\"getOstovoima\"} 2",
            "psop_stage_duration_seconds_count{stage=\"serve\"} 1",
            "psop_requests_in_flight 5",
            "psop_connections_open 7",
            "psop_connections_total 1",
            "psop_tls_handshakes_total{result=\"ok\",caller=\"pinned\",resumed=\"true\"} 1",
            "psop_sheds_total{reason=\"connections\"} 1",
            "psop_operator_commands_total 1",
            "psop_store_commits_total 1",
            "psop_store_commits_waiting 1",
            "psop_store_commit_duration_seconds_count 1",
            "psop_store_sync_duration_seconds_count 1",
            "psop_store_batch_changes_bucket{le=\"2.0\"} 0",
            "psop_store_batch_changes_bucket{le=\"4.0\"} 1",
            "psop_store_ready 1",
            "psop_store_size_bytes 4096",
            "psop_certificate_remaining_seconds{role=\"tls\",sha256=\"ab12\"} 29",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert!(text.ends_with("# EOF\n"));
        drop(never);
        let later = Now {
            certificates: Vec::new(),
            ..now()
        };
        let text = metrics.text(later).unwrap();
        assert!(text.contains("psop_store_commits_waiting 0"), "{text}");
        assert!(!text.contains("ab12"), "a certificate that is gone: {text}");
    }

    #[test]
    fn a_class_that_is_not_known_is_not_told() {
        assert_eq!(client_class("MUN"), "MUN");
        assert_eq!(client_class("190190-999X"), "other");
    }
}
