//! A database that is being filled. Until its state's record is put, last of all, no store opens over it.

use std::ops::Bound;
use std::pin::pin;
use std::sync::Arc;

use deadpool_postgres::Object;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::LONG;
use super::committer::by_table;
use super::database::Database;
use super::failure::Failure;
use super::layout::{FOREIGN_KEYS, sql_table, sql_tables};
use super::open::{FOREIGN_KEYS_SQL, migrate};
use super::sweep::read_piece;
use crate::store::StoreError;
use crate::store::records::Found;
use crate::store::records::batch::Writes;
use crate::store::records::keys::{Key, STATE_NAME};
use crate::store::records::sweep::Fill;
use crate::store::upkeep::refused;

/// A database that is no store yet.
pub(super) struct PgFill {
    database: Arc<Database>,
    client: Object,
}

impl PgFill {
    /// Takes an empty database, or one that was left half filled, which it empties.
    pub(super) fn open(database: Arc<Database>) -> Result<PgFill, StoreError> {
        migrate(&database)?;
        let client = database.for_commits().map_err(Failure::into_store_error)?;
        let fill = PgFill { database, client };
        let key = Key::meta(STATE_NAME);
        let state = fill.wait(async {
            let row = fill
                .client
                .query_opt("SELECT 1 FROM meta WHERE key = $1", &[&key.as_bytes()])
                .await?;
            Ok(row)
        })?;
        if state.is_some() {
            return Err(refused(
                "the database holds a store already: name an empty one, or remove that store's tables first",
            ));
        }
        let mut sql = format!("TRUNCATE {};", sql_tables().join(", "));
        for (table, column) in FOREIGN_KEYS {
            sql.push_str(&format!(
                "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS names_{column};"
            ));
        }
        fill.wait(async { Ok(fill.client.batch_execute(&sql).await?) })?;
        Ok(fill)
    }

    fn wait<T: Send>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, StoreError> {
        let outcome = self.database.wait(work);
        outcome.map_err(Failure::into_store_error)
    }
}

impl Fill for PgFill {
    fn load(&mut self, records: Vec<Found>) -> Result<(), StoreError> {
        let of_table = |found: &Found| found.0.in_table().map(sql_table);
        for group in records.chunk_by(|left, right| of_table(left) == of_table(right)) {
            let Some(table) = group.first().and_then(of_table) else {
                continue;
            };
            let sql = format!("COPY {table} (key, record) FROM STDIN (FORMAT binary)");
            self.wait(async {
                let sink = self.client.copy_in(&sql).await?;
                let mut rows = pin!(BinaryCopyInWriter::new(sink, &[Type::BYTEA, Type::BYTEA]));
                for (key, value) in group {
                    rows.as_mut().write(&[&key.as_bytes(), value]).await?;
                }
                rows.finish().await?;
                Ok(())
            })?;
        }
        Ok(())
    }

    fn change(&mut self, writes: Writes) -> Result<(), StoreError> {
        for (table, parameters) in by_table(writes) {
            let sql = parameters.sql(table);
            self.wait(async {
                let statement = self.client.prepare_cached(&sql).await?;
                parameters.execute(&self.client, &statement).await?;
                Ok(())
            })?;
        }
        Ok(())
    }

    fn piece(&self, after: Option<&Key>, most: usize) -> Result<Vec<Found>, StoreError> {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        read_piece(&self.database, &self.client, from, most)
    }

    fn finish(self: Box<Self>, state: Vec<u8>) -> Result<(), StoreError> {
        let key = Key::meta(STATE_NAME);
        // To prove the constraints reads everything once more.
        let longest = self.database.timeout * LONG;
        let client = &self.client;
        self.database
            .wait_for(longest, async {
                client.batch_execute("SET statement_timeout = 0").await?;
                client.batch_execute(FOREIGN_KEYS_SQL).await?;
                client.batch_execute("ANALYZE").await?;
                client
                    .execute(
                        "INSERT INTO meta (key, record) VALUES ($1, $2)",
                        &[&key.as_bytes(), &state],
                    )
                    .await?;
                Ok(())
            })
            .map_err(Failure::into_store_error)?;
        drop(Object::take(self.client));
        Ok(())
    }
}
