//! `[traces]`: where spans of requests go.

use serde::{Deserialize, Serialize};

use super::check_url;

/// Everything a part of which can be sampled.
const SAMPLED_PER_MILLE_MAX: u16 = 1_000;

/// A collector of traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Where it takes OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`.
    pub otlp_url: String,
    /// So many of a thousand requests are traced.
    #[serde(default = "sampled_per_mille")]
    pub sampled_per_mille: u16,
}

fn sampled_per_mille() -> u16 {
    10
}

impl Traces {
    /// Every key, for the list of keys.
    pub fn sample() -> Traces {
        Traces {
            otlp_url: "http://127.0.0.1:4318/v1/traces".to_owned(),
            sampled_per_mille: sampled_per_mille(),
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Err(reason) = check_url(&self.otlp_url) {
            problems.push(format!(
                "traces.otlp_url: {reason}: write the collector's address, such as \
                 \"http://127.0.0.1:4318/v1/traces\""
            ));
        }
        if !self.otlp_url.starts_with("http://") {
            problems.push(
                "traces.otlp_url: spans go out over plain HTTP only: have a collector on this machine, which sends \
                 them on over TLS"
                    .to_owned(),
            );
        }
        if self.sampled_per_mille > SAMPLED_PER_MILLE_MAX {
            problems.push(format!(
                "traces.sampled_per_mille: must be from 0 to {SAMPLED_PER_MILLE_MAX}"
            ));
        }
        problems
    }
}
