//! Recording a service event: every rule, judged on the message and on what the store knows; and the
//! organiser's decisions about one that is recorded.
//!
//! One way for all kinds. [`examine()`] looks at the message alone and says what is to be looked up;
//! [`decide()`] judges it against the facts. Both only note what they find, so that all errors come back
//! at once; whatever is wrong, nothing changes. [`organiser`] approves, rejects, credits and settles.
//!
//! ```text
//! examine    the message alone                                        group 1
//! decide     which event, which grant, may the provider know of it    group 2
//! timing     kind, lock, version, the grant's state, dates            group 3
//! decide     service, approval, unit                                  group 4
//! dental     a procedure's code, place, granted line, repeats         group 5, stages 1–6
//! lines      price and shares                                         group 5, stage 7
//! reserve    quota, balance, ceiling                                  group 5, stage 8
//! decide     totals                                                   group 6
//! ```

mod credit;
mod decide;
mod dental;
mod examine;
mod lines;
pub mod organiser;
mod reserve;
mod timing;

use jiff::Timestamp;
use jiff::civil::Date;

use super::access::Representation;
use super::business_id::BusinessId;
use super::circumstances::Circumstances;
use super::customer::Customer;
use super::event_id::EventId;
use super::ledger::{Posting, PostingKind};
use super::lookup::NotFound;
use super::money::{Cents, Quantity};
use super::number::PurchasingPowerNumber;
use super::period::PeriodKey;
use super::person_id::PersonId;
use super::purchasing_power::{Kind, PurchasingPower};
use super::registry::{
    CodeItem, DentalPriceItem, Organiser, Provider, ProviderApproval, ServiceType, Unit,
};
use super::rejection::{Rejection, Rejections};
use super::service_event::{Details, PlacedEvent, ServiceEvent, Shares};

pub use decide::decide;
pub use examine::examine;

/// What a provider does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    /// Replaces an event whole.
    Update,
    Delete,
}

/// The message an event comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines are `procedure`, on dental grants.
    Dental,
    /// Lines are `line`, on ordinary grants and balances.
    General,
}

impl Form {
    /// Name of the repeated element of the lines.
    pub fn lines_field(self) -> &'static str {
        match self {
            Form::Dental => "procedure",
            Form::General => "line",
        }
    }

    /// Whether grants of this kind take events of this form.
    pub fn takes(self, kind: Kind) -> bool {
        (self == Form::Dental) == (kind == Kind::Dental)
    }
}

/// The dental part of a proposed line, as written.
#[derive(Clone, Copy, Debug)]
pub struct ProposedProcedure<'a> {
    pub code: &'a str,
    pub tooth: Option<&'a str>,
    pub surfaces: Option<&'a str>,
    pub area: Option<&'a str>,
    pub count: u32,
    pub authorised_line_no: Option<u64>,
}

/// A proposed line.
#[derive(Clone, Copy, Debug)]
pub struct ProposedLine<'a> {
    pub line_no: u64,
    /// Of a procedure its count.
    pub quantity: Quantity,
    pub unit_price: Cents,
    /// With [`Form::Dental`] always, with [`Form::General`] never.
    pub procedure: Option<ProposedProcedure<'a>>,
}

/// An event as a provider proposes it.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    pub form: Form,
    pub action: Action,
    pub event_id: Option<&'a str>,
    pub expected_version: Option<u64>,
    pub number: &'a str,
    pub person_id: &'a str,
    /// The provider acted for.
    pub provider: &'a BusinessId,
    pub provider_unit_code: Option<&'a str>,
    pub service_date: Date,
    pub acting_person_id: Option<&'a str>,
    pub source_system: &'a str,
    pub source_reference: &'a str,
    /// In document order.
    pub lines: Vec<ProposedLine<'a>>,
    pub details: Details,
    /// The sender's own sums.
    pub totals: Option<Shares>,
}

impl Proposal<'_> {
    fn is_no_show(&self) -> bool {
        self.details.no_show == Some(true)
    }

    /// Path of the line at this place, counted from 0.
    fn line_field(&self, index: usize) -> String {
        format!("{}[{}]", self.form.lines_field(), index + 1)
    }
}

/// What facts are asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Number(PurchasingPowerNumber),
    /// The event, and the grant it is on.
    Event(EventId),
}

/// What the message alone shows.
#[derive(Debug)]
pub struct Examined<'a> {
    pub proposal: Proposal<'a>,
    number: Option<PurchasingPowerNumber>,
    event_id: Option<EventId>,
    person_id: Option<PersonId>,
    acting_person_id: Option<PersonId>,
    pub rejections: Rejections,
}

impl Examined<'_> {
    /// The person named, where the code is valid.
    pub fn person_id(&self) -> Option<&PersonId> {
        self.person_id.as_ref()
    }

    /// The number named, where it can be one.
    pub fn number(&self) -> Option<PurchasingPowerNumber> {
        self.number
    }

    /// The event named, where there can be one.
    pub fn event_id(&self) -> Option<EventId> {
        self.event_id
    }

    /// What to look up; `None` when there is nothing to look up: with an invalid person nothing is.
    pub fn asked(&self) -> Option<Asked> {
        self.person_id.as_ref()?;
        match self.proposal.action {
            Action::Create => self.number.map(Asked::Number),
            Action::Update | Action::Delete => self.event_id.map(Asked::Event),
        }
    }
}

/// What the store knows.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub grant: &'a PurchasingPower,
    pub customer: &'a Customer,
    pub organiser: &'a Organiser,
    pub service_types: &'a [ServiceType],
    pub provider: Option<&'a Provider>,
    /// The provider's approvals for the service.
    pub approvals: &'a [ProviderApproval],
    /// Items of the procedure codes of the message and of the grant's events.
    pub code_items: &'a [CodeItem],
    /// The organiser's price items of the message's codes.
    pub price_items: &'a [DentalPriceItem],
    /// The event asked by id.
    pub event: Option<&'a ServiceEvent>,
    /// All events of a dental grant.
    pub events: &'a [PlacedEvent],
}

/// When a decision is made, and the identifier of what it may make.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    pub now: Timestamp,
    pub circumstances: Circumstances,
    pub new_id: EventId,
}

/// What a decision changes on one grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// With the postings booked, its revision one higher.
    pub grant: PurchasingPower,
    pub postings: Vec<Posting>,
    /// The event decided on, as it is from now on.
    pub event: ServiceEvent,
    /// A CREDIT row made beside it.
    pub credit: Option<ServiceEvent>,
}

impl Changed {
    /// Books postings and raises the revision.
    fn on(
        grant: &PurchasingPower,
        postings: Vec<Posting>,
        event: ServiceEvent,
        credit: Option<ServiceEvent>,
    ) -> Changed {
        let mut grant = grant.clone();
        let postings: Vec<Posting> = postings
            .into_iter()
            .filter(|posting| !posting.entries.is_empty())
            .collect();
        for posting in &postings {
            grant.book(posting);
        }
        grant.revision += 1;
        Changed {
            grant,
            postings,
            event,
            credit,
        }
    }
}

/// What is left of a grant, as a provider is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// Of a period or a balance, in thousandths of the unit.
    Quantity {
        period: PeriodKey,
        left: Quantity,
        unit: Unit,
    },
    Dental {
        ceiling: Option<Cents>,
        /// Number and count left of each granted line.
        lines: Vec<(u64, u32)>,
    },
}

/// Why an event or its grant is answered as not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    Grant(NotFound),
    NoSuchEvent,
    /// The event is on another grant than the one named.
    OtherNumber,
    OtherPerson,
    OtherProvider,
}

impl Unseen {
    /// Name in the access log.
    pub fn as_str(self) -> &'static str {
        match self {
            Unseen::Grant(not_found) => not_found.as_str(),
            Unseen::NoSuchEvent => "NO_SUCH_EVENT",
            Unseen::OtherNumber => "OTHER_NUMBER",
            Unseen::OtherPerson => NotFound::OtherPerson.as_str(),
            Unseen::OtherProvider => "OTHER_PROVIDER",
        }
    }

    /// Whether it counts towards the limit on misses: EVENT_NOT_FOUND never does.
    pub fn is_miss(self) -> bool {
        matches!(self, Unseen::Grant(not_found) if not_found.is_miss())
    }
}

/// The outcome.
#[derive(Debug)]
pub enum Verdict {
    Record {
        changed: Box<Changed>,
        warnings: Vec<Rejection>,
        representation: Option<Representation>,
        remaining: Remaining,
    },
    Reject {
        rejections: Vec<Rejection>,
        unseen: Option<Unseen>,
    },
    /// A value of the grant is missing: data, not the caller, is at fault.
    Incomplete,
}

/// The posting that gives back what an event has taken.
fn release(event: &ServiceEvent, grant: &PurchasingPower, at: Timestamp) -> Posting {
    event.posting(grant, at).reversing(at, PostingKind::Release)
}

#[cfg(test)]
mod tests;
