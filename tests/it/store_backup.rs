//! Backups by the real program, beside a server and without one: while many write, after a break, and what a restore
//! of one is. Also copies, and the store of the first version, which every later one must open.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use psop_adapter::domain::access::{AccessEntry, DataClass};
use psop_adapter::domain::client::ClientId;
use psop_adapter::domain::event_id::EventId;
use psop_adapter::store::Change;
use serde_json::Value;

use crate::audit::{err, operator, out};
use crate::event_feed::{SINCE_EVER, ask};
use crate::scenery::{grant, site};
use crate::support::message::Message;
use crate::support::planted::{Planted, Recorded};
use crate::support::server::{Site, program, without_settings};

const WRITERS: usize = 64;
/// The signal of a process that would write more into a file than it may.
const SIGXFSZ: i32 = 25;

#[track_caller]
pub fn done(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        out(output),
        err(output)
    );
    out(output)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A site with the same key file and nothing else.
pub fn empty_beside(site: &Site) -> Site {
    let other = Site::empty(crate::scenery::HEAD, "");
    let key = std::fs::read(site.folder().join("master.key")).unwrap();
    std::fs::write(other.folder().join("master.key"), key).unwrap();
    other
}

pub fn stats(site: &Site) -> Value {
    let output = operator(site, &["store", "stats", "--json"]);
    serde_json::from_str(&done(&output)).unwrap()
}

fn backup(site: &Site, name: &str) -> PathBuf {
    let file = site.folder().join(name);
    done(&operator(site, &["store", "backup", text(&file)]));
    file
}

/// Rows of the access log that make the store as large as wanted: eight kilobytes each.
pub fn plant_rows(site: &Site, rows: u32) {
    let planted = Planted::open(site);
    let store = planted.services().store;
    for index in 0..rows {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&index.to_be_bytes());
        let entry = AccessEntry {
            at: "2026-03-16T10:00:00Z".parse().unwrap(),
            message_id: format!("planted-{index}"),
            client: ClientId::parse("FI-TEST/MUN/0204819-8/paikky").unwrap(),
            represented_party: None,
            user_id: None,
            service: "getServiceEvents".to_owned(),
            purpose: None,
            organiser: None,
            persons: Vec::new(),
            numbers: Vec::new(),
            events: vec![EventId::from_bytes(id); 500],
            data_class: DataClass::Basic,
            result: "OK".to_owned(),
            reason: None,
            rows_returned: 0,
            replayed: false,
            mandate: None,
        };
        planted
            .wait(store.commit(Change::access_only(entry)))
            .unwrap();
    }
    drop(store);
    planted.close();
}

/// A backup by a process that may write files of so many blocks (512 bytes) only: it is killed at the next one.
fn backup_that_breaks_off(site: &Site, file: &Path, blocks: u32) {
    let script = format!(
        "ulimit -f {blocks}; exec {} store backup {} --config {}",
        text(program().get_program().as_ref()),
        text(file),
        text(&site.config())
    );
    let output = without_settings("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(
        output.status.signal(),
        Some(SIGXFSZ),
        "{} {}{}",
        output.status,
        out(&output),
        err(&output)
    );
    assert!(!file.exists());
}

/// Many callers write; meanwhile the backup is made. Everything answered before it is in, nothing begun after it is.
#[test]
fn a_backup_made_while_64_callers_write_is_restored_elsewhere_and_is_one_point_of_the_history() {
    let site = site("");
    let server = site.start();
    let is_over = AtomicBool::new(false);
    let begun: Mutex<BTreeSet<usize>> = Mutex::default();
    let answered: Mutex<Vec<String>> = Mutex::default();
    let answered_now = || answered.lock().unwrap().clone();
    let file = site.folder().join("psop.backup");
    let (before, begun_before_end) = std::thread::scope(|scope| {
        for caller in 0..WRITERS {
            let (server, is_over, begun, answered) = (&server, &is_over, &begun, &answered);
            scope.spawn(move || {
                let mut index = caller;
                while !is_over.load(Ordering::SeqCst) {
                    begun.lock().unwrap().insert(index);
                    let answer = server.post(&grant().0);
                    answered.lock().unwrap().push(answer.number());
                    index += WRITERS;
                }
            });
        }
        while answered_now().len() < WRITERS {
            std::thread::yield_now();
        }
        let before = answered_now();
        let output = operator(&site, &["store", "backup", text(&file)]);
        let begun_before_end = begun.lock().unwrap().len();
        is_over.store(true, Ordering::SeqCst);
        done(&output);
        (before, begun_before_end)
    });
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let elsewhere = empty_beside(&site);
    let told = done(&operator(&elsewhere, &["store", "restore", text(&file)]));
    assert!(told.contains("store check"), "{told}");
    let checked = done(&operator(&elsewhere, &["store", "check"]));
    assert!(checked.contains("nothing is wrong"), "{checked}");
    // Link by link its log is the beginning of the log of the server that went on.
    let head = done(&operator(&elsewhere, &["audit", "head"]));
    let head = head.trim_end();
    done(&operator(&site, &["audit", "verify", "--head", head]));

    let there = stats(&elsewhere);
    let grants = |stats: &Value| {
        let counted = &stats["tables"]["purchasing power"]["records"];
        counted.as_u64().unwrap() as usize
    };
    assert!(before.len() <= grants(&there) && grants(&there) <= begun_before_end);
    assert!(grants(&there) < grants(&stats(&site)));
    assert_eq!(server.stop(), Some(0));
    let server = elsewhere.start();
    for number in &before {
        let found = server.post(&Message::lookup(number).0);
        assert_eq!(
            found.outcome(),
            "OK",
            "{number} was answered and is missing"
        );
    }
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_backup_that_broke_off_goes_on_beside_the_same_server_and_begins_anew_beside_another() {
    let site = site("");
    plant_rows(&site, 1300);
    let server = site.start();
    let file = site.folder().join("psop.backup");
    backup_that_breaks_off(&site, &file, 12 * 1024);
    server.post(&grant().0);
    let output = operator(&site, &["store", "backup", text(&file)]);
    done(&output);
    assert!(
        err(&output).contains("going on with piece 2"),
        "{}",
        err(&output)
    );
    let again = operator(&site, &["store", "backup", text(&file)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("no backup is overwritten"));
    let elsewhere = empty_beside(&site);
    done(&operator(&elsewhere, &["store", "restore", text(&file)]));
    done(&operator(&elsewhere, &["store", "check"]));
    let here = stats(&site);
    assert_eq!(stats(&elsewhere)["tables"], here["tables"]);

    let second = site.folder().join("second.backup");
    backup_that_breaks_off(&site, &second, 12 * 1024);
    assert_eq!(server.stop(), Some(0));
    let server = site.start();
    let output = operator(&site, &["store", "backup", text(&second)]);
    done(&output);
    assert!(err(&output).contains("beginning anew"), "{}", err(&output));
    assert_eq!(server.stop(), Some(0));
    done(&operator(
        &empty_beside(&site),
        &["store", "restore", text(&second)],
    ));

    // Where no server runs the command opens the store itself, and standard output does as well.
    let output = operator(&site, &["store", "backup", "-"]);
    assert_eq!(output.status.code(), Some(0));
    let third = site.folder().join("third.backup");
    std::fs::write(&third, &output.stdout).unwrap();
    let verified = operator(&site, &["store", "restore", "--verify", text(&third)]);
    assert!(done(&verified).contains("is whole"));
}

#[test]
fn a_restored_store_is_another_one_to_who_mirrors_it() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let made = planted.grant("853", "saldo-hoiva", "150318A902U");
    planted.event(made.number, Recorded::default());
    planted.close();
    let server = site.start();
    let watermark = ask(&server, SINCE_EVER).text("highWatermark").unwrap();
    let file = backup(&site, "psop.backup");
    assert_eq!(server.stop(), Some(0));
    let since = format!("<psop:changesSince>{watermark}</psop:changesSince>");

    let elsewhere = empty_beside(&site);
    done(&operator(&elsewhere, &["store", "restore", text(&file)]));
    let server = elsewhere.start();
    let refused = ask(&server, &since);
    assert!(
        refused.body.contains("CONTINUATION_INVALID"),
        "{}",
        refused.body
    );
    let anew = ask(&server, SINCE_EVER);
    assert_eq!(anew.texts("eventId").len(), 1);
    assert_eq!(server.stop(), Some(0));

    // A copy is the same one.
    let copied = empty_beside(&site);
    let mut copy = program();
    copy.args(["store", "copy", "--from", "sled", "--config"]);
    copy.arg(site.config()).arg("--to").arg(copied.config());
    let told = done(&copy.output().unwrap());
    assert!(told.contains("SHA-256"), "{told}");
    done(&operator(&copied, &["store", "check"]));
    let server = copied.start();
    assert_eq!(ask(&server, &since).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
    let again = copy.output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("there is a store"), "{}", err(&again));
}

#[test]
fn what_is_no_whole_backup_of_this_key_is_refused_and_nothing_is_touched() {
    let site = site("");
    let file = backup(&site, "psop.backup");
    let bytes = std::fs::read(&file).unwrap();
    let cut = site.folder().join("cut");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    let changed = site.folder().join("changed");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    std::fs::write(&changed, flipped).unwrap();
    let other_key = Site::empty(crate::scenery::HEAD, "");
    std::fs::write(other_key.folder().join("master.key"), "7b".repeat(32)).unwrap();
    let same_key = empty_beside(&site);
    for (target, file, why) in [
        (&same_key, &cut, "ends too early"),
        (&same_key, &changed, "damaged at byte"),
        (&same_key, &same_key.config(), "no backup"),
        (&same_key, &site.folder().join("missing"), "cannot read"),
        (&other_key, &file, "master key"),
        (&site, &file, "there is a store"),
    ] {
        let output = operator(target, &["store", "restore", text(file)]);
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(err(&output).contains(why), "{why}: {}", err(&output));
    }
    assert!(!same_key.folder().join("store").exists());
    assert!(!other_key.folder().join("store").exists());
}
