//! Figures of the store, from a walk over all records. Proves nothing: that is the check's.

use std::collections::BTreeMap;

use super::keys::TABLES;
use super::{Engine, audit, record, rekey};
use crate::secrets::KeyId;
use crate::store::StoreError;
use crate::store::upkeep::{Figures, Progress, TableFigures};

pub(super) async fn figures(
    engine: &impl Engine,
    progress: Progress<'_>,
) -> Result<Figures, StoreError> {
    let mut tables: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
    let mut formats: BTreeMap<u8, u64> = BTreeMap::new();
    let mut sealed_under: BTreeMap<KeyId, u64> = BTreeMap::new();
    super::replace::walk(
        engine,
        |key, value| {
            if let Some(table) = key.in_table() {
                let (records, bytes) = tables.entry(table as u8).or_default();
                *records += 1;
                *bytes += (key.as_bytes().len() + value.len()) as u64;
            }
            if let Some(format) = record::format_of(value) {
                *formats.entry(format).or_default() += 1;
            }
            if let Some(id) = rekey::sealed_under(key, value)? {
                *sealed_under.entry(id).or_default() += 1;
            }
            Ok(())
        },
        progress,
    )
    .await?;
    let state = engine.read(audit::state)?;
    Ok(Figures {
        back_end: engine.name(),
        tables: TABLES
            .map(|table| {
                let (records, bytes) = tables.get(&(table as u8)).copied().unwrap_or_default();
                TableFigures {
                    name: table.name(),
                    records,
                    bytes,
                }
            })
            .to_vec(),
        disk_bytes: engine.disk_bytes()?,
        sequence: state.sequence,
        epoch: state.epoch,
        access_rows: state.access_rows,
        changes: state.changes,
        formats: formats.into_iter().collect(),
        keys: rekey::standing(engine)?,
        sealed_under: sealed_under.into_iter().collect(),
    })
}
