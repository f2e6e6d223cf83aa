//! Runs an operator command where the store is: here, with the store opened for it.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tokio::sync::mpsc;

use super::ConfigFile;
use crate::app;
use crate::config::{Config, Overrides};
use crate::operate::{self, Command, LINES_WAITING_MAX, Line};

/// Runs a command, prints what it says as it comes, and tells its exit code.
pub(super) fn run(config: &ConfigFile, command: Command) -> anyhow::Result<ExitCode> {
    let config = config.load(&Overrides::default())?;
    super::runtime()?.block_on(run_here(&config, command))
}

async fn run_here(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let (store, keyring) = app::open_store(config)?;
    let services = app::services(config, store, keyring);
    let (sender, mut lines) = mpsc::channel(LINES_WAITING_MAX);
    let printing = async {
        let mut exit_code = None;
        while let Some(line) = lines.recv().await {
            exit_code = print(line)?;
        }
        // No more lines are taken: a command that still has some stops.
        drop(lines);
        exit_code
            .context("the command ended without an exit code, which is a defect of this program")
    };
    let (_, printed) = tokio::join!(operate::perform(command, &services, sender), printing);
    let closed = services.store.close().await;
    let exit_code = printed?;
    closed.context("the store was not closed in order")?;
    Ok(ExitCode::from(exit_code))
}

/// Prints a line; the last one tells the exit code.
fn print(line: Line) -> anyhow::Result<Option<u8>> {
    match line {
        Line::Out(text) => {
            if let Err(error) = writeln!(std::io::stdout(), "{text}") {
                bail!("cannot write the output: {error}");
            }
        }
        Line::Err(text) => eprintln!("{text}"),
        Line::Done(exit_code) => return Ok(Some(exit_code)),
    }
    Ok(None)
}
