//! `settlement-confirm` and `settlement-paid`: a draft is confirmed in one commit; what is paid moves its events to
//! MAKSETTU step by step. Doing either again changes nothing, but for payments that need not be held back any more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::STEP_EVENTS_MAX;
use super::show::{SettlementTold, tell};
use super::steps::{Acting, effects, must_be_free, named, number};
use crate::domain::event::organiser::pay;
use crate::domain::event_id::EventId;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::EventState;
use crate::domain::settlement::{ProviderSums, Run, RunNumber, RunState, payable_now, released};
use crate::operate::acting::{ATTEMPTS_MAX, kept};
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::settlement::SettlementStep;
use crate::store::{Change, StoreError};

/// Confirm a draft.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementConfirmArguments")]
pub struct Confirm {
    pub number: String,
}

/// Note that a run was paid.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementPaidArguments")]
pub struct Paid {
    pub number: String,
}

impl Published for Confirm {
    type Answer = SettlementTold;

    const EXAMPLE: &'static str = r#"{"number": "853-2026-03-1"}"#;
}

impl Operation for Confirm {
    const NAME: &'static str = "settlement-confirm";
    const NEEDS: Needs = Needs {
        rank: Rank::CLERK,
        about: About::Named,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        named(&self.number)
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let number = number(&self.number)?;
        let mut acting = Acting::new(services, output, caller, "settlement-confirm");
        for _ in 0..ATTEMPTS_MAX {
            let run = acting.run(number).await?;
            let providers = services.store.settlement_providers(number).await?;
            let released = released(&providers, &acting.ibans().await?);
            let next = match run.state {
                RunState::Draft => Run {
                    confirmed_at: Some(services.clock.now()),
                    ..run.next(RunState::Confirmed)
                },
                RunState::Confirmed if !released.is_empty() => run.next(RunState::Confirmed),
                RunState::Confirmed | RunState::Paid => {
                    already(&acting, number, run.state).await?;
                    return Ok(Done::WELL);
                }
                _ => return Err(cannot("confirmed", &run)),
            };
            let step = SettlementStep {
                providers: released,
                ..SettlementStep::of(next)
            };
            if acting.keep(step).await? {
                let told = tell(services, output, number).await?;
                output.result(&told).await?;
                return Ok(Done::WELL);
            }
        }
        Err(StoreError::Conflict.into())
    }
}

impl Published for Paid {
    type Answer = SettlementTold;

    const EXAMPLE: &'static str = r#"{"number": "853-2026-03-1"}"#;
}

impl Operation for Paid {
    const NAME: &'static str = "settlement-paid";
    const NEEDS: Needs = Needs {
        rank: Rank::CLERK,
        about: About::Named,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        named(&self.number)
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let number = number(&self.number)?;
        let mut acting = Acting::new(services, output, caller, "settlement-paid");
        if !begin(&mut acting, number).await? {
            return Ok(Done::WELL);
        }
        let providers = services.store.settlement_providers(number).await?;
        let paid: Vec<ProviderSums> = payable_now(&providers).cloned().collect();
        move_on(&mut acting, number, &paid).await?;
        end(&mut acting, number).await?;
        let told = tell(services, output, number).await?;
        output.result(&told).await?;
        Ok(Done::WELL)
    }
}

/// From CONFIRMED to PAYING; `false` when there is nothing to pay any more.
async fn begin(acting: &mut Acting<'_>, number: RunNumber) -> Result<bool, Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let run = acting.run(number).await?;
        match run.state {
            RunState::Paying => return Ok(true),
            RunState::Paid => {
                already(acting, number, run.state).await?;
                return Ok(false);
            }
            RunState::Confirmed => {}
            RunState::Draft => {
                let told = format!("settlement {number} is DRAFT: confirm it first");
                return Err(Failed::Refused(told));
            }
            _ => return Err(cannot("paid", &run)),
        }
        let providers = acting.services.store.settlement_providers(number).await?;
        if payable_now(&providers).next().is_none() {
            already(acting, number, run.state).await?;
            return Ok(false);
        }
        let book = acting.book(number.organiser).await?;
        must_be_free(&book, Some(number))?;
        let next = Run {
            paid_at: Some(acting.services.clock.now()),
            ..run.next(RunState::Paying)
        };
        let step = SettlementStep {
            book: Some(book.next(Some(number))),
            ..SettlementStep::of(next)
        };
        if acting.keep(step).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Conflict.into())
}

/// Moves the events of these providers to MAKSETTU; those that are there already are passed over.
async fn move_on(
    acting: &mut Acting<'_>,
    number: RunNumber,
    paid: &[ProviderSums],
) -> Result<(), Failed> {
    let store = &acting.services.store;
    let (mut after, mut attempts) = (None, 0);
    loop {
        let rows = store
            .settlement_rows(number, after.clone(), STEP_EVENTS_MAX)
            .await?;
        let Some(last) = rows.last().map(|row| row.place()) else {
            return Ok(());
        };
        let of_paid = rows
            .iter()
            .filter(|row| paid.iter().any(|sums| sums.provider == row.provider));
        let ids: Vec<EventId> = of_paid.map(|row| row.event).collect();
        let read = store.events_of_ids(&ids).await?;
        let run = acting.run(number).await?;
        let (RunState::Paying, Some(paid_at)) = (run.state, run.paid_at) else {
            return Ok(());
        };
        let waiting = read
            .events
            .iter()
            .filter(|placed| placed.event.state == EventState::Tilitetty);
        let moved: Vec<_> = waiting
            .filter_map(|placed| pay(&placed.event, paid_at).ok())
            .collect();
        if !moved.is_empty() {
            let step = SettlementStep {
                effects: effects(&read, moved),
                ..SettlementStep::of(run.next(RunState::Paying))
            };
            if !acting.keep(step).await? {
                attempts += 1;
                if attempts >= ATTEMPTS_MAX {
                    return Err(StoreError::Conflict.into());
                }
                continue;
            }
        }
        attempts = 0;
        after = Some(last);
    }
}

/// From PAYING to PAID, or back to CONFIRMED while something is held back.
async fn end(acting: &mut Acting<'_>, number: RunNumber) -> Result<(), Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let run = acting.run(number).await?;
        if run.state != RunState::Paying {
            return Ok(());
        }
        let providers = acting.services.store.settlement_providers(number).await?;
        let paid: Vec<ProviderSums> = payable_now(&providers)
            .map(|sums| ProviderSums {
                is_paid: true,
                ..sums.clone()
            })
            .collect();
        let is_whole = !providers.iter().any(ProviderSums::is_held_back);
        let state = if is_whole {
            RunState::Paid
        } else {
            RunState::Confirmed
        };
        let book = acting.book(number.organiser).await?;
        let step = SettlementStep {
            book: Some(book.next(None)),
            providers: paid,
            ..SettlementStep::of(run.next(state))
        };
        if acting.keep(step).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict.into())
}

/// Says that there is nothing left to do.
async fn already(acting: &Acting<'_>, number: RunNumber, state: RunState) -> Result<(), Failed> {
    let row = acting.row(number.organiser);
    kept(acting.services, Change::access_only(row)).await?;
    let told = format!("settlement {number} is {} already", state.as_str());
    acting.output.out(&told).await?;
    let told = tell(acting.services, acting.output, number).await?;
    acting.output.result(&told).await
}

pub(super) fn cannot(what: &str, run: &Run) -> Failed {
    let (number, state) = (run.number, run.state.as_str());
    Failed::Refused(format!(
        "settlement {number} is {state}: it cannot be {what}"
    ))
}
