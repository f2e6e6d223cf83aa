//! `store`: the store as a whole. What runs in the server stands in `operate::store`; a restore and a copy run here,
//! where no server may have the store.

mod backup;
mod copy;
mod restore;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use super::ConfigFile;
use super::operate::Print;
use crate::app::key_file_policy;
use crate::config::Overrides;
use crate::operate::{self, Command};
use crate::secrets::MasterKey;
use crate::store::upkeep::Walked;

/// How often a long work says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// The store as a whole.
#[derive(Debug, Subcommand)]
pub enum Store {
    /// Prove every record, the access log's chain, and that ledger, events and balances agree
    Check(Check),
    /// Write a backup of one point of the store's history, while it is used
    Backup(backup::Backup),
    /// Make a store of a backup, in an empty place
    Restore(restore::Restore),
    /// Copy the store to another back end or place
    Copy(copy::Copy),
    /// Print what the store holds and takes
    Stats(Stats),
    /// Write records of earlier formats in the newest one, while the store is used
    Migrate(Migrate),
    /// Change the master key and the encryption key, while the store is used
    Rekey(Rekey),
    /// Delete what retention lets go, while the store is used
    Purge(Purge),
}

/// Prove the store.
#[derive(Debug, Args)]
#[command(
    after_help = "Changes nothing. Exit code 1 when anything is wrong: each finding says which record, \
    what, and what to do.\n\
    Example: psop-adapter store check --config fixtures/demo/psop-adapter.toml"
)]
pub struct Check {
    #[command(flatten)]
    config: ConfigFile,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

/// Print figures.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads every record once, and lets requests through meanwhile.\n\
    Example: psop-adapter store stats --json --config fixtures/demo/psop-adapter.toml"
)]
pub struct Stats {
    #[command(flatten)]
    config: ConfigFile,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

/// Write the newest format.
#[derive(Debug, Args)]
#[command(
    after_help = "Earlier versions of the program may not read the store afterwards. Broken off, it goes on where \
    records are left. Lets requests through meanwhile.\n\
    Example: psop-adapter store migrate --config fixtures/demo/psop-adapter.toml"
)]
pub struct Migrate {
    #[command(flatten)]
    config: ConfigFile,
}

/// Change keys.
#[derive(Debug, Args)]
#[command(
    after_help = "In three steps: `--new-key-file` seals everything anew, and both key files open the store from \
    then on; put the new file in place (secrets.key_file) of every adapter and restart each; `--finish` proves \
    that nothing needs the old keys and drops them. Broken off, each goes on where it was when it is run again. \
    Lets requests through meanwhile.\n\
    Make a key file by `openssl rand -hex 32 > new.key; chmod 600 new.key`.\n\
    Example: psop-adapter store rekey --new-key-file new.key --config fixtures/demo/psop-adapter.toml\n\
    Example: psop-adapter store rekey --finish --config fixtures/demo/psop-adapter.toml"
)]
pub struct Rekey {
    /// File of the new master key: 64 hexadecimal characters, for its owner only
    #[arg(long, value_name = "FILE", required_unless_present = "finish")]
    new_key_file: Option<PathBuf>,
    /// Drop the old keys, once every adapter runs with the new key file
    #[arg(long, conflicts_with = "new_key_file")]
    finish: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Delete what is due.
#[derive(Debug, Args)]
#[command(
    after_help = "Deletes, by the years and days of [retention], in this order: answers by message id; settlements; \
    purchasing powers with their events, ledger, answers and customer; the beginning of the access log. Nothing goes \
    early: what is not settled and paid is held back and counted. Every step is kept whole with a row of the access \
    log and a proof. Broken off, it goes on where things are left when it is run again. Lets requests through \
    meanwhile. On PostgreSQL it makes indexes first, and drops them at the end.\n\
    Take a backup first: what is deleted comes back from no other place.\n\
    Example: psop-adapter store purge --dry-run --config fixtures/demo/psop-adapter.toml"
)]
pub struct Purge {
    #[command(flatten)]
    config: ConfigFile,
    /// Delete nothing, and say what would go
    #[arg(long)]
    dry_run: bool,
    /// Print what was purged when and by whom, and delete nothing
    #[arg(long, conflicts_with = "dry_run")]
    proofs: bool,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

impl Store {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Store::Check(Check { config, json }) => {
                let command = Command::of(operate::store_check::Check {});
                super::operate::run_printing(&config, command, Print::of(json))
            }
            Store::Backup(command) => command.run(),
            Store::Restore(command) => command.run(),
            Store::Copy(command) => command.run(),
            Store::Stats(Stats { config, json }) => {
                let command = Command::of(operate::store::stats::Stats {});
                super::operate::run_printing(&config, command, Print::of(json))
            }
            Store::Migrate(Migrate { config }) => {
                let command = Command::of(operate::store::migrate::Migrate {});
                super::operate::run(&config, command)
            }
            Store::Rekey(command) => command.run(),
            Store::Purge(command) => command.run(),
        }
    }
}

impl Purge {
    fn run(self) -> anyhow::Result<ExitCode> {
        let command = match self.proofs {
            true => Command::of(operate::store::purge::Proofs {}),
            false => Command::of(operate::store::purge::Purge {
                is_dry_run: self.dry_run,
            }),
        };
        super::operate::run_printing(&self.config, command, Print::of(self.json))
    }
}

impl Rekey {
    fn run(self) -> anyhow::Result<ExitCode> {
        let command = match &self.new_key_file {
            Some(path) => {
                let config = self.config.load(&Overrides::default())?;
                let mut policy = key_file_policy(&config);
                // One that nobody made would be lost with this machine.
                policy.create_missing = false;
                let new_key = MasterKey::load(path, policy)?;
                Command::of(operate::store::rekey::Rekey { new_key })
            }
            None => Command::of(operate::store::rekey::Finish {}),
        };
        super::operate::run(&self.config, command)
    }
}

/// Says on standard error how far a work is, now and then.
struct Telling {
    what: &'static str,
    told: Instant,
}

impl Telling {
    fn of(what: &'static str) -> Telling {
        Telling {
            what,
            told: Instant::now(),
        }
    }

    fn tell(&mut self, walked: Walked) {
        if self.told.elapsed() >= PROGRESS_EVERY {
            eprintln!("{} records {} so far", walked.records, self.what);
            self.told = Instant::now();
        }
    }
}
