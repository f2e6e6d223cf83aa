//! The facts that decisions rest on, each read from one state of the data and by key or by one prefix.
//! Finds and decodes; judges nothing.
//!
//! Invariant: a record that another one names is there, or the store is damaged; never "not found".

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::change::{client_hash, message_key, reference_hash};
use super::events;
use super::history;
use super::keys::{Hash, Key, Table};
use super::record::{self, corrupt};
use super::stored::{
    Bytes, MessageAnswer, StoredAnswer, StoredGrant, StoredMessage, StoredMiss, StoredPerson,
    StoredReference, Versioned,
};
use super::{Order, Span, View};
use crate::domain::business_id::BusinessId;
use crate::domain::client::ClientId;
use crate::domain::customer::Customer;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::purchasing_power::{Content, Kind, PurchasingPower};
use crate::domain::registry::{
    ClientGrant, CodeItem, DentalPriceItem, Organiser, OrganiserCode, ProviderApproval,
};
use crate::domain::service_event::PlacedEvent;
use crate::store::{
    CreationFacts, CreationQuery, EventsWanted, GrantFacts, GrantQuery, KeptAnswer, MessageKey,
    Miss, OrganiserEntry, ProcedureFacts, ReferenceKey, Replays, StoreError, Subject,
};

pub(in crate::store) fn client_grants(
    view: &dyn View,
    client: &ClientId,
) -> Result<Arc<Vec<ClientGrant>>, StoreError> {
    let own = Key::client_grant(client);
    view.of_registry(&own, || {
        let of_member = Key::client_grant(&client.member());
        view.prefetch(&|| vec![own.clone(), of_member.clone()])?;
        let rows = |key| view.get::<Vec<ClientGrant>>(Table::ClientGrant, key);
        let mut grants = rows(&own)?.unwrap_or_default();
        if client.subsystem_code.is_some() {
            grants.extend(rows(&of_member)?.unwrap_or_default());
        }
        Ok(Arc::new(grants))
    })
}

pub(in crate::store) fn organiser(
    view: &dyn View,
    code: OrganiserCode,
) -> Result<OrganiserEntry, StoreError> {
    let listed = match code {
        OrganiserCode::Municipality(code) => Key::municipality(code.as_str()),
        OrganiserCode::County(code) => Key::county(code.as_str()),
    };
    let key = Key::organiser(code);
    view.prefetch(&|| vec![key.clone(), listed.clone()])?;
    if let Some(organiser) = single(view, Table::Organiser, &key)? {
        return Ok(OrganiserEntry::Organiser(organiser));
    }
    Ok(match is_there(view, &listed)? {
        true => OrganiserEntry::Listed,
        false => OrganiserEntry::Unlisted,
    })
}

pub(in crate::store) fn replays(
    view: &dyn View,
    message: &MessageKey,
    reference: &ReferenceKey,
) -> Result<Replays, StoreError> {
    let hash = reference_hash(view.keyring(), reference);
    let message = message_key(view.keyring(), message);
    view.prefetch(&|| vec![message.clone(), Key::answer_by_reference(&hash)])?;
    Ok(Replays {
        by_message: message_answer(view, &message)?,
        by_reference: reference_answer(view, &hash)?,
    })
}

pub(in crate::store) fn creation_facts(
    view: &dyn View,
    query: &CreationQuery<'_>,
) -> Result<CreationFacts, StoreError> {
    let (organiser, service_code) = (query.organiser, query.service_code);
    let service_key = Key::service_type(organiser, service_code);
    let person = query
        .person_id
        .map(|person| view.keyring().person_hash(person));
    view.prefetch(&|| {
        let by_key = [
            Some(Key::registry_standing()),
            Some(service_key.clone()),
            query
                .chosen_provider
                .map(|provider| Key::approval(organiser, service_code, provider)),
            query
                .municipality
                .map(|code| Key::municipality(code.as_str())),
            person
                .as_ref()
                .map(|person| Key::customer(organiser, person)),
        ];
        by_key.into_iter().flatten().collect()
    })?;
    let mut facts = CreationFacts {
        service_types: list(view, Table::ServiceType, &service_key)?,
        approvals: match query.chosen_provider {
            Some(provider) => approvals(view, organiser, service_code, provider)?,
            None => Arc::default(),
        },
        customer: None,
        grants: Vec::new(),
        municipality_is_listed: match query.municipality {
            Some(code) => is_there(view, &Key::municipality(code.as_str()))?,
            None => true,
        },
        procedures: procedures(view, organiser, query.procedure_codes)?,
        registry_version: history::version(view)?,
    };
    if let Some(person) = person {
        facts.customer = customer(view, organiser, &person)?;
        let prefix = Key::grants_of_customer(organiser, &person, service_code);
        facts.grants = grants_under(view, &prefix)?;
    }
    Ok(facts)
}

pub(in crate::store) fn grant_facts(
    view: &dyn View,
    query: &GrantQuery<'_>,
) -> Result<Option<GrantFacts>, StoreError> {
    let asked_event = match (query.event, query.subject) {
        (Some(id), _) | (None, Subject::Event(id)) => events::event(view, id)?,
        (None, Subject::Number(_)) => None,
    };
    let number = match (query.subject, &asked_event) {
        (Subject::Number(number), _) => number,
        (Subject::Event(_), Some(placed)) => placed.event.number,
        (Subject::Event(_), None) => return Ok(None),
    };
    let Some(StoredGrant { person, grant }) = grant(view, number)? else {
        return Ok(None);
    };
    let code = grant.organiser;
    let service_key = Key::service_type(code, &grant.service_code);
    view.prefetch(&|| {
        let mut by_key = vec![
            Key::registry_standing(),
            Key::customer(code, &person),
            Key::organiser(code),
            service_key.clone(),
        ];
        if let Some(provider) = query.provider.map(BusinessId::as_str) {
            by_key.push(Key::provider(provider));
            by_key.push(Key::approval(code, &grant.service_code, provider));
        }
        by_key
    })?;
    let customer = customer(view, code, &person)?
        .ok_or_else(|| corrupt(Table::Customer, "is missing, though a grant names it"))?;
    // Before the registry had a history, it could be replaced by one without the organiser: that can be undone.
    let organiser: Arc<Organiser> = single(view, Table::Organiser, &Key::organiser(code))?
        .ok_or_else(|| {
            StoreError::Unavailable(format!(
                "the registry has no organiser {code} any more, but it has granted purchasing powers: \
                 apply a registry that has it"
            ))
        })?;
    let (provider, approvals) = match query.provider.map(BusinessId::as_str) {
        Some(provider) => (
            single(view, Table::Provider, &Key::provider(provider))?,
            approvals(view, code, &grant.service_code, provider)?,
        ),
        None => (None, Arc::default()),
    };
    let events = match query.events {
        EventsWanted::OfDentalGrant if grant.kind() == Kind::Dental => {
            events::of_grant(view, number)?
        }
        EventsWanted::All => events::of_grant(view, number)?,
        EventsWanted::OfDentalGrant | EventsWanted::None => Vec::new(),
    };
    let procedures = procedures(view, code, &codes_asked(query, &grant, &events))?;
    let customer_grants = if query.customer_grants {
        let prefix = Key::grants_of_customer(code, &person, &grant.service_code);
        grants_under(view, &prefix)?
    } else {
        Vec::new()
    };
    Ok(Some(GrantFacts {
        service_types: list(view, Table::ServiceType, &service_key)?,
        procedures,
        provider,
        approvals,
        registry_version: history::version(view)?,
        event: asked_event,
        events,
        customer_grants,
        grant,
        customer,
        organiser,
    }))
}

/// The procedure codes that a query asks of, those of the grant's lines included where it wants them.
fn codes_asked<'a>(
    query: &GrantQuery<'a>,
    grant: &'a PurchasingPower,
    events: &'a [PlacedEvent],
) -> Vec<&'a str> {
    let lines = match &grant.content {
        Content::Dental(dental) if query.codes_of_lines => dental.lines.as_slice(),
        _ => &[],
    };
    let of_lines = lines.iter().map(|line| line.procedure_code.as_str());
    let of_events = events
        .iter()
        .flat_map(|placed| &placed.event.lines)
        .filter_map(|line| Some(line.procedure.as_ref()?.code.as_str()));
    query
        .procedure_codes
        .iter()
        .copied()
        .chain(of_lines)
        .chain(of_events)
        .collect()
}

/// Every row of the codes asked, in each loaded code set and in the organiser's price list.
fn procedures(
    view: &dyn View,
    organiser: OrganiserCode,
    codes: &[&str],
) -> Result<ProcedureFacts, StoreError> {
    let mut facts = ProcedureFacts::default();
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() {
        return Ok(facts);
    }
    let sets = code_sets(view)?;
    view.prefetch(&|| {
        let by_key = codes.iter().flat_map(|code| {
            let items = sets
                .iter()
                .map(|(oid, version)| Key::code_item(oid, version, code));
            items.chain([Key::price_item(organiser, code)])
        });
        by_key.collect()
    })?;
    for code in codes {
        for (oid, version) in sets.iter() {
            let key = Key::code_item(oid, version, code);
            let items: Arc<Vec<CodeItem>> = list(view, Table::CodeItem, &key)?;
            facts.code_items.extend(items.iter().cloned());
        }
        let key = Key::price_item(organiser, code);
        let items: Arc<Vec<DentalPriceItem>> = list(view, Table::PriceItem, &key)?;
        facts.price_items.extend(items.iter().cloned());
    }
    Ok(facts)
}

pub(in crate::store) fn misses(
    view: &dyn View,
    client: &ClientId,
    most: usize,
) -> Result<Vec<Miss>, StoreError> {
    let prefix = Key::misses(&client_hash(view.keyring(), client));
    view.range(&Span::under(prefix), Order::Last, most)?
        .into_iter()
        .map(|(key, value)| {
            let miss: StoredMiss = record::decode(Table::Miss, &key, &value)?;
            Ok(miss.into_miss())
        })
        .collect()
}

/// OID and version of every loaded code set.
fn code_sets(view: &dyn View) -> Result<Arc<Vec<(String, String)>>, StoreError> {
    let all = Key::table(Table::CodeSet);
    view.of_registry(&all, || {
        let found = view.scan(&all)?.into_iter();
        let decoded = found.map(|(key, value)| record::decode(Table::CodeSet, &key, &value));
        decoded.collect::<Result<_, _>>().map(Arc::new)
    })
}

/// All rows of one record of the registry; none where there is no record.
fn list<T: DeserializeOwned + Send + Sync + 'static>(
    view: &dyn View,
    table: Table,
    key: &Key,
) -> Result<Arc<Vec<T>>, StoreError> {
    view.of_registry(key, || {
        let rows = view.get::<Vec<T>>(table, key)?;
        Ok(Arc::new(rows.unwrap_or_default()))
    })
}

/// A record of the registry that is one row.
fn single<T: DeserializeOwned + Send + Sync + 'static>(
    view: &dyn View,
    table: Table,
    key: &Key,
) -> Result<Option<Arc<T>>, StoreError> {
    view.of_registry(key, || Ok(view.get(table, key)?.map(Arc::new)))
}

/// Whether the registry has a record under this key.
fn is_there(view: &dyn View, key: &Key) -> Result<bool, StoreError> {
    view.of_registry(key, || Ok(view.raw(key)?.is_some()))
}

fn approvals(
    view: &dyn View,
    organiser: OrganiserCode,
    service_code: &str,
    provider: &str,
) -> Result<Arc<Vec<ProviderApproval>>, StoreError> {
    let key = Key::approval(organiser, service_code, provider);
    list(view, Table::Approval, &key)
}

pub(in crate::store) fn customer(
    view: &dyn View,
    organiser: OrganiserCode,
    person: &Hash,
) -> Result<Option<Customer>, StoreError> {
    let key = Key::customer(organiser, person);
    let Some(stored) = view.get::<Versioned>(Table::Customer, &key)? else {
        return Ok(None);
    };
    let person: StoredPerson =
        record::unseal(view.keyring(), Table::Customer, &key, &stored.sealed.0)?;
    Ok(Some(person.into_customer(organiser, stored.version)))
}

pub(in crate::store) fn grant(
    view: &dyn View,
    number: PurchasingPowerNumber,
) -> Result<Option<StoredGrant>, StoreError> {
    let key = Key::grant(number);
    match view.get::<Versioned>(Table::Grant, &key)? {
        Some(stored) => unsealed_grant(view, &key, &stored).map(Some),
        None => Ok(None),
    }
}

pub(super) fn unsealed_grant(
    view: &dyn View,
    key: &Key,
    stored: &Versioned,
) -> Result<StoredGrant, StoreError> {
    record::unseal(view.keyring(), Table::Grant, key, &stored.sealed.0)
}

fn grants_under(view: &dyn View, prefix: &Key) -> Result<Vec<PurchasingPower>, StoreError> {
    let table = Table::GrantOfCustomer;
    let numbers = view
        .scan(prefix)?
        .into_iter()
        .map(|(key, value)| {
            record::decode::<()>(table, &key, &value)?;
            key.last_number()
                .and_then(|bits| PurchasingPowerNumber::try_from(bits).ok())
                .ok_or_else(|| corrupt(table, "names no number"))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    view.prefetch(&|| numbers.iter().map(|number| Key::grant(*number)).collect())?;
    numbers
        .into_iter()
        .map(|number| {
            let stored = grant(view, number)?.ok_or_else(|| {
                corrupt(
                    Table::Grant,
                    "is missing, though its customer's list has it",
                )
            })?;
            Ok(stored.grant)
        })
        .collect()
}

fn message_answer(view: &dyn View, key: &Key) -> Result<Option<KeptAnswer>, StoreError> {
    let table = Table::AnswerByMessage;
    let Some(message) = view.get::<StoredMessage>(table, key)? else {
        return Ok(None);
    };
    match message.answer {
        MessageAnswer::Here(sealed) => unseal_answer(view, table, key, &sealed).map(Some),
        MessageAnswer::UnderReference(hash) => match reference_answer(view, &hash)? {
            Some(answer) => Ok(Some(answer)),
            None => Err(corrupt(
                Table::AnswerByReference,
                "is missing, though a message names it",
            )),
        },
    }
}

fn reference_answer(view: &dyn View, hash: &Hash) -> Result<Option<KeptAnswer>, StoreError> {
    let table = Table::AnswerByReference;
    let key = Key::answer_by_reference(hash);
    match view.get::<StoredReference>(table, &key)? {
        Some(stored) => unseal_answer(view, table, &key, &stored.sealed).map(Some),
        None => Ok(None),
    }
}

fn unseal_answer(
    view: &dyn View,
    table: Table,
    key: &Key,
    sealed: &Bytes,
) -> Result<KeptAnswer, StoreError> {
    let stored: StoredAnswer = record::unseal(view.keyring(), table, key, &sealed.0)?;
    Ok(stored.into_answer())
}
