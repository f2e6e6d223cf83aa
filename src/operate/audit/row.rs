//! A row of the access log as an auditor is given it, and as a line of CSV. Persons stand as keyed hashes, never as
//! identity codes.
//!
//! Invariant: the row written for one person tells nothing of the others that the call touched: not their hashes,
//! and no number or event that may be theirs.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::store::audit::{AccessRecord, KeyedHash};

/// One row of the access log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditRow")]
pub struct AuditRow {
    position: u64,
    /// In UTC.
    time: String,
    message_id: String,
    client: String,
    represented_party: Option<String>,
    user_id: Option<String>,
    service: String,
    purpose: Option<String>,
    organiser: Option<String>,
    /// Keyed hashes of those touched: of the one asked for only, where one was.
    persons: Vec<String>,
    persons_touched: usize,
    /// Null where they may be another person's.
    numbers: Option<Vec<String>>,
    /// Null where they may be another person's.
    events: Option<Vec<String>>,
    data_class: String,
    result: String,
    reason: Option<String>,
    rows_returned: u32,
    replayed: bool,
    mandate_delegate: Option<String>,
    mandate_principal: Option<String>,
    mandate_result: Option<String>,
    part: u32,
    parts: u32,
}

impl AuditRow {
    /// A row, for the one person asked for where there is one.
    pub(super) fn of(record: &AccessRecord, asked: Option<&KeyedHash>) -> AuditRow {
        let persons = record.persons.iter();
        let persons = persons.filter(|person| asked.is_none_or(|asked| asked == *person));
        // What may be another person's is left out, which null tells from none.
        let is_all_theirs =
            asked.is_none_or(|asked| record.persons == [*asked] && record.parts == 1);
        let mandate = record.mandate.as_ref();
        AuditRow {
            position: record.position,
            time: record.at.to_string(),
            message_id: record.message_id.clone(),
            client: record.client.to_string(),
            represented_party: record.represented_party.clone(),
            user_id: record.user_id.clone(),
            service: record.service.clone(),
            purpose: record.purpose.clone(),
            organiser: record.organiser.map(|code| code.to_string()),
            persons: persons.map(hex::encode).collect(),
            persons_touched: record.persons.len(),
            numbers: is_all_theirs.then(|| texts(&record.numbers)),
            events: is_all_theirs.then(|| texts(&record.events)),
            data_class: record.data_class.clone(),
            result: record.result.clone(),
            reason: record.reason.clone(),
            rows_returned: record.rows_returned,
            replayed: record.replayed,
            mandate_delegate: mandate.map(|check| hex::encode(check.delegate)),
            mandate_principal: mandate.map(|check| hex::encode(check.principal)),
            mandate_result: mandate.map(|check| check.result.clone()),
            part: record.part,
            parts: record.parts,
        }
    }
}

/// The columns of CSV, which are the members of a row in their order.
pub const AUDIT_COLUMNS: [&str; 23] = [
    "position",
    "time",
    "message_id",
    "client",
    "represented_party",
    "user_id",
    "service",
    "purpose",
    "organiser",
    "persons",
    "persons_touched",
    "numbers",
    "events",
    "data_class",
    "result",
    "reason",
    "rows_returned",
    "replayed",
    "mandate_delegate",
    "mandate_principal",
    "mandate_result",
    "part",
    "parts",
];

/// A row, as it was given, as a line of CSV (RFC 4180). A list is joined by blanks.
pub fn audit_csv(row: &Map<String, Value>) -> String {
    AUDIT_COLUMNS
        .iter()
        .map(|column| csv_field(row.get(*column).unwrap_or(&Value::Null)))
        .collect::<Vec<_>>()
        .join(",")
}

fn texts(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn csv_field(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    };
    // A line break would end the row for who reads line by line; JSON has the text as it was.
    let mut text = text.replace(char::is_control, " ");
    // Callers chose some of these texts, and a spreadsheet takes these beginnings for formulas.
    if text.starts_with(['=', '+', '-', '@']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', ';']) || text.starts_with(' ') || text.ends_with(' ') {
        text = format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::domain::client::ClientId;
    use crate::domain::event_id::EventId;
    use crate::domain::number::PurchasingPowerNumber;
    use crate::store::audit::MandateRecord;

    fn record() -> AccessRecord {
        AccessRecord {
            position: 7,
            at: Timestamp::UNIX_EPOCH,
            message_id: "m,1".to_owned(),
            client: ClientId::parse("FI-TEST/MUN/0204819-8/paikky").unwrap(),
            represented_party: None,
            user_id: Some("=1+\"1\"\n".to_owned()),
            service: "getServiceEvents".to_owned(),
            purpose: None,
            organiser: None,
            persons: vec![[1; 32], [2; 32]],
            numbers: vec![PurchasingPowerNumber::from_bits(1)],
            events: vec![EventId::from_bytes([8; 16])],
            data_class: "BASIC".to_owned(),
            result: "OK".to_owned(),
            reason: None,
            rows_returned: 2,
            replayed: false,
            mandate: Some(MandateRecord {
                delegate: [3; 32],
                principal: [1; 32],
                result: "UNAVAILABLE".to_owned(),
            }),
            part: 1,
            parts: 1,
        }
    }

    #[test]
    fn a_row_is_one_line_that_no_spreadsheet_runs() {
        let Value::Object(row) = serde_json::to_value(AuditRow::of(&record(), None)).unwrap()
        else {
            panic!("no object");
        };
        let line = audit_csv(&row);
        assert!(line.starts_with("7,1970-01-01T00:00:00Z,\"m,1\",FI-TEST/MUN/0204819-8/paikky,,"));
        assert!(line.contains(",\"'=1+\"\"1\"\" \","), "{line}");
        assert_eq!(line.lines().count(), 1);
        let both = format!("{} {}", "01".repeat(32), "02".repeat(32));
        assert!(line.contains(&both), "{line}");
        let members: Vec<&str> = row.keys().map(String::as_str).collect();
        assert_eq!(members, AUDIT_COLUMNS);
    }

    #[test]
    fn json_has_the_texts_as_they_were() {
        let row: Value =
            serde_json::from_str(&serde_json::to_string(&AuditRow::of(&record(), None)).unwrap())
                .unwrap();
        assert_eq!(row["user_id"], "=1+\"1\"\n");
        assert_eq!(row["numbers"].as_array().unwrap().len(), 1);
        assert_eq!(row["mandate_principal"], "01".repeat(32));
        assert_eq!(row["purpose"], Value::Null);
    }

    #[test]
    fn the_row_of_one_person_tells_nothing_of_the_others() {
        let asked = [1; 32];
        let mut row = record();
        let line = serde_json::to_string(&AuditRow::of(&row, Some(&asked))).unwrap();
        assert!(!line.contains(&"02".repeat(32)), "{line}");
        let told: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(told["persons"], json!(["01".repeat(32)]));
        assert_eq!(told["persons_touched"], 2);
        assert_eq!(
            (&told["numbers"], &told["events"]),
            (&Value::Null, &Value::Null)
        );
        row.persons = vec![asked];
        let told: Value = serde_json::from_str(
            &serde_json::to_string(&AuditRow::of(&row, Some(&asked))).unwrap(),
        )
        .unwrap();
        assert_eq!(told["numbers"].as_array().unwrap().len(), 1);
        row.parts = 2;
        let told: Value = serde_json::from_str(
            &serde_json::to_string(&AuditRow::of(&row, Some(&asked))).unwrap(),
        )
        .unwrap();
        assert_eq!(told["numbers"], Value::Null);
    }
}
