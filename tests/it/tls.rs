//! TLS of the public listener: whom pins let in, what a reload changes and what it leaves, old versions refused, and
//! what production asks for. `commands`: `tls init` and `tls inspect`; `production`: what it asks for.

mod commands;
mod production;

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use openssl::ssl::SslVersion;

use crate::support::certificates::{Identity, call_as, call_by, exchange_over};
use crate::support::message::Message;
use crate::support::server::{Server, Site, get};

const PATIENCE: Duration = Duration::from_secs(30);

/// A site whose public listener speaks TLS, and asks callers for what `more` says.
fn site(more: &str) -> (Site, Identity) {
    let site = Site::new("");
    let identity = Identity::new("psop-adapter");
    identity.write(site.folder(), "server");
    configure(&site, more);
    (site, identity)
}

fn configure(site: &Site, more: &str) {
    let folder = site.folder().display();
    let before = std::fs::read_to_string(site.config()).unwrap();
    let before = before.split("[tls]").next().unwrap();
    let tls = format!(
        "[tls]\ncertificate = \"{folder}/server.pem\"\nkey = \"{folder}/server-key.pem\"\n{more}"
    );
    std::fs::write(site.config(), format!("{before}{tls}\n")).unwrap();
}

fn pins(site: &Site, names: &[&str]) -> String {
    let files = names
        .iter()
        .map(|name| format!("\"{}/{name}.pem\"", site.folder().display()));
    format!(
        "client_mode = \"require\"\nclient_pins = [{}]",
        files.collect::<Vec<_>>().join(", ")
    )
}

/// A POST as a security server sends it; `None` where it is not let in.
fn post_as(server: &Server, identity: Option<&Identity>, message: &str) -> Option<String> {
    post_by(SslVersion::TLS1_2, server, identity, message)
}

fn post_by(
    version: SslVersion,
    server: &Server,
    identity: Option<&Identity>,
    message: &str,
) -> Option<String> {
    let mut stream = call_by(version, server.http, identity).ok()?;
    let answer = exchange_over(&mut stream, &bytes_of(message, "close")).ok()?;
    assert_eq!(answer.status, 200);
    Some(answer.outcome())
}

fn bytes_of(message: &str, connection: &str) -> Vec<u8> {
    format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml; charset=UTF-8\r\n\
         Content-Length: {}\r\nConnection: {connection}\r\n\r\n{message}",
        message.len()
    )
    .into_bytes()
}

/// A look-up of a number that is none: a whole request, which leaves its row in the access log.
fn a_request() -> String {
    Message::lookup("OV-0000-0000-0000-0").0
}

/// Waits until the log has a text; logging is not part of an answer.
fn wait_for_log(site: &Site, text: &str) {
    let started = Instant::now();
    while !site.log().contains(text) {
        assert!(started.elapsed() < PATIENCE, "no `{text}`: {}", site.log());
        thread::sleep(Duration::from_millis(20));
    }
}

/// SIGHUP, and the log line that ends it.
fn reload(site: &Site, server: &Server, outcome: &str) {
    let so_far = site.log().matches(outcome).count();
    server.signal("HUP");
    let started = Instant::now();
    while site.log().matches(outcome).count() == so_far {
        assert!(started.elapsed() < PATIENCE, "{}", site.log());
        thread::sleep(Duration::from_millis(20));
    }
}

const TAKEN: &str = "the configuration is read anew";
const REFUSED: &str = "the configuration was not taken over";

#[test]
fn pinned_certificates_are_let_in_and_no_others() {
    let (site, _) = site("");
    let (one, two) = (Identity::new("ss1"), Identity::new("ss2"));
    one.write(site.folder(), "ss1");
    two.write(site.folder(), "ss2");
    let same_name = Identity::new("ss1");
    configure(&site, &pins(&site, &["ss1", "ss2"]));
    let server = site.start();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let post = |identity| post_by(version, &server, identity, &a_request());
        for pinned in [&one, &two] {
            assert_eq!(post(Some(pinned)).as_deref(), Some("REJECTED"));
        }
        assert_eq!(post(None), None);
        assert_eq!(post(Some(&same_name)), None);
    }
    // Whoever runs the adapter finds out which certificate it was.
    let digest = openssl::hash::MessageDigest::sha256();
    let digest = hex::encode(same_name.certificate.digest(digest).unwrap());
    wait_for_log(&site, &digest);
    assert!(site.log().contains("is not pinned"));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_pinned_certificate_that_has_ended_is_let_in_with_a_warning() {
    let (site, _) = site("");
    let ended = Identity::lasting("ss1", -30, -1);
    ended.write(site.folder(), "ss1");
    configure(&site, &pins(&site, &["ss1"]));
    let server = site.start();
    assert_eq!(
        post_as(&server, Some(&ended), &a_request()).as_deref(),
        Some("REJECTED")
    );
    wait_for_log(&site, "has ended: it stays let in");
    let ready = get(server.admin, "/health/ready").unwrap();
    assert_eq!(ready.status, 200);
    assert!(ready.body.contains("has ended"), "{}", ready.body);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_certificate_that_ends_soon_is_told_and_one_that_does_not_is_not() {
    for (days, is_told) in [(29, true), (31, false)] {
        let (site, _) = site("");
        Identity::lasting("psop", 0, days).write(site.folder(), "server");
        let server = site.start();
        let ready = get(server.admin, "/health/ready").unwrap();
        assert_eq!(ready.body.contains("warnings"), is_told, "{}", ready.body);
        assert_eq!(server.stop(), Some(0));
        assert_eq!(site.log().contains("ends in 2"), is_told);
    }
}

#[test]
fn request_lets_everybody_in_and_off_asks_nobody() {
    for mode in ["request", "off"] {
        let (site, _) = site(&format!("client_mode = \"{mode}\""));
        let server = site.start();
        assert!(post_as(&server, None, &a_request()).is_some(), "{mode}");
        let stranger = Identity::new("stranger");
        assert!(
            post_as(&server, Some(&stranger), &a_request()).is_some(),
            "{mode}"
        );
        assert_eq!(server.stop(), Some(0));
    }
}

#[test]
fn a_reload_takes_certificate_and_pins_over_and_leaves_open_connections() {
    let (site, old) = site("");
    let (one, two) = (Identity::new("ss1"), Identity::new("ss2"));
    one.write(site.folder(), "ss1");
    two.write(site.folder(), "ss2");
    configure(&site, &pins(&site, &["ss1"]));
    let server = site.start();
    let mut open = call_as(server.http, Some(&one)).unwrap();
    assert!(session(&site, &server, "-sess_out").contains("New, TLSv1.2"));
    assert!(session(&site, &server, "-sess_in").contains("Reused, TLSv1.2"));
    assert_eq!(post_as(&server, Some(&two), &a_request()), None);

    let new = Identity::new("psop-adapter");
    new.write(site.folder(), "server");
    configure(&site, &pins(&site, &["ss2"]));
    reload(&site, &server, TAKEN);
    let shown = call_as(server.http, Some(&two)).unwrap();
    let shown = shown.ssl().peer_certificate().unwrap().to_der().unwrap();
    assert_eq!(shown, new.certificate.to_der().unwrap());
    assert_ne!(shown, old.certificate.to_der().unwrap());
    assert!(post_as(&server, Some(&two), &a_request()).is_some());
    assert_eq!(post_as(&server, Some(&one), &a_request()), None);
    // Neither may a session of before come back.
    assert_eq!(session(&site, &server, "-sess_in"), "");
    // What was open goes on as it began.
    let answer = exchange_over(&mut open, &bytes_of(&a_request(), "close")).unwrap();
    assert_eq!(answer.outcome(), "REJECTED");
    assert_eq!(server.stop(), Some(0));
}

/// What `openssl s_client` says of a connection as `ss1` with a session file's option; nothing where it is not let in.
fn session(site: &Site, server: &Server, option: &str) -> String {
    let file = |name: &str| site.folder().join(name);
    let output = Command::new("openssl")
        .args(["s_client", "-tls1_2", "-connect", &server.http.to_string()])
        .arg("-cert")
        .arg(file("ss1.pem"))
        .arg("-key")
        .arg(file("ss1-key.pem"))
        .arg(option)
        .arg(file("session"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    match output.status.success() {
        true => String::from_utf8_lossy(&output.stdout).into_owned(),
        false => String::new(),
    }
}

#[test]
fn a_reload_that_is_refused_changes_nothing() {
    let (site, old) = site("");
    let server = site.start();
    let other = Identity::new("other");
    let write = |name: &str, text: &[u8]| std::fs::write(site.folder().join(name), text).unwrap();
    // A certificate that is not the key's, then none at all, then a configuration that is none.
    write("server.pem", &other.certificate.to_pem().unwrap());
    reload(&site, &server, REFUSED);
    write("server.pem", b"nothing");
    reload(&site, &server, REFUSED);
    let config = std::fs::read_to_string(site.config()).unwrap();
    write("psop-adapter.toml", b"environment = 7");
    reload(&site, &server, REFUSED);
    let shown = call_as(server.http, None).unwrap();
    let shown = shown.ssl().peer_certificate().unwrap().to_der().unwrap();
    assert_eq!(shown, old.certificate.to_der().unwrap());
    // Other keys wait for a restart, and are named.
    old.write(site.folder(), "server");
    let changed = format!("{config}[limits]\nbody_bytes_max = 2000\n");
    write("psop-adapter.toml", changed.as_bytes());
    reload(&site, &server, TAKEN);
    assert!(site.log().contains("wait for a restart"), "{}", site.log());
    assert!(site.log().contains("limits.body_bytes_max"));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn the_log_level_is_taken_over_by_a_reload() {
    let (site, _) = site("");
    let server = site.start();
    let config = std::fs::read_to_string(site.config()).unwrap();
    let quiet = format!("{config}[log]\nlevel = \"error\"\n");
    std::fs::write(site.config(), quiet).unwrap();
    // Its own line is below the new level: the next request's silence is what tells.
    server.signal("HUP");
    let answered = || site.log().matches("answered").count();
    let started = Instant::now();
    let mut silent = 0;
    while silent < 5 {
        assert!(started.elapsed() < PATIENCE, "{}", site.log());
        let before = answered();
        post_as(&server, None, &a_request()).unwrap();
        thread::sleep(Duration::from_millis(50));
        silent = if answered() == before { silent + 1 } else { 0 };
    }
    std::fs::write(site.config(), &config).unwrap();
    reload(&site, &server, TAKEN);
    let before = answered();
    post_as(&server, None, &a_request()).unwrap();
    let started = Instant::now();
    while answered() == before {
        assert!(started.elapsed() < PATIENCE, "{}", site.log());
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn no_request_is_lost_while_certificates_are_exchanged_under_load() {
    const RELOADS: usize = 20;
    let (site, _) = site("");
    let server = site.start();
    let mut stream = call_as(server.http, None).unwrap();
    let created = exchange_over(&mut stream, &bytes_of(&Message::create().0, "close")).unwrap();
    let number = created.number();
    let (done, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for worker in 0..4 {
            let (server, number, done, sent) = (&server, &number, &done, &sent);
            scope.spawn(move || {
                // Half of them keep their connection, half connect for each request.
                let mut kept = None;
                while !done.load(Ordering::Relaxed) {
                    let keeps = worker % 2 == 0;
                    if kept.is_none() || !keeps {
                        kept = Some(call_as(server.http, None).unwrap());
                    }
                    let stream = kept.as_mut().unwrap();
                    stream
                        .write_all(&bytes_of(&Message::lookup(number).0, "keep-alive"))
                        .unwrap();
                    let answer = read_one(stream);
                    assert!(answer.contains(">OK<"), "{answer}");
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..RELOADS {
            Identity::new("psop-adapter").write(site.folder(), "server");
            let before = sent.load(Ordering::Relaxed);
            reload(&site, &server, TAKEN);
            let started = Instant::now();
            while sent.load(Ordering::Relaxed) < before + 8 {
                assert!(started.elapsed() < PATIENCE, "the load stands still");
                thread::sleep(Duration::from_millis(5));
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(!site.log().contains("a TLS handshake failed"));
    assert_eq!(server.stop(), Some(0));
}

/// One answer on a connection that stays open.
fn read_one(stream: &mut impl std::io::Read) -> String {
    let mut whole = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "closed after {} bytes", whole.len());
        whole.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&whole);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")
                        .map(str::to_owned)
                })
                .unwrap();
            if body.len() >= length.parse().unwrap() {
                return text.into_owned();
            }
        }
    }
}

/// Whether `openssl s_client`, at the lowest security level, comes through its handshake.
fn s_client(address: SocketAddr, arguments: &[&str]) -> bool {
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &address.to_string(), "-cipher"])
        .arg("ALL:@SECLEVEL=0")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).contains("Server public key is")
}

/// A server of OpenSSL's own that takes everything: what a call reaches there, it was able to ask for.
struct Control {
    child: std::process::Child,
    address: SocketAddr,
}

impl Control {
    fn start(site: &Site) -> Control {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-quiet",
                "-cipher",
                "ALL:@SECLEVEL=0",
                "-accept",
            ])
            .arg(address.to_string())
            .arg("-cert")
            .arg(site.folder().join("server.pem"))
            .arg("-key")
            .arg(site.folder().join("server-key.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < PATIENCE, "openssl s_server");
            thread::sleep(Duration::from_millis(20));
        }
        Control { child, address }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn old_versions_and_weak_suites_are_refused_by_us_and_not_by_the_caller() {
    let (site, _) = site("");
    let server = site.start();
    let control = Control::start(&site);
    for refused in [
        &["-tls1_1"][..],
        &["-tls1"],
        &["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "AES256-GCM-SHA384:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
        &[
            "-tls1_2",
            "-cipher",
            "ECDHE-RSA-CHACHA20-POLY1305:@SECLEVEL=0",
        ],
        &["-tls1_2", "-cipher", "AECDH-AES128-SHA:@SECLEVEL=0"],
    ] {
        assert!(
            s_client(control.address, refused)
                || refused[1..].contains(&"AECDH-AES128-SHA:@SECLEVEL=0"),
            "the control refuses {refused:?}"
        );
        assert!(!s_client(server.http, refused), "{refused:?} is let in");
    }
    for taken in [&["-tls1_2"][..], &["-tls1_3"]] {
        assert!(s_client(server.http, taken), "{taken:?}");
    }
    assert_eq!(server.stop(), Some(0));
}
