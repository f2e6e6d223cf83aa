//! postDentalServiceEvent, the event as a whole: whose grant it is, days and states, who may change what,
//! no-shows, the fields of each action, repeats.

use crate::scenery::{HEAD, check, set_clock, site, site_with, verdict};
use crate::scenery_events::{ceiling_grant, dental_grant, element, granted, recorded, used};
use crate::support::message::Message;

const INTEGRATOR: &str = "FI-TEST/COM/9000005-4/dental-integrator";
const MISS: &str = "PP_NOT_FOUND purchasingPowerNumber";
const NOT_FOUND: &str = "EVENT_NOT_FOUND eventId";
const LOCKED: &str = "EVENT_LOCKED eventId";
const CONFLICT: &str = "EVENT_VERSION_CONFLICT expectedVersion";

#[test]
fn days_are_judged_by_age_validity_and_state() {
    let site = site("");
    let server = site.start();
    let ended = dental_grant(&["SAA02 x20 v45.00"]).valid("2026-01-01", "2026-02-28");
    let ended = granted(&server, &ended);
    let on = |day: &str| ended.event(&["SAA02 @45.00"]).day(day);
    let old = "SERVICE_DATE_TOO_OLD serviceDate";
    let future = "SERVICE_DATE_FUTURE serviceDate";
    check(
        &server,
        &[
            (
                "expired",
                on("2026-03-01"),
                "PP_EXPIRED_ON_SERVICE_DATE serviceDate",
            ),
            ("recorded late", on("2026-02-27"), "OK"),
            ("60 days", on("2026-01-15"), "OK"),
            ("61 days", on("2026-01-14"), old),
            ("65 days", on("2026-01-10"), old),
            ("tomorrow", on("2026-03-17"), future),
            (
                "nothing that depends on the day beside it",
                ended
                    .event(&["SFA20 t19 sMO @999.00", "SAA02 @999.00"])
                    .day("2026-03-17")
                    .totals("1.00", "1.00", "0.00"),
                "SERVICE_DATE_FUTURE serviceDate; TOOTH_INVALID procedure[1]/tooth",
            ),
        ],
    );
    let current = granted(&server, &dental_grant(&["SAA02 x20 v45.00"]));
    let on = |day: &str| current.event(&["SAA02 @45.00"]).day(day);
    check(
        &server,
        &[
            ("before", on("2026-02-28"), "PP_NOT_YET_VALID serviceDate"),
            ("a day with a zone", on("2026-03-16+02:00"), "OK"),
        ],
    );
    drop(server);
    // The day is Helsinki's: at 22:30 UTC it is the 17th there.
    set_clock(&site, "2026-03-16T22:30:00Z");
    let server = site.start();
    check(&server, &[("Helsinki's today", on("2026-03-17"), "OK")]);
}

#[test]
fn a_grant_that_is_not_the_callers_is_not_found_and_an_unapproved_one_is_told() {
    let site = site("");
    let server = site.start();
    let grant = granted(&server, &dental_grant(&[]));
    let chosen = dental_grant(&[]).terms("chosenProviderBusinessId", "9000008-9");
    let chosen = granted(&server, &chosen);
    let other = granted(&server, &dental_grant(&[]));
    let event = || grant.event(&["SAA02 @45.00"]);
    let app = event()
        .client("FI-TEST/COM/9000006-2/app")
        .provider("9000006-2");
    let integrator = || event().client(INTEGRATOR);
    check(
        &server,
        &[
            (
                "another's person",
                event().set("psop:personId", &other.person),
                MISS,
            ),
            ("another is chosen", chosen.event(&["SAA02 @45.00"]), MISS),
            (
                "no such number",
                event().set("psop:purchasingPowerNumber", "OV-1234-5678-9ABC-B"),
                MISS,
            ),
            (
                "with what the message alone shows",
                event()
                    .set("psop:purchasingPowerNumber", "OV-1234-5678-9ABC-B")
                    .last(&element("comment", "070785-9015")),
                "TEXT_HAS_PERSON_ID comment; PP_NOT_FOUND purchasingPowerNumber",
            ),
            (
                "an invalid person ends the search",
                event()
                    .set("psop:personId", "150318A902V")
                    .set("psop:purchasingPowerNumber", "OV-1234-5678-9ABC-B"),
                "HETU_INVALID personId",
            ),
            (
                "unapproved",
                app,
                "PROVIDER_NOT_APPROVED providerBusinessId",
            ),
            (
                "approval over",
                integrator().provider("9000005-4"),
                "PROVIDER_APPROVAL_NOT_VALID_ON_DATE providerBusinessId",
            ),
            (
                "unit",
                event().after("psop:providerBusinessId", &element("providerUnitCode", "X")),
                "PROVIDER_UNIT_UNKNOWN providerUnitCode",
            ),
            ("represented", integrator().represented("9000003-8"), "OK"),
            (
                "another represented",
                integrator().represented("9000008-9"),
                "FAULT AUTH_PROVIDER_MISMATCH",
            ),
            (
                "not represented",
                integrator().represented("9000007-0"),
                "FAULT AUTH_REPRESENTATION_NOT_ALLOWED",
            ),
        ],
    );
    // Four misses so far; after the tenth even a good call waits.
    for _ in 0..6 {
        let message = event().set("psop:purchasingPowerNumber", "OV-1234-5678-9ABC-B");
        assert_eq!(verdict(&server.post(&message.0)), MISS);
    }
    check(&server, &[("ten misses", event(), "FAULT RATE_LIMITED")]);
}

#[test]
fn fields_have_their_actions_and_a_no_show_has_no_procedures() {
    let server = site("").start();
    let grant = granted(&server, &dental_grant(&["SAA02 x9 v45.00"]));
    let event = || grant.event(&["SAA02 @45.00"]);
    let id = recorded(&server, &event());
    let twice = event().replace("<psop:lineNo>1<", "<psop:lineNo>2<");
    let second = "<psop:procedure><psop:lineNo>2</psop:lineNo><psop:procedureCode>SAA02</psop:procedureCode>\
                  <psop:count>1</psop:count><psop:unitPrice>45.00</psop:unitPrice></psop:procedure>";
    let role = |number: &str| event().set("psop:terhikkiNumber", number);
    let area = "<psop:area>oikea 070785-9015</psop:area>";
    check(
        &server,
        &[
            (
                "a new event has no identity",
                event().change("CREATE", &id, 1),
                "FIELD_NOT_ALLOWED eventId; FIELD_NOT_ALLOWED expectedVersion",
            ),
            (
                "a change has one",
                event().set("psop:action", "UPDATE"),
                "FIELD_REQUIRED eventId; FIELD_REQUIRED expectedVersion",
            ),
            (
                "a deletion has one",
                event().set("psop:action", "DELETE"),
                "FIELD_REQUIRED eventId; FIELD_REQUIRED expectedVersion",
            ),
            ("no procedure", grant.event(&[]), "FIELD_REQUIRED procedure"),
            (
                "a line twice",
                twice.after("psop:procedure", second),
                "FIELD_NOT_ALLOWED procedure[2]/lineNo",
            ),
            (
                "a no-show with procedures",
                event().no_show(),
                "FIELD_NOT_ALLOWED procedure",
            ),
            (
                "a no-show with more",
                grant
                    .event(&[])
                    .last(&element("labCost", "0.00"))
                    .no_show()
                    .last(&element("treatmentCompleted", "false")),
                "FIELD_NOT_ALLOWED labCost; FIELD_NOT_ALLOWED treatmentCompleted",
            ),
            (
                "a no-show that costs",
                grant.event(&[]).no_show().totals("20.00", "0.00", "20.00"),
                "TOTALS_MISMATCH totals/totalPrice; TOTALS_MISMATCH totals/customerShare",
            ),
            (
                "digits all the same",
                role("00000000"),
                "TERHIKKI_INVALID professional/terhikkiNumber",
            ),
            ("seven digits", role("1234567"), "FAULT XSD_INVALID"),
            (
                "a person in an area",
                event().after("psop:procedureCode", area),
                "TEXT_HAS_PERSON_ID procedure[1]/area; TOOTH_NOT_ALLOWED procedure[1]/area",
            ),
            (
                "count 0",
                event().set("psop:count", "0"),
                "FAULT XSD_INVALID",
            ),
            (
                "count 21",
                event().set("psop:count", "21"),
                "FAULT XSD_INVALID",
            ),
            (
                "more than an amount can say",
                event()
                    .set("psop:count", "20")
                    .set("psop:unitPrice", "9999999.99"),
                "FIELD_NOT_ALLOWED procedure[1]/unitPrice; LINE_COUNT_EXCEEDED procedure[1]/count",
            ),
        ],
    );
    let answer = server.post(&grant.event(&[]).no_show().0);
    assert_eq!(verdict(&answer), "OK");
    assert_eq!(answer.texts("totalPrice"), ["0.00"]);
    assert!(answer.texts("linePrice").is_empty());
    assert_eq!(used(&server, &grant), "1");
}

#[test]
fn an_event_is_replaced_whole_and_a_refused_change_leaves_the_old() {
    let server = site("").start();
    let grant = granted(
        &server,
        &dental_grant(&["SAA02 x2 v45.00", "SFA20 t16 x1 v85.00"]),
    );
    let id = recorded(&server, &grant.event(&["SAA02 x2 @62.00"]));
    let update =
        |procedures: &[&str], version| grant.event(procedures).change("UPDATE", &id, version);
    check(
        &server,
        &[
            (
                "more than was granted",
                update(&["SAA02 x3 @62.00"], 1),
                "LINE_COUNT_EXCEEDED procedure[1]/count",
            ),
            ("stale", update(&["SAA02 @62.00"], 2), CONFLICT),
        ],
    );
    assert_eq!(used(&server, &grant), "2 0", "the old stays");
    let answer = server.post(&update(&["SAA02 x2 @50.00", "SFA20 t16 sMO @85.00"], 1).0);
    assert_eq!(verdict(&answer), "OK");
    assert_eq!(answer.text("eventId").as_ref(), Some(&id));
    assert_eq!(answer.texts("version"), ["2"]);
    assert_eq!(answer.texts("totalPrice"), ["185.00"]);
    assert_eq!(used(&server, &grant), "2 1");
    let gone = grant.event(&[]).no_show().change("UPDATE", &id, 2);
    assert_eq!(verdict(&server.post(&gone.0)), "OK");
    assert_eq!(used(&server, &grant), "0 0");
}

#[test]
fn a_deletion_ignores_all_but_whose_event_it_is() {
    let site = site("");
    let server = site.start();
    let grant = granted(&server, &ceiling_grant("100.00"));
    let other = granted(&server, &ceiling_grant("100.00"));
    let id = recorded(&server, &grant.event(&["WX002 x4 @12.00"]));
    assert_eq!(used(&server, &grant), "60.00");
    let nonsense = || {
        grant
            .event(&["XAA00 t99 x20 @9999999.99", "XAA00 t99 x20 @9999999.99"])
            .day("2030-01-01")
            .totals("1.00", "1.00", "1.00")
            .last(&element("comment", "070785-9015"))
    };
    let deletion = || nonsense().change("DELETE", &id, 1);
    let helmi = deletion()
        .client(INTEGRATOR)
        .represented("9000008-9")
        .provider("9000008-9");
    check(
        &server,
        &[
            (
                "no such event",
                nonsense().change("DELETE", "0198c5a0-0000-7000-8000-000000000000", 1),
                NOT_FOUND,
            ),
            (
                "no identifier of ours",
                nonsense().change("DELETE", "1", 1),
                NOT_FOUND,
            ),
            (
                "another number",
                deletion().set("psop:purchasingPowerNumber", &other.number),
                NOT_FOUND,
            ),
            (
                "another person",
                deletion().set("psop:personId", &other.person),
                NOT_FOUND,
            ),
            ("another provider", helmi, NOT_FOUND),
            ("stale", nonsense().change("DELETE", &id, 3), CONFLICT),
        ],
    );
    drop(server);
    set_clock(&site, "2027-12-16T10:00:00+02:00");
    let server = site.start();
    let answer = server.post(&deletion().0);
    assert_eq!(verdict(&answer), "OK");
    assert_eq!(answer.texts("state"), ["POISTETTU"]);
    assert_eq!(answer.texts("version"), ["2"]);
    assert_eq!(answer.texts("totalPrice"), ["48.00"], "the event as it was");
    assert_eq!(answer.texts("ceilingRemaining"), ["100.00"]);
    let again = || nonsense().change("DELETE", &id, 2);
    let update = grant.event(&["WX002 @10.00"]).change("UPDATE", &id, 2);
    check(
        &server,
        &[("twice", again(), LOCKED), ("update", update, LOCKED)],
    );
}

#[test]
fn review_and_osva_are_the_services() {
    let reviewed = |registry: String| {
        let (before, rest) = registry
            .split_once("service_code = \"suun-hoito\"")
            .unwrap();
        let rest = rest
            .replacen("review = false", "review = true", 1)
            .replacen("osva_required = false", "osva_required = true", 1);
        format!("{before}service_code = \"suun-hoito\"{rest}")
    };
    let server = site_with(HEAD, reviewed).start();
    let without = granted(&server, &dental_grant(&[]));
    let with = dental_grant(&[]).terms("osvaDocOid", "1.2.246.10.2048198.14.1");
    let with = granted(&server, &with);
    let osva = "OSVA_REQUIRED purchasingPowerNumber";
    check(
        &server,
        &[("no osva", without.event(&["SAA02 @45.00"]), osva)],
    );
    let answer = server.post(&with.event(&["SAA02 @45.00"]).0);
    assert_eq!(answer.texts("state"), ["TARKASTETTAVANA"]);
    let id = answer.text("eventId").unwrap();
    let change = |action: &str| with.event(&["SAA02 @40.00"]).change(action, &id, 1);
    check(
        &server,
        &[
            ("update", change("UPDATE"), LOCKED),
            ("delete", change("DELETE"), "OK"),
        ],
    );
}

#[test]
fn kinds_suspension_and_annulment_of_the_grant_are_told() {
    let server = site("").start();
    let ordinary = Message::create()
        .set("psop:personId", &crate::scenery::person())
        .terms("allowedProviderBusinessId", "9000003-8");
    let ordinary = granted(&server, &ordinary);
    // The dental provider has no approval for home help: both are told.
    check(
        &server,
        &[(
            "kind",
            ordinary.event(&["SAA02 @45.00"]),
            "PP_KIND_MISMATCH purchasingPowerNumber; PROVIDER_NOT_APPROVED providerBusinessId",
        )],
    );
    let grant = granted(&server, &dental_grant(&["SAA02 x9 v45.00"]));
    let id = recorded(&server, &grant.event(&["SAA02 @45.00"]));
    let action = |action: &str, more: &str| {
        let message = dental_grant(&[])
            .without("psop:customer")
            .without("psop:terms")
            .without("psop:dental")
            .set("psop:action", action);
        let number = element("purchasingPowerNumber", &grant.number);
        message
            .after("psop:action", &number)
            .after("psop:organiser", more)
    };
    let reason = element(
        "reason",
        &(element("code", "MUU") + &element("text", "Syy")),
    );
    let event = || grant.event(&["SAA02 @45.00"]);
    let suspended = "PP_SUSPENDED purchasingPowerNumber";
    let cancelled = "PP_CANCELLED purchasingPowerNumber";
    let annul = element("effectiveFrom", "2026-03-13") + &reason;
    check(
        &server,
        &[
            ("suspend", action("SUSPEND", &reason), "OK"),
            ("suspended", event(), suspended),
            (
                "suspended and in the future",
                event().day("2026-03-17"),
                "PP_SUSPENDED purchasingPowerNumber; SERVICE_DATE_FUTURE serviceDate",
            ),
            (
                "update while suspended",
                event().change("UPDATE", &id, 1),
                suspended,
            ),
            ("resume", action("RESUME", ""), "OK"),
            ("annul", action("CANCEL", &annul), "OK"),
            ("from that day", event().day("2026-03-13"), cancelled),
            ("before it", event().day("2026-03-12"), "OK"),
            (
                "delete all the same",
                event().change("DELETE", &id, 1),
                "OK",
            ),
        ],
    );
}

#[test]
fn repeats_answer_again_and_do_nothing_twice() {
    let server = site("").start();
    let grant = granted(&server, &dental_grant(&["SAA02 x9 v45.00"]));
    let event = grant.event(&["SAA02 @62.00"]);
    let id = recorded(&server, &event);
    let again = server.post(&event.0);
    assert_eq!(again.text("eventId"), Some(id.clone()));
    assert_eq!(again.text("replayed").unwrap(), "true");
    let other_price = event.clone().set("psop:unitPrice", "63.00");
    let new_id = event.clone().set("xrd:id", "quite-another-id");
    let answer = server.post(&new_id.0);
    assert_eq!(answer.text("eventId"), Some(id));
    assert_eq!(answer.text("replayed").unwrap(), "true");
    check(
        &server,
        &[
            (
                "same id, other price",
                other_price.clone(),
                "DUPLICATE_MESSAGE_ID_CONFLICT",
            ),
            (
                "same reference, other price",
                other_price.set("xrd:id", "yet-another-id"),
                "SOURCE_REFERENCE_CONFLICT meta/sourceReference",
            ),
        ],
    );
    assert_eq!(used(&server, &grant), "1");
}
