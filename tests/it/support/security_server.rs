//! A stand-in of a security server's management API, with the state and the semantics of the real one as far as a
//! registration meets them: warnings, conflicts, limits, registration in progress, WSDLs that are fetched and read,
//! services that come switched off, and addresses whose certificate is looked at.
//!
//! It signs nothing, asks no central server, and validates a WSDL no further than the real parser does.

mod clients;
mod descriptions;
pub mod prism;
pub mod publisher;
mod rights;
pub mod state;
mod wsdl;

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http_body_util::Full;
use openssl::x509::X509;
use serde_json::{Value, json};

use super::listener::{Request, Response, certificate, listen, shows};
pub use state::{State, Subsystem};

/// The services of a WSDL, with the settings that they have when it was just added.
pub fn read_services(wsdl: &[u8]) -> Vec<state::Service> {
    wsdl::services(wsdl).unwrap()
}

/// An answer of the API: status and, where there is one, body.
type Answer = (u16, Option<Value>);

/// A running stand-in.
pub struct StandIn {
    state: Arc<Mutex<State>>,
    /// Address of its API over TLS.
    pub url: String,
    /// The certificate that it shows there.
    pub certificate: X509,
}

impl StandIn {
    pub fn start() -> StandIn {
        let state = Arc::new(Mutex::new(State::new()));
        let (certificate, key) = certificate("security-server", (-1, 365));
        let context = shows(&certificate, &key);
        let of_handler = state.clone();
        let handler = move |request| handle(&of_handler, &request);
        let address = listen(move || Some(context.clone()), Arc::new(handler));
        StandIn {
            state,
            url: format!("https://{address}/api/v1"),
            certificate,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn shared(&self) -> Arc<Mutex<State>> {
        self.state.clone()
    }
}

/// Answers a request, over whatever it came.
fn handle(state: &Mutex<State>, request: &Request) -> Option<Response> {
    let mut state = state.lock().unwrap();
    let path = request.uri().path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let line = format!("{} {path}", request.method());
    state.requests.push(line.clone());
    if state.is_broken {
        return None;
    }
    let given = request.headers().get("Authorization");
    let key = format!("X-Road-ApiKey token={}", state.key);
    if given.is_none_or(|given| given.as_bytes() != key.as_bytes()) {
        return respond((401, None), None);
    }
    if state.is_too_often() {
        state.too_often += 1;
        return respond((429, None), None);
    }
    if let Some(scripted) = state.scripted(&line) {
        return match scripted.body {
            Some(bytes) => respond_bytes(scripted.status, bytes, scripted.retry_after),
            None => respond((scripted.status, None), scripted.retry_after),
        };
    }
    let body = request.body();
    let answer = if body.len() > 50 << 10 {
        (413, None)
    } else {
        route(&mut state, &line, request)
    };
    if answer.0 < 300 && request.method() != "GET" {
        state.changes.push(line);
        if state.break_after == Some(state.changes.len()) {
            // Done, and nobody is told.
            state.is_broken = true;
            return None;
        }
    }
    respond(answer, None)
}

fn route(state: &mut State, line: &str, request: &Request) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let parts: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    match (method, parts.as_slice()) {
        ("GET", ["system", "version"]) => (200, Some(version())),
        ("GET", ["system", "certificate"]) => {
            (200, Some(clients::certificate_json(&state.internal)))
        }
        ("GET", ["security-servers"]) => (200, Some(json!([state.server_json()]))),
        ("GET", ["clients"]) => clients::find(state, request.uri().query().unwrap_or_default()),
        ("POST", ["clients"]) => clients::add(state, &body),
        (_, ["clients", id, rest @ ..]) => {
            if !state.subsystems.contains_key(*id) {
                return error(404, "client_not_found", &[]);
            }
            match rest {
                ["service-descriptions"] => descriptions::of_client(state, id, method, &body),
                ["service-clients", subject, "access-rights"] => {
                    rights::give(state, id, subject, &body)
                }
                ["service-clients", subject, "access-rights", "delete"] => {
                    rights::take(state, id, subject, &body)
                }
                ["service-client-candidates"] => (200, Some(rights::candidates(state, id))),
                rest => clients::on(state, id, method, rest, request),
            }
        }
        (_, ["service-descriptions", id, rest @ ..]) => {
            descriptions::on(state, id, method, rest, &body)
        }
        ("PATCH", ["services", id]) => descriptions::set_service(state, id, &body),
        ("GET", ["services", id, "service-clients"]) => rights::of_service(state, id),
        _ => error(404, "not_found", &[line]),
    }
}

/// An error in the API's form.
fn error(status: u16, code: &str, metadata: &[&str]) -> Answer {
    let error = match metadata {
        [] => json!({"code": code}),
        metadata => json!({"code": code, "metadata": metadata}),
    };
    (status, Some(json!({"status": status, "error": error})))
}

/// Warnings in the API's form: nothing was done.
fn warned(warnings: &[(String, Vec<String>)]) -> Answer {
    let warnings = warnings
        .iter()
        .map(|(code, metadata)| json!({"code": code, "metadata": metadata}));
    let body = json!({
        "status": 400,
        "error": {"code": "warnings_detected"},
        "warnings": warnings.collect::<Vec<_>>(),
    });
    (400, Some(body))
}

fn respond((status, body): Answer, retry_after: Option<u64>) -> Option<Response> {
    let bytes = body.map(|body| body.to_string().into_bytes());
    respond_bytes(status, bytes.unwrap_or_default(), retry_after)
}

fn respond_bytes(status: u16, bytes: Vec<u8>, retry_after: Option<u64>) -> Option<Response> {
    let mut response = hyper::Response::builder()
        .status(status)
        .header("x-road-ui-correlation-id", "0123456789abcdef");
    if !bytes.is_empty() {
        response = response.header("Content-Type", "application/json");
    }
    if let Some(seconds) = retry_after {
        response = response.header("Retry-After", seconds);
    }
    Some(response.body(Full::new(Bytes::from(bytes))).unwrap())
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let pair = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn version() -> Value {
    json!({
        "info": "Security Server version 7.8.1-SNAPSHOT",
        "java_version": 21,
        "min_java_version": 21,
        "max_java_version": 25,
        "using_supported_java_version": true,
        "java_vendor": "Debian",
        "java_runtime_version": "21.0.6",
    })
}
