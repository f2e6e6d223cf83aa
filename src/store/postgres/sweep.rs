//! A reading of everything from one snapshot of the database, whoever writes meanwhile.

use std::sync::Arc;

use deadpool_postgres::Object;

use super::database::Database;
use super::failure::Failure;
use super::layout::stretches;
use super::view::all_found;
use crate::store::StoreError;
use crate::store::records::batch::Writes;
use crate::store::records::keys::Key;
use crate::store::records::sweep::{Changed, Sweep};
use crate::store::records::{Found, Order, Span};
use std::ops::Bound;

/// A reading under way, on a connection of its own.
pub(super) struct PgSweep {
    database: Arc<Database>,
    client: Option<Object>,
}

impl PgSweep {
    pub(super) fn begin(database: &Arc<Database>) -> Result<PgSweep, Failure> {
        let client = database.for_reads()?;
        database.wait(async {
            // Between two pieces any time may pass.
            client
                .batch_execute(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                     SET LOCAL idle_in_transaction_session_timeout = 0; SELECT 1",
                )
                .await?;
            Ok(())
        })?;
        Ok(PgSweep {
            database: Arc::clone(database),
            client: Some(client),
        })
    }
}

impl Sweep for PgSweep {
    fn piece(&mut self, after: Option<&Key>, most: usize) -> Result<Vec<Found>, StoreError> {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        let Some(client) = &self.client else {
            return Err(Failure::Lost("the reading has ended".to_owned()).into_store_error());
        };
        read_piece(&self.database, client, from, most)
    }

    fn waiting(&self) -> usize {
        0
    }

    fn changed(&mut self) -> Result<Changed, StoreError> {
        Ok(Changed {
            writes: Writes::new(),
            is_last: true,
        })
    }

    fn give_back(&mut self, _keys: Vec<Key>) {}
}

impl Drop for PgSweep {
    fn drop(&mut self) {
        // The connection goes, and its transaction with it.
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

/// At most `most` records of any table from a place on.
pub(super) fn read_piece(
    database: &Database,
    client: &Object,
    from: Bound<Key>,
    most: usize,
) -> Result<Vec<Found>, StoreError> {
    let mut records = Vec::new();
    for stretch in stretches(&Span::from(Key::EMPTY, from), Order::First) {
        let left = i64::try_from(most - records.len()).unwrap_or(i64::MAX);
        if left == 0 {
            break;
        }
        let rows = database
            .wait(async {
                let statement = client.prepare_cached(&stretch.sql).await?;
                Ok(match &stretch.to {
                    Some(to) => {
                        client
                            .query(&statement, &[&stretch.from, &left, to])
                            .await?
                    }
                    None => client.query(&statement, &[&stretch.from, &left]).await?,
                })
            })
            .map_err(Failure::into_store_error)?;
        records.extend(all_found(&rows)?);
    }
    Ok(records)
}
