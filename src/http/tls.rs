//! TLS of the listeners: certificate and key from files, TLS 1.2 and 1.3, the suites security servers offer.
//!
//! It asks for no client certificate and reloads nothing. A security server compares our certificate byte for byte
//! with the one registered there and checks neither its chain nor its dates, so neither does this.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::ssl::{Ssl, SslAcceptor, SslMethod, SslOptions, SslVersion};
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// The TLS 1.2 suites that security servers offer, forward-secret all, GCM before CBC.
/// Source: X-Road `proxy.xroad-tls-ciphers`, client side defaults.
const TLS12_SUITES: &str = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:\
                            DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:\
                            ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:\
                            DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256";
/// OpenSSL's level 2: no key below 112 bits of strength (RSA 2048), no SHA-1 signatures.
const SECURITY_LEVEL: u32 = 2;
/// Names our sessions, so that security servers may resume them: they connect anew for nearly every request.
const SESSION_CONTEXT: &[u8] = b"psop-adapter";

/// Why TLS cannot begin, on the listener or on one connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
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
    /// The certificate file holds no certificate.
    #[error("{section}.certificate: {} holds no PEM certificate: write the server certificate first, then its chain", path.display())]
    Certificate {
        /// The configuration's section.
        section: &'static str,
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
    /// OpenSSL refuses a setting, such as a key that is too short.
    #[error(
        "tls: OpenSSL refuses the certificate, the key or a setting (RSA keys need 2048 bits or more): {0}"
    )]
    Setting(#[from] ErrorStack),
    /// A caller did not finish its handshake in time.
    #[error("the handshake took the caller more than {timeout_ms} ms")]
    HandshakeTimeout {
        /// The limit, in milliseconds.
        timeout_ms: u64,
    },
    /// A handshake failed.
    #[error("the handshake failed: {0}")]
    Handshake(#[from] openssl::ssl::Error),
}

/// Makes TLS streams out of accepted connections.
#[derive(Clone)]
pub struct Acceptor {
    inner: SslAcceptor,
    certificate: X509,
}

impl Acceptor {
    /// Reads certificate (with its chain) and key and checks that they belong together. `section` is the
    /// configuration's, for errors.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the configuration key.
    pub fn load(section: &'static str, certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_chain(section, certificate)?;
        let private_key = read_key(section, key)?;
        let mut chain = chain.into_iter();
        let Some(leaf) = chain.next() else {
            return Err(TlsError::Certificate {
                section,
                path: certificate.to_owned(),
            });
        };
        let public_key = leaf.public_key()?;
        if public_key.id() != Id::RSA {
            return Err(TlsError::NotRsa {
                section,
                path: certificate.to_owned(),
            });
        }
        if !public_key.public_eq(&private_key) {
            return Err(TlsError::Mismatch {
                section,
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            });
        }
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        builder.set_max_proto_version(Some(SslVersion::TLS1_3))?;
        builder.set_security_level(SECURITY_LEVEL);
        builder.set_cipher_list(TLS12_SUITES)?;
        builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::CIPHER_SERVER_PREFERENCE);
        builder.set_session_id_context(SESSION_CONTEXT)?;
        builder.set_certificate(&leaf)?;
        for issuer in chain {
            builder.add_extra_chain_cert(issuer)?;
        }
        builder.set_private_key(&private_key)?;
        Ok(Self {
            inner: builder.build(),
            certificate: leaf,
        })
    }

    /// The certificate that callers are shown.
    pub fn certificate(&self) -> &X509 {
        &self.certificate
    }

    /// Shakes hands with one caller within `timeout_ms`.
    ///
    /// # Errors
    /// [`TlsError::HandshakeTimeout`] or [`TlsError::Handshake`]; the connection is closed.
    pub async fn accept(
        &self,
        stream: TcpStream,
        timeout_ms: u64,
    ) -> Result<SslStream<TcpStream>, TlsError> {
        let mut stream = SslStream::new(Ssl::new(self.inner.context())?, stream)?;
        let handshake = Pin::new(&mut stream).accept();
        tokio::time::timeout(Duration::from_millis(timeout_ms), handshake)
            .await
            .map_err(|_| TlsError::HandshakeTimeout { timeout_ms })??;
        Ok(stream)
    }
}

/// How a connection begins.
pub(super) enum Handshake {
    Plain(TcpStream),
    Tls(SslStream<TcpStream>),
    Failed,
}

impl Handshake {
    /// Shakes hands where the listener speaks TLS; a failure is logged.
    pub(super) async fn of(
        acceptor: Option<&Acceptor>,
        stream: TcpStream,
        timeout_ms: u64,
    ) -> Handshake {
        let Some(acceptor) = acceptor else {
            return Handshake::Plain(stream);
        };
        match acceptor.accept(stream, timeout_ms).await {
            Ok(stream) => Handshake::Tls(stream),
            Err(error) => {
                tracing::info!(%error, "a TLS handshake failed");
                Handshake::Failed
            }
        }
    }
}

impl std::fmt::Debug for Acceptor {
    /// Says nothing of the key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Acceptor")
    }
}

fn read(section: &'static str, key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read {
        section,
        key,
        path: path.to_owned(),
        source,
    })
}

fn read_chain(section: &'static str, path: &Path) -> Result<Vec<X509>, TlsError> {
    let pem = read(section, "certificate", path)?;
    X509::stack_from_pem(&pem).map_err(|_| TlsError::Certificate {
        section,
        path: path.to_owned(),
    })
}

fn read_key(section: &'static str, path: &Path) -> Result<PKey<Private>, TlsError> {
    let pem = read(section, "key", path)?;
    // Without a callback OpenSSL would ask for a passphrase on the terminal and wait.
    PKey::private_key_from_pem_callback(&pem, |_| Ok(0)).map_err(|source| TlsError::Key {
        section,
        path: path.to_owned(),
        source,
    })
}
