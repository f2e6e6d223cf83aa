//! Logs put together byte by byte: what a power cut leaves is no damage, and what was synced once and is gone is.

use std::fs::File;
use std::os::unix::fs::FileExt;

use tempfile::TempDir;

use crate::store::sled::engine::SEGMENT_BYTES;
use crate::store::sled::log::{HEADER_BYTES, Lsn, SEGMENT_LSN};
use crate::store::sled::wholeness::{Damage, find_damage};

const MANIFEST_PAGE: u64 = u64::MAX - 666;
const KIND_CAP: u8 = 2;
const KIND_MANIFEST: u8 = 3;
const KIND_NODE: u8 = 8;
const KIND_LINK: u8 = 10;

/// A segment in the making.
struct Segment {
    number: u64,
    bytes: Vec<u8>,
}

impl Segment {
    fn new(number: u64) -> Segment {
        let mut checked = Vec::new();
        for lsn in [number * SEGMENT_LSN, number * SEGMENT_LSN] {
            checked.extend((lsn ^ 0x7FFF_FFFF_FFFF_FFFF).to_le_bytes());
        }
        let mut bytes = (!crc32fast::hash(&checked)).to_le_bytes().to_vec();
        bytes.extend(checked);
        Segment { number, bytes }
    }

    fn lsn(&self) -> Lsn {
        self.number * SEGMENT_LSN + self.bytes.len() as Lsn
    }

    fn message(&mut self, kind: u8, page: u64, body: &[u8]) {
        let mut head = vec![kind];
        for value in [body.len() as u64, self.number, page] {
            match u8::try_from(value) {
                Ok(short) if short <= 240 => head.push(short),
                _ => {
                    head.push(255);
                    head.extend(value.to_le_bytes());
                }
            }
        }
        let checksum = !crc32fast::hash(&[body, &head].concat());
        self.bytes.extend(checksum.to_le_bytes());
        self.bytes.extend(head);
        self.bytes.extend(body);
    }

    /// A manifest and the messages of its batch; where each of them begins.
    fn batch(&mut self, pages: &[u64]) -> Vec<usize> {
        // 5 bytes, then numbers of 1, 1 and 9, and 8 of body; and messages of 8 and 100.
        let ends = self.lsn() + 24 + 108 * pages.len() as Lsn - 1;
        self.message(KIND_MANIFEST, MANIFEST_PAGE, &ends.to_le_bytes());
        let mut begins = Vec::new();
        for page in pages {
            begins.push(self.bytes.len());
            self.message(KIND_NODE, *page, &[7; 100]);
        }
        assert_eq!(self.lsn(), ends + 1);
        begins
    }

    fn spoil(&mut self, from: usize, count: usize) {
        self.bytes[from..from + count].fill(0xEE);
    }

    fn fill_up(&mut self) {
        self.message(KIND_CAP, 0, b"");
    }
}

fn damage(segments: &[Segment]) -> Option<Damage> {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let log = File::create_new(&path).unwrap();
    for (slot, segment) in segments.iter().enumerate() {
        let at = (slot * SEGMENT_BYTES) as u64;
        log.write_all_at(&segment.bytes, at).unwrap();
    }
    find_damage(folder.path(), &File::open(path).unwrap()).unwrap()
}

#[test]
fn an_unfinished_last_batch_is_no_damage_and_an_unfinished_earlier_one_is() {
    let mut segment = Segment::new(0);
    segment.batch(&[1, 2]);
    let begins = segment.batch(&[1, 2, 3]);
    let whole = segment.bytes.clone();
    assert_eq!(damage(&[segment]), None);

    // The middle of the last batch never came to the disk, and its end did.
    let mut segment = Segment {
        number: 0,
        bytes: whole,
    };
    segment.spoil(begins[1], 30);
    let torn = segment.bytes.clone();
    assert_eq!(damage(&[segment]), None);

    let mut segment = Segment {
        number: 0,
        bytes: torn,
    };
    segment.batch(&[4]);
    let byte = begins[1] as u64;
    assert_eq!(damage(&[segment]), Some(Damage { byte }));
}

#[test]
fn what_lies_between_two_batches_needs_a_second_one_behind_it() {
    let mut segment = Segment::new(0);
    segment.batch(&[1]);
    let between = segment.bytes.len();
    segment.message(KIND_LINK, 1, &[5; 50]);
    segment.batch(&[2]);
    segment.spoil(between, 10);
    let torn = segment.bytes.clone();
    assert_eq!(damage(&[segment]), None);
    let mut segment = Segment {
        number: 0,
        bytes: torn,
    };
    segment.batch(&[3]);
    assert!(damage(&[segment]).is_some());
}

#[test]
fn a_break_in_a_segment_with_later_segments_behind_it_is_damage() {
    let mut first = Segment::new(0);
    let begins = first.batch(&[1, 2]);
    first.fill_up();
    first.spoil(begins[0] + 20, 1);
    let mut second = Segment::new(1);
    second.batch(&[3]);
    let byte = begins[0] as u64;
    assert_eq!(damage(&[first, second]), Some(Damage { byte }));
}

/// A free segment whose new bytes came to the disk in part, the new header not among them.
fn about_to_be_used_again(replaced: &[u64], is_full: bool) -> Option<Damage> {
    let mut free = Segment::new(0);
    let begins = free.batch(&[1, 2, 3]);
    free.spoil(begins[2], 108);
    let mut last = Segment::new(1);
    last.batch(replaced);
    last.batch(&[9]);
    if is_full {
        last.fill_up();
    }
    damage(&[free, last])
}

#[test]
fn a_free_segment_that_was_about_to_be_used_again_is_no_damage() {
    assert_eq!(about_to_be_used_again(&[1, 2], true), None);
    // Something in it counts still; or no segment was to be taken.
    assert!(about_to_be_used_again(&[1], true).is_some());
    assert!(about_to_be_used_again(&[1, 2], false).is_some());
}

#[test]
fn a_segment_that_lost_its_header_is_damage_unless_it_is_new() {
    let new = |batches: usize| {
        let mut first = Segment::new(0);
        first.batch(&[1]);
        first.fill_up();
        let mut second = Segment::new(1);
        for _ in 0..batches {
            second.batch(&[2]);
        }
        second.bytes[..HEADER_BYTES].fill(0);
        damage(&[first, second])
    };
    assert_eq!(new(1), None);
    let byte = SEGMENT_LSN + HEADER_BYTES as u64;
    assert_eq!(new(2), Some(Damage { byte }));
}
