//! A row of the access log as a line of CSV or JSON. Persons stand as keyed hashes, never as identity codes.
//!
//! Invariant: the row written for one person tells nothing of the others that the call touched: not their hashes,
//! and no number or event that may be theirs.

use serde_json::{Map, Value, json};

use crate::store::audit::{AccessRecord, KeyedHash};

/// The columns of CSV and the keys of JSON, in their order.
const COLUMNS: [&str; 23] = [
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

/// The line of column names.
pub(super) fn csv_head() -> String {
    COLUMNS.join(",")
}

/// A row as a line of CSV (RFC 4180). A list is joined by blanks.
pub(super) fn csv(record: &AccessRecord, asked: Option<&KeyedHash>) -> String {
    values(record, asked)
        .iter()
        .map(csv_field)
        .collect::<Vec<_>>()
        .join(",")
}

/// A row as a JSON object on one line.
pub(super) fn json(
    record: &AccessRecord,
    asked: Option<&KeyedHash>,
) -> Result<String, serde_json::Error> {
    let names = COLUMNS.iter().map(|name| (*name).to_owned());
    let row: Map<String, Value> = names.zip(values(record, asked)).collect();
    serde_json::to_string(&row)
}

fn values(record: &AccessRecord, asked: Option<&KeyedHash>) -> [Value; 23] {
    let persons: Vec<_> = record
        .persons
        .iter()
        .filter(|person| asked.is_none_or(|asked| asked == *person))
        .map(hex::encode)
        .collect();
    // What may be another person's is left out, which null tells from none.
    let is_all_theirs = asked.is_none_or(|asked| record.persons == [*asked] && record.parts == 1);
    let numbers = is_all_theirs.then(|| texts(&record.numbers));
    let events = is_all_theirs.then(|| texts(&record.events));
    let mandate = record.mandate.as_ref();
    [
        json!(record.position),
        json!(record.at.to_string()),
        json!(record.message_id),
        json!(record.client.to_string()),
        json!(record.represented_party),
        json!(record.user_id),
        json!(record.service),
        json!(record.purpose),
        json!(record.organiser.map(|code| code.to_string())),
        json!(persons),
        json!(record.persons.len()),
        json!(numbers),
        json!(events),
        json!(record.data_class),
        json!(record.result),
        json!(record.reason),
        json!(record.rows_returned),
        json!(record.replayed),
        json!(mandate.map(|check| hex::encode(check.delegate))),
        json!(mandate.map(|check| hex::encode(check.principal))),
        json!(mandate.map(|check| check.result.as_str())),
        json!(record.part),
        json!(record.parts),
    ]
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
        let line = csv(&record(), None);
        assert!(line.starts_with("7,1970-01-01T00:00:00Z,\"m,1\",FI-TEST/MUN/0204819-8/paikky,,"));
        assert!(line.contains(",\"'=1+\"\"1\"\" \","), "{line}");
        assert_eq!(line.lines().count(), 1);
        let both = format!("{} {}", "01".repeat(32), "02".repeat(32));
        assert!(line.contains(&both), "{line}");
        assert_eq!(csv_head().split(',').count(), values(&record(), None).len());
    }

    #[test]
    fn json_has_the_texts_as_they_were() {
        let row: Value = serde_json::from_str(&json(&record(), None).unwrap()).unwrap();
        assert_eq!(row["user_id"], "=1+\"1\"\n");
        assert_eq!(row["numbers"].as_array().unwrap().len(), 1);
        assert_eq!(row["mandate_principal"], "01".repeat(32));
        assert_eq!(row["purpose"], Value::Null);
    }

    #[test]
    fn the_row_of_one_person_tells_nothing_of_the_others() {
        let asked = [1; 32];
        let mut row = record();
        let line = json(&row, Some(&asked)).unwrap();
        assert!(!line.contains(&"02".repeat(32)), "{line}");
        let told: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(told["persons"], json!(["01".repeat(32)]));
        assert_eq!(told["persons_touched"], 2);
        assert_eq!(
            (&told["numbers"], &told["events"]),
            (&Value::Null, &Value::Null)
        );
        row.persons = vec![asked];
        let told: Value = serde_json::from_str(&json(&row, Some(&asked)).unwrap()).unwrap();
        assert_eq!(told["numbers"].as_array().unwrap().len(), 1);
        row.parts = 2;
        let told: Value = serde_json::from_str(&json(&row, Some(&asked)).unwrap()).unwrap();
        assert_eq!(told["numbers"], Value::Null);
    }
}
