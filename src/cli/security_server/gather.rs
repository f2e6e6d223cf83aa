//! Finds out what is there: at the security server, at the WSDL's address, and at those of the services.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::Uri;
use jiff::Timestamp;

use crate::cli::fetch::fetch;
use crate::cli::told_whole;
use crate::outgoing::{Peer, Trust};
use crate::partner::wsdl_lint::{Verdict, Weight, lint};
use crate::registration::client::Client;
use crate::registration::model::ServiceName;
use crate::registration::plan::{Plan, PlanError, Published, plan};
use crate::registration::present::{self, Present};
use crate::registration::status::{Check, Facts, checks};
use crate::registration::wanted::{self, SecurityServer, Wanted};

/// How long a handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(20);

/// A registration file, and the security server that it speaks of.
pub(super) struct Gathered {
    pub server: SecurityServer,
    pub wanted: Wanted,
    pub client: Client,
}

impl Gathered {
    pub(super) fn new(file: &Path, key: Option<String>) -> anyhow::Result<Gathered> {
        let (server, wanted) = wanted::load(file, key.as_deref()).map_err(told_whole)?;
        Ok(Gathered {
            client: Client::new(&server).map_err(told_whole)?,
            server,
            wanted,
        })
    }

    pub(super) async fn present(&mut self) -> anyhow::Result<Present> {
        let subjects = self.wanted.rights.iter().map(|right| &right.subject);
        let present = present::read(&mut self.client, &self.wanted.client, subjects).await;
        present
            .map_err(told_whole)
            .with_context(|| format!("cannot read what is there, at {}", self.server.url))
    }

    pub(super) fn plan(
        &self,
        present: &Present,
        wsdl: &Result<Vec<ServiceName>, String>,
    ) -> Result<Plan, PlanError> {
        plan(&self.wanted, present, published(wsdl))
    }

    /// Everything that `status` tells.
    pub(super) async fn checks(&mut self) -> anyhow::Result<Vec<Check>> {
        let present = self.present().await?;
        let server = present::read_server(&mut self.client).await;
        let (version, internal_not_after) = server.map_err(told_whole)?;
        let wsdl = wsdl(&self.wanted.wsdl_url).await;
        let exceptions = self
            .wanted
            .exceptions
            .iter()
            .filter_map(|it| it.url.as_ref());
        let urls: BTreeSet<&String> = exceptions.chain([&self.wanted.settings.url]).collect();
        let mut shown = Vec::new();
        for url in urls.into_iter().filter(|url| url.starts_with("https://")) {
            let certificate = certificate(url).await;
            shown.push((
                url.clone(),
                certificate.map_err(|error| format!("{error:#}")),
            ));
        }
        let facts = Facts {
            version: &version,
            plan: &self.plan(&present, &wsdl),
            present: &present,
            wsdl: &wsdl,
            shown: &shown,
            internal_not_after: &internal_not_after,
            now: Timestamp::now(),
        };
        Ok(checks(&self.wanted, &facts))
    }
}

/// What a plan knows of the WSDL.
pub(super) fn published(wsdl: &Result<Vec<ServiceName>, String>) -> Published<'_> {
    match wsdl {
        Ok(services) => Published::Services(services),
        Err(_) => Published::Unreachable,
    }
}

/// The services of the WSDL at an address, or why a security server could not use it.
pub(super) async fn wsdl(url: &str) -> Result<Vec<ServiceName>, String> {
    let services = async {
        let fetched = fetch(url).await?;
        // A security server's getWsdl takes no other, and follows no redirect.
        if fetched.status != 200 {
            bail!(
                "it answers HTTP {} and must answer 200, without a redirect",
                fetched.status
            );
        }
        let mut verdict = Verdict::default();
        lint(&fetched.bytes, &mut verdict);
        let refused = verdict
            .findings
            .iter()
            .find(|it| it.weight == Weight::Refused);
        if let Some(refused) = refused {
            bail!("{refused}");
        }
        let name = |code, version| ServiceName { code, version };
        let services = verdict.services.into_iter();
        let services: BTreeSet<ServiceName> =
            services.map(|it| name(it.code, it.version)).collect();
        Ok(services.into_iter().collect())
    };
    services
        .await
        .map_err(|error: anyhow::Error| format!("{error:#}"))
}

/// The certificate shown at an address, in DER.
async fn certificate(url: &str) -> anyhow::Result<Vec<u8>> {
    let uri: Uri = url
        .parse()
        .with_context(|| format!("{url} is no address"))?;
    let peer = Peer::of(&uri, Trust::Anyone).map_err(told_whole)?;
    let opened = tokio::time::timeout(HANDSHAKE_MAX, peer.open()).await;
    let opened =
        opened.with_context(|| format!("no answer within {} s", HANDSHAKE_MAX.as_secs()))?;
    let opened = opened.map_err(told_whole)?;
    opened.certificate.context("no certificate is shown")
}
