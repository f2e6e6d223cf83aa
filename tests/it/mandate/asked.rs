//! When the mandate service is asked and how often, and in which categories.

use super::*;
use crate::scenery::at_once;
use crate::support::planted::{Planted, Recorded};

#[test]
fn nobody_is_asked_about_needlessly() {
    let stand_in = StandIn::start(&demo());
    let site = site(&stand_in.section(""));
    let server = site.start();
    let number = granted(&server);
    let unknown = "OV-1234-5678-9ABC-B";
    let stranger_s = lookup(&number, GUARDIAN).of(STRANGER);
    let wrong = grant().acting(GUARDIAN).set("psop:unit", "D");
    check(
        &server,
        &[
            ("themselves", lookup(&number, CHILD), "OK"),
            ("nobody", Message::lookup(&number), "OK"),
            (
                "nothing found",
                lookup(unknown, GUARDIAN),
                "PP_NOT_FOUND purchasingPowerNumber",
            ),
            (
                "another's",
                stranger_s,
                "PP_NOT_FOUND purchasingPowerNumber",
            ),
            (
                "no person",
                lookup(&number, "070785-9016"),
                "HETU_INVALID meta/actingPersonId",
            ),
            ("a wrong grant", wrong, "UNIT_NOT_ALLOWED ordinary/unit"),
        ],
    );
    assert_eq!(stand_in.asked(), [""; 0]);
    // And every time anew.
    for _ in 0..3 {
        check(&server, &[("", lookup(&number, GUARDIAN), "OK")]);
    }
    let asked = stand_in.asked();
    assert_eq!(asked.len(), 3);
    assert!(
        asked.iter().all(|line| line.contains("connection=1 ")),
        "one connection is kept: {asked:?}"
    );
}

#[test]
fn a_post_is_asked_about_once_and_its_replay_never() {
    let answers = format!("[[answer]]\nstatus = 503\ntimes = 1\n{}", demo());
    let stand_in = StandIn::start(&answers);
    let site = site(&stand_in.section(""));
    let server = site.start();
    let child = |from: &str, to: &str| grant().set("psop:personId", CHILD).valid(from, to);
    let by_guardian = child("2026-03-01", "2026-08-31").acting(GUARDIAN);
    let by_stranger = child("2027-03-01", "2027-08-31").acting(STRANGER);
    check(
        &server,
        &[
            (
                "unavailable is kept under no key",
                by_guardian.clone(),
                UNAVAILABLE,
            ),
            ("asked again", by_guardian.clone(), "OK"),
            ("a replay", by_guardian.clone(), "OK"),
            (
                "a replay by reference",
                by_guardian.set("xrd:id", "another-id-1"),
                "OK",
            ),
            ("denied", by_stranger.clone(), DENIED),
            ("a replay of it", by_stranger.clone(), DENIED),
        ],
    );
    assert_eq!(stand_in.asked().len(), 3);
    let replayed = server.post(&by_stranger.0);
    assert_eq!(replayed.text("replayed").as_deref(), Some("true"));
    // Denied is kept under the message id only: the reference may be used again.
    let again = by_stranger
        .set("psop:actingPersonId", OTHER_GUARDIAN)
        .set("xrd:id", "another-id-2");
    check(&server, &[("by who may", again, "OK")]);
    let rows = rows(&site, "postPurchasingPower");
    let results: Vec<(&str, bool)> = rows
        .iter()
        .map(|row| {
            (
                row["mandate_result"].as_str().unwrap_or(""),
                row["replayed"] == true,
            )
        })
        .collect();
    let expected = [
        ("UNAVAILABLE", false),
        ("ALLOWED", false),
        ("", true),
        ("", true),
        ("DENIED", false),
        ("", true),
        ("", true),
        ("ALLOWED", false),
    ];
    assert_eq!(results, expected);
    // Many at once for one child get in each other's way, and are decided anew without asking again.
    let before = stand_in.asked().len();
    let years = (2028..2044)
        .map(|year| child(&format!("{year}-01-01"), &format!("{year}-12-31")).acting(GUARDIAN));
    let messages: Vec<Message> = years.collect();
    let count = messages.len();
    for answer in at_once(&server, messages) {
        assert_eq!(verdict(&answer), "OK");
    }
    assert_eq!(stand_in.asked().len(), before + count);
}

#[test]
fn a_mandate_is_asked_in_the_service_s_category() {
    let in_category =
        |category: &str| format!("[[answer]]\ncategory = \"{category}\"\nresult = \"ALLOWED\"\n");
    for (category, expected) in [("SOCIAL", "OK"), ("HEALTH", DENIED), ("ECEC", DENIED)] {
        assert_lookup(&in_category(category), "", expected);
    }
}

/// What getServiceEvents about the child, asked by its guardian, comes to.
fn feed(server: &Server) -> String {
    let question = crate::event_feed::about_person(CHILD).acting(GUARDIAN);
    verdict(&server.post(&question.0))
}

#[test]
fn a_feed_needs_a_mandate_in_every_category_it_shows_and_an_empty_one_in_all() {
    let in_category =
        |category: &str| format!("[[answer]]\ncategory = \"{category}\"\nresult = \"ALLOWED\"\n");
    let cases = [
        (&[][..], in_category("SOCIAL"), DENIED),
        (&[], "[[answer]]\nresult = \"ALLOWED\"\n".to_owned(), "OK"),
        (&["saldo-hoiva"], in_category("SOCIAL"), "OK"),
        (&["saldo-hoiva"], in_category("HEALTH"), DENIED),
        (
            &["saldo-hoiva", "suun-hoito"],
            in_category("SOCIAL"),
            DENIED,
        ),
        (
            &["saldo-hoiva", "suun-hoito"],
            in_category("HEALTH"),
            DENIED,
        ),
        (
            &["saldo-hoiva"],
            "[[answer]]\nstatus = 500\n".to_owned(),
            UNAVAILABLE,
        ),
    ];
    for (services, answers, expected) in cases {
        let stand_in = StandIn::start(&answers);
        let site = site(&stand_in.section(""));
        let planted = Planted::open(&site);
        for service in services {
            let grant = planted.grant("853", service, CHILD);
            planted.event(grant.number, Recorded::default());
        }
        planted.close();
        let server = site.start();
        assert_eq!(feed(&server), expected, "{services:?} {answers}");
        let row = rows(&site, "getServiceEvents").pop().unwrap();
        let returned = if expected == "OK" { services.len() } else { 0 };
        assert_eq!(row["rows_returned"], returned, "{row}");
        assert_eq!(stand_in.asked().len(), 1);
    }
}
