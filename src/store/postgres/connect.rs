//! Connections to the database: where to, TLS, time-outs, and what every session is set to.
//!
//! Invariant: no session acknowledges before its commit is durable, waits without end, or is with a server that
//! only reads.

use std::path::PathBuf;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use postgres_openssl::MakeTlsConnector;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};

use crate::store::StoreError;

/// Where the database is, and how long it may take.
#[derive(Clone)]
pub struct Options {
    /// `postgres://USER@HOST[:PORT][,HOST…]/DATABASE`; holds a password perhaps, so it is never shown.
    pub url: String,
    /// Read at each start, instead of a password in the URL.
    pub password_file: Option<PathBuf>,
    /// PEM file of the authorities that may vouch for the server, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Plain connections may go beyond this machine.
    pub allow_plain: bool,
    /// Connections for reads; one more is for commits.
    pub connections_max: usize,
    /// Longest wait for a connection, and for a statement's answer.
    pub timeout: Duration,
    /// How long another adapter may hold the turn to commit without going on.
    pub stall_timeout: Duration,
    /// How often it is asked whether the database is there.
    pub probe_every: Duration,
    /// Commits that may wait; one more is refused as [`StoreError::Busy`].
    pub commit_queue_max: usize,
    /// Commits that share one transaction.
    pub commit_batch_max: usize,
}

/// The pools over one database.
pub(super) struct Pools {
    pub(super) reads: Pool,
    pub(super) commits: Pool,
}

/// Makes the pools; connects to nothing yet.
pub(super) fn pools(options: &Options) -> Result<Pools, StoreError> {
    let mut config: Config = options
        .url
        .parse()
        .map_err(|error| refused(&format!("store.url cannot be read: {error}")))?;
    if let Some(path) = &options.password_file {
        let password = std::fs::read_to_string(path).map_err(|error| {
            refused(&format!(
                "the password file {} (store.password_file) cannot be read: {error}",
                path.display()
            ))
        })?;
        config.password(password.trim_end_matches(['\r', '\n']));
    }
    config
        .application_name("psop-adapter")
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .connect_timeout(options.timeout)
        .tcp_user_timeout(options.timeout)
        .keepalives_idle(options.timeout);
    let is_plain = match config.get_ssl_mode() {
        SslMode::Disable => true,
        SslMode::Require => false,
        _ => is_local(&config),
    };
    if is_plain && !is_local(&config) && !options.allow_plain {
        return Err(refused(
            "store.url asks for a plain connection to another machine: leave sslmode out of it, so that the \
             connection is TLS and the server's certificate is verified",
        ));
    }
    Ok(Pools {
        reads: pool(&config, is_plain, options, options.connections_max)?,
        commits: pool(&config, is_plain, options, 1)?,
    })
}

/// Whether every host is this machine.
fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    })
}

fn pool(
    config: &Config,
    is_plain: bool,
    options: &Options,
    connections_max: usize,
) -> Result<Pool, StoreError> {
    let mut config = config.clone();
    let how = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = if is_plain {
        config.ssl_mode(SslMode::Disable);
        Manager::from_config(config, NoTls, how)
    } else {
        config.ssl_mode(SslMode::Require);
        Manager::from_config(config, tls(options)?, how)
    };
    let session = session(options);
    let set_up = Hook::async_fn(move |client, _| {
        let session = session.clone();
        Box::pin(async move {
            client
                .batch_execute(&session)
                .await
                .map_err(HookError::Backend)
        })
    });
    Pool::builder(manager)
        .max_size(connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.timeout))
        .create_timeout(Some(options.timeout))
        .post_create(set_up)
        .build()
        .map_err(|error| refused(&error.to_string()))
}

/// TLS whose server certificate and name are verified.
fn tls(options: &Options) -> Result<MakeTlsConnector, StoreError> {
    let failed = |error| refused(&format!("TLS to the database cannot be set up: {error}"));
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(failed)?;
    builder
        .set_min_proto_version(Some(SslVersion::TLS1_2))
        .map_err(failed)?;
    if let Some(path) = &options.ca_file {
        builder.set_ca_file(path).map_err(|error| {
            refused(&format!(
                "the authorities' file {} (store.ca_file) cannot be used: {error}",
                path.display()
            ))
        })?;
    }
    Ok(MakeTlsConnector::new(builder.build()))
}

/// What a session is set to. A commit waits for the standbys that the server is set to wait for, and for the disk.
fn session(options: &Options) -> String {
    let timeout = options.timeout.as_millis();
    let stall = options.stall_timeout.as_millis();
    format!(
        "SET statement_timeout = {timeout}; SET lock_timeout = {timeout}; \
         SET idle_in_transaction_session_timeout = {stall}; SET client_min_messages = warning; \
         SELECT set_config('synchronous_commit', 'on', false) \
         WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )
}

fn refused(text: &str) -> StoreError {
    StoreError::Unavailable(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> Options {
        Options {
            url: url.to_owned(),
            password_file: None,
            ca_file: None,
            allow_plain: false,
            connections_max: 4,
            timeout: Duration::from_secs(1),
            stall_timeout: Duration::from_secs(1),
            probe_every: Duration::from_secs(1),
            commit_queue_max: 16,
            commit_batch_max: 16,
        }
    }

    #[test]
    fn a_plain_connection_beyond_this_machine_is_refused_unless_allowed() {
        for local in [
            "postgres://psop@127.0.0.1/psop",
            "postgres://psop@localhost,127.0.0.1:5433/psop?sslmode=disable",
            "postgres://psop@%2Frun%2Fpostgresql/psop",
            "postgres://psop@db.example.fi/psop",
        ] {
            assert!(pools(&options(local)).is_ok(), "{local}");
        }
        let plain = "postgres://psop@127.0.0.1,db.example.fi/psop?sslmode=disable";
        let Err(error) = pools(&options(plain)) else {
            panic!("taken");
        };
        assert!(error.to_string().contains("sslmode"), "{error}");
        let mut allowed = options(plain);
        allowed.allow_plain = true;
        assert!(pools(&allowed).is_ok());
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told_without_its_password() {
        for wrong in [
            "psop:secret@db",
            "postgres://u:secret@h/d?sslmode=maybe",
            "",
        ] {
            let told = match pools(&options(wrong)) {
                Ok(_) => continue,
                Err(error) => error.to_string(),
            };
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
