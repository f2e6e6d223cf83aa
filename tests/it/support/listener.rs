//! A small HTTP server in the test's own process, plain or TLS, whose answers a function gives.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslAcceptor, SslContext, SslMethod};
use openssl::x509::{X509, X509NameBuilder};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_openssl::SslStream;

/// A request, its body read.
pub type Request = hyper::Request<Bytes>;
pub type Response = hyper::Response<Full<Bytes>>;
/// `None` breaks the connection off without an answer.
pub type Handler = dyn Fn(Request) -> Option<Response> + Send + Sync;

/// A self-signed certificate and its key. Each has a serial number of its own; the key is the same.
pub fn certificate(name: &str, days: (i64, i64)) -> (X509, PKey<Private>) {
    static KEY: OnceLock<PKey<Private>> = OnceLock::new();
    let key = KEY.get_or_init(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let serial = BigNum::from_slice(uuid::Uuid::new_v4().as_bytes()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = serial.to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(key).unwrap();
    let now = jiff::Timestamp::now().as_second();
    let day = |days: i64| Asn1Time::from_unix(now + days * 86_400).unwrap();
    builder.set_not_before(&day(days.0)).unwrap();
    builder.set_not_after(&day(days.1)).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    (builder.build(), key.clone())
}

/// What a server needs to show a certificate.
pub fn shows(certificate: &X509, key: &PKey<Private>) -> SslContext {
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(certificate).unwrap();
    acceptor.set_private_key(key).unwrap();
    acceptor.build().into_context()
}

/// Serves on a free port of loopback until the process ends. `tls` is asked for each connection.
pub fn listen(
    tls: impl Fn() -> Option<SslContext> + Send + 'static,
    handler: Arc<Handler>,
) -> SocketAddr {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Runtime::new().unwrap());
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, handler) = (tls(), handler.clone());
            tokio::spawn(async move {
                let Some(tls) = tls else {
                    return serve(stream, handler).await;
                };
                let mut stream = SslStream::new(Ssl::new(&tls).unwrap(), stream).unwrap();
                // Clients that do not like the certificate go away here.
                if std::pin::Pin::new(&mut stream).accept().await.is_ok() {
                    serve(stream, handler).await;
                }
            });
        }
    });
    address
}

async fn serve<S>(stream: S, handler: Arc<Handler>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    TokioIo<S>: Read + Write,
{
    let answer = service_fn(|request: hyper::Request<Incoming>| {
        let handler = handler.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(std::io::Error::other)?;
            let request = Request::from_parts(head, body.to_bytes());
            let answer = tokio::task::spawn_blocking(move || handler(request)).await?;
            answer.ok_or_else(|| std::io::Error::other("broken off"))
        }
    });
    // How a connection ends is the test's business.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
