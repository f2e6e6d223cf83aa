//! What is wrong with a registry as a whole: rows that stand twice, names of what is not there, periods that run
//! backward. What a single value may be is held by the registry's types.

use std::collections::BTreeSet;

use crate::domain::iban::Iban;
use crate::domain::registry::Registry as Data;

/// What is wrong with a registry: rows that stand twice, and names of what is not there.
pub(super) fn problems(data: &Data) -> Vec<String> {
    let mut problems = Vec::new();
    let mut once = BTreeSet::new();
    let mut twice = |what: String| {
        if !once.insert(what.clone()) {
            problems.push(format!("{what} stands twice"));
        }
    };
    for row in &data.municipalities {
        twice(format!("municipality {}", row.code));
    }
    for row in &data.counties {
        twice(format!("county {}", row.code));
    }
    for row in &data.organisers {
        twice(format!("organiser {}", row.code));
    }
    for row in &data.service_types {
        let from = row.valid_from;
        twice(format!(
            "service type {}/{} from {from}",
            row.organiser, row.service_code
        ));
    }
    for row in &data.providers {
        twice(format!("provider {}", row.business_id));
    }
    for row in &data.approvals {
        let from = row.valid_from;
        twice(format!(
            "approval {}/{}/{} from {from}",
            row.organiser, row.service_code, row.provider
        ));
    }
    for row in &data.price_items {
        let from = row.valid_from;
        twice(format!(
            "price item {}/{} from {from}",
            row.organiser, row.procedure_code
        ));
    }
    for set in &data.code_sets {
        twice(format!("code set {} version {}", set.oid, set.version));
        for row in &set.items {
            let from = row.valid_from;
            twice(format!(
                "code {} from {from} of {} version {}",
                row.code, set.oid, set.version
            ));
        }
    }
    problems.extend(wrong_accounts(data));
    problems.extend(unknown_names(data));
    problems.extend(backward_periods(data));
    problems
}

/// Accounts that no bank has.
fn wrong_accounts(data: &Data) -> Vec<String> {
    let accounts = data.providers.iter().filter_map(|row| {
        let error = Iban::parse(row.iban.as_deref()?).err()?;
        Some(format!("provider {}: {error}", row.business_id))
    });
    accounts.collect()
}

/// Rows that end before they begin.
fn backward_periods(data: &Data) -> Vec<String> {
    let service_types = data.service_types.iter().map(|row| {
        let name = format!("service type {}/{}", row.organiser, row.service_code);
        (name, row.valid_from, row.valid_to)
    });
    let approvals = data.approvals.iter().map(|row| {
        let name = format!(
            "approval {}/{}/{}",
            row.organiser, row.service_code, row.provider
        );
        (name, row.valid_from, row.valid_to)
    });
    let price_items = data.price_items.iter().map(|row| {
        let name = format!("price item {}/{}", row.organiser, row.procedure_code);
        (name, row.valid_from, row.valid_to)
    });
    let codes = data.code_sets.iter().flat_map(|set| &set.items).map(|row| {
        let name = format!("code {}", row.code);
        (name, row.valid_from, row.valid_to)
    });
    let client_grants = data.client_grants.iter().map(|row| {
        let name = format!("client grant {}", row.client);
        (name, row.valid_from, row.valid_to)
    });
    service_types
        .chain(approvals)
        .chain(price_items)
        .chain(codes)
        .chain(client_grants)
        .filter(|(_, from, to)| to.is_some_and(|to| to < *from))
        .map(|(name, from, _)| format!("{name} from {from} ends before it begins"))
        .collect()
}

fn unknown_names(data: &Data) -> Vec<String> {
    let organisers: BTreeSet<_> = data.organisers.iter().map(|row| row.code).collect();
    let providers: BTreeSet<_> = data.providers.iter().map(|row| &row.business_id).collect();
    let services: BTreeSet<_> = data
        .service_types
        .iter()
        .map(|row| (row.organiser, row.service_code.as_str()))
        .collect();
    let mut problems = Vec::new();
    for row in &data.service_types {
        if !organisers.contains(&row.organiser) {
            problems.push(format!(
                "service type {}/{}: there is no such organiser",
                row.organiser, row.service_code
            ));
        }
    }
    for row in &data.approvals {
        let name = format!(
            "approval {}/{}/{}",
            row.organiser, row.service_code, row.provider
        );
        if !services.contains(&(row.organiser, row.service_code.as_str())) {
            problems.push(format!("{name}: there is no such service type"));
        }
        if !providers.contains(&row.provider) {
            problems.push(format!("{name}: there is no such provider"));
        }
    }
    for row in &data.price_items {
        if !organisers.contains(&row.organiser) {
            problems.push(format!(
                "price item {}/{}: there is no such organiser",
                row.organiser, row.procedure_code
            ));
        }
    }
    for row in &data.client_grants {
        for organiser in row
            .organisers
            .iter()
            .filter(|code| !organisers.contains(code))
        {
            problems.push(format!(
                "client grant {}: there is no organiser {organiser}",
                row.client
            ));
        }
        for provider in row.providers.iter().filter(|id| !providers.contains(id)) {
            problems.push(format!(
                "client grant {}: there is no provider {provider}",
                row.client
            ));
        }
    }
    problems
}
