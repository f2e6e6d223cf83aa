//! What the organiser decides about an event: approval, rejection, settlement, payment. Crediting is in
//! `credit`.
//!
//! Each takes an event as it is and gives it as it is from now on, or the reason why not. The event's
//! version stays: only the provider's own changes raise it. Settlement and payment move no money of
//! the grant, but raise its revision like every write of an event: [`on_grant`] does that once, however
//! many events of one grant are moved together.

use jiff::Timestamp;

use crate::domain::code::Code;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::rejection::{Group, Rejection, Rejections};
use crate::domain::service_event::{EventKind, EventState, ServiceEvent, Settled};

pub use super::credit::{CreditProposal, credit};
use super::{Changed, release};

/// KIRJATTU or TARKASTETTAVANA → HYVAKSYTTY. Anything else is EVENT_LOCKED.
pub fn approve(grant: &PurchasingPower, event: &ServiceEvent) -> Result<Changed, Vec<Rejection>> {
    let may = matches!(
        event.state,
        EventState::Kirjattu | EventState::Tarkastettavana
    );
    let approved = moved(event, may, EventState::Hyvaksytty)?;
    Ok(Changed::on(grant, Vec::new(), approved, None))
}

/// TARKASTETTAVANA → HYLATTY, its use given back. Anything else is EVENT_LOCKED.
pub fn reject(
    grant: &PurchasingPower,
    event: &ServiceEvent,
    now: Timestamp,
) -> Result<Changed, Vec<Rejection>> {
    let may = event.state == EventState::Tarkastettavana;
    let rejected = moved(event, may, EventState::Hylatty)?;
    let given_back = release(event, grant, now);
    Ok(Changed::on(grant, vec![given_back], rejected, None))
}

/// HYVAKSYTTY → TILITETTY, under a settlement's number. CREDIT rows are settled alike.
pub fn settle(
    event: &ServiceEvent,
    settlement_number: &str,
    now: Timestamp,
) -> Result<ServiceEvent, Vec<Rejection>> {
    let may = event.state == EventState::Hyvaksytty;
    let mut settled = moved(event, may, EventState::Tilitetty)?;
    settled.settled = Some(Settled {
        number: settlement_number.to_owned(),
        settled_at: now,
        paid_at: None,
    });
    Ok(settled)
}

/// TILITETTY → HYVAKSYTTY again, when its draft settlement is cancelled; EVENT_LOCKED once something of
/// it is credited, since the credit corrects what is settled.
pub fn unsettle(event: &ServiceEvent) -> Result<ServiceEvent, Vec<Rejection>> {
    let may = event.state == EventState::Tilitetty && event.credited.is_none();
    let mut restored = moved(event, may, EventState::Hyvaksytty)?;
    restored.settled = None;
    Ok(restored)
}

/// TILITETTY → MAKSETTU.
pub fn pay(event: &ServiceEvent, now: Timestamp) -> Result<ServiceEvent, Vec<Rejection>> {
    let may = event.state == EventState::Tilitetty;
    let mut paid = moved(event, may, EventState::Maksettu)?;
    if let Some(settled) = &mut paid.settled {
        settled.paid_at = Some(now);
    }
    Ok(paid)
}

/// The grant of events that were settled, restored or paid: nothing of it changes but its revision,
/// which guards its events.
pub fn on_grant(grant: &PurchasingPower) -> PurchasingPower {
    PurchasingPower {
        revision: grant.revision + 1,
        ..grant.clone()
    }
}

/// Whether a settlement run takes the event.
pub fn is_settleable(event: &ServiceEvent) -> bool {
    event.state == EventState::Hyvaksytty
}

/// Whether the event can be credited at all: settled, no CREDIT row itself.
pub(super) fn is_creditable(event: &ServiceEvent) -> bool {
    event.state.is_settled() && event.kind != EventKind::Credit
}

fn moved(
    event: &ServiceEvent,
    may: bool,
    state: EventState,
) -> Result<ServiceEvent, Vec<Rejection>> {
    if !may {
        return Err(locked());
    }
    Ok(ServiceEvent {
        state,
        ..event.clone()
    })
}

pub(super) fn locked() -> Vec<Rejection> {
    let mut rejections = Rejections::default();
    rejections.add(Group::Grant, Code::EventLocked, "eventId");
    rejections.into_vec()
}
