//! `store check`: proves the store, in the running server or where none runs. The work stands in
//! `operate::store_check`.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::ConfigFile;
use crate::operate::{self, Command};

/// Prove the store.
#[derive(Debug, Subcommand)]
pub enum Store {
    /// Prove every record, the access log's chain, and that ledger, events and balances agree
    Check(Check),
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

impl Store {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Store::Check(Check { config, json }) = self;
        let command = Command::StoreCheck(operate::store_check::Check { json });
        super::operate::run(&config, command)
    }
}
