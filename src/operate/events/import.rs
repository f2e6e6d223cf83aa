//! `events-import`: events of a file, recorded as the service postServiceEvent records them. A file comes in
//! pieces, a command each, so that its length has no limit.
//!
//! Events of one purchasing power are recorded one after the other, in the file's order: which of them still finds
//! something left does not depend on luck. Others go side by side.

use std::collections::HashMap;
use std::pin::Pin;

use futures_util::stream::{self, StreamExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file::FileEvent;
use super::report::{self, Found, ReportRow};
use super::rows;
use crate::contract::lexical::Lexical as _;
use crate::contract::types::Text60;
use crate::domain::authorisation::ActingFor;
use crate::domain::business_id::BusinessId;
use crate::domain::code::Code;
use crate::operate::acting::pause;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::post_service_event::{
    PostServiceEventOperation, PostServiceEventRequest, PostServiceEventResponse,
};
use crate::services::{Failure, Services, answer_as, operator_header, record_fault};
use crate::store::StoreError;

/// Purchasing powers worked on side by side: enough that their commits share a sync.
const AT_ONCE_MAX: usize = 32;

/// How often an event is tried while the store is too busy for it.
const TRIES_MAX: u32 = 20;

/// Record events.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "EventsImportArguments")]
pub struct Import {
    /// Name of the system that the events come from.
    pub source_system: String,
    pub events: Vec<FileEvent>,
}

/// What came of an import.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventsImportAnswer")]
pub struct ImportAnswer {
    #[serde(flatten)]
    tally: Tally,
    /// A row for each row given, and one more for each further thing wrong with it.
    report: Vec<ReportRow>,
}

/// What came of a piece of a file, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    pub rows: u64,
    /// Events recorded.
    pub recorded: u64,
    /// Recorded earlier, and told again.
    pub replayed: u64,
    pub refused: u64,
}

impl Tally {
    /// Both together.
    pub fn plus(self, other: Tally) -> Tally {
        Tally {
            rows: self.rows + other.rows,
            recorded: self.recorded + other.recorded,
            replayed: self.replayed + other.replayed,
            refused: self.refused + other.refused,
        }
    }
}

impl Published for Import {
    type Answer = ImportAnswer;

    const EXAMPLE: &'static str = r#"{
        "sourceSystem": "KOTIHOITO",
        "events": [{
            "reference": "k-1",
            "rows": [{
                "line": 2,
                "cells": [
                    "k-1", "CREATE", "", "", "OV-0000-0000-0000-0", "150318A902U", "9000003-8", "", "2026-03-02", "1",
                    "1.5", "42.00", "", "", "", "", ""
                ]
            }]
        }]
    }"#;
}

impl Operation for Import {
    const NAME: &'static str = "events-import";
    const NEEDS: Needs = Needs {
        rank: Rank::CLERK,
        about: About::Found,
        row: Row::Own,
    };

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let source_system = Text60::from_text(&self.source_system)
            .map_err(|rule| Failed::Refused(format!("the source system {rule}")))?;
        let by_number = by_number(&source_system, &self.events);
        let groups: Vec<Working<'_>> = by_number
            .into_iter()
            .map(|events| -> Working<'_> {
                Box::pin(one_after_the_other(services, caller, events))
            })
            .collect();
        let mut working = stream::iter(groups).buffer_unordered(AT_ONCE_MAX);
        let mut reports = vec![Vec::new(); self.events.len()];
        let mut tally = Tally::default();
        while let Some(done) = working.next().await {
            for (place, report, of_event) in done? {
                tally = tally.plus(of_event);
                if let Some(kept) = reports.get_mut(place) {
                    *kept = report;
                }
            }
        }
        let report = reports.concat();
        output.out(&report::csv(&report)).await?;
        output.result(&ImportAnswer { tally, report }).await?;
        Ok(if tally.refused == 0 {
            Done::WELL
        } else {
            Done::FOUND_WRONG
        })
    }
}

/// An event of the file at its place, and its message if it is one.
struct Placed<'a> {
    place: usize,
    event: &'a FileEvent,
    message: Result<PostServiceEventRequest, Vec<rows::Problem>>,
}

/// The events of each purchasing power, in the order of the file.
fn by_number<'a>(source_system: &Text60, events: &'a [FileEvent]) -> Vec<Vec<Placed<'a>>> {
    let mut groups: Vec<Vec<Placed<'a>>> = Vec::new();
    let mut group_of: HashMap<String, usize> = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        let message = rows::message(source_system, event);
        let number = match &message {
            Ok(message) => message.purchasing_power_number.0.clone(),
            Err(_) => String::new(),
        };
        let group = *group_of.entry(number).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.push(Placed {
                place,
                event,
                message,
            });
        }
    }
    groups
}

/// Reports with the places of their events.
type Reports = Vec<(usize, Vec<ReportRow>, Tally)>;
type Working<'a> = Pin<Box<dyn Future<Output = Result<Reports, Failed>> + Send + 'a>>;

async fn one_after_the_other(
    services: &Services,
    caller: &Caller,
    events: Vec<Placed<'_>>,
) -> Result<Reports, Failed> {
    let mut done = Vec::with_capacity(events.len());
    for placed in events {
        let rows = placed.event.rows.len() as u64;
        let (report, tally) = record(services, caller, &placed).await?;
        done.push((placed.place, report, Tally { rows, ..tally }));
    }
    Ok(done)
}

async fn record(
    services: &Services,
    caller: &Caller,
    placed: &Placed<'_>,
) -> Result<(Vec<ReportRow>, Tally), Failed> {
    let refused = Tally {
        refused: 1,
        ..Tally::default()
    };
    let message = match &placed.message {
        Ok(message) => message,
        Err(problems) => {
            let found: Vec<Found> = problems.iter().cloned().map(Found::in_cell).collect();
            refuse(services, caller, "XSD_INVALID").await?;
            return Ok((report::refused(placed.event, &found), refused));
        }
    };
    let Ok(provider) = BusinessId::parse(&message.provider_business_id) else {
        let code = Code::BusinessIdInvalid;
        let texts = code.texts();
        let found = Found::of_event(code.as_str(), "providerBusinessId", texts.fi, texts.en);
        refuse(services, caller, code.as_str()).await?;
        return Ok((report::refused(placed.event, &[found]), refused));
    };
    let Some(answer) = answer(services, caller, &ActingFor::Provider(provider), message).await?
    else {
        let found = Found::of_event(
            "BUSY_RETRY",
            "",
            "Järjestelmä on ruuhkainen: tuo tiedosto uudelleen.",
            "The system is too busy: import the file again.",
        );
        return Ok((report::refused(placed.event, &[found]), refused));
    };
    let line_nos: Vec<u64> = message.lines.iter().map(|line| line.line_no.0).collect();
    if answer.event.is_some() {
        let tally = Tally {
            recorded: u64::from(!answer.result.replayed),
            replayed: u64::from(answer.result.replayed),
            ..Tally::default()
        };
        return Ok((report::recorded(placed.event, &answer, &line_nos), tally));
    }
    let found: Vec<Found> = answer.result.errors.iter().map(Found::answered).collect();
    Ok((report::refused(placed.event, &found), refused))
}

/// The service's answer, durable; `None` when the store stays too busy.
async fn answer(
    services: &Services,
    caller: &Caller,
    acting_for: &ActingFor,
    message: &PostServiceEventRequest,
) -> Result<Option<PostServiceEventResponse>, Failed> {
    type Service = PostServiceEventOperation;
    for tried in 1..=TRIES_MAX {
        let header =
            operator_header::<Service>(Uuid::new_v4().to_string(), Some(caller.name.clone()));
        match answer_as::<Service>(services, &header, acting_for, &caller.organisers, message).await
        {
            Ok(answer) => {
                let text =
                    "the service's own answer cannot be read, which is a defect of this program";
                let read = answer
                    .read()
                    .ok_or_else(|| Failed::Refused(text.to_owned()))?;
                return Ok(Some(read));
            }
            Err(Failure::Store(StoreError::Busy | StoreError::Conflict)) => {
                pause(tried).await;
            }
            Err(Failure::Store(error)) => return Err(error.into()),
            Err(Failure::Secrets(error)) => return Err(error.into()),
            Err(failure) => return Err(Failed::Refused(failure.to_string())),
        }
    }
    Ok(None)
}

/// What is refused before it is a message leaves its row in the access log all the same.
async fn refuse(services: &Services, caller: &Caller, code: &str) -> Result<(), Failed> {
    let header = operator_header::<PostServiceEventOperation>(
        Uuid::new_v4().to_string(),
        Some(caller.name.clone()),
    );
    for tried in 1..=TRIES_MAX {
        match record_fault(services, &header, code).await {
            Err(StoreError::Busy) if tried < TRIES_MAX => pause(tried).await,
            other => return Ok(other?),
        }
    }
    Ok(())
}
