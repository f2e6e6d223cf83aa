//! Crediting a settled event (hyvitys): whole, or some of its lines in part.
//!
//! Invariants: a settled row never changes but for what of it is credited; the credits of one event
//! never exceed it, and those of a whole event add up to it to the cent, in however many parts.

use jiff::Timestamp;

use crate::domain::code::Code;
use crate::domain::event_id::EventId;
use crate::domain::money::Quantity;
use crate::domain::person_id::contains_person_id;
use crate::domain::purchasing_power::{Kind, PurchasingPower};
use crate::domain::rejection::{Group, Rejection, Rejections};
use crate::domain::service_event::{
    CreditOf, Credited, Details, EventKind, EventLine, EventState, ServiceEvent, Shares,
};

use super::Changed;
use super::lines::shares;
use super::organiser::{is_creditable, locked};

/// Longest code and text of a reason, in characters: those of the contract's Reason.
const REASON_CODE_CHARS_MAX: usize = 40;
const REASON_TEXT_CHARS_MAX: usize = 500;

/// A credit as the organiser proposes it.
#[derive(Clone, Copy, Debug)]
pub struct CreditProposal<'a> {
    pub reason_code: &'a str,
    pub reason_text: &'a str,
    /// Line numbers and quantities; none credits all that is left.
    pub lines: &'a [(u64, Quantity)],
}

/// Credits a settled event: a CREDIT row `new_id` at HYVAKSYTTY, the use back where it was taken, and
/// the event flagged FULL or PARTIAL; its state and version stay.
///
/// FIELD_REQUIRED and FIELD_NOT_ALLOWED at `reason/code`, `reason/text`, `line[n]/lineNo` (none of the
/// event's, or named twice) and `line[n]/quantity` (not above 0, or part of a procedure);
/// TEXT_HAS_PERSON_ID at `reason/text`; EVENT_LOCKED, alone, for an event that is not settled, is a
/// CREDIT row or is credited whole already, and for a quantity beyond what is left.
pub fn credit(
    grant: &PurchasingPower,
    event: &ServiceEvent,
    proposal: CreditProposal<'_>,
    new_id: EventId,
    now: Timestamp,
) -> Result<Changed, Vec<Rejection>> {
    let rejections = examine(grant, event, proposal);
    if !rejections.is_empty() {
        return Err(rejections.into_vec());
    }
    if !is_creditable(event) {
        return Err(locked());
    }
    let mut credited = event.clone();
    let mut lines = Vec::new();
    for line in &mut credited.lines {
        let left = Quantity(line.quantity.0 - line.credited_quantity.0);
        let quantity = if proposal.lines.is_empty() {
            left
        } else {
            let asked = proposal.lines.iter();
            let mut asked = asked.filter(|(line_no, _)| *line_no == line.line_no);
            asked.next().map_or(Quantity(0), |(_, quantity)| *quantity)
        };
        if quantity > left {
            return Err(locked());
        }
        if quantity.0 > 0 {
            lines.push(credit_line(line, quantity).ok_or_else(locked)?);
        }
    }
    if lines.is_empty() {
        return Err(locked());
    }
    let is_whole = credited
        .lines
        .iter()
        .all(|line| line.credited_quantity == line.quantity);
    credited.credited = Some(if is_whole {
        Credited::Full
    } else {
        Credited::Partial
    });
    let row = credit_row(event, proposal, lines, new_id);
    let given_back = row.posting(grant, now);
    Ok(Changed::on(grant, vec![given_back], credited, Some(row)))
}

/// What of the proposal is wrong by itself.
fn examine(
    grant: &PurchasingPower,
    event: &ServiceEvent,
    proposal: CreditProposal<'_>,
) -> Rejections {
    let mut rejections = Rejections::default();
    for (field, text, chars_max) in [
        ("reason/code", proposal.reason_code, REASON_CODE_CHARS_MAX),
        ("reason/text", proposal.reason_text, REASON_TEXT_CHARS_MAX),
    ] {
        if text.is_empty() {
            rejections.add(Group::Message, Code::FieldRequired, field);
        } else if text.chars().count() > chars_max {
            rejections.add(Group::Message, Code::FieldNotAllowed, field);
        }
    }
    if contains_person_id(proposal.reason_text) {
        rejections.add(Group::Message, Code::TextHasPersonId, "reason/text");
    }
    for (index, (line_no, quantity)) in proposal.lines.iter().enumerate() {
        let is_own = event.lines.iter().any(|line| line.line_no == *line_no);
        let mut before = proposal.lines.iter().take(index);
        let is_whole = grant.kind() != Kind::Dental || quantity.0 % 1000 == 0;
        let mut note = |element: &str| {
            let field = format!("line[{}]/{element}", index + 1);
            rejections.add_to_line(Group::Message, Code::FieldNotAllowed, field, *line_no);
        };
        if !is_own || before.any(|(other, _)| other == line_no) {
            note("lineNo");
        }
        if quantity.0 <= 0 || !is_whole {
            note("quantity");
        }
    }
    rejections
}

/// Takes `quantity` off what is left of a settled line, and gives the line of the CREDIT row: the
/// shares before minus those of the rest.
fn credit_line(line: &mut EventLine, quantity: Quantity) -> Option<EventLine> {
    let credited_quantity = Quantity(line.credited_quantity.0 + quantity.0);
    let rest = Quantity(line.quantity.0 - credited_quantity.0);
    let left_before = line.shares.minus(line.credited_shares);
    let left = shares(rest, line.unit_price, line.unit_value)?;
    let taken = left_before.minus(left);
    line.credited_quantity = credited_quantity;
    line.credited_shares = line.credited_shares.plus(taken);
    Some(EventLine {
        quantity,
        shares: taken.negated(),
        credited_quantity: Quantity(0),
        credited_shares: Shares::default(),
        ..line.clone()
    })
}

fn credit_row(
    event: &ServiceEvent,
    proposal: CreditProposal<'_>,
    lines: Vec<EventLine>,
    new_id: EventId,
) -> ServiceEvent {
    ServiceEvent {
        id: new_id,
        kind: EventKind::Credit,
        state: EventState::Hyvaksytty,
        credited: None,
        shares: ServiceEvent::shares_of(&lines),
        lines,
        details: Details::default(),
        credit_of: Some(CreditOf {
            event: event.id,
            reason_code: proposal.reason_code.to_owned(),
            reason_text: proposal.reason_text.to_owned(),
        }),
        settled: None,
        version: 1,
        ..event.clone()
    }
}
