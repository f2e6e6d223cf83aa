//! `settlement-run`: takes what is approved and not settled yet. A run that broke off is found under way and
//! finished first.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::STEP_EVENTS_MAX;
use super::show::{SettlementTold, tell};
use super::steps::{Acting, effects};
use crate::clock::date_in_helsinki;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::EventState;
use crate::domain::settlement::{self, Month, RunNumber, RunState, complete, take};
use crate::operate::acting::{ATTEMPTS_MAX, kept, known};
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::{MonthText, Organiser};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::settlement::SettlementStep;
use crate::store::{Change, StoreError, Stretch};

/// Settle an organiser's month.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementRunArguments")]
pub struct Run {
    pub organiser: Organiser,
    pub month: MonthText,
}

impl Published for Run {
    type Answer = RunAnswer;

    const EXAMPLE: &'static str = r#"{"organiser": "853", "month": "2026-03"}"#;
}

impl Operation for Run {
    const NAME: &'static str = "settlement-run";
    const NEEDS: Needs = Needs {
        rank: Rank::CLERK,
        about: About::Named,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        Some(self.organiser.0)
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let (organiser, month) = (self.organiser.0, self.month.0);
        known(services, organiser).await?;
        if month > Month::of(date_in_helsinki(services.clock.now())) {
            return Err(Failed::Refused(format!("{month} has not begun yet")));
        }
        let mut acting = Acting::new(services, output, caller, "settlement-run");
        let mut answer = RunAnswer::default();
        loop {
            let book = acting.book(organiser).await?;
            if let Some(purged_to) = book.purged_to.filter(|purged_to| month <= *purged_to) {
                return Err(Failed::Refused(format!(
                    "settlements up to {purged_to} are purged: settle what is left in a later month"
                )));
            }
            let under_way = match book.busy {
                Some(busy) => Some(acting.run(busy).await?),
                None => None,
            };
            if let Some(run) = &under_way
                && run.state != RunState::Building
            {
                return Err(Failed::Refused(format!(
                    "settlement {} is {}: let that end, or give its command again if it broke off",
                    run.number,
                    run.state.as_str()
                )));
            }
            let resumed = under_way.map(|run| run.number);
            let of = resumed.map_or(month, |number| number.month);
            let made = match build(&mut acting, organiser, of, resumed).await? {
                Built::Made(number) => Some(number),
                Built::Nothing => None,
                Built::Overtaken => continue,
            };
            if let Some(number) = made {
                let told = tell(services, output, number).await?;
                answer.settlements.push(told);
            }
            if resumed.is_some_and(|resumed| resumed.month != month) {
                continue;
            }
            if made.is_none() {
                let row = acting.row(organiser);
                kept(services, Change::access_only(row)).await?;
                let told = format!("nothing to settle of organiser {organiser} up to {month}");
                output.out(&told).await?;
            }
            output.result(&answer).await?;
            return Ok(Done::WELL);
        }
    }
}

/// Settlements that came of it: none where there is nothing to settle, more than one where an earlier one was finished
/// first.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "SettlementRunAnswer")]
pub struct RunAnswer {
    settlements: Vec<SettlementTold>,
}

/// What building came to.
enum Built {
    Made(RunNumber),
    Nothing,
    /// Another run of the organiser began first.
    Overtaken,
}

/// Takes events page by page and completes the run.
async fn build(
    acting: &mut Acting<'_>,
    organiser: OrganiserCode,
    month: Month,
    resumed: Option<RunNumber>,
) -> Result<Built, Failed> {
    let mut number = resumed;
    let mut after = None;
    let mut attempts = 0;
    loop {
        let stretch = Stretch::Days {
            from: Date::MIN,
            to: month.last_day().unwrap_or(Date::MAX),
            after,
        };
        let read = acting
            .services
            .store
            .events_in_state(organiser, stretch, EventState::Hyvaksytty, STEP_EVENTS_MAX)
            .await?;
        if !read.events.is_empty() {
            let (run, book) = match number {
                Some(number) => (acting.run(number).await?, None),
                None => {
                    let number = next_number(acting, organiser, month).await?;
                    let book = acting.book(organiser).await?;
                    if book.busy.is_some() {
                        return Ok(Built::Overtaken);
                    }
                    let now = acting.services.clock.now();
                    let run = settlement::Run::begun(number, now);
                    (run, Some(book.next(Some(number))))
                }
            };
            if run.state != RunState::Building {
                // Another has completed it meanwhile.
                return Ok(Built::Made(run.number));
            }
            let known = acting
                .services
                .store
                .settlement_providers(run.number)
                .await?;
            let taken = take(&run, &known, &read.events);
            let taken_number = taken.run.number;
            let step = SettlementStep {
                book,
                providers: taken.providers,
                rows: taken.rows,
                effects: effects(&read, taken.events),
                ..SettlementStep::of(taken.run)
            };
            if !acting.keep(step).await? {
                attempts += 1;
                if attempts >= ATTEMPTS_MAX {
                    return Err(StoreError::Conflict.into());
                }
                continue;
            }
            number = Some(taken_number);
        }
        attempts = 0;
        after = read.after;
        if after.is_none() {
            break;
        }
    }
    match number {
        Some(number) => {
            finish(acting, number).await?;
            Ok(Built::Made(number))
        }
        None => Ok(Built::Nothing),
    }
}

/// The next number of the month: one that is cancelled is not given again.
async fn next_number(
    acting: &Acting<'_>,
    organiser: OrganiserCode,
    month: Month,
) -> Result<RunNumber, Failed> {
    let runs = acting.services.store.settlement_runs(organiser).await?;
    let of_month = runs.iter().filter(|run| run.number.month == month);
    let last = of_month.map(|run| run.number.sequence).max().unwrap_or(0);
    Ok(RunNumber {
        organiser,
        month,
        sequence: last + 1,
    })
}

async fn finish(acting: &mut Acting<'_>, number: RunNumber) -> Result<(), Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let run = acting.run(number).await?;
        if run.state != RunState::Building {
            return Ok(());
        }
        let providers = acting.services.store.settlement_providers(number).await?;
        let book = acting.book(number.organiser).await?;
        let ibans = acting.ibans().await?;
        let (run, providers, book) = complete(&run, providers, &book, &ibans);
        let step = SettlementStep {
            book: Some(book),
            providers,
            ..SettlementStep::of(run)
        };
        if acting.keep(step).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict.into())
}
