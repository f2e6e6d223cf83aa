//! Reads the log back into the system's memory after a start, beside what is served. Recovery has let it go from there, so
//! as to see what the disk has; without this each record that is asked for the first time would wait for the disk, in a
//! large store for days. It is the system's page cache: nothing of it is the program's, and it goes where others need it.
//!
//! Judges nothing, and no answer waits for it.
//!
//! Invariant: nothing is read while sled recovers. A page that somebody is reading stays in memory when recovery lets go of
//! the log, and after a failed sync it may not be what the disk has.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::fs::{Advice, fadvise};

/// What the kernel is asked for at once: a sync waits behind no more than that.
const PIECE_BYTES: u64 = 1024 * 1024;

/// The thread that reads. Dropping this ends it, and waits for that: as long as the disk takes for a piece.
pub(super) struct ReadBack {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ReadBack {
    /// Begins to read back the end of the log in a store's folder, at most so many bytes.
    pub(super) fn begin(folder: &Path, most_bytes: u64) -> ReadBack {
        let path = folder.join("db");
        let is_over = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_over);
        let work = move || {
            // A handle of its own: the committer's holds a lock, which would outlive it in a copy.
            let log = File::open(path);
            let is_wanted = || !asked.load(Ordering::Relaxed);
            match log.and_then(|log| read_back(&log, most_bytes.min(room_bytes()), is_wanted)) {
                Ok(0) => {}
                Ok(bytes) => {
                    let megabytes = bytes / 1_000_000;
                    tracing::debug!("{megabytes} MB of the store's log are read back into memory");
                }
                Err(error) => warn(&error),
            }
        };
        let thread = thread::Builder::new().name("store-read-back".to_owned());
        let thread = thread.spawn(work).map_err(|error| warn(&error));
        ReadBack {
            is_over,
            thread: thread.ok(),
        }
    }
}

impl Drop for ReadBack {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // One that panicked reads no more either.
            let _ = thread.join();
        }
    }
}

/// Calls are slower for a while, and that is all.
fn warn(error: &io::Error) {
    tracing::warn!("the store's log is not read back into memory: {error}");
}

/// Reads from the end on, since what was written last is asked for soonest, as long as it is wanted. Bytes read back.
fn read_back(log: &File, most_bytes: u64, is_wanted: impl Fn() -> bool) -> io::Result<u64> {
    let length = log.metadata()?.len();
    let (mut end, first) = (length, length.saturating_sub(most_bytes));
    while end > first && is_wanted() {
        let began = Instant::now();
        let offset = end.saturating_sub(PIECE_BYTES).max(first);
        fadvise(log, offset, NonZeroU64::new(end - offset), Advice::WillNeed)?;
        log.read_exact_at(&mut [0], end - 1)?;
        end = offset;
        // The disk is somebody else's for half of the time.
        thread::park_timeout(began.elapsed());
    }
    Ok(length - end)
}

/// Three quarters of the memory that the system could give to its page cache; no limit where it does not say.
fn room_bytes() -> u64 {
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    available_bytes(&memory).map_or(u64::MAX, |bytes| bytes / 4 * 3)
}

fn available_bytes(memory: &str) -> Option<u64> {
    let mut lines = memory.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::io::{IoSliceMut, Write};

    use rustix::io::{ReadWriteFlags, preadv2};

    use super::*;

    /// Whether a byte comes without waiting for the disk.
    fn is_in_memory(log: &File, offset: u64) -> bool {
        let mut byte = [0];
        let slices = &mut [IoSliceMut::new(&mut byte)];
        preadv2(log, slices, offset, ReadWriteFlags::NOWAIT).is_ok()
    }

    /// A file of so many pieces that is on the disk alone; `None` where there is no disk.
    fn out_of_memory(pieces: u64) -> Option<File> {
        let mut file = tempfile::tempfile().unwrap();
        for _ in 0..pieces {
            file.write_all(&vec![7; PIECE_BYTES as usize]).unwrap();
        }
        file.sync_all().unwrap();
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        if is_in_memory(&file, 0) {
            println!("skipped: the folder of temporary files is in memory itself");
            return None;
        }
        Some(file)
    }

    #[test]
    fn the_end_of_a_log_is_read_back_and_no_more_than_asked() {
        let Some(log) = out_of_memory(8) else { return };
        let most = 2 * PIECE_BYTES + 10;
        assert_eq!(read_back(&log, most, || true).unwrap(), most);
        let end = 8 * PIECE_BYTES;
        for offset in [
            end - 1,
            end - PIECE_BYTES,
            end - 2 * PIECE_BYTES,
            end - most,
        ] {
            assert!(is_in_memory(&log, offset), "{offset}");
        }
        assert!(!is_in_memory(&log, PIECE_BYTES));
        assert_eq!(read_back(&log, u64::MAX, || true).unwrap(), end);
        assert!(is_in_memory(&log, 0));
    }

    #[test]
    fn nothing_is_read_back_for_a_store_that_is_closed_or_empty() {
        let Some(log) = out_of_memory(2) else { return };
        assert_eq!(read_back(&log, u64::MAX, || false).unwrap(), 0);
        assert_eq!(read_back(&log, 0, || true).unwrap(), 0);
        assert!(!is_in_memory(&log, 2 * PIECE_BYTES - 1));
        let empty = tempfile::tempfile().unwrap();
        assert_eq!(read_back(&empty, u64::MAX, || true).unwrap(), 0);
    }

    #[test]
    fn one_that_is_dropped_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        for is_there in [false, true] {
            if is_there {
                fs::write(folder.path().join("db"), vec![7; 3 * PIECE_BYTES as usize]).unwrap();
            }
            let reading = ReadBack::begin(folder.path(), u64::MAX);
            let is_over = Arc::downgrade(&reading.is_over);
            drop(reading);
            assert_eq!(is_over.strong_count(), 0, "its thread has let go");
        }
    }

    #[test]
    fn the_systems_word_on_its_memory_is_read() {
        let memory = "MemTotal:       24684456 kB\nMemAvailable:   10 kB\nSwapTotal: 0 kB\n";
        assert_eq!(available_bytes(memory), Some(10_240));
        for nothing in [
            "",
            "MemAvailable:",
            "MemAvailable: 10 MB",
            "MemAvailable: x kB",
        ] {
            assert_eq!(available_bytes(nothing), None, "{nothing}");
        }
        assert!(room_bytes() > 0);
    }
}
