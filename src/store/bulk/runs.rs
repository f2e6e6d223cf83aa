//! Records in any order, and back in the order of keys: sorted piece by piece into files, a set of them for each
//! table, which are merged in the end. Memory holds one piece, or a little of each file of one table.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::store::StoreError;
use crate::store::records::Found;
use crate::store::records::keys::Key;
use crate::store::upkeep::refused;

/// Bytes of records that are sorted at once.
const PIECE_BYTES: usize = 256 * 1024 * 1024;
/// Bytes of records handed over at once.
const LOAD_BYTES: usize = 2 * 1024 * 1024;
/// Bytes read ahead of each file.
const READ_BYTES: usize = 256 * 1024;

pub(super) struct Runs {
    folder: PathBuf,
    /// By the table's byte.
    tables: BTreeMap<u8, Records>,
    /// Of all that wait in memory.
    bytes: usize,
}

/// Records of one table, waiting to be sorted.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    places: Vec<Place>,
    files: Vec<PathBuf>,
}

/// Where a record stands in the bytes: its key, and behind it its value.
#[derive(Clone, Copy)]
struct Place {
    from: usize,
    key_bytes: u32,
    value_bytes: u32,
}

impl Place {
    fn key<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let to = self.from + self.key_bytes as usize;
        bytes.get(self.from..to).unwrap_or_default()
    }

    fn record<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let to = self.from + self.key_bytes as usize + self.value_bytes as usize;
        bytes.get(self.from..to).unwrap_or_default()
    }
}

impl Runs {
    /// Makes a folder of its own below `scratch`, which goes with it.
    pub(super) fn in_folder(scratch: &Path) -> Result<Runs, StoreError> {
        let folder = scratch.join(format!("bulk-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        Ok(Runs {
            folder,
            tables: BTreeMap::new(),
            bytes: 0,
        })
    }

    pub(super) fn add(&mut self, key: &Key, value: &[u8]) -> Result<(), StoreError> {
        let key = key.as_bytes();
        let table = key.first().copied().unwrap_or_default();
        let records = self.tables.entry(table).or_default();
        records.places.push(Place {
            from: records.bytes.len(),
            key_bytes: length(key),
            value_bytes: length(value),
        });
        records.bytes.extend_from_slice(key);
        records.bytes.extend_from_slice(value);
        self.bytes += key.len() + value.len() + size_of::<Place>();
        if self.bytes >= PIECE_BYTES {
            self.write_out().map_err(failed)?;
        }
        Ok(())
    }

    /// Gives every record, in the order of keys, piece by piece. A table's files go as soon as it is given.
    pub(super) fn hand_over(
        mut self,
        load: &mut dyn FnMut(Vec<Found>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.write_out().map_err(failed)?;
        for records in std::mem::take(&mut self.tables).into_values() {
            merge(&records.files, load)?;
            for file in &records.files {
                std::fs::remove_file(file).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn write_out(&mut self) -> io::Result<()> {
        for (table, records) in &mut self.tables {
            if records.places.is_empty() {
                continue;
            }
            // Stable, and quick on what is in order already: batches come sorted.
            records.places.sort_by(|left, right| {
                let left = left.key(&records.bytes);
                left.cmp(right.key(&records.bytes))
            });
            let name = format!("{table:02x}-{}", records.files.len());
            let path = self.folder.join(name);
            let mut file = BufWriter::with_capacity(READ_BYTES, File::create(&path)?);
            for place in &records.places {
                file.write_all(&place.key_bytes.to_le_bytes())?;
                file.write_all(&place.value_bytes.to_le_bytes())?;
                file.write_all(place.record(&records.bytes))?;
            }
            file.into_inner()?;
            records.files.push(path);
            records.places.clear();
            records.bytes.clear();
        }
        self.bytes = 0;
        Ok(())
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        // What stays behind costs room and nothing else.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Merges the files of one table.
fn merge(
    files: &[PathBuf],
    load: &mut dyn FnMut(Vec<Found>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut readers = Vec::with_capacity(files.len());
    for file in files {
        let file = File::open(file).map_err(failed)?;
        readers.push(BufReader::with_capacity(READ_BYTES, file));
    }
    let mut next = BinaryHeap::new();
    for (index, reader) in readers.iter_mut().enumerate() {
        if let Some((key, value)) = read(reader).map_err(failed)? {
            next.push(Reverse((key, index, value)));
        }
    }
    let (mut piece, mut bytes): (Vec<Found>, usize) = (Vec::new(), 0);
    let mut last: Option<Key> = None;
    while let Some(Reverse((key, index, value))) = next.pop() {
        if let Some(reader) = readers.get_mut(index)
            && let Some((key, value)) = read(reader).map_err(failed)?
        {
            next.push(Reverse((key, index, value)));
        }
        if last.as_ref() == Some(&key) {
            return Err(refused(
                "two batches have written one key: there is no store",
            ));
        }
        bytes += key.as_bytes().len() + value.len();
        last = Some(key.clone());
        piece.push((key, value));
        if bytes >= LOAD_BYTES {
            load(std::mem::take(&mut piece))?;
            bytes = 0;
        }
    }
    load(piece)
}

/// The next record of a file; `None` at its end.
fn read(reader: &mut BufReader<File>) -> io::Result<Option<Found>> {
    let mut length = [0; 4];
    match reader.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let key_bytes = u32::from_le_bytes(length);
    reader.read_exact(&mut length)?;
    let value_bytes = u32::from_le_bytes(length);
    let mut key = vec![0; key_bytes as usize];
    reader.read_exact(&mut key)?;
    let mut value = vec![0; value_bytes as usize];
    reader.read_exact(&mut value)?;
    Ok(Some((Key::from_stored(&key), value)))
}

/// Keys and values have limits far below.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Unavailable(format!("records cannot wait in files: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(bits: u64) -> Key {
        Key::access(bits)
    }

    #[test]
    fn records_come_back_in_the_order_of_keys_out_of_several_files() {
        let scratch = tempfile::tempdir().unwrap();
        let mut runs = Runs::in_folder(scratch.path()).unwrap();
        for bits in [5, 1, 9, 300, 2, 7] {
            runs.add(&key(bits), &bits.to_be_bytes()).unwrap();
            if bits == 9 || bits == 2 {
                runs.write_out().unwrap();
            }
        }
        runs.add(&Key::provider("9000001-1"), b"first").unwrap();
        let mut found = Vec::new();
        runs.hand_over(&mut |piece| {
            found.extend(piece);
            Ok(())
        })
        .unwrap();
        let expected =
            [1, 2, 5, 7, 9, 300_u64].map(|bits| (key(bits), bits.to_be_bytes().to_vec()));
        assert_eq!(found[0], (Key::provider("9000001-1"), b"first".to_vec()));
        assert_eq!(found[1..], expected);
        assert_eq!(scratch.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_key_of_two_batches_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let mut runs = Runs::in_folder(scratch.path()).unwrap();
        runs.add(&key(1), b"one").unwrap();
        runs.write_out().unwrap();
        runs.add(&key(1), b"other").unwrap();
        let outcome = runs.hand_over(&mut |_| Ok(()));
        assert!(matches!(outcome, Err(StoreError::Refused(_))));
    }
}
