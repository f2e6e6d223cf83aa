//! Settlement runs: an event says which run it stands on, and the run has its row; a run's sums are those of its
//! rows. What is asked of one record is asked from one state of the data, and a run is read in pieces between which
//! its version did not change.

use std::collections::BTreeMap;

use super::super::events;
use super::super::keys::{Key, Table};
use super::super::settlements;
use super::super::stored::{Bytes, Versioned};
use super::super::{Engine, View};
use super::Findings;
use super::records::{Problems, Record};
use crate::domain::business_id::BusinessId;
use crate::domain::service_event::{ServiceEvent, Shares};
use crate::domain::settlement::{
    Book, ProviderSums, RowPlace, Run, RunNumber, RunState, SettledRow, row_of,
};
use crate::store::StoreError;
use crate::store::check::Finding;

/// Rows of a run read at a time.
const PIECE_RECORDS: usize = 256;
/// A run that changes so often while it is read is read whole, from one state.
const ATTEMPTS_MAX: usize = 5;

pub(super) fn run(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<RunNumber, StoreError> {
    let stored: Versioned = record.decode()?;
    let run: Run = record.unseal(view, &stored.sealed)?;
    if *record.key != Key::settlement_run(run.number) {
        problems.push("it is kept under the key of another run".to_owned());
    }
    if stored.version != run.version {
        problems.push("its version is not that of its record".to_owned());
    }
    let is_under_way = matches!(
        run.state,
        RunState::Building | RunState::Cancelling | RunState::Paying
    );
    let busy = settlements::book(view, run.number.organiser)?.and_then(|book| book.busy);
    if is_under_way != (busy == Some(run.number)) {
        let state = run.state.as_str();
        problems.push(format!(
            "it is {state}, and its organiser's book says otherwise"
        ));
    }
    Ok(run.number)
}

pub(super) fn provider(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let sealed: Bytes = record.decode()?;
    let sums: ProviderSums = record.unseal(view, &sealed)?;
    if !record.key.ends_with_text(sums.provider.as_str()) {
        problems.push("it is kept under the key of another provider".to_owned());
    }
    Ok(())
}

pub(super) fn row(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let row: SettledRow = record.decode()?;
    let Some(placed) = events::event(view, row.event)? else {
        problems.push("its event is missing".to_owned());
        return Ok(());
    };
    let number = number_of(&placed.event);
    let own_key = number.map(|number| Key::settlement_rows(number).with_place(&row.place()));
    if own_key.as_ref() != Some(record.key) {
        let id = placed.event.id;
        problems.push(format!(
            "its event {id} stands on another settlement or on none"
        ));
    }
    if row_of(&placed.event) != row {
        let id = placed.event.id;
        problems.push(format!("it is not what its event {id} was settled as"));
    }
    Ok(())
}

pub(super) fn book(
    view: &dyn View,
    record: &Record<'_>,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    let stored: Versioned = record.decode()?;
    let book: Book = record.unseal(view, &stored.sealed)?;
    if *record.key != Key::settlement_book(book.organiser) {
        problems.push("it is kept under the key of another organiser".to_owned());
    }
    for carried in book.carried.values() {
        let is_carried = match settlements::run(view, carried.by)? {
            Some(run) => run.state != RunState::Cancelled,
            None => book.is_purged(carried.by),
        };
        if carried.amount.0 >= 0 || !is_carried {
            problems.push("it carries forward what no run did".to_owned());
        }
    }
    Ok(())
}

fn number_of(event: &ServiceEvent) -> Option<RunNumber> {
    let settled = event.settled.as_ref()?;
    RunNumber::parse(&settled.number)
}

/// An event that is settled has its row on the run it names.
pub(super) fn of_event(
    view: &dyn View,
    event: &ServiceEvent,
    must: &mut impl FnMut(bool, &str),
) -> Result<(), StoreError> {
    if event.settled.is_none() {
        let is_free = !event.state.is_settled();
        must(is_free, "it is settled, and says on no settlement");
        return Ok(());
    }
    must(
        event.state.is_settled(),
        "it names a settlement, and is not settled",
    );
    let Some(number) = number_of(event) else {
        must(false, "it names a settlement that cannot be");
        return Ok(());
    };
    let place = RowPlace {
        provider: event.provider.clone(),
        service_date: event.service_date,
        event: event.id,
    };
    let key = Key::settlement_rows(number).with_place(&place);
    let is_listed = view.raw(&key)?.is_some() || settlements::is_purged(view, number)?;
    must(is_listed, "it is missing from the settlement run it names");
    Ok(())
}

/// Judges a run with its providers and all its rows; one that is damaged is told by the sweep.
pub(super) fn judge(
    engine: &impl Engine,
    number: RunNumber,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    for attempt in 1..=ATTEMPTS_MAX {
        let piece_records = if attempt < ATTEMPTS_MAX {
            PIECE_RECORDS
        } else {
            usize::MAX
        };
        let mut sums = Sums::default();
        loop {
            // Damage must not reach the engine as an error: it would shut the store.
            let piece = engine.read(|view| match sums.piece(view, number, piece_records) {
                Err(StoreError::Corrupt(_)) => Ok(Piece::Damaged),
                outcome => outcome,
            })?;
            match piece {
                Piece::More => {}
                Piece::Changed => break,
                Piece::Damaged | Piece::Purged => return Ok(()),
                Piece::Last => {
                    sums.tell(number, findings);
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

enum Piece {
    More,
    Last,
    Changed,
    Damaged,
    /// What is left of it is not looked at any more.
    Purged,
}

/// What was read of a run so far.
#[derive(Default)]
struct Sums {
    run: Option<Run>,
    providers: Vec<ProviderSums>,
    rows: BTreeMap<BusinessId, (u64, Shares)>,
    after: Option<RowPlace>,
}

impl Sums {
    fn piece(
        &mut self,
        view: &dyn View,
        number: RunNumber,
        records_max: usize,
    ) -> Result<Piece, StoreError> {
        let Some(run) = settlements::standing_run(view, number)? else {
            return Ok(Piece::Purged);
        };
        match &self.run {
            Some(first) if first.version != run.version => return Ok(Piece::Changed),
            Some(_) => {}
            None => {
                self.providers = settlements::providers(view, number)?;
                self.run = Some(run);
            }
        }
        let rows = settlements::rows(view, number, self.after.as_ref(), records_max)?;
        for row in &rows {
            let (count, sums) = self.rows.entry(row.provider.clone()).or_default();
            *count += 1;
            *sums = sums.plus(row.shares);
        }
        self.after = rows.last().map(SettledRow::place);
        Ok(if rows.len() < records_max {
            Piece::Last
        } else {
            Piece::More
        })
    }

    fn tell(&self, number: RunNumber, findings: &mut Findings) {
        let Some(run) = &self.run else {
            return;
        };
        // While a run gives its events back its sums stay what they were.
        let gives_back = matches!(run.state, RunState::Cancelling | RunState::Cancelled);
        let mut found = |what: String| {
            findings.push(Finding {
                table: Table::SettlementRun.name(),
                record: format!("settlement {number}"),
                what,
                advice: format!(
                    "pay nothing on this settlement before it is cleared up; {}",
                    super::RESTORE
                ),
            });
        };
        if run.state == RunState::Cancelled && !(self.rows.is_empty() && self.providers.is_empty())
        {
            found("it is cancelled, and still has rows".to_owned());
        }
        if gives_back {
            return;
        }
        let mut whole = (0, Shares::default());
        for sums in &self.providers {
            whole = (whole.0 + sums.events, whole.1.plus(sums.sums));
            let of_rows = self.rows.get(&sums.provider).copied().unwrap_or_default();
            if of_rows != (sums.events, sums.sums) {
                let provider = &sums.provider;
                found(format!(
                    "the rows of provider {provider} do not add up to its sums"
                ));
            }
        }
        if whole != (run.events, run.sums) || self.rows.len() != self.providers.len() {
            found("its providers do not add up to its sums".to_owned());
        }
    }
}
