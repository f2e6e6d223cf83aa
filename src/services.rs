//! The services: what each takes and answers, and the way that every request of every service goes.
//!
//! Known caller → limit on misses → repeats → the service's own decision → one commit → answer.
//! Adding a service: one file in `services/`, one line in [`OPERATIONS`].

pub mod event;
pub mod get_ostovoima;
pub mod get_service_events;
pub mod post_dental_purchasing_power;
pub mod post_dental_service_event;
pub mod post_purchasing_power;
pub mod post_saldo_purchasing_power;
pub mod post_service_event;

mod answer;
mod driver;
mod granting;
mod mandate;
mod repeats;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::contract::decode::{ContractType, DecodeError, Decoder};
use crate::contract::shape::Docs;
use crate::contract::types::{Fault as FaultType, Purpose, Result as ResultType};
use crate::contract::wsdl::{FaultDocs, Published, V1, Version};
use crate::domain::access::{DataClass, MandateCheck, Representation};
use crate::domain::admin_token::Organisers;
use crate::domain::authorisation::{ActingFor, Refused};
use crate::domain::business_id::BusinessId;
use crate::domain::circumstances::Circumstances;
use crate::domain::client::ClientId;
use crate::domain::code::{Code, Texts};
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::registry::OrganiserCode;
use crate::domain::rejection::{Group, Rejection, Rejections};
use crate::domain::retention::Retention;
use crate::mandate::Mandates;
use crate::secrets::{Keyring, SecretsError};
use crate::soap::envelope::Bodies;
use crate::soap::fault::FaultCode;
use crate::soap::header::Header;
use crate::store::{Effect, Store, StoreError};
use crate::xml::reader::Start;

pub use answer::Answer;
pub use driver::{answer_as, operator_header, record_fault};

/// Every service there is, in the order of the contract.
pub static OPERATIONS: &[&dyn AnyOperation] = &[
    &Entry::<get_ostovoima::GetOstovoimaOperation>::NEW,
    &Entry::<post_purchasing_power::PostPurchasingPowerOperation>::NEW,
    &Entry::<post_saldo_purchasing_power::PostSaldoPurchasingPowerOperation>::NEW,
    &Entry::<post_dental_purchasing_power::PostDentalPurchasingPowerOperation>::NEW,
    &Entry::<get_service_events::GetServiceEventsOperation>::NEW,
    &Entry::<post_dental_service_event::PostDentalServiceEventOperation>::NEW,
    &Entry::<post_service_event::PostServiceEventOperation>::NEW,
];

/// What the services work with.
pub struct Services {
    pub store: Arc<dyn Store>,
    pub keyring: Arc<Keyring>,
    /// Says who may act for whom.
    pub mandates: Mandates,
    pub clock: Clock,
    /// Whether artificial identity codes are taken: everywhere but in production.
    pub artificial_person_ids: bool,
    /// Look-ups of one client that may find nothing within the window, and its length.
    pub misses_max: usize,
    pub misses_window: std::time::Duration,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// Events read for one page of the feed, however many of them the filters leave out.
    pub feed_rows_max: usize,
    /// Tokens of the Admin API that are kept at once, and how long one may hold, in days.
    pub tokens_max: usize,
    pub token_days_max: usize,
}

/// Whose data a request is about, and who says so.
#[derive(Debug)]
pub enum Target<'a> {
    Organiser {
        code: OrganiserCode,
        /// Path of the element that names it.
        field: &'static str,
    },
    /// A provider's business id, as sent.
    Provider(&'a str),
}

/// What the way of a request needs to know of its body.
#[derive(Debug)]
pub struct Scope<'a> {
    pub target: Target<'a>,
    pub purpose: Purpose,
    /// Source system and reference of a post; queries have none and are never replayed.
    pub source: Option<(&'a str, &'a str)>,
    /// Identity codes in the body, as sent.
    pub person_ids: Vec<&'a str>,
}

/// What a decision is made in: the caller, the day, and the store behind it.
pub struct Context<'a> {
    pub services: &'a Services,
    pub client: &'a ClientId,
    pub acting_for: &'a ActingFor,
    /// The only organisers whose data is there; `None` for all.
    pub organisers: Option<&'a Organisers>,
    pub now: Timestamp,
    pub circumstances: Circumstances,
}

/// What a request touched, for the access log.
#[derive(Debug)]
pub struct Touched {
    pub organiser: Option<OrganiserCode>,
    pub persons: Vec<PersonId>,
    pub numbers: Vec<PurchasingPowerNumber>,
    pub events: Vec<EventId>,
    pub data_class: DataClass,
    /// The true reason of an answer that does not tell it.
    pub reason: Option<&'static str>,
    pub rows_returned: u32,
    pub mandate: Option<MandateCheck>,
}

impl Touched {
    /// Nothing but data of a class.
    pub fn nothing(data_class: DataClass) -> Touched {
        Touched {
            organiser: None,
            persons: Vec::new(),
            numbers: Vec::new(),
            events: Vec::new(),
            data_class,
            reason: None,
            rows_returned: 0,
            mandate: None,
        }
    }
}

/// What a service decided.
#[derive(Debug)]
pub struct Decision<P> {
    pub outcome: Outcome<P>,
    pub touched: Touched,
    /// Who acts for the customer: the mandate is asked when the outcome is done.
    pub representation: Option<Representation>,
    pub effect: Option<Effect>,
    /// Whether it counts towards the limit on look-ups that find nothing.
    pub is_miss: bool,
}

/// Done, or refused with everything found.
#[derive(Debug)]
pub enum Outcome<P> {
    Done {
        payload: P,
        warnings: Vec<Rejection>,
    },
    Rejected(Vec<Rejection>),
}

impl<P> Decision<P> {
    /// A refusal that does nothing.
    pub fn rejected(rejections: Vec<Rejection>, touched: Touched) -> Decision<P> {
        Decision {
            outcome: Outcome::Rejected(rejections),
            touched,
            representation: None,
            effect: None,
            is_miss: false,
        }
    }
}

/// A response wrapper: a fault and a result before the payload.
pub trait Response: ContractType {
    type Payload;

    fn new(fault: Option<FaultType>, result: ResultType, payload: Option<Self::Payload>) -> Self;
}

/// One service. Its messages stand on top of its file, its decision below them.
pub trait Operation: Send + Sync + 'static {
    type Request: ContractType + Send + Sync + 'static;
    type Response: Response<Payload = Self::Payload>;
    type Payload: Send;

    const CODE: &'static str;
    const VERSION: Version = V1;
    const TITLE: Docs;
    const NOTES: Docs;
    const TECH_NOTES: Docs;

    /// Whose data the request is about.
    fn scope(request: &Self::Request) -> Scope<'_>;

    /// What the message alone shows to be wrong with it, in the order found. Dates are judged on the day given.
    fn examine(_request: &Self::Request, _circumstances: Circumstances) -> Vec<Rejection> {
        Vec::new()
    }

    /// Decides the request, of a caller who is known to be allowed it. Changes nothing itself.
    fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a Self::Request,
    ) -> impl Future<Output = Result<Decision<Self::Payload>, Failure>> + Send + 'a;
}

/// What a message in the name of a provider shows to be wrong by itself.
fn examined_for(provider: &str, examine: impl FnOnce(&BusinessId) -> Rejections) -> Vec<Rejection> {
    let rejections = match BusinessId::parse(provider) {
        Ok(provider) => examine(&provider),
        Err(_) => {
            let mut rejections = Rejections::default();
            let field = "providerBusinessId";
            rejections.add(Group::Message, Code::BusinessIdInvalid, field);
            rejections
        }
    };
    rejections.into_vec()
}

/// Why a request got no answer of its service.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("too many look-ups found nothing")]
    RateLimited,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// A future of a service.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// A decoded request, ready to be answered.
pub trait Call: Send + Sync {
    /// What the message alone shows to be wrong with it.
    fn examine(&self, circumstances: Circumstances) -> Vec<Rejection>;

    /// Answers the request: authorised, decided, kept and durable.
    fn answer<'a>(&'a self, services: &'a Services, header: &'a Header) -> Answering<'a>;
}

/// A service whose types are not named: what [`OPERATIONS`] lists.
pub trait AnyOperation: Send + Sync {
    /// What is published of it.
    fn contract(&self) -> &'static Published;

    /// Decodes its wrapper, whose start tag was just read.
    fn decode<'a>(
        &self,
        decoder: &mut Decoder<'_, 'a>,
        start: &Start<'a>,
    ) -> Result<Box<dyn Call>, DecodeError>;
}

/// What is published of every service.
pub fn published() -> Vec<Published> {
    Catalogue(OPERATIONS).published()
}

/// What is published of SOAP faults.
pub fn published_faults() -> Vec<FaultDocs> {
    FaultCode::ALL
        .iter()
        .map(|code| {
            let Texts { fi, sv, en } = code.meaning();
            FaultDocs {
                code: code.as_str(),
                docs: Docs { en, fi, sv },
            }
        })
        .collect()
}

/// The service of this code.
pub fn find(code: &str) -> Option<&'static dyn AnyOperation> {
    OPERATIONS
        .iter()
        .copied()
        .find(|operation| operation.contract().code == code)
}

/// Services in some versions, as the envelope's reader asks for them.
#[derive(Clone, Copy)]
pub struct Catalogue(pub &'static [&'static dyn AnyOperation]);

impl Catalogue {
    /// What is published of them.
    pub fn published(self) -> Vec<Published> {
        self.0
            .iter()
            .map(|operation| *operation.contract())
            .collect()
    }

    fn of(self, code: &str) -> impl Iterator<Item = &'static dyn AnyOperation> {
        self.0
            .iter()
            .copied()
            .filter(move |operation| operation.contract().code == code)
    }
}

impl Bodies for Catalogue {
    type Body = Box<dyn Call>;

    fn decode<'a>(
        &self,
        code: &str,
        version: Version,
        decoder: &mut Decoder<'_, 'a>,
        start: &Start<'a>,
    ) -> Option<Result<Box<dyn Call>, DecodeError>> {
        self.of(code)
            .find(|operation| operation.contract().version == version)
            .map(|operation| operation.decode(decoder, start))
    }

    fn versions(&self, code: &str) -> impl Iterator<Item = Version> {
        self.of(code).map(|operation| operation.contract().version)
    }
}

/// An operation as [`OPERATIONS`] lists it.
pub(crate) struct Entry<O: Operation>(std::marker::PhantomData<fn() -> O>);

impl<O: Operation> Entry<O> {
    pub(crate) const NEW: Entry<O> = Entry(std::marker::PhantomData);
    const CONTRACT: &'static Published = &Published {
        code: O::CODE,
        version: O::VERSION,
        title: O::TITLE,
        notes: O::NOTES,
        tech_notes: O::TECH_NOTES,
        request: O::Request::SHAPE,
        response: O::Response::SHAPE,
    };
}

impl<O: Operation> AnyOperation for Entry<O> {
    fn contract(&self) -> &'static Published {
        Self::CONTRACT
    }

    fn decode<'a>(
        &self,
        decoder: &mut Decoder<'_, 'a>,
        start: &Start<'a>,
    ) -> Result<Box<dyn Call>, DecodeError> {
        let request = decoder.wrapper::<O::Request>(start)?;
        Ok(Box::new(Decoded::<O>(request)))
    }
}

struct Decoded<O: Operation>(O::Request);

impl<O: Operation> Call for Decoded<O> {
    fn examine(&self, circumstances: Circumstances) -> Vec<Rejection> {
        O::examine(&self.0, circumstances)
    }

    fn answer<'a>(&'a self, services: &'a Services, header: &'a Header) -> Answering<'a> {
        Box::pin(driver::answer::<O>(services, header, &self.0))
    }
}
