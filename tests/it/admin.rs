//! The admin listener of the real program: what is open, the token and its file, names, TLS, metrics.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::certificates::{Identity, call_as};
use crate::support::message::Message;
use crate::support::server::{Server, Site, exchange, get, program};

fn admin_file(site: &Site) -> PathBuf {
    site.folder().join("store.admin")
}

fn told(site: &Site) -> toml::Table {
    let text = std::fs::read_to_string(admin_file(site)).unwrap();
    text.parse().unwrap()
}

fn ask(address: SocketAddr, head: &str) -> Answer {
    exchange(
        address,
        format!("{head}\r\nConnection: close\r\n\r\n").as_bytes(),
    )
    .unwrap()
}

/// Runs `command --config` on a site.
fn operator(site: &Site, command: &[&str]) -> std::process::Output {
    let mut program = program();
    program.args(command).arg("--config").arg(site.config());
    program.output().unwrap()
}

#[test]
fn the_program_and_the_contract_are_told_by_version() {
    let server = Site::new("").start();
    let answer = get(server.admin, "/version").unwrap();
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&told["program"], &told["contract"]),
        (&"psop-adapter".into(), &"v1".into())
    );
}

#[test]
fn the_token_file_is_its_owner_s_alone_and_gone_after_a_stop() {
    let site = Site::new("");
    let path = admin_file(&site);
    assert!(!path.exists());
    let server = site.start();
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = told(&site);
    assert_eq!(first["address"].as_str(), Some(&*server.admin.to_string()));
    assert_eq!(first["token"].as_str().unwrap().len(), 64);
    assert_eq!(server.stop(), Some(0));
    assert!(!path.exists() && !path.with_extension("admin.tmp").exists());
    let server = site.start();
    assert_ne!(
        told(&site)["token"],
        first["token"],
        "a new token at each start"
    );
    assert!(!site.log().contains(first["token"].as_str().unwrap()));
    drop(server);
}

#[test]
fn without_the_token_and_with_a_wrong_one_nothing_is_done() {
    let site = Site::new("");
    let server = site.start();
    let token = told(&site)["token"].as_str().unwrap().to_owned();
    let call = |authorization: &str| {
        let head = "POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2";
        let whole = format!("{head}{authorization}\r\nConnection: close\r\n\r\n{{}}");
        exchange(server.admin, whole.as_bytes()).unwrap()
    };
    let wrong = "0".repeat(64);
    for shown in [
        "",
        &*format!("\r\nAuthorization: Bearer {wrong}"),
        "\r\nAuthorization: Bearer ",
    ] {
        let refused = call(shown);
        assert_eq!(refused.status, 401, "{shown}");
        assert!(!refused.body.contains("organisers"));
    }
    let done = call(&format!("\r\nAuthorization: Bearer {token}"));
    assert_eq!(done.status, 200);
    assert!(done.body.contains("\"exitCode\":0"), "{}", done.body);
}

#[test]
fn only_configured_names_are_answered_beside_loopback() {
    let site = Site::new("[admin]\nhosts = [\"psop-admin.example\"]");
    let server = site.start();
    for (host, status) in [
        ("psop-admin.example:8081", 200),
        ("127.0.0.1", 200),
        ("evil.example", 421),
        ("psop-admin.example.evil.example", 421),
    ] {
        for path in ["/health/live", "/health/ready", "/version", "/metrics"] {
            let answer = ask(
                server.admin,
                &format!("GET {path} HTTP/1.1\r\nHost: {host}"),
            );
            assert_eq!(answer.status, status, "{host}{path}");
        }
    }
    assert_eq!(
        ask(server.admin, "GET /metrics HTTP/1.0\r\nX: y").status,
        421
    );
}

#[test]
fn metrics_count_requests_and_hold_nothing_of_the_caller_s() {
    let site = Site::new("");
    let server = site.start();
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    assert_eq!(server.post("<no-soap>311299-9872").status, 500);
    let answer = get(server.admin, "/metrics").unwrap();
    assert_eq!(answer.status, 200);
    let has = |line: &str| answer.body.lines().any(|found| found == line);
    for line in [
        "psop_requests_total{service=\"postPurchasingPower\",outcome=\"OK\",client_class=\"MUN\"} 1",
        "psop_requests_total{service=\"none\",outcome=\"XML_MALFORMED\",client_class=\"none\"} 1",
        "psop_request_duration_seconds_count{service=\"postPurchasingPower\"} 1",
        "psop_stage_duration_seconds_count{stage=\"serve\"} 1",
        "psop_requests_in_flight 0",
        "psop_connections_total 2",
        "psop_store_commits_total 1",
        "psop_store_commits_waiting 0",
        "psop_store_commit_duration_seconds_count 1",
        "psop_store_ready 1",
    ] {
        assert!(has(line), "{line}: {}", answer.body);
    }
    assert!(!answer.body.contains("311299"));
    let labels = answer.body.split("service=\"").skip(1);
    for label in labels.map(|rest| rest.split('"').next().unwrap()) {
        let known = ["postPurchasingPower", "getOstovoima", "none", "unknown"];
        assert!(known.contains(&label), "{label}");
    }
}

#[test]
fn beyond_loopback_a_certificate_is_needed() {
    let site = Site::new("");
    for (variables, key) in [
        (&[("PSOP_ADMIN__LISTEN", "0.0.0.0:0")][..], "admin.listen"),
        (&[("PSOP_ADMIN__LISTEN", "[::]:0")], "admin.listen"),
        (&[("PSOP_ADMIN__KEY", "key.pem")], "admin.certificate"),
        (&[("PSOP_ADMIN__CERTIFICATE", "a.pem")], "admin.key"),
        (&[("PSOP_ADMIN__HOSTS", "a.example, b:1")], "`b:1`"),
    ] {
        let mut command = program();
        command.envs(variables.iter().copied());
        command.args(["status", "--config"]).arg(site.config());
        let refused = command.output().unwrap();
        let error = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{error}");
        assert!(error.contains(key), "{key}: {error}");
    }
}

/// Writes a new certificate with its key into the site's folder.
fn write_certificate(site: &Site) -> Identity {
    let identity = Identity::new("psop-admin");
    identity.write(site.folder(), "admin");
    identity
}

#[test]
fn beyond_loopback_it_speaks_tls_only_and_the_command_line_trusts_that_certificate_alone() {
    let site = Site::new("");
    let identity = write_certificate(&site);
    let mut command = program();
    command.env("PSOP_ADMIN__CERTIFICATE", site.folder().join("admin.pem"));
    command.env("PSOP_ADMIN__KEY", site.folder().join("admin-key.pem"));
    command.arg("serve").arg("--config").arg(site.config());
    let log = site.folder().join("server.log");
    let server = Server::spawn_with_admin(command, &log, "0.0.0.0:0");
    let address = SocketAddr::from(([127, 0, 0, 1], server.admin.port()));
    let plain = get(address, "/health/live");
    assert!(plain.is_err(), "plain HTTP is answered");
    let mut stream = call_as(address, None).unwrap();
    let shown = stream.ssl().peer_certificate().unwrap();
    assert_eq!(
        shown.to_der().unwrap(),
        identity.certificate.to_der().unwrap()
    );
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    // The command line's way in, which does not look at the file with the certificate.
    write_certificate(&site);
    let shown = operator(&site, &["registry", "show"]);
    let error = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert_eq!(shown.status.code(), Some(0), "{error}");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("Turun kaupunki"));
    // Another certificate in the admin file is not this server's.
    let mut file = told(&site);
    let other = std::fs::read_to_string(site.folder().join("admin.pem")).unwrap();
    file.insert("certificate".to_owned(), other.into());
    std::fs::write(admin_file(&site), file.to_string()).unwrap();
    let refused = operator(&site, &["registry", "show"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(error.contains("another certificate"), "{error}");
    assert_eq!(server.stop(), Some(0));
}
