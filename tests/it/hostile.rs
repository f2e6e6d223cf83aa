//! A table of hostile inputs, each sent to a running server over a connection of its own. After each one the server
//! answers a good request; the answer to it is a well-formed fault, or where HTTP itself is broken a 4xx or a closed
//! connection. The table takes no more processor time than its bytes are worth and little memory, nothing that it
//! names is fetched, and it leaves nothing behind but access rows.

mod case;
mod encodings;
mod giants;
mod http;
mod measure;
mod parts;
mod rush;
mod send;
mod truncated;
mod values;
mod xml;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use case::Case;
use measure::{Process, Usage};

use crate::records::{Records, records};
use crate::scenery::MISTYPED;
use crate::support::message::Message;
use crate::support::server::{Server, Site, without_settings};

/// Processor time that a mebibyte may take, in milliseconds.
const CPU_MS_PER_MIB: f64 = 50.0;
/// A build without optimisation reads bytes so many times slower. Measured over this table it was up to 20 times; only
/// what is worse than linear is meant to be found with such a build.
const DEBUG_FACTOR: f64 = 40.0;
/// Of one case alone, beside its bytes: what its pieces cost, which are at most `body_chunks_max`, and what a machine
/// adds that others use.
const CASE_ALLOWANCE_MS: f64 = 30.0;
/// So many tell what a request costs whatever its bytes are.
const GOOD_REQUESTS: usize = 100;
/// Only a case of so many bytes is judged alone.
const CASE_BYTES_MIN: usize = 64 * 1024;
/// A case that takes too long is sent again: its work is always the same, what others do to the machine is not.
const TRIES: usize = 3;
/// Resident memory over that of the idle server, in KiB.
const MEMORY_KIB_MAX: u64 = 64 * 1024;
/// Far beyond the time-outs that these sites configure, which are 2 seconds.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

const TIMEOUTS: &str = "head_timeout_ms = 2000\nbody_timeout_ms = 2000\n";

/// A request that is answered and changes nothing.
fn good() -> Message {
    Message::lookup(MISTYPED)
}

#[track_caller]
fn assert_serves(server: &Server, after: &str) {
    let answer = server.post(&good().0);
    assert_eq!(answer.status, 200, "after {after}: {}", answer.body);
    assert_eq!(answer.errors(), ["PP_NOT_FOUND purchasingPowerNumber"]);
}

/// The program to measure: the one under test, or the one named from outside.
fn start(site: &Site) -> (Server, f64) {
    let Some(path) = std::env::var_os("PSOP_HOSTILE_RELEASE") else {
        let factor = if cfg!(debug_assertions) {
            DEBUG_FACTOR
        } else {
            1.0
        };
        return (site.start(), factor);
    };
    let mut command = without_settings(path);
    command.arg("serve").arg("--config").arg(site.config());
    (
        Server::spawn(command, &site.folder().join("server.log")),
        1.0,
    )
}

/// Sends every case and judges each, then all together.
fn run(limits: &str, cases: &[Case]) {
    let site = Site::new(&format!("[limits]\n{TIMEOUTS}{limits}"));
    let (server, factor) = start(&site);
    let process = Process::of(&server);
    for _ in 0..20 {
        assert_serves(&server, "nothing");
    }
    let before = process.threads();
    for _ in 0..GOOD_REQUESTS {
        assert_serves(&server, "nothing");
    }
    let budget = Budget {
        factor,
        request_ms: process.threads().ms_since(&before) / number(GOOD_REQUESTS),
    };

    process.forget_peak();
    let begin = process.usage();
    let mut wrong = Vec::new();
    let mut sent = Sent::default();
    for case in cases {
        if let Err(reason) = run_one((&server, &process), &budget, case, &mut sent) {
            wrong.push(format!("{}: {reason}", case.name));
        }
    }
    let end = process.usage();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    judge(begin, end, sent, &budget);
    assert_eq!(server.stop(), Some(0));
    let Records {
        grants,
        access_rows,
    } = records(&site);
    assert_eq!(grants, 0, "a hostile input was carried out");
    assert!(
        access_rows >= 20 + GOOD_REQUESTS + cases.len(),
        "{access_rows}"
    );
    let log = site.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// What was sent, cases that were sent again included.
#[derive(Clone, Copy, Default)]
struct Sent {
    bytes: usize,
    requests: usize,
}

/// What may be taken of the processor.
struct Budget {
    factor: f64,
    /// What a request costs whatever its bytes are.
    request_ms: f64,
}

impl Budget {
    /// Twice the fixed part, for the machine may be busier than when it was measured.
    fn most_ms(&self, sent: Sent) -> f64 {
        let mebibytes = number(sent.bytes) / (1024.0 * 1024.0);
        self.factor * CPU_MS_PER_MIB * mebibytes + 2.0 * number(sent.requests) * self.request_ms
    }
}

fn number(count: usize) -> f64 {
    count as f64
}

fn run_one(
    (server, process): (&Server, &Process),
    budget: &Budget,
    case: &Case,
    sent: &mut Sent,
) -> Result<(), String> {
    let bytes = case.bytes_len();
    let most_ms = budget.most_ms(Sent { bytes, requests: 1 }) + CASE_ALLOWANCE_MS;
    let mut least_ms = f64::INFINITY;
    for _ in 0..TRIES {
        let before = process.threads();
        let began = Instant::now();
        let outcome = send::send(server.http, case)?;
        if began.elapsed() > ANSWER_TIME_MAX {
            return Err(format!("took {:?}", began.elapsed()));
        }
        let took_ms = process.threads().ms_since(&before);
        if std::env::var_os("PSOP_HOSTILE_SHOW").is_some() {
            println!(
                "{:60} {bytes:9} bytes {took_ms:6.1} ms of {most_ms:6.1} {outcome}",
                case.name
            );
        }
        assert_serves(server, &case.name);
        sent.bytes += bytes;
        // The case, and the good one after it.
        sent.requests += 2;
        case.judge(&outcome)?;
        least_ms = least_ms.min(took_ms);
        if bytes < CASE_BYTES_MIN || least_ms <= most_ms {
            return Ok(());
        }
    }
    Err(format!(
        "{bytes} bytes took {least_ms:.1} ms, at most {most_ms:.1} are allowed"
    ))
}

fn judge(begin: Usage, end: Usage, sent: Sent, budget: &Budget) {
    let cpu_ms = end.cpu_ms - begin.cpu_ms;
    let most_ms = budget.most_ms(sent);
    let grown_kib = end.peak_kib.saturating_sub(begin.resident_kib);
    println!(
        "{} requests, {} bytes: {cpu_ms} ms of processor time (at most {most_ms:.0}; a good request takes {:.2}); \
         resident memory {} KiB idle, {grown_kib} KiB more at its peak",
        sent.requests, sent.bytes, budget.request_ms, begin.resident_kib
    );
    assert!(
        cpu_ms <= most_ms,
        "{cpu_ms} ms of processor time, not {most_ms}"
    );
    assert!(
        grown_kib <= MEMORY_KIB_MAX,
        "resident memory grew by {grown_kib} KiB"
    );
}

/// Listens where the inputs point, and fails when anyone comes.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Trap {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Trap(listener)
    }

    fn url(&self) -> String {
        format!("http://{}/x", self.0.local_addr().unwrap())
    }

    fn assert_untouched(&self) {
        let error = self
            .0
            .accept()
            .expect_err("an address in a message was fetched");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    }
}

#[test]
fn xml_that_attacks_its_reader() {
    let trap = Trap::new();
    let mut cases = xml::cases(&trap.url());
    cases.extend(encodings::cases());
    cases.extend(values::cases());
    assert!(cases.len() >= 90, "{}", cases.len());
    run("", &cases);
    trap.assert_untouched();
}

#[test]
fn messages_that_end_too_early() {
    let cases = truncated::cases();
    assert!(cases.len() >= 30, "{}", cases.len());
    run("", &cases);
}

#[test]
fn http_that_is_broken_or_ambiguous() {
    let mut cases = http::cases();
    cases.extend(rush::cases());
    cases.extend(parts::cases());
    assert!(cases.len() >= 70, "{}", cases.len());
    run("", &cases);
}

#[test]
fn giants_at_the_limits_and_far_beyond() {
    let cases = giants::cases();
    assert!(cases.len() >= 20, "{}", cases.len());
    run("", &cases);
    // With room for whole giants it is the limits on XML that stop them.
    run("body_bytes_max = 16777216\n", &cases);
}
