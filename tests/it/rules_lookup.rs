//! Looking a purchasing power up: how its number may be written, who is shown it and who is told
//! nothing, how the provider is judged, and for how long a grant is shown.

use crate::scenery::{
    HEAD, MISTYPED, MORE, check, day_activity, grant, person, set_clock, site, site_with,
};
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
fn a_number_is_found_however_it_is_written() {
    let server = site("").start();
    // Numbers are random: grants are made until one has both a 0 and a 1 to misspell.
    let number = (0..200)
        .map(|_| granted(&server, grant()))
        .find(|number| number.contains('0') && number.contains('1'))
        .expect("a number with a 0 and a 1");
    let lower = number.to_lowercase();
    let o_for_0 = |letter: &str| format!("OV{}", number[2..].replace('0', letter));
    let for_1 = |letter: &str| format!("OV{}", number[2..].replace('1', letter));
    for text in [
        number.clone(),
        lower.clone(),
        number.replace('-', ""),
        lower.replace('-', ""),
        format!("oV{}", &number[2..]),
        number.replacen('-', "", 1),
        number.replacen('-', "", 3),
        o_for_0("O"),
        o_for_0("o"),
        for_1("I"),
        for_1("i"),
        for_1("L"),
        for_1("l"),
    ] {
        let answer = server.post(&Message::lookup(&text).0);
        assert_eq!(
            answer.text("purchasingPowerNumber"),
            Some(number.clone()),
            "{text}"
        );
    }
    let shape = "FAULT XSD_INVALID";
    let with_blank = format!(" {number}");
    check(
        &server,
        &[
            ("blank", Message::lookup(&with_blank), shape),
            ("a character short", Message::lookup(&number[..18]), shape),
            ("without OV", Message::lookup(&number[3..]), shape),
            (
                "spaces for hyphens",
                Message::lookup(&number.replace('-', " ")),
                shape,
            ),
        ],
    );
}

#[test]
fn a_wrong_check_character_is_not_found_and_no_miss() {
    let server = site("").start();
    let number = granted(&server, grant());
    let (stem, check_character) = number.split_at(number.len() - 1);
    let others: Vec<char> = "0123456789ABCDEFGHJKMNPQRSTVWXYZU"
        .chars()
        .filter(|letter| !check_character.contains(*letter))
        .collect();
    assert_eq!(others.len(), 32);
    for letter in others {
        let message = Message::lookup(&format!("{stem}{letter}"));
        check(&server, &[("other character", message, MISS)]);
    }
    let swapped: String = (3..16)
        .find(|at| {
            let pair = &number.as_bytes()[*at..at + 2];
            pair[0] != pair[1] && !pair.contains(&b'-')
        })
        .map(|at| {
            let (left, right) = (&number[at..=at], &number[at + 1..at + 2]);
            format!("{}{right}{left}{}", &number[..at], &number[at + 2..])
        })
        .expect("two neighbours that differ");
    check(
        &server,
        &[
            ("neighbours swapped", Message::lookup(&swapped), MISS),
            ("still not limited", Message::lookup(&number), "OK"),
        ],
    );
}

#[test]
fn whoever_may_not_see_a_grant_gets_the_answer_of_no_grant() {
    let server = site(MORE).start();
    let plain = granted(&server, grant());
    let chosen = granted(
        &server,
        grant().terms("chosenProviderBusinessId", "9000003-8"),
    );
    let allowed = granted(
        &server,
        grant()
            .terms("allowedProviderBusinessId", "9000003-8")
            .terms("allowedProviderBusinessId", "9000008-9"),
    );
    let both = granted(
        &server,
        grant()
            .terms("chosenProviderBusinessId", "9000003-8")
            .terms("allowedProviderBusinessId", "9000007-0"),
    );
    let closed = granted(&server, grant().valid("2025-01-01", "2026-01-14"));
    let ask = |message: Message| {
        // One message id for all, since the answer repeats it.
        let answer = server.post(&message.set("xrd:id", "the-same").0);
        (answer.status, answer.body)
    };
    let nothing = ask(Message::lookup(UNKNOWN));
    assert!(nothing.1.contains("PP_NOT_FOUND"));
    for (case, message) in [
        ("another's person", Message::lookup(&plain).of(&person())),
        ("not the chosen", Message::lookup(&chosen)),
        ("not allowed", Message::lookup(&allowed)),
        ("allowed, but another is chosen", Message::lookup(&both)),
        ("closed", Message::lookup(&closed)),
        ("mistyped", Message::lookup(MISTYPED)),
        // Neither the unit nor the day tell that the grant is there.
        (
            "its unit",
            Message::lookup(&chosen).after("psop:providerBusinessId", UNIT),
        ),
        ("its day", Message::lookup(&chosen).on("2027-01-01")),
    ] {
        assert_eq!(ask(message), nothing, "{case}");
    }
}

const UNIT: &str = "<psop:providerUnitCode>EI-OLE</psop:providerUnitCode>";

#[test]
fn a_provider_is_judged_after_the_grant_and_on_the_service_date() {
    let rows = MORE.to_owned() + SUSPENSION;
    let head = HEAD;
    let site = site_with(head, |registry| {
        let name = "name = \"Kotihoiva Koivu Oy\"\n";
        let unit = "units = [{ unit_code = \"KOIVU-1\", name = \"Koivu, keskusta\" }]\n";
        registry.replace(name, &format!("{name}{unit}")) + &rows
    });
    let server = site.start();
    let plain = granted(&server, grant().valid("2026-01-01", "2026-12-31"));
    let chosen = granted(
        &server,
        grant().terms("chosenProviderBusinessId", "9000007-0"),
    );
    let daily = granted(&server, day_activity());
    let chosen_only = granted(
        &server,
        grant()
            .terms("chosenProviderBusinessId", "9000007-0")
            .terms("allowedProviderBusinessId", "9000003-8"),
    );
    let listed = granted(
        &server,
        grant()
            .terms("allowedProviderBusinessId", "9000003-8")
            .terms("allowedProviderBusinessId", "9000007-0"),
    );
    let tampere = grant()
        .client("FI-TEST/MUN/0211675-2/perus")
        .set("psop:municipalityCode", "837");
    let tampere = granted(&server, tampere);
    let helmi = |date: &str| {
        Message::lookup(&plain)
            .client("FI-TEST/COM/9000005-4/dental-integrator")
            .represented("9000008-9")
            .provider("9000008-9")
            .on(date)
    };
    let unit = |code: &str, message: Message| {
        let xml = format!("<psop:providerUnitCode>{code}</psop:providerUnitCode>");
        message.after("psop:providerBusinessId", &xml)
    };
    let not_then = "PROVIDER_APPROVAL_NOT_VALID_ON_DATE providerBusinessId";
    let unknown_unit = "PROVIDER_UNIT_UNKNOWN providerUnitCode";
    let daycare = |number: &str| {
        Message::lookup(number)
            .client("FI-TEST/COM/9000004-6/daycare")
            .provider("9000004-6")
    };
    check(
        &server,
        &[
            ("no approval", app(&plain), UNAPPROVED),
            (
                "the chosen, in no list",
                Message::lookup(&chosen_only),
                "OK",
            ),
            ("one of the list", Message::lookup(&listed), "OK"),
            ("no approval and another chosen", app(&chosen), MISS),
            (
                "another organiser's approval",
                Message::lookup(&tampere),
                UNAPPROVED,
            ),
            ("suspended", daycare(&plain), UNAPPROVED),
            (
                "suspended beside an approved row",
                daycare(&daily),
                UNAPPROVED,
            ),
            ("today", helmi("2026-03-16"), "OK"),
            ("the last day of the first row", helmi("2026-02-28"), "OK"),
            ("the first day between", helmi("2026-03-01"), not_then),
            ("the last day between", helmi("2026-03-02"), not_then),
            ("the first day of the second row", helmi("2026-03-03"), "OK"),
            ("long after the validity", helmi("2030-01-01"), "OK"),
            ("before any row", helmi("2024-12-31"), not_then),
            (
                "a known unit",
                unit("KOIVU-1", Message::lookup(&plain)),
                "OK",
            ),
            (
                "an unknown unit",
                unit("KOIVU-2", Message::lookup(&plain)),
                unknown_unit,
            ),
            (
                "letter case",
                unit("koivu-1", Message::lookup(&plain)),
                unknown_unit,
            ),
            (
                "another's unit",
                unit("KOIVU-1", helmi("2026-03-16")),
                unknown_unit,
            ),
            (
                "unit and approval",
                unit("KOIVU-1", app(&plain)),
                &format!("{UNAPPROVED}; {unknown_unit}"),
            ),
        ],
    );
}

const SUSPENSION: &str = r#"
[[approval]]
organiser = { municipality = "853" }
service_code = "paivatoiminta"
provider = "9000004-6"
valid_from = "2025-01-01"
state = "APPROVED"

[[approval]]
organiser = { municipality = "853" }
service_code = "paivatoiminta"
provider = "9000004-6"
valid_from = "2024-01-01"
valid_to = "2024-12-31"
state = "SUSPENDED"
"#;

#[test]
fn a_grant_is_shown_while_events_may_still_be_recorded() {
    let site = site("");
    let server = site.start();
    let number = granted(&server, grant().valid("2026-03-17", "2026-03-31"));
    let old = |to: &str| granted(&server, grant().valid("2025-01-01", to));
    let (day_60, day_61) = (old("2026-01-15"), old("2026-01-14"));
    check(
        &server,
        &[
            ("60 days after", Message::lookup(&day_60), "OK"),
            ("61 days after", Message::lookup(&day_61), MISS),
        ],
    );
    drop(server);
    // The last moment of a day and the first of the next, in Helsinki, with its offset of the season.
    for (clock, state, as_of) in [
        (
            "2026-03-16T21:59:59Z",
            "TULEVA",
            "2026-03-16T23:59:59+02:00",
        ),
        (
            "2026-03-16T22:00:00Z",
            "VOIMASSA",
            "2026-03-17T00:00:00+02:00",
        ),
        (
            "2026-03-31T20:59:59Z",
            "VOIMASSA",
            "2026-03-31T23:59:59+03:00",
        ),
        (
            "2026-03-31T21:00:00Z",
            "PAATTYNYT",
            "2026-04-01T00:00:00+03:00",
        ),
        (
            "2026-05-30T20:59:59.5Z",
            "PAATTYNYT",
            "2026-05-30T23:59:59.5+03:00",
        ),
    ] {
        set_clock(&site, clock);
        let answer = site.start().post(&Message::lookup(&number).0);
        assert_eq!(answer.text("state").as_deref(), Some(state), "{clock}");
        let shown = answer.text("asOf").unwrap();
        // Fraction digits may be fewer or more.
        let (moment, offset) = shown.split_at(shown.len() - 6);
        let moment = match moment.contains('.') {
            true => moment.trim_end_matches('0').trim_end_matches('.'),
            false => moment,
        };
        assert_eq!(format!("{moment}{offset}"), as_of);
    }
    set_clock(&site, "2026-05-30T21:00:00Z");
    let server = site.start();
    check(
        &server,
        &[("61 days after", Message::lookup(&number), MISS)],
    );
}
