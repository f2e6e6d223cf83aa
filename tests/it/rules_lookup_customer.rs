//! Looking a purchasing power up: the person asked for, the person who acts, and what is shown of the
//! customer, non-disclosure above all.

use crate::scenery::{MISTYPED, check, grant, person, site, verdict};
use crate::support::message::Message;
use crate::support::server::Server;

/// A number that check characters admit and nobody was given.
const UNKNOWN: &str = "OV-1234-5678-9ABC-B";
const MISS: &str = "PP_NOT_FOUND purchasingPowerNumber";
const UNAPPROVED: &str = "PROVIDER_NOT_APPROVED providerBusinessId";
const APP: &str = "FI-TEST/COM/9000006-2/app";

fn app(number: &str) -> Message {
    Message::lookup(number).client(APP).provider("9000006-2")
}

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

#[test]
fn a_person_asked_for_must_be_valid_and_the_customer() {
    let server = site("").start();
    let customer = person();
    let number = granted(&server, grant().set("psop:personId", &customer));
    let invalid = "HETU_INVALID personId";
    let by_nobody = Message::lookup(&number)
        .of("150318A902V")
        .acting("070785-9016");
    check(
        &server,
        &[
            ("the customer", Message::lookup(&number).of(&customer), "OK"),
            (
                "nobody",
                Message::lookup(&number).of("150318A902V"),
                invalid,
            ),
            (
                "nobody under no number",
                Message::lookup(UNKNOWN).of("150318A902V"),
                invalid,
            ),
            (
                "nobody, mistyped",
                Message::lookup(MISTYPED).of("150318A902V"),
                invalid,
            ),
            (
                "nobody, unapproved",
                app(&number).of("150318A902V"),
                invalid,
            ),
            (
                "nobody by nobody",
                by_nobody,
                "HETU_INVALID meta/actingPersonId; HETU_INVALID personId",
            ),
            (
                "by nobody under no number",
                Message::lookup(UNKNOWN).acting("070785-9016"),
                &format!("HETU_INVALID meta/actingPersonId; {MISS}"),
            ),
        ],
    );
    // Nothing was looked up under an invalid code: eleven of them are no guesses.
    for _ in 0..11 {
        let message = Message::lookup(UNKNOWN).of("150318A902V");
        check(&server, &[("again", message, invalid)]);
    }
    check(&server, &[("still open", Message::lookup(&number), "OK")]);
}

#[test]
fn a_mandate_is_asked_for_last_of_all() {
    let server = site("").start();
    let child = "150318A902U";
    let guardian = "070785-9015";
    let no_mandate = "MANDATE_CHECK_UNAVAILABLE meta/actingPersonId";
    let create = || Message::create().set("psop:personId", child);
    let number = granted(&server, create().acting(child));
    let short = || create().valid("2027-01-01", "2027-12-31");
    let wrong = short().acting(guardian).set("psop:unit", "D");
    check(
        &server,
        &[
            ("the customer", Message::lookup(&number).acting(child), "OK"),
            (
                "a guardian",
                Message::lookup(&number).acting(guardian),
                no_mandate,
            ),
            (
                "same digits, other separator",
                Message::lookup(&number).acting("150318B902U"),
                no_mandate,
            ),
            (
                "found nothing",
                Message::lookup(UNKNOWN).acting(guardian),
                MISS,
            ),
            (
                "another's number",
                Message::lookup(&number).acting(guardian).of(&person()),
                MISS,
            ),
            ("no approval", app(&number).acting(guardian), UNAPPROVED),
            ("a wrong grant", wrong, "UNIT_NOT_ALLOWED ordinary/unit"),
            ("a good grant", short().acting(guardian), no_mandate),
            ("which was not made", short(), "OK"),
        ],
    );
    let refused = server.post(&Message::lookup(&number).acting(guardian).0);
    assert_eq!(refused.texts("ostovoima").len(), 0);
    assert!(!refused.body.contains(child));
}

#[test]
fn non_disclosure_takes_the_municipality_and_never_shows_itself() {
    let server = site("").start();
    let customer = person();
    let new = |from: &str, to: &str| {
        Message::create()
            .set("psop:personId", &customer)
            .valid(from, to)
    };
    let flag = |message: Message, value: &str| {
        let xml = format!("<psop:nonDisclosure>{value}</psop:nonDisclosure>");
        message.before("/psop:customer", &xml)
    };
    let number = granted(&server, new("2026-01-01", "2026-01-31"));
    let municipality = || {
        let answer = server.post(&Message::lookup(&number).0);
        assert_eq!(verdict(&answer), "OK");
        for word in ["isclosure", "turvakielto"] {
            assert!(!answer.body.contains(word), "{}", answer.body);
        }
        answer.text("municipalityOfResidence")
    };
    assert_eq!(municipality().as_deref(), Some("853"));
    granted(&server, flag(new("2026-02-01", "2026-02-28"), "true"));
    assert_eq!(municipality(), None, "an explicit true sets it");
    let moved = new("2026-03-01", "2026-03-31").set("psop:municipalityOfResidence", "837");
    granted(&server, moved);
    assert_eq!(municipality(), None, "an absent flag keeps it");
    let refused = flag(new("2026-04-01", "2026-04-30"), "false").set("psop:unit", "D");
    assert_eq!(
        verdict(&server.post(&refused.0)),
        "UNIT_NOT_ALLOWED ordinary/unit"
    );
    assert_eq!(municipality(), None, "a refused message clears nothing");
    let elsewhere = flag(new("2026-04-01", "2026-04-30"), "false")
        .client("FI-TEST/MUN/0211675-2/perus")
        .set("psop:municipalityCode", "837");
    granted(&server, elsewhere);
    assert_eq!(
        municipality(),
        None,
        "another organiser has a customer of its own"
    );
    let cleared = flag(new("2026-04-01", "2026-04-30"), "0");
    granted(&server, cleared.without("psop:municipalityOfResidence"));
    assert_eq!(
        municipality().as_deref(),
        Some("837"),
        "an explicit false clears it"
    );
    granted(&server, flag(new("2026-05-01", "2026-05-31"), "1"));
    assert_eq!(municipality(), None);
}

#[test]
fn a_customer_is_overwritten_where_something_is_given() {
    let server = site("").start();
    let customer = person();
    let new = |from: &str, to: &str| {
        Message::create()
            .set("psop:personId", &customer)
            .valid(from, to)
    };
    let number = granted(&server, new("2026-01-01", "2026-01-31"));
    let shown = || {
        let answer = server.post(&Message::lookup(&number).0);
        let fields = [
            "givenNames",
            "familyName",
            "language",
            "municipalityOfResidence",
        ];
        fields.map(|name| answer.text(name).unwrap_or_default())
    };
    assert_eq!(shown(), ["Maija Äänetär", "Öhman", "FI", "853"]);
    let renamed = new("2026-02-01", "2026-02-28")
        .set("psop:givenNames", "Maj")
        .set("psop:familyName", "O\u{308}hman-\u{41f}")
        .without("psop:language")
        .without("psop:municipalityOfResidence");
    granted(&server, renamed);
    assert_eq!(shown(), ["Maj", "Öhman-\u{41f}", "FI", "853"]);
    let moved = new("2026-03-01", "2026-03-31")
        .set("psop:language", "SV")
        .set("psop:municipalityOfResidence", "091");
    granted(&server, moved);
    assert_eq!(shown(), ["Maija Äänetär", "Öhman", "SV", "091"]);
}
