//! What the adapter keeps, in the domain's words. A back end knows keys and bytes, never rules:
//! it hands out facts, and commits a change whole and durably or not at all.
//!
//! Invariant: `commit` returns `Ok` only after the change would survive a power cut.

pub mod audit;
pub mod backup;
pub mod bulk;
pub mod callers;
pub mod check;
mod facts;
pub mod grants;
pub mod postgres;
mod records;
pub mod registry;
pub mod settlement;
pub mod sled;
#[cfg(test)]
mod suite;
pub mod upkeep;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::access::AccessEntry;
use crate::domain::access::DataClass;
use crate::domain::admin_token::AdminToken;
use crate::domain::client::ClientId;
use crate::domain::customer::Customer;
use crate::domain::event::Changed;
use crate::domain::event_id::EventId;
use crate::domain::ledger::Posting;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::{ClientGrant, Organiser, OrganiserCode, Registry};
use crate::domain::service_event::{EventState, PlacedEvent, ServiceEvent};
use crate::domain::settlement::{Book, ProviderSums, RowPlace, Run, RunNumber, SettledRow};
use crate::store::audit::{AccessHead, AccessRecord, AccessVerdict};
use crate::store::callers::Callers;
use crate::store::check::{CheckReport, SettlementReport};
use crate::store::grants::{GrantPlace, GrantsWithCustomers};
use crate::store::registry::{GrantWithEvents, RegistryChange, RegistryStep, StandingRegistry};
use crate::store::settlement::{EventsWithGrants, SettlementStep};
use crate::telemetry::metrics::StoreMetrics;

pub use facts::{
    CreationFacts, CreationQuery, EventsWanted, GrantFacts, GrantQuery, ProcedureFacts, Subject,
};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something read before the decision has changed since: load and decide again.
    #[error("the data changed while the request was decided")]
    Conflict,
    /// More work is queued than the limit allows; nothing was done.
    #[error("the store's queue is full (limits.commit_queue_max)")]
    Busy,
    /// A record is larger than the store takes; nothing was done.
    #[error("a record of {bytes} bytes is larger than the store takes ({bytes_max})")]
    RecordTooLarge { bytes: usize, bytes_max: usize },
    /// A record is not what was written. The text says which table and what to do.
    #[error("{0}")]
    Corrupt(String),
    /// What was asked of the store cannot be done as things stand; nothing was. The text says why.
    #[error("{0}")]
    Refused(String),
    /// A record is sealed under an encryption key that this process does not hold.
    #[error(
        "the store's encryption key was changed meanwhile: run this again; if that does not help, restart with the \
         new key file (secrets.key_file)"
    )]
    UnknownKey,
    /// The store cannot be used. The text says why and what to do.
    #[error("{0}")]
    Unavailable(String),
}

/// What is known of an organiser's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganiserEntry {
    /// In no loaded list.
    Unlisted,
    /// A real code, but no organiser of this system.
    Listed,
    Organiser(Arc<Organiser>),
}

/// A post's first idempotency key: message ids are unique per client only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageKey {
    pub client: ClientId,
    pub service: String,
    pub message_id: String,
}

/// A post's second idempotency key, which survives a retry under a new message id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceKey {
    /// Code of the organiser or business id of the provider acted for.
    pub acting_for: String,
    pub service: String,
    pub source_system: String,
    pub source_reference: String,
}

/// Keyed digest of a request's canonical body.
pub type BodyDigest = [u8; 32];

/// An answer kept for a repeat of its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub digest: BodyDigest,
    /// The response body as first sent.
    pub body: Vec<u8>,
    /// `OK` or the first code answered.
    pub result: String,
    /// What the access log names again when the answer is given again.
    pub about: About,
}

/// What an answer was about, as the access log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    pub organiser: Option<OrganiserCode>,
    pub number: Option<PurchasingPowerNumber>,
    pub event: Option<EventId>,
    pub data_class: DataClass,
}

/// Answers kept under a post's two keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replays {
    pub by_message: Option<KeptAnswer>,
    pub by_reference: Option<KeptAnswer>,
}

/// Where the feed stands: a watermark of it holds in this epoch only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedHead {
    /// Random, made with the store and anew by a restore.
    pub epoch: [u8; 16],
    /// Of the latest change of any organiser's event.
    pub change_seq: u64,
}

/// A stretch of an organiser's events, in the order of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// By change: after the one, up to and with the other.
    Changes { after: u64, up_to: u64 },
    /// By service date and id: both days included, after a place already read.
    Days {
        from: Date,
        to: Date,
        after: Option<(Date, EventId)>,
    },
}

/// A look-up that found nothing, by this system's clock and by the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Miss {
    pub at: Timestamp,
    pub machine_at: Timestamp,
}

/// A miss to be counted, by one who had seen the newest so far: of many at once each counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMiss {
    pub miss: Miss,
    /// The client's newest miss must still be this one.
    pub newest_seen: Option<Miss>,
}

/// What a request does to one grant, its customer, its events and its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// As it is to be from now on, if it changes: `version` is the new one, and the stored one must
    /// be one less, or absent for 1. Changed with every grant that is made or lengthened, so that it
    /// guards the set of the customer's grants.
    pub customer: Option<Customer>,
    /// Whose grant it is.
    pub person_id: PersonId,
    /// As it is to be from now on: `revision` is the new one, and the stored one must be one less, or
    /// absent for 1. It guards the grant, its events and their absence.
    pub grant: PurchasingPower,
    /// Already booked on the grant.
    pub postings: Vec<Posting>,
    /// Each gets the next place of the feed.
    pub events: Vec<EventWrite>,
    /// Version of the registry that it was decided on, which must still be that; none where the registry decides nothing.
    pub registry_seen: Option<u64>,
}

impl Effect {
    /// What a decision about an event changes. `before` is the event decided on, where it is stored; `registry_seen` the
    /// version of the registry.
    pub fn of_event(
        changed: Changed,
        before: Option<&PlacedEvent>,
        registry_seen: Option<u64>,
    ) -> Effect {
        let decided = EventWrite {
            event: changed.event,
            before: before.map(Before::of),
        };
        let credit = changed.credit.map(|event| EventWrite {
            event,
            before: None,
        });
        Effect {
            customer: None,
            person_id: decided.event.person_id.clone(),
            grant: changed.grant,
            postings: changed.postings,
            events: std::iter::once(decided).chain(credit).collect(),
            registry_seen,
        }
    }
}

/// An event as it is to be from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWrite {
    pub event: ServiceEvent,
    /// Where it stood; `None` for a new event.
    pub before: Option<Before>,
}

/// Where an event stood before a change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    pub change_seq: u64,
    pub created_seq: u64,
    pub service_date: Date,
}

impl Before {
    /// The place of an event as it was read.
    pub fn of(placed: &PlacedEvent) -> Before {
        Before {
            change_seq: placed.change_seq,
            created_seq: placed.created_seq,
            service_date: placed.event.service_date,
        }
    }
}

/// All that one request leaves behind: kept together or not at all.
#[derive(Clone, Debug)]
pub struct Change {
    pub access: AccessEntry,
    pub effect: Option<Effect>,
    /// Kept under a key that must be free. A refusal, which has no effect, is left out where it is larger than a
    /// record may be.
    pub answer_by_message: Option<(MessageKey, KeptAnswer)>,
    /// Kept under a key that must be free. When present, `answer_by_message` is the same answer.
    pub answer_by_reference: Option<(ReferenceKey, KeptAnswer)>,
    /// Nothing is kept under this key, but it must be free: the decision rests on its being so.
    pub unanswered_reference: Option<ReferenceKey>,
    /// Counted against `access.client`.
    pub miss: Option<NewMiss>,
    /// A step of a settlement, which touches other grants than `effect`.
    pub settlement: Option<SettlementStep>,
    /// The registry as it is to be.
    pub registry: Option<RegistryStep>,
    /// A settlement run and its version, which must still be that: the decision rests on it.
    pub run_seen: Option<(RunNumber, u64)>,
    /// A token as it is to be from now on: the stored one must have the version before, or be absent for 1.
    pub token: Option<AdminToken>,
    /// Names of tokens that hold no more and go.
    pub tokens_forgotten: Vec<String>,
}

impl Change {
    /// A change that leaves its access-log row and nothing else.
    pub fn access_only(access: AccessEntry) -> Change {
        Change {
            access,
            effect: None,
            answer_by_message: None,
            answer_by_reference: None,
            unanswered_reference: None,
            miss: None,
            settlement: None,
            registry: None,
            run_seen: None,
            token: None,
            tokens_forgotten: Vec::new(),
        }
    }
}

/// A future of the store, boxed because the back end is chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A back end. Every method is one business transaction.
pub trait Store: upkeep::Upkeep + Send + Sync + 'static {
    /// Every grant of the client itself and of its member.
    fn client_grants<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, Arc<Vec<ClientGrant>>>;

    /// What is known of an organiser's code.
    fn organiser(&self, code: OrganiserCode) -> StoreFuture<'_, OrganiserEntry>;

    /// Answers kept for a post.
    fn replays<'a>(
        &'a self,
        message: &'a MessageKey,
        reference: &'a ReferenceKey,
    ) -> StoreFuture<'a, Replays>;

    /// Facts for the creation of a grant.
    fn creation_facts<'a>(&'a self, query: CreationQuery<'a>) -> StoreFuture<'a, CreationFacts>;

    /// Facts about a grant; `None` when there is no such grant or event.
    fn grant_facts<'a>(&'a self, query: GrantQuery<'a>) -> StoreFuture<'a, Option<GrantFacts>>;

    /// Where the feed stands.
    fn feed_head(&self) -> StoreFuture<'_, FeedHead>;

    /// At most `most` of an organiser's events of a stretch, from its beginning.
    fn events(
        &self,
        organiser: OrganiserCode,
        stretch: Stretch,
        most: usize,
    ) -> StoreFuture<'_, Vec<PlacedEvent>>;

    /// Events of an organiser in one state, with their grants: reads at most `most` events of the stretch.
    fn events_in_state(
        &self,
        organiser: OrganiserCode,
        stretch: Stretch,
        state: EventState,
        most: usize,
    ) -> StoreFuture<'_, EventsWithGrants>;

    /// These events with their grants.
    fn events_of_ids<'a>(&'a self, ids: &'a [EventId]) -> StoreFuture<'a, EventsWithGrants>;

    /// At most `most` of an organiser's grants with their customers, by customer, after a place already read.
    fn grants(
        &self,
        organiser: OrganiserCode,
        after: Option<GrantPlace>,
        most: usize,
    ) -> StoreFuture<'_, GrantsWithCustomers>;

    /// What runs of an organiser have in common; `None` before the first.
    fn settlement_book(&self, organiser: OrganiserCode) -> StoreFuture<'_, Option<Book>>;

    /// Every run of an organiser, by month and number.
    fn settlement_runs(&self, organiser: OrganiserCode) -> StoreFuture<'_, Vec<Run>>;

    /// A run.
    fn settlement_run(&self, number: RunNumber) -> StoreFuture<'_, Option<Run>>;

    /// The providers of a run, by business id.
    fn settlement_providers(&self, number: RunNumber) -> StoreFuture<'_, Vec<ProviderSums>>;

    /// At most `most` rows of a run, by provider, service date and event, after a place already read.
    fn settlement_rows(
        &self,
        number: RunNumber,
        after: Option<RowPlace>,
        most: usize,
    ) -> StoreFuture<'_, Vec<SettledRow>>;

    /// The client's misses still kept, at most `most`, newest first.
    fn misses<'a>(&'a self, client: &'a ClientId, most: usize) -> StoreFuture<'a, Vec<Miss>>;

    /// The token of this name.
    fn admin_token<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<AdminToken>>;

    /// Every token, by name.
    fn admin_tokens(&self) -> StoreFuture<'_, Vec<AdminToken>>;

    /// Keeps a change whole and durably, or answers [`StoreError::Conflict`] and keeps nothing.
    fn commit(&self, change: Change) -> StoreFuture<'_, ()>;

    /// The registry as kept; an empty one before the first change of it.
    fn registry(&self) -> StoreFuture<'_, Registry>;

    /// The registry and its version, of one state.
    fn standing_registry(&self) -> StoreFuture<'_, StandingRegistry>;

    /// At most `most` changes of the registry after a version, in their order.
    fn registry_history(&self, after: u64, most: usize) -> StoreFuture<'_, Vec<RegistryChange>>;

    /// At most `most` purchasing powers after one, in the order of their keys, with their events.
    fn grants_with_events(
        &self,
        after: Option<PurchasingPowerNumber>,
        most: usize,
    ) -> StoreFuture<'_, Vec<GrantWithEvents>>;

    /// Those of these purchasing powers that there are, with their events.
    fn grants_of_numbers<'a>(
        &'a self,
        numbers: &'a [PurchasingPowerNumber],
    ) -> StoreFuture<'a, Vec<GrantWithEvents>>;

    /// Who is on the way to a commit: as far as it knows of them, it commits what comes together in one batch.
    fn callers(&self) -> &Callers;

    /// What its writing is measured by.
    fn metrics(&self) -> &StoreMetrics;

    /// What it takes on its disk, in bytes. Blocks.
    fn disk_bytes(&self) -> Result<u64, StoreError>;

    /// How many records were read since it was opened, for metrics and for tests that count instead of timing.
    fn records_read(&self) -> u64;

    /// How far the access log has come.
    fn access_head(&self) -> StoreFuture<'_, AccessHead>;

    /// Up to where the access log is purged; [`AccessHead::EMPTY`] before the first purge of it.
    fn access_start(&self) -> StoreFuture<'_, AccessHead>;

    /// At most `most` rows of the access log from a position on, in order. A row that is missing is left out,
    /// one that cannot be read is [`StoreError::Corrupt`]; neither shuts the store.
    fn access_rows(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<AccessRecord>>;

    /// Walks the access log's chain from its beginning to its head, and past the head given, which was taken
    /// earlier. Stops at the first breach. A breach does not shut the store.
    fn verify_access(&self, earlier: Option<AccessHead>) -> StoreFuture<'_, AccessVerdict>;

    /// Proves every record, the indexes, the access log's chain, and that ledger, events and balances agree, in
    /// pieces between which others read and write. Tells `progress` the records read so far. What is found
    /// stands in the report and does not shut the store; `Err` when the check could not be done.
    fn check<'a>(
        &'a self,
        progress: &'a mut (dyn FnMut(u64) + Send),
    ) -> StoreFuture<'a, CheckReport>;

    /// Proves one settlement run: its records, each row against its event, the sums of rows, providers and run, and
    /// that ledger, events and balances agree for every purchasing power on it. As [`Store::check`] otherwise.
    fn check_settlement(&self, number: RunNumber) -> StoreFuture<'_, SettlementReport>;

    /// `Err` with a reason when the store cannot be used.
    fn ready(&self) -> Result<(), StoreError>;

    /// Finishes what is queued and closes the files in order. Later calls fail.
    fn close(&self) -> StoreFuture<'_, ()>;
}
