//! SIGHUP: the configuration is read anew, and what may change while the program runs is taken over.
//!
//! That is what certificates, keys and pins are, and the log's level. Other keys are named in a warning and wait for a
//! restart. Where anything is refused, everything stays as it was.

use std::path::PathBuf;

use tokio::signal::unix::Signal;

use super::{Serve, pem_of};
use crate::admin_access::AdminFile;
use crate::config::Config;
use crate::http::tls::files::Files;
use crate::http::tls::{Acceptor, Loaded};
use crate::telemetry::Level;

/// What a running server can change of itself.
pub(super) struct Reload<'level> {
    pub command: Serve,
    /// What the server runs with.
    pub config: Config,
    pub tls: Option<Acceptor>,
    pub admin_tls: Option<Acceptor>,
    pub level: &'level Level,
    /// Tells the command line which certificate the admin listener shows.
    pub admin_file: AdminFile,
    pub admin_path: PathBuf,
}

impl Reload<'_> {
    /// Reloads at each hang-up signal, for as long as it is polled.
    pub async fn at_each(&mut self, mut hangup: Signal) -> ! {
        loop {
            if hangup.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
            match self.now() {
                Ok(()) => tracing::info!("the configuration is read anew"),
                Err(error) => tracing::error!(
                    "the configuration was not taken over, and everything stays as it was: {error:#}"
                ),
            }
        }
    }

    fn now(&mut self) -> anyhow::Result<()> {
        let config = self.command.load()?;
        let public = match (&self.tls, &config.tls) {
            (Some(_), Some(tls)) => Some(Loaded::read(&Files::public(tls))?),
            _ => None,
        };
        let admin = match (&self.admin_tls, config.admin.tls()) {
            (Some(_), Some((certificate, key))) => {
                Some(Loaded::read(&Files::admin(certificate, key))?)
            }
            _ => None,
        };
        // The last that can be refused. From here on everything is taken over.
        self.level.set(&config.log.level)?;
        self.config.log.level.clone_from(&config.log.level);
        if let (Some(acceptor), Some(loaded)) = (&self.tls, public) {
            acceptor.replace(loaded);
            self.config.tls.clone_from(&config.tls);
        }
        if let (Some(acceptor), Some(loaded)) = (&self.admin_tls, admin) {
            acceptor.replace(loaded);
            self.config
                .admin
                .certificate
                .clone_from(&config.admin.certificate);
            self.config.admin.key.clone_from(&config.admin.key);
            self.admin_file.certificate = Some(pem_of(acceptor)?);
            self.admin_file.write(&self.admin_path)?;
        }
        let waiting = self.config.differing_keys(&config)?;
        if !waiting.is_empty() {
            let keys = waiting.join(", ");
            tracing::warn!(keys, "these keys were changed and wait for a restart");
        }
        Ok(())
    }
}
