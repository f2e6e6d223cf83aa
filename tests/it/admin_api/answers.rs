//! Answers as one JSON object: a month from its events to its payment file, the access log, the limit on their size,
//! and the same results from the command line, beside a server and without one.

use std::process::Command;

use openssl::base64;
use openssl::sha::sha256;
use serde_json::{Value, json};

use crate::settlement::approved_month;
use crate::support::admin_api::{call, request, result, token};
use crate::support::operator::operate;
use crate::support::root;
use crate::support::server::{Site, exchange};

const NUMBER: &str = "853-2026-03-1";

#[test]
fn a_month_is_settled_over_the_api_from_its_events_to_its_payment_file() {
    let (site, server, event) = approved_month();
    let clerk = token(&site, "clerk", "clerk", "853");
    let ask = |name: &str, body: Value| result(server.admin, &clerk, name, &body);
    let decided = ask("events-approve", json!({"events": [event, "none"]}));
    assert_eq!(decided["events"][0]["outcome"], "UNCHANGED");
    assert_eq!(decided["events"][1]["outcome"], "REFUSED");
    assert_eq!(decided["events"][1]["errors"][0]["code"], "EVENT_NOT_FOUND");
    let run = ask(
        "settlement-run",
        json!({"organiser": "853", "month": "2026-03"}),
    );
    let made = &run["settlements"][0];
    assert_eq!(
        (&made["number"], &made["state"]),
        (&json!(NUMBER), &json!("DRAFT"))
    );
    assert_eq!(
        (&made["price"], &made["voucherShare"]),
        (&json!("649.25"), &json!("497.00"))
    );
    assert_eq!(made["providers"].as_array().unwrap().len(), 2);
    let none = ask(
        "settlement-run",
        json!({"organiser": "853", "month": "2026-03"}),
    );
    assert_eq!(none, json!({"settlements": []}));
    let verified = ask("settlement-verify", json!({"which": {"number": NUMBER}}));
    assert_eq!(verified["settlements"][0]["differences"], json!([]));
    let confirmed = ask("settlement-confirm", json!({"number": NUMBER}));
    assert_eq!(confirmed["state"], "CONFIRMED");
    let payments = json!({"debtorIban": "FI2112345600000785", "executionDate": "2026-04-08"});
    for file in [json!("csv"), json!("xml"), json!({"payments": payments})] {
        let arguments = json!({"number": NUMBER, "file": file});
        let (status, told) = call(server.admin, Some(&clerk), "settlement-export", &arguments);
        assert_eq!(status, 200, "{told}");
        let bytes = base64::decode_block(told["data"].as_str().unwrap()).unwrap();
        assert_eq!(told["result"]["sha256"], hex::encode(sha256(&bytes)));
        let name = told["result"]["name"].as_str().unwrap();
        assert!(name.contains(NUMBER) && !bytes.is_empty(), "{name}");
    }
    let paid = ask("settlement-paid", json!({"number": NUMBER}));
    assert_eq!(paid["state"], "PAID");
    let credit = json!({
        "event": event, "reasonCode": "VIRHE", "reasonText": "kahdesti",
        "lines": [{"lineNo": 1, "quantity": "1"}],
    });
    let credited = ask("events-credit", credit);
    assert_eq!(credited["events"][0]["outcome"], "CHANGED", "{credited}");
    let price = credited["events"][0]["credit"]["price"].as_str().unwrap();
    assert!(price.starts_with('-'), "{credited}");
}

#[test]
fn the_access_log_is_a_list_of_rows_and_names_the_token_that_asks() {
    let (site, server, _) = approved_month();
    let auditor = token(&site, "auditor", "administrator", "853");
    let ask = |body: Value| result(server.admin, &auditor, "audit-export", &body);
    let rows = ask(json!({"organiser": "853"}));
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 5 && rows.iter().all(|row| row["organiser"] == "853"));
    let again = ask(json!({"organiser": "853"}));
    let last = again.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["service"], &last["user_id"]),
        (&json!("audit-export"), &json!("token:auditor"))
    );
    let none = ask(json!({"organiser": "853", "from": "2020-01-01", "to": "2020-01-31"}));
    assert_eq!(none, json!([]));
    let wrong = json!({"organiser": "853", "personId": "010190-900"});
    let (status, told) = call(server.admin, Some(&auditor), "audit-export", &wrong);
    assert_eq!(status, 422);
    assert!(!told.to_string().contains("010190"), "{told}");
}

#[test]
fn an_answer_at_the_limit_is_given_and_one_byte_more_is_asked_for_in_lines() {
    let length = |site: &Site| {
        let server = site.start();
        let token = token(site, "a", "viewer", "all");
        let json = "Content-Type: application/json\r\n";
        let whole = request(
            server.admin,
            "POST /api/v1/status",
            Some(&token),
            json,
            "{}",
        );
        let lines = format!("{json}Accept: application/x-ndjson\r\n");
        let lines = request(
            server.admin,
            "POST /api/v1/status",
            Some(&token),
            &lines,
            "{}",
        );
        assert_eq!(server.stop(), Some(0));
        (whole, lines)
    };
    let (whole, _) = length(&Site::new(""));
    assert_eq!(whole.status, 200);
    let bytes = whole.body.len();
    for (limit, expected) in [(bytes, 200), (bytes - 1, 406), (1, 406)] {
        let site = Site::new(&format!("[limits]\nadmin_answer_bytes_max = {limit}\n"));
        let (whole, lines) = length(&site);
        assert_eq!(whole.status, expected, "{}", whole.body);
        if expected == 406 {
            assert!(whole.body.contains("ANSWER_TOO_LARGE"), "{}", whole.body);
            assert!(
                whole.body.contains("limits.admin_answer_bytes_max"),
                "{}",
                whole.body
            );
        }
        assert_eq!(lines.status, 200);
        assert!(lines.body.contains("{\"done\":0}\n"), "{}", lines.body);
    }
}

#[test]
fn results_are_the_same_from_the_command_line_beside_a_server_and_without_one() {
    let (site, server, event) = approved_month();
    operate(
        &site,
        &[
            "settlement",
            "run",
            "--organiser",
            "853",
            "--month",
            "2026-03",
        ],
    )
    .good();
    let viewer = token(&site, "viewer", "viewer", "all");
    let which = json!({"which": {"ofMonth": {"organiser": "853", "month": "2026-03"}}});
    let asked = [
        ("status", json!({}), "status --json".to_owned()),
        (
            "events-show",
            json!({"event": event}),
            format!("events show {event}"),
        ),
        (
            "registry-show",
            json!({}),
            "registry show --json".to_owned(),
        ),
        (
            "audit-verify",
            json!({"head": null}),
            "audit verify --json".to_owned(),
        ),
        (
            "settlement-show",
            json!({"number": NUMBER}),
            format!("settlement show {NUMBER} --json"),
        ),
        (
            "settlement-verify",
            which,
            "settlement verify --organiser 853 --month 2026-03 --json".to_owned(),
        ),
    ];
    let over_http: Vec<Value> = asked
        .iter()
        .map(|(name, body, _)| result(server.admin, &viewer, name, body))
        .collect();
    let by_command = || -> Vec<Value> {
        let told = asked.iter().map(|(_, _, command)| {
            let words: Vec<&str> = command.split(' ').collect();
            operate(&site, &words).good()
        });
        told.map(|text| serde_json::from_str(&text).unwrap())
            .collect()
    };
    // What is asked leaves rows, which the access log's proof counts.
    let but_the_log = |mut results: Vec<Value>| {
        let log = results.remove(3);
        assert_eq!(log["breach"], Value::Null);
        results
    };
    let over_http = but_the_log(over_http);
    assert_eq!(but_the_log(by_command()), over_http);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(but_the_log(by_command()), over_http);
}

#[test]
fn the_owners_name_counts_with_the_owners_token_only() {
    let site = Site::new("");
    let server = site.start();
    let viewer = token(&site, "viewer", "viewer", "all");
    let file = std::fs::read_to_string(site.folder().join("store.admin")).unwrap();
    let file: toml::Table = file.parse().unwrap();
    let owner = file["token"].as_str().unwrap();
    for shown in [owner, &viewer] {
        let whole = format!(
            "POST /api/v1/registry-show HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {shown}\r\n\
             Psop-User: anna\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        );
        assert_eq!(
            exchange(server.admin, whole.as_bytes()).unwrap().status,
            200
        );
    }
    assert_eq!(server.stop(), Some(0));
    let planted = crate::support::planted::Planted::open(&site);
    let rows = planted.access_rows();
    let shown = rows.iter().filter(|row| row.service == "registry-show");
    let by: Vec<_> = shown.map(|row| row.user_id.clone().unwrap()).collect();
    assert_eq!(by, ["anna", "token:viewer"]);
}

/// The block of the document that begins with this line.
fn block<'a>(page: &'a str, begins: &str) -> &'a str {
    let mut blocks = page.split("```").skip(1).step_by(2);
    let block = blocks.find(|block| block.contains(begins)).unwrap();
    block.split_once('\n').unwrap().1
}

#[test]
fn the_documents_first_call_is_answered_as_it_says() {
    let site = Site::new("");
    let server = site.start();
    let page = std::fs::read_to_string(root().join("docs/admin-api.md")).unwrap();
    let call = block(&page, "curl -sS");
    let call = &call[call.find("curl ").unwrap()..];
    let call = call.replace("127.0.0.1:8081", &server.admin.to_string());
    let output = Command::new("sh")
        .args(["-c", &call])
        .env("TOKEN", token(&site, "talous", "clerk", "853"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, block(&page, "exitCode").trim_end(), "{call}");
}
