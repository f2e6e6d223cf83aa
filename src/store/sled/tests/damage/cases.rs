//! The cases of the table: which store, which file, how damaged, and what may come of it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::Outcome::{self, RefusedAtRead, RefusedAtStart, Whole};
use super::stores::Which::{self, Closed, Killed, Large, Long};
use crate::store::sled::engine::SEGMENT_BYTES;
use crate::store::sled::log::HEADER_BYTES;
use crate::store::sled::tests::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    Log,
    Settings,
    Snapshot,
    Head,
    Mark,
}

/// Places are in thousandths of the file's used length, and ends are the end of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// So many bytes off the end, or all there are.
    CutOff(usize),
    /// So many of the zeros behind what is used.
    CutOffZeros(usize),
    FlipAt(usize),
    /// A byte this far from the beginning.
    FlipByte(usize),
    /// A byte this far before the end.
    FlipBeforeEnd(usize),
    /// A place, and how many bytes.
    ZeroAt(usize, usize),
    ZeroFromByte(usize, usize),
    OverwriteAt(usize, usize),
    /// Everything in this segment but its header.
    EmptySegment(usize),
    Append(usize),
    Remove,
    PutOlder,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) store: Which,
    file: File,
    how: How,
    pub(super) expected: &'static [Outcome],
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {:?} {:?}", self.store, self.file, self.how)
    }
}

impl Case {
    pub(super) fn new(store: Which, file: File, how: How, expected: &'static [Outcome]) -> Case {
        Case {
            store,
            file,
            how,
            expected,
        }
    }

    fn name(&self, folder: &Path) -> PathBuf {
        let snapshot = || {
            let files = fs::read_dir(folder).unwrap();
            let mut names = files.map(|file| file.unwrap().file_name());
            names
                .find(|name| name.to_string_lossy().starts_with("snap."))
                .expect("a snapshot")
        };
        match self.file {
            File::Log => folder.join("db"),
            File::Settings => folder.join("conf"),
            File::Snapshot => folder.join(snapshot()),
            File::Head => folder.join("head"),
            File::Mark => folder.join("mark"),
        }
    }

    pub(super) fn apply(&self, place: &Place, older: &Path) {
        let path = self.name(place.store_path());
        if self.how == How::Remove {
            return fs::remove_file(path).unwrap();
        }
        if self.how == How::PutOlder {
            let older = self.name(older);
            fs::remove_file(&path).unwrap();
            let name = older.file_name().unwrap();
            fs::copy(&older, place.store_path().join(name)).unwrap();
            return;
        }
        let mut bytes = fs::read(&path).unwrap();
        // A log opened before is filled up with zeros to the end of its segment.
        let used = used_bytes(&bytes);
        let (whole, length) = (bytes.len(), used);
        let at = |thousandths: usize| length * thousandths / 1000;
        match self.how {
            How::CutOff(count) => bytes.truncate(length.saturating_sub(count)),
            How::FlipAt(place) => bytes[at(place)] ^= 0x10,
            How::FlipByte(byte) => bytes[byte] ^= 0x01,
            How::FlipBeforeEnd(byte) => bytes[length - byte] ^= 0x80,
            How::ZeroAt(place, count) => fill(&mut bytes, at(place), count, |_| 0),
            How::ZeroFromByte(byte, count) => fill(&mut bytes, byte, count, |_| 0),
            How::OverwriteAt(place, count) => fill(&mut bytes, at(place), count, noise),
            How::EmptySegment(index) => {
                let from = index * SEGMENT_BYTES + HEADER_BYTES;
                fill(&mut bytes, from, SEGMENT_BYTES - HEADER_BYTES, |_| 0);
            }
            How::CutOffZeros(count) => bytes.truncate(whole - count),
            How::Append(count) => bytes.extend((0..count).map(noise)),
            How::Remove | How::PutOlder => {}
        }
        fs::write(path, bytes).unwrap();
    }
}

fn used_bytes(bytes: &[u8]) -> usize {
    const STRETCH: usize = 4096;
    let zeros = [0; STRETCH];
    let is_used = |stretch: &[u8]| !zeros.starts_with(stretch);
    let last = bytes.chunks(STRETCH).rposition(is_used).unwrap() * STRETCH;
    let stretch = &bytes[last..bytes.len().min(last + STRETCH)];
    last + stretch.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

fn noise(index: usize) -> u8 {
    ((index as u32).wrapping_mul(2_654_435_761) >> 13) as u8
}

fn fill(bytes: &mut [u8], from: usize, count: usize, value: impl Fn(usize) -> u8) {
    let end = bytes.len().min(from + count);
    for (index, byte) in bytes[from..end].iter_mut().enumerate() {
        *byte = value(index);
    }
}

const REFUSED: &[Outcome] = &[RefusedAtStart];
/// Where the damage lies is up to the engine.
const ANY: &[Outcome] = &[Whole, RefusedAtStart, RefusedAtRead];
const WHOLE: &[Outcome] = &[Whole];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |store, file, how, expected| {
        cases.push(Case::new(store, file, how, expected));
    };
    // The end of the log: the last batches.
    for store in [Killed, Closed] {
        for bytes in [1, 7, 64, 512, 4096, 10_000, 65_536, 200_000, 1 << 20] {
            add(store, File::Log, How::CutOff(bytes), REFUSED);
        }
        for byte in [1, 30, 100, 1000, 5000] {
            add(store, File::Log, How::FlipBeforeEnd(byte), REFUSED);
        }
        for bytes in [1, 1 << 20] {
            add(store, File::Log, How::CutOffZeros(bytes), WHOLE);
        }
        add(store, File::Log, How::CutOff(usize::MAX), REFUSED);
        add(store, File::Log, How::Remove, REFUSED);
        add(store, File::Log, How::PutOlder, REFUSED);
        for bytes in [1, 20, 4096, 1 << 20] {
            add(store, File::Log, How::Append(bytes), WHOLE);
        }
    }
    // The middle of what recovery reads.
    for place in [20, 130, 270, 410, 550, 690, 830, 950] {
        add(Killed, File::Log, How::FlipAt(place), REFUSED);
    }
    for place in [100, 300, 500, 700, 900] {
        add(Killed, File::Log, How::ZeroAt(place, 512), REFUSED);
        add(Closed, File::Log, How::OverwriteAt(place, 64), REFUSED);
    }
    // The only segment's header.
    for byte in [0, 5, 11, 19] {
        add(Killed, File::Log, How::FlipByte(byte), REFUSED);
    }
    add(Killed, File::Log, How::ZeroFromByte(0, 20), REFUSED);
    add(Killed, File::Log, How::ZeroFromByte(0, 4096), REFUSED);
    // Segments from before the last snapshot are met by the first read of them.
    add(Large, File::Log, How::EmptySegment(0), ANY);
    for byte in [10_000, 50_000, 150_000] {
        add(Large, File::Log, How::ZeroFromByte(byte, 60_000), ANY);
        add(Large, File::Log, How::FlipByte(byte), ANY);
    }
    for bytes in [1, 1 << 20] {
        add(Large, File::Log, How::CutOff(bytes), REFUSED);
    }
    // Segments that recovery would pass over, with later ones behind them.
    add(Long, File::Log, How::EmptySegment(0), REFUSED);
    for byte in [3, 15, 500, 10_000, 50_000, 150_000, 3_000_000] {
        add(Long, File::Log, How::FlipByte(byte), REFUSED);
    }
    for byte in [0, 20, 10_000, 50_000, 150_000, 7_000_000] {
        add(Long, File::Log, How::ZeroFromByte(byte, 4096), REFUSED);
    }
    add(Long, File::Log, How::CutOff(10), REFUSED);
    // The small files.
    for how in [How::CutOff(1), How::FlipByte(0), How::FlipAt(500)] {
        add(Closed, File::Snapshot, how, REFUSED);
    }
    add(Closed, File::Snapshot, How::CutOff(usize::MAX), REFUSED);
    add(Closed, File::Snapshot, How::Append(10), REFUSED);
    add(Closed, File::Snapshot, How::Remove, ANY);
    add(Closed, File::Snapshot, How::PutOlder, ANY);
    add(Large, File::Snapshot, How::Remove, ANY);
    for how in [
        How::Remove,
        How::CutOff(usize::MAX),
        How::CutOff(1),
        How::FlipByte(2),
    ] {
        add(Killed, File::Settings, how, ANY);
    }
    add(Killed, File::Settings, How::PutOlder, WHOLE);
    for how in [
        How::CutOff(usize::MAX),
        How::CutOff(1),
        How::FlipByte(30),
        How::Append(3),
    ] {
        add(Killed, File::Head, how, REFUSED);
        add(Killed, File::Mark, how, WHOLE);
    }
    for file in [File::Head, File::Mark] {
        add(Killed, file, How::Remove, WHOLE);
        add(Closed, file, How::PutOlder, WHOLE);
    }
    cases
}
