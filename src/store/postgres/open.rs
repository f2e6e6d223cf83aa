//! Opening a store in a database: its schema brought up to date, its keys, and the question whether it is one.

use std::sync::Arc;

use deadpool_postgres::Object;
use uuid::Uuid;

use super::database::Database;
use super::failure::Failure;
use super::layout::sql_tables;
use crate::secrets::{Keyring, MasterKey, WrappedKeys};
use crate::store::StoreError;
use crate::store::records::keys::{KEYS_NAME, Key, STATE_NAME, Table};
use crate::store::records::record;
use crate::store::records::stored::State;

/// What each version of the schema adds, from version 1 on. Only ever added to.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/1_tables.sql"),
    FOREIGN_KEYS_SQL,
    include_str!("migrations/3_registry_history.sql"),
    include_str!("migrations/4_admin_token.sql"),
];

/// The constraints between tables, which are taken off while a store is filled.
pub(super) const FOREIGN_KEYS_SQL: &str = include_str!("migrations/foreign_keys.sql");

/// Adapters that start at once bring the schema up to date one after the other: "psop" in ASCII.
const MIGRATION_LOCK: i64 = 0x7073_6F70;

/// Opens the store, or makes a new one with keys of its own under `master`.
pub(super) fn open(database: &Database, master: &MasterKey) -> Result<Arc<Keyring>, StoreError> {
    migrate(database)?;
    let client = database.for_reads().map_err(Failure::into_store_error)?;
    let kept = match meta(database, &client)? {
        Some(kept) => kept,
        None => {
            refuse_half_filled(database, &client)?;
            create(database, &client, master)?;
            meta(database, &client)?.ok_or_else(|| {
                record::corrupt(Table::Meta, "is missing, though it was just written")
            })?
        }
    };
    let keyring = kept
        .unwrap(master)
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(Arc::new(keyring))
}

/// Brings the schema to this program's version. Another adapter that does so at the same time is waited for.
pub(super) fn migrate(database: &Database) -> Result<(), StoreError> {
    let mut client = database.for_commits().map_err(Failure::into_store_error)?;
    // A schema is made in a moment; an index of a large table takes longer.
    let longest = database.timeout * 60;
    let migrated = database.wait_for(longest, async {
        let transaction = client.transaction().await?;
        transaction
            .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            .await?;
        transaction
            .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
            .await?;
        transaction
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS schema_version \
                 (version integer PRIMARY KEY CHECK (version > 0), made_at timestamptz NOT NULL DEFAULT now())",
            )
            .await?;
        let row = transaction
            .query_one("SELECT coalesce(max(version), 0) FROM schema_version", &[])
            .await?;
        let version: i32 = row.try_get(0)?;
        let version = usize::try_from(version).unwrap_or(0);
        if version > MIGRATIONS.len() {
            return Err(Failure::Store(StoreError::Unavailable(format!(
                "the database has the schema of version {version}, and this program knows {}: run the version of \
                 the program that made it, or a later one",
                MIGRATIONS.len()
            ))));
        }
        for (number, sql) in (1_i32..).zip(MIGRATIONS).skip(version) {
            transaction.batch_execute(sql).await?;
            transaction
                .execute("INSERT INTO schema_version (version) VALUES ($1)", &[&number])
                .await?;
        }
        Ok(transaction.commit().await?)
    });
    migrated.map_err(|failure| {
        // Whatever was open is gone with its connection.
        failure.into_store_error()
    })
}

/// The store's keys, where there is a store.
fn meta(database: &Database, client: &Object) -> Result<Option<WrappedKeys>, StoreError> {
    let (state, keys) = (Key::meta(STATE_NAME), Key::meta(KEYS_NAME));
    let found = database
        .wait(async {
            let wanted = vec![state.as_bytes(), keys.as_bytes()];
            let rows = client
                .query(
                    "SELECT key, record FROM meta WHERE key = ANY($1)",
                    &[&wanted],
                )
                .await?;
            let mut found = (None, None);
            for row in &rows {
                let (key, record): (&[u8], Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
                if key == state.as_bytes() {
                    found.0 = Some(record);
                } else {
                    found.1 = Some(record);
                }
            }
            Ok(found)
        })
        .map_err(Failure::into_store_error)?;
    match found {
        (Some(state_value), Some(keys_value)) => {
            record::decode::<State>(Table::Meta, &state, &state_value)?;
            record::decode(Table::Meta, &keys, &keys_value).map(Some)
        }
        // Without its state it is no store, or none yet.
        (None, _) => Ok(None),
        (Some(_), None) => Err(record::corrupt(
            Table::Meta,
            "is missing, though the store has others",
        )),
    }
}

/// A copy or a restore that broke off has left records and no state.
fn refuse_half_filled(database: &Database, client: &Object) -> Result<(), StoreError> {
    for table in sql_tables() {
        let sql = format!("SELECT 1 FROM {table} LIMIT 1");
        let row = database
            .wait(async { Ok(client.query_opt(&sql, &[]).await?) })
            .map_err(Failure::into_store_error)?;
        if row.is_some() {
            return Err(StoreError::Unavailable(
                "the database holds records and no whole store: a restore or a copy into it broke off; run it \
                 again, which begins anew, or name an empty database"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

/// Makes a new store's keys and first state. Of adapters that do so at once, one does.
fn create(database: &Database, client: &Object, master: &MasterKey) -> Result<(), StoreError> {
    let keys = WrappedKeys::generate(master).map_err(|error| record::keys_failed(&error))?;
    let state = State {
        sequence: 1,
        records: 0,
        access_rows: 0,
        access_link: [0; 32],
        changes: 0,
        epoch: *Uuid::new_v4().as_bytes(),
        keys_version: keys.version(),
        seals: 0,
    };
    let (state_key, keys_key) = (Key::meta(STATE_NAME), Key::meta(KEYS_NAME));
    let state = record::encode(&state_key, &state)?;
    let keys = record::encode(&keys_key, &keys)?;
    database
        .wait(async {
            let made = vec![state_key.as_bytes(), keys_key.as_bytes()];
            let records = vec![state, keys];
            client
                .execute(
                    "INSERT INTO meta (key, record) SELECT * FROM unnest($1::bytea[], $2::bytea[]) \
                     ON CONFLICT DO NOTHING",
                    &[&made, &records],
                )
                .await?;
            Ok(())
        })
        .map_err(Failure::into_store_error)
}
