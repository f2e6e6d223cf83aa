//! A change of the registry as people and programs read it.

use serde_json::{Value, json};

use super::Way;
use crate::domain::registry::diff::{Counts, Diff, What};
use crate::operate::{Failed, Output};

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
    if told.way.json {
        return as_json(output, told, told.version).await;
    }
    let text = format!(
        "nothing to do: the registry is as {} says (version {})",
        told.way.source, told.version
    );
    output.out(&text).await
}

pub(super) async fn plan(output: &Output, told: &Told<'_>) -> Result<(), Failed> {
    if told.way.json {
        return as_json(output, told, told.version).await;
    }
    let text = format!("{} on registry version {}:", told.way.source, told.version);
    output.out(&text).await?;
    output.out(&rows(told.diff)).await?;
    output.out(&counted(told.diff.counts())).await?;
    output
        .out("nothing was changed: run this again without --dry-run")
        .await
}

pub(super) async fn applied(output: &Output, told: &Told<'_>) -> Result<(), Failed> {
    let version = told.version + 1;
    if told.way.json {
        return as_json(output, told, version).await;
    }
    output.out(&rows(told.diff)).await?;
    output.out(&counted(told.diff.counts())).await?;
    let text = format!("applied {}: registry version {version}", told.way.source);
    output.out(&text).await
}

async fn as_json(output: &Output, told: &Told<'_>, version: u64) -> Result<(), Failed> {
    let report = json!({
        "source": told.way.source,
        "dry_run": told.way.is_dry_run,
        "planned_on": told.version,
        "version": version,
        "counts": told.diff.counts(),
        "rows": told.diff,
    });
    output.out(&serde_json::to_string_pretty(&report)?).await
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
