//! Changing a grant of any kind: what each action must and must not have, whose grant it is, its kind,
//! version and state, and that a refused change leaves nothing behind.

use jiff::civil::date;
use psop_adapter::domain::service_event::{Credited, EventKind, EventState};

use crate::changes::{
    DENTAL, ORDINARY, SALDO, amend, balance, cancel, create, customer, dental, element, from,
    hours, line, message, number, reason, resume, suspend, terms, top_up, version,
};
use crate::scenery::{MISTYPED, check, grant, set_clock, site, verdict};
use crate::support::message::Message;
use crate::support::planted::{Planted, Recorded};
use crate::support::server::{Server, Site};

const CANCELLED: &str = "PP_CANCELLED purchasingPowerNumber";
const KIND: &str = "PP_KIND_MISMATCH purchasingPowerNumber";
const VERSION: &str = "PP_VERSION_CONFLICT expectedVersion";
const NOT_FOUND: &str = "PP_NOT_FOUND purchasingPowerNumber";

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

fn one_of_each(server: &Server) -> [(&'static str, String, String); 3] {
    let lines = dental("ITEMISED", "", &line(1, "SAA02", 2, ["", "", "45.00", ""]));
    [
        (ORDINARY, terms("kotiapu"), hours("10", "32.00")),
        (
            SALDO,
            terms("saldo-hoiva"),
            balance("1200.00", "EUR", "", ""),
        ),
        (DENTAL, terms("suun-hoito"), lines),
    ]
    .map(|(service, terms, block)| {
        let number = granted(server, create(service, &terms, &block));
        (service, number, block)
    })
}

#[test]
fn every_action_has_its_own_parts() {
    let server = site("").start();
    let lines = dental("ITEMISED", "", &line(1, "SAA02", 2, ["", "", "45.00", ""]));
    for (service, block_name, service_code, block) in [
        (ORDINARY, "ordinary", "kotiapu", hours("10", "32.00")),
        (
            SALDO,
            "saldo",
            "saldo-hoiva",
            balance("1200.00", "EUR", "", ""),
        ),
        (DENTAL, "dental", "suun-hoito", lines),
    ] {
        let top_up = service == SALDO;
        let amount = if top_up {
            element("topUpAmount", "5.00")
        } else {
            String::new()
        };
        let top_up_field = if top_up {
            "; FIELD_NOT_ALLOWED topUpAmount"
        } else {
            ""
        };
        let all = |action: &str, number_of: &str| {
            let before = number(number_of) + &version(1);
            let behind = [
                from("2026-04-01"),
                reason(),
                customer(),
                terms(service_code),
                block.clone(),
            ];
            message(service, action, &before, &(behind.concat() + &amount))
        };
        let none = |action: &str| message(service, action, "", "");
        let required = |fields: &[&str]| {
            fields
                .iter()
                .map(|field| format!("FIELD_REQUIRED {field}"))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let refused = |fields: &[&str]| {
            fields
                .iter()
                .map(|field| format!("FIELD_NOT_ALLOWED {field}"))
                .collect::<Vec<_>>()
                .join("; ")
                + top_up_field
        };
        let number = granted(&server, create(service, &terms(service_code), &block));
        let of = "purchasingPowerNumber";
        let (version, day) = ("expectedVersion", "effectiveFrom");
        let mut cases = vec![
            (
                "CREATE, all",
                all("CREATE", &number),
                refused(&[of, version, day, "reason"]),
            ),
            (
                "CREATE, none",
                none("CREATE"),
                required(&["customer", "terms", block_name]),
            ),
            ("AMEND, all", all("AMEND", &number), refused(&["customer"])),
            (
                "AMEND, none",
                none("AMEND"),
                required(&[of, version, day, "terms"]),
            ),
            (
                "CANCEL, all",
                all("CANCEL", &number),
                refused(&["customer", "terms", block_name]),
            ),
            (
                "CANCEL, none",
                none("CANCEL"),
                required(&[of, day, "reason"]),
            ),
            (
                "SUSPEND, all",
                all("SUSPEND", &number),
                refused(&[version, day, "customer", "terms", block_name]),
            ),
            ("SUSPEND, none", none("SUSPEND"), required(&[of, "reason"])),
            ("RESUME, none", none("RESUME"), required(&[of])),
        ];
        if top_up {
            cases.extend([
                (
                    "TOPUP, all",
                    all("TOPUP", &number),
                    "FIELD_NOT_ALLOWED effectiveFrom; FIELD_NOT_ALLOWED customer; \
                     FIELD_NOT_ALLOWED terms; FIELD_NOT_ALLOWED saldo"
                        .to_owned(),
                ),
                ("TOPUP, none", none("TOPUP"), required(&[of, "topUpAmount"])),
            ]);
        }
        let resume = format!(
            "{}; PP_AMEND_NOT_ALLOWED {of}",
            refused(&[version, day, "reason", "customer", "terms", block_name])
        );
        cases.push(("RESUME, all", all("RESUME", &number), resume));
        let cases: Vec<_> = cases
            .iter()
            .map(|(name, message, expected)| (*name, message.clone(), expected.as_str()))
            .collect();
        check(&server, &cases);
    }
}

#[test]
fn what_is_too_much_is_judged_all_the_same() {
    let server = site("").start();
    let number_of = granted(&server, grant());
    let lives = element("municipalityOfResidence", "999");
    let nobody = customer().replace("</psop:customer>", &(lives + "</psop:customer>"));
    let worst = message(
        ORDINARY,
        "CANCEL",
        &(number(&number_of) + &version(7)),
        &(from("2026-09-01") + &reason().replace("muutto", "070785-9015") + &nobody),
    )
    .set("psop:personId", "150318A902V")
    .acting("070785-9016");
    let expected = "HETU_INVALID meta/actingPersonId; TEXT_HAS_PERSON_ID reason/text; \
        FIELD_NOT_ALLOWED customer; HETU_INVALID customer/personId; \
        MUNICIPALITY_UNKNOWN customer/municipalityOfResidence; PP_VERSION_CONFLICT expectedVersion; \
        PP_VALIDITY_INVALID effectiveFrom";
    // What the grant would have said is not asked when there is none.
    let late = terms("kotiapu").replace("2026-02-20", "2026-03-17");
    let unknown = amend(ORDINARY, (MISTYPED, 1), "2026-04-01", &late).acting("070785-9016");
    let not_found = format!("HETU_INVALID meta/actingPersonId; {NOT_FOUND}");
    check(
        &server,
        &[("all", worst, expected), ("unknown", unknown, &not_found)],
    );
}

#[test]
fn a_number_must_be_the_organisers_own() {
    let site = site("");
    let server = site.start();
    let theirs = grant()
        .client("FI-TEST/MUN/0211675-2/perus")
        .set("psop:municipalityCode", "837");
    let theirs = granted(&server, theirs);
    let own = granted(&server, grant());
    let lower = own.to_lowercase().replace('-', "");
    for round in 0..12 {
        // Base systems are not limited in their misses.
        let unknown = "OV-1234-5678-9ABC-B";
        check(
            &server,
            &[
                ("another's", suspend(ORDINARY, &theirs), NOT_FOUND),
                ("mistyped", suspend(ORDINARY, MISTYPED), NOT_FOUND),
                ("unknown", suspend(ORDINARY, unknown), NOT_FOUND),
            ],
        );
        if round == 0 {
            check(
                &server,
                &[("own, in any writing", suspend(ORDINARY, &lower), "OK")],
            );
        }
    }
}

#[test]
fn a_grant_is_changed_by_its_kinds_service_only() {
    let server = site("").start();
    let grants = one_of_each(&server);
    for (service, number_of, _) in &grants {
        for (other, _, block) in grants.iter().filter(|(other, _, _)| other != service) {
            let stale = amend(other, (number_of, 9), "2027-01-01", block);
            check(
                &server,
                &[
                    (other, suspend(other, number_of), KIND),
                    (other, resume(other, number_of), KIND),
                    (other, cancel(other, number_of, "2026-04-01"), KIND),
                    (other, stale, &format!("{KIND}; {VERSION}")),
                ],
            );
        }
    }
    check(&server, &[("top-up", top_up(&grants[0].1, "1.00"), KIND)]);
}

#[test]
fn versions_rise_with_every_accepted_action_and_must_match_where_given() {
    let server = site("").start();
    for (service, of, block) in one_of_each(&server) {
        let step = |message: Message| {
            let answer = server.post(&message.0);
            let state = answer.text("state").unwrap_or_default();
            let version = answer.text("version").unwrap_or_default();
            format!("{} {version} {state}", verdict(&answer))
                .trim_end()
                .to_owned()
        };
        let stale = |given| amend(service, (&of, given), "2026-04-01", &block);
        assert_eq!(step(stale(2)), VERSION);
        assert_eq!(step(stale(1)), "OK 2 VOIMASSA");
        assert_eq!(step(stale(1)), VERSION);
        assert_eq!(step(suspend(service, &of)), "OK 3 KESKEYTETTY");
        assert_eq!(
            step(suspend(service, &of)),
            "PP_SUSPENDED purchasingPowerNumber"
        );
        assert_eq!(
            step(stale(3)),
            "OK 4 KESKEYTETTY",
            "amended while suspended"
        );
        assert_eq!(step(resume(service, &of)), "OK 5 VOIMASSA");
        assert_eq!(
            step(resume(service, &of)),
            "PP_AMEND_NOT_ALLOWED purchasingPowerNumber"
        );
        let cancel_of = |given| {
            cancel(service, &of, "2026-04-01").after("psop:purchasingPowerNumber", &version(given))
        };
        assert_eq!(step(cancel_of(4)), VERSION);
        assert_eq!(step(cancel_of(5)), "OK 6 VOIMASSA", "from April on");
        assert_eq!(step(cancel(service, &of, "2026-05-01")), CANCELLED);
        assert_eq!(step(suspend(service, &of)), CANCELLED);
        assert_eq!(step(resume(service, &of)), CANCELLED);
        assert_eq!(step(stale(6)), CANCELLED);
        assert_eq!(step(stale(5)), format!("{VERSION}; {CANCELLED}"));
        if service == SALDO {
            assert_eq!(step(top_up(&of, "1.00")), CANCELLED);
        }
    }
}

#[test]
fn a_refused_change_leaves_nothing_behind() {
    let server = site("").start();
    let of = granted(&server, grant());
    let mended = amend(ORDINARY, (&of, 1), "2026-04-01", &hours("10", "30.00"));
    let refused = mended
        .clone()
        .set("psop:unit", "KPL")
        .set("xrd:id", "refused-1");
    check(
        &server,
        &[
            ("refused", refused, "PP_AMEND_NOT_ALLOWED ordinary/unit"),
            ("the same reference", mended.clone(), "OK"),
        ],
    );
    // A repeat answers as before, though the version is now another.
    let again = server.post(&mended.0);
    assert_eq!(again.text("replayed").unwrap(), "true");
    assert_eq!(again.text("version").unwrap(), "2");
    let other = mended
        .set("psop:unitValue", "31.00")
        .set("xrd:id", "other-1");
    let conflict = "SOURCE_REFERENCE_CONFLICT meta/sourceReference";
    check(&server, &[("another content", other, conflict)]);
}

#[test]
fn a_repeat_may_write_the_number_in_another_way() {
    let server = site("").start();
    let of = granted(&server, grant());
    let first = suspend(ORDINARY, &of);
    let second = first
        .clone()
        .replace(&of, &of.to_lowercase().replace('-', ""));
    assert_eq!(verdict(&server.post(&first.0)), "OK");
    let again = server.post(&second.0);
    assert_eq!(again.text("replayed").unwrap(), "true", "{}", again.body);
}

#[test]
fn another_person_acts_by_mandate_only() {
    let server = site("").start();
    let of = granted(&server, grant().set("psop:personId", "110987-904Y"));
    let by = |person: &str| suspend(ORDINARY, &of).acting(person);
    let unasked = "MANDATE_CHECK_UNAVAILABLE meta/actingPersonId";
    let resumed = resume(ORDINARY, &of).acting("070785-9015");
    let not_suspended = "PP_AMEND_NOT_ALLOWED purchasingPowerNumber";
    check(
        &server,
        &[
            ("another", by("070785-9015"), unasked),
            (
                "not asked when something else fails",
                resumed,
                not_suspended,
            ),
            ("the customer", by("110987-904Y"), "OK"),
        ],
    );
}

#[test]
fn a_grant_is_annulled_from_any_day_until_its_last() {
    let site = site("");
    let server = site.start();
    let state_of = |message: Message| {
        let answer = server.post(&message.0);
        assert_eq!(verdict(&answer), "OK");
        assert_eq!(answer.text("totalAuthorised").unwrap(), "1920.00");
        answer.text("state").unwrap()
    };
    let new = || granted(&server, grant());
    assert_eq!(
        state_of(cancel(ORDINARY, &new(), "2020-01-01")),
        "MITATOITY"
    );
    assert_eq!(
        state_of(cancel(ORDINARY, &new(), "2026-03-16")),
        "MITATOITY"
    );
    assert_eq!(state_of(cancel(ORDINARY, &new(), "2026-03-17")), "VOIMASSA");
    let last = new();
    let late = "PP_VALIDITY_INVALID effectiveFrom";
    check(
        &server,
        &[("after", cancel(ORDINARY, &last, "2026-09-01"), late)],
    );
    assert_eq!(state_of(cancel(ORDINARY, &last, "2026-08-31")), "VOIMASSA");
    drop(server);
    set_clock(&site, "2026-08-31T10:00:00+03:00");
    let server = site.start();
    let answer = server.post(&Message::lookup(&last).0);
    assert_eq!(answer.text("state").unwrap(), "MITATOITY");
}

/// Stops the server, records an event on each grant, and starts it again.
pub fn with_events(site: &Site, server: Server, events: &[(&str, Recorded)]) -> Server {
    server.stop();
    let planted = Planted::open(site);
    for (number, recorded) in events {
        let number = psop_adapter::domain::number::PurchasingPowerNumber::parse(number).unwrap();
        planted.event(number, *recorded);
    }
    planted.close();
    site.start()
}

#[test]
fn an_annulment_reaches_no_settled_event() {
    let site = site("");
    let server = site.start();
    let settled = Recorded {
        kind: EventKind::Ordinary,
        state: EventState::Tilitetty,
        service_date: date(2026, 3, 10),
        ..Recorded::default()
    };
    let [open, partly, wholly] = [(); 3].map(|()| granted(&server, grant()));
    let server = with_events(
        &site,
        server,
        &[
            (&open, settled),
            (
                &partly,
                Recorded {
                    state: EventState::Maksettu,
                    credited: Some(Credited::Partial),
                    ..settled
                },
            ),
            (
                &wholly,
                Recorded {
                    credited: Some(Credited::Full),
                    ..settled
                },
            ),
        ],
    );
    let touches = "PP_AMEND_TOUCHES_SETTLED effectiveFrom";
    check(
        &server,
        &[
            ("on its day", cancel(ORDINARY, &open, "2026-03-10"), touches),
            (
                "paid, credited in part",
                cancel(ORDINARY, &partly, "2026-01-01"),
                touches,
            ),
            (
                "credited wholly",
                cancel(ORDINARY, &wholly, "2026-03-10"),
                "OK",
            ),
            ("the day after", cancel(ORDINARY, &open, "2026-03-11"), "OK"),
        ],
    );
}
