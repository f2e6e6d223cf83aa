//! `completions`: a script that completes this program's command line in a shell.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: psop-adapter completions bash > /etc/bash_completion.d/psop-adapter"
)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the script on standard output.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        clap_complete::generate(
            self.shell,
            &mut super::Cli::command(),
            "psop-adapter",
            &mut std::io::stdout(),
        );
        Ok(ExitCode::SUCCESS)
    }
}
