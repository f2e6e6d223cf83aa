//! `lint-wsdl`: what a security server would say of a WSDL, before an administrator adds it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper_util::rt::TokioIo;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use serde_json::json;
use tokio::net::TcpStream;

use crate::partner::wsdl_lint::{BYTES_MAX, Verdict, Weight, lint, lint_address};

/// How long a fetch may take.
const FETCH_MAX: Duration = Duration::from_secs(60);

/// Say what a security server would make of a WSDL.
#[derive(Debug, Args)]
#[command(
    after_help = "An address is fetched as a security server does it: any certificate is taken, and the document may \
    have ten megabytes. Exit code 1 when the document would be refused.\n\
    Example: psop-adapter lint-wsdl http://127.0.0.1:8080/xroad?wsdl\n\
    Example: psop-adapter lint-wsdl wsdl/psop-v1.wsdl"
)]
pub struct LintWsdl {
    /// http:// or https:// address, or a file, or - for standard input
    #[arg(value_name = "URL|FILE")]
    from: String,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

impl LintWsdl {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut verdict = Verdict::default();
        let is_address = self.from.contains("://");
        let bytes = if is_address {
            lint_address(&self.from, &mut verdict);
            let fetch = fetch(&self.from);
            super::runtime()?
                .block_on(async { tokio::time::timeout(FETCH_MAX, fetch).await })
                .with_context(|| format!("no answer within {} seconds", FETCH_MAX.as_secs()))?
                .with_context(|| {
                    format!(
                        "a security server would say wsdl_download_failed of {}",
                        self.from
                    )
                })?
        } else {
            super::read_bytes(Path::new(&self.from))?
        };
        lint(&bytes, &mut verdict);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&as_json(&verdict))?);
        } else {
            tell(&verdict);
        }
        Ok(ExitCode::from(u8::from(!verdict.is_taken())))
    }
}

fn tell(verdict: &Verdict) {
    for service in &verdict.services {
        println!(
            "service {}{} at {}: {}",
            service.code,
            service
                .version
                .as_ref()
                .map_or_else(String::new, |version| format!(".{version}")),
            service.address.as_deref().unwrap_or("no address"),
            service.title.as_deref().unwrap_or("no title")
        );
    }
    for finding in &verdict.findings {
        println!("{finding}");
    }
    let taken = if verdict.is_taken() {
        "takes"
    } else {
        "refuses"
    };
    println!("a security server {taken} it");
}

fn as_json(verdict: &Verdict) -> serde_json::Value {
    let services: Vec<_> = verdict
        .services
        .iter()
        .map(|service| {
            json!({
                "code": service.code,
                "version": service.version,
                "title": service.title,
                "address": service.address,
            })
        })
        .collect();
    let findings: Vec<_> = verdict
        .findings
        .iter()
        .map(|finding| {
            json!({
                "refused": finding.weight == Weight::Refused,
                "code": finding.code,
                "line": finding.place.map(|(line, _)| line),
                "column": finding.place.map(|(_, column)| column),
                "what": finding.what,
            })
        })
        .collect();
    json!({"taken": verdict.is_taken(), "services": services, "findings": findings})
}

async fn fetch(url: &str) -> anyhow::Result<Vec<u8>> {
    let uri: hyper::Uri = url
        .parse()
        .with_context(|| format!("{url} is no address"))?;
    let authority = uri
        .authority()
        .with_context(|| format!("{url} names no server"))?;
    let host = authority.host().trim_matches(['[', ']']);
    let is_tls = uri.scheme_str() == Some("https");
    let port = authority
        .port_u16()
        .unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((host, port))
        .await
        .with_context(|| format!("cannot reach {authority}"))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header("Host", authority.as_str())
        .header("Connection", "close")
        .body(Empty::<Bytes>::new())?;
    if !is_tls {
        return exchange(TokioIo::new(stream), request).await;
    }
    // As a security server fetches a WSDL: whatever the certificate.
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    connector.set_verify(SslVerifyMode::NONE);
    let ssl = connector
        .build()
        .configure()?
        .verify_hostname(false)
        .into_ssl(host)?;
    let mut stream = tokio_openssl::SslStream::new(ssl, stream)?;
    std::pin::Pin::new(&mut stream)
        .connect()
        .await
        .context("TLS fails")?;
    exchange(TokioIo::new(stream), request).await
}

async fn exchange<S>(stream: S, request: Request<Empty<Bytes>>) -> anyhow::Result<Vec<u8>>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    if status.as_u16() >= 400 {
        bail!("the server answered HTTP {status}");
    }
    let body = Limited::new(response.into_body(), BYTES_MAX + 1)
        .collect()
        .await;
    driver.abort();
    match body {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) => bail!("the document cannot be read whole: {error}"),
    }
}
