//! `report-monthly`: a month's grants and use by municipality, service class and provider, for national follow-up. What
//! is about too few people is left out by the rules of [`crate::domain::monthly`]; no person, event or number is told.
//!
//! Two walks of one organiser at a time: over the month's events, which are added up by grant, then over the grants, by
//! customer. Memory: the month's used grants and the groups.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::{Giving, PAGE_ROWS, Pages, ReportFile, row};
use crate::contract::lexical::Lexical as _;
use crate::domain::business_id::BusinessId;
use crate::domain::customer::Customer;
use crate::domain::money::{Cents, Quantity};
use crate::domain::monthly::{self, Amounts, Class, Figures, Line, Part};
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::{OrganiserCode, ServiceType, Unit, service_type_on};
use crate::domain::service_event::{Credited, EventKind, ServiceEvent};
use crate::domain::settlement::Month;
use crate::operate::acting::{kept, known};
use crate::operate::caller::{Caller, Rank};
use crate::operate::csv::write_row;
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::{MonthText, Organiser, Text};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;

const COLUMNS: [&str; 16] = [
    "record",
    "month",
    "organiser",
    "municipality",
    "serviceClassOid",
    "serviceClassVersion",
    "serviceClassCode",
    "providerBusinessId",
    "grants",
    "usedGrants",
    "customers",
    "unit",
    "quantity",
    "voucherShare",
    "customerShare",
    "suppressed",
];

/// Give a month's figures as CSV.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "ReportMonthlyArguments")]
pub struct Monthly {
    pub month: MonthText,
    /// Every organiser of the registry where none is named.
    pub organiser: Option<Organiser>,
}

/// What the events of a month take of one grant.
type Used = BTreeMap<(Class, BusinessId), (bool, Amounts)>;

impl Published for Monthly {
    type Answer = ReportFile;

    const EXAMPLE: &'static str = r#"{"month": "2026-03", "organiser": "853"}"#;
}

impl Operation for Monthly {
    const NAME: &'static str = "report-monthly";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::NamedOrAll,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        self.organiser.map(|organiser| organiser.0)
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let registry = services.store.registry().await?;
        let mut organisers = match self.organiser {
            Some(Text(code)) => vec![known(services, code).await?.code],
            None => registry.organisers.iter().map(|row| row.code).collect(),
        };
        organisers.sort();
        let mut giving = Giving::to(output);
        let mut written = Vec::new();
        write_row(&mut written, &COLUMNS);
        let (mut lines_told, mut lines_untold) = (0_u64, 0_u64);
        for organiser in organisers {
            let row = row(services, caller, "report-monthly", organiser);
            kept(services, Change::access_only(row)).await?;
            let mut types: BTreeMap<String, Vec<ServiceType>> = BTreeMap::new();
            for row in &registry.service_types {
                if row.organiser == organiser {
                    let versions = types.entry(row.service_code.clone()).or_default();
                    versions.push(row.clone());
                }
            }
            let of_month = OfMonth {
                services,
                organiser,
                month: self.month.0,
                types,
            };
            for line in of_month.lines().await? {
                match line.figures {
                    Some(_) => lines_told += 1,
                    None => lines_untold += 1,
                }
                self.write(&mut written, organiser, &line);
            }
            giving.give(&mut written).await?;
        }
        giving.give(&mut written).await?;
        let told = format!(
            "figures of {}: {lines_told} rows, and {lines_untold} without figures, which are about too few people",
            self.month.0
        );
        output.out(&told).await?;
        let name = match self.organiser {
            Some(Text(code)) => format!("monthly-{code}-{}.csv", self.month.0),
            None => format!("monthly-{}.csv", self.month.0),
        };
        giving.end(name, lines_told, lines_untold).await?;
        Ok(Done::WELL)
    }
}

impl Monthly {
    fn write(&self, written: &mut Vec<u8>, organiser: OrganiserCode, line: &Line) {
        let (record, municipality, provider) = match &line.group {
            Some(group) => (
                "GROUP",
                group.municipality.map(|code| code.to_string()),
                group.provider.as_ref().map(BusinessId::to_string),
            ),
            None => ("TOTAL", None, None),
        };
        let figures = line.figures.map(figures).unwrap_or_default();
        let [grants, used, customers, quantity, voucher, customer] = &figures;
        write_row(
            written,
            &[
                record,
                &self.month.0.to_string(),
                &organiser.to_string(),
                &municipality.unwrap_or_default(),
                &line.class.oid,
                &line.class.version,
                &line.class.code,
                &provider.unwrap_or_default(),
                grants,
                used,
                customers,
                &line.class.unit,
                quantity,
                voucher,
                customer,
                if line.figures.is_some() {
                    "false"
                } else {
                    "true"
                },
            ],
        );
    }
}

fn figures(figures: Figures) -> [String; 6] {
    let amounts = figures.amounts;
    [
        figures.grants.to_string(),
        figures.used_grants.to_string(),
        figures.customers.to_string(),
        amounts.quantity.to_string(),
        amounts.voucher.to_string(),
        amounts.customer.to_string(),
    ]
}

/// One organiser's month.
struct OfMonth<'a> {
    services: &'a Services,
    organiser: OrganiserCode,
    month: Month,
    /// Versions of the organiser's services, by code.
    types: BTreeMap<String, Vec<ServiceType>>,
}

impl OfMonth<'_> {
    async fn lines(&self) -> Result<Vec<Line>, Failed> {
        let mut used = self.used().await?;
        let mut figures = monthly::Monthly::default();
        let mut of_customer: Option<(Customer, Vec<Part>)> = None;
        let mut after = None;
        loop {
            let store = &self.services.store;
            let read = store.grants(self.organiser, after, PAGE_ROWS).await?;
            for (grant, customer) in read.grants {
                let parts = self.parts(&grant, used.remove(&grant.number));
                match &mut of_customer {
                    Some((current, all)) if current.person_id == customer.person_id => {
                        all.extend(parts);
                    }
                    _ => {
                        let before = of_customer.replace((customer, parts));
                        self.add(&mut figures, before);
                    }
                }
            }
            after = read.after;
            if after.is_none() {
                break;
            }
            yield_now().await;
        }
        self.add(&mut figures, of_customer);
        if !used.is_empty() {
            return Err(Failed::Refused(
                "purchasing powers were purged meanwhile: give the command again".to_owned(),
            ));
        }
        Ok(figures.lines())
    }

    fn add(&self, figures: &mut monthly::Monthly, of_customer: Option<(Customer, Vec<Part>)>) {
        let Some((customer, parts)) = of_customer.filter(|(_, parts)| !parts.is_empty()) else {
            return;
        };
        let own = match self.organiser {
            OrganiserCode::Municipality(code) => Some(code),
            OrganiserCode::County(_) => None,
        };
        // Where somebody lives whose address is protected is told to nobody.
        let known = customer
            .municipality_of_residence
            .filter(|_| !customer.non_disclosure);
        figures.add(known.or(own), parts);
    }

    /// The month's live events, added up by grant, class and provider.
    async fn used(&self) -> Result<BTreeMap<PurchasingPowerNumber, Used>, Failed> {
        let mut used: BTreeMap<PurchasingPowerNumber, Used> = BTreeMap::new();
        let mut pages = Pages::of(self.services, self.organiser, self.month);
        while let Some(page) = pages.next().await? {
            for placed in page {
                let event = placed.event;
                let class = self.class(&event.service_code, event.service_date, event.unit);
                let of_grant = used.entry(event.number).or_default();
                let of_group = of_grant.entry((class, event.provider.clone())).or_default();
                of_group.0 |= is_use(&event);
                of_group.1 = of_group.1.plus(amounts(&event));
            }
        }
        Ok(used)
    }

    /// What a grant adds: to the group of each provider that has used it; else, where it is in force, to that of the
    /// chosen provider, or of none.
    fn parts(&self, grant: &PurchasingPower, used: Option<Used>) -> Vec<Part> {
        let Some(used) = used else {
            return self.unused(grant).into_iter().collect();
        };
        let parts = used.into_iter();
        parts
            .map(|((class, provider), (is_used, amounts))| Part {
                grant: grant.number,
                class,
                provider: Some(provider),
                is_used,
                amounts,
            })
            .collect()
    }

    fn unused(&self, grant: &PurchasingPower) -> Option<Part> {
        let (first, last) = self.month.first_day().zip(self.month.last_day())?;
        let from = grant.valid_from.max(first);
        let is_annulled = grant
            .cancelled_from
            .is_some_and(|cancelled| cancelled <= from);
        if from > grant.valid_to.min(last) || is_annulled {
            return None;
        }
        let providers = grant.providers.on(from);
        Some(Part {
            grant: grant.number,
            class: self.class(&grant.service_code, from, grant.unit()),
            provider: providers.and_then(|providers| providers.chosen.clone()),
            is_used: false,
            amounts: Amounts::default(),
        })
    }

    fn class(&self, service_code: &str, day: Date, unit: Unit) -> Class {
        let versions = self.types.get(service_code);
        let version = versions.and_then(|versions| service_type_on(versions, day));
        let mut unit_text = String::new();
        unit.write_text(&mut unit_text);
        Class::of(service_code, version, unit_text)
    }
}

/// Whether an event used something that is not given back: a visit that nobody came to did not.
fn is_use(event: &ServiceEvent) -> bool {
    event.kind != EventKind::Credit
        && event.credited != Some(Credited::Full)
        && !event.lines.is_empty()
}

fn amounts(event: &ServiceEvent) -> Amounts {
    // In a CREDIT row the shares are negative themselves, the quantities are not.
    let sign = match event.kind {
        EventKind::Credit => -1,
        EventKind::Ordinary | EventKind::Saldo | EventKind::Dental => 1,
    };
    let quantity: i64 = event.lines.iter().map(|line| line.quantity.0).sum();
    Amounts {
        quantity: Quantity(sign * quantity),
        voucher: Cents(event.shares.voucher.0),
        customer: Cents(event.shares.customer.0),
    }
}
