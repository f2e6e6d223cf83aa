//! A connection that this program opens to somebody: plain or TLS, HTTP/1.1 over it.
//!
//! Who must be at the other end is said by [`Trust`]. What is sent, how often and how long it may take is for
//! the caller, who also keeps connections where that is worth it.

use std::path::Path;
use std::pin::Pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// Ports that an address means when it names none.
const PORT_PLAIN: u16 = 80;
const PORT_TLS: u16 = 443;

/// An open connection.
pub type Connection = SendRequest<Full<Bytes>>;

/// Why there is no connection, or no answer on it.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    #[error("{url} is no address: write http:// or https://, a host, and a path")]
    Address { url: String },
    #[error("nothing answers there: {0}")]
    Connect(#[from] std::io::Error),
    #[error("the TLS handshake fails: {0}")]
    Tls(#[from] openssl::ssl::Error),
    /// `shown` is the SHA-256 of its certificate, in hexadecimal characters.
    #[error("it shows another certificate than the one expected: its SHA-256 is {shown}")]
    OtherCertificate { shown: String },
    #[error("the exchange broke off: {0}")]
    Exchange(#[from] hyper::Error),
    #[error("the answer is larger than {bytes_max} bytes")]
    TooLarge { bytes_max: usize },
    #[error("openssl: {0}")]
    OpenSsl(#[from] ErrorStack),
}

/// Who must be at the other end of a TLS connection.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Somebody whom these authorities (PEM; the system's when absent) know by the name that was asked for.
    Authorities(Option<&'a Path>),
    /// The holder of exactly this certificate's key: neither names nor dates nor issuers matter.
    Exactly(&'a X509),
    /// Whoever it is.
    Anyone,
}

/// Somebody to connect to.
#[derive(Clone)]
pub struct Peer {
    host: String,
    port: u16,
    tls: Option<SslConnector>,
    /// The certificate that must be shown, in DER.
    pinned: Option<Vec<u8>>,
}

/// A connection that was opened, and the certificate (DER) that was shown on it.
pub struct Opened {
    pub connection: Connection,
    pub certificate: Option<Vec<u8>>,
}

impl Peer {
    /// `tls`: whom to trust; `None` is no TLS.
    pub fn new(host: &str, port: u16, tls: Option<Trust<'_>>) -> Result<Peer, ErrorStack> {
        let pinned = match tls {
            Some(Trust::Exactly(certificate)) => Some(certificate.to_der()?),
            _ => None,
        };
        Ok(Peer {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            tls: tls.map(connector).transpose()?,
            pinned,
        })
    }

    /// Who is named by an address; `trust` counts where it is https.
    pub fn of(uri: &hyper::Uri, trust: Trust<'_>) -> Result<Peer, OutgoingError> {
        let address = || OutgoingError::Address {
            url: uri.to_string(),
        };
        let authority = uri.authority().ok_or_else(address)?;
        let (tls, port) = match uri.scheme_str() {
            Some("https") => (Some(trust), PORT_TLS),
            Some("http") => (None, PORT_PLAIN),
            _ => return Err(address()),
        };
        let port = authority.port_u16().unwrap_or(port);
        Ok(Peer::new(authority.host(), port, tls)?)
    }

    /// Opens a connection.
    pub async fn open(&self) -> Result<Opened, OutgoingError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Ok(Opened {
                connection: drive(stream).await?,
                certificate: None,
            });
        };
        let is_named = tls.context().verify_mode() != SslVerifyMode::NONE;
        let ssl = tls.configure()?.verify_hostname(is_named);
        let mut stream = SslStream::new(ssl.into_ssl(&self.host)?, stream)?;
        Pin::new(&mut stream).connect().await?;
        let certificate = match stream.ssl().peer_certificate() {
            Some(certificate) => Some(certificate.to_der()?),
            None => None,
        };
        if self.pinned.is_some() && certificate != self.pinned {
            return Err(OutgoingError::OtherCertificate {
                shown: certificate.map_or_else(String::new, |der| sha256_hex(&der)),
            });
        }
        Ok(Opened {
            connection: drive(stream).await?,
            certificate,
        })
    }
}

/// An answer's body, of at most `bytes_max` bytes.
pub async fn read(body: Incoming, bytes_max: usize) -> Result<Bytes, OutgoingError> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(OutgoingError::TooLarge { bytes_max }),
        Err(error) => match error.downcast::<hyper::Error>() {
            Ok(error) => Err(OutgoingError::Exchange(*error)),
            Err(error) => Err(OutgoingError::Connect(std::io::Error::other(error))),
        },
    }
}

/// The SHA-256 of some bytes, in hexadecimal characters: how certificates are told apart.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(openssl::sha::sha256(bytes))
}

fn connector(trust: Trust<'_>) -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    match trust {
        Trust::Authorities(None) => {}
        Trust::Authorities(Some(path)) => {
            // Only these: the system's authorities have no say then.
            builder.set_cert_store(X509StoreBuilder::new()?.build());
            builder.set_ca_file(path)?;
        }
        // Whom to believe is decided after the handshake, or is everybody.
        Trust::Exactly(_) | Trust::Anyone => builder.set_verify(SslVerifyMode::NONE),
    }
    Ok(builder.build())
}

/// Speaks HTTP/1.1 over a stream; a task of its own moves the bytes until either side lets go.
async fn drive<S>(stream: S) -> Result<Connection, OutgoingError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    TokioIo<S>: Read + Write,
{
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!("a connection of ours ended: {error}");
        }
    });
    Ok(connection)
}
