//! `settlement-verify`: of each run the sums of its rows, its providers, its events and the ledger are one. Reads the
//! organiser's events from beginning to end, so that an event without its row is found too. Changes nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::STEP_EVENTS_MAX;
use super::steps::{Acting, named, number};
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::Shares;
use crate::domain::settlement::{Run, RunNumber, RunState};
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::{MonthText, Organiser, SharesTold};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::{Change, Stretch};

/// Verify settlements.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementVerifyArguments")]
pub struct Verify {
    pub which: Which,
}

/// Which settlements.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "SettlementsToVerify")]
pub enum Which {
    /// The one of this number.
    Number(String),
    /// Every one of an organiser's month.
    OfMonth {
        organiser: Organiser,
        month: MonthText,
    },
}

/// How settlements were found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettlementVerification")]
pub struct VerifyAnswer {
    settlements: Vec<Verified>,
}

/// How one was found.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "VerifiedSettlement")]
struct Verified {
    number: String,
    state: &'static str,
    /// As it says itself.
    events: u64,
    #[serde(flatten)]
    sums: SharesTold,
    /// What does not agree, with what to do; none where rows, events and ledger do.
    differences: Vec<String>,
}

/// How many, and their sums.
type Count = (u64, Shares);

impl Published for Verify {
    type Answer = VerifyAnswer;

    const EXAMPLE: &'static str =
        r#"{"which": {"ofMonth": {"organiser": "853", "month": "2026-03"}}}"#;
}

impl Operation for Verify {
    const NAME: &'static str = "settlement-verify";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::Named,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        match &self.which {
            Which::Number(number) => named(number),
            Which::OfMonth { organiser, .. } => Some(organiser.0),
        }
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let acting = Acting::new(services, output, caller, "settlement-verify");
        let runs = self.runs(&acting).await?;
        let Some(organiser) = runs.first().map(|run| run.number.organiser) else {
            let told = "there is no settlement of that organiser and month";
            return Err(Failed::Refused(told.to_owned()));
        };
        kept(services, Change::access_only(acting.row(organiser))).await?;
        let mut of_events = events(&acting, organiser).await?;
        let mut answer = VerifyAnswer {
            settlements: Vec::new(),
        };
        for run in &runs {
            let events = of_events.remove(&run.number.to_string());
            let verified = verify(&acting, run, events.unwrap_or_default()).await?;
            answer.settlements.push(verified);
        }
        output.result(&answer).await?;
        let mut verified = answer.settlements.iter();
        Ok(match verified.all(|one| one.differences.is_empty()) {
            true => Done::WELL,
            false => Done::FOUND_WRONG,
        })
    }
}

impl Verify {
    async fn runs(&self, acting: &Acting<'_>) -> Result<Vec<Run>, Failed> {
        Ok(match &self.which {
            Which::Number(text) => vec![acting.run(number(text)?).await?],
            Which::OfMonth { organiser, month } => {
                let mut runs = acting.services.store.settlement_runs(organiser.0).await?;
                runs.retain(|run| run.number.month == month.0);
                runs
            }
        })
    }
}

/// Events that name a settlement, by its number.
async fn events(
    acting: &Acting<'_>,
    organiser: OrganiserCode,
) -> Result<BTreeMap<String, Count>, Failed> {
    let mut found: BTreeMap<String, Count> = BTreeMap::new();
    let mut after = None;
    loop {
        let stretch = Stretch::Days {
            from: Date::MIN,
            to: Date::MAX,
            after,
        };
        let store = &acting.services.store;
        let placed = store.events(organiser, stretch, STEP_EVENTS_MAX).await?;
        for placed in &placed {
            if let Some(settled) = &placed.event.settled {
                let count = found.entry(settled.number.clone()).or_default();
                *count = (count.0 + 1, count.1.plus(placed.event.shares));
            }
        }
        let last = placed.last().filter(|_| placed.len() == STEP_EVENTS_MAX);
        after = last.map(|placed| (placed.event.service_date, placed.event.id));
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Verifies one run, and says how it stands.
async fn verify(acting: &Acting<'_>, run: &Run, events: Count) -> Result<Verified, Failed> {
    let number = run.number;
    if matches!(
        run.state,
        RunState::Building | RunState::Cancelling | RunState::Paying
    ) {
        return Err(Failed::Refused(format!(
            "settlement {number} is {}: let its command end, or give it again if it broke off, and verify then",
            run.state.as_str()
        )));
    }
    let report = acting.services.store.check_settlement(number).await?;
    must_stand(acting, run).await?;
    let said: Count = match run.state {
        RunState::Cancelled => Count::default(),
        _ => (run.events, run.sums),
    };
    let mut different: Vec<String> = Vec::new();
    let rows = (report.rows, report.sums);
    for (what, count) in [
        ("its rows are", rows),
        ("the events that name it are", events),
    ] {
        if count != said {
            different.push(format!(
                "{what} {}, and it says {}",
                told(count),
                told(said)
            ));
        }
    }
    for finding in &report.findings {
        different.push(format!(
            "{}, {}: {}. What to do: {}",
            finding.table, finding.record, finding.what, finding.advice
        ));
    }
    if report.findings_left_out > 0 {
        different.push(format!("and {} findings more", report.findings_left_out));
    }
    let output = acting.output;
    let state = run.state.as_str();
    for different in &different {
        let told = format!("FOUND in settlement {number} {state}: {different}");
        output.out(&told).await?;
    }
    if different.is_empty() {
        let told = format!(
            "settlement {number} {state}: rows, events and the ledger of {} purchasing powers agree: {}",
            report.grants,
            told(said)
        );
        output.out(&told).await?;
    }
    Ok(Verified {
        number: number.to_string(),
        state,
        events: said.0,
        sums: said.1.into(),
        differences: different,
    })
}

/// What was read at different times is of one run only if that did not change meanwhile.
async fn must_stand(acting: &Acting<'_>, run: &Run) -> Result<(), Failed> {
    let now = acting.run(run.number).await?;
    if now.version == run.version {
        return Ok(());
    }
    let number: RunNumber = run.number;
    Err(Failed::Refused(format!(
        "settlement {number} was changed meanwhile: verify it again"
    )))
}

fn told((count, sums): Count) -> String {
    format!(
        "{count} events, price {}, voucher share {}, customer share {}",
        sums.price, sums.voucher, sums.customer
    )
}
