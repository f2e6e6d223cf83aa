//! The store's keys, ready for use. Encryption keys may change while the program runs; the others never do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::sealing::{KeyId, SealingKey, key_id};
use super::{KEY_BYTES, MasterKey, SecretsError, WrappedKeys};
use crate::domain::person_id::PersonId;

/// Keys as they are, unwrapped.
pub(super) struct Opened {
    pub(super) encryption: BTreeMap<KeyId, [u8; KEY_BYTES]>,
    pub(super) lookup: [u8; KEY_BYTES],
    pub(super) tokens: [u8; KEY_BYTES],
    pub(super) audit: [u8; KEY_BYTES],
}

/// The keys, ready for use.
pub struct Keyring {
    sealing: RwLock<Sealing>,
    lookup: Hmac<Sha256>,
    tokens: Hmac<Sha256>,
    audit: Hmac<Sha256>,
    /// It opens later versions of the keys.
    master: MasterKey,
}

/// The keys that may change.
struct Sealing {
    version: u64,
    current: KeyId,
    encryption: BTreeMap<KeyId, SealingKey>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keyring(…)")
    }
}

/// What a keyed hash is of, so that equal bytes of two kinds never share a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashOf {
    /// A personal identity code.
    Person,
    /// An X-Road message, as idempotency key.
    Message,
    /// A source reference, as idempotency key.
    Reference,
    /// A canonical request body.
    Body,
    /// What a page of a query was asked with.
    Query,
    /// An X-Road client, as owner of misses.
    Client,
    /// An X-Road message id in a log line.
    LogId,
    /// A stored record's key, as its name in a report.
    Record,
    /// A backup, as its own tag.
    Backup,
    /// A user of a client, as another service may know them.
    EndUser,
}

impl HashOf {
    fn label(self) -> &'static [u8] {
        match self {
            HashOf::Person => b"person",
            HashOf::Message => b"message",
            HashOf::Reference => b"reference",
            HashOf::Body => b"body",
            HashOf::Query => b"query",
            HashOf::Client => b"client",
            HashOf::LogId => b"log-id",
            HashOf::Record => b"record",
            HashOf::Backup => b"backup",
            HashOf::EndUser => b"end-user",
        }
    }
}

impl Keyring {
    pub(super) fn new(version: u64, current: KeyId, keys: Opened, master: &MasterKey) -> Keyring {
        Keyring {
            sealing: RwLock::new(Sealing {
                version,
                current,
                encryption: made_ready(keys.encryption),
            }),
            lookup: hmac(&keys.lookup),
            tokens: hmac(&keys.tokens),
            audit: hmac(&keys.audit),
            master: master.clone(),
        }
    }

    /// HMAC-SHA-256 of `parts`, each preceded by its length, under the lookup key.
    pub fn keyed_hash(&self, of: HashOf, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = self.lookup.clone();
        update_framed(&mut hash, of.label());
        for part in parts {
            update_framed(&mut hash, part);
        }
        hash.finalize().into_bytes().into()
    }

    /// The keyed hash that stands for a person wherever no identity code may: in the access log and in records'
    /// keys.
    pub fn person_hash(&self, person: &PersonId) -> [u8; 32] {
        self.keyed_hash(HashOf::Person, &[person.as_str().as_bytes()])
    }

    /// HMAC-SHA-256 over a token's content, under the token key.
    pub fn token_tag(&self, content: &[u8]) -> [u8; 32] {
        let tag = self.tokens.clone().chain_update(content);
        tag.finalize().into_bytes().into()
    }

    /// Next link of the audit chain: HMAC-SHA-256 over the previous link, a row's position and the row, under the audit
    /// key.
    pub fn chain_link(&self, previous: &[u8; 32], position: u64, row: &[u8]) -> [u8; 32] {
        let link = self
            .audit
            .clone()
            .chain_update(previous)
            .chain_update(position.to_be_bytes())
            .chain_update(row);
        link.finalize().into_bytes().into()
    }

    /// Seals `plain` under the current encryption key, bound to `record`.
    pub fn seal(&self, record: &[u8], plain: &[u8]) -> Result<Vec<u8>, SecretsError> {
        let keys = self.sealing.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.encryption.get(&keys.current);
        let key = key.ok_or(SecretsError::UnknownKey(keys.current))?;
        key.seal(keys.current, record, plain)
    }

    /// Opens what [`Keyring::seal`] made for the same `record`, now or under an earlier key that is still held.
    pub fn open(&self, record: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
        let id = key_id(sealed).ok_or(SecretsError::Unsealable)?;
        let keys = self.sealing.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.encryption.get(&id);
        key.ok_or(SecretsError::UnknownKey(id))?
            .open(record, sealed)
    }

    /// The version of the wrapped keys that these are. What is sealed is sealed under this version or a later one.
    pub fn version(&self) -> u64 {
        let keys = self.sealing.read().unwrap_or_else(PoisonError::into_inner);
        keys.version
    }

    /// The encryption key that seals now.
    pub fn current(&self) -> KeyId {
        let keys = self.sealing.read().unwrap_or_else(PoisonError::into_inner);
        keys.current
    }

    /// The master key that opened these keys.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Takes on the encryption keys of a later version. What another adapter dropped after it had sealed everything
    /// anew is dropped here too.
    ///
    /// # Errors
    /// [`SecretsError::WrongMaster`] when the keys are no longer under this process's master, and the key that seals
    /// now is none that it holds.
    pub fn renew(&self, wrapped: &WrappedKeys) -> Result<(), SecretsError> {
        let opened = wrapped.open(&self.master);
        let mut keys = self.sealing.write().unwrap_or_else(PoisonError::into_inner);
        if wrapped.version() <= keys.version {
            return Ok(());
        }
        match opened {
            Ok(opened) => keys.encryption = made_ready(opened.encryption),
            Err(_) if keys.encryption.contains_key(&wrapped.current()) => {
                keys.encryption.retain(|id, _| *id == wrapped.current());
            }
            Err(error) => return Err(error),
        }
        keys.current = wrapped.current();
        keys.version = wrapped.version();
        Ok(())
    }
}

fn made_ready(keys: BTreeMap<KeyId, [u8; KEY_BYTES]>) -> BTreeMap<KeyId, SealingKey> {
    let keys = keys.into_iter();
    keys.map(|(id, key)| (id, SealingKey::new(key))).collect()
}

/// A key that hashes begin from.
fn hmac(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    // Of a key shorter than a block this is what HMAC does with it, and it cannot fail.
    let mut block = [0; 64];
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    Hmac::new(&block.into())
}

fn update_framed(hash: &mut Hmac<Sha256>, part: &[u8]) {
    hash.update(&(part.len() as u64).to_be_bytes());
    hash.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        let master = MasterKey([7; 32]);
        WrappedKeys::generate(&master)
            .unwrap()
            .unwrap(&master)
            .unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_record_only() {
        let keyring = keyring();
        let sealed = keyring.seal(b"record 1", b"secret").unwrap();
        assert_eq!(keyring.open(b"record 1", &sealed).unwrap(), b"secret");
        assert!(keyring.open(b"record 2", &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(keyring.open(b"record 1", &changed).is_err(), "byte {index}");
        }
        for length in 0..sealed.len() {
            assert!(keyring.open(b"record 1", &sealed[..length]).is_err());
        }
    }

    #[test]
    fn hashes_are_those_of_another_implementation() {
        let keyring = keyring();
        let keys = WrappedKeys::generate(&MasterKey([7; 32])).unwrap();
        let opened = keys.open(&MasterKey([7; 32])).unwrap();
        let hashed = Keyring::new(1, 1, opened, &MasterKey([7; 32]));
        let opened = keys.open(&MasterKey([7; 32])).unwrap();
        let by_openssl = |key: &[u8], content: &[u8]| -> Vec<u8> {
            let key = openssl::pkey::PKey::hmac(key).unwrap();
            let digest = openssl::hash::MessageDigest::sha256();
            let mut signer = openssl::sign::Signer::new(digest, &key).unwrap();
            signer.sign_oneshot_to_vec(content).unwrap()
        };
        let framed = |part: &[u8]| [&(part.len() as u64).to_be_bytes(), part].concat();
        let content = [framed(b"person"), framed(b"a"), framed(b"")].concat();
        let expected = by_openssl(&opened.lookup, &content);
        let found = hashed.keyed_hash(HashOf::Person, &[b"a", b""]);
        assert_eq!(found.as_slice(), expected);
        assert_ne!(found, keyring.keyed_hash(HashOf::Person, &[b"a", b""]));
        let expected = by_openssl(&opened.tokens, b"content");
        assert_eq!(hashed.token_tag(b"content").as_slice(), expected);
        let content = [[9; 32].as_slice(), &7_u64.to_be_bytes(), b"row"].concat();
        let expected = by_openssl(&opened.audit, &content);
        assert_eq!(hashed.chain_link(&[9; 32], 7, b"row").as_slice(), expected);
    }

    #[test]
    fn hashes_tell_kinds_and_parts_apart() {
        let keyring = keyring();
        let hash = |of, parts: &[&[u8]]| keyring.keyed_hash(of, parts);
        assert_eq!(
            hash(HashOf::Person, &[b"a", b"b"]),
            hash(HashOf::Person, &[b"a", b"b"])
        );
        assert_ne!(
            hash(HashOf::Person, &[b"a", b"b"]),
            hash(HashOf::Person, &[b"ab", b""])
        );
        assert_ne!(hash(HashOf::Person, &[b"a"]), hash(HashOf::Body, &[b"a"]));
    }

    #[test]
    fn a_keyring_takes_on_later_keys_even_when_its_own_master_is_dropped() {
        let (old, new) = (MasterKey([1; 32]), MasterKey([2; 32]));
        let wrapped = WrappedKeys::generate(&old).unwrap();
        let (followed, missed) = (wrapped.unwrap(&old).unwrap(), wrapped.unwrap(&old).unwrap());
        let between = wrapped.begin_rekey(&old, &new).unwrap();
        followed.renew(&between).unwrap();
        assert_eq!((followed.version(), followed.current()), (2, 2));
        let sealed = followed.seal(b"r", b"secret").unwrap();
        assert!(matches!(
            missed.open(b"r", &sealed),
            Err(SecretsError::UnknownKey(2))
        ));
        let after = between.finish_rekey();
        followed.renew(&after).unwrap();
        assert_eq!(followed.version(), 3);
        assert_eq!(followed.open(b"r", &sealed).unwrap(), b"secret");
        assert!(matches!(
            missed.renew(&after),
            Err(SecretsError::WrongMaster)
        ));
        // An older version changes nothing.
        followed.renew(&between).unwrap();
        assert_eq!(followed.version(), 3);
    }
}
