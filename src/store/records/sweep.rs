//! What a back end does for backups and copies: a reading of everything that comes out as one state, and a place that
//! is no store before it is whole.

use super::Found;
use super::batch::Writes;
use super::keys::Key;
use crate::store::StoreError;

/// A reading of every record, in pieces, that comes out as one state of the data although others write meanwhile.
///
/// What a back end must do: the pieces, in the order of keys, and the changes, in the order in which they were given,
/// laid one over the other are exactly one state once [`Changed::is_last`] was said. A back end with snapshots reads
/// pieces from one snapshot and has no changes. One without them notes every key that is written at or before the last
/// key it gave, and gives those again as they stand.
pub(in crate::store) trait Sweep: Send {
    /// At most `most` records after a key, in the order of keys; fewer only at the end. A place may be asked again.
    fn piece(&mut self, after: Option<&Key>, most: usize) -> Result<Vec<Found>, StoreError>;

    /// Keys that have changed behind the reading and wait to be given.
    fn waiting(&self) -> usize;

    /// Some of what has changed behind the reading, as it stands now.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when more has changed than can be kept track of.
    fn changed(&mut self) -> Result<Changed, StoreError>;

    /// Keys whose changes were given and did not arrive: they are given again.
    fn give_back(&mut self, keys: Vec<Key>);
}

/// Records as they stand, behind a reading.
pub(in crate::store) struct Changed {
    pub(in crate::store) writes: Writes,
    /// Whether all that was given so far is one state now.
    pub(in crate::store) is_last: bool,
}

/// A place for a store that is being filled by one writer.
///
/// What a back end must do: nobody can open it as a store before [`Fill::finish`] has returned well, whatever breaks
/// off; a place that was left half filled may be filled again, and then begins empty. It refuses a place that holds a
/// store, however small.
pub(in crate::store) trait Fill: Send {
    /// Puts records of keys that are not there, each after all those loaded before it.
    fn load(&mut self, records: Vec<Found>) -> Result<(), StoreError>;

    /// Puts and removes, whatever stands there.
    fn change(&mut self, writes: Writes) -> Result<(), StoreError>;

    /// At most `most` of the records put so far, after a key, in the order of keys.
    fn piece(&self, after: Option<&Key>, most: usize) -> Result<Vec<Found>, StoreError>;

    /// Makes everything durable, and then a store of it by putting the last record, that of the store's state.
    fn finish(self: Box<Self>, state: Vec<u8>) -> Result<(), StoreError>;
}
