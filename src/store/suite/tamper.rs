//! A hand on a closed store: records changed by one who has the store's encryption key, so that every seal and
//! checksum holds. Tests nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::secrets::Keyring;
use crate::store::records::keys::{Key, STATE_NAME, Table};
use crate::store::records::record;
use crate::store::records::stored::{Bytes, ChainedRow, State, StoredGrant, Versioned};

/// A closed store, opened by the back end's own means.
pub(super) struct Hand {
    raw: RawHand,
    keyring: std::sync::Arc<Keyring>,
}

impl Hand {
    pub(super) async fn on(place: &Place) -> Hand {
        let store = place.open();
        let keyring = store.keyring();
        store.close().await.unwrap();
        let raw = RawHand::on(place);
        Hand { raw, keyring }
    }

    pub(super) fn keys(&self, prefix: &Key) -> Vec<Key> {
        self.raw.keys(prefix)
    }

    pub(super) fn raw(&self, key: &Key) -> Vec<u8> {
        self.raw.get(key).unwrap()
    }

    pub(super) fn put_raw(&self, key: &Key, value: &[u8]) {
        self.raw.put(key, value);
    }

    pub(super) fn remove(&self, key: &Key) {
        assert!(self.raw.remove(key));
    }

    pub(super) fn get<T: DeserializeOwned>(&self, key: &Key) -> T {
        record::decode(key.in_table().unwrap(), key, &self.raw(key)).unwrap()
    }

    pub(super) fn put(&self, key: &Key, payload: &impl Serialize) {
        self.put_raw(key, &record::encode(key, payload).unwrap());
    }

    /// Changes a record that is not sealed.
    pub(super) fn change<T: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        change: impl FnOnce(&mut T),
    ) {
        let mut payload: T = self.get(key);
        change(&mut payload);
        self.put(key, &payload);
    }

    /// Changes what is sealed for a key.
    pub(super) fn reseal<T: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        sealed: &mut Bytes,
        change: impl FnOnce(&mut T),
    ) {
        let table = key.in_table().unwrap();
        let mut payload = record::unseal(&self.keyring, table, key, &sealed.0).unwrap();
        change(&mut payload);
        sealed.0 = record::seal(&self.keyring, key, &payload).unwrap();
    }

    /// Changes a customer or a grant.
    pub(super) fn change_versioned<T: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        change: impl FnOnce(&mut T),
    ) {
        self.change(key, |stored: &mut Versioned| {
            self.reseal(key, &mut stored.sealed, change);
        });
    }

    pub(super) fn grant(&self, bits: u64) -> StoredGrant {
        let key = Key::grant(number(bits));
        let stored: Versioned = self.get(&key);
        record::unseal(&self.keyring, Table::Grant, &key, &stored.sealed.0).unwrap()
    }

    pub(super) fn change_state(&self, change: impl FnOnce(&mut State)) {
        self.change(&Key::meta(STATE_NAME), change);
    }

    /// A row of the access log with its plain bytes.
    pub(super) fn access_row(&self, position: u64) -> (ChainedRow, Vec<u8>) {
        let key = Key::access(position);
        let row: ChainedRow = self.get(&key);
        let plain = record::open_sealed(&self.keyring, Table::Access, &key, &row.sealed.0);
        (row, plain.unwrap())
    }

    /// Puts a row of the access log at a position, sealed for it, with the link it brings.
    pub(super) fn put_access_row(&self, position: u64, link: [u8; 32], plain: &[u8]) {
        let key = Key::access(position);
        let sealed = Bytes(self.keyring.seal(key.as_bytes(), plain).unwrap());
        self.put(
            &key,
            &ChainedRow {
                position,
                link,
                sealed,
            },
        );
    }
}
