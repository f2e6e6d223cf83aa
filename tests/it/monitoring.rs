//! What watches the adapter: Prometheus' own tool judges the alert rules, their tests and the metrics of a server that
//! was called, and the dashboard and the rules ask for nothing that the server does not have.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::Value;

use crate::support::certificates::{Identity, call_as, exchange_over};
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Site, exchange, get};

fn folder() -> PathBuf {
    root().join("security-server-config/monitoring")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// Runs promtool in the folder of the rules, `input` on its standard input.
#[track_caller]
fn promtool(arguments: &[&str], input: &str) {
    let child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("promtool is missing: apt-get install prometheus");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "promtool {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The metrics of a server that has TLS, a certificate, and was called in several ways.
fn metrics(accept: &str) -> String {
    let site = Site::new("");
    Identity::new("psop").write(site.folder(), "server");
    let folder = site.folder().display();
    let tls = format!(
        "[tls]\ncertificate = \"{folder}/server.pem\"\nkey = \"{folder}/server-key.pem\"\n"
    );
    let config = std::fs::read_to_string(site.config()).unwrap();
    std::fs::write(site.config(), config + &tls).unwrap();
    let server = site.start();
    for message in [&*Message::create().0, "no SOAP"] {
        let head = format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            message.len()
        );
        let mut stream = call_as(server.http, None).unwrap();
        exchange_over(&mut stream, format!("{head}{message}").as_bytes()).unwrap();
    }
    let head =
        format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{accept}Connection: close\r\n\r\n");
    let answer = exchange(server.admin, head.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    let media = answer.header("content-type").unwrap();
    let is_open = media.starts_with("application/openmetrics-text");
    assert_eq!(is_open, !accept.is_empty(), "{media}");
    assert_eq!(answer.body.ends_with("# EOF\n"), is_open);
    assert_eq!(get(server.admin, "/metrics").unwrap().status, 200);
    assert_eq!(server.stop(), Some(0));
    answer.body
}

#[test]
fn promtool_takes_rules_their_tests_and_the_metrics() {
    promtool(&["check", "rules", "alerts.yaml"], "");
    promtool(&["test", "rules", "alerts.test.yaml"], "");
    promtool(
        &[
            "check",
            "config",
            "--syntax-only",
            "prometheus.example.yaml",
        ],
        "",
    );
    promtool(&["check", "metrics"], &metrics(""));
}

/// Names of metrics in a text of queries.
fn asked_for(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"psop_[a-z_]+").unwrap();
    name.find_iter(text)
        .map(|found| found.as_str().to_owned())
        .collect()
}

#[test]
fn dashboard_and_rules_ask_for_what_there_is_and_leave_nothing_out() {
    let open_metrics = "Accept: application/openmetrics-text;version=1.0.0\r\n";
    let told = metrics(open_metrics);
    let there: BTreeSet<String> = told
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    let family = |name: &str| {
        let suffixes = ["_total", "_bucket", "_sum", "_count", "_info"];
        let mut stripped = suffixes
            .iter()
            .filter_map(|suffix| name.strip_suffix(suffix));
        stripped
            .find(|name| there.contains(*name))
            .unwrap_or(name)
            .to_owned()
    };
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let queries: Vec<String> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default())
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect();
    let shown: BTreeSet<String> = asked_for(&queries.join("\n"))
        .iter()
        .map(|name| family(name))
        .collect();
    assert_eq!(shown, there, "the dashboard shows every metric");
    for name in asked_for(&read("alerts.yaml")) {
        assert!(there.contains(&family(&name)), "{name} is no metric");
    }
}

#[test]
fn every_alert_has_a_test_and_a_place_in_the_runbook() {
    let name = Regex::new(r"- alert: (\w+)").unwrap();
    let rules = read("alerts.yaml");
    let runbook = std::fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let tests = read("alerts.test.yaml");
    let mut count = 0;
    for alert in name.captures_iter(&rules).map(|found| found[1].to_owned()) {
        assert!(
            tests.contains(&format!("alertname: {alert}\n")),
            "{alert} has no test"
        );
        assert!(
            runbook.contains(&format!("## {alert}\n")),
            "{alert} has no place in the runbook"
        );
        let anchor = format!("docs/runbook.md#{}\n", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{alert} does not name its place");
        count += 1;
    }
    assert_eq!(count, 13);
}
