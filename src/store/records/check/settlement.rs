//! The check of one settlement run: its records, each by itself and all together, and every purchasing power that an
//! event on it draws on. What no record of the run tells of, an event without its row, it does not find by itself.

use std::collections::BTreeSet;
use std::ops::Bound;

use tokio::task::yield_now;

use super::super::audit;
use super::super::events;
use super::super::keys::{Key, Table};
use super::super::record;
use super::super::renewal;
use super::super::stored::State;
use super::super::{Engine, Order, Span, View};
use super::records::Record;
use super::{Findings, PIECE_RECORDS, grants, settlements};
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::service_event::Shares;
use crate::domain::settlement::{RunNumber, SettledRow};
use crate::store::StoreError;
use crate::store::check::SettlementReport;

/// Checks a run.
pub(in crate::store) async fn check(
    engine: &impl Engine,
    number: RunNumber,
) -> Result<SettlementReport, StoreError> {
    let mut proof = Proof {
        rows: 0,
        sums: Shares::default(),
        grants: BTreeSet::new(),
        findings: Findings::none(engine),
    };
    for (table, prefix) in [
        (Table::SettlementRun, Key::settlement_run(number)),
        (Table::SettlementProvider, Key::settlement_providers(number)),
        (Table::SettlementRow, Key::settlement_rows(number)),
    ] {
        let mut from = Bound::Unbounded;
        while let Some(last) =
            engine.read(|view| proof.piece(view, table, &prefix, from.clone()))?
        {
            from = Bound::Excluded(last);
            yield_now().await;
        }
    }
    settlements::judge(engine, number, &mut proof.findings)?;
    for grant in &proof.grants {
        grants::judge(engine, *grant, &mut proof.findings)?;
        yield_now().await;
    }
    Ok(SettlementReport {
        rows: proof.rows,
        sums: proof.sums,
        grants: u64::try_from(proof.grants.len()).unwrap_or(u64::MAX),
        findings: proof.findings.kept,
        findings_left_out: proof.findings.left_out,
    })
}

/// What was read so far.
struct Proof {
    rows: u64,
    sums: Shares,
    grants: BTreeSet<PurchasingPowerNumber>,
    findings: Findings,
}

impl Proof {
    /// Checks the next records from one state of the data; the last one's key, or `None` at the end.
    fn piece(
        &mut self,
        view: &dyn View,
        table: Table,
        prefix: &Key,
        from: Bound<Key>,
    ) -> Result<Option<Key>, StoreError> {
        renewal::follow(view)?;
        let state = audit::state(view)?;
        let mut last = None;
        let span = Span::from(prefix.clone(), from);
        for (key, value) in view.range(&span, Order::First, PIECE_RECORDS)? {
            let record = Record {
                table,
                key: &key,
                value: &value,
            };
            self.record(view, &state, &record)?;
            last = Some(key);
        }
        Ok(last)
    }

    fn record(
        &mut self,
        view: &dyn View,
        state: &State,
        record: &Record<'_>,
    ) -> Result<(), StoreError> {
        self.findings.judge(view, state, record)?;
        if record.table != Table::SettlementRow {
            return Ok(());
        }
        self.rows += 1;
        // One that cannot be read is told above.
        let Ok(row) = record::decode::<SettledRow>(record.table, record.key, record.value) else {
            return Ok(());
        };
        self.sums = self.sums.plus(row.shares);
        match events::event(view, row.event) {
            Ok(Some(placed)) => drop(self.grants.insert(placed.event.number)),
            Ok(None) | Err(StoreError::Corrupt(_) | StoreError::UnknownKey) => {}
            Err(other) => return Err(other),
        }
        Ok(())
    }
}
