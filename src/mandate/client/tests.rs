//! The client against servers made here: TLS and who vouches for it, connections kept and lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::civil::date;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use tokio::net::TcpListener;
use tokio_openssl::SslStream;

use super::*;
use crate::domain::access::Representation;
use crate::domain::person_id::PersonId;
use crate::mandate::wire::{SIGNATURE, answer, request_id};

const POLICY: KeyFilePolicy = KeyFilePolicy {
    create_missing: true,
    refuse_exposed: true,
};

/// A service that allows everything.
struct Service {
    folder: tempfile::TempDir,
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Service {
    /// `answers_max`: it closes a connection after so many answers, without announcing it.
    async fn start(tls: Option<SslAcceptor>, answers_max: usize) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("key");
        let signer = Arc::new(Signer {
            client_id: "c".to_owned(),
            key: ApiKey::load(&key_file, POLICY).unwrap(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (signer, tls) = (Arc::clone(&signer), tls.clone());
                tokio::spawn(async move {
                    let Some(tls) = tls else {
                        return serve(stream, &signer, answers_max).await;
                    };
                    let ssl = Ssl::new(tls.context()).unwrap();
                    let mut stream = SslStream::new(ssl, stream).unwrap();
                    if std::pin::Pin::new(&mut stream).accept().await.is_ok() {
                        serve(stream, &signer, answers_max).await;
                    }
                });
            }
        });
        Service {
            folder,
            port,
            connections,
        }
    }

    fn client(&self, url: &str, ca_file: Option<PathBuf>) -> Client {
        let settings = Mandate {
            url: url.replace("PORT", &self.port.to_string()),
            client_id: "c".to_owned(),
            key_file: self.folder.path().join("key"),
            ca_file,
            breaker_failures: 1_000,
            ..Mandate::sample()
        };
        Client::new(&settings, POLICY).unwrap()
    }
}

async fn serve<S>(stream: S, signer: &Signer, answers_max: usize)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
{
    let answers = AtomicUsize::new(0);
    let service = service_fn(|request: Request<Incoming>| {
        let given = answers.fetch_add(1, Ordering::SeqCst);
        async move {
            if given == answers_max {
                return Err(std::io::Error::other("enough"));
            }
            let target = request.uri().path_and_query().unwrap().as_str();
            let id = request_id(target, "c").unwrap();
            let body = answer("ALLOWED");
            let signature = signer
                .answer_signature(id, &body, Clock::machine_now())
                .unwrap();
            let response = Response::builder().header(SIGNATURE, signature);
            Ok(response.body(Full::new(Bytes::from(body))).unwrap())
        }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn ask(client: &Client) -> Result<Verdict, MandateError> {
    let person = |text| PersonId::parse(text, date(2026, 3, 16)).unwrap();
    let acting = Some(person("070785-9015"));
    let representation = Representation::of(acting, &person("150318A902U"), []).unwrap();
    let question = Question {
        representation: &representation,
        end_user: "0a1b",
    };
    client.ask(&question).await
}

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

/// A certificate that vouches for itself, for one name.
fn self_signed(key: &PKey<Private>, host: &str) -> X509 {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "mandates").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder
        .append_extension(BasicConstraints::new().ca().build().unwrap())
        .unwrap();
    let context = builder.x509v3_context(None, None);
    let names = SubjectAlternativeName::new()
        .dns(host)
        .build(&context)
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}

fn acceptor(key: &PKey<Private>, certificate: &X509) -> SslAcceptor {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_private_key(key).unwrap();
    builder.set_certificate(certificate).unwrap();
    builder.build()
}

#[tokio::test]
async fn a_service_is_asked_over_tls_when_a_configured_authority_vouches_for_its_name() {
    let key = rsa();
    let certificate = self_signed(&key, "localhost");
    let service = Service::start(Some(acceptor(&key, &certificate)), usize::MAX).await;
    let in_folder = |name: &str, certificate: &X509| {
        let path = service.folder.path().join(name);
        std::fs::write(&path, certificate.to_pem().unwrap()).unwrap();
        Some(path)
    };
    let ours = in_folder("ours.pem", &certificate);
    let other = in_folder("other.pem", &self_signed(&rsa(), "localhost"));
    let url = "https://localhost:PORT/below";
    assert_eq!(
        ask(&service.client(url, ours.clone())).await.unwrap(),
        Verdict::Allowed
    );
    for refused in [
        service.client(url, None),
        service.client(url, other),
        service.client("https://127.0.0.1:PORT", ours.clone()),
    ] {
        let error = ask(&refused).await.unwrap_err();
        let is_tls = matches!(error, MandateError::Unreached(OutgoingError::Tls(_)));
        assert!(is_tls, "{error}");
    }
    assert!(
        ask(&service.client("http://localhost:PORT", ours))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn authorities_that_are_none_are_told_by_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, "none").unwrap();
    let settings = Mandate {
        key_file: folder.path().join("key"),
        ca_file: Some(path),
        ..Mandate::sample()
    };
    let error = Client::new(&settings, POLICY).unwrap_err();
    assert!(
        error.to_string().starts_with("mandate.ca_file: "),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_is_kept_and_one_that_was_lost_is_replaced() {
    let service = Service::start(None, usize::MAX).await;
    let client = service.client("http://127.0.0.1:PORT", None);
    for _ in 0..20 {
        assert_eq!(ask(&client).await.unwrap(), Verdict::Allowed);
    }
    assert_eq!(service.connections.load(Ordering::SeqCst), 1);
    let closing = Service::start(None, 2).await;
    let client = closing.client("http://127.0.0.1:PORT", None);
    for _ in 0..20 {
        assert_eq!(ask(&client).await.unwrap(), Verdict::Allowed);
    }
    assert_eq!(closing.connections.load(Ordering::SeqCst), 10);
}
