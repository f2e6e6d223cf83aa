//! `settlement-cancel-draft`: gives a draft's events back to the next run. Refused once one of them is credited, or
//! once a later run rests on what this one carried forward.
//!
//! From the moment it begins nothing of the run can be credited, so that what was found free of credits stays so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::STEP_EVENTS_MAX;
use super::decide::cannot;
use super::show::{SettlementTold, tell};
use super::steps::{Acting, effects, must_be_free, named, number};
use crate::domain::event::organiser::unsettle;
use crate::domain::event_id::EventId;
use crate::domain::registry::OrganiserCode;
use crate::domain::settlement::{RunNumber, RunState, book_without, rests_on_it};
use crate::operate::acting::ATTEMPTS_MAX;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::settlement::SettlementStep;

/// Cancel a draft.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementCancelDraftArguments")]
pub struct CancelDraft {
    pub number: String,
}

impl Published for CancelDraft {
    type Answer = SettlementTold;

    const EXAMPLE: &'static str = r#"{"number": "853-2026-03-1"}"#;
}

impl Operation for CancelDraft {
    const NAME: &'static str = "settlement-cancel-draft";
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
        let mut acting = Acting::new(services, output, caller, "settlement-cancel-draft");
        begin(&mut acting, number).await?;
        if let Some(credited) = first_credited(&acting, number).await? {
            back_to_draft(&mut acting, number).await?;
            return Err(Failed::Refused(format!(
                "event {credited} of settlement {number} is credited: the draft cannot be cancelled any more"
            )));
        }
        give_back(&mut acting, number).await?;
        end(&mut acting, number).await?;
        let told = tell(services, output, number).await?;
        output.result(&told).await?;
        Ok(Done::WELL)
    }
}

async fn begin(acting: &mut Acting<'_>, number: RunNumber) -> Result<(), Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let run = acting.run(number).await?;
        match run.state {
            RunState::Cancelling => return Ok(()),
            RunState::Draft => {}
            _ => return Err(cannot("cancelled", &run)),
        }
        let book = acting.book(number.organiser).await?;
        must_be_free(&book, Some(number))?;
        let providers = acting.services.store.settlement_providers(number).await?;
        if rests_on_it(&run, &providers, &book) {
            return Err(Failed::Refused(format!(
                "a later settlement has brought forward what {number} carried: cancel that one first"
            )));
        }
        let step = SettlementStep {
            book: Some(book.next(Some(number))),
            ..SettlementStep::of(run.next(RunState::Cancelling))
        };
        if acting.keep(step).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict.into())
}

async fn first_credited(acting: &Acting<'_>, number: RunNumber) -> Result<Option<EventId>, Failed> {
    let store = &acting.services.store;
    let mut after = None;
    loop {
        let rows = store
            .settlement_rows(number, after, STEP_EVENTS_MAX)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        after = Some(last.place());
        let ids: Vec<EventId> = rows.iter().map(|row| row.event).collect();
        let read = store.events_of_ids(&ids).await?;
        let mut events = read.events.iter().map(|placed| &placed.event);
        if let Some(event) = events.find(|event| event.credited.is_some()) {
            return Ok(Some(event.id));
        }
    }
}

async fn back_to_draft(acting: &mut Acting<'_>, number: RunNumber) -> Result<(), Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let run = acting.run(number).await?;
        if run.state != RunState::Cancelling {
            return Ok(());
        }
        let book = acting.book(number.organiser).await?;
        let step = SettlementStep {
            book: Some(book.next(None)),
            ..SettlementStep::of(run.next(RunState::Draft))
        };
        if acting.keep(step).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict.into())
}

async fn give_back(acting: &mut Acting<'_>, number: RunNumber) -> Result<(), Failed> {
    let mut attempts = 0;
    loop {
        let store = &acting.services.store;
        let run = acting.run(number).await?;
        let rows = store.settlement_rows(number, None, STEP_EVENTS_MAX).await?;
        if rows.is_empty() || run.state != RunState::Cancelling {
            return Ok(());
        }
        let ids: Vec<EventId> = rows.iter().map(|row| row.event).collect();
        let read = store.events_of_ids(&ids).await?;
        let restored = read
            .events
            .iter()
            .map(|placed| unsettle(&placed.event))
            .collect::<Result<Vec<_>, _>>();
        let Ok(restored) = restored else {
            return Err(Failed::Refused(format!(
                "an event of settlement {number} cannot be restored: check the store"
            )));
        };
        let step = SettlementStep {
            rows_removed: rows.iter().map(|row| row.place()).collect(),
            effects: effects(&read, restored),
            ..SettlementStep::of(run.next(RunState::Cancelling))
        };
        if acting.keep(step).await? {
            attempts = 0;
            continue;
        }
        attempts += 1;
        if attempts >= ATTEMPTS_MAX {
            return Err(StoreError::Conflict.into());
        }
    }
}

async fn end(acting: &mut Acting<'_>, number: RunNumber) -> Result<(), Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let run = acting.run(number).await?;
        if run.state != RunState::Cancelling {
            return Ok(());
        }
        let providers = acting.services.store.settlement_providers(number).await?;
        let book = acting.book(number.organiser).await?;
        let step = SettlementStep {
            book: Some(book_without(&providers, &book)),
            providers_removed: providers.into_iter().map(|sums| sums.provider).collect(),
            ..SettlementStep::of(run.next(RunState::Cancelled))
        };
        if acting.keep(step).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict.into())
}
