//! `settlement export`: keeps the files of a settlement, each written beside its name and synced. They get their names
//! once all are whole, and none takes the place of another content.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::civil::Date;
use serde_json::Value;

use super::super::ConfigFile;
use super::super::operate::{Series, run_taking};
use super::super::part::{Part, Written};
use crate::durable::sync_folder_of;
use crate::operate::Command;
use crate::operate::settlement::{self, Exported, ExportedFile, Order};

/// Export a settlement.
#[derive(Debug, Args)]
#[command(
    after_help = "Writes settlement-NUMBER.csv, .xml (schema: xsd/settlement-v1.xsd) and .sha256; with --debtor-iban also \
    payments-NUMBER-vN.xml, SEPA credit transfers (pain.001.001.09) of what is not paid yet, and its .sha256. Files are for \
    their owner only. Again, they are the same bytes; a file of another content is not overwritten. The \
    SHA-256 of CSV and XML are kept with the first export that nothing can change any more, and a later one that would \
    differ is refused.\n\
    Example: psop-adapter settlement export 853-2026-03-1 --out settled --config fixtures/demo/psop-adapter.toml\n\
    Example: psop-adapter settlement export 853-2026-03-1 --out settled --debtor-iban FI2112345600000785 --execution-date \
    2026-04-08 --config fixtures/demo/psop-adapter.toml"
)]
pub struct Export {
    /// Number of the settlement, which must be confirmed or paid
    number: String,
    /// Folder for the files; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Account that the organiser pays from; asks for the payment file
    #[arg(long, value_name = "IBAN", requires = "execution_date")]
    debtor_iban: Option<String>,
    /// BIC of the organiser's bank, if that bank asks for it
    #[arg(long, value_name = "BIC", requires = "debtor_iban")]
    debtor_bic: Option<String>,
    /// Day on which the bank is to pay, such as 2026-04-08
    #[arg(long, value_name = "DATE", requires = "debtor_iban")]
    execution_date: Option<Date>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut files = vec![ExportedFile::Csv, ExportedFile::Xml];
        if let (Some(debtor_iban), Some(execution_date)) = (self.debtor_iban, self.execution_date) {
            files.push(ExportedFile::Payments(Order {
                debtor_iban,
                debtor_bic: self.debtor_bic,
                execution_date,
            }));
        }
        fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make {}", self.out.display()))?;
        let wanted = files.len();
        let mut writing = Writing {
            number: self.number,
            folder: self.out,
            waiting: files.into_iter(),
            begun: None,
            written: Vec::new(),
        };
        let done = run_taking(&self.config, &mut writing)?;
        if writing.written.len() == wanted {
            writing.finish()?;
        }
        Ok(done)
    }
}

/// Names that no other export into the folder may write under meanwhile.
fn part_name(place: usize) -> String {
    format!(".settlement-export-{place}.tmp")
}

/// The files of one export.
struct Writing {
    number: String,
    folder: PathBuf,
    waiting: std::vec::IntoIter<ExportedFile>,
    begun: Option<Part>,
    written: Vec<Written>,
}

impl Series for Writing {
    fn next(&mut self, carried: Option<Value>) -> anyhow::Result<Option<Command>> {
        let exported: Option<Exported> = carried.map(serde_json::from_value).transpose()?;
        let seen_version = exported.as_ref().map(|exported| exported.version);
        if let Some(part) = self.begun.take() {
            // It was refused, and has said why.
            let Some(exported) = exported else {
                return Ok(None);
            };
            self.written.push(part.whole(exported.name)?);
        }
        let Some(file) = self.waiting.next() else {
            return Ok(None);
        };
        self.begun = Some(Part::open(&self.folder, &part_name(self.written.len()))?);
        Ok(Some(Command::of(settlement::Export {
            number: self.number.clone(),
            file,
            seen_version,
        })))
    }

    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let part = self.begun.as_mut();
        part.context("bytes of no file, which is a defect of this program")?
            .write(bytes)
    }
}

impl Writing {
    /// Gives every file its name, and those of digests after what they tell of.
    fn finish(mut self) -> anyhow::Result<()> {
        let payments = self.written.split_off(2);
        let mut sets = vec![self.written];
        sets.extend(payments.into_iter().map(|written| vec![written]));
        let mut all = Vec::new();
        for (place, set) in sets.into_iter().enumerate() {
            let mut sums = Part::open(&self.folder, &part_name(3 + place))?;
            for file in &set {
                let line = format!("{}  {}\n", hex::encode(file.digest), file.name);
                sums.write(line.as_bytes())?;
            }
            let stem = set.first().and_then(|file| file.name.rsplit_once('.'));
            let (stem, _) =
                stem.context("a file without a name, which is a defect of this program")?;
            let name = format!("{stem}.sha256");
            all.extend(set);
            all.push(sums.whole(name)?);
        }
        for file in &all {
            file.must_not_replace(&self.folder).context(
                "nothing was written: the settlement, a name in the registry or what was asked for has changed since, \
                 so export to another folder and compare",
            )?;
        }
        for file in all {
            file.name_it(&self.folder)?;
        }
        sync_folder_of(&self.folder.join("any")).context("cannot sync the folder")
    }
}
