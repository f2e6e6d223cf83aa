//! CREATE: a new grant of any kind.

use jiff::Timestamp;

use super::super::access::Representation;
use super::super::circumstances::Circumstances;
use super::super::code::Code;
use super::super::customer::Customer;
use super::super::dated::Dated;
use super::super::ledger::{Posting, PostingKind};
use super::super::money::Cents;
use super::super::number::PurchasingPowerNumber;
use super::super::purchasing_power::PurchasingPower;
use super::super::registry::{
    Instrument, LegalBasis, ProviderApproval, ServiceType, service_type_on,
};
use super::super::rejection::{Group, Rejections};
use super::parts::block;
use super::terms::{decision, judge_chosen_provider, judge_contract};
use super::{Accepted, Examined, Findings, Procedures, ProposedTerms, Verdict, total_that_fits};

/// What the store knows about the matter.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub service_types: &'a [ServiceType],
    /// The chosen provider's approvals for the service.
    pub approvals: &'a [ProviderApproval],
    pub customer: Option<&'a Customer>,
    /// The customer's grants for the service.
    pub grants: &'a [PurchasingPower],
    pub procedures: Procedures<'a>,
}

/// Judges an examined proposal against the facts. `number` is what the grant gets if it is made.
pub fn decide(
    examined: Examined<'_>,
    facts: Facts<'_>,
    number: PurchasingPowerNumber,
    circumstances: Circumstances,
    at: Timestamp,
) -> Verdict {
    let mut examined = examined;
    let mut findings = Findings {
        rejections: std::mem::take(&mut examined.rejections),
        ..Findings::default()
    };
    if let Some(terms) = &examined.proposal.terms {
        judge_service(
            &examined,
            terms,
            facts,
            circumstances,
            &mut findings.rejections,
        );
        let service_is_known = service_type_on(facts.service_types, terms.valid_from).is_some();
        let chooses = examined
            .providers
            .as_ref()
            .is_some_and(|providers| providers.chosen.is_some());
        if chooses && service_is_known {
            judge_chosen_provider(
                facts.approvals,
                terms.valid_from,
                terms.valid_to,
                &mut findings,
            );
        }
    }
    let grant = draft(&examined, facts, number, &mut findings.rejections);
    let total_authorised = grant
        .as_ref()
        .filter(|_| examined.validity_holds)
        .and_then(|grant| total_that_fits(grant, block(examined.proposal.kind), &mut findings));
    if let (true, Some(grant), Some(total_authorised), Some(customer)) = (
        findings.rejections.is_empty(),
        grant,
        total_authorised,
        merged_customer(&examined, facts),
    ) {
        return Verdict::Accept(Box::new(Accepted {
            person_id: customer.person_id.clone(),
            representation: Representation::of(
                examined.acting_person_id,
                &customer.person_id,
                service_type_on(facts.service_types, grant.valid_from),
            ),
            grant,
            customer: Some(customer),
            postings: vec![Posting::authorised(
                at,
                PostingKind::Grant,
                Cents(0),
                total_authorised,
            )],
            total_authorised,
            warnings: findings.warnings.into_vec(),
        }));
    }
    // Whatever is missing for a grant was noted above.
    Verdict::Reject {
        rejections: findings.rejections.into_vec(),
        not_found: None,
    }
}

fn judge_service(
    examined: &Examined<'_>,
    terms: &ProposedTerms<'_>,
    facts: Facts<'_>,
    circumstances: Circumstances,
    rejections: &mut Rejections,
) {
    judge_contract(terms.instrument, terms, rejections);
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
    if let Some(content) = &examined.proposal.content {
        content.judge_service(service, rejections);
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

/// The grant as it would be kept; `None` while a part of the message is missing or wrong.
fn draft(
    examined: &Examined<'_>,
    facts: Facts<'_>,
    number: PurchasingPowerNumber,
    rejections: &mut Rejections,
) -> Option<PurchasingPower> {
    let proposal = &examined.proposal;
    let (terms, content) = (proposal.terms.as_ref()?, proposal.content.as_ref()?);
    let content = content
        .granted(terms.valid_from, facts.procedures, rejections)
        .filter(|_| examined.content_holds)?;
    let legal_basis = terms.legal_basis.or(match terms.instrument {
        Instrument::Purchase => Some(LegalBasis::Ostopalvelu),
        Instrument::Voucher => service_type_on(facts.service_types, terms.valid_from)
            .map(|service| service.legal_basis),
    });
    // Without a service type, or with a wrong business id, the draft is refused and never kept.
    let legal_basis = legal_basis.unwrap_or(LegalBasis::Psl569Of2009);
    let providers = examined.providers.clone().unwrap_or_default();
    Some(PurchasingPower {
        number,
        organiser: proposal.organiser,
        service_code: terms.service_code.to_owned(),
        instrument: terms.instrument,
        valid_from: terms.valid_from,
        valid_to: terms.valid_to,
        decision: decision(terms, legal_basis),
        providers: Dated::from(terms.valid_from, providers),
        content,
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
