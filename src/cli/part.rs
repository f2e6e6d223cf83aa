//! Files that commands write: each is put together beside its name, for its owner alone, and synced; it gets its name
//! once it is whole, and never takes the place of another content.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use openssl::sha::Sha256;
use serde_json::Value;

use super::ConfigFile;
use super::operate::{Series, run_taking};
use crate::durable::{open_part, sync_folder_of};
use crate::operate::Command;

/// Runs a command that gives one file, and keeps that. A command that gives it whole carries something over.
pub(super) fn run_into(
    config: &ConfigFile,
    command: Command,
    path: &Path,
) -> anyhow::Result<ExitCode> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} names no file", path.display()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut writing = OneFile {
        command: Some(command),
        part: Part::open(folder, &format!(".{name}.tmp"))?,
        is_whole: false,
    };
    let done = run_taking(config, &mut writing)?;
    if writing.is_whole {
        let written = writing.part.whole(name.to_owned())?;
        written
            .must_not_replace(folder)
            .context("nothing was written: what is told has changed since, so write to another file and compare")?;
        written.name_it(folder)?;
        sync_folder_of(path).context("cannot sync the folder")?;
    }
    Ok(done)
}

/// One command and its file.
struct OneFile {
    command: Option<Command>,
    part: Part,
    is_whole: bool,
}

impl Series for OneFile {
    fn next(&mut self, carried: Option<Value>) -> anyhow::Result<Option<Command>> {
        self.is_whole = carried.is_some();
        Ok(self.command.take())
    }

    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.part.write(bytes)
    }
}

/// A file that is whole and has not got its name yet.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) digest: [u8; 32],
    part: Part,
}

impl Written {
    /// Refuses where a file of this name has another content.
    pub(super) fn must_not_replace(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(&self.name);
        ensure!(
            !path.exists() || digest_of(&path)? == self.digest,
            "{} has another content, and is not overwritten",
            path.display()
        );
        Ok(())
    }

    /// Gives the file its name, where no file has it yet, and says so.
    pub(super) fn name_it(self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(&self.name);
        let is_new = !path.exists();
        if is_new {
            fs::rename(&self.part.path, &path)
                .with_context(|| format!("cannot name {}", path.display()))?;
        }
        let state = if is_new { "written" } else { "unchanged" };
        println!("{state:9} {}", path.display());
        Ok(())
    }
}

/// A file without its name: gone with this value, unless it was given one.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    digest: Sha256,
}

impl Part {
    pub(super) fn open(folder: &Path, part_name: &str) -> anyhow::Result<Part> {
        let path = folder.join(part_name);
        let told = || format!("cannot write {}", path.display());
        let file = open_part(&path).with_context(told)?;
        if file.try_lock().is_err() {
            bail!("another command is writing {}", path.display());
        }
        // What one that was killed has left.
        file.set_len(0).with_context(told)?;
        Ok(Part {
            path,
            file,
            digest: Sha256::new(),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.digest.update(bytes);
        let written = self.file.write_all(bytes);
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    pub(super) fn whole(self, name: String) -> anyhow::Result<Written> {
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
