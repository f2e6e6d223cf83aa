//! The store's keys as the store keeps them: sealed under the master key; between two masters, under both.
//!
//! Invariant: whoever has either master opens the same keys. Look-up, token and audit keys never change: the store's
//! own keys, watermarks and the access log's chain rest on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keyring::{Keyring, Opened};
use super::sealing::{KeyId, open, seal};
use super::{KEY_BYTES, MasterKey, SecretsError, random_key};

/// The keys as the store keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKeys {
    /// Rises with every change of what is here.
    version: u64,
    /// The encryption key that seals now.
    current: KeyId,
    /// One, or two between masters: the old one's and the new one's.
    wraps: Vec<Wrap>,
}

/// The same keys under one master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wrap {
    /// By id; two while records are sealed anew.
    encryption: Vec<(KeyId, Vec<u8>)>,
    lookup: Vec<u8>,
    tokens: Vec<u8>,
    audit: Vec<u8>,
}

impl Wrap {
    fn of(keys: &Opened, master: &MasterKey) -> Result<Wrap, SecretsError> {
        let wrap = |name: &str, key: &[u8; KEY_BYTES]| seal(&master.0, name.as_bytes(), key);
        Ok(Wrap {
            encryption: keys
                .encryption
                .iter()
                .map(|(id, key)| Ok((*id, wrap(&encryption_name(*id), key)?)))
                .collect::<Result<_, SecretsError>>()?,
            lookup: wrap("lookup", &keys.lookup)?,
            tokens: wrap("tokens", &keys.tokens)?,
            audit: wrap("audit", &keys.audit)?,
        })
    }

    fn open(&self, master: &MasterKey) -> Result<Opened, SecretsError> {
        let unwrap = |name: &str, sealed: &[u8]| -> Result<[u8; KEY_BYTES], SecretsError> {
            let key =
                open(&master.0, name.as_bytes(), sealed).map_err(|_| SecretsError::WrongMaster)?;
            key.try_into().map_err(|_| SecretsError::WrongMaster)
        };
        Ok(Opened {
            encryption: self
                .encryption
                .iter()
                .map(|(id, sealed)| Ok((*id, unwrap(&encryption_name(*id), sealed)?)))
                .collect::<Result<_, SecretsError>>()?,
            lookup: unwrap("lookup", &self.lookup)?,
            tokens: unwrap("tokens", &self.tokens)?,
            audit: unwrap("audit", &self.audit)?,
        })
    }
}

/// A wrapped key is bound to its id too.
fn encryption_name(id: KeyId) -> String {
    format!("encryption {id}")
}

impl WrappedKeys {
    /// New random keys, sealed under `master`.
    pub fn generate(master: &MasterKey) -> Result<WrappedKeys, SecretsError> {
        let keys = Opened {
            encryption: BTreeMap::from([(1, random_key()?)]),
            lookup: random_key()?,
            tokens: random_key()?,
            audit: random_key()?,
        };
        Ok(WrappedKeys {
            version: 1,
            current: 1,
            wraps: vec![Wrap::of(&keys, master)?],
        })
    }

    /// Opens the keys with a master key that they are sealed under.
    pub fn unwrap(&self, master: &MasterKey) -> Result<Keyring, SecretsError> {
        Ok(Keyring::new(
            self.version,
            self.current,
            self.open(master)?,
            master,
        ))
    }

    pub(super) fn open(&self, master: &MasterKey) -> Result<Opened, SecretsError> {
        let opened = self.wraps.iter().find_map(|wrap| wrap.open(master).ok());
        let opened = opened.ok_or(SecretsError::WrongMaster)?;
        if !opened.encryption.contains_key(&self.current) {
            return Err(SecretsError::WrongMaster);
        }
        Ok(opened)
    }

    /// Rises with every change: who holds an older version opens them anew.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The encryption key that seals now.
    pub fn current(&self) -> KeyId {
        self.current
    }

    /// Ids of the encryption keys that there are.
    pub fn encryption_keys(&self) -> Vec<KeyId> {
        let newest = self.wraps.last().into_iter();
        let ids = newest.flat_map(|wrap| wrap.encryption.iter().map(|(id, _)| *id));
        ids.collect()
    }

    /// Whether an old master still opens the keys beside the new one.
    pub fn is_between_masters(&self) -> bool {
        self.wraps.len() > 1
    }

    /// Whether this master is the newest of those that open the keys.
    pub fn is_newest_master(&self, master: &MasterKey) -> bool {
        self.wraps
            .last()
            .is_some_and(|wrap| wrap.open(master).is_ok())
    }

    /// A new encryption key, current from now on, and all keys under `new` beside the master that opens them now.
    pub fn begin_rekey(
        &self,
        master: &MasterKey,
        new: &MasterKey,
    ) -> Result<WrappedKeys, SecretsError> {
        if self.is_between_masters() {
            return Err(SecretsError::BetweenMasters);
        }
        if master.0 == new.0 {
            return Err(SecretsError::SameMaster);
        }
        let mut keys = self.open(master)?;
        let current = self
            .current
            .checked_add(1)
            .ok_or(SecretsError::KeysUsedUp)?;
        keys.encryption.insert(current, random_key()?);
        Ok(WrappedKeys {
            version: self.version + 1,
            current,
            wraps: vec![Wrap::of(&keys, master)?, Wrap::of(&keys, new)?],
        })
    }

    /// What is left when nothing is sealed under the old encryption key any more: the current one, under the new
    /// master only.
    pub fn finish_rekey(&self) -> WrappedKeys {
        let mut wraps = self.wraps.clone();
        wraps.drain(..wraps.len().saturating_sub(1));
        for wrap in &mut wraps {
            wrap.encryption.retain(|(id, _)| *id == self.current);
        }
        WrappedKeys {
            version: self.version + 1,
            current: self.current,
            wraps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: MasterKey = MasterKey([1; 32]);
    const NEW: MasterKey = MasterKey([2; 32]);
    const OTHER: MasterKey = MasterKey([3; 32]);

    #[test]
    fn another_master_key_is_refused() {
        let wrapped = WrappedKeys::generate(&OLD).unwrap();
        assert!(matches!(
            wrapped.unwrap(&NEW),
            Err(SecretsError::WrongMaster)
        ));
    }

    #[test]
    fn between_masters_both_open_the_same_keys_and_afterwards_only_the_new_one() {
        let wrapped = WrappedKeys::generate(&OLD).unwrap();
        let before = wrapped.unwrap(&OLD).unwrap();
        let sealed_before = before.seal(b"r", b"secret").unwrap();
        let between = wrapped.begin_rekey(&OLD, &NEW).unwrap();
        assert_eq!((between.version(), between.current()), (2, 2));
        assert!(between.is_newest_master(&NEW) && !between.is_newest_master(&OLD));
        let (old, new) = (between.unwrap(&OLD).unwrap(), between.unwrap(&NEW).unwrap());
        let sealed = old.seal(b"r", b"secret").unwrap();
        assert_eq!(super::super::key_id(&sealed), Some(2));
        for keyring in [&old, &new] {
            assert_eq!(keyring.open(b"r", &sealed_before).unwrap(), b"secret");
            assert_eq!(keyring.open(b"r", &sealed).unwrap(), b"secret");
            assert_eq!(keyring.token_tag(b"x"), before.token_tag(b"x"));
            assert_eq!(
                keyring.chain_link(&[0; 32], 0, b"x"),
                before.chain_link(&[0; 32], 0, b"x")
            );
        }
        assert!(between.unwrap(&OTHER).is_err());
        assert!(matches!(
            between.begin_rekey(&NEW, &OTHER),
            Err(SecretsError::BetweenMasters)
        ));

        let after = between.finish_rekey();
        assert!(matches!(after.unwrap(&OLD), Err(SecretsError::WrongMaster)));
        let keyring = after.unwrap(&NEW).unwrap();
        assert_eq!(keyring.open(b"r", &sealed).unwrap(), b"secret");
        assert!(matches!(
            keyring.open(b"r", &sealed_before),
            Err(SecretsError::UnknownKey(1))
        ));
        assert_eq!(after.encryption_keys(), [2]);
    }

    #[test]
    fn the_same_master_is_no_new_one() {
        let wrapped = WrappedKeys::generate(&OLD).unwrap();
        assert!(matches!(
            wrapped.begin_rekey(&OLD, &OLD),
            Err(SecretsError::SameMaster)
        ));
    }
}
