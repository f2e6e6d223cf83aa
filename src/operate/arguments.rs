//! Arguments read from JSON. What is wrong with them is told by the member's name and the rule, and never by what
//! was given, which may be personal data.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Reads arguments, or says which member is wrong and why.
pub(super) fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if !inner.is_data() {
            return not_json(inner);
        }
        let rule = rule(&inner.to_string());
        // A name that is no member's was chosen by the caller.
        let is_unknown = rule.starts_with("a member");
        match member(error.path(), is_unknown) {
            path if path.is_empty() => rule,
            path => format!("{path}: {rule}"),
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    let given = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let meant = serde_json::to_value(&read).map_err(|error| not_json(&error))?;
    match list_for_object(&given, &meant) {
        None => Ok(read),
        Some(path) if path.is_empty() => Err("expected an object".to_owned()),
        Some(path) => Err(format!("{path}: expected an object")),
    }
}

/// The member that is given as a list of an object's values, which serde takes and no schema says.
fn list_for_object(given: &Value, meant: &Value) -> Option<String> {
    match (given, meant) {
        (Value::Array(_), Value::Object(_)) => Some(String::new()),
        (Value::Object(given), Value::Object(meant)) => given.iter().find_map(|(key, given)| {
            let path = list_for_object(given, meant.get(key)?)?;
            let dot = if path.is_empty() || path.starts_with('[') {
                ""
            } else {
                "."
            };
            Some(format!("{key}{dot}{path}"))
        }),
        (Value::Array(given), Value::Array(meant)) => {
            let mut both = given.iter().zip(meant).enumerate();
            both.find_map(|(index, (given, meant))| {
                let path = list_for_object(given, meant)?;
                let dot = if path.is_empty() || path.starts_with('[') {
                    ""
                } else {
                    "."
                };
                Some(format!("[{index}]{dot}{path}"))
            })
        }
        _ => None,
    }
}

fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("the body is no JSON object: line {line}, column {column}")
}

/// A member's path, such as `events[0].rows[2]`.
fn member(path: &serde_path_to_error::Path, is_unknown: bool) -> String {
    let segments: Vec<&Segment> = path.iter().collect();
    let known = segments.len() - usize::from(is_unknown && !segments.is_empty());
    let mut told = String::new();
    for segment in segments.iter().take(known) {
        match segment {
            Segment::Seq { index } => told.push_str(&format!("[{index}]")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                if !told.is_empty() {
                    told.push('.');
                }
                told.push_str(key);
            }
            Segment::Unknown => {}
        }
    }
    told
}

/// The rule broken, in serde's words without what was given: `invalid type: …, expected …`.
fn rule(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    if text.starts_with("missing field") || text.starts_with("duplicate field") {
        return text.replace("field", "member");
    }
    let expected = text
        .rsplit_once(", expected ")
        .map(|(_, expected)| expected);
    match expected {
        Some(expected) if text.starts_with("unknown field") => {
            format!("a member that there is not, expected {expected}")
        }
        Some(expected) => format!("expected {expected}"),
        None if text.starts_with("unknown field") => "a member that there is not".to_owned(),
        None => "the value is not allowed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Arguments {
        event_id: String,
        lines: Vec<Line>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        number: u64,
    }

    fn told(text: &str) -> String {
        read::<Arguments>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_member_is_named_and_nothing_that_was_given() {
        let secret = "010190-900X";
        for (given, expected) in [
            (r#"{"lines": []}"#, "missing member `eventId`"),
            (
                r#"{"eventId": "a", "eventId": "010190-900X", "lines": []}"#,
                "duplicate member `eventId`",
            ),
            (
                r#"{"eventId": ["010190-900X"], "lines": []}"#,
                "eventId: expected a string",
            ),
            (
                r#"{"eventId": "a", "lines": [{"number": 1}, {"number": "010190-900X"}]}"#,
                "lines[1].number: expected u64",
            ),
            (
                r#"{"eventId": "a", "lines": [{"010190-900X": 1}]}"#,
                "lines[0]: a member that there is not, expected `number`",
            ),
            (
                r#"{"010190-900X": 1}"#,
                "a member that there is not, expected `eventId` or `lines`",
            ),
            (r#""010190-900X""#, "expected struct Arguments"),
            (r#"["010190-900X", []]"#, "expected an object"),
            (
                r#"{"eventId": "a", "lines": [[1]]}"#,
                "lines[0]: expected an object",
            ),
        ] {
            assert_eq!(told(given), expected, "{given}");
            assert!(!told(given).contains(secret));
        }
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        for given in ["", "{", "{} {}", "{\"eventId\": \u{1}}", "nul"] {
            let told = told(given);
            assert!(
                told.starts_with("the body is no JSON object: line 1")
                    || told.starts_with("missing"),
                "{given}: {told}"
            );
        }
    }
}
