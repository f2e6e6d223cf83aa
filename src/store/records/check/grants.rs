//! A grant with its whole ledger and all its events, read from one state of the data or from several between
//! which its revision did not change, and judged by the domain.

use std::ops::Bound;

use super::super::events;
use super::super::keys::{Key, Table};
use super::super::reads;
use super::super::record::{self, corrupt};
use super::super::{Engine, Order, Span, View};
use super::{Findings, event_name};
use crate::domain::consistency::inconsistencies;
use crate::domain::ledger::Posting;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::service_event::ServiceEvent;
use crate::store::StoreError;
use crate::store::check::Finding;

/// Postings and events of one grant read at a time.
const PIECE_RECORDS: usize = 256;

/// A grant that changes so often while it is read is read whole, from one state.
const ATTEMPTS_MAX: usize = 5;

/// Judges a grant; one that is damaged is told by the sweep, and one that is gone by its index.
pub(super) fn judge(
    engine: &impl Engine,
    number: PurchasingPowerNumber,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let whole = match gather(engine, number)? {
        Gathered::Whole(whole) => whole,
        Gathered::Gone => return Ok(()),
        Gathered::Damaged => {
            let what = "it cannot be judged: it, its ledger or its events cannot be read";
            return findings.add(Table::Grant, &Key::grant(number), what);
        }
    };
    let problems = inconsistencies(&whole.grant, whole.events.iter(), &whole.postings);
    let of_grant = findings.name(Table::Grant, &Key::grant(number));
    for problem in problems {
        let (table, record) = match problem.event() {
            Some(id) => (Table::Event, event_name(id)),
            None => (Table::Grant, of_grant.clone()),
        };
        findings.push(Finding {
            table: table.name(),
            record,
            what: problem.to_string(),
            advice: format!(
                "pay nothing on this purchasing power ({of_grant}) before it is cleared up; {}",
                super::RESTORE
            ),
        });
    }
    Ok(())
}

enum Gathered {
    Whole(Box<Whole>),
    Gone,
    Damaged,
}

/// All that belongs to a grant.
struct Whole {
    grant: PurchasingPower,
    postings: Vec<Posting>,
    events: Vec<ServiceEvent>,
}

fn gather(engine: &impl Engine, number: PurchasingPowerNumber) -> Result<Gathered, StoreError> {
    for attempt in 1..=ATTEMPTS_MAX {
        let piece_records = if attempt < ATTEMPTS_MAX {
            PIECE_RECORDS
        } else {
            usize::MAX
        };
        if let Some(gathered) = try_gather(engine, number, piece_records)? {
            return Ok(gathered);
        }
    }
    // Not reached: the last attempt reads one state.
    Ok(Gathered::Gone)
}

/// `None` when the grant changed between two pieces.
fn try_gather(
    engine: &impl Engine,
    number: PurchasingPowerNumber,
    piece_records: usize,
) -> Result<Option<Gathered>, StoreError> {
    let mut reader = Reader::new(number);
    loop {
        // Damage must not reach the engine as an error: it would shut the store.
        let outcome = engine.read(|view| match reader.piece(view, piece_records) {
            Err(StoreError::Corrupt(_)) => Ok(Piece::Damaged),
            outcome => outcome,
        })?;
        match outcome {
            Piece::More => {}
            Piece::Last => {
                return Ok(Some(match reader.grant {
                    Some(grant) => Gathered::Whole(Box::new(Whole {
                        grant,
                        postings: reader.postings,
                        events: reader.events,
                    })),
                    None => Gathered::Gone,
                }));
            }
            Piece::Changed => return Ok(None),
            Piece::Damaged => return Ok(Some(Gathered::Damaged)),
        }
    }
}

enum Piece {
    More,
    Last,
    Changed,
    Damaged,
}

/// What was read of a grant so far.
struct Reader {
    number: PurchasingPowerNumber,
    grant: Option<PurchasingPower>,
    postings: Vec<Posting>,
    events: Vec<ServiceEvent>,
    next_posting: Bound<Key>,
    next_event: Bound<Key>,
}

impl Reader {
    fn new(number: PurchasingPowerNumber) -> Reader {
        Reader {
            number,
            grant: None,
            postings: Vec::new(),
            events: Vec::new(),
            next_posting: Bound::Included(Key::ledger(number)),
            next_event: Bound::Included(Key::events_of_grant(number)),
        }
    }

    fn piece(&mut self, view: &dyn View, records_max: usize) -> Result<Piece, StoreError> {
        let Some(stored) = reads::grant(view, self.number)? else {
            return Ok(Piece::Last);
        };
        match &self.grant {
            Some(first) if first.revision != stored.grant.revision => return Ok(Piece::Changed),
            Some(_) => {}
            None => self.grant = Some(stored.grant),
        }
        let mut left = records_max;
        let ledger = Key::ledger(self.number);
        let span = Span::from(ledger, self.next_posting.clone());
        for (key, value) in view.range(&span, Order::First, records_max)? {
            left -= 1;
            self.postings
                .push(record::decode(Table::Ledger, &key, &value)?);
            self.next_posting = Bound::Excluded(key);
        }
        if left == 0 {
            return Ok(Piece::More);
        }
        let of_grant = Key::events_of_grant(self.number);
        let span = Span::from(of_grant, self.next_event.clone());
        for (key, _) in view.range(&span, Order::First, left)? {
            left -= 1;
            let id = key
                .last_event()
                .ok_or_else(|| corrupt(Table::EventOfGrant, "names no event"))?;
            // An orphan row is told by the sweep.
            self.events
                .extend(events::event(view, id)?.map(|placed| placed.event));
            self.next_event = Bound::Excluded(key);
        }
        Ok(if left == 0 { Piece::More } else { Piece::Last })
    }
}
