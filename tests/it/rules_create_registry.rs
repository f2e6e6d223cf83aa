//! Granting an ordinary purchasing power: the rules that the registry and the customer's other grants
//! decide (service type, overlap, chosen provider), and what the new grant is worth and called.

use crate::scenery::{
    MORE, check, day_activity, grant, person, set_clock, site, verdict, with_check,
};
use crate::support::message::Message;
use crate::support::server::Server;

const TAMPERE: &str = "FI-TEST/MUN/0211675-2/perus";

fn tampere(message: Message) -> Message {
    message.client(TAMPERE).set("psop:municipalityCode", "837")
}

fn purchase(message: Message) -> Message {
    message
        .set("psop:instrument", "PURCHASE")
        .terms("contractRef", "SOP-1")
}

#[test]
fn the_service_type_decides_on_the_first_day() {
    let server = site(MORE).start();
    let unknown = "SERVICE_TYPE_UNKNOWN terms/serviceCode";
    let unit = "UNIT_NOT_ALLOWED ordinary/unit";
    let instrument = "INSTRUMENT_NOT_ALLOWED terms/instrument";
    let service = |code: &str| grant().set("psop:serviceCode", code);
    let stopped = |from: &str| service("lopetettu").valid(from, "2026-08-31");
    let daily = |from: &str| day_activity().valid(from, "2026-08-31");
    let contract = "CONTRACT_REF_REQUIRED terms/contractRef";
    check(
        &server,
        &[
            ("no such service", service("kotiapuu"), unknown),
            ("another's service", service("varhaiskasvatus"), unknown),
            ("letter case", service("Kotiapu"), unknown),
            ("a blank is an error", service("kotiapu "), unknown),
            (
                "before its first day",
                grant().valid("2024-12-31", "2026-08-31"),
                unknown,
            ),
            (
                "on its first day",
                grant().valid("2025-01-01", "2026-08-31"),
                "OK",
            ),
            ("on its last day", stopped("2025-12-31"), "OK"),
            ("after its last day", stopped("2026-01-01"), unknown),
            ("instrument", purchase(grant()), instrument),
            ("unit", grant().set("psop:unit", "KPL"), unit),
            ("first version's last day", daily("2026-06-30"), "OK"),
            (
                "second version's first day",
                daily("2026-07-01"),
                &format!("{instrument}; {unit}"),
            ),
            (
                "second version",
                purchase(daily("2026-07-01")).set("psop:unit", "D"),
                "OK",
            ),
            ("with contract", purchase(day_activity()), "OK"),
            (
                "without contract",
                day_activity().set("psop:instrument", "PURCHASE"),
                contract,
            ),
            (
                "without contract, not allowed either",
                grant().set("psop:instrument", "PURCHASE"),
                &format!("{instrument}; {contract}"),
            ),
            (
                "voucher with contract",
                day_activity().terms("contractRef", "SOP-1"),
                "OK",
            ),
        ],
    );
}

#[test]
fn a_second_grant_of_a_service_must_not_overlap() {
    let site = site(MORE);
    let server = site.start();
    let overlap = "PP_OVERLAP terms/validFrom";
    let customer = person();
    let of = |from: &str, to: &str| {
        Message::create()
            .set("psop:personId", &customer)
            .valid(from, to)
    };
    let other_century = with_check("150318B905");
    let child = |code: &str| Message::create().set("psop:personId", code);
    let this_century = with_check("150318A905");
    let day = |instrument: fn(Message) -> Message| {
        instrument(day_activity()).set("psop:personId", &customer)
    };
    let late = |from: &str| {
        day(purchase)
            .set("psop:unit", "D")
            .valid(from, "2026-12-31")
    };
    let expired = person();
    let back_dated = |to: &str| {
        Message::create()
            .set("psop:personId", &expired)
            .valid("2026-01-01", to)
    };
    check(
        &server,
        &[
            ("first", of("2026-03-01", "2026-08-31"), "OK"),
            ("its last day", of("2026-08-31", "2026-12-31"), overlap),
            ("its first day", of("2026-01-01", "2026-03-01"), overlap),
            ("around it", of("2026-01-01", "2026-12-31"), overlap),
            ("inside it", of("2026-04-01", "2026-04-01"), overlap),
            ("the day after", of("2026-09-01", "2026-12-31"), "OK"),
            ("the day before", of("2026-01-01", "2026-02-28"), "OK"),
            (
                "one to come counts",
                of("2026-12-31", "2027-01-31"),
                overlap,
            ),
            ("another customer", grant(), "OK"),
            ("this century", child(&this_century), "OK"),
            ("same digits, another person", child(&other_century), "OK"),
            ("that person again", child(&other_century), overlap),
            (
                "another organiser",
                tampere(of("2026-03-01", "2026-08-31")),
                "OK",
            ),
            (
                "there again",
                tampere(of("2026-08-31", "2026-08-31")),
                overlap,
            ),
            ("another service", day(|message| message), "OK"),
            ("it may overlap", day(purchase), "OK"),
            ("judged on the first day", late("2026-07-01"), overlap),
            ("later", late("2026-09-01"), "OK"),
            ("ended yesterday", back_dated("2026-03-15"), "OK"),
            ("which counts no more", back_dated("2026-03-15"), "OK"),
            ("ends today", back_dated("2026-03-16"), "OK"),
            ("which counts", back_dated("2026-03-16"), overlap),
        ],
    );
    // A day later what ended on the 16th counts no more.
    drop(server);
    set_clock(&site, "2026-03-17T00:00:00+02:00");
    let server = site.start();
    check(&server, &[("today", back_dated("2026-03-17"), "OK")]);
}

#[test]
fn a_chosen_provider_is_approved_on_the_first_day() {
    let server = site(MORE).start();
    let field = "terms/chosenProviderBusinessId";
    let never = format!("PROVIDER_NOT_APPROVED {field}");
    let not_then = format!("PROVIDER_APPROVAL_NOT_VALID_ON_DATE {field}");
    let early = format!("OK_WITH_WARNINGS PROVIDER_APPROVAL_ENDS_EARLY {field}");
    let chosen = |provider: &str, from: &str, to: &str| {
        grant()
            .valid(from, to)
            .terms("chosenProviderBusinessId", provider)
    };
    let suspended = chosen("9000004-6", "2026-03-01", "2026-08-31");
    let unknown = chosen("9000006-2", "2026-03-01", "2026-08-31");
    let allowed = grant()
        .terms("allowedProviderBusinessId", "9000006-2")
        .terms("allowedProviderBusinessId", "9000009-7");
    check(
        &server,
        &[
            (
                "approved",
                chosen("9000007-0", "2026-03-01", "2026-08-31"),
                "OK",
            ),
            ("no row", unknown, &never),
            (
                "no such provider",
                chosen("9000009-7", "2026-03-01", "2026-08-31"),
                &never,
            ),
            ("suspended", suspended, &never),
            (
                "covers all",
                chosen("9000003-8", "2026-03-01", "2026-08-30"),
                "OK",
            ),
            (
                "ends a day early",
                chosen("9000003-8", "2026-03-01", "2026-08-31"),
                &early,
            ),
            (
                "its last day",
                chosen("9000003-8", "2026-08-30", "2026-08-30"),
                "OK",
            ),
            (
                "its end",
                chosen("9000003-8", "2026-08-31", "2026-08-31"),
                &not_then,
            ),
            (
                "before it",
                chosen("9000003-8", "2026-02-28", "2026-08-30"),
                &not_then,
            ),
            (
                "between two rows",
                chosen("9000008-9", "2026-03-02", "2026-08-30"),
                &not_then,
            ),
            (
                "the second row",
                chosen("9000008-9", "2026-03-03", "2026-08-30"),
                "OK",
            ),
            (
                "an ended row",
                chosen("9000008-9", "2026-02-28", "2026-02-28"),
                "OK",
            ),
            (
                "an ended row, beyond",
                chosen("9000008-9", "2026-02-28", "2026-03-01"),
                &early,
            ),
            ("allowed are not asked", allowed, "OK"),
        ],
    );
}

fn total(server: &Server, message: Message) -> String {
    let answer = server.post(&message.0);
    match verdict(&answer).as_str() {
        "OK" => answer.text("totalAuthorised").unwrap(),
        refused => refused.to_owned(),
    }
}

#[test]
fn totals_are_summed_exactly_and_rounded_once() {
    let server = site("").start();
    let march = ("2026-03-01", "2026-03-31");
    let new_year = ("2026-12-27", "2027-01-04");
    let half_year = ("2026-03-01", "2026-08-31");
    let three_days = ("2026-03-16", "2026-03-18");
    let too_much = "FIELD_NOT_ALLOWED ordinary";
    let cases = [
        (half_year, "10", "ONCE", "32.00", "320.00"),
        (half_year, "7.5", "WHOLE", "12.34", "92.55"),
        (march, "2", "DAY", "10.00", "620.00"),
        (("2028-02-28", "2028-03-01"), "1", "DAY", "10.00", "30.00"),
        // 1 March 2026 is a Sunday: weeks 9 to 14.
        (march, "3", "WEEK", "5.00", "90.00"),
        // Weeks 52 and 53 of 2026, and 1 of 2027.
        (new_year, "1", "WEEK", "5.00", "15.00"),
        (("2026-12-28", "2027-01-03"), "1", "WEEK", "5.00", "5.00"),
        (("2025-12-29", "2026-01-01"), "1", "WEEK", "5.00", "5.00"),
        (half_year, "10", "MONTH", "32.00", "1920.00"),
        (("2026-01-31", "2026-03-01"), "1", "MONTH", "10.00", "30.00"),
        (("2026-12-31", "2027-01-01"), "1", "MONTH", "10.00", "20.00"),
        (("2026-12-31", "2028-01-01"), "1", "YEAR", "10.00", "30.00"),
        (half_year, "1", "YEAR", "10.00", "10.00"),
        (("2026-03-01", "2031-02-28"), "0.001", "DAY", "1.00", "1.83"),
        // 0.333 × 0.05 three times is 0.04995; 0.5 × 0.01 three times is 0.015.
        (three_days, "0.333", "DAY", "0.05", "0.05"),
        (three_days, "0.5", "DAY", "0.01", "0.02"),
        (three_days, "0.001", "DAY", "0.01", "0.00"),
        (march, "0.5", "ONCE", "0.01", "0.01"),
        (march, "0.499", "ONCE", "0.01", "0.00"),
        (march, "1.5", "ONCE", "10.33", "15.50"),
        (march, "10", "ONCE", "0", "0.00"),
        (march, "1", "ONCE", "9999999.99", "9999999.99"),
        (march, "99999.999", "ONCE", "100.00", "9999999.90"),
        (march, "2", "ONCE", "5000000.00", too_much),
        (
            ("2026-03-01", "2026-04-30"),
            "1",
            "MONTH",
            "5000000",
            too_much,
        ),
        // 9999999.99999 would be 10000000.00.
        (march, "1000.001", "ONCE", "9999.99", too_much),
        (
            ("2026-03-01", "2031-02-28"),
            "99999.999",
            "DAY",
            "9999999.99",
            too_much,
        ),
    ];
    for (position, ((from, to), quantity, period, value, expected)) in cases.into_iter().enumerate()
    {
        let message = grant().valid(from, to).amounts(quantity, period, value);
        let case = format!("case {position}: {quantity} × {value} by {period}");
        assert_eq!(total(&server, message), expected, "{case}");
    }
}

#[test]
fn a_new_grant_has_a_number_a_version_and_todays_state() {
    let server = site("").start();
    for (from, to, state) in [
        ("2026-03-17", "2026-03-17", "TULEVA"),
        ("2026-03-16", "2026-03-16", "VOIMASSA"),
        ("2025-01-01", "2026-03-16", "VOIMASSA"),
        ("2026-03-16", "2030-12-31", "VOIMASSA"),
        ("2025-01-01", "2026-03-15", "PAATTYNYT"),
    ] {
        let answer = server.post(&grant().valid(from, to).0);
        let shown = |name: &str| answer.text(name).unwrap_or_default();
        assert_eq!(verdict(&answer), "OK");
        assert_eq!(shown("state"), state, "{from} to {to}");
        assert_eq!(
            (shown("validFrom"), shown("validTo")),
            (from.to_owned(), to.to_owned())
        );
        assert_eq!(
            (shown("kind"), shown("version")),
            ("ORDINARY".to_owned(), "1".to_owned())
        );
        let number = shown("purchasingPowerNumber");
        let alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let groups: Vec<&str> = number.split('-').collect();
        assert_eq!(
            groups.iter().map(|group| group.len()).collect::<Vec<_>>(),
            [2, 4, 4, 4, 1]
        );
        let values = groups[1..4]
            .concat()
            .chars()
            .map(|letter| alphabet.find(letter).unwrap())
            .fold(0, |check, value| {
                let doubled = (check ^ value) << 1;
                if doubled & 0x20 == 0 {
                    doubled
                } else {
                    doubled ^ 0x25
                }
            });
        assert_eq!(groups[4], &alphabet[values..=values], "{number}");
    }
}
