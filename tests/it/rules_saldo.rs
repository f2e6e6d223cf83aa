//! Balances: units and values, amounts to the third decimal, top-ups, amendments, and what is used.

use jiff::civil::date;
use psop_adapter::domain::service_event::EventState;

use crate::changes::{
    SALDO, amend, balance, cancel, create, element, message, number, suspend, terms, top_up,
    version,
};
use crate::rules_change::with_events;
use crate::scenery::{MORE, check, site, verdict};
use crate::support::message::Message;
use crate::support::planted::Recorded;
use crate::support::server::Server;

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

/// A balance in euros.
fn euros(total: &str) -> String {
    balance(total, "EUR", "", "")
}

fn of_service(service: &str, block: &str) -> Message {
    create(SALDO, &terms(service), block)
}

fn total_of(server: &Server, message: &Message) -> String {
    let answer = server.post(&message.0);
    match verdict(&answer).as_str() {
        "OK" => format!(
            "{} {}",
            answer.text("kind").unwrap(),
            answer.text("totalAuthorised").unwrap()
        ),
        refused => refused.to_owned(),
    }
}

#[test]
fn a_balance_has_a_unit_of_the_service_or_euros() {
    let pieces = MORE.replace("\"KERTA\"", "\"KPL\"");
    let server = site(&pieces).start();
    let unit = "UNIT_NOT_ALLOWED saldo/balanceUnit";
    let hours = |value: &str| balance("10.5", "H", value, "");
    check(
        &server,
        &[
            (
                "euros on euros",
                of_service("saldo-hoiva", &euros("1200.00")),
                "OK",
            ),
            (
                "euros on hours",
                of_service("kotiapu", &euros("1200.00")),
                "OK",
            ),
            (
                "euros on pieces",
                of_service("paivatoiminta", &euros("1200.00")),
                "OK",
            ),
            (
                "euros on procedures",
                of_service("suun-hoito", &euros("1200.00")),
                unit,
            ),
            (
                "hours on hours",
                of_service("kotiapu", &hours("32.00")),
                "OK",
            ),
            (
                "hours on euros",
                of_service("saldo-hoiva", &hours("32.00")),
                unit,
            ),
            (
                "hours on procedures",
                of_service("suun-hoito", &hours("32.00")),
                unit,
            ),
            (
                "pieces on hours",
                of_service("kotiapu", &balance("3", "KPL", "1.00", "")),
                unit,
            ),
            (
                "pieces on pieces",
                of_service("paivatoiminta", &balance("3", "KPL", "1.00", "")),
                "OK",
            ),
            (
                "days are no unit",
                of_service("kotiapu", &balance("3", "D", "1.00", "")),
                "FAULT XSD_INVALID",
            ),
            (
                "hours without value",
                of_service("kotiapu", &hours("")),
                "FIELD_REQUIRED saldo/unitValue",
            ),
            (
                "euros with value",
                of_service("kotiapu", &balance("10", "EUR", "1.00", "")),
                "FIELD_NOT_ALLOWED saldo/unitValue",
            ),
            (
                "no such service",
                of_service("x", &euros("1.00")),
                "SERVICE_TYPE_UNKNOWN terms/serviceCode",
            ),
        ],
    );
}

#[test]
fn amounts_hold_to_the_third_decimal() {
    let server = site("").start();
    let all = |total: &str, unit: &str, value: &str, most: &str| {
        of_service("kotiapu", &balance(total, unit, value, most))
    };
    let total = |message: Message| total_of(&server, &message);
    assert_eq!(total(all("1200", "EUR", "", "")), "SALDO 1200.00");
    assert_eq!(
        total(all("9999999.99", "EUR", "", "0.01")),
        "SALDO 9999999.99"
    );
    assert_eq!(total(all("10.005", "H", "1.00", "0.001")), "SALDO 10.01");
    assert_eq!(total(all("0.001", "H", "0.00", "")), "SALDO 0.00");
    assert_eq!(total(all("1200.000", "EUR", "", "1.500")), "SALDO 1200.00");
    let fault = "FAULT XSD_INVALID";
    check(
        &server,
        &[
            ("none", all("0", "EUR", "", ""), fault),
            ("four decimals", all("1.0001", "H", "1.00", ""), fault),
            ("above", all("10000000", "EUR", "", ""), fault),
            (
                "a tenth of a cent",
                all("1.001", "EUR", "", ""),
                "FIELD_NOT_ALLOWED saldo/balanceTotal",
            ),
            (
                "both, and a value",
                all("1.001", "EUR", "1.00", "0.009"),
                "FIELD_NOT_ALLOWED saldo/balanceTotal; FIELD_NOT_ALLOWED saldo/unitValue; \
                 FIELD_NOT_ALLOWED saldo/perEventMax",
            ),
            (
                "too much in all",
                all("9999999.99", "H", "1.01", ""),
                "FIELD_NOT_ALLOWED saldo",
            ),
        ],
    );
}

#[test]
fn a_top_up_adds_to_the_balance() {
    let server = site("").start();
    let of = granted(&server, of_service("saldo-hoiva", &euros("1200.00")));
    let hours = granted(
        &server,
        of_service("kotiapu", &balance("10", "H", "32.00", "")),
    );
    let total = |message: Message| total_of(&server, &message);
    assert_eq!(total(top_up(&of, "300.50")), "SALDO 1500.50");
    assert_eq!(total(suspend(SALDO, &of)), "SALDO 1500.50");
    assert_eq!(
        total(top_up(&of, "0.01")),
        "SALDO 1500.51",
        "suspended or not"
    );
    assert_eq!(total(top_up(&of, "0.001")), "FIELD_NOT_ALLOWED topUpAmount");
    assert_eq!(
        total(top_up(&of, "9999999.99")),
        "FIELD_NOT_ALLOWED topUpAmount"
    );
    assert_eq!(total(top_up(&of, "0")), "FAULT XSD_INVALID");
    assert_eq!(total(top_up(&hours, "0.125")), "SALDO 324.00");
    let stale = top_up(&of, "1.00").after("psop:purchasingPowerNumber", &version(3));
    let current = stale.clone().fresh().set("psop:expectedVersion", "4");
    assert_eq!(total(stale), "PP_VERSION_CONFLICT expectedVersion");
    assert_eq!(total(current), "SALDO 1501.51");
    // A total that fits as a quantity may still be too much money.
    let dear = granted(
        &server,
        of_service("kotiapu", &balance("1", "H", "9999999.99", "")),
    );
    assert_eq!(
        total(top_up(&dear, "0.001")),
        "FIELD_NOT_ALLOWED topUpAmount"
    );
    let ended = granted(&server, of_service("saldo-hoiva", &euros("5.00")));
    assert_eq!(total(cancel(SALDO, &ended, "2026-03-16")), "SALDO 5.00");
    assert_eq!(
        total(top_up(&ended, "1.00")),
        "PP_CANCELLED purchasingPowerNumber"
    );
}

#[test]
fn an_amendment_says_the_new_whole() {
    let site = site("");
    let server = site.start();
    let of = granted(&server, of_service("saldo-hoiva", &euros("100.00")));
    let hours = granted(
        &server,
        of_service("kotiapu", &balance("10", "H", "32.00", "2")),
    );
    let used = |cents| Recorded {
        cents,
        ..Recorded::default()
    };
    let settled = Recorded {
        state: EventState::Tilitetty,
        service_date: date(2026, 3, 10),
        ..Recorded::default()
    };
    let server = with_events(
        &site,
        server,
        &[(&of, used(6000)), (&of, used(1)), (&hours, settled)],
    );
    let with =
        |number: &str, version, day: &str, block: &str| amend(SALDO, (number, version), day, block);
    let first = "2026-03-01";
    let total = |message: Message| total_of(&server, &message);
    assert_eq!(
        total(with(&of, 1, first, &balance("60.00", "EUR", "", ""))),
        "BALANCE_BELOW_USED saldo/balanceTotal"
    );
    assert_eq!(
        total(with(&of, 1, first, &balance("60.01", "EUR", "", "5"))),
        "SALDO 60.01"
    );
    let answer = server.post(&Message::lookup(&of).0);
    let shown = ["state", "total", "used", "remaining", "perEventMax"]
        .map(|name| answer.text(name).unwrap());
    assert_eq!(shown, ["KAYTETTY", "60.01", "60.01", "0.00", "5.00"]);
    assert_eq!(total(top_up(&of, "1.00")), "SALDO 61.01");
    let answer = server.post(&Message::lookup(&of).0);
    assert_eq!(
        answer.text("state").unwrap(),
        "VOIMASSA",
        "a top-up takes it back"
    );
    let unit = "PP_AMEND_NOT_ALLOWED saldo/balanceUnit";
    assert_eq!(
        total(with(&of, 3, first, &balance("1", "H", "1.00", ""))),
        unit
    );
    // A balance may change under what is settled, its value may not.
    let settled = "PP_AMEND_TOUCHES_SETTLED effectiveFrom";
    assert_eq!(
        total(with(&hours, 1, first, &balance("20", "H", "32.00", ""))),
        "SALDO 640.00"
    );
    assert_eq!(
        total(with(
            &hours,
            2,
            "2026-03-10",
            &balance("20", "H", "30.00", "")
        )),
        settled
    );
    assert_eq!(
        total(with(
            &hours,
            2,
            "2026-03-11",
            &balance("20", "H", "30.00", "")
        )),
        "SALDO 600.00"
    );
    let on = |day: &str| {
        server
            .post(&Message::lookup(&hours).on(day).0)
            .text("unitValue")
            .unwrap()
    };
    assert_eq!([on("2026-03-10"), on("2026-03-11")], ["32.00", "30.00"]);
    let both = message(
        SALDO,
        "AMEND",
        &(number(&hours) + &version(3)),
        &(element("effectiveFrom", first) + &terms("kotiapu") + &balance("0.5", "KPL", "1.00", "")),
    );
    check(&server, &[("unit first", both, unit)]);
}
