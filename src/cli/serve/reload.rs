//! SIGHUP: the configuration is read anew, and what may change while the program runs is taken over.
//!
//! That is what certificates, keys and pins are, and the log's level. Other keys are named in a warning and wait for a
//! restart. Where anything is refused, everything stays as it was.

use std::path::PathBuf;

use anyhow::ensure;
use tokio::signal::unix::Signal;

use super::{Serve, certificates, pem_of};
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
        let written = self.command.load()?;
        let next = self.taken_over(&written);
        // By what would be running: the file's own environment and listeners are not.
        let problems = next.problems();
        ensure!(problems.is_empty(), "{}", problems.join("; "));
        let filter = Level::parse(&next.log.level)?;
        let public = match (&self.tls, &next.tls) {
            (Some(acceptor), Some(tls)) => Some((acceptor, Loaded::read(&Files::public(tls))?)),
            _ => None,
        };
        let admin = match (&self.admin_tls, next.admin.tls()) {
            (Some(acceptor), Some((certificate, key))) => {
                Some((acceptor, Loaded::read(&Files::admin(certificate, key))?))
            }
            _ => None,
        };
        let waiting = next.differing_keys(&written)?;
        if let Some((_, loaded)) = &admin {
            self.admin_file.certificate = Some(pem_of(loaded.certificate())?);
            self.admin_file.write(&self.admin_path)?;
        }
        // From here on nothing is refused.
        for (acceptor, loaded) in public.into_iter().chain(admin) {
            acceptor.replace(loaded);
        }
        self.level.set(filter)?;
        self.config = next;
        if !waiting.is_empty() {
            let keys = waiting.join(", ");
            tracing::warn!(keys, "these keys were changed and wait for a restart");
        }
        let acceptors = self.tls.iter().chain(&self.admin_tls);
        certificates::warn(acceptors.flat_map(Acceptor::certificates));
        Ok(())
    }

    /// What would be running: the running configuration with those keys of another that are taken over.
    fn taken_over(&self, written: &Config) -> Config {
        let mut next = self.config.clone();
        next.log.level.clone_from(&written.log.level);
        if self.tls.is_some() && written.tls.is_some() {
            next.tls.clone_from(&written.tls);
        }
        if self.admin_tls.is_some() && written.admin.tls().is_some() {
            next.admin
                .certificate
                .clone_from(&written.admin.certificate);
            next.admin.key.clone_from(&written.admin.key);
        }
        next
    }
}
