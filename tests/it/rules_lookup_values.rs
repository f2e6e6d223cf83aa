//! Looking a purchasing power up: what is shown of its values (periods, caps, osva) at a service date.

use crate::scenery::{HEAD, MORE, day_activity, grant, site, site_with};
use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::server::Server;

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

fn shown<const COUNT: usize>(answer: &Answer, names: [&str; COUNT]) -> [String; COUNT] {
    assert_eq!(answer.outcome(), "OK", "{}", answer.body);
    names.map(|name| answer.text(name).unwrap_or_else(|| "none".to_owned()))
}

#[test]
fn the_period_is_that_of_the_service_date() {
    let server = site("").start();
    type Dates<'a> = &'a [(&'a str, &'a str, &'a str)];
    let grants: &[(&str, &str, &str, &str, Dates<'_>)] = &[
        (
            "MONTH",
            "10",
            "2026-03-01",
            "2026-08-31",
            &[
                ("", "2026-03", "60.000"),
                ("2026-02-10", "2026-03", "60.000"),
                ("2026-03-31", "2026-03", "60.000"),
                ("2026-04-01", "2026-04", "50.000"),
                ("2026-05-01Z", "2026-05", "40.000"),
                ("2026-08-31", "2026-08", "10.000"),
                ("2026-09-01", "2026-08", "10.000"),
                ("2029-01-01", "2026-08", "10.000"),
            ],
        ),
        (
            "MONTH",
            "1",
            "2026-01-31",
            "2026-03-01",
            &[
                ("2026-01-30", "2026-01", "3.000"),
                ("2026-02-28", "2026-02", "2.000"),
                ("2026-03-01", "2026-03", "1.000"),
            ],
        ),
        (
            "WEEK",
            "2",
            "2026-12-21",
            "2027-01-10",
            &[
                ("2026-12-20", "2026-W52", "6.000"),
                ("2026-12-27", "2026-W52", "6.000"),
                ("2026-12-28", "2026-W53", "4.000"),
                ("2027-01-01", "2026-W53", "4.000"),
                ("2027-01-03", "2026-W53", "4.000"),
                ("2027-01-04", "2027-W01", "2.000"),
                ("2027-02-01", "2027-W01", "2.000"),
            ],
        ),
        (
            "WEEK",
            "1",
            "2025-12-29",
            "2026-03-16",
            &[
                ("2025-12-31", "2026-W01", "12.000"),
                ("2026-03-16", "2026-W12", "1.000"),
            ],
        ),
        (
            "DAY",
            "1.5",
            "2026-03-16",
            "2026-03-18",
            &[
                ("2026-01-01", "2026-03-16", "4.500"),
                ("2026-03-16", "2026-03-16", "4.500"),
                ("2026-03-17", "2026-03-17", "3.000"),
                ("2026-03-18", "2026-03-18", "1.500"),
                ("2026-03-19", "2026-03-18", "1.500"),
            ],
        ),
        (
            "YEAR",
            "100",
            "2026-07-01",
            "2028-06-30",
            &[
                ("2025-12-31", "2026", "300.000"),
                ("2026-12-31", "2026", "300.000"),
                ("2027-01-01", "2027", "200.000"),
                ("2028-01-01", "2028", "100.000"),
                ("2031-01-01", "2028", "100.000"),
            ],
        ),
        (
            "ONCE",
            "0.001",
            "2026-03-01",
            "2026-08-31",
            &[
                ("2026-02-01", "ALL", "0.001"),
                ("2026-08-31", "ALL", "0.001"),
            ],
        ),
        (
            "WHOLE",
            "99999.999",
            "2026-03-01",
            "2026-08-31",
            &[
                ("2026-03-16", "ALL", "99999.999"),
                ("2027-08-31", "ALL", "99999.999"),
            ],
        ),
    ];
    for (period, quantity, from, to, dates) in grants {
        let message = grant().valid(from, to).amounts(quantity, period, "0.01");
        let number = granted(&server, message);
        let quantity = format!("{:.3}", quantity.parse::<f64>().unwrap());
        for (date, key, total) in *dates {
            let lookup = Message::lookup(&number);
            let lookup = if date.is_empty() {
                lookup
            } else {
                lookup.on(date)
            };
            let answer = server.post(&lookup.0);
            let names = [
                "period",
                "periodKey",
                "quantityPerPeriod",
                "used",
                "remaining",
            ];
            assert_eq!(
                shown(&answer, names),
                [period, key, quantity.as_str(), "0.000", quantity.as_str()].map(str::to_owned),
                "{period} {date}"
            );
            assert_eq!(
                shown(&answer, ["totalRemaining"]),
                [total.to_string()],
                "{period} {date}"
            );
        }
    }
}

#[test]
fn the_cap_is_the_lowest_of_service_and_grant() {
    let server = site(MORE).start();
    let daycare = |cap: &str| {
        grant()
            .client("FI-TEST/MUN/0101263-6/paikky")
            .set("psop:municipalityCode", "049")
            .set("psop:serviceCode", "varhaiskasvatus")
            .set("psop:unit", "KK")
            .set("psop:maxUnitPrice", cap)
    };
    let without = |message: Message| message.without("psop:maxUnitPrice");
    let look = |number: &str, provider: &str, client: &str| {
        let message = Message::lookup(number).client(client).provider(provider);
        server.post(&message.0)
    };
    let pellava = |message: Message| {
        let number = granted(&server, message);
        let answer = look(&number, "9000004-6", "FI-TEST/COM/9000004-6/daycare");
        shown(&answer, ["maxUnitPrice", "name", "municipalityCode"])[0].clone()
    };
    assert_eq!(pellava(daycare("900")), "900.00");
    assert_eq!(pellava(daycare("920.01")), "920.00");
    assert_eq!(pellava(daycare("0")), "0.00");
    assert_eq!(pellava(without(daycare("1"))), "920.00");
    let number = granted(&server, without(grant()));
    let answer = server.post(&Message::lookup(&number).0);
    assert_eq!(shown(&answer, ["maxUnitPrice"]), ["none"]);
    // The service's cap is that of the service date inside the validity; what was agreed with the
    // provider, 30.00, is not shown.
    let number = granted(&server, day_activity().set("psop:maxUnitPrice", "48.00"));
    for (date, cap) in [
        ("2025-06-01", "48.00"),
        ("2026-06-30", "48.00"),
        ("2026-07-01", "45.00"),
        ("2027-07-01", "45.00"),
    ] {
        let answer = server.post(&Message::lookup(&number).on(date).0);
        assert_eq!(shown(&answer, ["maxUnitPrice"]), [cap], "{date}");
    }
}

#[test]
fn the_service_and_the_references_are_shown() {
    let server = site(MORE).start();
    let look = |message: Message| {
        let number = granted(&server, message);
        server.post(&Message::lookup(&number).0)
    };
    let answer = look(grant());
    assert_eq!(
        shown(
            &answer,
            [
                "serviceCode",
                "nameFi",
                "nameSv",
                "freeOfCharge",
                "kind",
                "version"
            ]
        ),
        ["kotiapu", "Kotiapu", "Hemhjälp", "false", "ORDINARY", "1"]
    );
    assert_eq!(
        shown(
            &answer,
            [
                "name",
                "contact",
                "municipalityCode",
                "instrument",
                "valueBasis",
                "unitValue"
            ]
        ),
        [
            "Turun kaupunki",
            "palveluseteli@turku.example",
            "853",
            "VOUCHER",
            "FLAT",
            "32.00"
        ]
    );
    let absent = [
        "chosenProviderBusinessId",
        "osva",
        "serviceClassCode",
        "ptvServiceId",
    ];
    assert_eq!(shown(&answer, absent), ["none"; 4]);
    assert_eq!(answer.texts("unit"), ["H", "H"]);
    let answer = look(
        day_activity()
            .terms("chosenProviderBusinessId", "9000007-0")
            .set("psop:valueBasis", "INCOME"),
    );
    assert_eq!(
        shown(
            &answer,
            [
                "freeOfCharge",
                "serviceClassCode",
                "ptvServiceId",
                "nameSv",
                "valueBasis"
            ]
        ),
        ["true", "SP.1", "ptv-1", "none", "INCOME"]
    );
    assert_eq!(shown(&answer, ["chosenProviderBusinessId"]), ["9000007-0"]);
    let osva = ["required", "docOid"];
    assert_eq!(
        shown(&answer, osva),
        ["true", "none"],
        "the service requires it"
    );
    let oid = "1.2.246.10.2048198.14.5";
    let answer = look(grant().terms("osvaDocOid", oid));
    assert_eq!(shown(&answer, osva), ["false", oid], "the grant has it");
    let answer = look(day_activity().terms("osvaDocOid", oid));
    assert_eq!(shown(&answer, osva), ["true", oid], "both");
}

#[test]
fn the_legal_basis_is_the_messages_or_the_instruments_or_the_services() {
    let server = site(MORE).start();
    let purchase = |message: Message| {
        message
            .set("psop:instrument", "PURCHASE")
            .terms("contractRef", "SOP-1")
    };
    let said = |message: Message, basis: &str| {
        let xml = format!("<psop:legalBasis>{basis}</psop:legalBasis>");
        message.after("psop:decisionDate", &xml)
    };
    for (message, expected) in [
        (grant(), "PSL_569_2009"),
        (day_activity(), "VAKA_PALVELUSETELI"),
        (purchase(day_activity()), "OSTOPALVELU"),
        (said(grant(), "VAKA_PALVELUSETELI"), "VAKA_PALVELUSETELI"),
        (said(day_activity(), "OSTOPALVELU"), "OSTOPALVELU"),
        (
            said(purchase(day_activity()), "PSL_569_2009"),
            "PSL_569_2009",
        ),
    ] {
        let number = granted(&server, message);
        let answer = server.post(&Message::lookup(&number).0);
        assert_eq!(shown(&answer, ["legalBasis"]), [expected]);
    }
}

#[test]
fn a_county_grants_and_is_shown_as_one() {
    let rows = r#"
[[organiser]]
code = { county = "05" }
business_id = "9000001-1"
name_fi = "Varsinais-Suomen hyvinvointialue"

[[service_type]]
organiser = { county = "05" }
service_code = "kotiapu"
valid_from = "2025-01-01"
name_fi = "Kotiapu"
instruments = ["VOUCHER"]
unit = "H"
legal_basis = "PSL_569_2009"
custody_category = "SOCIAL"

[[approval]]
organiser = { county = "05" }
service_code = "kotiapu"
provider = "9000007-0"
valid_from = "2025-01-01"
state = "APPROVED"

[[client_grant]]
client = "FI-TEST/MUN/9000001-1/perus"
services = ["postPurchasingPower"]
organisers = [{ county = "05" }]
valid_from = "2025-01-01"
"#;
    let server = site_with(HEAD, |registry| registry + rows).start();
    let municipality = "<psop:municipalityCode>853</psop:municipalityCode>";
    let county = "<psop:wellbeingCountyCode>05</psop:wellbeingCountyCode>";
    let message = grant()
        .client("FI-TEST/MUN/9000001-1/perus")
        .replace(municipality, county);
    let number = granted(&server, message);
    let answer = server.post(&Message::lookup(&number).0);
    assert_eq!(
        shown(
            &answer,
            ["wellbeingCountyCode", "municipalityCode", "name", "contact"]
        ),
        ["05", "none", "Varsinais-Suomen hyvinvointialue", "none"]
    );
}
