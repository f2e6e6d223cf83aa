//! Tokens: made once and shown once, until they expire, are revoked, or the store is restored; never in a log or at rest.

use serde_json::json;

use crate::scenery::set_clock;
use crate::support::admin_api::{call, token};
use crate::support::operator::operate;
use crate::support::server::{Server, Site, get};

const MARCH_16: &str = "2026-03-16T10:00:00+02:00";

fn status(server: &Server, token: &str) -> u16 {
    call(server.admin, Some(token), "status", &json!({})).0
}

fn refused(server: &Server, reason: &str) -> String {
    let metrics = get(server.admin, "/metrics").unwrap().body;
    let name = format!("psop_admin_tokens_refused_total{{reason=\"{reason}\"}} ");
    let mut lines = metrics.lines().filter_map(|line| line.strip_prefix(&name));
    lines.next().unwrap_or("0").to_owned()
}

#[test]
fn a_token_holds_until_its_last_instant() {
    let site = Site::new("");
    let command = [
        "token", "create", "--name", "a", "--role", "viewer", "--days", "1",
    ];
    let told = operate(&site, &[&command[..], &["--organiser", "853"]].concat());
    assert!(
        told.err
            .contains("token a holds until 2026-03-17T08:00:00Z"),
        "{}",
        told.err
    );
    let token = told.good().trim_end().to_owned();
    for (clock, expected) in [
        (MARCH_16, 200),
        ("2026-03-17T09:59:59.999+02:00", 200),
        ("2026-03-17T10:00:00+02:00", 401),
        ("2027-03-17T10:00:00+02:00", 401),
    ] {
        set_clock(&site, clock);
        let server = site.start();
        assert_eq!(status(&server, &token), expected, "{clock}");
        let counted = refused(&server, "expired");
        assert_eq!(counted, if expected == 401 { "1" } else { "0" });
        assert_eq!(server.stop(), Some(0));
    }
    assert!(!site.log().contains(&token));
}

#[test]
fn a_revoked_token_lets_nobody_in_from_the_next_request_on() {
    let site = Site::new("");
    let server = site.start();
    let kept = token(&site, "kept", "viewer", "853");
    let gone = token(&site, "gone", "viewer", "853");
    assert_eq!((status(&server, &gone), status(&server, &kept)), (200, 200));
    assert_eq!(
        operate(&site, &["token", "revoke", "gone"]).good(),
        "token gone is revoked\n"
    );
    assert_eq!((status(&server, &gone), status(&server, &kept)), (401, 200));
    assert_eq!(refused(&server, "revoked"), "1");
    let again = operate(&site, &["token", "revoke", "gone"]).good();
    assert_eq!(again, "token gone is revoked already\n");
    let told = operate(&site, &["token", "revoke", "none"]).refused();
    assert!(told.contains("there is no token of that name"), "{told}");
    let list = operate(&site, &["token", "list"]).good();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("gone") && lines[0].contains(" revoked "),
        "{list}"
    );
    assert!(
        lines[1].starts_with("kept") && lines[1].contains(" valid "),
        "{list}"
    );
    let wrong = format!("{}0", &kept[..kept.len() - 1]);
    let wrong = if wrong == kept {
        format!("{}1", &kept[..kept.len() - 1])
    } else {
        wrong
    };
    assert_eq!(status(&server, &wrong), 401);
    assert_eq!(refused(&server, "unknown"), "1");
    assert_eq!(server.stop(), Some(0));
    let log = site.log();
    for secret in [&kept, &gone, &wrong] {
        let secret = secret.rsplit('_').next().unwrap();
        assert!(!log.contains(secret) && !list.contains(secret));
    }
    assert!(log.contains("a token of the Admin API let nobody in"));
    assert!(log.contains("token:kept"));
}

#[test]
fn a_restored_store_knows_none_of_the_tokens_of_its_backup() {
    let site = Site::new("");
    let old = token(&site, "old", "viewer", "853");
    let backup = site.folder().join("a.backup");
    let backup = backup.to_str().unwrap();
    operate(&site, &["store", "backup", backup]).good();
    let restored = Site::empty(
        &format!("environment = \"TEST\"\nclock = \"{MARCH_16}\"\n"),
        "",
    );
    operate(&restored, &["store", "restore", backup]).good();
    operate(&restored, &["store", "check"]).good();
    let server = restored.start();
    assert_eq!(status(&server, &old), 401);
    assert_eq!(refused(&server, "of-earlier-store"), "1");
    let list = operate(&restored, &["token", "list"]).good();
    assert!(
        list.starts_with("old ") && list.contains("of-earlier-store"),
        "{list}"
    );
    let new = token(&restored, "new", "viewer", "853");
    assert_eq!(status(&server, &new), 200);
}

#[test]
fn a_token_is_not_made_past_a_limit_nor_twice_of_a_name() {
    let site = Site::new("[limits]\nadmin_tokens_max = 2\nadmin_token_days_max = 7\n");
    let create = |name: &str, days: &str, organiser: &str| {
        let command = [
            "token", "create", "--role", "clerk", "--name", name, "--days", days,
        ];
        operate(&site, &[&command[..], &["--organiser", organiser]].concat())
    };
    for (name, days, organiser, told) in [
        ("a", "8", "853", "1 to 7 days (limits.admin_token_days_max)"),
        ("a", "0", "853", "1 to 7 days (limits.admin_token_days_max)"),
        ("A", "7", "853", "lower-case letters"),
        ("a", "7", "091", "the registry has no organiser 091"),
    ] {
        let refused = create(name, days, organiser).refused();
        assert!(refused.contains(told), "{refused}");
    }
    create("a", "7", "853").good();
    let twice = create("a", "7", "853").refused();
    assert!(twice.contains("there is a token a already"), "{twice}");
    create("b", "7", "853").good();
    let full = create("c", "7", "853").refused();
    assert!(full.contains("limits.admin_tokens_max"), "{full}");
    // Those that hold no more go a year after they expired.
    set_clock(&site, "2027-03-23T10:00:00+02:00");
    assert!(
        create("c", "7", "853")
            .refused()
            .contains("limits.admin_tokens_max")
    );
    set_clock(&site, "2027-03-23T10:00:01+02:00");
    create("c", "7", "853").good();
    let list = operate(&site, &["token", "list"]).good();
    assert_eq!(list.lines().count(), 1, "{list}");
    operate(&site, &["store", "check"]).good();
}

#[test]
fn a_token_outlives_new_keys_and_a_migration() {
    let site = Site::new("");
    let token = token(&site, "a", "viewer", "853");
    let key = site.folder().join("new.key");
    std::fs::write(&key, "6b".repeat(32)).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let rekey = ["store", "rekey", "--new-key-file", key.to_str().unwrap()];
    operate(&site, &rekey).good();
    std::fs::copy(&key, site.folder().join("master.key")).unwrap();
    operate(&site, &["store", "rekey", "--finish"]).good();
    operate(&site, &["store", "migrate"]).good();
    operate(&site, &["store", "check"]).good();
    let server = site.start();
    assert_eq!(status(&server, &token), 200);
}
