//! What lets the command line into a running server: a token, a proof of who has it, and the file that hands both
//! from the server to the operator.
//!
//! The file stands beside the store's folder, readable by its owner alone, from the server's start to its stop. After
//! a crash it is left behind and its port may be somebody else's by then: so a server proves that it knows the token
//! before it is sent the token or anything of an operator's data.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use serde::{Deserialize, Serialize};

/// Header of a request that asks for the proof: a fresh nonce of [`NONCE_CHARS`] hexadecimal characters.
pub const NONCE_HEADER: &str = "psop-nonce";
/// Header of the answer that holds the proof.
pub const PROOF_HEADER: &str = "psop-proof";
/// Header by which the owner says who of the operating system's users they are. It counts with the owner's token only.
pub const USER_HEADER: &str = "psop-user";
/// Longest name of a user that is taken, in bytes.
pub const USER_BYTES_MAX: usize = 256;
/// Length of a nonce, in characters.
pub const NONCE_CHARS: usize = 64;

const RANDOM_BYTES: usize = 32;
/// Keeps a proof from being anything but a proof.
const PROOF_PURPOSE: &[u8] = b"psop-adapter admin proof:";

/// The secret between the server and its operator. It is never printed or logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// OpenSSL's, when it has no randomness.
    pub fn random() -> Result<Token, ErrorStack> {
        random_hex().map(Token)
    }

    /// Whether these bytes are the token; the time it takes tells nothing of it but its length.
    pub fn is(&self, given: &[u8]) -> bool {
        given.len() == self.0.len() && memcmp::eq(given, self.0.as_bytes())
    }

    /// The value of the Authorization header.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// What only a holder of the token can answer to a nonce.
    ///
    /// # Errors
    /// OpenSSL's own.
    pub fn proof(&self, nonce: &str) -> Result<String, ErrorStack> {
        let key = PKey::hmac(self.0.as_bytes())?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(PROOF_PURPOSE)?;
        signer.update(nonce.as_bytes())?;
        signer.sign_to_vec().map(hex::encode)
    }

    /// Whether this is the proof to a nonce.
    ///
    /// # Errors
    /// OpenSSL's own.
    pub fn is_proven(&self, nonce: &str, proof: &[u8]) -> Result<bool, ErrorStack> {
        let expected = self.proof(nonce)?;
        Ok(proof.len() == expected.len() && memcmp::eq(proof, expected.as_bytes()))
    }
}

/// A fresh nonce.
///
/// # Errors
/// OpenSSL's, when it has no randomness.
pub fn nonce() -> Result<String, ErrorStack> {
    random_hex()
}

fn random_hex() -> Result<String, ErrorStack> {
    let mut bytes = [0; RANDOM_BYTES];
    rand_bytes(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// What the server tells its operator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminFile {
    /// The admin listener's address as bound.
    pub address: SocketAddr,
    pub token: Token,
    /// The listener's certificate (PEM), where it speaks TLS: itself and not its path, since the file at the path
    /// may be renewed while the server runs.
    pub certificate: Option<String>,
}

impl AdminFile {
    /// Where it stands for a store: beside the store's folder, its name with `.admin` behind.
    pub fn path_of(store: &Path) -> PathBuf {
        // Components have no slash at the end.
        let mut path = store.components().as_path().as_os_str().to_owned();
        path.push(".admin");
        PathBuf::from(path)
    }

    /// Writes it whole, for its owner alone.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".tmp");
        let beside = Path::new(&beside);
        // A left-over could belong to another or be open to others.
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, path)?;
        crate::durable::sync_folder_of(path)
    }

    /// Reads it; `None` when there is none.
    ///
    /// # Errors
    /// The system's, or that it is not such a file.
    pub fn read(path: &Path) -> io::Result<Option<AdminFile>> {
        match fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text)
                .map(Some)
                // Without the parser's words: they quote the line, which may be the token's.
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no admin file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_alone() {
        let token = Token::random().unwrap();
        let text = token.0.clone();
        assert_eq!(text.len(), 64);
        assert!(token.is(text.as_bytes()));
        assert!(!token.is(&text.as_bytes()[1..]) && !token.is(b""));
        assert!(!token.is(format!("{text}0").as_bytes()));
        assert!(!token.is("0".repeat(64).as_bytes()));
        assert_ne!(Token::random().unwrap().0, text);
    }

    #[test]
    fn only_the_token_proves_a_nonce() {
        let (token, other) = (Token::random().unwrap(), Token::random().unwrap());
        let proof = token.proof("nonce").unwrap();
        assert!(token.is_proven("nonce", proof.as_bytes()).unwrap());
        assert!(!token.is_proven("another", proof.as_bytes()).unwrap());
        assert!(!other.is_proven("nonce", proof.as_bytes()).unwrap());
        assert!(!token.is_proven("nonce", b"").unwrap());
    }

    #[test]
    fn the_file_stands_beside_the_store_and_comes_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        for (store, path) in [
            ("data/store", "data/store.admin"),
            ("data/store/", "data/store.admin"),
            ("store", "store.admin"),
        ] {
            assert_eq!(AdminFile::path_of(Path::new(store)), Path::new(path));
        }
        let path = AdminFile::path_of(&folder.path().join("store"));
        assert!(AdminFile::read(&path).unwrap().is_none());
        // What a crash between two steps leaves behind is no obstacle.
        fs::write(folder.path().join("store.admin.tmp"), "left over").unwrap();
        let file = AdminFile {
            address: SocketAddr::from(([127, 0, 0, 1], 8081)),
            token: Token::random().unwrap(),
            certificate: Some("-----BEGIN\nline\n".to_owned()),
        };
        file.write(&path).unwrap();
        assert!(AdminFile::read(&path).unwrap() == Some(file));
        fs::write(&path, "token = 1").unwrap();
        let error = AdminFile::read(&path).err().unwrap();
        assert_eq!(error.to_string(), "it is no admin file");
    }
}
