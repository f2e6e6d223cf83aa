//! What the adapter keeps, in the domain's words. A back end knows keys and bytes, never rules:
//! it hands out facts, and commits a change whole and durably or not at all.
//!
//! Invariant: `commit` returns `Ok` only after the change would survive a power cut.

pub mod sled;

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::domain::access::AccessEntry;
use crate::domain::client::ClientId;
use crate::domain::customer::Customer;
use crate::domain::national_code::MunicipalityCode;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::ClientGrant;
use crate::domain::registry::{
    Organiser, OrganiserCode, Provider, ProviderApproval, Registry, ServiceType,
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
    Organiser(Organiser),
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
    pub number: Option<PurchasingPowerNumber>,
}

/// Answers kept under a post's two keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replays {
    pub by_message: Option<KeptAnswer>,
    pub by_reference: Option<KeptAnswer>,
}

/// Facts that the creation of a grant is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationFacts {
    /// Every version of the service, in no order; empty when the organiser has none.
    pub service_types: Vec<ServiceType>,
    /// The chosen provider's approvals for the service; empty without a chosen provider.
    pub approvals: Vec<ProviderApproval>,
    /// The customer, where the organiser has it already.
    pub customer: Option<Customer>,
    /// The customer's grants for the service.
    pub grants: Vec<PurchasingPower>,
    /// Whether the customer's municipality is in the loaded list; true when none was asked.
    pub municipality_is_listed: bool,
}

/// What [`CreationFacts`] are asked for.
#[derive(Clone, Debug)]
pub struct CreationQuery<'a> {
    pub organiser: OrganiserCode,
    pub service_code: &'a str,
    pub chosen_provider: Option<&'a str>,
    pub person_id: Option<&'a PersonId>,
    pub municipality: Option<MunicipalityCode>,
}

/// A grant with all that a look-up of it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupFacts {
    pub grant: PurchasingPower,
    pub customer: Customer,
    pub organiser: Organiser,
    pub service_types: Vec<ServiceType>,
    /// The asking provider, where the registry has it.
    pub provider: Option<Provider>,
    /// The asking provider's approvals for the service.
    pub approvals: Vec<ProviderApproval>,
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

/// A new grant, and its customer as it is to be from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// `customer.version` is the new one; the stored one must be one less, or absent for 1.
    pub customer: Customer,
    /// Its number must be free.
    pub grant: PurchasingPower,
}

/// All that one request leaves behind: kept together or not at all.
#[derive(Clone, Debug)]
pub struct Change {
    pub access: AccessEntry,
    pub creation: Option<Creation>,
    /// Kept under a key that must be free.
    pub answer_by_message: Option<(MessageKey, KeptAnswer)>,
    /// Kept under a key that must be free. When present, `answer_by_message` is the same answer.
    pub answer_by_reference: Option<(ReferenceKey, KeptAnswer)>,
    /// Nothing is kept under this key, but it must be free: the decision rests on its being so.
    pub unanswered_reference: Option<ReferenceKey>,
    /// Counted against `access.client`.
    pub miss: Option<NewMiss>,
}

impl Change {
    /// A change that leaves its access-log row and nothing else.
    pub fn access_only(access: AccessEntry) -> Change {
        Change {
            access,
            creation: None,
            answer_by_message: None,
            answer_by_reference: None,
            unanswered_reference: None,
            miss: None,
        }
    }
}

/// A future of the store, boxed because the back end is chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A back end. Every method is one business transaction.
pub trait Store: Send + Sync + 'static {
    /// Every grant of the client itself and of its member.
    fn client_grants<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, Vec<ClientGrant>>;

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

    /// Facts for a look-up by number, asked by a provider's business id.
    fn lookup_facts<'a>(
        &'a self,
        number: PurchasingPowerNumber,
        provider: &'a str,
    ) -> StoreFuture<'a, Option<LookupFacts>>;

    /// The client's misses still kept, at most `most`, newest first.
    fn misses<'a>(&'a self, client: &'a ClientId, most: usize) -> StoreFuture<'a, Vec<Miss>>;

    /// Keeps a change whole and durably, or answers [`StoreError::Conflict`] and keeps nothing.
    fn commit(&self, change: Change) -> StoreFuture<'_, ()>;

    /// Replaces the registry by another, durably.
    fn put_registry(&self, registry: Registry) -> StoreFuture<'_, ()>;

    /// The registry as kept; an empty one before the first `put_registry`.
    fn registry(&self) -> StoreFuture<'_, Registry>;

    /// `Err` with a reason when the store cannot be used.
    fn ready(&self) -> Result<(), StoreError>;

    /// Finishes what is queued and closes the files in order. Later calls fail.
    fn close(&self) -> StoreFuture<'_, ()>;
}
