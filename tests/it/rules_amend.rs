//! Amending a grant: what is fixed, which day it holds from, how values, periods and providers follow,
//! and overlap.

use crate::changes::{
    ORDINARY, amend, cancel, create, element, hours, quota, suspend, terms, terms_until,
};
use crate::scenery::{MORE, check, grant, person, site, verdict};
use crate::support::message::Message;
use crate::support::server::Server;

const DAY: &str = "2026-04-01";
const VALIDITY: &str = "PP_VALIDITY_INVALID terms/validTo";

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

fn element_terms(more: &str) -> String {
    terms_until("kotiapu", "2026-08-31", more)
}

/// Total and version after an amendment, or why it is refused.
fn amended(server: &Server, message: &Message) -> String {
    let answer = server.post(&message.0);
    match verdict(&answer).as_str() {
        "OK" => format!(
            "{} v{}",
            answer.text("totalAuthorised").unwrap(),
            answer.text("version").unwrap()
        ),
        refused => refused.to_owned(),
    }
}

/// Value, cap, period, quantity and what is left in all on a day, as the home-care provider sees them.
fn seen(server: &Server, number: &str, day: &str) -> String {
    let answer = server.post(&Message::lookup(number).on(day).0);
    assert_eq!(verdict(&answer), "OK");
    [
        "unitValue",
        "maxUnitPrice",
        "periodKey",
        "quantityPerPeriod",
        "totalRemaining",
    ]
    .map(|name| answer.text(name).unwrap_or_else(|| "none".to_owned()))
    .join(" ")
}

#[test]
fn what_is_fixed_must_be_repeated() {
    let server = site(MORE).start();
    let of = granted(&server, grant());
    let same = || terms("kotiapu");
    let with = |parts: &str| amend(ORDINARY, (&of, 1), DAY, parts);
    let fixed = |field: &str| format!("PP_AMEND_NOT_ALLOWED {field}");
    let terms_with = |from: &str, to: &str| same().replace(from, to);
    let unit = quota("KPL", "10", "MONTH", "32.00", "");
    let period = quota("H", "10", "WEEK", "32.00", "");
    let all = terms_with("kotiapu", "paivatoiminta")
        .replace("VOUCHER", "PURCHASE")
        .replace("2026-03-01", "2026-03-02")
        + &quota("D", "10", "YEAR", "32.00", "");
    check(
        &server,
        &[
            (
                "service",
                with(&terms_with("kotiapu", "paivatoiminta")),
                &fixed("terms/serviceCode"),
            ),
            (
                "no service at all",
                with(&terms_with("kotiapu", "x")),
                &fixed("terms/serviceCode"),
            ),
            (
                "instrument",
                with(&terms_with("VOUCHER", "PURCHASE")),
                &fixed("terms/instrument"),
            ),
            (
                "first day",
                with(&terms_with("2026-03-01", "2026-02-28")),
                &fixed("terms/validFrom"),
            ),
            ("unit", with(&unit), &fixed("ordinary/unit")),
            ("period", with(&period), &fixed("ordinary/period")),
            (
                "everything",
                with(&all),
                "PP_AMEND_NOT_ALLOWED terms/instrument; PP_AMEND_NOT_ALLOWED terms/serviceCode; \
                 PP_AMEND_NOT_ALLOWED terms/validFrom; PP_AMEND_NOT_ALLOWED ordinary/unit; \
                 PP_AMEND_NOT_ALLOWED ordinary/period",
            ),
            ("terms as they are", with(&same()), "OK"),
        ],
    );
}

#[test]
fn the_day_it_holds_from_lies_within_the_validity() {
    let server = site("").start();
    let outside = "PP_VALIDITY_INVALID effectiveFrom";
    let of = granted(&server, grant());
    let on = |day: &str, version| amend(ORDINARY, (&of, version), day, &hours("10", "32.00"));
    let longer = |day: &str, last: &str, version| {
        amend(
            ORDINARY,
            (&of, version),
            day,
            &terms_until("kotiapu", last, ""),
        )
    };
    check(
        &server,
        &[
            ("before", on("2026-02-28", 1), outside),
            ("after", on("2026-09-01", 1), outside),
            ("first day", on("2026-03-01", 1), "OK"),
            ("last day", on("2026-08-31", 2), "OK"),
            ("with a zone", on("2026-08-31Z", 3), "OK"),
            (
                "in the part that is new",
                longer("2026-09-01", "2026-12-31", 4),
                "OK",
            ),
            (
                "behind the part that stays",
                longer("2026-08-01", "2026-07-31", 5),
                outside,
            ),
            ("its last day", longer("2026-07-31", "2026-07-31", 5), "OK"),
            (
                "five years",
                longer("2026-07-31", "2031-03-01", 6),
                VALIDITY,
            ),
            (
                "five years less a day",
                longer("2026-07-31", "2031-02-28", 6),
                "OK",
            ),
            ("backwards", longer("2026-03-01", "2026-02-28", 7), VALIDITY),
        ],
    );
}

#[test]
fn values_hold_from_their_day_and_quantities_by_the_last_day_of_a_period() {
    let server = site("").start();
    let of = granted(&server, grant());
    let step = |version, day: &str, parts: &str| {
        amended(&server, &amend(ORDINARY, (&of, version), day, parts))
    };
    // 10 h × 6 at 32.00; from 15 May on 8 h at 30.00: March and April as before.
    assert_eq!(step(1, "2026-05-15", &hours("8", "30.00")), "1600.00 v2");
    assert_eq!(
        seen(&server, &of, "2026-04-30"),
        "32.00 42.00 2026-04 10.000 42.000"
    );
    assert_eq!(
        seen(&server, &of, "2026-05-14"),
        "32.00 42.00 2026-05 8.000 32.000"
    );
    assert_eq!(
        seen(&server, &of, "2026-05-15"),
        "30.00 42.00 2026-05 8.000 32.000"
    );
    // What is appended later wins on every day it covers.
    let dearer = quota("H", "8", "MONTH", "40.00", "");
    assert_eq!(step(2, "2026-04-01", &dearer), "1920.00 v3");
    assert_eq!(
        seen(&server, &of, "2026-06-01"),
        "40.00 none 2026-06 8.000 24.000"
    );
    assert_eq!(
        seen(&server, &of, "2026-03-31"),
        "32.00 42.00 2026-03 10.000 50.000"
    );
    // The last period is counted by the last day of the validity.
    let shorter = terms_until("kotiapu", "2026-05-14", "");
    assert_eq!(step(3, "2026-03-01", &shorter), "960.00 v4");
    assert_eq!(
        seen(&server, &of, "2026-07-01"),
        "40.00 none 2026-05 8.000 8.000"
    );
    let longer = terms_until("kotiapu", "2026-06-01", "");
    assert_eq!(step(4, "2026-03-01", &longer), "1280.00 v5");
}

#[test]
fn a_total_that_fits_no_amount_is_refused() {
    let server = site("").start();
    let of = granted(&server, grant());
    let with = |parts: &str| amend(ORDINARY, (&of, 1), "2026-03-01", parts);
    let most = quota("H", "1", "MONTH", "1666666.66", "");
    let over = quota("H", "1", "MONTH", "1666666.67", "");
    let longer = terms_until("kotiapu", "2026-09-01", "");
    check(
        &server,
        &[
            ("too much", with(&over), "FIELD_NOT_ALLOWED ordinary"),
            ("as much as fits", with(&most), "OK"),
            (
                "then too long",
                amend(ORDINARY, (&of, 2), "2026-03-01", &longer),
                "FIELD_NOT_ALLOWED terms/validTo",
            ),
        ],
    );
}

#[test]
fn terms_replace_the_former_whole() {
    let server = site(MORE).start();
    let osva = element("osvaDocOid", "1.2.246.10.2048198.1");
    let basis = terms("kotiapu").replace(
        "<psop:valueBasis>",
        "<psop:legalBasis>VAKA_PALVELUSETELI</psop:legalBasis><psop:valueBasis>",
    );
    let full = basis.replace("</psop:terms>", &(osva + "</psop:terms>"));
    let of = granted(&server, create(ORDINARY, &full, &hours("10", "32.00")));
    let look = || {
        let answer = server.post(&Message::lookup(&of).0);
        (
            answer.text("docOid"),
            answer.text("legalBasis").unwrap(),
            answer.text("valueBasis").unwrap(),
        )
    };
    let basis = || "VAKA_PALVELUSETELI".to_owned();
    assert_eq!(
        look(),
        (
            Some("1.2.246.10.2048198.1".to_owned()),
            basis(),
            "FLAT".to_owned()
        )
    );
    let without = terms("kotiapu").replace("FLAT", "INCOME");
    check(
        &server,
        &[("cleared", amend(ORDINARY, (&of, 1), DAY, &without), "OK")],
    );
    assert_eq!(
        look(),
        (None, basis(), "INCOME".to_owned()),
        "legalBasis is kept"
    );
    let wrong =
        element_terms(&(element("osvaDocOid", "1.2.246.10.1") + &element("note", "070785-9015")))
            .replace("2026-02-20", "2026-03-17");
    let expected = "OID_INVALID terms/osvaDocOid; TEXT_HAS_PERSON_ID terms/note; \
        PP_VALIDITY_INVALID terms/decisionDate";
    check(
        &server,
        &[(
            "wrong ones",
            amend(ORDINARY, (&of, 2), DAY, &wrong),
            expected,
        )],
    );
    // A purchased service needs its contract again.
    let bought = terms("paivatoiminta")
        .replace("VOUCHER", "PURCHASE")
        .replace(
            "</psop:terms>",
            "<psop:contractRef>S-1</psop:contractRef></psop:terms>",
        );
    let visits = quota("KERTA", "1", "WHOLE", "10.00", "");
    let of = granted(&server, create(ORDINARY, &bought, &visits));
    let without = terms("paivatoiminta").replace("VOUCHER", "PURCHASE");
    let missing = "CONTRACT_REF_REQUIRED terms/contractRef";
    check(
        &server,
        &[(
            "contract",
            amend(ORDINARY, (&of, 1), DAY, &without),
            missing,
        )],
    );
}

#[test]
fn a_provider_is_chosen_from_a_day_on() {
    let server = site(MORE).start();
    let of = granted(&server, grant());
    let choose = |version, day: &str, name: &str, provider: &str| {
        amend(
            ORDINARY,
            (&of, version),
            day,
            &element_terms(&element(name, provider)),
        )
    };
    let field = "terms/chosenProviderBusinessId";
    let chosen = "chosenProviderBusinessId";
    let allowed = "allowedProviderBusinessId";
    let seen_on = |day: &str| verdict(&server.post(&Message::lookup(&of).on(day).0));
    let none = "PP_NOT_FOUND purchasingPowerNumber";
    check(
        &server,
        &[
            (
                "not approved",
                choose(1, DAY, chosen, "9000006-2"),
                &format!("PROVIDER_NOT_APPROVED {field}"),
            ),
            (
                "suspended",
                choose(1, DAY, chosen, "9000004-6"),
                &format!("PROVIDER_NOT_APPROVED {field}"),
            ),
            (
                "not on that day",
                choose(1, "2026-03-02", chosen, "9000008-9"),
                &format!("PROVIDER_APPROVAL_NOT_VALID_ON_DATE {field}"),
            ),
            (
                "wrong",
                choose(1, DAY, chosen, "9000002-0"),
                &format!("BUSINESS_ID_INVALID {field}"),
            ),
            (
                "ends a day early",
                choose(1, DAY, chosen, "9000003-8"),
                &format!("OK_WITH_WARNINGS PROVIDER_APPROVAL_ENDS_EARLY {field}"),
            ),
        ],
    );
    assert_eq!(
        (seen_on("2026-03-31"), seen_on(DAY)),
        ("OK".to_owned(), none.to_owned())
    );
    check(
        &server,
        &[
            (
                "allowed, whoever",
                choose(2, "2026-06-01", allowed, "9000006-2"),
                "OK",
            ),
            (
                "chosen on that day",
                choose(3, "2026-07-01", chosen, "9000007-0"),
                "OK",
            ),
        ],
    );
    assert_eq!(
        [DAY, "2026-05-31", "2026-06-01", "2026-06-30"].map(seen_on),
        [none; 4]
    );
    assert_eq!(seen_on("2026-07-01"), "OK");
}

#[test]
fn a_longer_validity_must_not_overlap() {
    let server = site(MORE).start();
    let customer = person();
    let of = |from: &str, to: &str| {
        let message = Message::create().set("psop:personId", &customer);
        granted(&server, message.valid(from, to))
    };
    let first = of("2026-03-01", "2026-08-31");
    let second = of("2026-10-01", "2026-12-31");
    let until = |version, last: &str| {
        amend(
            ORDINARY,
            (&first, version),
            "2026-03-01",
            &terms_until("kotiapu", last, ""),
        )
    };
    let overlap = "PP_OVERLAP terms/validTo";
    check(
        &server,
        &[
            ("one day", until(1, "2026-10-01"), overlap),
            ("up to it", until(1, "2026-09-30"), "OK"),
            ("shorter", until(2, "2026-09-01"), "OK"),
            ("suspended counts", suspend(ORDINARY, &second), "OK"),
            ("still", until(3, "2026-10-01"), overlap),
            (
                "annulled from November",
                cancel(ORDINARY, &second, "2026-11-01"),
                "OK",
            ),
            ("October is taken", until(3, "2026-10-15"), overlap),
            ("and all behind it", until(3, "2026-12-31"), overlap),
        ],
    );
    let third = Message::create().set("psop:personId", &customer);
    let taken = third.clone().valid("2026-10-31", "2026-11-30");
    let free = third.fresh().valid("2026-11-01", "2026-11-30");
    check(
        &server,
        &[
            ("another in October", taken, "PP_OVERLAP terms/validFrom"),
            ("another in November", free, "OK"),
        ],
    );
}

#[test]
fn a_longer_validity_and_a_new_grant_do_not_pass_each_other() {
    let server = site("").start();
    for _ in 0..10 {
        let customer = person();
        let create = Message::create().set("psop:personId", &customer);
        let of = granted(&server, create.clone().valid("2026-03-01", "2026-05-31"));
        let longer = amend(
            ORDINARY,
            (&of, 1),
            DAY,
            &terms_until("kotiapu", "2026-12-31", ""),
        );
        let other = create.fresh().valid("2026-07-01", "2026-12-31");
        let answers = crate::scenery::at_once(&server, vec![longer, other]);
        let accepted = answers
            .iter()
            .filter(|answer| verdict(answer) == "OK")
            .count();
        assert_eq!(
            accepted,
            1,
            "{:?}",
            answers.iter().map(verdict).collect::<Vec<_>>()
        );
    }
}
