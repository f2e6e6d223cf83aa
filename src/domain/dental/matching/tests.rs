//! Matching by tables, and against a naive model that tries every granted line for every line.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::super::registry::{CodeItem, ToothRule};
use super::super::tooth::{Area, Tooth};
use super::*;
use MatchingMode::{ExaminationOnly, Itemised};

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
        repeatable: false,
        extraction: false,
    }
}

fn site(text: &str) -> Site {
    match text.strip_prefix('a') {
        Some(area) => Site::Area(Area::parse(area).unwrap()),
        None if text.is_empty() => Site::None,
        None => Site::Teeth(Teeth::parse(text).unwrap()),
    }
}

/// A line without a grant's names: code, site (`a01` is an area), count, authorisedLineNo.
type Written<'a> = (&'a str, &'a str, u32, Option<u64>);

/// Matches lines to a grant of (lineNo, code, teeth, count left); `-` is a line refused before.
fn matched(mode: MatchingMode, grant: &[(u64, &str, &str, u32)], lines: &[Written<'_>]) -> String {
    let named: Vec<Option<Teeth>> = grant
        .iter()
        .map(|(_, _, teeth, _)| site(teeth).teeth().cloned())
        .collect();
    let granted: Vec<GrantedLine<'_>> = grant
        .iter()
        .zip(&named)
        .map(|(line, teeth)| GrantedLine {
            line_no: line.0,
            procedure_code: line.1,
            teeth: teeth.as_ref(),
            remaining_count: line.3,
        })
        .collect();
    let parts: Vec<(CodeItem, Site)> = lines
        .iter()
        .map(|line| (item(line.0), site(line.1)))
        .collect();
    let lines: Vec<Option<Line<'_>>> = lines
        .iter()
        .zip(&parts)
        .map(|(line, (item, site))| {
            (line.0 != "-").then_some(Line {
                item,
                site,
                count: line.2,
                authorised_line_no: line.3,
            })
        })
        .collect();
    match_lines(mode, &granted, &lines)
        .into_iter()
        .map(|found| match found {
            None => "-".to_owned(),
            Some(Match::Granted { line_no }) => format!("{line_no}"),
            Some(Match::CountExceeded { line_no }) => format!("count {line_no}"),
            Some(Match::NotAuthorised { at }) => format!("no {}", at.as_str()),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// The grant of worked scenario 4.
const SCENARIO: &[(u64, &str, &str, u32)] = &[
    (1, "SAA02", "", 1),
    (2, "SFA20", "16", 1),
    (3, "EBA00", "48", 1),
];

#[test]
fn worked_scenarios_5_and_7() {
    let event: &[Written<'_>] = &[("SAA02", "", 1, None), ("SFA20", "16", 1, None)];
    assert_eq!(matched(Itemised, SCENARIO, event), "1, 2");
    let other_tooth: &[Written<'_>] = &[("EBA00", "38", 1, None)];
    assert_eq!(matched(Itemised, SCENARIO, other_tooth), "no procedureCode");
    assert_eq!(matched(ExaminationOnly, SCENARIO, other_tooth), "3");
    let twice: &[Written<'_>] = &[("EBA00", "48", 2, None)];
    assert_eq!(matched(Itemised, SCENARIO, twice), "count 3");
}

#[test]
fn a_line_goes_where_the_decision_says() {
    for (what, grant, lines, itemised, examination) in [
        (
            "a code that is not granted",
            SCENARIO,
            &[("SFA30", "16", 1, None)][..],
            "no procedureCode",
            "no procedureCode",
        ),
        (
            "lines that name the tooth come before lines that name none",
            &[(1, "X", "", 1), (2, "X", "16", 1)],
            &[
                ("X", "16", 1, None),
                ("X", "16", 1, None),
                ("X", "16", 1, None),
            ],
            "2, 1, count 2",
            "1, 2, count 1",
        ),
        (
            "then the lowest lineNo, in whatever order the grant lists them",
            &[
                (9, "X", "16", 1),
                (4, "X", "16", 1),
                (7, "X", "", 1),
                (5, "X", "", 1),
            ],
            &[
                ("X", "16", 1, None),
                ("X", "16", 1, None),
                ("X", "16", 1, None),
                ("X", "16", 1, None),
            ],
            "4, 9, 5, 7",
            "4, 5, 7, 9",
        ),
        (
            "the first with enough count, never two for one",
            &[(1, "X", "16", 1), (2, "X", "16", 2), (3, "X", "", 3)],
            &[
                ("X", "16", 2, None),
                ("X", "16", 3, None),
                ("X", "16", 2, None),
            ],
            "2, 3, count 1",
            "2, 3, count 1",
        ),
        (
            "a line without count leaves the count to the next",
            &[(1, "X", "", 2)],
            &[("X", "", 3, None), ("X", "", 2, None), ("X", "", 1, None)],
            "count 1, 1, count 1",
            "count 1, 1, count 1",
        ),
        (
            "a line refused before takes no count",
            &[(1, "X", "", 1)],
            &[("-", "", 1, None), ("X", "", 1, None)],
            "-, 1",
            "-, 1",
        ),
        (
            "every tooth must be among the granted ones",
            &[(1, "X", "16 17 18", 5)],
            &[
                ("X", "18 16", 1, None),
                ("X", "16 15", 1, None),
                ("X", "15", 1, None),
            ],
            "1, no procedureCode, no procedureCode",
            "1, 1, 1",
        ),
        (
            "an area and no place do not fit a granted tooth",
            &[(1, "X", "16", 5)],
            &[("X", "a01", 1, None), ("X", "", 1, None)],
            "no procedureCode, no procedureCode",
            "1, 1",
        ),
        (
            "an area and no place fit a line that names no tooth",
            &[(1, "X", "", 5)],
            &[("X", "a01", 1, None), ("X", "", 1, None)],
            "1, 1",
            "1, 1",
        ),
        (
            "the named line must fit and have the count, whatever others have",
            &[
                (1, "X", "16", 1),
                (2, "X", "17", 9),
                (3, "Y", "", 9),
                (4, "X", "", 9),
            ],
            &[
                ("X", "16", 1, Some(1)),
                ("X", "16", 1, Some(1)),
                ("X", "16", 1, Some(2)),
                ("X", "16", 1, Some(3)),
                ("X", "16", 1, Some(4)),
                ("X", "16", 1, Some(5)),
            ],
            "1, count 1, no authorisedLineNo, no authorisedLineNo, 4, no authorisedLineNo",
            "1, count 1, 2, no authorisedLineNo, 4, no authorisedLineNo",
        ),
        (
            "a named line is not kept free for the one that names it",
            &[(1, "X", "", 1), (2, "X", "", 1)],
            &[("X", "", 1, None), ("X", "", 1, Some(1))],
            "1, count 1",
            "1, count 1",
        ),
        (
            "used up before the event",
            &[(1, "X", "", 0)],
            &[("X", "", 1, None)],
            "count 1",
            "count 1",
        ),
        (
            "a grant without lines",
            &[],
            &[("X", "", 1, None)],
            "no procedureCode",
            "no procedureCode",
        ),
    ] {
        assert_eq!(matched(Itemised, grant, lines), itemised, "{what}");
        assert_eq!(
            matched(ExaminationOnly, grant, lines),
            examination,
            "{what}"
        );
    }
}

#[test]
fn a_price_list_has_no_lines_to_match() {
    assert_eq!(MatchingMode::of(DentalMode::Itemised), Some(Itemised));
    let examination = MatchingMode::of(DentalMode::ExaminationOnly);
    assert_eq!(examination, Some(ExaminationOnly));
    assert_eq!(MatchingMode::of(DentalMode::PriceListCeiling), None);
}

#[test]
fn what_is_wrong_has_its_code_and_element() {
    let found = |found: Match| {
        found
            .finding()
            .map(|one| (one.code, one.field("procedure[1]")))
    };
    assert_eq!(found(Match::Granted { line_no: 1 }), None);
    assert_eq!(
        found(Match::CountExceeded { line_no: 1 }),
        Some((Code::LineCountExceeded, "procedure[1]/count".to_owned()))
    );
    let at = Element::AuthorisedLineNo;
    assert_eq!(
        found(Match::NotAuthorised { at }),
        Some((
            Code::ProcedureNotAuthorised,
            "procedure[1]/authorisedLineNo".to_owned()
        ))
    );
    assert_eq!(Match::CountExceeded { line_no: 7 }.line_no(), Some(7));
    assert_eq!(Match::NotAuthorised { at }.line_no(), None);
}

/// A granted line and a line of the event as the model has them: plain values.
#[derive(Clone, Debug)]
struct ModelGranted {
    line_no: u64,
    code: String,
    teeth: Option<Vec<u8>>,
    left: u32,
}

#[derive(Clone, Debug)]
struct ModelLine {
    code: String,
    /// `None`: an area.
    teeth: Option<Vec<u8>>,
    count: u32,
    named: Option<u64>,
    refused_before: bool,
}

/// For each line asks every granted line, numbered from 1 up, in two rounds: those that name the
/// tooth, then those that name none.
fn model(is_itemised: bool, grant: &[ModelGranted], lines: &[ModelLine]) -> Vec<Option<Match>> {
    let mut left: Vec<u32> = grant.iter().map(|granted| granted.left).collect();
    let mut answers = Vec::new();
    for line in lines {
        if line.refused_before {
            answers.push(None);
            continue;
        }
        let fits = |granted: &ModelGranted| {
            let code = granted.code == line.code;
            let named = line.named.is_none() || line.named == Some(granted.line_no);
            let place = match (&granted.teeth, &line.teeth) {
                _ if !is_itemised => true,
                (None, _) => true,
                (Some(_), None) => false,
                (Some(may), Some(done)) => done.iter().all(|tooth| may.contains(tooth)),
            };
            code && named && place
        };
        let rounds: &[Option<bool>] = if is_itemised {
            &[Some(true), Some(false)]
        } else {
            &[None]
        };
        let mut candidates = Vec::new();
        for round in rounds {
            for line_no in 0..=20 {
                for (index, granted) in grant.iter().enumerate() {
                    let in_round = round.is_none_or(|names| granted.teeth.is_some() == names);
                    if granted.line_no == line_no && in_round && fits(granted) {
                        candidates.push(index);
                    }
                }
            }
        }
        let enough = candidates.iter().find(|index| left[**index] >= line.count);
        answers.push(Some(match (enough, candidates.first()) {
            (Some(index), _) => {
                left[*index] -= line.count;
                Match::Granted {
                    line_no: grant[*index].line_no,
                }
            }
            (None, Some(index)) => Match::CountExceeded {
                line_no: grant[*index].line_no,
            },
            (None, None) if line.named.is_some() => Match::NotAuthorised {
                at: Element::AuthorisedLineNo,
            },
            (None, None) => Match::NotAuthorised {
                at: Element::ProcedureCode,
            },
        }));
    }
    answers
}

fn some_teeth() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::weighted(0.7, prop::sample::subsequence(vec![16, 17, 55], 1..=3))
}

fn some_grant() -> impl Strategy<Value = Vec<ModelGranted>> {
    let line = ("[XY]", some_teeth(), 0_u32..6);
    let line_numbers = Just((1..=20_u64).collect::<Vec<_>>()).prop_shuffle();
    (line_numbers, prop::collection::vec(line, 0..8)).prop_map(|(numbers, lines)| {
        numbers
            .into_iter()
            .zip(lines)
            .map(|(line_no, (code, teeth, left))| ModelGranted {
                line_no,
                code,
                teeth,
                left,
            })
            .collect()
    })
}

fn some_lines() -> impl Strategy<Value = Vec<ModelLine>> {
    let named = prop::option::weighted(0.3, 0_u64..22);
    let line = (
        "[XXXY]",
        some_teeth(),
        1_u32..4,
        named,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(code, teeth, count, named, refused_before)| ModelLine {
            code,
            teeth,
            count,
            named,
            refused_before,
        });
    prop::collection::vec(line, 0..10)
}

fn as_teeth(numbers: &[u8]) -> Teeth {
    let teeth: Vec<Tooth> = numbers.iter().map(|n| Tooth::new(*n).unwrap()).collect();
    Teeth::try_from(teeth).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn matching_is_as_the_naive_model(
        is_itemised: bool, grant in some_grant(), event in some_lines(),
    ) {
        let named: Vec<Option<Teeth>> =
            grant.iter().map(|line| line.teeth.as_deref().map(as_teeth)).collect();
        let granted: Vec<GrantedLine<'_>> = grant
            .iter()
            .zip(&named)
            .map(|(line, teeth)| GrantedLine {
                line_no: line.line_no,
                procedure_code: &line.code,
                teeth: teeth.as_ref(),
                remaining_count: line.left,
            })
            .collect();
        let parts: Vec<(CodeItem, Site)> = event
            .iter()
            .map(|line| {
                let teeth = line.teeth.as_deref().map(as_teeth);
                (item(&line.code), teeth.map_or(site("a01"), Site::Teeth))
            })
            .collect();
        let lines: Vec<Option<Line<'_>>> = event
            .iter()
            .zip(&parts)
            .map(|(line, (item, site))| {
                (!line.refused_before).then_some(Line {
                    item,
                    site,
                    count: line.count,
                    authorised_line_no: line.named,
                })
            })
            .collect();
        let mode = if is_itemised { Itemised } else { ExaminationOnly };
        let found = match_lines(mode, &granted, &lines);
        prop_assert_eq!(&found, &model(is_itemised, &grant, &event));
        for line in &grant {
            let uses = Some(Match::Granted { line_no: line.line_no });
            let used: u32 = found
                .iter()
                .zip(&event)
                .filter(|(found, _)| **found == uses)
                .map(|(_, line)| line.count)
                .sum();
            prop_assert!(used <= line.left);
        }
    }
}
