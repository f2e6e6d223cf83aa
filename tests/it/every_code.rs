//! Every code there is, seen: one case for each fault, rejection and warning, over SOAP, or over the event import
//! where only that reaches it (QUOTA_EXCEEDED and BALANCE_EXCEEDED: ordinary and balance events have no service
//! in the first contract). Each case names the field too, and the page of codes must list it.

pub mod places;
mod table;

use std::collections::BTreeSet;

use psop_adapter::domain::code::Code;
use psop_adapter::soap::fault::FaultCode;

use crate::support::answer::Answer;
use crate::support::root;

use places::Place;
use table::CASES;

/// What produces a code: the code, its field, and how.
pub struct Case(pub &'static str, pub &'static str, pub fn(&Place) -> Told);

/// What came back: every code with its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told(pub Vec<String>);

impl From<Answer> for Told {
    fn from(answer: Answer) -> Told {
        if answer.status == 500 {
            let field = answer.text("field").unwrap_or_default();
            let told = format!("{} {field}", answer.fault());
            return Told(vec![told.trim_end().to_owned()]);
        }
        match answer.outcome().as_str() {
            "REJECTED" => Told(answer.errors()),
            "OK_WITH_WARNINGS" => Told(answer.warnings()),
            _ => Told(Vec::new()),
        }
    }
}

fn all_codes() -> Vec<&'static str> {
    let faults = FaultCode::ALL.iter().map(|code| code.as_str());
    faults
        .chain(Code::ALL.iter().map(|code| code.as_str()))
        .collect()
}

#[test]
fn every_code_has_its_case() {
    let named: Vec<&str> = CASES.iter().map(|case| case.0).collect();
    assert_eq!(
        named,
        all_codes(),
        "one case each, in the order of the lists"
    );
}

#[test]
fn every_case_brings_its_code_and_nothing_else() {
    let place = Place::new();
    let mut differing = Vec::new();
    for Case(code, field, produce) in CASES {
        let expected = format!("{code} {field}").trim_end().to_owned();
        let told = produce(&place);
        if told.0 != [expected.as_str()] {
            differing.push(format!("{expected}: {:?}", told.0));
        }
    }
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

/// A path without its positions, as the page has it.
fn without_positions(field: &str) -> String {
    let mut parts = field.split('[');
    let mut path = parts.next().unwrap().to_owned();
    for part in parts {
        path.push_str("[n]");
        path.push_str(part.split_once(']').unwrap().1);
    }
    path
}

#[test]
fn the_page_lists_every_code_with_the_field_seen() {
    let page = std::fs::read_to_string(root().join("docs/codes.md")).unwrap();
    let (english, others) = page.split_once("## Suomeksi").unwrap();
    for Case(code, field, _) in CASES {
        let row = |part: &str| {
            let start = format!("| {code} |");
            let rows: Vec<String> = part
                .lines()
                .filter(|line| line.starts_with(&start))
                .map(str::to_owned)
                .collect();
            rows
        };
        let rows = row(english);
        assert_eq!(rows.len(), 1, "{code}");
        assert_eq!(row(others).len(), 2, "{code} in Finnish and in Swedish");
        let fields = rows[0].split('|').nth(2).unwrap();
        let is_named = fields.contains(&format!("`{}`", without_positions(field)));
        let is_column = fields.contains(&format!("/{field}`"));
        let is_open = fields.contains("the ");
        assert!(
            is_named || is_column || is_open || (field.is_empty() && fields.contains('–')),
            "{code}: {field} is not among{fields}"
        );
    }
}

#[test]
fn no_code_stands_twice() {
    let codes = all_codes();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}
