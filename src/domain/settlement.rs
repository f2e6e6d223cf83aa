//! Settlement (tilitys): an organiser's approved events of a month and before, added up by provider and moved on
//! together. A run is made in steps, so these functions each take one step; whoever calls them keeps it.
//!
//! ```text
//! BUILDING → DRAFT → CONFIRMED → PAYING → PAID       (from PAYING back to CONFIRMED while something is held back)
//!              ↓ ↑
//!           CANCELLING → CANCELLED
//! ```
//!
//! Invariants: an event stands on one run at most; a provider's sums are those of its rows, a run's those of its
//! providers; what a provider owes is carried forward once; of an organiser's runs one at a time is under way.

mod first_export;
mod number;
pub mod payment;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::serde::timestamp::microsecond;
use serde::{Deserialize, Serialize};

use super::business_id::BusinessId;
use super::event::organiser::{is_settleable, settle};
use super::event_id::EventId;
use super::money::Cents;
use super::registry::OrganiserCode;
use super::service_event::{EventKind, PlacedEvent, ServiceEvent, Shares};

pub use first_export::FirstExport;
pub use number::{Month, RunNumber};

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RunState {
    /// Takes its events: no run yet to anyone who asks.
    Building,
    Draft,
    /// Gives its events back.
    Cancelling,
    Cancelled,
    Confirmed,
    /// Moves its events to MAKSETTU.
    Paying,
    Paid,
}

impl RunState {
    /// Name in what an operator reads.
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Building => "BUILDING",
            RunState::Draft => "DRAFT",
            RunState::Cancelling => "CANCELLING",
            RunState::Cancelled => "CANCELLED",
            RunState::Confirmed => "CONFIRMED",
            RunState::Paying => "PAYING",
            RunState::Paid => "PAID",
        }
    }
}

/// A settlement run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub number: RunNumber,
    pub state: RunState,
    /// When it began, which is when its events count as settled.
    #[serde(with = "microsecond::required")]
    pub begun_at: Timestamp,
    #[serde(with = "microsecond::optional")]
    pub confirmed_at: Option<Timestamp>,
    #[serde(with = "microsecond::optional")]
    pub paid_at: Option<Timestamp>,
    /// Events and CREDIT rows on it.
    pub events: u64,
    pub sums: Shares,
    /// 1 at first, one more with every step.
    pub version: u64,
    /// Once it was exported after its last change. The last part of the record, and absent where there is none.
    #[serde(
        serialize_with = "first_export::write",
        deserialize_with = "first_export::read"
    )]
    pub first_export: Option<FirstExport>,
}

impl Run {
    /// A run that has begun.
    pub fn begun(number: RunNumber, now: Timestamp) -> Run {
        Run {
            number,
            state: RunState::Building,
            begun_at: now,
            confirmed_at: None,
            paid_at: None,
            events: 0,
            sums: Shares::default(),
            version: 0,
            first_export: None,
        }
    }

    /// The run one step on.
    pub fn next(&self, state: RunState) -> Run {
        Run {
            state,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

/// What of a run is one provider's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSums {
    pub provider: BusinessId,
    /// Where to pay; without one the payment is held back.
    pub iban: Option<String>,
    /// Events and CREDIT rows.
    pub events: u64,
    pub credits: u64,
    pub sums: Shares,
    /// Owed from earlier runs: never above 0.
    pub brought_forward: Cents,
    /// The run it was carried forward by.
    pub brought_from: Option<RunNumber>,
    pub is_paid: bool,
}

impl ProviderSums {
    fn none(provider: BusinessId) -> ProviderSums {
        ProviderSums {
            provider,
            iban: None,
            events: 0,
            credits: 0,
            sums: Shares::default(),
            brought_forward: Cents(0),
            brought_from: None,
            is_paid: false,
        }
    }

    fn net(&self) -> i64 {
        self.sums.voucher.0.saturating_add(self.brought_forward.0)
    }

    /// What the organiser pays: never below 0.
    pub fn payable(&self) -> Cents {
        Cents(self.net().max(0))
    }

    /// What the provider owes after the run: never above 0.
    pub fn carried_forward(&self) -> Cents {
        Cents(self.net().min(0))
    }

    /// Whether there is something to pay and nowhere to pay it.
    pub fn is_held_back(&self) -> bool {
        self.payable().0 > 0 && self.iban.is_none()
    }
}

/// An event on a run, as it was settled. Never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledRow {
    pub provider: BusinessId,
    pub service_date: Date,
    pub event: EventId,
    pub service_code: String,
    /// The event that a CREDIT row corrects.
    pub credits: Option<EventId>,
    pub shares: Shares,
}

/// Where a row stands in its run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    pub provider: BusinessId,
    pub service_date: Date,
    pub event: EventId,
}

impl SettledRow {
    pub fn place(&self) -> RowPlace {
        RowPlace {
            provider: self.provider.clone(),
            service_date: self.service_date,
            event: self.event,
        }
    }
}

/// What a provider owes an organiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Below 0.
    pub amount: Cents,
    /// The run that carried it forward.
    pub by: RunNumber,
}

/// What the runs of an organiser have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub organiser: OrganiserCode,
    /// The run that is under way.
    pub busy: Option<RunNumber>,
    pub carried: BTreeMap<BusinessId, Carried>,
    /// Runs of this month and before are purged, or are being purged: nobody is shown what is left of them.
    pub purged_to: Option<Month>,
    /// 1 at first, one more with every change.
    pub version: u64,
}

impl Book {
    /// The book before the first run.
    pub fn empty(organiser: OrganiserCode) -> Book {
        Book {
            organiser,
            busy: None,
            carried: BTreeMap::new(),
            purged_to: None,
            version: 0,
        }
    }

    /// Whether a run is purged.
    pub fn is_purged(&self, number: RunNumber) -> bool {
        Some(number.month) <= self.purged_to
    }

    /// The book one change on, with this run under way.
    pub fn next(&self, busy: Option<RunNumber>) -> Book {
        Book {
            busy,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

/// Some events taken onto a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub run: Run,
    /// Those that have events among them.
    pub providers: Vec<ProviderSums>,
    pub rows: Vec<SettledRow>,
    /// In the order given.
    pub events: Vec<ServiceEvent>,
}

/// Takes events onto a run that is being built. Those that cannot be settled are passed over.
/// `known` are the run's providers so far.
pub fn take(run: &Run, known: &[ProviderSums], events: &[PlacedEvent]) -> Taken {
    let number = run.number.to_string();
    let mut providers: BTreeMap<&BusinessId, ProviderSums> = BTreeMap::new();
    let mut taken = Taken {
        run: run.next(RunState::Building),
        providers: Vec::new(),
        rows: Vec::new(),
        events: Vec::new(),
    };
    let settleable = events.iter().map(|placed| &placed.event);
    for event in settleable.filter(|event| is_settleable(event)) {
        let Ok(settled) = settle(event, &number, run.begun_at) else {
            continue;
        };
        let sums = providers.entry(&event.provider).or_insert_with(|| {
            let known = known.iter().find(|sums| sums.provider == event.provider);
            let begun = known.cloned();
            begun.unwrap_or_else(|| ProviderSums::none(event.provider.clone()))
        });
        sums.events += 1;
        sums.credits += u64::from(event.kind == EventKind::Credit);
        sums.sums = sums.sums.plus(event.shares);
        taken.run.events += 1;
        taken.run.sums = taken.run.sums.plus(event.shares);
        taken.rows.push(row_of(event));
        taken.events.push(settled);
    }
    taken.providers = providers.into_values().collect();
    taken
}

/// The row that an event has on its run.
pub fn row_of(event: &ServiceEvent) -> SettledRow {
    SettledRow {
        provider: event.provider.clone(),
        service_date: event.service_date,
        event: event.id,
        service_code: event.service_code.clone(),
        credits: event.credit_of.as_ref().map(|credit| credit.event),
        shares: event.shares,
    }
}

/// A run that is complete, its providers with what they owe and where they are paid, and the book after it.
pub fn complete(
    run: &Run,
    providers: Vec<ProviderSums>,
    book: &Book,
    ibans: &BTreeMap<BusinessId, String>,
) -> (Run, Vec<ProviderSums>, Book) {
    let mut book = book.next(None);
    let providers: Vec<ProviderSums> = providers
        .into_iter()
        .map(|sums| {
            let owed = book.carried.remove(&sums.provider);
            let sums = ProviderSums {
                iban: ibans.get(&sums.provider).cloned(),
                brought_forward: owed.map_or(Cents(0), |owed| owed.amount),
                brought_from: owed.map(|owed| owed.by),
                ..sums
            };
            let amount = sums.carried_forward();
            if amount.0 < 0 {
                let by = run.number;
                book.carried
                    .insert(sums.provider.clone(), Carried { amount, by });
            }
            sums
        })
        .collect();
    (run.next(RunState::Draft), providers, book)
}

/// A later run that rests on what this one carried forward: then this one cannot be cancelled.
pub fn rests_on_it(run: &Run, providers: &[ProviderSums], book: &Book) -> bool {
    providers.iter().any(|sums| {
        let now = book.carried.get(&sums.provider);
        let left = (sums.carried_forward().0 < 0).then_some(run.number);
        let moved = sums.brought_from.is_some() || left.is_some();
        moved && now.map(|carried| carried.by) != left
    })
}

/// The book as if the run had never been.
pub fn book_without(providers: &[ProviderSums], book: &Book) -> Book {
    let mut book = book.next(None);
    for sums in providers {
        match sums.brought_from {
            Some(by) => {
                let amount = sums.brought_forward;
                book.carried
                    .insert(sums.provider.clone(), Carried { amount, by });
            }
            None if sums.carried_forward().0 < 0 => {
                book.carried.remove(&sums.provider);
            }
            None => {}
        }
    }
    book
}

/// The providers whose payment was held back and need not be any more.
pub fn released(
    providers: &[ProviderSums],
    ibans: &BTreeMap<BusinessId, String>,
) -> Vec<ProviderSums> {
    let held_back = providers.iter().filter(|sums| sums.is_held_back());
    held_back
        .filter_map(|sums| {
            let iban = ibans.get(&sums.provider)?.clone();
            Some(ProviderSums {
                iban: Some(iban),
                ..sums.clone()
            })
        })
        .collect()
}

/// The providers whose events a payment moves on.
pub fn payable_now(providers: &[ProviderSums]) -> impl Iterator<Item = &ProviderSums> {
    let waiting = providers.iter().filter(|sums| !sums.is_paid);
    waiting.filter(|sums| !sums.is_held_back())
}

#[cfg(test)]
mod tests;
