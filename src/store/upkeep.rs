//! What an operator does to a store as a whole: keys changed, formats brought up to date, figures, backups, copies.

use std::io::Read;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::serde::timestamp::microsecond;
use serde::{Deserialize, Serialize};

use crate::domain::access::AccessEntry;
use crate::domain::retention::{CutOffs, RetentionClass};
use crate::secrets::{KeyId, MasterKey};
use crate::store::audit::AccessHead;
use crate::store::records::restore;
use crate::store::records::sweep::Fill;
use crate::store::{StoreError, StoreFuture};

/// How far a walk over all records has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Records looked at.
    pub records: u64,
    /// Records written anew, or deleted.
    pub replaced: u64,
}

/// Told how far a long work is.
pub type Progress<'a> = &'a mut (dyn FnMut(Walked) + Send);

/// The store's keys as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysStanding {
    /// Rises with every change of the keys.
    pub version: u64,
    /// The encryption key that seals now.
    pub current: KeyId,
    /// Every encryption key there is.
    pub encryption_keys: Vec<KeyId>,
    /// Whether an old master key still opens the store beside the new one.
    pub is_between_masters: bool,
    /// Records written to sealed tables since the current encryption key was made.
    pub seals: u64,
}

/// Figures of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFigures {
    pub name: &'static str,
    pub records: u64,
    /// Keys and values, in bytes, without what the back end adds.
    pub bytes: u64,
}

/// Figures of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What holds the records: `sled` or `postgres`.
    pub back_end: &'static str,
    pub tables: Vec<TableFigures>,
    /// What the back end takes on its disk, in bytes.
    pub disk_bytes: u64,
    /// Batches committed so far.
    pub sequence: u64,
    pub epoch: [u8; 16],
    pub access_rows: u64,
    /// Changes of events so far.
    pub changes: u64,
    /// Format of records, and how many have it.
    pub formats: Vec<(u8, u64)>,
    pub keys: KeysStanding,
    /// Encryption key, and how many records are sealed under it.
    pub sealed_under: Vec<(KeyId, u64)>,
}

/// Where a backup that broke off goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupPlace {
    pub id: [u8; 16],
    /// The piece wanted next; every piece before it has arrived.
    pub piece: u64,
}

/// The right to take the frames of one piece of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupTurn {
    pub place: BackupPlace,
    pub(in crate::store) turn: u64,
}

/// What comes next of a piece of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupNext {
    /// Bytes for the stream.
    Frame(Vec<u8>),
    /// The piece is whole; there are more.
    PieceEnd,
    /// The stream is whole.
    End,
}

/// What a copy has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub records: u64,
    /// SHA-256 over all records in the order of keys, the same on both sides.
    pub digest: [u8; 32],
}

/// What a backup says of itself, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Version of the program that made it.
    pub program: String,
    /// The store's epoch.
    pub epoch: [u8; 16],
    /// The point of the store's history that it holds.
    pub sequence: u64,
    pub records: u64,
    pub access_rows: u64,
}

/// What a restore has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub records: u64,
    pub sequence: u64,
    pub access_rows: u64,
    /// The new epoch.
    pub epoch: [u8; 16],
}

/// What a purge is asked.
#[derive(Clone, Debug)]
pub struct PurgeOrder {
    pub cut_offs: CutOffs,
    /// The row of the access log that each step leaves; class, numbers and count are filled in.
    pub row: AccessEntry,
    /// Deletes nothing, and says what would go.
    pub is_dry_run: bool,
}

/// What a purge has come to, of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    pub class: RetentionClass,
    /// What was last used before this day is due.
    pub ended_before: Date,
    /// Things deleted: answers, settlement runs, purchasing powers, rows.
    pub objects: u64,
    /// Records that they consisted of.
    pub records: u64,
    /// Things whose time is over, and that wait for a settlement or a payment.
    pub held_back: u64,
}

/// What a purge leaves of what it deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeProof {
    pub class: RetentionClass,
    /// What was last used before this day went.
    pub ended_before: Date,
    /// Who ran it, as the access log names them.
    pub by: String,
    #[serde(with = "microsecond::required")]
    pub begun_at: Timestamp,
    /// When its last step was kept.
    #[serde(with = "microsecond::required")]
    pub last_at: Timestamp,
    pub objects: u64,
    pub records: u64,
    /// Of the access log: up to where it is gone, which its chain is proven from.
    pub log_start: Option<AccessHead>,
}

/// Reads a backup through and proves it whole, and made by the keys that are in it under this master key.
///
/// # Errors
/// [`StoreError::Refused`] with what is wrong.
pub fn verify(
    backup: impl Read,
    master: &MasterKey,
    progress: Progress<'_>,
) -> Result<Verified, StoreError> {
    restore::verify(backup, master, progress)
}

/// Makes a store of a backup that was verified, in an empty place.
///
/// # Errors
/// What is in the way; then there is no store at that place.
pub fn restore(
    backup: impl Read,
    target: Filling,
    progress: Progress<'_>,
) -> Result<Restored, StoreError> {
    restore::restore(backup, target, progress)
}

/// A place for a store that is being filled; no store before it is whole.
pub struct Filling(pub(in crate::store) Box<dyn Fill>);

/// The store as its operator keeps it up.
pub trait Upkeep: Send + Sync {
    /// The keys as they stand.
    fn keys(&self) -> StoreFuture<'_, KeysStanding>;

    /// Makes a new encryption key, puts all keys under `new` beside the master key in use, and seals every record
    /// anew in pieces between which others read and write. Called again it goes on where records are left.
    fn rekey<'a>(&'a self, new: &'a MasterKey, progress: Progress<'a>) -> StoreFuture<'a, Walked>;

    /// Proves that no record is sealed under the old encryption key, and drops that key and the old master key.
    fn finish_rekey<'a>(&'a self, progress: Progress<'a>) -> StoreFuture<'a, Walked>;

    /// Writes every record of an earlier format in the newest one.
    fn migrate<'a>(&'a self, progress: Progress<'a>) -> StoreFuture<'a, Walked>;

    /// Deletes what is due, in steps each of which is kept whole with its proof and its row of the access log, and
    /// between which others read and write. Broken off, it goes on where things are left when it is run again.
    fn purge<'a>(
        &'a self,
        order: PurgeOrder,
        progress: Progress<'a>,
    ) -> StoreFuture<'a, Vec<Purged>>;

    /// The proofs of all purges, by class and in their order.
    fn purge_proofs(&self) -> StoreFuture<'_, Vec<PurgeProof>>;

    /// Figures, from a walk over all records.
    fn figures<'a>(&'a self, progress: Progress<'a>) -> StoreFuture<'a, Figures>;

    /// Begins a backup, or goes on with the piece named; `None` when that backup is not known any more. The newest
    /// call has the turn.
    fn backup_piece(&self, place: Option<BackupPlace>) -> StoreFuture<'_, Option<BackupTurn>>;

    /// The next bytes of a piece.
    fn backup_next(&self, turn: BackupTurn) -> StoreFuture<'_, BackupNext>;

    /// Copies every record into an empty place, proves by a digest of both sides that it holds the same, and makes
    /// it a store under the same keys and of the same epoch. Nothing may be written here meanwhile.
    fn copy_into<'a>(
        &'a self,
        target: Filling,
        master: &'a MasterKey,
        progress: Progress<'a>,
    ) -> StoreFuture<'a, Copied>;
}

impl std::fmt::Debug for Filling {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Filling")
    }
}

/// A refusal with its reason.
pub(in crate::store) fn refused(text: impl Into<String>) -> StoreError {
    StoreError::Refused(text.into())
}
