//! The Admin API over the real program: every operation with no token, each role, its own organiser, another, and all;
//! what is another organiser's is as what there is not; every act and every refusal on record.

mod answers;
mod fuzzed;
mod tokens;

use serde_json::{Value, json};

use crate::support::admin_api::{call, request, result, token};
use crate::support::message::Message;
use crate::support::operator::{import, row};
use crate::support::planted::Planted;
use crate::support::root;
use crate::support::server::{Server, Site, get};

const ROLES: [&str; 3] = ["viewer", "clerk", "administrator"];
const AINO: &str = "110987-904Y";

/// A published operation: its name, least role, whose data it is about, and an example of its arguments.
struct Published {
    name: String,
    role: String,
    organisers: String,
    example: Value,
}

fn document(server: &Server) -> Value {
    let answer = get(server.admin, "/api/v1/openapi.json").unwrap();
    assert_eq!(answer.status, 200);
    serde_json::from_str(&answer.body).unwrap()
}

fn published(document: &Value) -> Vec<Published> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().filter_map(|(path, methods)| {
        let post = methods.get("post")?;
        let text = |name: &str| post[name].as_str().unwrap().to_owned();
        let name = path.strip_prefix("/api/v1/").unwrap().to_owned();
        let example = post["requestBody"]["content"]["application/json"]["example"].clone();
        Some(Published {
            name,
            role: text("x-role"),
            organisers: text("x-organisers"),
            example,
        })
    });
    operations.collect()
}

fn rank(role: &str) -> usize {
    ROLES.iter().position(|one| *one == role).unwrap()
}

#[test]
fn every_operation_asks_for_its_role_and_for_its_organisers() {
    let site = Site::new("[limits]\nadmin_token_failures_max = 1000\n");
    let server = site.start();
    let operations = published(&document(&server));
    assert!(operations.len() >= 17, "{}", operations.len());
    let mut refused = 0;
    for role in ROLES {
        for organisers in ["853", "049", "049,853", "all"] {
            let name = format!("{role}-{}", organisers.replace(',', "-"));
            let token = token(&site, &name, role, organisers);
            for operation in &operations {
                let (status, told) = call(
                    server.admin,
                    Some(&token),
                    &operation.name,
                    &operation.example,
                );
                let acts_for = |code: &str| organisers == "all" || organisers.contains(code);
                // Examples name 853.
                let may = rank(role) >= rank(&operation.role)
                    && match operation.organisers.as_str() {
                        "all" => organisers == "all",
                        "named" | "named-or-all" => acts_for("853"),
                        _ => true,
                    };
                let told = format!("{role} {organisers} {}: {status} {told}", operation.name);
                match may {
                    true => assert!([200, 422].contains(&status), "{told}"),
                    false => assert_eq!(status, 403, "{told}"),
                }
                refused += usize::from(!may);
            }
            let (status, _) = call(server.admin, Some(&token), "store-rekey-finish", &json!({}));
            assert_eq!(status, 403, "what is the owner's is no token's");
            refused += 1;
        }
    }
    for operation in &operations {
        for shown in [None, Some("psop_none_00")] {
            let (status, told) = call(server.admin, shown, &operation.name, &operation.example);
            assert_eq!((status, &told["code"]), (401, &json!("TOKEN_NEEDED")));
        }
    }
    assert_eq!(server.stop(), Some(0));
    let rows = Planted::open(&site).access_rows();
    let forbidden: Vec<_> = rows
        .iter()
        .filter(|row| row.result == "FORBIDDEN")
        .collect();
    assert_eq!(forbidden.len(), refused);
    let by_token = |row: &str| row.starts_with("token:");
    assert!(
        forbidden
            .iter()
            .all(|row| row.user_id.as_deref().is_some_and(by_token))
    );
    let reasons = ["ROLE", "ORGANISER", "ALL_ORGANISERS"];
    for reason in reasons {
        assert!(
            forbidden
                .iter()
                .any(|row| row.reason.as_deref() == Some(reason)),
            "{reason}"
        );
    }
}

#[test]
fn the_documents_table_is_the_programs() {
    let site = Site::new("");
    let server = site.start();
    let page = std::fs::read_to_string(root().join("docs/admin-api.md")).unwrap();
    let mut told: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    told.retain(|line| {
        ROLES
            .iter()
            .any(|role| line.contains(&format!("| {role} |")))
    });
    let expected: Vec<String> = published(&document(&server))
        .iter()
        .map(|one| format!("| `{}` | {} | {} |", one.name, one.role, one.organisers))
        .collect();
    assert_eq!(told, expected);
}

/// Arguments about an event.
type Asking<'a> = &'a dyn Fn(&str) -> Value;

/// A recorded event of organiser 853, and the number it is on.
fn recorded(site: &Site, server: &Server) -> (String, String) {
    let number = server.post(&Message::create().0).number();
    let rows = [row("a", &number, AINO, "2026-03-09", ("1", "38.50"))];
    let told = import(site, "home.csv", &rows);
    (told.column(6)[0].to_owned(), number)
}

#[test]
fn an_event_of_another_organiser_is_as_one_that_there_is_not() {
    let site = Site::new("");
    let server = site.start();
    let (event, _) = recorded(&site, &server);
    let none = "019cee6b-1f80-7aaa-8bbb-0123456789ab";
    let own = token(&site, "own", "clerk", "853");
    let other = token(&site, "other", "clerk", "049");
    let shown = result(server.admin, &own, "events-show", &json!({"event": event}));
    assert_eq!(
        (&shown["state"], &shown["organiser"]),
        (&json!("KIRJATTU"), &json!("853"))
    );
    let credit = |event: &str| json!({"event": event, "reasonCode": "A", "reasonText": "B"});
    let of_many = |event: &str| json!({"events": [event]});
    let of_one = |event: &str| json!({"event": event});
    let asked: [(&str, Asking); 4] = [
        ("events-show", &of_one),
        ("events-approve", &of_many),
        ("events-reject", &of_many),
        ("events-credit", &credit),
    ];
    for (name, arguments) in asked {
        let foreign = call(server.admin, Some(&other), name, &arguments(&event));
        let missing = call(server.admin, Some(&other), name, &arguments(none));
        let foreign = (foreign.0, foreign.1.to_string().replace(&event, none));
        assert_eq!(foreign, (missing.0, missing.1.to_string()), "{name}");
        assert!(
            foreign.1.contains("EVENT_NOT_FOUND") && foreign.0 == 200,
            "{}",
            foreign.1
        );
    }
    let still = result(server.admin, &own, "events-show", &json!({"event": event}));
    assert_eq!(shown, still, "nothing was done");
    assert_eq!(server.stop(), Some(0));
    let rows = Planted::open(&site).access_rows();
    let foreign: Vec<_> = rows
        .iter()
        .filter(|row| row.reason.as_deref() == Some("FOREIGN_ORGANISER"))
        .collect();
    assert_eq!(foreign.len(), 4);
    assert!(
        foreign
            .iter()
            .all(|row| row.persons.is_empty() && row.organiser.is_none())
    );
}

#[test]
fn an_import_on_another_organisers_grant_finds_no_grant() {
    let site = Site::new("");
    let server = site.start();
    let (_, number) = recorded(&site, &server);
    let importing = |token: &str, number: &str, reference: &str| {
        let line = row(reference, number, AINO, "2026-03-10", ("1", "38.50"));
        let cells: Vec<&str> = line.split(';').collect();
        let rows = json!([{"line": 2, "cells": cells}]);
        let events = json!([{"reference": reference, "rows": rows}]);
        let arguments = json!({"sourceSystem": "API", "events": events});
        result(server.admin, token, "events-import", &arguments)
    };
    let own = token(&site, "own", "clerk", "853");
    let other = token(&site, "other", "clerk", "049");
    let foreign = importing(&other, &number, "b");
    assert_eq!(
        (&foreign["recorded"], &foreign["refused"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(foreign["report"][0]["code"], "PP_NOT_FOUND");
    assert_eq!(foreign["report"][0]["eventId"], Value::Null);
    let recorded = importing(&own, &number, "b");
    assert_eq!(recorded["recorded"], 1, "{recorded}");
    assert_eq!(recorded["report"][0]["totalPrice"], "38.50");
}

#[test]
fn what_is_no_request_of_the_api_is_a_problem_with_its_code() {
    let site = Site::new("");
    let server = site.start();
    let token = token(&site, "a", "administrator", "all");
    let json = "Content-Type: application/json\r\n";
    let accept = format!("{json}Accept: text/html\r\n");
    let secret = "010190-900A";
    let unknown = format!("{{\"{secret}\": \"{secret}\"}}");
    let wrong = format!("{{\"event\": [\"{secret}\"]}}");
    for (target, head, body, status, code, told) in [
        ("POST /api/v1/none", json, "{}", 404, "NOT_FOUND", "openapi"),
        ("POST /nowhere", json, "{}", 404, "NOT_FOUND", "openapi"),
        (
            "GET /api/v1/status",
            json,
            "",
            405,
            "METHOD_NOT_ALLOWED",
            "POST",
        ),
        (
            "POST /api/v1/status",
            "",
            "{}",
            415,
            "CONTENT_TYPE_INVALID",
            "application/json",
        ),
        (
            "POST /api/v1/status",
            &accept,
            "{}",
            406,
            "NOT_ACCEPTABLE",
            "x-ndjson",
        ),
        (
            "POST /api/v1/status",
            json,
            "{",
            400,
            "ARGUMENTS_INVALID",
            "line 1",
        ),
        (
            "POST /api/v1/events-show",
            json,
            "{}",
            400,
            "ARGUMENTS_INVALID",
            "`event`",
        ),
        (
            "POST /api/v1/events-show",
            json,
            &unknown,
            400,
            "ARGUMENTS_INVALID",
            "`event`",
        ),
        (
            "POST /api/v1/events-show",
            json,
            &wrong,
            400,
            "ARGUMENTS_INVALID",
            "event: ",
        ),
        (
            "POST /api/v1/settlement-show",
            json,
            "{\"number\": \"853-2026-03-1\"}",
            422,
            "REFUSED",
            "there is no settlement 853-2026-03-1",
        ),
    ] {
        let answer = request(server.admin, target, Some(&token), head, body);
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (answer.status, &problem["code"]),
            (status, &json!(code)),
            "{target} {body}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["status"], status);
        assert!(
            problem["detail"].as_str().unwrap().contains(told),
            "{problem}"
        );
        assert!(!answer.body.contains(secret), "{}", answer.body);
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("POST"));
        }
    }
    assert!(!site.log().contains(secret));
}
