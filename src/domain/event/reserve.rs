//! What an event may take: the quota of its period, what is left of a balance, what is left of a
//! ceiling. Each is told once, at the first line that passes it.

use jiff::civil::Date;

use crate::domain::code::Code;
use crate::domain::money::{Cents, Quantity, line_amount};
use crate::domain::period::PeriodKey;
use crate::domain::purchasing_power::{Content, Dental, Ordinary, PurchasingPower, Saldo};
use crate::domain::registry::Unit;
use crate::domain::rejection::{Group, Rejections};
use crate::domain::service_event::EventLine;

use super::{Proposal, ProposedLine, Remaining};

/// Judges quota or balance. What is wrong with a line's price does not change what it takes.
/// `grant` holds nothing of the event itself.
pub(super) fn judge_quantities(
    proposal: &Proposal<'_>,
    grant: &PurchasingPower,
    rejections: &mut Rejections,
) {
    let (code, element, past) = match &grant.content {
        Content::Ordinary(ordinary) => {
            let quantity = |line: &ProposedLine<'_>| line.quantity.0;
            let Some(left) = left_of_quota(ordinary, grant, proposal.service_date) else {
                return;
            };
            (
                Code::QuotaExceeded,
                "/quantity",
                first_past(proposal, quantity, left.0),
            )
        }
        Content::Saldo(saldo) => {
            let element = if saldo.unit == Unit::Eur {
                ""
            } else {
                "/quantity"
            };
            let used = |line: &ProposedLine<'_>| use_of_balance(saldo, line);
            (
                Code::BalanceExceeded,
                element,
                first_past(proposal, used, most_of_balance(saldo).0),
            )
        }
        Content::Dental(_) => return,
    };
    if let Some((index, line)) = past {
        let field = format!("{}{element}", proposal.line_field(index));
        rejections.add_to_line(Group::Lines, code, field, line.line_no);
    }
}

/// Judges the ceiling of a dental grant over the lines that hold so far.
pub(super) fn judge_ceiling(
    proposal: &Proposal<'_>,
    dental: &Dental,
    lines: &[Option<EventLine>],
    rejections: &mut Rejections,
) {
    let Some(left) = dental.ceiling_remaining() else {
        return;
    };
    let mut sum = 0_i64;
    for (index, line) in lines.iter().enumerate() {
        let Some(line) = line else { continue };
        sum = sum.saturating_add(line.shares.voucher.0);
        if sum > left.0 {
            let field = proposal.line_field(index);
            rejections.add_to_line(Group::Lines, Code::CeilingExceeded, field, line.line_no);
            return;
        }
    }
}

/// What is left of a grant for a provider's next event in the period of `day`.
pub(super) fn remaining(grant: &PurchasingPower, day: Date) -> Remaining {
    match &grant.content {
        Content::Ordinary(ordinary) => {
            let period = ordinary.period.key(day);
            Remaining::Quantity {
                period,
                left: ordinary.remaining_in(period, grant.valid_to),
                unit: ordinary.unit,
            }
        }
        Content::Saldo(saldo) => Remaining::Quantity {
            period: PeriodKey::All,
            left: saldo.remaining(),
            unit: saldo.unit,
        },
        Content::Dental(dental) => Remaining::Dental {
            ceiling: dental.ceiling_remaining(),
            lines: dental
                .lines
                .iter()
                .map(|line| (line.line_no, line.max_count.saturating_sub(line.used_count)))
                .collect(),
        },
    }
}

/// `None` when the day's period lies outside the validity: there is no quota to judge.
fn left_of_quota(ordinary: &Ordinary, grant: &PurchasingPower, day: Date) -> Option<Quantity> {
    let period = ordinary.period.key(day);
    let nearest = ordinary.period.key(grant.nearest_valid_day(day));
    (period == nearest).then(|| ordinary.remaining_in(period, grant.valid_to))
}

fn most_of_balance(saldo: &Saldo) -> Quantity {
    let left = saldo.remaining();
    saldo.per_event_max.map_or(left, |most| left.min(most))
}

fn use_of_balance(saldo: &Saldo, line: &ProposedLine<'_>) -> i64 {
    if saldo.unit == Unit::Eur {
        let price = line_amount(line.quantity, line.unit_price);
        price.unwrap_or(Cents(i64::MAX)).0.saturating_mul(10)
    } else {
        line.quantity.0
    }
}

/// The first line at which the sum of what the lines take passes what may be taken.
fn first_past<'a, 'p>(
    proposal: &'a Proposal<'p>,
    used: impl Fn(&ProposedLine<'_>) -> i64,
    most: i64,
) -> Option<(usize, &'a ProposedLine<'p>)> {
    let mut sum = 0_i64;
    proposal.lines.iter().enumerate().find(|(_, line)| {
        sum = sum.saturating_add(used(line));
        sum > most
    })
}
