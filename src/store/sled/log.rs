//! The form of sled's log, as far as its wholeness shows in it: segments with a header, in them messages with
//! a checksum each. Reads bytes and judges nothing; `wholeness` does. Follows sled 0.34.7, which is pinned.
//!
//! A message is CRC-32, kind, length, segment number and page, and then its body. The first of a batch is its
//! manifest: the place (LSN) of the batch's last byte.

use super::engine::SEGMENT_BYTES;

/// A place in the log, counted through all segments ever written. A segment's number is its LSN divided by its size.
pub(super) type Lsn = u64;

pub(super) const SEGMENT_LSN: Lsn = SEGMENT_BYTES as Lsn;

/// Length of a segment's header.
pub(super) const HEADER_BYTES: usize = 20;
/// Nothing begins this close to a segment's end.
const MESSAGE_HEADER_BYTES_MAX: usize = 32;
/// sled flips these bits of the places in a segment's header.
const LSN_MASK: u64 = 0x7FFF_FFFF_FFFF_FFFF;
/// A message's kind stands behind its checksum, and then its length.
const KIND_OFFSET: usize = 4;
const MANIFEST_LENGTH: u8 = 8;

const STRETCH_BYTES: usize = 4096;
const ZEROS: [u8; STRETCH_BYTES] = [0; STRETCH_BYTES];

/// The page that manifests are written for.
const MANIFEST_PAGE: u64 = u64::MAX - 666;

const KIND_CAP: u8 = 2;
const KIND_MANIFEST: u8 = 3;
const KIND_LAST: u8 = 11;
/// Kinds that stand for a page whole, so that nothing earlier of the page counts: freed, counter, meta, node.
const KINDS_WHOLE: [u8; 6] = [4, 5, 6, 7, 8, 9];

/// The place that a segment's header names; `None` where it is none.
pub(super) fn segment_lsn(header: &[u8]) -> Option<Lsn> {
    let checksum = !u32::from_le_bytes(array(header, 0)?);
    let checked = header.get(4..HEADER_BYTES)?;
    let lsn = u64::from_le_bytes(array(header, 4)?) ^ LSN_MASK;
    let is_whole = crc32fast::hash(checked) == checksum && lsn.is_multiple_of(SEGMENT_LSN);
    (is_whole && lsn <= LSN_MASK).then_some(lsn)
}

/// One message of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Where it begins in its segment.
    pub(super) offset: usize,
    pub(super) segment_number: u64,
    pub(super) page: u64,
    kind: u8,
    end: usize,
    /// Of a manifest: the place of its batch's last byte.
    pub(super) batch_ends: Option<Lsn>,
}

impl Message {
    /// The message at this place, if a whole one stands there.
    pub(super) fn read(segment: &[u8], offset: usize) -> Option<Message> {
        let checksum = !u32::from_le_bytes(array(segment, offset)?);
        let mut at = offset.checked_add(KIND_OFFSET)?;
        let kind = *segment.get(at)?;
        if kind == 0 || kind > KIND_LAST {
            return None;
        }
        at += 1;
        let length = number(segment, &mut at)?;
        let segment_number = number(segment, &mut at)?;
        let page = number(segment, &mut at)?;
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        let body = segment.get(at..end)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(body);
        hasher.update(segment.get(offset + KIND_OFFSET..at)?);
        if hasher.finalize() != checksum {
            return None;
        }
        let batch_ends = match (kind, array(body, 0)) {
            (KIND_MANIFEST, Some(place)) => Some(u64::from_le_bytes(place)),
            _ => None,
        };
        Some(Message {
            offset,
            segment_number,
            page,
            kind,
            end,
            batch_ends,
        })
    }

    /// Its place in the whole log.
    pub(super) fn lsn(&self) -> Lsn {
        self.segment_number * SEGMENT_LSN + self.offset as Lsn
    }

    /// Whether nothing earlier of its page counts.
    pub(super) fn is_whole_page(&self) -> bool {
        KINDS_WHOLE.contains(&self.kind)
    }
}

/// How the messages of a segment end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The segment is full.
    Full,
    /// No message of this segment stands here, though there would be room.
    Open(usize),
}

/// Tells every message of a segment from its beginning on, and how they end.
pub(super) fn walk(segment: &[u8], segment_number: u64, mut each: impl FnMut(&Message)) -> End {
    let mut offset = HEADER_BYTES;
    while offset + MESSAGE_HEADER_BYTES_MAX <= SEGMENT_BYTES {
        match Message::read(segment, offset) {
            Some(message) if message.segment_number == segment_number => {
                if message.kind == KIND_CAP {
                    return End::Full;
                }
                each(&message);
                offset = message.end;
            }
            // Recovery begins a new segment when it ends exactly here.
            _ if offset + MESSAGE_HEADER_BYTES_MAX == SEGMENT_BYTES => return End::Full,
            _ => return End::Open(offset),
        }
    }
    End::Full
}

/// The manifests that stand whole anywhere from `offset` on, whatever lies between them.
pub(super) fn manifests(segment: &[u8], offset: usize) -> impl Iterator<Item = Message> {
    (offset..segment.len())
        .step_by(STRETCH_BYTES)
        .filter_map(move |from| {
            let end = segment.len().min(from + STRETCH_BYTES);
            Some((from, segment.get(from..end)?))
        })
        // Most of a segment that is not full is zeros.
        .filter(|(_, stretch)| !ZEROS.starts_with(stretch))
        .flat_map(move |(from, stretch)| {
            let kinds = stretch.iter().enumerate();
            kinds.filter_map(move |(index, kind)| {
                let begin = (from + index).checked_sub(KIND_OFFSET)?;
                let is_candidate = *kind == KIND_MANIFEST
                    && begin >= offset
                    && segment.get(from + index + 1) == Some(&MANIFEST_LENGTH);
                is_candidate.then(|| Message::read(segment, begin))?
            })
        })
        .filter(|message| message.page == MANIFEST_PAGE)
}

fn array<const LENGTH: usize>(bytes: &[u8], at: usize) -> Option<[u8; LENGTH]> {
    let found = bytes.get(at..at.checked_add(LENGTH)?)?;
    found.try_into().ok()
}

/// sled's numbers of variable length.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    let byte = |index: usize| bytes.get(*at + index).copied().map(u64::from);
    let (value, length) = match first {
        0..=240 => (u64::from(first), 1),
        241..=248 => (240 + 256 * (u64::from(first) - 241) + byte(1)?, 2),
        249 => (2288 + 256 * byte(1)? + byte(2)?, 3),
        _ => {
            let length = usize::from(first) - 247;
            let mut value = [0; 8];
            value
                .get_mut(..length)?
                .copy_from_slice(bytes.get(*at + 1..=*at + length)?);
            (u64::from_le_bytes(value), length + 1)
        }
    };
    *at += length;
    Some(value)
}
