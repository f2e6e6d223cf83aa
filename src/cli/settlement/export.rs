//! `settlement export`: keeps the files of a settlement, each written beside its name and synced. They get their names
//! once all are whole, and none takes the place of another content.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use jiff::civil::Date;
use openssl::sha::Sha256;
use serde_json::Value;

use super::super::ConfigFile;
use super::super::operate::{Series, run_taking};
use crate::durable::{open_part, sync_folder_of};
use crate::operate::Command;
use crate::operate::settlement::{self, Exported, ExportedFile, Order};

/// Export a settlement.
#[derive(Debug, Args)]
#[command(
    after_help = "Writes settlement-NUMBER.csv, .xml (schema: xsd/settlement-v1.xsd) and .sha256; with --debtor-iban also \
    payments-NUMBER-vN.xml, SEPA credit transfers (pain.001.001.09) of what is not paid yet, and its .sha256. Files are for \
    their owner only. Again, they are the same bytes; a file of another content is not overwritten.\n\
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

/// The files of one export.
struct Writing {
    number: String,
    folder: PathBuf,
    waiting: std::vec::IntoIter<ExportedFile>,
    begun: Option<Part>,
    written: Vec<Written>,
}

/// A file that is whole and has not got its name yet.
struct Written {
    name: String,
    digest: [u8; 32],
    part: Part,
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
        self.begun = Some(Part::open(&self.folder, self.written.len())?);
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
            let mut sums = Part::open(&self.folder, 3 + place)?;
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
            let path = self.folder.join(&file.name);
            ensure!(
                !path.exists() || digest_of(&path)? == file.digest,
                "{} has another content, and is not overwritten; nothing was written: the settlement, a name in the \
                 registry or what was asked for has changed since, so export to another folder and compare",
                path.display()
            );
        }
        for file in all {
            let path = self.folder.join(&file.name);
            let is_new = !path.exists();
            if is_new {
                fs::rename(&file.part.path, &path)
                    .with_context(|| format!("cannot name {}", path.display()))?;
            }
            let state = if is_new { "written" } else { "unchanged" };
            println!("{state:9} {}", path.display());
        }
        sync_folder_of(&self.folder.join("any")).context("cannot sync the folder")
    }
}

/// A file without its name: gone with this value, unless it was given one.
struct Part {
    path: PathBuf,
    file: File,
    digest: Sha256,
}

impl Part {
    fn open(folder: &Path, place: usize) -> anyhow::Result<Part> {
        let path = folder.join(format!(".settlement-export-{place}.tmp"));
        let told = || format!("cannot write {}", path.display());
        let file = open_part(&path).with_context(told)?;
        if file.try_lock().is_err() {
            bail!("another export is writing to {}", folder.display());
        }
        // What one that was killed has left.
        file.set_len(0).with_context(told)?;
        Ok(Part {
            path,
            file,
            digest: Sha256::new(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.digest.update(bytes);
        let written = self.file.write_all(bytes);
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn whole(self, name: String) -> anyhow::Result<Written> {
        let synced = self.file.sync_all();
        synced.with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(Written {
            name,
            digest: self.digest.clone().finish(),
            part: self,
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Under its own name it stays; and what cannot be removed is written over by the next export.
        let _ = fs::remove_file(&self.path);
    }
}

fn digest_of(path: &Path) -> anyhow::Result<[u8; 32]> {
    let told = || format!("cannot read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(told)?);
    let (mut digest, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let read = file.read(&mut piece).with_context(told)?;
        match piece.get(..read) {
            Some(bytes) if read > 0 => digest.update(bytes),
            _ => return Ok(digest.finish()),
        }
    }
}
