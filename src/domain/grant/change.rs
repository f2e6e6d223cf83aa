//! Changing a grant that is there: whether the message may, and then what its action does.
//!
//! Kind, version and state are judged together. On a grant of another kind, or an annulled one, the
//! change itself is not judged: nothing of it could be done.

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::access::Representation;
use super::super::circumstances::Circumstances;
use super::super::code::Code;
use super::super::customer::Customer;
use super::super::ledger::{Posting, PostingKind};
use super::super::lookup::NotFound;
use super::super::money::{Cents, Quantity};
use super::super::purchasing_power::{Content, PurchasingPower};
use super::super::registry::{ProviderApproval, ServiceType, Unit, service_type_on};
use super::super::rejection::Group;
use super::super::service_event::{Credited, EventKind, PlacedEvent, ServiceEvent};
use super::content::{BALANCE_THOUSANDTHS_MAX, is_whole_cents};
use super::{Accepted, Action, Examined, Findings, Procedures, Verdict, amend, total_that_fits};

/// What the store knows about a grant to be changed.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub grant: &'a PurchasingPower,
    pub customer: &'a Customer,
    pub service_types: &'a [ServiceType],
    /// The chosen provider's approvals for the grant's service.
    pub approvals: &'a [ProviderApproval],
    pub procedures: Procedures<'a>,
    /// All of the grant.
    pub events: &'a [PlacedEvent],
    /// The customer's grants for the service, this one included.
    pub customer_grants: &'a [PurchasingPower],
}

/// Judges a change. `facts` are those of the examined number, `None` when it is not there.
pub fn decide(
    examined: Examined<'_>,
    facts: Option<Facts<'_>>,
    circumstances: Circumstances,
    at: Timestamp,
) -> Verdict {
    let mut examined = examined;
    let mut findings = Findings {
        rejections: std::mem::take(&mut examined.rejections),
        ..Findings::default()
    };
    let facts = match find(&examined, facts) {
        Ok(facts) => facts,
        Err(not_found) => {
            let field = "purchasingPowerNumber";
            if not_found.is_some() {
                findings
                    .rejections
                    .add(Group::NotFound, Code::PpNotFound, field);
            }
            findings.rejections.end_at(Group::NotFound);
            return Verdict::Reject {
                rejections: findings.rejections.into_vec(),
                not_found,
            };
        }
    };
    let mut grant = facts.grant.clone();
    let mut lengthens = false;
    if may_change(&examined, facts.grant, &mut findings) {
        match examined.proposal.action {
            Action::Amend => {
                lengthens =
                    amend::amend(&examined, &facts, circumstances, &mut grant, &mut findings);
            }
            Action::Cancel => cancel(&examined, &facts, &mut grant, &mut findings),
            Action::Suspend => suspend(&mut grant, &mut findings),
            Action::Resume => resume(&mut grant, &mut findings),
            Action::TopUp => top_up(&examined, &mut grant, &mut findings),
            // Addresses no grant.
            Action::Create => {}
        }
    }
    if !findings.rejections.is_empty() {
        return Verdict::Reject {
            rejections: findings.rejections.into_vec(),
            not_found: None,
        };
    }
    grant.version = grant.version.saturating_add(1);
    grant.revision = grant.revision.saturating_add(1);
    let total_authorised = grant.total_authorised().unwrap_or_default();
    let before = facts.grant.total_authorised().unwrap_or_default();
    let customer = lengthens.then(|| Customer {
        version: facts.customer.version.saturating_add(1),
        ..facts.customer.clone()
    });
    Verdict::Accept(Box::new(Accepted {
        postings: posting(examined.proposal.action, at, before, total_authorised)
            .into_iter()
            .collect(),
        grant,
        customer,
        person_id: facts.customer.person_id.clone(),
        total_authorised,
        warnings: findings.warnings.into_vec(),
        representation: Representation::of(
            examined.acting_person_id,
            &facts.customer.person_id,
            service_type_on(facts.service_types, facts.grant.valid_from),
        ),
    }))
}

/// The grant addressed. Without a number, which is noted already, there is nothing to find.
fn find<'a>(
    examined: &Examined<'_>,
    facts: Option<Facts<'a>>,
) -> Result<Facts<'a>, Option<NotFound>> {
    if examined.proposal.number.is_none() {
        return Err(None);
    }
    if examined.number.is_none() {
        return Err(Some(NotFound::CheckCharacter));
    }
    let facts = facts.ok_or(Some(NotFound::NoSuchNumber))?;
    if facts.grant.organiser != examined.proposal.organiser {
        return Err(Some(NotFound::OtherOrganiser));
    }
    Ok(facts)
}

/// Judges kind, version and state; whether the change itself can be judged.
fn may_change(examined: &Examined<'_>, grant: &PurchasingPower, findings: &mut Findings) -> bool {
    let proposal = &examined.proposal;
    let number = "purchasingPowerNumber";
    let kind_fits = grant.kind() == proposal.kind;
    if !kind_fits {
        findings
            .rejections
            .add(Group::Kind, Code::PpKindMismatch, number);
    }
    let takes_version = !matches!(proposal.action, Action::Suspend | Action::Resume);
    let is_stale = proposal
        .expected_version
        .is_some_and(|version| version != grant.version);
    if takes_version && is_stale {
        let code = Code::PpVersionConflict;
        findings
            .rejections
            .add(Group::Version, code, "expectedVersion");
    }
    let is_cancelled = grant.cancelled_from.is_some();
    if is_cancelled {
        findings
            .rejections
            .add(Group::State, Code::PpCancelled, number);
    }
    kind_fits && !is_cancelled
}

/// Annuls the grant from a day on, which may lie before its first. What is settled stays in reach.
fn cancel(
    examined: &Examined<'_>,
    facts: &Facts<'_>,
    grant: &mut PurchasingPower,
    findings: &mut Findings,
) {
    let Some(day) = examined.proposal.effective_from else {
        return;
    };
    let field = "effectiveFrom";
    if day > grant.valid_to {
        findings
            .rejections
            .add(Group::Grant, Code::PpValidityInvalid, field);
    }
    if settled_from(facts.events, day) {
        findings
            .rejections
            .add(Group::Grant, Code::PpAmendTouchesSettled, field);
    }
    grant.cancelled_from = Some(day);
}

fn suspend(grant: &mut PurchasingPower, findings: &mut Findings) {
    if grant.suspended {
        let field = "purchasingPowerNumber";
        findings
            .rejections
            .add(Group::State, Code::PpSuspended, field);
    }
    grant.suspended = true;
}

fn resume(grant: &mut PurchasingPower, findings: &mut Findings) {
    if !grant.suspended {
        let field = "purchasingPowerNumber";
        findings
            .rejections
            .add(Group::State, Code::PpAmendNotAllowed, field);
    }
    grant.suspended = false;
}

/// Adds to a balance, suspended or not.
fn top_up(examined: &Examined<'_>, grant: &mut PurchasingPower, findings: &mut Findings) {
    let (Some(amount), Content::Saldo(saldo)) = (examined.proposal.top_up, &mut grant.content)
    else {
        return;
    };
    let field = "topUpAmount";
    let total = Quantity(saldo.total.0.saturating_add(amount.0));
    let has_cents = saldo.unit != Unit::Eur || is_whole_cents(amount);
    saldo.total = total;
    if !has_cents || total.0 > BALANCE_THOUSANDTHS_MAX {
        findings
            .rejections
            .add(Group::Message, Code::FieldNotAllowed, field);
        return;
    }
    total_that_fits(grant, field, findings);
}

fn posting(action: Action, at: Timestamp, before: Cents, after: Cents) -> Option<Posting> {
    let kind = match action {
        Action::Create => PostingKind::Grant,
        Action::Amend if before == after => return None,
        Action::Amend => PostingKind::Correction,
        Action::TopUp => PostingKind::TopUp,
        Action::Cancel => {
            return Some(Posting {
                at,
                kind: PostingKind::Cancel,
                event: None,
                entries: Vec::new(),
            });
        }
        Action::Suspend | Action::Resume => return None,
    };
    Some(Posting::authorised(at, kind, before, after))
}

/// Events that hold their use, credits left out.
pub(super) fn live(events: &[PlacedEvent]) -> impl Iterator<Item = &ServiceEvent> {
    events
        .iter()
        .map(|placed| &placed.event)
        .filter(|event| event.state.is_live() && event.kind != EventKind::Credit)
}

/// Whether an event on `day` or later is settled and not wholly credited.
pub(super) fn settled_from(events: &[PlacedEvent], day: Date) -> bool {
    live(events).any(|event| {
        event.service_date >= day
            && event.state.is_settled()
            && event.credited != Some(Credited::Full)
    })
}
