//! Whether sled's log is whole, asked before sled opens it.
//!
//! Recovery goes through the log from the last snapshot on. At a message that does not match its checksum it
//! leaves out the rest of the segment, or ends there and overwrites what follows, without a word. That is right
//! for what a power cut left half written, and loses acknowledged records where the disk has damaged older bytes.
//! The two can be told apart, because a batch is begun only after the one before was synced: whatever lies before
//! a later batch was durable once, and is damaged if it is not there now.
//!
//! What this does not see: damage before the last snapshot, which the first read of it finds; a damaged last
//! batch, which looks as if it was never finished (the guard files know of it); a segment of which nothing at all
//! is left (`store check` counts).

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use super::engine::SEGMENT_BYTES;
use super::log::{self, End, HEADER_BYTES, Lsn, Message, SEGMENT_LSN};

/// Where the log is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// The byte in the log's file from which on messages are not what was written.
    pub(super) byte: u64,
}

/// Looks for damage in what recovery will read. Changes nothing.
pub(super) fn find_damage(folder: &Path, log: &File) -> io::Result<Option<Damage>> {
    let first = snapshot_lsn(folder)? / SEGMENT_LSN * SEGMENT_LSN;
    // Headers lie segments apart: reading on behind each would read much of the log for nothing.
    advise(log, 0, None, Advice::Random);
    let segments = Segments::scan(log, first)?;
    advise(log, 0, None, Advice::Normal);
    let mut search = Search::default();
    let mut buffer = Vec::new();
    let mut left = segments.by_lsn.iter().peekable();
    while let Some((&lsn, place)) = left.next() {
        read_segment(log, place.slot, &mut buffer)?;
        // The disk reads the next segment while this one is looked through.
        if let Some((_, next)) = left.peek() {
            let length = NonZeroU64::new(SEGMENT_LSN);
            advise(log, next.slot * SEGMENT_LSN, length, Advice::WillNeed);
        }
        search.segment(lsn, place, &buffer);
    }
    let Some(found) = search.proven().copied() else {
        return Ok(None);
    };
    if search.tip_is_full && segments.is_left_over(log, &found)? {
        return Ok(None);
    }
    Ok(Some(Damage {
        byte: found.slot * SEGMENT_LSN + found.lsn % SEGMENT_LSN,
    }))
}

/// Tells the kernel how the log is about to be read. One that takes no advice is only slower.
fn advise(log: &File, offset: u64, length: Option<NonZeroU64>, advice: Advice) {
    let _ = fadvise(log, offset, length, advice);
}

/// Where the last snapshot ends, by the name of its file; recovery reads the log from there.
fn snapshot_lsn(folder: &Path) -> io::Result<Lsn> {
    let mut last = 0;
    for entry in folder.read_dir()? {
        let name = entry?.file_name();
        let lsn = name
            .to_str()
            .and_then(|name| name.strip_prefix("snap."))
            .and_then(|hexadecimal| Lsn::from_str_radix(hexadecimal, 16).ok());
        last = last.max(lsn.unwrap_or(0));
    }
    Ok(last)
}

/// A segment's place in the file.
#[derive(Clone, Copy)]
struct Place {
    slot: u64,
    /// Whether its header is whole; otherwise its messages say which segment it is.
    has_header: bool,
}

/// The segments that recovery reads, or would if their headers were whole.
struct Segments {
    by_lsn: BTreeMap<Lsn, Place>,
}

impl Segments {
    fn scan(log: &File, first: Lsn) -> io::Result<Segments> {
        let slots = log.metadata()?.len().div_ceil(SEGMENT_LSN);
        let mut by_lsn = BTreeMap::new();
        let mut buffer = Vec::new();
        for slot in 0..slots {
            let mut header = [0; HEADER_BYTES];
            let is_there = log.read_exact_at(&mut header, slot * SEGMENT_LSN).is_ok();
            let named = log::segment_lsn(&header).filter(|_| is_there);
            let lsn = match named {
                Some(lsn) => Some(lsn),
                None => {
                    read_segment(log, slot, &mut buffer)?;
                    lsn_by_messages(&buffer)
                }
            };
            let place = Place {
                slot,
                has_header: named.is_some(),
            };
            if let Some(lsn) = lsn.filter(|lsn| *lsn >= first) {
                let before = by_lsn.entry(lsn).or_insert(place);
                if place.has_header {
                    *before = place;
                }
            }
        }
        Ok(Segments { by_lsn })
    }

    /// Whether a segment was free and about to be used again when the power went: the new bytes are there
    /// in part and the old header still stands. Nothing in such a segment counts any more, and the log's last
    /// segment is full, as only then a free one is taken.
    fn is_left_over(&self, log: &File, found: &Break) -> io::Result<bool> {
        let mut buffer = Vec::new();
        // Pages of the segment that nothing later replaces, by the messages that are left of it.
        let mut living = BTreeMap::new();
        for (&lsn, place) in self.by_lsn.range(found.segment_lsn()..) {
            read_segment(log, place.slot, &mut buffer)?;
            let is_its_own = lsn == found.segment_lsn();
            log::walk(&buffer, lsn / SEGMENT_LSN, |message| {
                if is_its_own && message.batch_ends.is_none() {
                    living.insert(message.page, ());
                } else if message.is_whole_page() {
                    living.remove(&message.page);
                }
            });
        }
        Ok(living.is_empty())
    }
}

/// Which segment this is, by what stands in it.
fn lsn_by_messages(segment: &[u8]) -> Option<Lsn> {
    Message::read(segment, HEADER_BYTES)
        .or_else(|| log::manifests(segment, HEADER_BYTES).next())
        .and_then(|message| message.segment_number.checked_mul(SEGMENT_LSN))
}

fn read_segment(log: &File, slot: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.resize(SEGMENT_BYTES, 0);
    let mut filled = 0;
    while filled < SEGMENT_BYTES {
        let Some(rest) = buffer.get_mut(filled..) else {
            break;
        };
        match log.read_at(rest, slot * SEGMENT_LSN + filled as Lsn)? {
            0 => break,
            count => filled += count,
        }
    }
    buffer.truncate(filled);
    Ok(())
}

/// A place from which on the messages of a segment are missing.
#[derive(Clone, Copy)]
struct Break {
    slot: u64,
    lsn: Lsn,
    /// The end of the batch that it lies in.
    batch_ends: Option<Lsn>,
    /// Later batches begun.
    batches_after: u32,
    is_proven: bool,
}

impl Break {
    fn segment_lsn(&self) -> Lsn {
        self.lsn / SEGMENT_LSN * SEGMENT_LSN
    }

    /// A batch that begins behind the one which has the break proves that this was synced. What lies
    /// in no batch may have been written with the next one, so that only the second proves it.
    fn see_batch(&mut self, begins: Lsn) {
        if begins < self.lsn || self.batch_ends.is_some_and(|ends| begins <= ends) {
            return;
        }
        self.batches_after += 1;
        self.is_proven = self.batch_ends.is_some() || self.batches_after >= 2;
    }
}

/// One pass through the log in the order of its places.
#[derive(Default)]
struct Search {
    breaks: Vec<Break>,
    last_batch_ends: Option<Lsn>,
    tip_is_full: bool,
}

impl Search {
    fn segment(&mut self, lsn: Lsn, place: &Place, segment: &[u8]) {
        let mut broken_at = Some(HEADER_BYTES);
        if place.has_header {
            let end = log::walk(segment, lsn / SEGMENT_LSN, |message| self.see(message));
            broken_at = match end {
                End::Full => None,
                End::Open(offset) => Some(offset),
            };
        }
        self.tip_is_full = broken_at.is_none();
        let Some(offset) = broken_at else { return };
        let break_lsn = lsn + offset as Lsn;
        self.breaks.push(Break {
            slot: place.slot,
            lsn: break_lsn,
            batch_ends: self.last_batch_ends.filter(|ends| *ends >= break_lsn),
            batches_after: 0,
            is_proven: false,
        });
        for manifest in log::manifests(segment, offset) {
            if manifest.segment_number == lsn / SEGMENT_LSN {
                self.see(&manifest);
            }
        }
    }

    fn see(&mut self, message: &Message) {
        if let Some(ends) = message.batch_ends {
            for one in &mut self.breaks {
                one.see_batch(message.lsn());
            }
            self.last_batch_ends = Some(ends);
        }
    }

    fn proven(&self) -> Option<&Break> {
        self.breaks.iter().find(|one| one.is_proven)
    }
}
