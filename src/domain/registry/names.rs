//! Names of rows. What a rule says of a row, it says under the same name as a comparison.

use super::diff::{Entity, RowName};
use super::{
    ClientGrant, CodeItem, CodeSet, DentalPriceItem, OrganiserCode, ProviderApproval, ServiceType,
};

fn name(entity: Entity, key: String) -> RowName {
    RowName { entity, key }
}

pub(super) fn organiser(code: OrganiserCode) -> RowName {
    name(Entity::Organiser, code.to_string())
}

pub(super) fn provider(business_id: &str) -> RowName {
    name(Entity::Provider, business_id.to_owned())
}

pub(super) fn service_type(row: &ServiceType) -> RowName {
    let key = format!(
        "{}/{} from {}",
        row.organiser, row.service_code, row.valid_from
    );
    name(Entity::ServiceType, key)
}

pub(super) fn approval(row: &ProviderApproval) -> RowName {
    let ProviderApproval {
        organiser,
        service_code,
        provider,
        valid_from,
        ..
    } = row;
    let key = format!("{organiser}/{service_code}/{provider} from {valid_from}");
    name(Entity::Approval, key)
}

pub(super) fn price_item(row: &DentalPriceItem) -> RowName {
    let key = format!(
        "{}/{} from {}",
        row.organiser, row.procedure_code, row.valid_from
    );
    name(Entity::PriceItem, key)
}

pub(super) fn code_set(set: &CodeSet) -> RowName {
    name(
        Entity::CodeSet,
        format!("{} version {}", set.oid, set.version),
    )
}

pub(super) fn code(set: &CodeSet, row: &CodeItem) -> RowName {
    let key = format!(
        "{}/{}/{} from {}",
        set.oid, set.version, row.code, row.valid_from
    );
    name(Entity::Code, key)
}

/// Whom a client acts for belongs to the name: its rows of one day are told apart by it.
pub(super) fn client_grant(row: &ClientGrant) -> RowName {
    let organisers = row.organisers.iter().map(ToString::to_string);
    let providers = row.providers.iter().map(ToString::to_string);
    let mut parties: Vec<String> = organisers.chain(providers).collect();
    parties.sort();
    let key = format!(
        "{} from {} for {}",
        row.client,
        row.valid_from,
        parties.join(" ")
    );
    name(Entity::ClientGrant, key)
}

pub(super) fn listed(entity: Entity, code: &str) -> RowName {
    name(entity, code.to_owned())
}
