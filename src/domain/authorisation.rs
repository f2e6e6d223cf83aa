//! Who may do what: one decision over client, service, organiser, provider and represented party.
//! The member class never decides anything.

use jiff::civil::Date;

use super::business_id::BusinessId;
use super::client::ClientId;
use super::person_id::user_id_is_person_id;
use super::registry::ClientGrant;
use super::registry::OrganiserCode;

/// On whose data a request means to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// An organiser named in the body, and its business id where it is known here.
    Organiser {
        code: OrganiserCode,
        business_id: Option<&'a BusinessId>,
    },
    /// A provider's business id named in the body, as sent.
    Provider(&'a str),
}

/// What authorisation looks at.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub client: &'a ClientId,
    pub service: &'a str,
    pub user_id: Option<&'a str>,
    /// The represented party's code, as sent.
    pub represented_party: Option<&'a str>,
    pub target: Target<'a>,
}

/// For whom the caller acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActingFor {
    Organiser(OrganiserCode),
    Provider(BusinessId),
}

/// Why a caller may not, in the order the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "the X-Road client has no grant here that is valid today; ask the operator to register it"
    )]
    ClientUnknown,
    #[error("the X-Road client is not granted this service; ask the operator to add it")]
    ServiceNotGranted,
    #[error("the header xroad:userId is missing or blank; send who pressed the button")]
    UserIdMissing,
    #[error(
        "the header xroad:userId looks like a personal identity code; send a user name instead"
    )]
    UserIdIsPersonId,
    #[error("the X-Road client may not act for the party in the header representedParty")]
    RepresentationNotAllowed,
    #[error("the X-Road client is not granted the organiser named in the body")]
    OrganiserMismatch,
    #[error("providerBusinessId is not the provider that the X-Road client acts for")]
    ProviderMismatch,
}

impl Refused {
    /// The code answered, one of the contract's faults.
    pub fn code(self) -> &'static str {
        match self {
            Refused::ClientUnknown => "AUTH_CLIENT_UNKNOWN",
            Refused::ServiceNotGranted => "AUTH_SERVICE_NOT_GRANTED",
            Refused::UserIdMissing => "AUTH_USERID_MISSING",
            Refused::UserIdIsPersonId => "AUTH_USERID_IS_HETU",
            Refused::RepresentationNotAllowed => "AUTH_REPRESENTATION_NOT_ALLOWED",
            Refused::OrganiserMismatch => "AUTH_ORGANISER_MISMATCH",
            Refused::ProviderMismatch => "AUTH_PROVIDER_MISMATCH",
        }
    }
}

/// Decides for whom the caller acts. `grants` are all grants of the client's member and subsystem;
/// those of another client are passed over.
pub fn authorise(
    request: &Request<'_>,
    grants: &[ClientGrant],
    today: Date,
) -> Result<ActingFor, Refused> {
    let valid = effective_grants(request.client, grants, today);
    if valid.is_empty() {
        return Err(Refused::ClientUnknown);
    }
    let for_service: Vec<&ClientGrant> = valid
        .into_iter()
        .filter(|grant| grant.services.iter().any(|code| code == request.service))
        .collect();
    if for_service.is_empty() {
        return Err(Refused::ServiceNotGranted);
    }
    let user_id = request.user_id.unwrap_or_default();
    if user_id.trim().is_empty() {
        return Err(Refused::UserIdMissing);
    }
    if user_id_is_person_id(user_id) {
        return Err(Refused::UserIdIsPersonId);
    }
    match &request.target {
        Target::Organiser { code, business_id } => {
            organiser(request.represented_party, *code, *business_id, &for_service)
        }
        Target::Provider(named) => provider(request, named, &for_service),
    }
}

/// The client's grants that count today: its subsystem's own if there are any, else the member's.
fn effective_grants<'g>(
    client: &ClientId,
    grants: &'g [ClientGrant],
    today: Date,
) -> Vec<&'g ClientGrant> {
    let of = |wanted: &ClientId| -> Vec<&'g ClientGrant> {
        grants
            .iter()
            .filter(|grant| grant.client == *wanted && grant.is_valid_on(today))
            .collect()
    };
    let own = of(client);
    if own.is_empty() && client.subsystem_code.is_some() {
        of(&client.member())
    } else {
        own
    }
}

fn organiser(
    represented: Option<&str>,
    code: OrganiserCode,
    business_id: Option<&BusinessId>,
    grants: &[&ClientGrant],
) -> Result<ActingFor, Refused> {
    if represented.is_some() && represented != business_id.map(BusinessId::as_str) {
        return Err(Refused::RepresentationNotAllowed);
    }
    if grants.iter().any(|grant| grant.organisers.contains(&code)) {
        Ok(ActingFor::Organiser(code))
    } else {
        Err(Refused::OrganiserMismatch)
    }
}

fn provider(
    request: &Request<'_>,
    named: &str,
    grants: &[&ClientGrant],
) -> Result<ActingFor, Refused> {
    let granted = |code: &str| {
        grants
            .iter()
            .flat_map(|grant| &grant.providers)
            .find(|provider| provider.as_str() == code)
    };
    let acting = match request.represented_party {
        Some(party) => granted(party).ok_or(Refused::RepresentationNotAllowed)?,
        None => granted(&request.client.member_code).ok_or(Refused::ProviderMismatch)?,
    };
    if acting.as_str() == named {
        Ok(ActingFor::Provider(acting.clone()))
    } else {
        Err(Refused::ProviderMismatch)
    }
}
