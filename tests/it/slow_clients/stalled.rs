//! Connections that do not get on, of five kinds.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Files that one process needs open here, and then some.
const OPEN_FILES: u64 = 6_000;
/// What a caller that does not read lets the system keep for it.
const RECEIVE_BYTES: u32 = 4 * 1024;
/// Descriptions asked for by a caller that does not read: more bytes than systems keep for one connection.
const UNREAD: usize = 200;

/// How a connection stalls.
#[derive(Clone, Copy)]
enum Kind {
    /// Nothing is ever sent.
    Silent,
    /// A head, a byte a second.
    SlowHead,
    /// A body, a byte a second.
    SlowBody,
    /// Answers are asked for and not read.
    SlowReader,
    /// The same, and the caller has closed its sending side.
    HalfClosed,
}

/// So many of each, over and over: one that does not read costs the machine some megabytes, the others nothing.
const KINDS: [(Kind, usize); 5] = [
    (Kind::Silent, 6),
    (Kind::SlowHead, 6),
    (Kind::SlowBody, 6),
    (Kind::SlowReader, 1),
    (Kind::HalfClosed, 1),
];

/// Open connections; closed when dropped.
pub struct Stalled {
    since: Instant,
    stop: Arc<AtomicBool>,
    trickle: Option<JoinHandle<()>>,
    /// Those on which nothing is sent any more.
    _silent: Vec<TcpStream>,
}

impl Stalled {
    pub fn open(address: SocketAddr, count: usize) -> Stalled {
        let since = Instant::now();
        let (mut slow, mut silent) = (Vec::new(), Vec::new());
        let kinds = KINDS
            .into_iter()
            .flat_map(|(kind, times)| std::iter::repeat_n(kind, times));
        for kind in kinds.cycle().take(count) {
            let stream = open(address, kind);
            match kind {
                Kind::SlowHead | Kind::SlowBody => slow.push(stream),
                _ => silent.push(stream),
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let trickle = std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                for mut stream in &slow {
                    // The server may have closed it by now.
                    let _ = stream.write(b"a");
                }
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        Stalled {
            since,
            stop,
            trickle: Some(trickle),
            _silent: silent,
        }
    }

    /// Time since the first was opened.
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(trickle) = self.trickle.take() {
            let _ = trickle.join();
        }
    }
}

fn open(address: SocketAddr, kind: Kind) -> TcpStream {
    let mut stream = match kind {
        Kind::SlowReader | Kind::HalfClosed => connect_narrow(address),
        _ => TcpStream::connect(address).unwrap(),
    };
    stream.set_nonblocking(false).unwrap();
    let sent = match kind {
        Kind::Silent => String::new(),
        Kind::SlowHead => "POST /xroad HTTP/1.1\r\nHost: ps".to_owned(),
        Kind::SlowBody => "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n\
            Content-Length: 10000\r\n\r\n<?xml"
            .to_owned(),
        Kind::SlowReader | Kind::HalfClosed => {
            "GET /xroad?wsdl HTTP/1.1\r\nHost: psop\r\n\r\n".repeat(UNREAD)
        }
    };
    stream.write_all(sent.as_bytes()).unwrap();
    if matches!(kind, Kind::HalfClosed) {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    stream
}

/// A connection for which the system keeps few bytes. The standard library cannot ask for that.
fn connect_narrow(address: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
        socket.connect(address).await.unwrap().into_std().unwrap()
    })
}

/// Raises how many files this process, and the servers that it starts, may open: as far as it is let.
pub fn raise_open_files() {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let mut numbers = line
        .split_whitespace()
        .skip(3)
        .map(|text| text.parse::<u64>().unwrap_or(u64::MAX));
    let (soft, hard) = (numbers.next().unwrap(), numbers.next().unwrap());
    assert!(
        hard >= OPEN_FILES,
        "only {hard} open files are allowed here: {OPEN_FILES} are needed"
    );
    if soft < OPEN_FILES {
        let status = Command::new("prlimit")
            .arg(format!("--pid={}", std::process::id()))
            .arg(format!("--nofile={OPEN_FILES}:"))
            .status()
            .unwrap();
        assert!(status.success());
    }
}
