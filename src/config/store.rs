//! Where the data lives: the embedded store's folder, or a database.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio_postgres::config::Host;

use super::Environment;

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Which back end.
    #[serde(default)]
    pub kind: StoreKind,
    /// Sled: the directory that holds the data. PostgreSQL: a name of this adapter's own in a directory, which the admin
    /// file's name is made of.
    #[serde(default)]
    pub path: PathBuf,
    /// Sled: memory for cached pages, in bytes.
    #[serde(default = "cache_bytes_default")]
    pub cache_bytes: u64,
    /// Sled: most bytes of its log that are read back into the system's page cache after a start; 0 for none.
    #[serde(default = "read_back_bytes_default")]
    pub read_back_bytes: u64,
    /// PostgreSQL: the database, `postgres://USER@HOST[:PORT][,HOST…]/DATABASE`.
    #[serde(default)]
    pub url: Option<DatabaseUrl>,
    /// PostgreSQL: a file with the user's password, instead of one in the URL.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// PostgreSQL: PEM file of the authorities that may vouch for the server, instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// PostgreSQL: let `sslmode=disable` in the URL go beyond this machine.
    #[serde(default)]
    pub allow_plain: bool,
    /// PostgreSQL: connections for reads; one more is for commits.
    #[serde(default = "connections_max_default")]
    pub connections_max: usize,
    /// PostgreSQL: longest wait for a connection, and for a statement's answer, in milliseconds.
    #[serde(default = "timeout_ms_default")]
    pub timeout_ms: u64,
    /// PostgreSQL: how long an adapter that does not go on may hold the turn to commit, in milliseconds.
    #[serde(default = "stall_timeout_ms_default")]
    pub stall_timeout_ms: u64,
    /// PostgreSQL: how often it is asked whether the database is there, in milliseconds.
    #[serde(default = "probe_every_ms_default")]
    pub probe_every_ms: u64,
}

fn cache_bytes_default() -> u64 {
    64 * 1024 * 1024
}

fn read_back_bytes_default() -> u64 {
    16 * 1024 * 1024 * 1024
}

fn connections_max_default() -> usize {
    16
}

fn timeout_ms_default() -> u64 {
    10_000
}

fn stall_timeout_ms_default() -> u64 {
    5000
}

fn probe_every_ms_default() -> u64 {
    1000
}

/// Where an adapter on PostgreSQL has its admin file when the configuration does not say.
const POSTGRES_PLACE: &str = "data/postgres";

/// The back ends there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum StoreKind {
    /// The embedded store: one process, one machine.
    #[default]
    Sled,
    /// A PostgreSQL database, which any number of adapters share.
    Postgres,
}

impl TryFrom<String> for StoreKind {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "sled" => Ok(Self::Sled),
            "postgres" => Ok(Self::Postgres),
            other => Err(format!(
                "no store of kind `{other}` exists in this version: write `sled` or `postgres`"
            )),
        }
    }
}

/// A database's address. It may hold a password, so it is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address, password and all.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// User, servers and database, as far as they can be read; `***` for a password. Parameters are left out.
    ///
    /// Made of what the driver understood, since a password may stand in many places and be written in many ways.
    pub fn masked(&self) -> DatabaseUrl {
        let Ok(config) = self.0.parse::<tokio_postgres::Config>() else {
            return DatabaseUrl("***".to_owned());
        };
        let ports = config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied();
        let hosts = config.get_hosts().iter().enumerate();
        let hosts: Vec<String> = hosts
            .map(|(index, host)| {
                let name = match host {
                    Host::Tcp(name) => name.clone(),
                    Host::Unix(path) => path.display().to_string(),
                };
                port(index).map_or(name.clone(), |port| format!("{name}:{port}"))
            })
            .collect();
        let password = config.get_password().map_or("", |_| ":***");
        DatabaseUrl(format!(
            "postgres://{}{password}@{}/{}",
            config.get_user().unwrap_or_default(),
            hosts.join(","),
            config.get_dbname().unwrap_or_default()
        ))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseUrl(…)")
    }
}

impl Store {
    /// What the admin file's name is made of.
    pub fn place(&self) -> &Path {
        if self.path.as_os_str().is_empty() {
            Path::new(POSTGRES_PLACE)
        } else {
            &self.path
        }
    }

    /// With every key there is.
    pub fn sample() -> Store {
        Store {
            kind: StoreKind::Sled,
            path: "data/store".into(),
            cache_bytes: cache_bytes_default(),
            read_back_bytes: read_back_bytes_default(),
            url: Some(DatabaseUrl("postgres://psop@127.0.0.1/psop".to_owned())),
            password_file: Some("postgres.password".into()),
            ca_file: Some("tls/database-ca.pem".into()),
            allow_plain: false,
            connections_max: connections_max_default(),
            timeout_ms: timeout_ms_default(),
            stall_timeout_ms: stall_timeout_ms_default(),
            probe_every_ms: probe_every_ms_default(),
        }
    }

    pub(super) fn problems(&self, environment: Environment) -> Vec<String> {
        let mut problems = Vec::new();
        let mut must = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        let is_sled = self.kind == StoreKind::Sled;
        must(
            !is_sled || !self.path.as_os_str().is_empty(),
            "store.path: is missing: write the directory that holds the data",
        );
        must(
            is_sled || self.url.is_some(),
            "store.url: is missing: write the database, such as \"postgres://psop@db.example.fi/psop\"",
        );
        let url = self.url.as_ref().map_or("", DatabaseUrl::as_str);
        must(
            self.url.is_none() || is_database_url(url),
            "store.url: is no database's address: write postgres://USER@HOST:PORT/DATABASE",
        );
        must(self.cache_bytes > 0, "store.cache_bytes: must be 1 or more");
        must(
            (1..=1000).contains(&self.connections_max),
            "store.connections_max: must be from 1 to 1000",
        );
        must(
            (100..=50_000).contains(&self.timeout_ms),
            "store.timeout_ms: must be from 100 to 50000",
        );
        must(
            (100..=self.timeout_ms).contains(&self.stall_timeout_ms),
            "store.stall_timeout_ms: must be from 100 to store.timeout_ms",
        );
        must(
            (50..=60_000).contains(&self.probe_every_ms),
            "store.probe_every_ms: must be from 50 to 60000",
        );
        must(
            !(self.allow_plain && environment == Environment::Prod),
            "store.allow_plain: is refused in PROD: personal data goes over TLS",
        );
        problems
    }
}

fn is_database_url(url: &str) -> bool {
    let has_scheme = url.starts_with("postgres://") || url.starts_with("postgresql://");
    has_scheme && url.parse::<tokio_postgres::Config>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_is_never_printed() {
        let url = DatabaseUrl("postgres://psop:secret@db/psop".to_owned());
        let store = Store {
            url: Some(url),
            ..Store::sample()
        };
        assert!(!format!("{store:?}").contains("secret"));
    }

    #[test]
    fn a_masked_database_url_has_no_password_however_it_is_written() {
        for (url, shown) in [
            (
                "postgres://psop:secret@db.example.fi:5433/psop?sslmode=require",
                "postgres://psop:***@db.example.fi:5433/psop",
            ),
            (
                "postgresql://psop:se%40secret?x@a,b:1/psop",
                "postgres://psop:***@a:5432,b:1/psop",
            ),
            (
                "postgres://psop@db/psop?pass%77ord=secret",
                "postgres://psop:***@db:5432/psop",
            ),
            ("postgres://psop@db/psop", "postgres://psop@db:5432/psop"),
            (
                "postgres://psop@%2Frun%2Fpg/psop",
                "postgres://psop@/run/pg:5432/psop",
            ),
            ("postgres://psop:secret@db/psop?secret=1", "***"),
        ] {
            assert_eq!(DatabaseUrl(url.to_owned()).masked().as_str(), shown);
        }
    }

    #[test]
    fn each_rule_of_the_section_is_told() {
        type Change = fn(&mut Store);
        let cases: [(&str, Change); 8] = [
            ("store.path: ", |store| store.path = PathBuf::new()),
            ("store.url: is missing", |store| {
                store.kind = StoreKind::Postgres;
                store.url = None;
            }),
            ("store.url: is no", |store| {
                store.url = Some(DatabaseUrl("mysql://h/d".to_owned()));
            }),
            ("store.cache_bytes", |store| store.cache_bytes = 0),
            ("store.connections_max", |store| {
                store.connections_max = 1001
            }),
            ("store.timeout_ms", |store| store.timeout_ms = 50_001),
            ("store.stall_timeout_ms", |store| {
                store.stall_timeout_ms = 10_001
            }),
            ("store.probe_every_ms", |store| store.probe_every_ms = 49),
        ];
        assert_eq!(Store::sample().problems(Environment::Prod), [""; 0]);
        for (told, change) in cases {
            let mut store = Store::sample();
            change(&mut store);
            let problems = store.problems(Environment::Dev);
            assert!(
                problems.len() == 1 && problems[0].starts_with(told),
                "{told}: {problems:?}"
            );
        }
        let plain = Store {
            allow_plain: true,
            ..Store::sample()
        };
        assert_eq!(plain.problems(Environment::Test).len(), 0);
        assert_eq!(plain.problems(Environment::Prod).len(), 1);
    }

    #[test]
    fn an_adapter_on_a_database_needs_no_path() {
        let store = Store {
            kind: StoreKind::Postgres,
            path: PathBuf::new(),
            ..Store::sample()
        };
        assert!(store.problems(Environment::Prod).is_empty());
        assert_eq!(store.place(), Path::new("data/postgres"));
    }
}
