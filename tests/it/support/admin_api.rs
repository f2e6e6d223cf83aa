//! A caller of the Admin API, as a program of an organiser's would be: a token, a JSON body, one connection a request.

use std::net::SocketAddr;

use serde_json::Value;

use super::answer::Answer;
use super::operator::operate;
use super::server::{Site, exchange};

/// Makes a token: `organisers` are codes joined by commas, or `all`. The token alone is on standard output.
pub fn token(site: &Site, name: &str, role: &str, organisers: &str) -> String {
    let mut command = vec!["token", "create", "--name", name, "--role", role];
    command.extend(["--days", "30"]);
    match organisers {
        "all" => command.push("--all-organisers"),
        codes => command.extend(codes.split(',').flat_map(|code| ["--organiser", code])),
    }
    let told = operate(site, &command).good();
    let token = told.trim_end().to_owned();
    assert!(
        token.starts_with("psop_") && told == format!("{token}\n"),
        "{told}"
    );
    token
}

/// One request: `head` are more headers, each with its line break.
pub fn request(
    address: SocketAddr,
    target: &str,
    token: Option<&str>,
    head: &str,
    body: &str,
) -> Answer {
    let authorization = match token {
        Some(token) => format!("Authorization: Bearer {token}\r\n"),
        None => String::new(),
    };
    let whole = format!(
        "{target} HTTP/1.1\r\nHost: localhost\r\n{authorization}{head}Content-Length: {}\r\nConnection: close\r\n\r\n\
         {body}",
        body.len()
    );
    exchange(address, whole.as_bytes()).unwrap()
}

/// Calls an operation: status and body.
pub fn call(address: SocketAddr, token: Option<&str>, name: &str, body: &Value) -> (u16, Value) {
    let target = format!("POST /api/v1/{name}");
    let json = "Content-Type: application/json\r\n";
    let answer = request(address, &target, token, json, &body.to_string());
    let told = serde_json::from_str(&answer.body);
    (
        answer.status,
        told.unwrap_or_else(|_| panic!("{name}: {}", answer.body)),
    )
}

/// The result of an operation that must run to its end.
#[track_caller]
pub fn result(address: SocketAddr, token: &str, name: &str, body: &Value) -> Value {
    let (status, mut told) = call(address, Some(token), name, body);
    assert_eq!(status, 200, "{name}: {told}");
    told["result"].take()
}
