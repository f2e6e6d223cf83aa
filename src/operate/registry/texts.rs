//! Texts of a registry that could not be handed on: whoever looks something up gets them in XML, and whoever reads the
//! history in a terminal.

use serde_json::Value;

use crate::domain::registry::Registry as Data;
use crate::operate::Failed;
use crate::operate::values::Form;
use crate::xml::characters::first_illegal;

/// Longest name of a change's source, in characters.
const SOURCE_CHARS_MAX: usize = 255;

/// Where a text stands that holds what it may not. Nothing of a text is in what is told.
pub(super) fn unfit(data: &Data) -> Result<Vec<String>, Failed> {
    let mut places = Vec::new();
    walk(&serde_json::to_value(data)?, "", &mut places);
    Ok(places
        .iter()
        .map(|place| format!("{place} holds a control character: take it out"))
        .collect())
}

/// What a change's source is called in messages, in the history and in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName(String);

impl SourceName {
    /// A file's name, as much of its end as can stand in a line.
    pub fn of_file(path: &str) -> SourceName {
        let fit: Vec<char> = path.chars().filter(|c| !c.is_control()).collect();
        let from = fit.len().saturating_sub(SOURCE_CHARS_MAX);
        SourceName(fit.into_iter().skip(from).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Form for SourceName {
    const NAME: &'static str = "SourceName";
    const FORM: &'static str = "name of 1 to 255 characters, none of them a control character";
    const PATTERN: &'static str = r"^[^\u0000-\u001F\u007F-\u009F]{1,255}$";
    const EXAMPLE: &'static str = "registry of 2026-03";

    fn parse(text: &str) -> Option<SourceName> {
        let is_fit = (1..=SOURCE_CHARS_MAX).contains(&text.chars().count())
            && !text.chars().any(char::is_control);
        is_fit.then(|| SourceName(text.to_owned()))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

fn walk(value: &Value, place: &str, places: &mut Vec<String>) {
    match value {
        Value::String(text) if is_unfit(text) => places.push(place.to_owned()),
        Value::Array(rows) => {
            for (number, row) in rows.iter().enumerate() {
                walk(row, &format!("{place}[{}]", number + 1), places);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if place.is_empty() { "" } else { "." };
                walk(value, &format!("{place}{dot}{name}"), places);
            }
        }
        _ => {}
    }
}

/// Lines may break in an address, and nothing else may move a terminal.
fn is_unfit(text: &str) -> bool {
    first_illegal(text).is_some()
        || text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_xml_or_a_terminal_cannot_bear_is_named_by_its_place() {
        let named = |name: &str| -> Data {
            let row = serde_json::json!({"code": "853", "name_fi": name});
            serde_json::from_value(serde_json::json!({"municipality": [row]})).unwrap()
        };
        for name in ["Turku", "Åbo stad", "rivi\ntoinen\tsarake"] {
            assert_eq!(unfit(&named(name)).unwrap(), [""; 0], "{name:?}");
        }
        for name in ["\u{1}", "a\u{1b}[2J", "a\u{fffe}", "\u{9b}2J", "a\r"] {
            let told = unfit(&named(name)).unwrap();
            let expected = "municipality[1].name_fi holds a control character: take it out";
            assert_eq!(told, [expected], "{name:?}");
        }
    }

    #[test]
    fn a_source_has_a_name_of_a_line() {
        let longest = "ä".repeat(SOURCE_CHARS_MAX);
        for source in ["registry.toml", &longest] {
            let name = SourceName::parse(source);
            assert_eq!(name.unwrap().as_str(), source);
        }
        for source in ["", "a\nb", "a\u{1b}[2J", &format!("{longest}x")] {
            assert_eq!(SourceName::parse(source), None, "{source:?}");
        }
        let long = SourceName::of_file(&format!("/folder\u{1b}/{longest}"));
        assert_eq!(long.as_str(), longest);
    }
}
