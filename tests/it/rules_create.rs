//! Granting an ordinary purchasing power: which parts a message must and must not have, its dates,
//! how several errors come back together, and that a refused message leaves nothing behind.

use crate::scenery::{MORE, TURKU, check, grant, person, site, site_with, verdict};
use crate::support::message::unique;
use crate::support::server::Site;

const NUMBER: &str = "<psop:purchasingPowerNumber>OV-1234-5678-9ABC-B</psop:purchasingPowerNumber>";
const VERSION: &str = "<psop:expectedVersion>1</psop:expectedVersion>";
const EFFECTIVE: &str = "<psop:effectiveFrom>2026-03-20</psop:effectiveFrom>";

fn reason(text: &str) -> String {
    format!("<psop:reason><psop:code>MUU</psop:code><psop:text>{text}</psop:text></psop:reason>")
}

#[test]
fn creation_needs_three_parts_and_takes_four_others_not() {
    let server = site("").start();
    let bare = || grant().without("psop:customer").without("psop:terms");
    let organiser = "psop:organiser";
    check(
        &server,
        &[
            ("all there", grant(), "OK"),
            (
                "no customer",
                grant().without("psop:customer"),
                "FIELD_REQUIRED customer",
            ),
            (
                "no terms",
                grant().without("psop:terms"),
                "FIELD_REQUIRED terms",
            ),
            (
                "no ordinary",
                grant().without("psop:ordinary"),
                "FIELD_REQUIRED ordinary",
            ),
            (
                "none of the three",
                bare().without("psop:ordinary"),
                "FIELD_REQUIRED customer; FIELD_REQUIRED terms; FIELD_REQUIRED ordinary",
            ),
            (
                "no customer and no terms",
                bare(),
                "FIELD_REQUIRED customer; FIELD_REQUIRED terms",
            ),
            (
                "a number",
                grant().after("psop:action", NUMBER),
                "FIELD_NOT_ALLOWED purchasingPowerNumber",
            ),
            (
                "a version",
                grant().after("psop:action", VERSION),
                "FIELD_NOT_ALLOWED expectedVersion",
            ),
            (
                "a day",
                grant().after(organiser, EFFECTIVE),
                "FIELD_NOT_ALLOWED effectiveFrom",
            ),
            (
                "a reason",
                grant().after(organiser, &reason("muutto")),
                "FIELD_NOT_ALLOWED reason",
            ),
            (
                "a reason about a person",
                grant().after(organiser, &reason("ks. 131052-308T")),
                "FIELD_NOT_ALLOWED reason; TEXT_HAS_PERSON_ID reason/text",
            ),
            (
                "all four, and nothing else",
                bare()
                    .without("psop:ordinary")
                    .after("psop:action", &format!("{NUMBER}{VERSION}"))
                    .after(organiser, &format!("{EFFECTIVE}{}", reason("muutto"))),
                "FIELD_NOT_ALLOWED purchasingPowerNumber; FIELD_NOT_ALLOWED expectedVersion; \
                 FIELD_NOT_ALLOWED effectiveFrom; FIELD_NOT_ALLOWED reason; \
                 FIELD_REQUIRED customer; FIELD_REQUIRED terms; FIELD_REQUIRED ordinary",
            ),
        ],
    );
}

#[test]
fn what_is_not_offered_never_says_ok() {
    let server = site("").start();
    let message = grant().set("psop:action", "TOPUP");
    check(&server, &[("TOPUP", message, "FAULT XSD_INVALID")]);
    for service in ["postServiceEvents", "PostPurchasingPower"] {
        let message = grant().replace("postPurchasingPower", service);
        check(&server, &[(service, message, "FAULT SERVICE_UNKNOWN")]);
    }
}

#[test]
fn dates_hold_to_the_day() {
    let server = site("").start();
    let decided = |day: &str| grant().set("psop:decisionDate", day);
    let valid = |from: &str, to: &str| grant().valid(from, to);
    let (late, wrong) = (
        "PP_VALIDITY_INVALID terms/decisionDate",
        "PP_VALIDITY_INVALID terms/validTo",
    );
    check(
        &server,
        &[
            ("decided today", decided("2026-03-16"), "OK"),
            ("decided tomorrow", decided("2026-03-17"), late),
            ("decided long ago", decided("1999-12-31"), "OK"),
            ("a zone changes no day", decided("2026-03-16-12:00"), "OK"),
            ("nor here", decided("2026-03-17+14:00"), late),
            ("one day", valid("2026-03-16", "2026-03-16"), "OK"),
            ("backwards", valid("2026-03-16", "2026-03-15"), wrong),
            (
                "five years less a day",
                valid("2026-03-01", "2031-02-28"),
                "OK",
            ),
            ("five years", valid("2026-03-01", "2031-03-01"), wrong),
            ("with zones", valid("2026-03-01Z", "2031-02-28Z"), "OK"),
            ("from a leap day", valid("2028-02-29", "2033-02-27"), "OK"),
            (
                "to its anniversary",
                valid("2028-02-29", "2033-02-28"),
                wrong,
            ),
            ("before a leap day", valid("2027-02-28", "2032-02-27"), "OK"),
            ("to the 28th", valid("2027-02-28", "2032-02-28"), wrong),
            (
                "from the 1st to a leap day",
                valid("2027-03-01", "2032-02-29"),
                "OK",
            ),
            ("the past", valid("2025-01-01", "2025-12-31"), "OK"),
            ("a century", valid("2026-03-01", "2126-03-01"), wrong),
            (
                "both wrong",
                valid("2026-03-16", "2026-03-15").set("psop:decisionDate", "2026-03-17"),
                &format!("{late}; {wrong}"),
            ),
        ],
    );
}

#[test]
fn the_day_is_helsinkis() {
    // 22:30 in UTC on the 15th is half past midnight on the 16th in Helsinki.
    let head = "environment = \"TEST\"\nclock = \"2026-03-15T22:30:00Z\"\n";
    let server = site_with(head, |registry| registry).start();
    let decided = |day: &str| grant().set("psop:decisionDate", day);
    let late = "PP_VALIDITY_INVALID terms/decisionDate";
    check(
        &server,
        &[
            ("decided on the 16th", decided("2026-03-16"), "OK"),
            ("decided on the 17th", decided("2026-03-17"), late),
        ],
    );
}

#[test]
fn all_errors_come_at_once_in_order() {
    let server = site(MORE).start();
    let worst = grant()
        .acting("070785-9016")
        .after("psop:action", &format!("{NUMBER}{VERSION}"))
        .after(
            "psop:organiser",
            &format!("{EFFECTIVE}{}", reason("131052-308T")),
        )
        .set("psop:personId", "150318A902V")
        .set("psop:municipalityOfResidence", "999")
        .set("psop:instrument", "PURCHASE")
        .set("psop:decisionDate", "2026-03-17")
        .valid("2026-03-01", "2026-02-28")
        .terms("chosenProviderBusinessId", "9000002-0")
        .terms("allowedProviderBusinessId", "9000003-8")
        .terms("allowedProviderBusinessId", "9000010-0")
        .terms("osvaDocOid", "1.2.246.10.1")
        .terms("note", "131052-308T")
        .set("psop:unit", "KPL");
    let answer = server.post(&worst.0);
    assert_eq!(
        answer.errors(),
        [
            "HETU_INVALID meta/actingPersonId",
            "FIELD_NOT_ALLOWED purchasingPowerNumber",
            "FIELD_NOT_ALLOWED expectedVersion",
            "FIELD_NOT_ALLOWED effectiveFrom",
            "FIELD_NOT_ALLOWED reason",
            "TEXT_HAS_PERSON_ID reason/text",
            "HETU_INVALID customer/personId",
            "MUNICIPALITY_UNKNOWN customer/municipalityOfResidence",
            "BUSINESS_ID_INVALID terms/chosenProviderBusinessId",
            "BUSINESS_ID_INVALID terms/allowedProviderBusinessId[2]",
            "OID_INVALID terms/osvaDocOid",
            "TEXT_HAS_PERSON_ID terms/note",
            "PP_VALIDITY_INVALID terms/decisionDate",
            "PP_VALIDITY_INVALID terms/validTo",
            "INSTRUMENT_NOT_ALLOWED terms/instrument",
            "CONTRACT_REF_REQUIRED terms/contractRef",
            "UNIT_NOT_ALLOWED ordinary/unit",
        ]
    );
    // The provider's approval stands with the service's rules, after the dates.
    let chosen = grant()
        .set("psop:decisionDate", "2026-03-17")
        .set("psop:unit", "D")
        .set("psop:serviceCode", "kotiapu")
        .terms("chosenProviderBusinessId", "9000006-2");
    let expected = "PP_VALIDITY_INVALID terms/decisionDate; \
        PROVIDER_NOT_APPROVED terms/chosenProviderBusinessId; UNIT_NOT_ALLOWED ordinary/unit";
    // Too much is said of the message alone, so before what the registry says.
    let too_much = grant()
        .set("psop:serviceCode", "tuntematon")
        .set("psop:instrument", "PURCHASE")
        .amounts("2", "ONCE", "5000000.00");
    let also = "FIELD_NOT_ALLOWED ordinary; SERVICE_TYPE_UNKNOWN terms/serviceCode; \
        CONTRACT_REF_REQUIRED terms/contractRef";
    check(
        &server,
        &[("approval", chosen, expected), ("total", too_much, also)],
    );
}

#[test]
fn the_fault_child_says_the_first_error_in_english() {
    let server = site("").start();
    let answer = server.post(
        &grant()
            .set("psop:unit", "D")
            .terms("osvaDocOid", "1.2.246.10.1")
            .0,
    );
    assert_eq!(
        verdict(&answer),
        "OID_INVALID terms/osvaDocOid; UNIT_NOT_ALLOWED ordinary/unit"
    );
    assert_eq!(answer.texts("faultCode"), ["OID_INVALID"]);
    let english = answer.texts("messageEn");
    assert_eq!(english.len(), 2);
    assert_eq!(answer.texts("faultString"), english[..1]);
    assert_ne!(english[0], english[1]);
    assert_eq!(answer.texts("messageFi").len(), 2);
    assert_eq!(answer.texts("replayed"), ["false"]);
    assert_eq!(answer.texts("purchasingPower").len(), 0);
    let accepted = server.post(&grant().0);
    assert_eq!(verdict(&accepted), "OK");
    assert_eq!(accepted.texts("fault").len(), 0);
    assert_eq!(accepted.texts("purchasingPower").len(), 1);
}

#[test]
fn a_refused_message_leaves_nothing_behind() {
    let site = Site::new("");
    let server = site.start();
    let customer = person();
    let refused = grant()
        .set("psop:personId", &customer)
        .set("psop:unit", "D");
    let mended = refused.clone().set("psop:unit", "H");
    let mended = mended.set("xrd:id", &unique("id"));
    let again = mended.clone().fresh();
    check(
        &server,
        &[
            ("refused", refused, "UNIT_NOT_ALLOWED ordinary/unit"),
            ("no overlap, no reference taken", mended, "OK"),
            ("but now", again, "PP_OVERLAP terms/validFrom"),
        ],
    );
    assert!(!site.log().contains(&customer));
    assert!(site.log().contains(TURKU), "the log has the calls at all");
}
