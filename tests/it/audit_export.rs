//! `audit export`: one organiser's rows of the access log, of a person or of a period, and nothing of another's;
//! the identity code comes from a file or standard input and is in no output.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::audit::{err, operator, out};
use crate::support::message::Message;
use crate::support::server::{Site, program};

const CUSTOMER: &str = "110987-904Y";
const CHILD: &str = "150318A902U";

/// Two grants and a refusal in Turku, one of them of another person; one grant in Espoo.
fn site() -> Site {
    let site = Site::new("");
    let server = site.start();
    let create = || Message::create();
    assert_eq!(server.post(&create().0).outcome(), "OK");
    let other = create().set("psop:personId", CHILD);
    assert_eq!(server.post(&other.0).outcome(), "OK");
    let refused = create().set("psop:serviceCode", "TUNTEMATON");
    assert_ne!(server.post(&refused.0).outcome(), "OK");
    let espoo = Message::fixture("16-create-daycare").fresh();
    assert_eq!(server.post(&espoo.0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
    site
}

fn export(site: &Site, arguments: &[&str]) -> Output {
    let output = operator(site, &[&["audit", "export"], arguments].concat());
    for text in [out(&output), err(&output)] {
        assert!(!text.contains(CUSTOMER) && !text.contains(CHILD), "{text}");
    }
    output
}

fn rows(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", err(output));
    let text = out(output);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn person_file(site: &Site, code: &str) -> String {
    let path = site.folder().join("person.txt");
    std::fs::write(&path, format!("{code}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_organisers_rows_are_exported_and_no_others() {
    let site = site();
    let turku = rows(&export(&site, &["--organiser", "853", "--format", "jsonl"]));
    // Three calls, and the registry that was applied.
    assert_eq!(turku.len(), 4);
    assert_eq!(turku[0]["service"], "registry-apply");
    assert!(turku.iter().all(|row| row["organiser"] == "853"));
    let espoo = rows(&export(&site, &["--organiser", "049", "--format", "jsonl"]));
    assert_eq!(espoo.len(), 2);
    let tampere = rows(&export(&site, &["--organiser", "837", "--format", "jsonl"]));
    assert_eq!(tampere.len(), 1);
    let none = rows(&export(&site, &["--organiser", "286", "--format", "jsonl"]));
    assert_eq!(none.len(), 0);
    let csv = out(&export(&site, &["--organiser", "853"]));
    // A line of column names, and the row of the extract before.
    assert_eq!(csv.lines().count(), 6);
    let head = csv.lines().next().unwrap();
    assert!(
        head.starts_with("position,time,message_id,client,"),
        "{head}"
    );
    let page = std::fs::read_to_string(crate::support::root().join("docs/audit.md")).unwrap();
    for column in head.split(',') {
        assert!(page.contains(&format!("| `{column}` |")), "{column}");
    }
}

#[test]
fn a_persons_rows_are_those_that_touch_the_person() {
    let site = site();
    let file = person_file(&site, CUSTOMER);
    let of = |organiser: &str| {
        let arguments = [
            "--organiser",
            organiser,
            "--person-file",
            &file,
            "--format",
            "jsonl",
        ];
        rows(&export(&site, &arguments))
    };
    let rows = of("853");
    assert_eq!(rows.len(), 2, "{rows:?}");
    let hash = rows[0]["persons"][0].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    assert!(rows.iter().all(|row| row["persons"][0] == hash));
    assert_eq!(rows[0]["result"], "OK");
    assert_eq!(rows[0]["service"], "postPurchasingPower");
    assert_eq!(of("049").len(), 0);
    // Through standard input, beside a running server.
    let server = site.start();
    let mut program = program();
    let mut asked = program
        .args([
            "audit",
            "export",
            "--organiser",
            "853",
            "--person-file",
            "-",
        ])
        .arg("--config")
        .arg(site.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = asked.stdin.take().unwrap();
    stdin.write_all(CHILD.as_bytes()).unwrap();
    drop(stdin);
    let output = asked.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output).lines().count(), 2, "{}", out(&output));
    assert!(!site.log().contains(CHILD));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_period_takes_both_its_days_in() {
    let site = site();
    let count = |from: &str, to: &str| {
        let arguments = [
            "--organiser",
            "853",
            "--from",
            from,
            "--to",
            to,
            "--format",
            "jsonl",
        ];
        rows(&export(&site, &arguments)).len()
    };
    // The site's clock stands on 2026-03-16.
    assert_eq!(count("2026-03-16", "2026-03-16"), 4);
    assert_eq!(count("2026-03-01", "2026-03-15"), 0);
    assert_eq!(count("2026-03-17", "2026-03-31"), 0);
}

#[test]
fn what_makes_no_sense_is_refused_without_an_echo() {
    let site = site();
    let file = person_file(&site, "110987-904X");
    for (arguments, code, told) in [
        (
            vec!["--organiser", "853", "--person-file", &file],
            1,
            "no personal identity code",
        ),
        (vec!["--organiser", "999"], 1, "in no loaded list"),
        (vec!["--organiser", "Turku"], 2, "three digits"),
        (
            vec!["--organiser", "853", "--from", "2026-3-1"],
            2,
            "2026-03-01",
        ),
        (
            vec![
                "--organiser",
                "853",
                "--from",
                "2026-03-02",
                "--to",
                "2026-03-01",
            ],
            1,
            "before it begins",
        ),
        (vec![], 2, "--organiser"),
        (vec!["--organiser", "853", CUSTOMER], 2, ""),
    ] {
        let output = operator(
            &site,
            &[&["audit", "export"], arguments.as_slice()].concat(),
        );
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(err(&output).contains(told), "{}", err(&output));
        assert!(!err(&output).contains("904X"), "{}", err(&output));
    }
}

#[test]
fn an_extract_leaves_its_own_row_before_anything_is_told() {
    let site = site();
    let file = person_file(&site, CUSTOMER);
    let asked = [
        "--organiser",
        "853",
        "--person-file",
        &file,
        "--format",
        "jsonl",
    ];
    let first = rows(&export(&site, &asked));
    assert!(first.iter().all(|row| row["service"] != "audit-export"));
    let second = rows(&export(&site, &asked));
    assert_eq!(second.len(), first.len() + 1);
    let row = second.last().unwrap();
    assert_eq!(row["service"], "audit-export");
    assert_eq!(row["client"], "LOCAL/ADMIN/operator");
    assert_eq!(row["purpose"], "PALVELUN_JARJESTAMINEN");
    assert_eq!(row["persons"], first[0]["persons"]);
    for who_and_when in ["user_id", "time"] {
        assert!(row[who_and_when].is_string(), "{row}");
    }
    // What is refused asks nothing of the log, and is no extract.
    let wrong = person_file(&site, "110987-904X");
    let refused = [&asked[..3], &[wrong.as_str()]].concat();
    assert_eq!(export(&site, &refused).status.code(), Some(1));
    person_file(&site, CUSTOMER);
    assert_eq!(rows(&export(&site, &asked)).len(), second.len() + 1);
}
