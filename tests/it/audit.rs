//! The access log's chain and the whole store, proven by the real program: what `audit verify` and `store check`
//! find in a store that was tampered with, what only an earlier head shows, and the head in the server's log.

use std::process::Output;

use crate::support::message::Message;
use crate::support::planted::{Planted, Recorded};
use crate::support::server::{Site, program};
use crate::support::tamper::{Hand, LEDGER};

const ROWS: u64 = 8;
/// Rows that the demo registry leaves: one for each of its organisers.
const OF_REGISTRY: u64 = 3;

pub fn operator(site: &Site, command: &[&str]) -> Output {
    let mut program = program();
    program.args(command).arg("--config").arg(site.config());
    program.output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A stopped site with one grant, whose access log has [`ROWS`] rows.
fn logged() -> Site {
    let site = Site::new("");
    let server = site.start();
    let created = server.post(&Message::create().0);
    let number = created.text("purchasingPowerNumber").unwrap();
    for _ in 1..ROWS {
        let found = server.post(&Message::lookup(&number).0);
        assert_eq!(found.outcome(), "OK");
    }
    assert_eq!(server.stop(), Some(0));
    site
}

fn head(site: &Site) -> String {
    let output = operator(site, &["audit", "head"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    out(&output).trim_end().to_owned()
}

/// `audit verify` finds the first breach at `position`, and says so.
#[track_caller]
fn assert_broken(site: &Site, earlier: Option<&str>, position: u64, what: &str) {
    let mut command = vec!["audit", "verify"];
    command.extend(earlier.into_iter().flat_map(|head| ["--head", head]));
    let output = operator(site, &command);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    let told = err(&output);
    assert!(told.contains(&format!("position {position}: ")), "{told}");
    assert!(told.contains(what), "{told}");
    assert!(!out(&output).contains("unbroken"));
}

#[track_caller]
fn assert_unbroken(site: &Site, earlier: Option<&str>) {
    let mut command = vec!["audit", "verify"];
    command.extend(earlier.into_iter().flat_map(|head| ["--head", head]));
    let output = operator(site, &command);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("the access log is unbroken"));
}

#[test]
fn an_untouched_log_is_unbroken_beside_a_running_server_and_without_one() {
    let site = logged();
    let earlier = head(&site);
    assert!(
        earlier.starts_with(&format!("{}:", ROWS + OF_REGISTRY)),
        "{earlier}"
    );
    assert_unbroken(&site, None);
    let server = site.start();
    for _ in 0..3 {
        server.post(&Message::create().0);
        assert_unbroken(&site, Some(&earlier));
    }
    let later = head(&site);
    assert_ne!(later, earlier);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(head(&site), later);
    assert_unbroken(&site, Some(&later));
}

#[test]
fn a_head_that_is_none_is_refused() {
    let site = Site::new("");
    for text in ["8", "8:00", "x:y", ""] {
        let output = operator(&site, &["audit", "verify", "--head", text]);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(err(&output).contains("POSITION:HASH"), "{}", err(&output));
    }
}

#[test]
fn a_flipped_byte_is_found() {
    let site = logged();
    {
        let hand = Hand::on(&site);
        let mut value = hand.raw_row(3);
        *value.last_mut().unwrap() ^= 1;
        hand.put_raw_row(3, &value);
    }
    assert_broken(&site, None, 3, "checksum");
}

#[test]
fn a_careful_edit_of_a_row_is_found() {
    let site = logged();
    {
        let hand = Hand::on(&site);
        let (link, mut plain) = hand.row(3);
        *plain.last_mut().unwrap() ^= 1;
        hand.put_row(3, link, &plain);
    }
    assert_broken(&site, None, 3, "does not fit the chain");
}

#[test]
fn a_removed_row_is_found() {
    let site = logged();
    Hand::on(&site).remove_row(3);
    assert_broken(&site, None, 3, "missing");
}

#[test]
fn a_reordered_pair_is_found() {
    let site = logged();
    {
        let hand = Hand::on(&site);
        let ((first_link, first), (second_link, second)) = (hand.row(3), hand.row(4));
        hand.put_row(3, first_link, &second);
        hand.put_row(4, second_link, &first);
    }
    assert_broken(&site, None, 3, "does not fit the chain");
}

#[test]
fn a_cut_tail_is_found_by_a_head_taken_before() {
    let site = logged();
    let earlier = head(&site);
    Hand::on(&site).cut_tail(5);
    assert_unbroken(&site, None);
    assert_broken(&site, Some(&earlier), 5, "its tail was cut");
    // Grown past it again, it is not the same log.
    let server = site.start();
    for _ in 0..ROWS {
        server.post(&Message::create().0);
    }
    assert_broken(&site, Some(&earlier), ROWS + OF_REGISTRY - 1, "another one");
}

#[test]
fn the_log_has_the_head_as_often_as_asked_and_at_the_stop() {
    let site = Site::new("[log]\naccess_head_every_s = 1\n");
    let server = site.start();
    server.post(&Message::create().0);
    let told = || -> Vec<String> {
        let log = site.log();
        let lines = log.lines().filter(|line| line.contains("access log head"));
        let head = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["fields"]["head"]
                .as_str()
                .unwrap_or_else(|| line["head"].as_str().unwrap())
                .to_owned()
        };
        lines.map(head).collect()
    };
    let started = std::time::Instant::now();
    while told().len() < 3 {
        assert!(started.elapsed().as_secs() < 30, "{:?}", told());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    server.post(&Message::create().0);
    server.post(&Message::create().0);
    assert_eq!(server.stop(), Some(0));
    let last = told().pop().unwrap();
    assert_eq!(last, head(&site));
    assert!(last.starts_with(&format!("{}:", 3 + OF_REGISTRY)), "{last}");
    assert_unbroken(&site, Some(&last));
}

/// A site with grants of every kind over SOAP, and a grant with events.
fn lived() -> Site {
    let site = logged();
    let server = site.start();
    for name in [
        "03-create-saldo",
        "04-create-dental",
        "13-create-dental-ceiling",
        "16-create-daycare",
    ] {
        let created = server.post(&Message::fixture(name).fresh().0);
        assert_eq!(created.outcome(), "OK", "{name}");
    }
    assert_eq!(server.stop(), Some(0));
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "KOTIAPU", "110987-904Y");
    for _ in 0..3 {
        planted.event(grant.number, Recorded::default());
    }
    planted.close();
    site
}

#[test]
fn a_store_that_has_lived_is_found_well_also_by_its_server() {
    let site = lived();
    let alone = operator(&site, &["store", "check"]);
    assert_eq!(
        alone.status.code(),
        Some(0),
        "{}{}",
        out(&alone),
        err(&alone)
    );
    let told = out(&alone);
    assert!(told.ends_with("nothing is wrong\n"), "{told}");
    assert!(told.contains("6 purchasing powers added up"), "{told}");
    assert!(told.contains("       3 service event\n"), "{told}");
    let server = site.start();
    let served = operator(&site, &["store", "check"]);
    assert_eq!(out(&served), told);
    let json = out(&operator(&site, &["store", "check", "--json"]));
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["purchasing_powers_added_up"], 6);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_careful_edit_of_the_ledger_is_found_by_the_check() {
    let site = lived();
    Hand::on(&site).change_last(LEDGER, |payload| {
        // The last byte is the amount's highest.
        *payload.last_mut().unwrap() ^= 1;
    });
    let found = operator(&site, &["store", "check"]);
    assert_eq!(found.status.code(), Some(1));
    let told = out(&found);
    assert!(told.contains("the ledger "), "{told}");
    assert!(
        told.contains("pay nothing on this purchasing power"),
        "{told}"
    );
    assert!(
        !told.contains("OV-") && !told.contains("110987-904Y"),
        "{told}"
    );
    assert!(err(&found).contains("findings"), "{}", err(&found));
    let server = site.start();
    let json = operator(&site, &["store", "check", "--json"]);
    assert_eq!(json.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_str(&out(&json)).unwrap();
    assert!(!report["findings"].as_array().unwrap().is_empty());
    let other = Message::create().set("psop:personId", "010594Y9032");
    assert_eq!(
        server.post(&other.0).outcome(),
        "OK",
        "a finding shuts nothing"
    );
}
