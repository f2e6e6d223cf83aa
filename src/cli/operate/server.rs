//! The running server as the command line meets it: found by its admin file, proven to be the one that wrote it, asked
//! over its admin listener.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Response};
use openssl::x509::X509;
use tokio::time::{Instant, sleep, timeout};

use super::{Ended, Series, print};
use crate::admin_access::{AdminFile, NONCE_HEADER, PROOF_HEADER, USER_HEADER, nonce};
use crate::cli::os_user::os_user;
use crate::cli::told_whole;
use crate::operate::{Command, Line};
use crate::outgoing::{Peer, Trust};

/// How long a server may take to be reached and to prove itself.
const FIND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may be too busy with other commands, and how often it is asked again meanwhile.
const BUSY_WAIT_MAX: Duration = Duration::from_secs(60);
const BUSY_RETRY_EVERY: Duration = Duration::from_millis(200);
/// Longest line of a command's output, in bytes.
const LINE_BYTES_MAX: usize = 64 << 20;
/// Longest refusal that is printed, in bytes.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

/// A server that has proven to be the one that wrote the admin file.
pub(super) struct Server {
    file: AdminFile,
}

impl Server {
    /// Finds the server that has this store.
    ///
    /// # Errors
    /// Why there is none, or none that can be asked.
    pub(super) async fn find(store: &Path) -> anyhow::Result<Server> {
        let path = AdminFile::path_of(store);
        let file = AdminFile::read(&path)
            .with_context(|| format!("cannot read {}", path.display()))?
            .with_context(|| format!("there is no {}", path.display()))?;
        let server = Server { file };
        timeout(FIND_TIMEOUT, server.prove())
            .await
            .map_err(|_| anyhow::anyhow!("{} does not answer", server.file.address))??;
        Ok(server)
    }

    /// The port of a server that is gone may be another program's by now: nothing of ours is for that one.
    async fn prove(&self) -> anyhow::Result<()> {
        let nonce = nonce()?;
        let request = Request::get("/version")
            .header(HOST, self.address().to_string())
            .header(NONCE_HEADER, &nonce)
            .body(Full::new(Bytes::new()))?;
        let answer = self.send(request).await?;
        let proof = answer.headers().get(PROOF_HEADER);
        let is_proven = match proof {
            Some(proof) => self.file.token.is_proven(&nonce, proof.as_bytes())?,
            None => false,
        };
        ensure!(
            is_proven,
            "what listens on {} is not the server that wrote the admin file",
            self.address()
        );
        Ok(())
    }

    /// Runs a command there and prints its lines as they come.
    ///
    /// # Errors
    /// The server refuses, or breaks off; then what it had done by that time stays done.
    pub(super) async fn run(
        &self,
        command: &Command,
        body_bytes_max: usize,
        series: &mut dyn Series,
    ) -> anyhow::Result<Ended> {
        let (name, arguments) = (command.name, command.arguments()?);
        ensure!(
            arguments.len() <= body_bytes_max,
            "the arguments are {} bytes, larger than a running server takes (limits.admin_body_bytes_max, \
             {body_bytes_max}): nothing was done",
            arguments.len()
        );
        let arguments = Bytes::from(arguments);
        let mut answer = self.post(name, arguments.clone()).await?;
        let began = Instant::now();
        while answer.status() == 503 && began.elapsed() < BUSY_WAIT_MAX {
            sleep(BUSY_RETRY_EVERY).await;
            answer = self.post(name, arguments.clone()).await?;
        }
        let status = answer.status();
        let body = answer.into_body();
        if status != 200 {
            let told = http_body_util::Limited::new(body, REFUSAL_BYTES_MAX)
                .collect()
                .await;
            let told = told.map(|told| told.to_bytes()).unwrap_or_default();
            bail!(
                "the running server refuses the command (HTTP {status}): {}",
                String::from_utf8_lossy(&told).trim_end()
            );
        }
        print_lines(body, series).await
    }

    async fn post(&self, name: &str, arguments: Bytes) -> anyhow::Result<Response<Incoming>> {
        let request = Request::post(format!("/api/v1/{name}"))
            .header(HOST, self.address().to_string())
            .header(AUTHORIZATION, self.file.token.authorization())
            .header(USER_HEADER, HeaderValue::from_bytes(os_user().as_bytes())?)
            .header(ACCEPT, "application/x-ndjson")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(arguments))?;
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>> {
        let address = self.address();
        let pinned = match &self.file.certificate {
            Some(certificate) => Some(X509::from_pem(certificate.as_bytes())?),
            None => None,
        };
        let trust = pinned.as_ref().map(Trust::Exactly);
        let peer = Peer::new(&address.ip().to_string(), address.port(), trust)?;
        let opened = peer.open().await.map_err(told_whole);
        let mut opened = opened.with_context(|| format!("no server of ours on {address}"))?;
        // The connection ends with the answer.
        let answer = opened.connection.send_request(request).await;
        answer.with_context(|| format!("the server on {address} broke off"))
    }

    /// Where to connect: a listener on every address is met on loopback.
    fn address(&self) -> SocketAddr {
        let mut address = self.file.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        address
    }
}

/// Prints lines as they come, up to the one that tells the exit code.
async fn print_lines(mut body: Incoming, series: &mut dyn Series) -> anyhow::Result<Ended> {
    const BROKEN: &str = "the server broke off before the command's end: what it had done stays done; look what \
                          there is before running it again";
    let mut waiting = BytesMut::new();
    let mut carried = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.context(BROKEN)?.into_data() else {
            continue;
        };
        let mut searched = waiting.len();
        waiting.extend_from_slice(&data);
        while let Some(end) = find_break(&waiting, searched) {
            let line = waiting.split_to(end + 1);
            searched = 0;
            let line: Line = serde_json::from_slice(&line)
                .context("the server's output is not this version's")?;
            if let Some(exit_code) = print(line, &mut carried, series)? {
                return Ok(Ended { exit_code, carried });
            }
        }
        ensure!(
            waiting.len() <= LINE_BYTES_MAX,
            "a line of the server's output is longer than {LINE_BYTES_MAX} bytes"
        );
    }
    bail!(BROKEN)
}

/// Where the first line break stands, from `searched` on.
fn find_break(bytes: &[u8], searched: usize) -> Option<usize> {
    let rest = bytes.get(searched..)?;
    let found = rest.iter().position(|byte| *byte == b'\n')?;
    Some(searched + found)
}
