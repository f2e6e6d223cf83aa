//! `store backup`: writes what the server, or the store opened here, gives piece by piece. The next piece is asked
//! for once the one before is durable, so that whatever breaks off goes on after the last whole piece.

use std::fs::{self, File};
use std::io::{BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::Value;

use super::super::ConfigFile;
use super::super::operate::{Series, run_taking};
use super::PROGRESS_EVERY;
use crate::durable::{open_part, sync_folder_of};
use crate::operate::Command;
use crate::operate::store::backup::{Backup as NextPiece, Carried, Place};
use crate::store::backup::{End, Frames, Header, Kind, MAGIC};

/// Write a backup.
#[derive(Debug, Args)]
#[command(
    after_help = "The backup is one point of the store's history, although requests are served meanwhile. It is \
    written to FILE.part, for its owner only, and named FILE once it is whole and was read back. Broken off, the \
    same command goes on after the last whole piece in FILE.part if the same server still runs and no other backup \
    was begun, and says so if it must begin anew. To standard output (-) it cannot go on. Personal data stays \
    sealed: to restore it the master key file is needed, so keep that, and not beside the backup.\n\
    Example: psop-adapter store backup psop.backup --config fixtures/demo/psop-adapter.toml"
)]
pub struct Backup {
    /// New file for the backup, or - for standard output
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if self.file == Path::new("-") {
            let mut writing = Writing::to(Box::new(Standard));
            return run_taking(&self.config, &mut writing);
        }
        let part = Part::open(&self.file)?;
        let part_path = part.path.clone();
        let mut writing = Writing::to(Box::new(part));
        let done = run_taking(&self.config, &mut writing);
        if writing.is_whole {
            return done;
        }
        done.with_context(|| {
            format!(
                "the backup is not whole; what has arrived is in {}, and the same command goes on from there",
                part_path.display()
            )
        })
    }
}

/// Where a backup is written.
trait Target {
    /// From where it goes on, if it was begun.
    fn place(&self) -> Option<Place>;
    /// Forgets what was written.
    fn begin_anew(&mut self) -> anyhow::Result<()>;
    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()>;
    /// What was written so far is durable.
    fn keep(&mut self) -> anyhow::Result<()>;
    /// All is written and durable.
    fn finish(&mut self) -> anyhow::Result<()>;
}

/// A backup being written.
struct Writing {
    target: Box<dyn Target>,
    is_whole: bool,
    bytes: u64,
    told: Instant,
}

impl Writing {
    fn to(target: Box<dyn Target>) -> Writing {
        Writing {
            target,
            is_whole: false,
            bytes: 0,
            told: Instant::now(),
        }
    }
}

impl Series for Writing {
    fn next(&mut self, carried: Option<Value>) -> anyhow::Result<Option<Command>> {
        let carried: Option<Carried> = carried.map(serde_json::from_value).transpose()?;
        let place = match carried {
            None => {
                let place = self.target.place();
                if let Some(place) = place {
                    eprintln!("going on with piece {}", place.piece);
                }
                place
            }
            Some(Carried::Next(place)) => {
                self.target.keep()?;
                Some(place)
            }
            Some(Carried::Whole(place)) => {
                self.target.finish()?;
                self.is_whole = true;
                Some(place)
            }
            // The answer to having said that all has arrived.
            Some(Carried::Unknown) if self.is_whole => return Ok(None),
            Some(Carried::Unknown) => {
                eprintln!(
                    "that backup cannot go on (its server was restarted, or another was begun): beginning anew"
                );
                self.target.begin_anew()?;
                None
            }
        };
        if self.told.elapsed() >= PROGRESS_EVERY {
            eprintln!("{} bytes so far", self.bytes);
            self.told = Instant::now();
        }
        Ok(Some(Command::of(NextPiece { place })))
    }

    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.bytes += bytes.len() as u64;
        self.target.write(bytes)
    }
}

/// Standard output, for whoever passes the backup on.
struct Standard;

impl Target for Standard {
    fn place(&self) -> Option<Place> {
        None
    }

    fn begin_anew(&mut self) -> anyhow::Result<()> {
        bail!("another backup was begun meanwhile: what was written is not whole")
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = std::io::stdout().write_all(bytes);
        written.context("cannot write the backup")
    }

    fn keep(&mut self) -> anyhow::Result<()> {
        std::io::stdout().flush().context("cannot write the backup")
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.keep()
    }
}

/// A file that is named as wanted once it is whole.
struct Part {
    wanted: PathBuf,
    path: PathBuf,
    file: File,
    place: Option<Place>,
}

impl Part {
    fn open(wanted: &Path) -> anyhow::Result<Part> {
        ensure!(
            !wanted.exists(),
            "{} exists, and no backup is overwritten: name another file",
            wanted.display()
        );
        let mut path = wanted.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let told = || format!("cannot use {}", path.display());
        let mut file = open_part(&path).with_context(told)?;
        if file.try_lock().is_err() {
            bail!("{} is being written by another command", path.display());
        }
        let (place, kept_bytes) = begun(&file).with_context(told)?;
        file.set_len(kept_bytes).with_context(told)?;
        file.seek(SeekFrom::End(0)).with_context(told)?;
        Ok(Part {
            wanted: wanted.to_owned(),
            path,
            file,
            place,
        })
    }

    fn cannot(&self) -> String {
        format!("cannot write {}", self.path.display())
    }
}

/// The place after the last whole piece of a file, and the bytes up to there.
fn begun(file: &File) -> anyhow::Result<(Option<Place>, u64)> {
    if file.metadata()?.len() < MAGIC.len() as u64 {
        return Ok((None, 0));
    }
    let mut frames = Frames::open(BufReader::with_capacity(1 << 20, file))?;
    let (mut id, mut found) = (None, (None, 0));
    // Whatever stands after the last mark, whole or not, comes again.
    while let Ok(Some(frame)) = frames.next_frame() {
        match frame.kind {
            Kind::Header => id = frame.decoded::<Header>().map(|header| header.id),
            Kind::Mark => {
                if let (Some(id), Some(piece)) = (id, frame.decoded::<u64>()) {
                    let place = Place {
                        id,
                        piece: piece.saturating_add(1),
                    };
                    found = (Some(place), frames.read_bytes());
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

impl Target for Part {
    fn place(&self) -> Option<Place> {
        self.place
    }

    fn begin_anew(&mut self) -> anyhow::Result<()> {
        self.file.set_len(0).with_context(|| self.cannot())?;
        self.file.rewind().with_context(|| self.cannot())?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(bytes).with_context(|| self.cannot())
    }

    fn keep(&mut self) -> anyhow::Result<()> {
        self.file.sync_data().with_context(|| self.cannot())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.file.sync_all().with_context(|| self.cannot())?;
        let (end, bytes) = read_back(&self.path)
            .with_context(|| format!("{} was written, and is not whole", self.path.display()))?;
        ensure!(
            !self.wanted.exists(),
            "{} was made by somebody else meanwhile: the backup is whole, and stays in {}",
            self.wanted.display(),
            self.path.display()
        );
        fs::rename(&self.path, &self.wanted)
            .and_then(|()| sync_folder_of(&self.wanted))
            .with_context(|| format!("cannot name {}", self.wanted.display()))?;
        println!(
            "{}: {} records and {} rows of the access log, as they were at sequence {}; {bytes} bytes",
            self.wanted.display(),
            end.records,
            end.access_rows,
            end.sequence
        );
        Ok(())
    }
}

/// What the end of a file says, every digest before it proven.
fn read_back(path: &Path) -> anyhow::Result<(End, u64)> {
    let file = File::open(path)?;
    let mut frames = Frames::open(BufReader::with_capacity(1 << 20, file))?;
    let mut end = None;
    while let Some(frame) = frames.next_frame()? {
        end = match frame.kind {
            Kind::End => frame.decoded::<End>(),
            _ => None,
        };
    }
    let end = end.context("its end is missing")?;
    Ok((end, frames.read_bytes()))
}
