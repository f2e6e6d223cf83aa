//! TLS: what the acceptor loads and refuses, and handshakes as security servers make them.

use std::path::PathBuf;
use std::pin::Pin;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use openssl::symm::Cipher;
use openssl::x509::{X509, X509NameBuilder};
use tokio_openssl::SslStream;

use super::super::tls::TlsError;
use super::super::tls::files::{FileError, Files as TlsFiles};
use super::*;

struct Files {
    _directory: tempfile::TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(certificate_key: &PKey<Private>, key_pem: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = (
            directory.path().join("c.pem"),
            directory.path().join("k.pem"),
        );
        std::fs::write(&certificate, self_signed(certificate_key).to_pem().unwrap()).unwrap();
        std::fs::write(&key, key_pem).unwrap();
        Self {
            _directory: directory,
            certificate,
            key,
        }
    }

    fn good(key: &PKey<Private>) -> Self {
        Self::new(key, &key.private_key_to_pem_pkcs8().unwrap())
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            section: "tls",
            ..TlsFiles::admin(&self.certificate, &self.key)
        }
    }

    fn load(&self) -> Result<Acceptor, TlsError> {
        Acceptor::load(&self.files())
    }
}

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

fn self_signed(key: &PKey<Private>) -> X509 {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "psop-adapter").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// A caller with one version and one suite, at a security level that would let old ones through.
async fn handshake(
    server: &TestServer,
    version: SslVersion,
    suite: &str,
) -> Option<Client<SslStream<TcpStream>>> {
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    connector.set_security_level(0);
    connector.set_min_proto_version(Some(version)).unwrap();
    connector.set_max_proto_version(Some(version)).unwrap();
    connector.set_cipher_list(suite).unwrap();
    let ssl = connector
        .build()
        .configure()
        .unwrap()
        .into_ssl("localhost")
        .unwrap();
    let stream = TcpStream::connect(server.http).await.unwrap();
    let mut stream = SslStream::new(ssl, stream).unwrap();
    patiently(Pin::new(&mut stream).connect()).await.ok()?;
    Some(Client(stream))
}

async fn tls_server(limits: Limits) -> TestServer {
    TestServer::start_with(limits, Some(Files::good(&rsa(2048)).load().unwrap())).await
}

#[tokio::test]
async fn every_suite_of_a_security_server_works_on_tls_1_2() {
    let server = tls_server(Limits::default()).await;
    for suite in [
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-SHA384",
        "DHE-RSA-AES128-GCM-SHA256",
        "DHE-RSA-AES128-SHA256",
        "DHE-RSA-AES256-SHA256",
        "DHE-RSA-AES256-GCM-SHA384",
    ] {
        let mut client = handshake(&server, SslVersion::TLS1_2, suite)
            .await
            .expect(suite);
        assert_eq!(client.0.ssl().current_cipher().unwrap().name(), suite);
        client.post("one").await.assert(200, "one");
        client.post("two").await.assert(200, "two");
    }
}

#[tokio::test]
async fn tls_1_3_works_and_old_versions_and_weak_suites_do_not() {
    let server = tls_server(Limits::default()).await;
    let mut client = handshake(&server, SslVersion::TLS1_3, "DEFAULT")
        .await
        .unwrap();
    client.post("one").await.assert(200, "one");
    assert!(
        handshake(&server, SslVersion::TLS1_1, "ALL")
            .await
            .is_none()
    );
    assert!(handshake(&server, SslVersion::TLS1, "ALL").await.is_none());
    assert!(
        handshake(&server, SslVersion::TLS1_2, "AES128-SHA")
            .await
            .is_none()
    );
}

#[tokio::test]
async fn a_too_large_body_meets_a_readable_answer_over_tls_too() {
    let server = tls_server(Limits {
        body_bytes_max: 100,
        ..Limits::default()
    })
    .await;
    let mut client = handshake(&server, SslVersion::TLS1_2, "DEFAULT")
        .await
        .unwrap();
    client.send(post(&"x".repeat(4 << 20))).await;
    client
        .answer()
        .await
        .assert(500, "BodyTooLarge { limit: 100 }");
    assert_eq!(client.until_closed().await, b"");
}

#[tokio::test]
async fn a_stalled_handshake_and_a_plain_caller_are_closed() {
    let server = tls_server(Limits {
        tls_handshake_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut stalled = server.connect().await;
    assert_eq!(stalled.until_closed().await, b"");
    let mut plain = server.connect().await;
    plain.send(post("x")).await;
    let answered = plain.until_closed().await;
    assert!(!answered.starts_with(b"HTTP"));
}

#[test]
fn files_that_do_not_fit_are_refused_with_the_key_to_correct() {
    let (one, other) = (rsa(2048), rsa(2048));
    let good = Files::good(&one);
    assert!(good.load().is_ok());

    let mismatch = Files::new(&one, &other.private_key_to_pem_pkcs8().unwrap());
    assert!(matches!(
        mismatch.load(),
        Err(TlsError::File(FileError::Mismatch { .. }))
    ));

    let locked = one
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret")
        .unwrap();
    assert!(matches!(
        Files::new(&one, &locked).load(),
        Err(TlsError::File(FileError::Key { .. }))
    ));

    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let elliptic = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    assert!(matches!(
        Files::good(&elliptic).load(),
        Err(TlsError::File(FileError::NotRsa { .. }))
    ));

    let short = Files::good(&rsa(1024)).load().unwrap_err();
    assert!(short.to_string().contains("2048 bits or more"), "{short}");

    std::fs::write(&good.certificate, "no certificate").unwrap();
    assert!(matches!(
        good.load(),
        Err(TlsError::File(FileError::Certificate { .. }))
    ));

    let absent = TlsFiles {
        key: good.key.with_extension("gone"),
        ..good.files()
    };
    let absent = Acceptor::load(&absent).unwrap_err();
    assert!(absent.to_string().starts_with("tls."), "{absent}");
}
