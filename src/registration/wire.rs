//! Answers of the management API, as far as they are read here. Other keys are passed over: later versions may have more.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model::ConnectionType;

#[derive(Debug, Deserialize)]
pub struct SecurityServer {
    pub id: String,
    pub instance_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Version {
    pub info: String,
}

#[derive(Debug, Deserialize)]
pub struct Client {
    pub id: Option<String>,
    pub subsystem_name: Option<String>,
    pub connection_type: Option<ConnectionType>,
    pub status: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Certificate {
    /// SHA-256 in hexadecimal characters, of either case.
    pub hash: String,
    pub not_after: String,
    pub subject_distinguished_name: String,
}

#[derive(Debug, Deserialize)]
pub struct Description {
    pub id: String,
    pub url: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub disabled: bool,
    pub disabled_notice: Option<String>,
    #[serde(default)]
    pub services: Vec<Service>,
}

#[derive(Debug, Deserialize)]
pub struct Service {
    pub id: String,
    pub service_code: String,
    pub full_service_code: Option<String>,
    pub url: String,
    pub timeout: u32,
    /// Absent is yes where there is TLS.
    pub ssl_auth: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct ServiceClient {
    pub id: String,
    pub local_group_code: Option<String>,
    pub service_client_type: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct LocalGroup {
    pub id: Option<String>,
    pub code: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct ErrorInfo {
    #[serde(default)]
    pub error: Option<Deviation>,
    #[serde(default)]
    pub warnings: Option<Vec<Deviation>>,
}

/// An error or a warning.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Deviation {
    pub code: String,
    #[serde(default)]
    pub metadata: Option<Vec<String>>,
    #[serde(default)]
    pub validation_errors: Option<BTreeMap<String, Vec<String>>>,
}
