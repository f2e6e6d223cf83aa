//! Records of earlier formats, written in the newest one.

use super::Engine;
use super::record;
use super::replace::replace_all;
use crate::store::StoreError;
use crate::store::upkeep::{Progress, Walked};

pub(super) async fn migrate(
    engine: &impl Engine,
    progress: Progress<'_>,
) -> Result<Walked, StoreError> {
    replace_all(
        engine,
        |_, key, value| match key.in_table() {
            Some(table) => record::upgraded(table, key, value),
            None => Ok(None),
        },
        progress,
    )
    .await
}
