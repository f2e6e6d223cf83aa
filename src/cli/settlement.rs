//! `settlement run|show|confirm|paid|cancel-draft|export|report|verify`: an organiser's monthly settlement. The work
//! stands in `operate::settlement`.

mod export;
mod report;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Asked, month, organiser_code};
use crate::domain::registry::OrganiserCode;
use crate::domain::settlement::Month;
use crate::operate::values::Text;
use crate::operate::{Command, settlement};

/// Settle an organiser's events.
#[derive(Debug, Subcommand)]
pub enum Settlement {
    /// Take approved events of a month and before that are not settled yet onto a draft
    Run(Run),
    /// Print a settlement with its providers
    Show(Show),
    /// Confirm a draft: it can be paid, and not be cancelled any more
    Confirm(Confirm),
    /// Note that a confirmed settlement was paid: its events become MAKSETTU
    Paid(Paid),
    /// Cancel a draft: its events become HYVAKSYTTY again
    CancelDraft(CancelDraft),
    /// Write a confirmed settlement to files: CSV, XML, their SHA-256, and a bank's payment file
    Export(export::Export),
    /// Write a confirmed settlement as a page to read and print
    Report(report::Report),
    /// Prove that rows, events and ledger of settlements agree
    Verify(Verify),
}

/// Take events onto a draft.
#[derive(Debug, Args)]
#[command(
    after_help = "Takes events that are HYVAKSYTTY, credits too, and makes them TILITETTY. Prints the number of the \
    settlement, its sums by provider, what is carried forward and whose payment is held back for want of an IBAN. Run \
    again, it finds nothing; if it broke off, it goes on.\n\
    Example: psop-adapter settlement run --organiser 853 --month 2026-03 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Run {
    /// Code of the organiser: three digits of a municipality, or two of a wellbeing services county
    #[arg(long, value_name = "CODE", value_parser = organiser_code)]
    organiser: OrganiserCode,
    /// The month, such as 2026-03
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Month,
    #[command(flatten)]
    asked: Asked,
}

/// Print a settlement.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: psop-adapter settlement show 853-2026-03-1 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Show {
    /// Number of the settlement
    number: String,
    #[command(flatten)]
    asked: Asked,
}

/// Confirm a draft.
#[derive(Debug, Args)]
#[command(
    after_help = "On a confirmed settlement it takes the IBANs that were missing, so that what was held back can be paid.\n\
    Example: psop-adapter settlement confirm 853-2026-03-1 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Confirm {
    /// Number of the settlement
    number: String,
    #[command(flatten)]
    asked: Asked,
}

/// Note that it was paid.
#[derive(Debug, Args)]
#[command(
    after_help = "What is held back stays TILITETTY, and the settlement CONFIRMED until that is paid too.\n\
    Example: psop-adapter settlement paid 853-2026-03-1 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Paid {
    /// Number of the settlement
    number: String,
    #[command(flatten)]
    asked: Asked,
}

/// Cancel a draft.
#[derive(Debug, Args)]
#[command(
    after_help = "Refused once an event of it is credited, or once a later settlement has brought forward what it carried.\n\
    Example: psop-adapter settlement cancel-draft 853-2026-03-1 --config fixtures/demo/psop-adapter.toml"
)]
pub struct CancelDraft {
    /// Number of the settlement
    number: String,
    #[command(flatten)]
    asked: Asked,
}

/// Prove settlements.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads every event of the organiser, and lets requests through meanwhile. Names each difference; exit code 1 \
    when there is one.\n\
    Example: psop-adapter settlement verify 853-2026-03-1 --config fixtures/demo/psop-adapter.toml\n\
    Example: psop-adapter settlement verify --organiser 853 --month 2026-03 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Verify {
    /// Number of the settlement
    #[arg(required_unless_present = "month", conflicts_with = "month")]
    number: Option<String>,
    /// Code of the organiser whose settlements of a month are proven
    #[arg(long, value_name = "CODE", value_parser = organiser_code, requires = "month", conflicts_with = "number")]
    organiser: Option<OrganiserCode>,
    /// The month, such as 2026-03
    #[arg(long, value_name = "YYYY-MM", value_parser = month, requires = "organiser")]
    month: Option<Month>,
    #[command(flatten)]
    asked: Asked,
}

impl Verify {
    fn run(self) -> anyhow::Result<ExitCode> {
        let which = match (self.organiser, self.month) {
            (Some(organiser), Some(month)) => settlement::Which::OfMonth {
                organiser: Text(organiser),
                month: Text(month),
            },
            _ => settlement::Which::Number(self.number.unwrap_or_default()),
        };
        let verify = settlement::Verify { which };
        self.asked.run(Command::of(verify))
    }
}

impl Settlement {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (asked, command) = match self {
            Settlement::Run(Run {
                organiser,
                month,
                asked,
            }) => {
                let run = settlement::Run {
                    organiser: Text(organiser),
                    month: Text(month),
                };
                (asked, Command::of(run))
            }
            Settlement::Show(Show { number, asked }) => {
                let show = settlement::Show { number };
                (asked, Command::of(show))
            }
            Settlement::Confirm(Confirm { number, asked }) => {
                let confirm = settlement::Confirm { number };
                (asked, Command::of(confirm))
            }
            Settlement::Paid(Paid { number, asked }) => {
                let paid = settlement::Paid { number };
                (asked, Command::of(paid))
            }
            Settlement::CancelDraft(CancelDraft { number, asked }) => {
                let cancel = settlement::CancelDraft { number };
                (asked, Command::of(cancel))
            }
            Settlement::Export(export) => return export.run(),
            Settlement::Report(report) => return report.run(),
            Settlement::Verify(verify) => return verify.run(),
        };
        asked.run(command)
    }
}
