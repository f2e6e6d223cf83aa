//! One record of each table: it decodes, its key is the one its contents ask for, and what it names is there.
//! All from one state of the data.

use serde::de::DeserializeOwned;

use super::super::View;
use super::super::events;
use super::super::history::{self, StoredRegistryChange};
use super::super::keys::{KEYS_NAME, Key, STATE_NAME, Table};
use super::super::reads;
use super::super::record::{self, corrupt};
use super::super::stored::{
    Bytes, MessageAnswer, State, StoredAnswer, StoredEvent, StoredGrant, StoredMessage, StoredMiss,
    StoredPerson, StoredReference, Versioned,
};
use super::settlements;
use crate::domain::admin_token::AdminToken;
use crate::domain::event_id::EventId;
use crate::domain::ledger::Posting;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::{
    ClientGrant, CodeItem, DentalPriceItem, ListedCounty, ListedMunicipality, Organiser, Provider,
    ProviderApproval, ServiceType,
};
use crate::domain::service_event::{PlacedEvent, ServiceEvent};
use crate::domain::settlement::RunNumber;
use crate::secrets::WrappedKeys;
use crate::store::StoreError;
use crate::store::audit::AccessHead;
use crate::store::upkeep::PurgeProof;

/// A record as it was found.
pub(super) struct Record<'a> {
    pub(super) table: Table,
    pub(super) key: &'a Key,
    pub(super) value: &'a [u8],
}

impl Record<'_> {
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        record::decode(self.table, self.key, self.value)
    }

    pub(super) fn unseal<T: DeserializeOwned>(
        &self,
        view: &dyn View,
        sealed: &Bytes,
    ) -> Result<T, StoreError> {
        record::unseal(view.keyring(), self.table, self.key, &sealed.0)
    }
}

pub(super) type Problems = Vec<String>;

/// What a record stands for that is judged with other records, once its own are done.
pub(super) enum Whole {
    /// A grant with its ledger and its events.
    Grant(PurchasingPowerNumber),
    /// A settlement run with its providers and its rows.
    Run(RunNumber),
}

/// Checks one record, and says what is to be judged as a whole after it; [`StoreError::Corrupt`] says that the record, or one that it names, cannot be read.
pub(super) fn check(
    view: &dyn View,
    state: &State,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<Option<Whole>, StoreError> {
    match record.table {
        Table::Meta => meta(record)?,
        Table::Municipality => drop(record.decode::<ListedMunicipality>()?),
        Table::County => drop(record.decode::<ListedCounty>()?),
        Table::Organiser => drop(record.decode::<Organiser>()?),
        Table::ServiceType => drop(record.decode::<Vec<ServiceType>>()?),
        Table::Provider => drop(record.decode::<Provider>()?),
        Table::Approval => drop(record.decode::<Vec<ProviderApproval>>()?),
        Table::PriceItem => drop(record.decode::<Vec<DentalPriceItem>>()?),
        Table::CodeSet => drop(record.decode::<(String, String)>()?),
        Table::CodeItem => drop(record.decode::<Vec<CodeItem>>()?),
        Table::ClientGrant => drop(record.decode::<Vec<ClientGrant>>()?),
        Table::RegistryHistory => registry_history(view, record)?,
        Table::Customer => customer(view, record, problems)?,
        Table::Grant => {
            let number = grant(view, record, problems)?;
            return Ok(Some(Whole::Grant(number)));
        }
        Table::GrantOfCustomer => grant_of_customer(view, record, problems)?,
        Table::Event => event(view, state, record, problems)?,
        Table::EventOfGrant | Table::EventOfDay => event_index(view, record, problems)?,
        Table::Feed => feed(view, record, problems)?,
        Table::Ledger => ledger(view, record, problems)?,
        Table::SettlementRun => {
            let number = settlements::run(view, record, problems)?;
            return Ok(Some(Whole::Run(number)));
        }
        Table::SettlementProvider => settlements::provider(view, record, problems)?,
        Table::SettlementRow => settlements::row(view, record, problems)?,
        Table::SettlementBook => settlements::book(view, record, problems)?,
        Table::AnswerByMessage => message(view, record, problems)?,
        Table::AnswerByReference => reference(view, record, problems)?,
        Table::AnswerOfGrant => answer_of_grant(view, record, problems)?,
        Table::Miss => {
            record.decode::<StoredMiss>()?;
        }
        Table::AdminToken => admin_token(view, record, problems)?,
        // Its rows are opened along the chain.
        Table::Access => {}
        Table::PurgeProof => {
            let stored: Versioned = record.decode()?;
            match *record.key == Key::purge_standing() {
                true => drop(record.unseal::<AccessHead>(view, &stored.sealed)?),
                false => drop(record.unseal::<PurgeProof>(view, &stored.sealed)?),
            }
        }
    }
    Ok(None)
}

fn admin_token(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let stored: Versioned = record.decode()?;
    let token: AdminToken = record.unseal(view, &stored.sealed)?;
    if *record.key != Key::admin_token(&token.name) {
        problems.push("it is kept under the name of another token".to_owned());
    }
    if stored.version != token.version {
        problems.push("its version is not that of its record".to_owned());
    }
    Ok(())
}

fn meta(record: &Record<'_>) -> Result<(), StoreError> {
    if *record.key == Key::meta(STATE_NAME) {
        record.decode::<State>()?;
    } else if *record.key == Key::meta(KEYS_NAME) {
        record.decode::<WrappedKeys>()?;
    } else {
        return Err(corrupt(
            Table::Meta,
            "has a name this program does not know",
        ));
    }
    Ok(())
}

/// Every version up to the one that stands has its change, with all pieces.
fn registry_history(view: &dyn View, record: &Record<'_>) -> Result<(), StoreError> {
    let missing = || {
        corrupt(
            Table::RegistryHistory,
            "is missing, though another names it",
        )
    };
    let is_there = |version, part| {
        let key = Key::registry_change(version, part);
        view.raw(&key)?.map(drop).ok_or_else(missing)
    };
    if *record.key == Key::registry_standing() {
        let standing: Versioned = record.decode()?;
        return is_there(standing.version, 0);
    }
    match record.key.registry_change_place() {
        Some((version, 0)) => {
            let head: StoredRegistryChange = record.decode()?;
            if head.version != version || history::version(view)? < version {
                return Err(corrupt(Table::RegistryHistory, "is of another version"));
            }
            for piece in 1..=head.pieces {
                is_there(version, piece)?;
            }
            match version {
                0 | 1 => Ok(()),
                later => is_there(later - 1, 0),
            }
        }
        Some((version, _)) => {
            record.decode::<Bytes>()?;
            is_there(version, 0)
        }
        None => Err(corrupt(Table::RegistryHistory, "has no place")),
    }
}

fn customer(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let stored: Versioned = record.decode()?;
    let person: StoredPerson = record.unseal(view, &stored.sealed)?;
    let hash = view.keyring().person_hash(person.person_id());
    if !record.key.as_bytes().ends_with(&hash) {
        problems.push("the customer is kept under the key of another person".to_owned());
    }
    if stored.version == 0 {
        problems.push("the customer has no version".to_owned());
    }
    Ok(())
}

fn grant(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<PurchasingPowerNumber, StoreError> {
    let stored: Versioned = record.decode()?;
    let StoredGrant { person, grant } = record.unseal(view, &stored.sealed)?;
    if *record.key != Key::grant(grant.number) {
        problems.push("it is kept under the key of another purchasing power".to_owned());
    }
    if stored.version != grant.revision {
        problems.push("its revision is not that of its record".to_owned());
    }
    if view
        .raw(&Key::customer(grant.organiser, &person))?
        .is_none()
    {
        problems.push("its customer is missing".to_owned());
    }
    let listed = Key::grants_of_customer(grant.organiser, &person, &grant.service_code)
        .with_number(grant.number);
    if view.raw(&listed)?.is_none() {
        problems.push("it is missing from its customer's list".to_owned());
    }
    Ok(grant.number)
}

fn grant_of_customer(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    record.decode::<()>()?;
    let number = record
        .key
        .last_number()
        .and_then(|bits| PurchasingPowerNumber::try_from(bits).ok())
        .ok_or_else(|| corrupt(record.table, "names no number"))?;
    match reads::grant(view, number)? {
        None => problems.push("the row names a purchasing power that is missing".to_owned()),
        Some(StoredGrant { person, grant }) => {
            let listed = Key::grants_of_customer(grant.organiser, &person, &grant.service_code)
                .with_number(number);
            if *record.key != listed {
                problems.push(
                    "the row lists a purchasing power under another customer or service".to_owned(),
                );
            }
        }
    }
    Ok(())
}

fn event(
    view: &dyn View,
    state: &State,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let stored: StoredEvent = record.decode()?;
    let event: ServiceEvent = record.unseal(view, &stored.sealed)?;
    let mut must = |holds: bool, otherwise: &str| {
        if !holds {
            problems.push(otherwise.to_owned());
        }
    };
    let is_own_key = *record.key == Key::event(event.id);
    must(is_own_key, "it is kept under the key of another event");
    let is_ordered = stored.created_seq <= stored.change_seq;
    must(is_ordered, "it was changed before it was made");
    let is_given = stored.change_seq <= state.changes;
    must(is_given, "its place in the feed was never given");
    for (table, key) in places(&event, stored.change_seq) {
        let is_listed = match (table, view.raw(&key)?) {
            (_, None) => false,
            (Table::Feed, Some(value)) => {
                record::decode::<EventId>(table, &key, &value)? == event.id
            }
            (_, Some(_)) => true,
        };
        must(
            is_listed,
            &format!("it is missing from the {}", table.name()),
        );
    }
    settlements::of_event(view, &event, &mut must)?;
    match reads::grant(view, event.number)? {
        None => must(false, "its purchasing power is missing"),
        Some(stored) => {
            let person = view.keyring().person_hash(&event.person_id);
            let is_same = stored.person == person;
            must(is_same, "its person is not that of its purchasing power");
        }
    }
    Ok(())
}

/// The rows that must point at an event.
fn places(event: &ServiceEvent, change_seq: u64) -> [(Table, Key); 3] {
    let of_grant = Key::events_of_grant(event.number).with_day(event.service_date);
    let of_day = Key::events_of_day(event.organiser).with_day(event.service_date);
    let feed = Key::feed(event.organiser).with_change(change_seq);
    [
        (Table::EventOfGrant, of_grant.with_event(event.id)),
        (Table::EventOfDay, of_day.with_event(event.id)),
        (Table::Feed, feed),
    ]
}

/// A row of an index or of the feed stands where its event asks for it.
fn points_rightly(record: &Record<'_>, placed: Option<&PlacedEvent>, problems: &mut Problems) {
    let Some(placed) = placed else {
        problems.push("the row names an event that is missing".to_owned());
        return;
    };
    let places = places(&placed.event, placed.change_seq);
    if !places.iter().any(|(_, key)| key == record.key) {
        let id = placed.event.id;
        problems.push(format!("the row is not where its event {id} stands"));
    }
}

fn event_index(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    record.decode::<()>()?;
    let id = record
        .key
        .last_event()
        .ok_or_else(|| corrupt(record.table, "names no event"))?;
    points_rightly(record, events::event(view, id)?.as_ref(), problems);
    Ok(())
}

fn feed(view: &dyn View, record: &Record<'_>, problems: &mut Problems) -> Result<(), StoreError> {
    let id: EventId = record.decode()?;
    points_rightly(record, events::event(view, id)?.as_ref(), problems);
    Ok(())
}

fn ledger(view: &dyn View, record: &Record<'_>, problems: &mut Problems) -> Result<(), StoreError> {
    record.decode::<Posting>()?;
    let (number, revision) = record
        .key
        .ledger_place()
        .ok_or_else(|| corrupt(record.table, "has no place"))?;
    let number = PurchasingPowerNumber::try_from(number)
        .map_err(|_| corrupt(record.table, "names no number"))?;
    let key = Key::grant(number);
    match view.get::<Versioned>(Table::Grant, &key)? {
        None => problems.push("it is booked on a purchasing power that is missing".to_owned()),
        Some(stored) if revision > stored.version => {
            problems.push("it is booked on a revision that never was".to_owned());
        }
        Some(_) => {}
    }
    Ok(())
}

fn message(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let stored: StoredMessage = record.decode()?;
    match stored.answer {
        MessageAnswer::Here(sealed) => {
            record.unseal::<StoredAnswer>(view, &sealed)?;
        }
        MessageAnswer::UnderReference(hash) => {
            if view.raw(&Key::answer_by_reference(&hash))?.is_none() {
                problems.push("the answer it names is missing".to_owned());
            }
        }
    }
    Ok(())
}

/// An answer kept under a reference, which lives as long as the grant it is about.
fn reference(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let stored: StoredReference = record.decode()?;
    let answer: StoredAnswer = record.unseal(view, &stored.sealed)?;
    let (Some(number), Some(hash)) = (answer.number(), record.key.reference()) else {
        problems.push("it is about no purchasing power".to_owned());
        return Ok(());
    };
    let listed = Key::answers_of_grant(number).with_reference(&hash);
    if view.raw(&listed)?.is_none() {
        problems.push("it is missing from its purchasing power's answers".to_owned());
    }
    Ok(())
}

fn answer_of_grant(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    record.decode::<()>()?;
    let (number, hash) = record
        .key
        .answer_place()
        .ok_or_else(|| corrupt(record.table, "names no answer"))?;
    let number = PurchasingPowerNumber::try_from(number)
        .map_err(|_| corrupt(record.table, "names no number"))?;
    if view.raw(&Key::grant(number))?.is_none() {
        problems.push("the row is about a purchasing power that is missing".to_owned());
    }
    if view.raw(&Key::answer_by_reference(&hash))?.is_none() {
        problems.push("the row names an answer that is missing".to_owned());
    }
    Ok(())
}
