//! kill -9 at a random moment under load, again and again: every acknowledged grant is found
//! afterwards, every repeated request gets its first answer, nothing is granted twice, and the store is
//! proven whole.
//!
//! This proves recovery after the death of the process, not after a power cut: `durability` has the
//! order of writing and syncing. `PSOP_KILL_ROUNDS` and `PSOP_KILL_CREATES` (requests a round) set the
//! size, `PSOP_KILL_SEED` repeats a run's choices.

pub mod connection;
pub mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::message::Message;
use crate::support::server::{Server, Site, program};
use connection::Connection;
use people::person_id;

/// A new store after so many rounds: recovery of a recovered store is tested, and disks stay small.
const ROUNDS_PER_STORE: usize = 5;
/// Grants of earlier rounds looked up again after each kill.
const EARLIER_LOOKED_UP: usize = 200;
/// The server answers nothing at all for so long: it hangs.
const STILL_MAX: Duration = Duration::from_secs(120);

/// Random numbers that a seed repeats (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) % limit as u64) as usize
    }

    fn connections(&mut self) -> usize {
        64 + self.below(256 - 64 + 1)
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is {text:?}, which is no number"))
    })
}

/// The grants asked for: one for each person, all the rest the same.
struct Grants {
    create: String,
    lookup: String,
}

impl Grants {
    fn new() -> Grants {
        let create = Message::fixture("01-create-ordinary")
            .set("xrd:id", "{id}")
            .set("psop:sourceReference", "{reference}")
            .set("psop:personId", "{person}");
        let lookup = Message::fixture("02-get-ostovoima").set("xrd:id", "{id}");
        Grants {
            create: create.0,
            lookup: lookup.0,
        }
    }

    /// The request for the grant of the person `index`, sent for the `time`-th time under a new id.
    fn create(&self, index: usize, time: usize) -> String {
        self.create
            .replace("{id}", &format!("kill-{index}-{time}"))
            .replace("{reference}", &format!("reference-{index}"))
            .replace("{person}", &person_id(index))
    }

    fn lookup(&self, number: &str) -> String {
        Message(self.lookup.replace("{id}", &format!("lookup-{number}")))
            .number(number)
            .0
    }
}

/// What the load left behind.
struct Killed {
    /// Numbers that the server acknowledged before it died.
    acknowledged: BTreeMap<usize, String>,
    /// Requests begun: those of them without a number were under way when the server died.
    begun: usize,
}

/// Grants over many connections until `kill_after` of them are acknowledged, then kill -9. Goes on
/// asking until the server is dead, so that it always dies under load.
fn kill_under_load(
    server: Server,
    grants: &Grants,
    first: usize,
    connections: usize,
    (kill_after, pause): (usize, Duration),
) -> Killed {
    let acknowledged = Mutex::new(BTreeMap::new());
    let (count, next) = (AtomicUsize::new(0), AtomicUsize::new(first));
    let is_killed = AtomicBool::new(false);
    let ask = |mut connection: Connection| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let reply = match connection.post(&grants.create(index, 0)) {
                Ok(reply) => reply,
                Err(error) => {
                    let was_killed = is_killed.load(Ordering::SeqCst);
                    assert!(was_killed, "a connection broke before the kill: {error}");
                    break;
                }
            };
            assert_eq!(reply.text("status"), "OK", "{}", reply.body);
            assert_eq!(reply.text("replayed"), "false", "{}", reply.body);
            let number = reply.text("purchasingPowerNumber").to_owned();
            acknowledged.lock().unwrap().insert(index, number);
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    let open = |_| Connection::open(server.http).unwrap();
    let open: Vec<Connection> = (0..connections).map(open).collect();
    std::thread::scope(|scope| {
        for connection in open {
            scope.spawn(|| ask(connection));
        }
        wait_for(&count, kill_after);
        std::thread::sleep(pause);
        is_killed.store(true, Ordering::SeqCst);
        server.kill();
    });
    Killed {
        acknowledged: acknowledged.into_inner().unwrap(),
        begun: next.into_inner() - first,
    }
}

/// Waits until the count is reached; panics when it stands still.
fn wait_for(count: &AtomicUsize, target: usize) {
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let now = count.load(Ordering::Relaxed);
        if now >= target {
            return;
        }
        if now != last {
            (last, moved) = (now, Instant::now());
        }
        assert!(moved.elapsed() < STILL_MAX, "stuck at {now} of {target}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Does something once for each of `count` things, over many connections.
fn over_connections(
    address: SocketAddr,
    connections: usize,
    count: usize,
    work: impl Fn(&mut Connection, usize) + Sync,
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..connections.min(count) {
            scope.spawn(|| {
                let _stop = StopOnPanic(&next, count);
                let mut connection = Connection::open(address).unwrap();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    work(&mut connection, index);
                }
            });
        }
    });
}

/// Ends the work of all once one has failed: one failure is enough to read.
struct StopOnPanic<'a>(&'a AtomicUsize, usize);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(self.1, Ordering::Relaxed);
        }
    }
}

/// The number's grant is there, and is this person's.
fn look_up(connection: &mut Connection, grants: &Grants, number: &str, index: usize) {
    let shown = connection.post(&grants.lookup(number)).unwrap();
    assert_eq!(shown.text("status"), "OK", "{number}: {}", shown.body);
    assert_eq!(shown.text("purchasingPowerNumber"), number);
    assert_eq!(shown.text("personId"), person_id(index), "{number}");
}

/// Sends a request again: its number, and whether the grant was there already.
fn repeat(connection: &mut Connection, message: &str) -> (String, bool) {
    let reply = connection.post(message).unwrap();
    assert_eq!(reply.text("status"), "OK", "{}", reply.body);
    let number = reply.text("purchasingPowerNumber").to_owned();
    (number, reply.text("replayed") == "true")
}

/// What the requests of a round came to, after the restart.
#[derive(Default)]
struct Verified {
    numbers: BTreeMap<usize, String>,
    /// Requests without an acknowledgement whose grant was there all the same.
    kept: usize,
}

/// Looks every acknowledged grant up, and repeats every request of the round: twice where the first
/// answer never came, the second time under a new message id.
fn verify(
    server: &Server,
    grants: &Grants,
    (first, total, connections): (usize, usize, usize),
    acknowledged: &BTreeMap<usize, String>,
) -> Verified {
    let verified = Mutex::new(Verified::default());
    over_connections(server.http, connections, total, |connection, offset| {
        let index = first + offset;
        let promised = acknowledged.get(&index);
        if let Some(number) = promised {
            look_up(connection, grants, number, index);
        }
        let (number, replayed) = repeat(connection, &grants.create(index, 0));
        match promised {
            Some(promised) => {
                assert!(replayed, "{promised} was granted anew");
                assert_eq!(&number, promised, "another grant than was acknowledged");
            }
            None => {
                let again = repeat(connection, &grants.create(index, 1));
                assert_eq!(again, (number.clone(), true), "granted twice");
                look_up(connection, grants, &number, index);
            }
        }
        let mut verified = verified.lock().unwrap();
        verified.kept += usize::from(replayed && promised.is_none());
        verified.numbers.insert(index, number);
    });
    verified.into_inner().unwrap()
}

fn registry_shown(site: &Site) -> String {
    let mut command = program();
    command.args(["registry", "show", "--config"]);
    let output = command.arg(site.config()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The whole store is proven, by its server: ledger = events = balances, indexes, the access log's chain.
fn prove(site: &Site) {
    let mut command = program();
    command.args(["store", "check", "--config"]);
    let output = command.arg(site.config()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.ends_with("nothing is wrong\n"), "{told}");
}

#[test]
fn every_acknowledged_grant_outlives_a_kill_under_load() {
    let rounds = setting("PSOP_KILL_ROUNDS", 3) as usize;
    let creates = setting("PSOP_KILL_CREATES", 1_500) as usize;
    let clock = std::time::UNIX_EPOCH.elapsed().unwrap();
    let seed = setting("PSOP_KILL_SEED", clock.as_nanos() as u64);
    println!("{rounds} rounds of {creates} grants, PSOP_KILL_SEED={seed}");
    assert!(rounds > 0 && creates >= 10, "nothing would be tested");
    let mut random = Random(seed);
    let grants = Grants::new();
    let mut done = 0;
    while done < rounds {
        let site = Site::new("[log]\nlevel = \"warn\"\n");
        let registry = registry_shown(&site);
        assert!(registry.contains("Turun kaupunki"), "{registry}");
        let mut found: Vec<(usize, String)> = Vec::new();
        for round in done..rounds.min(done + ROUNDS_PER_STORE) {
            let line = one_round(&site, &grants, creates, &mut random, &mut found, &registry);
            println!("round {}: {line}", round + 1);
        }
        done += ROUNDS_PER_STORE;
    }
}

/// Load, kill, restart and verification. `found` are the grants of this store so far.
fn one_round(
    site: &Site,
    grants: &Grants,
    creates: usize,
    random: &mut Random,
    found: &mut Vec<(usize, String)>,
    registry: &str,
) -> String {
    let began = Instant::now();
    let first = found.len();
    let connections = random.connections();
    // Between a tenth and all of them, and then within some milliseconds.
    let kill_after = creates / 10 + random.below(creates - creates / 10);
    let pause = Duration::from_micros(random.below(3_000) as u64);
    let load = kill_under_load(
        site.start(),
        grants,
        first,
        connections,
        (kill_after, pause),
    );
    let acknowledged = load.acknowledged.len();
    assert!(acknowledged >= kill_after, "{acknowledged}");
    // Each connection had one request under way when the server died.
    assert_eq!(load.begun - acknowledged, connections);
    let killed_after = began.elapsed();

    if random.below(2) == 0 {
        assert_eq!(registry_shown(site), registry, "right after the kill");
    }
    let server = site.start();
    prove(site);
    let total = creates.max(load.begun);
    let of_round = (first, total, random.connections());
    let verified = verify(&server, grants, of_round, &load.acknowledged);
    let earlier: Vec<usize> = (0..EARLIER_LOOKED_UP.min(first))
        .map(|_| random.below(first))
        .collect();
    over_connections(server.http, 64, earlier.len(), |connection, at| {
        let (index, number) = &found[earlier[at]];
        look_up(connection, grants, number, *index);
    });
    prove(site);
    found.extend(verified.numbers);
    let distinct: BTreeSet<&String> = found.iter().map(|(_, number)| number).collect();
    assert_eq!(distinct.len(), first + total, "a number stands for two");
    assert_eq!(server.stop(), Some(0));
    assert_eq!(registry_shown(site), registry);
    let kept = verified.kept;
    format!(
        "{connections} connections, killed after {} ms; acknowledged {acknowledged}, found {acknowledged}, \
         replayed {} (of them {kept} without an acknowledgement), new {}, earlier ones found {}; {} ms",
        killed_after.as_millis(),
        acknowledged + kept,
        total - acknowledged - kept,
        earlier.len(),
        began.elapsed().as_millis(),
    )
}
