//! A database that goes away under load and comes back, and standbys that do not follow: callers are told to come
//! again, `/health/ready` says so and takes it back by itself, nothing acknowledged is lost, nothing is done twice.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::kept_load::{Ledger, Persons, persistent_load};
use crate::kill::people::person_id;
use crate::support::answer::Answer;
use crate::support::cluster::{End, Node, wait_until};
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site, get, program};

/// Acknowledged between one end of the database and the next.
const ACKNOWLEDGED_EACH: usize = 40;

/// A site whose records are in the database of `url`, with the demo registry.
pub fn site_on(url: &str, more_of_store: &str) -> Site {
    let site = Site::empty("", "");
    let path = site.folder().display().to_string();
    let config = format!(
        "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n\
         [store]\nkind = \"postgres\"\nurl = \"{url}\"\npath = \"{path}/adapter\"\ntimeout_ms = 3000\n\
         stall_timeout_ms = 1000\nprobe_every_ms = 100\n{more_of_store}\n\
         [secrets]\nkey_file = \"{path}/master.key\"\n[log]\nlevel = \"warn\"\n"
    );
    std::fs::write(site.config(), config).unwrap();
    site.apply(&root().join("fixtures/demo/registry.toml"));
    site
}

/// Starts one of several adapters of a site.
pub fn serve(site: &Site, name: &str) -> Server {
    let mut command = program();
    command.arg("serve").arg("--config").arg(site.config());
    command.env("PSOP_STORE__PATH", site.folder().join(name));
    Server::spawn(command, &site.folder().join("server.log"))
}

/// The whole store is proven.
pub fn check(site: &Site) -> Result<(), String> {
    let mut command = program();
    command.args(["store", "check", "--config"]);
    let output = command.arg(site.config()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) if told.ends_with("nothing is wrong\n") => Ok(()),
        _ => {
            let error = String::from_utf8_lossy(&output.stderr);
            Err(format!("store check: {told}{error}"))
        }
    }
}

pub fn ready(server: &Server) -> Answer {
    get(server.admin, "/health/ready").unwrap()
}

pub fn is_ready(server: &Server) -> bool {
    ready(server).status == 200
}

/// Waits until so many more are acknowledged than are now.
pub fn wait_for_more(ledger: &Ledger, more: usize) {
    let before = ledger.acknowledged();
    wait_until("acknowledgements", || {
        ledger.acknowledged() >= before + more
    });
}

/// Tells the load to stop, also where the test fails.
pub struct Stop<'a>(pub &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_database_restarted_under_load_is_waited_for_and_nothing_is_lost() {
    let mut node = Node::new();
    let site = site_on(&node.url(), "");
    let servers = [serve(&site, "adapter-1"), serve(&site, "adapter-2")];
    let addresses = servers.each_ref().map(|server| server.http);
    let (persons, ledger) = (Persons::default(), Ledger::default());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        scope.spawn(|| persistent_load(&addresses, &persons, &ledger, &stop));
        for end in [End::Fast, End::Immediate, End::Killed] {
            wait_for_more(&ledger, ACKNOWLEDGED_EACH);
            node.end(end);
            for server in &servers {
                wait_until("unready", || !is_ready(server));
                let told = ready(server);
                assert_eq!(told.status, 503);
                assert!(told.body.contains("database"), "{}", told.body);
            }
            node.start();
            for server in &servers {
                wait_until("ready", || is_ready(server));
            }
        }
        wait_for_more(&ledger, ACKNOWLEDGED_EACH);
    });
    judge(&site, &ledger, addresses[0]);
    for server in servers {
        assert_eq!(server.stop(), Some(0));
    }
}

/// Everything holds, and callers were told to come again while the database was away.
fn judge(site: &Site, ledger: &Ledger, address: SocketAddr) {
    check(site).unwrap();
    let proof = ledger.prove(address).unwrap();
    println!(
        "{proof:?}, told {} times to come again",
        ledger.come_again()
    );
    assert_eq!(proof.acknowledged, ledger.acknowledged());
    assert!(proof.kept <= proof.under_way);
    assert!(ledger.come_again() > 0, "nobody noticed");
    check(site).unwrap();
}

#[test]
fn a_commit_that_no_standby_confirms_is_not_acknowledged() {
    let node = Node::new();
    let site = site_on(&node.url(), "");
    let server = serve(&site, "adapter-1");
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    let wait = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'";
    node.sql("postgres", wait);
    node.sql("postgres", "SELECT pg_reload_conf()");
    // The setting reaches a session a moment later: until it has, commits are acknowledged as before.
    let (mut message, mut persons) = (Message::create(), 0..);
    wait_until("an unconfirmed commit", || {
        let person = person_id(persons.next().unwrap());
        message = Message::create().fresh().set("psop:personId", &person);
        let answer = server.post(&message.0);
        let is_fault = answer.status == 500;
        assert!(!is_fault || answer.body.contains("STORE_UNAVAILABLE"));
        is_fault
    });
    node.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    node.sql("postgres", "SELECT pg_reload_conf()");
    wait_until("ready", || is_ready(&server));
    let mut number = String::new();
    wait_until("the answer", || {
        let answer = server.post(&message.0);
        let is_answered = answer.status == 200;
        if is_answered {
            number = answer.number();
        }
        is_answered
    });
    assert_eq!(server.post(&message.0).number(), number);
    assert_eq!(server.stop(), Some(0));
    check(&site).unwrap();
}

#[test]
fn a_server_does_not_start_on_a_database_that_is_away_or_only_reads() {
    let mut primary = Node::new();
    let site = site_on(&primary.url(), "");
    let standby = Node::following(&primary, "standby");
    let refused = |url: &str, text: &str| {
        let log = site.folder().join("refused.log");
        let _ = std::fs::remove_file(&log);
        let mut command = program();
        command.arg("serve").arg("--config").arg(site.config());
        command.env("PSOP_STORE__URL", url);
        assert!(Server::try_spawn(command, &log, "127.0.0.1:0").is_err());
        let told = said(&log);
        assert!(told.contains(text), "{told}");
        assert!(told.contains("store.url"), "{told}");
    };
    refused(&standby.url(), "does not allow writes");
    primary.end(End::Fast);
    refused(&primary.url(), "refused");
}

fn said(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap()
}
