//! One step of a plan, and how it reads.

use crate::registration::model::{ConnectionType, ServiceName, Settings, Subject};

/// A subject and codes of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub subject: Subject,
    pub services: Vec<String>,
}

/// One thing to do. What has no id yet comes with a step before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Disable {
        description: String,
        notice: String,
    },
    CreateSubsystem,
    Register,
    AwaitRegistration,
    SetConnectionType {
        from: Option<ConnectionType>,
        to: ConnectionType,
    },
    /// `index` is the certificate's place in the file.
    UploadCertificate {
        index: usize,
        path: String,
        sha256: String,
    },
    AddDescription {
        url: String,
        services: Vec<ServiceName>,
    },
    ChangeUrl {
        description: String,
        from: String,
        to: String,
        added: Vec<ServiceName>,
        removed: Vec<ServiceName>,
    },
    Refresh {
        description: String,
        added: Vec<ServiceName>,
        removed: Vec<ServiceName>,
    },
    SetService {
        id: Option<String>,
        name: ServiceName,
        from: Option<Settings>,
        to: Settings,
    },
    Give(Group),
    Take(Group),
    RemoveCertificate {
        sha256: String,
        subject: String,
    },
    Enable {
        description: Option<String>,
    },
}

/// What a step does to what is there: `+`, `~`, `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Added,
    Changed,
    Removed,
}

impl Step {
    /// A name for programs.
    pub fn action(&self) -> &'static str {
        match self {
            Step::Disable { .. } => "disable",
            Step::CreateSubsystem => "create_subsystem",
            Step::Register => "register",
            Step::AwaitRegistration => "await_registration",
            Step::SetConnectionType { .. } => "set_connection_type",
            Step::UploadCertificate { .. } => "upload_certificate",
            Step::AddDescription { .. } => "add_wsdl",
            Step::ChangeUrl { .. } => "change_wsdl_url",
            Step::Refresh { .. } => "refresh_wsdl",
            Step::SetService { .. } => "set_service",
            Step::Give(_) => "give_rights",
            Step::Take(_) => "take_rights",
            Step::RemoveCertificate { .. } => "remove_certificate",
            Step::Enable { .. } => "enable",
        }
    }

    /// How it shows in a plan.
    pub fn sign(&self) -> Sign {
        match self {
            Step::CreateSubsystem
            | Step::UploadCertificate { .. }
            | Step::AddDescription { .. }
            | Step::Give(_) => Sign::Added,
            Step::Take(_) | Step::RemoveCertificate { .. } => Sign::Removed,
            _ => Sign::Changed,
        }
    }

    /// What is done, in a line.
    pub fn title(&self) -> String {
        match self {
            Step::Disable { notice, .. } => {
                format!("switch the services OFF, with the notice \"{notice}\"")
            }
            Step::CreateSubsystem => "make the subsystem".to_owned(),
            Step::Register => "ask for its registration, and wait for it".to_owned(),
            Step::AwaitRegistration => "wait for its registration".to_owned(),
            Step::SetConnectionType { from, to } => format!(
                "connection type {} -> {}",
                from.map_or("none", ConnectionType::name),
                to.name()
            ),
            Step::UploadCertificate { path, sha256, .. } => {
                format!("upload the TLS certificate {path} (SHA-256 {sha256})")
            }
            Step::AddDescription { url, .. } => format!("add the WSDL {url}"),
            Step::ChangeUrl { from, to, .. } => format!("address of the WSDL {from} -> {to}"),
            Step::Refresh { .. } => "have the WSDL read again".to_owned(),
            Step::SetService { name, .. } => format!("settings of the service {name}"),
            Step::Give(group) => {
                format!(
                    "give {} the right to {}",
                    group.subject,
                    group.services.join(", ")
                )
            }
            Step::Take(group) => {
                format!(
                    "take from {} the right to {}",
                    group.subject,
                    group.services.join(", ")
                )
            }
            Step::RemoveCertificate { sha256, subject } => {
                format!("remove the TLS certificate {sha256} of {subject}")
            }
            Step::Enable { .. } => "switch the services on".to_owned(),
        }
    }

    /// What belongs below the title.
    pub fn details(&self) -> Vec<String> {
        match self {
            Step::AddDescription { services, .. } => each("has the service", services),
            Step::ChangeUrl { added, removed, .. } | Step::Refresh { added, removed, .. } => {
                let mut details = each("adds the service", added);
                details.extend(removed.iter().map(|service| {
                    format!("DELETES the service {service}, with every right to it")
                }));
                details
            }
            Step::SetService { from, to, .. } => differences(from.as_ref(), to),
            _ => Vec::new(),
        }
    }
}

fn each(what: &str, services: &[ServiceName]) -> Vec<String> {
    let services = services.iter();
    services
        .map(|service| format!("{what} {service}"))
        .collect()
}

/// A line for each value that is another one.
fn differences(from: Option<&Settings>, to: &Settings) -> Vec<String> {
    let values = |it: &Settings| {
        [
            ("url", it.url.clone()),
            ("timeout_s", it.timeout_s.to_string()),
            ("verify_tls", it.verify_tls.to_string()),
        ]
    };
    let Some(from) = from else {
        let values = values(to).into_iter();
        return values
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
    };
    values(from)
        .into_iter()
        .zip(values(to))
        .filter(|(is, should)| is != should)
        .map(|((name, is), (_, should))| format!("{name} {is} -> {should}"))
        .collect()
}
