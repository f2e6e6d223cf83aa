//! getServiceEvents: paging that misses nothing and doubles nothing, its tokens, windows and filters.

use std::collections::HashSet;

use jiff::civil::date;
use psop_adapter::domain::service_event::{EventKind, EventState};

use super::support::answer::Answer;
use super::support::message::{Message, unique};
use super::support::planted::{Planted, Recorded};
use super::support::server::{Server, Site};

const TURKU: (&str, &str, &str) = ("MUN", "0204819-8", "paikky");
const TAMPERE: (&str, &str, &str) = ("MUN", "0211675-2", "perus");

pub const SINCE_EVER: &str = "<psop:changesSince></psop:changesSince>";

/// A question of a base system; `asked` is everything behind the organiser.
fn question(client: (&str, &str, &str), organiser: &str, asked: &str) -> String {
    let (class, member, subsystem) = client;
    let id = unique("feed");
    format!(
        r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers" xmlns:psop="http://psop.x-road.global/producer/v1"><soap:Header><xrd:client id:objectType="SUBSYSTEM"><id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>{class}</id:memberClass><id:memberCode>{member}</id:memberCode><id:subsystemCode>{subsystem}</id:subsystemCode></xrd:client><xrd:service id:objectType="SERVICE"><id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>MUN</id:memberClass><id:memberCode>0204819-8</id:memberCode><id:subsystemCode>psop</id:subsystemCode><id:serviceCode>getServiceEvents</id:serviceCode><id:serviceVersion>v1</id:serviceVersion></xrd:service><xrd:id>{id}</xrd:id><xrd:userId>kayttaja</xrd:userId><xrd:protocolVersion>4.0</xrd:protocolVersion></soap:Header><soap:Body><psop:getServiceEvents><psop:meta><psop:sourceSystem>paikky</psop:sourceSystem><psop:purpose>PALVELUN_JARJESTAMINEN</psop:purpose></psop:meta><psop:organiser><psop:municipalityCode>{organiser}</psop:municipalityCode></psop:organiser>{asked}</psop:getServiceEvents></soap:Body></soap:Envelope>"#
    )
}

pub fn ask(server: &Server, asked: &str) -> Answer {
    server.post(&question(TURKU, "853", asked))
}

/// What a person was given, from the beginning.
pub fn about_person(person: &str) -> Message {
    let asked = format!("{SINCE_EVER}<psop:personId>{person}</psop:personId>");
    Message(question(TURKU, "853", &asked))
}

fn window(from: &str, to: &str) -> String {
    format!(
        "<psop:serviceDateWindow><psop:from>{from}</psop:from><psop:to>{to}</psop:to></psop:serviceDateWindow>"
    )
}

fn since(watermark: &str) -> String {
    format!("<psop:changesSince>{watermark}</psop:changesSince>")
}

pub fn page_of(size: usize) -> String {
    format!("<psop:pageSize>{size}</psop:pageSize>")
}

pub fn going_on(answer: &Answer) -> Option<String> {
    answer
        .text("nextContinuation")
        .map(|token| format!("<psop:continuation>{token}</psop:continuation>"))
}

/// Every page's ids, and the watermark of the last.
fn read_all(server: &Server, span: &str, size: usize) -> (Vec<Vec<String>>, String) {
    let mut pages = Vec::new();
    let mut continuation = String::new();
    loop {
        let asked = format!("{span}{}{continuation}", page_of(size));
        let answer = ask(server, &asked);
        assert_eq!(answer.outcome(), "OK", "{}", answer.body);
        let ids = answer.texts("eventId");
        assert_eq!(answer.text("count").unwrap(), ids.len().to_string());
        pages.push(ids);
        assert!(pages.len() < 10_000, "the pages never end");
        match going_on(&answer) {
            Some(token) => {
                assert_eq!(answer.text("highWatermark"), None);
                continuation = token;
            }
            None => return (pages, answer.text("highWatermark").unwrap()),
        }
    }
}

fn sizes(pages: &[Vec<String>]) -> Vec<usize> {
    pages.iter().map(Vec::len).collect()
}

fn refused(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.text("event"), None);
    answer.errors()
}

#[test]
fn pages_hold_each_event_once_and_what_changes_meanwhile_comes_after_the_watermark() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "150318A902U");
    let ids: Vec<_> = (0..1250)
        .map(|_| planted.event(grant.number, Recorded::default()))
        .collect();
    planted.close();

    let server = site.start();
    let (pages, _) = read_all(&server, SINCE_EVER, 500);
    assert_eq!(sizes(&pages), [500, 500, 250]);
    let first = ask(&server, &format!("{SINCE_EVER}{}", page_of(500)));
    let first_ids = first.texts("eventId");
    assert_eq!(first_ids.len(), 500);
    assert_eq!(server.stop(), Some(0));

    // One event already given changes, one not yet given changes, one is new.
    let planted = Planted::open(&site);
    planted.move_to(ids[0], EventState::Hyvaksytty);
    planted.move_to(ids[1200], EventState::Hyvaksytty);
    let new = planted.event(grant.number, Recorded::default());
    planted.close();

    let server = site.start();
    let mut seen: Vec<String> = first_ids;
    let mut answer = first;
    let mut counts = vec![500];
    while let Some(token) = going_on(&answer) {
        answer = ask(&server, &format!("{SINCE_EVER}{}{token}", page_of(500)));
        let page = answer.texts("eventId");
        counts.push(page.len());
        seen.extend(page);
    }
    assert_eq!(
        counts,
        [500, 500, 249],
        "the one that changed left the snapshot"
    );
    let distinct: HashSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "none twice within the snapshot");
    assert!(!seen.contains(&ids[1200].to_string()) && !seen.contains(&new.to_string()));

    let watermark = answer.text("highWatermark").unwrap();
    let (pages, later) = read_all(&server, &since(&watermark), 500);
    let changed = [ids[0], ids[1200], new].map(|id| id.to_string());
    assert_eq!(pages, [changed.to_vec()], "in the order of change");
    let (pages, _) = read_all(&server, &since(&later), 500);
    assert_eq!(sizes(&pages), [0]);
}

#[test]
fn a_page_that_holds_all_is_the_last() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "150318A902U");
    for _ in 0..4 {
        planted.event(grant.number, Recorded::default());
    }
    planted.close();
    let server = site.start();
    for (size, wanted) in [
        (4, vec![4]),
        (5, vec![4]),
        (3, vec![3, 1]),
        (2, vec![2, 2]),
        (1, vec![1; 4]),
    ] {
        for span in [SINCE_EVER.to_owned(), window("2026-03-01", "2026-03-31")] {
            assert_eq!(
                sizes(&read_all(&server, &span, size).0),
                wanted,
                "{size} {span}"
            );
        }
    }
    for size in ["0", "501", "1.0", "x"] {
        let asked = format!("{SINCE_EVER}<psop:pageSize>{size}</psop:pageSize>");
        assert_eq!(ask(&server, &asked).fault(), "XSD_INVALID", "{size}");
    }
}

#[test]
fn a_budget_of_rows_shortens_pages_and_loses_nothing() {
    let site = Site::new("[limits]\nfeed_rows_max = 7\n");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "150318A902U");
    let mut wanted = Vec::new();
    for index in 0..40 {
        let state = if index % 10 == 9 {
            EventState::Maksettu
        } else {
            EventState::Kirjattu
        };
        let id = planted.event(
            grant.number,
            Recorded {
                state,
                ..Recorded::default()
            },
        );
        if state == EventState::Maksettu {
            wanted.push(id.to_string());
        }
    }
    planted.close();
    let server = site.start();
    for span in [SINCE_EVER.to_owned(), window("2026-03-01", "2026-03-31")] {
        let asked = format!("{span}<psop:state>MAKSETTU</psop:state>");
        let (pages, _) = read_all(&server, &asked, 100);
        let mut found = pages.concat();
        found.sort();
        let mut wanted = wanted.clone();
        wanted.sort();
        assert_eq!(found, wanted);
        assert!(pages.len() > 4, "{pages:?}");
    }
}

#[test]
fn tokens_are_good_for_their_question_their_client_and_a_day() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "150318A902U");
    for _ in 0..3 {
        planted.event(grant.number, Recorded::default());
    }
    let other = planted.grant("837", "kotiapu", "150318A902U");
    planted.event(other.number, Recorded::default());
    planted.close();
    let server = site.start();
    let first = ask(&server, &format!("{SINCE_EVER}{}", page_of(2)));
    let token = first.text("nextContinuation").unwrap();
    let continuation = |token: &str| format!("<psop:continuation>{token}</psop:continuation>");
    let going_on =
        |span: &str, token: &str| ask(&server, &format!("{span}{}", continuation(token)));
    let invalid = ["CONTINUATION_INVALID continuation"];

    // The size of the page, who asks and why may change.
    let answer = going_on(SINCE_EVER, &token);
    assert_eq!(answer.texts("eventId").len(), 1);
    let asked = question(
        TURKU,
        "853",
        &format!("{SINCE_EVER}{}", continuation(&token)),
    )
    .replace("PALVELUN_JARJESTAMINEN", "TILITYS")
    .replace("<psop:sourceSystem>paikky", "<psop:sourceSystem>muu");
    assert_eq!(server.post(&asked).texts("eventId").len(), 1);

    // Nothing else.
    let credits = "<psop:includeCredits>true</psop:includeCredits>";
    let asked = format!("{SINCE_EVER}{credits}{}", continuation(&token));
    assert_eq!(refused(&ask(&server, &asked)), invalid);
    assert_eq!(
        refused(&going_on(&window("2026-03-01", "2026-03-31"), &token)),
        invalid
    );
    let watermark = answer.text("highWatermark").unwrap();
    assert_eq!(
        refused(&going_on(SINCE_EVER, &watermark)),
        invalid,
        "a watermark is none"
    );
    for index in 0..token.len() {
        let mut edited = token.clone().into_bytes();
        edited[index] = if edited[index] == b'0' { b'1' } else { b'0' };
        let edited = String::from_utf8(edited).unwrap();
        assert_eq!(
            refused(&going_on(SINCE_EVER, &edited)),
            invalid,
            "at {index}"
        );
    }
    for other in [
        "",
        "x",
        &token[..token.len() - 2],
        &token.to_uppercase(),
        &format!("{token}00"),
    ] {
        assert_eq!(refused(&going_on(SINCE_EVER, other)), invalid, "{other:?}");
    }

    // A watermark is its organiser's, and never of a time to come.
    let invalid = ["CONTINUATION_INVALID changesSince"];
    assert_eq!(refused(&ask(&server, &since(&token))), invalid);
    assert_eq!(
        refused(&ask(&server, &since(&format!("{watermark}0")))),
        invalid
    );
    assert_eq!(refused(&ask(&server, &since("1"))), invalid);
    let foreign = server.post(&question(TAMPERE, "837", SINCE_EVER));
    let foreign = foreign.text("highWatermark").unwrap();
    assert_eq!(refused(&ask(&server, &since(&foreign))), invalid);
    assert_eq!(server.stop(), Some(0));

    let at = |clock: &str| {
        let config = std::fs::read_to_string(site.config()).unwrap();
        let (_, rest) = config.split_once("clock = \"").unwrap();
        let (_, rest) = rest.split_once('"').unwrap();
        std::fs::write(
            site.config(),
            format!("environment = \"TEST\"\nclock = \"{clock}\"{rest}"),
        )
        .unwrap();
        let server = site.start();
        let asked = format!("{SINCE_EVER}{}", continuation(&token));
        let answer = ask(&server, &asked);
        assert_eq!(
            ask(&server, &since(&watermark)).outcome(),
            "OK",
            "never expires"
        );
        assert_eq!(server.stop(), Some(0));
        answer
    };
    assert_eq!(at("2026-03-17T10:00:00+02:00").outcome(), "OK");
    let old = at("2026-03-17T10:00:01+02:00");
    assert_eq!(refused(&old), ["CONTINUATION_EXPIRED continuation"]);
}

#[test]
fn a_window_counts_both_ends_and_leaves_out_what_was_created_later() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "150318A902U");
    let on = |planted: &Planted, service_date| {
        let recorded = Recorded {
            service_date,
            ..Recorded::default()
        };
        planted.event(grant.number, recorded).to_string()
    };
    let before = on(&planted, date(2026, 1, 31));
    let first = on(&planted, date(2026, 2, 1));
    let last = on(&planted, date(2026, 2, 28));
    let after = on(&planted, date(2026, 3, 1));
    planted.close();
    let server = site.start();
    let (pages, _) = read_all(&server, &window("2026-02-01", "2026-02-28"), 1);
    assert_eq!(pages, [vec![first.clone()], vec![last.clone()]]);
    let (pages, _) = read_all(&server, &window("2026-01-01", "2026-04-02"), 100);
    assert_eq!(pages, [vec![before, first, last.clone(), after]], "92 days");
    for (from, to) in [("2026-01-01", "2026-04-03"), ("2026-02-02", "2026-02-01")] {
        let answer = ask(&server, &window(from, to));
        assert_eq!(
            refused(&answer),
            ["WINDOW_TOO_LARGE serviceDateWindow"],
            "{from} {to}"
        );
    }
    let span = window("2026-02-01", "2026-02-28");
    let page = ask(&server, &format!("{span}{}", page_of(1)));
    assert_eq!(server.stop(), Some(0));
    let planted = Planted::open(&site);
    on(&planted, date(2026, 2, 15));
    planted.close();
    let server = site.start();
    let rest = ask(&server, &format!("{span}{}", going_on(&page).unwrap()));
    assert_eq!(rest.texts("eventId"), [last]);
    let watermark = rest.text("highWatermark").unwrap();
    assert_eq!(
        read_all(&server, &since(&watermark), 10).0.concat().len(),
        1
    );
}

#[test]
fn filters_are_joined_and_unknown_values_find_nothing() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let child = planted.grant("853", "saldo-hoiva", "150318A902U");
    let adult = planted.grant("853", "kotiapu", "110987-904Y");
    let kept = planted.event(child.number, Recorded::default()).to_string();
    let deleted = planted.event(
        child.number,
        Recorded {
            state: EventState::Poistettu,
            ..Recorded::default()
        },
    );
    let credit = planted.event(
        child.number,
        Recorded {
            kind: EventKind::Credit,
            cents: -50,
            state: EventState::Hyvaksytty,
            ..Recorded::default()
        },
    );
    let (deleted, credit) = (deleted.to_string(), credit.to_string());
    let of_adult = planted.event(adult.number, Recorded::default()).to_string();
    planted.close();
    let server = site.start();
    let found = |span: &str, filter: &str| {
        let answer = ask(&server, &format!("{span}{filter}"));
        assert_eq!(answer.outcome(), "OK", "{}", answer.body);
        answer.texts("eventId")
    };
    let february_march = window("2026-02-01", "2026-03-31");
    let all = [&kept, &deleted, &credit, &of_adult].map(Clone::clone);
    assert_eq!(found(SINCE_EVER, ""), all);
    let mut live = vec![kept.clone(), credit.clone(), of_adult.clone()];
    live.sort();
    assert_eq!(found(&february_march, ""), live);
    let number = |number: String| {
        format!("<psop:purchasingPowerNumber>{number}</psop:purchasingPowerNumber>")
    };
    let cases: Vec<(String, Vec<&String>)> = vec![
        ("<psop:state>POISTETTU</psop:state>".to_owned(), vec![&deleted]),
        ("<psop:kind>CREDIT</psop:kind>".to_owned(), vec![&credit]),
        ("<psop:state>KIRJATTU</psop:state><psop:kind>SALDO</psop:kind>".to_owned(), vec![&kept, &of_adult]),
        (number(adult.number.to_string()), vec![&of_adult]),
        (number(adult.number.to_string().to_lowercase().replace('-', "")), vec![&of_adult]),
        (number("OV-1234-5678-9ABC-B".to_owned()), vec![]),
        (number("OV-1234-5678-9ABC-C".to_owned()), vec![]),
        ("<psop:personId>110987-904Y</psop:personId>".to_owned(), vec![&of_adult]),
        ("<psop:providerBusinessId>9000007-0</psop:providerBusinessId><psop:includeDeleted>false</psop:includeDeleted>".to_owned(), vec![&kept, &credit, &of_adult]),
        ("<psop:providerBusinessId>9000008-9</psop:providerBusinessId>".to_owned(), vec![]),
        ("<psop:serviceCode>kotiapu</psop:serviceCode><psop:serviceCode>muu</psop:serviceCode>".to_owned(), vec![&of_adult]),
        ("<psop:includeCredits>false</psop:includeCredits><psop:includeDeleted>false</psop:includeDeleted>".to_owned(), vec![&kept, &of_adult]),
        ("<psop:kind>CREDIT</psop:kind><psop:includeCredits>false</psop:includeCredits>".to_owned(), vec![]),
    ];
    for (filter, wanted) in cases {
        let wanted: Vec<String> = wanted.into_iter().cloned().collect();
        assert_eq!(found(SINCE_EVER, &filter), wanted, "{filter}");
    }
    let mut with_deleted = vec![deleted];
    assert_eq!(
        found(&february_march, "<psop:state>POISTETTU</psop:state>"),
        with_deleted
    );
    with_deleted.clear();
    let excluded =
        "<psop:state>POISTETTU</psop:state><psop:includeDeleted>false</psop:includeDeleted>";
    assert_eq!(found(&february_march, excluded), with_deleted);

    let wrong = "<psop:personId>150318A902V</psop:personId><psop:providerBusinessId>9000003-1</psop:providerBusinessId>";
    let answer = ask(&server, &format!("{SINCE_EVER}{wrong}"));
    assert_eq!(
        refused(&answer),
        [
            "HETU_INVALID personId",
            "BUSINESS_ID_INVALID providerBusinessId"
        ]
    );
    let acting = "<psop:actingPersonId>070785-9015</psop:actingPersonId>";
    let with_acting = |filter: &str| {
        question(TURKU, "853", &format!("{SINCE_EVER}{filter}"))
            .replace("</psop:purpose>", &format!("</psop:purpose>{acting}"))
    };
    let answer = server.post(&with_acting(""));
    assert_eq!(refused(&answer), ["FIELD_REQUIRED personId"]);
    let answer = server.post(&with_acting("<psop:personId>150318A902U</psop:personId>"));
    assert_eq!(
        refused(&answer),
        ["MANDATE_CHECK_UNAVAILABLE meta/actingPersonId"]
    );
    let answer = server.post(&with_acting("<psop:personId>070785-9015</psop:personId>"));
    assert_eq!(
        answer.outcome(),
        "OK",
        "who acts for themselves needs no mandate"
    );
}

#[test]
fn an_organiser_reads_its_own_events_only() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "150318A902U");
    planted.event(grant.number, Recorded::default());
    planted.close();
    let server = site.start();
    let answer = server.post(&question(TAMPERE, "853", SINCE_EVER));
    assert_eq!(answer.fault(), "AUTH_ORGANISER_MISMATCH");
    let answer = server.post(&question(TAMPERE, "837", SINCE_EVER));
    assert_eq!(
        (answer.outcome(), answer.text("count")),
        ("OK".to_owned(), Some("0".to_owned()))
    );
    let provider = ("COM", "9000003-8", "dental");
    let answer = server.post(&question(provider, "853", SINCE_EVER));
    assert_eq!(answer.fault(), "AUTH_SERVICE_NOT_GRANTED");
}
