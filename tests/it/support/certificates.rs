//! Certificates made in the test, as security servers and administrators make them, and callers that show them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode, SslVersion};
use openssl::x509::{X509, X509NameBuilder};

use super::answer::Answer;

/// A self-signed RSA certificate with its key.
pub struct Identity {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Identity {
    /// One that lasts a year.
    pub fn new(name: &str) -> Identity {
        Self::lasting(name, 0, 365)
    }

    /// One that begins and ends so many days from now.
    pub fn lasting(name: &str, from_days: i64, to_days: i64) -> Identity {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", name).unwrap();
        let subject = subject.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(&subject).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&days_from_now(from_days)).unwrap();
        builder.set_not_after(&days_from_now(to_days)).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Identity {
            certificate: builder.build(),
            key,
        }
    }

    /// Writes `NAME.pem` and `NAME-key.pem`.
    pub fn write(&self, folder: &Path, name: &str) {
        let write = |name: String, bytes| std::fs::write(folder.join(name), bytes).unwrap();
        let key = self.key.private_key_to_pem_pkcs8().unwrap();
        write(format!("{name}-key.pem"), key);
        write(format!("{name}.pem"), self.certificate.to_pem().unwrap());
    }
}

fn days_from_now(days: i64) -> Asn1Time {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap()
}

/// Calls as a security server does: TLS 1.2, its own certificate if it is asked, no check of ours.
///
/// # Errors
/// The handshake's.
pub fn call_as(
    address: SocketAddr,
    identity: Option<&Identity>,
) -> Result<SslStream<TcpStream>, Box<dyn std::error::Error>> {
    call_by(SslVersion::TLS1_2, address, identity)
}

/// The same by some version. By TLS 1.3 the handshake ends before the server has judged.
///
/// # Errors
/// The handshake's.
pub fn call_by(
    version: SslVersion,
    address: SocketAddr,
    identity: Option<&Identity>,
) -> Result<SslStream<TcpStream>, Box<dyn std::error::Error>> {
    let mut connector = SslConnector::builder(SslMethod::tls())?;
    connector.set_verify(SslVerifyMode::NONE);
    connector.set_min_proto_version(Some(version))?;
    connector.set_max_proto_version(Some(version))?;
    if let Some(identity) = identity {
        connector.set_certificate(&identity.certificate)?;
        connector.set_private_key(&identity.key)?;
    }
    let connector = connector.build().configure()?;
    let connector = connector
        .verify_hostname(false)
        .use_server_name_indication(false);
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    Ok(connector.connect("psop", stream)?)
}

/// Sends bytes that ask for a close, and reads the answer.
pub fn exchange_over(stream: &mut (impl Read + Write), bytes: &[u8]) -> std::io::Result<Answer> {
    stream.write_all(bytes)?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole)?;
    Answer::parse(&whole)
}
