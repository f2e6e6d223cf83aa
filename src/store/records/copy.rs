//! A copy of every record into an empty place of any back end. The keys, the epoch and the sequence stay: whoever
//! reads the feed goes on as before.

use tokio::task::yield_now;

use super::Engine;
use super::audit;
use super::transfer::{
    Digest, decoded_state, incomplete, is_keys, is_state, opened_keys, read_back,
};
use crate::secrets::MasterKey;
use crate::store::StoreError;
use crate::store::upkeep::{Copied, Filling, Progress, Walked, refused};

/// Records read and loaded at a time.
const PIECE_RECORDS: usize = 1024;

pub(super) async fn copy(
    engine: &impl Engine,
    target: Filling,
    master: &MasterKey,
    progress: Progress<'_>,
) -> Result<Copied, StoreError> {
    let Filling(mut target) = target;
    let mut sweep = engine.sweep()?;
    let (mut after, mut state, mut keys) = (None, None, None);
    let mut digest = Digest::new();
    let mut walked = Walked::default();
    loop {
        let mut piece = sweep.piece(after.as_ref(), PIECE_RECORDS)?;
        let Some((last, _)) = piece.last() else { break };
        after = Some(last.clone());
        walked.records += piece.len() as u64;
        piece.retain(|(key, value)| {
            if is_state(key) {
                state = Some(value.clone());
                return false;
            }
            if is_keys(key) {
                keys = Some(value.clone());
            }
            digest.add(key.as_bytes(), value);
            true
        });
        target.load(piece)?;
        progress(walked);
        yield_now().await;
    }
    let changed = sweep.changed()?;
    let state = state.ok_or_else(incomplete)?;
    // One back end shows what is written, the other reads from a snapshot: there the state tells.
    let is_as_read = engine.read(audit::state)? == decoded_state(&state)?;
    if !is_as_read || !changed.writes.is_empty() || !changed.is_last {
        return Err(refused(
            "something was written while it was copied: stop every server that has it, and run this again",
        ));
    }
    opened_keys(&keys.ok_or_else(incomplete)?, master)?;
    let digest = digest.finish(&state);

    let mut there = Digest::new();
    read_back(&*target, &mut |(key, value)| {
        there.add(key.as_bytes(), value);
        Ok(())
    })?;
    let there = there.finish(&state);
    if there != digest {
        return Err(refused(format!(
            "the copy does not hold what it was made from (SHA-256 {} here, {} there): it is not made a store; \
             remove it and run this again",
            hex::encode(digest),
            hex::encode(there)
        )));
    }
    target.finish(state)?;
    Ok(Copied {
        records: walked.records,
        digest,
    })
}
