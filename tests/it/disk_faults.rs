//! A disk that refuses while the server runs, and folders that it may not use: callers are told STORE_UNAVAILABLE,
//! `/health/ready` says why, nothing acknowledged is lost, and the store opens itself again once the disk lets it,
//! without a restart.
//!
//! What needs root and mounts (a full disk, I/O errors, a read-only file system) is in `mounted`, which
//! `make crash-test` runs. Here the kernel's limit of a file's size stands for a full disk: it too refuses a write
//! half-way, and can be lifted while the process runs.

#[cfg(feature = "heavy-tests")]
mod mounted;

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::kill::people::person_id;
use crate::support::message::Message;
use crate::support::server::{Server, Site, get, program, without_settings};

/// Far longer than the store waits between two attempts to open itself.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Requests until a disk that refuses must have been met.
const REQUESTS_MAX: usize = 20_000;

/// A fault: how it begins and how it ends.
struct Fault<'a> {
    begin: Box<dyn FnOnce(&Server) + 'a>,
    end: Box<dyn FnOnce(&Server) + 'a>,
    /// What `/health/ready` says of it.
    reason: &'a str,
}

/// What was acknowledged: a message and the number granted.
#[derive(Default)]
struct Acknowledged(Vec<(Message, String)>);

impl Acknowledged {
    /// A grant for somebody who has none yet.
    fn next(&self) -> Message {
        Message::create().set("psop:personId", &person_id(self.0.len()))
    }

    fn create(&mut self, server: &Server) {
        let message = self.next();
        let number = server.post(&message.0).number();
        self.0.push((message, number));
    }

    /// Creates until the answer is a fault; that message and its fault.
    fn create_until_refused(&mut self, server: &Server) -> (Message, String) {
        for _ in 0..REQUESTS_MAX {
            let message = self.next();
            let answer = server.post(&message.0);
            if answer.status == 500 {
                return (message, answer.fault());
            }
            self.0.push((message, answer.number()));
        }
        panic!("nothing was refused");
    }

    fn prove(&self, server: &Server) {
        for (message, number) in &self.0 {
            let again = server.post(&message.0);
            assert_eq!(again.text("replayed").as_deref(), Some("true"));
            assert_eq!(&again.number(), number);
        }
    }
}

fn ready(server: &Server) -> (u16, String) {
    let answer = get(server.admin, "/health/ready").unwrap();
    (answer.status, answer.body)
}

fn check(site: &Site) {
    let mut command = program();
    command.args(["store", "check", "--config"]);
    let output = command.arg(site.config()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.ends_with("nothing is wrong\n"), "{told}");
}

/// The whole course of a fault, from before it to a restart after it.
fn live_through(site: &Site, server: Server, fault: Fault<'_>) -> Server {
    let mut acknowledged = Acknowledged::default();
    for _ in 0..5 {
        acknowledged.create(&server);
    }
    (fault.begin)(&server);
    let (refused, code) = acknowledged.create_until_refused(&server);
    assert_eq!(code, "STORE_UNAVAILABLE");
    let (status, reasons) = ready(&server);
    assert_eq!(status, 503, "{reasons}");
    assert!(reasons.contains(fault.reason), "{reasons}");
    assert!(reasons.contains("opens itself again"), "{reasons}");
    assert_eq!(get(server.admin, "/health/live").unwrap().status, 200);
    // A look-up leaves a row in the access log, and is refused too.
    let (_, number) = &acknowledged.0[0];
    let shown = server.post(&Message::lookup(number).0);
    assert_eq!(shown.fault(), "STORE_UNAVAILABLE");

    (fault.end)(&server);
    let began = Instant::now();
    while ready(&server).0 != 200 {
        let last = ready(&server).1;
        assert!(began.elapsed() < WAIT_MAX, "it does not come back: {last}");
        std::thread::sleep(Duration::from_millis(50));
    }
    acknowledged.prove(&server);
    // What was refused may have reached the disk, and is done once all the same.
    let number = server.post(&refused.0).number();
    acknowledged.0.push((refused, number));
    acknowledged.create(&server);
    acknowledged.prove(&server);
    check(site);
    assert_eq!(server.stop(), Some(0));
    let server = site.start();
    acknowledged.prove(&server);
    check(site);
    server
}

/// The largest file that a process may write; `unlimited` for none.
fn limit_files(server: &Server, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    let status = Command::new("prlimit")
        .args(["--pid", &server.id().to_string(), &limit])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Started so that a write past the limit is an error, and no signal that ends the process.
fn start_without_signal(site: &Site) -> Server {
    let mut command = without_settings("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
    command.arg(program().get_program());
    command.args(["serve", "--config"]).arg(site.config());
    Server::spawn(command, &site.folder().join("server.log"))
}

#[test]
fn a_log_that_cannot_grow_shuts_the_store_until_it_can() {
    let site = Site::new("");
    let server = start_without_signal(&site);
    let fault = Fault {
        begin: Box::new(|server| limit_files(server, "65536")),
        end: Box::new(|server| limit_files(server, "unlimited")),
        reason: "File too large",
    };
    live_through(&site, server, fault);
}

/// Everything in a folder belongs to this user.
fn give(folder: &Path, user: u32) {
    chown(folder, Some(user), Some(user)).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            give(&path, user);
        } else {
            chown(&path, Some(user), Some(user)).unwrap();
        }
    }
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

/// The server's command line, for a plain user: root may do anything.
fn plain_command(site: &Site) -> Command {
    const NOBODY: u32 = 65534;
    let mut command = if is_root() {
        give(site.folder(), NOBODY);
        let mut command = without_settings("setpriv");
        command.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            program().get_program().to_str().unwrap(),
        ]);
        command
    } else {
        program()
    };
    command.args(["serve", "--config"]).arg(site.config());
    command
}

#[test]
fn a_store_without_permission_is_refused_at_start_and_named() {
    let site = Site::new("");
    let store = site.folder().join("store");
    let permit = |path: &Path, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, permissions).unwrap();
    };
    let log = site.folder().join("server.log");
    for (path, lost, whole) in [
        (store.clone(), 0o000, 0o700),
        (store.clone(), 0o500, 0o700),
        (store.join("db"), 0o000, 0o600),
        (store.join("db"), 0o400, 0o600),
        (store.join("head"), 0o000, 0o600),
        (store.join("mark"), 0o400, 0o600),
    ] {
        let command = plain_command(&site);
        permit(&path, lost);
        let started = Server::try_spawn(command, &log, "127.0.0.1:0");
        permit(&path, whole);
        let what = format!("{} {lost:o}", path.display());
        let text = site.log();
        let text = text.lines().last().unwrap_or_default();
        assert!(started.is_err(), "{what}");
        assert!(text.contains("ermission denied"), "{what}: {text}");
        assert!(text.contains(store.to_str().unwrap()), "{what}: {text}");
    }
    let server = Server::spawn(plain_command(&site), &log);
    Acknowledged::default().create(&server);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn permission_lost_while_running_harms_nothing_and_is_told_at_the_next_start() {
    let site = Site::new("");
    let log = site.folder().join("server.log");
    let server = Server::spawn(plain_command(&site), &log);
    let mut acknowledged = Acknowledged::default();
    acknowledged.create(&server);
    let store = site.folder().join("store");
    let permit = |mode| {
        std::fs::set_permissions(&store, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    permit(0o000);
    acknowledged.create(&server);
    acknowledged.prove(&server);
    assert_eq!(ready(&server).0, 200, "its files are open");
    server.stop();
    assert!(Server::try_spawn(plain_command(&site), &log, "127.0.0.1:0").is_err());
    permit(0o700);
    let server = Server::spawn(plain_command(&site), &log);
    acknowledged.prove(&server);
    assert_eq!(server.stop(), Some(0));
}
