//! An organiser's grants, walked by customer. Decides nothing.
//!
//! Invariant: as in `reads`, what another record names is there, or the store is damaged.

use std::ops::Bound;

use super::keys::{Key, Table};
use super::reads;
use super::record::{self, corrupt};
use super::{Order, Span, View};
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::OrganiserCode;
use crate::store::StoreError;
use crate::store::grants::{GrantPlace, GrantsWithCustomers};

pub(in crate::store) fn of_organiser(
    view: &dyn View,
    organiser: OrganiserCode,
    after: Option<&GrantPlace>,
    most: usize,
) -> Result<GrantsWithCustomers, StoreError> {
    let table = Table::GrantOfCustomer;
    let from = after.map_or(Bound::Unbounded, |place| Bound::Excluded(place.0.clone()));
    let span = Span::from(Key::grants_of_organiser(organiser), from);
    let found = view.range(&span, Order::First, most)?;
    let last = found.last().filter(|_| found.len() == most);
    let after = last.map(|(key, _)| GrantPlace(key.clone()));
    let numbers = found
        .into_iter()
        .map(|(key, value)| {
            record::decode::<()>(table, &key, &value)?;
            let bits = key.last_number();
            bits.and_then(|bits| PurchasingPowerNumber::try_from(bits).ok())
                .ok_or_else(|| corrupt(table, "names no number"))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    view.prefetch(&|| numbers.iter().map(|number| Key::grant(*number)).collect())?;
    let mut stored = Vec::with_capacity(numbers.len());
    for number in numbers {
        let grant = reads::grant(view, number)?.ok_or_else(|| {
            corrupt(
                Table::Grant,
                "is missing, though its customer's list has it",
            )
        })?;
        stored.push(grant);
    }
    view.prefetch(&|| {
        stored
            .iter()
            .map(|stored| Key::customer(organiser, &stored.person))
            .collect()
    })?;
    let mut grants = Vec::with_capacity(stored.len());
    for stored in stored {
        let customer = reads::customer(view, organiser, &stored.person)?
            .ok_or_else(|| corrupt(Table::Customer, "is missing, though a grant names it"))?;
        grants.push((stored.grant, customer));
    }
    Ok(GrantsWithCustomers { grants, after })
}
