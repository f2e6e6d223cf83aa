//! A store made of a backup: read through and proven first, then laid entry over entry into an empty place, counted,
//! and only then made a store. It gets a new epoch, since what was answered after the backup is not in it: watermarks
//! and continuations given before are refused.

use std::io::Read;

use uuid::Uuid;

use super::backup::tag;
use super::batch::Writes;
use super::keys::{Key, Table};
use super::transfer::{
    decoded_state, encoded_state, incomplete, is_keys, is_state, opened_keys, read_back,
};
use crate::secrets::MasterKey;
use crate::store::StoreError;
use crate::store::backup::{BackupError, Chain, Counts, End, Entry, Frames, Header, Kind, entries};
use crate::store::upkeep::{Filling, Progress, Restored, Verified, Walked, refused};

/// Reads a backup through: every digest, the order of its records, its end, and the end's tag by the keys in it.
///
/// # Errors
/// [`StoreError::Refused`] with what is wrong.
pub(in crate::store) fn verify(
    stream: impl Read,
    master: &MasterKey,
    progress: Progress<'_>,
) -> Result<Verified, StoreError> {
    let mut keys = None;
    let whole = walk(
        stream,
        &mut |_, entries| {
            for (key, value) in entries {
                if is_keys(&Key::from_stored(key)) {
                    keys.clone_from(value);
                }
            }
            Ok(())
        },
        progress,
    )?;
    let keyring = opened_keys(&keys.ok_or_else(incomplete)?, master)?;
    if tag(&keyring, &whole.before_end, &whole.end)? != whole.end.tag {
        return Err(refused(
            "the backup's end was not made by this store's keys: somebody changed it; use another one",
        ));
    }
    Ok(Verified {
        program: whole.header.program,
        epoch: whole.header.epoch,
        sequence: whole.end.sequence,
        records: whole.end.records,
        access_rows: whole.end.access_rows,
    })
}

/// Makes a store of a backup in an empty place. The caller has had it verified.
pub(in crate::store) fn restore(
    stream: impl Read,
    target: Filling,
    progress: Progress<'_>,
) -> Result<Restored, StoreError> {
    let Filling(mut target) = target;
    let mut state = None;
    let whole = walk(
        stream,
        &mut |kind, entries| {
            let mut writes = Writes::new();
            for (key, value) in std::mem::take(entries) {
                let key = Key::from_stored(&key);
                if is_state(&key) {
                    state = value;
                } else {
                    writes.insert(key, value);
                }
            }
            match kind {
                Kind::Ordered => {
                    let records = writes.into_iter();
                    target.load(
                        records
                            .filter_map(|(key, value)| Some((key, value?)))
                            .collect(),
                    )
                }
                _ => target.change(writes),
            }
        },
        progress,
    )?;
    let mut state = decoded_state(&state.ok_or_else(incomplete)?)?;
    let mut records = 0;
    read_back(&*target, &mut |(key, _)| {
        records += u64::from(key.in_table() != Some(Table::Meta));
        Ok(())
    })?;
    if records != whole.end.records || state.sequence != whole.end.sequence {
        return Err(refused(format!(
            "the backup says {} records at sequence {}, and {records} were restored at sequence {}: it is not made a \
             store; use another backup",
            whole.end.records, whole.end.sequence, state.sequence
        )));
    }
    state.epoch = *Uuid::new_v4().as_bytes();
    target.finish(encoded_state(&state)?)?;
    Ok(Restored {
        records,
        sequence: state.sequence,
        access_rows: state.access_rows,
        epoch: state.epoch,
    })
}

/// What a whole stream says of itself.
struct Whole {
    header: Header,
    end: End,
    before_end: Chain,
}

/// Who is shown entries, and may take them.
type Look<'a> = dyn FnMut(Kind, &mut Vec<Entry>) -> Result<(), StoreError> + 'a;

/// Walks through a stream, and shows the entries of each frame.
fn walk(
    stream: impl Read,
    look: &mut Look<'_>,
    progress: Progress<'_>,
) -> Result<Whole, StoreError> {
    let mut frames = Frames::open(stream).map_err(told)?;
    let mut counts = Counts::default();
    let (mut header, mut last): (Option<Header>, Option<Vec<u8>>) = (None, None);
    loop {
        let at = frames.read_bytes();
        let damaged = || told(BackupError::Damaged { at });
        let cut = || told(BackupError::Cut { at });
        let frame = frames.next_frame().map_err(told)?.ok_or_else(cut)?;
        match (frame.kind, header.is_some()) {
            (Kind::Header, false) => header = Some(frame.decoded().ok_or_else(damaged)?),
            (Kind::Ordered | Kind::Changed, true) => {
                let mut entries = entries(&frame.payload).ok_or_else(damaged)?;
                if frame.kind == Kind::Ordered {
                    for (key, value) in &entries {
                        if value.is_none() || last.as_ref().is_some_and(|last| last >= key) {
                            return Err(damaged());
                        }
                        last = Some(key.clone());
                    }
                    counts.ordered += entries.len() as u64;
                } else {
                    counts.changed += entries.len() as u64;
                }
                look(frame.kind, &mut entries)?;
                progress(Walked {
                    records: counts.ordered + counts.changed,
                    replaced: 0,
                });
            }
            (Kind::Mark, true) => {}
            (Kind::End, true) => {
                let end: End = frame.decoded().ok_or_else(damaged)?;
                let header = header.ok_or_else(damaged)?;
                let before_end = frames.chain_before();
                let is_past_end = frames.next_frame().map_err(told)?.is_some();
                if end.counts != counts || is_past_end {
                    return Err(damaged());
                }
                return Ok(Whole {
                    header,
                    end,
                    before_end,
                });
            }
            _ => return Err(damaged()),
        }
    }
}

fn told(error: BackupError) -> StoreError {
    refused(error.to_string())
}
