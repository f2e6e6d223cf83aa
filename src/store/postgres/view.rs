//! One state of the data in the database: a transaction that reads. Its beginning goes out with its first statement and
//! its end is not waited for, so that a read costs as many round trips as it has questions; what is asked for in advance
//! comes in one.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use deadpool_postgres::Object;
use futures_util::FutureExt;
use futures_util::future::{join, try_join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::database::Database;
use super::failure::Failure;
use super::layout::{sql_table, stretches};
use crate::secrets::Keyring;
use crate::store::StoreError;
use crate::store::records::keys::Key;
use crate::store::records::{Found, Order, Span, View};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Records read beforehand; `None` for one that is not there.
pub(super) type Fetched = HashMap<Key, Option<Vec<u8>>>;

/// A transaction to read from.
pub(super) struct PgView<'a> {
    database: &'a Database,
    pub(super) client: Object,
    keyring: &'a Keyring,
    records_read: &'a AtomicU64,
    has_begun: Cell<bool>,
    /// The connection broke, or was left in the middle of something.
    is_lost: Cell<bool>,
    /// What was fetched in advance.
    fetched: RefCell<Fetched>,
}

impl<'a> PgView<'a> {
    /// Over a connection on which no transaction is open.
    pub(super) fn new(
        database: &'a Database,
        client: Object,
        keyring: &'a Keyring,
        records_read: &'a AtomicU64,
    ) -> PgView<'a> {
        PgView {
            database,
            client,
            keyring,
            records_read,
            has_begun: Cell::new(false),
            is_lost: Cell::new(false),
            fetched: RefCell::default(),
        }
    }

    /// Over a connection on which a transaction has begun, with what was read in it already.
    pub(super) fn within(self, fetched: Fetched) -> PgView<'a> {
        self.has_begun.set(true);
        self.fetched.replace(fetched);
        self
    }

    /// Ends the transaction, without waiting for that, and gives the connection back.
    pub(super) fn end(self) {
        if self.is_lost.get() {
            drop(Object::take(self.client));
        } else if self.has_begun.get() {
            // Sent by being asked once; what comes next on this connection waits behind it.
            let _ = self.client.batch_execute("COMMIT").now_or_never();
        }
    }

    /// The connection, within whatever is open on it.
    pub(super) fn into_client(self) -> Object {
        self.client
    }

    fn count(&self, records: usize) {
        self.records_read
            .fetch_add(records as u64, Ordering::Relaxed);
    }

    /// Asks several things in one round trip.
    fn ask(&self, questions: &[Question]) -> Result<Vec<Vec<Row>>, StoreError> {
        let (client, has_begun) = (&self.client, self.has_begun.get());
        let asked = self.database.wait(async move {
            let mut prepared = Vec::with_capacity(questions.len());
            for question in questions {
                let statement = client.prepare_cached(&question.sql).await?;
                prepared.push(statement);
            }
            let answers = try_join_all(prepared.iter().zip(questions).map(
                |(statement, question): (&Statement, &Question)| async move {
                    let parameters = question.parameters();
                    client.query(statement, &parameters).await
                },
            ));
            if has_begun {
                return Ok(answers.await?);
            }
            // The beginning is sent first, since it is asked first.
            let (begun, answers) = join(client.batch_execute(BEGIN), answers).await;
            begun?;
            Ok(answers?)
        });
        match asked {
            Ok(answers) => {
                self.has_begun.set(true);
                self.count(answers.iter().map(Vec::len).sum());
                Ok(answers)
            }
            Err(failure) => {
                self.is_lost.set(true);
                Err(failure.into_store_error())
            }
        }
    }
}

/// A statement with what it is asked.
pub(super) struct Question {
    pub(super) sql: String,
    pub(super) keys: Option<Vec<Vec<u8>>>,
    pub(super) from: Option<Vec<u8>>,
    pub(super) limit: Option<i64>,
    pub(super) to: Option<Vec<u8>>,
}

impl Question {
    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut parameters: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(3);
        if let Some(keys) = &self.keys {
            parameters.push(keys);
        }
        if let Some(from) = &self.from {
            parameters.push(from);
        }
        if let Some(limit) = &self.limit {
            parameters.push(limit);
        }
        if let Some(to) = &self.to {
            parameters.push(to);
        }
        parameters
    }
}

/// Questions that fetch these keys, one for each table.
pub(super) fn fetching(keys: &[Key]) -> Vec<Question> {
    let mut by_table: Vec<(&'static str, Vec<Vec<u8>>)> = Vec::new();
    for key in keys {
        let Some(table) = key.in_table().map(sql_table) else {
            continue;
        };
        let bytes = key.as_bytes().to_vec();
        match by_table.iter_mut().find(|(known, _)| *known == table) {
            Some((_, keys)) => keys.push(bytes),
            None => by_table.push((table, vec![bytes])),
        }
    }
    by_table
        .into_iter()
        .map(|(table, keys)| Question {
            sql: format!("SELECT key, record FROM {table} WHERE key = ANY($1)"),
            keys: Some(keys),
            from: None,
            limit: None,
            to: None,
        })
        .collect()
}

/// A record as a row has it.
pub(super) fn found(row: &Row) -> Result<Found, tokio_postgres::Error> {
    let key: &[u8] = row.try_get(0)?;
    Ok((Key::from_stored(key), row.try_get(1)?))
}

/// Rows as records; a row of another form is a failure of the database.
pub(super) fn all_found(rows: &[Row]) -> Result<Vec<Found>, StoreError> {
    rows.iter()
        .map(|row| found(row).map_err(|error| Failure::from(error).into_store_error()))
        .collect()
}

impl View for PgView<'_> {
    fn keyring(&self) -> &Keyring {
        self.keyring
    }

    fn raw(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(fetched) = self.fetched.borrow().get(key) {
            return Ok(fetched.clone());
        }
        let Some(table) = key.in_table().map(sql_table) else {
            return Ok(None);
        };
        let answers = self.ask(&[Question {
            sql: format!("SELECT key, record FROM {table} WHERE key = $1"),
            keys: None,
            from: Some(key.as_bytes().to_vec()),
            limit: None,
            to: None,
        }])?;
        let mut records = all_found(answers.first().map_or(&[], Vec::as_slice))?;
        Ok(records.pop().map(|(_, value)| value))
    }

    fn range(&self, span: &Span, order: Order, most: usize) -> Result<Vec<Found>, StoreError> {
        let mut records = Vec::new();
        for stretch in stretches(span, order) {
            let left = most.saturating_sub(records.len());
            if left == 0 {
                break;
            }
            let answers = self.ask(&[Question {
                sql: stretch.sql,
                keys: None,
                from: Some(stretch.from),
                limit: Some(i64::try_from(left).unwrap_or(i64::MAX)),
                to: stretch.to,
            }])?;
            records.extend(all_found(answers.first().map_or(&[], Vec::as_slice))?);
        }
        Ok(records)
    }

    fn prefetch(&self, keys: &dyn Fn() -> Vec<Key>) -> Result<(), StoreError> {
        let mut wanted = keys();
        let fetched = self.fetched.borrow();
        wanted.retain(|key| !fetched.contains_key(key));
        drop(fetched);
        if wanted.len() < 2 {
            return Ok(());
        }
        let answers = self.ask(&fetching(&wanted))?;
        let mut fetched = self.fetched.borrow_mut();
        fetched.extend(wanted.into_iter().map(|key| (key, None)));
        for rows in &answers {
            for (key, value) in all_found(rows)? {
                fetched.insert(key, Some(value));
            }
        }
        Ok(())
    }
}
