//! The key shared with another service: it signs what goes there and checks what comes back. How a
//! message is put together for signing is the business of who sends it.

use std::fmt;
use std::path::Path;

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

use super::key_file::{create_key_file, read_key_file};
use super::{KeyFilePolicy, SecretsError};

/// Shorter keys could be guessed.
const CHARACTERS_MIN: usize = 16;
const CHARACTERS_MAX: usize = 256;

/// A shared key for HMAC-SHA-256: the text of its file, as the other service gave it.
pub struct ApiKey(PKey<Private>);

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

impl ApiKey {
    /// Reads the key file as strictly as `policy` says.
    pub fn load(path: &Path, policy: KeyFilePolicy) -> Result<ApiKey, SecretsError> {
        if policy.create_missing && !path.exists() {
            create_key_file(path)?;
        }
        let text = read_key_file(path, policy)?;
        let text = text.trim_end_matches(['\r', '\n']);
        let is_key = (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_key {
            return Err(SecretsError::MalformedApiKey {
                path: path.into(),
                least: CHARACTERS_MIN,
                most: CHARACTERS_MAX,
            });
        }
        Ok(ApiKey(PKey::hmac(text.as_bytes())?))
    }

    /// HMAC-SHA-256 of a message.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 32], SecretsError> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0)?;
        signer.update(message)?;
        let mut signature = [0; 32];
        signer.sign(&mut signature)?;
        Ok(signature)
    }

    /// Whether a signature is this key's for a message. Takes the same time for every wrong one.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> Result<bool, SecretsError> {
        let right = self.sign(message)?;
        Ok(right.len() == signature.len() && memcmp::eq(&right, signature))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const MAKING: KeyFilePolicy = KeyFilePolicy {
        create_missing: true,
        refuse_exposed: true,
    };

    #[test]
    fn a_key_is_visible_text_of_some_length_and_signs_as_others_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.key");
        ApiKey::load(&path, MAKING).unwrap();
        let cases = [
            ("k".repeat(15), false),
            ("k".repeat(16), true),
            ("k".repeat(256), true),
            ("k".repeat(257), false),
            (format!("{}\r\n", "k".repeat(16)), true),
            (format!("{} {}", "k".repeat(16), "k"), false),
            ("ä".repeat(16), false),
            (String::new(), false),
        ];
        for (text, is_good) in cases {
            fs::write(&path, &text).unwrap();
            assert_eq!(ApiKey::load(&path, MAKING).is_ok(), is_good, "{text:?}");
        }
        // RFC 4231 has no key of 16 visible characters; this one is Python's hmac.
        fs::write(&path, "0123456789abcdef\n").unwrap();
        let key = ApiKey::load(&path, MAKING).unwrap();
        let signature = key.sign(b"/path?a=b 2026-03-16T08:00:00Z").unwrap();
        assert_eq!(
            hex::encode(signature),
            "6dc3441f5a5d1f58e7453cc88db95f7c20414885730d19992906263364acfb40"
        );
        assert!(
            key.verifies(b"/path?a=b 2026-03-16T08:00:00Z", &signature)
                .unwrap()
        );
        assert!(
            !key.verifies(b"/path?a=c 2026-03-16T08:00:00Z", &signature)
                .unwrap()
        );
        assert!(!key.verifies(b"", &signature[..31]).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            ApiKey::load(&path, MAKING),
            Err(SecretsError::Exposed { .. })
        ));
    }
}
