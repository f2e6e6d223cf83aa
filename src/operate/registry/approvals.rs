//! `registry-import-approvals`: an organiser's approvals of providers, from a file as a contract register gives it.

use std::collections::HashMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::ended;
use super::print::Report;
use super::table::{Column, Row, Table, day, euros, named, plain};
use super::{CHANGES, Way, apply};
use crate::clock::date_in_helsinki;
use crate::domain::business_id::BusinessId;
use crate::domain::iban::Iban;
use crate::domain::money::Cents;
use crate::domain::registry::{ApprovalState, Provider, ProviderApproval, Registry};
use crate::operate::caller::Caller;
use crate::operate::operation::{Needs, Operation, Published};
use crate::operate::output::Output;
use crate::operate::values::Organiser;
use crate::operate::{Done, Failed};
use crate::services::Services;

const PROVIDER: Column = &["providerBusinessId", "businessId", "ytunnus"];
const NAME: Column = &["providerName", "name", "nimi"];
const SERVICE: Column = &["serviceCode", "palvelu"];
const VALID_FROM: Column = &["validFrom", "alkaa"];
const VALID_TO: Column = &["validTo", "päättyy"];
const PRICE: Column = &["agreedMaxPrice", "enimmäishinta"];
const STATE: Column = &["state", "tila"];
const IBAN: Column = &["iban"];

/// Take over the approvals of a file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryImportApprovalsArguments")]
pub struct ImportApprovals {
    pub way: Way,
    pub organiser: Organiser,
    /// The file's text.
    pub text: String,
    /// Approvals of the organiser that are not in the file end.
    #[serde(default)]
    pub is_complete: bool,
}

impl Published for ImportApprovals {
    type Answer = Report<'static>;

    const EXAMPLE: &'static str = r#"{
        "way": {"source": "approvals of 2026-03", "isDryRun": true},
        "organiser": "853",
        "text": "providerBusinessId;serviceCode;validFrom\\n9000003-8;suun-hoito;2026-04-01\\n",
        "isComplete": false
    }"#;
}

impl Operation for ImportApprovals {
    const NAME: &'static str = "registry-import-approvals";
    const NEEDS: Needs = CHANGES;

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let today = date_in_helsinki(services.clock.now());
        apply::run(services, caller, output, &self.way, &|standing| {
            let table = Table::read(&self.text, &[PROVIDER, SERVICE, VALID_FROM])?;
            let rows = self.examined(&table, standing)?;
            Ok(self.taken_over(standing, &table, &rows, today))
        })
        .await
    }
}

impl ImportApprovals {
    /// Every row of the file, or all that is wrong with them.
    fn examined(&self, table: &Table, standing: &Registry) -> Result<Vec<Wanted>, Failed> {
        if !standing
            .organisers
            .iter()
            .any(|row| row.code == self.organiser.0)
        {
            let told = format!("the registry has no organiser {}", self.organiser.0);
            return Err(Failed::Refused(told));
        }
        let services: Vec<&str> = standing
            .service_types
            .iter()
            .filter(|row| row.organiser == self.organiser.0)
            .map(|row| row.service_code.as_str())
            .collect();
        let mut providers = Providers::of(standing);
        let mut lines = HashMap::new();
        let mut rows = Vec::new();
        for row in table.rows() {
            let Some(wanted) = Wanted::of(table, row) else {
                continue;
            };
            if !services.contains(&wanted.service_code.as_str()) {
                row.wrong(SERVICE, "the organiser has no such service".to_owned());
            }
            let key = (
                wanted.provider.clone(),
                wanted.service_code.clone(),
                wanted.valid_from,
            );
            let first = *lines.entry(key).or_insert(row.line);
            if first != row.line {
                let rule = format!("this approval from this day stands in line {first} already");
                row.wrong(PROVIDER, rule);
            }
            providers.judge(row, &wanted);
            rows.push(wanted);
        }
        table.refuse_problems(&self.way)?;
        Ok(rows)
    }

    fn taken_over(
        &self,
        standing: &Registry,
        table: &Table,
        rows: &[Wanted],
        today: Date,
    ) -> Registry {
        let mut registry = standing.clone();
        let mut places: HashMap<(BusinessId, String, Date), usize> = HashMap::new();
        for (place, row) in registry.approvals.iter().enumerate() {
            if row.organiser == self.organiser.0 {
                let key = (
                    row.provider.clone(),
                    row.service_code.clone(),
                    row.valid_from,
                );
                places.insert(key, place);
            }
        }
        let mut is_in_file = vec![false; registry.approvals.len()];
        for row in rows {
            take_provider(&mut registry.providers, row);
            let key = (
                row.provider.clone(),
                row.service_code.clone(),
                row.valid_from,
            );
            let place = places.get(&key).copied();
            let kept = place.and_then(|place| registry.approvals.get_mut(place));
            match kept {
                Some(kept) => {
                    if table.has(VALID_TO) {
                        kept.valid_to = row.valid_to;
                    }
                    if table.has(PRICE) {
                        kept.agreed_max_price = row.price;
                    }
                    kept.state = row.state.unwrap_or(kept.state);
                }
                None => registry.approvals.push(ProviderApproval {
                    organiser: self.organiser.0,
                    service_code: row.service_code.clone(),
                    provider: row.provider.clone(),
                    valid_from: row.valid_from,
                    valid_to: row.valid_to,
                    agreed_max_price: row.price,
                    state: row.state.unwrap_or(ApprovalState::Approved),
                }),
            }
            if let Some(mark) = place.and_then(|place| is_in_file.get_mut(place)) {
                *mark = true;
            }
        }
        if self.is_complete {
            let mut is_in_file = is_in_file.into_iter().chain(std::iter::repeat(true));
            registry.approvals.retain_mut(|row| {
                let is_named = is_in_file.next().unwrap_or(true);
                is_named
                    || row.organiser != self.organiser.0
                    || ended(row.valid_from, &mut row.valid_to, today)
            });
        }
        registry
    }
}

/// Name and account of each provider, those included that rows of the file add.
struct Providers(HashMap<BusinessId, (Option<String>, Option<String>)>);

impl Providers {
    fn of(standing: &Registry) -> Providers {
        let known = standing.providers.iter().map(|provider| {
            let named = (Some(provider.name.clone()), provider.iban.clone());
            (provider.business_id.clone(), named)
        });
        Providers(known.collect())
    }

    /// A new provider has a name, and nobody gets another account.
    fn judge(&mut self, row: Row<'_>, wanted: &Wanted) {
        let (name, account) = self.0.entry(wanted.provider.clone()).or_default();
        if name.is_none() {
            name.clone_from(&wanted.name);
        }
        if name.is_none() {
            let rule = "is needed: the registry does not have the provider";
            row.wrong(NAME, rule.to_owned());
        }
        if account.is_none() {
            account.clone_from(&wanted.iban);
        }
        if wanted.iban.is_some() && wanted.iban != *account {
            let rule = "the provider has another account: change it in the registry's file";
            row.wrong(IBAN, rule.to_owned());
        }
    }
}

/// A provider that is not there is added; one that is keeps its name and its account, and gets an account that it lacks.
fn take_provider(providers: &mut Vec<Provider>, row: &Wanted) {
    match providers
        .iter_mut()
        .find(|kept| kept.business_id == row.provider)
    {
        Some(kept) => {
            if kept.iban.is_none() {
                kept.iban.clone_from(&row.iban);
            }
        }
        None => providers.push(Provider {
            business_id: row.provider.clone(),
            name: row.name.clone().unwrap_or_default(),
            sote_oid: None,
            iban: row.iban.clone(),
            units: Vec::new(),
        }),
    }
}

/// What a row says.
struct Wanted {
    provider: BusinessId,
    name: Option<String>,
    service_code: String,
    valid_from: Date,
    valid_to: Option<Date>,
    price: Option<Cents>,
    state: Option<ApprovalState>,
    iban: Option<String>,
}

impl Wanted {
    fn of(table: &Table, row: Row<'_>) -> Option<Wanted> {
        let provider = row.required(PROVIDER, BusinessId::parse);
        let service_code = row.required(SERVICE, plain);
        let valid_from = row.required(VALID_FROM, day);
        let valid_to = row.parsed(VALID_TO, day);
        if table.has(VALID_TO) && valid_to.zip(valid_from).is_some_and(|(to, from)| to < from) {
            row.wrong(VALID_TO, "ends before it begins".to_owned());
        }
        let (name, price) = (row.parsed(NAME, plain), row.parsed(PRICE, euros));
        let state = row.parsed(STATE, named);
        let account = |text: &str| Iban::parse(&text.replace(' ', ""));
        let iban = row.parsed(IBAN, account).map(|iban| iban.to_string());
        Some(Wanted {
            provider: provider?,
            name,
            service_code: service_code?,
            valid_from: valid_from?,
            valid_to,
            price,
            state,
            iban,
        })
    }
}
