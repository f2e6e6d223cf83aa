//! The import's report: a row for each row of the file, and one more for each further thing wrong with it, in the
//! file's own form. Of the file it repeats the reference and nothing else.

use crate::contract::types::Message;
use crate::services::post_service_event::PostServiceEventResponse;

use super::file::{COLUMNS, FileEvent};
use super::rows::Problem;

/// The report's header row.
pub const REPORT_COLUMNS: &str = "row;sourceReference;code;field;messageFi;messageEn;eventId;state;version;replayed;\
                                  lineNo;totalPrice;voucherShare;customerShare";

/// Code of a row that is right itself, in an event that is refused.
const NOT_RECORDED: &str = "NOT_RECORDED";

/// One row of the report.
#[derive(Default)]
struct ReportRow<'a> {
    line: u64,
    reference: &'a str,
    code: &'a str,
    field: &'a str,
    message_fi: &'a str,
    message_en: &'a str,
    /// From the event's id on.
    recorded: [String; 8],
}

/// Something wrong with an event's row.
pub(super) struct Found {
    /// Place of the row in the event, from 0.
    row: usize,
    code: String,
    field: String,
    message_fi: String,
    message_en: String,
}

impl Found {
    /// A cell that is not what its column takes.
    pub(super) fn in_cell(problem: Problem) -> Found {
        Found {
            row: problem.row,
            code: "XSD_INVALID".to_owned(),
            field: problem.column,
            message_fi: "Sarakkeen arvo ei ole sallittu: tarkista muoto, pituus ja pakollisuus."
                .to_owned(),
            message_en: format!("The column's value is not allowed: it {}.", problem.rule),
        }
    }

    /// An error of the whole event.
    pub(super) fn of_event(code: &str, field: &str, message_fi: &str, message_en: &str) -> Found {
        Found {
            row: 0,
            code: code.to_owned(),
            field: field.to_owned(),
            message_fi: message_fi.to_owned(),
            message_en: message_en.to_owned(),
        }
    }

    /// An error as the service answered it: one of a line belongs to that line's row.
    pub(super) fn answered(message: &Message) -> Found {
        let path = message.field.as_ref().map_or("", |field| field.0.as_str());
        let line = path
            .strip_prefix("line[")
            .and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        let last = path.rsplit('/').next().unwrap_or(path);
        Found {
            row: line.map_or(0, |line| line.saturating_sub(1)),
            code: message.code.0.clone(),
            field: if COLUMNS.contains(&last) { last } else { path }.to_owned(),
            message_fi: message.message_fi.0.clone(),
            message_en: message.message_en.0.clone(),
        }
    }
}

/// The report on an event that is recorded.
pub(super) fn recorded(
    event: &FileEvent,
    answer: &PostServiceEventResponse,
    line_nos: &[u64],
) -> String {
    let replayed = answer.result.replayed.to_string();
    let mut report = String::new();
    for (place, row) in event.rows.iter().enumerate() {
        let receipt = answer.event.as_ref();
        let line_no = line_nos.get(place).copied();
        let line = receipt.and_then(|receipt| {
            let mut lines = receipt.lines.iter();
            lines.find(|line| Some(line.line_no.0) == line_no)
        });
        // A row without a line speaks of the whole event.
        let sums = match (receipt, line) {
            (_, Some(line)) => Some((line.line_price, line.voucher_share, line.customer_share)),
            (Some(event), None) => {
                Some((event.total_price, event.voucher_share, event.customer_share))
            }
            (None, None) => None,
        };
        let [price, voucher, customer] = match sums {
            Some((price, voucher, customer)) => {
                [price, voucher, customer].map(|sum| sum.0.to_string())
            }
            None => Default::default(),
        };
        let of = |text: fn(&crate::services::event::EventReceipt) -> String| {
            receipt.map(text).unwrap_or_default()
        };
        write(
            &mut report,
            &ReportRow {
                line: row.line,
                reference: &event.reference,
                code: "OK",
                recorded: [
                    of(|receipt| receipt.event_id.0.clone()),
                    of(|receipt| lexical(&receipt.state)),
                    of(|receipt| receipt.version.0.to_string()),
                    replayed.clone(),
                    line.map_or_else(String::new, |line| line.line_no.0.to_string()),
                    price,
                    voucher,
                    customer,
                ],
                ..ReportRow::default()
            },
        );
    }
    report
}

/// The report on an event that is refused, with all that was found.
pub(super) fn refused(event: &FileEvent, found: &[Found]) -> String {
    let mut report = String::new();
    for (place, row) in event.rows.iter().enumerate() {
        let mut is_right = true;
        for found in found.iter().filter(|found| found.row == place) {
            is_right = false;
            write(
                &mut report,
                &ReportRow {
                    line: row.line,
                    reference: &event.reference,
                    code: &found.code,
                    field: &found.field,
                    message_fi: &found.message_fi,
                    message_en: &found.message_en,
                    ..ReportRow::default()
                },
            );
        }
        if is_right {
            write(
                &mut report,
                &ReportRow {
                    line: row.line,
                    reference: &event.reference,
                    code: NOT_RECORDED,
                    message_fi: "Rivi on oikein, mutta tapahtuman toinen rivi hylättiin.",
                    message_en: "The row is right, but another row of its event was refused.",
                    ..ReportRow::default()
                },
            );
        }
    }
    report
}

fn lexical(value: &impl crate::contract::lexical::Lexical) -> String {
    let mut text = String::new();
    value.write_text(&mut text);
    text
}

fn write(report: &mut String, row: &ReportRow<'_>) {
    let line = row.line.to_string();
    let told = [
        &line,
        row.reference,
        row.code,
        row.field,
        row.message_fi,
        row.message_en,
    ];
    let recorded = row.recorded.iter().map(String::as_str);
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = writer.write_record(told.into_iter().chain(recorded));
    let written = writer.into_inner().unwrap_or_default();
    report.push_str(&String::from_utf8_lossy(&written));
}
