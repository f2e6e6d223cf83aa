//! Messages about events.

use psop_adapter::domain::event::Action;

use crate::histories::calendar::{Day, bounds};
use crate::histories::dice::Dice;
use crate::histories::message::{Content, EventMessage, Procedure};
use crate::histories::model::{Model, sum};
use crate::histories::rules::{GRACE_DAYS, LATE_DAYS, PERSONS, PROVIDERS};

use super::lines::{dental_line, general_line};

pub fn record(dice: &mut Dice<'_>, model: &Model) -> EventMessage {
    let grant = pick_grant(dice, model);
    let provider = provider(dice, model, grant);
    let date = date(dice, model, grant);
    proposed(dice, model, Action::Create, None, grant, provider, date)
}

pub fn replace(dice: &mut Dice<'_>, model: &Model, at: usize) -> EventMessage {
    let event = &model.events[at];
    let same_day = event.recorded().0;
    let date = if dice.chance(60) {
        same_day
    } else {
        date(dice, model, event.grant)
    };
    let mut message = proposed(
        dice,
        model,
        Action::Update,
        Some(at),
        event.grant,
        event.provider,
        date,
    );
    named(dice, model, at, &mut message);
    message
}

pub fn delete(dice: &mut Dice<'_>, model: &Model, at: usize) -> EventMessage {
    let event = &model.events[at];
    let mut message = EventMessage {
        action: Action::Delete,
        dental: is_dental(model, event.grant),
        event: Some(at),
        version: None,
        grant: event.grant,
        customer: model.grants[event.grant].customer,
        provider: event.provider,
        date: event.recorded().0,
        lines: Vec::new(),
        no_show: false,
        lab_cost: None,
        totals: None,
    };
    named(dice, model, at, &mut message);
    message
}

/// The version, and now and then another version, provider, person or grant than the event's.
fn named(dice: &mut Dice<'_>, model: &Model, at: usize, message: &mut EventMessage) {
    message.version = Some(model.events[at].version());
    match dice.below(25) {
        20 => message.version = Some(model.events[at].version() + 1),
        21 => message.provider = (message.provider + 1) % PROVIDERS.len(),
        22 => message.customer = (message.customer + 1) % PERSONS.len(),
        23 => message.grant = (message.grant + 1) % model.grants.len(),
        24 => message.dental = !message.dental,
        _ => {}
    }
    fit_lines(message);
}

/// A message's lines are procedures or none is, as its schema has it.
fn fit_lines(message: &mut EventMessage) {
    for line in &mut message.lines {
        if message.dental {
            line.quantity = (line.quantity / 1000).clamp(1, 20) * 1000;
            line.procedure.get_or_insert(Procedure {
                code: 0,
                tooth: None,
                surfaces: None,
                authorised: None,
            });
        } else {
            line.procedure = None;
        }
    }
}

fn is_dental(model: &Model, grant: usize) -> bool {
    matches!(model.grants[grant].content(), Content::Dental { .. })
}

/// Whether an event can be recorded at all.
fn is_open(model: &Model, at: usize) -> bool {
    let grant = &model.grants[at];
    let shut = matches!(model.grant_state(at), "TULEVA" | "KESKEYTETTY");
    let annulled = grant
        .cancelled_from()
        .is_some_and(|from| model.today - from > GRACE_DAYS || from <= grant.from());
    !shut && !annulled && model.today - grant.to() <= LATE_DAYS
}

pub fn any_open(model: &Model) -> bool {
    (0..model.grants.len()).any(|at| is_open(model, at))
}

/// Mostly one that events can be recorded on.
fn pick_grant(dice: &mut Dice<'_>, model: &Model) -> usize {
    let any = dice.chance(6);
    let grants: Vec<usize> = (0..model.grants.len())
        .filter(|at| any || is_open(model, *at))
        .collect();
    match grants.len() {
        0 => dice.below(model.grants.len()),
        count => grants[count - 1 - dice.below(count)],
    }
}

/// Mostly one that the grant is open to.
pub fn provider(dice: &mut Dice<'_>, model: &Model, grant: usize) -> usize {
    let grant = &model.grants[grant];
    let (chosen, allowed) = grant.providers_on(grant.nearest(model.today));
    if dice.chance(8) {
        return dice.below(PROVIDERS.len());
    }
    match (chosen, allowed) {
        (Some(chosen), _) => chosen,
        (None, []) => dice.weighted(&[(6, 0), (3, 1), (2, 2)]),
        (None, allowed) => allowed[dice.below(allowed.len())],
    }
}

/// About today, mostly inside the validity; or an edge of validity, period, annulment or lateness.
pub fn date(dice: &mut Dice<'_>, model: &Model, grant: usize) -> Day {
    let grant = &model.grants[grant];
    let today = model.today;
    let last = grant.nearest(today);
    let day = match dice.below(22) {
        0..=4 => last - dice.one(&[0, 1, 2, 3, 5, 8]),
        5 => today - 59,
        6 => today - 60,
        7 => today - 61,
        8 => today + 1,
        9 => grant.from() - 1,
        10 => grant.to() + 1,
        11 => return grant.from().min(today),
        12 => return grant.to().min(today),
        13 => grant.cancelled_from().map_or(today, |from| from - 1),
        14 => grant.cancelled_from().unwrap_or(today),
        15 | 16 => bounds(
            grant
                .period()
                .unwrap_or(psop_adapter::domain::period::Period::Month),
            last,
        )
        .0
        .max(grant.from()),
        17 => {
            bounds(
                grant
                    .period()
                    .unwrap_or(psop_adapter::domain::period::Period::Week),
                last,
            )
            .0
            .max(grant.from() + 1)
                - 1
        }
        18 => return Day::new(today.civil().0, 1, 1),
        _ => last - dice.below(30) as i32,
    };
    let day = if dice.chance(80) {
        day.max(today - LATE_DAYS)
    } else {
        day
    };
    let is_edge = dice.chance(18);
    if is_edge {
        day
    } else {
        grant.nearest(day).min(today)
    }
}

fn proposed(
    dice: &mut Dice<'_>,
    model: &Model,
    action: Action,
    event: Option<usize>,
    grant: usize,
    provider: usize,
    date: Day,
) -> EventMessage {
    let customer = model.grants[grant].customer;
    let no_show = dice.chance(4);
    let dental = is_dental(model, grant) != dice.chance(2);
    let mut message = EventMessage {
        action,
        dental,
        event,
        version: None,
        grant,
        customer: if dice.chance(2) {
            (customer + 1) % PERSONS.len()
        } else {
            customer
        },
        provider,
        date,
        lines: Vec::new(),
        no_show,
        lab_cost: None,
        totals: None,
    };
    if no_show && dice.chance(85) {
        return message;
    }
    let count = 1 + dice.weighted(&[(6, 0), (3, 1), (2, 2)]);
    for no in 1..=count {
        let line = match is_dental(model, grant) {
            true => dental_line(dice, model, &message, no),
            false => general_line(dice, model, &message, no),
        };
        message.lines.push(line);
    }
    let odd = dice.below(30);
    if odd == 28 {
        message.lines.clear();
    }
    if odd == 29 {
        message.lines.iter_mut().for_each(|line| line.no = 1);
    }
    message.lab_cost = Some(1500).filter(|_| message.dental && dice.chance(8));
    fit_lines(&mut message);
    if dice.chance(30) {
        totals(dice, model, &mut message);
    }
    message
}

/// The sender's sums: the right ones where the event is right, now and then a cent beside.
fn totals(dice: &mut Dice<'_>, model: &Model, message: &mut EventMessage) {
    let judged = model.judge_event(message);
    let mut totals = judged.map_or([1000, 1000, 0], |lines| {
        sum(lines.iter().map(|line| line.amounts(line.quantity)))
    });
    if dice.chance(20) && totals[2] > 0 {
        totals[1] += 1;
        totals[2] -= 1;
    }
    message.totals = Some(totals);
}
