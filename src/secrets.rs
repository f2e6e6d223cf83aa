//! Keys, and all that is done with them: sealing personal data, keyed hashes, the audit chain's MAC.
//!
//! One master key, in a file, wraps four random keys kept in the store, so that the master can
//! change without touching the data. Invariant: no key is ever printed, logged or compared in text.

mod api_key;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::{Deserialize, Serialize};

use crate::domain::person_id::PersonId;
pub use api_key::ApiKey;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(
        "the key file {path} does not exist: make one with `openssl rand -hex 32 > {path}; chmod 600 {path}` \
         and keep a copy of it in a safe place (only DEV makes one by itself)"
    )]
    Missing { path: PathBuf },
    #[error("the key file {path} must hold 32 bytes as 64 hexadecimal characters, on one line")]
    Malformed { path: PathBuf },
    #[error(
        "the key file {path} must hold an API key: {least} to {most} visible ASCII characters on one line"
    )]
    MalformedApiKey {
        path: PathBuf,
        least: usize,
        most: usize,
    },
    #[error("the key file {path} can be read by others: run `chmod 600 {path}`")]
    Exposed { path: PathBuf },
    #[error("cannot use the key file {path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "the master key does not open the keys in the store: use the key file that the store was made with"
    )]
    WrongMaster,
    #[error("sealed data cannot be opened: it was changed, or sealed for another record")]
    Unsealable,
    #[error("openssl: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
}

/// How strict to be about the key file: an operator's own hands are trusted less in production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFilePolicy {
    /// Make a missing key file.
    pub create_missing: bool,
    /// Refuse a key file that others can read, instead of warning of it.
    pub refuse_exposed: bool,
}

/// The key that wraps the others.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_BYTES]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// Reads the key file as strictly as `policy` says.
    pub fn load(path: &Path, policy: KeyFilePolicy) -> Result<MasterKey, SecretsError> {
        if policy.create_missing && !path.exists() {
            return Ok(MasterKey(create_key_file(path)?));
        }
        let text = read_key_file(path, policy)?;
        let mut key = [0; KEY_BYTES];
        hex::decode_to_slice(text.trim_end(), &mut key)
            .map_err(|_| SecretsError::Malformed { path: path.into() })?;
        Ok(MasterKey(key))
    }
}

/// The text of a key file whose mode is as strict as `policy` wants it.
fn read_key_file(path: &Path, policy: KeyFilePolicy) -> Result<String, SecretsError> {
    use std::os::unix::fs::PermissionsExt;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(SecretsError::Missing { path: path.into() });
        }
        Err(source) => {
            return Err(SecretsError::Io {
                path: path.into(),
                source,
            });
        }
    };
    let mode = fs::metadata(path)
        .map_err(|source| SecretsError::Io {
            path: path.into(),
            source,
        })?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        let exposed = SecretsError::Exposed { path: path.into() };
        if policy.refuse_exposed {
            return Err(exposed);
        }
        tracing::warn!("{exposed}");
    }
    Ok(text)
}

/// Makes a key file of 32 random bytes as hexadecimal characters, for its owner only.
fn create_key_file(path: &Path) -> Result<[u8; KEY_BYTES], SecretsError> {
    let io = |source| SecretsError::Io {
        path: path.into(),
        source,
    };
    let key = random_key()?;
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    writeln!(file, "{}", hex::encode(key)).map_err(io)?;
    file.sync_all().map_err(io)?;
    crate::durable::sync_folder_of(path).map_err(io)?;
    Ok(key)
}

/// The four keys as the store keeps them: each sealed under the master key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKeys {
    encryption: Vec<u8>,
    lookup: Vec<u8>,
    tokens: Vec<u8>,
    audit: Vec<u8>,
}

/// The four keys, ready for use.
pub struct Keyring {
    encryption: [u8; KEY_BYTES],
    lookup: PKey<openssl::pkey::Private>,
    tokens: PKey<openssl::pkey::Private>,
    audit: PKey<openssl::pkey::Private>,
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
            HashOf::EndUser => b"end-user",
        }
    }
}

impl WrappedKeys {
    /// Four new random keys, sealed under `master`.
    pub fn generate(master: &MasterKey) -> Result<WrappedKeys, SecretsError> {
        let wrap = |name: &str| seal(&master.0, name.as_bytes(), &random_key()?);
        Ok(WrappedKeys {
            encryption: wrap("encryption")?,
            lookup: wrap("lookup")?,
            tokens: wrap("tokens")?,
            audit: wrap("audit")?,
        })
    }

    /// Opens the keys with the master key they were sealed under.
    pub fn unwrap(&self, master: &MasterKey) -> Result<Keyring, SecretsError> {
        let unwrap = |name: &str, sealed: &[u8]| -> Result<[u8; KEY_BYTES], SecretsError> {
            let key =
                open(&master.0, name.as_bytes(), sealed).map_err(|_| SecretsError::WrongMaster)?;
            key.try_into().map_err(|_| SecretsError::WrongMaster)
        };
        Ok(Keyring {
            encryption: unwrap("encryption", &self.encryption)?,
            lookup: PKey::hmac(&unwrap("lookup", &self.lookup)?)?,
            tokens: PKey::hmac(&unwrap("tokens", &self.tokens)?)?,
            audit: PKey::hmac(&unwrap("audit", &self.audit)?)?,
        })
    }
}

impl Keyring {
    /// HMAC-SHA-256 of `parts`, each preceded by its length, under the lookup key.
    pub fn keyed_hash(&self, of: HashOf, parts: &[&[u8]]) -> Result<[u8; 32], SecretsError> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.lookup)?;
        update_framed(&mut signer, of.label())?;
        for part in parts {
            update_framed(&mut signer, part)?;
        }
        finish(signer)
    }

    /// The keyed hash that stands for a person wherever no identity code may: in the access log and in records'
    /// keys.
    pub fn person_hash(&self, person: &PersonId) -> Result<[u8; 32], SecretsError> {
        self.keyed_hash(HashOf::Person, &[person.as_str().as_bytes()])
    }

    /// HMAC-SHA-256 over a token's content, under the token key.
    pub fn token_tag(&self, content: &[u8]) -> Result<[u8; 32], SecretsError> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.tokens)?;
        signer.update(content)?;
        finish(signer)
    }

    /// Next link of the audit chain: HMAC-SHA-256 over the previous link and a row, under the audit key.
    pub fn chain_link(&self, previous: &[u8; 32], row: &[u8]) -> Result<[u8; 32], SecretsError> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.audit)?;
        signer.update(previous)?;
        signer.update(row)?;
        finish(signer)
    }

    /// Seals `plain` by AES-256-GCM, bound to `record`: nonce, ciphertext, tag.
    pub fn seal(&self, record: &[u8], plain: &[u8]) -> Result<Vec<u8>, SecretsError> {
        seal(&self.encryption, record, plain)
    }

    /// Opens what [`Keyring::seal`] made for the same `record`.
    pub fn open(&self, record: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
        open(&self.encryption, record, sealed)
    }
}

fn update_framed(signer: &mut Signer<'_>, part: &[u8]) -> Result<(), SecretsError> {
    signer.update(&(part.len() as u64).to_be_bytes())?;
    signer.update(part)?;
    Ok(())
}

fn finish(signer: Signer<'_>) -> Result<[u8; 32], SecretsError> {
    let mut hash = [0; 32];
    signer.sign(&mut hash)?;
    Ok(hash)
}

fn random_key() -> Result<[u8; KEY_BYTES], SecretsError> {
    let mut key = [0; KEY_BYTES];
    rand_bytes(&mut key)?;
    Ok(key)
}

fn seal(key: &[u8; KEY_BYTES], record: &[u8], plain: &[u8]) -> Result<Vec<u8>, SecretsError> {
    let mut nonce = [0; NONCE_BYTES];
    rand_bytes(&mut nonce)?;
    let mut tag = [0; TAG_BYTES];
    let cipher_text = encrypt_aead(
        Cipher::aes_256_gcm(),
        key,
        Some(&nonce),
        record,
        plain,
        &mut tag,
    )?;
    let mut sealed = Vec::with_capacity(NONCE_BYTES + cipher_text.len() + TAG_BYTES);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&cipher_text);
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

fn open(key: &[u8; KEY_BYTES], record: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
    let (nonce, rest) = sealed
        .split_at_checked(NONCE_BYTES)
        .ok_or(SecretsError::Unsealable)?;
    let (cipher_text, tag) = rest
        .len()
        .checked_sub(TAG_BYTES)
        .and_then(|length| rest.split_at_checked(length))
        .ok_or(SecretsError::Unsealable)?;
    decrypt_aead(
        Cipher::aes_256_gcm(),
        key,
        Some(nonce),
        record,
        cipher_text,
        tag,
    )
    .map_err(|_| SecretsError::Unsealable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: KeyFilePolicy = KeyFilePolicy {
        create_missing: false,
        refuse_exposed: true,
    };
    const MAKING: KeyFilePolicy = KeyFilePolicy {
        create_missing: true,
        refuse_exposed: true,
    };

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
    fn another_master_key_is_refused() {
        let wrapped = WrappedKeys::generate(&MasterKey([1; 32])).unwrap();
        assert!(matches!(
            wrapped.unwrap(&MasterKey([2; 32])),
            Err(SecretsError::WrongMaster)
        ));
    }

    #[test]
    fn hashes_tell_kinds_and_parts_apart() {
        let keyring = keyring();
        let hash = |of, parts: &[&[u8]]| keyring.keyed_hash(of, parts).unwrap();
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
    fn a_key_file_is_made_once_for_its_owner_and_read_again() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        assert!(matches!(
            MasterKey::load(&path, STRICT),
            Err(SecretsError::Missing { .. })
        ));
        let made = MasterKey::load(&path, MAKING).unwrap();
        assert_eq!(MasterKey::load(&path, STRICT).unwrap().0, made.0);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            MasterKey::load(&path, STRICT),
            Err(SecretsError::Exposed { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(
                MasterKey::load(&path, STRICT),
                Err(SecretsError::Malformed { .. })
            ));
        }
    }
}
