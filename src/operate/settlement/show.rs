//! `settlement-show`: a run with its providers. No customer is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::steps::{Acting, named, number};
use crate::domain::money::Cents;
use crate::domain::registry::OrganiserCode;
use crate::domain::settlement::{ProviderSums, Run, RunNumber, RunState};
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::{Amount, Instant, SharesTold, Text};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;

/// Show a run.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementShowArguments")]
pub struct Show {
    pub number: String,
}

impl Published for Show {
    type Answer = SettlementTold;

    const EXAMPLE: &'static str = r#"{"number": "853-2026-03-1"}"#;
}

impl Operation for Show {
    const NAME: &'static str = "settlement-show";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
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
        let acting = Acting::new(services, output, caller, "settlement-show");
        let run = acting.run(number).await?;
        kept(services, Change::access_only(acting.row(number.organiser))).await?;
        if run.state == RunState::Building {
            return Err(Failed::Refused(format!(
                "settlement {number} is not complete: `settlement run --organiser {} --month {}` goes on with it",
                number.organiser, number.month
            )));
        }
        let told = tell(services, output, number).await?;
        output.result(&told).await?;
        Ok(Done::WELL)
    }
}

/// Says how a run stands, to people, and tells it as it is answered.
pub(super) async fn tell(
    services: &Services,
    output: &Output,
    number: RunNumber,
) -> Result<SettlementTold, Failed> {
    let Some(run) = services.store.settlement_run(number).await? else {
        return Err(Failed::Refused(format!("there is no settlement {number}")));
    };
    let providers = services.store.settlement_providers(number).await?;
    let told = SettlementTold::of(&run, &providers);
    let state = run.state.as_str();
    if run.state == RunState::Cancelled {
        let text = format!("settlement {number} {state}: its events are HYVAKSYTTY again");
        output.out(&text).await?;
        return Ok(told);
    }
    let sums = run.sums;
    output
        .out(&format!(
            "settlement {number} {state}: {} events, price {}, voucher share {}, customer share {}",
            run.events, sums.price, sums.voucher, sums.customer
        ))
        .await?;
    for provider in &providers {
        output.out(&line_of(provider)).await?;
    }
    if let Some(first) = run.first_export {
        let (csv, xml) = (hex::encode(first.csv), hex::encode(first.xml));
        let told = format!("exported: SHA-256 of the CSV {csv}, of the XML {xml}");
        output.out(&told).await?;
    }
    output.out(&format!("to pay {}", told.payable.0)).await?;
    for provider in providers.iter().filter(|sums| sums.is_held_back()) {
        output
            .out(&format!(
                "held back: provider {} has no IBAN in the registry: apply one that has it, and confirm again",
                provider.provider
            ))
            .await?;
    }
    Ok(told)
}

/// A settlement as it stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Settlement")]
pub struct SettlementTold {
    number: String,
    /// `DRAFT`, `CONFIRMED`, `PAYING`, `PAID`, `CANCELLING` or `CANCELLED`.
    state: &'static str,
    /// Rises with every change.
    version: u64,
    begun_at: Instant,
    confirmed_at: Option<Instant>,
    paid_at: Option<Instant>,
    /// Events and CREDIT rows on it.
    events: u64,
    #[serde(flatten)]
    sums: SharesTold,
    /// What is to be paid to providers that have an account.
    payable: Amount,
    /// SHA-256 of the files of its first export, which later ones must be.
    exported: Option<FilesTold>,
    providers: Vec<ProviderTold>,
}

/// SHA-256 of a settlement's files, in hexadecimal.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettlementFiles")]
struct FilesTold {
    csv: String,
    xml: String,
}

/// What of a settlement is one provider's.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SettlementProvider")]
struct ProviderTold {
    provider_business_id: String,
    /// Where to pay; the payment is held back without.
    iban: Option<String>,
    events: u64,
    credits: u64,
    #[serde(flatten)]
    sums: SharesTold,
    /// Owed from earlier settlements: never above 0.
    brought_forward: Amount,
    payable: Amount,
    /// Owed to the next settlement: never above 0.
    carried_forward: Amount,
    is_held_back: bool,
    is_paid: bool,
}

impl SettlementTold {
    fn of(run: &Run, providers: &[ProviderSums]) -> SettlementTold {
        let paid = providers.iter().filter(|sums| !sums.is_held_back());
        SettlementTold {
            number: run.number.to_string(),
            state: run.state.as_str(),
            version: run.version,
            begun_at: Text(run.begun_at),
            confirmed_at: run.confirmed_at.map(Text),
            paid_at: run.paid_at.map(Text),
            events: run.events,
            sums: run.sums.into(),
            payable: Text(Cents(paid.map(|sums| sums.payable().0).sum())),
            exported: run.first_export.map(|first| FilesTold {
                csv: hex::encode(first.csv),
                xml: hex::encode(first.xml),
            }),
            providers: providers.iter().map(ProviderTold::of).collect(),
        }
    }
}

impl ProviderTold {
    fn of(sums: &ProviderSums) -> ProviderTold {
        ProviderTold {
            provider_business_id: sums.provider.to_string(),
            iban: sums.iban.clone(),
            events: sums.events,
            credits: sums.credits,
            sums: sums.sums.into(),
            brought_forward: Text(sums.brought_forward),
            payable: Text(sums.payable()),
            carried_forward: Text(sums.carried_forward()),
            is_held_back: sums.is_held_back(),
            is_paid: sums.is_paid,
        }
    }
}

fn line_of(sums: &ProviderSums) -> String {
    let mut told = format!(
        "provider {}: {} events ({} of them credits), voucher share {}",
        sums.provider, sums.events, sums.credits, sums.sums.voucher
    );
    if sums.brought_forward.0 != 0 {
        told.push_str(&format!(", brought forward {}", sums.brought_forward));
    }
    told.push_str(&format!(", payable {}", sums.payable()));
    if sums.carried_forward().0 != 0 {
        told.push_str(&format!(", carried forward {}", sums.carried_forward()));
    }
    match (sums.is_held_back(), sums.is_paid) {
        (true, _) => told.push_str(", HELD BACK"),
        (false, true) => told.push_str(", PAID"),
        (false, false) => {}
    }
    told
}
