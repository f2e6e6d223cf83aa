//! Pages of an organiser's event feed: the question in the domain's terms, the walk along the keys,
//! and the token at its end.

use jiff::civil::Date;

use crate::contract::decode::ContractType;
use crate::contract::types::{Purpose, QueryMeta, Text60};
use crate::domain::business_id::BusinessId;
use crate::domain::circumstances::check_person_id;
use crate::domain::code::Code;
use crate::domain::event_id::EventId;
use crate::domain::feed::{Filter, window_holds};
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::registry::OrganiserCode;
use crate::domain::rejection::{Group, Rejections};
use crate::domain::service_event::PlacedEvent;
use crate::secrets::HashOf;
use crate::store::{FeedHead, Stretch};

use super::token::{Continuation, Place, Watermark};
use super::{GetServiceEventsRequest, Span};
use crate::services::{Context, Failure};

/// Events on a page when none are asked for in number.
const PAGE_SIZE: usize = 100;

/// A request in the domain's terms.
pub(super) struct Question {
    pub(super) filter: Filter,
    span: Bounds,
    /// What a continuation must match.
    query: [u8; 32],
    page_size: usize,
    /// Who acts for the person asked for.
    pub(super) acting: Option<PersonId>,
}

/// What of the organiser's events is still to be looked through.
#[derive(Clone, Copy)]
struct Bounds {
    /// The feed's last place at the first page.
    bound: u64,
    within: Within,
}

#[derive(Clone, Copy)]
enum Within {
    Changes {
        after: u64,
    },
    Days {
        from: Date,
        to: Date,
        after: Option<(Date, EventId)>,
    },
}

impl Bounds {
    fn stretch(self) -> Stretch {
        match self.within {
            Within::Changes { after } => Stretch::Changes {
                after,
                up_to: self.bound,
            },
            Within::Days { from, to, after } => Stretch::Days { from, to, after },
        }
    }

    /// What is left after an event.
    fn after(self, placed: &PlacedEvent) -> Bounds {
        let within = match self.within {
            Within::Changes { .. } => Within::Changes {
                after: placed.change_seq,
            },
            Within::Days { from, to, .. } => Within::Days {
                from,
                to,
                after: Some((placed.event.service_date, placed.event.id)),
            },
        };
        Bounds { within, ..self }
    }

    /// Whether an event stood in the snapshot: a window leaves out what was created later.
    fn holds(self, placed: &PlacedEvent) -> bool {
        match self.within {
            Within::Changes { .. } => placed.change_seq <= self.bound,
            Within::Days { .. } => placed.created_seq <= self.bound,
        }
    }
}

/// Looks at the message alone, its tokens included.
pub(super) fn examine(
    context: &Context<'_>,
    request: &GetServiceEventsRequest,
    organiser: OrganiserCode,
    head: FeedHead,
) -> Result<Result<Question, Rejections>, Failure> {
    let keyring = &context.services.keyring;
    let mut rejections = Rejections::default();
    let mut person = |text: &str, field: &str| {
        check_person_id(text, context.circumstances, field, &mut rejections)
    };
    let acting = request.meta.acting_person_id.as_ref();
    let acting = acting.and_then(|text| person(text, "meta/actingPersonId"));
    let person_id = request
        .person_id
        .as_ref()
        .and_then(|text| person(text, "personId"));
    if request.meta.acting_person_id.is_some() && request.person_id.is_none() {
        rejections.add(Group::Message, Code::FieldRequired, "personId");
    }
    let provider = request.provider_business_id.as_ref().and_then(|text| {
        let parsed = BusinessId::parse(text).ok();
        if parsed.is_none() {
            let field = "providerBusinessId";
            rejections.add(Group::Message, Code::BusinessIdInvalid, field);
        }
        parsed
    });
    let (within, of_changes) = match &request.span {
        Span::ChangesSince(text) if text.is_empty() => (Within::Changes { after: 0 }, true),
        Span::ChangesSince(text) => {
            let watermark = Watermark::open(keyring, text, organiser, head);
            if watermark.is_none() {
                rejections.add(Group::Message, Code::ContinuationInvalid, "changesSince");
            }
            let after = watermark.map_or(0, |watermark| watermark.change_seq);
            (Within::Changes { after }, true)
        }
        Span::Window(window) => {
            let (from, to) = (window.from.0, window.to.0);
            if !window_holds(from, to) {
                rejections.add(Group::Message, Code::WindowTooLarge, "serviceDateWindow");
            }
            let after = None;
            (Within::Days { from, to, after }, false)
        }
    };
    let query = query_hash(context, request);
    let mut span = Bounds {
        bound: head.change_seq,
        within,
    };
    if let Some(text) = &request.continuation {
        match Continuation::open(keyring, text, &query, head, context.now) {
            Ok(continuation) => span = continued(span, &continuation),
            Err(code) => rejections.add(Group::Message, code, "continuation"),
        }
    }
    if !rejections.is_empty() {
        return Ok(Err(rejections));
    }
    Ok(Ok(Question {
        filter: Filter {
            states: request.states.clone(),
            kinds: request.kinds.clone(),
            number: request
                .purchasing_power_number
                .as_ref()
                .map(|text| PurchasingPowerNumber::parse(text).ok()),
            person_id,
            provider,
            service_codes: request
                .service_codes
                .iter()
                .map(|code| code.0.clone())
                .collect(),
            include_credits: request.include_credits,
            include_deleted: request.include_deleted,
            of_changes,
        },
        span,
        query,
        page_size: request
            .page_size
            .map_or(PAGE_SIZE, |page_size| page_size.0 as usize),
        acting,
    }))
}

/// The first page's bound, and the place after the last page's last event. A token's place is of the
/// same kind as the question's span: the hash of the question covers it.
fn continued(span: Bounds, continuation: &Continuation) -> Bounds {
    let within = match (span.within, continuation.after) {
        (Within::Days { from, to, .. }, Place::Day(day, id)) => Within::Days {
            from,
            to,
            after: Some((day, id)),
        },
        (_, Place::Change(after)) => Within::Changes { after },
        (within, Place::Day(..)) => within,
    };
    Bounds {
        bound: continuation.bound,
        within,
    }
}

/// Keyed hash of the client and of everything asked but who asks, how many, and from where on.
fn query_hash(context: &Context<'_>, request: &GetServiceEventsRequest) -> [u8; 32] {
    let asked = GetServiceEventsRequest {
        meta: QueryMeta {
            source_system: Text60(String::new()),
            purpose: Purpose::PalvelunJarjestaminen,
            acting_person_id: None,
        },
        page_size: None,
        continuation: None,
        ..request.clone()
    };
    let mut canonical = String::with_capacity(1024);
    asked.encode(&mut canonical);
    let client = context.client.to_string();
    let parts = [client.as_bytes(), canonical.as_bytes()];
    context.services.keyring.keyed_hash(HashOf::Query, &parts)
}

/// What one page found.
pub(super) struct Read {
    pub(super) events: Vec<PlacedEvent>,
    pub(super) end: End,
}

/// Whether more follow, and the token that the next question goes on with.
pub(super) enum End {
    Continues(String),
    Reached(String),
}

/// Reads on until the page is full and one event more is known to follow, or until the end, or until
/// so many rows are read that the rest is left to the next page.
pub(super) async fn read(
    context: &Context<'_>,
    organiser: OrganiserCode,
    question: &Question,
    head: FeedHead,
) -> Result<Read, Failure> {
    let store = &context.services.store;
    let mut events: Vec<PlacedEvent> = Vec::new();
    let mut span = question.span;
    let mut budget = context.services.feed_rows_max.max(1);
    loop {
        let wanted = (question.page_size + 1 - events.len()).min(budget);
        let rows = store.events(organiser, span.stretch(), wanted).await?;
        let is_last = rows.len() < wanted;
        budget -= rows.len();
        for placed in rows {
            let next = span.after(&placed);
            if span.holds(&placed) && question.filter.admits(&placed) {
                if events.len() == question.page_size {
                    let end = continues(context, question, head, span)?;
                    return Ok(Read { events, end });
                }
                events.push(placed);
            }
            span = next;
        }
        if is_last || budget == 0 {
            let end = if is_last {
                reached(context, organiser, question, head)?
            } else {
                continues(context, question, head, span)?
            };
            return Ok(Read { events, end });
        }
    }
}

fn continues(
    context: &Context<'_>,
    question: &Question,
    head: FeedHead,
    rest: Bounds,
) -> Result<End, Failure> {
    let after = match rest.within {
        Within::Changes { after } => Place::Change(after),
        Within::Days { from, after, .. } => {
            let (day, id) = after.unwrap_or((from, EventId::from_bytes([0; 16])));
            Place::Day(day, id)
        }
    };
    let continuation = Continuation {
        epoch: head.epoch,
        query: question.query,
        bound: question.span.bound,
        after,
        given_at: context.now.as_second(),
    };
    Ok(End::Continues(continuation.seal(&context.services.keyring)))
}

fn reached(
    context: &Context<'_>,
    organiser: OrganiserCode,
    question: &Question,
    head: FeedHead,
) -> Result<End, Failure> {
    let watermark = Watermark {
        epoch: head.epoch,
        organiser,
        change_seq: question.span.bound,
    };
    Ok(End::Reached(watermark.seal(&context.services.keyring)))
}
