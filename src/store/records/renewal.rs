//! Keys that change under a running process: another adapter on the same database may have begun or ended a rekeying.
//! Who meets that takes the new keys up by itself.

use super::View;
use super::audit;
use super::keys::{KEYS_NAME, Key, Table};
use super::record::{corrupt, keys_failed};
use crate::secrets::{SecretsError, WrappedKeys};
use crate::store::StoreError;

/// The wrapped keys as this view has them.
pub(in crate::store) fn wrapped_keys(view: &dyn View) -> Result<WrappedKeys, StoreError> {
    view.get(Table::Meta, &Key::meta(KEYS_NAME))?
        .ok_or_else(|| corrupt(Table::Meta, "is missing, though the store has others"))
}

/// Takes up keys that are newer than those held; `false` when there are none.
pub(in crate::store) fn follow(view: &dyn View) -> Result<bool, StoreError> {
    let state = audit::state(view)?;
    if state.keys_version <= view.keyring().version() {
        return Ok(false);
    }
    let wrapped = wrapped_keys(view)?;
    match view.keyring().renew(&wrapped) {
        Ok(()) => {
            tracing::info!(
                keys_version = wrapped.version(),
                "the store's keys were changed, and the new ones are in use"
            );
            Ok(true)
        }
        Err(SecretsError::WrongMaster) => Err(StoreError::Unavailable(
            "the store's master key was changed: put the new key file in place (secrets.key_file) and restart"
                .to_owned(),
        )),
        Err(error) => Err(keys_failed(&error)),
    }
}

/// Runs a read, and once more with newer keys where it meets a record that is sealed under one of those.
pub(in crate::store) fn following<T>(
    view: &dyn View,
    work: impl Fn(&dyn View) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    match work(view) {
        Err(StoreError::UnknownKey) if follow(view)? => work(view),
        outcome => outcome,
    }
    .map_err(|error| match error {
        StoreError::UnknownKey => sealed_by_nobody(),
        other => other,
    })
}

/// With the newest keys in hand, a record under another one is damaged.
pub(in crate::store) fn sealed_by_nobody() -> StoreError {
    StoreError::Corrupt(
        "a record of the store is sealed under a key that the store does not have: stop the server, keep a copy \
         of the store's folder for analysis, and restore the last backup"
            .to_owned(),
    )
}
