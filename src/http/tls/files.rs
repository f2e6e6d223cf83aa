//! Certificates and keys from PEM files, each error with the configuration's key. It judges nothing but the files.

use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::X509;

use crate::config::{ClientMode, Tls};

/// Why the files of a listener's TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file cannot be read.
    #[error("{section}.{key}: cannot read {}: {source}", path.display())]
    Read {
        /// The configuration's section.
        section: &'static str,
        /// The key in it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate file holds no certificate.
    #[error("{section}.{key}: {} holds no PEM certificate: {}", path.display(), advice(key))]
    Certificate {
        /// The configuration's section.
        section: &'static str,
        /// The key in it.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The key file holds no key that can be read.
    #[error("{section}.key: {} holds no PEM private key without a passphrase: {source}", path.display())]
    Key {
        /// The configuration's section.
        section: &'static str,
        /// The file.
        path: PathBuf,
        /// What OpenSSL said.
        source: ErrorStack,
    },
    /// The certificate is for a key that security servers do not speak.
    #[error("{section}.certificate: {} is not an RSA certificate: security servers speak RSA only", path.display())]
    NotRsa {
        /// The configuration's section.
        section: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key are of two pairs.
    #[error("{section}.key: {} is not the key of the first certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The configuration's section.
        section: &'static str,
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
    },
    /// OpenSSL refuses a part of a certificate.
    #[error("tls: OpenSSL refuses a certificate: {0}")]
    Parts(#[from] ErrorStack),
}

fn advice(key: &str) -> &'static str {
    match key {
        "client_pins" => "write the security server's own TLS certificate as PEM",
        _ => "write the server certificate first, then its chain",
    }
}

/// What a listener shows and whom it lets in, by files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The configuration's section, for errors.
    pub section: &'static str,
    /// PEM file: the server certificate first, then its chain.
    pub certificate: PathBuf,
    /// PEM file: its private key.
    pub key: PathBuf,
    /// What callers have to show.
    pub client_mode: ClientMode,
    /// PEM files of the certificates that are let in.
    pub client_pins: Vec<PathBuf>,
}

impl Files {
    /// Those of the public listener.
    pub fn public(tls: &Tls) -> Files {
        Files {
            section: "tls",
            certificate: tls.certificate.clone(),
            key: tls.key.clone(),
            client_mode: tls.client_mode,
            client_pins: tls.client_pins.clone(),
        }
    }

    /// Those of the admin listener, which knows its callers by a token.
    pub fn admin(certificate: &Path, key: &Path) -> Files {
        Files {
            section: "admin",
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            client_mode: ClientMode::Off,
            client_pins: Vec::new(),
        }
    }

    /// Reads certificate and key and checks that they are a pair: the certificate, its chain, and the key.
    ///
    /// # Errors
    /// [`FileError`] naming the file and the configuration key.
    pub fn pair(&self) -> Result<(X509, Vec<X509>, PKey<Private>), FileError> {
        let section = self.section;
        let mut chain = certificates(section, "certificate", &self.certificate)?;
        let key = self.private_key()?;
        let leaf = chain.remove(0);
        let public_key = leaf.public_key()?;
        if public_key.id() != Id::RSA {
            return Err(FileError::NotRsa {
                section,
                path: self.certificate.clone(),
            });
        }
        if !public_key.public_eq(&key) {
            return Err(FileError::Mismatch {
                section,
                certificate: self.certificate.clone(),
                key: self.key.clone(),
            });
        }
        Ok((leaf, chain, key))
    }

    /// Every pinned certificate with its file.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn pins(&self) -> Result<Vec<(PathBuf, X509)>, FileError> {
        let mut pins = Vec::new();
        for path in &self.client_pins {
            let found = certificates(self.section, "client_pins", path)?;
            pins.extend(found.into_iter().map(|pin| (path.clone(), pin)));
        }
        Ok(pins)
    }

    fn private_key(&self) -> Result<PKey<Private>, FileError> {
        let pem = read(self.section, "key", &self.key)?;
        // Without a callback OpenSSL would ask for a passphrase on the terminal and wait.
        PKey::private_key_from_pem_callback(&pem, |_| Ok(0)).map_err(|source| FileError::Key {
            section: self.section,
            path: self.key.clone(),
            source,
        })
    }
}

fn read(section: &'static str, key: &'static str, path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|source| FileError::Read {
        section,
        key,
        path: path.to_owned(),
        source,
    })
}

/// The certificates of a file: one at least.
fn certificates(
    section: &'static str,
    key: &'static str,
    path: &Path,
) -> Result<Vec<X509>, FileError> {
    let pem = read(section, key, path)?;
    let none = || FileError::Certificate {
        section,
        key,
        path: path.to_owned(),
    };
    let found = X509::stack_from_pem(&pem).map_err(|_| none())?;
    if found.is_empty() {
        return Err(none());
    }
    Ok(found)
}
