//! What the steps of a settlement share: the run asked for, its book, the effects of moving events on, the row of a
//! step in the access log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::PURPOSE;
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::business_id::BusinessId;
use crate::domain::event::organiser::on_grant;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::ServiceEvent;
use crate::domain::settlement::{Book, Run, RunNumber};
use crate::operate::Failed;
use crate::operate::acting::kept;
use crate::operate::caller::Caller;
use crate::operate::output::Output;
use crate::services::Services;
use crate::store::settlement::{EventsWithGrants, SettlementStep};
use crate::store::{Before, Change, Effect, EventWrite};

/// How often a long command says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// A command at work.
pub(super) struct Acting<'a> {
    pub(super) services: &'a Services,
    pub(super) output: &'a Output,
    pub(super) caller: &'a Caller,
    /// Its name in the access log.
    pub(super) command: &'static str,
    told: Instant,
    moved: usize,
}

impl<'a> Acting<'a> {
    pub(super) fn new(
        services: &'a Services,
        output: &'a Output,
        caller: &'a Caller,
        command: &'static str,
    ) -> Acting<'a> {
        Acting {
            services,
            output,
            caller,
            command,
            told: Instant::now(),
            moved: 0,
        }
    }

    /// The row of something done to an organiser's settlements.
    pub(super) fn row(&self, organiser: OrganiserCode) -> AccessEntry {
        let row = self
            .caller
            .row(self.services, self.command, PURPOSE, DataClass::Payment);
        AccessEntry {
            organiser: Some(organiser),
            ..row
        }
    }

    /// Keeps a step with its row. `false`: what it was decided on has changed.
    pub(super) async fn keep(&mut self, step: SettlementStep) -> Result<bool, Failed> {
        let mut row = self.row(step.run.number.organiser);
        let moved: Vec<&EventWrite> = step
            .effects
            .iter()
            .flat_map(|effect| &effect.events)
            .collect();
        row.persons = moved
            .iter()
            .map(|write| write.event.person_id.clone())
            .collect();
        row.persons.sort();
        row.persons.dedup();
        row.numbers = step
            .effects
            .iter()
            .map(|effect| effect.grant.number)
            .collect();
        row.events = moved.iter().map(|write| write.event.id).collect();
        let count = moved.len();
        let change = Change {
            settlement: Some(step),
            ..Change::access_only(row)
        };
        let is_kept = kept(self.services, change).await?;
        if is_kept {
            self.moved += count;
        }
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.told = Instant::now();
            let told = format!("{} events so far", self.moved);
            self.output.err(&told).await?;
        }
        Ok(is_kept)
    }

    /// The run, or why there is none to speak of.
    pub(super) async fn run(&self, number: RunNumber) -> Result<Run, Failed> {
        let run = self.services.store.settlement_run(number).await?;
        run.ok_or_else(|| Failed::Refused(format!("there is no settlement {number}")))
    }

    pub(super) async fn book(&self, organiser: OrganiserCode) -> Result<Book, Failed> {
        let book = self.services.store.settlement_book(organiser).await?;
        Ok(book.unwrap_or_else(|| Book::empty(organiser)))
    }

    /// Where each provider is paid, by the registry as it is now.
    pub(super) async fn ibans(&self) -> Result<BTreeMap<BusinessId, String>, Failed> {
        let registry = self.services.store.registry().await?;
        let providers = registry.providers.into_iter();
        Ok(providers
            .filter_map(|provider| Some((provider.business_id, provider.iban?)))
            .collect())
    }
}

/// The organiser that a settlement's number names.
pub(super) fn named(text: &str) -> Option<OrganiserCode> {
    RunNumber::parse(text).map(|number| number.organiser)
}

/// A number as an operator writes it.
pub(super) fn number(text: &str) -> Result<RunNumber, Failed> {
    RunNumber::parse(text).ok_or_else(|| {
        Failed::Refused("a settlement's number has the form 853-2026-03-1".to_owned())
    })
}

/// Another run of the organiser is under way: that one first.
pub(super) fn must_be_free(book: &Book, number: Option<RunNumber>) -> Result<(), Failed> {
    match book.busy {
        Some(busy) if Some(busy) != number => Err(Failed::Refused(format!(
            "settlement {busy} is under way: let its command end, or give it again if it broke off"
        ))),
        _ => Ok(()),
    }
}

/// The effects of moving events on: one for each grant, in the order in which the grants' first events come. `moved`
/// are among `read`.
pub(super) fn effects(read: &EventsWithGrants, moved: Vec<ServiceEvent>) -> Vec<Effect> {
    let before: BTreeMap<_, _> = read
        .events
        .iter()
        .map(|placed| (placed.event.id, Before::of(placed)))
        .collect();
    let grants: BTreeMap<_, _> = read
        .grants
        .iter()
        .map(|grant| (grant.number, grant))
        .collect();
    let mut places: BTreeMap<PurchasingPowerNumber, usize> = BTreeMap::new();
    let mut effects: Vec<Effect> = Vec::new();
    for event in moved {
        let Some(grant) = grants.get(&event.number) else {
            continue;
        };
        let place = *places.entry(event.number).or_insert(effects.len());
        if place == effects.len() {
            effects.push(Effect {
                customer: None,
                person_id: event.person_id.clone(),
                grant: on_grant(grant),
                postings: Vec::new(),
                events: Vec::new(),
                registry_seen: None,
            });
        }
        if let Some(effect) = effects.get_mut(place) {
            effect.events.push(EventWrite {
                before: before.get(&event.id).copied(),
                event,
            });
        }
    }
    effects
}
