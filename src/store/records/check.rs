//! The check of a whole store: one sweep over every record, each proven together with what it names from one
//! state of the data; then each grant with its ledger and its events; then the access log's chain.
//!
//! It reads in small pieces, between which others read and write, and looks at nothing across two states: a
//! grant that is too large for one piece is read again when its revision has changed meanwhile.
//!
//! Invariant: damage is a finding and never shuts the store; only what keeps the check from going on is an error.

mod grants;
mod records;
pub(in crate::store) mod settlement;
mod settlements;

use std::collections::BTreeMap;
use std::ops::Bound;

use tokio::task::yield_now;

use super::audit;
use super::keys::{Key, TABLES, Table};
use super::renewal::{self, sealed_by_nobody};
use super::stored::State;
use super::{Engine, Order, Span, View};
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::settlement::RunNumber;
use crate::secrets::{HashOf, Keyring};
use crate::store::StoreError;
use crate::store::audit::AccessVerdict;
use crate::store::check::{CheckReport, FINDINGS_MAX, Finding};

/// Records of the sweep read at a time. Each may take half a dozen look-ups.
const PIECE_RECORDS: usize = 64;

const RESTORE: &str = "keep a copy of the store's folder for analysis, and restore the last backup";

/// Checks everything, and tells `progress` the records read so far.
pub(in crate::store) async fn check(
    engine: &impl Engine,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<CheckReport, StoreError> {
    let before = engine.read(audit::state)?;
    let mut sweep = Sweep::new(engine);
    let mut from = Bound::Unbounded;
    loop {
        let last = engine.read(|view| sweep.piece(view, from))?;
        for number in std::mem::take(&mut sweep.grants_waiting) {
            grants::judge(engine, number, &mut sweep.findings)?;
            sweep.grants += 1;
        }
        for number in std::mem::take(&mut sweep.runs_waiting) {
            settlements::judge(engine, number, &mut sweep.findings)?;
        }
        progress(sweep.records);
        match last {
            Some(last) => from = Bound::Excluded(last),
            None => break,
        }
        yield_now().await;
    }
    let verdict = audit::verify(engine, None).await?;
    let after = engine.read(audit::state)?;
    Ok(sweep.into_report(&before, &after, &verdict))
}

/// What a sweep has come to.
struct Sweep {
    records: u64,
    by_table: BTreeMap<u8, u64>,
    grants: u64,
    /// Grants of the last piece, to be judged once its view is given back.
    grants_waiting: Vec<PurchasingPowerNumber>,
    /// Settlement runs of the last piece, likewise.
    runs_waiting: Vec<RunNumber>,
    findings: Findings,
}

impl Sweep {
    fn new(engine: &impl Engine) -> Sweep {
        Sweep {
            records: 0,
            by_table: BTreeMap::new(),
            grants: 0,
            grants_waiting: Vec::new(),
            runs_waiting: Vec::new(),
            findings: Findings::none(engine),
        }
    }

    /// Checks the next records from one state of the data; the last one's key, or `None` at the end.
    fn piece(&mut self, view: &dyn View, from: Bound<Key>) -> Result<Option<Key>, StoreError> {
        renewal::follow(view)?;
        let state = audit::state(view)?;
        let mut last = None;
        let span = Span::from(Key::EMPTY, from);
        for (key, value) in view.range(&span, Order::First, PIECE_RECORDS)? {
            self.records += 1;
            match key.in_table() {
                None => {
                    self.findings
                        .add_unknown(&key, "the record is in no table of this program");
                }
                Some(table) => {
                    *self.by_table.entry(table as u8).or_default() += 1;
                    let record = records::Record {
                        table,
                        key: &key,
                        value: &value,
                    };
                    self.record(view, &state, &record)?;
                }
            }
            last = Some(key);
        }
        Ok(last)
    }

    fn record(
        &mut self,
        view: &dyn View,
        state: &State,
        record: &records::Record<'_>,
    ) -> Result<(), StoreError> {
        match self.findings.judge(view, state, record)? {
            None => {}
            Some(records::Whole::Grant(number)) => self.grants_waiting.push(number),
            Some(records::Whole::Run(number)) => self.runs_waiting.push(number),
        }
        Ok(())
    }

    fn into_report(
        mut self,
        before: &State,
        after: &State,
        verdict: &AccessVerdict,
    ) -> CheckReport {
        if let Some(breach) = &verdict.breach {
            self.findings.push(Finding {
                table: Table::Access.name(),
                record: format!("position {}", breach.position),
                what: breach.broken.to_string(),
                advice: "keep a copy of the store's folder, and find out who could write to it; `audit verify` \
                         says the same"
                    .to_owned(),
            });
        }
        let was_quiet = before.sequence == after.sequence;
        let meta_records = self.by_table.get(&(Table::Meta as u8)).copied();
        let counted = self.records - meta_records.unwrap_or(0);
        if was_quiet && counted != after.records {
            self.findings.push(Finding {
                table: Table::Meta.name(),
                record: "state".to_owned(),
                what: format!(
                    "the store counts {} records, and there are {counted}",
                    after.records
                ),
                advice: RESTORE.to_owned(),
            });
        }
        let count = |table: Table| self.by_table.get(&(table as u8)).copied().unwrap_or(0);
        CheckReport {
            tables: TABLES.map(|table| (table.name(), count(table))).to_vec(),
            grants: self.grants,
            access_rows: verdict.proven.rows - verdict.start.rows,
            was_quiet,
            findings: self.findings.kept,
            findings_left_out: self.findings.left_out,
        }
    }
}

/// What was found so far.
struct Findings {
    keyring: std::sync::Arc<Keyring>,
    kept: Vec<Finding>,
    left_out: u64,
}

impl Findings {
    fn none(engine: &impl Engine) -> Findings {
        Findings {
            keyring: engine.keyring(),
            kept: Vec::new(),
            left_out: 0,
        }
    }

    /// Judges one record by itself, and says what is to be judged as a whole after it.
    fn judge(
        &mut self,
        view: &dyn View,
        state: &State,
        record: &records::Record<'_>,
    ) -> Result<Option<records::Whole>, StoreError> {
        let mut problems = Vec::new();
        let mut whole = None;
        match records::check(view, state, record, &mut problems) {
            Ok(found) => whole = found,
            Err(StoreError::Corrupt(text)) => self.add_damage(record.table, record.key, &text)?,
            Err(StoreError::UnknownKey) => {
                let text = sealed_by_nobody().to_string();
                self.add_damage(record.table, record.key, &text)?;
            }
            Err(other) => return Err(other),
        }
        for problem in problems {
            self.add(record.table, record.key, &problem)?;
        }
        Ok(whole)
    }

    fn push(&mut self, finding: Finding) {
        if self.kept.len() < FINDINGS_MAX {
            self.kept.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// A record that decodes and is wrong all the same.
    fn add(&mut self, table: Table, key: &Key, what: &str) -> Result<(), StoreError> {
        let record = self.name(table, key);
        self.push(Finding {
            table: table.name(),
            record,
            what: what.to_owned(),
            advice: RESTORE.to_owned(),
        });
        Ok(())
    }

    /// A record that cannot be read, with the text of that error: what, and what to do.
    fn add_damage(&mut self, table: Table, key: &Key, text: &str) -> Result<(), StoreError> {
        let (what, advice) = text.split_once(": ").unwrap_or((text, RESTORE));
        let record = self.name(table, key);
        self.push(Finding {
            table: table.name(),
            record,
            what: what.to_owned(),
            advice: advice.to_owned(),
        });
        Ok(())
    }

    fn add_unknown(&mut self, key: &Key, what: &str) {
        let record = self.hash(key);
        self.push(Finding {
            table: "none",
            record,
            what: what.to_owned(),
            advice: "run the version of the program that wrote it, or a later one".to_owned(),
        });
    }

    /// What to call a record: nothing of a person, and no number of a purchasing power.
    fn name(&self, table: Table, key: &Key) -> String {
        match (table, key.access_position(), key.last_event()) {
            (Table::Access, Some(position), _) => format!("position {position}"),
            (Table::Event, _, Some(id)) => event_name(id),
            _ => self.hash(key),
        }
    }

    fn hash(&self, key: &Key) -> String {
        let hash = self.keyring.keyed_hash(HashOf::Record, &[key.as_bytes()]);
        let short: Vec<u8> = hash.into_iter().take(8).collect();
        format!("record {}", hex::encode(short))
    }
}

fn event_name(id: EventId) -> String {
    format!("event {id}")
}
