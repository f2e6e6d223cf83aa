//! Where each value of a configuration is written: a line of the file, an environment variable or a flag. It judges
//! no value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::keys::Key;

/// A place where something is written. The order is that in which problems are told: the file as a whole, its lines,
/// and what overrides it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file, no line of it.
    File(String),
    /// A line of the file, from 1.
    Line(usize, String),
    /// An environment variable or a flag, by what to call it.
    Elsewhere(String),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) | Self::Elsewhere(name) => formatter.write_str(name),
            Self::Line(line, name) => write!(formatter, "{name}:{line}"),
        }
    }
}

/// Where each key is written, and each section begins.
#[derive(Debug)]
pub struct Origins {
    file_name: String,
    places: BTreeMap<Key, Place>,
}

impl Origins {
    /// Those of a file's own keys.
    pub(super) fn of_file(path: &Path, text: &str, document: &DeTable<'_>) -> Self {
        let mut origins = Self {
            file_name: path.display().to_string(),
            places: BTreeMap::new(),
        };
        origins.add(text, document, &[]);
        origins
    }

    fn add(&mut self, text: &str, table: &DeTable<'_>, above: &[String]) {
        for (name, value) in table {
            let mut key = above.to_vec();
            key.push(name.get_ref().to_string());
            let line = line_of(text, name.span().start);
            let place = Place::Line(line, self.file_name.clone());
            self.set(key.clone(), place);
            if let DeValue::Table(inner) = value.get_ref() {
                self.add(text, inner, &key);
            }
        }
    }

    /// A layer over those before it.
    pub(super) fn set(&mut self, key: Key, place: Place) {
        self.places.insert(key, place);
    }

    /// Where a key is written; none where its default stands.
    pub fn of(&self, key: &[String]) -> Option<&Place> {
        self.places.get(key)
    }

    /// Where a key is written or would be: its own place, its section's, or the file.
    pub fn near(&self, key: &[String]) -> Place {
        let own = self.places.get(key);
        let section = || {
            let (_, above) = key.split_last()?;
            let place = self.places.get(above)?;
            matches!(place, Place::Line(..)).then_some(place)
        };
        own.or_else(section)
            .cloned()
            .unwrap_or_else(|| Place::File(self.file_name.clone()))
    }

    /// A problem of the form `key: what to do`, with the place of its key.
    pub(super) fn placed(&self, problem: String) -> (Place, String) {
        let key = problem.split(": ").next().unwrap_or_default();
        let key: Key = key.split('.').map(str::to_owned).collect();
        (self.near(&key), problem)
    }

    /// Problems of that form, each with its place before it, in the order of the places.
    pub fn told(&self, problems: Vec<String>) -> Vec<String> {
        let problems = problems.into_iter();
        let mut placed: Vec<_> = problems.map(|problem| self.placed(problem)).collect();
        placed.sort();
        let told = placed.into_iter();
        told.map(|(place, problem)| format!("{place}: {problem}"))
            .collect()
    }
}

/// The line, from 1, that a byte of a text is in.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}
