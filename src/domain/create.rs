//! Creating an ordinary purchasing power: every rule, judged on the message and on what the store knows.
//!
//! Two steps. [`examine`] looks at the message alone and parses what the facts are asked by;
//! [`decide`] judges it against the facts. Both only note what they find: all errors come back at once.

use jiff::ToSpan;
use jiff::civil::Date;

use super::access::Representation;
use super::business_id::BusinessId;
use super::code::Code;
use super::customer::{Customer, Language};
use super::dated::Dated;
use super::money::{Cents, Quantity};
use super::national_code::MunicipalityCode;
use super::number::PurchasingPowerNumber;
use super::oid::check_oid;
use super::period::Period;
use super::person_id::{PersonId, PersonIdError, contains_person_id};
use super::purchasing_power::{
    Content, Decision, Ordinary, OrdinaryValue, Providers, PurchasingPower, ValueBasis,
};
use super::registry::{
    Instrument, LegalBasis, NotApproved, OrganiserCode, ProviderApproval, ServiceType, Unit,
    approval_on, service_type_on,
};
use super::rejection::{Group, Rejection, Rejections};

/// Longest validity: the last day comes before this anniversary of the first.
const VALIDITY_YEARS_MAX: i16 = 5;

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
#[derive(Clone, Copy, Debug)]
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
    pub allowed_providers: &'a [&'a str],
    pub osva_doc_oid: Option<&'a str>,
    pub care_plan_ref: Option<&'a str>,
    pub contract_ref: Option<&'a str>,
    pub note: Option<&'a str>,
}

/// Quantities and values as proposed.
#[derive(Clone, Copy, Debug)]
pub struct ProposedOrdinary {
    pub unit: Unit,
    pub quantity_per_period: Quantity,
    pub period: Period,
    pub unit_value: Cents,
    pub max_unit_price: Option<Cents>,
}

/// A grant as a base system proposes it.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    pub organiser: OrganiserCode,
    pub source_system: &'a str,
    pub source_reference: &'a str,
    pub acting_person_id: Option<&'a str>,
    pub customer: Option<ProposedCustomer<'a>>,
    pub terms: Option<ProposedTerms<'a>>,
    pub ordinary: Option<ProposedOrdinary>,
    /// Paths of the fields present that creation must not have.
    pub not_allowed: &'a [&'static str],
    /// Text of a reason, where one is present all the same.
    pub reason_text: Option<&'a str>,
}

/// The day, and what the environment admits.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    pub today: Date,
    pub artificial_person_ids: bool,
}

/// What the message alone shows.
#[derive(Debug)]
pub struct Examined<'a> {
    pub proposal: Proposal<'a>,
    pub person_id: Option<PersonId>,
    pub acting_person_id: Option<PersonId>,
    chosen_provider: Option<BusinessId>,
    allowed_providers: Vec<BusinessId>,
    validity_holds: bool,
    rejections: Rejections,
}

/// What the store knows about the matter.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub service_types: &'a [ServiceType],
    /// The chosen provider's approvals for the service.
    pub approvals: &'a [ProviderApproval],
    pub customer: Option<&'a Customer>,
    /// The customer's grants for the service.
    pub grants: &'a [PurchasingPower],
    pub municipality_is_listed: bool,
}

/// The outcome.
#[derive(Debug)]
pub enum Verdict {
    /// Keep these two.
    Create {
        customer: Customer,
        grant: Box<PurchasingPower>,
        total_authorised: Cents,
        warnings: Vec<Rejection>,
        representation: Option<Representation>,
    },
    Reject(Vec<Rejection>),
}

/// Parses a personal identity code and notes what is wrong with it.
pub fn check_person_id(
    text: &str,
    circumstances: Circumstances,
    field: &str,
    rejections: &mut Rejections,
) -> Option<PersonId> {
    let parsed: Result<PersonId, PersonIdError> = PersonId::parse(text, circumstances.today);
    match parsed {
        Ok(person_id) if person_id.is_artificial() && !circumstances.artificial_person_ids => {
            rejections.add(Group::Message, Code::HetuArtificialNotAllowed, field);
            None
        }
        Ok(person_id) => Some(person_id),
        Err(_) => {
            rejections.add(Group::Message, Code::HetuInvalid, field);
            None
        }
    }
}

/// Looks at the message alone.
pub fn examine(proposal: Proposal<'_>, circumstances: Circumstances) -> Examined<'_> {
    let mut rejections = Rejections::default();
    let acting_person_id = proposal.acting_person_id.and_then(|text| {
        check_person_id(text, circumstances, "meta/actingPersonId", &mut rejections)
    });
    for field in proposal.not_allowed {
        rejections.add(Group::Message, Code::FieldNotAllowed, *field);
    }
    check_text(proposal.reason_text, "reason/text", &mut rejections);
    require(proposal.customer.is_some(), "customer", &mut rejections);
    require(proposal.terms.is_some(), "terms", &mut rejections);
    require(proposal.ordinary.is_some(), "ordinary", &mut rejections);

    let person_id = proposal.customer.and_then(|customer| {
        check_person_id(
            customer.person_id,
            circumstances,
            "customer/personId",
            &mut rejections,
        )
    });
    let mut examined = Examined {
        proposal,
        person_id,
        acting_person_id,
        chosen_provider: None,
        allowed_providers: Vec::new(),
        validity_holds: false,
        rejections,
    };
    if let Some(terms) = proposal.terms {
        examine_terms(&mut examined, &terms, circumstances.today);
    }
    examined
}

fn require(present: bool, field: &str, rejections: &mut Rejections) {
    if !present {
        rejections.add(Group::Message, Code::FieldRequired, field);
    }
}

fn check_text(text: Option<&str>, field: &str, rejections: &mut Rejections) {
    if text.is_some_and(contains_person_id) {
        rejections.add(Group::Message, Code::TextHasPersonId, field);
    }
}

fn examine_terms(examined: &mut Examined<'_>, terms: &ProposedTerms<'_>, today: Date) {
    let rejections = &mut examined.rejections;
    let business_id = |text: &str, field: &str, rejections: &mut Rejections| {
        let parsed = BusinessId::parse(text).ok();
        if parsed.is_none() {
            rejections.add(Group::Message, Code::BusinessIdInvalid, field);
        }
        parsed
    };
    examined.chosen_provider = terms
        .chosen_provider
        .and_then(|text| business_id(text, "terms/chosenProviderBusinessId", rejections));
    for (index, text) in terms.allowed_providers.iter().enumerate() {
        let field = format!("terms/allowedProviderBusinessId[{}]", index + 1);
        examined
            .allowed_providers
            .extend(business_id(text, &field, rejections));
    }
    if terms
        .osva_doc_oid
        .is_some_and(|oid| check_oid(oid).is_err())
    {
        rejections.add(Group::Message, Code::OidInvalid, "terms/osvaDocOid");
    }
    check_text(terms.note, "terms/note", rejections);

    if terms.decision_date > today {
        rejections.add(Group::Grant, Code::PpValidityInvalid, "terms/decisionDate");
    }
    // A validity so late that its anniversary is past the calendar's end is bounded by that end.
    let anniversary = terms
        .valid_from
        .checked_add(VALIDITY_YEARS_MAX.years())
        .unwrap_or(Date::MAX);
    examined.validity_holds = terms.valid_from <= terms.valid_to && terms.valid_to < anniversary;
    if !examined.validity_holds {
        rejections.add(Group::Grant, Code::PpValidityInvalid, "terms/validTo");
    }
}

/// Judges an examined proposal against the facts. `number` is what the grant gets if it is made.
pub fn decide(
    examined: Examined<'_>,
    facts: Facts<'_>,
    number: PurchasingPowerNumber,
    circumstances: Circumstances,
) -> Verdict {
    let mut examined = examined;
    let mut rejections = std::mem::take(&mut examined.rejections);
    let mut warnings = Rejections::default();
    if !facts.municipality_is_listed {
        let field = "customer/municipalityOfResidence";
        rejections.add(Group::Message, Code::MunicipalityUnknown, field);
    }
    if let Some(terms) = examined.proposal.terms {
        judge_service(&examined, &terms, facts, circumstances, &mut rejections);
        judge_chosen_provider(&examined, &terms, facts, &mut rejections, &mut warnings);
    }
    let grant = draft(&examined, facts, number);
    let total_authorised = grant
        .as_ref()
        .filter(|_| examined.validity_holds)
        .map(|grant| {
            grant
                .total_authorised()
                .filter(|total| total.0 <= Cents::MAX_WIRE)
        });
    if total_authorised == Some(None) {
        rejections.add(Group::Message, Code::FieldNotAllowed, "ordinary");
    }
    if !rejections.is_empty() {
        return Verdict::Reject(rejections.into_vec());
    }
    let (Some(grant), Some(Some(total_authorised)), Some(customer)) =
        (grant, total_authorised, merged_customer(&examined, facts))
    else {
        // Whatever is missing here was noted above: without a note nothing is missing.
        return Verdict::Reject(Vec::new());
    };
    Verdict::Create {
        representation: Representation::of(examined.acting_person_id, &customer.person_id),
        customer,
        grant: Box::new(grant),
        total_authorised,
        warnings: warnings.into_vec(),
    }
}

fn judge_service(
    examined: &Examined<'_>,
    terms: &ProposedTerms<'_>,
    facts: Facts<'_>,
    circumstances: Circumstances,
    rejections: &mut Rejections,
) {
    if terms.instrument == Instrument::Purchase && terms.contract_ref.is_none() {
        rejections.add(
            Group::Service,
            Code::ContractRefRequired,
            "terms/contractRef",
        );
    }
    let Some(service) = service_type_on(facts.service_types, terms.valid_from) else {
        rejections.add(
            Group::Service,
            Code::ServiceTypeUnknown,
            "terms/serviceCode",
        );
        return;
    };
    if !service.instruments.contains(&terms.instrument) {
        rejections.add(
            Group::Service,
            Code::InstrumentNotAllowed,
            "terms/instrument",
        );
    }
    let unit = examined.proposal.ordinary.map(|ordinary| ordinary.unit);
    if unit.is_some_and(|unit| unit != service.unit) {
        rejections.add(Group::Service, Code::UnitNotAllowed, "ordinary/unit");
    }
    let overlaps = examined.validity_holds
        && !service.allow_overlap
        && facts
            .grants
            .iter()
            .any(|grant| grant.overlaps(terms.valid_from, terms.valid_to, circumstances.today));
    if overlaps {
        rejections.add(Group::Service, Code::PpOverlap, "terms/validFrom");
    }
}

fn judge_chosen_provider(
    examined: &Examined<'_>,
    terms: &ProposedTerms<'_>,
    facts: Facts<'_>,
    rejections: &mut Rejections,
    warnings: &mut Rejections,
) {
    let service_is_known = service_type_on(facts.service_types, terms.valid_from).is_some();
    if examined.chosen_provider.is_none() || !service_is_known {
        return;
    }
    let field = "terms/chosenProviderBusinessId";
    match approval_on(facts.approvals, terms.valid_from) {
        Err(NotApproved::Never) => {
            rejections.add(Group::Service, Code::ProviderNotApproved, field);
        }
        Err(NotApproved::OnThatDay) => {
            rejections.add(Group::Service, Code::ProviderApprovalNotValidOnDate, field);
        }
        Ok(approval) => {
            if approval.valid_to.is_some_and(|end| end < terms.valid_to) {
                warnings.add(Group::Service, Code::ProviderApprovalEndsEarly, field);
            }
        }
    }
}

/// The grant as it would be kept; `None` while a part of the message is missing.
fn draft(
    examined: &Examined<'_>,
    facts: Facts<'_>,
    number: PurchasingPowerNumber,
) -> Option<PurchasingPower> {
    let proposal = &examined.proposal;
    let (terms, ordinary) = (proposal.terms?, proposal.ordinary?);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let legal_basis = terms.legal_basis.or(match terms.instrument {
        Instrument::Purchase => Some(LegalBasis::Ostopalvelu),
        Instrument::Voucher => service_type_on(facts.service_types, terms.valid_from)
            .map(|service| service.legal_basis),
    });
    Some(PurchasingPower {
        number,
        organiser: proposal.organiser,
        service_code: terms.service_code.to_owned(),
        instrument: terms.instrument,
        valid_from: terms.valid_from,
        valid_to: terms.valid_to,
        decision: Decision {
            reference: terms.decision_ref.to_owned(),
            date: terms.decision_date,
            // Without a service type the draft is refused and never kept.
            legal_basis: legal_basis.unwrap_or(LegalBasis::Psl569Of2009),
            value_basis: terms.value_basis,
            osva_doc_oid: owned(terms.osva_doc_oid),
            care_plan_ref: owned(terms.care_plan_ref),
            contract_ref: owned(terms.contract_ref),
            note: owned(terms.note),
        },
        providers: Dated::from(
            terms.valid_from,
            Providers {
                chosen: examined.chosen_provider.clone(),
                allowed: examined.allowed_providers.clone(),
            },
        ),
        content: Content::Ordinary(Ordinary {
            unit: ordinary.unit,
            period: ordinary.period,
            values: Dated::from(
                terms.valid_from,
                OrdinaryValue {
                    quantity_per_period: ordinary.quantity_per_period,
                    unit_value: ordinary.unit_value,
                    max_unit_price: ordinary.max_unit_price,
                },
            ),
            used: Default::default(),
        }),
        suspended: false,
        cancelled_from: None,
        source_system: proposal.source_system.to_owned(),
        source_reference: proposal.source_reference.to_owned(),
        version: 1,
        revision: 1,
    })
}

/// The customer from now on: names as sent, the rest as sent where it was, else as before.
fn merged_customer(examined: &Examined<'_>, facts: Facts<'_>) -> Option<Customer> {
    let proposed = examined.proposal.customer?;
    let before = facts.customer;
    Some(Customer {
        organiser: examined.proposal.organiser,
        person_id: examined.person_id.clone()?,
        given_names: proposed.given_names.to_owned(),
        family_name: proposed.family_name.to_owned(),
        language: proposed
            .language
            .or(before.and_then(|customer| customer.language)),
        municipality_of_residence: proposed
            .municipality_of_residence
            .or(before.and_then(|customer| customer.municipality_of_residence)),
        non_disclosure: proposed
            .non_disclosure
            .unwrap_or(before.is_some_and(|customer| customer.non_disclosure)),
        version: before.map_or(0, |customer| customer.version) + 1,
    })
}
