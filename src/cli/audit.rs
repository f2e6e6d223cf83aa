//! `audit head|verify|export`: the access log for who audits it. The work stands in `operate::audit`; this side
//! reads the identity code, so that it is never an argument.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::Value;

use super::operate::{Series, run_taking, say};
use super::{Asked, ConfigFile, organiser_code};
use crate::domain::registry::OrganiserCode;
use crate::operate::audit::{AUDIT_COLUMNS, audit_csv};
use crate::operate::values::Text;
use crate::operate::{self, Command};

/// Audit the access log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Print the access log's head: rows so far and the last row's link
    Head(Head),
    /// Walk the access log's chain and say where it is broken
    Verify(Verify),
    /// Print one organiser's rows of the access log, of one person or of a period
    Export(Export),
}

/// Print the head.
#[derive(Debug, Args)]
#[command(
    after_help = "Keep heads away from this machine: `audit verify --head` proves by one that \
    nothing was cut or changed since.\n\
    Example: psop-adapter audit head --config fixtures/demo/psop-adapter.toml"
)]
pub struct Head {
    #[command(flatten)]
    asked: Asked,
}

/// Walk the chain.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 1 at the first breach, whose position is told on standard error.\n\
    Example: psop-adapter audit verify --head 1041:6f1b… --config fixtures/demo/psop-adapter.toml"
)]
pub struct Verify {
    /// A head taken earlier, as `audit head` and the server's log give it
    #[arg(long, value_name = "POSITION:HASH")]
    head: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

/// Print rows.
#[derive(Debug, Args)]
#[command(
    after_help = "Persons stand as keyed hashes. The identity code is read from a file or standard input, \
    never from the command line, where others see it.\n\
    Example: psop-adapter audit export --organiser 853 --person-file - --config fixtures/demo/psop-adapter.toml"
)]
pub struct Export {
    /// Code of the organiser: three digits of a municipality, or two of a wellbeing services county
    #[arg(long, value_name = "CODE", value_parser = organiser_code)]
    organiser: OrganiserCode,
    /// File with the identity code of the person asked for; `-` is standard input
    #[arg(long, value_name = "FILE")]
    person_file: Option<PathBuf>,
    /// First day, such as 2026-03-01, by Helsinki time
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
    /// Last day, included
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<Date>,
    /// Comma-separated with a line of column names, or a JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    #[command(flatten)]
    config: ConfigFile,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

impl Audit {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Audit::Head(Head { asked }) => {
                let command = Command::of(operate::audit::Head {});
                asked.run(command)
            }
            Audit::Verify(Verify { head, asked }) => {
                let command = Command::of(operate::audit::Verify { head });
                asked.run(command)
            }
            Audit::Export(command) => command.run(),
        }
    }
}

impl Export {
    fn run(self) -> anyhow::Result<ExitCode> {
        let person_id = match &self.person_file {
            Some(path) => Some(
                super::read_input(path)?
                    .trim_end_matches(['\r', '\n'])
                    .to_owned(),
            ),
            None => None,
        };
        let command = operate::audit::Export {
            organiser: Text(self.organiser),
            person_id,
            from: self.from,
            to: self.to,
        };
        let mut rows = Rows {
            command: Some(Command::of(command)),
            format: self.format,
        };
        run_taking(&self.config, &mut rows)
    }
}

/// Rows printed as they come.
struct Rows {
    command: Option<Command>,
    format: Format,
}

impl Series for Rows {
    fn next(&mut self, _: Option<Value>) -> anyhow::Result<Option<Command>> {
        Ok(self.command.take())
    }

    fn list(&mut self) -> anyhow::Result<()> {
        match self.format {
            Format::Csv => say(&AUDIT_COLUMNS.join(",")),
            Format::Jsonl => Ok(()),
        }
    }

    fn item(&mut self, item: Value) -> anyhow::Result<()> {
        match (self.format, &item) {
            (Format::Csv, Value::Object(row)) => say(&audit_csv(row)),
            _ => say(&item.to_string()),
        }
    }
}

/// A civil date and nothing more.
fn day(text: &str) -> Result<Date, String> {
    text.parse()
        .ok()
        .filter(|day: &Date| day.to_string() == text)
        .ok_or_else(|| "write a day such as 2026-03-01".to_owned())
}
