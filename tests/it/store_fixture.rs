//! The store of format 1, committed as it was made: every later version opens it, finds nothing wrong in it, and gives
//! the answers that the version gave that made it. The same of the backup that it made.
//!
//! What stands in `fixtures/stores/v1` is never written again once a version with that format is out. To make the
//! fixture of a format that is not: `PSOP_WRITE_STORE_FIXTURE=1 cargo test --test it store_fixture`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::event_feed::{SINCE_EVER, about_person};
use crate::scenery::HEAD;
use crate::settlement::settle;
use crate::support::dental;
use crate::support::message::Message;
use crate::support::operator::{approve, import, operate, row};
use crate::support::root;
use crate::support::server::{Server, Site};

const AINO: &str = "110987-904Y";
const CHILD: &str = "150318A902U";

/// A message, and the body that answers it once everything has been done.
#[derive(Serialize, Deserialize)]
struct Asked {
    request: String,
    answer: String,
}

fn folder() -> PathBuf {
    root().join("fixtures/stores/v1")
}

fn is_of_the_feed(asked: &Asked) -> bool {
    asked.request.contains("<psop:getServiceEvents>")
}

/// Grants of every kind, events of every kind and state, a settlement, a refusal: every message that was sent.
fn live(site: &Site, server: &Server) -> Vec<Message> {
    let mut sent = Vec::new();
    let mut send = |message: Message, outcome: &str| {
        let answer = server.post(&message.0);
        assert_eq!(answer.outcome(), outcome, "{}", answer.body);
        sent.push(message);
        answer
    };
    let home = send(Message::create(), "OK").number();
    let saldo = send(Message::fixture("03-create-saldo").fresh(), "OK").number();
    let dental_grant = send(Message::fixture("04-create-dental").fresh(), "OK").number();
    let hidden = Message::fixture("19-create-non-disclosure").fresh();
    let hidden = send(hidden, "OK").number();
    let of_dental = |name: &str| {
        let event = Message::fixture(name).fresh();
        event.set("psop:purchasingPowerNumber", &dental_grant)
    };
    let first = send(of_dental("05-event"), "OK").text("eventId").unwrap();
    let second = send(of_dental("08-event-at-cap"), "OK");
    let second = second.text("eventId").unwrap();
    let refused = of_dental("08-event-above-cap");
    let answer = server.post(&refused.0);
    assert_ne!(answer.outcome(), "OK");
    sent.push(refused);
    let rows = [
        row("KH-1", &home, AINO, "2026-03-09", ("8.5", "38.50")),
        row("KH-2", &home, AINO, "2026-03-10", ("0.5", "38.50")),
        row("KH-3", &home, AINO, "2026-03-11", ("0.5", "38.50")),
    ];
    let told = import(site, "home.csv", &rows);
    let events: Vec<&str> = told.column(6);
    approve(site, &[&first, &second, events[0]]);
    settle(site, "853", "2026-03");
    operate(site, &["settlement", "confirm", "853-2026-03-1"]).good();
    let why = [
        "--reason-code",
        "VIRHE",
        "--reason-text",
        "kirjattu kahdesti",
    ];
    operate(site, &[&["events", "credit", events[0]], &why[..]].concat()).good();
    for message in [
        Message::lookup(&home),
        Message::fixture("03-get-saldo")
            .fresh()
            .set("psop:purchasingPowerNumber", &saldo),
        dental::lookup(&dental_grant),
        Message::lookup(&hidden),
        dental::feed(SINCE_EVER),
        about_person(CHILD).fresh(),
    ] {
        let answer = server.post(&message.0);
        assert_eq!(answer.outcome(), "OK", "{}", answer.body);
        sent.push(message);
    }
    sent
}

fn tar(arguments: &[&str], folder: &Path) {
    let mut tar = Command::new("tar");
    let status = tar.args(arguments).current_dir(folder).status().unwrap();
    assert!(status.success(), "tar {arguments:?}");
}

fn made_anew() {
    let site = Site::new("");
    let server = site.start();
    let sent = live(&site, &server);
    let asked: Vec<Asked> = sent
        .into_iter()
        .map(|message| Asked {
            answer: server.post(&message.0).body,
            request: message.0,
        })
        .collect();
    fs::create_dir_all(folder()).unwrap();
    let archive = folder().join("store.tar.gz");
    let backup = folder().join("psop.backup");
    let _ = fs::remove_file(&backup);
    operate(&site, &["store", "backup", backup.to_str().unwrap()]).good();
    assert_eq!(server.stop(), Some(0));
    tar(&["-czf", archive.to_str().unwrap(), "store"], site.folder());
    fs::copy(
        site.folder().join("master.key"),
        folder().join("master-key.txt"),
    )
    .unwrap();
    let answers = serde_json::to_string_pretty(&asked).unwrap();
    fs::write(folder().join("answers.json"), answers + "\n").unwrap();
}

fn answers() -> Vec<Asked> {
    let text = fs::read_to_string(folder().join("answers.json")).unwrap();
    let answers: Vec<Asked> = serde_json::from_str(&text).unwrap();
    assert!(answers.len() > 10);
    answers
}

/// A site that has nothing but the fixture's key.
fn site() -> Site {
    let site = Site::empty(HEAD, "");
    let key = fs::read(folder().join("master-key.txt")).unwrap();
    fs::write(site.folder().join("master.key"), key).unwrap();
    site
}

#[track_caller]
fn assert_answers(site: &Site, wanted: impl Fn(&Asked) -> bool) {
    let server = site.start();
    for asked in answers().iter().filter(|asked| wanted(asked)) {
        assert_eq!(server.post(&asked.request).body, asked.answer);
    }
    assert_eq!(server.stop(), Some(0));
    operate(site, &["store", "check"]).good();
}

#[test]
fn the_store_of_format_1_opens_checks_clean_and_answers_as_it_did() {
    if std::env::var_os("PSOP_WRITE_STORE_FIXTURE").is_some() {
        made_anew();
    }
    let site = site();
    let archive = folder().join("store.tar.gz");
    tar(&["-xzf", archive.to_str().unwrap()], site.folder());
    operate(&site, &["store", "check"]).good();
    operate(&site, &["audit", "verify"]).good();
    assert_answers(&site, |_| true);
    // Its settlement was kept before digests were: it is told, and gets them with its first export.
    let show = ["settlement", "show", "853-2026-03-1"];
    assert!(!operate(&site, &show).good().contains("exported:"));
    let out = site.folder().join("out");
    let export = ["settlement", "export", "853-2026-03-1", "--out"];
    let export = [&export[..], &[out.to_str().unwrap()]].concat();
    operate(&site, &export).good();
    assert!(operate(&site, &show).good().contains("exported:"));
    operate(&site, &export).good();
    operate(&site, &["store", "migrate"]).good();
    assert_answers(&site, |_| true);

    // Its registry has no history; that begins with the next change.
    let shown = operate(&site, &["registry", "show"]).good();
    assert!(shown.starts_with("# registry version 0\n"), "{shown}");
    let registry = site.folder().join("registry.toml");
    let more = "[[provider]]\nbusiness_id = \"1234567-1\"\nname = \"Uusi Oy\"\n";
    fs::write(&registry, format!("{shown}\n{more}")).unwrap();
    let apply = ["registry", "apply", registry.to_str().unwrap()];
    let told = operate(&site, &apply).good();
    assert!(told.contains("1 added, 0 changed"), "{told}");
    assert!(told.contains("registry version 1"), "{told}");
    assert_answers(&site, |_| true);

    // The backup that was made of it; tokens of the feed are of another epoch.
    let restored = self::site();
    let backup = folder().join("psop.backup");
    let restore = ["store", "restore", backup.to_str().unwrap()];
    operate(&restored, &restore).good();
    operate(&restored, &["store", "check"]).good();
    assert_answers(&restored, |asked| !is_of_the_feed(asked));
}
