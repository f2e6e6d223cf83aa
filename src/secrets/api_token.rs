//! A key that is sent along as it is: whoever reads it can use it. It is held here and shown nowhere but to who sends it.

use std::fmt;
use std::path::Path;

use super::key_file::read_key_file;
use super::{KeyFilePolicy, SecretsError};

/// A security server's own keys have 36 characters; shorter ones could be guessed.
const CHARACTERS_MIN: usize = 16;
const CHARACTERS_MAX: usize = 256;

/// A key of another service's making, as text.
#[derive(Clone)]
pub struct ApiToken(String);

impl fmt::Debug for ApiToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiToken(…)")
    }
}

impl ApiToken {
    /// Reads a file that only its owner can read. It is never made here, in no environment.
    pub fn load(path: &Path) -> Result<ApiToken, SecretsError> {
        let policy = KeyFilePolicy {
            create_missing: false,
            refuse_exposed: true,
        };
        let text = read_key_file(path, policy)?;
        ApiToken::parse(&text).ok_or_else(|| SecretsError::MalformedApiKey {
            path: path.into(),
            least: CHARACTERS_MIN,
            most: CHARACTERS_MAX,
        })
    }

    /// Takes visible ASCII characters, with a line break at most behind them.
    pub fn parse(text: &str) -> Option<ApiToken> {
        let text = text.trim_end_matches(['\r', '\n']);
        let is_key = (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_key.then(|| ApiToken(text.to_owned()))
    }

    /// The key itself, for the header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A text of somebody else's without the key, should it stand in there.
    pub fn without_key(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_visible_text_in_a_file_of_its_owner_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.api-key");
        assert!(matches!(
            ApiToken::load(&path),
            Err(SecretsError::Missing { .. })
        ));
        fs::write(&path, format!("{}\n", "k".repeat(36))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let key = ApiToken::load(&path).unwrap();
        assert_eq!(key.reveal(), "k".repeat(36));
        assert!(!format!("{key:?}").contains("kk"), "{key:?}");
        assert_eq!(key.without_key(&format!("<{}>", "k".repeat(36))), "<…>");
        for (text, is_good) in [
            ("k".repeat(15), false),
            ("k".repeat(16), true),
            ("k".repeat(256), true),
            ("k".repeat(257), false),
            (format!("{0} {0}", "k".repeat(16)), false),
        ] {
            assert_eq!(ApiToken::parse(&text).is_some(), is_good, "{text}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            ApiToken::load(&path),
            Err(SecretsError::Exposed { .. })
        ));
    }
}
