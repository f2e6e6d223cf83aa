//! What of one purchasing power, or of one event, rests on what is threatened: each rule of who rests on what.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Relied, Threats};
use crate::domain::business_id::BusinessId;
use crate::domain::purchasing_power::{Content, PurchasingPower};
use crate::domain::registry::{
    OrganiserCode, code_item_on, covers, price_item_on, service_type_on,
};
use crate::domain::service_event::ServiceEvent;

/// A look at one purchasing power or event.
pub(super) struct Found<'a> {
    pub(super) threats: &'a Threats,
    pub(super) relied: &'a mut Relied,
    pub(super) is_event: bool,
}

impl Found<'_> {
    pub(super) fn of_grant(&mut self, grant: &PurchasingPower) {
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

    pub(super) fn of_event(&mut self, event: &ServiceEvent) {
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
            let in_force = price_item_on(&items.rows, code, day);
            self.strike(struck, items.threat_to(in_force), day);
        }
        if let Some(items) = self.threats.codes.get(code) {
            let in_force = code_item_on(&items.rows, code, day);
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
