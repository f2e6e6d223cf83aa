//! Values in nested TOML tables by their keys. It knows no key of the configuration.

use toml::{Table, Value};

/// A key as its levels, such as `["server", "listen"]`.
pub(super) type Key = Vec<String>;

/// Every value with its key; a section written empty counts as one.
pub(super) fn leaves(table: &Table) -> Vec<(Key, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                found.extend(leaves(inner).into_iter().map(|(mut key, value)| {
                    key.insert(0, name.clone());
                    (key, value)
                }))
            }
            value => found.push((vec![name.clone()], value.clone())),
        }
    }
    found
}

/// Keys whose values differ, those that one has and the other has not included.
pub(super) fn differing(one: &Table, other: &Table) -> Vec<Key> {
    let (one, other) = (leaves(one), leaves(other));
    let lacks = |values: &[(Key, Value)], leaf: &(Key, Value)| !values.contains(leaf);
    let mut keys: Vec<Key> = one
        .iter()
        .filter(|leaf| lacks(&other, leaf))
        .chain(other.iter().filter(|leaf| lacks(&one, leaf)))
        .map(|(key, _)| key.clone())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The value or section at a key.
pub(super) fn find<'table>(table: &'table Table, key: &[String]) -> Option<&'table Value> {
    let (first, rest) = key.split_first()?;
    match table.get(first)? {
        Value::Table(inner) if !rest.is_empty() => find(inner, rest),
        value if rest.is_empty() => Some(value),
        _ => None,
    }
}

/// Puts a value at a key, with the sections it needs.
pub(super) fn insert(table: &mut Table, key: &[String], value: Value) {
    match key {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = table
                .entry(first.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Takes the value at a key away.
pub(super) fn remove(table: &mut Table, key: &[String]) {
    match key {
        [] => {}
        [last] => {
            table.remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(first) {
                remove(inner, rest);
            }
        }
    }
}
