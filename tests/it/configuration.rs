//! What an operator writes and may write wrongly: the configuration file with its environment
//! variables and flags, the key file, and the registry, which is taken whole or not at all.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{PRODUCTION, Server, Site, program};

const TEST: &str = "environment = \"TEST\"\n";

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `registry show` with environment variables.
fn show(config: &Path, variables: &[(&str, &str)]) -> Output {
    let mut command = program();
    command.envs(variables.iter().copied());
    command.args(["registry", "show", "--config"]);
    command.arg(config).output().unwrap()
}

#[track_caller]
fn assert_refused(output: &Output, texts: &[&str]) {
    assert_eq!(output.status.code(), Some(1), "{}", told(output));
    for text in texts {
        assert!(
            told(output).contains(text),
            "no {text:?} in {}",
            told(output)
        );
    }
    assert!(output.stdout.is_empty());
}

#[test]
fn a_wrong_configuration_is_refused_by_the_name_of_its_key() {
    let cases = [
        (
            TEST,
            "[server]\nlisten_on = \"127.0.0.1:0\"",
            "server.listen_on",
        ),
        (TEST, "[unknown]\nkey = 1", "unknown"),
        ("environment = \"TEST\"\nextra = 1", "", "extra"),
        ("environment = \"LIVE\"", "", "environment"),
        ("", "", "environment"),
        (
            "environment = \"PROD\"\nclock = \"2026-03-16T10:00:00Z\"",
            "",
            "clock",
        ),
        ("environment = \"TEST\"\nclock = \"yesterday\"", "", "clock"),
        (
            TEST,
            "[limits]\nbody_bytes_max = 0",
            "limits.body_bytes_max",
        ),
        (
            TEST,
            "[limits]\nxml_depth_max = \"deep\"",
            "limits.xml_depth_max",
        ),
        (TEST, "[limits]\nxml_depht_max = 3", "limits.xml_depht_max"),
        (
            TEST,
            "[server]\npublic_url = \"psop.example\"",
            "server.public_url",
        ),
        (TEST, "[log]\nformat = \"xml\"", "log.format"),
        (TEST, "[tls]\nkey = \"x\"", "tls.certificate"),
    ];
    for (head, more, key) in cases {
        let site = Site::empty(head, more);
        let name = site.config().display().to_string();
        assert_refused(&show(&site.config(), &[]), &[key, &name]);
        assert!(!site.folder().join("store").exists(), "{key}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let more = "[limits]\nno_such = 1\nxml_depth_max = \"x\"\n[log]\nformat = 3";
    let site = Site::empty(TEST, more);
    let variables = [("PSOP_SERVER__LISTEN", "here")];
    let keys = [
        "limits.no_such",
        "limits.xml_depth_max",
        "log.format",
        "PSOP_SERVER__LISTEN",
    ];
    assert_refused(&show(&site.config(), &variables), &keys);
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let name = path.display().to_string();
    assert_refused(&show(&path, &[]), &["cannot read", &name]);
    std::fs::write(&path, "environment = TEST").unwrap();
    assert_refused(&show(&path, &[]), &["not valid TOML", &name]);
}

#[test]
fn variables_override_the_file_and_unknown_ones_are_refused() {
    let site = Site::new("");
    let refused = [
        ("PSOP_SERVER__LISTEM", "127.0.0.1:0", "PSOP_SERVER__LISTEM"),
        ("PSOP_LIMITS", "1", "PSOP_LIMITS"),
        ("PSOP_LIMITS__XML_DEPTH_MAX", "0", "limits.xml_depth_max"),
        (
            "PSOP_LIMITS__XML_DEPTH_MAX",
            "deep",
            "PSOP_LIMITS__XML_DEPTH_MAX",
        ),
        ("PSOP_ENVIRONMENT", "PROD", "clock"),
    ];
    for (name, value, expected) in refused {
        assert_refused(&show(&site.config(), &[(name, value)]), &[expected]);
    }
    let elsewhere = site.folder().join("another");
    let path = elsewhere.to_str().unwrap();
    let shown = show(&site.config(), &[("PSOP_STORE__PATH", path)]);
    assert_eq!(shown.status.code(), Some(0), "{}", told(&shown));
    assert!(
        elsewhere.join("db").exists(),
        "the variable's store was not used"
    );
    let empty = String::from_utf8(shown.stdout).unwrap();
    assert!(!empty.contains("Turun kaupunki"), "{empty}");
}

#[test]
fn flags_override_variables() {
    let site = Site::new("[limits]\nxml_depth_max = 3\n");
    let mut command = program();
    // Ports that nobody can listen on: the flags that the harness adds must win.
    command.env("PSOP_SERVER__LISTEN", "192.0.2.1:1");
    command.env("PSOP_ADMIN__LISTEN", "192.0.2.1:2");
    command.env("PSOP_LIMITS__XML_DEPTH_MAX", "5");
    command.arg("serve").arg("--config").arg(site.config());
    let server = Server::spawn(command, &site.folder().join("server.log"));
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
    let mut command = program();
    command.env("PSOP_SERVER__LISTEN", "192.0.2.1:1");
    command.args(["serve", "--config"]).arg(site.config());
    let refused = command.output().unwrap();
    assert_refused(&refused, &["cannot listen on 192.0.2.1:1"]);
}

const DEV: &str = "environment = \"DEV\"\n";

#[test]
fn only_dev_makes_its_own_key_file() {
    for (head, makes) in [(DEV, true), (TEST, false), (PRODUCTION, false)] {
        let site = Site::empty(head, "");
        let key_file = site.folder().join("master.key");
        std::fs::remove_file(&key_file).unwrap();
        let shown = show(&site.config(), &[]);
        if !makes {
            assert_refused(&shown, &["does not exist", "openssl rand -hex 32"]);
            assert!(!key_file.exists() && !site.folder().join("store").exists());
            continue;
        }
        assert_eq!(shown.status.code(), Some(0), "{}", told(&shown));
        let key = std::fs::read_to_string(&key_file).unwrap();
        assert_eq!(key.trim_end().len(), 64);
        assert!(key.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()));
        let mode = key_file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(show(&site.config(), &[]).status.code(), Some(0));
        assert_eq!(std::fs::read_to_string(&key_file).unwrap(), key, "kept");
    }
}

#[test]
fn only_prod_refuses_a_key_file_that_others_can_read() {
    for (head, code) in [(TEST, 0), (PRODUCTION, 1)] {
        let site = Site::empty(head, "");
        let key_file = site.folder().join("master.key");
        std::fs::set_permissions(&key_file, PermissionsExt::from_mode(0o640)).unwrap();
        let shown = show(&site.config(), &[]);
        assert_eq!(shown.status.code(), Some(code), "{}", told(&shown));
        assert!(
            code == 0 || told(&shown).contains("chmod 600"),
            "{}",
            told(&shown)
        );
    }
}

fn demo() -> PathBuf {
    root().join("fixtures/demo/registry.toml")
}

fn apply(site: &Site, registry: &Path, more: &[&str]) -> Output {
    let mut command = program();
    command.args(["registry", "apply"]).arg(registry);
    command.arg("--config").arg(site.config()).args(more);
    command.output().unwrap()
}

fn shown(site: &Site) -> String {
    let output = show(&site.config(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_registry_show_prints_is_what_registry_apply_takes() {
    let site = Site::new("");
    let first = shown(&site);
    let copy = site.folder().join("copy.toml");
    std::fs::write(&copy, &first).unwrap();
    let other = Site::empty(TEST, "");
    assert_ne!(shown(&other), first);
    let applied = apply(&other, &copy, &["--json"]);
    assert_eq!(applied.status.code(), Some(0), "{}", told(&applied));
    let report: Value = serde_json::from_slice(&applied.stdout).unwrap();
    let added = |entity: &str| {
        let rows = report["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["entity"] == entity && row["change"] == "added")
            .count()
    };
    assert_eq!((added("organiser"), added("provider")), (3, 6));
    assert_eq!(
        (&report["version"], &report["dry_run"]),
        (&1.into(), &false.into())
    );
    assert_eq!(shown(&other), first);
    let mut command = program();
    command
        .args(["registry", "show", "--json", "--config"])
        .arg(other.config());
    let json: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let toml: toml::Table = first.parse().unwrap();
    for (key, rows) in &toml {
        let count = json[key].as_array().unwrap().len();
        assert_eq!(count, rows.as_array().unwrap().len(), "{key}");
    }
}

/// The demo registry with `more` behind it, in a file of its own beside what it includes.
fn with(site: &Site, more: &str) -> PathBuf {
    for name in ["municipalities.toml", "counties.toml"] {
        let from = root().join("fixtures/demo").join(name);
        std::fs::copy(from, site.folder().join(name)).unwrap();
    }
    let path = site.folder().join("changed.toml");
    let text = std::fs::read_to_string(demo()).unwrap();
    std::fs::write(&path, format!("{text}\n{more}\n")).unwrap();
    path
}

#[test]
fn a_registry_with_problems_is_refused_and_changes_nothing() {
    let turku = "organiser = { municipality = \"853\" }";
    let approval = |service: &str, provider: &str| {
        format!(
            "[[approval]]\n{turku}\nservice_code = \"{service}\"\nprovider = \"{provider}\"\n\
             valid_from = \"2025-01-01\"\nstate = \"APPROVED\""
        )
    };
    let grant = |whom: &str| {
        format!(
            "[[client_grant]]\nclient = \"FI-TEST/COM/9000003-8/x\"\nservices = [\"getOstovoima\"]\n\
             {whom}\nvalid_from = \"2025-01-01\""
        )
    };
    let service = |municipality: &str| {
        format!(
            "[[service_type]]\norganiser = {{ municipality = \"{municipality}\" }}\n\
             service_code = \"kotiapu\"\nvalid_from = \"2025-01-01\"\nname_fi = \"Kotiapu\"\n\
             instruments = [\"VOUCHER\"]\nunit = \"H\"\nlegal_basis = \"PSL_569_2009\"\n\
             custody_category = \"SOCIAL\""
        )
    };
    let item = |municipality: &str| {
        format!(
            "[[price_item]]\norganiser = {{ municipality = \"{municipality}\" }}\n\
             procedure_code = \"SAA01\"\nvoucher_value = \"30.00\"\nvalid_from = \"2025-01-01\""
        )
    };
    let cases = [
        ("[[municipality]]\ncode = \"853\"\nname_fi = \"Turku\"".to_owned(), "stands twice"),
        ("[[county]]\ncode = \"05\"\nname_fi = \"X\"".to_owned(), "stands twice"),
        (
            "[[organiser]]\ncode = { municipality = \"853\" }\nbusiness_id = \"0204819-8\"\nname_fi = \"X\""
                .to_owned(),
            "stands twice",
        ),
        (service("853"), "stands twice"),
        (service("020"), "no such organiser"),
        ("[[provider]]\nbusiness_id = \"9000003-8\"\nname = \"X\"".to_owned(), "stands twice"),
        ("[[provider]]\nbusiness_id = \"9000003-9\"\nname = \"X\"".to_owned(), "no registry"),
        (approval("suun-hoito", "9000003-8"), "stands twice"),
        (approval("no-such", "9000003-8"), "no such service type"),
        (approval("kotiapu", "1234567-1"), "no such provider"),
        (item("853"), "stands twice"),
        (item("020"), "no such organiser"),
        (grant("organisers = [{ municipality = \"020\" }]"), "there is no organiser"),
        (grant("providers = [\"1234567-1\"]"), "there is no provider"),
        (grant("role = \"any\""), "role"),
        ("[[code_set]]\noid = \"1.2.246.537.6.99001\"\nversion = \"1\"".to_owned(), ""),
        ("[[planet]]\nname = \"X\"".to_owned(), "planet"),
        ("= broken".to_owned(), "no TOML"),
    ];
    let site = Site::new("");
    let before = shown(&site);
    for (more, text) in cases {
        let path = with(&site, &more);
        let name = path.display().to_string();
        assert_refused(&apply(&site, &path, &[]), &[text, &name]);
        assert_eq!(shown(&site), before, "{more}");
    }
    assert_refused(
        &apply(&site, &site.folder().join("none.toml"), &[]),
        &["none.toml"],
    );
    let path = with(&site, "");
    std::fs::remove_file(site.folder().join("counties.toml")).unwrap();
    assert_refused(&apply(&site, &path, &[]), &["counties.toml"]);
    assert_eq!(shown(&site), before);
    // And what has no problem is taken.
    let path = with(
        &site,
        "[[provider]]\nbusiness_id = \"1234567-1\"\nname = \"Uusi Oy\"",
    );
    assert_eq!(apply(&site, &path, &[]).status.code(), Some(0));
    assert!(shown(&site).contains("Uusi Oy"));
}

#[test]
fn all_of_a_registry_s_problems_are_told_at_once() {
    let site = Site::new("");
    let twice = "[[provider]]\nbusiness_id = \"9000003-8\"\nname = \"X\"\n\
        [[price_item]]\norganiser = { municipality = \"020\" }\nprocedure_code = \"SAA01\"\n\
        voucher_value = \"30.00\"\nvalid_from = \"2025-01-01\"";
    let refused = apply(&site, &with(&site, twice), &[]);
    let texts = [
        "nothing was changed",
        "provider 9000003-8 stands twice",
        "no such organiser",
    ];
    assert_refused(&refused, &texts);
}
