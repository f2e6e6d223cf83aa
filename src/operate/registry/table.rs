//! A file of rows that an import reads: columns by name, cells by rule, and everything that is wrong told with its line
//! and column. Knows no row's meaning.

use std::cell::RefCell;
use std::collections::BTreeMap;

use csv::{ReaderBuilder, Terminator};
use jiff::civil::Date;

use super::Way;
use crate::domain::money::{Cents, parse_decimal};
use crate::operate::Failed;

/// Longest file, in bytes.
pub const IMPORT_BYTES_MAX: usize = 8 << 20;
/// Most rows below the head line.
pub const IMPORT_ROWS_MAX: usize = 50_000;
/// Problems that are printed; how many more there are is told.
const PROBLEMS_PRINTED_MAX: usize = 50;

/// A column as the guide names it, and the other names that it is known by.
pub(super) type Column = &'static [&'static str];

/// A file's rows.
pub(super) struct Table {
    /// Place of each column that the file has, by its squeezed name.
    places: BTreeMap<String, usize>,
    rows: Vec<(u64, Vec<String>)>,
    problems: RefCell<Vec<(u64, String, String)>>,
}

/// One row of it.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    pub(super) line: u64,
    cells: &'a [String],
}

impl Table {
    /// Reads a file that has `required` columns.
    pub(super) fn read(text: &str, required: &[Column]) -> Result<Table, Failed> {
        if text.len() > IMPORT_BYTES_MAX {
            let told = format!("the file is larger than {IMPORT_BYTES_MAX} bytes");
            return Err(Failed::Refused(told));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let head = text.lines().next().unwrap_or_default();
        let delimiter = if head.contains(';') { b';' } else { b',' };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            // A carriage return before it is taken off as a blank.
            .terminator(Terminator::Any(b'\n'))
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut table = Table {
            places: BTreeMap::new(),
            rows: Vec::new(),
            problems: RefCell::default(),
        };
        let mut columns = None;
        for record in reader.records() {
            let record =
                record.map_err(|error| Failed::Refused(format!("the file is no CSV: {error}")))?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            match columns {
                None => {
                    table.head(&cells, required)?;
                    columns = Some(cells.len());
                }
                Some(_) if cells.iter().all(String::is_empty) => {}
                Some(_) if table.rows.len() >= IMPORT_ROWS_MAX => {
                    let told = format!("the file has more than {IMPORT_ROWS_MAX} rows");
                    return Err(Failed::Refused(told));
                }
                Some(count) if count != cells.len() => {
                    let rule = format!(
                        "the row has {} columns, and the head line {count}",
                        cells.len()
                    );
                    table.problem(line, "", rule);
                }
                Some(_) => table.rows.push((line, cells)),
            }
        }
        match columns {
            None => Err(Failed::Refused("the file is empty".to_owned())),
            Some(_) => Ok(table),
        }
    }

    fn head(&mut self, cells: &[String], required: &[Column]) -> Result<(), Failed> {
        for (place, name) in cells.iter().enumerate() {
            if self.places.insert(squeezed(name), place).is_some() {
                let told = format!("the head line names the column {name} twice");
                return Err(Failed::Refused(told));
            }
        }
        let missing: Vec<&str> = required
            .iter()
            .filter(|column| !self.has(column))
            .filter_map(|column| column.first().copied())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failed::Refused(format!(
            "the head line has no column {}",
            missing.join(", ")
        )))
    }

    pub(super) fn has(&self, column: &[&str]) -> bool {
        self.place(column).is_some()
    }

    fn place(&self, column: &[&str]) -> Option<usize> {
        let mut places = column
            .iter()
            .filter_map(|name| self.places.get(&squeezed(name)));
        places.next().copied()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, cells)| Row {
            table: self,
            line: *line,
            cells,
        })
    }

    fn problem(&self, line: u64, column: &str, rule: String) {
        self.problems
            .borrow_mut()
            .push((line, column.to_owned(), rule));
    }

    /// Everything that is wrong, at once.
    pub(super) fn refuse_problems(&self, way: &Way) -> Result<(), Failed> {
        let problems = self.problems.borrow();
        if problems.is_empty() {
            return Ok(());
        }
        let mut lines: Vec<String> = problems
            .iter()
            .take(PROBLEMS_PRINTED_MAX)
            .map(|(line, column, rule)| match column.as_str() {
                "" => format!("line {line}: {rule}"),
                _ => format!("line {line}, column {column}: {rule}"),
            })
            .collect();
        if problems.len() > PROBLEMS_PRINTED_MAX {
            lines.push(format!(
                "and {} more",
                problems.len() - PROBLEMS_PRINTED_MAX
            ));
        }
        Err(Failed::Refused(format!(
            "{} is refused, nothing was changed:\n  {}",
            way.source,
            lines.join("\n  ")
        )))
    }
}

impl<'a> Row<'a> {
    /// A cell that is not empty.
    pub(super) fn text(self, column: Column) -> Option<&'a str> {
        let cell = self.cells.get(self.table.place(column)?)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }

    /// A cell read by a rule; what breaks the rule is noted. `None` for an empty cell too.
    pub(super) fn parsed<T, E: ToString>(
        self,
        column: Column,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.text(column)?) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.wrong(column, rule.to_string());
                None
            }
        }
    }

    /// As [`Row::parsed`], and an empty cell is wrong.
    pub(super) fn required<T, E: ToString>(
        self,
        column: Column,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.text(column).is_none() {
            self.wrong(column, "must not be empty".to_owned());
        }
        self.parsed(column, parse)
    }

    pub(super) fn wrong(self, column: Column, rule: String) {
        let name = column.first().copied().unwrap_or_default();
        self.table.problem(self.line, name, rule);
    }
}

/// Names are the same whatever their case and their signs: `Begin_Date` is `beginDate`.
fn squeezed(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// A day as ISO or as Finnish people write it.
pub(super) fn day(text: &str) -> Result<Date, &'static str> {
    const RULE: &str = "write a day such as 2026-01-31 or 31.1.2026";
    if text.contains('-') {
        let is_plain = text.len() == 10;
        return text.parse().ok().filter(|_| is_plain).ok_or(RULE);
    }
    let mut parts = text.splitn(3, '.');
    let mut next = |digits_max: usize| {
        let part = parts.next().filter(|part| part.len() <= digits_max)?;
        let is_number = part.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| part.parse::<i16>().ok()).flatten()
    };
    let (day, month, year) = (next(2), next(2), next(4));
    let (Some(day), Some(month), Some(year @ 1000..)) = (day, month, year) else {
        return Err(RULE);
    };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return Err(RULE);
    };
    Date::new(year, month, day).map_err(|_| RULE)
}

/// Euros, with a decimal comma or a point.
pub(super) fn euros(text: &str) -> Result<Cents, &'static str> {
    match parse_decimal(&text.replace(',', "."), 2) {
        Ok(cents) if (0..=Cents::MAX_WIRE).contains(&cents) => Ok(Cents(cents)),
        _ => Err("write euros with at most two decimals, such as 45,00"),
    }
}

/// A text as it stands.
pub(super) fn plain(text: &str) -> Result<String, &'static str> {
    const CHARACTERS_MAX: usize = 500;
    match text.chars().count() <= CHARACTERS_MAX {
        true => Ok(text.to_owned()),
        false => Err("has more than 500 characters"),
    }
}

/// One of the names that a type has in files.
pub(super) fn named<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let name = serde_json::Value::String(text.to_uppercase());
    serde_json::from_value(name).map_err(|error| error.to_string())
}

/// Yes or no, in the words of files that people write.
pub(super) fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" | "kyllä" => Ok(true),
        "false" | "0" | "no" | "ei" => Ok(false),
        _ => Err("write true or false"),
    }
}
