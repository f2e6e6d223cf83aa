//! The decision about an examined event: which grant and event it is about, the checks in their order,
//! and what is recorded when all hold.

use crate::domain::access::Representation;
use crate::domain::code::Code;
use crate::domain::lookup::{NotFound, approval_code, judge_unit, shown_to};
use crate::domain::money::Cents;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::{Content, Kind, PurchasingPower};
use crate::domain::registry::{
    NotApproved, ProviderApproval, ServiceType, approval_on, service_type_on,
};
use crate::domain::rejection::{Group, Rejections};
use crate::domain::service_event::{EventKind, EventLine, EventState, ServiceEvent, Shares};

use super::lines::{Bounds, judge_general};
use super::reserve::{judge_ceiling, judge_quantities, remaining};
use super::{
    Action, Changed, Examined, Facts, Occasion, Proposal, Unseen, Verdict, dental, release, timing,
};

/// Judges an examined event. `facts` are those of what was [asked](Examined::asked), `None` when it is
/// not there.
pub fn decide(examined: Examined<'_>, facts: Option<Facts<'_>>, occasion: Occasion) -> Verdict {
    let mut examined = examined;
    let mut rejections = std::mem::take(&mut examined.rejections);
    let Some(person_id) = examined.person_id.clone() else {
        return reject(rejections);
    };
    let proposal = &examined.proposal;
    if proposal.action != Action::Create && proposal.event_id.is_none() {
        return reject(rejections);
    }
    let (facts, before) = match find(&examined, &person_id, facts) {
        Ok(found) => found,
        Err(unseen) => {
            let (code, field) = match unseen {
                Unseen::Grant(_) => (Code::PpNotFound, "purchasingPowerNumber"),
                _ => (Code::EventNotFound, "eventId"),
            };
            rejections.add(Group::NotFound, code, field);
            return Verdict::Reject {
                rejections: rejections.into_vec(),
                unseen: Some(unseen),
            };
        }
    };
    let kind_fits = proposal.form.takes(facts.grant.kind());
    if !kind_fits {
        let field = "purchasingPowerNumber";
        rejections.add(Group::Grant, Code::PpKindMismatch, field);
    }
    let is_open = match before.filter(|_| kind_fits) {
        Some(before) => timing::may_change(proposal, before, &mut rejections),
        None => true,
    };
    if !is_open {
        return reject(rejections);
    }
    let mut warnings = Rejections::default();
    let changed = match (proposal.action, before) {
        (Action::Delete, Some(before)) => Some(deleted(&facts, before, occasion)),
        _ => judge(
            &examined,
            &facts,
            before,
            occasion,
            &mut rejections,
            &mut warnings,
        ),
    };
    if !rejections.is_empty() {
        return reject(rejections);
    }
    let Some(changed) = changed else {
        return Verdict::Incomplete;
    };
    Verdict::Record {
        remaining: remaining(&changed.grant, changed.event.service_date),
        representation: Representation::of(
            examined.acting_person_id,
            &person_id,
            service_type_on(facts.service_types, changed.event.service_date),
        ),
        changed: Box::new(changed),
        warnings: warnings.into_vec(),
    }
}

fn reject(rejections: Rejections) -> Verdict {
    Verdict::Reject {
        rejections: rejections.into_vec(),
        unseen: None,
    }
}

/// The grant, and the event to be changed: group 2. Number, person and provider of an event are fixed;
/// whoever names others is told no more than that there is no such event.
fn find<'f>(
    examined: &Examined<'_>,
    person_id: &PersonId,
    facts: Option<Facts<'f>>,
) -> Result<(Facts<'f>, Option<&'f ServiceEvent>), Unseen> {
    let proposal = &examined.proposal;
    let shown = |facts: &Facts<'_>| {
        shown_to(
            proposal.provider,
            facts.grant,
            facts.customer,
            Some(person_id),
            proposal.service_date,
        )
        .map_err(Unseen::Grant)
    };
    if proposal.action == Action::Create {
        let facts = match (examined.number, facts) {
            (None, _) => return Err(Unseen::Grant(NotFound::CheckCharacter)),
            (Some(_), None) => return Err(Unseen::Grant(NotFound::NoSuchNumber)),
            (Some(_), Some(facts)) => facts,
        };
        shown(&facts)?;
        return Ok((facts, None));
    }
    let found = facts.and_then(|facts| Some((facts, facts.event?)));
    let (facts, event) = found.ok_or(Unseen::NoSuchEvent)?;
    if event.provider != *proposal.provider {
        return Err(Unseen::OtherProvider);
    }
    if Some(event.number) != examined.number {
        return Err(Unseen::OtherNumber);
    }
    if event.person_id != *person_id {
        return Err(Unseen::OtherPerson);
    }
    if proposal.action == Action::Update {
        shown(&facts)?;
    }
    Ok((facts, Some(event)))
}

/// The event as it was, deleted, and its use given back.
fn deleted(facts: &Facts<'_>, before: &ServiceEvent, occasion: Occasion) -> Changed {
    let event = ServiceEvent {
        state: EventState::Poistettu,
        version: before.version + 1,
        ..before.clone()
    };
    let given_back = release(before, facts.grant, occasion.now);
    Changed::on(facts.grant, vec![given_back], event, None)
}

/// Groups 3 to 6 of an event that is created, or replaced whole.
fn judge(
    examined: &Examined<'_>,
    facts: &Facts<'_>,
    before: Option<&ServiceEvent>,
    occasion: Occasion,
    rejections: &mut Rejections,
    warnings: &mut Rejections,
) -> Option<Changed> {
    let proposal = &examined.proposal;
    let today = occasion.circumstances.today;
    let in_time = timing::judge(proposal, facts, before, today, rejections);
    let (service, approval) = judge_service(proposal, facts, in_time, rejections);

    let given_back = before.map(|before| release(before, facts.grant, occasion.now));
    let mut free = facts.grant.clone();
    if let Some(given_back) = &given_back {
        free.book(given_back);
    }
    let bounds = service
        .filter(|_| in_time)
        .map(|service| Bounds::of(service, &free, approval));
    let lines = if proposal.is_no_show() || !proposal.form.takes(free.kind()) {
        Vec::new()
    } else {
        let replaced = before.map(|before| before.id);
        let lines = match &free.content {
            Content::Dental(dental) => dental::judge(
                proposal,
                facts,
                dental,
                replaced,
                bounds.as_ref(),
                rejections,
                warnings,
            ),
            _ => general_lines(proposal, &free, bounds.as_ref(), rejections),
        };
        judge_sums(proposal, &free, bounds.as_ref(), &lines, rejections);
        lines
    };
    let lines: Option<Vec<EventLine>> = lines.into_iter().collect();
    let lines = lines?;
    judge_totals(proposal, bounds.as_ref(), &lines, rejections);
    let event = recorded(examined, facts, before, service?, lines, occasion);
    let taken = event.posting(facts.grant, occasion.now);
    let postings = given_back.into_iter().chain([taken]).collect();
    Some(Changed::on(facts.grant, postings, event, None))
}

/// Group 4: the service at the service date, the organiser's rules, approval and unit.
fn judge_service<'f>(
    proposal: &Proposal<'_>,
    facts: &Facts<'f>,
    in_time: bool,
    rejections: &mut Rejections,
) -> (Option<&'f ServiceType>, Option<&'f ProviderApproval>) {
    let day = proposal.service_date;
    let service = service_type_on(facts.service_types, day);
    if service.is_none() && in_time {
        rejections.add(Group::Service, Code::ServiceTypeUnknown, "serviceDate");
    }
    let has_osva = facts.grant.decision.osva_doc_oid.is_some();
    if service.is_some_and(|service| service.osva_required) && !has_osva {
        let field = "purchasingPowerNumber";
        rejections.add(Group::Service, Code::OsvaRequired, field);
    }
    let approval = approval_on(facts.approvals, day);
    match approval {
        // Of a day that is refused anyway the approval is not judged.
        Err(NotApproved::OnThatDay) if !in_time => {}
        Err(refused) => {
            let field = "providerBusinessId";
            rejections.add(Group::Service, approval_code(refused), field);
        }
        Ok(_) => {}
    }
    judge_unit(facts.provider, proposal.provider_unit_code, rejections);
    (service, approval.ok())
}

fn general_lines(
    proposal: &Proposal<'_>,
    grant: &PurchasingPower,
    bounds: Option<&Bounds>,
    rejections: &mut Rejections,
) -> Vec<Option<EventLine>> {
    let day = grant.nearest_valid_day(proposal.service_date);
    match bounds {
        Some(bounds) => judge_general(proposal, grant, day, bounds, rejections),
        None => proposal.lines.iter().map(|_| None).collect(),
    }
}

/// What the lines take together, and what a customer may not be left to pay beside them.
fn judge_sums(
    proposal: &Proposal<'_>,
    grant: &PurchasingPower,
    bounds: Option<&Bounds>,
    lines: &[Option<EventLine>],
    rejections: &mut Rejections,
) {
    let Some(bounds) = bounds else { return };
    judge_quantities(proposal, grant, rejections);
    if let Content::Dental(dental) = &grant.content {
        judge_ceiling(proposal, dental, lines, rejections);
    }
    let has_lab_cost = proposal
        .details
        .lab_cost
        .is_some_and(|cost| cost > Cents(0));
    if has_lab_cost && bounds.no_own_share {
        rejections.add(Group::Lines, Code::CustomerShareNotAllowed, "labCost");
    }
}

/// Group 6: the sender's sums against ours, when no line has an error and every line has its shares.
fn judge_totals(
    proposal: &Proposal<'_>,
    bounds: Option<&Bounds>,
    lines: &[EventLine],
    rejections: &mut Rejections,
) {
    let Some(sent) = proposal.totals else { return };
    // An event has lines or is a no-show, and its lines are of the grant's kind.
    let has_its_lines = proposal.lines.is_empty() == proposal.is_no_show()
        && !rejections.any(|rejection| rejection.code == Code::PpKindMismatch);
    let has_line_error = rejections.any(|rejection| rejection.line_no.is_some());
    if bounds.is_none() || !has_its_lines || has_line_error {
        return;
    }
    let ours: Shares = ServiceEvent::shares_of(lines);
    for (field, sent, ours) in [
        ("totals/totalPrice", sent.price, ours.price),
        ("totals/voucherShare", sent.voucher, ours.voucher),
        ("totals/customerShare", sent.customer, ours.customer),
    ] {
        if sent != ours {
            rejections.add(Group::Totals, Code::TotalsMismatch, field);
        }
    }
}

/// The event as it is kept.
fn recorded(
    examined: &Examined<'_>,
    facts: &Facts<'_>,
    before: Option<&ServiceEvent>,
    service: &ServiceType,
    lines: Vec<EventLine>,
    occasion: Occasion,
) -> ServiceEvent {
    let proposal = &examined.proposal;
    let source = |of: fn(&ServiceEvent) -> &String, sent: &str| {
        before.map_or_else(|| sent.to_owned(), |before| of(before).clone())
    };
    ServiceEvent {
        id: before.map_or(occasion.new_id, |before| before.id),
        kind: match facts.grant.kind() {
            Kind::Ordinary => EventKind::Ordinary,
            Kind::Saldo => EventKind::Saldo,
            Kind::Dental => EventKind::Dental,
        },
        number: facts.grant.number,
        organiser: facts.grant.organiser,
        person_id: facts.customer.person_id.clone(),
        provider: proposal.provider.clone(),
        provider_unit_code: proposal.provider_unit_code.map(str::to_owned),
        service_code: facts.grant.service_code.clone(),
        service_date: proposal.service_date,
        state: if service.review {
            EventState::Tarkastettavana
        } else {
            EventState::Kirjattu
        },
        credited: None,
        unit: facts.grant.unit(),
        shares: ServiceEvent::shares_of(&lines),
        lines,
        details: proposal.details.clone(),
        credit_of: None,
        settled: None,
        source_system: source(|before| &before.source_system, proposal.source_system),
        source_reference: source(|before| &before.source_reference, proposal.source_reference),
        version: before.map_or(1, |before| before.version + 1),
    }
}
