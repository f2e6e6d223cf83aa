//! `report monthly|own-shares`: a month's report in a file. The work stands in `operate::report`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::part::run_into;
use super::{ConfigFile, month, organiser_code};
use crate::domain::registry::OrganiserCode;
use crate::domain::settlement::Month;
use crate::operate::values::Text;
use crate::operate::{Command, report};

/// Report on a month.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Write grants, use and euros by municipality, service class and provider, small groups left out
    Monthly(Monthly),
    /// Write what customers of one organiser paid themselves, event by event
    OwnShares(OwnShares),
}

/// Write a month's figures.
#[derive(Debug, Args)]
#[command(
    after_help = "CSV in UTF-8 with semicolons. Figures about fewer than 5 customers are left out (suppressed is true), and so \
    are as many others as keep a total from telling them. Events count in the month of their service date, credits in that \
    of the event they correct. A file of another content is not overwritten.\n\
    Example: psop-adapter report monthly --month 2026-03 --out figures.csv --config fixtures/demo/psop-adapter.toml\n\
    Example: psop-adapter report monthly --month 2026-03 --organiser 853 --out turku.csv --config \
    fixtures/demo/psop-adapter.toml"
)]
pub struct Monthly {
    /// The month, such as 2026-03
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Month,
    /// Code of one organiser: three digits of a municipality, or two of a wellbeing services county; else all
    #[arg(long, value_name = "CODE", value_parser = organiser_code)]
    organiser: Option<OrganiserCode>,
    /// File to write, for its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

/// Write a month's own shares.
#[derive(Debug, Args)]
#[command(
    after_help = "CSV in UTF-8 with semicolons; nobody is named, but whoever has the organiser's records finds the person by \
    the number. Lab costs are information and no part of the own share. The access log says whose events were given.\n\
    Example: psop-adapter report own-shares --organiser 853 --month 2026-03 --out own-shares.csv --config \
    fixtures/demo/psop-adapter.toml"
)]
pub struct OwnShares {
    /// Code of the organiser: three digits of a municipality, or two of a wellbeing services county
    #[arg(long, value_name = "CODE", value_parser = organiser_code)]
    organiser: OrganiserCode,
    /// The month, such as 2026-03
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Month,
    /// File to write, for its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

impl Report {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Report::Monthly(Monthly {
                month,
                organiser,
                out,
                config,
            }) => {
                let monthly = report::Monthly {
                    month: Text(month),
                    organiser: organiser.map(Text),
                };
                run_into(&config, Command::of(monthly), &out)
            }
            Report::OwnShares(OwnShares {
                organiser,
                month,
                out,
                config,
            }) => {
                let own_shares = report::OwnShares {
                    organiser: Text(organiser),
                    month: Text(month),
                };
                run_into(&config, Command::of(own_shares), &out)
            }
        }
    }
}
