//! Going from one encryption key and one master key to the next while the store is in use.
//!
//! First the new keys are kept beside the old ones; from that commit on nothing is sealed under the old encryption
//! key any more (`batch` refuses it). Then every record that still is gets sealed anew. Last, once the operator has
//! put the new key file everywhere, the old keys go, after it is proven that no record needs them.

use super::keys::{Key, Table};
use super::record::{self, keys_failed};
use super::replace::replace_all;
use super::stored::{
    Bytes, ChainedRow, MessageAnswer, StoredEvent, StoredMessage, StoredReference, Versioned,
};
use super::{Engine, Work, audit, renewal};
use crate::secrets::{KeyId, Keyring, MasterKey, SecretsError, WrappedKeys, key_id};
use crate::store::StoreError;
use crate::store::upkeep::{KeysStanding, Progress, Walked, refused};

/// The keys as they stand.
pub(super) fn standing(engine: &impl Engine) -> Result<KeysStanding, StoreError> {
    engine.read(|view| {
        renewal::follow(view)?;
        let wrapped = renewal::wrapped_keys(view)?;
        Ok(KeysStanding {
            version: wrapped.version(),
            current: wrapped.current(),
            encryption_keys: wrapped.encryption_keys(),
            is_between_masters: wrapped.is_between_masters(),
            seals: audit::state(view)?.seals,
        })
    })
}

/// Begins, or goes on.
pub(super) async fn rekey(
    engine: &impl Engine,
    new: &MasterKey,
    progress: Progress<'_>,
) -> Result<Walked, StoreError> {
    let wrapped = engine.read(renewal::wrapped_keys)?;
    let keyring = engine.keyring();
    if !wrapped.is_between_masters() {
        let begun = wrapped.begin_rekey(keyring.master(), new).map_err(told)?;
        change_keys(engine, begun).await?;
    } else if !wrapped.is_newest_master(new) {
        return Err(refused(
            "a rekeying to another key file is under way: give that one, or finish it first \
             (`store rekey --finish`)",
        ));
    }
    engine.read(renewal::follow)?;
    replace_all(engine, resealed, progress).await
}

/// Ends it.
pub(super) async fn finish(
    engine: &impl Engine,
    progress: Progress<'_>,
) -> Result<Walked, StoreError> {
    engine.read(renewal::follow)?;
    let wrapped = engine.read(renewal::wrapped_keys)?;
    let keyring = engine.keyring();
    if !wrapped.is_between_masters() {
        return Err(refused("no rekeying is under way: nothing was done"));
    }
    if !wrapped.is_newest_master(keyring.master()) {
        return Err(refused(
            "this process was started with the old master key: put the new key file in place \
             (secrets.key_file) of every adapter, restart them, and run this again",
        ));
    }
    // Nothing is sealed under the old key any more, so that what is left of it can only become less.
    let current = wrapped.current();
    let mut left = 0;
    let walked = super::replace::walk(
        engine,
        |key, value| {
            if sealed_under(key, value)?.is_some_and(|id| id != current) {
                left += 1;
            }
            Ok(())
        },
        progress,
    )
    .await?;
    if left > 0 {
        return Err(refused(format!(
            "{left} records are still sealed under the old key: run `store rekey --new-key-file` to its end first"
        )));
    }
    change_keys(engine, wrapped.finish_rekey()).await?;
    engine.read(renewal::follow)?;
    Ok(walked)
}

async fn change_keys(engine: &impl Engine, keys: WrappedKeys) -> Result<(), StoreError> {
    match engine.submit(Work::Keys(Box::new(keys))).await {
        Err(StoreError::Conflict) => Err(refused(
            "somebody else changes the keys at the same time: run this again",
        )),
        outcome => outcome,
    }
}

fn told(error: SecretsError) -> StoreError {
    match error {
        SecretsError::OpenSsl(_) => keys_failed(&error),
        other => refused(other.to_string()),
    }
}

/// The id of the encryption key that a record is sealed under; `None` for one with nothing sealed.
pub(super) fn sealed_under(key: &Key, value: &[u8]) -> Result<Option<KeyId>, StoreError> {
    let mut found = None;
    with_sealed(key, value, &mut |sealed| {
        found = key_id(&sealed.0);
        Ok(false)
    })?;
    Ok(found)
}

/// A record sealed under the current key; `None` for one that is, or has nothing sealed.
fn resealed(keyring: &Keyring, key: &Key, value: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let current = keyring.current();
    with_sealed(key, value, &mut |sealed| {
        if key_id(&sealed.0) == Some(current) {
            return Ok(false);
        }
        let table = key.in_table().unwrap_or(Table::Meta);
        let plain = record::open_sealed(keyring, table, key, &sealed.0)?;
        sealed.0 = keyring
            .seal(key.as_bytes(), &plain)
            .map_err(|error| keys_failed(&error))?;
        Ok(true)
    })
}

/// Shows the sealed part of a record to `change`, and encodes the record again where that says that it changed it.
fn with_sealed(
    key: &Key,
    value: &[u8],
    change: &mut dyn FnMut(&mut Bytes) -> Result<bool, StoreError>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(table) = key.in_table().filter(|table| table.is_sealed()) else {
        return Ok(None);
    };
    macro_rules! part {
        ($stored:ty, $part:ident) => {{
            let mut stored: $stored = record::decode(table, key, value)?;
            if !change(&mut stored.$part)? {
                return Ok(None);
            }
            record::encode(key, &stored)
        }};
    }
    let encoded = match table {
        Table::Event => part!(StoredEvent, sealed),
        Table::Access => part!(ChainedRow, sealed),
        Table::AnswerByReference => part!(StoredReference, sealed),
        Table::SettlementProvider => {
            let mut sealed: Bytes = record::decode(table, key, value)?;
            if !change(&mut sealed)? {
                return Ok(None);
            }
            record::encode(key, &sealed)
        }
        Table::AnswerByMessage => {
            let mut stored: StoredMessage = record::decode(table, key, value)?;
            let is_changed = match &mut stored.answer {
                MessageAnswer::Here(sealed) => change(sealed)?,
                MessageAnswer::UnderReference(_) => false,
            };
            if !is_changed {
                return Ok(None);
            }
            record::encode(key, &stored)
        }
        _ => part!(Versioned, sealed),
    };
    encoded.map(Some)
}
