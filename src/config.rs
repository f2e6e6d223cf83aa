//! The configuration: one TOML file as types, every limit with its default and its unit.
//!
//! Invariant: a [`Config`] that [`Config::load`] returned has passed [`Config::problems`], so no other module
//! checks a setting again. Reading the layers (file, environment, flags) stands in `config/load.rs`, the limits in
//! `config/limits.rs`. Nothing here opens a socket, a store or a key: a path is only a path, and a relative one is
//! relative to the working directory.

mod files;
mod keys;
mod limits;
mod load;
mod mandate;
mod origins;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod tls;
mod traces;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::domain::retention::Retention;
pub use limits::Limits;
pub use load::{ConfigError, Loaded, Overrides};
pub use mandate::Mandate;
pub use origins::{Origins, Place};
pub use store::{DatabaseUrl, Store, StoreKind};
pub use template::template;
pub use tls::{ClientMode, Server, Tls};
pub use traces::Traces;

use tls::problem_of_trust;

/// Everything an operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What this installation is for; there is no default, so that nobody runs production settings by accident.
    pub environment: Environment,
    /// A fixed instant that stands for "now" (RFC 3339). Refused in PROD.
    pub clock: Option<Timestamp>,
    /// The listener that security servers call.
    #[serde(default)]
    pub server: Server,
    /// The listener for health checks and operators.
    #[serde(default)]
    pub admin: Admin,
    /// Where the data lives.
    pub store: Store,
    /// Where the keys live.
    pub secrets: Secrets,
    /// Certificate and key of the public listener; without it the listener speaks plain HTTP.
    pub tls: Option<Tls>,
    /// The service that says who may act for whom; without it nobody may act for another.
    pub mandate: Option<Mandate>,
    /// Every limit.
    #[serde(default)]
    pub limits: Limits,
    /// How long what is kept is kept.
    #[serde(default)]
    pub retention: Retention,
    /// What is logged, and how.
    #[serde(default)]
    pub log: Log,
    /// Where spans of requests go; without it nowhere.
    pub traces: Option<Traces>,
}

/// What an installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Environment {
    /// A developer's machine.
    Dev,
    /// A test installation with no real persons.
    Test,
    /// Production.
    Prod,
}

/// The admin listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port to listen on; port 0 picks a free one. Beyond loopback it needs certificate and key.
    pub listen: SocketAddr,
    /// Names, without ports, that requests may call it by, beside `localhost`, the loopback addresses and `listen`.
    pub hosts: Vec<String>,
    /// PEM file of its certificate; with it the listener speaks TLS only.
    pub certificate: Option<PathBuf>,
    /// PEM file of the certificate's private key, without a passphrase.
    pub key: Option<PathBuf>,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
            hosts: Vec::new(),
            certificate: None,
            key: None,
        }
    }
}

impl Admin {
    /// Certificate and key, where it speaks TLS.
    pub fn tls(&self) -> Option<(&Path, &Path)> {
        self.certificate.as_deref().zip(self.key.as_deref())
    }

    /// Whether others than this machine's could call `address` without TLS. Sockets that the system hands over may
    /// have another address than the configuration's.
    pub fn problem_of_plain(&self, address: SocketAddr) -> Option<String> {
        (self.certificate.is_none() && !address.ip().is_loopback()).then(|| {
            format!(
                "admin.listen: {address} is beyond loopback, where the admin listener speaks TLS only: give \
                 admin.certificate and admin.key, or listen on 127.0.0.1"
            )
        })
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.certificate.is_some() != self.key.is_some() {
            let missing = if self.key.is_some() {
                "certificate"
            } else {
                "key"
            };
            problems.push(format!(
                "admin.{missing}: is missing: certificate and key are given together or not at all"
            ));
        } else {
            problems.extend(self.problem_of_plain(self.listen));
        }
        for host in self.hosts.iter().filter(|host| !is_host(host)) {
            problems.push(format!(
                "admin.hosts: `{host}` is no host name or address without a port, such as \
                 \"psop-admin.example.fi\", \"192.0.2.1\" or \"[2001:db8::1]\""
            ));
        }
        problems
    }
}

fn is_host(text: &str) -> bool {
    text.parse::<hyper::http::uri::Authority>()
        .is_ok_and(|authority| authority.host() == text && !text.is_empty())
}

/// The keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The file with the master key: 32 bytes as 64 hexadecimal characters.
    pub key_file: PathBuf,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// JSON lines for machines or plain lines for people.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`, or directives such as `info,psop_adapter::http=debug`.
    pub level: String,
    /// How often the access log's head is logged, in seconds: at least once an hour.
    pub access_head_every_s: u64,
}

/// The access log's head is logged at least this often.
const ACCESS_HEAD_EVERY_S_MAX: u64 = 3600;

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Json,
            level: "info".to_owned(),
            access_head_every_s: ACCESS_HEAD_EVERY_S_MAX,
        }
    }
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Plain text.
    Human,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// The keys, such as `log.level`, that another configuration has other values for.
    ///
    /// # Errors
    /// When a configuration's own types do not serialise: a defect of this program.
    pub fn differing_keys(&self, other: &Config) -> Result<Vec<String>, toml::ser::Error> {
        let keys = keys::differing(
            &toml::Table::try_from(self)?,
            &toml::Table::try_from(other)?,
        );
        Ok(keys.into_iter().map(|key| key.join(".")).collect())
    }

    /// Every rule that the types alone do not hold, as one line for each breach: `key: what to do`.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.limits.problems();
        if self.environment == Environment::Prod && self.clock.is_some() {
            problems.push(
                "clock: a fixed clock is refused in PROD: remove it, or set environment to DEV or TEST".to_owned(),
            );
        }
        problems.extend(self.server.problems());
        problems.extend(self.tls.as_ref().and_then(Tls::problem));
        problems.extend(problem_of_trust(
            self.environment,
            &self.server,
            self.tls.as_ref(),
        ));
        if self.server.listen == self.admin.listen && self.server.listen.port() != 0 {
            problems.push(format!(
                "admin.listen: {} is the public listener's address too: choose another port",
                self.admin.listen
            ));
        }
        problems.extend(self.admin.problems());
        problems.extend(self.store.problems(self.environment));
        if !(1..=ACCESS_HEAD_EVERY_S_MAX).contains(&self.log.access_head_every_s) {
            problems.push(format!(
                "log.access_head_every_s: must be from 1 to {ACCESS_HEAD_EVERY_S_MAX}"
            ));
        }
        problems.extend(self.empty_paths());
        problems.extend(self.retention.problems());
        problems.extend(self.traces.iter().flat_map(Traces::problems));
        if let Some(mandate) = &self.mandate {
            problems.extend(mandate.problems(self.environment, self.limits.request_timeout_ms));
        }
        problems
    }
}

/// An http or https URL of a host, without a user.
fn check_url(url: &str) -> Result<(), String> {
    let uri: hyper::Uri = url
        .parse()
        .map_err(|error| format!("`{url}` is not a URL ({error})"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("`{url}` is not an http or https URL"));
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(format!("`{url}` names no host"));
    }
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err("a user name or a password in it is refused".to_owned());
    }
    Ok(())
}
