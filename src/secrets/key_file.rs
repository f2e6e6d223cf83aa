//! Files of keys, and the master key that comes from one: read as strictly as the installation wants, made where it
//! may be.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{KEY_BYTES, SecretsError, random_key};

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
pub struct MasterKey(pub(super) [u8; KEY_BYTES]);

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
pub(super) fn read_key_file(path: &Path, policy: KeyFilePolicy) -> Result<String, SecretsError> {
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
pub(super) fn create_key_file(path: &Path) -> Result<[u8; KEY_BYTES], SecretsError> {
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

/// As 64 hexadecimal characters, for the way of a rekeying from the command line to the running server.
impl Serialize for MasterKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for MasterKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut key = [0; KEY_BYTES];
        hex::decode_to_slice(text, &mut key)
            .map_err(|_| D::Error::custom("a key is 64 hexadecimal characters"))?;
        Ok(MasterKey(key))
    }
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
