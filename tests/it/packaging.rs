//! What the package and the examples say agrees with the program: units, grace periods, manual pages, the first steps.
//! That they work is proved by the scripts in `tests/packages`.

use psop_adapter::config::{Limits, Server};

use crate::support::root;
use crate::support::server::program;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join("security-server-config").join(path)).unwrap()
}

/// The value behind a word that stands at the beginning of a line.
#[track_caller]
fn value(text: &str, word: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(word));
    line.unwrap_or_else(|| panic!("no {word}"))
        .trim()
        .to_owned()
}

#[test]
fn the_unit_gives_the_program_what_its_limits_need() {
    let limits = Limits::default();
    let unit = read("systemd/psop-adapter.service");
    let files: usize = value(&unit, "LimitNOFILE=").parse().unwrap();
    assert!(files >= 2 * (limits.connections_max + limits.admin_connections_max));
    // Requests, then operator commands, then the store.
    let stop_s: u64 = value(&unit, "TimeoutStopSec=").parse().unwrap();
    assert!(stop_s * 1000 > 3 * limits.drain_timeout_ms);
    let pod = read("kubernetes/psop-adapter.yaml");
    assert_eq!(
        value(&pod, "terminationGracePeriodSeconds:"),
        stop_s.to_string()
    );
    let compose = read("container/compose.yaml");
    let adapter = compose.split("\n  adapter:").nth(1).unwrap();
    assert_eq!(value(adapter, "stop_grace_period:"), format!("{stop_s}s"));
}

#[test]
fn the_socket_listens_where_the_program_does_by_default() {
    let socket = read("systemd/psop-adapter.socket");
    let listen = Server::default().listen.to_string();
    assert_eq!(value(&socket, "ListenStream="), listen);
    assert_eq!(value(&socket, "FileDescriptorName="), "http");
}

#[test]
fn every_command_has_a_manual_page_but_the_one_that_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let status = program().arg("man").arg(&pages).status().unwrap();
    assert!(status.success());
    for name in [
        "",
        "-serve",
        "-config-check",
        "-store-backup",
        "-registry-apply",
    ] {
        let page = std::fs::read_to_string(pages.join(format!("psop-adapter{name}.1")));
        assert!(
            page.is_ok_and(|page| page.contains(".SH SYNOPSIS")),
            "{name}"
        );
    }
    assert!(!pages.join("psop-adapter-man.1").exists());
    let refused = program().args(["man", "/dev/null/x"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn the_document_gives_the_first_steps_that_the_package_tells() {
    let told = read("debian/postinst");
    let steps = told.split("<<'TEXT'\n").nth(1).unwrap();
    let steps = steps.split("\nTEXT\n").next().unwrap();
    let document = std::fs::read_to_string(root().join("docs/install.md")).unwrap();
    let commands = steps
        .lines()
        .map(|line| {
            line.trim_start()
                .trim_start_matches(|c: char| c.is_ascii_digit())
        })
        .map(|line| line.trim_start_matches('.').trim_start());
    let commands: Vec<&str> = commands
        .filter(|line| {
            ["test ", "runuser", "systemctl"]
                .iter()
                .any(|word| line.starts_with(word))
        })
        .collect();
    assert_eq!(commands.len(), 4, "{commands:?}");
    for command in commands {
        assert!(
            document.contains(command),
            "docs/install.md has no `{command}`"
        );
    }
}
