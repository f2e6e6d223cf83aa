//! What has changed from one registry to another, row by row, as data that a person and a program can read. Rows are
//! the same by what identifies them, wherever they stand. Judges nothing.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ApprovalState, OrganiserCode, Registry, names};

/// What a row is of, in the order of a registry's file.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RegistryEntity")]
pub enum Entity {
    Municipality,
    County,
    Organiser,
    ServiceType,
    Provider,
    Approval,
    PriceItem,
    CodeSet,
    Code,
    ClientGrant,
}

impl Entity {
    /// Name in what an administrator reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Entity::Municipality => "municipality",
            Entity::County => "county",
            Entity::Organiser => "organiser",
            Entity::ServiceType => "service type",
            Entity::Provider => "provider",
            Entity::Approval => "approval",
            Entity::PriceItem => "price item",
            Entity::CodeSet => "code set",
            Entity::Code => "code",
            Entity::ClientGrant => "client grant",
        }
    }
}

/// What tells a row from every other.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[schemars(rename = "RegistryRowName")]
pub struct RowName {
    pub entity: Entity,
    /// Such as `853/KOTIPALVELU from 2026-01-01`.
    pub key: String,
}

impl fmt::Display for RowName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.entity.as_str(), self.key)
    }
}

/// A value of a row before and after; null where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RegistryFieldChange")]
pub struct FieldChange {
    pub field: String,
    pub old: Value,
    pub new: Value,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
#[schemars(rename = "RegistryRowBecame")]
pub enum What {
    Added {
        row: Value,
    },
    Changed {
        fields: Vec<FieldChange>,
    },
    /// Its last day was set, or moved to an earlier day, or its state became ENDED; with whatever else changed.
    Ended {
        fields: Vec<FieldChange>,
    },
    Removed {
        row: Value,
    },
}

/// One row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RegistryRowChange")]
pub struct RowChange {
    #[serde(flatten)]
    pub name: RowName,
    /// Whose it is; none where it is nobody's alone.
    pub organisers: Vec<OrganiserCode>,
    #[serde(flatten)]
    pub what: What,
}

/// Every row that differs, by entity and key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "RegistryDiff")]
pub struct Diff {
    pub rows: Vec<RowChange>,
}

/// How many rows were added, changed, ended and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RegistryChangeCounts")]
pub struct Counts {
    pub added: usize,
    pub changed: usize,
    pub ended: usize,
    pub removed: usize,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            *match row.what {
                What::Added { .. } => &mut counts.added,
                What::Changed { .. } => &mut counts.changed,
                What::Ended { .. } => &mut counts.ended,
                What::Removed { .. } => &mut counts.removed,
            } += 1;
        }
        counts
    }

    /// Every organiser that a row is of, in their order, and how many rows.
    pub fn organisers(&self) -> BTreeMap<OrganiserCode, u32> {
        let mut organisers = BTreeMap::new();
        for organiser in self.rows.iter().flat_map(|row| &row.organisers) {
            *organisers.entry(*organiser).or_default() += 1;
        }
        organisers
    }
}

/// A row of a registry as the comparison sees it.
struct Row {
    organisers: Vec<OrganiserCode>,
    values: Map<String, Value>,
}

/// What differs between two registries.
pub fn diff(old: &Registry, new: &Registry) -> Diff {
    let (mut old, new) = (rows(old), rows(new));
    let mut changes = BTreeMap::new();
    for (name, row) in new {
        let (organisers, what) = match old.remove(&name) {
            None => (
                row.organisers,
                Some(What::Added {
                    row: row.values.into(),
                }),
            ),
            Some(before) => {
                let mut organisers = before.organisers;
                organisers.extend(row.organisers);
                organisers.sort();
                organisers.dedup();
                (organisers, changed(before.values, row.values))
            }
        };
        if let Some(what) = what {
            changes.insert(name, (organisers, what));
        }
    }
    for (name, row) in old {
        let what = What::Removed {
            row: row.values.into(),
        };
        changes.insert(name, (row.organisers, what));
    }
    let rows = changes
        .into_iter()
        .map(|(name, (organisers, what))| RowChange {
            name,
            organisers,
            what,
        });
    Diff {
        rows: rows.collect(),
    }
}

fn changed(mut old: Map<String, Value>, new: Map<String, Value>) -> Option<What> {
    let fields: Vec<FieldChange> = new
        .into_iter()
        .map(|(field, new)| FieldChange {
            old: old.remove(&field).unwrap_or_default(),
            field,
            new,
        })
        .filter(|change| change.old != change.new)
        .collect();
    if fields.is_empty() {
        return None;
    }
    Some(match fields.iter().any(is_ending) {
        true => What::Ended { fields },
        false => What::Changed { fields },
    })
}

fn is_ending(change: &FieldChange) -> bool {
    match change.field.as_str() {
        "valid_to" => match (day(&change.old), day(&change.new)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => new < old,
        },
        "state" => {
            serde_json::to_value(ApprovalState::Ended).is_ok_and(|ended| ended == change.new)
        }
        _ => false,
    }
}

fn day(value: &Value) -> Option<Date> {
    value.as_str()?.parse().ok()
}

/// Every row by its name. Rows of one name, which only client grants can have, are numbered in the order of their values.
fn rows(registry: &Registry) -> BTreeMap<RowName, Row> {
    let mut rows: BTreeMap<RowName, Vec<Row>> = BTreeMap::new();
    let mut add = |name: RowName, organisers: &[OrganiserCode], row: Value| {
        let values = match row {
            Value::Object(values) => values,
            _ => Map::new(),
        };
        rows.entry(name).or_default().push(Row {
            organisers: organisers.to_vec(),
            values,
        });
    };
    for row in &registry.municipalities {
        add(
            names::listed(Entity::Municipality, row.code.as_str()),
            &[],
            json(row),
        );
    }
    for row in &registry.counties {
        add(
            names::listed(Entity::County, row.code.as_str()),
            &[],
            json(row),
        );
    }
    for row in &registry.organisers {
        add(names::organiser(row.code), &[row.code], json(row));
    }
    for row in &registry.service_types {
        add(names::service_type(row), &[row.organiser], json(row));
    }
    for row in &registry.providers {
        add(names::provider(row.business_id.as_str()), &[], json(row));
    }
    for row in &registry.approvals {
        add(names::approval(row), &[row.organiser], json(row));
    }
    for row in &registry.price_items {
        add(names::price_item(row), &[row.organiser], json(row));
    }
    for set in &registry.code_sets {
        let named = serde_json::json!({"oid": set.oid, "version": set.version});
        add(names::code_set(set), &[], named);
        for row in &set.items {
            add(names::code(set, row), &[], json(row));
        }
    }
    for row in &registry.client_grants {
        add(names::client_grant(row), &row.organisers, json(row));
    }
    numbered(rows)
}

fn numbered(rows: BTreeMap<RowName, Vec<Row>>) -> BTreeMap<RowName, Row> {
    let mut once = BTreeMap::new();
    for (name, mut rows) in rows {
        rows.sort_by_cached_key(|row| Value::from(row.values.clone()).to_string());
        for (place, row) in (1..).zip(rows) {
            let key = match place {
                1 => name.key.clone(),
                _ => format!("{} ({place})", name.key),
            };
            let entity = name.entity;
            once.insert(RowName { entity, key }, row);
        }
    }
    once
}

/// No type of the registry fails to be JSON.
fn json(row: &impl Serialize) -> Value {
    serde_json::to_value(row).unwrap_or_default()
}

#[cfg(test)]
mod tests;
