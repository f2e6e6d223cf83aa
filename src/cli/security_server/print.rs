//! Prints plans and checks: for people, in colours on a terminal only, or as JSON.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context;
use serde_json::{Value, json};

use super::gather::Gathered;
use crate::cli::printable;
use crate::registration::plan::{Plan, Sign, Step};
use crate::registration::present::Present;
use crate::registration::status::{Check, Level};

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// Prints a line.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("cannot write the output")
}

/// Prints what is being done. The work goes on also when nobody reads on.
pub(super) fn progress(text: &str) {
    let _ = writeln!(std::io::stdout(), "... {}", printable(text));
}

/// The text, in a colour where somebody sees it. Nothing of a security server's moves the terminal.
fn coloured(colour: &str, text: &str) -> String {
    let text = printable(text);
    match std::io::stdout().is_terminal() {
        true => format!("{colour}{text}{PLAIN}"),
        false => text,
    }
}

pub(super) fn plan(gathered: &Gathered, present: &Present, plan: &Plan) -> anyhow::Result<()> {
    line(&printable(&format!(
        "security server {} at {}, subsystem {}",
        present.server, gathered.server.url, gathered.wanted.client
    )))?;
    for step in &plan.steps {
        let (sign, colour) = match step.sign() {
            Sign::Added => ("+", GREEN),
            Sign::Changed => ("~", YELLOW),
            Sign::Removed => ("-", RED),
        };
        line(&coloured(colour, &format!("{sign} {}", step.title())))?;
        for detail in step.details() {
            let colour = if detail.starts_with("DELETES") {
                RED
            } else {
                ""
            };
            line(&coloured(colour, &format!("    {detail}")))?;
        }
    }
    for note in &plan.notes {
        line(&coloured("", &format!("note: {note}")))?;
    }
    line(&match plan.steps.len() {
        0 => "all is as the file says".to_owned(),
        count => format!("{count} steps"),
    })
}

pub(super) fn plan_json(present: &Present, plan: &Plan) -> anyhow::Result<()> {
    let step = |step: &Step| json!({"action": step.action(), "title": step.title(), "details": step.details()});
    let steps: Vec<Value> = plan.steps.iter().map(step).collect();
    let value = json!({"security_server": present.server, "steps": steps, "notes": plan.notes});
    line(&serde_json::to_string_pretty(&value)?)
}

pub(super) fn checks(checks: &[Check]) -> anyhow::Result<()> {
    for check in checks {
        let colour = match check.level {
            Level::Good => GREEN,
            Level::Warning => YELLOW,
            Level::Bad => RED,
        };
        let level = coloured(colour, &format!("{:8}", check.level.name()));
        line(&format!("{level}{}", coloured("", &check.text)))?;
    }
    Ok(())
}

pub(super) fn checks_json(checks: &[Check]) -> anyhow::Result<()> {
    let checks = checks
        .iter()
        .map(|check| json!({"check": check.name, "level": check.level.name(), "text": check.text}));
    let checks: Vec<Value> = checks.collect();
    line(&serde_json::to_string_pretty(&json!({"checks": checks}))?)
}
