//! kill -9 at a random moment under a mixed load: grants, look-ups, events recorded, replaced and deleted.
//! Afterwards the store proves itself whole, and everything acknowledged is there as acknowledged.
//!
//! `PSOP_KILL_ROUNDS` and `PSOP_KILL_EVENTS` (acknowledged before the kill) set the size.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::kill::connection::Connection;
use crate::kill::people::person_id;
use crate::support::dental::{ceiling, change, event, feed, lookup};
use crate::support::server::{Server, Site, program};

const CONNECTIONS: usize = 64;

/// What the sender was told of an event: its version and state.
type Acknowledged = BTreeMap<String, (u64, &'static str)>;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// A pseudo-random number that needs no seed to be read again: the nanoseconds of now.
fn moment(below: u64) -> u64 {
    u64::from(std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos() / 64) % below
}

/// Sends until the connection breaks; what was asked last is unknown and not counted on.
fn load(
    mut connection: Connection,
    person: &str,
    acknowledged: &Mutex<Acknowledged>,
    count: &AtomicUsize,
) -> Option<()> {
    let granted = connection.post(&ceiling(person, "9999999.00").0).ok()?;
    let number = granted.text("purchasingPowerNumber").to_owned();
    let keep = |id: &str, version, state| {
        acknowledged
            .lock()
            .unwrap()
            .insert(id.to_owned(), (version, state));
        count.fetch_add(1, Ordering::Relaxed);
    };
    let forget = |id: &str| {
        acknowledged.lock().unwrap().remove(id);
    };
    for turn in 0_u32.. {
        let target = (number.as_str(), person);
        let recorded = connection
            .post(&event(&number, person, 1 + turn % 3).0)
            .ok()?;
        assert_eq!(recorded.text("status"), "OK", "{}", recorded.body);
        let id = recorded.text("eventId").to_owned();
        keep(&id, 1, "KIRJATTU");
        let mut version = 1;
        if turn.is_multiple_of(2) {
            // What is under way when the server dies may be done or not.
            forget(&id);
            let message = change("UPDATE", Some((&id, version)), target, 5);
            let replaced = connection.post(&message.0).ok()?;
            assert_eq!(replaced.text("status"), "OK", "{}", replaced.body);
            version += 1;
            keep(&id, version, "KIRJATTU");
        }
        if turn.is_multiple_of(3) {
            forget(&id);
            let message = change("DELETE", Some((&id, version)), target, 5);
            let deleted = connection.post(&message.0).ok()?;
            assert_eq!(deleted.text("status"), "OK", "{}", deleted.body);
            keep(&id, version + 1, "POISTETTU");
        }
        if turn.is_multiple_of(5) {
            let message = lookup(&number).0;
            connection.post(&message).ok()?;
        }
    }
    Some(())
}

fn prove(site: &Site) -> String {
    let mut command = program();
    command.args(["store", "check", "--config"]);
    let output = command.arg(site.config()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}{error}");
    said
}

/// Every event as the feed has it.
fn events_of(server: &Server) -> BTreeMap<String, (u64, String)> {
    let span = "<psop:changesSince></psop:changesSince><psop:pageSize>500</psop:pageSize>";
    let mut found = BTreeMap::new();
    let mut continuation = String::new();
    loop {
        let answer = server.post(&feed(&format!("{span}{continuation}")).0);
        let versions = answer.texts("version");
        let states = answer.texts("state");
        for ((id, version), state) in answer
            .texts("eventId")
            .into_iter()
            .zip(versions)
            .zip(states)
        {
            found.insert(id, (version.parse().unwrap(), state));
        }
        match answer.text("nextContinuation") {
            Some(token) => continuation = format!("<psop:continuation>{token}</psop:continuation>"),
            None => return found,
        }
    }
}

#[test]
fn after_a_kill_under_mixed_load_ledger_events_and_balances_agree() {
    let rounds = setting("PSOP_KILL_ROUNDS", 2);
    let target = setting("PSOP_KILL_EVENTS", 400) as usize;
    let site = Site::new("[log]\nlevel = \"warn\"\n");
    let mut all = Acknowledged::new();
    for round in 0..rounds {
        let server = site.start();
        let acknowledged = Mutex::new(Acknowledged::new());
        let (count, is_killed) = (AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for index in 0..CONNECTIONS {
                let (acknowledged, count, is_killed) = (&acknowledged, &count, &is_killed);
                let address = server.next();
                scope.spawn(move || {
                    let person = person_id(round as usize * CONNECTIONS + index);
                    let connection = Connection::open(address).unwrap();
                    load(connection, &person, acknowledged, count);
                    assert!(is_killed.load(Ordering::SeqCst), "broke before the kill");
                });
            }
            let kill_at = target / 10 + moment(target as u64 * 9 / 10) as usize;
            let mut waited = 0;
            while count.load(Ordering::Relaxed) < kill_at {
                std::thread::sleep(Duration::from_millis(1));
                waited += 1;
                assert!(waited < 300_000, "stuck at {count:?} of {kill_at}");
            }
            std::thread::sleep(Duration::from_micros(moment(3_000)));
            is_killed.store(true, Ordering::SeqCst);
            server.kill();
        });
        let said = prove(&site);
        all.extend(acknowledged.into_inner().unwrap());
        let server = site.start();
        let found = events_of(&server);
        for (id, (version, state)) in &all {
            let (found_version, found_state) = &found[id];
            assert_eq!(
                (found_version, found_state.as_str()),
                (version, *state),
                "{id}"
            );
        }
        assert_eq!(server.stop(), Some(0));
        println!(
            "round {}: {} events acknowledged so far, all found as acknowledged among {}; {}",
            round + 1,
            all.len(),
            found.len(),
            said.lines().last().unwrap_or_default()
        );
    }
}
