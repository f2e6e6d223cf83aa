//! `events import`: reads the file and hands it over event by event, some hundred at a time.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;

use super::super::{ConfigFile, operate as commands};
use crate::operate::Command;
use crate::operate::events::file::{Events, FileEvent};
use crate::operate::events::{self, REPORT_COLUMNS, Tally};

/// Events handed over at a time, and bytes of their cells: far below what a server takes.
const PIECE_EVENTS_MAX: usize = 500;
const PIECE_BYTES_MAX: usize = 1 << 20;

/// How often a long import says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Record events of a file.
#[derive(Debug, Args)]
#[command(
    after_help = "The file is UTF-8 with semicolons, a decimal point and this header row, one row for each line of an \
    event:\n\
    \x20 sourceReference;action;eventId;expectedVersion;purchasingPowerNumber;personId;providerBusinessId;\n\
    \x20 providerUnitCode;serviceDate;lineNo;quantity;unitPrice;noShow;totalPrice;voucherShare;customerShare;comment\n\
    Rows of an event are adjacent and have the same sourceReference. An event is recorded whole or not at all, and one \
    that is refused stops no other. The report, a row for each row of the file, goes to standard output. The same file \
    again records nothing twice: correct what was refused, and import it whole.\n\
    Exit code 1 when anything was refused.\n\
    Example: psop-adapter events import fixtures/events/home-care.csv --source-system KOTIHOITO \\\n\
    \x20    --config fixtures/demo/psop-adapter.toml > report.csv"
)]
pub struct Import {
    /// CSV file, or - for standard input
    file: PathBuf,
    /// Name of the system that the events come from; with a row's sourceReference it tells repeats
    #[arg(long, value_name = "NAME")]
    source_system: String,
    #[command(flatten)]
    config: ConfigFile,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut pieces = Pieces::open(&self.file)?;
        let mut tally = Tally::default();
        let mut told = Instant::now();
        let mut failed = None;
        println!("{REPORT_COLUMNS}");
        let done = commands::run_series(&self.config, &mut |carried| {
            if let Some(of_piece) = carried {
                tally = tally.plus(serde_json::from_value(of_piece)?);
            }
            if told.elapsed() >= PROGRESS_EVERY {
                eprintln!("{} rows so far", tally.rows);
                told = Instant::now();
            }
            let events = match pieces.next() {
                Ok(events) => events,
                // What was read before is done and told first.
                Err(error) => {
                    failed = Some(error);
                    return Ok(None);
                }
            };
            Ok((!events.is_empty()).then(|| {
                Command::of(events::Import {
                    source_system: self.source_system.clone(),
                    events,
                })
            }))
        });
        let exit_code = done.with_context(|| format!("after {}", told_of(tally)))?;
        eprintln!("{}", told_of(tally));
        match failed {
            None => Ok(exit_code),
            Some(error) => Err(error.context("the file was not read to its end")),
        }
    }
}

fn told_of(tally: Tally) -> String {
    let Tally {
        rows,
        recorded,
        replayed,
        refused,
    } = tally;
    format!(
        "{rows} rows: {recorded} events recorded, {replayed} recorded earlier, {refused} refused"
    )
}

/// The file, some events at a time.
struct Pieces {
    events: Events<Box<dyn Read>>,
    /// Why no more can be read, to be told after what was.
    failed: Option<anyhow::Error>,
}

impl Pieces {
    fn open(path: &Path) -> anyhow::Result<Pieces> {
        let file: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            let file = File::open(path);
            Box::new(file.with_context(|| format!("cannot read {}", path.display()))?)
        };
        let events =
            Events::open(file).with_context(|| format!("{}: nothing was done", path.display()))?;
        Ok(Pieces {
            events,
            failed: None,
        })
    }

    /// The next events; none at the end.
    fn next(&mut self) -> anyhow::Result<Vec<FileEvent>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let (mut piece, mut bytes) = (Vec::new(), 0);
        while piece.len() < PIECE_EVENTS_MAX && bytes < PIECE_BYTES_MAX {
            match self.events.next_event() {
                Ok(Some(event)) => {
                    let cells = event.rows.iter().flat_map(|row| &row.cells);
                    bytes += cells.map(String::len).sum::<usize>();
                    piece.push(event);
                }
                Ok(None) => break,
                Err(error) if piece.is_empty() => return Err(error.into()),
                Err(error) => {
                    self.failed = Some(error.into());
                    break;
                }
            }
        }
        Ok(piece)
    }
}
