//! postDentalServiceEvent, the lines: amounts to the cent, every error with its field and in its order,
//! granted lines, price lists and ceilings, repeats on a day; and that a refusal leaves nothing behind.

use crate::scenery::{HEAD, check, site, site_with, verdict};
use crate::scenery_events::{
    Granted, ceiling_grant, dental_grant, element, granted, recorded, used,
};
use crate::support::message::Message;
use crate::support::server::Server;

/// Sends one event a case to one grant and compares; refusals leave the use as it was.
fn cases(server: &Server, grant: &Granted, cases: &[(&[&str], &str)]) {
    for (procedures, expected) in cases {
        let before = used(server, grant);
        let answer = server.post(&grant.event(procedures).0);
        assert_eq!(verdict(&answer), *expected, "{procedures:?}");
        if !expected.starts_with("OK") {
            assert_eq!(used(server, grant), before, "{procedures:?}");
        }
    }
}

fn amounts(server: &Server, message: &Message) -> Vec<String> {
    let answer = server.post(&message.0);
    assert_eq!(verdict(&answer), "OK", "{}", answer.body);
    ["totalPrice", "voucherShare", "customerShare"]
        .iter()
        .flat_map(|name| answer.texts(name).last().cloned())
        .collect()
}

#[test]
fn shares_are_to_the_cent_and_what_is_left_is_told() {
    let server = site("").start();
    let grant = granted(&server, &dental_grant(&[]));
    let answer = server.post(&Message::fixture("05-event").0);
    assert_eq!(verdict(&answer), "PP_NOT_FOUND purchasingPowerNumber");
    let event = grant
        .event(&["SAA02 @62.00", "SFA20 t16 sOM @110.00"])
        .totals("172.00", "130.00", "42.00");
    let answer = server.post(&event.0);
    assert_eq!(verdict(&answer), "OK");
    let texts = |name: &str| answer.texts(name).join(" ");
    assert_eq!(texts("state"), "KIRJATTU");
    assert_eq!(texts("version"), "1");
    assert_eq!(texts("linePrice"), "62.00 110.00");
    assert_eq!(texts("voucherShare"), "45.00 85.00 130.00");
    assert_eq!(texts("customerShare"), "17.00 25.00 42.00");
    assert_eq!(texts("totalPrice"), "172.00");
    assert_eq!(texts("remainingCount"), "0 0 1");
    assert_eq!(texts("ceilingRemaining"), "");
    assert_eq!(used(&server, &grant), "1 1 0");
    assert_eq!(
        amounts(&server, &grant.event(&["EBA00 t48 @150.00"])),
        ["150.00", "95.00", "55.00"]
    );
    let cheap = granted(&server, &dental_grant(&["SAA02 x3 v45.00"]));
    assert_eq!(
        amounts(&server, &cheap.event(&["SAA02 x3 @44.99"])),
        ["134.97", "134.97", "0.00"]
    );
}

#[test]
fn errors_of_all_lines_come_in_document_order_with_their_line_numbers() {
    let server = site("").start();
    let grant = granted(&server, &dental_grant(&[]));
    let event = grant.event(&[
        "SFA20 t16 sM @110.00",
        "SFA20 t19 sMO @110.00",
        "SFA20 t11 sMO @110.00",
        "SFA20 t36 sMP @110.00",
    ]);
    let answer = server.post(&event.0);
    assert_eq!(
        answer.errors(),
        [
            "SURFACE_COUNT_MISMATCH procedure[1]/surfaces",
            "TOOTH_INVALID procedure[2]/tooth",
            "SURFACE_NOT_ON_TOOTH procedure[3]/surfaces",
            "SURFACE_INVALID procedure[4]/surfaces",
        ]
    );
    assert_eq!(answer.texts("lineNo"), ["1", "2", "3", "4"]);
    assert_eq!(answer.text("faultCode").unwrap(), "SURFACE_COUNT_MISMATCH");
    assert!(answer.texts("event").is_empty());
    cases(
        &server,
        &grant,
        &[
            (
                &["XAA00 @1.00"],
                "PROCEDURE_UNKNOWN procedure[1]/procedureCode",
            ),
            (&["SFA20 sMO @1.00"], "TOOTH_REQUIRED procedure[1]/tooth"),
            (&["SAA02 t16 @1.00"], "TOOTH_NOT_ALLOWED procedure[1]/tooth"),
            (&["SAA02 a01 @1.00"], "TOOTH_NOT_ALLOWED procedure[1]/area"),
            (
                &["SFA20 t16,17 sMO @1.00"],
                "TOOTH_INVALID procedure[1]/tooth",
            ),
            (
                &["SFA20 t16 sMM @1.00"],
                "SURFACE_INVALID procedure[1]/surfaces",
            ),
            (
                &["SFA20 t16 sBV @1.00"],
                "SURFACE_INVALID procedure[1]/surfaces",
            ),
            (
                &["SFA20 t16 sIM @1.00"],
                "SURFACE_NOT_ON_TOOTH procedure[1]/surfaces",
            ),
            (
                &["SFA20 t16 @1.00"],
                "SURFACE_COUNT_MISMATCH procedure[1]/surfaces",
            ),
            (
                &["EBA00 t48 @155.00", "XAA00 @1.00", "EBA00 t38 @1.00"],
                "PRICE_ABOVE_CAP procedure[1]/unitPrice; \
                 PROCEDURE_UNKNOWN procedure[2]/procedureCode; \
                 PROCEDURE_NOT_AUTHORISED procedure[3]/procedureCode",
            ),
        ],
    );
}

#[test]
fn granted_lines_bind_code_tooth_count_and_price() {
    let server = site("").start();
    let grant = granted(
        &server,
        &dental_grant(&[
            "SFA20 x2 v50.00",
            "SFA20 t16 x1 v85.00",
            "EBA00 t48 x1 v95.00 max150.00",
        ]),
    );
    cases(
        &server,
        &grant,
        &[
            (
                &["EBA00 t38 @95.00"],
                "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
            ),
            (
                &["EBA00 t48 x2 @95.00"],
                "LINE_COUNT_EXCEEDED procedure[1]/count",
            ),
            (
                &["EBA00 t48 @155.00"],
                "PRICE_ABOVE_CAP procedure[1]/unitPrice",
            ),
            (
                &["EBA00 t48 x2 @150.01"],
                "LINE_COUNT_EXCEEDED procedure[1]/count; PRICE_ABOVE_CAP procedure[1]/unitPrice",
            ),
            (
                &["SFA20 t17 sMO @60.00 l2"],
                "PROCEDURE_NOT_AUTHORISED procedure[1]/authorisedLineNo",
            ),
            (&["SFA20 t16 sMO @60.00 l1"], "OK"),
        ],
    );
    assert_eq!(used(&server, &grant), "1 0 0");
    let event = grant.event(&["SFA20 t16 sDO @100.00", "SFA20 t26 sDO @100.00"]);
    assert_eq!(
        amounts(&server, &event.day("2026-03-13")),
        ["200.00", "135.00", "65.00"],
        "the line that names the tooth comes first"
    );
    assert_eq!(used(&server, &grant), "2 1 0");
    let examination = dental_grant(&["SAA02 x1 v45.00", "EBA00 t48 x1 v95.00"])
        .set("psop:mode", "EXAMINATION_ONLY");
    let examination = granted(&server, &examination);
    cases(
        &server,
        &examination,
        &[
            (
                &["SAA01 @30.00"],
                "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
            ),
            (&["EBA00 t38 @95.00"], "OK"),
        ],
    );
}

#[test]
fn a_ceiling_is_passed_on_one_line_and_never_cut() {
    let server = site("").start();
    let grant = granted(&server, &ceiling_grant("100.00"));
    cases(
        &server,
        &grant,
        &[
            (
                &["WX002 @10.00 l1"],
                "FIELD_NOT_ALLOWED procedure[1]/authorisedLineNo",
            ),
            (
                &["EBA00 t48 @150.01"],
                "PRICE_ABOVE_CAP procedure[1]/unitPrice",
            ),
            (&["WX002 x6 @10.00"], "OK"),
            (&["WX002 x5 @10.00"], "CEILING_EXCEEDED procedure[1]"),
            (
                &["WX002 x4 @10.00", "WX002 @10.00", "WX002 @10.00"],
                "CEILING_EXCEEDED procedure[2]",
            ),
            (&["WX002 x4 @12.00"], "OK"),
            (&["WX002 @0.01"], "CEILING_EXCEEDED procedure[1]"),
            (&["WX002 @0.00"], "OK"),
        ],
    );
    assert_eq!(used(&server, &grant), "0.00");
    let answer = server.post(&grant.lookup().0);
    assert_eq!(answer.text("state").unwrap(), "KAYTETTY");
    let itemised =
        dental_grant(&["SAA02 x2 v45.00"]).after("psop:mode", &element("ceiling", "60.00"));
    let itemised = granted(&server, &itemised);
    cases(
        &server,
        &itemised,
        &[
            (
                &["SAA02 @62.00", "SAA02 @62.00"],
                "CEILING_EXCEEDED procedure[2]",
            ),
            (&["SAA02 @62.00"], "OK"),
        ],
    );
    let answer = server.post(&itemised.event(&["SAA02 @15.00"]).0);
    assert_eq!(answer.text("ceilingRemaining").unwrap(), "0.00");
}

#[test]
fn prices_of_the_service_the_approval_and_free_care_bind() {
    let site = site_with(HEAD, |registry| {
        let capped = registry.replacen(
            "service_code = \"suun-hoito\"\nvalid_from = \"2025-01-01\"\n",
            "service_code = \"suun-hoito\"\nvalid_from = \"2025-01-01\"\nmax_unit_price = \"100.00\"\n",
            1,
        );
        let approval = "service_code = \"suun-hoito\"\nprovider = \"9000003-8\"\n";
        capped.replace(
            approval,
            &format!("{approval}agreed_max_price = \"90.00\"\n"),
        )
    });
    let server = site.start();
    let grant = granted(&server, &dental_grant(&["SAA02 x9 v45.00"]));
    cases(
        &server,
        &grant,
        &[
            (
                &["SAA02 @90.01"],
                "PRICE_ABOVE_APPROVED procedure[1]/unitPrice",
            ),
            (
                &["SAA02 @100.01"],
                "PRICE_ABOVE_CAP procedure[1]/unitPrice; PRICE_ABOVE_APPROVED procedure[1]/unitPrice",
            ),
            (&["SAA02 @90.00"], "OK"),
        ],
    );
    let free = Message::fixture("21-create-free-of-charge")
        .fresh()
        .set("psop:personId", &crate::scenery::person());
    let free = granted(&server, &free);
    let share = "CUSTOMER_SHARE_NOT_ALLOWED procedure[1]/unitPrice";
    cases(&server, &free, &[(&["SAA02 @62.00"], share)]);
    let lab = |cost: &str| {
        let event = free.event(&["SAA02 @45.00"]);
        event.last(&element("labCost", cost))
    };
    check(
        &server,
        &[
            (
                "lab cost",
                lab("12.00"),
                "CUSTOMER_SHARE_NOT_ALLOWED labCost",
            ),
            ("no lab cost", lab("0.00"), "OK"),
        ],
    );
    let paid = grant
        .event(&["SAA02 @50.00"])
        .last(&element("labCost", "33.00"));
    assert_eq!(amounts(&server, &paid), ["50.00", "45.00", "5.00"]);
}

#[test]
fn totals_are_held_against_ours_when_the_lines_hold() {
    let server = site("").start();
    let grant = granted(&server, &dental_grant(&[]));
    let event = |price: &str| grant.event(&["SAA02 @62.00", &format!("SFA20 t16 sMO @{price}")]);
    let customer = "TOTALS_MISMATCH totals/customerShare";
    check(
        &server,
        &[
            (
                "customer",
                event("110.00").totals("172.00", "130.00", "42.01"),
                customer,
            ),
            (
                "all",
                event("110.00").totals("1.00", "2.00", "3.00"),
                "TOTALS_MISMATCH totals/totalPrice; TOTALS_MISMATCH totals/voucherShare; \
                 TOTALS_MISMATCH totals/customerShare",
            ),
            (
                "a line has an error",
                grant
                    .event(&["SAA02 t16 @62.00"])
                    .totals("1.00", "2.00", "3.00"),
                "TOOTH_NOT_ALLOWED procedure[1]/tooth",
            ),
            (
                "an earlier group speaks too",
                event("110.00")
                    .totals("172.00", "130.00", "42.01")
                    .last(&element("comment", "070785-9015")),
                "TEXT_HAS_PERSON_ID comment; TOTALS_MISMATCH totals/customerShare",
            ),
            (
                "right",
                event("110.00").totals("172", "130.0", "42.00"),
                "OK",
            ),
        ],
    );
}

#[test]
fn a_procedure_comes_once_a_day_and_an_extracted_tooth_is_warned_of() {
    let server = site("").start();
    let grant = granted(
        &server,
        &dental_grant(&["SFA20 x9 v85.00", "EBA00 x9 v95.00", "SAA02 x9 v45.00"]),
    );
    let double = "DUPLICATE_PROCEDURE procedure[1]/procedureCode";
    cases(
        &server,
        &grant,
        &[
            (
                &["SFA20 t16 sMO @85.00", "SAA02 @45.00", "SAA02 x2 @45.00"],
                "OK",
            ),
            (&["SFA20 t16 sDB @85.00"], double),
            (&["SAA02 @45.00"], "OK"),
            (
                &["SFA20 t17 sMO @85.00", "SFA20 t17 sDO @85.00"],
                "DUPLICATE_PROCEDURE procedure[2]/procedureCode",
            ),
            (&["EBA00 t48 @95.00"], "OK"),
            (
                &["SFA20 t48 sMO @85.00"],
                "OK_WITH_WARNINGS TOOTH_ALREADY_EXTRACTED procedure[1]/tooth",
            ),
        ],
    );
    let filling = grant.event(&["SFA20 t15 sMO @85.00"]);
    let id = recorded(&server, &filling);
    let again = grant.event(&["SFA20 t15 sMO @85.00"]);
    assert_eq!(verdict(&server.post(&again.clone().fresh().0)), double);
    recorded(&server, &again.clone().fresh().day("2026-03-13"));
    recorded(
        &server,
        &grant
            .event(&["SFA20 t15 sMO @85.00"])
            .change("DELETE", &id, 1),
    );
    recorded(&server, &again.fresh());
}
