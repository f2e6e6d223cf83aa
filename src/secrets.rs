//! Keys, and all that is done with them: sealing personal data, keyed hashes, the audit chain's MAC.
//!
//! One master key, in a file (`key_file`), wraps random keys kept in the store (`wrapped`), so that the master can
//! change without touching the data. Open and ready they are a `keyring`; what is sealed names its encryption key
//! (`sealing`), so that this one can change too. Invariant: no key is ever printed, logged or compared in text.

mod api_key;
mod api_token;
mod key_file;
mod keyring;
mod sealing;
mod wrapped;

use std::path::PathBuf;

use openssl::rand::rand_bytes;

pub use api_key::ApiKey;
pub use api_token::ApiToken;
pub use key_file::{KeyFilePolicy, MasterKey};
pub use keyring::{HashOf, Keyring};
pub use sealing::{KeyId, SEAL_BYTES, key_id};
pub use wrapped::WrappedKeys;

const KEY_BYTES: usize = 32;

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
    #[error("sealed under encryption key {0}, which this process does not hold")]
    UnknownKey(KeyId),
    #[error(
        "the store's keys are still under two master keys: finish the rekeying that was begun (`store rekey --finish`)"
    )]
    BetweenMasters,
    #[error("the new key file holds the master key that is in use: make a new one")]
    SameMaster,
    #[error("the store has no number left for another encryption key")]
    KeysUsedUp,
    #[error("openssl: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
}

fn random_key() -> Result<[u8; KEY_BYTES], SecretsError> {
    let mut key = [0; KEY_BYTES];
    rand_bytes(&mut key)?;
    Ok(key)
}
