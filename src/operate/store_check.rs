//! `store-check`: proves every record of the store and that ledger, events and balances agree. Changes nothing, and
//! lets requests through meanwhile.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::check::CheckReport;

/// How often a long check says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Check the store. Ends as found wrong when anything is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {}

impl Operation for Check {
    const NAME: &'static str = "store-check";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let (sender, records) = watch::channel(0);
        let mut progress = move |so_far: u64| {
            sender.send_replace(so_far);
        };
        let mut check = services.store.check(&mut progress);
        let mut due = interval_at(Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let report = loop {
            tokio::select! {
                report = &mut check => break report?,
                _ = due.tick() => {
                    let so_far = *records.borrow();
                    output.err(&format!("{so_far} records so far")).await?;
                }
            }
        };
        output.result(&as_json(&report)).await?;
        tell(&report, output).await?;
        if report.findings.is_empty() {
            return Ok(Done::WELL);
        }
        let findings = report.findings.len() as u64 + report.findings_left_out;
        output.err(&format!("{findings} findings")).await?;
        Ok(Done::FOUND_WRONG)
    }
}

async fn tell(report: &CheckReport, output: &Output) -> Result<(), Failed> {
    for (table, records) in &report.tables {
        output.out(&format!("{records:8} {table}")).await?;
    }
    let CheckReport {
        grants,
        access_rows,
        ..
    } = report;
    output
        .out(&format!(
            "{grants} purchasing powers added up: ledger, events and balances"
        ))
        .await?;
    output
        .out(&format!("{access_rows} rows of the access log chained"))
        .await?;
    if !report.was_quiet {
        let note = "the number of records was not compared: something was written meanwhile";
        output.out(note).await?;
    }
    for finding in &report.findings {
        let text = format!(
            "FOUND in {}, {}: {}. What to do: {}",
            finding.table, finding.record, finding.what, finding.advice
        );
        output.out(&text).await?;
    }
    if report.findings_left_out > 0 {
        let text = format!("and {} findings more", report.findings_left_out);
        output.out(&text).await?;
    }
    if report.findings.is_empty() {
        output.out("nothing is wrong").await?;
    }
    Ok(())
}

fn as_json(report: &CheckReport) -> serde_json::Value {
    let records: serde_json::Map<_, _> = report
        .tables
        .iter()
        .map(|(table, records)| ((*table).to_owned(), (*records).into()))
        .collect();
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "table": finding.table,
                "record": finding.record,
                "what": finding.what,
                "advice": finding.advice,
            })
        })
        .collect();
    json!({
        "records": records,
        "purchasing_powers_added_up": report.grants,
        "access_rows_chained": report.access_rows,
        "was_quiet": report.was_quiet,
        "findings": findings,
        "findings_left_out": report.findings_left_out,
    })
}
