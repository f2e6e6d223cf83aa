//! `serve`: opens the store, listens, says so, and drains when told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigFile, access_head};
use crate::admin_access::{AdminFile, Token};
use crate::app::{App, mandates, open_store};
use crate::config::{Config, Environment, Overrides};
use crate::http::admin::Guard;
use crate::http::server::{Listeners, serve};
use crate::http::tls::Acceptor;
use crate::store::sled::IS_UNSYNCED_CONTROL;
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
    /// Address for health checks and operators, such as 127.0.0.1:8081; port 0 takes a free one
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

/// A build that loses data says so, and serves nobody in earnest.
fn refuse_control(config: &Config) -> anyhow::Result<()> {
    if IS_UNSYNCED_CONTROL {
        eprintln!(
            "THIS BUILD SYNCS NOTHING AND LOSES ACKNOWLEDGED DATA IN A POWER CUT (feature unsynced-control). It is \
             the control of a test: use another one."
        );
        anyhow::ensure!(
            config.environment != Environment::Prod,
            "a build with the feature unsynced-control does not serve environment PROD"
        );
    }
    Ok(())
}

async fn run(config: Config) -> anyhow::Result<ExitCode> {
    refuse_control(&config)?;
    let tls = match &config.tls {
        Some(tls) => Some(Acceptor::load("tls", &tls.certificate, &tls.key)?),
        None => None,
    };
    let admin_tls = match config.admin.tls() {
        Some((certificate, key)) => Some(Acceptor::load("admin", certificate, key)?),
        None => None,
    };
    let mandates = mandates(&config)?;
    let http_listener = listen(config.server.listen).await?;
    let admin_listener = listen(config.admin.listen).await?;
    let (http, admin) = (http_listener.local_addr()?, admin_listener.local_addr()?);
    let (store, keyring) = open_store(&config)?;
    let token = Token::random()?;
    let listeners = Listeners {
        http: http_listener,
        tls,
        admin: admin_listener,
        guard: Guard::new(admin, &config.admin.hosts, token.clone()),
        admin_tls,
    };
    let mut stdout = std::io::stdout();
    let app = App::new(&config, Arc::clone(&store), keyring).with_mandates(mandates);
    let app = Arc::new(app);
    let stop = stop_signal()?;
    // Only now: what it says is true while the store is ours.
    let admin_file = AdminFile::path_of(config.store.place());
    tell(&admin_file, admin, token, listeners.admin_tls.as_ref())?;
    tracing::info!(%http, %admin, environment = ?config.environment, "serving");
    writeln!(stdout, "ready http={http} admin={admin}")?;
    stdout.flush()?;
    let heads_every = Duration::from_secs(config.log.access_head_every_s);
    let report = tokio::select! {
        report = serve(listeners, Arc::new(config.limits), app, stop) => report,
        never = access_head::log_every(&*store, heads_every) => never,
    };
    access_head::log(&*store).await;
    // Before the store is another's.
    if let Err(error) = std::fs::remove_file(&admin_file) {
        tracing::warn!(%error, "the admin file was not removed: it can be deleted by hand");
    }
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

/// Hands the operator's command line the token.
fn tell(
    path: &Path,
    address: SocketAddr,
    token: Token,
    tls: Option<&Acceptor>,
) -> anyhow::Result<()> {
    let certificate = match tls {
        Some(tls) => Some(String::from_utf8(tls.certificate().to_pem()?)?),
        None => None,
    };
    let file = AdminFile {
        address,
        token,
        certificate,
    };
    file.write(path)
        .with_context(|| format!("cannot write the admin file {}", path.display()))
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
