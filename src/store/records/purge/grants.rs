//! Purchasing powers, each whole: its events with their places, its ledger, its answers by reference, and its customer
//! where no other purchasing power is left. Decided and deleted on the same versions of both.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::settlements::Gone;
use super::{Purge, Step, TRIES_MAX};
use jiff::Timestamp;

use crate::domain::access::DataClass;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::{OrganiserCode, ServiceType};
use crate::domain::retention::{CutOff, RetentionClass, Standing, of_purchasing_power};
use crate::domain::service_event::PlacedEvent;
use crate::store::StoreError;
use crate::store::records::keys::{Hash, Key, Table};
use crate::store::records::record::corrupt;
use crate::store::records::stored::{StoredGrant, StoredReference, Versioned};
use crate::store::records::{Engine, View, events, reads, record, renewal};

pub(super) async fn purge(
    purge: &mut Purge<'_, impl Engine>,
    gone: &Gone,
) -> Result<(), StoreError> {
    let table = Table::Grant;
    let mut waiting: BTreeMap<RetentionClass, Vec<PurchasingPowerNumber>> = BTreeMap::new();
    let mut after = Bound::Unbounded;
    loop {
        let piece = purge.piece(table, &mut after)?;
        let keyring = purge.engine.keyring();
        for (key, value) in &piece {
            let stored: Versioned = record::decode(table, key, value)?;
            let stored: StoredGrant = record::unseal(&keyring, table, key, &stored.sealed.0)?;
            let class = purge.engine.read(|view| class_of(view, &stored.grant))?;
            let cut_off = purge.order.cut_offs.of(class);
            if stored.grant.valid_to < cut_off.day {
                waiting.entry(class).or_default().push(stored.grant.number);
            }
        }
        for (class, numbers) in std::mem::take(&mut waiting) {
            remove(purge, class, numbers, gone).await?;
        }
        if piece.is_empty() {
            return Ok(());
        }
    }
}

/// A service that the registry does not have any more counts as health care.
fn class_of(view: &dyn View, grant: &PurchasingPower) -> Result<RetentionClass, StoreError> {
    let key = Key::service_type(grant.organiser, &grant.service_code);
    let versions: Option<Vec<ServiceType>> = view.get(Table::ServiceType, &key)?;
    let service = versions.as_ref().and_then(|versions| versions.last());
    Ok(match (service, DataClass::of_service(service)) {
        (Some(_), DataClass::Basic | DataClass::Payment) => RetentionClass::OtherPurchasingPowers,
        (None, _) | (_, DataClass::Health) => RetentionClass::HealthPurchasingPowers,
    })
}

/// Deletes those of these that are due.
async fn remove(
    purge: &mut Purge<'_, impl Engine>,
    class: RetentionClass,
    mut numbers: Vec<PurchasingPowerNumber>,
    gone: &Gone,
) -> Result<(), StoreError> {
    let mut tries = 0;
    while !numbers.is_empty() {
        let gathered = purge.engine.read(|view| {
            renewal::follow(view)?;
            gather(view, purge.order.cut_offs.of(class), &numbers, gone)
        })?;
        let (looked_at, held_back) = (gathered.looked_at, gathered.held_back);
        if purge.keep(class, gathered.step).await? {
            numbers.drain(..looked_at);
            for _ in 0..held_back {
                purge.hold_back(class);
            }
            tries = 0;
        } else if tries < TRIES_MAX {
            tries += 1;
        } else {
            return Err(StoreError::Busy);
        }
    }
    Ok(())
}

/// What becomes of the first of some grants, from one state of the data.
struct Gathered {
    step: Step,
    looked_at: usize,
    held_back: u64,
}

fn gather(
    view: &dyn View,
    cut_off: CutOff,
    numbers: &[PurchasingPowerNumber],
    gone: &Gone,
) -> Result<Gathered, StoreError> {
    let mut gathered = Gathered {
        step: Step::default(),
        looked_at: 0,
        held_back: 0,
    };
    let mut customers = BTreeSet::new();
    for number in numbers {
        if gathered.step.is_full() {
            break;
        }
        gathered.looked_at += 1;
        let Some(StoredGrant { person, grant }) = reads::grant(view, *number)? else {
            continue;
        };
        let whole = Whole::read(view, &grant)?;
        let answered_at = whole.answered_at;
        let gone_to = gone.get(&grant.organiser).copied();
        match of_purchasing_power(cut_off, &grant, &whole.events, answered_at, gone_to) {
            Standing::Kept => {}
            Standing::HeldBack => gathered.held_back += 1,
            Standing::Due => {
                let step = &mut gathered.step;
                step.objects += 1;
                step.numbers.push(grant.number);
                let key = Key::grant(grant.number);
                step.unchanged.push((Table::Grant, key, grant.revision));
                whole.removals(&person, &grant, &mut step.removals);
                customers.insert((grant.organiser, person));
            }
        }
    }
    for (organiser, person) in customers {
        remove_customer(view, organiser, &person, &mut gathered.step)?;
    }
    Ok(gathered)
}

/// Deletes a customer whose every grant goes in this step. Its version changes with each grant that is made.
fn remove_customer(
    view: &dyn View,
    organiser: OrganiserCode,
    person: &Hash,
    step: &mut Step,
) -> Result<(), StoreError> {
    let listed = view.scan(&Key::all_grants_of_customer(organiser, person))?;
    let removed: BTreeSet<&Key> = step.removals.iter().collect();
    if listed.iter().any(|(key, _)| !removed.contains(key)) {
        return Ok(());
    }
    let key = Key::customer(organiser, person);
    let stored: Versioned = view
        .get(Table::Customer, &key)?
        .ok_or_else(|| corrupt(Table::Customer, "is missing, though a grant names it"))?;
    let guard = (Table::Customer, key.clone(), stored.version);
    step.unchanged.push(guard);
    step.removals.push(key);
    Ok(())
}

/// What belongs to a grant.
struct Whole {
    events: Vec<PlacedEvent>,
    ledger: Vec<Key>,
    /// References with what lists them.
    answers: Vec<Key>,
    answered_at: Option<Timestamp>,
}

impl Whole {
    fn read(view: &dyn View, grant: &PurchasingPower) -> Result<Whole, StoreError> {
        let ledger = view.scan(&Key::ledger(grant.number))?;
        let listed = view.scan(&Key::answers_of_grant(grant.number))?;
        let mut answers = Vec::new();
        let mut answered_at = None;
        for (key, _) in listed {
            let (_, reference) = key
                .answer_place()
                .ok_or_else(|| corrupt(Table::AnswerOfGrant, "names no answer"))?;
            let answer = Key::answer_by_reference(&reference);
            let stored: StoredReference =
                view.get(Table::AnswerByReference, &answer)?
                    .ok_or_else(|| {
                        corrupt(
                            Table::AnswerByReference,
                            "is missing, though a purchasing power lists it",
                        )
                    })?;
            answered_at = answered_at.max(Some(stored.kept_at));
            answers.extend([key, answer]);
        }
        Ok(Whole {
            events: events::of_grant(view, grant.number)?,
            ledger: ledger.into_iter().map(|(key, _)| key).collect(),
            answers,
            answered_at,
        })
    }

    fn removals(self, person: &Hash, grant: &PurchasingPower, removals: &mut Vec<Key>) {
        let listed = Key::grants_of_customer(grant.organiser, person, &grant.service_code);
        removals.push(Key::grant(grant.number));
        removals.push(listed.with_number(grant.number));
        removals.extend(self.ledger);
        removals.extend(self.answers);
        for placed in &self.events {
            let (id, day) = (placed.event.id, placed.event.service_date);
            removals.push(Key::event(id));
            for places in [
                Key::events_of_grant(grant.number),
                Key::events_of_day(grant.organiser),
            ] {
                removals.push(places.with_day(day).with_event(id));
            }
            removals.push(Key::feed(grant.organiser).with_change(placed.change_seq));
        }
    }
}
