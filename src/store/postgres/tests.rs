//! The behaviour suite on PostgreSQL, and what is PostgreSQL's own.

#![allow(
    clippy::duplicate_mod,
    reason = "each back end runs the suite's cases as its own"
)]

#[path = "../suite/admin_tokens.rs"]
mod admin_tokens;
#[path = "../suite/audit.rs"]
mod audit;
#[path = "../suite/check.rs"]
mod check;
#[path = "../suite/check_records.rs"]
mod check_records;
#[path = "../suite/check_settlements.rs"]
mod check_settlements;
#[path = "../suite/commit.rs"]
mod commit;
#[path = "../suite/events.rs"]
mod events;
#[path = "../suite/facts.rs"]
mod facts;
#[path = "../suite/history.rs"]
mod history;
#[path = "../suite/misses.rs"]
mod misses;
#[path = "../suite/purge.rs"]
mod purge;
#[path = "../suite/purge_log.rs"]
mod purge_log;
#[path = "../suite/registry.rs"]
mod registry;
#[path = "../suite/registry_history.rs"]
mod registry_history;
#[path = "../../../tests/it/support/postgres.rs"]
mod server;
#[path = "../suite/tamper.rs"]
mod tamper;

mod adapters;
mod trips;

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use self::server::Postgres;
use super::database::Database;
use super::layout::sql_table;
use super::{Options, PostgresStore};
use crate::secrets::{KeyFilePolicy, MasterKey};
use crate::store::records::keys::Key;
use crate::store::suite::*;

/// The store that the suite's cases are about.
type TheStore = PostgresStore;

/// A database with a key file, and no store yet.
struct Place {
    folder: TempDir,
    options: Options,
}

impl Place {
    fn new() -> Place {
        let options = Options {
            url: Postgres::shared().database(),
            password_file: None,
            ca_file: None,
            allow_plain: false,
            connections_max: 4,
            timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(10),
            probe_every: Duration::from_secs(1),
            commit_queue_max: 1024,
            commit_batch_max: 256,
        };
        let folder = tempfile::tempdir().unwrap();
        Place { folder, options }
    }

    fn master(&self) -> MasterKey {
        let policy = KeyFilePolicy {
            create_missing: true,
            refuse_exposed: true,
        };
        MasterKey::load(&self.folder.path().join("master.key"), policy).unwrap()
    }

    fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.options, &self.master()).unwrap()
    }
}

/// The database's tables, written to without the store and past the constraints.
struct RawHand(Arc<Database>);

impl RawHand {
    fn on(place: &Place) -> RawHand {
        RawHand(Database::new(&place.options).unwrap())
    }

    fn rows(&self, sql: &str, key: &[u8], value: Option<&[u8]>) -> Vec<Vec<u8>> {
        let client = self.0.for_reads().unwrap();
        let rows = self.0.wait(async {
            client
                .batch_execute("SET session_replication_role = replica")
                .await?;
            let rows = match &value {
                Some(value) => client.query(sql, &[&key, value]).await?,
                None => client.query(sql, &[&key]).await?,
            };
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        });
        rows.unwrap()
    }

    fn keys(&self, prefix: &Key) -> Vec<Key> {
        let table = sql_table(prefix.in_table().unwrap());
        let sql = format!("SELECT key FROM {table} WHERE key >= $1 ORDER BY key");
        let keys = self.rows(&sql, prefix.as_bytes(), None);
        let keys = keys.iter().map(|key| Key::from_stored(key));
        keys.filter(|key| key.is_under(prefix)).collect()
    }

    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let table = sql_table(key.in_table().unwrap());
        let sql = format!("SELECT record FROM {table} WHERE key = $1");
        self.rows(&sql, key.as_bytes(), None).pop()
    }

    fn put(&self, key: &Key, value: &[u8]) {
        let table = sql_table(key.in_table().unwrap());
        let sql = format!(
            "INSERT INTO {table} (key, record) VALUES ($1, $2) \
             ON CONFLICT (key) DO UPDATE SET record = excluded.record RETURNING key"
        );
        assert_eq!(self.rows(&sql, key.as_bytes(), Some(value)).len(), 1);
    }

    fn remove(&self, key: &Key) -> bool {
        let table = sql_table(key.in_table().unwrap());
        let sql = format!("DELETE FROM {table} WHERE key = $1 RETURNING key");
        !self.rows(&sql, key.as_bytes(), None).is_empty()
    }
}
