//! What purchasing powers and service events rest on may be ended, and is never removed or rewritten. Here is what a
//! change of the registry would take from under them, and who rests on it. Events of every state count: they are history.
//!
//! Invariant: what is told names rows of the registry, numbers of things and days, and never a thing or a person.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::diff::{Diff, Entity, RowName, What, names};
use super::{
    CodeItem, DentalPriceItem, OrganiserCode, ProviderApproval, Registry, ServiceType, covers,
    service_type_on,
};
use crate::domain::business_id::BusinessId;
use crate::domain::purchasing_power::{Content, PurchasingPower};
use crate::domain::service_event::ServiceEvent;

/// A row that a change removes, rewrites or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Threat {
    name: RowName,
    is_removed: bool,
    /// Values that decisions rest on, and that change.
    rewritten: Vec<String>,
    /// Its new last day.
    ends_on: Option<Date>,
}

impl Threat {
    /// Whether it takes the row away on that day.
    fn strikes(&self, day: Date) -> bool {
        self.is_removed || !self.rewritten.is_empty() || self.ends_on.is_some_and(|last| day > last)
    }
}

/// Rows of one key, those of them that are threatened, and by which threat.
struct Versions<T> {
    rows: Vec<T>,
    threats: Vec<Option<usize>>,
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Versions {
            rows: Vec::new(),
            threats: Vec::new(),
        }
    }
}

impl<T> Versions<T> {
    fn add(&mut self, row: T, threat: Option<usize>) {
        self.rows.push(row);
        self.threats.push(threat);
    }

    fn threat_to(&self, found: Option<&T>) -> Option<usize> {
        let found = found?;
        let place = self.rows.iter().position(|row| std::ptr::eq(row, found))?;
        *self.threats.get(place)?
    }
}

type OfOrganiser = (OrganiserCode, String);

/// What a change of the registry would take away, by what rests on it.
#[derive(Default)]
pub struct Threats {
    threats: Vec<Threat>,
    organisers: HashMap<OrganiserCode, usize>,
    providers: HashMap<BusinessId, usize>,
    service_types: HashMap<OfOrganiser, Versions<ServiceType>>,
    approvals: HashMap<(OrganiserCode, String, BusinessId), Versions<ProviderApproval>>,
    price_items: HashMap<OfOrganiser, Versions<DentalPriceItem>>,
    codes: HashMap<String, Versions<CodeItem>>,
}

/// What rests on one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    events: u64,
    grants: u64,
    is_owing: bool,
    last_day: Option<Date>,
}

/// What was found to rest on what is threatened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relied(BTreeMap<usize, Tally>);

/// Values of a row that decisions rest on. Names, contacts, accounts, units and states may change.
fn decisive(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::ServiceType => &[
            "instruments",
            "unit",
            "legal_basis",
            "free_of_charge",
            "max_unit_price",
            "review",
            "allow_overlap",
            "osva_required",
            "custody_category",
        ],
        Entity::Approval => &["agreed_max_price"],
        Entity::PriceItem => &["voucher_value", "max_price"],
        Entity::Code => &[
            "tooth_rule",
            "min_surfaces",
            "max_surfaces",
            "repeatable",
            "extraction",
        ],
        _ => &[],
    }
}

impl Threats {
    /// What the change that `diff` tells of takes away from the registry `old`.
    pub fn of(old: &Registry, diff: &Diff) -> Threats {
        let mut threats = Threats::default();
        let mut by_name: HashMap<&RowName, usize> = HashMap::new();
        for row in &diff.rows {
            let threat = match &row.what {
                What::Added { .. } => continue,
                What::Removed { .. } => Threat {
                    name: row.name.clone(),
                    is_removed: true,
                    rewritten: Vec::new(),
                    ends_on: None,
                },
                What::Changed { fields } | What::Ended { fields } => Threat {
                    name: row.name.clone(),
                    is_removed: false,
                    rewritten: fields
                        .iter()
                        .filter(|change| decisive(row.name.entity).contains(&change.field.as_str()))
                        .map(|change| change.field.clone())
                        .collect(),
                    ends_on: match row.what {
                        What::Ended { .. } => fields
                            .iter()
                            .find(|change| change.field == "valid_to")
                            .and_then(|change| change.new.as_str()?.parse().ok()),
                        _ => None,
                    },
                },
            };
            if threat.is_removed || !threat.rewritten.is_empty() || threat.ends_on.is_some() {
                by_name.insert(&row.name, threats.threats.len());
                threats.threats.push(threat);
            }
        }
        threats.index(old, &by_name);
        threats
    }

    fn index(&mut self, old: &Registry, by_name: &HashMap<&RowName, usize>) {
        let threat = |name: RowName| by_name.get(&name).copied();
        for row in &old.organisers {
            if let Some(place) = threat(names::organiser(row.code)) {
                self.organisers.insert(row.code, place);
            }
        }
        for row in &old.providers {
            if let Some(place) = threat(names::provider(row.business_id.as_str())) {
                self.providers.insert(row.business_id.clone(), place);
            }
        }
        for row in &old.service_types {
            let key = (row.organiser, row.service_code.clone());
            let versions = self.service_types.entry(key).or_default();
            versions.add(row.clone(), threat(names::service_type(row)));
        }
        for row in &old.approvals {
            let key = (
                row.organiser,
                row.service_code.clone(),
                row.provider.clone(),
            );
            let versions = self.approvals.entry(key).or_default();
            versions.add(row.clone(), threat(names::approval(row)));
        }
        for row in &old.price_items {
            let key = (row.organiser, row.procedure_code.clone());
            let versions = self.price_items.entry(key).or_default();
            versions.add(row.clone(), threat(names::price_item(row)));
        }
        for set in &old.code_sets {
            for row in &set.items {
                let versions = self.codes.entry(row.code.clone()).or_default();
                versions.add(row.clone(), threat(names::code(set, row)));
            }
        }
    }

    /// Whether nothing is threatened that anything could rest on.
    pub fn is_empty(&self) -> bool {
        let can_be_relied_on = |threat: &Threat| {
            !matches!(
                threat.name.entity,
                Entity::Municipality | Entity::County | Entity::CodeSet | Entity::ClientGrant
            )
        };
        !self.threats.iter().any(can_be_relied_on)
    }

    /// Adds what of a purchasing power and its events rests on what is threatened.
    pub fn look<'e>(
        &self,
        grant: &PurchasingPower,
        events: impl IntoIterator<Item = &'e ServiceEvent>,
        relied: &mut Relied,
    ) {
        let mut found = Found {
            threats: self,
            relied,
            is_event: false,
        };
        found.of_grant(grant);
        for event in events {
            found.is_event = true;
            found.of_event(event);
        }
    }

    /// Adds that a settlement carries forward what a provider owes.
    pub fn look_at_owing(&self, provider: &BusinessId, relied: &mut Relied) {
        if let Some(place) = self.providers.get(provider) {
            relied.0.entry(*place).or_default().is_owing = true;
        }
    }

    /// What stands in the way, one text a row: the row, the rule, how much rests on it, and what to do instead.
    pub fn refusals(&self, relied: &Relied) -> Vec<String> {
        let found = relied.0.iter();
        found
            .filter_map(|(place, tally)| Some(refusal(self.threats.get(*place)?, tally)))
            .collect()
    }
}

impl Relied {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn refusal(
    Threat {
        name,
        is_removed,
        rewritten,
        ..
    }: &Threat,
    tally: &Tally,
) -> String {
    let last_day = tally
        .last_day
        .map(|day| day.to_string())
        .unwrap_or_default();
    let wanted = match (is_removed, rewritten.as_slice()) {
        (true, _) => "cannot be removed".to_owned(),
        (false, []) => format!("cannot end before {last_day}"),
        (false, fields) => format!("cannot have another {}", fields.join(", ")),
    };
    let owing = if tally.is_owing {
        "a settlement carries forward what it owes; "
    } else {
        ""
    };
    let instead = match (name.entity, is_removed, rewritten.is_empty()) {
        (Entity::Organiser, _, _) => "keep it, and end its service types".to_owned(),
        (Entity::Provider, _, _) => "keep it, and end its approvals".to_owned(),
        (_, false, true) => format!("end it on {last_day} or later"),
        _ => format!("end it on {last_day} or later and add a version from the day after"),
    };
    format!(
        "{name} {wanted}: {owing}{} service events and {} purchasing powers rest on it{}. Instead: {instead}",
        tally.events,
        tally.grants,
        match tally.last_day {
            Some(_) => format!(", the last day is {last_day}"),
            None => String::new(),
        },
    )
}

/// A look at one purchasing power or event.
struct Found<'a> {
    threats: &'a Threats,
    relied: &'a mut Relied,
    is_event: bool,
}

impl Found<'_> {
    fn of_grant(&mut self, grant: &PurchasingPower) {
        let (organiser, first) = (grant.organiser, grant.valid_from);
        let mut struck: BTreeMap<usize, Date> = BTreeMap::new();
        self.organiser_and_service(&mut struck, organiser, &grant.service_code, first);
        let providers = grant.providers.values();
        for provider in
            providers.flat_map(|providers| providers.chosen.iter().chain(&providers.allowed))
        {
            self.provider(&mut struck, provider, first);
        }
        if let Content::Dental(dental) = &grant.content {
            let days: Vec<Date> = std::iter::once(first).chain(dental.values.days()).collect();
            for line in &dental.lines {
                for day in &days {
                    self.procedure(&mut struck, organiser, &line.procedure_code, *day);
                }
            }
        }
        self.count(struck);
    }

    fn of_event(&mut self, event: &ServiceEvent) {
        let (organiser, day) = (event.organiser, event.service_date);
        let mut struck: BTreeMap<usize, Date> = BTreeMap::new();
        self.organiser_and_service(&mut struck, organiser, &event.service_code, day);
        self.provider(&mut struck, &event.provider, day);
        let key = (
            organiser,
            event.service_code.clone(),
            event.provider.clone(),
        );
        if let Some(approvals) = self.threats.approvals.get(&key) {
            for (row, threat) in approvals.rows.iter().zip(&approvals.threats) {
                if covers(row.valid_from, row.valid_to, day) {
                    self.strike(&mut struck, *threat, day);
                }
            }
        }
        for procedure in event
            .lines
            .iter()
            .filter_map(|line| line.procedure.as_ref())
        {
            self.procedure(&mut struck, organiser, &procedure.code, day);
        }
        self.count(struck);
    }

    fn organiser_and_service(
        &self,
        struck: &mut BTreeMap<usize, Date>,
        organiser: OrganiserCode,
        service_code: &str,
        day: Date,
    ) {
        self.strike(
            struck,
            self.threats.organisers.get(&organiser).copied(),
            day,
        );
        let key = (organiser, service_code.to_owned());
        if let Some(versions) = self.threats.service_types.get(&key) {
            let in_force = versions.threat_to(service_type_on(&versions.rows, day));
            self.strike(struck, in_force, day);
        }
    }

    fn provider(&self, struck: &mut BTreeMap<usize, Date>, provider: &BusinessId, day: Date) {
        self.strike(struck, self.threats.providers.get(provider).copied(), day);
    }

    fn procedure(
        &self,
        struck: &mut BTreeMap<usize, Date>,
        organiser: OrganiserCode,
        code: &str,
        day: Date,
    ) {
        if let Some(items) = self.threats.price_items.get(&(organiser, code.to_owned())) {
            let in_force = super::price_item_on(&items.rows, code, day);
            self.strike(struck, items.threat_to(in_force), day);
        }
        if let Some(items) = self.threats.codes.get(code) {
            let in_force = super::code_item_on(&items.rows, code, day);
            self.strike(struck, items.threat_to(in_force), day);
        }
    }

    /// One thing counts once for a row, on its last day.
    fn strike(&self, struck: &mut BTreeMap<usize, Date>, threat: Option<usize>, day: Date) {
        let Some(place) = threat else { return };
        let strikes = self
            .threats
            .threats
            .get(place)
            .is_some_and(|threat| threat.strikes(day));
        if strikes {
            let last = struck.entry(place).or_insert(day);
            *last = day.max(*last);
        }
    }

    fn count(&mut self, struck: BTreeMap<usize, Date>) {
        for (place, day) in struck {
            let tally = self.relied.0.entry(place).or_default();
            match self.is_event {
                true => tally.events += 1,
                false => tally.grants += 1,
            }
            tally.last_day = tally.last_day.max(Some(day));
        }
    }
}

#[cfg(test)]
mod tests;
