//! Granting a purchasing power and changing it: six actions, over three kinds.
//!
//! Two steps. [`examine`] looks at the message alone and parses what the facts are asked by; then
//! [`create::decide`] makes a new grant, [`change::decide`] changes one that is there. Both steps only
//! note what they find: all errors come back at once.

pub mod change;
pub mod content;
pub mod create;

mod amend;
mod parts;
mod terms;

use jiff::civil::Date;

use super::access::Representation;
use super::circumstances::{Circumstances, check_person_id};
use super::code::Code;
use super::customer::{Customer, Language};
use super::ledger::Posting;
use super::lookup::NotFound;
use super::money::{Cents, Quantity};
use super::national_code::MunicipalityCode;
use super::number::PurchasingPowerNumber;
use super::person_id::{PersonId, contains_person_id};
use super::purchasing_power::{Kind, Providers, PurchasingPower, ValueBasis};
use super::registry::{CodeItem, DentalPriceItem, Instrument, LegalBasis, OrganiserCode};
use super::rejection::{Group, Rejection, Rejections};

use content::ProposedContent;

/// What is to be done with a purchasing power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Amend,
    Cancel,
    Suspend,
    Resume,
    /// Adds to a balance.
    TopUp,
}

/// A customer as proposed; codes are shaped right, nothing more.
#[derive(Clone, Copy, Debug)]
pub struct ProposedCustomer<'a> {
    pub person_id: &'a str,
    pub given_names: &'a str,
    pub family_name: &'a str,
    pub language: Option<Language>,
    pub municipality_of_residence: Option<MunicipalityCode>,
    pub non_disclosure: Option<bool>,
}

/// The head of a grant as proposed.
#[derive(Clone, Debug)]
pub struct ProposedTerms<'a> {
    pub instrument: Instrument,
    pub service_code: &'a str,
    pub decision_ref: &'a str,
    pub decision_date: Date,
    pub legal_basis: Option<LegalBasis>,
    pub value_basis: ValueBasis,
    pub valid_from: Date,
    pub valid_to: Date,
    pub chosen_provider: Option<&'a str>,
    pub allowed_providers: Vec<&'a str>,
    pub osva_doc_oid: Option<&'a str>,
    pub care_plan_ref: Option<&'a str>,
    pub contract_ref: Option<&'a str>,
    pub note: Option<&'a str>,
}

/// A message of a base system, whichever of the three services it came by.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// Kind of grant that the service is for.
    pub kind: Kind,
    pub action: Action,
    pub number: Option<&'a str>,
    pub expected_version: Option<u64>,
    pub organiser: OrganiserCode,
    pub effective_from: Option<Date>,
    pub reason_text: Option<&'a str>,
    pub customer: Option<ProposedCustomer<'a>>,
    pub terms: Option<ProposedTerms<'a>>,
    /// Of the kind, since the service's schema has no other.
    pub content: Option<ProposedContent<'a>>,
    pub top_up: Option<Quantity>,
    pub source_system: &'a str,
    pub source_reference: &'a str,
    pub acting_person_id: Option<&'a str>,
}

/// What the message alone shows.
#[derive(Debug)]
pub struct Examined<'a> {
    pub proposal: Proposal<'a>,
    /// The customer's code, where it is valid.
    pub person_id: Option<PersonId>,
    /// The grant addressed; `None` with CREATE, or when it can be none.
    pub number: Option<PurchasingPowerNumber>,
    /// Who may give the service; `None` without terms, or with a wrong business id in them.
    pub providers: Option<Providers>,
    acting_person_id: Option<PersonId>,
    /// Whether first and last day hold together.
    validity_holds: bool,
    /// Whether nothing is wrong with the kind's block by itself.
    content_holds: bool,
    pub rejections: Rejections,
}

/// What is known of the procedure codes of a dental block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Procedures<'a> {
    pub code_items: &'a [CodeItem],
    pub price_items: &'a [DentalPriceItem],
}

/// A grant made or changed.
#[derive(Debug)]
pub struct Accepted {
    /// As it is from now on, its postings booked.
    pub grant: PurchasingPower,
    /// As the customer is from now on, if that changes: with every grant made or lengthened.
    pub customer: Option<Customer>,
    /// Whose grant it is.
    pub person_id: PersonId,
    pub postings: Vec<Posting>,
    pub total_authorised: Cents,
    pub warnings: Vec<Rejection>,
    pub representation: Option<Representation>,
}

/// The outcome.
#[derive(Debug)]
pub enum Verdict {
    Accept(Box<Accepted>),
    Reject {
        rejections: Vec<Rejection>,
        /// The true reason of PP_NOT_FOUND.
        not_found: Option<NotFound>,
    },
}

/// What is found while a grant is judged.
#[derive(Debug, Default)]
struct Findings {
    rejections: Rejections,
    warnings: Rejections,
}

impl Examined<'_> {
    /// Notes that the customer's municipality is in no loaded list.
    pub fn note_unlisted_municipality(&mut self) {
        let field = "customer/municipalityOfResidence";
        self.rejections
            .add(Group::Message, Code::MunicipalityUnknown, field);
    }

    /// The customer's municipality, where the message names one.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        self.proposal.customer?.municipality_of_residence
    }
}

/// Looks at the message alone.
pub fn examine(proposal: Proposal<'_>, circumstances: Circumstances) -> Examined<'_> {
    let mut rejections = Rejections::default();
    let mut person = |text, field| check_person_id(text, circumstances, field, &mut rejections);
    let acting_person_id = proposal
        .acting_person_id
        .and_then(|text| person(text, "meta/actingPersonId"));
    let person_id = proposal
        .customer
        .and_then(|customer| person(customer.person_id, "customer/personId"));
    parts::judge(&proposal, &mut rejections);
    check_text(proposal.reason_text, "reason/text", &mut rejections);
    let (mut providers, mut validity_holds) = (None, false);
    if let Some(proposed) = &proposal.terms {
        providers = terms::examine(proposed, circumstances.today, &mut rejections);
        validity_holds = terms::validity_holds(proposed);
    }
    let content_holds = proposal
        .content
        .as_ref()
        .is_some_and(|content| content.examine(&mut rejections));
    let number = match proposal.action {
        Action::Create => None,
        _ => proposal
            .number
            .and_then(|text| PurchasingPowerNumber::parse(text).ok()),
    };
    Examined {
        proposal,
        person_id,
        number,
        providers,
        acting_person_id,
        validity_holds,
        content_holds,
        rejections,
    }
}

fn check_text(text: Option<&str>, field: &str, rejections: &mut Rejections) {
    if text.is_some_and(contains_person_id) {
        rejections.add(Group::Message, Code::TextHasPersonId, field);
    }
}

/// The grant's total, where it fits the contract; else what makes it too large is noted at `field`.
fn total_that_fits(grant: &PurchasingPower, field: &str, findings: &mut Findings) -> Option<Cents> {
    let total = grant
        .total_authorised()
        .filter(|total| total.0 <= Cents::MAX_WIRE);
    if total.is_none() {
        findings
            .rejections
            .add(Group::Message, Code::FieldNotAllowed, field);
    }
    total
}
