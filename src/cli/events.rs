//! `events import`: service events from a file. The work stands in `operate::events`; this side reads
//! the file, in pieces that a running server takes.

mod import;

use std::process::ExitCode;

use clap::Subcommand;

/// Bring in service events.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// Record events of a CSV file, as the service postServiceEvent records them
    Import(import::Import),
}

impl Events {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Events::Import(command) => command.run(),
        }
    }
}
