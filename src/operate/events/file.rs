//! The import's file: rows of text, put together to events. Knows the columns by name and no value of theirs.
//!
//! It is read as it comes, so that its length does not matter; what is held is one event, and every reference
//! met so far.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The header row, exactly.
pub const COLUMNS: [&str; 17] = [
    "sourceReference",
    "action",
    "eventId",
    "expectedVersion",
    "purchasingPowerNumber",
    "personId",
    "providerBusinessId",
    "providerUnitCode",
    "serviceDate",
    "lineNo",
    "quantity",
    "unitPrice",
    "noShow",
    "totalPrice",
    "voucherShare",
    "customerShare",
    "comment",
];

/// Longest row, in bytes. All columns at their longest take a tenth of it: more is a quote that is never closed.
pub const ROW_BYTES_MAX: usize = 65_536;

/// Rows of one event whose cells are kept; an event has no more lines.
pub const EVENT_ROWS_MAX: usize = 50;

/// Why a file cannot be read, or no further.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the header row must be exactly: {}", COLUMNS.join(";"))]
    Header,
    #[error("the file cannot be read after row {after}: {source}")]
    Unreadable { after: u64, source: csv::Error },
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventRow")]
pub struct Row {
    /// Line of the file that it begins on (the header's is 1); the report names the row by it.
    pub line: u64,
    /// A text for each column of the import's file (docs/events.md), in their order. None in a row that is broken.
    pub cells: Vec<String>,
    /// What is wrong with the row as a whole, and in which column that shows.
    #[serde(default)]
    #[schemars(skip)]
    pub broken: Option<(String, String)>,
}

/// Rows that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventRows")]
pub struct FileEvent {
    pub reference: String,
    /// At least one.
    pub rows: Vec<Row>,
}

/// The events of a file, in its order.
pub struct Events<R> {
    rows: csv::Reader<Bounded<R>>,
    /// The line that each reference was first met on.
    first_lines: HashMap<String, u64>,
    /// The first row of the next event, and its reference.
    next: Option<(String, Row)>,
    last_line: u64,
}

impl<R: Read> Events<R> {
    /// Begins to read, and judges the header row.
    ///
    /// # Errors
    /// [`FileError`] when there is none.
    pub fn open(file: R) -> Result<Events<R>, FileError> {
        let rows = ReaderBuilder::new()
            .delimiter(b';')
            // A carriage return before it is taken off by us: of those csv's own line numbers lose count.
            .terminator(Terminator::Any(b'\n'))
            .has_headers(false)
            .flexible(true)
            .from_reader(Bounded {
                inner: file,
                bytes_left: Cell::new(0),
                last_byte: b'\n',
            });
        let mut events = Events {
            rows,
            first_lines: HashMap::new(),
            next: None,
            last_line: 0,
        };
        let header = events.record()?.ok_or(FileError::Header)?;
        if !header.1.iter().eq(COLUMNS.map(str::as_bytes)) {
            return Err(FileError::Header);
        }
        events.next = events.row()?;
        Ok(events)
    }

    /// The next event; `None` at the end of the file.
    ///
    /// # Errors
    /// [`FileError`] when the rest cannot be read.
    pub fn next_event(&mut self) -> Result<Option<FileEvent>, FileError> {
        let Some((reference, first)) = self.next.take() else {
            return Ok(None);
        };
        let begins = first.line;
        let mut rows = vec![first];
        // Rows without a reference stand each for itself: nothing says that they belong together.
        while let Some((of, mut row)) = self.row()? {
            if of != reference || reference.is_empty() {
                self.next = Some((of, row));
                break;
            }
            if rows.len() >= EVENT_ROWS_MAX {
                row = broken(
                    row.line,
                    "lineNo",
                    format!("an event has at most {EVENT_ROWS_MAX} rows"),
                );
            }
            rows.push(row);
        }
        if !reference.is_empty() {
            let earlier = *self.first_lines.entry(reference.clone()).or_insert(begins);
            if earlier != begins {
                let rule = format!(
                    "rows of one event must be adjacent: this reference stands from row {earlier} on"
                );
                for row in &mut rows {
                    *row = broken(row.line, "sourceReference", rule.clone());
                }
            }
        }
        Ok(Some(FileEvent { reference, rows }))
    }

    fn row(&mut self) -> Result<Option<(String, Row)>, FileError> {
        let Some((line, record)) = self.record()? else {
            return Ok(None);
        };
        let lossy = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        let reference = record.get(0).map(lossy).unwrap_or_default();
        if record.len() != COLUMNS.len() {
            let rule = format!(
                "the row has {} columns, and the header {}",
                record.len(),
                COLUMNS.len()
            );
            return Ok(Some((reference, broken(line, "", rule))));
        }
        let mut cells = Vec::with_capacity(COLUMNS.len());
        for (cell, column) in record.iter().zip(COLUMNS) {
            let Ok(text) = std::str::from_utf8(cell) else {
                let rule = "must be UTF-8".to_owned();
                return Ok(Some((reference, broken(line, column, rule))));
            };
            cells.push(text.to_owned());
        }
        let row = Row {
            line,
            cells,
            broken: None,
        };
        Ok(Some((reference, row)))
    }

    /// The next record that is no blank line, and the line it begins on.
    fn record(&mut self) -> Result<Option<(u64, ByteRecord)>, FileError> {
        let mut record = ByteRecord::new();
        loop {
            self.rows.get_ref().bytes_left.set(ROW_BYTES_MAX);
            let after = self.last_line;
            let unreadable = |source| FileError::Unreadable { after, source };
            let is_there = self.rows.read_byte_record(&mut record);
            if !is_there.map_err(unreadable)? {
                return Ok(None);
            }
            let breaks = |cell: &[u8]| cell.iter().filter(|byte| **byte == b'\n').count() as u64;
            let inside: u64 = record.iter().map(breaks).sum();
            // The reader stands behind the break that ends the record.
            let line = self.rows.position().line().saturating_sub(1 + inside);
            self.last_line = line;
            let last = record.len().saturating_sub(1);
            if let Some(cell) = record.get(last).and_then(|cell| cell.strip_suffix(b"\r")) {
                let cell = cell.to_vec();
                record.truncate(last);
                record.push_field(&cell);
            }
            if record.len() > 1 || record.get(0).is_some_and(|cell| !cell.is_empty()) {
                return Ok(Some((line, record)));
            }
        }
    }
}

fn broken(line: u64, column: &str, rule: String) -> Row {
    Row {
        line,
        cells: Vec::new(),
        broken: Some((column.to_owned(), rule)),
    }
}

/// A reader that gives out only so many bytes until it is told to go on, and ends with a line break.
struct Bounded<R> {
    inner: R,
    bytes_left: Cell<usize>,
    last_byte: u8,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes_left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other(format!(
                "a row is longer than {ROW_BYTES_MAX} bytes: is a quotation mark never closed?"
            )));
        }
        let most = left.min(buffer.len());
        let read = match buffer.get_mut(..most) {
            Some(part) => match self.inner.read(part)? {
                0 if self.last_byte != b'\n' && !part.is_empty() => {
                    part.fill(b'\n');
                    1
                }
                read => read,
            },
            None => 0,
        };
        let last = read.checked_sub(1).and_then(|last| buffer.get(last));
        self.last_byte = last.copied().unwrap_or(self.last_byte);
        self.bytes_left.set(left.saturating_sub(read));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = ";CREATE;;;;;;;;;;;;;;;";

    fn whole(text: &[u8]) -> Vec<FileEvent> {
        let mut events = Events::open(text).unwrap();
        let mut found = Vec::new();
        while let Some(event) = events.next_event().unwrap() {
            found.push(event);
        }
        found
    }

    fn file(rows: &str) -> String {
        format!("{}\n{rows}", COLUMNS.join(";"))
    }

    /// `reference:line,line` of each event, with the columns that break rows.
    fn told(rows: &str) -> Vec<String> {
        let event = |event: FileEvent| {
            let rows = event.rows.iter().map(|row| match &row.broken {
                Some((column, _)) => format!("{}!{column}", row.line),
                None => row.line.to_string(),
            });
            format!("{}:{}", event.reference, rows.collect::<Vec<_>>().join(","))
        };
        whole(file(rows).as_bytes())
            .into_iter()
            .map(event)
            .collect()
    }

    #[test]
    fn adjacent_rows_of_one_reference_are_an_event() {
        let rows = ["A", "A", "B", "C", "C"].map(|reference| format!("{reference}{REST}"));
        assert_eq!(told(&rows.join("\n")), ["A:2,3", "B:4", "C:5,6"]);
        assert_eq!(told(&rows.join("\r\n")), ["A:2,3", "B:4", "C:5,6"]);
        assert_eq!(told(""), [""; 0]);
    }

    #[test]
    fn a_reference_met_again_breaks_the_later_rows() {
        let rows = ["A", "B", "A", "A", "B"].map(|reference| format!("{reference}{REST}"));
        let sr = "sourceReference";
        assert_eq!(
            told(&rows.join("\n")),
            [
                "A:2".to_owned(),
                "B:3".to_owned(),
                format!("A:4!{sr},5!{sr}"),
                format!("B:6!{sr}")
            ]
        );
    }

    #[test]
    fn rows_without_a_reference_stand_each_for_itself() {
        let rows = format!("{REST}\n{REST}\n");
        assert_eq!(told(&rows), [":2", ":3"]);
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        let rows =
            format!("A{REST}\n\n\"B\"{REST}\nC;CREATE;;;;;;;;;;;;;;;\"two\nlines\"\nD{REST}");
        assert_eq!(told(&rows), ["A:2", "B:4", "C:5", "D:7"]);
    }

    #[test]
    fn a_byte_order_mark_is_taken_and_other_headers_are_not() {
        let text = file(&format!("A{REST}\n"));
        assert_eq!(whole(format!("\u{feff}{text}").as_bytes()).len(), 1);
        for wrong in [
            String::new(),
            text.replacen("action", "Action", 1),
            text.replacen(';', ",", 20),
            text.replacen(";comment", "", 1),
            text.replacen(";comment", ";comment;more", 1),
            format!(" {text}"),
        ] {
            assert!(
                matches!(Events::open(wrong.as_bytes()), Err(FileError::Header)),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_row_of_other_columns_or_bytes_is_broken_alone() {
        assert_eq!(
            told(&format!("A;CREATE\nB{REST};\nC{REST}")),
            ["A:2!", "B:3!", "C:4"]
        );
        let mut text = file("A").into_bytes();
        text.extend(b";CREATE;;;;;;;;;;;;;;;\xE4\nB");
        text.extend(REST.as_bytes());
        let events = whole(&text);
        assert_eq!(
            events[0].rows[0].broken,
            Some(("comment".to_owned(), "must be UTF-8".to_owned()))
        );
        assert_eq!(events[1].rows[0].broken, None);
    }

    #[test]
    fn an_event_at_the_limit_of_rows_is_whole_and_one_more_is_broken() {
        let rows = format!("A{REST}\n").repeat(EVENT_ROWS_MAX);
        assert!(!told(&rows)[0].contains('!'));
        let more = told(&format!("{rows}A{REST}\n"));
        assert!(more[0].ends_with(",52!lineNo"), "{more:?}");
    }

    #[test]
    fn a_row_past_the_limit_ends_the_reading() {
        let of_bytes = |bytes: usize| format!("A{REST}{}\nB{REST}\n", "x".repeat(bytes));
        assert_eq!(told(&of_bytes(60_000)).len(), 2);
        let text = file(&of_bytes(2 * ROW_BYTES_MAX));
        let failed = Events::open(text.as_bytes()).map(|mut events| events.next_event().err());
        let told = match failed {
            Err(error) => error.to_string(),
            Ok(error) => error.unwrap().to_string(),
        };
        assert!(told.contains("never closed"), "{told}");
    }
}
