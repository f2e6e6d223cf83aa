//! Connections to the mandate service: plain or TLS, opened when needed and kept for the next question.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::MandateError;

/// Connections idle for longer may have been dropped on the way without a word.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// An open connection.
pub type Connection = SendRequest<Full<Bytes>>;

/// Where the service is, and the connections to it that are free.
pub struct Connections {
    host: String,
    port: u16,
    tls: Option<SslConnector>,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl Connections {
    /// `certificate_authorities`: who may vouch for the service, the system's when absent.
    pub fn new(
        host: &str,
        port: u16,
        is_tls: bool,
        certificate_authorities: Option<&Path>,
    ) -> Result<Connections, ErrorStack> {
        Ok(Connections {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            tls: match is_tls {
                true => Some(connector(certificate_authorities)?),
                false => None,
            },
            idle: Mutex::new(Vec::new()),
        })
    }

    /// A connection that was used before and is still open. How many there are at most is for the caller
    /// to say, by how many it uses at once.
    pub async fn kept(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.idle().pop()?;
            if since.elapsed() < IDLE_MAX && connection.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose last answer was read to its end.
    pub fn keep(&self, connection: Connection) {
        if !connection.is_closed() {
            self.idle().push((connection, Instant::now()));
        }
    }

    /// A new connection.
    pub async fn open(&self) -> Result<Connection, MandateError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return drive(stream).await;
        };
        let ssl = tls.configure()?.into_ssl(&self.host)?;
        let mut stream = SslStream::new(ssl, stream)?;
        std::pin::Pin::new(&mut stream).connect().await?;
        drive(stream).await
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Verifies chain and host name, as the connector does unless told otherwise.
fn connector(certificate_authorities: Option<&Path>) -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    if let Some(path) = certificate_authorities {
        // Only these: the system's authorities have no say then.
        builder.set_cert_store(openssl::x509::store::X509StoreBuilder::new()?.build());
        builder.set_ca_file(path)?;
    }
    Ok(builder.build())
}

/// Speaks HTTP/1.1 over a stream; a task of its own moves the bytes until either side lets go.
async fn drive<S>(stream: S) -> Result<Connection, MandateError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    TokioIo<S>: Read + Write,
{
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!("a connection to the mandate service ended: {error}");
        }
    });
    Ok(connection)
}
