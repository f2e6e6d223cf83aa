//! Files that survive a power cut: contents synced, then the folder that names them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Syncs the folder that holds `path`, so that a created or renamed name in it is durable.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Replaces a file whole: written beside it, synced, renamed over it, and the folder synced.
pub fn replace_file(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = Path::new(&beside);
    let mut file = File::create(beside)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    sync_folder_of(path)
}
