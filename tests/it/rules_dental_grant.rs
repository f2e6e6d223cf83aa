//! Granting dental procedures: modes and lines, codes, teeth and surfaces, values of the price list, and
//! amendments of lines that are used or not.

use jiff::civil::date;
use psop_adapter::domain::service_event::{EventKind, EventState};

use crate::changes::{DENTAL, amend, create, dental, element, elements, line, terms, terms_until};
use crate::rules_change::with_events;
use crate::scenery::{check, site, verdict};
use crate::support::message::Message;
use crate::support::planted::Recorded;
use crate::support::server::Server;

/// Codes that take several teeth, an area, and one without a price; prices that change in April.
const MORE: &str = r#"
[[price_item]]
organiser = { municipality = "853" }
procedure_code = "EBA00"
voucher_value = "97.00"
valid_from = "2026-04-01"

[[code_set]]
oid = "1.2.246.537.6.99002"
version = "1"

[[code_set.items]]
code = "WYA10"
name_fi = "Suojaus"
valid_from = "2025-01-01"
tooth_rule = "MANY"

[[code_set.items]]
code = "WYA20"
name_fi = "Alue"
valid_from = "2025-01-01"
valid_to = "2026-03-31"
tooth_rule = "AREA"
"#;

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

fn of(block: &str) -> Message {
    create(DENTAL, &terms("suun-hoito"), block)
}

fn itemised(lines: &[String]) -> String {
    dental("ITEMISED", "", &lines.concat())
}

/// Line 1 with this code, tooth and surfaces, worth 1.00.
fn placed(code: &str, tooth: &str, surfaces: &str) -> Message {
    of(&itemised(&[line(
        1,
        code,
        1,
        [tooth, surfaces, "1.00", ""],
    )]))
}

fn total_of(server: &Server, message: &Message) -> String {
    let answer = server.post(&message.0);
    match verdict(&answer).as_str() {
        "OK" => answer.text("totalAuthorised").unwrap(),
        refused => refused.to_owned(),
    }
}

fn seen(server: &Server, number: &str, day: &str) -> crate::support::answer::Answer {
    let lookup = Message::lookup(number)
        .client("FI-TEST/COM/9000003-8/dental")
        .provider("9000003-8")
        .on(day);
    let answer = server.post(&lookup.0);
    assert_eq!(verdict(&answer), "OK");
    answer
}

#[test]
fn each_mode_has_its_own_parts() {
    let server = site("").start();
    let one = line(1, "SAA02", 2, ["", "", "45.00", ""]);
    let block = |mode: &str, ceiling: &str, lines: &str| of(&dental(mode, ceiling, lines));
    let needs_line = "FIELD_REQUIRED dental/line";
    let total = |message: Message| total_of(&server, &message);
    assert_eq!(total(block("ITEMISED", "", &one)), "90.00");
    assert_eq!(total(block("ITEMISED", "89.99", &one)), "89.99");
    assert_eq!(total(block("ITEMISED", "90.01", &one)), "90.00");
    assert_eq!(total(block("EXAMINATION_ONLY", "", &one)), "90.00");
    assert_eq!(total(block("PRICE_LIST_CEILING", "150.00", "")), "150.00");
    assert_eq!(total(block("PRICE_LIST_CEILING", "0.00", "")), "0.00");
    check(
        &server,
        &[
            ("no line", block("ITEMISED", "10.00", ""), needs_line),
            (
                "no line to examine",
                block("EXAMINATION_ONLY", "", ""),
                needs_line,
            ),
            (
                "no ceiling",
                block("PRICE_LIST_CEILING", "", ""),
                "FIELD_REQUIRED dental/ceiling",
            ),
            (
                "lines",
                block("PRICE_LIST_CEILING", "1.00", &one),
                "FIELD_NOT_ALLOWED dental/line",
            ),
            (
                "lines and no ceiling",
                block("PRICE_LIST_CEILING", "", &one),
                "FIELD_REQUIRED dental/ceiling; FIELD_NOT_ALLOWED dental/line",
            ),
        ],
    );
    let lines = |count: u32| {
        (1..=count)
            .map(|no| line(no, "SAA02", 1, ["", "", "1.00", ""]))
            .collect::<String>()
    };
    assert_eq!(total(block("ITEMISED", "", &lines(60))), "60.00");
    let fault = "FAULT XSD_INVALID";
    let counted = |count| {
        block(
            "ITEMISED",
            "",
            &line(1, "SAA02", count, ["", "", "1.00", ""]),
        )
    };
    assert_eq!(total(counted(20)), "20.00");
    check(
        &server,
        &[
            ("61 lines", block("ITEMISED", "", &lines(61)), fault),
            ("none of it", counted(0), fault),
            ("21 of it", counted(21), fault),
            ("another mode", block("SOMETHING", "", &one), fault),
        ],
    );
}

#[test]
fn procedures_are_granted_on_a_service_of_procedures() {
    let server = site("").start();
    let block = dental("PRICE_LIST_CEILING", "10.00", "");
    let on = |service: &str| create(DENTAL, &terms(service), &block);
    let kind = "PP_KIND_MISMATCH terms/serviceCode";
    let late = on("kotiapu")
        .set("psop:decisionDate", "2026-03-17")
        .set("psop:instrument", "PURCHASE");
    check(
        &server,
        &[
            ("dental", on("suun-hoito"), "OK"),
            ("free of charge", on("hammas-lapset"), "OK"),
            ("hours", on("kotiapu"), kind),
            ("euros", on("saldo-hoiva"), kind),
            (
                "kind before dates before the service",
                late,
                "PP_KIND_MISMATCH terms/serviceCode; PP_VALIDITY_INVALID terms/decisionDate; \
                 INSTRUMENT_NOT_ALLOWED terms/instrument; CONTRACT_REF_REQUIRED terms/contractRef",
            ),
        ],
    );
}

#[test]
fn codes_teeth_and_surfaces_are_checked_where_given() {
    let server = site(MORE).start();
    let on = |code: &str, element: &str| format!("{code} dental/line[1]/{element}");
    let tooth = |code: &str| on(code, "tooth");
    let surfaces = |code: &str| on(code, "surfaces");
    let cases: &[(&str, &str, &str, String)] = &[
        ("SFA20", "", "", "OK".to_owned()),
        ("SFA20", "16", "", "OK".to_owned()),
        ("SFA20", "16", "MO", "OK".to_owned()),
        ("SFA20", "", "MO", "OK".to_owned()),
        ("SFA20", "19", "", tooth("TOOTH_INVALID")),
        ("SFA20", "16 17", "", tooth("TOOTH_INVALID")),
        ("SFA20", "19", "MM", tooth("TOOTH_INVALID")),
        ("SFA20", "16", "M", surfaces("SURFACE_COUNT_MISMATCH")),
        ("SFA20", "11", "MO", surfaces("SURFACE_NOT_ON_TOOTH")),
        ("SFA20", "16", "MI", surfaces("SURFACE_NOT_ON_TOOTH")),
        ("SFA20", "36", "MP", surfaces("SURFACE_INVALID")),
        ("SFA20", "16", "BV", surfaces("SURFACE_INVALID")),
        ("EBA00", "48", "M", surfaces("SURFACE_COUNT_MISMATCH")),
        ("SAA02", "16", "", tooth("TOOTH_NOT_ALLOWED")),
        ("WYA10", "16 26", "", "OK".to_owned()),
        ("WYA10", "16 16", "", tooth("TOOTH_INVALID")),
        ("WYA20", "16", "", tooth("TOOTH_NOT_ALLOWED")),
        ("WYA20", "", "", "OK".to_owned()),
        (
            "ZZZ99",
            "99",
            "MM",
            on("PROCEDURE_UNKNOWN", "procedureCode"),
        ),
        ("SFA20", "6", "", "FAULT XSD_INVALID".to_owned()),
        ("SFA20", "16", "X", "FAULT XSD_INVALID".to_owned()),
        ("sfa20", "16", "", "FAULT XSD_INVALID".to_owned()),
    ];
    for (code, tooth, surfaces, expected) in cases {
        let name = format!("{code} {tooth} {surfaces}");
        check(&server, &[(&name, placed(code, tooth, surfaces), expected)]);
    }
    // Codes are those in force on the first day.
    let from = |day: &str| placed("WYA20", "", "").set("psop:validFrom", day);
    let unknown = on("PROCEDURE_UNKNOWN", "procedureCode");
    check(
        &server,
        &[
            ("last day", from("2026-03-31"), "OK"),
            ("after it", from("2026-04-01"), &unknown),
        ],
    );
}

#[test]
fn teeth_and_surfaces_are_shown_in_canonical_letters() {
    let server = site(MORE).start();
    let lines = [
        line(2, "SFA20", 1, ["16", "PM", "85.00", ""]),
        line(1, "SFA30", 1, ["46", "VDM", "105.00", ""]),
    ];
    let number = granted(&server, of(&itemised(&lines)));
    let answer = seen(&server, &number, "2026-03-16");
    assert_eq!(answer.texts("lineNo"), ["2", "1"], "in the order sent");
    assert_eq!(answer.texts("surfaces"), ["ML", "MDB"]);
    assert_eq!(answer.texts("tooth"), ["16", "46"]);
}

#[test]
fn a_line_without_a_value_has_that_of_the_price_list() {
    let server = site(MORE).start();
    let lines = |own: [&str; 4]| {
        of(&itemised(&[
            line(1, "EBA00", 1, own),
            line(2, "WX002", 3, ["", "", "", ""]),
        ]))
    };
    let total = |message: Message| total_of(&server, &message);
    assert_eq!(total(lines(["", "", "", ""])), "125.00");
    assert_eq!(total(lines(["", "", "90.00", ""])), "120.00");
    assert_eq!(total(lines(["", "", "0.00", ""])), "30.00");
    assert_eq!(
        total(lines(["", "", "", ""]).set("psop:validFrom", "2026-04-01")),
        "127.00"
    );
    let caps = |own: [&str; 4]| {
        let number = granted(&server, lines(own));
        seen(&server, &number, "2026-03-16").texts("maxPrice")
    };
    assert_eq!(
        caps(["", "", "", ""]),
        ["150.00"],
        "the list's cap with its value"
    );
    assert_eq!(caps(["", "", "", "140.00"]), ["140.00"], "its own cap");
    assert_eq!(
        caps(["", "", "90.00", ""]),
        [""; 0],
        "its own value, and no cap"
    );
    let none = "PRICE_ITEM_UNKNOWN dental/line[1]/unitValue";
    let unpriced = |value: &str| of(&itemised(&[line(1, "WYA10", 1, ["", "", value, ""])]));
    let unknown = of(&itemised(&[line(1, "ZZZ99", 1, ["", "", "", ""])]));
    check(
        &server,
        &[
            ("no price", unpriced(""), none),
            ("its own", unpriced("1.00"), "OK"),
            (
                "no code either",
                unknown,
                &format!("PROCEDURE_UNKNOWN dental/line[1]/procedureCode; {none}"),
            ),
        ],
    );
}

#[test]
fn all_errors_of_all_lines_come_together() {
    let server = site(MORE).start();
    let rest = [
        line(1, "SFA20", 1, ["16", "M", "1.00", ""]),
        line(2, "SFA20", 1, ["19", "", "1.00", ""]),
        line(1, "SFA20", 1, ["11", "MO", "1.00", ""]),
        line(4, "WYA10", 1, ["", "", "", ""]),
    ]
    .concat()
        + &elements(&[
            ("emergency", "true"),
            ("referringProfessional", "11111111"),
            ("treatmentPlanText", "ks. 070785-9015"),
        ]);
    let answer = server.post(&of(&dental("ITEMISED", "", &rest)).0);
    assert_eq!(
        answer.errors(),
        [
            "FIELD_NOT_ALLOWED dental/line[3]/lineNo",
            "TERHIKKI_INVALID dental/referringProfessional",
            "TEXT_HAS_PERSON_ID dental/treatmentPlanText",
            "SURFACE_COUNT_MISMATCH dental/line[1]/surfaces",
            "TOOTH_INVALID dental/line[2]/tooth",
            "SURFACE_NOT_ON_TOOTH dental/line[3]/surfaces",
            "PRICE_ITEM_UNKNOWN dental/line[4]/unitValue",
        ]
    );
    let numbers = answer.document();
    let lines: Vec<_> = numbers
        .descendants()
        .filter(|node| node.tag_name().name() == "lineNo")
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(lines, ["1", "1", "2", "1", "4"]);
}

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
