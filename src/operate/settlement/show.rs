//! `settlement-show`: a run with its providers. No customer is named.

use serde::{Deserialize, Serialize};

use super::steps::{Acting, named, number};
use crate::domain::registry::OrganiserCode;
use crate::domain::settlement::{ProviderSums, RunNumber, RunState};
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;

/// Show a run.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    pub number: String,
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
        tell(services, output, number).await?;
        Ok(Done::WELL)
    }
}

/// Says how a run stands.
pub(super) async fn tell(
    services: &Services,
    output: &Output,
    number: RunNumber,
) -> Result<(), Failed> {
    let Some(run) = services.store.settlement_run(number).await? else {
        return Ok(());
    };
    let state = run.state.as_str();
    if run.state == RunState::Cancelled {
        let told = format!("settlement {number} {state}: its events are HYVAKSYTTY again");
        return output.out(&told).await;
    }
    let sums = run.sums;
    output
        .out(&format!(
            "settlement {number} {state}: {} events, price {}, voucher share {}, customer share {}",
            run.events, sums.price, sums.voucher, sums.customer
        ))
        .await?;
    let providers = services.store.settlement_providers(number).await?;
    for provider in &providers {
        output.out(&line_of(provider)).await?;
    }
    let total: i64 = providers
        .iter()
        .filter(|provider| !provider.is_held_back())
        .map(|provider| provider.payable().0)
        .sum();
    let total = crate::domain::money::Cents(total);
    output.out(&format!("to pay {total}")).await?;
    for provider in providers.iter().filter(|sums| sums.is_held_back()) {
        output
            .out(&format!(
                "held back: provider {} has no IBAN in the registry: apply one that has it, and confirm again",
                provider.provider
            ))
            .await?;
    }
    Ok(())
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
