//! Group 3 of the checks: the grant's kind, the event's lock and version, the grant's state, the dates.

use jiff::civil::Date;

use crate::domain::code::Code;
use crate::domain::period::days_between;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::Organiser;
use crate::domain::rejection::{Group, Rejections};
use crate::domain::service_event::{EventKind, EventState, ServiceEvent};

use super::{Action, Facts, Proposal};

/// The event must be one that may be changed, and be as the caller saw it. Ends the search when not:
/// what else is wrong with a change that cannot be made is of no use.
pub(super) fn may_change(
    proposal: &Proposal<'_>,
    event: &ServiceEvent,
    rejections: &mut Rejections,
) -> bool {
    if is_locked(event, proposal.action) {
        rejections.add(Group::Grant, Code::EventLocked, "eventId");
        return false;
    }
    if proposal
        .expected_version
        .is_some_and(|expected| expected != event.version)
    {
        let field = "expectedVersion";
        rejections.add(Group::Grant, Code::EventVersionConflict, field);
        return false;
    }
    true
}

fn is_locked(event: &ServiceEvent, action: Action) -> bool {
    if event.kind == EventKind::Credit {
        return true;
    }
    match event.state {
        EventState::Kirjattu => false,
        EventState::Tarkastettavana | EventState::Hyvaksytty => action != Action::Delete,
        EventState::Hylatty
        | EventState::Poistettu
        | EventState::Tilitetty
        | EventState::Maksettu => true,
    }
}

/// Judges date and state. Answers whether the service date lies in the time an event may be recorded:
/// if not, nothing that depends on the day is judged.
pub(super) fn judge(
    proposal: &Proposal<'_>,
    facts: &Facts<'_>,
    before: Option<&ServiceEvent>,
    today: Date,
    rejections: &mut Rejections,
) -> bool {
    let day = proposal.service_date;
    let is_other_day = before.is_none_or(|event| event.service_date != day);
    let late_days_max = i32::from(facts.organiser.late_recording_days);
    let outside = if day > today {
        Some(Code::ServiceDateFuture)
    } else if is_other_day && days_between(day, today) > late_days_max {
        Some(Code::ServiceDateTooOld)
    } else {
        None
    };
    if let Some(code) = outside {
        rejections.add(Group::Grant, code, "serviceDate");
    }
    let in_time = outside.is_none();
    if let Some((code, field)) = grant_code(facts.grant, facts.organiser, day, in_time, today) {
        rejections.add(Group::Grant, code, field);
    }
    in_time
}

/// The one code of the grant's state and dates. Of a day that is refused anyway only what no day
/// could mend is told.
fn grant_code(
    grant: &PurchasingPower,
    organiser: &Organiser,
    day: Date,
    in_time: bool,
    today: Date,
) -> Option<(Code, &'static str)> {
    let number = "purchasingPowerNumber";
    if let Some(cancelled_from) = grant.cancelled_from {
        let grace_days_max = i32::from(organiser.cancel_grace_days);
        let is_past_grace = days_between(cancelled_from, today) > grace_days_max;
        if is_past_grace || (in_time && day >= cancelled_from) {
            return Some((Code::PpCancelled, number));
        }
    }
    if grant.suspended {
        return Some((Code::PpSuspended, number));
    }
    if in_time && day < grant.valid_from {
        return Some((Code::PpNotYetValid, "serviceDate"));
    }
    if in_time && day > grant.valid_to {
        return Some((Code::PpExpiredOnServiceDate, "serviceDate"));
    }
    None
}
