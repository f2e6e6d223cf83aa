//! What a server process has used of the machine, by the kernel's own count.

use std::fs;

use crate::support::server::Server;

/// The kernel counts processor time in ticks of 10 ms.
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

    /// Counts the peak of resident memory from now on.
    pub fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.0)).expect("the server is alive")
    }
}
