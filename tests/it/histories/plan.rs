//! The generator: a step's bytes become an attempt that goes to the edges of what the model has by now,
//! good ones more often than bad ones.

mod events;
mod grants;
mod lines;

use super::calendar::Day;
use super::dice::Dice;
use super::message::{Attempt, Decision};
use super::model::{EventState, Model};

/// Days that histories begin on: before the ends of a month, an ISO year, a leap February, a service.
const BEGINNINGS: [(i32, i32, i32); 6] = [
    (2026, 3, 16),
    (2026, 12, 20),
    (2027, 6, 25),
    (2027, 12, 28),
    (2028, 2, 20),
    (2026, 5, 28),
];

#[derive(Clone, Copy)]
enum Choice {
    Record,
    Replace,
    Delete,
    Create,
    Amend,
    Cancel,
    Suspend,
    Resume,
    TopUp,
    Approve,
    Reject,
    Settle,
    Unsettle,
    Pay,
    Credit,
    Look,
    Read,
    Wait,
}

const CHOICES: [(usize, Choice); 18] = [
    (75, Choice::Record),
    (14, Choice::Replace),
    (8, Choice::Delete),
    (16, Choice::Create),
    (26, Choice::Amend),
    (3, Choice::Cancel),
    (4, Choice::Suspend),
    (7, Choice::Resume),
    (6, Choice::TopUp),
    (24, Choice::Approve),
    (4, Choice::Reject),
    (24, Choice::Settle),
    (3, Choice::Unsettle),
    (4, Choice::Pay),
    (20, Choice::Credit),
    (4, Choice::Look),
    (6, Choice::Read),
    (12, Choice::Wait),
];

const GRANTS_MAX: usize = 4;

pub fn beginning(byte: u8) -> Day {
    let (year, month, day) = BEGINNINGS[usize::from(byte) % BEGINNINGS.len()];
    Day::new(year, month, day)
}

/// What the step tries.
pub fn attempt(bytes: &[u8], model: &Model) -> Attempt {
    let mut dice = Dice::of(bytes);
    let choice = dice.weighted(&CHOICES);
    if model.grants.is_empty() {
        return match choice {
            Choice::Wait => wait(&mut dice),
            _ => Attempt::Grant(grants::create(&mut dice, model)),
        };
    }
    let decide = |decision, states: &[EventState], dice: &mut Dice<'_>| {
        pick_event(model, states, dice).map(|at| Attempt::Decide(decision, at))
    };
    let may_create = model.grants.len() < GRANTS_MAX;
    let attempt = match choice {
        Choice::Record if may_create && !events::any_open(model) => {
            Some(Attempt::Grant(grants::create(&mut dice, model)))
        }
        Choice::Record => Some(Attempt::Event(events::record(&mut dice, model))),
        Choice::Replace => pick_event(model, &[EventState::Recorded], &mut dice)
            .map(|at| Attempt::Event(events::replace(&mut dice, model, at))),
        Choice::Delete => {
            let states = [
                EventState::Recorded,
                EventState::InReview,
                EventState::Approved,
            ];
            pick_event(model, &states, &mut dice)
                .map(|at| Attempt::Event(events::delete(&mut dice, model, at)))
        }
        Choice::Create if may_create => Some(Attempt::Grant(grants::create(&mut dice, model))),
        Choice::Create | Choice::Amend => Some(Attempt::Grant(grants::amend(&mut dice, model))),
        Choice::Cancel => Some(Attempt::Grant(grants::cancel(&mut dice, model))),
        Choice::Suspend => Some(Attempt::Grant(grants::suspend(&mut dice, model))),
        Choice::Resume => grants::resume(&mut dice, model).map(Attempt::Grant),
        Choice::TopUp => grants::top_up(&mut dice, model).map(Attempt::Grant),
        Choice::Approve => {
            let states = [EventState::Recorded, EventState::InReview];
            decide(Decision::Approve, &states, &mut dice)
        }
        Choice::Reject => decide(Decision::Reject, &[EventState::InReview], &mut dice),
        Choice::Settle => decide(Decision::Settle, &[EventState::Approved], &mut dice),
        Choice::Unsettle => decide(Decision::Unsettle, &[EventState::Settled], &mut dice),
        Choice::Pay => decide(Decision::Pay, &[EventState::Settled], &mut dice),
        Choice::Credit => credit(&mut dice, model),
        Choice::Look => {
            let grant = dice.below(model.grants.len());
            Some(Attempt::Look {
                grant,
                provider: events::provider(&mut dice, model, grant),
                date: events::date(&mut dice, model, grant),
            })
        }
        Choice::Read => Some(Attempt::Read(dice.one(&[1, 2, 3, 500]))),
        Choice::Wait => Some(wait(&mut dice)),
    };
    // Without an event of any kind, one is recorded.
    attempt.unwrap_or_else(|| Attempt::Event(events::record(&mut dice, model)))
}

fn wait(dice: &mut Dice<'_>) -> Attempt {
    Attempt::Wait {
        days: dice.weighted(&[
            (6, 1),
            (4, 3),
            (3, 7),
            (3, 14),
            (3, 30),
            (1, 61),
            (1, 100),
            (1, 365),
        ]),
        hour: dice.one(&[10, 0, 23]),
    }
}

/// An event, mostly in one of these states.
fn pick_event(model: &Model, states: &[EventState], dice: &mut Dice<'_>) -> Option<usize> {
    let fitting = |at: &usize| states.contains(&model.state(*at));
    let any = dice.chance(12);
    let events: Vec<usize> = (0..model.events.len())
        .filter(|at| any || fitting(at))
        .collect();
    match events.len() {
        0 => None,
        count => Some(events[count - 1 - dice.below(count)]),
    }
}

fn credit(dice: &mut Dice<'_>, model: &Model) -> Option<Attempt> {
    let at = pick_event(model, &[EventState::Settled, EventState::Paid], dice)?;
    let event = &model.events[at];
    if dice.chance(45) {
        return Some(Attempt::Credit(at, Vec::new()));
    }
    let mut lines = Vec::new();
    for (line, left) in event.rest() {
        if !lines.is_empty() && dice.chance(40) {
            continue;
        }
        let part = match dice.below(8) {
            0..=3 if line.code.is_some() => (left / 2000).max(1) * 1000,
            0..=3 => (left / 2).max(1),
            4 => left,
            5 if line.code.is_none() => (left / 3).max(1),
            6 => left + 1000,
            _ => (left - 1).max(1),
        };
        lines.push((line.no, part));
    }
    if dice.chance(4) {
        lines.push((99, 1000));
    }
    Some(Attempt::Credit(at, lines))
}
