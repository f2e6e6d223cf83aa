//! The high-water guard: files beside sled's that say how far the store had come.
//! sled may recover to an earlier state, or to an empty one, without an error; this shows it.
//!
//! `head` is durable and written at most once a second and at the end, so that no answer waits for it. `mark` is
//! written with every batch once that is durable, and never synced: it is exact as long as the machine runs, and
//! older, or empty, after a power cut. What is farther counts. Without a `head` nothing is compared: taking it
//! away is how an operator says that a loss is known.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::durable::replace_file;
use crate::store::StoreError;
use crate::store::records::stored::State;

/// First words of the file: what it is, and its format's version.
const INTRODUCTION: &str = "psop-store-head 1";
const MARK_INTRODUCTION: &str = "psop-store-mark 1";

/// How far a store has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) sequence: u64,
    pub(super) records: u64,
}

impl Head {
    pub(super) fn of(state: &State) -> Head {
        Head {
            sequence: state.sequence,
            records: state.records,
        }
    }

    /// Of one length, whatever it says: it is written over the one before.
    fn to_mark(self) -> String {
        let text = format!(
            "{MARK_INTRODUCTION} sequence={:020} records={:020}",
            self.sequence, self.records
        );
        format!("{text} crc32={:08x}\n", crc32fast::hash(text.as_bytes()))
    }

    fn from_mark(line: &str) -> Option<Head> {
        let counts = line.strip_prefix(MARK_INTRODUCTION)?;
        let head = Head::from_counts(counts)?;
        (head.to_mark() == line).then_some(head)
    }

    fn to_line(self) -> String {
        let text = format!(
            "{INTRODUCTION} sequence={} records={}",
            self.sequence, self.records
        );
        format!("{text} crc32={:08x}\n", crc32fast::hash(text.as_bytes()))
    }

    fn from_line(line: &str) -> Option<Head> {
        let counts = line.strip_prefix(INTRODUCTION)?;
        let head = Head::from_counts(counts)?;
        // Written again it must be the same, checksum and all.
        (head.to_line() == line).then_some(head)
    }

    fn from_counts(counts: &str) -> Option<Head> {
        let (sequence, rest) = counts.strip_prefix(" sequence=")?.split_once(" records=")?;
        let (records, _) = rest.split_once(' ')?;
        Some(Head {
            sequence: sequence.parse().ok()?,
            records: records.parse().ok()?,
        })
    }
}

/// The guard files of one store.
pub(super) struct Guard {
    pub(super) path: PathBuf,
    mark_path: PathBuf,
    /// Once it is to be written.
    mark: Option<File>,
}

impl Guard {
    pub(super) fn in_folder(folder: &Path) -> Guard {
        Guard {
            path: folder.join("head"),
            mark_path: folder.join("mark"),
            mark: None,
        }
    }

    /// How far the store had come at least; `None` without a `head`.
    pub(super) fn read(&self) -> Result<Option<Head>, StoreError> {
        let Some(head) = self.read_head()? else {
            return Ok(None);
        };
        // A mark that a power cut left half written says nothing.
        let mark = fs::read_to_string(&self.mark_path).ok();
        let mark = mark.and_then(|text| Head::from_mark(&text));
        Ok(Some(match mark {
            Some(mark) if mark.sequence > head.sequence => mark,
            _ => head,
        }))
    }

    fn read_head(&self) -> Result<Option<Head>, StoreError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(error) => {
                return Err(StoreError::Unavailable(format!(
                    "the store's guard file {} cannot be read: {error}",
                    self.path.display()
                )));
            }
        };
        Head::from_line(&text).map(Some).ok_or_else(|| {
            StoreError::Corrupt(format!(
                "the store's guard file {} is damaged, so nobody can tell whether the store is whole: restore \
                 the last backup, or, if the store is known to be whole, remove this file and start again",
                self.path.display()
            ))
        })
    }

    /// Replaces the file durably.
    pub(super) fn write(&self, head: Head) -> Result<(), StoreError> {
        replace_file(&self.path, head.to_line().as_bytes()).map_err(|error| {
            StoreError::Unavailable(format!(
                "the store's guard file {} cannot be written: {error}",
                self.path.display()
            ))
        })
    }

    /// Begins to keep the mark, at what is durable now.
    pub(super) fn begin_mark(&mut self, head: Head) -> Result<(), StoreError> {
        let begun = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.mark_path)
            .and_then(|mark| {
                mark.set_len(head.to_mark().len() as u64)?;
                Ok(mark)
            });
        let mark = begun.map_err(|error| self.mark_failed(&error))?;
        self.mark = Some(mark);
        self.write_mark(head)
    }

    /// Takes away the mark of a store that stood here before.
    pub(super) fn forget_mark(&self) -> io::Result<()> {
        match fs::remove_file(&self.mark_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Says what is durable, to all but a power cut.
    pub(super) fn write_mark(&self, head: Head) -> Result<(), StoreError> {
        match &self.mark {
            Some(mark) => mark
                .write_all_at(head.to_mark().as_bytes(), 0)
                .map_err(|error| self.mark_failed(&error)),
            None => Ok(()),
        }
    }

    fn mark_failed(&self, error: &io::Error) -> StoreError {
        StoreError::Unavailable(format!(
            "the store's guard file {} cannot be written: {error}",
            self.mark_path.display()
        ))
    }

    /// What an operator can do about a store that is not whole.
    pub(super) fn way_back(&self) -> String {
        format!(
            "Restore the last backup; or, if the loss is known and accepted, remove {} and start again",
            self.path.display()
        )
    }

    /// Refuses a store that is not what it was; `found` is `None` for an empty one.
    pub(super) fn check(&self, kept: Head, found: Option<Head>) -> Result<(), StoreError> {
        let loss = match found {
            None => format!(
                "is empty, but had {} records after {} commits: all of them are missing",
                kept.records, kept.sequence
            ),
            Some(found) if found.sequence < kept.sequence => format!(
                "is older than it was: the last {} of {} commits are missing ({} records now, {} then)",
                kept.sequence - found.sequence,
                kept.sequence,
                found.records,
                kept.records
            ),
            Some(found) if found.sequence == kept.sequence && found.records != kept.records => {
                format!(
                    "is another one: after {} commits it has {} records, and had {}",
                    kept.sequence, found.records, kept.records
                )
            }
            Some(_) => return Ok(()),
        };
        Err(StoreError::Corrupt(format!(
            "the store in {} {loss}. {}",
            self.path.parent().unwrap_or(&self.path).display(),
            self.way_back()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_back_and_no_other_line_does() {
        let head = Head {
            sequence: 17,
            records: 4711,
        };
        let line = head.to_line();
        assert!(line.starts_with("psop-store-head 1 sequence=17 records=4711 crc32="));
        assert_eq!(Head::from_line(&line), Some(head));
        for index in 0..line.len() {
            let mut changed = line.clone().into_bytes();
            changed[index] ^= 1;
            assert_eq!(Head::from_line(&String::from_utf8(changed).unwrap()), None);
            assert_eq!(Head::from_line(&line[..index]), None);
        }
    }

    #[test]
    fn a_mark_reads_back_counts_when_it_is_farther_and_is_nothing_when_it_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let head = |sequence, records| Head { sequence, records };
        let mut guard = Guard::in_folder(folder.path());
        guard.begin_mark(head(9, 90)).unwrap();
        assert_eq!(guard.read().unwrap(), None, "without a head");
        guard.write(head(7, 70)).unwrap();
        assert_eq!(guard.read().unwrap(), Some(head(9, 90)));
        guard.write_mark(head(12_345, 1)).unwrap();
        assert_eq!(guard.read().unwrap(), Some(head(12_345, 1)));
        guard.write_mark(head(6, 60)).unwrap();
        assert_eq!(
            guard.read().unwrap(),
            Some(head(7, 70)),
            "the mark is older"
        );

        let line = head(u64::MAX, u64::MAX).to_mark();
        assert_eq!(line.len(), head(0, 0).to_mark().len());
        assert_eq!(Head::from_mark(&line), Some(head(u64::MAX, u64::MAX)));
        for index in 0..line.len() {
            let mut changed = line.clone().into_bytes();
            changed[index] ^= 1;
            assert_eq!(Head::from_mark(&String::from_utf8(changed).unwrap()), None);
        }
        guard.write_mark(head(99, 99)).unwrap();
        guard.forget_mark().unwrap();
        assert_eq!(guard.read().unwrap(), Some(head(7, 70)));
        guard.forget_mark().unwrap();
        fs::write(folder.path().join("mark"), "").unwrap();
        assert_eq!(guard.read().unwrap(), Some(head(7, 70)));
    }

    #[test]
    fn older_empty_and_other_stores_are_refused_and_newer_ones_taken() {
        let guard = Guard::in_folder(Path::new("/store"));
        let head = |sequence, records| Head { sequence, records };
        let check = |found| guard.check(head(10, 100), found);
        assert!(check(None).is_err());
        let text = check(Some(head(7, 70))).unwrap_err().to_string();
        assert!(
            text.contains("the last 3 of 10 commits are missing"),
            "{text}"
        );
        assert!(text.contains("remove /store/head"), "{text}");
        assert!(check(Some(head(10, 99))).is_err());
        assert!(check(Some(head(10, 100))).is_ok());
        assert!(check(Some(head(11, 90))).is_ok());
    }
}
