//! `report-own-shares`: what customers paid providers themselves in a month, by event. An organiser joins the rows with
//! its own records by the number of the purchasing power; nobody is named.
//!
//! Memory: a page of events, whatever the month has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Giving, Pages, ReportFile, row};
use crate::domain::money::Cents;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::{EventKind, PlacedEvent, ServiceEvent};
use crate::operate::acting::{kept, known};
use crate::operate::caller::{Caller, Rank};
use crate::operate::csv::write_row;
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::{MonthText, Organiser};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;

const COLUMNS: [&str; 9] = [
    "record",
    "eventId",
    "creditsEventId",
    "serviceDate",
    "serviceCode",
    "providerBusinessId",
    "purchasingPowerNumber",
    "customerShare",
    "labCost",
];

/// Give an organiser's month of own shares as CSV.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "ReportOwnSharesArguments")]
pub struct OwnShares {
    pub organiser: Organiser,
    pub month: MonthText,
}

impl Published for OwnShares {
    type Answer = ReportFile;

    const EXAMPLE: &'static str = r#"{"organiser": "853", "month": "2026-03"}"#;
}

impl Operation for OwnShares {
    const NAME: &'static str = "report-own-shares";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::Named,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        Some(self.organiser.0)
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        known(services, self.organiser.0).await?;
        let mut giving = Giving::to(output);
        let mut written = Vec::new();
        write_row(&mut written, &COLUMNS);
        let mut pages = Pages::of(services, self.organiser.0, self.month.0);
        let (mut rows, mut sum) = (0_u64, Cents(0));
        while let Some(mut page) = pages.next().await? {
            page.retain(|placed| is_told(&placed.event));
            self.log(services, caller, &page).await?;
            for placed in &page {
                write(&mut written, &placed.event);
                rows += 1;
                let customer = placed.event.shares.customer;
                sum = Cents(sum.0.saturating_add(customer.0));
            }
            giving.give(&mut written).await?;
        }
        let (organiser, month) = (self.organiser.0, self.month.0);
        let told = format!("own shares of {organiser} in {month}: {rows} rows, {sum} EUR");
        output.out(&told).await?;
        let name = format!("own-shares-{organiser}-{month}.csv");
        giving.end(name, rows, 0).await?;
        Ok(Done::WELL)
    }
}

impl OwnShares {
    /// Says whose events are given, before they are.
    async fn log(
        &self,
        services: &Services,
        caller: &Caller,
        page: &[PlacedEvent],
    ) -> Result<(), Failed> {
        let mut row = row(services, caller, Self::NAME, self.organiser.0);
        let events = page.iter().map(|placed| &placed.event);
        row.persons = events
            .clone()
            .map(|event| event.person_id.clone())
            .collect();
        row.persons.sort();
        row.persons.dedup();
        row.numbers = events.clone().map(|event| event.number).collect();
        row.numbers.sort();
        row.numbers.dedup();
        row.events = events.map(|event| event.id).collect();
        row.rows_returned = u32::try_from(page.len()).unwrap_or(u32::MAX);
        kept(services, Change::access_only(row)).await?;
        Ok(())
    }
}

/// Whether a customer paid anything.
fn is_told(event: &ServiceEvent) -> bool {
    event.shares.customer.0 != 0 || event.details.lab_cost.is_some_and(|cost| cost.0 != 0)
}

fn write(written: &mut Vec<u8>, event: &ServiceEvent) {
    let record = match event.kind {
        EventKind::Credit => "CREDIT",
        EventKind::Ordinary | EventKind::Saldo | EventKind::Dental => "EVENT",
    };
    let credits = event.credit_of.as_ref();
    let credits = credits.map(|credit| credit.event.to_string());
    let lab_cost = event.details.lab_cost.unwrap_or_default();
    write_row(
        written,
        &[
            record,
            &event.id.to_string(),
            &credits.unwrap_or_default(),
            &event.service_date.to_string(),
            &event.service_code,
            event.provider.as_str(),
            &event.number.to_string(),
            &event.shares.customer.to_string(),
            &lab_cost.to_string(),
        ],
    );
}
