//! The import's report: a row for each row of the file, and one more for each further thing wrong with it, in the
//! file's own form. Of the file it repeats the reference and nothing else.

use schemars::JsonSchema;
use serde::Serialize;

use crate::contract::types::Message;
use crate::operate::values::{Amount, Text};
use crate::services::post_service_event::PostServiceEventResponse;

use super::file::{COLUMNS, FileEvent, Row};
use super::rows::Problem;

/// The report's header row.
pub const REPORT_COLUMNS: &str = "row;sourceReference;code;field;messageFi;messageEn;eventId;state;version;replayed;\
                                  lineNo;totalPrice;voucherShare;customerShare";

/// Code of a row that is right itself, in an event that is refused.
const NOT_RECORDED: &str = "NOT_RECORDED";

/// One row of the report.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ImportReportRow")]
pub struct ReportRow {
    /// Line of the file, or the number given with the row.
    row: u64,
    source_reference: String,
    /// `OK`, `NOT_RECORDED` where another row of the event was refused, or why it was refused.
    code: String,
    field: String,
    message_fi: String,
    message_en: String,
    /// From here on what is recorded; null where nothing is.
    event_id: Option<String>,
    state: Option<String>,
    version: Option<u64>,
    /// It was recorded earlier, and is told again.
    replayed: Option<bool>,
    line_no: Option<u64>,
    total_price: Option<Amount>,
    voucher_share: Option<Amount>,
    customer_share: Option<Amount>,
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
) -> Vec<ReportRow> {
    let receipt = answer.event.as_ref();
    let row = |(place, row): (usize, &Row)| {
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
        ReportRow {
            code: "OK".to_owned(),
            event_id: receipt.map(|receipt| receipt.event_id.0.clone()),
            state: receipt.map(|receipt| lexical(&receipt.state)),
            version: receipt.map(|receipt| receipt.version.0),
            replayed: Some(answer.result.replayed),
            line_no: line.map(|line| line.line_no.0),
            total_price: sums.map(|(price, _, _)| Text(price.0)),
            voucher_share: sums.map(|(_, voucher, _)| Text(voucher.0)),
            customer_share: sums.map(|(_, _, customer)| Text(customer.0)),
            ..of(event, row)
        }
    };
    event.rows.iter().enumerate().map(row).collect()
}

/// The report on an event that is refused, with all that was found.
pub(super) fn refused(event: &FileEvent, found: &[Found]) -> Vec<ReportRow> {
    let mut report = Vec::new();
    for (place, row) in event.rows.iter().enumerate() {
        let before = report.len();
        for found in found.iter().filter(|found| found.row == place) {
            report.push(ReportRow {
                code: found.code.clone(),
                field: found.field.clone(),
                message_fi: found.message_fi.clone(),
                message_en: found.message_en.clone(),
                ..of(event, row)
            });
        }
        if report.len() == before {
            report.push(ReportRow {
                code: NOT_RECORDED.to_owned(),
                message_fi: "Rivi on oikein, mutta tapahtuman toinen rivi hylättiin.".to_owned(),
                message_en: "The row is right, but another row of its event was refused."
                    .to_owned(),
                ..of(event, row)
            });
        }
    }
    report
}

fn of(event: &FileEvent, row: &Row) -> ReportRow {
    ReportRow {
        row: row.line,
        source_reference: event.reference.clone(),
        ..ReportRow::default()
    }
}

fn lexical(value: &impl crate::contract::lexical::Lexical) -> String {
    let mut text = String::new();
    value.write_text(&mut text);
    text
}

/// Rows in the file's own form.
pub(super) fn csv(report: &[ReportRow]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(Vec::new());
    for row in report {
        let amount = |amount: &Option<Amount>| amount.map(|amount| amount.0.to_string());
        let recorded = [
            row.event_id.clone(),
            row.state.clone(),
            row.version.map(|version| version.to_string()),
            row.replayed.map(|replayed| replayed.to_string()),
            row.line_no.map(|line_no| line_no.to_string()),
            amount(&row.total_price),
            amount(&row.voucher_share),
            amount(&row.customer_share),
        ];
        let told = [
            row.row.to_string(),
            row.source_reference.clone(),
            row.code.clone(),
            row.field.clone(),
            row.message_fi.clone(),
            row.message_en.clone(),
        ];
        let recorded = recorded.map(Option::unwrap_or_default);
        // Writing into memory does not fail.
        let _ = writer.write_record(told.into_iter().chain(recorded));
    }
    let written = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&written).into_owned()
}
