//! The registry at work: a plan before the change, what events rest on stays, the history and the access log know who
//! changed what; with a running server as without one.

use std::thread;

use serde_json::Value;

use crate::support::message::Message;
use crate::support::operator::{Told, import, operate, row};
use crate::support::root;
use crate::support::server::Site;

const AINO: &str = "110987-904Y";

/// The demo registry, changed, in a file of the site.
fn file(site: &Site, change: impl FnOnce(String) -> String) -> String {
    for included in ["municipalities.toml", "counties.toml"] {
        let from = root().join("fixtures/demo").join(included);
        std::fs::copy(from, site.folder().join(included)).unwrap();
    }
    let demo = std::fs::read_to_string(root().join("fixtures/demo/registry.toml")).unwrap();
    let changed = change(demo.clone());
    let path = site.folder().join("registry.toml");
    std::fs::write(&path, changed).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The registry without its only row of a kind that holds all of these texts.
fn without(text: &str, kind: &str, holding: &[&str]) -> String {
    let head = format!("[[{kind}]]");
    let mut rows: Vec<&str> = text.split("\n[[").collect();
    let before = rows.len();
    rows.retain(|row| {
        let row = format!("[[{row}");
        !(row.starts_with(&head) && holding.iter().all(|text| row.contains(text)))
    });
    assert_eq!(rows.len() + 1, before, "{kind} {holding:?}");
    rows.join("\n[[")
}

fn apply(site: &Site, file: &str, more: &[&str]) -> Told {
    operate(site, &[&["registry", "apply", file], more].concat())
}

/// One event of 9.3.2026 for home care, by provider 9000007-0.
fn one_event(site: &Site) -> String {
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let told = import(
        site,
        "e.csv",
        &[row("KH-1", &number, AINO, "2026-03-09", ("1.0", "38.50"))],
    );
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(server.stop(), Some(0));
    number
}

#[test]
fn a_plan_says_what_an_apply_does_and_changes_nothing() {
    for served in [false, true] {
        let site = Site::new("");
        let server = served.then(|| site.start());
        let changed = file(&site, |text| {
            let text = text.replace("name = \"Kotihoiva Koivu Oy\"", "name = \"Koivu Oy\"");
            let text = without(&text, "provider", &["Odottava Palvelu Oy"]);
            let text = without(&text, "client_grant", &["9000006-2"]);
            format!("{text}\n[[provider]]\nbusiness_id = \"1234567-1\"\nname = \"Uusi Oy\"\n")
        });
        let before = operate(&site, &["registry", "show"]).good();
        let plan = apply(&site, &changed, &["--dry-run"]);
        assert_eq!(plan.code, 3, "{plan:?}");
        for line in [
            "+ added   provider 1234567-1",
            "~ changed provider 9000007-0",
            "            name: Kotihoiva Koivu Oy → Koivu Oy",
            "- removed provider 9000006-2",
            "1 added, 1 changed, 0 ended, 2 removed",
        ] {
            assert!(
                plan.out.lines().any(|told| told == line),
                "{line}: {}",
                plan.out
            );
        }
        assert_eq!(operate(&site, &["registry", "show"]).good(), before);
        let rows = || operate(&site, &["audit", "head"]).good();
        let head = rows();
        let stale = apply(&site, &changed, &["--expect-version", "7"]).refused();
        assert!(stale.contains("version 1, not 7"), "{stale}");
        assert_eq!(operate(&site, &["registry", "show"]).good(), before);
        assert_ne!(rows(), head, "the refusal is on record");
        let head = rows();

        let applied = apply(&site, &changed, &["--expect-version", "1"]).good();
        assert!(applied.contains("registry version 2"), "{applied}");
        assert_ne!(rows(), head);
        for again in [&["--dry-run"][..], &[]] {
            let told = apply(&site, &changed, again).good();
            assert!(told.starts_with("nothing to do"), "{told}");
        }
        let shown = operate(&site, &["registry", "show"]).good();
        assert!(shown.starts_with("# registry version 2\n"), "{shown}");
        let path = site.folder().join("shown.toml");
        std::fs::write(&path, &shown).unwrap();
        let told = apply(&site, path.to_str().unwrap(), &[]).good();
        assert!(told.starts_with("nothing to do"), "{told}");
        assert_eq!(operate(&site, &["registry", "show"]).good(), shown);
        drop(server);
    }
}

#[test]
fn what_an_event_rests_on_is_ended_and_neither_removed_nor_rewritten() {
    let site = Site::new("");
    let number = one_event(&site);
    let refused = |change: &dyn Fn(&str) -> String, rule: &str| {
        let path = file(&site, |text| change(&text));
        for more in [&["--dry-run"][..], &[]] {
            let told = apply(&site, &path, more).refused();
            assert!(told.contains(rule), "{rule}: {told}");
            assert!(told.contains("1 service events"), "{told}");
            for personal in [number.as_str(), AINO, "Korhonen"] {
                assert!(!told.contains(personal), "{told}");
            }
        }
    };
    let koivu = ["9000007-0", "kotiapu", "municipality = \"853\""];
    let approval = "approval 853/kotiapu/9000007-0 from 2025-01-01";
    refused(
        &|text| without(text, "approval", &koivu),
        &format!("{approval} cannot be removed"),
    );
    let ending = |text: &str, day: &str| {
        let row = "service_code = \"kotiapu\"\nprovider = \"9000007-0\"\n";
        assert_eq!(text.matches(row).count(), 1);
        text.replace(row, &format!("{row}valid_to = \"{day}\"\n"))
    };
    refused(
        &|text| ending(text, "2026-03-08"),
        &format!("{approval} cannot end before 2026-03-09"),
    );
    let shown = operate(&site, &["registry", "show"]).good();
    assert!(shown.starts_with("# registry version 1\n"), "{shown}");

    let path = file(&site, |text| ending(&text, "2026-03-09"));
    let told = apply(&site, &path, &[]).good();
    assert!(
        told.contains("| ended   approval 853/kotiapu/9000007-0"),
        "{told}"
    );
    operate(&site, &["store", "check"]).good();
}

#[test]
fn the_history_and_the_access_log_know_who_changed_what() {
    let site = Site::new("");
    let changed = file(&site, |text| {
        without(&text, "approval", &["9000008-9", "hammas-lapset"])
    });
    apply(&site, &changed, &[]).good();
    let told = operate(&site, &["registry", "history", "--json"]).good();
    let changes: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[1]["version"], 2);
    assert_eq!(changes[1]["source"], changed.as_str());
    assert_eq!(changes[1]["counts"]["removed"], 1);
    let row = &changes[1]["rows"][0];
    assert_eq!(
        (&row["entity"], &row["change"]),
        (&"approval".into(), &"removed".into())
    );
    assert!(row["row"]["provider"] == "9000008-9", "{row}");
    let by = changes[1]["by"].as_str().unwrap();
    assert!(!by.is_empty());

    // Of one organiser, where the other change says nothing of it.
    let organiser = row["organisers"][0]["municipality"].as_str().unwrap();
    let told = operate(&site, &["registry", "history", "--organiser", organiser]).good();
    assert_eq!(
        told.lines()
            .filter(|line| line.starts_with("version "))
            .count(),
        2
    );
    assert!(!told.contains("municipality "), "{told}");
    let other = if organiser == "049" { "837" } else { "049" };
    let told = operate(&site, &["registry", "history", "--organiser", other]).good();
    assert_eq!(
        told.lines()
            .filter(|line| line.starts_with("version "))
            .count(),
        1
    );

    let exported = operate(
        &site,
        &[
            "audit",
            "export",
            "--organiser",
            organiser,
            "--from",
            "2026-01-01",
            "--to",
            "2026-12-31",
        ],
    );
    let exported = exported.good();
    assert_eq!(exported.matches("registry-apply").count(), 2, "{exported}");
    assert!(exported.contains(by), "{exported}");
}

#[test]
fn requests_and_changes_of_the_registry_at_once_lose_nothing() {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let with = file(&site, |text| text);
    let bare = site.folder().join("bare.toml");
    let text = std::fs::read_to_string(&with).unwrap();
    std::fs::write(
        &bare,
        without(&text, "approval", &["9000008-9", "hammas-lapset"]),
    )
    .unwrap();
    let bare = bare.to_str().unwrap().to_owned();
    thread::scope(|scope| {
        let changing = scope.spawn(|| {
            for _ in 0..4 {
                apply(&site, &bare, &[]).good();
                apply(&site, &with, &[]).good();
            }
        });
        for visit in 1..=8 {
            let (reference, name) = (format!("KH-{visit}"), format!("{visit}.csv"));
            let rows = [row(
                &reference,
                &number,
                AINO,
                "2026-03-09",
                ("0.5", "38.50"),
            )];
            let told = import(&site, &name, &rows);
            assert_eq!(told.code, 0, "{told:?}");
        }
        changing.join().unwrap();
    });
    let shown = operate(&site, &["registry", "show"]).good();
    assert!(shown.starts_with("# registry version 9\n"), "{shown}");
    assert_eq!(server.stop(), Some(0));
    operate(&site, &["store", "check"]).good();
    operate(&site, &["audit", "verify"]).good();
}

#[test]
fn a_text_that_no_answer_or_terminal_could_bear_is_refused_by_its_place() {
    let site = Site::new("");
    let server = site.start();
    for letter in ["\\u0001", "\\u001b[2J", "\\uFFFE"] {
        let named = file(&site, |text| {
            text.replacen("Turun kaupunki", &format!("Turun{letter} kaupunki"), 1)
        });
        let told = apply(&site, &named, &[]).refused();
        let expected = "organiser[1].name_fi holds a control character: take it out";
        assert!(told.contains(expected), "{told:?}");
        let shown: Vec<char> = told.chars().filter(|c| c.is_control()).collect();
        assert!(shown.iter().all(|c| *c == '\n'), "{told:?}");
    }
    let number = server.post(&Message::create().0).number();
    let answer = server.post(&Message::lookup(&number).0);
    assert_eq!(answer.text("name").as_deref(), Some("Turun kaupunki"));
}
