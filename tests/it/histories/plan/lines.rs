//! Lines of events: quantities and prices about what is left, valued and capped.

use psop_adapter::domain::purchasing_power::DentalMode;
use psop_adapter::domain::registry::Unit;

use crate::histories::calendar::Day;
use crate::histories::dice::Dice;
use crate::histories::message::{Content, EventMessage, GrantLine, Line, Procedure};
use crate::histories::model::Model;
use crate::histories::rules::{CODES, approval_on, price_on, service_on};

use super::grants::TEETH;

/// The highest price that nothing refuses, where there is one.
fn highest(
    model: &Model,
    grant: usize,
    provider: usize,
    date: Day,
    value: i64,
    cap: Option<i64>,
) -> Option<i64> {
    let terms = model.grants[grant].terms();
    let service = service_on(terms.service, date);
    let nothing_own = terms.purchase || service.is_some_and(|service| service.free);
    let agreed = approval_on(provider, date)
        .ok()
        .and_then(|approval| approval.agreed);
    let service_cap = service.and_then(|service| service.cap);
    [
        cap,
        agreed,
        service_cap,
        Some(value).filter(|_| nothing_own),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// A quantity out of these, mostly one that is still there.
fn affordable(dice: &mut Dice<'_>, quantity: i64, left: i64) -> i64 {
    if quantity > left && left > 0 && dice.chance(80) {
        left
    } else {
        quantity
    }
}

pub fn general_line(dice: &mut Dice<'_>, model: &Model, message: &EventMessage, no: u64) -> Line {
    let (grant, date) = (message.grant, message.date);
    let terms = &model.grants[grant];
    let block = terms.block_on(terms.nearest(date));
    let (value, cap, left, in_euros) = match terms.content() {
        Content::Ordinary { .. } => {
            let left = terms.quota(date).0 - model.used_in(grant, date, message.event);
            let (value, cap) = match block {
                Some(Content::Ordinary { value, cap, .. }) => (*value, *cap),
                _ => (0, None),
            };
            (value, cap, left, false)
        }
        Content::Saldo {
            unit, per_event, ..
        } => {
            let left = terms.balance() - model.used_balance(grant, message.event);
            let left = per_event.map_or(left, |most| most.min(left));
            let value = match block {
                Some(Content::Saldo {
                    value: Some(value), ..
                }) => *value,
                _ => left / 10,
            };
            (value, None, left, *unit == Unit::Eur)
        }
        Content::Dental { .. } => (3000, None, 1000, false),
    };
    let prices = [
        (5, value),
        (4, value + 233),
        (2, value + 1),
        (2, (value - 1).max(0)),
        (1, 4000),
        (1, 4001),
        (1, 4200),
        (1, 4201),
        (1, 1266),
        (1, 92_001),
    ];
    let price = dice.weighted(&prices);
    let highest = highest(model, grant, message.provider, date, value, cap);
    let price = highest
        .filter(|_| dice.chance(85))
        .map_or(price, |highest| price.min(highest));
    let quantities = [
        (6, 1000),
        (4, 500),
        (4, 1500),
        (3, 333),
        (2, 2000),
        (2, -1),
        (1, 3),
    ];
    let quantity = dice.weighted(&quantities);
    let one_more = i64::from(dice.chance(8));
    // What the lines before this one take is gone too.
    let before = message.lines.iter().map(|line| match in_euros {
        true => line.quantity * line.price / 100,
        false => line.quantity,
    });
    let left = left - before.sum::<i64>();
    let (quantity, price) = match in_euros {
        true => (
            1000,
            affordable(
                dice,
                if quantity < 0 {
                    left
                } else {
                    price.min(3000) * 10
                },
                left,
            ) / 10
                + one_more,
        ),
        false if quantity < 0 => (left + one_more, price),
        false => (affordable(dice, quantity, left) + one_more, price),
    };
    let is_there = (1..=9_999_999).contains(&quantity) && (0..=99_999_999).contains(&price);
    let (quantity, price) = if is_there {
        (quantity, price)
    } else {
        (1000, 1000)
    };
    Line {
        no,
        quantity,
        price,
        procedure: None,
    }
}

pub fn dental_line(dice: &mut Dice<'_>, model: &Model, message: &EventMessage, no: u64) -> Line {
    let (grant, date) = (message.grant, message.date);
    let terms = &model.grants[grant];
    let has_left =
        |line: &&GrantLine| i64::from(line.max) > model.used_line(grant, line.no, message.event);
    let any = dice.chance(10);
    let granted: Vec<&GrantLine> = terms
        .lines()
        .iter()
        .filter(|line| any || has_left(line))
        .collect();
    let line = match granted.len() {
        0 => None,
        count => Some(granted[dice.below(count)]).filter(|_| !dice.chance(6)),
    };
    let code = line.map_or_else(|| dice.below(CODES.len()), |line| line.code);
    let tooth = line.and_then(|line| line.tooth).unwrap_or(dice.one(&TEETH));
    let tooth = if dice.chance(5) { TEETH[2] } else { tooth };
    let is_list = matches!(
        terms.content(),
        Content::Dental {
            mode: DentalMode::PriceListCeiling,
            ..
        }
    );
    let (value, cap) = match line {
        Some(line) => terms.line_value(line.no, terms.nearest(date)),
        None => price_on(code, date).map_or((3000, None), |price| (price.value, price.cap)),
    };
    let prices = [
        value,
        value,
        value + 1700,
        6000,
        6001,
        4000,
        15_001,
        (value - 1).max(0),
    ];
    let price = dice.one(&prices);
    let highest = highest(model, grant, message.provider, date, value, cap);
    let price = highest
        .filter(|_| dice.chance(85))
        .map_or(price, |highest| price.min(highest));
    let left = line.map_or(2, |line| {
        i64::from(line.max) - model.used_line(grant, line.no, message.event)
    });
    let count = dice.one(&[1, 1, 1, 2, 3, 6]);
    let count = affordable(dice, count, left);
    let has_tooth = CODES[code].one_tooth != dice.chance(3);
    let has_surfaces = (CODES[code].surfaces > 0) != dice.chance(3);
    let named = line.map(|line| line.no).filter(|_| dice.chance(20));
    Line {
        no,
        quantity: 1000 * count,
        price,
        procedure: Some(Procedure {
            code,
            tooth: has_tooth.then_some(tooth),
            surfaces: has_surfaces.then_some("MD"),
            authorised: named.or(Some(1).filter(|_| (is_list || line.is_none()) && dice.chance(4))),
        }),
    }
}
