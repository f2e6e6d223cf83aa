//! Guessing numbers: ten look-ups that find nothing, and the client is held back, whatever it asks
//! next, on every connection at once and after a restart.

use crate::scenery::{
    HEAD, MISTYPED, at_once, check, grant, person, set_clock, site, site_with, verdict,
};
use crate::support::message::Message;
use crate::support::server::Server;

const MISSES_MAX: usize = 10;
const CALLERS: usize = 32;
/// A number that check characters admit and nobody was given.
const UNKNOWN: &str = "OV-1234-5678-9ABC-B";
const MISS: &str = "PP_NOT_FOUND purchasingPowerNumber";
const LIMITED: &str = "FAULT RATE_LIMITED";
const INTEGRATOR: &str = "FI-TEST/COM/9000005-4/dental-integrator";

fn guess() -> Message {
    Message::lookup(UNKNOWN)
}

fn miss(server: &Server, times: usize) {
    for _ in 0..times {
        check(server, &[("a guess", guess(), MISS)]);
    }
}

fn by_integrator(message: Message) -> Message {
    message.client(INTEGRATOR).provider("9000005-4")
}

#[test]
fn after_ten_misses_a_client_is_held_back_and_others_are_not() {
    let server = site("").start();
    let number = server.post(&grant().0).number();
    let other = "UNKNOWN";
    miss(&server, MISSES_MAX - 1);
    check(
        &server,
        &[("nine are too few", Message::lookup(&number), "OK")],
    );
    miss(&server, 1);
    let same_member = Message::lookup(&number).client("FI-TEST/COM/9000007-0/other");
    check(
        &server,
        &[
            ("a good one", Message::lookup(&number), LIMITED),
            ("a bad one", guess(), LIMITED),
            ("a mistyped one", Message::lookup(MISTYPED), LIMITED),
            (
                "an invalid person",
                Message::lookup(&number).of("150318A902V"),
                LIMITED,
            ),
            ("another client", by_integrator(guess()), MISS),
            (
                "another client of the member",
                same_member,
                "FAULT AUTH_CLIENT_UNKNOWN",
            ),
            (
                "authorisation first",
                guess().set("xrd:userId", ""),
                "FAULT AUTH_USERID_MISSING",
            ),
            (
                "the contract first",
                guess().set("psop:purpose", other),
                "FAULT XSD_INVALID",
            ),
            ("organisers are exempt", grant(), "OK"),
        ],
    );
}

#[test]
fn every_kind_of_not_found_counts_but_the_mistyped() {
    let server = site("").start();
    let create = |message: Message| server.post(&message.0).number();
    let plain = create(grant());
    let chosen = create(grant().terms("chosenProviderBusinessId", "9000007-0"));
    let allowed = create(grant().terms("allowedProviderBusinessId", "9000008-9"));
    let closed = create(grant().valid("2025-01-01", "2026-01-14"));
    let dental = |message: Message| {
        message
            .client("FI-TEST/COM/9000003-8/dental")
            .provider("9000003-8")
    };
    let unapproved = "PROVIDER_NOT_APPROVED providerBusinessId";
    for _ in 0..=MISSES_MAX {
        check(
            &server,
            &[
                ("mistyped", dental(Message::lookup(MISTYPED)), MISS),
                ("not approved", dental(Message::lookup(&plain)), unapproved),
                (
                    "no person",
                    dental(Message::lookup(&plain).of("150318A902V")),
                    "HETU_INVALID personId",
                ),
            ],
        );
    }
    let kinds = [
        ("unknown", guess()),
        ("another's person", Message::lookup(&plain).of(&person())),
        ("not the chosen", Message::lookup(&chosen)),
        ("not allowed", Message::lookup(&allowed)),
        ("closed", Message::lookup(&closed)),
    ];
    for _ in 0..2 {
        for (kind, message) in &kinds {
            let message = dental(message.clone().fresh());
            check(&server, &[(kind, message, MISS)]);
        }
    }
    check(&server, &[("the eleventh", dental(guess()), LIMITED)]);
}

#[test]
fn misses_outlive_a_restart_and_the_limit_adds_none() {
    let site = site("");
    let server = site.start();
    let number = server.post(&grant().0).number();
    miss(&server, MISSES_MAX - 2);
    server.kill();
    let server = site.start();
    miss(&server, 2);
    for _ in 0..3 {
        check(&server, &[("held back", Message::lookup(&number), LIMITED)]);
    }
    assert_eq!(server.stop(), Some(0));
    let server = site.start();
    check(&server, &[("still", Message::lookup(&number), LIMITED)]);
    drop(server);
    // Ten minutes later by the fixed clock all ten are past; the limited calls were none.
    set_clock(&site, "2026-03-16T10:09:59.999+02:00");
    let server = site.start();
    check(
        &server,
        &[("just before", Message::lookup(&number), LIMITED)],
    );
    drop(server);
    set_clock(&site, "2026-03-16T10:10:00.001+02:00");
    let server = site.start();
    check(&server, &[("just after", Message::lookup(&number), "OK")]);
    miss(&server, MISSES_MAX);
    check(&server, &[("ten more", Message::lookup(&number), LIMITED)]);
}

#[test]
fn only_misses_of_the_last_ten_minutes_count_together() {
    let site = site_with(HEAD, |registry| registry);
    let server = site.start();
    let number = server.post(&grant().0).number();
    miss(&server, 6);
    drop(server);
    set_clock(&site, "2026-03-16T10:06:00+02:00");
    let server = site.start();
    miss(&server, 4);
    check(
        &server,
        &[("ten within six minutes", Message::lookup(&number), LIMITED)],
    );
    drop(server);
    // Four remain.
    set_clock(&site, "2026-03-16T10:11:00+02:00");
    let server = site.start();
    miss(&server, 6);
    check(&server, &[("ten again", Message::lookup(&number), LIMITED)]);
}

#[test]
fn many_at_once_get_ten_misses_and_no_more() {
    let server = site("").start();
    for client in [None, Some(INTEGRATOR)] {
        let messages: Vec<Message> = (0..CALLERS)
            .map(|_| match client {
                Some(_) => by_integrator(guess()),
                None => guess(),
            })
            .collect();
        let verdicts: Vec<String> = at_once(&server, messages).iter().map(verdict).collect();
        let count = |wanted: &str| verdicts.iter().filter(|found| *found == wanted).count();
        assert_eq!(count(MISS), MISSES_MAX, "{verdicts:?}");
        assert_eq!(count(LIMITED), CALLERS - MISSES_MAX, "{verdicts:?}");
    }
}
