//! Sockets that are handed over, as systemd does it: restarts under load lose no request, and sockets that are none of
//! ours are refused.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::message::Message;
use crate::support::server::{Server, Site, get, post, without_settings};

const PATIENCE: Duration = Duration::from_secs(30);
/// Runs the program with standard input, the socket, as the first one handed over.
const HAND_OVER: &str = r#"export LISTEN_PID=$$; exec "$0" "$@" 3<&0 < /dev/null"#;

/// `serve`, with a socket handed over under these names.
fn with_socket(site: &Site, listener: &TcpListener, names: &str) -> Command {
    let socket: OwnedFd = listener.try_clone().unwrap().into();
    let mut command = without_settings("sh");
    command
        .args(["-c", HAND_OVER, env!("CARGO_BIN_EXE_psop-adapter")])
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDNAMES", names)
        .stdin(Stdio::from(socket))
        .arg("serve")
        .arg("--config")
        .arg(site.config());
    command
}

fn start(site: &Site, listener: &TcpListener) -> Server {
    let command = with_socket(site, listener, "http");
    Server::spawn(command, &site.folder().join("server.log"))
}

#[test]
fn ten_restarts_under_load_lose_no_request() {
    const RESTARTS: usize = 10;
    let site = Site::new("");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = Some(start(&site, &listener));
    let media = "text/xml; charset=utf-8";
    let created = post(address, Message::create().0.as_bytes(), media).unwrap();
    let number = created.number();
    let (done, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let message = Message::lookup(&number).0;
                    let answer = post(address, message.as_bytes(), media).unwrap();
                    assert_eq!(answer.outcome(), "OK");
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..RESTARTS {
            let before = sent.load(Ordering::Relaxed);
            let started = Instant::now();
            while sent.load(Ordering::Relaxed) < before + 8 {
                assert!(started.elapsed() < PATIENCE, "the load stands still");
                thread::sleep(Duration::from_millis(5));
            }
            assert_eq!(server.take().unwrap().stop(), Some(0));
            server = Some(start(&site, &listener));
        }
        done.store(true, Ordering::Relaxed);
    });
    let server = server.unwrap();
    assert_eq!(server.http, address);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn the_admin_listener_can_be_handed_over_too() {
    let site = Site::new("");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let command = with_socket(&site, &listener, "admin");
    let server = Server::spawn(command, &site.folder().join("server.log"));
    assert_eq!(server.admin, listener.local_addr().unwrap());
    assert_eq!(get(server.admin, "/health/live").unwrap().status, 200);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn sockets_that_are_none_of_ours_are_refused() {
    let site = Site::new("");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let beyond = TcpListener::bind("0.0.0.0:0").unwrap();
    let log = site.folder().join("server.log");
    for (listener, names, refusal) in [
        (
            &listener,
            "psop.socket",
            "named `psop.socket`: name them http and admin",
        ),
        (
            &beyond,
            "admin",
            "beyond loopback, where the admin listener speaks TLS only",
        ),
    ] {
        let command = with_socket(&site, listener, names);
        assert!(Server::try_spawn(command, &log, "127.0.0.1:0").is_err());
        assert!(site.log().contains(refusal), "{}", site.log());
    }
}
