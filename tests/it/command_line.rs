//! The command line as people and scripts meet it: help, exit codes, reports as JSON, completions, and
//! `call`, the SOAP client. The registry's and the configuration's refusals are in `configuration`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site, program};

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    let status = output.status.code();
    assert_eq!(status, Some(code), "{}{}", out(output), err(output));
}

const COMMANDS: &[&str] = &[
    "serve",
    "contract write",
    "contract check",
    "registry apply",
    "registry show",
    "status",
    "store check",
    "store backup",
    "store restore",
    "store copy",
    "store stats",
    "store migrate",
    "store rekey",
    "audit head",
    "audit verify",
    "audit export",
    "events import",
    "events show",
    "events approve",
    "events reject",
    "events credit",
    "settlement run",
    "settlement show",
    "settlement confirm",
    "settlement paid",
    "settlement cancel-draft",
    "settlement export",
    "settlement verify",
    "call",
    "mandate-stand-in",
    "completions",
];

#[test]
fn help_of_every_command_teaches_by_an_example() {
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let help = run(&arguments);
        assert_exit(&help, 0);
        let help = out(&help);
        let example = help
            .lines()
            .find_map(|line| line.trim().strip_prefix("Example: "));
        let example = example.unwrap_or_else(|| panic!("{command} shows no example: {help}"));
        assert!(
            example.starts_with(&format!("psop-adapter {command}")),
            "{example}"
        );
        assert!(
            help.contains(&format!("Usage: psop-adapter {command}")),
            "{help}"
        );
    }
    let help = out(&run(&["--help"]));
    assert!(
        help.contains("Examples:") && help.contains("Exit codes:"),
        "{help}"
    );
    for command in COMMANDS {
        let group = command.split(' ').next().unwrap();
        assert!(help.contains(&format!("\n  {group} ")), "{group}: {help}");
    }
}

#[test]
fn a_command_line_without_sense_exits_with_2_and_says_why() {
    let cases: [(&[&str], &str); 7] = [
        (&[], "Usage"),
        (&["grant"], "grant"),
        (&["serve"], "--config"),
        (
            &["serve", "--config", "x", "--listen", "nowhere"],
            "nowhere",
        ),
        (&["registry"], "Usage"),
        (
            &[
                "call",
                "getOstovoima",
                "--server",
                "x",
                "--client",
                "a/b",
                "--body",
                "-",
            ],
            "INSTANCE/CLASS/CODE",
        ),
        (&["completions", "tcl"], "tcl"),
    ];
    for (arguments, told) in cases {
        let output = run(arguments);
        assert_exit(&output, 2);
        assert!(
            err(&output).contains(told),
            "{arguments:?}: {}",
            err(&output)
        );
        assert!(out(&output).is_empty());
    }
}

#[test]
fn version_is_told() {
    let version = run(&["--version"]);
    assert_exit(&version, 0);
    assert_eq!(
        out(&version),
        format!("psop-adapter {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn completions_are_scripts_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert_exit(&script, 0);
        for word in ["serve", "registry", "completions", "admin-listen"] {
            assert!(out(&script).contains(word), "{shell}: {word}");
        }
    }
    let script = run(&["completions", "bash"]).stdout;
    let mut bash = Command::new("bash");
    let mut bash = bash.arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(&script).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn the_contract_is_written_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let contract = |what: &str| run(&["contract", what, "--dir", dir, "--json"]);
    let states = |output: &Output| -> Vec<String> {
        let rows: Value = serde_json::from_str(&out(output)).unwrap();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["state"].as_str().unwrap().to_owned())
            .collect()
    };
    let missing = contract("check");
    assert_exit(&missing, 1);
    assert!(states(&missing).iter().all(|state| state == "missing"));
    let written = contract("write");
    assert_exit(&written, 0);
    assert!(states(&written).len() >= 4 && states(&written).iter().all(|state| state == "written"));
    assert_exit(&contract("check"), 0);
    assert!(
        states(&contract("write"))
            .iter()
            .all(|state| state == "unchanged")
    );
    let changed = folder.path().join("xsd/psop-v1.xsd");
    let text = std::fs::read_to_string(&changed).unwrap();
    std::fs::write(&changed, text + "\n").unwrap();
    let different = contract("check");
    assert_exit(&different, 1);
    assert_eq!(
        states(&different)
            .iter()
            .filter(|state| *state == "different")
            .count(),
        1
    );
    assert!(
        err(&different).contains("contract write"),
        "{}",
        err(&different)
    );
}

#[test]
fn the_committed_contract_is_what_the_code_makes() {
    assert_exit(
        &run(&["contract", "check", "--dir", root().to_str().unwrap()]),
        0,
    );
}

const ORGANISER: &str = "FI-TEST/MUN/0204819-8/paikky";
const PROVIDER: &str = "FI-TEST/COM/9000007-0/care";

/// `call` with a body on standard input.
fn call(service: &str, server: &str, client: &str, more: &[&str], body: &str) -> Output {
    let mut command = program();
    command.args([
        "call", service, "--server", server, "--client", client, "--body", "-",
    ]);
    let streams = command.args(more).stdin(Stdio::piped());
    let mut child = streams
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let written = child.stdin.take().unwrap().write_all(body.as_bytes());
    // A command line that makes no sense is refused before anything is read.
    assert!(written.is_ok() || child.wait().unwrap().code() == Some(2));
    child.wait_with_output().unwrap()
}

fn create(server: &Server, more: &[&str], body: &str) -> Output {
    call("postPurchasingPower", &server.url(), ORGANISER, more, body)
}

#[test]
fn call_prints_an_answer_that_people_can_read() {
    let server = Site::new("").start();
    let file = root().join("fixtures/requests/01-create-ordinary.xml");
    let from_file = run(&[
        "call",
        "postPurchasingPower",
        "--server",
        &server.url(),
        "--client",
        ORGANISER,
        "--body",
        file.to_str().unwrap(),
    ]);
    assert_exit(&from_file, 0);
    let printed = out(&from_file);
    assert!(printed.contains("status: OK\n"), "{printed}");
    assert!(printed.contains("totalAuthorised: 1920.00\n"), "{printed}");
    assert!(!printed.contains('<'), "{printed}");
    let number = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("purchasingPowerNumber: "))
        .unwrap();
    let lookup = Message::lookup(number).0;
    let shown = call("getOstovoima", &server.url(), PROVIDER, &[], &lookup);
    assert_exit(&shown, 0);
    assert!(
        out(&shown).contains("remaining: 10.000\n"),
        "{}",
        out(&shown)
    );
}

#[test]
fn call_prints_json_and_the_answer_as_it_came() {
    let server = Site::new("").start();
    let message = Message::create().0;
    let id = ["--id", "f5b1c2de-1111-4222-8333-444455556666"];
    let as_json = create(&server, &["--json", id[0], id[1]], &message);
    assert_exit(&as_json, 0);
    let tree: Value = serde_json::from_str(&out(&as_json)).unwrap();
    assert_eq!(tree["result"]["status"], "OK", "{tree}");
    assert_eq!(tree["result"]["replayed"], "false");
    let raw = create(&server, &["--raw", id[0], id[1]], &message);
    assert_exit(&raw, 0);
    let answer = Answer {
        status: 200,
        headers: Vec::new(),
        body: out(&raw),
    };
    assert_eq!(answer.text("replayed").as_deref(), Some("true"));
    assert!(answer.body.contains(id[1]), "the header is echoed");
    let both = create(&server, &["--raw", "--json"], &message);
    assert_exit(&both, 2);
}

#[test]
fn call_exits_with_1_on_a_rejection_and_on_a_fault() {
    let server = Site::new("").start();
    let rejected = create(&server, &[], &Message::fixture("24-person-invalid").0);
    assert_exit(&rejected, 1);
    assert!(
        out(&rejected).contains("code: HETU_INVALID\n"),
        "{}",
        out(&rejected)
    );
    let stranger = "FI-TEST/COM/1234567-1/app";
    let message = Message::create().0;
    let fault = call(
        "postPurchasingPower",
        &server.url(),
        stranger,
        &["--json"],
        &message,
    );
    assert_exit(&fault, 1);
    assert!(
        err(&fault).contains("AUTH_CLIENT_UNKNOWN"),
        "{}",
        err(&fault)
    );
    let tree: Value = serde_json::from_str(&out(&fault)).unwrap();
    assert_eq!(tree["detail"]["errorCode"], "AUTH_CLIENT_UNKNOWN", "{tree}");
    let unknown = call("getNothing", &server.url(), PROVIDER, &[], "<a/>");
    assert_exit(&unknown, 1);
    assert!(
        err(&unknown).contains("no service getNothing"),
        "{}",
        err(&unknown)
    );
}

#[test]
fn call_without_a_server_or_a_body_exits_with_1_and_says_why() {
    let server = Site::new("").start();
    for (body, told) in [("", "no body"), ("<a", "no body"), ("text", "no body")] {
        let output = create(&server, &[], body);
        assert_exit(&output, 1);
        assert!(err(&output).contains(told), "{body:?}: {}", err(&output));
    }
    let url = server.url();
    drop(server);
    let gone = call("getOstovoima", &url, PROVIDER, &[], "<a/>");
    assert_exit(&gone, 1);
    assert!(
        err(&gone).contains("does the server run?"),
        "{}",
        err(&gone)
    );
    let address = call("getOstovoima", "ftp://x/", PROVIDER, &[], "<a/>");
    assert_exit(&address, 1);
    assert!(err(&address).contains("ftp://x/"), "{}", err(&address));
}

#[test]
fn call_dry_run_prints_an_envelope_that_the_server_takes() {
    let server = Site::new("").start();
    let more = ["--dry-run", "--user-id", "a.user", "--issue", "HA-1 & 2"];
    let message = Message::create();
    let dry = create(&server, &more, &message.0);
    assert_exit(&dry, 0);
    let envelope = out(&dry);
    assert!(
        envelope.contains("a.user") && envelope.contains("HA-1 &amp; 2"),
        "{envelope}"
    );
    let answer = server.post(&envelope);
    assert_eq!(answer.outcome(), "OK");
    assert_eq!(
        answer.text("replayed").as_deref(),
        Some("false"),
        "it was sent before"
    );
    // The wrapper alone is a body too, and the provider subsystem may be another.
    let begin = message.0.find("<psop:postPurchasingPower>").unwrap();
    let end = message.0.find("</soap:Body>").unwrap();
    let alone = message.0[begin..end].replace(
        "<psop:postPurchasingPower>",
        "<psop:postPurchasingPower xmlns:psop=\"http://psop.x-road.global/producer/v1\">",
    );
    let again = create(&server, &["--json"], &alone);
    assert_exit(&again, 0);
    let tree: Value = serde_json::from_str(&out(&again)).unwrap();
    assert_eq!(
        tree["result"]["replayed"], "true",
        "the same reference and content"
    );
}

#[test]
fn call_sends_the_represented_party() {
    let server = Site::new("").start();
    let number = server.post(&Message::create().0).number();
    let body = Message::fixture("22-integrator").number(&number).0;
    let client = "FI-TEST/COM/9000005-4/dental-integrator";
    let represent = |party: &str| {
        let more = ["--represented-party", party];
        call("getOstovoima", &server.url(), client, &more, &body)
    };
    let refused = represent("9000007-0");
    assert_exit(&refused, 1);
    let told = err(&refused);
    assert!(told.contains("AUTH_REPRESENTATION_NOT_ALLOWED"), "{told}");
    let taken = represent("9000003-8");
    assert!(err(&taken).is_empty(), "no fault: {}", err(&taken));
}
