//! Records brought into an empty place: what a restore and a copy have in common.

use openssl::sha::Sha256;

use super::Found;
use super::keys::{KEYS_NAME, Key, STATE_NAME, Table};
use super::record::{self, corrupt};
use super::stored::State;
use super::sweep::Fill;
use crate::secrets::{Keyring, MasterKey, WrappedKeys};
use crate::store::StoreError;
use crate::store::upkeep::refused;

/// Records read back at a time.
const PIECE_RECORDS: usize = 256;

pub(in crate::store) fn is_state(key: &Key) -> bool {
    *key == Key::meta(STATE_NAME)
}

pub(in crate::store) fn is_keys(key: &Key) -> bool {
    *key == Key::meta(KEYS_NAME)
}

pub(in crate::store) fn decoded_state(value: &[u8]) -> Result<State, StoreError> {
    record::decode(Table::Meta, &Key::meta(STATE_NAME), value)
}

pub(in crate::store) fn encoded_state(state: &State) -> Result<Vec<u8>, StoreError> {
    record::encode(&Key::meta(STATE_NAME), state)
}

/// The keys in a record, opened with this master key.
pub(in crate::store) fn opened_keys(
    value: &[u8],
    master: &MasterKey,
) -> Result<Keyring, StoreError> {
    let wrapped: WrappedKeys = record::decode(Table::Meta, &Key::meta(KEYS_NAME), value)?;
    wrapped
        .unwrap(master)
        .map_err(|error| refused(error.to_string()))
}

/// A record that every store has is missing.
pub(in crate::store) fn incomplete() -> StoreError {
    corrupt(Table::Meta, "is missing, though there are others")
}

/// A digest over records in the order of keys, that of the state last.
pub(in crate::store) struct Digest(Sha256);

impl Digest {
    pub(in crate::store) fn new() -> Digest {
        Digest(Sha256::new())
    }

    pub(in crate::store) fn add(&mut self, key: &[u8], value: &[u8]) {
        for part in [key, value] {
            self.0.update(&(part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    pub(in crate::store) fn finish(mut self, state: &[u8]) -> [u8; 32] {
        self.add(Key::meta(STATE_NAME).as_bytes(), state);
        self.0.finish()
    }
}

/// Shows everything that a place was filled with, in the order of keys.
pub(in crate::store) fn read_back(
    place: &dyn Fill,
    look: &mut dyn FnMut(&Found) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<Key> = None;
    loop {
        let piece = place.piece(after.as_ref(), PIECE_RECORDS)?;
        for found in &piece {
            look(found)?;
        }
        match piece.into_iter().last() {
            Some((last, _)) => after = Some(last),
            None => return Ok(()),
        }
    }
}
