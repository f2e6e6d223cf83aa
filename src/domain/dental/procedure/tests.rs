//! Stages 1–3 rule by rule, and every combination of rule, tooth and area against a plain oracle.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn item(tooth_rule: ToothRule, min_surfaces: u8, max_surfaces: u8) -> CodeItem {
    CodeItem {
        code: "SFA20".to_owned(),
        name_fi: "Toimenpide".to_owned(),
        name_sv: None,
        valid_from: date(2025, 1, 1),
        valid_to: None,
        tooth_rule,
        min_surfaces,
        max_surfaces,
        repeatable: false,
        extraction: false,
    }
}

fn place<'a>(tooth: &'a str, surfaces: &'a str, area: &'a str) -> WrittenPlace<'a> {
    let given = |text: &'a str| (!text.is_empty()).then_some(text);
    WrittenPlace {
        tooth: given(tooth),
        surfaces: given(surfaces),
        area: given(area),
    }
}

/// Findings as `CODE element`, or the canonical place.
fn judged(item: &CodeItem, written: WrittenPlace<'_>) -> String {
    match judge_performed(Some(item), written) {
        Ok(procedure) => {
            let teeth = procedure.site.teeth().map(ToString::to_string);
            let area = procedure.site.area().map(|area| area.to_string());
            let place = teeth.or(area).unwrap_or("nowhere".to_owned());
            match procedure.surfaces {
                Some(surfaces) => format!("{place} {surfaces}"),
                None => place,
            }
        }
        Err(findings) => listed(&findings),
    }
}

fn granted(item: &CodeItem, tooth: &str, surfaces: &str) -> String {
    let written = place(tooth, surfaces, "");
    match judge_granted(Some(item), written.tooth, written.surfaces) {
        Ok(place) => format!(
            "{} {}",
            place
                .teeth
                .map_or("any".to_owned(), |teeth| teeth.to_string()),
            place
                .surfaces
                .map_or("any".to_owned(), |found| found.to_string()),
        ),
        Err(findings) => listed(&findings),
    }
}

fn listed(findings: &[Finding]) -> String {
    let one = |found: &Finding| format!("{} {}", found.code.as_str(), found.element.as_str());
    findings.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_code_that_is_not_in_force_is_unknown_and_nothing_else_is_judged() {
    let found = judge_performed(None, place("19", "PP", "99")).unwrap_err();
    assert_eq!(listed(&found), "PROCEDURE_UNKNOWN procedureCode");
    assert_eq!(found[0].field("procedure[2]"), "procedure[2]/procedureCode");
    let found = judge_granted(None, Some("19"), Some("PP")).unwrap_err();
    assert_eq!(listed(&found), "PROCEDURE_UNKNOWN procedureCode");
    assert_eq!(
        found[0].field("dental/line[1]"),
        "dental/line[1]/procedureCode"
    );
}

#[test]
fn tooth_and_area_follow_the_rule_of_the_code() {
    use ToothRule::{Area, Many, None, One};
    for (rule, tooth, area, expected) in [
        (None, "", "", "nowhere"),
        (None, "16", "", "TOOTH_NOT_ALLOWED tooth"),
        (None, "19", "", "TOOTH_NOT_ALLOWED tooth"),
        (None, "", "01", "TOOTH_NOT_ALLOWED area"),
        (
            None,
            "16",
            "01",
            "TOOTH_NOT_ALLOWED tooth, TOOTH_NOT_ALLOWED area",
        ),
        (One, "16", "", "16"),
        (One, "85", "", "85"),
        (One, "", "", "TOOTH_REQUIRED tooth"),
        (One, "19", "", "TOOTH_INVALID tooth"),
        (One, "16 17", "", "TOOTH_INVALID tooth"),
        (One, "16 16", "", "TOOTH_INVALID tooth"),
        (One, "16", "01", "TOOTH_NOT_ALLOWED area"),
        (
            One,
            "",
            "01",
            "TOOTH_REQUIRED tooth, TOOTH_NOT_ALLOWED area",
        ),
        (
            One,
            "19",
            "99",
            "TOOTH_INVALID tooth, TOOTH_NOT_ALLOWED area",
        ),
        (Many, "16", "", "16"),
        (Many, "18 11", "", "18 11"),
        (Many, "", "", "TOOTH_REQUIRED tooth"),
        (Many, "16 16", "", "TOOTH_INVALID tooth"),
        (Many, "16 19", "", "TOOTH_INVALID tooth"),
        (Many, "16 17", "10", "TOOTH_NOT_ALLOWED area"),
        (Area, "", "01", "01"),
        (Area, "", "00", "00"),
        (Area, "", "", "TOOTH_REQUIRED area"),
        (Area, "", "09", "TOOTH_INVALID area"),
        (Area, "", "50", "TOOTH_INVALID area"),
        (Area, "", "16", "TOOTH_INVALID area"),
        (
            Area,
            "16",
            "",
            "TOOTH_NOT_ALLOWED tooth, TOOTH_REQUIRED area",
        ),
        (Area, "16", "01", "TOOTH_NOT_ALLOWED tooth"),
        (
            Area,
            "16",
            "99",
            "TOOTH_NOT_ALLOWED tooth, TOOTH_INVALID area",
        ),
    ] {
        let found = judged(&item(rule, 0, 0), place(tooth, "", area));
        assert_eq!(found, expected, "{rule:?} tooth {tooth:?} area {area:?}");
    }
}

#[test]
fn surfaces_are_judged_only_where_the_place_is_right() {
    use ToothRule::{Area, Many, None, One};
    for (rule, min, max, tooth, surfaces, area, expected) in [
        (One, 2, 2, "16", "OM", "", "16 MO"),
        (One, 2, 2, "16", "M", "", "SURFACE_COUNT_MISMATCH surfaces"),
        (One, 2, 2, "16", "", "", "SURFACE_COUNT_MISMATCH surfaces"),
        (One, 2, 2, "19", "M", "", "TOOTH_INVALID tooth"),
        (One, 2, 2, "", "M", "", "TOOTH_REQUIRED tooth"),
        (One, 2, 2, "11", "O", "", "SURFACE_NOT_ON_TOOTH surfaces"),
        (One, 2, 2, "36", "P", "", "SURFACE_INVALID surfaces"),
        (One, 1, 1, "16", "", "", "SURFACE_COUNT_MISMATCH surfaces"),
        (One, 0, 0, "48", "", "", "48"),
        (One, 0, 0, "48", "M", "", "SURFACE_COUNT_MISMATCH surfaces"),
        (One, 0, 2, "48", "", "", "48"),
        (Many, 1, 1, "16 17", "O", "", "16 17 O"),
        (
            Many,
            1,
            1,
            "16 13",
            "O",
            "",
            "SURFACE_NOT_ON_TOOTH surfaces",
        ),
        (None, 0, 0, "", "M", "", "SURFACE_COUNT_MISMATCH surfaces"),
        (None, 0, 0, "", "MM", "", "SURFACE_INVALID surfaces"),
        (Area, 0, 0, "", "", "30", "30"),
        (Area, 0, 0, "", "M", "30", "SURFACE_COUNT_MISMATCH surfaces"),
        (Area, 1, 2, "", "P", "30", "30 L"),
    ] {
        let found = judged(&item(rule, min, max), place(tooth, surfaces, area));
        assert_eq!(found, expected, "{rule:?} {tooth:?} {surfaces:?} {area:?}");
    }
}

#[test]
fn a_granted_line_may_leave_tooth_and_surfaces_open() {
    use ToothRule::{Area, Many, None, One};
    for (rule, min, max, tooth, surfaces, expected) in [
        (One, 2, 2, "", "", "any any"),
        (One, 2, 2, "16", "", "16 any"),
        (One, 2, 2, "16", "OM", "16 MO"),
        (One, 2, 2, "", "IO", "any OI"),
        (One, 2, 2, "", "MP", "any ML"),
        (One, 2, 2, "", "M", "SURFACE_COUNT_MISMATCH surfaces"),
        (One, 2, 2, "", "LP", "SURFACE_INVALID surfaces"),
        (One, 2, 2, "36", "P", "SURFACE_INVALID surfaces"),
        (One, 2, 2, "11", "O", "SURFACE_NOT_ON_TOOTH surfaces"),
        (One, 0, 0, "48", "M", "SURFACE_COUNT_MISMATCH surfaces"),
        (One, 0, 0, "19", "M", "TOOTH_INVALID tooth"),
        (One, 0, 0, "16 17", "", "TOOTH_INVALID tooth"),
        (Many, 0, 0, "16 17", "", "16 17 any"),
        (None, 0, 0, "", "", "any any"),
        (None, 0, 0, "16", "", "TOOTH_NOT_ALLOWED tooth"),
        (Area, 0, 0, "", "", "any any"),
        (Area, 0, 0, "16", "", "TOOTH_NOT_ALLOWED tooth"),
    ] {
        let found = granted(&item(rule, min, max), tooth, surfaces);
        assert_eq!(found, expected, "{rule:?} {tooth:?} {surfaces:?}");
    }
}

#[test]
fn the_code_item_in_force_began_last() {
    let row = |name: &str, from, to| CodeItem {
        name_fi: name.to_owned(),
        valid_from: from,
        valid_to: to,
        ..item(ToothRule::One, 2, 2)
    };
    let set = |items| CodeSet {
        oid: "1.2.246.537.6.1".to_owned(),
        version: "1".to_owned(),
        items,
    };
    let (january, march) = (date(2026, 1, 1), date(2026, 3, 1));
    let sets = [
        set(vec![
            row("march", march, Some(date(2026, 3, 31))),
            row("january", january, Some(date(2026, 6, 30))),
        ]),
        set(vec![row("march again", march, Some(date(2026, 3, 10)))]),
    ];
    for (day, expected) in [
        (date(2025, 12, 31), None),
        (january, Some("january")),
        (date(2026, 2, 28), Some("january")),
        (march, Some("march again")),
        (date(2026, 3, 10), Some("march again")),
        (date(2026, 3, 11), Some("march")),
        (date(2026, 4, 1), Some("january")),
        (date(2026, 6, 30), Some("january")),
        (date(2026, 7, 1), None),
    ] {
        let found = code_item_on(&sets, "SFA20", day).map(|item| item.name_fi.as_str());
        assert_eq!(found, expected, "{day}");
        assert_eq!(code_item_on(&sets, "SFA30", day), None);
    }
}

/// Stage 2 in the words of the decision: what is missing, what must go, what is wrong.
fn expected_stage_two(rule: ToothRule, tooth: &str, area: &str) -> Vec<(Code, Element)> {
    let teeth: Vec<&str> = tooth.split(' ').filter(|text| !text.is_empty()).collect();
    let is_fdi = |text: &str| {
        let (quadrant, position) = text.split_at(1);
        match quadrant {
            "1" | "2" | "3" | "4" => "12345678".contains(position),
            "5" | "6" | "7" | "8" => "12345".contains(position),
            _ => false,
        }
    };
    let mut unique = teeth.clone();
    unique.sort_unstable();
    unique.dedup();
    let mut found = Vec::new();
    match rule {
        ToothRule::None | ToothRule::Area if !teeth.is_empty() => {
            found.push((Code::ToothNotAllowed, Element::Tooth));
        }
        ToothRule::One | ToothRule::Many if teeth.is_empty() => {
            found.push((Code::ToothRequired, Element::Tooth));
        }
        ToothRule::One if teeth.len() > 1 => found.push((Code::ToothInvalid, Element::Tooth)),
        _ if unique.len() < teeth.len() || !teeth.iter().all(|text| is_fdi(text)) => {
            found.push((Code::ToothInvalid, Element::Tooth));
        }
        _ => {}
    }
    let areas = "00 01 02 03 04 05 06 07 08 10 20 30 40";
    match (rule, area) {
        (ToothRule::Area, "") => found.push((Code::ToothRequired, Element::Area)),
        (ToothRule::Area, text) if !areas.split(' ').any(|area| area == text) => {
            found.push((Code::ToothInvalid, Element::Area));
        }
        (ToothRule::Area, _) | (_, "") => {}
        _ => found.push((Code::ToothNotAllowed, Element::Area)),
    }
    found
}

fn any_rule() -> impl Strategy<Value = ToothRule> {
    prop::sample::select(vec![
        ToothRule::None,
        ToothRule::One,
        ToothRule::Many,
        ToothRule::Area,
    ])
}

proptest! {
    #[test]
    fn any_place_is_judged_as_the_decision_says(
        rule in any_rule(),
        tooth in "|[1-8][1-8]|[1-3][12]( [1-3][12]){1,3}|[0-9]{2}( [0-9]{2})?",
        area in "|[0-4]0|0[0-9]|[0-9]{2}|[a-z]{1,3}",
    ) {
        let code_item = item(rule, 0, 0);
        let found = judge_performed(Some(&code_item), place(&tooth, "", &area));
        let found: Vec<(Code, Element)> = match &found {
            Ok(_) => Vec::new(),
            Err(findings) => findings.iter().map(|one| (one.code, one.element)).collect(),
        };
        prop_assert_eq!(&found, &expected_stage_two(rule, &tooth, &area));
        prop_assert!(found.is_sorted_by_key(|(_, element)| *element));
    }

    #[test]
    fn a_granted_line_is_never_refused_for_what_it_leaves_open(
        rule in any_rule(), (min, max) in (0_u8..7, 0_u8..7),
    ) {
        prop_assert!(judge_granted(Some(&item(rule, min, max)), None, None).is_ok());
    }

    #[test]
    fn a_performed_line_that_passes_would_pass_as_a_granted_one(
        rule in any_rule(), max in 0_u8..4,
        tooth in "|[1-8][1-8]|[1-3][12]( [1-3][12]){1,3}", surfaces in "|[MDOIBVLP]{1,3}",
    ) {
        let code_item = item(rule, 0, max);
        let written = place(&tooth, &surfaces, "");
        if let Ok(performed) = judge_performed(Some(&code_item), written) {
            let granted = judge_granted(Some(&code_item), written.tooth, written.surfaces).unwrap();
            prop_assert_eq!(performed.site.teeth(), granted.teeth.as_ref());
            prop_assert_eq!(performed.surfaces, granted.surfaces);
        }
    }
}
