//! `store copy`: from one back end or place to another, with nobody serving either.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::super::{ConfigFile, runtime};
use super::Telling;
use crate::app::{fill_store, master_key, open_store};
use crate::config::{Config, Overrides, StoreKind};

/// Copy the store.
#[derive(Debug, Args)]
#[command(
    after_help = "Each side is a back end (`sled` or `postgres`) of the configuration that --config names, or a \
    configuration file of its own. No server may run on either side; the place copied to must be empty, and is no store before \
    the digests of both sides are equal. Keys, epoch and sequence stay, so that who mirrors the feed goes on. \
    Broken off, it begins anew when it is run again. Serve only one of the two afterwards.\n\
    Example: psop-adapter store copy --from sled --to postgres --config psop-adapter.toml\n\
    Example: psop-adapter store copy --from old.toml --to new.toml"
)]
pub struct Copy {
    /// Back end, or configuration file
    #[arg(long, value_name = "BACK_END|FILE")]
    from: String,
    /// Back end, or configuration file
    #[arg(long, value_name = "BACK_END|FILE")]
    to: String,
    /// Configuration that has the back ends named
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Copy {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (from, to) = (self.side(&self.from)?, self.side(&self.to)?);
        ensure!(
            from.store != to.store,
            "both sides are the same store: name two"
        );
        runtime()?.block_on(copy(&from, &to))
    }

    /// The configuration of one side.
    fn side(&self, name: &str) -> anyhow::Result<Config> {
        let Ok(kind) = StoreKind::try_from(name.to_owned()) else {
            let config = PathBuf::from(name);
            return ConfigFile { config }.load(&Overrides::default());
        };
        let Some(config) = self.config.clone() else {
            bail!("--config must say where the {name} store is");
        };
        let mut config = ConfigFile { config }.load(&Overrides::default())?;
        config.store.kind = kind;
        let problems = config.problems();
        ensure!(problems.is_empty(), "{}", problems.join("; "));
        Ok(config)
    }
}

async fn copy(from: &Config, to: &Config) -> anyhow::Result<ExitCode> {
    let master = master_key(to)?;
    let (source, _) = open_store(from).context("the store to copy cannot be opened")?;
    let target = fill_store(to).context("the place to copy to cannot be used");
    let mut telling = Telling::of("copied");
    let mut tell = |walked| telling.tell(walked);
    let copied = match target {
        Ok(target) => {
            let copied = source.copy_into(target, &master, &mut tell).await;
            copied.context("nothing was copied that could be used")
        }
        Err(error) => Err(error),
    };
    let closed = source.close().await;
    let copied = copied?;
    closed.context("the store that was copied was not closed in order")?;
    println!(
        "copied {} records; SHA-256 over all of them in the order of their keys, on both sides: {}\n\
         now run `store check` there, and serve that one only",
        copied.records,
        hex::encode(copied.digest)
    );
    Ok(ExitCode::SUCCESS)
}
