//! The types as they are stored, and the way from and to the domain's. Holds no key and no rule.
//!
//! Postcard is not self-describing: a change to a field here, or to a domain type named here, changes
//! the format. The tests pin it; a change needs a new format version and the old types kept for reading.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::keys::Hash;
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::client::ClientId;
use crate::domain::customer::{Customer, Language};
use crate::domain::event_id::EventId;
use crate::domain::national_code::MunicipalityCode;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::OrganiserCode;
use crate::store::audit::{AccessRecord, MandateRecord};
use crate::store::{About, KeptAnswer, Miss};

/// Bytes in one piece; a plain `Vec<u8>` would be written byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Bytes(pub(in crate::store) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Bytes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = sequence.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Whole)
    }
}

/// Where the store stands: written in every batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct State {
    /// Batches so far, the first that made the store included.
    pub(in crate::store) sequence: u64,
    /// Records outside the meta table.
    pub(in crate::store) records: u64,
    /// Rows of the access log so far, which is the next row's position.
    pub(in crate::store) access_rows: u64,
    /// Link of the last access row; zeros before the first.
    pub(in crate::store) access_link: Hash,
    /// Changes of events so far, which is the feed's last place.
    pub(in crate::store) changes: u64,
    /// Random, made with the store and anew by a restore: what a watermark was given in.
    pub(in crate::store) epoch: [u8; 16],
    /// Version of the wrapped keys. A change sealed under an earlier one is decided and sealed anew.
    pub(in crate::store) keys_version: u64,
    /// Records written since the encryption key that seals now was made, in tables that are sealed.
    pub(in crate::store) seals: u64,
}

/// A record that others are decided on: its version in clear, the rest sealed. A customer's version is
/// the domain's own, a grant's its revision.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct Versioned {
    pub(in crate::store) version: u64,
    /// A [`StoredPerson`] or a [`StoredGrant`].
    pub(in crate::store) sealed: Bytes,
}

/// The sealed part of a customer.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredPerson {
    person_id: PersonId,
    given_names: String,
    family_name: String,
    language: Option<Language>,
    municipality_of_residence: Option<MunicipalityCode>,
    non_disclosure: bool,
}

impl StoredPerson {
    pub(in crate::store) fn of(customer: &Customer) -> StoredPerson {
        StoredPerson {
            person_id: customer.person_id.clone(),
            given_names: customer.given_names.clone(),
            family_name: customer.family_name.clone(),
            language: customer.language,
            municipality_of_residence: customer.municipality_of_residence,
            non_disclosure: customer.non_disclosure,
        }
    }

    pub(in crate::store) fn person_id(&self) -> &PersonId {
        &self.person_id
    }

    pub(in crate::store) fn into_customer(
        self,
        organiser: OrganiserCode,
        version: u64,
    ) -> Customer {
        Customer {
            organiser,
            person_id: self.person_id,
            given_names: self.given_names,
            family_name: self.family_name,
            language: self.language,
            municipality_of_residence: self.municipality_of_residence,
            non_disclosure: self.non_disclosure,
            version,
        }
    }
}

/// A grant, sealed whole: its references and its note are free text about a person.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredGrant {
    /// Keyed hash of the customer's identity code.
    pub(in crate::store) person: Hash,
    pub(in crate::store) grant: PurchasingPower,
}

/// An event: its places in clear, the rest sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct StoredEvent {
    pub(in crate::store) change_seq: u64,
    pub(in crate::store) created_seq: u64,
    #[serde(with = "microsecond::required")]
    pub(in crate::store) changed_at: Timestamp,
    /// A [`crate::domain::service_event::ServiceEvent`].
    pub(in crate::store) sealed: Bytes,
}

/// An answer, sealed whole: its body is what a caller was told.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredAnswer {
    digest: Hash,
    body: Bytes,
    result: String,
    organiser: Option<OrganiserCode>,
    number: Option<PurchasingPowerNumber>,
    event: Option<EventId>,
    data_class: DataClass,
}

impl StoredAnswer {
    pub(in crate::store) fn of(answer: &KeptAnswer) -> StoredAnswer {
        StoredAnswer {
            digest: answer.digest,
            body: Bytes(answer.body.clone()),
            result: answer.result.clone(),
            organiser: answer.about.organiser,
            number: answer.about.number,
            event: answer.about.event,
            data_class: answer.about.data_class,
        }
    }

    /// The grant that the answer is about.
    pub(in crate::store) fn number(&self) -> Option<PurchasingPowerNumber> {
        self.number
    }

    pub(in crate::store) fn into_answer(self) -> KeptAnswer {
        KeptAnswer {
            digest: self.digest,
            body: self.body.0,
            result: self.result,
            about: About {
                organiser: self.organiser,
                number: self.number,
                event: self.event,
                data_class: self.data_class,
            },
        }
    }
}

/// What is kept under a message, with the time it was kept.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredMessage {
    #[serde(with = "microsecond::required")]
    pub(in crate::store) kept_at: Timestamp,
    pub(in crate::store) answer: MessageAnswer,
}

/// Where a message's answer is.
#[derive(Serialize, Deserialize)]
pub(in crate::store) enum MessageAnswer {
    /// Here: a sealed [`StoredAnswer`].
    Here(Bytes),
    /// Under the reference with this hash.
    UnderReference(Hash),
}

/// What is kept under a reference, with the time it was kept.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredReference {
    #[serde(with = "microsecond::required")]
    pub(in crate::store) kept_at: Timestamp,
    /// A [`StoredAnswer`].
    pub(in crate::store) sealed: Bytes,
}

/// A miss.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredMiss {
    #[serde(with = "microsecond::required")]
    at: Timestamp,
    #[serde(with = "microsecond::required")]
    machine_at: Timestamp,
}

impl StoredMiss {
    pub(in crate::store) fn of(miss: Miss) -> StoredMiss {
        StoredMiss {
            at: miss.at,
            machine_at: miss.machine_at,
        }
    }

    pub(in crate::store) fn into_miss(self) -> Miss {
        Miss {
            at: self.at,
            machine_at: self.machine_at,
        }
    }
}

/// One row of the access log in its chain.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ChainedRow {
    pub(in crate::store) position: u64,
    /// Link over the link before, the position (8 bytes, big-endian) and the row's plain bytes.
    pub(in crate::store) link: Hash,
    /// An [`AccessRow`].
    pub(in crate::store) sealed: Bytes,
}

/// What a row of the access log says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct AccessRow<'a> {
    #[serde(with = "microsecond::required")]
    at: Timestamp,
    message_id: Cow<'a, str>,
    instance: Cow<'a, str>,
    member_class: Cow<'a, str>,
    member_code: Cow<'a, str>,
    subsystem_code: Option<Cow<'a, str>>,
    represented_party: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    service: Cow<'a, str>,
    purpose: Option<Cow<'a, str>>,
    organiser: Option<OrganiserCode>,
    pub(in crate::store) persons: Vec<Hash>,
    pub(in crate::store) numbers: Vec<PurchasingPowerNumber>,
    pub(in crate::store) events: Vec<EventId>,
    data_class: Cow<'a, str>,
    pub(in crate::store) result: Cow<'a, str>,
    reason: Option<Cow<'a, str>>,
    rows_returned: u32,
    replayed: bool,
    pub(in crate::store) mandate: Option<StoredMandate<'a>>,
    /// A call with many persons has more rows than one: this is part `part` of `parts`, from 1.
    pub(in crate::store) part: u32,
    pub(in crate::store) parts: u32,
}

/// A mandate check as the access log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct StoredMandate<'a> {
    pub(in crate::store) delegate: Hash,
    pub(in crate::store) principal: Hash,
    pub(in crate::store) result: Cow<'a, str>,
}

impl<'a> AccessRow<'a> {
    /// The row with what the caller already hashed; `part` and `parts` as given.
    pub(in crate::store) fn of(
        entry: &'a AccessEntry,
        persons: Vec<Hash>,
        (numbers, events): (Vec<PurchasingPowerNumber>, Vec<EventId>),
        mandate: Option<StoredMandate<'a>>,
        (part, parts): (u32, u32),
    ) -> AccessRow<'a> {
        AccessRow {
            at: entry.at,
            message_id: Cow::Borrowed(&entry.message_id),
            instance: Cow::Borrowed(&entry.client.instance),
            member_class: Cow::Borrowed(&entry.client.member_class),
            member_code: Cow::Borrowed(&entry.client.member_code),
            subsystem_code: entry.client.subsystem_code.as_deref().map(Cow::Borrowed),
            represented_party: entry.represented_party.as_deref().map(Cow::Borrowed),
            user_id: entry.user_id.as_deref().map(Cow::Borrowed),
            service: Cow::Borrowed(&entry.service),
            purpose: entry.purpose.map(Cow::Borrowed),
            organiser: entry.organiser,
            persons,
            numbers,
            events,
            data_class: Cow::Borrowed(entry.data_class.as_str()),
            result: Cow::Borrowed(&entry.result),
            reason: entry.reason.map(Cow::Borrowed),
            rows_returned: entry.rows_returned,
            replayed: entry.replayed,
            mandate,
            part,
            parts,
        }
    }

    /// The row as an auditor reads it, at its place.
    pub(in crate::store) fn into_record(self, position: u64) -> AccessRecord {
        AccessRecord {
            position,
            at: self.at,
            message_id: self.message_id.into_owned(),
            client: ClientId {
                instance: self.instance.into_owned(),
                member_class: self.member_class.into_owned(),
                member_code: self.member_code.into_owned(),
                subsystem_code: self.subsystem_code.map(Cow::into_owned),
            },
            represented_party: self.represented_party.map(Cow::into_owned),
            user_id: self.user_id.map(Cow::into_owned),
            service: self.service.into_owned(),
            purpose: self.purpose.map(Cow::into_owned),
            organiser: self.organiser,
            persons: self.persons,
            numbers: self.numbers,
            events: self.events,
            data_class: self.data_class.into_owned(),
            result: self.result.into_owned(),
            reason: self.reason.map(Cow::into_owned),
            rows_returned: self.rows_returned,
            replayed: self.replayed,
            mandate: self.mandate.map(|check| MandateRecord {
                delegate: check.delegate,
                principal: check.principal,
                result: check.result.into_owned(),
            }),
            part: self.part,
            parts: self.parts,
        }
    }
}
