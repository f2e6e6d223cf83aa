//! The world and the reference model, side by side.

use psop_adapter::domain::event::Remaining;
use psop_adapter::domain::lookup::{ContentView, View};
use psop_adapter::domain::period::PeriodKey;
use psop_adapter::domain::purchasing_power::{Content as Granted, State};
use psop_adapter::domain::service_event::{Credited, EventKind, EventState as Kept};

use super::calendar::{Day, key};
use super::invariants::{Broken, hold};
use super::message::Content;
use super::model::{Event, EventState, Model, Taken};
use super::world::World;

/// Everything the model has a view on.
pub fn agree(world: &World, model: &Model) -> Result<(), Broken> {
    hold!(
        world.grants.len() == model.grants.len(),
        "{} grants",
        world.grants.len()
    );
    hold!(
        world.events.len() == model.events.len(),
        "{} events",
        world.events.len()
    );
    for at in 0..model.grants.len() {
        grant(world, model, at)?;
    }
    for at in 0..model.events.len() {
        event(world, model, at)?;
    }
    Ok(())
}

fn grant(world: &World, model: &Model, at: usize) -> Result<(), Broken> {
    let (kept, known) = (&world.grants[at], &model.grants[at]);
    hold!(
        kept.version == known.version(),
        "grant {at}: version {}",
        kept.version
    );
    hold!(
        kept.valid_from == known.from().date(),
        "grant {at}: from {}",
        kept.valid_from
    );
    hold!(
        kept.valid_to == known.to().date(),
        "grant {at}: to {}",
        kept.valid_to
    );
    let total = kept.total_authorised().map(|total| total.0);
    hold!(
        total == Some(known.total()),
        "grant {at}: authorises {total:?}, not {}",
        known.total()
    );
    let state = match kept.state_on(world.today.date()) {
        State::Tuleva => "TULEVA",
        State::Voimassa => "VOIMASSA",
        State::Kaytetty => "KAYTETTY",
        State::Paattynyt => "PAATTYNYT",
        State::Mitatoity => "MITATOITY",
        State::Keskeytetty => "KESKEYTETTY",
    };
    let expected = model.grant_state(at);
    hold!(state == expected, "grant {at}: {state}, not {expected}");
    match &kept.content {
        Granted::Ordinary(ordinary) => {
            for day in [model.today, known.from(), known.to()].map(|day| known.nearest(day)) {
                let period = ordinary.period.key(day.date());
                let left = known.quota(day).0 - model.used_in(at, day, None);
                let remaining = ordinary.remaining_in(period, kept.valid_to).0;
                hold!(
                    remaining == left,
                    "grant {at}: {period}: {remaining} left, not {left}"
                );
                let name = key(ordinary.period, day);
                hold!(period.to_string() == name, "grant {at}: {period} is {name}");
            }
        }
        Granted::Saldo(saldo) => {
            let left = known.balance() - model.used_balance(at, None);
            hold!(
                saldo.remaining().0 == left,
                "grant {at}: {} left, not {left}",
                saldo.remaining()
            );
        }
        Granted::Dental(dental) => {
            let used = model.vouchers(at, None);
            hold!(
                dental.ceiling_used.0 == used,
                "grant {at}: {} used, not {used}",
                dental.ceiling_used
            );
            let left = known.ceiling().map(|ceiling| ceiling - used);
            let remaining = dental.ceiling_remaining().map(|left| left.0);
            hold!(
                remaining == left,
                "grant {at}: {remaining:?} left, not {left:?}"
            );
            for line in &dental.lines {
                let used = model.used_line(at, line.line_no, None);
                hold!(
                    i64::from(line.used_count) == used,
                    "grant {at}: line {}: {} used, not {used}",
                    line.line_no,
                    line.used_count
                );
            }
        }
    }
    Ok(())
}

fn event(world: &World, model: &Model, at: usize) -> Result<(), Broken> {
    let (kept, known) = (&world.events[at].event, &model.events[at]);
    let state = match model.state(at) {
        EventState::Recorded => Kept::Kirjattu,
        EventState::InReview => Kept::Tarkastettavana,
        EventState::Approved => Kept::Hyvaksytty,
        EventState::Rejected => Kept::Hylatty,
        EventState::Deleted => Kept::Poistettu,
        EventState::Settled => Kept::Tilitetty,
        EventState::Paid => Kept::Maksettu,
    };
    hold!(
        kept.state == state,
        "event {at}: {:?}, not {state:?}",
        kept.state
    );
    hold!(
        kept.version == known.version(),
        "event {at}: version {}",
        kept.version
    );
    let is_credit = kept.kind == EventKind::Credit;
    hold!(
        is_credit == known.is_credit(),
        "event {at}: {:?}",
        kept.kind
    );
    let (date, lines) = known.recorded();
    hold!(
        kept.service_date == date.date(),
        "event {at}: on {}",
        kept.service_date
    );
    hold!(
        kept.lines.len() == lines.len(),
        "event {at}: {} lines",
        kept.lines.len()
    );
    let whole = match kept.credited {
        None => None,
        Some(credited) => Some(credited == Credited::Full),
    };
    hold!(
        whole == known.credited_whole(),
        "event {at}: credited {whole:?}"
    );
    for (line, expected) in kept.lines.iter().zip(lines) {
        let shares = [
            line.shares.price.0,
            line.shares.voucher.0,
            line.shares.customer.0,
        ];
        let amounts = line_amounts(known, expected);
        hold!(
            shares == amounts,
            "event {at}: line {}: {shares:?}, not {amounts:?}",
            line.line_no
        );
        let same = line.quantity.0 == expected.quantity
            && line.unit_price.0 == expected.price
            && line.unit_value.0 == expected.value
            && line
                .procedure
                .as_ref()
                .and_then(|procedure| procedure.granted_line_no)
                == expected.granted_line;
        hold!(same, "event {at}: line {line:?}, not {expected:?}");
        let credited = known.credited(line.line_no);
        hold!(
            line.credited_quantity.0 == credited,
            "event {at}: line {}: {} credited, not {credited}",
            line.line_no,
            line.credited_quantity
        );
    }
    Ok(())
}

/// A credit takes what was before, less what is after.
fn line_amounts(event: &Event, line: &Taken) -> [i64; 3] {
    let Some((_, before)) = &event.credits else {
        return line.amounts(line.quantity);
    };
    let left = before
        .iter()
        .find(|(no, _)| *no == line.no)
        .map_or(0, |(_, left)| *left);
    let (before, after) = (line.amounts(left), line.amounts(left - line.quantity));
    std::array::from_fn(|at| after[at] - before[at])
}

/// What a provider is told to be left, with the answer to an event.
pub fn remaining(model: &Model, at: usize, day: Day, told: &Remaining) -> Result<(), Broken> {
    let known = &model.grants[at];
    match told {
        Remaining::Quantity { period, left, .. } => {
            let expected = match known.content() {
                Content::Ordinary { .. } => known.quota(day).0 - model.used_in(at, day, None),
                _ => known.balance() - model.used_balance(at, None),
            };
            // A deletion may be of an event outside what is valid by now; no quota is there then.
            hold!(
                left.0 == expected,
                "told {left} left of {period}, not {expected}"
            );
            hold!(
                known.period().is_some() || *period == PeriodKey::All,
                "told of {period}"
            );
        }
        Remaining::Dental { ceiling, lines } => {
            let expected = known
                .ceiling()
                .map(|ceiling| ceiling - model.vouchers(at, None));
            hold!(
                ceiling.map(|left| left.0) == expected,
                "told {ceiling:?} left, not {expected:?}"
            );
            for (no, left) in lines {
                let line = known
                    .lines()
                    .iter()
                    .find(|line| line.no == *no)
                    .ok_or("told of no line")?;
                let expected = i64::from(line.max) - model.used_line(at, *no, None);
                hold!(
                    i64::from(*left) == expected,
                    "told {left} left of line {no}, not {expected}"
                );
            }
        }
    }
    Ok(())
}

/// What a provider is shown.
pub fn shown(model: &Model, at: usize, date: Day, view: &View<'_>) -> Result<(), Broken> {
    let known = &model.grants[at];
    let day = known.nearest(date);
    match &view.content {
        ContentView::Ordinary(shown) => {
            let Some(Content::Ordinary { value, .. }) = known.block_on(day) else {
                return Err("no value".to_owned());
            };
            hold!(
                shown.unit_value.0 == *value,
                "shown a value of {}",
                shown.unit_value
            );
            let used = model.used_in(at, day, None);
            let left = known.quota(day).0 - used;
            hold!(
                shown.used.0 == used && shown.remaining.0 == left,
                "shown {shown:?}, not {used} and {left}"
            );
            let all = model.remaining_from(at, day);
            hold!(
                shown.total_remaining.0 == all,
                "shown {} left in all, not {all}",
                shown.total_remaining
            );
            let key = key(shown.period, day);
            hold!(
                shown.period_key.to_string() == key,
                "shown {}, not {key}",
                shown.period_key
            );
        }
        ContentView::Saldo(shown) => {
            let Some(Content::Saldo { value, .. }) = known.block_on(day) else {
                return Err("no value".to_owned());
            };
            hold!(
                shown.unit_value.map(|value| value.0) == *value,
                "shown a value of {:?}",
                shown.unit_value
            );
        }
        ContentView::Dental(shown) => {
            hold!(
                shown.lines.len() == known.lines().len(),
                "shown {} lines",
                shown.lines.len()
            );
            for line in &shown.lines {
                let (value, _) = known.line_value(line.line.line_no, day);
                hold!(
                    line.unit_value.0 == value,
                    "shown a value of {}, not {value}",
                    line.unit_value
                );
            }
        }
    }
    Ok(())
}
