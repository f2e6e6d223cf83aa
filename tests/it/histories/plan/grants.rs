//! Messages about grants.

use psop_adapter::domain::grant::Action;
use psop_adapter::domain::period::Period;
use psop_adapter::domain::purchasing_power::{DentalMode, Kind};
use psop_adapter::domain::registry::Unit;

use crate::histories::calendar::{Day, bounds};
use crate::histories::dice::Dice;
use crate::histories::message::{Content, GrantLine, GrantMessage, Terms};
use crate::histories::model::{Grant, Model};
use crate::histories::rules::{CODES, PERSONS, UNITS};

const PERIODS: [Period; 6] = [
    Period::Month,
    Period::Week,
    Period::Day,
    Period::Once,
    Period::Year,
    Period::Whole,
];
/// Cents; 10.33 rounds a half cent up at a quantity of 1.5.
const VALUES: [i64; 6] = [3200, 1033, 2000, 1, 3999, 0];
pub const TEETH: [&str; 3] = ["16", "48", "11"];

fn kind_of(content: &Content) -> Kind {
    match content {
        Content::Ordinary { .. } => Kind::Ordinary,
        Content::Saldo { .. } => Kind::Saldo,
        Content::Dental { .. } => Kind::Dental,
    }
}

fn message(action: Action, grant: usize, model: &Model) -> GrantMessage {
    GrantMessage {
        action,
        kind: model
            .grants
            .get(grant)
            .map_or(Kind::Ordinary, |grant| kind_of(grant.content())),
        grant,
        version: None,
        other_organiser: false,
        from: None,
        customer: model.grants.get(grant).map_or(0, |grant| grant.customer),
        terms: None,
        content: None,
        top_up: None,
    }
}

pub fn create(dice: &mut Dice<'_>, model: &Model) -> GrantMessage {
    let service = dice.weighted(&[(5, 0), (3, 1), (3, 2), (4, 3), (6, 4), (3, 5), (3, 6)]);
    let from = model.today + dice.one(&[-40, -10, 0, -25, -55, 5, -70, -15, -3, -120]);
    let length = dice.one(&[90, 60, 364, 45, 120, 13, 400, 0, 730, 200]);
    let content = content(dice, service, None);
    let is_daily = matches!(
        content,
        Content::Ordinary {
            period: Period::Day,
            ..
        }
    );
    let to = match dice.below(40) {
        38 => from - 1,
        39 if !is_daily => from.years_on(5) - dice.one(&[0, 1]),
        _ => from + if is_daily { length.min(45) } else { length },
    };
    let purchase = dice.chance(25);
    let terms = Terms {
        purchase,
        service,
        decided: from.min(model.today) + if dice.chance(3) { 200 } else { 0 },
        from,
        to,
        chosen: chosen(dice),
        allowed: allowed(dice),
        contract: purchase != dice.chance(3),
    };
    GrantMessage {
        kind: kind_of(&content),
        customer: dice.weighted(&[(5, 0), (3, 1), (1, 2), (1, PERSONS.len() - 1)]),
        terms: Some(terms),
        content: Some(content),
        ..message(Action::Create, model.grants.len(), model)
    }
}

fn chosen(dice: &mut Dice<'_>) -> Option<usize> {
    dice.weighted(&[
        (14, None),
        (4, Some(0)),
        (3, Some(1)),
        (2, Some(2)),
        (1, Some(3)),
        (1, Some(4)),
    ])
}

fn allowed(dice: &mut Dice<'_>) -> Vec<usize> {
    match dice.below(6) {
        4 => vec![1, 0],
        5 => vec![2],
        _ => Vec::new(),
    }
}

/// A block for a service; `like` is the one it takes the place of.
fn content(dice: &mut Dice<'_>, service: usize, like: Option<&Content>) -> Content {
    let unit = UNITS[service];
    let odd = dice.chance(3);
    match (unit, like) {
        (_, Some(Content::Dental { .. })) | (Unit::Toimenpide, None) => dental(dice, like, odd),
        (_, Some(Content::Saldo { .. })) | (Unit::Eur, None) => saldo(dice, like, unit, odd),
        (Unit::H | Unit::Kpl, None) if dice.chance(35) => saldo(dice, like, unit, odd),
        (unit, _) => {
            let unit = if odd { Unit::D } else { unit };
            let period = dice.one(&PERIODS);
            Content::Ordinary {
                unit,
                period: match like {
                    Some(Content::Ordinary { period, .. }) if !odd => *period,
                    _ => period,
                },
                quantity: dice.weighted(&[
                    (8, 2000),
                    (6, 1000),
                    (6, 4000),
                    (4, 1500),
                    (4, 500),
                    (2, 8000),
                    (1, 99_999_999),
                ]),
                value: match unit {
                    Unit::Kk => dice.one(&[68_700, 61_200]),
                    _ => dice.one(&VALUES),
                },
                cap: dice
                    .one(&[None, None, Some(4200), Some(3200)])
                    .filter(|_| unit != Unit::Kk),
            }
        }
    }
}

fn saldo(dice: &mut Dice<'_>, like: Option<&Content>, unit: Unit, odd: bool) -> Content {
    let unit = match like {
        Some(Content::Saldo { unit, .. }) if !odd => *unit,
        _ if dice.chance(20) => Unit::Eur,
        _ => unit,
    };
    let in_euros = unit == Unit::Eur;
    let scale = if in_euros { 10 } else { 1 };
    Content::Saldo {
        unit,
        total: dice.weighted(&[
            (6, 12_000),
            (5, 6500),
            (5, 3000),
            (3, 36_950),
            (1, 9_999_999_990 / scale),
        ]) * scale
            + i64::from(dice.chance(3)),
        value: (in_euros == dice.chance(3)).then(|| dice.one(&VALUES)),
        per_event: dice.one(&[None, None, Some(2500 * scale), Some(1000 * scale)]),
    }
}

fn dental(dice: &mut Dice<'_>, like: Option<&Content>, odd: bool) -> Content {
    use DentalMode::{ExaminationOnly, Itemised, PriceListCeiling};
    let mode = dice.one(&[Itemised, PriceListCeiling, ExaminationOnly]);
    let mode = match like {
        Some(Content::Dental { mode, .. }) if !odd => *mode,
        _ => mode,
    };
    let ceiling = dice.one(&[10_000, 15_000, 30_000, 4500]);
    if mode == PriceListCeiling {
        return Content::Dental {
            mode,
            ceiling: Some(ceiling).filter(|_| !odd),
            lines: Vec::new(),
        };
    }
    let mut lines: Vec<GrantLine> = match like {
        Some(Content::Dental { lines, .. }) => lines.clone(),
        _ => Vec::new(),
    };
    if !lines.is_empty() && dice.chance(25) {
        lines.remove(dice.below(lines.len()));
    }
    let more = if like.is_some() {
        dice.below(2)
    } else {
        1 + dice.below(3)
    };
    for _ in 0..more {
        let no = (1..)
            .find(|no| lines.iter().all(|line| line.no != *no))
            .unwrap();
        let code = dice.weighted(&[(4, 0), (3, 1), (3, 2), (2, 3), (2, 4)]);
        let tooth = dice.one(&[None, Some(TEETH[0]), Some(TEETH[1])]);
        lines.push(GrantLine {
            no,
            code,
            tooth: tooth.filter(|_| CODES[code].one_tooth),
            max: 1,
            value: None,
            cap: None,
        });
    }
    for line in &mut lines {
        if like.is_none() || dice.chance(30) {
            line.max = dice.one(&[2, 3, 6, 1]);
            line.value = dice.one(&[None, Some(4500), Some(3000), Some(9500)]);
            line.cap = dice.one(&[None, None, Some(6000), Some(15_000)]);
        }
    }
    Content::Dental {
        mode,
        ceiling: Some(ceiling).filter(|_| dice.chance(25)),
        lines,
    }
}

/// The version that is right; now and then another.
fn version(dice: &mut Dice<'_>, model: &Model, grant: usize) -> Option<u64> {
    let version = model.grants[grant].version();
    Some(if dice.chance(5) { version + 1 } else { version })
}

/// A day that something holds from: about today, a period's edge, or an end of the validity.
fn effective_from(dice: &mut Dice<'_>, model: &Model, at: usize) -> Day {
    let grant = &model.grants[at];
    let today = grant.nearest(model.today);
    let period = bounds(grant.period().unwrap_or(Period::Month), today);
    let period = (grant.nearest(period.0), grant.nearest(period.1));
    match dice.below(12) {
        0 => today,
        1 => grant.from(),
        2 => grant.to(),
        3 => period.0,
        4 => period.1,
        5 => grant.nearest(period.1 + 1),
        6 => grant.nearest(today - 10),
        7 => grant.nearest(today + 20),
        8 => grant.nearest(today + 90),
        9 => grant.nearest(today - 45),
        10 => today + 3,
        _ => grant.to() + 1,
    }
}

pub fn amend(dice: &mut Dice<'_>, model: &Model) -> GrantMessage {
    let at = dice.below(model.grants.len());
    let grant = &model.grants[at];
    let what = dice.below(8);
    let from = effective_from(dice, model, at);
    let terms = (what >= 4).then(|| amended_terms(dice, model, grant));
    let content = (what <= 5).then(|| {
        let proposed = content(dice, grant.terms().service, Some(grant.content()));
        at_the_edge(dice, model, at, proposed)
    });
    let mut message = GrantMessage {
        version: version(dice, model, at),
        other_organiser: dice.chance(2),
        from: Some(from),
        terms,
        content,
        ..message(Action::Amend, at, model)
    };
    if dice.chance(2) && message.content.is_none() {
        message.kind = dice.one(&[Kind::Ordinary, Kind::Saldo, Kind::Dental]);
    }
    message
}

/// Now and then a total that is exactly what is used, or just below it.
fn at_the_edge(dice: &mut Dice<'_>, model: &Model, at: usize, mut content: Content) -> Content {
    let edge = dice.below(6);
    if edge < 4 {
        return content;
    }
    let less = if edge == 5 { 1 } else { 0 };
    match &mut content {
        Content::Ordinary { quantity, .. } => {
            let days = model.live(at, None).map(|(_, event)| event.recorded().0);
            let used = days
                .map(|day| model.used_in(at, day, None))
                .max()
                .unwrap_or(0);
            if model.grants[at].period().is_some() && used > less {
                *quantity = used - less;
            }
        }
        Content::Saldo { unit, total, .. } => {
            let less = if *unit == Unit::Eur { 10 * less } else { less };
            let used = model.used_balance(at, None);
            *total = if used > less { used - less } else { *total };
        }
        Content::Dental { ceiling, lines, .. } => {
            let used = model.vouchers(at, None);
            match ceiling {
                Some(ceiling) if used > less => *ceiling = used - less,
                _ => {
                    for line in lines {
                        let used = model.used_line(at, line.no, None);
                        line.max = u32::try_from((used - less).max(1)).unwrap();
                    }
                }
            }
        }
    }
    content
}

fn amended_terms(dice: &mut Dice<'_>, model: &Model, grant: &Grant) -> Terms {
    let mut terms = grant.terms().clone();
    let last_event = model.today - 5;
    match dice.below(12) {
        0 => terms.to = grant.to() + 30,
        1 => terms.to = grant.to() - 20,
        2 => terms.to = model.today,
        3 => terms.to = grant.nearest(last_event),
        4 => terms.to = grant.to() + 365,
        5 => terms.to = terms.from - 1,
        6 => terms.service = (terms.service + 1) % UNITS.len(),
        7 => terms.from = terms.from + 1,
        8 => terms.purchase = !terms.purchase,
        _ => {}
    }
    let is_daily = grant.period() == Some(Period::Day);
    if is_daily && terms.to - terms.from > 75 {
        terms.to = grant.to();
    }
    if dice.chance(50) {
        terms.chosen = chosen(dice);
        terms.allowed = allowed(dice);
    }
    if dice.chance(3) {
        terms.contract = !terms.contract;
    }
    terms
}

pub fn cancel(dice: &mut Dice<'_>, model: &Model) -> GrantMessage {
    let at = dice.below(model.grants.len());
    let from = match dice.below(8) {
        7 => model.grants[at].from() - 5,
        _ => effective_from(dice, model, at),
    };
    GrantMessage {
        version: version(dice, model, at).filter(|_| dice.chance(50)),
        from: Some(from),
        ..message(Action::Cancel, at, model)
    }
}

pub fn suspend(dice: &mut Dice<'_>, model: &Model) -> GrantMessage {
    message(Action::Suspend, dice.below(model.grants.len()), model)
}

/// Mostly of a grant that is suspended.
pub fn resume(dice: &mut Dice<'_>, model: &Model) -> Option<GrantMessage> {
    let suspended = model.grants.iter().position(|grant| grant.suspended());
    let any = Some(dice.below(model.grants.len())).filter(|_| dice.chance(10));
    Some(message(Action::Resume, any.or(suspended)?, model))
}

/// Mostly of a balance.
pub fn top_up(dice: &mut Dice<'_>, model: &Model) -> Option<GrantMessage> {
    let is_balance = |grant: &Grant| matches!(grant.content(), Content::Saldo { .. });
    let balance = model.grants.iter().position(is_balance);
    let any = Some(dice.below(model.grants.len())).filter(|_| dice.chance(10));
    let at = any.or(balance)?;
    Some(GrantMessage {
        kind: Kind::Saldo,
        version: version(dice, model, at).filter(|_| dice.chance(50)),
        top_up: Some(dice.one(&[5000, 10, 12_340, 20_000, 9_999_999_990, 1005])),
        ..message(Action::TopUp, at, model)
    })
}
