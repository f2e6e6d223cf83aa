//! A change made ready on the caller's thread: hashed, sealed and encoded, so that the one committer
//! has little left to do. Reads nothing and decides nothing.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::history;
use super::keys::{Hash, Key, Table};
use super::record::{self, VALUE_BYTES_MAX};
use super::registry::{self, PreparedRegistry};
use super::settlements;
use super::stored::{
    AccessRow, Bytes, MessageAnswer, StoredAnswer, StoredGrant, StoredMandate, StoredMessage,
    StoredPerson, StoredReference, Versioned,
};
use crate::domain::access::AccessEntry;
use crate::domain::client::ClientId;
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::{OrganiserCode, Registry};
use crate::secrets::{HashOf, Keyring, SEAL_BYTES};
use crate::store::registry::MustBeFree;
use crate::store::{
    Before, Change, Effect, EventWrite, KeptAnswer, MessageKey, NewMiss, ReferenceKey, StoreError,
};

/// Persons, numbers and events in one row of the access log; a call with more has more rows.
pub(in crate::store) const ROW_ITEMS_MAX: usize = 500;

/// What the chain and the envelope add to a row: header, position, link, length, and the seal.
const ROW_OVERHEAD_BYTES: usize = 5 + 10 + 32 + 3 + SEAL_BYTES;

/// What the envelope and the places add to an event: header, two places, time, length.
const EVENT_OVERHEAD_BYTES: usize = 5 + 10 + 10 + 10 + 3;

/// A change as the committer takes it.
#[derive(Clone)]
pub(in crate::store) struct PreparedChange {
    /// Version of the keys before anything of it was sealed.
    pub(in crate::store) keys_version: u64,
    /// New records. Each of their keys must be free.
    pub(in crate::store) inserts: Vec<(Key, Vec<u8>)>,
    /// A key that must be free and stays so.
    pub(in crate::store) absent: Option<Key>,
    /// Versioned records that must have this version, and keep it or are among the removals.
    pub(in crate::store) unchanged: Vec<(Table, Key, u64)>,
    /// Records whose keys may hold something or not.
    pub(in crate::store) puts: Vec<(Key, Vec<u8>)>,
    pub(in crate::store) removals: Vec<Key>,
    /// The customer and the grant.
    pub(in crate::store) versioned: Vec<PreparedVersioned>,
    pub(in crate::store) events: Vec<PreparedEvent>,
    /// Plain rows of the access log; position and link come from the committer.
    pub(in crate::store) access_rows: Vec<Vec<u8>>,
    /// The registry as it is to be.
    pub(in crate::store) registry: Option<PreparedRegistry>,
    /// What must rest on nothing, whatever was kept since it was looked.
    pub(in crate::store) must_be_free: Option<MustBeFree>,
    /// With the hash of its client.
    pub(in crate::store) miss: Option<(Hash, NewMiss)>,
}

impl PreparedChange {
    /// A change that leaves its access rows and nothing else.
    pub(in crate::store) fn of_rows(
        keyring: &Keyring,
        entry: &AccessEntry,
    ) -> Result<PreparedChange, StoreError> {
        Ok(PreparedChange {
            access_rows: access_rows(keyring, entry)?,
            ..PreparedChange::empty(keyring)
        })
    }

    fn empty(keyring: &Keyring) -> PreparedChange {
        PreparedChange {
            keys_version: keyring.version(),
            inserts: Vec::new(),
            absent: None,
            unchanged: Vec::new(),
            puts: Vec::new(),
            removals: Vec::new(),
            versioned: Vec::new(),
            events: Vec::new(),
            access_rows: Vec::new(),
            registry: None,
            must_be_free: None,
            miss: None,
        }
    }

    /// The first registry of a store that is filled otherwise than by commands: without a row and without a history.
    pub(in crate::store) fn of_registry(
        keyring: &Keyring,
        registry: &Registry,
    ) -> Result<PreparedChange, StoreError> {
        Ok(PreparedChange {
            registry: Some(registry::prepare(registry)?),
            ..PreparedChange::empty(keyring)
        })
    }

    /// Lets it stand on a version of the registry.
    fn rest_on_registry(&mut self, version: u64) {
        let key = Key::registry_standing();
        self.unchanged.push((Table::RegistryHistory, key, version));
    }

    /// Keys of the records that it is decided on once more when it is committed, so that they can be fetched in one go.
    pub(in crate::store) fn about(&self) -> impl Iterator<Item = &Key> {
        let inserted = self.inserts.iter().map(|(key, _)| key);
        let versioned = self.versioned.iter().map(|record| &record.key);
        let put = self.puts.iter().map(|(key, _)| key);
        inserted
            .chain(&self.absent)
            .chain(self.unchanged.iter().map(|(_, key, _)| key))
            .chain(versioned)
            .chain(put)
            .chain(&self.removals)
    }
}

/// A versioned record; the stored one must have the version before, or be absent for version 1.
#[derive(Clone)]
pub(in crate::store) struct PreparedVersioned {
    pub(in crate::store) table: Table,
    pub(in crate::store) key: Key,
    pub(in crate::store) value: Vec<u8>,
    pub(in crate::store) version: u64,
}

/// An event, whose place in the feed the committer gives.
#[derive(Clone)]
pub(in crate::store) struct PreparedEvent {
    pub(in crate::store) id: EventId,
    pub(in crate::store) organiser: OrganiserCode,
    pub(in crate::store) number: PurchasingPowerNumber,
    pub(in crate::store) service_date: Date,
    pub(in crate::store) before: Option<Before>,
    pub(in crate::store) changed_at: Timestamp,
    pub(in crate::store) sealed: Vec<u8>,
}

/// Makes a change ready, or says that a record of it is too large.
pub(in crate::store) fn prepare(
    keyring: &Keyring,
    change: &Change,
) -> Result<PreparedChange, StoreError> {
    let mut prepared = PreparedChange::of_rows(keyring, &change.access)?;
    if let Some(reference) = &change.unanswered_reference {
        let hash = reference_hash(keyring, reference);
        prepared.absent = Some(Key::answer_by_reference(&hash));
    }
    if let Some((number, version)) = change.run_seen {
        let key = Key::settlement_run(number);
        prepared
            .unchanged
            .push((Table::SettlementRun, key, version));
    }
    if let Some(token) = &change.token {
        let key = Key::admin_token(&token.name);
        let record = versioned(keyring, Table::AdminToken, key, token.version, token)?;
        prepared.versioned.push(record);
    }
    let forgotten = change.tokens_forgotten.iter();
    prepared
        .removals
        .extend(forgotten.map(|name| Key::admin_token(name)));
    if let Some(step) = &change.registry {
        history::prepare(step, &change.access, &mut prepared)?;
        for row in &step.further_rows {
            prepared.access_rows.extend(access_rows(keyring, row)?);
        }
    }
    if let Some(miss) = change.miss {
        prepared.miss = Some((client_hash(keyring, &change.access.client), miss));
    }
    if let Some(effect) = &change.effect {
        prepare_effect(keyring, effect, change.access.at, &mut prepared)?;
    }
    if let Some(step) = &change.settlement {
        settlements::prepare(keyring, step, &mut prepared)?;
        for effect in &step.effects {
            prepare_effect(keyring, effect, change.access.at, &mut prepared)?;
        }
    }
    prepare_answers(keyring, change, &mut prepared)?;
    Ok(prepared)
}

/// Keyed hash of a client, as owner of misses.
pub(in crate::store) fn client_hash(keyring: &Keyring, client: &ClientId) -> Hash {
    keyring.keyed_hash(HashOf::Client, &client_parts(client))
}

/// Key of the answer kept under a message.
pub(in crate::store) fn message_key(keyring: &Keyring, message: &MessageKey) -> Key {
    let [instance, class, member, kind, subsystem] = client_parts(&message.client);
    let (service, id) = (message.service.as_bytes(), message.message_id.as_bytes());
    let parts = [instance, class, member, kind, subsystem, service, id];
    Key::answer_by_message(&keyring.keyed_hash(HashOf::Message, &parts))
}

/// Keyed hash of a reference, which its record's key consists of.
pub(in crate::store) fn reference_hash(keyring: &Keyring, reference: &ReferenceKey) -> Hash {
    let parts = [
        reference.acting_for.as_bytes(),
        reference.service.as_bytes(),
        reference.source_system.as_bytes(),
        reference.source_reference.as_bytes(),
    ];
    keyring.keyed_hash(HashOf::Reference, &parts)
}

/// A missing subsystem is told from an empty one.
fn client_parts(client: &ClientId) -> [&[u8]; 5] {
    let (kind, subsystem): (&[u8], _) = match &client.subsystem_code {
        Some(subsystem) => (b"subsystem", subsystem.as_str()),
        None => (b"member", ""),
    };
    [
        client.instance.as_bytes(),
        client.member_class.as_bytes(),
        client.member_code.as_bytes(),
        kind,
        subsystem.as_bytes(),
    ]
}

fn prepare_effect(
    keyring: &Keyring,
    effect: &Effect,
    at: Timestamp,
    prepared: &mut PreparedChange,
) -> Result<(), StoreError> {
    if let Some(version) = effect.registry_seen {
        prepared.rest_on_registry(version);
    }
    let grant = &effect.grant;
    let person = keyring.person_hash(&effect.person_id);
    if let Some(customer) = &effect.customer {
        let key = Key::customer(customer.organiser, &person);
        let person = StoredPerson::of(customer);
        let record = versioned(keyring, Table::Customer, key, customer.version, &person)?;
        prepared.versioned.push(record);
    }
    let stored = StoredGrant {
        person,
        grant: grant.clone(),
    };
    let key = Key::grant(grant.number);
    let record = versioned(keyring, Table::Grant, key, grant.revision, &stored)?;
    prepared.versioned.push(record);
    if grant.revision == 1 {
        let key = Key::grants_of_customer(grant.organiser, &person, &grant.service_code)
            .with_number(grant.number);
        let value = record::encode(&key, &())?;
        prepared.inserts.push((key, value));
    }
    for (index, posting) in effect.postings.iter().enumerate() {
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        let key = Key::ledger(grant.number).with_revision(grant.revision, index);
        let value = record::encode(&key, posting)?;
        prepared.inserts.push((key, value));
    }
    for EventWrite { event, before } in &effect.events {
        let sealed = record::seal(keyring, &Key::event(event.id), event)?;
        record::limit(sealed.len() + EVENT_OVERHEAD_BYTES, VALUE_BYTES_MAX)?;
        prepared.events.push(PreparedEvent {
            id: event.id,
            organiser: event.organiser,
            number: event.number,
            service_date: event.service_date,
            before: *before,
            changed_at: at,
            sealed,
        });
    }
    Ok(())
}

pub(in crate::store) fn versioned(
    keyring: &Keyring,
    table: Table,
    key: Key,
    version: u64,
    payload: &impl Serialize,
) -> Result<PreparedVersioned, StoreError> {
    let sealed = Bytes(record::seal(keyring, &key, payload)?);
    let value = record::encode(&key, &Versioned { version, sealed })?;
    Ok(PreparedVersioned {
        table,
        key,
        value,
        version,
    })
}

fn prepare_answers(
    keyring: &Keyring,
    change: &Change,
    prepared: &mut PreparedChange,
) -> Result<(), StoreError> {
    let kept_at = change.access.at;
    let seal_answer = |key: &Key, answer: &KeptAnswer| {
        record::seal(keyring, key, &StoredAnswer::of(answer)).map(Bytes)
    };
    let mut under = None;
    if let Some((reference, answer)) = &change.answer_by_reference {
        let hash = reference_hash(keyring, reference);
        let key = Key::answer_by_reference(&hash);
        let sealed = seal_answer(&key, answer)?;
        let value = record::encode(&key, &StoredReference { kept_at, sealed })?;
        prepared.inserts.push((key, value));
        if let Some(effect) = &change.effect {
            let key = Key::answers_of_grant(effect.grant.number).with_reference(&hash);
            let value = record::encode(&key, &())?;
            prepared.inserts.push((key, value));
        }
        under = Some(hash);
    }
    if let Some((message, answer)) = &change.answer_by_message {
        let key = message_key(keyring, message);
        let kept = match under {
            Some(hash) => Ok(MessageAnswer::UnderReference(hash)),
            None => seal_answer(&key, answer).map(MessageAnswer::Here),
        };
        let value =
            kept.and_then(|answer| record::encode(&key, &StoredMessage { kept_at, answer }));
        match value {
            Ok(value) => prepared.inserts.push((key, value)),
            // A refusal of very many errors. Nothing was done, so that its repeat may be decided anew.
            Err(StoreError::RecordTooLarge { bytes, .. }) if change.effect.is_none() => {
                tracing::warn!("a refusal of {bytes} bytes is too large to be kept");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn access_rows(keyring: &Keyring, entry: &AccessEntry) -> Result<Vec<Vec<u8>>, StoreError> {
    let persons = entry.persons.iter();
    let persons: Vec<Hash> = persons.map(|person| keyring.person_hash(person)).collect();
    let mandate = entry.mandate.as_ref().map(|check| StoredMandate {
        delegate: keyring.person_hash(&check.delegate),
        principal: keyring.person_hash(&check.principal),
        result: Cow::Borrowed(check.result.as_str()),
    });
    let mut persons = persons.chunks(ROW_ITEMS_MAX);
    let mut numbers = entry.numbers.chunks(ROW_ITEMS_MAX);
    let mut events = entry.events.chunks(ROW_ITEMS_MAX);
    let parts = persons.len().max(numbers.len()).max(events.len()).max(1);
    (1..=parts)
        .map(|part| {
            let row = AccessRow::of(
                entry,
                persons.next().unwrap_or_default().to_vec(),
                (
                    numbers.next().unwrap_or_default().to_vec(),
                    events.next().unwrap_or_default().to_vec(),
                ),
                mandate.clone(),
                (count(part), count(parts)),
            );
            encode_row(&row)
        })
        .collect()
}

fn encode_row(row: &AccessRow<'_>) -> Result<Vec<u8>, StoreError> {
    let plain = postcard::to_stdvec(row)
        .map_err(|error| StoreError::Unavailable(format!("a record cannot be encoded: {error}")))?;
    let bytes = plain.len() + ROW_OVERHEAD_BYTES;
    if bytes > VALUE_BYTES_MAX {
        return Err(StoreError::RecordTooLarge {
            bytes,
            bytes_max: VALUE_BYTES_MAX,
        });
    }
    Ok(plain)
}

fn count(parts: usize) -> u32 {
    u32::try_from(parts).unwrap_or(u32::MAX)
}
