//! `status`: asks the running server, or the store itself, how things are.

use std::process::ExitCode;

use clap::Args;

use super::Asked;
use crate::operate::{self, Command};

/// Say how things are.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 when the store cannot be used.\n\
    Example: psop-adapter status --config fixtures/demo/psop-adapter.toml")]
pub struct Status {
    #[command(flatten)]
    asked: Asked,
}

impl Status {
    /// Asks and prints.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let command = Command::of(operate::status::Status {});
        self.asked.run(command)
    }
}
