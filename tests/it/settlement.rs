//! Settlement over the real program: scenarios 14, 15 and 17, a draft cancelled, payment, what is carried forward
//! and what is held back. After each the store is proven.

use std::path::PathBuf;

use crate::support::message::Message;
use crate::support::operator::{Told, approve, import, operate, row};
use crate::support::root;
use crate::support::server::{Server, Site};

const AINO: &str = "110987-904Y";
const CHILD: &str = "150318A902U";
const DRAFT: &str = "853-2026-03-1";

/// The demo registry, changed, in a file of the site.
pub fn registry(site: &Site, change: impl Fn(&str) -> String) -> PathBuf {
    for included in ["municipalities.toml", "counties.toml"] {
        let from = root().join("fixtures/demo").join(included);
        std::fs::copy(from, site.folder().join(included)).unwrap();
    }
    let text = std::fs::read_to_string(root().join("fixtures/demo/registry.toml")).unwrap();
    let path = site.folder().join("changed.toml");
    std::fs::write(&path, change(&text)).unwrap();
    path
}

/// The demo registry without the home-care provider's IBAN.
pub fn without_iban(text: &str) -> String {
    let mut iban = text
        .lines()
        .skip_while(|line| !line.contains("Kotihoiva Koivu"));
    let iban = iban.nth(1).unwrap();
    assert!(iban.starts_with("iban"));
    text.replace(&format!("{iban}\n"), "")
}

/// Events of scenario 14, approved: two dental and one of home care.
struct Scene {
    site: Site,
    server: Server,
    dental_number: String,
    /// Event 5, that of scenario 8, and the home care.
    events: Vec<String>,
}

fn scene() -> Scene {
    let site = Site::new("");
    let server = site.start();
    let home = server.post(&Message::create().0).number();
    let dental = Message::fixture("04-create-dental").fresh();
    let dental = server.post(&dental.0).number();
    let mut events = Vec::new();
    for fixture in ["05-event", "08-event-at-cap"] {
        let event = Message::fixture(fixture).fresh();
        let answer = server.post(&event.set("psop:purchasingPowerNumber", &dental).0);
        assert_eq!(answer.outcome(), "OK", "{}", answer.body);
        events.push(answer.text("eventId").unwrap());
    }
    let rows = [row("KH", &home, AINO, "2026-03-09", ("8.5", "38.50"))];
    let told = import(&site, "home.csv", &rows);
    let shares = [11, 12, 13].map(|place| told.column(place)[0].to_owned());
    assert_eq!(shares, ["327.25", "272.00", "55.25"]);
    events.push(told.column(6)[0].to_owned());
    let ids: Vec<&str> = events.iter().map(String::as_str).collect();
    approve(&site, &ids);
    Scene {
        site,
        server,
        dental_number: dental,
        events,
    }
}

/// Events of a month, approved, and the id of one.
pub fn approved_month() -> (Site, Server, String) {
    let mut scene = scene();
    (scene.site, scene.server, scene.events.remove(0))
}

pub fn settle(site: &Site, organiser: &str, month: &str) -> String {
    let command = [
        "settlement",
        "run",
        "--organiser",
        organiser,
        "--month",
        month,
    ];
    operate(site, &command).good()
}

fn settlement(site: &Site, what: &str, number: &str) -> Told {
    operate(site, &["settlement", what, number])
}

fn shown(site: &Site, event: &str) -> serde_json::Value {
    serde_json::from_str(&operate(site, &["events", "show", event]).good()).unwrap()
}

#[track_caller]
fn prove(site: &Site) {
    operate(site, &["store", "check"]).good();
    operate(site, &["audit", "verify"]).good();
}

#[test]
fn a_month_is_settled_once_and_paid() {
    let Scene {
        site,
        server,
        events,
        ..
    } = scene();
    let early = settle(&site, "853", "2026-02");
    assert_eq!(early, "nothing to settle of organiser 853 up to 2026-02\n");
    let told = settle(&site, "853", "2026-03");
    assert_eq!(
        told,
        "settlement 853-2026-03-1 DRAFT: 3 events, price 649.25, voucher share 497.00, customer share 152.25\n\
         provider 9000003-8: 2 events (0 of them credits), voucher share 225.00, payable 225.00\n\
         provider 9000007-0: 1 events (0 of them credits), voucher share 272.00, payable 272.00\n\
         to pay 497.00\n"
    );
    let again = settle(&site, "853", "2026-03");
    assert_eq!(again, "nothing to settle of organiser 853 up to 2026-03\n");
    for event in &events {
        let event = shown(&site, event);
        assert_eq!(event["state"], "TILITETTY");
        assert_eq!(event["settlementNumber"], DRAFT);
        assert_eq!(
            (&event["version"], &event["paidAt"]),
            (&1.into(), &serde_json::Value::Null)
        );
    }
    prove(&site);
    let unconfirmed = settlement(&site, "paid", DRAFT).refused();
    assert!(unconfirmed.contains("confirm it first"), "{unconfirmed}");
    assert!(
        settlement(&site, "confirm", DRAFT)
            .good()
            .contains("CONFIRMED: 3 events")
    );
    let late = settlement(&site, "cancel-draft", DRAFT).refused();
    assert!(
        late.contains("is CONFIRMED: it cannot be cancelled"),
        "{late}"
    );
    assert_eq!(server.stop(), Some(0));
    assert!(
        settlement(&site, "confirm", DRAFT)
            .good()
            .contains("is CONFIRMED already")
    );
    assert!(
        settlement(&site, "paid", DRAFT)
            .good()
            .contains("PAID: 3 events")
    );
    assert!(
        settlement(&site, "paid", DRAFT)
            .good()
            .contains("is PAID already")
    );
    let event = shown(&site, &events[0]);
    assert_eq!(event["state"], "MAKSETTU");
    assert!(event["paidAt"].is_string());
    assert!(
        settlement(&site, "show", DRAFT)
            .good()
            .contains("payable 225.00, PAID")
    );
    prove(&site);
}

#[test]
fn a_settled_event_is_corrected_by_a_credit() {
    let Scene {
        site,
        server,
        dental_number,
        events,
    } = scene();
    settle(&site, "853", "2026-03");
    let deletion = Message::fixture("05-event")
        .fresh()
        .set("psop:purchasingPowerNumber", &dental_number)
        .set("psop:action", "DELETE")
        .after(
            "psop:action",
            &format!(
                "<psop:eventId>{}</psop:eventId><psop:expectedVersion>1</psop:expectedVersion>",
                events[0]
            ),
        );
    assert_eq!(server.post(&deletion.0).errors(), ["EVENT_LOCKED eventId"]);
    let credit = |text: &str| {
        let command = [
            "events",
            "credit",
            &events[0],
            "--reason-code",
            "VIRHE",
            "--reason-text",
            text,
        ];
        operate(&site, &command)
    };
    let personal = credit("Asiakas 070785-9015").refused();
    assert!(
        personal.contains("TEXT_HAS_PERSON_ID at reason/text"),
        "{personal}"
    );
    assert!(!personal.contains("070785"));
    let told = credit("Kirjattu väärälle päivälle").good();
    assert!(
        told.contains("credited FULL by event")
            && told.ends_with("price -172.00, voucher share -130.00, customer share -42.00\n"),
        "{told}"
    );
    let second = credit("Uudelleen").refused();
    assert!(second.contains("EVENT_LOCKED at eventId"), "{second}");
    let event = shown(&site, &events[0]);
    assert_eq!(
        (&event["state"], &event["credited"]),
        (&"TILITETTY".into(), &"FULL".into())
    );
    let lookup = Message::fixture("04-get-dental").fresh();
    let lookup = lookup.set("psop:purchasingPowerNumber", &dental_number);
    let used = server.post(&lookup.0).texts("usedCount");
    assert_eq!(
        used,
        ["0", "0", "1"],
        "SAA02 and SFA20 are free again, EBA00 is not"
    );
    let refused = settlement(&site, "cancel-draft", DRAFT).refused();
    assert!(refused.contains("is credited"), "{refused}");
    assert!(
        settlement(&site, "show", DRAFT)
            .good()
            .contains("DRAFT: 3 events")
    );
    let next = settle(&site, "853", "2026-03");
    assert!(
        next.contains(
            "settlement 853-2026-03-2 DRAFT: 1 events, price -172.00, voucher share -130.00"
        ),
        "{next}"
    );
    assert!(
        next.contains("payable 0.00, carried forward -130.00"),
        "{next}"
    );
    prove(&site);
    let again = Message::fixture("05-event").fresh();
    let again = again.set("psop:purchasingPowerNumber", &dental_number);
    let answer = server.post(&again.0);
    assert_eq!(answer.outcome(), "OK", "{}", answer.body);
    approve(&site, &[&answer.text("eventId").unwrap()]);
    let third = settle(&site, "853", "2026-03");
    assert!(
        third.contains("voucher share 130.00, brought forward -130.00, payable 0.00"),
        "{third}"
    );
    let earlier = settlement(&site, "cancel-draft", "853-2026-03-2").refused();
    assert!(earlier.contains("cancel that one first"), "{earlier}");
    settlement(&site, "cancel-draft", "853-2026-03-3").good();
    prove(&site);
    settlement(&site, "cancel-draft", "853-2026-03-2").good();
    prove(&site);
    let whole = settle(&site, "853", "2026-03");
    assert!(
        whole.contains("853-2026-03-4 DRAFT: 2 events, price 0.00, voucher share 0.00"),
        "{whole}"
    );
    prove(&site);
}

#[test]
fn a_cancelled_draft_gives_its_events_to_the_next() {
    let Scene { site, events, .. } = scene();
    settle(&site, "853", "2026-03");
    let told = settlement(&site, "cancel-draft", DRAFT).good();
    assert_eq!(
        told,
        format!("settlement {DRAFT} CANCELLED: its events are HYVAKSYTTY again\n")
    );
    let event = shown(&site, &events[0]);
    assert_eq!(
        (&event["state"], &event["settlementNumber"]),
        (&"HYVAKSYTTY".into(), &serde_json::Value::Null)
    );
    prove(&site);
    let refused = settlement(&site, "confirm", DRAFT).refused();
    assert!(refused.contains("is CANCELLED"), "{refused}");
    assert!(settle(&site, "853", "2026-03").contains("853-2026-03-2 DRAFT: 3 events"));
    prove(&site);
    for (number, told) in [
        ("853-2026-03-9", "there is no settlement"),
        ("x", "has the form"),
    ] {
        assert!(settlement(&site, "show", number).refused().contains(told));
    }
    let future = [
        "settlement",
        "run",
        "--organiser",
        "853",
        "--month",
        "2026-04",
    ];
    assert!(
        operate(&site, &future)
            .refused()
            .contains("has not begun yet")
    );
    let unknown = [
        "settlement",
        "run",
        "--organiser",
        "091",
        "--month",
        "2026-03",
    ];
    assert!(
        operate(&site, &unknown)
            .refused()
            .contains("no organiser 091")
    );
}

#[test]
fn a_provider_without_iban_is_held_back_until_it_has_one() {
    let Scene { site, events, .. } = scene();
    site.apply(&registry(&site, without_iban));
    let told = settle(&site, "853", "2026-03");
    assert!(
        told.contains("payable 272.00, HELD BACK") && told.contains("to pay 225.00"),
        "{told}"
    );
    assert!(
        told.contains("held back: provider 9000007-0 has no IBAN"),
        "{told}"
    );
    settlement(&site, "confirm", DRAFT).good();
    assert!(
        settlement(&site, "paid", DRAFT)
            .good()
            .contains("CONFIRMED: 3 events")
    );
    assert_eq!(shown(&site, &events[0])["state"], "MAKSETTU");
    assert_eq!(shown(&site, &events[2])["state"], "TILITETTY");
    prove(&site);
    site.apply(&root().join("fixtures/demo/registry.toml"));
    assert!(
        settlement(&site, "confirm", DRAFT)
            .good()
            .contains("to pay 497.00")
    );
    assert!(
        settlement(&site, "paid", DRAFT)
            .good()
            .contains("PAID: 3 events")
    );
    assert_eq!(shown(&site, &events[2])["state"], "MAKSETTU");
    prove(&site);
}

#[test]
fn an_amendment_does_not_reach_what_is_settled() {
    let site = Site::new("");
    let server = site.start();
    let daycare = Message::fixture("16-create-daycare").fresh();
    let number = server.post(&daycare.0).number();
    let march = row("M", &number, CHILD, "2026-03-02", ("1", "920.00"));
    let told = import(
        &site,
        "march.csv",
        &[march.replace("9000007-0", "9000004-6")],
    );
    approve(&site, &told.column(6));
    let amend = |from: &str, version: &str| {
        let amend = Message::fixture("17-amend-income").fresh();
        let amend = amend.set("psop:purchasingPowerNumber", &number);
        let amend = amend.set("psop:effectiveFrom", from);
        server.post(&amend.set("psop:expectedVersion", version).0)
    };
    assert_eq!(amend("2026-05-01", "1").outcome(), "OK");
    assert!(settle(&site, "049", "2026-03").contains("voucher share 687.00"));
    let touched = amend("2026-03-01", "2").errors();
    assert_eq!(touched, ["PP_AMEND_TOUCHES_SETTLED effectiveFrom"]);
    assert_eq!(
        amend("2026-05-01", "1").errors(),
        ["PP_VERSION_CONFLICT expectedVersion"]
    );
    assert_eq!(amend("2026-04-01", "2").outcome(), "OK");
    prove(&site);
}
