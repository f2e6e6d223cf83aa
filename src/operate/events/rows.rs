//! Rows of one event as the message they stand for: each cell is read by the contract's own type, so that it is
//! held to what the schema would hold it to. Decides no rule.

use crate::contract::lexical::{Lexical, PositiveInteger};
use crate::contract::types::{
    Money, PostMeta, PurchasingPowerNumber, Purpose, Quantity, Text60, Text80,
};
use crate::services::event::EventTotals;
use crate::services::post_service_event::{PostServiceEventRequest, ServiceEventLine};
use crate::xml::characters::first_illegal;

use super::file::{COLUMNS, FileEvent, Row};

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Place of the row in the event, from 0.
    pub(super) row: usize,
    pub(super) column: String,
    /// The rule broken, in words that hold nothing of the cell.
    pub(super) rule: String,
}

/// The message that an event's rows stand for, or everything that keeps them from being one.
pub(super) fn message(
    source_system: &Text60,
    event: &FileEvent,
) -> Result<PostServiceEventRequest, Vec<Problem>> {
    let mut cells = Cells {
        rows: &event.rows,
        problems: Vec::new(),
    };
    cells.check_rows();
    let reference = cells.required::<Text80>("sourceReference");
    let action = cells.required("action");
    let event_id = cells.optional("eventId");
    let expected_version = cells.optional("expectedVersion");
    let number = cells.required::<PurchasingPowerNumber>("purchasingPowerNumber");
    let person_id = cells.required("personId");
    let provider = cells.required("providerBusinessId");
    let provider_unit_code = cells.optional("providerUnitCode");
    let service_date = cells.required("serviceDate");
    let lines = cells.lines();
    let no_show = cells.optional("noShow");
    let totals = cells.totals();
    let comment = cells.optional("comment");
    let whole = (|| {
        Some(PostServiceEventRequest {
            meta: PostMeta {
                source_system: source_system.clone(),
                source_reference: reference?,
                purpose: Purpose::PalvelunTuottaminen,
                acting_person_id: None,
            },
            action: action?,
            event_id,
            expected_version,
            purchasing_power_number: number?,
            person_id: person_id?,
            provider_business_id: provider?,
            provider_unit_code,
            service_date: service_date?,
            lines,
            no_show,
            totals,
            comment,
        })
    })();
    match whole {
        Some(message) if cells.problems.is_empty() => Ok(message),
        _ => Err(cells.problems),
    }
}

/// The cells of an event, and what is wrong with them so far.
struct Cells<'a> {
    rows: &'a [Row],
    problems: Vec<Problem>,
}

impl<'a> Cells<'a> {
    fn problem(&mut self, row: usize, column: &str, rule: impl Into<String>) {
        self.problems.push(Problem {
            row,
            column: column.to_owned(),
            rule: rule.into(),
        });
    }

    /// What is wrong with a row as a whole, and characters that no message can hold.
    fn check_rows(&mut self) {
        let rows = self.rows;
        for (place, row) in rows.iter().enumerate() {
            if let Some((column, rule)) = &row.broken {
                self.problem(place, column, rule.clone());
            }
            for (cell, column) in row.cells.iter().zip(COLUMNS) {
                if first_illegal(cell).is_some() {
                    self.problem(place, column, "holds a control character");
                }
            }
        }
    }

    /// A cell that is not empty.
    fn cell(&self, row: usize, column: &str) -> Option<&'a str> {
        let place = COLUMNS.iter().position(|name| *name == column)?;
        let cell = self.rows.get(row)?.cells.get(place)?;
        Some(cell.as_str()).filter(|cell| !cell.is_empty())
    }

    fn read<T: Lexical>(&mut self, row: usize, column: &str) -> Option<T> {
        let cell = self.cell(row, column)?;
        match T::from_text(cell) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.problem(row, column, rule);
                None
            }
        }
    }

    fn is_broken(&self, row: usize) -> bool {
        self.rows.get(row).is_none_or(|row| row.broken.is_some())
    }

    /// A column of the event: on its first row, and on the others the same or empty.
    fn optional<T: Lexical>(&mut self, column: &str) -> Option<T> {
        let first = self.cell(0, column);
        for row in 1..self.rows.len() {
            let again = self.cell(row, column);
            if !self.is_broken(0) && again.is_some() && again != first {
                let rule = "differs from the event's first row: repeat it or leave it empty";
                self.problem(row, column, rule);
            }
        }
        self.read(0, column)
    }

    fn required<T: Lexical>(&mut self, column: &str) -> Option<T> {
        let value = self.optional(column);
        if self.cell(0, column).is_none() && !self.is_broken(0) {
            self.problem(0, column, "must be filled");
        }
        value
    }

    /// A line for each row; none where the only row has none of a line's columns.
    fn lines(&mut self) -> Vec<ServiceEventLine> {
        let mut lines = Vec::with_capacity(self.rows.len());
        for row in 0..self.rows.len() {
            if self.is_broken(row) {
                continue;
            }
            let columns = ["lineNo", "quantity", "unitPrice"];
            let filled = columns.map(|column| self.cell(row, column).is_some());
            if self.rows.len() == 1 && filled == [false; 3] {
                continue;
            }
            for (column, _) in columns.iter().zip(filled).filter(|(_, filled)| !filled) {
                self.problem(row, column, "must be filled on a row that is a line");
            }
            let line_no: Option<PositiveInteger> = self.read(row, "lineNo");
            let quantity: Option<Quantity> = self.read(row, "quantity");
            let unit_price: Option<Money> = self.read(row, "unitPrice");
            if let (Some(line_no), Some(quantity), Some(unit_price)) =
                (line_no, quantity, unit_price)
            {
                lines.push(ServiceEventLine {
                    line_no,
                    quantity,
                    unit_price,
                });
            }
        }
        lines
    }

    /// The sender's own sums: all three or none.
    fn totals(&mut self) -> Option<EventTotals> {
        let columns = ["totalPrice", "voucherShare", "customerShare"];
        let filled = columns.map(|column| self.cell(0, column).is_some());
        if filled.contains(&true) {
            for (column, _) in columns.iter().zip(filled).filter(|(_, filled)| !filled) {
                self.problem(0, column, "must be filled where another of the sums is");
            }
        }
        let [total_price, voucher_share, customer_share] =
            columns.map(|column| self.optional::<Money>(column));
        Some(EventTotals {
            total_price: total_price?,
            voucher_share: voucher_share?,
            customer_share: customer_share?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "R-1;CREATE;;;OV-1234-5678-9ABC-B;110987-904Y;9000007-0;;2026-03-12;1;2.5;38.50;;;;;";

    fn event(rows: &[&str]) -> FileEvent {
        let rows = (2..).zip(rows).map(|(line, row)| Row {
            line,
            cells: row.split(';').map(str::to_owned).collect(),
            broken: None,
        });
        FileEvent {
            reference: "R-1".to_owned(),
            rows: rows.collect(),
        }
    }

    fn read(rows: &[&str]) -> Result<PostServiceEventRequest, Vec<String>> {
        let system = Text60("TUONTI".to_owned());
        message(&system, &event(rows)).map_err(|problems| {
            let told = |problem: Problem| format!("{} {}", problem.row, problem.column);
            problems.into_iter().map(told).collect()
        })
    }

    /// The good row with one column otherwise.
    fn with(column: &str, cell: &str) -> String {
        let place = COLUMNS.iter().position(|name| *name == column).unwrap();
        let mut cells: Vec<&str> = GOOD.split(';').collect();
        cells[place] = cell;
        cells.join(";")
    }

    #[test]
    fn a_row_is_a_message() {
        let message = read(&[GOOD]).unwrap();
        assert_eq!(message.lines[0].quantity.0.0, 2500);
        assert_eq!((message.totals, message.comment), (None, None));
        let again = read(&[GOOD, "R-1;;;;;;;;;2;1;0.05;;;;;"]).unwrap();
        assert_eq!(again.lines.len(), 2);
        assert_eq!(again.meta.source_reference.0, "R-1");
    }

    #[test]
    fn each_column_is_held_to_its_type() {
        let too_long = "x".repeat(501);
        for (column, cell) in [
            ("sourceReference", ""),
            ("sourceReference", &too_long[..81]),
            ("action", "create"),
            ("action", ""),
            ("eventId", &too_long[..41]),
            ("expectedVersion", "0"),
            ("purchasingPowerNumber", "OV-1234"),
            ("purchasingPowerNumber", ""),
            ("personId", "110987/904Y"),
            ("personId", ""),
            ("providerBusinessId", "9000007"),
            ("providerBusinessId", ""),
            ("providerUnitCode", &too_long[..61]),
            ("serviceDate", "12.3.2026"),
            ("serviceDate", ""),
            ("lineNo", "0"),
            ("lineNo", ""),
            ("quantity", "2,5"),
            ("quantity", "0"),
            ("quantity", "1.0001"),
            ("quantity", "100000"),
            ("quantity", ""),
            ("unitPrice", "-1.00"),
            ("unitPrice", "1.005"),
            ("unitPrice", "10000000.00"),
            ("unitPrice", ""),
            ("noShow", "kyllä"),
            ("comment", &too_long),
            ("comment", "a\u{1}b"),
        ] {
            let told = read(&[&with(column, cell)]).unwrap_err();
            assert_eq!(told, [format!("0 {column}")], "{column} {cell:?}");
        }
        for column in ["totalPrice", "voucherShare", "customerShare"] {
            let told = read(&[&with(column, "1.00")]).unwrap_err();
            assert_eq!(told.len(), 2, "{told:?}");
        }
        assert!(read(&[&with("comment", &too_long[..500])]).is_ok());
        assert!(read(&[&with("unitPrice", "9999999.99")]).is_ok());
    }

    #[test]
    fn a_row_without_a_line_stands_alone() {
        let none = "R-1;CREATE;;;OV-1234-5678-9ABC-B;110987-904Y;9000007-0;;2026-03-12;;;;true;;;;";
        assert!(read(&[none]).unwrap().lines.is_empty());
        let told = read(&[none, none]).unwrap_err();
        assert_eq!(told.len(), 6, "{told:?}");
    }

    #[test]
    fn what_belongs_to_the_event_is_repeated_or_left_empty() {
        assert!(read(&[GOOD, &with("lineNo", "2")]).is_ok());
        let other = with("lineNo", "2").replace("2026-03-12", "2026-03-13");
        assert_eq!(read(&[GOOD, &other]).unwrap_err(), ["1 serviceDate"]);
        let later = with("comment", "kommentti");
        assert_eq!(read(&[GOOD, &later]).unwrap_err(), ["1 comment"]);
    }
}
