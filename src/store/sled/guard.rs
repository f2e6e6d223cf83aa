//! The high-water guard: a file beside sled's that says how far the store had come.
//! sled may recover to an earlier state, or to an empty one, without an error; this shows it.
//!
//! It is written after acknowledgements and at most once a second: it catches gross loss, it does not
//! prove that nothing is missing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::durable::replace_file;
use crate::store::StoreError;
use crate::store::records::stored::State;

/// First words of the file: what it is, and its format's version.
const INTRODUCTION: &str = "psop-store-head 1";

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

    fn to_line(self) -> String {
        let text = format!(
            "{INTRODUCTION} sequence={} records={}",
            self.sequence, self.records
        );
        format!("{text} crc32={:08x}\n", crc32fast::hash(text.as_bytes()))
    }

    fn from_line(line: &str) -> Option<Head> {
        let counts = line
            .strip_prefix(INTRODUCTION)?
            .strip_prefix(" sequence=")?;
        let (sequence, rest) = counts.split_once(" records=")?;
        let (records, _) = rest.split_once(' ')?;
        let head = Head {
            sequence: sequence.parse().ok()?,
            records: records.parse().ok()?,
        };
        // Written again it must be the same, checksum and all.
        (head.to_line() == line).then_some(head)
    }
}

/// The guard file of one store.
pub(super) struct Guard {
    pub(super) path: PathBuf,
}

impl Guard {
    pub(super) fn in_folder(folder: &Path) -> Guard {
        Guard {
            path: folder.join("head"),
        }
    }

    /// What the file says; `None` without a file.
    pub(super) fn read(&self) -> Result<Option<Head>, StoreError> {
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
            "the store in {} {loss}. Restore the last backup; or, if the loss is known and accepted, remove {} \
             and start again",
            self.path.parent().unwrap_or(&self.path).display(),
            self.path.display()
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
