//! The ceiling of durable answers: sled with the store's settings, and nothing around it. Writers hand jobs to one
//! committer, which applies what is queued as one batch, flushes, syncs sled's log, and then answers them all.
//!
//! Of an `event` the records are those of one postDentalServiceEvent, of a `row` those of one getOstovoima, in their sizes.
//!
//! `group_commit event|row FOLDER BATCH_MAX serve BYTES` commits for each request it gets, answers so many constant bytes
//! by hyper alone, prints `ready http=ADDRESS` and serves until it is killed.
//!
//! `group_commit event|row FOLDER BATCH_MAX alone SECONDS WRITERS` has writers in its own process, and prints
//! `commits_per_s=NUMBER mean_batch=NUMBER`.

#[path = "shared/bare.rs"]
mod bare;

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sled::{Batch, Config, Db, Mode};
use tokio::sync::oneshot;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "group_commit event|row FOLDER BATCH_MAX (serve BYTES | alone SECONDS WRITERS)";

/// Purchasing powers that the records are spread over.
const GRANTS: u64 = 20_000;
/// As the store opens sled.
const SEGMENT_BYTES: usize = 8 << 20;
const CACHE_BYTES: u64 = 64 << 20;

/// A record: first byte and length of its key, length of its value, and whether its key is in order of time.
type Shape = (u8, usize, usize, Order);

#[derive(Clone, Copy)]
enum Order {
    /// One after the other.
    Time,
    /// Of a purchasing power: written over.
    Grant,
    /// Under a purchasing power: new.
    UnderGrant,
    /// A hash.
    Anywhere,
}

/// What an event leaves: grant, event, its three indexes, ledger, answer under both keys and its index, access log.
const EVENT: [Shape; 10] = [
    (0x21, 9, 274, Order::Grant),
    (0x23, 17, 255, Order::Time),
    (0x24, 29, 5, Order::UnderGrant),
    (0x25, 25, 5, Order::Time),
    (0x26, 13, 21, Order::Time),
    (0x27, 18, 44, Order::UnderGrant),
    (0x30, 33, 46, Order::Anywhere),
    (0x31, 33, 1_298, Order::Anywhere),
    (0x32, 41, 5, Order::UnderGrant),
    (0x50, 9, 289, Order::Time),
];
/// What a look-up leaves.
const ROW: [Shape; 1] = [(0x50, 9, 268, Order::Time)];
/// The store's state, once a batch.
const STATE: (&[u8], usize) = (b"\x01state", 60);

type Job = (Vec<(Vec<u8>, Vec<u8>)>, oneshot::Sender<()>);

/// The committer, which ends with the number of its batches.
type Batches = JoinHandle<Result<u64, String>>;

/// A number that looks like any.
fn mixed(mut number: u64) -> u64 {
    for _ in 0..2 {
        number = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        number ^= number >> 29;
    }
    number
}

fn records(shapes: &[Shape], place: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let grant = mixed(mixed(place) % GRANTS).to_be_bytes();
    let one = |(table, key_bytes, value_bytes, order): &Shape| {
        let mut key = vec![*table];
        match order {
            Order::Time => key.extend(place.to_be_bytes()),
            Order::Grant => key.extend(grant),
            Order::UnderGrant => key.extend([grant, place.to_be_bytes()].concat()),
            Order::Anywhere => key.extend(mixed(place).to_be_bytes()),
        }
        key.resize(*key_bytes, 0);
        // Sealed values do not repeat.
        let words = (0..value_bytes / 8 + 1).map(|word| mixed(place ^ (word as u64) << 40));
        let mut value: Vec<u8> = words.flat_map(u64::to_be_bytes).collect();
        value.truncate(*value_bytes);
        (key, value)
    };
    shapes.iter().map(one).collect()
}

fn commit(
    db: &Db,
    log: &File,
    jobs: &Receiver<Job>,
    batch_max: usize,
) -> Result<u64, Box<dyn Error>> {
    let mut batches = 0;
    while let Ok(first) = jobs.recv() {
        let mut taken = vec![first];
        while taken.len() < batch_max
            && let Ok(next) = jobs.try_recv()
        {
            taken.push(next);
        }
        let mut batch = Batch::default();
        batch.insert(STATE.0, vec![7; STATE.1]);
        let (records, answers): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
        for (key, value) in records.into_iter().flatten() {
            batch.insert(key, value);
        }
        db.apply_batch(batch)?;
        db.flush()?;
        log.sync_data()?;
        batches += 1;
        for answer in answers {
            let _ = answer.send(());
        }
    }
    Ok(batches)
}

/// Opens an empty store and starts its committer.
fn open(folder: &str, batch_max: usize) -> Result<(Sender<Job>, Batches), Box<dyn Error>> {
    let db = Config::new()
        .path(folder)
        .mode(Mode::LowSpace)
        .segment_size(SEGMENT_BYTES)
        .use_compression(false)
        .flush_every_ms(None)
        .cache_capacity(CACHE_BYTES)
        .open()?;
    let log = File::open(Path::new(folder).join("db"))?;
    let (sender, jobs) = channel();
    let committer = std::thread::spawn(move || {
        let batches = commit(&db, &log, &jobs, batch_max);
        batches.map_err(|error| error.to_string())
    });
    Ok((sender, committer))
}

/// Waits until the records of a place are durable; `false` once the committer is gone.
async fn write(jobs: &Sender<Job>, shapes: &[Shape], place: u64) -> bool {
    let (answer, answered) = oneshot::channel();
    jobs.send((records(shapes, place), answer)).is_ok() && answered.await.is_ok()
}

async fn serve(
    shapes: &'static [Shape],
    jobs: Sender<Job>,
    answer_bytes: usize,
) -> std::io::Result<()> {
    let (jobs, places) = (Arc::new(jobs), Arc::new(AtomicU64::new(0)));
    let before = move || {
        let (jobs, place) = (Arc::clone(&jobs), places.fetch_add(1, Ordering::Relaxed));
        async move {
            if !write(&jobs, shapes, place).await {
                // What is not durable must not be counted.
                std::process::abort();
            }
        }
    };
    bare::serve(answer_bytes, before).await
}

async fn alone(
    shapes: &'static [Shape],
    (jobs, committer): (Sender<Job>, Batches),
    seconds: f64,
    writers: u64,
) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let until = began + Duration::from_secs_f64(seconds);
    let tasks = (0..writers).map(|writer| {
        let jobs = jobs.clone();
        tokio::spawn(async move {
            let mut done = 0_u64;
            while Instant::now() < until && write(&jobs, shapes, done * writers + writer).await {
                done += 1;
            }
            done
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut commits = 0;
    for task in tasks {
        commits += task.await?;
    }
    let took = began.elapsed().as_secs_f64();
    drop(jobs);
    let batches = committer.join().map_err(|_| "the committer panicked")??;
    println!(
        "commits_per_s={:.0} mean_batch={:.1}",
        commits as f64 / took,
        commits as f64 / batches as f64
    );
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [what @ ("event" | "row"), folder, batch_max, how @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let shapes: &'static [Shape] = if *what == "event" { &EVENT } else { &ROW };
    let (jobs, committer) = open(folder, batch_max.parse()?)?;
    match how {
        ["serve", bytes] => Ok(serve(shapes, jobs, bytes.parse()?).await?),
        ["alone", seconds, writers] => {
            alone(
                shapes,
                (jobs, committer),
                seconds.parse()?,
                writers.parse()?,
            )
            .await
        }
        _ => Err(USAGE.into()),
    }
}
