//! `serve`: opens the store, listens, says so, and drains when told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigFile, access_head};
use crate::app::{App, open_store};
use crate::config::{Config, Overrides};
use crate::http::server::{Listeners, serve};
use crate::http::tls::Acceptor;
use crate::telemetry;

/// Serve the services until told to stop.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints one line, `ready http=ADDRESS admin=ADDRESS`, on standard output when it answers; \
    logs go to standard error.\nSIGTERM and SIGINT stop it: requests under way are answered first.\n\
    Example: psop-adapter serve --config fixtures/demo/psop-adapter.toml"
)]
pub struct Serve {
    #[command(flatten)]
    config: ConfigFile,
    /// Address for security servers, such as 127.0.0.1:8080; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Address for health checks, such as 127.0.0.1:8081; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<SocketAddr>,
}

impl Serve {
    /// Runs until stopped.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load(&Overrides {
            listen: self.listen,
            admin_listen: self.admin_listen,
        })?;
        telemetry::start(&config.log)?;
        super::runtime()?.block_on(run(config))
    }
}

async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let tls = match &config.tls {
        Some(tls) => Some(Acceptor::load(&tls.certificate, &tls.key)?),
        None => None,
    };
    let listeners = Listeners {
        http: listen(config.server.listen).await?,
        admin: listen(config.admin.listen).await?,
    };
    let (store, keyring) = open_store(&config)?;
    let (http, admin) = (listeners.http.local_addr()?, listeners.admin.local_addr()?);
    let mut stdout = std::io::stdout();
    let app = Arc::new(App::new(&config, Arc::clone(&store), keyring));
    let stop = stop_signal()?;
    tracing::info!(%http, %admin, environment = ?config.environment, "serving");
    writeln!(stdout, "ready http={http} admin={admin}")?;
    stdout.flush()?;
    let heads_every = Duration::from_secs(config.log.access_head_every_s);
    let report = tokio::select! {
        report = serve(listeners, tls, Arc::new(config.limits), app, stop) => report,
        never = access_head::log_every(&*store, heads_every) => never,
    };
    access_head::log(&*store).await;
    store
        .close()
        .await
        .context("the store was not closed in order")?;
    tracing::info!(
        drained = report.drained,
        aborted = report.aborted,
        "stopped"
    );
    Ok(ExitCode::SUCCESS)
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is it another program's, or is it not this machine's?")
    })
}

/// Done when the process is told to stop. The signals are watched from now on.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to stop: finishing what is under way");
    })
}
