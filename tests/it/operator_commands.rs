//! Operator commands: the same through a running server as without one, whatever state the admin file is in.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;

use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Site, exchange, program};

fn operator(site: &Site, command: &[&str]) -> Output {
    let mut program = program();
    program.args(command).arg("--config").arg(site.config());
    program.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn admin_file(site: &Site) -> PathBuf {
    site.folder().join("store.admin")
}

/// The demo registry with `more` behind it, in a file of the site.
fn registry(site: &Site, name: &str, more: &str) -> String {
    for included in ["municipalities.toml", "counties.toml"] {
        let from = root().join("fixtures/demo").join(included);
        std::fs::copy(from, site.folder().join(included)).unwrap();
    }
    let path = site.folder().join(name);
    let text = std::fs::read_to_string(root().join("fixtures/demo/registry.toml")).unwrap();
    std::fs::write(&path, format!("{text}\n{more}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

const NEW_PROVIDER: &str = "[[provider]]\nbusiness_id = \"1234567-1\"\nname = \"Uusi Oy\"";
const TWICE: &str = "[[provider]]\nbusiness_id = \"9000003-8\"\nname = \"X\"";

#[test]
fn every_command_says_the_same_through_a_server_as_without_one() {
    let site = Site::new("");
    let good = registry(&site, "good.toml", NEW_PROVIDER);
    let bad = registry(&site, "bad.toml", TWICE);
    let commands: [&[&str]; 7] = [
        &["status"],
        &["registry", "show"],
        &["registry", "show", "--json"],
        &["registry", "apply", &bad],
        &["registry", "apply", &good],
        &["registry", "apply", &good, "--json"],
        &["registry", "show"],
    ];
    let said = |outputs: Vec<Output>| -> Vec<_> {
        let said = outputs
            .iter()
            .map(|output| (output.status.code(), out(output), err(output)));
        said.collect()
    };
    let alone = said(commands.map(|command| operator(&site, command)).into());
    // Another store, whose registry has gone as far.
    let site = Site::new("");
    let server = site.start();
    let served = said(commands.map(|command| operator(&site, command)).into());
    for (command, (alone, served)) in commands.iter().zip(alone.iter().zip(&served)) {
        assert_eq!(alone, served, "{command:?}");
    }
    let codes: Vec<_> = served.iter().map(|(code, _, _)| code.unwrap()).collect();
    assert_eq!(codes, [0, 0, 0, 1, 0, 0, 0]);
    assert!(served[6].1.contains("Uusi Oy") && !served[1].1.contains("Uusi Oy"));
    assert!(served[3].1.is_empty() && served[3].2.contains("stands twice"));
    let log = site.log();
    assert_eq!(
        log.matches("an operator command ended").count(),
        commands.len()
    );
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_registry_applied_to_a_running_server_holds_for_its_next_request() {
    let site = Site::empty(
        "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n",
        "",
    );
    let server = site.start();
    let refused = server.post(&Message::create().0);
    assert_ne!(refused.outcome(), "OK");
    site.apply(&root().join("fixtures/demo/registry.toml"));
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    server.kill();
    assert!(
        out(&operator(&site, &["registry", "show"])).contains("Turun kaupunki"),
        "durable"
    );
}

#[test]
fn the_admin_file_that_a_killed_server_left_behind_is_no_obstacle() {
    let site = Site::new("");
    site.start().kill();
    assert!(admin_file(&site).exists());
    let shown = operator(&site, &["registry", "show"]);
    assert_eq!(shown.status.code(), Some(0), "{}", err(&shown));
    assert!(out(&shown).contains("Turun kaupunki"));
    let server = site.start();
    assert_eq!(operator(&site, &["status"]).status.code(), Some(0));
    assert_eq!(server.stop(), Some(0));
}

/// Answers every connection alike and keeps what it was sent.
fn impostor(answer: &'static str) -> (std::net::SocketAddr, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            heard.extend(byte);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        drop(stream);
        // Whoever trusts the answer comes again.
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err());
        String::from_utf8(heard).unwrap()
    });
    (address, heard)
}

#[test]
fn another_program_on_the_port_of_a_killed_server_gets_neither_token_nor_data() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nPsop-Proof: 00\r\nContent-Length: 0\r\n\r\n",
        "220 mail.example ready\r\n",
        "",
    ] {
        let site = Site::new("");
        site.start().kill();
        let mut file: toml::Table = std::fs::read_to_string(admin_file(&site))
            .unwrap()
            .parse()
            .unwrap();
        let (address, heard) = impostor(answer);
        file.insert("address".to_owned(), address.to_string().into());
        std::fs::write(admin_file(&site), file.to_string()).unwrap();
        let shown = operator(&site, &["registry", "show"]);
        assert_eq!(shown.status.code(), Some(0), "{}", err(&shown));
        assert!(out(&shown).contains("Turun kaupunki"));
        let heard = heard.join().unwrap();
        assert!(heard.starts_with("GET /version"), "{heard}");
        assert!(!heard.contains(file["token"].as_str().unwrap()));
    }
}

#[test]
fn a_server_that_cannot_be_asked_is_told_with_what_to_do() {
    let site = Site::new("");
    let server = site.start();
    let path = admin_file(&site);
    let kept = std::fs::read_to_string(&path).unwrap();
    let check = |reason: &str| {
        let refused = operator(&site, &["registry", "show"]);
        let told = err(&refused);
        assert_eq!(refused.status.code(), Some(1), "{told}");
        for part in [reason, "in use by another process", "run this as its user"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(out(&refused).is_empty());
    };
    std::fs::remove_file(&path).unwrap();
    check("there is no ");
    std::fs::write(&path, "token = \"0123\"").unwrap();
    check("it is no admin file");
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let address = server.admin.to_string();
    std::fs::write(&path, kept.replace(&address, &nobody.to_string())).unwrap();
    check("nothing answers");
    std::fs::write(&path, &kept).unwrap();
    assert_eq!(operator(&site, &["status"]).status.code(), Some(0));
}

/// One command by hand, as a client of another language would.
fn call(site: &Site, address: std::net::SocketAddr, name: &str, body: &[u8]) -> (u16, String) {
    let file: toml::Table = std::fs::read_to_string(admin_file(site))
        .unwrap()
        .parse()
        .unwrap();
    let head = format!(
        "POST /api/v1/{name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        file["token"].as_str().unwrap(),
        body.len()
    );
    let answer = exchange(address, &[head.as_bytes(), body].concat()).unwrap();
    (answer.status, answer.body)
}

#[test]
fn what_is_no_command_is_refused_and_nothing_is_done() {
    let site = Site::new("");
    let server = site.start();
    for (name, body, status) in [
        ("status", "{}", 200),
        ("Status", "{}", 404),
        ("none", "{}", 404),
        ("", "{}", 404),
        ("status/", "{}", 404),
        ("status", "", 400),
        ("status", "{} {}", 400),
        ("status", "{\"more\": 1}", 400),
        ("registry-show", "{\"json\":true}", 400),
        (
            "registry-apply",
            "{\"source\":\"x\",\"registry\":{\"planet\":[]},}",
            400,
        ),
    ] {
        let (answered, told) = call(&site, server.admin, name, body.as_bytes());
        assert_eq!(answered, status, "{name} {body}: {told}");
    }
}

#[test]
fn arguments_at_the_limit_are_taken_and_one_byte_more_is_refused() {
    let site = Site::new("[limits]\nadmin_body_bytes_max = 300000");
    let server = site.start();
    // Blanks are part of the body and nothing else.
    let padded = |bytes: usize| format!("{{}}{}", " ".repeat(bytes - 2)).into_bytes();
    assert_eq!(call(&site, server.admin, "status", &padded(300_000)).0, 200);
    let (status, told) = call(&site, server.admin, "status", &padded(300_001));
    assert_eq!(status, 413);
    assert!(told.contains("limits.admin_body_bytes_max"), "{told}");
    let long = "x".repeat(300_000);
    let provider = format!("[[provider]]\nbusiness_id = \"1234567-1\"\nname = \"{long}\"");
    let path = registry(&site, "long.toml", &provider);
    let refused = operator(&site, &["registry", "apply", &path]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("limits.admin_body_bytes_max"),
        "{}",
        err(&refused)
    );
    assert!(Path::new(&path).exists());
}
