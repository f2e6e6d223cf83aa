//! Reads the configuration's layers: flags over environment variables over the file over the defaults.
//!
//! All problems of a configuration are told at once. The list of keys is not written a second time here: it is what
//! the types in `config.rs` serialise to, and each key of the operator is tried alone in an otherwise good
//! configuration, so that one wrong key hides no other. Each problem begins with where its value is written; what the
//! file system alone can tell is not looked at here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use toml::de::DeTable;
use toml::{Table, Value};

use super::keys::{Key, find, insert, leaves, remove};
use super::origins::{Origins, Place, line_of};
use super::{
    Admin, ClientMode, Config, Environment, Limits, Log, Mandate, Retention, Secrets, Server,
    Store, Tls, Traces,
};

/// Environment variables that begin so belong to this program.
const VARIABLE_PREFIX: &str = "PSOP_";
/// Separates the levels in a variable's name: a single underscore is part of a key.
const VARIABLE_SEPARATOR: &str = "__";

/// What the command line sets over everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--admin-listen`
    pub admin_listen: Option<SocketAddr>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML. The line itself is not told: it may hold a password.
    #[error("{}:{line}: this is not valid TOML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        message: String,
    },
    /// Keys are unknown, missing or have values that are refused.
    #[error("the configuration is refused:\n  {}", problems.join("\n  "))]
    Refused {
        /// Every problem found, one line each: where the value comes from, the key, what to do.
        problems: Vec<String>,
    },
    /// The configuration's own types do not serialise: a defect of this program.
    #[error(
        "the configuration's own keys cannot be listed, which is a defect of this program: {0}"
    )]
    Keys(#[from] toml::ser::Error),
}

impl Config {
    /// A configuration as [`Loaded::load`] reads it, without its origins.
    ///
    /// # Errors
    /// [`ConfigError`]; a refused configuration lists every problem found.
    pub fn load(
        path: &Path,
        environment_variables: impl Iterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigError> {
        Loaded::load(path, environment_variables, overrides).map(|loaded| loaded.config)
    }
}

/// A configuration that passed its rules, and where each of its values is written.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Where its values are written.
    pub origins: Origins,
}

impl Loaded {
    /// Reads `path`, lays the environment variables and the overrides over it and checks the result.
    ///
    /// A variable is named `PSOP_` and its key, with two underscores between levels: `PSOP_SERVER__LISTEN`.
    ///
    /// # Errors
    /// [`ConfigError`]; a refused configuration lists every problem found.
    pub fn load(
        path: &Path,
        environment_variables: impl Iterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let syntax = |error: &toml::de::Error| ConfigError::Syntax {
            path: path.to_owned(),
            line: line_of(&text, error.span().map_or(0, |span| span.start)),
            message: error.message().replace('\n', ", "),
        };
        let document = DeTable::parse(&text).map_err(|error| syntax(&error))?;
        let file: Table = toml::from_str(&text).map_err(|error| syntax(&error))?;
        let mut layers = Layers {
            values: leaves(&file).into_iter().collect(),
            origins: Origins::of_file(path, &text, document.get_ref()),
            sample: Table::try_from(sample())?,
            problems: Vec::new(),
        };
        layers.lay_variables(environment_variables);
        layers.lay_overrides(overrides);
        layers.into_config()
    }
}

/// The layers laid over each other so far.
struct Layers {
    /// Ordered, so that a section written empty comes before what another layer lays into it.
    values: BTreeMap<Key, Value>,
    origins: Origins,
    sample: Table,
    problems: Vec<(Place, String)>,
}

impl Layers {
    fn lay_variables(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) else {
                continue;
            };
            let key: Key = rest
                .to_lowercase()
                .split(VARIABLE_SEPARATOR)
                .map(str::to_owned)
                .collect();
            let place = Place::Elsewhere(format!("environment variable {name}"));
            let value = match find(&self.sample, &key) {
                None | Some(Value::Table(_)) => {
                    let problem = format!(
                        "there is no key `{}`: unset it, or correct its name \
                         (two underscores between levels, as in PSOP_SERVER__LISTEN)",
                        key.join(".")
                    );
                    self.problems.push((place, problem));
                    continue;
                }
                Some(Value::String(_)) => Value::String(text),
                Some(Value::Array(_)) => listed(&text),
                Some(_) => typed(text),
            };
            self.origins.set(key.clone(), place);
            self.values.insert(key, value);
        }
    }

    fn lay_overrides(&mut self, overrides: &Overrides) {
        let flags = [
            ("server", "--listen", overrides.listen),
            ("admin", "--admin-listen", overrides.admin_listen),
        ];
        for (section, flag, address) in flags {
            let Some(address) = address else { continue };
            let key = vec![section.to_owned(), "listen".to_owned()];
            let place = Place::Elsewhere(format!("flag {flag}"));
            self.origins.set(key.clone(), place);
            self.values.insert(key, Value::String(address.to_string()));
        }
    }

    fn into_config(mut self) -> Result<Loaded, ConfigError> {
        let refused = self.take_refused_values();
        self.fill_missing_keys(&refused);
        let mut table = Table::new();
        for (key, value) in &self.values {
            insert(&mut table, key, value.clone());
        }
        let config: Config = table.try_into().map_err(|error| ConfigError::Refused {
            problems: vec![format!("{}: {error}", self.origins.near(&[]))],
        })?;
        // Rules too where values are refused: a good example stands for each of those.
        let rules = config.problems().into_iter();
        let rules = rules.map(|problem| self.origins.placed(problem));
        self.problems.extend(rules);
        if self.problems.is_empty() {
            return Ok(Loaded {
                config,
                origins: self.origins,
            });
        }
        self.problems.sort();
        let problems = self.problems.iter();
        let problems = problems.map(|(place, problem)| format!("{place}: {problem}"));
        Err(ConfigError::Refused {
            problems: problems.collect(),
        })
    }

    /// Tries each value alone in the good sample: what fails then is this value's fault. Takes those away, and gives
    /// their keys.
    fn take_refused_values(&mut self) -> BTreeSet<Key> {
        let mut refused = BTreeSet::new();
        for (key, value) in &self.values {
            let section = matches!(find(&self.sample, key), Some(Value::Table(_)));
            if section && value.is_table() {
                continue; // a section written empty: its required keys are looked for below
            }
            let mut table = self.sample.clone();
            insert(&mut table, key, value.clone());
            if let Err(error) = table.try_into::<Config>() {
                let problem = format!("{}: {}", key.join("."), advice(error.message()));
                self.problems.push((self.origins.near(key), problem));
                refused.insert(key.clone());
            }
        }
        self.values.retain(|key, _| !refused.contains(key));
        refused
    }

    /// Takes each absent key out of the good sample: what fails then needs that key. Puts the sample's value there.
    fn fill_missing_keys(&mut self, refused: &BTreeSet<Key>) {
        let given: Vec<Key> = self.values.keys().chain(refused).cloned().collect();
        for (section, _) in self.sample.iter().filter(|(_, value)| value.is_table()) {
            // One that has to be there, even where each of its keys has a default: the rules say what it lacks.
            let key = vec![section.clone()];
            if !section_is_optional(&self.sample, &key) {
                let empty = Value::Table(Table::new());
                self.values.entry(key).or_insert(empty);
            }
        }
        for (key, example) in leaves(&self.sample) {
            let section_absent = !given.iter().any(|given| given.first() == key.first());
            // An optional section is absent as a whole or has all its keys.
            if self.values.contains_key(&key)
                || (section_absent && section_is_optional(&self.sample, &key))
            {
                continue;
            }
            let mut table = self.sample.clone();
            remove(&mut table, &key);
            if table.try_into::<Config>().is_ok() {
                continue;
            }
            if !refused.iter().any(|refused| key.starts_with(refused)) {
                let problem = format!("{}: is missing: write it, such as {example}", key.join("."));
                self.problems.push((self.origins.near(&key), problem));
            }
            self.values.insert(key, example);
        }
    }
}

/// A good configuration with every key there is: the list of keys and their types.
pub(super) fn sample() -> Config {
    Config {
        environment: Environment::Dev,
        clock: Some(Timestamp::UNIX_EPOCH),
        server: Server::default(),
        admin: Admin {
            hosts: vec!["psop-admin.example.fi".to_owned()],
            certificate: Some("tls/admin.pem".into()),
            key: Some("tls/admin-key.pem".into()),
            ..Admin::default()
        },
        store: Store::sample(),
        secrets: Secrets {
            key_file: "data/master.key".into(),
        },
        tls: Some(Tls {
            certificate: "tls/certificate.pem".into(),
            key: "tls/key.pem".into(),
            client_mode: ClientMode::Require,
            client_pins: vec!["tls/security-server.pem".into()],
        }),
        mandate: Some(Mandate::sample()),
        limits: Limits::default(),
        retention: Retention::default(),
        log: Log::default(),
        traces: Some(Traces::sample()),
    }
}

fn advice(message: &str) -> String {
    if message.starts_with("unknown field") {
        return format!("there is no such key: remove it or correct its name ({message})");
    }
    format!("{message}: correct the value")
}

/// A variable's text as the TOML value it looks like.
fn typed(text: String) -> Value {
    match (text.parse::<i64>(), text.parse::<bool>()) {
        (Ok(number), _) => Value::Integer(number),
        (_, Ok(truth)) => Value::Boolean(truth),
        _ => Value::String(text),
    }
}

/// A variable's text as a list: its parts between commas.
fn listed(text: &str) -> Value {
    let parts = text.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
}

fn section_is_optional(sample: &Table, key: &Key) -> bool {
    let Some(section) = key.first() else {
        return false;
    };
    let mut table = sample.clone();
    table.remove(section);
    table.try_into::<Config>().is_ok()
}
