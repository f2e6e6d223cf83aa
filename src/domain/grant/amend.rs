//! AMEND: another decision, validity, providers, quantities or values, from a day on.
//!
//! Invariant: no event is recalculated, nothing that is used is taken back, and no row that a settled
//! event rests on changes.

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::super::circumstances::Circumstances;
use super::super::code::Code;
use super::super::period::Period;
use super::super::purchasing_power::{Content, PurchasingPower};
use super::super::registry::service_type_on;
use super::super::rejection::{Group, Rejections};
use super::change::{Facts, live, settled_from};
use super::content::Span;
use super::parts::block;
use super::terms::{decision, judge_chosen_provider, judge_contract};
use super::{Examined, Findings, ProposedTerms, total_that_fits};

/// Amends `grant`, noting what may not be; whether it is lengthened.
pub(super) fn amend(
    examined: &Examined<'_>,
    facts: &Facts<'_>,
    circumstances: Circumstances,
    grant: &mut PurchasingPower,
    findings: &mut Findings,
) -> bool {
    let proposal = &examined.proposal;
    if let Some(terms) = &proposal.terms {
        judge_fixed(facts.grant, terms, &mut findings.rejections);
        judge_contract(grant.instrument, terms, &mut findings.rejections);
        let legal_basis = terms.legal_basis.unwrap_or(grant.decision.legal_basis);
        grant.decision = decision(terms, legal_basis);
        if examined.validity_holds && terms.valid_from == grant.valid_from {
            grant.valid_to = terms.valid_to;
        }
    }
    let day = effective_day(examined, grant, &mut findings.rejections);
    let mut touches = false;
    if let (Some(day), Some(providers)) = (day, &examined.providers) {
        touches |= grant.providers.append_if_new(day, providers.clone());
        if providers.chosen.is_some() {
            judge_chosen_provider(facts.approvals, day, grant.valid_to, findings);
        }
    }
    if let Some(content) = &proposal.content {
        let span = Span {
            valid_from: grant.valid_from,
            effective_from: day,
        };
        let rejections = &mut findings.rejections;
        let changes = content.amend(&mut grant.content, span, facts.procedures, rejections);
        touches |= changes && examined.content_holds;
    }
    let reaches_settled =
        |day: Date| settled_from(facts.events, first_day_touched(&facts.grant.content, day));
    if touches && day.is_some_and(reaches_settled) {
        let (group, code) = (Group::Grant, Code::PpAmendTouchesSettled);
        findings.rejections.add(group, code, "effectiveFrom");
    }
    judge_shortened(facts, grant.valid_to, &mut findings.rejections);
    let field = match proposal.content {
        Some(_) => block(proposal.kind),
        None => "terms/validTo",
    };
    judge_periods(grant, field, &mut findings.rejections);
    if examined.content_holds || proposal.content.is_none() {
        total_that_fits(grant, field, findings);
    }
    let lengthens = grant.valid_to > facts.grant.valid_to;
    if lengthens && overlaps(facts, grant, circumstances) {
        let (group, code) = (Group::Service, Code::PpOverlap);
        findings.rejections.add(group, code, "terms/validTo");
    }
    lengthens
}

/// What an amendment must repeat as it is.
fn judge_fixed(grant: &PurchasingPower, terms: &ProposedTerms<'_>, rejections: &mut Rejections) {
    let fixed = [
        (terms.instrument == grant.instrument, "terms/instrument"),
        (
            terms.service_code == grant.service_code,
            "terms/serviceCode",
        ),
        (terms.valid_from == grant.valid_from, "terms/validFrom"),
    ];
    for (_, field) in fixed.into_iter().filter(|(holds, _)| !holds) {
        rejections.add(Group::Grant, Code::PpAmendNotAllowed, field);
    }
}

/// The day the change holds from: one of the validity, as it is from now on.
fn effective_day(
    examined: &Examined<'_>,
    grant: &PurchasingPower,
    rejections: &mut Rejections,
) -> Option<Date> {
    let day = examined.proposal.effective_from?;
    if (grant.valid_from..=grant.valid_to).contains(&day) {
        return Some(day);
    }
    rejections.add(Group::Grant, Code::PpValidityInvalid, "effectiveFrom");
    None
}

/// The first day whose settled events a change from `day` on would reach: a period is settled whole.
fn first_day_touched(content: &Content, day: Date) -> Date {
    let Content::Ordinary(ordinary) = content else {
        return day;
    };
    match ordinary.period {
        Period::Week => {
            let week = day.iso_week_date();
            ISOWeekDate::new(week.year(), week.week(), Weekday::Monday)
                .map_or(day, |monday| monday.date())
        }
        Period::Month => day.first_of_month(),
        Period::Day | Period::Year | Period::Once | Period::Whole => day,
    }
}

/// No live event may be left behind the last day.
fn judge_shortened(facts: &Facts<'_>, valid_to: Date, rejections: &mut Rejections) {
    let left_behind = |settled: bool| {
        live(facts.events)
            .any(|event| event.service_date > valid_to && event.state.is_settled() == settled)
    };
    let found = [
        (left_behind(false), Code::PpValidityInvalid),
        (left_behind(true), Code::PpAmendTouchesSettled),
    ];
    for (_, code) in found.into_iter().filter(|(is_found, _)| *is_found) {
        rejections.add(Group::Grant, code, "terms/validTo");
    }
}

/// No period may be granted less than is used of it.
fn judge_periods(grant: &PurchasingPower, field: &str, rejections: &mut Rejections) {
    let Content::Ordinary(ordinary) = &grant.content else {
        return;
    };
    let is_overdrawn = ordinary
        .used
        .keys()
        .any(|key| ordinary.remaining_in(*key, grant.valid_to).0 < 0);
    if is_overdrawn {
        let field = match field {
            "ordinary" => "ordinary/quantityPerPeriod",
            other => other,
        };
        rejections.add(Group::Lines, Code::BalanceBelowUsed, field);
    }
}

/// Whether another grant stands in the way of the longer validity.
fn overlaps(facts: &Facts<'_>, grant: &PurchasingPower, circumstances: Circumstances) -> bool {
    let allowed = service_type_on(facts.service_types, grant.valid_from)
        .is_some_and(|service| service.allow_overlap);
    !allowed
        && facts.customer_grants.iter().any(|other| {
            other.number != grant.number
                && other.overlaps(grant.valid_from, grant.valid_to, circumstances.today)
        })
}
