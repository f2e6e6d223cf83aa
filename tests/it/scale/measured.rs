//! One measured run: a store of many grants beside one of ten thousand, on the release program over sockets. Gigabytes and
//! minutes: `make scale-test GRANTS=1000000 BACK_END=sled`. Prints the table that docs/scale.md holds.
//!
//! `PSOP_SCALE_GRANTS` sets the size. Everything is made in `TMPDIR` and removed again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::calls::{Call, World};
use super::lives::Lives;
use super::planting::planted;
use super::process::{
    Start, bare_start, folder_bytes, free_bytes, most_resident_bytes, read_bytes, resident_bytes,
    resident_part, without_snapshots,
};
use super::{COUNTED, TURNS, assert_bounded, check, counted};
use crate::kill::connection::Connection;
use crate::support::postgres::Postgres;
use crate::support::server::{BackEnd, Server, Site, back_end};

const SMALL: usize = 10_000;
/// Timed calls of each service on each store; before them as many that are not timed.
const ROUNDS: usize = 400;
const WARM: usize = 50;
/// Longest wait for the log to be in memory again.
const READ_BACK_MAX: Duration = Duration::from_secs(600);
/// What stays free on the disk.
const SPARE_BYTES: u64 = 15_000_000_000;
/// Room for a grant with two events, the sorted files that wait included, as measured and rounded up.
const SLED_BYTES: u64 = 16_000;
const POSTGRES_BYTES: u64 = 13_000;

fn grants() -> usize {
    let set = std::env::var("PSOP_SCALE_GRANTS");
    set.map_or(1_000_000, |text| text.parse().unwrap())
}

fn assert_room(grants: usize, folder: &Path) {
    let a_grant = match back_end() {
        BackEnd::Sled => SLED_BYTES,
        BackEnd::Postgres => POSTGRES_BYTES,
    };
    let (needed, free) = (grants as u64 * a_grant + SPARE_BYTES, free_bytes(folder));
    assert!(
        free >= needed,
        "{grants} grants need {} GB free at {} and {} are: set GRANTS lower",
        needed / 1_000_000_000,
        folder.display(),
        free / 1_000_000_000
    );
    println!(
        "{} GB are free, of which {} are asked for",
        free / 1_000_000_000,
        needed / 1_000_000_000
    );
}

/// A site on its back end, with what making it came to.
struct Made {
    site: Site,
    world: World,
    records: u64,
    took: Duration,
    disk_bytes: u64,
    /// On sled: the bare engine and the server, from a log without a snapshot and with one.
    starts: Vec<(&'static str, Start)>,
    counts: BTreeMap<Call, u64>,
}

fn made(lives: &Lives, grants: usize, scratch: &Path) -> Made {
    let began = Instant::now();
    let (site, records) = planted(lives, grants, scratch);
    let took = began.elapsed();
    println!(
        "{grants} grants, {} events, {records} records made in {took:.0?}: {:.0} effects a second",
        2 * grants,
        3.0 * grants as f64 / took.as_secs_f64()
    );
    let memory = mb(most_resident_bytes());
    println!("making it took {memory} of memory at most, the storage engine's included");
    let disk_bytes = disk_bytes(&site);
    let world = World {
        grants,
        turns: WARM + ROUNDS + TURNS,
    };
    let starts = starts(&site);
    // Behind those that are timed later.
    let counts = counted(&site, &world, WARM + ROUNDS..world.turns);
    Made {
        site,
        world,
        records,
        took,
        disk_bytes,
        starts,
        counts,
    }
}

fn disk_bytes(site: &Site) -> u64 {
    match back_end() {
        BackEnd::Sled => folder_bytes(&site.folder().join("store")),
        BackEnd::Postgres => {
            let config = super::inside::config(site);
            let url = config.store.url.unwrap();
            let database = url.as_str().rsplit('/').next().unwrap().to_owned();
            let size =
                Postgres::shared().run(&database, "SELECT pg_database_size(current_database())");
            size.trim().parse().unwrap()
        }
    }
}

fn timed_start(site: &Site) -> (Server, Start) {
    let began = Instant::now();
    let server = site.start();
    let start = Start {
        took: began.elapsed(),
        read_bytes: read_bytes(server.id()),
        resident_bytes: resident_bytes(server.id()),
    };
    (server, start)
}

fn starts(site: &Site) -> Vec<(&'static str, Start)> {
    let ours = || {
        let (server, start) = timed_start(site);
        assert_eq!(server.stop(), Some(0));
        start
    };
    let store = site.folder().join("store");
    if back_end() == BackEnd::Postgres {
        return vec![("server", ours())];
    }
    without_snapshots(&store);
    let whole = bare_start(&store);
    without_snapshots(&store);
    vec![
        ("sled alone, whole log", whole),
        ("server, whole log", ours()),
        ("sled alone, after a start", bare_start(&store)),
        ("server, after a start", ours()),
    ]
}

/// Sends the same calls to both servers in turn, so that what else the machine does meets both; durations by call.
fn timed(servers: [(&Server, &World); 2]) -> [BTreeMap<Call, Vec<Duration>>; 2] {
    let mut connections = servers.map(|(server, _)| Connection::open(server.http).unwrap());
    let mut times = [BTreeMap::new(), BTreeMap::new()];
    for turn in 0..WARM + ROUNDS {
        for call in Call::ON_WIRE {
            for (place, (_, world)) in servers.iter().enumerate() {
                let message = call.message(world, turn);
                let began = Instant::now();
                let reply = connections[place].post(&message.0).unwrap();
                let took = began.elapsed();
                let is_ok =
                    reply.status == 200 && reply.body.contains("<psop:status>OK</psop:status>");
                assert!(is_ok, "{}", reply.body);
                if turn >= WARM {
                    times[place].entry(call).or_insert_with(Vec::new).push(took);
                }
            }
        }
    }
    times
}

/// Until what the last start let go of is in memory again, as it is on a server that has run for a while.
fn wait_for_read_back(site: &Site) {
    if back_end() == BackEnd::Postgres {
        return;
    }
    let began = Instant::now();
    let log = site.folder().join("store/db");
    while resident_part(&log) < 0.95 {
        assert!(began.elapsed() < READ_BACK_MAX, "the log is not read back");
        std::thread::sleep(Duration::from_secs(1));
    }
    println!("read back into memory in {:.0?}", began.elapsed());
}

fn quantile(times: &[Duration], of: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    let place = (sorted.len() as f64 * of) as usize;
    sorted[place.min(sorted.len() - 1)].as_secs_f64() * 1000.0
}

fn mb(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// A row of the table: both values, and how many times the first the second is.
fn row(name: &str, small: f64, large: f64, show: impl Fn(f64) -> String) {
    let ratio = large / small;
    println!(
        "| {name} | {} | {} | {ratio:.2} |",
        show(small),
        show(large)
    );
}

fn row_of_bytes(name: &str, small: u64, large: u64) {
    row(name, small as f64, large as f64, |bytes| mb(bytes as u64));
}

#[test]
fn a_large_store_beside_a_small_one() {
    let (grants, scratch) = (grants(), tempfile::tempdir().unwrap());
    assert_room(grants, scratch.path());
    let lives = Lives::of_services();
    let small = made(&lives, SMALL, scratch.path());
    let large = made(&lives, grants, scratch.path());

    let (server, small_start) = timed_start(&small.site);
    let (large_server, large_start) = timed_start(&large.site);
    for made in [&small, &large] {
        wait_for_read_back(&made.site);
    }
    let times = timed([(&server, &small.world), (&large_server, &large.world)]);
    let loaded = [&server, &large_server].map(|server| resident_bytes(server.id()));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(large_server.stop(), Some(0));
    println!("{}", check(&small.site).lines().last().unwrap_or_default());

    println!("\n| | {SMALL} grants | {grants} grants | ratio |\n|---|---|---|---|");
    let (few, many) = (small.records as f64, large.records as f64);
    row("records", few, many, |records| format!("{records:.0}"));
    row_of_bytes("on disk", small.disk_bytes, large.disk_bytes);
    let per_grant = |made: &Made| made.disk_bytes as f64 / made.world.grants as f64;
    row(
        "on disk a grant",
        per_grant(&small),
        per_grant(&large),
        |bytes| format!("{bytes:.0} B"),
    );
    let took = |made: &Made| made.took.as_secs_f64();
    row("made in bulk", took(&small), took(&large), |seconds| {
        format!("{seconds:.1} s")
    });
    for ((name, few), (_, many)) in small.starts.iter().zip(&large.starts) {
        let took = [few, many].map(|start| start.took.as_secs_f64() * 1000.0);
        row(&format!("{name}: time"), took[0], took[1], |ms| {
            format!("{ms:.0} ms")
        });
        row_of_bytes(
            &format!("{name}: bytes read"),
            few.read_bytes,
            many.read_bytes,
        );
        row_of_bytes(
            &format!("{name}: memory"),
            few.resident_bytes,
            many.resident_bytes,
        );
    }
    let (few, many) = (small_start.resident_bytes, large_start.resident_bytes);
    row_of_bytes("server before the load: memory", few, many);
    row_of_bytes("server after the load: memory", loaded[0], loaded[1]);
    for call in Call::ON_WIRE {
        for (name, of) in [("p50", 0.5), ("p99", 0.99)] {
            let [few, many] = [0, 1].map(|place| quantile(&times[place][&call], of));
            row(&format!("{}: {name}", call.name()), few, many, |ms| {
                format!("{ms:.2} ms")
            });
        }
    }
    for call in COUNTED {
        let (few, many) = (small.counts[&call] as f64, large.counts[&call] as f64);
        row(
            &format!("{}: records read", call.name()),
            few,
            many,
            |read| format!("{read:.0}"),
        );
    }
    assert_bounded(&small.counts, &large.counts);
}
