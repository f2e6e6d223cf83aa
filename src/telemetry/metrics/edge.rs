//! What is counted where callers come in: connections, TLS handshakes, and requests that are turned away.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

type ByReason = [(&'static str, &'static str); 1];
type ByHandshake = [(&'static str, &'static str); 3];

/// What there can be too much of.
const SHEDS: [&str; 6] = [
    "connections",
    "bodies",
    "requests_in_flight",
    "client_requests",
    "store_busy",
    "request_timeout",
];

/// Counters of the public listener.
#[derive(Default)]
pub struct Edge {
    /// Connections taken from the listener, those that are refused included.
    pub connections: Counter,
    handshakes: Family<ByHandshake, Counter>,
    sheds: Family<ByReason, Counter>,
}

impl Edge {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "connections",
            "Connections of callers, those refused included",
            self.connections.clone(),
        );
        registry.register(
            "tls_handshakes",
            "TLS handshakes of callers, by result, by what the caller showed, and by whether a session was resumed",
            self.handshakes.clone(),
        );
        registry.register(
            "sheds",
            "Requests and connections turned away because there was too much, by what there was too much of",
            self.sheds.clone(),
        );
        // A counter that begins at one never rises for those who watch.
        for reason in SHEDS {
            let _ = self.sheds.get_or_create(&[("reason", reason)]);
        }
        let stranger = [
            ("result", "not_pinned"),
            ("caller", "unpinned"),
            ("resumed", "false"),
        ];
        let _ = self.handshakes.get_or_create(&stranger);
    }

    /// Counts a handshake: `ok`, `failed`, `timeout` or `not_pinned`; `anonymous`, `pinned` or `unpinned`.
    pub fn handshake(&self, result: &'static str, caller: &'static str, is_resumed: bool) {
        let resumed = if is_resumed { "true" } else { "false" };
        let labels = [("result", result), ("caller", caller), ("resumed", resumed)];
        self.handshakes.get_or_create(&labels).inc();
    }

    /// Counts what was turned away, by one of `SHEDS`.
    pub fn shed(&self, reason: &'static str) {
        self.sheds.get_or_create(&[("reason", reason)]).inc();
    }
}
