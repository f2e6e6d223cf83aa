//! The stores that are damaged: one killed and one closed in order, both small; a large one whose first segment lies
//! before its last snapshot; and a long one, killed, all of whose segments recovery has to go through. All but the
//! last with an older copy of itself.

use std::path::Path;

use tempfile::TempDir;

use super::super::history::made;
use super::super::registry::registry;
use super::super::*;
use crate::domain::registry::Registry;

/// Grants of each store, by number: from 1 on.
pub(super) const GRANTS: u64 = 30;
/// Grants that its older copy has.
const GRANTS_OLDER: u64 = 12;
/// Providers of the large store with the longest names, which change twice: more than a segment of them.
const LONG_NAMES: u32 = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Killed,
    Closed,
    Large,
    Long,
}

/// A store's folder with what was acknowledged of it.
pub(super) struct Kept {
    place: Place,
    copy: TempDir,
    older: TempDir,
    pub(super) providers: usize,
    pub(super) access_rows: u64,
}

impl Kept {
    pub(super) fn grants(&self) -> std::ops::Range<u64> {
        1..GRANTS
    }

    /// A place with a copy of the store and the same key.
    pub(super) fn copy(&self) -> Place {
        let place = Place::new();
        copy_folder(self.copy.path(), place.store_path());
        std::fs::copy(
            self.place.key_file("master.key"),
            place.key_file("master.key"),
        )
        .unwrap();
        place
    }

    async fn make(which: Which) -> Kept {
        let is_large = matches!(which, Which::Large | Which::Long);
        let place = Place::new();
        let mut store = place.open();
        let mut registry = registry();
        store.put_registry(registry.clone()).await.unwrap();
        // All of them in the first segment of a large store, and what is long behind them.
        let in_older = if is_large { GRANTS } else { GRANTS_OLDER };
        commit(&store, 1..in_older).await;
        if is_large {
            lengthen(&store, &mut registry).await;
        }
        let older = tempfile::tempdir().unwrap();
        if which != Which::Long {
            store.close().await.unwrap();
            // Opened once more, so that the older copy has a snapshot.
            place.open().close().await.unwrap();
            copy_folder(place.store_path(), older.path());
            store = place.open();
        }
        commit(&store, in_older..GRANTS).await;
        for _ in 0..3 {
            store.commit(Change::access_only(entry())).await.unwrap();
        }
        let access_rows = store.access_head().await.unwrap().rows;
        let copy = tempfile::tempdir().unwrap();
        if matches!(which, Which::Closed | Which::Large) {
            store.close().await.unwrap();
            copy_folder(place.store_path(), copy.path());
        } else {
            // What a kill leaves behind: nothing is written after an acknowledgement.
            copy_folder(place.store_path(), copy.path());
            store.close().await.unwrap();
        }
        Kept {
            place,
            copy,
            older,
            providers: registry.providers.len(),
            access_rows,
        }
    }
}

/// More than a segment of providers, whose pages are written again and again.
async fn lengthen(store: &SledStore, registry: &mut Registry) {
    let sample = registry.providers[0].clone();
    for index in 0..LONG_NAMES {
        let mut provider = sample.clone();
        provider.business_id = super::super::files::valid_business_id(index);
        registry.providers.push(provider);
    }
    for letter in ["x", "y", "z"] {
        for provider in registry.providers.iter_mut().skip(1) {
            provider.name = letter.repeat(65_000);
        }
        store.put_registry(registry.clone()).await.unwrap();
    }
}

async fn commit(store: &SledStore, numbers: std::ops::Range<u64>) {
    for bits in numbers {
        store.commit(made(bits, CHILD, bits)).await.unwrap();
    }
}

pub(super) struct Stores {
    killed: Kept,
    closed: Kept,
    large: Kept,
    long: Kept,
}

impl Stores {
    pub(super) async fn make() -> Stores {
        Stores {
            killed: Kept::make(Which::Killed).await,
            closed: Kept::make(Which::Closed).await,
            large: Kept::make(Which::Large).await,
            long: Kept::make(Which::Long).await,
        }
    }

    pub(super) fn kept(&self, which: Which) -> &Kept {
        match which {
            Which::Killed => &self.killed,
            Which::Closed => &self.closed,
            Which::Large => &self.large,
            Which::Long => &self.long,
        }
    }

    pub(super) fn older(&self, which: Which) -> &Path {
        self.kept(which).older.path()
    }
}
