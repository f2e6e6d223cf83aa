//! Fetches a WSDL as a security server does: by GET, whatever the certificate, and no more than it takes.

use std::time::Duration;

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Uri};

use super::told_whole;
use crate::outgoing::{Peer, Trust};
use crate::partner::wsdl_lint::BYTES_MAX;

/// How long a fetch may take.
const FETCH_MAX: Duration = Duration::from_secs(60);

/// What was answered.
pub(super) struct Fetched {
    pub status: u16,
    /// One byte more at most than a security server takes.
    pub bytes: Bytes,
}

/// Fetches.
pub(super) async fn fetch(url: &str) -> anyhow::Result<Fetched> {
    let fetched = tokio::time::timeout(FETCH_MAX, fetch_in_time(url)).await;
    fetched.with_context(|| format!("no answer within {} seconds", FETCH_MAX.as_secs()))?
}

async fn fetch_in_time(url: &str) -> anyhow::Result<Fetched> {
    let uri: Uri = url
        .parse()
        .with_context(|| format!("{url} is no address"))?;
    let peer = Peer::of(&uri, Trust::Anyone).map_err(told_whole)?;
    let mut opened = peer.open().await.map_err(told_whole)?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header("Host", host)
        .header("Connection", "close")
        .body(Full::new(Bytes::new()))?;
    let answer = opened.connection.send_request(request).await?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.context("the document breaks off")?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > BYTES_MAX {
            bytes.truncate(BYTES_MAX + 1);
            break;
        }
    }
    Ok(Fetched {
        status,
        bytes: bytes.freeze(),
    })
}
