//! Decisions about events as they are told: to people in a line, to programs in members.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::event::Changed;
use crate::domain::rejection::Rejection;
use crate::domain::service_event::Credited;
use crate::operate::values::SharesTold;

/// What was decided, for people and as it is answered.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) is_changed: bool,
    pub(super) state: &'static str,
    pub(super) credit: Option<CreditTold>,
}

pub(super) fn told_of(changed: &Changed) -> Told {
    let state = super::state(changed.event.state);
    let credit = changed.credit.as_ref().map(|credit| CreditTold {
        event_id: credit.id.to_string(),
        extent: match changed.event.credited {
            Some(Credited::Full) => "FULL",
            _ => "PARTIAL",
        },
        sums: credit.shares.into(),
    });
    let text = match &credit {
        None => format!("is {state} now"),
        Some(credit) => format!(
            "credited {} by event {}: price {}, voucher share {}, customer share {}",
            credit.extent,
            credit.event_id,
            credit.sums.price.0,
            credit.sums.voucher_share.0,
            credit.sums.customer_share.0
        ),
    };
    Told {
        text,
        is_changed: true,
        state,
        credit,
    }
}

/// What became of each event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventDecisions")]
pub struct DecisionsAnswer {
    /// In the order asked.
    pub(super) events: Vec<DecisionTold>,
}

/// What became of an event.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EventDecision")]
pub struct DecisionTold {
    /// As asked.
    event_id: String,
    outcome: Outcome,
    /// Its state from now on; null where it was refused.
    state: Option<&'static str>,
    /// The row that credits it.
    credit: Option<CreditTold>,
    errors: Vec<RejectionTold>,
}

/// What became of an event.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "EventOutcome")]
enum Outcome {
    Changed,
    /// It was decided so before.
    Unchanged,
    Refused,
}

/// A row that credits an event.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EventCredit")]
pub(super) struct CreditTold {
    event_id: String,
    /// `FULL` or `PARTIAL`.
    extent: &'static str,
    #[serde(flatten)]
    sums: SharesTold,
}

/// Why something is refused, by the codes of docs/codes.md.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Rejection")]
struct RejectionTold {
    code: &'static str,
    field: String,
    message_fi: &'static str,
    message_en: &'static str,
}

impl DecisionTold {
    pub(super) fn of(event_id: &str, decided: Result<Told, Vec<Rejection>>) -> DecisionTold {
        let event_id = event_id.to_owned();
        match decided {
            Ok(told) => DecisionTold {
                event_id,
                outcome: match told.is_changed {
                    true => Outcome::Changed,
                    false => Outcome::Unchanged,
                },
                state: Some(told.state),
                credit: told.credit,
                errors: Vec::new(),
            },
            Err(rejections) => DecisionTold {
                event_id,
                outcome: Outcome::Refused,
                state: None,
                credit: None,
                errors: rejections.into_iter().map(RejectionTold::of).collect(),
            },
        }
    }
}

impl RejectionTold {
    fn of(rejection: Rejection) -> RejectionTold {
        let texts = rejection.code.texts();
        RejectionTold {
            code: rejection.code.as_str(),
            field: rejection.field,
            message_fi: texts.fi,
            message_en: texts.en,
        }
    }
}
