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
const ACTIONS: &[(&str, u64)] = &[
    ("Approve", 6000),
    ("Credit in part", 400),
    ("Credit whole", 500),
    ("Dental Amend", 1000),
    ("Dental Cancel", 300),
    ("Dental Create", 3000),
    ("Dental Resume", 100),
    ("Dental Suspend", 500),
    ("Dental event Create", 5000),
    ("Dental event Delete", 600),
    ("Dental event Update", 300),
    ("General event Create", 10_000),
    ("General event Delete", 1000),
    ("General event Update", 1000),
    ("Look", 1000),
    ("Ordinary Amend", 1000),
    ("Ordinary Cancel", 300),
    ("Ordinary Create", 4000),
    ("Ordinary Resume", 100),
    ("Ordinary Suspend", 500),
    ("Pay", 200),
    ("Read", 2000),
    ("Reject", 200),
    ("Saldo Amend", 1000),
    ("Saldo Cancel", 200),
    ("Saldo Create", 3000),
    ("Saldo Resume", 100),
    ("Saldo Suspend", 400),
    ("Saldo TopUp", 700),
    ("Settle", 3000),
    ("Unsettle", 100),
    ("Wait", 5000),
];
/// How often a code must come.
const CODES: &[(&str, u64)] = &[
    ("BALANCE_BELOW_USED", 1000),
    ("BALANCE_EXCEEDED", 5000),
    ("CEILING_EXCEEDED", 3000),
    ("CONTRACT_REF_REQUIRED", 100),
    ("CUSTOMER_SHARE_NOT_ALLOWED", 2000),
    ("DUPLICATE_PROCEDURE", 2000),
    ("EVENT_LOCKED", 3000),
    ("EVENT_NOT_FOUND", 600),
    ("EVENT_VERSION_CONFLICT", 200),
    ("FIELD_NOT_ALLOWED", 2000),
    ("FIELD_REQUIRED", 2000),
    ("INSTRUMENT_NOT_ALLOWED", 400),
    ("LINE_COUNT_EXCEEDED", 3000),
    ("PP_AMEND_NOT_ALLOWED", 1000),
    ("PP_AMEND_TOUCHES_SETTLED", 200),
    ("PP_CANCELLED", 1000),
    ("PP_EXPIRED_ON_SERVICE_DATE", 300),
    ("PP_KIND_MISMATCH", 1000),
    ("PP_NOT_FOUND", 3000),
    ("PP_NOT_YET_VALID", 3000),
    ("PP_OVERLAP", 100),
    ("PP_SUSPENDED", 1000),
    ("PP_VALIDITY_INVALID", 2000),
    ("PP_VERSION_CONFLICT", 600),
    ("PRICE_ABOVE_APPROVED", 1000),
    ("PRICE_ABOVE_CAP", 1000),
    ("PRICE_ITEM_UNKNOWN", 100),
    ("PROCEDURE_NOT_AUTHORISED", 2000),
    ("PROCEDURE_UNKNOWN", 700),
    ("PROVIDER_APPROVAL_ENDS_EARLY", 200),
    ("PROVIDER_APPROVAL_NOT_VALID_ON_DATE", 200),
    ("PROVIDER_NOT_APPROVED", 2000),
    ("QUOTA_EXCEEDED", 8000),
    ("SERVICE_DATE_FUTURE", 800),
    ("SERVICE_DATE_TOO_OLD", 3000),
    ("SERVICE_TYPE_UNKNOWN", 20),
    ("SURFACE_COUNT_MISMATCH", 500),
    ("TOOTH_ALREADY_EXTRACTED", 100),
    ("TOOTH_NOT_ALLOWED", 300),
    ("TOOTH_REQUIRED", 200),
    ("TOTALS_MISMATCH", 1000),
    ("UNIT_NOT_ALLOWED", 100),
];
/// How often a state of a grant must be seen after a step.
const STATES: &[(&str, u64)] = &[
    ("ExaminationOnly", 1000),
    ("ExaminationOnly with a ceiling", 400),
    ("Itemised", 1000),
    ("Itemised with a ceiling", 400),
    ("KAYTETTY", 10_000),
    ("KESKEYTETTY", 10_000),
    ("MITATOITY", 8000),
    ("Ordinary by Day", 900),
    ("Ordinary by Month", 900),
    ("Ordinary by Once", 900),
    ("Ordinary by Week", 900),
    ("Ordinary by Whole", 900),
    ("Ordinary by Year", 900),
    ("PAATTYNYT", 40_000),
    ("PriceListCeiling with a ceiling", 1000),
    ("Saldo in Eur", 2000),
    ("Saldo in H", 1000),
    ("Saldo in Kpl", 500),
    ("TULEVA", 10_000),
    ("VOIMASSA", 100_000),
];

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

    pub fn warnings(&mut self, warnings: &Refused) {
        for code in warnings {
            *self.codes.entry(code).or_default() += 1;
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
