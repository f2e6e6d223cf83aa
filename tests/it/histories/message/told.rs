//! An attempt in a line that a person can follow.

use std::fmt;

use psop_adapter::domain::event::Action as EventAction;
use psop_adapter::domain::money::{Cents, Quantity};

use super::super::rules::{CODES, SERVICES};
use super::{Attempt, Content, EventMessage, GrantMessage, Line, Terms};

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attempt::Grant(message) => message.fmt(formatter),
            Attempt::Event(message) => message.fmt(formatter),
            Attempt::Decide(decision, at) => write!(formatter, "{decision:?} event {at}"),
            Attempt::Credit(at, lines) if lines.is_empty() => {
                write!(formatter, "Credit what is left of event {at}")
            }
            Attempt::Credit(at, lines) => {
                write!(formatter, "Credit event {at}:")?;
                lines.iter().try_for_each(|(no, quantity)| {
                    write!(formatter, " {} of line {no}", Quantity(*quantity))
                })
            }
            Attempt::Look {
                grant,
                provider,
                date,
            } => write!(
                formatter,
                "Look at grant {grant} as provider {provider} on {date:?}"
            ),
            Attempt::Read(rows_max) => write!(formatter, "Read at most {rows_max} changes"),
            Attempt::Wait { days, hour } => write!(formatter, "Wait {days} days, till {hour}:00"),
        }
    }
}

impl fmt::Display for GrantMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, kind, grant) = (self.action, self.kind, self.grant);
        write!(formatter, "{action:?} {kind:?} grant {grant}")?;
        if self.terms.is_some() && self.version.is_none() {
            write!(formatter, " for person {}", self.customer)?;
        }
        if let Some(version) = self.version {
            write!(formatter, ", version {version}")?;
        }
        if self.other_organiser {
            formatter.write_str(", by another organiser")?;
        }
        if let Some(from) = self.from {
            write!(formatter, ", effective from {from:?}")?;
        }
        if let Some(amount) = self.top_up {
            write!(formatter, ", {}", Quantity(amount))?;
        }
        if let Some(terms) = &self.terms {
            write!(formatter, "; {terms}")?;
        }
        if let Some(content) = &self.content {
            write!(formatter, "; {content}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instrument = if self.purchase { "purchase" } else { "voucher" };
        let service = SERVICES[self.service];
        write!(
            formatter,
            "{instrument} of {service}, {:?} to {:?}, decided {:?}",
            self.from, self.to, self.decided
        )?;
        if let Some(chosen) = self.chosen {
            write!(formatter, ", chosen {chosen}")?;
        }
        if !self.allowed.is_empty() {
            write!(formatter, ", allowed {:?}", self.allowed)?;
        }
        if self.contract != self.purchase {
            write!(formatter, ", contract: {}", self.contract)?;
        }
        Ok(())
    }
}

/// An amount that may be none, after a word.
struct Of(&'static str, Option<i64>);

impl fmt::Display for Of {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(cents) => write!(formatter, ", {} {}", self.0, Cents(cents)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Ordinary {
                unit,
                period,
                quantity,
                value,
                cap,
            } => {
                let (quantity, value) = (Quantity(*quantity), Cents(*value));
                let cap = Of("cap", *cap);
                write!(
                    formatter,
                    "{quantity} {unit:?} by {period:?} at {value}{cap}"
                )
            }
            Content::Saldo {
                unit,
                total,
                value,
                per_event,
            } => {
                write!(
                    formatter,
                    "{} {unit:?}{}",
                    Quantity(*total),
                    Of("at", *value)
                )?;
                match per_event {
                    Some(most) => write!(formatter, ", an event {} at most", Quantity(*most)),
                    None => Ok(()),
                }
            }
            Content::Dental {
                mode,
                ceiling,
                lines,
            } => {
                write!(formatter, "{mode:?}{}", Of("ceiling", *ceiling))?;
                lines.iter().try_for_each(|line| {
                    let (no, code, max) = (line.no, CODES[line.code].code, line.max);
                    write!(formatter, "; line {no}: {max} × {code}")?;
                    if let Some(tooth) = line.tooth {
                        write!(formatter, " on {tooth}")?;
                    }
                    write!(formatter, "{}{}", Of("at", line.value), Of("cap", line.cap))
                })
            }
        }
    }
}

impl fmt::Display for EventMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = if self.dental { "dental" } else { "general" };
        write!(formatter, "{:?} {form} event", self.action)?;
        if let Some(at) = self.event {
            write!(formatter, " {at}")?;
        }
        if let Some(version) = self.version {
            write!(formatter, ", version {version},")?;
        }
        write!(
            formatter,
            " on grant {} of person {} by provider {}",
            self.grant, self.customer, self.provider
        )?;
        if self.action == EventAction::Delete {
            return Ok(());
        }
        write!(formatter, ", {:?}", self.date)?;
        if self.no_show {
            formatter.write_str(", no show")?;
        }
        write!(formatter, "{}", Of("laboratory", self.lab_cost))?;
        self.lines
            .iter()
            .try_for_each(|line| write!(formatter, "; {line}"))?;
        match self.totals.map(|totals| totals.map(Cents)) {
            Some([price, voucher, customer]) => {
                write!(formatter, "; totals {price} = {voucher} + {customer}")
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quantity, price) = (Quantity(self.quantity), Cents(self.price));
        write!(formatter, "line {}: {quantity} × {price}", self.no)?;
        let Some(procedure) = &self.procedure else {
            return Ok(());
        };
        write!(formatter, " {}", CODES[procedure.code].code)?;
        let named = [("on", procedure.tooth), ("surfaces", procedure.surfaces)];
        for (word, text) in named {
            if let Some(text) = text {
                write!(formatter, " {word} {text}")?;
            }
        }
        match procedure.authorised {
            Some(no) => write!(formatter, " by granted line {no}"),
            None => Ok(()),
        }
    }
}
