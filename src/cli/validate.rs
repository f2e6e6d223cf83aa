//! `validate`: everything wrong with a message, offline, each with its place.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;

use crate::clock::{Clock, date_in_helsinki};
use crate::domain::circumstances::Circumstances;
use crate::partner::validate::validate;

/// Say everything that is wrong with a message, without a server.
#[derive(Debug, Args)]
#[command(
    after_help = "Judges form, header, schema, and the rules that the message alone can break. What depends on the \
    registry and on stored data only a server can say. Exit code 1 when anything is wrong.\n\
    Example: psop-adapter validate fixtures/requests/24-person-invalid.xml"
)]
pub struct Validate {
    /// File of the whole SOAP envelope, or - for standard input
    file: PathBuf,
    /// The day on which dates and identity codes are judged; today without
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<Date>,
    /// Refuse artificial identity codes, as production does
    #[arg(long)]
    production: bool,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

impl Validate {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let bytes = super::read_bytes(&self.file)?;
        let circumstances = Circumstances {
            today: self
                .on
                .unwrap_or_else(|| date_in_helsinki(Clock::machine_now())),
            artificial_person_ids: !self.production,
        };
        let problems = validate(&bytes, circumstances);
        if self.json {
            let rows: Vec<_> = problems
                .iter()
                .map(|problem| {
                    serde_json::json!({
                        "line": problem.line,
                        "column": problem.column,
                        "code": problem.code,
                        "field": problem.field,
                        "rule": problem.rule,
                    })
                })
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
        } else if problems.is_empty() {
            println!("nothing is wrong with the message itself");
        } else {
            for problem in &problems {
                println!("{}: {problem}", self.file.display());
            }
        }
        Ok(ExitCode::from(u8::from(!problems.is_empty())))
    }
}
