//! What the message of an event shows by itself: group 1 of the checks.

use crate::domain::circumstances::{Circumstances, check_person_id};
use crate::domain::code::Code;
use crate::domain::event_id::EventId;
use crate::domain::money::{Cents, line_amount};
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::contains_person_id;
use crate::domain::rejection::{Group, Rejections};
use crate::domain::terhikki::TerhikkiNumber;

use super::{Action, Examined, Proposal};

/// Looks at the message alone. Of a DELETE only what names the event, the grant and the persons counts.
pub fn examine(proposal: Proposal<'_>, circumstances: Circumstances) -> Examined<'_> {
    let mut rejections = Rejections::default();
    let acting_person_id = proposal.acting_person_id.and_then(|text| {
        check_person_id(text, circumstances, "meta/actingPersonId", &mut rejections)
    });
    judge_identity(&proposal, &mut rejections);
    let person_id = check_person_id(
        proposal.person_id,
        circumstances,
        "personId",
        &mut rejections,
    );
    if proposal.action != Action::Delete {
        judge_details(&proposal, &mut rejections);
        judge_lines(&proposal, &mut rejections);
    }
    Examined {
        number: PurchasingPowerNumber::parse(proposal.number).ok(),
        event_id: proposal.event_id.and_then(EventId::parse),
        proposal,
        person_id,
        acting_person_id,
        rejections,
    }
}

/// A new event has no identity yet; a change names the event and the version it was made on.
fn judge_identity(proposal: &Proposal<'_>, rejections: &mut Rejections) {
    for (field, is_present) in [
        ("eventId", proposal.event_id.is_some()),
        ("expectedVersion", proposal.expected_version.is_some()),
    ] {
        match (proposal.action, is_present) {
            (Action::Create, true) => {
                rejections.add(Group::Message, Code::FieldNotAllowed, field);
            }
            (Action::Update | Action::Delete, false) => {
                rejections.add(Group::Message, Code::FieldRequired, field);
            }
            _ => {}
        }
    }
}

fn judge_details(proposal: &Proposal<'_>, rejections: &mut Rejections) {
    let details = &proposal.details;
    let terhikki_number = details
        .professional
        .as_ref()
        .and_then(|professional| professional.terhikki_number.as_deref());
    if terhikki_number.is_some_and(|number| TerhikkiNumber::parse(number).is_err()) {
        let field = "professional/terhikkiNumber";
        rejections.add(Group::Message, Code::TerhikkiInvalid, field);
    }
    if details.comment.as_deref().is_some_and(contains_person_id) {
        rejections.add(Group::Message, Code::TextHasPersonId, "comment");
    }
    let lines_field = proposal.form.lines_field();
    if !proposal.is_no_show() {
        if proposal.lines.is_empty() {
            rejections.add(Group::Message, Code::FieldRequired, lines_field);
        }
        return;
    }
    for (field, is_present) in [
        (lines_field, !proposal.lines.is_empty()),
        ("labCost", details.lab_cost.is_some()),
        ("treatmentCompleted", details.treatment_completed.is_some()),
    ] {
        if is_present {
            rejections.add(Group::Message, Code::FieldNotAllowed, field);
        }
    }
}

fn judge_lines(proposal: &Proposal<'_>, rejections: &mut Rejections) {
    let mut total = Some(Cents(0));
    for (index, line) in proposal.lines.iter().enumerate() {
        let field = proposal.line_field(index);
        let mut note = |code, element| {
            let field = format!("{field}/{element}");
            rejections.add_to_line(Group::Message, code, field, line.line_no);
        };
        let mut before = proposal.lines.iter().take(index);
        if before.any(|before| before.line_no == line.line_no) {
            note(Code::FieldNotAllowed, "lineNo");
        }
        let area = line.procedure.and_then(|procedure| procedure.area);
        if area.is_some_and(contains_person_id) {
            note(Code::TextHasPersonId, "area");
        }
        // Past the largest amount of the wire no answer could name the sum; noted where it is passed.
        let sum = total.and_then(|total| {
            let price = line_amount(line.quantity, line.unit_price)?;
            Some(Cents(total.0.saturating_add(price.0))).filter(|sum| sum.0 <= Cents::MAX_WIRE)
        });
        if total.is_some() && sum.is_none() {
            note(Code::FieldNotAllowed, "unitPrice");
        }
        total = sum;
    }
}
