//! Keys changed by the real program beside a running server, and the figures that tell of it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::audit::{err, operator};
use crate::scenery::{grant, site};
use crate::store_backup::{done, plant_rows, stats};
use crate::support::message::Message;
use crate::support::server::{Site, program};

pub fn new_key(site: &Site, name: &str, byte: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = site.folder().join(name);
    std::fs::write(&path, byte.repeat(32)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_store_gets_new_keys_while_it_is_used_and_the_old_key_file_is_let_go_at_the_end() {
    let site = site("");
    let server = site.start();
    let first = server.post(&grant().0).number();
    let key = new_key(&site, "new.key", "c3");
    let rekey = ["store", "rekey", "--new-key-file", &key];
    let is_over = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    assert_eq!(server.post(&grant().0).outcome(), "OK");
                }
            });
        }
        let told = operator(&site, &rekey);
        is_over.store(true, Ordering::SeqCst);
        done(&told)
    });
    assert!(told.contains("store rekey --finish"), "{told}");
    let figures = stats(&site);
    assert_eq!(figures["encryption_key"], 2);
    assert_eq!(figures["rekeying_under_way"], true);
    let by_key = figures["records_by_encryption_key"].as_object().unwrap();
    assert_eq!(by_key.keys().collect::<Vec<_>>(), ["2"]);

    // With the old file in place nothing is let go.
    let finish = ["store", "rekey", "--finish"];
    let early = operator(&site, &finish);
    assert_eq!(early.status.code(), Some(1));
    assert!(err(&early).contains("put the new key file in place"));
    assert_eq!(server.stop(), Some(0));
    let old_key = std::fs::read(site.folder().join("master.key")).unwrap();
    std::fs::copy(&key, site.folder().join("master.key")).unwrap();
    let server = site.start();
    assert_eq!(server.post(&Message::lookup(&first).0).outcome(), "OK");
    done(&operator(&site, &finish));
    let figures = stats(&site);
    assert_eq!(figures["encryption_keys"], json!([2]));
    assert_eq!(figures["rekeying_under_way"], false);
    done(&operator(&site, &["store", "check"]));
    done(&operator(&site, &["audit", "verify"]));
    assert_eq!(server.stop(), Some(0));

    std::fs::write(site.folder().join("master.key"), old_key).unwrap();
    let refused = operator(&site, &["status"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("does not open the keys"),
        "{}",
        err(&refused)
    );
}

/// Wherever the server is in it when it dies.
#[test]
fn a_rekeying_whose_server_is_killed_is_finished_by_the_same_commands() {
    let site = site("");
    plant_rows(&site, 300);
    let key = new_key(&site, "new.key", "c3");
    let server = site.start();
    let rekey = ["store", "rekey", "--new-key-file", &key];
    std::thread::scope(|scope| {
        let begun = scope.spawn(|| operator(&site, &rekey));
        while !site.log().contains("an operator command begins") {
            std::thread::yield_now();
        }
        server.kill();
        begun.join().unwrap();
    });
    let server = site.start();
    let number = server.post(&grant().0).number();
    done(&operator(&site, &rekey));
    assert_eq!(server.stop(), Some(0));
    std::fs::copy(&key, site.folder().join("master.key")).unwrap();
    // Where no server runs it does as well.
    done(&operator(&site, &["store", "rekey", "--finish"]));
    done(&operator(&site, &["store", "check"]));
    let server = site.start();
    assert_eq!(server.post(&Message::lookup(&number).0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn figures_are_told_in_text_and_a_copy_asks_for_what_it_needs() {
    let site = site("");
    let told = done(&operator(&site, &["store", "stats"]));
    for part in [
        " purchasing power\n",
        "on sled, which takes ",
        "records by format: 1: ",
        "encryption key 1 seals, version 1 of the keys\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let config = site.config();
    let config = config.to_str().unwrap();
    for (arguments, why) in [
        (["--from", "sled", "--to", config], "--config must say"),
        (["--from", config, "--to", config], "the same store"),
        (["--from", "nowhere.toml", "--to", config], "nowhere.toml"),
        (["--from", "postgres", "--to", config], "--config must say"),
    ] {
        let mut copy = program();
        let output = copy.args(["store", "copy"]).args(arguments).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(err(&output).contains(why), "{why}: {}", err(&output));
    }
}

#[test]
fn a_key_file_that_is_none_or_the_one_in_use_changes_nothing() {
    let site = site("");
    let server = site.start();
    let same = site
        .folder()
        .join("master.key")
        .to_str()
        .unwrap()
        .to_owned();
    let short = new_key(&site, "short.key", "c");
    let missing = site.folder().join("missing").to_str().unwrap().to_owned();
    for (key, why) in [
        (&same, "the master key that is in use"),
        (&short, "64 hexadecimal characters"),
        (&missing, "does not exist"),
    ] {
        let output = operator(&site, &["store", "rekey", "--new-key-file", key]);
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(err(&output).contains(why), "{why}: {}", err(&output));
    }
    let nothing = operator(&site, &["store", "rekey", "--finish"]);
    assert!(err(&nothing).contains("no rekeying is under way"));
    assert_eq!(stats(&site)["keys_version"], 1);
    let migrated = done(&operator(&site, &["store", "migrate"]));
    assert!(
        migrated.contains(" 0 written in the newest format"),
        "{migrated}"
    );
    assert_eq!(server.stop(), Some(0));
}
