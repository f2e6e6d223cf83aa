//! The reference model: a list of what was accepted, and everything else worked out from that list anew
//! each time it is asked. No running balance, no stored state, no cleverness; nothing of the library but
//! the names of kinds and units.

mod granting;
mod recording;

use std::collections::BTreeSet;

use psop_adapter::domain::period::Period;
use psop_adapter::domain::registry::Unit;

use super::calendar::{Day, bounds, touched};
use super::message::{Content, Decision, GrantLine, Terms};
use super::rules::service_on;

/// Codes of a refusal as they stand in an answer; none is an acceptance.
pub type Codes = BTreeSet<&'static str>;

/// What was accepted about a grant.
#[derive(Clone, Debug)]
pub enum GrantFact {
    Created(Terms, Content),
    Amended(Day, Option<Terms>, Option<Content>),
    Cancelled(Day),
    Suspended,
    Resumed,
    ToppedUp(i64),
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub customer: usize,
    pub facts: Vec<GrantFact>,
}

/// A line as it was accepted.
#[derive(Clone, Debug)]
pub struct Taken {
    pub no: u64,
    pub quantity: i64,
    pub price: i64,
    /// Value of one unit at the service date.
    pub value: i64,
    pub code: Option<usize>,
    pub tooth: Option<&'static str>,
    pub granted_line: Option<u64>,
}

/// What was accepted about an event.
#[derive(Clone, Debug)]
pub enum EventFact {
    Recorded { date: Day, lines: Vec<Taken> },
    Deleted,
    Decided(Decision),
    Credited(Vec<(u64, i64)>),
}

#[derive(Clone, Debug)]
pub struct Event {
    pub grant: usize,
    pub provider: usize,
    pub facts: Vec<EventFact>,
    /// Of a CREDIT row: the event, and how much of what was credited before.
    pub credits: Option<(usize, Vec<(u64, i64)>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    Recorded,
    InReview,
    Approved,
    Rejected,
    Deleted,
    Settled,
    Paid,
}

/// Price, voucher share and customer share.
pub type Amounts = [i64; 3];

/// Quantity × cents, half a cent up.
pub fn rounded(quantity: i64, cents: i64) -> i64 {
    (quantity * cents * 2 + 1000) / 2000
}

impl Taken {
    /// What so much of the line costs, and who pays it.
    pub fn amounts(&self, quantity: i64) -> Amounts {
        let price = rounded(quantity, self.price);
        let voucher = rounded(quantity, self.price.min(self.value));
        [price, voucher, price - voucher]
    }
}

pub fn sum(amounts: impl Iterator<Item = Amounts>) -> Amounts {
    amounts.fold([0; 3], |sum, each| {
        std::array::from_fn(|at| sum[at] + each[at])
    })
}

/// Everything that was accepted, and the day it is.
#[derive(Clone, Debug)]
pub struct Model {
    pub today: Day,
    pub grants: Vec<Grant>,
    pub events: Vec<Event>,
}

impl Event {
    pub fn is_credit(&self) -> bool {
        self.credits.is_some()
    }

    /// Day and lines as last recorded.
    pub fn recorded(&self) -> (Day, &[Taken]) {
        let last = self.facts.iter().rev().find_map(|fact| match fact {
            EventFact::Recorded { date, lines } => Some((*date, &lines[..])),
            _ => None,
        });
        last.unwrap()
    }

    pub fn version(&self) -> u64 {
        let raises =
            |fact: &&EventFact| matches!(fact, EventFact::Recorded { .. } | EventFact::Deleted);
        self.facts.iter().filter(raises).count() as u64
    }

    /// Credited so far of a line.
    pub fn credited(&self, no: u64) -> i64 {
        let of_fact = |fact: &EventFact| match fact {
            EventFact::Credited(lines) => lines
                .iter()
                .filter(|line| line.0 == no)
                .map(|line| line.1)
                .sum(),
            _ => 0,
        };
        self.facts.iter().map(of_fact).sum()
    }

    /// Lines with what is left of them after credits.
    pub fn rest(&self) -> impl Iterator<Item = (&Taken, i64)> {
        self.recorded()
            .1
            .iter()
            .map(|line| (line, line.quantity - self.credited(line.no)))
    }

    /// `Some(true)` when nothing is left.
    pub fn credited_whole(&self) -> Option<bool> {
        let any = self
            .facts
            .iter()
            .any(|fact| matches!(fact, EventFact::Credited(_)));
        any.then(|| self.rest().all(|(_, left)| left == 0))
    }
}

impl Grant {
    /// The terms in force: the last accepted hold at once.
    pub fn terms(&self) -> &Terms {
        self.all_terms().last().unwrap().1
    }

    fn all_terms(&self) -> impl Iterator<Item = (Day, &Terms)> {
        self.facts.iter().filter_map(|fact| match fact {
            GrantFact::Created(terms, _) => Some((terms.from, terms)),
            GrantFact::Amended(from, Some(terms), _) => Some((*from, terms)),
            _ => None,
        })
    }

    /// Every block accepted, from when it holds.
    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = (Day, &Content)> {
        self.facts.iter().filter_map(|fact| match fact {
            GrantFact::Created(terms, content) => Some((terms.from, content)),
            GrantFact::Amended(from, _, Some(content)) => Some((*from, content)),
            _ => None,
        })
    }

    /// The block that was accepted last.
    pub fn content(&self) -> &Content {
        self.blocks().next_back().unwrap().1
    }

    /// The block whose values hold on a day: the last accepted that has begun.
    pub fn block_on(&self, day: Day) -> Option<&Content> {
        self.blocks()
            .rev()
            .find(|(from, _)| *from <= day)
            .map(|(_, block)| block)
    }

    pub fn from(&self) -> Day {
        self.terms().from
    }

    pub fn to(&self) -> Day {
        self.terms().to
    }

    pub fn version(&self) -> u64 {
        self.facts.len() as u64
    }

    pub fn cancelled_from(&self) -> Option<Day> {
        self.facts.iter().find_map(|fact| match fact {
            GrantFact::Cancelled(from) => Some(*from),
            _ => None,
        })
    }

    pub fn suspended(&self) -> bool {
        let last = self.facts.iter().rev().find_map(|fact| match fact {
            GrantFact::Suspended => Some(true),
            GrantFact::Resumed => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    pub fn nearest(&self, day: Day) -> Day {
        if day < self.from() {
            self.from()
        } else if day > self.to() {
            self.to()
        } else {
            day
        }
    }

    /// Chosen and allowed providers on a day of the validity.
    pub fn providers_on(&self, day: Day) -> (Option<usize>, &[usize]) {
        let begun = self.all_terms().filter(|(from, _)| *from <= day);
        begun
            .last()
            .map_or((None, &[][..]), |(_, terms)| (terms.chosen, &terms.allowed))
    }

    pub fn period(&self) -> Option<Period> {
        match self.content() {
            Content::Ordinary { period, .. } => Some(*period),
            _ => None,
        }
    }

    /// Quantity and value of the period that holds `day`: those of its last day inside the validity.
    pub fn quota(&self, day: Day) -> (i64, i64) {
        let last = bounds(self.period().unwrap(), day).1.min(self.to());
        match self.block_on(last) {
            Some(Content::Ordinary {
                quantity, value, ..
            }) => (*quantity, *value),
            _ => (0, 0),
        }
    }

    /// The balance in all, top-ups included.
    pub fn balance(&self) -> i64 {
        self.facts.iter().fold(0, |balance, fact| match fact {
            GrantFact::Created(_, Content::Saldo { total, .. })
            | GrantFact::Amended(_, _, Some(Content::Saldo { total, .. })) => *total,
            GrantFact::ToppedUp(amount) => balance + amount,
            _ => balance,
        })
    }

    pub fn ceiling(&self) -> Option<i64> {
        match self.content() {
            Content::Dental { ceiling, .. } => *ceiling,
            _ => None,
        }
    }

    pub fn lines(&self) -> &[GrantLine] {
        match self.content() {
            Content::Dental { lines, .. } => lines,
            _ => &[],
        }
    }

    /// Value and cap of a granted line on a day. A number that stood for another code, or for nothing,
    /// begins anew; before its first day it has the value it came with.
    pub fn line_value(&self, no: u64, day: Day) -> (i64, Option<i64>) {
        let of = |block: &Content| match block {
            Content::Dental { lines, .. } => lines.iter().find(|line| line.no == no).cloned(),
            _ => None,
        };
        let code = of(self.content()).unwrap().code;
        let blocks: Vec<(Day, Option<GrantLine>)> = self
            .blocks()
            .map(|(from, block)| (from, of(block)))
            .collect();
        let is_other = |(_, line): &(Day, Option<GrantLine>)| {
            line.as_ref().is_none_or(|line| line.code != code)
        };
        let first = blocks
            .iter()
            .rposition(is_other)
            .map_or(0, |other| other + 1);
        let in_force = blocks
            .iter()
            .rposition(|(from, _)| *from <= day)
            .unwrap_or(first);
        let line = blocks[in_force.max(first)].1.clone();
        let before_it = blocks[first].1.clone();
        let line = if in_force < first { before_it } else { line };
        granting::value_of(&line.unwrap(), self.from()).unwrap()
    }
}

impl Model {
    pub fn new(today: Day) -> Model {
        Model {
            today,
            grants: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Whether an event waits for a check is its service's word on its day.
    pub fn state(&self, event: usize) -> EventState {
        let event = &self.events[event];
        let first = if event.is_credit() {
            EventState::Approved
        } else {
            EventState::Recorded
        };
        event.facts.iter().fold(first, |state, fact| match fact {
            EventFact::Recorded { .. } if event.is_credit() => state,
            EventFact::Recorded { date, .. } => {
                let service = self.grants[event.grant].terms().service;
                match service_on(service, *date).unwrap().review {
                    true => EventState::InReview,
                    false => EventState::Recorded,
                }
            }
            EventFact::Deleted => EventState::Deleted,
            EventFact::Decided(decision) => match decision {
                Decision::Approve | Decision::Unsettle => EventState::Approved,
                Decision::Reject => EventState::Rejected,
                Decision::Settle => EventState::Settled,
                Decision::Pay => EventState::Paid,
            },
            EventFact::Credited(_) => state,
        })
    }

    pub fn is_live(&self, event: usize) -> bool {
        !matches!(
            self.state(event),
            EventState::Rejected | EventState::Deleted
        )
    }

    pub fn is_settled(&self, event: usize) -> bool {
        matches!(self.state(event), EventState::Settled | EventState::Paid)
    }

    /// Live events of a grant that are no credits; without `except`.
    pub fn live(
        &self,
        grant: usize,
        except: Option<usize>,
    ) -> impl Iterator<Item = (usize, &Event)> {
        self.events.iter().enumerate().filter(move |(at, event)| {
            event.grant == grant && !event.is_credit() && Some(*at) != except && self.is_live(*at)
        })
    }

    /// Quantity used in the period that holds `day`.
    pub fn used_in(&self, grant: usize, day: Day, except: Option<usize>) -> i64 {
        let (first, last) = bounds(self.grants[grant].period().unwrap(), day);
        self.live(grant, except)
            .filter(|(_, event)| (first..=last).contains(&event.recorded().0))
            .flat_map(|(_, event)| event.rest().map(|(_, left)| left))
            .sum()
    }

    /// Voucher shares in cents, net of credits.
    pub fn vouchers(&self, grant: usize, except: Option<usize>) -> i64 {
        self.live(grant, except)
            .flat_map(|(_, event)| event.rest().map(|(line, left)| line.amounts(left)[1]))
            .sum()
    }

    /// Used of a balance, in thousandths of its unit.
    pub fn used_balance(&self, grant: usize, except: Option<usize>) -> i64 {
        match self.grants[grant].content() {
            Content::Saldo {
                unit: Unit::Eur, ..
            } => self.vouchers(grant, except) * 10,
            _ => self
                .live(grant, except)
                .flat_map(|(_, event)| event.rest().map(|(_, left)| left))
                .sum(),
        }
    }

    /// Count used of a granted line.
    pub fn used_line(&self, grant: usize, no: u64, except: Option<usize>) -> i64 {
        let lines = self.live(grant, except).flat_map(|(_, event)| event.rest());
        let of_line = lines.filter(|(line, _)| line.granted_line == Some(no));
        of_line.map(|(_, left)| left).sum::<i64>() / 1000
    }

    /// What is left of each period from that of `day` on.
    pub fn remaining_from(&self, grant: usize, day: Day) -> i64 {
        let terms = &self.grants[grant];
        let days = touched(terms.period().unwrap(), day, terms.to());
        days.into_iter()
            .map(|day| terms.quota(day).0 - self.used_in(grant, day, None))
            .sum()
    }

    fn is_used_up(&self, grant: usize) -> bool {
        let terms = &self.grants[grant];
        match terms.content() {
            Content::Ordinary { .. } => self.remaining_from(grant, self.today) <= 0,
            Content::Saldo { .. } => terms.balance() <= self.used_balance(grant, None),
            Content::Dental { lines, ceiling, .. } => {
                let is_used =
                    |line: &GrantLine| self.used_line(grant, line.no, None) >= i64::from(line.max);
                let all_used = !lines.is_empty() && lines.iter().all(is_used);
                all_used || ceiling.is_some_and(|ceiling| self.vouchers(grant, None) >= ceiling)
            }
        }
    }

    /// The grant's state today, in the contract's words.
    pub fn grant_state(&self, grant: usize) -> &'static str {
        let terms = &self.grants[grant];
        match () {
            () if terms
                .cancelled_from()
                .is_some_and(|from| self.today >= from) =>
            {
                "MITATOITY"
            }
            () if self.today > terms.to() => "PAATTYNYT",
            () if terms.suspended() => "KESKEYTETTY",
            () if self.today < terms.from() => "TULEVA",
            () if self.is_used_up(grant) => "KAYTETTY",
            () => "VOIMASSA",
        }
    }

    /// All that can be paid, in cents.
    pub fn total(&self, grant: usize) -> i64 {
        self.grants[grant].total()
    }
}

impl Grant {
    pub fn total(&self) -> i64 {
        let (from, to) = (self.from(), self.to());
        match self.content() {
            Content::Ordinary { period, .. } => {
                let days = touched(*period, from, to);
                let quotas = days.into_iter().map(|day| self.quota(day));
                (quotas
                    .map(|(quantity, value)| quantity * value * 2)
                    .sum::<i64>()
                    + 1000)
                    / 2000
            }
            Content::Saldo { .. } => match self.block_on(to) {
                Some(Content::Saldo {
                    value: Some(value), ..
                }) => rounded(self.balance(), *value),
                _ => self.balance() / 10,
            },
            Content::Dental { ceiling, lines, .. } => {
                let of_line =
                    |line: &GrantLine| i64::from(line.max) * self.line_value(line.no, to).0;
                let of_lines = lines.iter().map(of_line).sum();
                match ceiling {
                    Some(ceiling) if lines.is_empty() => *ceiling,
                    Some(ceiling) => (*ceiling).min(of_lines),
                    None => of_lines,
                }
            }
        }
    }
}
