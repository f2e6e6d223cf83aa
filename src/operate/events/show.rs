//! `events-show`: one event as it stands. Of the customer nothing is shown: who may see that asks by the services.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::decisions::{Looked, PURPOSE, look, touch};
use crate::domain::access::DataClass;
use crate::domain::service_event::{Credited, EventKind, PlacedEvent};
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;

/// Show an event.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    pub event: String,
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
        let text = serde_json::to_string_pretty(&as_json(&placed))?;
        output.out(&text).await?;
        Ok(Done::WELL)
    }
}

fn as_json(placed: &PlacedEvent) -> Value {
    let event = &placed.event;
    let kind = match event.kind {
        EventKind::Ordinary => "ORDINARY",
        EventKind::Saldo => "SALDO",
        EventKind::Dental => "DENTAL",
        EventKind::Credit => "CREDIT",
    };
    let credited = event.credited.map(|credited| match credited {
        Credited::Full => "FULL",
        Credited::Partial => "PARTIAL",
    });
    let lines: Vec<Value> = event
        .lines
        .iter()
        .map(|line| {
            json!({
                "lineNo": line.line_no,
                "procedureCode": line.procedure.as_ref().map(|procedure| &procedure.code),
                "quantity": line.quantity.to_string(),
                "unitPrice": line.unit_price.to_string(),
                "unitValue": line.unit_value.to_string(),
                "linePrice": line.shares.price.to_string(),
                "voucherShare": line.shares.voucher.to_string(),
                "customerShare": line.shares.customer.to_string(),
                "creditedQuantity": line.credited_quantity.to_string(),
            })
        })
        .collect();
    let settled = event.settled.as_ref();
    let credit = event.credit_of.as_ref();
    json!({
        "eventId": event.id.to_string(),
        "kind": kind,
        "state": super::state(event.state),
        "version": event.version,
        "credited": credited,
        "serviceDate": event.service_date.to_string(),
        "purchasingPowerNumber": event.number.to_string(),
        "organiser": event.organiser.to_string(),
        "providerBusinessId": event.provider.as_str(),
        "serviceCode": event.service_code,
        "sourceSystem": event.source_system,
        "sourceReference": event.source_reference,
        "lines": lines,
        "totalPrice": event.shares.price.to_string(),
        "voucherShare": event.shares.voucher.to_string(),
        "customerShare": event.shares.customer.to_string(),
        "creditsEventId": credit.map(|credit| credit.event.to_string()),
        "creditReasonCode": credit.map(|credit| &credit.reason_code),
        "creditReasonText": credit.map(|credit| &credit.reason_text),
        "settlementNumber": settled.map(|settled| &settled.number),
        "settledAt": settled.map(|settled| settled.settled_at.to_string()),
        "paidAt": settled.and_then(|settled| settled.paid_at).map(|at| at.to_string()),
        "changeSeq": placed.change_seq,
        "changedAt": placed.changed_at.to_string(),
    })
}
