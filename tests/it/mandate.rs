//! Who acts for another: what the mandate service's every behaviour means for the caller, for the access log
//! and for what is kept; and that nobody is asked about needlessly, or named where others could read it.

mod asked;
mod production;

use serde_json::Value;

use crate::scenery::{HEAD, apply, check, grant, verdict};
use crate::support::mandates::StandIn;
use crate::support::message::Message;
use crate::support::server::{Server, Site, program};

const CHILD: &str = "150318A902U";
const GUARDIAN: &str = "070785-9015";
const OTHER_GUARDIAN: &str = "110987-904Y";
const STRANGER: &str = "240161-9057";
const DENIED: &str = "MANDATE_DENIED meta/actingPersonId";
const UNAVAILABLE: &str = "MANDATE_CHECK_UNAVAILABLE meta/actingPersonId";

fn site(mandate: &str) -> Site {
    let site = Site::empty(HEAD, mandate);
    apply(&site, |registry| registry);
    site
}

/// Both guardians of the child, and nobody else.
fn demo() -> String {
    let path = crate::support::root().join("fixtures/demo/mandates.toml");
    std::fs::read_to_string(path).unwrap()
}

/// A grant to the child that a provider may look up.
fn granted(server: &Server) -> String {
    server.post(&grant().set("psop:personId", CHILD).0).number()
}

fn lookup(number: &str, acting: &str) -> Message {
    Message::lookup(number).acting(acting)
}

/// Rows of the access log of a kind of service, in order. A server may run.
fn rows(site: &Site, service: &str) -> Vec<Value> {
    let mut command = program();
    command.args(["audit", "export", "--organiser", "853", "--format", "jsonl"]);
    command
        .args(["--from", "2026-01-01", "--config"])
        .arg(site.config());
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.filter(|row: &Value| row["service"] == service)
        .collect()
}

/// What a look-up by the guardian comes to when the stand-in answers so; and that the access log has it.
#[track_caller]
fn assert_lookup(answers: &str, more: &str, expected: &str) {
    let stand_in = StandIn::start(answers);
    let site = site(&stand_in.section(more));
    let server = site.start();
    let number = granted(&server);
    check(&server, &[(answers, lookup(&number, GUARDIAN), expected)]);
    let row = rows(&site, "getOstovoima").pop().unwrap();
    let result = match expected {
        "OK" => "ALLOWED",
        DENIED => "DENIED",
        _ => "UNAVAILABLE",
    };
    assert_eq!(row["mandate_result"], result, "{row}");
    assert_eq!(row["rows_returned"], u64::from(expected == "OK"), "{row}");
    assert_eq!(row["numbers"][0], number.as_str(), "{row}");
}

#[test]
fn both_guardians_act_for_a_child_and_no_one_else() {
    let stand_in = StandIn::start(&demo());
    let site = site(&stand_in.section(""));
    let server = site.start();
    let number = granted(&server);
    check(
        &server,
        &[
            ("a guardian", lookup(&number, GUARDIAN), "OK"),
            ("the other", lookup(&number, OTHER_GUARDIAN), "OK"),
            ("a stranger", lookup(&number, STRANGER), DENIED),
            ("nobody", Message::lookup(&number), "OK"),
        ],
    );
    let shown = server.post(&lookup(&number, GUARDIAN).0);
    assert_eq!(shown.text("personId").as_deref(), Some(CHILD));
    let refused = server.post(&lookup(&number, STRANGER).0);
    assert_eq!(refused.texts("ostovoima").len(), 0);
    assert!(!refused.body.contains(CHILD) && !refused.body.contains("reason"));
    let rows = rows(&site, "getOstovoima");
    let results: Vec<&Value> = rows.iter().map(|row| &row["mandate_result"]).collect();
    let expected = ["ALLOWED", "ALLOWED", "DENIED", "", "ALLOWED", "DENIED"];
    assert_eq!(
        results
            .iter()
            .map(|result| result.as_str().unwrap_or(""))
            .collect::<Vec<_>>(),
        expected
    );
    // Hashes, which tell the delegates apart and are the child's for the principal.
    let [first, second] = [&rows[0], &rows[1]];
    assert_eq!(first["mandate_principal"], first["persons"][0]);
    assert_eq!(first["mandate_principal"], second["mandate_principal"]);
    assert_ne!(first["mandate_delegate"], second["mandate_delegate"]);
    assert_ne!(first["mandate_delegate"], first["mandate_principal"]);
    assert_eq!(first["mandate_delegate"], rows[4]["mandate_delegate"]);
    assert_eq!(first["mandate_delegate"].as_str().unwrap().len(), 64);
}

#[test]
fn every_other_word_denies() {
    for word in ["DENIED", "DISALLOWED", "allowed", "ALLOWED_FOR_OTHERS", ""] {
        let answers = format!("[[answer]]\nresult = \"{word}\"\n");
        assert_lookup(&answers, "", DENIED);
    }
}

#[test]
fn an_answer_that_is_not_understood_is_none() {
    for body in ["ALLOWED", "{}", "{\\\"result\\\":true}", ""] {
        let answers = format!("[[answer]]\nbody = \"{body}\"\n");
        assert_lookup(&answers, "", UNAVAILABLE);
    }
    for status in [201, 204, 302, 400, 401, 404, 429, 500, 503] {
        let answers = format!("[[answer]]\nresult = \"ALLOWED\"\nstatus = {status}\n");
        assert_lookup(&answers, "", UNAVAILABLE);
    }
    let of_size = |size: usize| {
        let padding = "x".repeat(size - r#"{"result":"ALLOWED","a":""}"#.len());
        format!("[[answer]]\nbody = '{{\"result\":\"ALLOWED\",\"a\":\"{padding}\"}}'\n")
    };
    assert_lookup(&of_size(100), "answer_bytes_max = 100", "OK");
    assert_lookup(&of_size(101), "answer_bytes_max = 100", UNAVAILABLE);
}

#[test]
fn a_service_that_is_slow_or_down_is_not_waited_for() {
    let slow = "[[answer]]\nresult = \"ALLOWED\"\ndelay_ms = 600000\n";
    assert_lookup(slow, "timeout_ms = 200", UNAVAILABLE);
    let stand_in = StandIn::start(&demo());
    let site = site(&stand_in.section(""));
    let server = site.start();
    let number = granted(&server);
    check(&server, &[("up", lookup(&number, GUARDIAN), "OK")]);
    let address = stand_in.stop();
    check(&server, &[("down", lookup(&number, GUARDIAN), UNAVAILABLE)]);
    let _stand_in = StandIn::start_on(&address.to_string(), &demo());
    check(
        &server,
        &[("up with another key", lookup(&number, GUARDIAN), "OK")],
    );
}

#[test]
fn clocks_apart_are_told_on_either_side() {
    let allowed = "[[answer]]\nresult = \"ALLOWED\"\n";
    for (seconds, expected) in [
        (240, "OK"),
        (-240, "OK"),
        (400, UNAVAILABLE),
        (-400, UNAVAILABLE),
    ] {
        // The service refuses the question; then, a service that does not care, and we refuse its answer.
        assert_lookup(
            &format!("clock_ahead_s = {seconds}\n{allowed}"),
            "",
            expected,
        );
        assert_lookup(
            &format!("answers_ahead_s = {seconds}\n{allowed}"),
            "",
            expected,
        );
    }
    let late = format!("answers_ahead_s = -240\n{allowed}");
    assert_lookup(&late, "clock_skew_max_s = 60", UNAVAILABLE);
}

#[test]
fn a_wrong_signature_on_either_side_counts_for_nothing() {
    let answers = "[[answer]]\nresult = \"ALLOWED\"\nwrong_signature = true\n";
    assert_lookup(answers, "", UNAVAILABLE);
    let stand_in = StandIn::start("[[answer]]\nresult = \"ALLOWED\"\n");
    let site = site("");
    std::fs::write(
        site.folder().join("key"),
        "another-key-than-the-service-has",
    )
    .unwrap();
    let key_file = site.folder().join("key").display().to_string();
    let section = stand_in
        .section("")
        .replace(&stand_in.key_file().display().to_string(), &key_file);
    let config = std::fs::read_to_string(site.config()).unwrap();
    std::fs::write(site.config(), config + &section).unwrap();
    let server = site.start();
    let number = granted(&server);
    check(&server, &[("", lookup(&number, GUARDIAN), UNAVAILABLE)]);
    assert!(
        stand_in.asked()[0].ends_with(" 401"),
        "{:?}",
        stand_in.asked()
    );
}

#[test]
fn a_service_that_fails_is_left_alone_and_tried_again() {
    let failing = "[[answer]]\nstatus = 503\ntimes = 5\n[[answer]]\nresult = \"ALLOWED\"\n";
    // Left alone for good, as far as a test can wait.
    let stand_in = StandIn::start(failing);
    let site_alone = site(&stand_in.section("breaker_failures = 3\nbreaker_open_ms = 4294967295"));
    let server = site_alone.start();
    let number = granted(&server);
    for _ in 0..10 {
        check(&server, &[("", lookup(&number, GUARDIAN), UNAVAILABLE)]);
    }
    assert_eq!(stand_in.asked().len(), 3);
    let results: Vec<Value> = rows(&site_alone, "getOstovoima")
        .into_iter()
        .map(|row| row["mandate_result"].clone())
        .collect();
    assert_eq!(results, vec![Value::from("UNAVAILABLE"); 10]);
    // For a moment: after three failures each further call may be the one that tries it.
    let stand_in = StandIn::start(failing);
    let site_brief = site(&stand_in.section("breaker_failures = 3\nbreaker_open_ms = 1"));
    let server = site_brief.start();
    let number = granted(&server);
    let mut verdicts = Vec::new();
    while verdicts.last().is_none_or(|last| last != "OK") {
        verdicts.push(verdict(&server.post(&lookup(&number, GUARDIAN).0)));
        assert!(verdicts.len() < 1_000, "it never recovers");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(verdicts.len() >= 6 && verdicts[..5].iter().all(|verdict| verdict == UNAVAILABLE));
    assert_eq!(stand_in.asked().len(), 6);
    check(&server, &[("", lookup(&number, GUARDIAN), "OK")]);
}

#[test]
fn an_adult_s_matters_too_need_a_mandate() {
    let stand_in = StandIn::start(&format!(
        "[[answer]]\ndelegate = \"{STRANGER}\"\nprincipal = \"{OTHER_GUARDIAN}\"\nresult = \"ALLOWED\"\n"
    ));
    let site = site(&stand_in.section(""));
    let server = site.start();
    let adult = grant().set("psop:personId", OTHER_GUARDIAN);
    let number = server.post(&adult.0).number();
    check(
        &server,
        &[
            ("with a mandate", lookup(&number, STRANGER), "OK"),
            ("without", lookup(&number, GUARDIAN), DENIED),
            ("a child", lookup(&number, CHILD), DENIED),
        ],
    );
}
