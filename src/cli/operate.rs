//! Runs an operator command where the store is: in the running server, or here, with the store opened for it.
//!
//! Only one process can have the store open, and the store's own lock decides which: whenever no server answers as
//! the one that the admin file tells of, the store is opened here, and that fails if a server has it after all.

mod server;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use openssl::base64;
use serde_json::Value;
use tokio::sync::mpsc;

use self::server::Server;
use super::ConfigFile;
use super::os_user::os_user;
use crate::app;
use crate::config::{Config, Overrides};
use crate::operate::caller::Caller;
use crate::operate::{self, Command, LINES_WAITING_MAX, Line};
use crate::services::Services;

/// Runs a command, prints what it says as it comes, and tells its exit code.
pub(super) fn run(config: &ConfigFile, command: Command) -> anyhow::Result<ExitCode> {
    run_printing(config, command, Print::Lines)
}

/// [`run`], which prints either what is for people or the command's result.
pub(super) fn run_printing(
    config: &ConfigFile,
    command: Command,
    print: Print,
) -> anyhow::Result<ExitCode> {
    let mut command = Some(command);
    let next = &mut |_| Ok(command.take());
    run_taking(config, &mut Lines { next, print })
}

/// What is printed of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Print {
    /// What it says for people.
    Lines,
    /// Its result, as JSON.
    Result,
}

impl Print {
    /// By the flag `--json`.
    pub(super) fn of(json: bool) -> Print {
        match json {
            true => Print::Result,
            false => Print::Lines,
        }
    }
}

/// Makes the next command of a series from what the one before carried over; `None` ends the series.
pub(super) type NextCommand<'a> = dyn FnMut(Option<Value>) -> anyhow::Result<Option<Command>> + 'a;

/// Commands one after the other, and what becomes of the bytes that they give.
pub(super) trait Series {
    /// The next command, from what the one before carried over; `None` ends the series.
    fn next(&mut self, carried: Option<Value>) -> anyhow::Result<Option<Command>>;

    /// Takes bytes for a file.
    fn take(&mut self, _bytes: &[u8]) -> anyhow::Result<()> {
        bail!("the command gives bytes that nobody asked for, which is a defect of this program")
    }

    /// Prints a line that is for people.
    fn out(&mut self, text: &str) -> anyhow::Result<()> {
        say(text)
    }

    /// Takes note of a command's result, which goes to the next command of the series as well.
    fn result(&mut self, _result: &Value) -> anyhow::Result<()> {
        Ok(())
    }

    /// Takes note that the result is a list, whose items come one by one.
    fn list(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// Takes the next item of the list.
    fn item(&mut self, _item: Value) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Prints a line on standard output.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("cannot write the output")
}

/// Commands of which one thing is printed.
struct Lines<'a, 'b> {
    next: &'a mut NextCommand<'b>,
    print: Print,
}

impl Series for Lines<'_, '_> {
    fn next(&mut self, carried: Option<Value>) -> anyhow::Result<Option<Command>> {
        (self.next)(carried)
    }

    fn out(&mut self, text: &str) -> anyhow::Result<()> {
        match self.print {
            Print::Lines => say(text),
            Print::Result => Ok(()),
        }
    }

    fn result(&mut self, result: &Value) -> anyhow::Result<()> {
        match self.print {
            Print::Lines => Ok(()),
            Print::Result => say(&serde_json::to_string_pretty(result)?),
        }
    }

    fn item(&mut self, item: Value) -> anyhow::Result<()> {
        match self.print {
            Print::Lines => Ok(()),
            Print::Result => say(&item.to_string()),
        }
    }
}

/// Runs commands one after the other in one place, and tells the worst of their exit codes.
pub(super) fn run_series(
    config: &ConfigFile,
    next: &mut NextCommand<'_>,
) -> anyhow::Result<ExitCode> {
    let print = Print::Lines;
    run_taking(config, &mut Lines { next, print })
}

/// [`run_series`], with somebody to take bytes.
pub(super) fn run_taking(config: &ConfigFile, series: &mut dyn Series) -> anyhow::Result<ExitCode> {
    let config = config.load(&Overrides::default())?;
    super::runtime()?.block_on(async {
        let place = match Server::find(config.store.place()).await {
            Ok(server) => Place::Server(server, config.limits.admin_body_bytes_max),
            Err(reason) => Place::Here(Box::new(open(&config, &reason)?)),
        };
        let done = place.run_all(series).await;
        if let Place::Here(services) = place {
            let closed = services.store.close().await;
            let exit_code = done?;
            closed.context("the store was not closed in order")?;
            return Ok(ExitCode::from(exit_code));
        }
        Ok(ExitCode::from(done?))
    })
}

/// Where commands run.
enum Place {
    /// There, with the largest arguments that it takes, in bytes.
    Server(Server, usize),
    Here(Box<Services>),
}

/// How a command ended.
struct Ended {
    exit_code: u8,
    carried: Option<Value>,
}

impl Place {
    async fn run_all(&self, series: &mut dyn Series) -> anyhow::Result<u8> {
        let (mut exit_code, mut carried) = (0, None);
        while let Some(command) = series.next(carried.take())? {
            let ended = match self {
                Place::Server(server, body_bytes_max) => {
                    server.run(&command, *body_bytes_max, series).await?
                }
                Place::Here(services) => run_here(services, command, series).await?,
            };
            exit_code = exit_code.max(ended.exit_code);
            carried = ended.carried;
        }
        Ok(exit_code)
    }
}

/// Opens the store here; `no_server` is why no server could be asked.
fn open(config: &Config, no_server: &anyhow::Error) -> anyhow::Result<Services> {
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
    Ok(app::services(config, store, keyring))
}

async fn run_here(
    services: &Services,
    command: Command,
    series: &mut dyn Series,
) -> anyhow::Result<Ended> {
    let caller = Caller::owner(&os_user());
    let (sender, mut lines) = mpsc::channel(LINES_WAITING_MAX);
    let printing = async {
        let (mut exit_code, mut carried) = (None, None);
        while let Some(line) = lines.recv().await {
            exit_code = print(line, &mut carried, series)?;
        }
        // No more lines are taken: a command that still has some stops.
        drop(lines);
        let exit_code = exit_code
            .context("the command ended without an exit code, which is a defect of this program")?;
        Ok(Ended { exit_code, carried })
    };
    let (_, printed) = tokio::join!(
        operate::perform(command, services, caller, sender),
        printing
    );
    printed
}

/// Prints a line; the last one tells the exit code.
fn print(
    line: Line,
    carried: &mut Option<Value>,
    series: &mut dyn Series,
) -> anyhow::Result<Option<u8>> {
    match line {
        Line::Out(text) => series.out(&text)?,
        Line::Err(text) => eprintln!("{text}"),
        Line::Data(text) => {
            let bytes = base64::decode_block(&text)
                .context("the command's bytes are not this version's")?;
            series.take(&bytes)?;
        }
        Line::Result(value) => {
            series.result(&value)?;
            *carried = Some(value);
        }
        Line::List => series.list()?,
        Line::Item(value) => series.item(value)?,
        Line::Done(exit_code) => return Ok(Some(exit_code)),
    }
    Ok(None)
}
