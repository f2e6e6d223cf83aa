//! Tokens of the Admin API as they are kept and read: sealed, each under its name. Decides nothing.

use super::View;
use super::keys::{Key, Table};
use super::record;
use super::stored::Versioned;
use crate::domain::admin_token::AdminToken;
use crate::store::StoreError;

pub(super) fn one(view: &dyn View, name: &str) -> Result<Option<AdminToken>, StoreError> {
    let key = Key::admin_token(name);
    match view.raw(&key)? {
        Some(value) => unsealed(view, &key, &value).map(Some),
        None => Ok(None),
    }
}

pub(super) fn all(view: &dyn View) -> Result<Vec<AdminToken>, StoreError> {
    let found = view.scan(&Key::table(Table::AdminToken))?;
    let tokens = found.iter();
    tokens
        .map(|(key, value)| unsealed(view, key, value))
        .collect()
}

fn unsealed(view: &dyn View, key: &Key, value: &[u8]) -> Result<AdminToken, StoreError> {
    let stored: Versioned = record::decode(Table::AdminToken, key, value)?;
    record::unseal(view.keyring(), Table::AdminToken, key, &stored.sealed.0)
}
