//! Records written in another form that say the same: sealed under another key, or in a newer format. A walk over
//! all records in pieces of bounded size, which lets requests through; what somebody writes meanwhile is in the new
//! form anyway.

use std::ops::Bound;

use tokio::task::yield_now;

use super::audit;
use super::keys::Key;
use super::{Engine, Found, Order, Span, View, Work};
use crate::secrets::Keyring;
use crate::store::StoreError;
use crate::store::upkeep::Walked;

/// Records read at a time, and replaced at once where they need it.
pub(super) const PIECE_RECORDS: usize = 128;
/// How often a piece is tried while others keep the committer busy or change the keys.
const TRIES_MAX: u32 = 100;
/// How long is waited before a busy committer is asked again; longer each time.
const TRY_AGAIN_AFTER: std::time::Duration = std::time::Duration::from_millis(20);

/// Records in their new form, made with the keys of this version.
#[derive(Clone)]
pub(in crate::store) struct Replacements {
    pub(in crate::store) keys_version: u64,
    pub(in crate::store) records: Vec<Replacement>,
}

/// One record: it is replaced if it still stands as it was.
#[derive(Clone)]
pub(in crate::store) struct Replacement {
    pub(in crate::store) key: Key,
    pub(in crate::store) before: Vec<u8>,
    pub(in crate::store) after: Vec<u8>,
}

/// Walks over every record and replaces those for which `renewed` has another form.
pub(super) async fn replace_all(
    engine: &impl Engine,
    renewed: impl Fn(&Keyring, &Key, &[u8]) -> Result<Option<Vec<u8>>, StoreError> + Send + Sync,
    progress: &mut (dyn FnMut(Walked) + Send),
) -> Result<Walked, StoreError> {
    let mut walked = Walked::default();
    let mut from = Bound::Unbounded;
    loop {
        let mut tries = 0;
        let read = loop {
            let piece = engine.read(|view| piece(view, from.clone()))?;
            let work = replacements(&engine.keyring(), &piece, &renewed)?;
            let replaced = work.records.len() as u64;
            match submitted(engine, work).await {
                Ok(()) => {
                    walked.replaced += replaced;
                    break piece;
                }
                Err(StoreError::Conflict | StoreError::Busy) if tries < TRIES_MAX => {
                    tries += 1;
                    tokio::time::sleep(TRY_AGAIN_AFTER * tries).await;
                }
                Err(error) => return Err(error),
            }
        };
        walked.records += read.len() as u64;
        progress(walked);
        match read.last() {
            Some((last, _)) => from = Bound::Excluded(last.clone()),
            None => return Ok(walked),
        }
        yield_now().await;
    }
}

async fn submitted(engine: &impl Engine, work: Replacements) -> Result<(), StoreError> {
    if work.records.is_empty() {
        return Ok(());
    }
    engine.submit(Work::Replace(Box::new(work))).await
}

/// The next records.
pub(super) fn piece(view: &dyn View, from: Bound<Key>) -> Result<Vec<Found>, StoreError> {
    let span = Span::from(Key::EMPTY, from);
    view.range(&span, Order::First, PIECE_RECORDS)
}

fn replacements(
    keyring: &Keyring,
    piece: &[Found],
    renewed: impl Fn(&Keyring, &Key, &[u8]) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<Replacements, StoreError> {
    let keys_version = keyring.version();
    let mut records = Vec::new();
    for (key, before) in piece {
        if let Some(after) = renewed(keyring, key, before)? {
            records.push(Replacement {
                key: key.clone(),
                before: before.clone(),
                after,
            });
        }
    }
    Ok(Replacements {
        keys_version,
        records,
    })
}

/// Waits until everything that a view may have shown so far is durable: work is done in order.
pub(super) async fn settled(engine: &impl Engine) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let keys_version = engine.read(audit::state)?.keys_version;
        let nothing = Replacements {
            keys_version,
            records: Vec::new(),
        };
        match engine.submit(Work::Replace(Box::new(nothing))).await {
            Err(StoreError::Conflict | StoreError::Busy) if tries < TRIES_MAX => {
                tries += 1;
                tokio::time::sleep(TRY_AGAIN_AFTER * tries).await;
            }
            outcome => return outcome,
        }
    }
}

/// Shows every record to `look`, in pieces between which others read and write.
pub(super) async fn walk(
    engine: &impl Engine,
    mut look: impl FnMut(&Key, &[u8]) -> Result<(), StoreError> + Send,
    progress: &mut (dyn FnMut(Walked) + Send),
) -> Result<Walked, StoreError> {
    let mut walked = Walked::default();
    let mut from = Bound::Unbounded;
    loop {
        let read = engine.read(|view| piece(view, from.clone()))?;
        for (key, value) in &read {
            look(key, value)?;
        }
        walked.records += read.len() as u64;
        progress(walked);
        match read.last() {
            Some((last, _)) => from = Bound::Excluded(last.clone()),
            None => return Ok(walked),
        }
        yield_now().await;
    }
}
