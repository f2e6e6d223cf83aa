//! The form of a backup: a stream of frames, each with a digest over everything up to and with it.
//!
//! ```text
//! stream = MAGIC frame*
//! frame  = kind (1 byte), length of the payload (4, big-endian), payload, digest (32)
//! digest = SHA-256 of the digest before it (at first SHA-256 of MAGIC), kind, length and payload
//! entry  = length of the key (2), key, length of the value (4; all ones: the record was removed), value
//! ```
//!
//! The frames: one [`Header`]; entries in the order of keys, and between and after them entries that changed while the
//! backup was made; a mark at the end of each piece, from where a backup that broke off goes on; one [`End`]. Whoever
//! lays the entries one over the other in their order has the store as it stood at the end's sequence.
//!
//! Records stand in it as in the store: personal data stays sealed, and the wrapped keys are among the records.

use std::io::{self, Read};

use openssl::sha::Sha256;
use serde::{Deserialize, Serialize};

/// First bytes of a backup: what it is, and the version of its form.
pub const MAGIC: &[u8] = b"PSOP-BACKUP 1\n";
/// Any version's first bytes.
const MAGIC_OF_ANY: &[u8] = b"PSOP-BACKUP ";

const HEAD_BYTES: usize = 1 + 4;
pub const DIGEST_BYTES: usize = 32;
/// Longest payload that is read, in bytes: far more than is written.
const PAYLOAD_BYTES_MAX: usize = 32 << 20;
/// In the place of a value's length: there is none, the record was removed.
const REMOVED: u32 = u32::MAX;

/// A key with its value, or with `None` where the record was removed.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

/// Why a backup cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("this is no backup of a store")]
    NoBackup,
    #[error(
        "this backup has a form that this program does not know: use the version that wrote it, or a later one"
    )]
    UnknownForm,
    #[error("the backup is damaged at byte {at}: use another one")]
    Damaged { at: u64 },
    #[error(
        "the backup ends too early, at byte {at}: it was not made whole, or it was cut; use another one"
    )]
    Cut { at: u64 },
    #[error("cannot read the backup: {0}")]
    Io(#[from] io::Error),
}

/// First frame: which backup of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub id: [u8; 16],
    /// The store's epoch.
    pub epoch: [u8; 16],
    /// Where the store stood when the backup began.
    pub sequence_begun: u64,
    /// Version of the program.
    pub program: String,
}

/// Last frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub counts: Counts,
    /// Batches that the store had committed: the one state that the backup holds.
    pub sequence: u64,
    /// Records of that state, without those of the meta table.
    pub records: u64,
    pub access_rows: u64,
    /// Keyed hash of the digest before this frame: who has not the store's keys cannot make it.
    pub tag: [u8; 32],
}

/// What a stream holds so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries in the order of keys.
    pub ordered: u64,
    /// Entries that changed meanwhile.
    pub changed: u64,
}

/// A frame's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Header = 1,
    Ordered = 2,
    Changed = 3,
    Mark = 4,
    End = 5,
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        let kinds = [
            Kind::Header,
            Kind::Ordered,
            Kind::Changed,
            Kind::Mark,
            Kind::End,
        ];
        kinds.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The digest of a stream so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain(pub [u8; DIGEST_BYTES]);

impl Chain {
    /// Of a stream that has its magic only.
    pub fn begun() -> Chain {
        Chain(openssl::sha::sha256(MAGIC))
    }

    /// A frame with its digest, which is the stream's from now on.
    pub fn frame(&mut self, kind: Kind, payload: &[u8]) -> Vec<u8> {
        // Payloads are far shorter than 4 GiB: each is closed as soon as it is long.
        let length = u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len() + DIGEST_BYTES);
        frame.push(kind as u8);
        frame.extend_from_slice(&length);
        frame.extend_from_slice(payload);
        self.0 = self.after(&frame);
        frame.extend_from_slice(&self.0);
        frame
    }

    fn after(self, bytes: &[u8]) -> [u8; DIGEST_BYTES] {
        let mut hash = Sha256::new();
        hash.update(&self.0);
        hash.update(bytes);
        hash.finish()
    }
}

/// Adds an entry to a payload.
pub fn put_entry(payload: &mut Vec<u8>, key: &[u8], value: Option<&[u8]>) {
    // Keys and values have limits far below these.
    let key_length = u16::try_from(key.len()).unwrap_or(u16::MAX);
    payload.extend_from_slice(&key_length.to_be_bytes());
    payload.extend_from_slice(key);
    let length = value.map_or(REMOVED, |value| {
        u32::try_from(value.len()).unwrap_or(REMOVED - 1)
    });
    payload.extend_from_slice(&length.to_be_bytes());
    payload.extend_from_slice(value.unwrap_or_default());
}

/// The entries of a payload; `None` for one that holds something else.
pub fn entries(mut payload: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !payload.is_empty() {
        let (length, rest) = payload.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length);
        let value_bytes = if length == REMOVED {
            0
        } else {
            length as usize
        };
        let (value, rest) = rest.split_at_checked(value_bytes)?;
        entries.push((key.to_vec(), (length != REMOVED).then(|| value.to_vec())));
        payload = rest;
    }
    Some(entries)
}

/// A frame that was read, its digest proven.
pub struct Frame {
    pub kind: Kind,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The payload as what this kind holds; `None` where it is something else.
    pub fn decoded<T: for<'a> Deserialize<'a>>(&self) -> Option<T> {
        postcard::from_bytes(&self.payload).ok()
    }
}

/// Reads a stream frame by frame, and proves each digest.
pub struct Frames<R> {
    stream: R,
    chain: Chain,
    /// The digest before the last frame read.
    chain_before: Chain,
    read_bytes: u64,
}

impl<R: Read> Frames<R> {
    /// Reads the magic.
    pub fn open(mut stream: R) -> Result<Frames<R>, BackupError> {
        let mut magic = [0; MAGIC.len()];
        let found = fill(&mut stream, &mut magic)?;
        if found < MAGIC.len() || !magic.starts_with(MAGIC_OF_ANY) {
            return Err(BackupError::NoBackup);
        }
        if magic != MAGIC {
            return Err(BackupError::UnknownForm);
        }
        Ok(Frames {
            stream,
            chain: Chain::begun(),
            chain_before: Chain::begun(),
            read_bytes: MAGIC.len() as u64,
        })
    }

    /// The next frame; `None` where the stream ends between two.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, BackupError> {
        let at = self.read_bytes;
        let mut head = [0; HEAD_BYTES];
        match fill(&mut self.stream, &mut head)? {
            0 => return Ok(None),
            HEAD_BYTES => {}
            _ => return Err(BackupError::Cut { at }),
        }
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        let kind = Kind::of(kind).ok_or(BackupError::Damaged { at })?;
        if length > PAYLOAD_BYTES_MAX {
            return Err(BackupError::Damaged { at });
        }
        let mut frame = vec![0; HEAD_BYTES + length];
        let (before, payload) = frame.split_at_mut(HEAD_BYTES);
        before.copy_from_slice(&head);
        let mut digest = [0; DIGEST_BYTES];
        if fill(&mut self.stream, payload)? < length
            || fill(&mut self.stream, &mut digest)? < DIGEST_BYTES
        {
            return Err(BackupError::Cut { at });
        }
        if self.chain.after(&frame) != digest {
            return Err(BackupError::Damaged { at });
        }
        self.chain_before = self.chain;
        self.chain = Chain(digest);
        self.read_bytes += (frame.len() + DIGEST_BYTES) as u64;
        let payload = frame.split_off(HEAD_BYTES);
        Ok(Some(Frame { kind, payload }))
    }

    /// Bytes read so far, up to the end of the last frame.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The digest before the last frame.
    pub fn chain_before(&self) -> Chain {
        self.chain_before
    }
}

/// Reads until the place is full or the stream ends.
fn fill(stream: &mut impl Read, place: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = place.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let mut chain = Chain::begun();
        let mut payload = Vec::new();
        put_entry(&mut payload, b"key", Some(b"value"));
        put_entry(&mut payload, b"gone", None);
        put_entry(&mut payload, b"empty", Some(b""));
        let mut stream = MAGIC.to_vec();
        stream.extend(chain.frame(Kind::Ordered, &payload));
        stream.extend(chain.frame(Kind::Mark, &[1]));
        stream
    }

    fn read(bytes: &[u8]) -> Result<Vec<(Kind, Vec<u8>)>, BackupError> {
        let mut frames = Frames::open(bytes)?;
        let mut found = Vec::new();
        while let Some(frame) = frames.next_frame()? {
            found.push((frame.kind, frame.payload));
        }
        Ok(found)
    }

    #[test]
    fn entries_read_back_as_they_were_put() {
        let found = read(&stream()).unwrap();
        assert_eq!(found.len(), 2);
        let wanted: Vec<Entry> = vec![
            (b"key".to_vec(), Some(b"value".to_vec())),
            (b"gone".to_vec(), None),
            (b"empty".to_vec(), Some(Vec::new())),
        ];
        assert_eq!(entries(&found[0].1), Some(wanted));
        assert_eq!(entries(&[0, 1]), None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_inside_a_frame_is_found() {
        let stream = stream();
        for index in 0..stream.len() * 8 {
            let mut changed = stream.clone();
            changed[index / 8] ^= 1 << (index % 8);
            assert!(read(&changed).is_err(), "bit {index}");
        }
        let whole = read(&stream).unwrap().len();
        for length in 0..stream.len() {
            // Between two frames a cut is seen by the end that is missing.
            let shorter = read(&stream[..length]);
            assert!(
                shorter.is_err() || shorter.unwrap().len() < whole,
                "{length}"
            );
        }
    }

    #[test]
    fn frames_in_another_order_are_found() {
        let mut chain = Chain::begun();
        let first = chain.frame(Kind::Mark, &[1]);
        let second = chain.frame(Kind::Mark, &[2]);
        assert!(read(&[MAGIC, &first, &second].concat()).is_ok());
        assert!(read(&[MAGIC, &second, &first].concat()).is_err());
        assert!(read(&[MAGIC, &second].concat()).is_err());
    }

    #[test]
    fn other_files_and_later_forms_are_refused() {
        assert!(matches!(read(b""), Err(BackupError::NoBackup)));
        assert!(matches!(
            read(b"something else altogether"),
            Err(BackupError::NoBackup)
        ));
        assert!(matches!(
            read(b"PSOP-BACKUP 2\n"),
            Err(BackupError::UnknownForm)
        ));
    }
}
