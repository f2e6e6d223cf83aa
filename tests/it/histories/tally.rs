//! How often each action was accepted and refused, and by which codes: a test that silently tests nothing
//! must fail.

use std::collections::BTreeMap;
use std::fmt;

use psop_adapter::domain::purchasing_power::Kind;

use super::message::{Attempt, Content};
use super::model::Model;
use super::world::Refused;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    histories: u64,
    steps: u64,
    /// Accepted and refused, by action.
    actions: BTreeMap<String, (u64, u64)>,
    codes: BTreeMap<&'static str, u64>,
    /// States that grants were left in, and shapes of what was granted.
    states: BTreeMap<String, u64>,
}

/// How often in 10,000 histories an action must be accepted.
const ACTIONS: &[(&str, u64)] = &[];
/// How often a code must come.
const CODES: &[(&str, u64)] = &[];
/// How often a state of a grant must be seen after a step.
const STATES: &[(&str, u64)] = &[];

fn name(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Grant(message) => format!("{:?} {:?}", message.kind, message.action),
        Attempt::Event(message) => match message.dental {
            true => format!("Dental event {:?}", message.action),
            false => format!("General event {:?}", message.action),
        },
        Attempt::Decide(decision, _) => format!("{decision:?}"),
        Attempt::Credit(_, lines) if lines.is_empty() => "Credit whole".to_owned(),
        Attempt::Credit(..) => "Credit in part".to_owned(),
        Attempt::Look { .. } => "Look".to_owned(),
        Attempt::Read(_) => "Read".to_owned(),
        Attempt::Wait { .. } => "Wait".to_owned(),
    }
}

impl Tally {
    pub fn step(&mut self, attempt: &Attempt, refused: &Refused, model: &Model) {
        self.steps += 1;
        let counts = self.actions.entry(name(attempt)).or_default();
        match refused.is_empty() {
            true => counts.0 += 1,
            false => counts.1 += 1,
        }
        for code in refused {
            *self.codes.entry(code).or_default() += 1;
        }
        if let Attempt::Grant(message) = attempt
            && refused.is_empty()
            && let Some(content) = &message.content
        {
            *self.states.entry(shape(message.kind, content)).or_default() += 1;
        }
        for at in 0..model.grants.len() {
            *self
                .states
                .entry(model.grant_state(at).to_owned())
                .or_default() += 1;
        }
    }

    pub fn history(&mut self) {
        self.histories += 1;
    }

    pub fn add(&mut self, other: &Tally) {
        self.histories += other.histories;
        self.steps += other.steps;
        for (name, (accepted, refused)) in &other.actions {
            let counts = self.actions.entry(name.clone()).or_default();
            *counts = (counts.0 + accepted, counts.1 + refused);
        }
        for (code, count) in &other.codes {
            *self.codes.entry(code).or_default() += count;
        }
        for (state, count) in &other.states {
            *self.states.entry(state.clone()).or_default() += count;
        }
    }

    /// Whether the histories went where they must.
    pub fn reaches(&self, histories: u32) {
        let enough = |count: u64, least: u64| count * 10_000 >= least * u64::from(histories);
        let mut short = Vec::new();
        for (name, least) in ACTIONS {
            let accepted = self.actions.get(*name).map_or(0, |counts| counts.0);
            if !enough(accepted, *least) {
                short.push(format!("{name}: accepted {accepted} times"));
            }
        }
        for (code, least) in CODES {
            let seen = self.codes.get(code).copied().unwrap_or(0);
            if !enough(seen, *least) {
                short.push(format!("{code}: seen {seen} times"));
            }
        }
        for (state, least) in STATES {
            let seen = self.states.get(*state).copied().unwrap_or(0);
            if !enough(seen, *least) {
                short.push(format!("{state}: seen {seen} times"));
            }
        }
        assert!(
            short.is_empty(),
            "not reached often enough: {short:#?}\n{self}"
        );
    }
}

fn shape(kind: Kind, content: &Content) -> String {
    match content {
        Content::Ordinary { period, .. } => format!("{kind:?} by {period:?}"),
        Content::Saldo { unit, .. } => format!("{kind:?} in {unit:?}"),
        Content::Dental { mode, ceiling, .. } => match ceiling {
            Some(_) => format!("{mode:?} with a ceiling"),
            None => format!("{mode:?}"),
        },
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} histories, {} steps",
            self.histories, self.steps
        )?;
        for (name, (accepted, refused)) in &self.actions {
            writeln!(formatter, "{name}: {accepted} accepted, {refused} refused")?;
        }
        for (name, count) in self
            .codes
            .iter()
            .map(|(code, count)| (*code, count))
            .chain(self.states.iter().map(|(state, count)| (&**state, count)))
        {
            writeln!(formatter, "{name}: {count}")?;
        }
        Ok(())
    }
}
