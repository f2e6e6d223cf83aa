//! Files that survive a power cut: contents synced, then the folder that names them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Syncs the folder that holds `path`, so that a created or renamed name in it is durable.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Opens a file that is being put together, with what an earlier run has left of it, for its owner alone. A link is
/// refused: whoever else may write to the folder could name another file of ours by it.
pub fn open_part(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_opened_again_as_it_was_left_and_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (part, other) = (folder.path().join("part"), folder.path().join("other"));
        open_part(&part).unwrap().write_all(b"begun").unwrap();
        open_part(&part).unwrap();
        assert_eq!(fs::read(&part).unwrap(), b"begun");
        fs::write(&other, "another's").unwrap();
        fs::remove_file(&part).unwrap();
        std::os::unix::fs::symlink(&other, &part).unwrap();
        assert!(open_part(&part).is_err());
        assert_eq!(fs::read(&other).unwrap(), b"another's");
    }
}
