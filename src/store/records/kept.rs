//! What was read of the registry, decoded, for as long as the registry stands: nearly every request asks the same of it.
//!
//! Invariant: nothing outlives the state of the data that it was read from. An engine that keeps this lets go of all of it
//! with each batch that touches the registry, while nobody reads.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::keys::Key;
use crate::store::StoreError;

/// Most readings kept. With one more, all are let go: what is asked often soon is back.
const READINGS_MAX: usize = 4096;

/// Readings by the key of what was read, a record that is not there among them.
#[derive(Default)]
pub(in crate::store) struct Kept(RwLock<HashMap<Key, Box<dyn Any + Send + Sync>>>);

impl Kept {
    /// What is kept under a key, or what `read` finds, which is kept. A key always stands for the same type.
    pub(in crate::store) fn or_read<T: Clone + Send + Sync + 'static>(
        &self,
        key: &Key,
        read: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let readings = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let kept = readings
            .get(key)
            .and_then(|reading| reading.downcast_ref::<T>());
        if let Some(kept) = kept {
            return Ok(kept.clone());
        }
        drop(readings);
        let found = read()?;
        let mut readings = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if readings.len() >= READINGS_MAX {
            readings.clear();
        }
        readings.insert(key.clone(), Box::new(found.clone()));
        Ok(found)
    }

    /// Lets all go.
    pub(in crate::store) fn forget(&self) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        Key::municipality(&number.to_string())
    }

    fn unread() -> Result<usize, StoreError> {
        panic!("this was read before")
    }

    #[test]
    fn what_was_read_is_not_read_again_until_it_is_let_go() {
        let kept = Kept::default();
        assert_eq!(kept.or_read(&key(1), || Ok(7_usize)).unwrap(), 7);
        assert_eq!(kept.or_read(&key(1), unread).unwrap(), 7);
        assert_eq!(kept.or_read(&key(2), || Ok(8_usize)).unwrap(), 8);
        kept.forget();
        assert_eq!(kept.or_read(&key(1), || Ok(9_usize)).unwrap(), 9);
    }

    #[test]
    fn a_reading_that_failed_is_not_kept() {
        let kept = Kept::default();
        let failed = kept.or_read::<usize>(&key(1), || Err(StoreError::Busy));
        assert!(matches!(failed, Err(StoreError::Busy)));
        assert_eq!(kept.or_read(&key(1), || Ok(7_usize)).unwrap(), 7);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let kept = Kept::default();
        for number in 0..READINGS_MAX {
            kept.or_read(&key(number), || Ok(number)).unwrap();
        }
        assert_eq!(kept.or_read(&key(0), unread).unwrap(), 0);
        kept.or_read(&key(READINGS_MAX), || Ok(1_usize)).unwrap();
        assert_eq!(kept.or_read(&key(READINGS_MAX), unread).unwrap(), 1);
        assert_eq!(kept.or_read(&key(0), || Ok(2_usize)).unwrap(), 2);
    }
}
