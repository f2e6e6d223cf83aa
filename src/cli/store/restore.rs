//! `store restore`: makes a store of a backup where none is, in this process.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::super::{ConfigFile, runtime};
use super::Telling;
use crate::app::{fill_store, master_key};
use crate::config::{Config, Overrides};
use crate::store::upkeep;

/// Make a store of a backup.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads the backup through first: nothing is touched before every checksum, its end and its tag are \
    proven. The place that the configuration names for the store must be empty. Broken off, it leaves no store, and \
    begins anew when it is run again. The restored store has a new epoch: watermarks given before are refused \
    (CONTINUATION_INVALID), and who mirrors the feed begins anew.\n\
    Example: psop-adapter store restore psop.backup --config fixtures/demo/psop-adapter.toml"
)]
pub struct Restore {
    /// The backup, a file
    file: PathBuf,
    /// Only prove that the backup is whole and that the key file opens it
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load(&Overrides::default())?;
        // What fills a place may wait for another machine.
        runtime()?.block_on(async { self.restore(&config) })
    }

    fn restore(&self, config: &Config) -> anyhow::Result<ExitCode> {
        let master = master_key(config)?;
        let mut telling = Telling::of("verified");
        let proven = upkeep::verify(open(&self.file)?, &master, &mut |walked| {
            telling.tell(walked);
        })
        .with_context(|| format!("{}: nothing was done", self.file.display()))?;
        println!(
            "{} is whole: {} records and {} rows of the access log, at sequence {} of epoch {}, written by version {}",
            self.file.display(),
            proven.records,
            proven.access_rows,
            proven.sequence,
            hex::encode(proven.epoch),
            proven.program
        );
        if self.verify {
            return Ok(ExitCode::SUCCESS);
        }
        let target = fill_store(config)?;
        let mut telling = Telling::of("restored");
        let restored = upkeep::restore(open(&self.file)?, target, &mut |walked| {
            telling.tell(walked);
        })
        .context("there is no store; run this again, which begins anew")?;
        println!(
            "restored {} records and {} rows of the access log, as a store of a new epoch, {}\n\
             now run `store check`; then tell who mirrors the feed to begin anew",
            restored.records,
            restored.access_rows,
            hex::encode(restored.epoch)
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}
