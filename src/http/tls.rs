//! TLS of the listeners: TLS 1.2 and 1.3, the suites security servers offer, and client certificates by exact match.
//!
//! A security server compares our certificate byte for byte with the one registered there and checks neither its chain
//! nor its dates; it shows a self-signed certificate of its own. So pins here are whole certificates too, and one that
//! has ended stays let in, with a warning, for its end says nothing about whose it is. What is loaded is replaced
//! whole by [`Acceptor::replace`]: connections that are open go on as they began.

pub mod certificate;
pub mod files;

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod, SslOptions, SslRef, SslVerifyMode, SslVersion};
use openssl::x509::{X509, X509Ref, X509StoreContextRef};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use self::certificate::{Certificate, fingerprint};
use self::files::{FileError, Files};
use super::throttle::Throttle;
use crate::config::ClientMode;

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
    /// A file is not what the configuration says.
    #[error(transparent)]
    File(#[from] FileError),
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
    /// The caller's certificate is none of the pinned ones.
    #[error(
        "the caller's certificate is not pinned (SHA-256 {fingerprint}): if it is a security server's, add it to tls.client_pins"
    )]
    ClientUnknown {
        /// Of the certificate, in hexadecimal.
        fingerprint: String,
    },
    /// A handshake failed.
    #[error("the handshake failed: {0}")]
    Handshake(#[from] openssl::ssl::Error),
}

/// Who called, as far as TLS can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// No certificate was shown.
    Anonymous,
    /// A certificate that is pinned.
    Pinned,
    /// A certificate that is not.
    Unpinned,
}

impl Caller {
    /// As metrics have it.
    pub fn name(self) -> &'static str {
        match self {
            Caller::Anonymous => "anonymous",
            Caller::Pinned => "pinned",
            Caller::Unpinned => "unpinned",
        }
    }
}

/// Makes TLS streams out of accepted connections. Clones share what is loaded.
#[derive(Clone)]
pub struct Acceptor {
    loaded: Arc<RwLock<Arc<Loaded>>>,
    failures: Arc<Throttle>,
    /// Apart, so that other failures do not hide whose certificate it was.
    strangers: Arc<Throttle>,
}

/// What was read from one set of files.
pub struct Loaded {
    inner: SslAcceptor,
    certificate: X509,
    client_mode: ClientMode,
    /// Whole certificates, in DER.
    pins: Arc<HashSet<Vec<u8>>>,
    certificates: Vec<Certificate>,
}

impl Acceptor {
    /// An acceptor of what these files hold.
    ///
    /// # Errors
    /// As [`Loaded::read`].
    pub fn load(files: &Files) -> Result<Self, TlsError> {
        Ok(Self {
            loaded: Arc::new(RwLock::new(Arc::new(Loaded::read(files)?))),
            failures: Arc::default(),
            strangers: Arc::default(),
        })
    }

    /// Takes what was read from other files for the connections to come.
    pub fn replace(&self, loaded: Loaded) {
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
    }

    /// The certificate that callers are shown.
    pub fn certificate(&self) -> X509 {
        self.loaded().certificate.clone()
    }

    /// Every certificate in use: ours, and the pins.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.loaded().certificates.clone()
    }

    /// Shakes hands with one caller within `timeout_ms`.
    ///
    /// # Errors
    /// [`TlsError::HandshakeTimeout`], [`TlsError::ClientUnknown`] or [`TlsError::Handshake`]; the connection is closed.
    pub async fn accept(
        &self,
        stream: TcpStream,
        timeout_ms: u64,
    ) -> Result<(SslStream<TcpStream>, Caller), TlsError> {
        let loaded = self.loaded();
        let mut ssl = Ssl::new(loaded.inner.context())?;
        let refused = loaded.ask(&mut ssl);
        let mut stream = SslStream::new(ssl, stream)?;
        let handshake = Pin::new(&mut stream).accept();
        let shaken = tokio::time::timeout(Duration::from_millis(timeout_ms), handshake)
            .await
            .map_err(|_| TlsError::HandshakeTimeout { timeout_ms })?;
        if let Some(fingerprint) = refused.get() {
            return Err(TlsError::ClientUnknown {
                fingerprint: fingerprint.clone(),
            });
        }
        shaken?;
        let caller = loaded.caller(stream.ssl())?;
        Ok((stream, caller))
    }

    fn loaded(&self) -> Arc<Loaded> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&loaded)
    }
}

impl Loaded {
    /// The certificate that callers are shown.
    pub fn certificate(&self) -> &X509Ref {
        &self.certificate
    }

    /// Reads certificate (with its chain), key and pins and checks that they belong together.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the configuration key.
    pub fn read(files: &Files) -> Result<Loaded, TlsError> {
        let (certificate, chain, key) = files.pair()?;
        let mut certificates = vec![Certificate::of(
            files.section,
            files.certificate.clone(),
            &certificate,
        )?];
        let mut pins = HashSet::new();
        for (path, pin) in files.pins()? {
            certificates.push(Certificate::of("pin", path, &pin)?);
            pins.insert(pin.to_der()?);
        }
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        builder.set_max_proto_version(Some(SslVersion::TLS1_3))?;
        builder.set_security_level(SECURITY_LEVEL);
        builder.set_cipher_list(TLS12_SUITES)?;
        builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::CIPHER_SERVER_PREFERENCE);
        builder.set_session_id_context(SESSION_CONTEXT)?;
        builder.set_certificate(&certificate)?;
        for issuer in chain {
            builder.add_extra_chain_cert(issuer)?;
        }
        builder.set_private_key(&key)?;
        // One system call for what has come, and not one for each record's head and one for its body.
        builder.set_read_ahead(true);
        Ok(Loaded {
            inner: builder.build(),
            certificate,
            client_mode: files.client_mode,
            pins: Arc::new(pins),
            certificates,
        })
    }

    /// Has the caller asked for a certificate, as the mode says. The cell gets the fingerprint of a refused one.
    ///
    /// No chain is built: whatever OpenSSL thinks of issuers and dates, the certificate itself is pinned or is not.
    fn ask(&self, ssl: &mut SslRef) -> Arc<OnceLock<String>> {
        let refused = Arc::new(OnceLock::new());
        match self.client_mode {
            ClientMode::Off => {}
            ClientMode::Request => {
                ssl.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
            }
            ClientMode::Require => {
                let (pins, refused) = (Arc::clone(&self.pins), Arc::clone(&refused));
                let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
                ssl.set_verify_callback(mode, move |_, context| {
                    let refusal = refusal(&pins, context);
                    let is_pinned = refusal.is_none();
                    if let Some(fingerprint) = refusal {
                        let _ = refused.set(fingerprint);
                    }
                    is_pinned
                });
            }
        }
        refused
    }

    /// Who called. A resumed session brings the certificate of its first handshake, which no callback saw.
    fn caller(&self, ssl: &SslRef) -> Result<Caller, TlsError> {
        let shown = ssl.peer_certificate();
        let caller = match &shown {
            None => Caller::Anonymous,
            Some(shown) if is_pinned(&self.pins, shown) => Caller::Pinned,
            Some(_) => Caller::Unpinned,
        };
        if self.client_mode == ClientMode::Require && caller != Caller::Pinned {
            let fingerprint = shown.as_deref().map(fingerprint).transpose()?;
            return Err(TlsError::ClientUnknown {
                fingerprint: fingerprint.unwrap_or_default(),
            });
        }
        Ok(caller)
    }
}

fn is_pinned(pins: &HashSet<Vec<u8>>, certificate: &X509Ref) -> bool {
    certificate.to_der().is_ok_and(|der| pins.contains(&der))
}

/// The fingerprint of the caller's own certificate where it is not pinned.
fn refusal(pins: &HashSet<Vec<u8>>, context: &mut X509StoreContextRef) -> Option<String> {
    // Of a chain only the caller's own certificate counts.
    if context.error_depth() != 0 {
        return None;
    }
    match context.current_cert() {
        Some(shown) if is_pinned(pins, shown) => None,
        shown => Some(
            shown
                .and_then(|shown| fingerprint(shown).ok())
                .unwrap_or_default(),
        ),
    }
}

/// How a connection begins.
pub(super) enum Handshake {
    Plain(TcpStream),
    Tls(SslStream<TcpStream>),
    Failed,
}

impl Handshake {
    /// Shakes hands where the listener speaks TLS; `count` gets result, caller and whether a session was resumed. A
    /// failure is logged.
    pub(super) async fn of(
        acceptor: Option<&Acceptor>,
        stream: TcpStream,
        timeout_ms: u64,
        count: impl FnOnce(&'static str, &'static str, bool),
    ) -> Handshake {
        let Some(acceptor) = acceptor else {
            return Handshake::Plain(stream);
        };
        match acceptor.accept(stream, timeout_ms).await {
            Ok((stream, caller)) => {
                let is_resumed = stream.ssl().session_reused();
                count("ok", caller.name(), is_resumed);
                Handshake::Tls(stream)
            }
            Err(error) => {
                let (throttle, result, caller) = match error {
                    TlsError::HandshakeTimeout { .. } => (&acceptor.failures, "timeout", "unknown"),
                    TlsError::ClientUnknown { .. } => {
                        (&acceptor.strangers, "not_pinned", Caller::Unpinned.name())
                    }
                    _ => (&acceptor.failures, "failed", "unknown"),
                };
                if let Some(unsaid) = throttle.due() {
                    tracing::info!(%error, unsaid, "a TLS handshake failed");
                }
                count(result, caller, false);
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
