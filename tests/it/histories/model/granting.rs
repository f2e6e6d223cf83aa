//! What the contract says to a message about a grant: the codes of its refusal, by the model alone.

use psop_adapter::domain::grant::Action;
use psop_adapter::domain::period::Period;
use psop_adapter::domain::purchasing_power::{DentalMode, Kind};
use psop_adapter::domain::registry::Unit;

use super::super::calendar::{Day, bounds};
use super::super::message::{Content, GrantLine, GrantMessage, Terms};
use super::super::rules::{approval_on, code_on, price_on, service_on};
use super::{Codes, Grant, GrantFact, Model};

/// 9 999 999.99 in cents.
const MONEY_MAX: i64 = 999_999_999;

pub fn kind_of(content: &Content) -> Kind {
    match content {
        Content::Ordinary { .. } => Kind::Ordinary,
        Content::Saldo { .. } => Kind::Saldo,
        Content::Dental { .. } => Kind::Dental,
    }
}

/// Value and cap of a granted line: its own, or those of the price list on the grant's first day.
pub fn value_of(line: &GrantLine, from: Day) -> Option<(i64, Option<i64>)> {
    match line.value {
        Some(value) => Some((value, line.cap)),
        None => price_on(line.code, from).map(|price| (price.value, line.cap.or(price.cap))),
    }
}

fn validity_holds(terms: &Terms) -> bool {
    terms.from <= terms.to && terms.to < terms.from.years_on(5)
}

/// What is wrong with a block by itself.
fn wrong_alone(content: &Content) -> Option<&'static str> {
    match content {
        Content::Ordinary { .. } => None,
        Content::Saldo {
            unit: Unit::Eur,
            total,
            value,
            per_event,
        } => {
            let odd = |amount: i64| amount % 10 != 0;
            let wrong = value.is_some() || odd(*total) || per_event.is_some_and(odd);
            wrong.then_some("FIELD_NOT_ALLOWED")
        }
        Content::Saldo { value, .. } => value.is_none().then_some("FIELD_REQUIRED"),
        Content::Dental {
            mode: DentalMode::PriceListCeiling,
            ceiling,
            ..
        } => ceiling.is_none().then_some("FIELD_REQUIRED"),
        Content::Dental { lines, .. } => lines.is_empty().then_some("FIELD_REQUIRED"),
    }
}

impl Model {
    /// The codes that refuse a message; none when it is to be accepted.
    pub fn refuse_grant(&self, message: &GrantMessage) -> Codes {
        let mut codes = Codes::new();
        if let Some(terms) = &message.terms {
            if terms.decided > self.today || !validity_holds(terms) {
                codes.insert("PP_VALIDITY_INVALID");
            }
        }
        codes.extend(message.content.as_ref().and_then(wrong_alone));
        match message.action {
            Action::Create => self.refuse_creation(message, &mut codes),
            _ => self.refuse_change(message, &mut codes),
        }
        codes
    }

    fn refuse_creation(&self, message: &GrantMessage, codes: &mut Codes) {
        let (terms, content) = (
            message.terms.as_ref().unwrap(),
            message.content.as_ref().unwrap(),
        );
        if terms.purchase && !terms.contract {
            codes.insert("CONTRACT_REF_REQUIRED");
        }
        match service_on(terms.service, terms.from) {
            None => {
                codes.insert("SERVICE_TYPE_UNKNOWN");
            }
            Some(service) => {
                if terms.purchase && !service.purchase {
                    codes.insert("INSTRUMENT_NOT_ALLOWED");
                }
                codes.extend(match content {
                    Content::Ordinary { unit, .. } if *unit != service.unit => {
                        Some("UNIT_NOT_ALLOWED")
                    }
                    Content::Saldo {
                        unit: Unit::Eur, ..
                    } => (service.unit == Unit::Toimenpide).then_some("UNIT_NOT_ALLOWED"),
                    Content::Saldo { unit, .. } if *unit != service.unit => {
                        Some("UNIT_NOT_ALLOWED")
                    }
                    Content::Dental { .. } if service.unit != Unit::Toimenpide => {
                        Some("PP_KIND_MISMATCH")
                    }
                    _ => None,
                });
                if validity_holds(terms) && self.overlaps(message.customer, terms, None) {
                    codes.insert("PP_OVERLAP");
                }
                codes.extend(
                    terms
                        .chosen
                        .and_then(|chosen| approval_on(chosen, terms.from).err()),
                );
            }
        }
        let lines_hold = refuse_lines(content, terms.from, codes);
        if wrong_alone(content).is_none() && lines_hold && validity_holds(terms) {
            let made = GrantFact::Created(terms.clone(), content.clone());
            let grant = Grant {
                customer: message.customer,
                facts: vec![made],
            };
            refuse_total(&grant, codes);
        }
    }

    /// Another grant of the customer for the service, on one of these days and not used up.
    fn overlaps(&self, customer: usize, terms: &Terms, own: Option<usize>) -> bool {
        if service_on(terms.service, terms.from).is_none_or(|service| service.overlap) {
            return false;
        }
        self.grants.iter().enumerate().any(|(at, other)| {
            let last = other
                .cancelled_from()
                .map_or(other.to(), |from| (from - 1).min(other.to()));
            Some(at) != own
                && other.customer == customer
                && other.terms().service == terms.service
                && matches!(self.grant_state(at), "TULEVA" | "VOIMASSA" | "KESKEYTETTY")
                && other.from().max(terms.from) <= last.min(terms.to)
        })
    }

    fn refuse_change(&self, message: &GrantMessage, codes: &mut Codes) {
        if message.other_organiser {
            // Only what the message shows by itself is told beside it; dates are of a later group.
            codes.remove("PP_VALIDITY_INVALID");
            codes.insert("PP_NOT_FOUND");
            return;
        }
        let grant = &self.grants[message.grant];
        let kind_fits = kind_of(grant.content()) == message.kind;
        if !kind_fits {
            codes.insert("PP_KIND_MISMATCH");
        }
        if message
            .version
            .is_some_and(|version| version != grant.version())
        {
            codes.insert("PP_VERSION_CONFLICT");
        }
        if grant.cancelled_from().is_some() {
            codes.insert("PP_CANCELLED");
        }
        if !kind_fits || grant.cancelled_from().is_some() {
            return;
        }
        match message.action {
            Action::Create => {}
            Action::Amend => self.refuse_amendment(message, codes),
            Action::Cancel => {
                let from = message.from.unwrap();
                if from > grant.to() {
                    codes.insert("PP_VALIDITY_INVALID");
                }
                if self.settled_from(message.grant, from) {
                    codes.insert("PP_AMEND_TOUCHES_SETTLED");
                }
            }
            Action::Suspend => codes.extend(grant.suspended().then_some("PP_SUSPENDED")),
            Action::Resume => codes.extend((!grant.suspended()).then_some("PP_AMEND_NOT_ALLOWED")),
            Action::TopUp => {
                let amount = message.top_up.unwrap();
                let Content::Saldo { unit, .. } = grant.content() else {
                    return;
                };
                if *unit == Unit::Eur && amount % 10 != 0 {
                    codes.insert("FIELD_NOT_ALLOWED");
                    return;
                }
                let mut after = grant.clone();
                after.facts.push(GrantFact::ToppedUp(amount));
                if after.balance() > MONEY_MAX * 10 {
                    codes.insert("FIELD_NOT_ALLOWED");
                }
                refuse_total(&after, codes);
            }
        }
    }

    fn settled_from(&self, grant: usize, day: Day) -> bool {
        self.live(grant, None).any(|(at, event)| {
            self.is_settled(at) && event.recorded().0 >= day && event.credited_whole() != Some(true)
        })
    }

    fn refuse_amendment(&self, message: &GrantMessage, codes: &mut Codes) {
        let grant = &self.grants[message.grant];
        let (terms, content) = (message.terms.as_ref(), message.content.as_ref());
        let mut adopted = terms.cloned();
        if let Some(terms) = &mut adopted {
            let now = grant.terms();
            if (terms.purchase, terms.service, terms.from) != (now.purchase, now.service, now.from)
            {
                codes.insert("PP_AMEND_NOT_ALLOWED");
            }
            if now.purchase && !terms.contract {
                codes.insert("CONTRACT_REF_REQUIRED");
            }
            if !validity_holds(terms) || terms.from != now.from {
                terms.to = now.to;
            }
            (terms.purchase, terms.service, terms.from) = (now.purchase, now.service, now.from);
        }
        let to = adopted.as_ref().map_or(grant.to(), |terms| terms.to);
        let from = message.from.unwrap();
        let is_inside = grant.from() <= from && from <= to;
        if !is_inside {
            codes.insert("PP_VALIDITY_INVALID");
        }
        if let Some(chosen) = adopted.as_ref().and_then(|terms| terms.chosen)
            && is_inside
        {
            codes.extend(approval_on(chosen, from).err());
        }
        let content = content.filter(|content| wrong_alone(content).is_none());
        let content = content.filter(|content| self.refuse_content(message.grant, content, codes));
        let mut after = grant.clone();
        let dated = if is_inside {
            from
        } else {
            grant.to().max(to) + 1
        };
        let fact = GrantFact::Amended(dated, adopted, content.cloned());
        after.facts.push(fact);
        let first_reached = match grant.period() {
            Some(period @ (Period::Day | Period::Week | Period::Month)) => bounds(period, from).0,
            _ => from,
        };
        if is_inside
            && changes(grant, &after, from)
            && self.settled_from(message.grant, first_reached)
        {
            codes.insert("PP_AMEND_TOUCHES_SETTLED");
        }
        for (at, event) in self
            .live(message.grant, None)
            .filter(|(_, event)| event.recorded().0 > to)
        {
            debug_assert!(event.recorded().0 > to);
            codes.insert(match self.is_settled(at) {
                true => "PP_AMEND_TOUCHES_SETTLED",
                false => "PP_VALIDITY_INVALID",
            });
        }
        if grant.period().is_some() {
            let days = self
                .live(message.grant, None)
                .map(|(_, event)| event.recorded().0);
            let overdrawn = days
                .into_iter()
                .any(|day| after.quota(day).0 < self.used_in(message.grant, day, None));
            codes.extend(overdrawn.then_some("BALANCE_BELOW_USED"));
        }
        if message.content.is_none()
            || content.is_some()
            || wrong_alone(message.content.as_ref().unwrap()).is_none()
        {
            refuse_total(&after, codes);
        }
        if to > grant.to() && self.overlaps(grant.customer, after.terms(), Some(message.grant)) {
            codes.insert("PP_OVERLAP");
        }
    }

    /// Whether a new block can stand in the former's place at all; what is used must be left in it.
    fn refuse_content(&self, at: usize, content: &Content, codes: &mut Codes) -> bool {
        let grant = &self.grants[at];
        let fixed = match (content, grant.content()) {
            (
                Content::Ordinary { unit, period, .. },
                Content::Ordinary {
                    unit: now,
                    period: was,
                    ..
                },
            ) => unit == now && period == was,
            (Content::Saldo { unit, .. }, Content::Saldo { unit: now, .. }) => unit == now,
            (Content::Dental { mode, .. }, Content::Dental { mode: now, .. }) => mode == now,
            _ => true,
        };
        if !fixed {
            codes.insert("PP_AMEND_NOT_ALLOWED");
            return false;
        }
        let below = match content {
            Content::Saldo { total, .. } => *total < self.used_balance(at, None),
            Content::Dental { ceiling, .. } => {
                ceiling.is_some_and(|ceiling| ceiling < self.vouchers(at, None))
            }
            Content::Ordinary { .. } => false,
        };
        codes.extend(below.then_some("BALANCE_BELOW_USED"));
        let Content::Dental { lines, .. } = content else {
            return true;
        };
        if !refuse_lines(content, grant.from(), codes) {
            return false;
        }
        for former in grant.lines() {
            let used = self.used_line(at, former.no, None);
            let kept = lines.iter().any(|line| {
                line.no == former.no
                    && line.code == former.code
                    && line.tooth == former.tooth
                    && i64::from(line.max) >= used
            });
            if used > 0 && !kept {
                codes.insert("BALANCE_BELOW_USED");
            }
        }
        true
    }
}

/// Whether every granted line has a known code and a value.
fn refuse_lines(content: &Content, from: Day, codes: &mut Codes) -> bool {
    let Content::Dental { lines, .. } = content else {
        return true;
    };
    let mut holds = true;
    for line in lines {
        let unknown = code_on(line.code, from)
            .is_none()
            .then_some("PROCEDURE_UNKNOWN");
        let worthless = value_of(line, from)
            .is_none()
            .then_some("PRICE_ITEM_UNKNOWN");
        holds &= unknown.is_none() && worthless.is_none();
        codes.extend(unknown.into_iter().chain(worthless));
    }
    holds
}

fn refuse_total(grant: &Grant, codes: &mut Codes) {
    if grant.total() > MONEY_MAX {
        codes.insert("FIELD_NOT_ALLOWED");
    }
}

/// Whether values, caps, quantities or providers differ on some day from `from` on. Every day on which
/// one of them may begin is asked.
fn changes(before: &Grant, after: &Grant, from: Day) -> bool {
    let begins = before.facts.iter().filter_map(|fact| match fact {
        GrantFact::Created(terms, _) => Some(terms.from),
        GrantFact::Amended(begins, _, _) => Some(*begins),
        _ => None,
    });
    let mut days = begins.filter(|day| *day > from).chain([from]);
    days.any(|day| {
        let providers = |grant: &Grant| {
            let (chosen, allowed) = grant.providers_on(day);
            let mut allowed = allowed.to_vec();
            allowed.sort_unstable();
            (chosen, allowed)
        };
        let values = |grant: &Grant| match grant.block_on(day) {
            Some(Content::Ordinary {
                quantity,
                value,
                cap,
                ..
            }) => Some((*quantity, Some(*value), *cap)),
            Some(Content::Saldo { value, .. }) => Some((0, *value, None)),
            _ => None,
        };
        let lines_differ = before.lines().iter().any(|line| {
            let stays = after
                .lines()
                .iter()
                .any(|other| other.no == line.no && other.code == line.code);
            stays && before.line_value(line.no, day) != after.line_value(line.no, day)
        });
        providers(before) != providers(after) || values(before) != values(after) || lines_differ
    })
}
