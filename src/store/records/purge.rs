//! The purge: what retention lets go is deleted in steps of bounded size. Each step is one change that is kept whole
//! with its row of the access log and the purge's proof, or not at all, and is decided on the versions it has read.
//!
//! Classes go in the order of [`RetentionClass::ALL`]: an answer by message before what it is about, a settlement
//! before the purchasing powers on it.

mod access;
mod answers;
mod grants;
mod settlements;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::change::{PreparedChange, PreparedVersioned, versioned};
use super::keys::{Key, Table};
use super::record;
use super::stored::Versioned;
use super::{Engine, Found, Order, Span, View, Work, audit, renewal};
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::retention::RetentionClass;
use crate::store::StoreError;
use crate::store::audit::AccessHead;
use crate::store::upkeep::{Progress, PurgeOrder, PurgeProof, Purged, Walked, refused};

/// A step is kept when it has so many records: the others wait no longer than these take. One thing goes whole,
/// however many records it has.
#[cfg(not(test))]
const STEP_RECORDS: usize = 1000;
/// So few that small stores take more steps than one.
#[cfg(test)]
const STEP_RECORDS: usize = 20;
/// Records of a table read at a time.
const PIECE_RECORDS: usize = 256;
/// How often a step is tried while others keep the committer busy.
const TRIES_MAX: u32 = 100;
/// How long is waited before a busy committer is asked again; longer each time.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);

pub(super) async fn purge(
    engine: &impl Engine,
    order: PurgeOrder,
    progress: Progress<'_>,
) -> Result<Vec<Purged>, StoreError> {
    let mut purge = Purge::begin(engine, order, progress)?;
    answers::purge(&mut purge).await?;
    let gone = settlements::purge(&mut purge).await?;
    grants::purge(&mut purge, &gone).await?;
    access::purge(&mut purge).await?;
    if purge.is_engine_ready {
        engine.after_purge()?;
    }
    Ok(purge.purged.into_values().collect())
}

/// The proofs of all purges, by class and in their order.
pub(super) fn proofs(engine: &impl Engine) -> Result<Vec<PurgeProof>, StoreError> {
    engine.read(|view| {
        renewal::follow(view)?;
        let standing = Bound::Excluded(Key::purge_standing());
        let span = Span::from(Key::table(Table::PurgeProof), standing);
        let found = view.range(&span, Order::First, usize::MAX)?;
        found
            .iter()
            .map(|(key, value)| unsealed(view, key, value).map(|(_, proof)| proof))
            .collect()
    })
}

/// Where purges stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Standing {
    /// Steps of all purges so far.
    steps: u64,
    /// Up to where the access log is purged.
    pub(in crate::store) log_start: AccessHead,
}

pub(in crate::store) fn standing(view: &dyn View) -> Result<Standing, StoreError> {
    let key = Key::purge_standing();
    let (steps, log_start) = match view.raw(&key)? {
        Some(value) => unsealed(view, &key, &value)?,
        None => (0, AccessHead::EMPTY),
    };
    Ok(Standing { steps, log_start })
}

fn unsealed<T: DeserializeOwned>(
    view: &dyn View,
    key: &Key,
    value: &[u8],
) -> Result<(u64, T), StoreError> {
    let table = Table::PurgeProof;
    let stored: Versioned = record::decode(table, key, value)?;
    let plain = record::unseal(view.keyring(), table, key, &stored.sealed.0)?;
    Ok((stored.version, plain))
}

/// Whether other records name what goes: an engine that holds them to that has to find them.
fn is_named(class: RetentionClass) -> bool {
    !matches!(
        class,
        RetentionClass::MessageAnswers | RetentionClass::AccessLog
    )
}

/// A purge at work.
struct Purge<'a, E> {
    engine: &'a E,
    order: PurgeOrder,
    progress: Progress<'a>,
    walked: Walked,
    /// Where the access log stood when it began, which its proofs stand under.
    place: u64,
    /// As its own last step left it. Another purge that writes it meanwhile ends this one.
    standing: Standing,
    begun_at: Timestamp,
    is_engine_ready: bool,
    purged: BTreeMap<RetentionClass, Purged>,
    /// Steps kept of each class.
    steps: BTreeMap<RetentionClass, u64>,
}

/// Some things of one class, to go together.
#[derive(Clone, Default)]
struct Step {
    objects: u64,
    removals: Vec<Key>,
    unchanged: Vec<(Table, Key, u64)>,
    versioned: Vec<PreparedVersioned>,
    numbers: Vec<PurchasingPowerNumber>,
    log_start: Option<AccessHead>,
}

impl Step {
    fn is_empty(&self) -> bool {
        self.removals.is_empty() && self.versioned.is_empty()
    }

    fn is_full(&self) -> bool {
        self.removals.len() >= STEP_RECORDS
    }
}

impl<'a, E: Engine> Purge<'a, E> {
    fn begin(
        engine: &'a E,
        order: PurgeOrder,
        progress: Progress<'a>,
    ) -> Result<Purge<'a, E>, StoreError> {
        let (place, standing) = engine.read(|view| {
            renewal::follow(view)?;
            Ok((audit::state(view)?.access_rows, standing(view)?))
        })?;
        let none = |class| Purged {
            class,
            ended_before: order.cut_offs.of(class).day,
            objects: 0,
            records: 0,
            held_back: 0,
        };
        let purged = RetentionClass::ALL.map(|class| (class, none(class)));
        Ok(Purge {
            engine,
            place,
            standing,
            begun_at: order.row.at,
            order,
            progress,
            walked: Walked::default(),
            is_engine_ready: false,
            purged: purged.into(),
            steps: BTreeMap::new(),
        })
    }

    /// The next records of a table, counted as looked at.
    fn piece(&mut self, table: Table, after: &mut Bound<Key>) -> Result<Vec<Found>, StoreError> {
        let span = Span::from(Key::table(table), after.clone());
        let piece = self.engine.read(|view| {
            renewal::follow(view)?;
            view.range(&span, Order::First, PIECE_RECORDS)
        })?;
        if let Some((last, _)) = piece.last() {
            *after = Bound::Excluded(last.clone());
        }
        self.walked.records += piece.len() as u64;
        (self.progress)(self.walked);
        Ok(piece)
    }

    fn hold_back(&mut self, class: RetentionClass) {
        if let Some(purged) = self.purged.get_mut(&class) {
            purged.held_back += 1;
        }
    }

    /// Keeps a step. `false`: what it was decided on has changed, and nothing was done.
    async fn keep(&mut self, class: RetentionClass, step: Step) -> Result<bool, StoreError> {
        if step.is_empty() {
            return Ok(true);
        }
        let (objects, records) = (step.objects, step.removals.len() as u64);
        let next = Standing {
            steps: self.standing.steps + 1,
            log_start: step.log_start.unwrap_or(self.standing.log_start),
        };
        if !self.order.is_dry_run {
            if is_named(class) && !self.is_engine_ready {
                self.engine.before_purge()?;
                self.is_engine_ready = true;
            }
            let work = Work::Change(Box::new(self.prepared(class, step, next)?));
            let mut tries = 0;
            loop {
                match self.engine.submit(work.clone()).await {
                    Ok(()) => break,
                    Err(StoreError::Conflict) => {
                        self.must_be_alone()?;
                        // Whoever was first may not be durable yet, and so not be seen.
                        sleep(TRY_AGAIN_AFTER).await;
                        return Ok(false);
                    }
                    Err(StoreError::Busy) if tries < TRIES_MAX => {
                        tries += 1;
                        sleep(TRY_AGAIN_AFTER * tries).await;
                    }
                    Err(error) => return Err(error),
                }
            }
            *self.steps.entry(class).or_default() += 1;
            self.standing = next;
        }
        if let Some(purged) = self.purged.get_mut(&class) {
            purged.objects += objects;
            purged.records += records;
        }
        self.walked.replaced += records;
        (self.progress)(self.walked);
        yield_now().await;
        Ok(true)
    }

    /// Refuses to go on beside another purge, and takes up keys that were changed.
    fn must_be_alone(&self) -> Result<(), StoreError> {
        let now = self.engine.read(|view| {
            renewal::follow(view)?;
            standing(view)
        })?;
        if now == self.standing {
            return Ok(());
        }
        Err(refused(
            "another purge came in between: let it end, then run this again",
        ))
    }

    /// Keeps a step that nobody but another purge, or a change of the keys, can be in the way of.
    async fn keep_alone(&mut self, class: RetentionClass, step: Step) -> Result<(), StoreError> {
        for _ in 0..TRIES_MAX {
            if self.keep(class, step.clone()).await? {
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }

    fn prepared(
        &self,
        class: RetentionClass,
        step: Step,
        next: Standing,
    ) -> Result<PreparedChange, StoreError> {
        let keyring = self.engine.keyring();
        let mut row = self.order.row.clone();
        row.service = format!("{} {class}", row.service);
        row.rows_returned = u32::try_from(step.objects).unwrap_or(u32::MAX);
        row.numbers = step.numbers;
        let mut prepared = PreparedChange::of_rows(&keyring, &row)?;
        let so_far = self.purged.get(&class);
        let proof = PurgeProof {
            class,
            ended_before: self.order.cut_offs.of(class).day,
            by: row.user_id.unwrap_or_default(),
            begun_at: self.begun_at,
            last_at: row.at,
            objects: so_far.map_or(0, |purged| purged.objects) + step.objects,
            records: so_far.map_or(0, |purged| purged.records) + step.removals.len() as u64,
            log_start: step.log_start,
        };
        let version = self.steps.get(&class).copied().unwrap_or_default() + 1;
        let key = Key::purge_proofs(class).with_purge(self.place);
        let table = Table::PurgeProof;
        prepared.versioned = step.versioned;
        let proof = versioned(&keyring, table, key, version, &proof)?;
        let key = Key::purge_standing();
        let standing = versioned(&keyring, table, key, next.steps, &next.log_start)?;
        prepared.versioned.extend([proof, standing]);
        prepared.unchanged = step.unchanged;
        prepared.removals = step.removals;
        Ok(prepared)
    }
}
