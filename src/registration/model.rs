//! What the file and the security server both speak of: subjects of rights, names and settings of services.

use std::fmt;

use crate::domain::client::ClientId;

/// Who may have a right to call a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A subsystem of some member.
    Subsystem(ClientId),
    /// A group that the X-Road instance keeps.
    GlobalGroup { instance: String, code: String },
    /// A group that the subsystem keeps at this security server, by its code.
    LocalGroup { code: String },
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Subsystem(client) => write!(formatter, "subsystem {client}"),
            Subject::GlobalGroup { instance, code } => {
                write!(formatter, "global group {instance}/{code}")
            }
            Subject::LocalGroup { code } => write!(formatter, "local group {code}"),
        }
    }
}

/// A client in the API's writing, its parts between colons.
pub fn api_id(client: &ClientId) -> String {
    client.to_string().replace('/', ":")
}

/// A client from the API's writing; `None` when it is none.
pub fn client_of(id: &str) -> Option<ClientId> {
    // No part has a slash: the security server takes none.
    ClientId::parse(&id.replace(':', "/"))
}

/// A service by its code and version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceName {
    pub code: String,
    pub version: Option<String>,
}

impl fmt::Display for ServiceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.code)?;
        match &self.version {
            Some(version) => write!(formatter, ".{version}"),
            None => Ok(()),
        }
    }
}

/// How the security server calls a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the requests go.
    pub url: String,
    /// Longest silence of the adapter, in seconds; 0 is for ever.
    pub timeout_s: u32,
    /// Whether the adapter's certificate must be one of the subsystem's (the API's `ssl_auth`).
    pub verify_tls: bool,
}

/// How information systems of the subsystem connect to the security server when they call others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionType {
    Http,
    Https,
    HttpsNoAuth,
}

impl ConnectionType {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            ConnectionType::Http => "HTTP",
            ConnectionType::Https => "HTTPS",
            ConnectionType::HttpsNoAuth => "HTTPS_NO_AUTH",
        }
    }

    /// Reads what [`ConnectionType::name`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<ConnectionType> {
        use ConnectionType::{Http, Https, HttpsNoAuth};
        [Http, Https, HttpsNoAuth]
            .into_iter()
            .find(|kind| kind.name() == text)
    }
}
