//! A change of the registry as people and programs read it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Way;
use crate::domain::registry::diff::{Counts, Diff, What};
use crate::operate::Failed;
use crate::operate::output::Output;

/// Rows of a change that are printed for people; JSON has them all.
const ROWS_PRINTED_MAX: usize = 500;

/// What a change is told with.
pub(super) struct Told<'a> {
    pub(super) way: &'a Way,
    /// The version that it was planned on.
    pub(super) version: u64,
    pub(super) diff: &'a Diff,
}

pub(super) async fn nothing_to_do(output: &Output, told: &Told<'_>) -> Result<(), Failed> {
    output.result(&Report::of(told, told.version)).await?;
    let text = format!(
        "nothing to do: the registry is as {} says (version {})",
        told.way.source.0.as_str(),
        told.version
    );
    output.out(&text).await
}

pub(super) async fn plan(output: &Output, told: &Told<'_>) -> Result<(), Failed> {
    output.result(&Report::of(told, told.version)).await?;
    let text = format!(
        "{} on registry version {}:",
        told.way.source.0.as_str(),
        told.version
    );
    output.out(&text).await?;
    output.out(&rows(told.diff)).await?;
    output.out(&counted(told.diff.counts())).await?;
    output
        .out("nothing was changed: run this again without --dry-run")
        .await
}

pub(super) async fn applied(output: &Output, told: &Told<'_>) -> Result<(), Failed> {
    let version = told.version + 1;
    output.result(&Report::of(told, version)).await?;
    output.out(&rows(told.diff)).await?;
    output.out(&counted(told.diff.counts())).await?;
    let text = format!(
        "applied {}: registry version {version}",
        told.way.source.0.as_str()
    );
    output.out(&text).await
}

/// What has changed of the registry, or would.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegistryChange")]
pub struct Report<'a> {
    source: &'a str,
    dry_run: bool,
    /// The version that was there.
    planned_on: u64,
    /// The version that is there now.
    version: u64,
    counts: Counts,
    rows: &'a Diff,
}

impl<'a> Report<'a> {
    fn of(told: &Told<'a>, version: u64) -> Report<'a> {
        Report {
            source: told.way.source.0.as_str(),
            dry_run: told.way.is_dry_run,
            planned_on: told.version,
            version,
            counts: told.diff.counts(),
            rows: told.diff,
        }
    }
}

/// Such as `1 added, 0 changed, 0 ended, 2 removed`.
pub(super) fn counted(counts: Counts) -> String {
    let Counts {
        added,
        changed,
        ended,
        removed,
    } = counts;
    format!("{added} added, {changed} changed, {ended} ended, {removed} removed")
}

/// Each row that differs, and below it each value before and after.
pub(super) fn rows(diff: &Diff) -> String {
    let mut lines = Vec::new();
    for row in diff.rows.iter().take(ROWS_PRINTED_MAX) {
        let (sign, fields): (_, &[_]) = match &row.what {
            What::Added { .. } => ("+ added  ", &[]),
            What::Changed { fields } => ("~ changed", fields),
            What::Ended { fields } => ("| ended  ", fields),
            What::Removed { .. } => ("- removed", &[]),
        };
        lines.push(format!("{sign} {}", row.name));
        for change in fields {
            let (old, new) = (value(&change.old), value(&change.new));
            lines.push(format!("            {}: {old} → {new}", change.field));
        }
    }
    if diff.rows.len() > ROWS_PRINTED_MAX {
        let left = diff.rows.len() - ROWS_PRINTED_MAX;
        lines.push(format!("  and {left} more rows (--json has them all)"));
    }
    lines.join("\n")
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
