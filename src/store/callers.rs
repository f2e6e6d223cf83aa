//! Who is on the way to a commit: requests that are worked on, most of which end in one.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many requests are worked on.
#[derive(Debug, Default)]
pub struct Callers(AtomicUsize);

impl Callers {
    /// One more, for as long as what this gives is held.
    pub fn arrive(&self) -> Caller<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Caller(self)
    }

    pub(in crate::store) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request that is worked on.
#[derive(Debug)]
pub struct Caller<'a>(&'a Callers);

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
