//! `[tls]` and `[server]`: how callers reach the public listener, and how it knows that they are security servers.
//!
//! It reads no file: certificates and keys are read where TLS begins.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Environment, check_url};

/// The public listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The service's address as security servers see it: the WSDL's `soap:address`. An http or https URL.
    pub public_url: String,
    /// A proxy on this machine authenticates the security servers before it calls us. Only then does PROD do without
    /// client certificates; `listen` must be loopback.
    pub proxy_authenticates: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: "http://127.0.0.1:8080/xroad".to_owned(),
            proxy_authenticates: false,
        }
    }
}

impl Server {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Err(reason) = check_url(&self.public_url) {
            problems.push(format!(
                "server.public_url: {reason}: write the address that security servers call, such as \
                 \"https://psop.example.fi/xroad\""
            ));
        }
        problems.extend(self.problem_of_proxy(self.listen));
        problems
    }

    /// Whether a proxy on this machine is the only one that can call `address`. Sockets that the system hands over
    /// may have another address than the configuration's.
    pub fn problem_of_proxy(&self, address: SocketAddr) -> Option<String> {
        (self.proxy_authenticates && !address.ip().is_loopback()).then(|| {
            format!(
                "server.proxy_authenticates: {address} is beyond loopback, where others than the proxy can call: \
                 listen on 127.0.0.1, or leave the key out and pin client certificates (tls.client_pins)"
            )
        })
    }
}

/// TLS of the public listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file: the RSA server certificate first, then its chain if it has one.
    pub certificate: PathBuf,
    /// PEM file: the certificate's private key, without a passphrase.
    pub key: PathBuf,
    /// What callers have to show.
    #[serde(default)]
    pub client_mode: ClientMode,
    /// PEM files with the security servers' own TLS certificates, one or more in each.
    #[serde(default)]
    pub client_pins: Vec<PathBuf>,
}

/// What a caller has to show of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientMode {
    /// No certificate is asked for.
    #[default]
    Off,
    /// A certificate is asked for, and whatever comes is let in: to see who calls before `Require`.
    Request,
    /// Only pinned certificates are let in.
    Require,
}

impl Tls {
    pub(super) fn problem(&self) -> Option<String> {
        match (self.client_mode, self.client_pins.is_empty()) {
            (ClientMode::Require, true) => Some(
                "tls.client_pins: is empty, so that nobody could call: write the files of the security servers' \
                 TLS certificates"
                    .to_owned(),
            ),
            (ClientMode::Off, false) => Some(
                "tls.client_mode: is off, so that tls.client_pins are not looked at: write \"require\", or remove the pins"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// In production the caller's X-Road client identifier is believed, so the caller must be known to be a security server.
pub(super) fn problem_of_trust(
    environment: Environment,
    server: &Server,
    tls: Option<&Tls>,
) -> Option<String> {
    let is_required = tls.is_some_and(|tls| tls.client_mode == ClientMode::Require);
    (environment == Environment::Prod && !is_required && !server.proxy_authenticates).then(|| {
        "tls.client_mode: PROD needs \"require\" with the security servers' certificates in tls.client_pins, since \
         whoever can call could say to be any X-Road client; or, where a proxy on this machine authenticates them, \
         server.proxy_authenticates = true"
            .to_owned()
    })
}
