//! The store as a whole on PostgreSQL, with two adapters on one database: keys changed, backed up, restored and copied
//! from one back end to the other.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::audit::{err, operator};
use crate::scenery::{HEAD, apply, grant, site};
use crate::store_backup::{done, empty_beside, stats};
use crate::store_rekey::new_key;
use crate::support::admin_api::{call, token};
use crate::support::message::Message;
use crate::support::operator::operate;
use crate::support::postgres::Postgres;
use crate::support::server::{Site, program};

const WRITERS: usize = 16;

/// A site whose store is this database.
fn adapter(url: &str) -> Site {
    let site = Site::empty(HEAD, "");
    let config = std::fs::read_to_string(site.config()).unwrap();
    let kind = format!("kind = \"postgres\"\nurl = \"{url}\"");
    std::fs::write(site.config(), config.replace("kind = \"sled\"", &kind)).unwrap();
    site
}

fn sealed_under(stats: &Value) -> Vec<&String> {
    let by_key = stats["records_by_encryption_key"].as_object().unwrap();
    by_key.keys().collect()
}

fn copy(from: &Site, to: &Site) -> String {
    let mut copy = program();
    copy.args(["store", "copy", "--from"]).arg(from.config());
    copy.arg("--to").arg(to.config());
    done(&copy.output().unwrap())
}

#[test]
fn two_adapters_write_while_their_store_is_backed_up_and_gets_new_keys() {
    let url = Postgres::shared().database();
    let (one, two) = (adapter(&url), adapter(&url));
    apply(&one, |registry| registry);
    let (first, second) = (one.start(), two.start());
    let is_over = AtomicBool::new(false);
    let answered: Mutex<BTreeSet<String>> = Mutex::default();
    let answered_now = || answered.lock().unwrap().clone();
    let file = one.folder().join("psop.backup");
    let key = new_key(&one, "new.key", "c3");
    let before = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let server = [&first, &second][writer % 2];
            let (is_over, answered) = (&is_over, &answered);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let number = server.post(&grant().0).number();
                    answered.lock().unwrap().insert(number);
                }
            });
        }
        while answered_now().len() < WRITERS {
            std::thread::yield_now();
        }
        let before = answered_now();
        let backup = ["store", "backup", file.to_str().unwrap()];
        let backed_up = operator(&one, &backup);
        let rekeyed = operator(&one, &["store", "rekey", "--new-key-file", &key]);
        // Both go on under the new key.
        let seen = answered_now().len();
        while answered_now().len() < seen + 2 * WRITERS {
            std::thread::yield_now();
        }
        is_over.store(true, Ordering::SeqCst);
        done(&backed_up);
        done(&rekeyed);
        before
    });
    let figures = stats(&two);
    assert_eq!(figures["back_end"], "postgres");
    assert_eq!(sealed_under(&figures), ["2"]);
    let grants = &figures["tables"]["purchasing power"]["records"];
    assert_eq!(grants.as_u64().unwrap() as usize, answered_now().len());
    done(&operator(&two, &["store", "check"]));

    let early = operator(&two, &["store", "rekey", "--finish"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(err(&early).contains("put the new key file in place"));
    assert_eq!(first.stop(), Some(0));
    std::fs::copy(&key, one.folder().join("master.key")).unwrap();
    let first = one.start();
    done(&operator(&one, &["store", "rekey", "--finish"]));
    assert_eq!(stats(&one)["encryption_keys"], json!([2]));
    // The other one still has the old key file, and had taken the new keys up.
    let number = second.post(&grant().0).number();
    assert_eq!(first.post(&Message::lookup(&number).0).outcome(), "OK");
    done(&operator(&two, &["store", "check"]));
    assert_eq!(second.stop(), Some(0));
    let refused = operator(&two, &["status"]);
    assert!(
        err(&refused).contains("does not open the keys"),
        "{}",
        err(&refused)
    );

    // The backup, made before the new keys, is a store of the other back end under the old key file.
    let elsewhere = empty_beside(&two);
    let restore = ["store", "restore", file.to_str().unwrap()];
    done(&operator(&elsewhere, &restore));
    done(&operator(&elsewhere, &["store", "check"]));
    let head = done(&operator(&elsewhere, &["audit", "head"]));
    done(&operator(
        &one,
        &["audit", "verify", "--head", head.trim_end()],
    ));
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
    assert_eq!(first.stop(), Some(0));
}

#[test]
fn a_store_goes_to_the_other_back_end_and_back_and_stays_the_same() {
    let site = site("");
    let server = site.start();
    let sent = grant();
    let number = server.post(&sent.0).number();
    assert_eq!(server.stop(), Some(0));
    let database = adapter(&Postgres::shared().database());
    let there = copy(&site, &database);
    done(&operator(&database, &["store", "check"]));
    let back = empty_beside(&site);
    assert_eq!(copy(&database, &back), there);
    done(&operator(&back, &["store", "check"]));
    let (was, is) = (stats(&site), stats(&back));
    for unchanged in ["tables", "epoch", "sequence", "access_rows", "seals"] {
        assert_eq!(was[unchanged], is[unchanged], "{unchanged}");
    }
    // What is full is not filled again.
    let mut again = program();
    again.args(["store", "copy", "--from"]).arg(site.config());
    let again = again.arg("--to").arg(database.config()).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(
        err(&again).contains("holds a store already"),
        "{}",
        err(&again)
    );
    let server = database.start();
    let replay = server.post(&sent.0);
    assert_eq!(replay.number(), number);
    assert_eq!(replay.text("replayed").as_deref(), Some("true"));
    assert_eq!(server.stop(), Some(0));

    // A backup of a database makes a database.
    let file = database.folder().join("psop.backup");
    let file = file.to_str().unwrap();
    done(&operator(&database, &["store", "backup", file]));
    let restored = adapter(&Postgres::shared().database());
    done(&operator(&restored, &["store", "restore", file]));
    done(&operator(&restored, &["store", "check"]));
    assert_ne!(stats(&restored)["epoch"], was["epoch"]);
    let refused = operator(&database, &["store", "restore", file]);
    assert!(
        err(&refused).contains("holds a store already"),
        "{}",
        err(&refused)
    );
}

#[test]
fn a_token_made_or_revoked_at_one_adapter_is_so_at_the_other_at_once() {
    let url = Postgres::shared().database();
    let (one, two) = (adapter(&url), adapter(&url));
    apply(&one, |registry| registry);
    let (first, second) = (one.start(), two.start());
    let token = token(&one, "shared", "viewer", "853");
    let statuses =
        || [&first, &second].map(|it| call(it.admin, Some(&token), "status", &json!({})).0);
    assert_eq!(statuses(), [200, 200]);
    operate(&two, &["token", "revoke", "shared"]).good();
    assert_eq!(statuses(), [401, 401]);
    for server in [first, second] {
        assert_eq!(server.stop(), Some(0));
    }
}
