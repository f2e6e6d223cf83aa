//! The registry as records, one per entity, and back. Rows that share a key share a record, in the
//! order given; which of them are allowed is checked before they come here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::View;
use super::keys::{Key, Table};
use super::record;
use crate::domain::registry::{CodeItem, CodeSet, Registry};
use crate::store::StoreError;

/// A registry's records, encoded, by their keys.
#[derive(Clone)]
pub(in crate::store) struct PreparedRegistry(pub(in crate::store) BTreeMap<Key, Vec<u8>>);

/// Encodes a registry on the caller's thread, or says that an entity of it is too large.
pub(in crate::store) fn prepare(registry: &Registry) -> Result<PreparedRegistry, StoreError> {
    let mut records = Records::default();
    for row in &registry.municipalities {
        records.single(Key::municipality(row.code.as_str()), row)?;
    }
    for row in &registry.counties {
        records.single(Key::county(row.code.as_str()), row)?;
    }
    for row in &registry.organisers {
        records.single(Key::organiser(row.code), row)?;
    }
    for row in &registry.providers {
        records.single(Key::provider(row.business_id.as_str()), row)?;
    }
    records.grouped(&registry.service_types, |row| {
        Key::service_type(row.organiser, &row.service_code)
    })?;
    records.grouped(&registry.approvals, |row| {
        Key::approval(row.organiser, &row.service_code, row.provider.as_str())
    })?;
    records.grouped(&registry.price_items, |row| {
        Key::price_item(row.organiser, &row.procedure_code)
    })?;
    records.grouped(&registry.client_grants, |row| {
        Key::client_grant(&row.client)
    })?;
    for set in &registry.code_sets {
        // A set without an item is a set all the same.
        let name = (&set.oid, &set.version);
        records.single(Key::code_set(&set.oid, &set.version), &name)?;
        records.grouped(&set.items, |item| {
            Key::code_item(&set.oid, &set.version, &item.code)
        })?;
    }
    Ok(PreparedRegistry(records.0))
}

/// The registry as kept, each table in the order of its keys.
pub(in crate::store) fn read(view: &dyn View) -> Result<Registry, StoreError> {
    Ok(Registry {
        municipalities: singles(view, Table::Municipality)?,
        counties: singles(view, Table::County)?,
        organisers: singles(view, Table::Organiser)?,
        service_types: groups(view, Table::ServiceType)?,
        providers: singles(view, Table::Provider)?,
        approvals: groups(view, Table::Approval)?,
        price_items: groups(view, Table::PriceItem)?,
        code_sets: code_sets(view)?,
        client_grants: groups(view, Table::ClientGrant)?,
    })
}

#[derive(Default)]
struct Records(BTreeMap<Key, Vec<u8>>);

impl Records {
    fn single(&mut self, key: Key, row: &impl Serialize) -> Result<(), StoreError> {
        let value = record::encode(&key, row)?;
        self.0.insert(key, value);
        Ok(())
    }

    fn grouped<T: Serialize>(
        &mut self,
        rows: &[T],
        key_of: impl Fn(&T) -> Key,
    ) -> Result<(), StoreError> {
        let mut groups: BTreeMap<Key, Vec<&T>> = BTreeMap::new();
        for row in rows {
            groups.entry(key_of(row)).or_default().push(row);
        }
        for (key, rows) in groups {
            self.single(key, &rows)?;
        }
        Ok(())
    }
}

fn singles<T: DeserializeOwned>(view: &dyn View, table: Table) -> Result<Vec<T>, StoreError> {
    under(view, table, &Key::table(table))
}

fn groups<T: DeserializeOwned>(view: &dyn View, table: Table) -> Result<Vec<T>, StoreError> {
    let groups: Vec<Vec<T>> = singles(view, table)?;
    Ok(groups.into_iter().flatten().collect())
}

fn under<T: DeserializeOwned>(
    view: &dyn View,
    table: Table,
    prefix: &Key,
) -> Result<Vec<T>, StoreError> {
    view.scan(prefix)?
        .into_iter()
        .map(|(key, value)| record::decode(table, &key, &value))
        .collect()
}

fn code_sets(view: &dyn View) -> Result<Vec<CodeSet>, StoreError> {
    let names: Vec<(String, String)> = singles(view, Table::CodeSet)?;
    names
        .into_iter()
        .map(|(oid, version)| {
            let prefix = Key::code_items(&oid, &version);
            let items: Vec<Vec<CodeItem>> = under(view, Table::CodeItem, &prefix)?;
            Ok(CodeSet {
                oid,
                version,
                items: items.into_iter().flatten().collect(),
            })
        })
        .collect()
}
