//! Granting dental procedures: modes and lines, codes, teeth and surfaces, values of the price list.

use crate::changes::{DENTAL, create, dental, elements, line, terms};
use crate::scenery::{check, site, verdict};
use crate::support::message::Message;
use crate::support::server::Server;

/// Codes that take several teeth, an area, and one without a price; prices that change in April.
pub const MORE: &str = r#"
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

pub fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

pub fn of(block: &str) -> Message {
    create(DENTAL, &terms("suun-hoito"), block)
}

pub fn itemised(lines: &[String]) -> String {
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

pub fn total_of(server: &Server, message: &Message) -> String {
    let answer = server.post(&message.0);
    match verdict(&answer).as_str() {
        "OK" => answer.text("totalAuthorised").unwrap(),
        refused => refused.to_owned(),
    }
}

pub fn seen(server: &Server, number: &str, day: &str) -> crate::support::answer::Answer {
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
fn a_refusal_with_more_errors_than_a_record_holds_is_answered_whole() {
    let server = site("").start();
    let wrong: String = (1..=60).map(|no| line(no, "ZZZ99", 1, [""; 4])).collect();
    let message = create(
        DENTAL,
        &terms("suun-hoito"),
        &dental("ITEMISED", "", &wrong),
    );
    for _ in 0..2 {
        let answer = server.post(&message.0);
        assert_eq!(answer.errors().len(), 120, "two of each line");
        assert!(answer.body.len() > 65_536);
    }
}
