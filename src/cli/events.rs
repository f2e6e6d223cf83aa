//! `events import|show|approve|reject|credit`: service events in an operator's hands. The work stands in
//! `operate::events`; this side reads the file, in pieces that a running server takes.

mod import;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Asked, ConfigFile};
use crate::contract::lexical::Lexical as _;
use crate::contract::types::Quantity as WireQuantity;
use crate::domain::money::Quantity;
use crate::operate::Command;
use crate::operate::events;
use crate::operate::values::Text;

/// Bring in, show and decide on service events.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// Record events of a CSV file, as the service postServiceEvent records them
    Import(import::Import),
    /// Print an event as it stands, without the customer
    Show(Show),
    /// Approve events: the next settlement takes them
    Approve(Approve),
    /// Reject events that wait for the organiser's check: their use is given back
    Reject(Reject),
    /// Credit a settled event, whole or in part: the use is given back, the next settlement takes the money back
    Credit(Credit),
}

/// Print an event.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 when there is no such event.\n\
    Example: psop-adapter events show 019cee6b-1f80-7aaa-8bbb-0123456789ab --config fixtures/demo/psop-adapter.toml")]
pub struct Show {
    /// Identifier of the event
    #[arg(value_name = "EVENT_ID")]
    event: String,
    #[command(flatten)]
    config: ConfigFile,
}

/// Approve events.
#[derive(Debug, Args)]
#[command(
    after_help = "KIRJATTU and TARKASTETTAVANA become HYVAKSYTTY. An event that is HYVAKSYTTY already stays so; any other \
    state is EVENT_LOCKED. Each event stands for itself.\n\
    Exit code 1 when any was refused.\n\
    Example: psop-adapter events approve 019cee6b-1f80-7aaa-8bbb-0123456789ab --config fixtures/demo/psop-adapter.toml"
)]
pub struct Approve {
    /// Identifiers of the events
    #[arg(value_name = "EVENT_ID", required = true)]
    events: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

/// Reject events.
#[derive(Debug, Args)]
#[command(
    after_help = "TARKASTETTAVANA becomes HYLATTY, and what the event had taken of its purchasing power is given back. Any \
    other state is EVENT_LOCKED: the provider deletes an event that is not settled, the organiser credits one that is.\n\
    Exit code 1 when any was refused.\n\
    Example: psop-adapter events reject 019cee6b-1f80-7aaa-8bbb-0123456789ab --config fixtures/demo/psop-adapter.toml"
)]
pub struct Reject {
    /// Identifiers of the events
    #[arg(value_name = "EVENT_ID", required = true)]
    events: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

/// Credit an event.
#[derive(Debug, Args)]
#[command(
    after_help = "Makes a CREDIT row with negative amounts, which the next settlement takes. Without --line all that is left \
    of the event is credited. Crediting the same part twice credits it twice: look at the event first. An event that is \
    not settled, or is credited whole already, is EVENT_LOCKED.\n\
    Exit code 1 when it was refused.\n\
    Example: psop-adapter events credit 019cee6b-1f80-7aaa-8bbb-0123456789ab --reason-code VIRHE \\\n\
    \x20    --reason-text \"Käynti kirjattiin kahdesti\" --line 1=0.5 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Credit {
    /// Identifier of the event
    #[arg(value_name = "EVENT_ID")]
    event: String,
    /// Code of the reason, at most 40 characters
    #[arg(long, value_name = "CODE")]
    reason_code: String,
    /// The reason in words, without personal identity codes, at most 500 characters
    #[arg(long, value_name = "TEXT")]
    reason_text: String,
    /// Number of a line, and how much of it is credited, such as 1=0.5; may be given for several lines
    #[arg(long = "line", value_name = "N=QUANTITY", value_parser = line)]
    lines: Vec<(u64, Quantity)>,
    #[command(flatten)]
    asked: Asked,
}

impl Events {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Events::Import(command) => command.run(),
            Events::Show(Show { event, config }) => {
                let command = Command::of(events::Show { event });
                super::operate::run(&config, command)
            }
            Events::Approve(Approve { events, asked }) => {
                asked.run(Command::of(events::Approve { events }))
            }
            Events::Reject(Reject { events, asked }) => {
                asked.run(Command::of(events::Reject { events }))
            }
            Events::Credit(credit) => {
                let command = Command::of(events::Credit {
                    event: credit.event,
                    reason_code: credit.reason_code,
                    reason_text: credit.reason_text,
                    lines: credit.lines.into_iter().map(credit_line).collect(),
                });
                credit.asked.run(command)
            }
        }
    }
}

fn credit_line((line_no, quantity): (u64, Quantity)) -> events::CreditLine {
    events::CreditLine {
        line_no,
        quantity: Text(quantity),
    }
}

fn line(text: &str) -> Result<(u64, Quantity), String> {
    let rule = || "write the number of a line and a quantity, such as 1=0.5".to_owned();
    let (line_no, quantity) = text.split_once('=').ok_or_else(rule)?;
    let line_no = line_no.parse().map_err(|_| rule())?;
    let quantity = WireQuantity::from_text(quantity).map_err(|broken| format!("it {broken}"))?;
    Ok((line_no, quantity.0))
}
