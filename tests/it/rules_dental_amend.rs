//! Amending dental grants: lines that are used or not, values by day, and what is settled.

use jiff::civil::date;
use psop_adapter::domain::service_event::{EventKind, EventState};

use crate::changes::{DENTAL, amend, dental, element, elements, line, terms_until};
use crate::rules_change::with_events;
use crate::rules_dental_grant::{MORE, granted, itemised, of, seen, total_of};
use crate::scenery::{check, site};
use crate::support::planted::Recorded;

#[test]
fn what_is_used_of_a_grant_stays_in_it() {
    let site = site(MORE);
    let server = site.start();
    let start = [
        line(1, "SAA02", 3, ["", "", "45.00", ""]),
        line(2, "WYA10", 2, ["16 26", "", "5.00", ""]),
        line(3, "EBA00", 1, ["48", "", "95.00", ""]),
    ];
    let number = granted(&server, of(&itemised(&start)));
    let use_of = |line_no| Recorded {
        kind: EventKind::Dental,
        service_date: date(2026, 3, 10),
        cents: 4500,
        granted_line_no: Some(line_no),
        ..Recorded::default()
    };
    let server = with_events(
        &site,
        server,
        &[
            (&number, use_of(1)),
            (&number, use_of(1)),
            (&number, use_of(2)),
        ],
    );
    let change = |version, block: &str| amend(DENTAL, (&number, version), "2026-03-01", block);
    let [first, second, third] = &start;
    let below = |field: &str| format!("BALANCE_BELOW_USED dental/{field}");
    let count = |count| line(1, "SAA02", count, ["", "", "45.00", ""]);
    let lines = |all: &[&String]| {
        dental(
            "ITEMISED",
            "",
            &all.iter().map(|line| line.as_str()).collect::<String>(),
        )
    };
    let other_code = line(1, "SAA01", 3, ["", "", "45.00", ""]);
    let other_tooth = line(2, "WYA10", 2, ["16", "", "5.00", ""]);
    let other_order = line(2, "WYA10", 2, ["26 16", "", "5.00", ""]);
    let unused = line(3, "SFA20", 1, ["11", "", "85.00", ""]);
    let capped = |ceiling: &str| dental("ITEMISED", ceiling, &start.concat());
    check(
        &server,
        &[
            (
                "count",
                change(1, &lines(&[&count(1), second, third])),
                &below("line[1]/maxCount"),
            ),
            (
                "code",
                change(1, &lines(&[&other_code, second, third])),
                &below("line[1]/procedureCode"),
            ),
            (
                "tooth",
                change(1, &lines(&[first, &other_tooth, third])),
                &below("line[2]/tooth"),
            ),
            ("gone", change(1, &lines(&[first, third])), &below("line")),
            ("ceiling", change(1, &capped("134.99")), &below("ceiling")),
            (
                "all of it",
                change(
                    1,
                    &dental(
                        "ITEMISED",
                        "1.00",
                        &(third.clone() + &line(1, "SAA01", 1, ["", "", "1.00", ""])),
                    ),
                ),
                &format!(
                    "{}; {}; {}; {}",
                    below("ceiling"),
                    below("line"),
                    below("line[2]/procedureCode"),
                    below("line[2]/maxCount")
                ),
            ),
            (
                "mode",
                change(1, &dental("EXAMINATION_ONLY", "", &start.concat())),
                "PP_AMEND_NOT_ALLOWED dental/mode",
            ),
            ("ceiling of all used", change(1, &capped("135.00")), "OK"),
            (
                "count of all used",
                change(2, &lines(&[&count(2), &other_order, third])),
                "OK",
            ),
            (
                "another for one unused",
                change(3, &lines(&[first, second, &unused])),
                "OK",
            ),
        ],
    );
    let answer = seen(&server, &number, "2026-03-01");
    assert_eq!(answer.texts("usedCount"), ["2", "1", "0"]);
    assert_eq!(answer.texts("procedureCode"), ["SAA02", "WYA10", "SFA20"]);
    assert_eq!(answer.texts("unitValue"), ["45.00", "5.00", "85.00"]);
}

#[test]
fn values_of_lines_hold_from_their_day_and_never_under_what_is_settled() {
    let site = site("");
    let server = site.start();
    let block = |first: &str, second: &str| {
        itemised(&[
            line(1, "SAA02", 3, ["", "", first, "60.00"]),
            line(2, "EBA00", 1, ["48", "", second, "150.00"]),
        ])
    };
    let number = granted(&server, of(&block("45.00", "95.00")));
    let settled = Recorded {
        kind: EventKind::Dental,
        state: EventState::Tilitetty,
        service_date: date(2026, 3, 10),
        cents: 4500,
        granted_line_no: Some(1),
        ..Recorded::default()
    };
    let server = with_events(&site, server, &[(&number, settled)]);
    let change = |version, day: &str, block: &str| amend(DENTAL, (&number, version), day, block);
    let touches = "PP_AMEND_TOUCHES_SETTLED effectiveFrom";
    let uncapped = block("45.00", "95.00").replace("<psop:maxPrice>60.00</psop:maxPrice>", "");
    let more = block("45.00", "95.00").replace(
        "</psop:dental>",
        &(line(3, "SAA01", 1, ["", "", "30.00", ""]) + "</psop:dental>"),
    );
    let head = elements(&[("emergency", "true"), ("treatmentPlanText", "suunnitelma")]);
    let worded = more.replace("</psop:dental>", &(head + "</psop:dental>"));
    let ceiling = more.replace(
        "ITEMISED</psop:mode>",
        "ITEMISED</psop:mode><psop:ceiling>200.00</psop:ceiling>",
    );
    let fewer = more.replace("<psop:maxCount>3<", "<psop:maxCount>2<");
    let chosen = terms_until(
        "suun-hoito",
        "2026-08-31",
        &element("chosenProviderBusinessId", "9000003-8"),
    );
    check(
        &server,
        &[
            (
                "value",
                change(1, "2026-03-10", &block("46.00", "95.00")),
                touches,
            ),
            (
                "value of another line",
                change(1, "2026-03-10", &block("45.00", "96.00")),
                touches,
            ),
            ("cap", change(1, "2026-03-10", &uncapped), touches),
            ("provider", change(1, "2026-03-10", &chosen), touches),
            (
                "the day after",
                change(1, "2026-03-11", &block("46.00", "95.00")),
                "OK",
            ),
            (
                "back from the day before",
                change(2, "2026-03-10", &block("45.00", "95.00")),
                touches,
            ),
            (
                "back from the day itself",
                change(2, "2026-03-11", &block("45.00", "95.00")),
                "OK",
            ),
            ("a line more", change(3, "2026-03-01", &more), "OK"),
            ("words", change(4, "2026-03-01", &worded), "OK"),
            ("ceiling", change(5, "2026-03-01", &ceiling), "OK"),
            ("count", change(6, "2026-03-01", &fewer), "OK"),
        ],
    );
    let number = granted(&server, of(&block("45.00", "95.00")));
    let later = amend(DENTAL, (&number, 1), "2026-05-01", &block("50.00", "95.00"));
    assert_eq!(total_of(&server, &later), "245.00");
    assert_eq!(
        seen(&server, &number, "2026-04-30").texts("unitValue"),
        ["45.00", "95.00"]
    );
    assert_eq!(
        seen(&server, &number, "2026-05-01").texts("unitValue"),
        ["50.00", "95.00"]
    );
}

#[test]
fn a_number_given_to_another_procedure_forgets_what_the_former_was_worth() {
    let server = site("").start();
    let one = |code: &str, value: &str| itemised(&[line(1, code, 1, ["", "", value, ""])]);
    let number = granted(&server, of(&one("EBA00", "95.00")));
    let other = amend(DENTAL, (&number, 1), "2026-05-01", &one("SFA20", "85.00"));
    assert_eq!(total_of(&server, &other), "85.00");
    for day in ["2026-04-30", "2026-05-01"] {
        let answer = seen(&server, &number, day);
        assert_eq!(answer.texts("procedureCode"), ["SFA20"]);
        assert_eq!(answer.texts("unitValue"), ["85.00"], "{day}");
    }
}
