//! Reading ahead: while records come from the disk, those that are going to be asked for are asked for all at once.
//!
//! What sled has in memory it tells in a few microseconds, and threads to share that between would cost more. So nothing
//! is read ahead before questions are slow, one after the other, as they are in a store that is larger than the memory.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::store::records::keys::Key;

/// Records read at once.
const READERS: usize = 8;

/// A question that takes longer has waited for the disk, or for its turn on a core.
const SLOW: Duration = Duration::from_micros(50);
/// What a slow question counts for, beside quick ones that take one away: more than one in nine have to be slow.
const SLOW_COUNTS: u32 = 8;
const COUNT_MAX: u32 = 64;
/// From here on it is read ahead.
const COUNT_READS_AHEAD: u32 = 24;

/// Whether records come from the disk, and the threads that wait for it.
#[derive(Default)]
pub(super) struct Ahead {
    count: AtomicU32,
    /// Made when it is first needed; `None` where no threads are to be had.
    readers: OnceLock<Option<ThreadPool>>,
}

impl Ahead {
    /// Learns what a question took.
    pub(super) fn took(&self, time: Duration) {
        let count = self.count.load(Ordering::Relaxed);
        let next = match time > SLOW {
            true => COUNT_MAX.min(count + SLOW_COUNTS),
            false => count.saturating_sub(1),
        };
        // Questions asked at once may overwrite each other: this is a guess, and most stay at nothing.
        if next != count {
            self.count.store(next, Ordering::Relaxed);
        }
    }

    /// Whether records come from the disk.
    pub(super) fn is_wanted(&self) -> bool {
        self.count.load(Ordering::Relaxed) >= COUNT_READS_AHEAD
    }

    /// Asks for all of them at once, and returns when all are answered. A panic of one is the caller's.
    pub(super) fn read(&self, keys: &[Key], ask: impl Fn(&Key) + Sync) {
        let make = || {
            let threads = ThreadPoolBuilder::new().num_threads(READERS);
            let named = threads.thread_name(|number| format!("store-reader-{number}"));
            named.build().ok()
        };
        if keys.len() > 1
            && let Some(readers) = self.readers.get_or_init(make)
        {
            readers.scope(|scope| {
                for key in keys {
                    scope.spawn(|_| ask(key));
                }
            });
        }
    }

    /// Whether anything was ever read ahead.
    #[cfg(test)]
    pub(super) fn has_begun(&self) -> bool {
        self.readers.get().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;

    use super::*;

    const QUICK: Duration = Duration::from_micros(5);
    const FROM_DISK: Duration = Duration::from_micros(150);

    #[test]
    fn it_is_wanted_while_many_questions_are_slow_and_not_for_one_of_them() {
        let ahead = Ahead::default();
        for _ in 0..100 {
            ahead.took(FROM_DISK);
            for _ in 0..20 {
                ahead.took(QUICK);
            }
            assert!(!ahead.is_wanted());
        }
        for _ in 0..3 {
            ahead.took(FROM_DISK);
        }
        assert!(ahead.is_wanted());
        // As a commit has them: what was read ahead is quick when it is asked for again.
        for _ in 0..100 {
            for _ in 0..8 {
                ahead.took(FROM_DISK);
            }
            for _ in 0..20 {
                ahead.took(QUICK);
            }
            assert!(ahead.is_wanted());
        }
        for _ in 0..COUNT_MAX {
            ahead.took(QUICK);
        }
        assert!(!ahead.is_wanted());
    }

    #[test]
    fn every_key_is_asked_for_once() {
        let ahead = Ahead::default();
        let keys: Vec<Key> = (0..100)
            .map(|number| Key::municipality(&number.to_string()))
            .collect();
        let asked = Mutex::new(Vec::new());
        ahead.read(&keys, |key| asked.lock().unwrap().push(key.clone()));
        let asked = asked.into_inner().unwrap();
        assert_eq!(asked.len(), keys.len());
        assert_eq!(BTreeSet::from_iter(asked), BTreeSet::from_iter(keys));
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let keys = [Key::municipality("1"), Key::municipality("2")];
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            Ahead::default().read(&keys, |_| panic!("a page is not to be read"));
        }));
        assert!(outcome.is_err());
    }
}
