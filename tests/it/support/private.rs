//! What must not be seen anywhere outside messages, looked for in everything that the whole run logs, counts and
//! refuses: whatever a test was about, its log, its metrics and its faults are read here.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::root;

/// Identity codes and numbers of purchasing powers, by their form: no test has to name its own.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?-u:\b)[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y](?-u:\b)",
        r"(?-u:\b)OV-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z](?-u:\b)",
    ]
    .into_iter()
    .map(|form| Regex::new(form).unwrap())
    .collect()
});

/// Every name of a person in the fixtures' messages.
static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let element = Regex::new(r"<psop:(?:givenNames|familyName)>([^<]+)<").unwrap();
    let files = std::fs::read_dir(root().join("fixtures/requests")).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let names = texts.flat_map(|text| {
        let found = element.captures_iter(&text);
        found.map(|found| found[1].to_owned()).collect::<Vec<_>>()
    });
    let names = names.flat_map(|names| names.split(' ').map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| name.chars().count() > 2).collect()
});

/// Fails where a text tells of a person.
#[track_caller]
pub fn assert_private(what: &str, text: &str) {
    if let Some(found) = find(text) {
        let line = text.lines().find(|line| line.contains(&found));
        panic!("{what} tells `{found}`: {}", line.unwrap_or_default());
    }
}

fn find(text: &str) -> Option<String> {
    let form = FORMS.iter().find_map(|form| form.find(text));
    let name = || {
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        words.find(|word| NAMES.contains(*word))
    };
    form.map(|found| found.as_str())
        .or_else(name)
        .map(str::to_owned)
}

#[test]
fn identity_codes_numbers_and_names_are_found_and_nothing_else_is() {
    assert!(NAMES.len() > 5, "{:?}", *NAMES);
    for told in [
        "x 070785-9015 y",
        "id=110987A904Y",
        "number OV-GDBY-PJPT-85H7-G.",
        &format!("name={}", NAMES.first().unwrap()),
    ] {
        assert!(find(told).is_some(), "{told}");
    }
    for nothing in [
        "2026-03-16T10:00:00.000000Z message_id=019cf5a8-b400-7736-beb3-9cec0404e742",
        "hash:0123456789abcdef0123456789abcdef took_us=070785",
        "client=FI-TEST/MUN/0204819-8/care",
    ] {
        assert_eq!(find(nothing), None, "{nothing}");
    }
}
