//! `events-show`: one event as it stands. Of the customer nothing is shown: who may see that asks by the services.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decisions::{Looked, PURPOSE, look, touch};
use crate::domain::access::DataClass;
use crate::domain::service_event::{Credited, EventKind, EventLine, PlacedEvent};
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::{Amount, Decimal, Instant, Organiser, Text};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;

/// Show an event.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "EventsShowArguments")]
pub struct Show {
    pub event: String,
}

impl Published for Show {
    type Answer = EventTold;

    const EXAMPLE: &'static str = r#"{"event": "019cee6b-1f80-7aaa-8bbb-0123456789ab"}"#;
}

impl Operation for Show {
    const NAME: &'static str = "events-show";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::Found,
        row: Row::Own,
    };

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let Looked { found, reason } = look(services, caller, &self.event).await?;
        let mut row = caller.row(services, "events-show", PURPOSE, DataClass::Basic);
        row.reason = reason;
        match &found {
            Some((facts, placed)) => touch(&mut row, facts, &placed.event),
            None => row.result = "EVENT_NOT_FOUND".to_owned(),
        }
        // Nothing is shown before it is on record that it was.
        kept(services, Change::access_only(row)).await?;
        let Some((_, placed)) = found else {
            let told = format!("{}: EVENT_NOT_FOUND at eventId", self.event);
            output.err(&told).await?;
            return Ok(Done::FOUND_WRONG);
        };
        let told = EventTold::of(&placed);
        output.result(&told).await?;
        let text = serde_json::to_string_pretty(&told)?;
        output.out(&text).await?;
        Ok(Done::WELL)
    }
}

/// An event as it stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Event")]
pub struct EventTold {
    event_id: String,
    /// `ORDINARY`, `SALDO`, `DENTAL` or `CREDIT`.
    kind: &'static str,
    state: &'static str,
    version: u64,
    /// `FULL` or `PARTIAL`, where it is credited.
    credited: Option<&'static str>,
    service_date: Date,
    purchasing_power_number: String,
    organiser: Organiser,
    provider_business_id: String,
    service_code: String,
    source_system: String,
    source_reference: String,
    lines: Vec<LineTold>,
    total_price: Amount,
    voucher_share: Amount,
    customer_share: Amount,
    /// The event that this row credits.
    credits_event_id: Option<String>,
    credit_reason_code: Option<String>,
    credit_reason_text: Option<String>,
    settlement_number: Option<String>,
    settled_at: Option<Instant>,
    paid_at: Option<Instant>,
    /// Its place in the feed of changes.
    change_seq: u64,
    changed_at: Instant,
}

/// A line of an event.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EventLine")]
struct LineTold {
    line_no: u64,
    procedure_code: Option<String>,
    quantity: Decimal,
    unit_price: Amount,
    unit_value: Amount,
    line_price: Amount,
    voucher_share: Amount,
    customer_share: Amount,
    credited_quantity: Decimal,
}

impl EventTold {
    fn of(placed: &PlacedEvent) -> EventTold {
        let event = &placed.event;
        let settled = event.settled.as_ref();
        let credit = event.credit_of.as_ref();
        EventTold {
            event_id: event.id.to_string(),
            kind: match event.kind {
                EventKind::Ordinary => "ORDINARY",
                EventKind::Saldo => "SALDO",
                EventKind::Dental => "DENTAL",
                EventKind::Credit => "CREDIT",
            },
            state: super::state(event.state),
            version: event.version,
            credited: event.credited.map(|credited| match credited {
                Credited::Full => "FULL",
                Credited::Partial => "PARTIAL",
            }),
            service_date: event.service_date,
            purchasing_power_number: event.number.to_string(),
            organiser: Text(event.organiser),
            provider_business_id: event.provider.to_string(),
            service_code: event.service_code.clone(),
            source_system: event.source_system.clone(),
            source_reference: event.source_reference.clone(),
            lines: event.lines.iter().map(LineTold::of).collect(),
            total_price: Text(event.shares.price),
            voucher_share: Text(event.shares.voucher),
            customer_share: Text(event.shares.customer),
            credits_event_id: credit.map(|credit| credit.event.to_string()),
            credit_reason_code: credit.map(|credit| credit.reason_code.clone()),
            credit_reason_text: credit.map(|credit| credit.reason_text.clone()),
            settlement_number: settled.map(|settled| settled.number.clone()),
            settled_at: settled.map(|settled| Text(settled.settled_at)),
            paid_at: settled.and_then(|settled| settled.paid_at).map(Text),
            change_seq: placed.change_seq,
            changed_at: Text(placed.changed_at),
        }
    }
}

impl LineTold {
    fn of(line: &EventLine) -> LineTold {
        LineTold {
            line_no: line.line_no,
            procedure_code: line
                .procedure
                .as_ref()
                .map(|procedure| procedure.code.clone()),
            quantity: Text(line.quantity),
            unit_price: Text(line.unit_price),
            unit_value: Text(line.unit_value),
            line_price: Text(line.shares.price),
            voucher_share: Text(line.shares.voucher),
            customer_share: Text(line.shares.customer),
            credited_quantity: Text(line.credited_quantity),
        }
    }
}
