//! What retention lets go, deleted by the real program on a running server years later: what stays, what the auditor
//! is told, and what is refused.

use serde_json::Value;

use crate::scenery::{grant, set_clock};
use crate::settlement::{approved_month, settle};
use crate::store_backup::empty_beside;
use crate::support::message::Message;
use crate::support::operator::operate;
use crate::support::server::Site;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Deleted and held back, by class in their order.
fn classes(told: &str) -> Vec<(u64, u64)> {
    let told = json(told);
    let classes = told["classes"].as_array().unwrap();
    let count = |class: &Value, name: &str| class[name].as_u64().unwrap();
    classes
        .iter()
        .map(|class| (count(class, "deleted"), count(class, "held_back")))
        .collect()
}

#[test]
fn a_month_of_long_ago_goes_once_it_is_paid_and_the_auditor_sees_that_it_did() {
    let (site, server, event) = approved_month();
    let shown = || operate(&site, &["events", "show", &event]);
    let other = server.post(&grant().0).number();
    settle(&site, "853", "2026-03");
    assert_eq!(server.stop(), Some(0));
    let head = operate(&site, &["audit", "head"]).good();

    // Twelve whole years after the year in which the grants ended.
    set_clock(&site, "2038-12-31T23:59:59+02:00");
    let server = site.start();
    let early = operate(&site, &["store", "purge", "--json"]).good();
    let [answers, settlements, health, others, log] = classes(&early)[..] else {
        panic!("{early}");
    };
    assert!(answers.0 > 0);
    assert_eq!(settlements, (0, 1), "a draft");
    assert_eq!(
        [health, others, log],
        [(0, 0); 3],
        "kept to the last second"
    );
    assert_eq!(server.stop(), Some(0));
    set_clock(&site, "2039-01-01T00:00:00+02:00");
    let server = site.start();
    let foreseen = operate(&site, &["store", "purge", "--dry-run"]).good();
    assert!(foreseen.contains("nothing was deleted"), "{foreseen}");
    let held = operate(&site, &["store", "purge"]).good();
    assert!(held.contains("held back: their time is over"), "{held}");
    shown().good();
    // The one without events went.
    let gone = server.post(&Message::lookup(&other).0);
    assert!(gone.body.contains("PP_NOT_FOUND"), "{}", gone.body);

    operate(&site, &["settlement", "confirm", "853-2026-03-1"]).good();
    operate(&site, &["settlement", "paid", "853-2026-03-1"]).good();
    assert_eq!(server.stop(), Some(0));
    set_clock(&site, "2052-01-01T00:00:00+02:00");
    let server = site.start();
    let last = operate(&site, &["store", "purge", "--json"]).good();
    let [_, settlements, health, others, _] = classes(&last)[..] else {
        panic!("{last}");
    };
    assert_eq!(settlements, (1, 0));
    assert_eq!((health, others), ((1, 0), (1, 0)));
    shown().refused();
    operate(&site, &["settlement", "show", "853-2026-03-1"]).refused();
    let again = operate(
        &site,
        &[
            "settlement",
            "run",
            "--organiser",
            "853",
            "--month",
            "2026-03",
        ],
    );
    let refused = again.refused();
    assert!(
        refused.contains("settlements up to 2026-03 are purged"),
        "{refused}"
    );

    let checked = operate(&site, &["store", "check"]).good();
    assert!(checked.contains("nothing is wrong"), "{checked}");
    let verified = operate(&site, &["audit", "verify"]).good();
    assert!(verified.contains("rows are purged, up to "), "{verified}");
    let compared = operate(&site, &["audit", "verify", "--head", head.trim_end()]);
    assert!(compared.refused().contains("cannot be compared any more"));
    let proofs = json(&operate(&site, &["store", "purge", "--proofs", "--json"]).good());
    let proofs = proofs.as_array().unwrap();
    let of_log = proofs.last().unwrap();
    assert_eq!(of_log["class"], "access-log");
    assert!(verified.contains(of_log["log_start"].as_str().unwrap()));
    let exported = operate(
        &site,
        &["audit", "export", "--organiser", "853", "--format", "jsonl"],
    );
    exported.good();
    // A backup of it, restored elsewhere, is as sound, and its log begins where this one does.
    let file = site.folder().join("purged.backup");
    let file = file.to_str().unwrap();
    operate(&site, &["store", "backup", file]).good();
    assert_eq!(server.stop(), Some(0));
    let elsewhere = empty_beside(&site);
    operate(&elsewhere, &["store", "restore", file]).good();
    operate(&elsewhere, &["store", "check"]).good();
    let told = operate(&elsewhere, &["audit", "verify"]).good();
    assert!(told.contains(of_log["log_start"].as_str().unwrap()));
}

#[test]
fn retention_that_is_too_short_is_refused_before_anything_is_opened() {
    let site = Site::new("");
    for (setting, told) in [
        (
            "idempotency_days = 29",
            "retention.idempotency_days: 29 is not from 30 to 365",
        ),
        (
            "settlements_years = 0",
            "retention.settlements_years: 0 is not from 1 to 150",
        ),
    ] {
        let config = std::fs::read_to_string(site.config()).unwrap();
        std::fs::write(site.config(), format!("{config}\n[retention]\n{setting}\n")).unwrap();
        let refused = operate(&site, &["store", "purge"]);
        assert_ne!(refused.code, 0);
        assert!(refused.err.contains(told), "{}", refused.err);
        std::fs::write(site.config(), config).unwrap();
    }
}
