//! `man`: writes a manual page for each command, for those who make a package.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};

/// Write a manual page for each command into a folder.
#[derive(Debug, Args)]
#[command(after_help = "Example: psop-adapter man target/man")]
pub struct Man {
    /// The folder; made where it is missing
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Man {
    /// Writes the pages.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folder = self.folder.display();
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {folder}"))?;
        clap_mangen::generate_to(super::Cli::command(), &self.folder)
            .with_context(|| format!("cannot write to {folder}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
