//! The head of a grant: identifiers, texts and dates by themselves, and the organiser's rules that
//! CREATE and AMEND share.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::business_id::BusinessId;
use super::super::code::Code;
use super::super::oid::check_oid;
use super::super::purchasing_power::{Decision, Providers};
use super::super::registry::{Instrument, LegalBasis, NotApproved, ProviderApproval, approval_on};
use super::super::rejection::{Group, Rejections};
use super::{Findings, ProposedTerms, check_text};

/// Longest validity: the last day comes before this anniversary of the first.
const VALIDITY_YEARS_MAX: i16 = 5;

const CHOSEN_PROVIDER: &str = "terms/chosenProviderBusinessId";

/// Looks at the terms alone; `None` when a business id is wrong.
pub(super) fn examine(
    terms: &ProposedTerms<'_>,
    today: Date,
    rejections: &mut Rejections,
) -> Option<Providers> {
    let mut business_id = |text: &str, field: &str| {
        let parsed = BusinessId::parse(text).ok();
        if parsed.is_none() {
            rejections.add(Group::Message, Code::BusinessIdInvalid, field);
        }
        parsed
    };
    let chosen = terms
        .chosen_provider
        .map(|text| business_id(text, CHOSEN_PROVIDER));
    // In one order and each once: another order is no change.
    let mut allowed: Vec<Option<BusinessId>> = Vec::new();
    for (index, text) in terms.allowed_providers.iter().enumerate() {
        let field = format!("terms/allowedProviderBusinessId[{}]", index + 1);
        allowed.push(business_id(text, &field));
    }
    allowed.sort();
    allowed.dedup();
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
    if !validity_holds(terms) {
        rejections.add(Group::Grant, Code::PpValidityInvalid, "terms/validTo");
    }
    Some(Providers {
        chosen: match chosen {
            Some(parsed) => Some(parsed?),
            None => None,
        },
        allowed: allowed.into_iter().collect::<Option<Vec<BusinessId>>>()?,
    })
}

/// Whether first and last day hold together.
pub(super) fn validity_holds(terms: &ProposedTerms<'_>) -> bool {
    // A validity so late that its anniversary is past the calendar's end is bounded by that end.
    let anniversary = terms
        .valid_from
        .checked_add(VALIDITY_YEARS_MAX.years())
        .unwrap_or(Date::MAX);
    terms.valid_from <= terms.valid_to && terms.valid_to < anniversary
}

/// The decision that the terms tell of.
pub(super) fn decision(terms: &ProposedTerms<'_>, legal_basis: LegalBasis) -> Decision {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Decision {
        reference: terms.decision_ref.to_owned(),
        date: terms.decision_date,
        legal_basis,
        value_basis: terms.value_basis,
        osva_doc_oid: owned(terms.osva_doc_oid),
        care_plan_ref: owned(terms.care_plan_ref),
        contract_ref: owned(terms.contract_ref),
        note: owned(terms.note),
    }
}

/// A purchased service needs its contract.
pub(super) fn judge_contract(
    instrument: Instrument,
    terms: &ProposedTerms<'_>,
    rejections: &mut Rejections,
) {
    if instrument == Instrument::Purchase && terms.contract_ref.is_none() {
        let field = "terms/contractRef";
        rejections.add(Group::Service, Code::ContractRefRequired, field);
    }
}

/// A provider chosen needs an approval on `day`, and is warned of one that ends before the grant does.
pub(super) fn judge_chosen_provider(
    approvals: &[ProviderApproval],
    day: Date,
    valid_to: Date,
    findings: &mut Findings,
) {
    let refused = match approval_on(approvals, day) {
        Ok(approval) => {
            if approval.valid_to.is_some_and(|end| end < valid_to) {
                let code = Code::ProviderApprovalEndsEarly;
                findings.warnings.add(Group::Service, code, CHOSEN_PROVIDER);
            }
            return;
        }
        Err(NotApproved::Never) => Code::ProviderNotApproved,
        Err(NotApproved::OnThatDay) => Code::ProviderApprovalNotValidOnDate,
    };
    findings
        .rejections
        .add(Group::Service, refused, CHOSEN_PROVIDER);
}
