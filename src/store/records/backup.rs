//! A backup in the making: one stream, given in pieces, each of which can be given again until the next is asked for.
//! So a backup that broke off goes on after the last piece that arrived, as long as this process remembers it.
//!
//! Invariant: what has been given by the end is one state that was acknowledged. The records come in the order of
//! keys while others write; what they write behind the reading comes after it, until nothing is left.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use uuid::Uuid;

use super::Engine;
use super::audit;
use super::keys::{Key, STATE_NAME, Table};
use super::record;
use super::stored::State;
use super::sweep::{Changed, Sweep};
use crate::secrets::{HashOf, Keyring};
use crate::store::StoreError;
use crate::store::backup::{Chain, Counts, End, Header, Kind, MAGIC, put_entry};
use crate::store::upkeep::{BackupNext, BackupPlace, BackupTurn, refused};

/// Records read at a time.
const READ_RECORDS: usize = 128;
/// A frame of records is closed when it is as long as this, in bytes.
const FRAME_BYTES: usize = 64 << 10;
/// A piece ends when it is as long as this, in bytes: so much is given again at most.
#[cfg(not(test))]
const PIECE_BYTES: u64 = 4 << 20;
/// A few frames, so that small stores have pieces too.
#[cfg(test)]
const PIECE_BYTES: u64 = 96 << 10;
/// So long a backup that broke off can go on.
const KEPT: Duration = Duration::from_secs(3600);
/// So many changed records may wait behind the reading before they are given.
const WAITING_MAX: usize = 1024;

/// A backup that is under way or broke off.
pub(in crate::store) struct Backup {
    id: [u8; 16],
    sweep: Box<dyn Sweep>,
    /// When somebody last asked for something of it.
    used: Instant,
    /// Rises whenever somebody takes up a piece: only the newest gets frames.
    turn: u64,
    piece: u64,
    now: Standing,
    /// Where the piece began.
    at_piece: Standing,
    /// Keys of the changes given in this piece.
    given: Vec<Key>,
    /// Frames that are made and not given yet.
    frames: VecDeque<Vec<u8>>,
    piece_bytes: u64,
}

/// How far the stream has come.
#[derive(Clone)]
struct Standing {
    stage: Stage,
    after: Option<Key>,
    chain: Chain,
    counts: Counts,
    /// The newest state record given.
    state: Option<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ordered,
    Changed,
    /// All is given; the end may be said once it is durable.
    Settling,
    Ended,
}

/// What making the next frames needs.
pub(in crate::store) enum Step {
    Next(BackupNext),
    /// Wait until all that was shown so far is durable, and call [`Backup::settled`].
    Settle,
}

impl Backup {
    pub(in crate::store) fn begin(engine: &impl Engine) -> Result<Backup, StoreError> {
        let sweep = engine.sweep()?;
        let state = engine.read(audit::state)?;
        let id = *Uuid::new_v4().as_bytes();
        let header = Header {
            id,
            epoch: state.epoch,
            sequence_begun: state.sequence,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut chain = Chain::begun();
        let first = [MAGIC, &chain.frame(Kind::Header, &encoded(&header)?)].concat();
        let now = Standing {
            stage: Stage::Ordered,
            after: None,
            chain,
            counts: Counts::default(),
            state: None,
        };
        Ok(Backup {
            id,
            sweep,
            used: Instant::now(),
            turn: 0,
            piece: 0,
            at_piece: now.clone(),
            now,
            given: Vec::new(),
            frames: VecDeque::from([first]),
            piece_bytes: 0,
        })
    }

    /// Whether this backup can go on from there. Without its first piece it begins anew.
    pub(in crate::store) fn holds(&self, place: BackupPlace) -> bool {
        let is_known = place.piece == self.piece || place.piece == self.piece + 1;
        self.id == place.id && place.piece > 1 && is_known
    }

    /// Whether this place says that all has arrived.
    pub(in crate::store) fn is_over(&self, place: BackupPlace) -> bool {
        self.holds(place) && place.piece > self.piece && self.now.stage == Stage::Ended
    }

    /// Takes up a piece: the next one, which says that the one before has arrived, or that one again.
    pub(in crate::store) fn take_up(&mut self, piece: u64) -> BackupTurn {
        if piece == self.piece {
            self.frames.clear();
            self.sweep.give_back(std::mem::take(&mut self.given));
            self.now = self.at_piece.clone();
        } else {
            self.given.clear();
            self.at_piece = self.now.clone();
            self.piece = piece;
        }
        self.piece_bytes = 0;
        self.used = Instant::now();
        self.turn += 1;
        BackupTurn {
            place: BackupPlace { id: self.id, piece },
            turn: self.turn,
        }
    }

    pub(in crate::store) fn has_turn(&self, turn: BackupTurn) -> bool {
        self.id == turn.place.id && self.turn == turn.turn
    }

    pub(in crate::store) fn next(&mut self) -> Result<Step, StoreError> {
        self.used = Instant::now();
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(Step::Next(BackupNext::Frame(frame)));
            }
            match self.now.stage {
                Stage::Ended => return Ok(Step::Next(BackupNext::End)),
                Stage::Settling => return Ok(Step::Settle),
                _ if self.piece_bytes == u64::MAX => {
                    return Ok(Step::Next(BackupNext::PieceEnd));
                }
                _ if self.piece_bytes >= PIECE_BYTES => {
                    let mark = self.now.chain.frame(Kind::Mark, &encoded(&self.piece)?);
                    self.frames.push_back(mark);
                    self.piece_bytes = u64::MAX;
                }
                Stage::Ordered if self.sweep.waiting() < WAITING_MAX => {
                    self.read_ordered()?;
                }
                Stage::Ordered | Stage::Changed => self.read_changed()?,
            }
        }
    }

    fn read_ordered(&mut self) -> Result<(), StoreError> {
        let mut payload = Vec::new();
        loop {
            let read = self.sweep.piece(self.now.after.as_ref(), READ_RECORDS)?;
            let is_end = read.len() < READ_RECORDS;
            for (key, value) in read {
                self.see_state(&key, Some(&value))?;
                put_entry(&mut payload, key.as_bytes(), Some(&value));
                self.now.counts.ordered += 1;
                self.now.after = Some(key);
                if payload.len() >= FRAME_BYTES {
                    let full = std::mem::take(&mut payload);
                    self.frame(Kind::Ordered, &full);
                }
            }
            if is_end {
                self.now.stage = Stage::Changed;
            }
            if is_end || !self.frames.is_empty() {
                break;
            }
        }
        if !payload.is_empty() {
            self.frame(Kind::Ordered, &payload);
        }
        Ok(())
    }

    fn read_changed(&mut self) -> Result<(), StoreError> {
        let Changed { writes, is_last } = self.sweep.changed()?;
        let mut payload = Vec::new();
        for (key, value) in writes {
            self.see_state(&key, value.as_deref())?;
            put_entry(&mut payload, key.as_bytes(), value.as_deref());
            self.now.counts.changed += 1;
            self.given.push(key);
            if payload.len() >= FRAME_BYTES {
                let full = std::mem::take(&mut payload);
                self.frame(Kind::Changed, &full);
            }
        }
        if !payload.is_empty() {
            self.frame(Kind::Changed, &payload);
        }
        if is_last && self.now.stage == Stage::Changed {
            self.now.stage = Stage::Settling;
        }
        Ok(())
    }

    fn frame(&mut self, kind: Kind, payload: &[u8]) {
        let frame = self.now.chain.frame(kind, payload);
        self.push(frame);
    }

    fn push(&mut self, frame: Vec<u8>) {
        self.piece_bytes = self.piece_bytes.saturating_add(frame.len() as u64);
        self.frames.push_back(frame);
    }

    /// The state record is written with every batch: its newest is that of all that was given.
    fn see_state(&mut self, key: &Key, value: Option<&[u8]>) -> Result<(), StoreError> {
        if let Some(value) = value
            && *key == Key::meta(STATE_NAME)
        {
            self.now.state = Some(record::decode(Table::Meta, key, value)?);
        }
        Ok(())
    }

    /// All that was given is durable: the stream ends.
    pub(in crate::store) fn settled(&mut self, keyring: &Keyring) -> Result<(), StoreError> {
        if self.now.stage != Stage::Settling {
            return Ok(());
        }
        let state = self.now.state.ok_or_else(|| {
            record::corrupt(Table::Meta, "is missing, though the store has others")
        })?;
        let mut end = End {
            counts: self.now.counts,
            sequence: state.sequence,
            records: state.records,
            access_rows: state.access_rows,
            tag: [0; 32],
        };
        end.tag = tag(keyring, &self.now.chain, &end)?;
        let frame = self.now.chain.frame(Kind::End, &encoded(&end)?);
        self.frames.push_back(frame);
        self.now.stage = Stage::Ended;
        Ok(())
    }
}

/// The newest backup that is not over.
pub(in crate::store) type Slot = Mutex<Option<Backup>>;

/// Forgets a backup that nobody goes on with: a snapshot that stays open is a burden to a database.
pub(in crate::store) async fn forget_later(slot: Weak<Slot>) {
    while let Some(slot) = slot.upgrade() {
        let Some(wait) = forget_idle(&slot, KEPT) else {
            return;
        };
        drop(slot);
        sleep(wait).await;
    }
}

/// Forgets the backup if it was not used for so long; else how long that may take yet.
pub(in crate::store) fn forget_idle(slot: &Slot, kept: Duration) -> Option<Duration> {
    let mut backup = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let wait = kept.checked_sub(backup.as_ref()?.used.elapsed());
    if wait.is_none() {
        tracing::warn!("a backup that nobody went on with is forgotten: it must begin anew");
        *backup = None;
    }
    wait
}

/// The tag of an end, over the digest before it and what it says.
pub(in crate::store) fn tag(
    keyring: &Keyring,
    chain: &Chain,
    end: &End,
) -> Result<[u8; 32], StoreError> {
    let untagged = End {
        tag: [0; 32],
        ..end.clone()
    };
    let parts = [chain.0.as_slice(), &encoded(&untagged)?];
    Ok(keyring.keyed_hash(HashOf::Backup, &parts))
}

fn encoded(payload: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(payload)
        .map_err(|error| StoreError::Unavailable(format!("a frame cannot be encoded: {error}")))
}

/// What somebody gets who is no longer the newest to ask.
pub(in crate::store) fn overtaken() -> StoreError {
    refused("another backup was begun meanwhile, and this one ends: run one at a time")
}
