//! Settlement runs: an organiser's months from the first on, each once every run of it is due. The book says first
//! that the month is purged, so that nobody is shown half of it; then rows and providers go, and each run last.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Purge, STEP_RECORDS, Step};
use crate::domain::registry::OrganiserCode;
use crate::domain::retention::{RetentionClass, Standing, of_run};
use crate::domain::settlement::{Book, Month, Run};
use crate::store::StoreError;
use crate::store::records::change::versioned;
use crate::store::records::keys::{Key, Table};
use crate::store::records::stored::Versioned;
use crate::store::records::{Engine, Order, Span, record, renewal, settlements};

const CLASS: RetentionClass = RetentionClass::Settlements;

/// Up to which month each organiser's settlements are gone.
pub(super) type Gone = BTreeMap<OrganiserCode, Month>;

pub(super) async fn purge(purge: &mut Purge<'_, impl Engine>) -> Result<Gone, StoreError> {
    let table = Table::SettlementBook;
    let mut gone = Gone::new();
    let mut after = Bound::Unbounded;
    loop {
        let piece = purge.piece(table, &mut after)?;
        if piece.is_empty() {
            return Ok(gone);
        }
        for (key, value) in &piece {
            let stored: Versioned = record::decode(table, key, value)?;
            let keyring = purge.engine.keyring();
            let book: Book = record::unseal(&keyring, table, key, &stored.sealed.0)?;
            let organiser = book.organiser;
            if let Some(month) = of_organiser(purge, book).await? {
                gone.insert(organiser, month);
            }
        }
    }
}

async fn of_organiser(
    purge: &mut Purge<'_, impl Engine>,
    book: Book,
) -> Result<Option<Month>, StoreError> {
    let runs = purge.engine.read(|view| {
        renewal::follow(view)?;
        settlements::runs(view, book.organiser)
    })?;
    let purged_to = due_to(purge, &book, &runs);
    if purged_to > book.purged_to {
        let marked = Book {
            purged_to,
            ..book.next(book.busy)
        };
        let key = Key::settlement_book(marked.organiser);
        let keyring = purge.engine.keyring();
        let record = versioned(
            &keyring,
            Table::SettlementBook,
            key,
            marked.version,
            &marked,
        )?;
        let mut step = Step::default();
        step.versioned.push(record);
        if !purge.keep(CLASS, step).await? {
            // A settlement step came in between: its months wait for the next purge.
            return Ok(book.purged_to);
        }
    }
    for run in &runs {
        if Some(run.number.month) <= purged_to {
            remove(purge, run).await?;
        }
    }
    Ok(purged_to)
}

/// The last month whose runs, and those of all months before, are due or purged already.
fn due_to(purge: &mut Purge<'_, impl Engine>, book: &Book, runs: &[Run]) -> Option<Month> {
    let cut_off = purge.order.cut_offs.of(CLASS);
    let mut purged_to = book.purged_to;
    for of_month in runs.chunk_by(|one, other| one.number.month == other.number.month) {
        let Some(month) = of_month.first().map(|run| run.number.month) else {
            continue;
        };
        if Some(month) <= book.purged_to {
            continue;
        }
        let standings: Vec<Standing> = of_month.iter().map(|run| of_run(cut_off, run)).collect();
        if standings.contains(&Standing::Kept) {
            break;
        }
        if standings.contains(&Standing::HeldBack) {
            purge.hold_back(CLASS);
            break;
        }
        purged_to = Some(month);
    }
    purged_to
}

/// A run with what it consists of. Its book says already that it is purged, so that nobody changes it any more.
async fn remove(purge: &mut Purge<'_, impl Engine>, run: &Run) -> Result<(), StoreError> {
    for prefix in [
        Key::settlement_rows(run.number),
        Key::settlement_providers(run.number),
    ] {
        let mut after = Bound::Unbounded;
        loop {
            let span = Span::from(prefix.clone(), after.clone());
            let piece = purge
                .engine
                .read(|view| view.range(&span, Order::First, STEP_RECORDS))?;
            let Some((last, _)) = piece.last() else {
                break;
            };
            after = Bound::Excluded(last.clone());
            let step = Step {
                removals: piece.into_iter().map(|(key, _)| key).collect(),
                ..Step::default()
            };
            purge.keep_alone(CLASS, step).await?;
        }
    }
    let step = Step {
        objects: 1,
        removals: vec![Key::settlement_run(run.number)],
        ..Step::default()
    };
    purge.keep_alone(CLASS, step).await
}
