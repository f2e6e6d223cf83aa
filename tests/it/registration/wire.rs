//! What only the wire shows: the pinned certificate, the key, limits, sizes and time. Never through Prism.

use std::time::{Duration, Instant};

use super::{ID, Scene};
use crate::support::listener::certificate;
use crate::support::server::program;

#[test]
fn another_certificate_than_the_pinned_one_gets_no_key() {
    let scene = Scene::over_tls();
    let other = certificate("security-server", (-1, 365)).0;
    std::fs::write(scene.path("server.pem"), other.to_pem().unwrap()).unwrap();
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("shows another certificate"), "{told}");
    let shown = hex::encode(openssl::sha::sha256(
        &scene.stand_in.certificate.to_der().unwrap(),
    ));
    assert!(told.contains(&shown), "{told}");
    assert_eq!(scene.stand_in.state().requests, [""; 0]);
}

#[test]
fn a_key_that_is_no_longer_taken_is_told() {
    let scene = Scene::over_tls();
    scene.stand_in.state().key = "ffffffff-0000-0000-0000-000000000000".to_owned();
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("HTTP 401") && told.contains("make a new one"),
        "{told}"
    );
}

#[test]
fn a_key_without_the_role_is_told_which() {
    let scene = Scene::over_tls();
    scene.stand_in.state().script("POST /clients", 403, None);
    let told = scene.apply(&[]).refused();
    assert!(told.contains("XROAD_REGISTRATION_OFFICER"), "{told}");
}

#[test]
fn the_environments_key_counts_before_the_files() {
    let scene = Scene::over_tls();
    std::fs::write(scene.path("api.key"), "0123456789abcdef0123456789").unwrap();
    scene.run(&["plan"]).refused();
    let plan = |key: &str| {
        let mut program = program();
        program.env("PSOP_SECURITY_SERVER_API_KEY", key);
        program.args(["security-server", "plan", "--file"]);
        program
            .arg(scene.path("registration.toml"))
            .output()
            .unwrap()
    };
    let key = scene.stand_in.state().key.clone();
    let output = plan(&key);
    assert_eq!(output.status.code(), Some(3));
    let all = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains(&key));
    let refused = plan("mine own");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        told.contains("PSOP_SECURITY_SERVER_API_KEY") && !told.contains("mine own"),
        "{told}"
    );
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let scene = Scene::over_tls();
    scene.set_mode("api.key", 0o640);
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("can be read by others"), "{told}");
    assert_eq!(scene.stand_in.state().requests, [""; 0]);
}

#[test]
fn too_many_requests_are_waited_for_as_told() {
    let scene = Scene::over_tls();
    let line = format!("PUT /clients/{ID}/register");
    let mut state = scene.stand_in.state();
    let scripted = state.script(&line, 429, None);
    (scripted.times, scripted.retry_after) = (2, Some(1));
    drop(state);
    let began = Instant::now();
    scene.apply(&[]).good();
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(scene.subsystem().status, "REGISTERED");
}

#[test]
fn too_many_requests_end_it_at_last() {
    let scene = Scene::over_tls();
    let mut state = scene.stand_in.state();
    let scripted = state.script("GET /security-servers", 429, None);
    (scripted.times, scripted.retry_after) = (99, Some(0));
    drop(state);
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("HTTP 429") && told.contains("later"),
        "{told}"
    );
    assert_eq!(scene.stand_in.state().requests.len(), 5);
}

#[test]
fn many_subjects_stay_within_the_limits_of_the_api() {
    let mut scene = Scene::over_tls();
    let names: Vec<String> = (0..40).map(|number| format!("s{number}")).collect();
    for name in &names {
        let id = format!("FI-TEST:COM:9000007-0:{name}");
        scene.stand_in.state().subjects.push((id, "SUBSYSTEM"));
        scene.edit(|text| {
            format!("{text}\n[[right]]\nsubsystem = \"FI-TEST/COM/9000007-0/{name}\"\n")
        });
    }
    scene.apply(&[]).good();
    assert_eq!(scene.subsystem().rights["getOstovoima"].len(), 43);
    // The stand-in counts as the real server does; both looks are from one process each.
    assert_eq!(scene.stand_in.state().too_often, 0);
}

#[test]
fn an_answer_without_end_is_not_read() {
    let scene = Scene::over_tls();
    let body = format!("[\"{}\"]", "x".repeat(8 << 20));
    scene
        .stand_in
        .state()
        .script("GET /security-servers", 200, Some(&body));
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("larger than 8388608 bytes"), "{told}");
    let body = format!("[]{}", " ".repeat((8 << 20) - 2));
    scene
        .stand_in
        .state()
        .script("GET /security-servers", 200, Some(&body));
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("names no security server"), "{told}");
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let mut scene = Scene::over_tls();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", silent.local_addr().unwrap());
    let own = scene.stand_in.url.clone();
    scene.replace(&own, &url);
    scene.replace("registration_wait_s", "timeout_s = 1\nregistration_wait_s");
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("no answer within 1 s"), "{told}");
}

#[test]
fn an_answer_of_something_else_is_told_without_the_key() {
    let scene = Scene::over_tls();
    let key = scene.stand_in.state().key.clone();
    let page = format!("<h1>Not here</h1> you sent {key}");
    scene
        .stand_in
        .state()
        .script("GET /security-servers", 404, Some(&page));
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("HTTP 404: <h1>Not here</h1> you sent …"),
        "{told}"
    );
    scene
        .stand_in
        .state()
        .script("GET /security-servers", 200, Some("<html>"));
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("is not understood") && told.contains("/api/v1"),
        "{told}"
    );
}

#[test]
fn nobody_there_is_told() {
    let mut scene = Scene::over_tls();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/api/v1", free.local_addr().unwrap());
    drop(free);
    let own = scene.stand_in.url.clone();
    scene.replace(&own, &url);
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("nothing answers there") && told.contains(&url),
        "{told}"
    );
}
