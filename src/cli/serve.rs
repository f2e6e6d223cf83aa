//! `serve`: opens the store, listens, says so, and drains when told to stop.
//!
//! - `reload`: what SIGHUP changes; `certificates`: which of them end soon

mod certificates;
mod reload;

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use openssl::x509::X509Ref;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigFile, access_head};
use crate::admin_access::{AdminFile, Token};
use crate::app::{App, mandates, open_store};
use crate::config::{Config, Environment, Overrides};
use crate::http::admin::Guard;
use crate::http::inherited::Inherited;
use crate::http::server::{Listeners, serve};
use crate::http::tls::Acceptor;
use crate::http::tls::files::Files;
use crate::store::sled::IS_UNSYNCED_CONTROL;
use crate::telemetry::{self, Level};

use reload::Reload;

/// Serve the services until told to stop.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints one line, `ready http=ADDRESS admin=ADDRESS`, on standard output when it answers; \
    logs go to standard error.\nSIGTERM and SIGINT stop it: requests under way are answered first. SIGHUP reads the \
    configuration anew and takes over certificates, keys, pins and the log level.\nIt takes sockets that systemd hands \
    over, named http and admin, in place of those that it would bind.\n\
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
        let config = self.load()?;
        let telemetry = telemetry::start(&config)?;
        let runtime = super::runtime()?;
        let ended = runtime.block_on(run(self, config, &telemetry.level));
        drop(runtime);
        telemetry.stop();
        ended
    }

    fn load(&self) -> anyhow::Result<Config> {
        self.config.load(&Overrides {
            listen: self.listen,
            admin_listen: self.admin_listen,
        })
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

async fn run(command: Serve, config: Config, level: &Level) -> anyhow::Result<ExitCode> {
    // First of all: opening a large store takes a while, and by default these signals kill.
    let (stop, hangup) = (stop_signal()?, signal(SignalKind::hangup())?);
    refuse_control(&config)?;
    let tls = match &config.tls {
        Some(tls) => Some(Acceptor::load(&Files::public(tls))?),
        None => None,
    };
    let admin_tls = match config.admin.tls() {
        Some((certificate, key)) => Some(Acceptor::load(&Files::admin(certificate, key))?),
        None => None,
    };
    let mandates = mandates(&config)?;
    let (http_listener, admin_listener) = listeners(&config).await?;
    let (http, admin) = (http_listener.local_addr()?, admin_listener.local_addr()?);
    let (store, keyring) = open_store(&config)?;
    let admin_file = AdminFile {
        address: admin,
        token: Token::random()?,
        certificate: match &admin_tls {
            Some(acceptor) => Some(pem_of(&acceptor.certificate())?),
            None => None,
        },
    };
    let acceptors: Vec<Acceptor> = tls.iter().chain(&admin_tls).cloned().collect();
    let listeners = Listeners {
        http: http_listener,
        tls: tls.clone(),
        admin: admin_listener,
        guard: Guard::new(admin, &config.admin.hosts, admin_file.token.clone()),
        admin_tls: admin_tls.clone(),
    };
    let mut stdout = std::io::stdout();
    let app = App::new(&config, Arc::clone(&store), keyring).with_mandates(mandates);
    let app = Arc::new(app);
    // Only now: what it says is true while the store is ours.
    let admin_path = AdminFile::path_of(config.store.place());
    admin_file
        .write(&admin_path)
        .with_context(|| format!("cannot write the admin file {}", admin_path.display()))?;
    tracing::info!(%http, %admin, environment = ?config.environment, "serving");
    writeln!(stdout, "ready http={http} admin={admin}")?;
    stdout.flush()?;
    let heads_every = Duration::from_secs(config.log.access_head_every_s);
    let limits = Arc::new(config.limits.clone());
    let mut reload = Reload {
        command,
        config,
        tls,
        admin_tls,
        level,
        admin_file,
        admin_path: admin_path.clone(),
    };
    let report = tokio::select! {
        report = serve(listeners, limits, Arc::clone(&app), stop) => report,
        never = access_head::log_every(&*store, heads_every) => never,
        never = certificates::warn_daily(&acceptors) => never,
        never = app.measure_store() => never,
        never = reload.at_each(hangup) => never,
    };
    access_head::log(&*store).await;
    // Before the store is another's.
    if let Err(error) = std::fs::remove_file(&admin_path) {
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

fn pem_of(certificate: &X509Ref) -> anyhow::Result<String> {
    Ok(String::from_utf8(certificate.to_pem()?)?)
}

/// The public and the admin listener: handed over by the system, or bound here.
async fn listeners(config: &Config) -> anyhow::Result<(TcpListener, TcpListener)> {
    let inherited = Inherited::take()?;
    let http = match inherited.http {
        Some(listener) => listener,
        None => listen(config.server.listen).await?,
    };
    let admin = match inherited.admin {
        Some(listener) => listener,
        None => listen(config.admin.listen).await?,
    };
    let problems = [
        config.server.problem_of_proxy(http.local_addr()?),
        config.admin.problem_of_plain(admin.local_addr()?),
    ];
    if let Some(problem) = problems.into_iter().flatten().next() {
        anyhow::bail!("a socket that was handed over is refused: {problem}");
    }
    Ok((http, admin))
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
