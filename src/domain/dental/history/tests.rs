//! Double lines and extracted teeth by tables, and against a model that compares every pair.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::super::registry::{CodeItem, ToothRule};
use super::super::tooth::{Area, Teeth};
use super::*;

const DAY: Date = date(2026, 3, 12);

/// Codes that end in R are repeatable, those that begin with E extract.
fn item(code: &str) -> CodeItem {
    CodeItem {
        code: code.to_owned(),
        name_fi: "Toimenpide".to_owned(),
        name_sv: None,
        valid_from: date(2025, 1, 1),
        valid_to: None,
        tooth_rule: ToothRule::Many,
        min_surfaces: 0,
        max_surfaces: 0,
        repeatable: code.ends_with('R'),
        extraction: code.starts_with('E'),
    }
}

/// `a01` is an area, the empty text no place.
fn site(text: &str) -> Site {
    match text.strip_prefix('a') {
        Some(area) => Site::Area(Area::parse(area).unwrap()),
        None if text.is_empty() => Site::None,
        None => Site::Teeth(Teeth::parse(text).unwrap()),
    }
}

type Judge = fn(&[Option<Line<'_>>], &[Recorded<'_>], Date) -> Vec<Option<Finding>>;

/// One letter a line: `x` has a finding, `.` has none, `-` was refused before.
fn found(judge: Judge, lines: &[(&str, &str)], recorded: &[(Date, &str, &str)]) -> String {
    let parts: Vec<(CodeItem, Site)> = lines
        .iter()
        .map(|line| (item(line.0), site(line.1)))
        .collect();
    let places: Vec<Option<Line<'_>>> = parts
        .iter()
        .map(|(item, site)| {
            (item.code != "-").then_some(Line {
                item,
                site,
                count: 3,
                authorised_line_no: None,
            })
        })
        .collect();
    let before: Vec<(Date, CodeItem, Site)> = recorded
        .iter()
        .map(|(day, code, place)| (*day, item(code), site(place)))
        .collect();
    let before: Vec<Recorded<'_>> = before
        .iter()
        .map(|(day, item, site)| Recorded {
            service_date: *day,
            procedure_code: &item.code,
            site,
            extraction: item.extraction,
        })
        .collect();
    judge(&places, &before, DAY)
        .into_iter()
        .zip(&places)
        .map(|(finding, line)| match (finding, line) {
            (_, None) => '-',
            (Some(_), _) => 'x',
            (None, _) => '.',
        })
        .collect()
}

#[test]
fn the_later_of_two_lines_is_double() {
    for (what, lines, expected) in [
        ("same tooth", &[("A", "16"), ("A", "16")][..], ".x"),
        ("other tooth", &[("A", "16"), ("A", "17")], ".."),
        ("other code", &[("A", "16"), ("B", "16")], ".."),
        (
            "repeatable",
            &[("AR", "16"), ("AR", "16"), ("AR", "")],
            "...",
        ),
        ("a common tooth", &[("A", "16 17"), ("A", "18 17")], ".x"),
        ("no common tooth", &[("A", "16 17"), ("A", "18 15")], ".."),
        ("same area", &[("A", "a01"), ("A", "a01")], ".x"),
        ("other area", &[("A", "a01"), ("A", "a02")], ".."),
        ("neither has a place", &[("A", ""), ("A", "")], ".x"),
        (
            "one has a place",
            &[("A", ""), ("A", "16"), ("A", "a10")],
            "...",
        ),
        ("a count above 1 is none", &[("A", "16")], "."),
        (
            "three times",
            &[("A", "16"), ("B", "16"), ("A", "16"), ("A", "16")],
            "..xx",
        ),
        (
            "through a double line",
            &[("A", "11"), ("A", "11 12"), ("A", "12")],
            ".xx",
        ),
        (
            "refused before",
            &[("-", "16"), ("A", "16"), ("A", "16")],
            "-.x",
        ),
    ] {
        assert_eq!(found(double_lines, lines, &[]), expected, "{what}");
    }
}

#[test]
fn a_line_recorded_before_on_the_same_day_makes_double() {
    let yesterday = DAY.yesterday().unwrap();
    let tomorrow = DAY.tomorrow().unwrap();
    for (recorded, expected) in [
        (&[(DAY, "A", "16")][..], "x."),
        (&[(DAY, "A", "17 16")], "x."),
        (&[(DAY, "A", "17")], ".."),
        (&[(DAY, "B", "16")], ".."),
        (&[(yesterday, "A", "16"), (tomorrow, "A", "16")], ".."),
        (&[(yesterday, "A", "16"), (DAY, "A", "16")], "x."),
        (&[(DAY, "AR", "16")], ".."),
    ] {
        let lines = &[("A", "16"), ("AR", "16")];
        assert_eq!(
            found(double_lines, lines, recorded),
            expected,
            "{recorded:?}"
        );
    }
}

#[test]
fn a_tooth_that_is_gone_draws_a_warning() {
    let yesterday = DAY.yesterday().unwrap();
    let tomorrow = DAY.tomorrow().unwrap();
    for (what, lines, recorded, expected) in [
        (
            "gone before",
            &[("A", "48")][..],
            &[(yesterday, "E", "48")][..],
            "x",
        ),
        (
            "another tooth",
            &[("A", "47")],
            &[(yesterday, "E", "48")],
            ".",
        ),
        (
            "no extraction",
            &[("A", "48")],
            &[(yesterday, "A", "48")],
            ".",
        ),
        (
            "in an event of the same day",
            &[("A", "48")],
            &[(DAY, "E", "48")],
            "x",
        ),
        (
            "recorded late",
            &[("A", "48")],
            &[(tomorrow, "E", "48")],
            ".",
        ),
        (
            "one tooth of several",
            &[("A", "16 48")],
            &[(yesterday, "E", "48")],
            "x",
        ),
        (
            "several were taken",
            &[("A", "48")],
            &[(yesterday, "E", "38 48")],
            "x",
        ),
        (
            "taken again",
            &[("E", "48")],
            &[(yesterday, "E", "48")],
            "x",
        ),
        (
            "no tooth to be gone",
            &[("A", ""), ("A", "a40")],
            &[(yesterday, "E", "48")],
            "..",
        ),
        ("its own extraction", &[("E", "48")], &[], "."),
        (
            "earlier in this event",
            &[("A", "48"), ("E", "48"), ("A", "48")],
            &[],
            "..x",
        ),
        (
            "twice in this event",
            &[("E", "48"), ("EB", "48")],
            &[],
            ".x",
        ),
        ("refused before", &[("-", "48"), ("A", "48")], &[], "-."),
        (
            "extraction without a tooth",
            &[("E", ""), ("A", "48"), ("A", "")],
            &[],
            "...",
        ),
    ] {
        assert_eq!(
            found(lines_on_extracted, lines, recorded),
            expected,
            "{what}"
        );
    }
}

#[test]
fn findings_name_their_code_and_element() {
    let (code_item, place) = (item("E"), site("48"));
    let line = Some(Line {
        item: &code_item,
        site: &place,
        count: 1,
        authorised_line_no: None,
    });
    let double = double_lines(&[line, line], &[], DAY)[1].unwrap();
    assert_eq!(double.code.as_str(), "DUPLICATE_PROCEDURE");
    assert_eq!(double.field("procedure[2]"), "procedure[2]/procedureCode");
    let gone = lines_on_extracted(&[line, line], &[], DAY)[1].unwrap();
    assert_eq!(gone.code.as_str(), "TOOTH_ALREADY_EXTRACTED");
    assert_eq!(gone.field("procedure[2]"), "procedure[2]/tooth");
}

fn some_lines() -> impl Strategy<Value = Vec<(String, String)>> {
    let line = ("-|A|B|AR|E|ER", "|a01|a02|1[1-3]|11 12|13 12");
    prop::collection::vec(line, 0..7)
}

/// Teeth and area as a list of marks; no place is a mark too.
fn marks(place: &str) -> Vec<&str> {
    place.split(' ').collect()
}

proptest! {
    #[test]
    fn every_pair_is_compared(lines in some_lines(), earlier in some_lines()) {
        let lines: Vec<(&str, &str)> = lines.iter().map(|(a, b)| (&**a, &**b)).collect();
        let earlier: Vec<(&str, &str)> = earlier.iter().map(|(a, b)| (&**a, &**b)).collect();
        let recorded: Vec<(Date, &str, &str)> =
            earlier.iter().filter(|line| line.0 != "-").map(|(a, b)| (DAY, *a, *b)).collect();
        let expected = |is_hit: fn(&str, &str, &str) -> bool| -> String {
            let mut letters = String::new();
            for (index, line) in lines.iter().enumerate() {
                let before = earlier.iter().chain(&lines[..index]).filter(|line| line.0 != "-");
                let is_hit = before.copied().any(|before| {
                    let meet = marks(before.1).iter().any(|mark| marks(line.1).contains(mark));
                    meet && is_hit(before.0, line.0, line.1)
                });
                letters.push(match (line.0, is_hit) { ("-", _) => '-', (_, true) => 'x', _ => '.' });
            }
            letters
        };
        let doubles = expected(|before, code, _| before == code && !code.ends_with('R'));
        prop_assert_eq!(found(double_lines, &lines, &recorded), doubles);
        let gone = expected(|before, _, place| {
            before.starts_with('E') && !place.is_empty() && !place.starts_with('a')
        });
        prop_assert_eq!(found(lines_on_extracted, &lines, &recorded), gone);
    }
}
