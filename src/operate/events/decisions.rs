//! `events-approve`, `events-reject` and `events-credit`: the organiser's decisions about recorded events. Each
//! event is a commit of its own with its row in the access log, a refusal too; the rules are the domain's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::told::{DecisionTold, DecisionsAnswer, Told, told_of};
use crate::contract::lexical::normal_form;
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::code::Code;
use crate::domain::event::Changed;
use crate::domain::event::organiser::{CreditProposal, approve, credit, reject};
use crate::domain::event_id::EventId;
use crate::domain::rejection::{Group, Rejection};
use crate::domain::service_event::{EventState, PlacedEvent, ServiceEvent};
use crate::domain::settlement::{RunNumber, RunState};
use crate::operate::acting::{ATTEMPTS_MAX, kept};
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::Decimal;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::services::event::fresh_id;
use crate::store::{Change, Effect, EventsWanted, GrantFacts, GrantQuery, StoreError, Subject};
use crate::xml::characters::first_illegal;

/// Purpose of what an organiser decides.
pub(super) const PURPOSE: &str = "PALVELUN_JARJESTAMINEN";

/// The reason in the access log of what is of an organiser that the caller does not act for.
pub(super) const FOREIGN: &str = "FOREIGN_ORGANISER";

/// Approve events, so that the next settlement takes them.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "EventsApproveArguments")]
pub struct Approve {
    pub events: Vec<String>,
}

/// Reject events that wait for the organiser's check.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "EventsRejectArguments")]
pub struct Reject {
    pub events: Vec<String>,
}

/// Credit a settled event, whole or in part.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "EventsCreditArguments")]
pub struct Credit {
    pub event: String,
    pub reason_code: String,
    pub reason_text: String,
    /// None credits all that is left.
    #[serde(default)]
    pub lines: Vec<CreditLine>,
}

/// How much of a line is credited.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreditLine {
    pub line_no: u64,
    pub quantity: Decimal,
}

impl Published for Approve {
    type Answer = DecisionsAnswer;

    const EXAMPLE: &'static str = r#"{"events": ["019cee6b-1f80-7aaa-8bbb-0123456789ab"]}"#;
}

impl Operation for Approve {
    const NAME: &'static str = "events-approve";
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
        let decide = |facts: &GrantFacts, event: &ServiceEvent| {
            if event.state == EventState::Hyvaksytty {
                return Ok(Decided::Already);
            }
            approve(&facts.grant, event).map(Decided::changed)
        };
        each(
            services,
            output,
            caller,
            "events-approve",
            &self.events,
            &decide,
        )
        .await
    }
}

impl Published for Reject {
    type Answer = DecisionsAnswer;

    const EXAMPLE: &'static str = r#"{"events": ["019cee6b-1f80-7aaa-8bbb-0123456789ab"]}"#;
}

impl Operation for Reject {
    const NAME: &'static str = "events-reject";
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
        let now = services.clock.now();
        let decide = |facts: &GrantFacts, event: &ServiceEvent| {
            if event.state == EventState::Hylatty {
                return Ok(Decided::Already);
            }
            reject(&facts.grant, event, now).map(Decided::changed)
        };
        each(
            services,
            output,
            caller,
            "events-reject",
            &self.events,
            &decide,
        )
        .await
    }
}

impl Published for Credit {
    type Answer = DecisionsAnswer;

    const EXAMPLE: &'static str = r#"{
        "event": "019cee6b-1f80-7aaa-8bbb-0123456789ab",
        "reasonCode": "VIRHE",
        "reasonText": "Käynti kirjattiin kahdesti",
        "lines": [{"lineNo": 1, "quantity": "0.5"}]
    }"#;
}

impl Operation for Credit {
    const NAME: &'static str = "events-credit";
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
        let (reason_code, reason_text) = (
            normal_form(&self.reason_code),
            normal_form(&self.reason_text),
        );
        let now = services.clock.now();
        let new_id = fresh_id(now)?;
        let lines = self
            .lines
            .iter()
            .map(|line| (line.line_no, line.quantity.0));
        let lines: Vec<_> = lines.collect();
        let proposal = CreditProposal {
            reason_code: &reason_code,
            reason_text: &reason_text,
            lines: &lines,
        };
        let decide = |facts: &GrantFacts, event: &ServiceEvent| {
            let texts = [("reason/code", &reason_code), ("reason/text", &reason_text)];
            let illegal = texts
                .into_iter()
                .filter(|(_, text)| first_illegal(text).is_some());
            let rejections: Vec<_> = illegal
                .map(|(field, _)| rejection(Code::FieldNotAllowed, field))
                .collect();
            if !rejections.is_empty() {
                return Err(rejections);
            }
            credit(&facts.grant, event, proposal, new_id, now).map(Decided::changed)
        };
        let events = [self.event];
        each(services, output, caller, "events-credit", &events, &decide).await
    }
}

/// What is decided about an event.
enum Decided {
    /// It was decided so before.
    Already,
    Changed(Box<Changed>),
}

impl Decided {
    fn changed(changed: Changed) -> Decided {
        Decided::Changed(Box::new(changed))
    }
}

type Decide<'a> =
    dyn Fn(&GrantFacts, &ServiceEvent) -> Result<Decided, Vec<Rejection>> + Send + Sync + 'a;

/// Decides one event after the other; one that is refused stops no other.
async fn each(
    services: &Services,
    output: &Output,
    caller: &Caller,
    command: &str,
    events: &[String],
    decide: &Decide<'_>,
) -> Result<Done, Failed> {
    let mut done = Done::WELL;
    let mut answer = DecisionsAnswer { events: Vec::new() };
    for text in events {
        let decided = one(services, caller, command, text, decide).await?;
        match &decided {
            Ok(told) => output.out(&format!("{text}: {}", told.text)).await?,
            Err(rejections) => {
                done = Done::FOUND_WRONG;
                for Rejection { code, field, .. } in rejections {
                    let texts = code.texts();
                    let told = format!(
                        "{text}: {} at {field}: {} / {}",
                        code.as_str(),
                        texts.en,
                        texts.fi
                    );
                    output.err(&told).await?;
                }
            }
        }
        answer.events.push(DecisionTold::of(text, decided));
    }
    output.result(&answer).await?;
    Ok(done)
}

async fn one(
    services: &Services,
    caller: &Caller,
    command: &str,
    text: &str,
    decide: &Decide<'_>,
) -> Result<Result<Told, Vec<Rejection>>, Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let Looked { found, reason } = look(services, caller, text).await?;
        let run = match &found {
            Some((_, placed)) => run_under(services, &placed.event).await?,
            None => None,
        };
        let outcome = match (&found, run) {
            (None, _) => Err(vec![rejection(Code::EventNotFound, "eventId")]),
            // The run gives its events back: what it settled is not to be corrected any more.
            (Some(_), Some((_, _, RunState::Cancelling))) => {
                Err(vec![rejection(Code::EventLocked, "eventId")])
            }
            (Some((facts, placed)), _) => decide(facts, &placed.event),
        };
        let mut row = caller.row(services, command, PURPOSE, DataClass::Basic);
        row.reason = reason;
        if let Some((facts, placed)) = &found {
            touch(&mut row, facts, &placed.event);
        }
        let (told, effect) = match outcome {
            Err(rejections) => {
                row.result = rejections
                    .first()
                    .map_or_else(String::new, |first| first.code.as_str().to_owned());
                (Err(rejections), None)
            }
            Ok(Decided::Already) => {
                let state = found.as_ref().map(|(_, placed)| placed.event.state);
                let state = state.map_or("", super::state);
                let told = Told {
                    text: format!("is {state} already"),
                    is_changed: false,
                    state,
                    credit: None,
                };
                (Ok(told), None)
            }
            Ok(Decided::Changed(changed)) => {
                row.events
                    .extend(changed.credit.as_ref().map(|credit| credit.id));
                let told = told_of(&changed);
                let before = found.as_ref().map(|(_, placed)| placed);
                let seen = found.as_ref().map(|(facts, _)| facts.registry_version);
                (Ok(told), Some(Effect::of_event(*changed, before, seen)))
            }
        };
        let rests_on_run = effect.is_some();
        let change = Change {
            effect,
            run_seen: run
                .filter(|_| rests_on_run)
                .map(|(number, version, _)| (number, version)),
            ..Change::access_only(row)
        };
        if kept(services, change).await? {
            return Ok(told);
        }
    }
    Err(StoreError::Conflict.into())
}

/// What looking for an event came to.
pub(super) struct Looked {
    /// The event with its grant.
    pub(super) found: Option<(GrantFacts, PlacedEvent)>,
    /// Why there is none, where the answer does not tell it.
    pub(super) reason: Option<&'static str>,
}

/// The event of this id, if it is of an organiser that the caller acts for: another's is as one that there is not.
pub(super) async fn look(
    services: &Services,
    caller: &Caller,
    text: &str,
) -> Result<Looked, Failed> {
    let found = match EventId::parse(text) {
        Some(id) => find(services, id).await?,
        None => None,
    };
    let is_own = |(_, placed): &(GrantFacts, PlacedEvent)| caller.acts_for(placed.event.organiser);
    let is_foreign = found.as_ref().is_some_and(|found| !is_own(found));
    Ok(Looked {
        found: found.filter(is_own),
        reason: is_foreign.then_some(FOREIGN),
    })
}

async fn find(
    services: &Services,
    id: EventId,
) -> Result<Option<(GrantFacts, PlacedEvent)>, Failed> {
    let query = GrantQuery {
        subject: Subject::Event(id),
        event: None,
        provider: None,
        procedure_codes: &[],
        codes_of_lines: false,
        events: EventsWanted::None,
        customer_grants: false,
    };
    let facts = services.store.grant_facts(query).await?;
    Ok(facts.and_then(|facts| {
        let placed = facts.event.clone()?;
        Some((facts, placed))
    }))
}

/// The settlement run that an event stands on, its version and its state.
async fn run_under(
    services: &Services,
    event: &ServiceEvent,
) -> Result<Option<(RunNumber, u64, RunState)>, Failed> {
    let number = event
        .settled
        .as_ref()
        .and_then(|settled| RunNumber::parse(&settled.number));
    let Some(number) = number else {
        return Ok(None);
    };
    let run = services.store.settlement_run(number).await?;
    Ok(run.map(|run| (number, run.version, run.state)))
}

/// What a row of the access log says of an event.
pub(super) fn touch(row: &mut AccessEntry, facts: &GrantFacts, event: &ServiceEvent) {
    row.organiser = Some(event.organiser);
    row.persons = vec![event.person_id.clone()];
    row.numbers = vec![event.number];
    row.events = vec![event.id];
    row.data_class = DataClass::of_service(facts.service_types.first());
    row.rows_returned = 1;
}

fn rejection(code: Code, field: &str) -> Rejection {
    Rejection {
        group: Group::Grant,
        code,
        field: field.to_owned(),
        line_no: None,
    }
}
