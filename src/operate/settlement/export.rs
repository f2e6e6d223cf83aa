//! `settlement-export`: one file of a settlement, as bytes for the command line, which names and keeps it. A file says
//! the same however often it is asked for, as long as the settlement and the names in the registry stand; once nothing of
//! the settlement can change, CSV and XML are held to what was exported first (`first`).
//!
//! Invariants: no customer, no identity code and no number of a purchasing power is in any file; rows that do not add
//! up to what is paid are refused.

mod csv;
mod first;
mod html;
mod payments;
mod xml;

use std::collections::BTreeMap;

use openssl::sha::{Sha256, sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::first::Kind;
use super::STEP_EVENTS_MAX;
use super::show::tell;
use super::steps::{Acting, named, number};
use crate::domain::business_id::BusinessId;
use crate::domain::money::Cents;
use crate::domain::registry::Organiser;
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::Shares;
use crate::domain::settlement::payment::reference;
use crate::domain::settlement::{ProviderSums, RowPlace, Run, RunState, SettledRow};
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::{Output, PIECE_BYTES};
use crate::operate::{Done, Failed};
use crate::partner::limits::Language;
use crate::services::Services;
use crate::store::Change;

pub use payments::Order;

/// Give one file of a settlement.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SettlementExportArguments")]
pub struct Export {
    pub number: String,
    pub file: ExportedFile,
    /// The settlement's version when the file before was made: all are of one.
    pub seen_version: Option<u64>,
}

/// Which file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "FileToExport")]
pub enum ExportedFile {
    Csv,
    Xml,
    /// A page to print.
    Html(Language),
    Payments(Order),
}

/// A file that is whole; its bytes come beside this.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExportedFile")]
pub struct Exported {
    /// The settlement's.
    pub version: u64,
    /// The file's name.
    pub name: String,
    /// Of the file, in hexadecimal.
    pub sha256: String,
}

/// What every file tells from.
struct Settlement {
    run: Run,
    organiser: Organiser,
    providers: Vec<ProviderSums>,
    /// Of providers that the registry has.
    names: BTreeMap<BusinessId, String>,
    reference: String,
}

/// A form that rows are written in, in the order of providers.
trait Form {
    fn begin(&mut self, settlement: &Settlement);
    fn provider(&mut self, settlement: &Settlement, sums: &ProviderSums);
    fn row(&mut self, settlement: &Settlement, row: &SettledRow);
    fn provider_end(&mut self, settlement: &Settlement, sums: &ProviderSums);
    fn end(&mut self, settlement: &Settlement);
    /// What was written and not taken yet.
    fn written(&mut self) -> &mut Vec<u8>;
}

impl Published for Export {
    type Answer = Exported;

    const EXAMPLE: &'static str = r#"{
        "number": "853-2026-03-1",
        "file": {"payments": {"debtorIban": "FI2112345600000785", "executionDate": "2026-04-08"}}
    }"#;
}

impl Operation for Export {
    const NAME: &'static str = "settlement-export";
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
        let command = match self.file {
            ExportedFile::Html(_) => "settlement-report",
            _ => "settlement-export",
        };
        let mut acting = Acting::new(services, output, caller, command);
        let mut settlement = Settlement::gather(&acting, &self.number).await?;
        let number = settlement.run.number;
        let version = settlement.run.version;
        if self.seen_version.is_some_and(|seen| seen != version) {
            let told = format!("settlement {number} was changed meanwhile: export it again");
            return Err(Failed::Refused(told));
        }
        let mut row = acting.row(number.organiser);
        row.rows_returned = u32::try_from(settlement.run.events).unwrap_or(u32::MAX);
        kept(services, Change::access_only(row)).await?;
        let (name, digest) = match &self.file {
            ExportedFile::Csv | ExportedFile::Xml => {
                let kind = match self.file {
                    ExportedFile::Csv => Kind::Csv,
                    _ => Kind::Xml,
                };
                settlement.hold_to_first_export(&mut acting, kind).await?;
                if kind == Kind::Csv {
                    tell(services, output, number).await?;
                }
                let output = Some(output);
                let digest = settlement.write(&acting, kind.form(), output).await?;
                let name = format!("settlement-{number}.{}", kind.extension());
                (name, digest)
            }
            ExportedFile::Html(language) => {
                if settlement.run.first_export.is_some() {
                    let kind = Kind::Csv;
                    settlement.hold_to_first_export(&mut acting, kind).await?;
                }
                let form = Box::new(html::Html::of(*language));
                let digest = settlement.write(&acting, form, Some(output)).await?;
                (format!("settlement-{number}.html"), digest)
            }
            ExportedFile::Payments(order) => {
                let payments = payments::Payments::of(&settlement, order)?;
                output.out(&payments.summary()).await?;
                let document = payments.document();
                output.data(document.as_bytes()).await?;
                let name = format!("payments-{}.xml", payments.message());
                (name, sha256(document.as_bytes()))
            }
        };
        let version = settlement.run.version;
        let exported = Exported {
            version,
            name,
            sha256: hex::encode(digest),
        };
        output.result(&exported).await?;
        Ok(Done::WELL)
    }
}

impl Settlement {
    async fn gather(acting: &Acting<'_>, text: &str) -> Result<Settlement, Failed> {
        let run = acting.run(number(text)?).await?;
        let number = run.number;
        let what_to_do = match run.state {
            RunState::Confirmed | RunState::Paid => None,
            RunState::Draft => Some(format!("`settlement confirm {number}` comes first")),
            RunState::Paying => Some(format!("let `settlement paid {number}` end first")),
            RunState::Cancelled | RunState::Cancelling => {
                Some("its events stand on a later one".to_owned())
            }
            RunState::Building => Some("let `settlement run` end first".to_owned()),
        };
        if let Some(what_to_do) = what_to_do {
            let state = run.state.as_str();
            return Err(Failed::Refused(format!(
                "settlement {number} is {state}, and only one that is confirmed or paid is exported: {what_to_do}"
            )));
        }
        let store = &acting.services.store;
        let registry = store.registry().await?;
        let mut organisers = registry.organisers.into_iter();
        let organiser = organisers.find(|organiser| organiser.code == number.organiser);
        let organiser = organiser.ok_or_else(|| {
            let code = number.organiser;
            Failed::Refused(format!(
                "the registry has no organiser {code} any more: apply one that has it"
            ))
        })?;
        let providers = registry.providers.into_iter();
        Ok(Settlement {
            organiser,
            providers: store.settlement_providers(number).await?,
            names: providers.map(|row| (row.business_id, row.name)).collect(),
            reference: reference(number),
            run,
        })
    }

    /// A provider's name; its business id where the registry has none.
    fn name<'a>(&'a self, provider: &'a BusinessId) -> &'a str {
        let name = self.names.get(provider).filter(|name| !name.is_empty());
        name.map_or(provider.as_str(), String::as_str)
    }

    /// Writes the whole settlement, its rows page by page; its digest. Without an output it is not given to anyone.
    async fn write(
        &self,
        acting: &Acting<'_>,
        mut form: Box<dyn Form + Send>,
        output: Option<&Output>,
    ) -> Result<[u8; 32], Failed> {
        let mut digest = Sha256::new();
        let mut rows = Rows::of(acting, &self.run);
        form.begin(self);
        for sums in &self.providers {
            let mut found = (0, 0, Shares::default());
            form.provider(self, sums);
            while let Some(row) = rows.next_of(&sums.provider).await? {
                found.0 += 1;
                found.1 += u64::from(row.credits.is_some());
                found.2 = found.2.plus(row.shares);
                form.row(self, &row);
                if form.written().len() >= PIECE_BYTES {
                    give(&mut *form, &mut digest, output).await?;
                }
            }
            if found != (sums.events, sums.credits, sums.sums) {
                return Err(self.differs(&sums.provider));
            }
            form.provider_end(self, sums);
        }
        if let Some(row) = rows.next().await? {
            return Err(self.differs(&row.provider));
        }
        form.end(self);
        give(&mut *form, &mut digest, output).await?;
        Ok(digest.finish())
    }

    fn differs(&self, provider: &BusinessId) -> Failed {
        let number = self.run.number;
        Failed::Refused(format!(
            "settlement {number}: the rows of provider {provider} do not add up to its sums: pay nothing on it; \
             `settlement verify {number}` says what differs"
        ))
    }

    fn totals(&self) -> Totals {
        let of = |amount: fn(&ProviderSums) -> i64| Cents(self.providers.iter().map(amount).sum());
        Totals {
            credits: self.providers.iter().map(|sums| sums.credits).sum(),
            brought_forward: of(|sums| sums.brought_forward.0),
            payable: of(|sums| sums.payable().0),
            held_back: of(|sums| {
                if sums.is_held_back() {
                    sums.payable().0
                } else {
                    0
                }
            }),
            carried_forward: of(|sums| sums.carried_forward().0),
        }
    }
}

/// Takes what is written so far.
async fn give(
    form: &mut (dyn Form + Send),
    digest: &mut Sha256,
    output: Option<&Output>,
) -> Result<(), Failed> {
    let piece = std::mem::take(form.written());
    digest.update(&piece);
    match output {
        Some(output) => output.data(&piece).await,
        None => Ok(()),
    }
}

/// What a run's providers come to, beside the run's own sums.
struct Totals {
    credits: u64,
    brought_forward: Cents,
    /// With what is held back.
    payable: Cents,
    held_back: Cents,
    carried_forward: Cents,
}

/// What becomes of a provider's payment.
fn payment_of(sums: &ProviderSums) -> &'static str {
    match (sums.is_held_back(), sums.payable().0) {
        (true, _) => "HELD_BACK",
        (false, 0) => "NONE",
        (false, _) => "PAY",
    }
}

/// The rows of a run, in their order.
struct Rows<'a> {
    acting: &'a Acting<'a>,
    run: &'a Run,
    page: std::iter::Peekable<std::vec::IntoIter<SettledRow>>,
    after: Option<RowPlace>,
}

impl<'a> Rows<'a> {
    fn of(acting: &'a Acting<'a>, run: &'a Run) -> Rows<'a> {
        Rows {
            acting,
            run,
            page: Vec::new().into_iter().peekable(),
            after: None,
        }
    }

    async fn fill(&mut self) -> Result<(), Failed> {
        if self.page.peek().is_none() {
            let store = &self.acting.services.store;
            let rows = store.settlement_rows(self.run.number, self.after.clone(), STEP_EVENTS_MAX);
            self.page = rows.await?.into_iter().peekable();
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<SettledRow>, Failed> {
        self.fill().await?;
        let row = self.page.next();
        self.after = row.as_ref().map(SettledRow::place).or(self.after.take());
        Ok(row)
    }

    /// The next row, if it is this provider's.
    async fn next_of(&mut self, provider: &BusinessId) -> Result<Option<SettledRow>, Failed> {
        self.fill().await?;
        match self.page.peek() {
            Some(row) if row.provider == *provider => self.next().await,
            _ => Ok(None),
        }
    }
}
