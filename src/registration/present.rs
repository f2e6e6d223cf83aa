//! What a security server has of our subsystem, read from its API. Nothing of it is kept between two commands.

use std::collections::{BTreeMap, BTreeSet};

use super::client::{ApiError, Client, segment};
use super::model::{ConnectionType, ServiceName, Settings, Subject, api_id, client_of};
use super::wire;
use crate::domain::client::ClientId;

/// A status in which a subsystem can exchange messages.
pub const REGISTERED: &str = "REGISTERED";

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// The security server's identifier, in the API's writing.
    pub server: String,
    pub instance: String,
    pub subsystem: Option<Subsystem>,
}

/// Our subsystem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subsystem {
    pub name: Option<String>,
    pub status: String,
    pub connection_type: Option<ConnectionType>,
    pub certificates: Vec<Uploaded>,
    /// Of kind WSDL.
    pub descriptions: Vec<Description>,
    /// Numbers of local groups by their codes.
    pub local_groups: BTreeMap<String, String>,
    /// Subjects that the X-Road instance knows; `None` when it was not asked, since nobody new was wanted.
    pub candidates: Option<BTreeSet<Subject>>,
}

/// A TLS certificate of the subsystem's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// In lower-case hexadecimal characters.
    pub sha256: String,
    /// As the API writes it.
    pub not_after: String,
    pub subject: String,
}

/// A WSDL with its services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub id: String,
    pub url: String,
    pub disabled: bool,
    pub disabled_notice: String,
    pub services: Vec<Service>,
}

/// A service and who may call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub id: String,
    pub name: ServiceName,
    pub settings: Settings,
    pub subjects: BTreeSet<Subject>,
    /// Identifiers of those with a right whose kind or writing is not understood.
    pub strangers: Vec<String>,
}

impl Subsystem {
    /// Whether a subject has some right already.
    fn knows(&self, subject: &Subject) -> bool {
        let descriptions = self.descriptions.iter();
        let mut services = descriptions.flat_map(|description| &description.services);
        services.any(|service| service.subjects.contains(subject))
    }
}

/// Reads what there is of a subsystem. `subjects` are those who should have rights.
pub async fn read(
    client: &mut Client,
    subsystem: &ClientId,
    subjects: impl Iterator<Item = &Subject>,
) -> Result<Present, ApiError> {
    let path = "/security-servers?current_server=true";
    let servers: Vec<wire::SecurityServer> = client.get(path).await?;
    let server = servers
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::Malformed {
            path: path.to_owned(),
            reason: "it names no security server".to_owned(),
        })?;
    let of_id = || server.id.split(':').next().unwrap_or_default().to_owned();
    Ok(Present {
        instance: server.instance_id.clone().unwrap_or_else(of_id),
        subsystem: read_subsystem(client, subsystem, subjects).await?,
        server: server.id,
    })
}

/// The security server's software as it tells of itself, and the end of its internal certificate, which it shows to
/// the adapter, as the API writes it.
pub async fn read_server(client: &mut Client) -> Result<(String, String), ApiError> {
    let version: wire::Version = client.get("/system/version").await?;
    let internal: wire::Certificate = client.get("/system/certificate").await?;
    Ok((version.info, internal.not_after))
}

/// The status of a subsystem; `None` when there is no such one.
pub async fn read_status(
    client: &mut Client,
    subsystem: &ClientId,
) -> Result<Option<String>, ApiError> {
    Ok(find(client, subsystem).await?.and_then(|it| it.status))
}

async fn find(client: &mut Client, subsystem: &ClientId) -> Result<Option<wire::Client>, ApiError> {
    let query = [
        ("instance", subsystem.instance.as_str()),
        ("member_class", &subsystem.member_class),
        ("member_code", &subsystem.member_code),
        (
            "subsystem_code",
            subsystem.subsystem_code.as_deref().unwrap_or_default(),
        ),
    ];
    let query: String = query
        .iter()
        .map(|(name, value)| format!("{name}={}&", segment(value)))
        .collect();
    // Those of this security server; of others there may be thousands.
    let path = format!("/clients?{query}show_members=false&internal_search=true");
    let found: Vec<wire::Client> = client.get(&path).await?;
    // The search takes parts of names.
    let id = api_id(subsystem);
    Ok(found.into_iter().find(|it| it.id.as_ref() == Some(&id)))
}

async fn read_subsystem(
    client: &mut Client,
    subsystem: &ClientId,
    subjects: impl Iterator<Item = &Subject>,
) -> Result<Option<Subsystem>, ApiError> {
    let Some(found) = find(client, subsystem).await? else {
        return Ok(None);
    };
    let path = format!("/clients/{}", segment(&api_id(subsystem)));
    let certificates: Vec<wire::Certificate> =
        client.get(&format!("{path}/tls-certificates")).await?;
    let groups: Vec<wire::LocalGroup> = client.get(&format!("{path}/local-groups")).await?;
    let local_groups: BTreeMap<String, String> = groups
        .into_iter()
        .filter_map(|group| Some((group.code, group.id?)))
        .collect();
    let listed: Vec<wire::Description> =
        client.get(&format!("{path}/service-descriptions")).await?;
    let mut descriptions = Vec::new();
    for description in listed.into_iter().filter(|it| it.kind == "WSDL") {
        descriptions.push(read_description(client, description, &local_groups).await?);
    }
    // The API's order is nothing to rely on.
    descriptions.sort_by(|one, other| one.url.cmp(&other.url));
    let mut subsystem = Subsystem {
        name: found.subsystem_name.filter(|name| !name.is_empty()),
        status: found.status.unwrap_or_default(),
        connection_type: found.connection_type,
        certificates: certificates.into_iter().map(uploaded).collect(),
        descriptions,
        local_groups,
        candidates: None,
    };
    let mut subjects = subjects.filter(|subject| !matches!(subject, Subject::LocalGroup { .. }));
    if subjects.any(|subject| !subsystem.knows(subject)) {
        let path = format!("{path}/service-client-candidates");
        let candidates: Vec<wire::ServiceClient> = client.get(&path).await?;
        let groups = &subsystem.local_groups;
        let candidates = candidates.iter().filter_map(|it| subject(it, groups));
        subsystem.candidates = Some(candidates.collect());
    }
    Ok(Some(subsystem))
}

fn uploaded(certificate: wire::Certificate) -> Uploaded {
    Uploaded {
        sha256: certificate.hash.to_lowercase(),
        not_after: certificate.not_after,
        subject: certificate.subject_distinguished_name,
    }
}

async fn read_description(
    client: &mut Client,
    description: wire::Description,
    local_groups: &BTreeMap<String, String>,
) -> Result<Description, ApiError> {
    let mut services = Vec::new();
    for service in description.services {
        let path = format!("/services/{}/service-clients", segment(&service.id));
        let clients: Vec<wire::ServiceClient> = client.get(&path).await?;
        let (mut subjects, mut strangers) = (BTreeSet::new(), Vec::new());
        for one in &clients {
            match subject(one, local_groups) {
                Some(subject) => drop(subjects.insert(subject)),
                None => strangers.push(one.id.clone()),
            }
        }
        services.push(Service {
            subjects,
            strangers,
            name: name(&service),
            settings: Settings {
                verify_tls: service
                    .ssl_auth
                    .unwrap_or_else(|| service.url.starts_with("https://")),
                url: service.url,
                timeout_s: service.timeout,
            },
            id: service.id,
        });
    }
    services.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Description {
        id: description.id,
        url: description.url,
        disabled: description.disabled,
        disabled_notice: description.disabled_notice.unwrap_or_default(),
        services,
    })
}

/// Code and version; a dot may stand in either, so the code decides where the version begins.
fn name(service: &wire::Service) -> ServiceName {
    let full = service.full_service_code.as_deref().unwrap_or_default();
    let version = full.strip_prefix(&service.service_code);
    ServiceName {
        code: service.service_code.clone(),
        version: version
            .and_then(|rest| rest.strip_prefix('.'))
            .map(str::to_owned),
    }
}

/// A subject from the API's writing; `None` for one of a kind that is not known.
fn subject(
    client: &wire::ServiceClient,
    local_groups: &BTreeMap<String, String>,
) -> Option<Subject> {
    match client.service_client_type.as_deref()? {
        "SUBSYSTEM" => client_of(&client.id).map(Subject::Subsystem),
        "GLOBALGROUP" => {
            let (instance, code) = client.id.split_once(':')?;
            Some(Subject::GlobalGroup {
                instance: instance.to_owned(),
                code: code.to_owned(),
            })
        }
        "LOCALGROUP" => {
            let by_number = local_groups.iter().find(|(_, id)| **id == client.id);
            let code = client.local_group_code.as_ref();
            let code = code.or(by_number.map(|(code, _)| code))?.clone();
            Some(Subject::LocalGroup { code })
        }
        _ => None,
    }
}
