//! What a server process has used of the machine, by the kernel's own count.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use crate::support::server::Server;

/// The kernel counts a process's processor time in ticks of 10 ms.
const TICK_MS: f64 = 10.0;

/// One process.
pub struct Process(u32);

/// What it has used up to now.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time of all its threads, its own and the kernel's for it.
    pub cpu_ms: f64,
    pub resident_kib: u64,
    /// Most resident memory since [`Process::forget_peak`].
    pub peak_kib: u64,
}

/// Processor time of every thread there was, in nanoseconds: exact, but a thread that has ended takes its own along.
pub struct Threads(HashMap<PathBuf, u64>);

impl Threads {
    pub fn ms_since(&self, before: &Threads) -> f64 {
        let used = self
            .0
            .iter()
            .map(|(thread, now)| now - before.0.get(thread).unwrap_or(&0));
        used.sum::<u64>() as f64 / 1_000_000.0
    }
}

impl Process {
    pub fn of(server: &Server) -> Process {
        Process(server.id())
    }

    pub fn usage(&self) -> Usage {
        let stat = self.read("stat");
        // The name in brackets may hold anything; utime and stime are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |field: usize| fields[field - 3].parse::<f64>().unwrap();
        let status = self.read("status");
        let kib = |key: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(key))
                .unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        Usage {
            cpu_ms: TICK_MS * (ticks(14) + ticks(15)),
            resident_kib: kib("VmRSS:"),
            peak_kib: kib("VmHWM:"),
        }
    }

    pub fn threads(&self) -> Threads {
        let folder = format!("/proc/{}/task", self.0);
        let threads = fs::read_dir(folder).expect("the server is alive");
        let threads = threads.filter_map(|thread| {
            let path = thread.unwrap().path();
            // One that has just ended has none.
            let text = fs::read_to_string(path.join("schedstat")).ok()?;
            let running = text.split(' ').next().unwrap().parse().unwrap();
            Some((path, running))
        });
        Threads(threads.collect())
    }

    /// Counts the peak of resident memory from now on.
    pub fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.0)).expect("the server is alive")
    }
}
