//! Reads a TOML document key by key and collects every problem with its line, so that all are told at once. It knows
//! no key of the file.

use std::cell::RefCell;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What was found wrong: the line, from 1, and what to do.
type Problem = (usize, String);

/// The problems of one document so far.
pub struct Problems<'t> {
    text: &'t str,
    found: RefCell<Vec<Problem>>,
}

/// The line, from 1, that the byte at a place stands in.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    1 + before.matches('\n').count()
}

impl<'t> Problems<'t> {
    /// None yet, of a document with this text.
    pub fn new(text: &'t str) -> Problems<'t> {
        Problems {
            text,
            found: RefCell::new(Vec::new()),
        }
    }

    fn add(&self, at: usize, what: String) {
        let line = line_of(self.text, at);
        self.found.borrow_mut().push((line, what));
    }

    /// One line each, in the document's order.
    pub fn told(self) -> Vec<String> {
        let mut found = self.found.into_inner();
        found.sort();
        let told = found.into_iter();
        told.map(|(line, what)| format!("line {line}: {what}"))
            .collect()
    }
}

/// A table of the document. Every key is asked for once; [`Section::end`] finds those that nobody asked for.
pub struct Section<'p, 't> {
    problems: &'p Problems<'t>,
    table: &'p DeTable<'t>,
    /// Its name with a dot behind it, or nothing for the document itself.
    path: String,
    at: usize,
    asked: RefCell<Vec<&'static str>>,
}

impl<'p, 't> Section<'p, 't> {
    /// The document itself.
    pub fn root(problems: &'p Problems<'t>, table: &'p DeTable<'t>) -> Section<'p, 't> {
        Section::new(problems, table, String::new(), 0)
    }

    fn new(
        problems: &'p Problems<'t>,
        table: &'p DeTable<'t>,
        path: String,
        at: usize,
    ) -> Section<'p, 't> {
        Section {
            problems,
            table,
            path,
            at,
            asked: RefCell::new(Vec::new()),
        }
    }

    fn value(&self, key: &'static str) -> Option<&'p Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// Tells a problem with the value of a key; without one, it is the section's.
    pub fn problem(&self, key: &str, what: &str) {
        let at = self.table.get(key).map_or(self.at, |it| it.span().start);
        self.problems.add(at, format!("{}{key}: {what}", self.path));
    }

    fn read<T>(
        &self,
        key: &'static str,
        what: &str,
        read: impl FnOnce(&'p DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let found = read(self.value(key)?.get_ref());
        if found.is_none() {
            self.problem(key, &format!("write {what}"));
        }
        found
    }

    /// Text; like the others `None` when it is not there, and when it is told of as a problem.
    pub fn text(&self, key: &'static str) -> Option<String> {
        self.read(key, "text between quotes", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// Text that must be there; `example` tells what is missing.
    pub fn required_text(&self, key: &'static str, example: &str) -> Option<String> {
        self.required(key, example);
        self.text(key)
    }

    /// Tells a key that is not there.
    pub fn required(&self, key: &'static str, example: &str) {
        if !self.table.contains_key(key) {
            self.problem(key, &format!("is missing: write it, such as {example}"));
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        self.read(key, "true or false", DeValue::as_bool)
    }

    /// A whole number from `least` to `most`.
    pub fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        key: &'static str,
        (least, most): (T, T),
    ) -> Option<T> {
        self.read(
            key,
            &format!("a whole number from {least} to {most}"),
            |value| {
                let number = value.as_integer()?;
                let number = (number.radix() == 10).then(|| number.as_str().parse().ok())??;
                (least <= number && number <= most).then_some(number)
            },
        )
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.read(key, "a list of texts, such as [\"a\", \"b\"]", |value| {
            let values = value.as_array()?.iter();
            values
                .map(|value| value.get_ref().as_str().map(str::to_owned))
                .collect()
        })
    }

    /// A table of this one; an absent one that is `required` is a problem.
    pub fn section(&self, key: &'static str, required: bool) -> Option<Section<'p, 't>> {
        if required && !self.table.contains_key(key) {
            self.problem(key, &format!("the section [{key}] is missing: write it"));
        }
        let table = self.read(key, &format!("a section [{key}]"), DeValue::as_table)?;
        let at = self.table.get(key).map_or(0, |value| value.span().start);
        Some(Section::new(
            self.problems,
            table,
            format!("{}{key}.", self.path),
            at,
        ))
    }

    /// The tables of a list of tables.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'p, 't>> {
        let sections = self.read(key, &format!("sections [[{key}]]"), |value| {
            let values = value.as_array()?.iter().enumerate();
            let section = |(index, value): (usize, &'p Spanned<DeValue<'t>>)| {
                let path = format!("{}{key} {}: ", self.path, index + 1);
                let table = value.get_ref().as_table()?;
                Some(Section::new(self.problems, table, path, value.span().start))
            };
            values.map(section).collect::<Option<Vec<_>>>()
        });
        sections.unwrap_or_default()
    }

    /// Every key that nobody asked for is a problem.
    pub fn end(self) {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !asked.contains(&name) {
                let known = asked.join(", ");
                let what = format!("there is no such key: remove it or correct its name ({known})");
                let at = key.span().start;
                self.problems
                    .add(at, format!("{}{name}: {what}", self.path));
            }
        }
    }
}
