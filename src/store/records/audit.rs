//! The access log as it is read back: its head, its rows, and the walk along its chain. Writes nothing.
//!
//! Invariant: nothing wrong in the log shuts the store; it is told to who asked.

use std::ops::Bound;
use tokio::task::yield_now;

use super::keys::{Hash, Key, STATE_NAME, Table};
use super::record::{self, corrupt};
use super::renewal::{self, sealed_by_nobody};
use super::stored::{AccessRow, ChainedRow, State};
use super::{Engine, Found, Order, Span, View, purge};
use crate::domain::number::PurchasingPowerNumber;
use crate::secrets::Keyring;
use crate::store::StoreError;
use crate::store::audit::{AccessHead, AccessRecord, AccessVerdict, Breach, Broken};
use crate::store::upkeep::refused;

/// Rows read at a time: the others wait for the store no longer than these take.
const PIECE_ROWS: usize = 256;

/// The store's state as this view has it.
pub(in crate::store) fn state(view: &dyn View) -> Result<State, StoreError> {
    view.get(Table::Meta, &Key::meta(STATE_NAME))?
        .ok_or_else(|| corrupt(Table::Meta, "is missing, though the store has others"))
}

pub(in crate::store) fn head(view: &dyn View) -> Result<AccessHead, StoreError> {
    state(view).map(|state| head_of(&state))
}

/// Up to where the log is purged.
pub(in crate::store) fn start(view: &dyn View) -> Result<AccessHead, StoreError> {
    Ok(purge::standing(view)?.log_start)
}

fn head_of(state: &State) -> AccessHead {
    AccessHead {
        rows: state.access_rows,
        link: state.access_link,
    }
}

/// At most `most` rows from a position on, opened after the lock is given back.
pub(in crate::store) fn rows(
    engine: &impl Engine,
    from: u64,
    most: usize,
) -> Result<Vec<AccessRecord>, StoreError> {
    let raw = engine.read(|view| {
        renewal::follow(view)?;
        raw_rows(view, from, most)
    })?;
    let keyring = engine.keyring();
    raw.iter()
        .map(|(key, value)| {
            let position = key
                .access_position()
                .ok_or_else(|| corrupt(Table::Access, "has no place"))?;
            let (_, plain) = open(&keyring, key, value)?;
            let row: AccessRow<'_> = record::decode_plain(Table::Access, &plain)?;
            Ok(row.into_record(position))
        })
        .collect()
}

/// At most `most` rows after a head, each with the head that it makes, as far as the chain is unbroken.
pub(in crate::store) fn rows_after(
    engine: &impl Engine,
    mut head: AccessHead,
    most: usize,
) -> Result<Vec<(AccessRecord, AccessHead)>, StoreError> {
    let raw = engine.read(|view| {
        renewal::follow(view)?;
        raw_rows(view, head.rows, most)
    })?;
    let keyring = engine.keyring();
    let mut rows = Vec::with_capacity(raw.len());
    for (key, value) in &raw {
        let (chained, plain) = open(&keyring, key, value)?;
        let link = keyring.chain_link(&head.link, head.rows, &plain);
        if (chained.position, chained.link) != (head.rows, link) {
            return Err(refused(format!(
                "the access log is broken at position {}: `audit verify` says how, and nothing of it is purged from there on",
                head.rows
            )));
        }
        let row: AccessRow<'_> = record::decode_plain(Table::Access, &plain)?;
        let row = row.into_record(head.rows);
        head = AccessHead {
            rows: head.rows.saturating_add(1),
            link,
        };
        rows.push((row, head));
    }
    Ok(rows)
}

/// Walks the chain to the log's head, and compares it with an earlier head on the way.
pub(in crate::store) async fn verify(
    engine: &impl Engine,
    earlier: Option<AccessHead>,
) -> Result<AccessVerdict, StoreError> {
    let mut chain = Chain::new(earlier);
    let keyring = engine.keyring();
    loop {
        let read = engine.read(|view| {
            renewal::follow(view)?;
            match start(view) {
                Ok(start) => chain.begin_at(start),
                Err(StoreError::Corrupt(text)) => return Ok(Err(text)),
                Err(error) => return Err(error),
            }
            let rows = raw_rows(view, chain.proven.rows, PIECE_ROWS)?;
            Ok(Ok((state(view)?, rows)))
        })?;
        let (state, piece) = match read {
            Ok(read) => read,
            Err(text) => {
                let breach = Breach {
                    position: chain.proven.rows,
                    broken: Broken::Unproven(text),
                };
                return Ok(chain.verdict(Some(breach)));
            }
        };
        match chain.walk(&keyring, &piece, head_of(&state)) {
            Ok(true) => return Ok(chain.verdict(None)),
            Ok(false) => yield_now().await,
            Err(Stop::Breach(breach)) => return Ok(chain.verdict(Some(breach))),
            Err(Stop::Failed(error)) => return Err(error),
        }
    }
}

/// Why a walk ends before the head.
enum Stop {
    Breach(Breach),
    Failed(StoreError),
}

/// The walk so far.
struct Chain {
    start: AccessHead,
    proven: AccessHead,
    earlier: Option<AccessHead>,
}

impl Chain {
    fn new(earlier: Option<AccessHead>) -> Chain {
        Chain {
            start: AccessHead::EMPTY,
            proven: AccessHead::EMPTY,
            earlier,
        }
    }

    /// What was purged, also since the walk began, is proven by its sealed proof.
    fn begin_at(&mut self, start: AccessHead) {
        self.start = start;
        if start.rows > self.proven.rows {
            self.proven = start;
        }
    }

    fn verdict(self, breach: Option<Breach>) -> AccessVerdict {
        AccessVerdict {
            start: self.start,
            proven: self.proven,
            breach,
        }
    }

    fn breach(&self, broken: Broken) -> Stop {
        Stop::Breach(Breach {
            position: self.proven.rows,
            broken,
        })
    }

    /// Goes along a piece that was read together with `head`; true at the head.
    fn walk(&mut self, keyring: &Keyring, piece: &[Found], head: AccessHead) -> Result<bool, Stop> {
        self.compare_with_earlier()?;
        for (key, value) in piece {
            let position = key.access_position();
            if self.proven.rows >= head.rows {
                return Err(self.breach(Broken::PastEnd));
            }
            if position != Some(self.proven.rows) {
                return Err(self.breach(Broken::Missing));
            }
            let link = self.link_of(keyring, key, value)?;
            self.proven.rows += 1;
            self.proven.link = link;
            self.compare_with_earlier()?;
        }
        if self.proven.rows < head.rows {
            if piece.len() < PIECE_ROWS {
                return Err(self.breach(Broken::Missing));
            }
            return Ok(false);
        }
        if piece.len() == PIECE_ROWS {
            // There may be rows past the end.
            return Ok(false);
        }
        if self.proven.link != head.link {
            return Err(Stop::Breach(Breach {
                position: self.proven.rows.saturating_sub(1),
                broken: Broken::OtherHead,
            }));
        }
        match self.earlier {
            Some(earlier) if earlier.rows < self.start.rows => Err(Stop::Breach(Breach {
                position: self.start.rows,
                broken: Broken::Purged,
            })),
            Some(earlier) if earlier.rows > head.rows => {
                Err(self.breach(Broken::CutTail { rows: earlier.rows }))
            }
            _ => Ok(true),
        }
    }

    fn compare_with_earlier(&self) -> Result<(), Stop> {
        match self.earlier {
            Some(earlier) if earlier.rows == self.proven.rows && earlier != self.proven => {
                Err(Stop::Breach(Breach {
                    position: self.proven.rows.saturating_sub(1),
                    broken: Broken::OtherChain,
                }))
            }
            _ => Ok(()),
        }
    }

    /// The next row's link, computed anew and found to be the one it carries.
    fn link_of(&self, keyring: &Keyring, key: &Key, value: &[u8]) -> Result<Hash, Stop> {
        let (row, plain) = open(keyring, key, value).map_err(|error| match error {
            StoreError::Corrupt(text) => self.breach(Broken::Unreadable(text)),
            StoreError::UnknownKey => {
                self.breach(Broken::Unreadable(sealed_by_nobody().to_string()))
            }
            other => Stop::Failed(other),
        })?;
        let link = keyring.chain_link(&self.proven.link, self.proven.rows, &plain);
        if row.position != self.proven.rows || row.link != link {
            return Err(self.breach(Broken::Unchained));
        }
        Ok(link)
    }
}

/// At most `most` rows from a position on, as they stand.
pub(super) fn raw_rows(view: &dyn View, from: u64, most: usize) -> Result<Vec<Found>, StoreError> {
    let from = Bound::Included(Key::access(from));
    let span = Span::from(Key::table(Table::Access), from);
    view.range(&span, Order::First, most)
}

/// The purchasing powers that a row names.
pub(super) fn numbers_of(
    keyring: &Keyring,
    key: &Key,
    value: &[u8],
) -> Result<Vec<PurchasingPowerNumber>, StoreError> {
    let (_, plain) = open(keyring, key, value)?;
    let row: AccessRow<'_> = record::decode_plain(Table::Access, &plain)?;
    Ok(row.numbers)
}

/// A row and its plain bytes.
fn open(keyring: &Keyring, key: &Key, value: &[u8]) -> Result<(ChainedRow, Vec<u8>), StoreError> {
    let row: ChainedRow = record::decode(Table::Access, key, value)?;
    let plain = record::open_sealed(keyring, Table::Access, key, &row.sealed.0)?;
    Ok((row, plain))
}
