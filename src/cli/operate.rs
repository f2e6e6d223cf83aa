//! Runs an operator command where the store is: in the running server, or here, with the store opened for it.
//!
//! Only one process can have the store open, and the store's own lock decides which: whenever no server answers as
//! the one that the admin file tells of, the store is opened here, and that fails if a server has it after all.

mod server;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tokio::sync::mpsc;

use self::server::Server;
use super::ConfigFile;
use crate::app;
use crate::config::{Config, Overrides};
use crate::operate::{self, Command, LINES_WAITING_MAX, Line};

/// Runs a command, prints what it says as it comes, and tells its exit code.
pub(super) fn run(config: &ConfigFile, command: Command) -> anyhow::Result<ExitCode> {
    let config = config.load(&Overrides::default())?;
    super::runtime()?.block_on(async {
        match Server::find(&config.store.path).await {
            Ok(server) => {
                server
                    .run(&command, config.limits.admin_body_bytes_max)
                    .await
            }
            Err(reason) => run_here(&config, command, &reason).await,
        }
    })
}

/// `no_server` is why no server could be asked.
async fn run_here(
    config: &Config,
    command: Command,
    no_server: &anyhow::Error,
) -> anyhow::Result<ExitCode> {
    let (store, keyring) = match app::open_store(config) {
        Ok(opened) => opened,
        Err(app::AppError::Store(error)) => {
            let told = format!(
                "no running server could be asked ({no_server:#}), and the store cannot be opened here; if a server \
                 has it, wait until that is ready and run this as its user and with its configuration, or stop it"
            );
            return Err(anyhow::Error::from(error).context(told));
        }
        Err(error) => return Err(error.into()),
    };
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
