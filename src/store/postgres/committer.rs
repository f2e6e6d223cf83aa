//! The one thread of this adapter that writes. It takes what is queued and commits it as one transaction: many writers
//! share one commit, and several adapters take turns batch by batch.
//!
//! A batch is two round trips. The first begins the transaction, takes the turn by locking the state's row, and fetches
//! every record that the batch's expectations are about; the second writes, one statement a table, and commits. Between
//! them the batch is staged by the same code as on every back end, which gives the places of the feed and of the access
//! log. So the one row that every commit changes is changed once a batch.
//!
//! Invariant: nobody is told "kept" before the commit was acknowledged. Where a connection breaks in a commit, nobody
//! knows what became of it: the callers are told that the store is unavailable, send again, and get the answer that was
//! kept, or are done anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant};

use deadpool_postgres::Object;
use futures_util::FutureExt;
use futures_util::future::{join, join_all, join3};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::database::Database;
use super::failure::Failure;
use super::layout::sql_table;
use super::view::{Fetched, PgView, all_found, fetching};
use crate::secrets::Keyring;
use crate::store::StoreError;
use crate::store::records::Work;
use crate::store::records::batch::{Staged, Verdict, Writes};
use crate::store::records::keys::{Key, STATE_NAME, Table};
use crate::store::records::queue::{Answer, Batches, Next};
use crate::store::records::record::{self, corrupt};
use crate::store::records::stored::State;
use crate::telemetry::metrics::StoreMetrics;

const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const TAKE_TURN: &str = "SELECT record FROM meta WHERE key = $1 FOR UPDATE";

/// How long it sleeps at most, with nothing else to do.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// How often a batch is begun anew because another adapter was first. Each time one of them goes on.
const TURNS_MAX: u32 = 200;
/// Longest pause before it is begun anew.
const TURN_PAUSE_US_MAX: u32 = 3000;

/// The writing side of an open store.
pub(super) struct Committer {
    pub(super) database: Arc<Database>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) records_read: Arc<AtomicU64>,
    pub(super) metrics: StoreMetrics,
}

impl Committer {
    /// Works until the queue is closed and empty.
    pub(super) fn run(self, mut batches: Batches) {
        loop {
            let jobs = match batches.next(IDLE_MAX) {
                Next::Batch(jobs) => jobs,
                Next::Due => continue,
                Next::Closed => return,
            };
            let (work, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
            self.metrics.batch(work.len());
            match self.commit(&work) {
                Ok(verdicts) => {
                    batches.tell(
                        answers
                            .into_iter()
                            .zip(verdicts.into_iter().map(Verdict::outcome)),
                    );
                }
                Err(failure) => tell_all(&batches, answers, failure),
            }
        }
    }

    /// Commits a batch, begun anew as long as other adapters are first.
    fn commit(&self, work: &[Work]) -> Result<Vec<Verdict>, Failure> {
        for turn in 1..=TURNS_MAX {
            match self.try_commit(work) {
                Err(Failure::Retry) => pause(turn),
                outcome => return outcome,
            }
        }
        tracing::warn!("other adapters were first {TURNS_MAX} times: the batch is given up");
        Err(Failure::Retry)
    }

    fn try_commit(&self, work: &[Work]) -> Result<Vec<Verdict>, Failure> {
        let client = self.database.for_commits()?;
        let (state, fetched) = match self.take_turn(&client, work) {
            Ok(taken) => taken,
            Err(failure) => return Err(broken_off(client, failure)),
        };
        let view =
            PgView::new(&self.database, client, &self.keyring, &self.records_read).within(fetched);
        let mut staged = Staged::new(state);
        let verdicts = work
            .iter()
            .map(|one| staged.add(&view, one.clone()))
            .collect::<Result<Vec<_>, StoreError>>();
        let client = view.into_client();
        let verdicts = match verdicts {
            Ok(verdicts) => verdicts,
            Err(error) => return Err(broken_off(client, Failure::Store(error))),
        };
        let writes = if staged.is_empty() {
            Writes::new()
        } else {
            staged.finish()?.0
        };
        let since = Instant::now();
        match self.database.wait(write(&client, writes)) {
            Ok(()) => {
                self.metrics.synced(since);
                Ok(verdicts)
            }
            Err(failure) => Err(broken_off(client, failure)),
        }
    }

    /// Begins the transaction, waits for the turn, and fetches what the work is about, in one round trip.
    fn take_turn(&self, client: &Object, work: &[Work]) -> Result<(State, Fetched), Failure> {
        let wanted: Vec<Key> = work.iter().flat_map(Work::about).collect();
        let questions = fetching(&wanted);
        let key = Key::meta(STATE_NAME);
        let (turn, answers) = self.database.wait(async {
            let take_turn = client.prepare_cached(TAKE_TURN).await?;
            let mut prepared = Vec::with_capacity(questions.len());
            for question in &questions {
                prepared.push(client.prepare_cached(&question.sql).await?);
            }
            let fetches = join_all(prepared.iter().zip(&questions).map(
                |(statement, question)| async move {
                    let parameters: [&(dyn ToSql + Sync); 1] = [&question.keys];
                    client.query(statement, &parameters).await
                },
            ));
            let key = key.as_bytes();
            let parameters: [&(dyn ToSql + Sync); 1] = [&key];
            let turn = client.query_opt(&take_turn, &parameters);
            // Sent in this order, since they are asked in this order.
            let (begun, turn, fetches) = join3(client.batch_execute(BEGIN), turn, fetches).await;
            begun?;
            let turn = turn?;
            let fetches = fetches.into_iter().collect::<Result<Vec<_>, _>>()?;
            Ok((turn, fetches))
        })?;
        let state = self.state_of(turn.as_ref())?;
        let mut fetched: Fetched = wanted.into_iter().map(|key| (key, None)).collect();
        for rows in &answers {
            for (key, value) in all_found(rows)? {
                fetched.insert(key, Some(value));
            }
        }
        Ok((state, fetched))
    }

    fn state_of(&self, row: Option<&Row>) -> Result<State, Failure> {
        let missing = || corrupt(Table::Meta, "is missing, though the store was open");
        let row = row.ok_or_else(missing)?;
        let value: Vec<u8> = row.try_get(0)?;
        Ok(record::decode(Table::Meta, &Key::meta(STATE_NAME), &value)?)
    }
}

/// Writes and commits in one round trip. Without writes the transaction only ends, which says that all it read is
/// durable.
async fn write(client: &Object, writes: Writes) -> Result<(), Failure> {
    let mut statements: Vec<(Statement, Parameters)> = Vec::new();
    for (table, parameters) in by_table(writes) {
        let sql = parameters.sql(table);
        statements.push((client.prepare_cached(&sql).await?, parameters));
    }
    let all = join_all(
        statements
            .iter()
            .map(|(statement, parameters)| parameters.execute(client, statement)),
    );
    // Behind a statement that failed this rolls back.
    let (written, committed) = join(all, client.batch_execute("COMMIT")).await;
    written.into_iter().collect::<Result<Vec<u64>, _>>()?;
    Ok(committed?)
}

/// One column of many rows.
type Column = Vec<Vec<u8>>;

/// What one statement writes: records put, or keys removed.
pub(super) enum Parameters {
    Put(Column, Column),
    Remove(Column),
}

impl Parameters {
    pub(super) fn sql(&self, table: &str) -> String {
        match self {
            Parameters::Put(..) => format!(
                "INSERT INTO {table} (key, record) SELECT * FROM unnest($1::bytea[], $2::bytea[]) \
                 ON CONFLICT (key) DO UPDATE SET record = excluded.record"
            ),
            Parameters::Remove(_) => format!("DELETE FROM {table} WHERE key = ANY($1)"),
        }
    }

    pub(super) async fn execute(
        &self,
        client: &Object,
        statement: &Statement,
    ) -> Result<u64, tokio_postgres::Error> {
        match self {
            Parameters::Put(keys, records) => client.execute(statement, &[keys, records]).await,
            Parameters::Remove(keys) => client.execute(statement, &[keys]).await,
        }
    }
}

/// A batch as statements, one or two a table.
pub(super) fn by_table(writes: Writes) -> Vec<(&'static str, Parameters)> {
    let mut puts: BTreeMap<&'static str, (Column, Column)> = BTreeMap::new();
    let mut removals: BTreeMap<&'static str, Column> = BTreeMap::new();
    for (key, value) in writes {
        let Some(table) = key.in_table().map(sql_table) else {
            continue;
        };
        let bytes = key.as_bytes().to_vec();
        match value {
            Some(value) => {
                let (keys, records) = puts.entry(table).or_default();
                keys.push(bytes);
                records.push(value);
            }
            None => removals.entry(table).or_default().push(bytes),
        }
    }
    let puts = puts
        .into_iter()
        .map(|(table, (keys, records))| (table, Parameters::Put(keys, records)));
    let removals = removals
        .into_iter()
        .map(|(table, keys)| (table, Parameters::Remove(keys)));
    puts.chain(removals).collect()
}

/// Takes a connection out of use on which something is left open, or was.
fn broken_off(client: Object, failure: Failure) -> Failure {
    match failure {
        // The server is still there, and has only to be told that this is over.
        Failure::Retry => {
            let _ = client.batch_execute("ROLLBACK").now_or_never();
        }
        _ => drop(Object::take(client)),
    }
    failure
}

fn pause(turn: u32) {
    let mut random = [0; 4];
    if openssl::rand::rand_bytes(&mut random).is_err() {
        return;
    }
    let longest = TURN_PAUSE_US_MAX.min(100 * turn);
    let micros = u32::from_le_bytes(random) % longest;
    thread::sleep(Duration::from_micros(u64::from(micros)));
}

fn tell_all(batches: &Batches, answers: Vec<Answer>, failure: Failure) {
    let is_turn = matches!(failure, Failure::Retry);
    let text = failure.into_store_error().to_string();
    let failed = |answer| match is_turn {
        true => (answer, Err(StoreError::Busy)),
        false => (answer, Err(StoreError::Unavailable(text.clone()))),
    };
    batches.tell(answers.into_iter().map(failed));
}
