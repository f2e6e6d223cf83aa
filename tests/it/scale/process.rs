//! What processes and disks say of themselves, and the bare engine to compare with.

use std::fs::File;
use std::io::IoSliceMut;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise, statvfs};
use rustix::io::{ReadWriteFlags, preadv2};

/// What a start took.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub took: Duration,
    /// Bytes that system calls have read.
    pub read_bytes: u64,
    pub resident_bytes: u64,
}

/// Memory that a process has, in bytes.
pub fn resident_bytes(process: u32) -> u64 {
    memory(process, "VmRSS:")
}

/// The most memory that this process ever had, in bytes.
pub fn most_resident_bytes() -> u64 {
    memory(std::process::id(), "VmHWM:")
}

fn memory(process: u32, of: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(of));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

/// Bytes that a process has read by system calls.
pub fn read_bytes(process: u32) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.unwrap().parse().unwrap()
}

/// Free space where a path is, in bytes.
pub fn free_bytes(path: &Path) -> u64 {
    let disk = statvfs(path).unwrap();
    disk.f_bavail * disk.f_frsize
}

/// How much of a file the system has in memory, from 0 to 1, by a byte of each MiB.
pub fn resident_part(file: &Path) -> f64 {
    let file = File::open(file).unwrap();
    let places: Vec<u64> = (0..file.metadata().unwrap().len())
        .step_by(1 << 20)
        .collect();
    let is_resident = |place: &&u64| {
        let mut byte = [0];
        preadv2(
            &file,
            &mut [IoSliceMut::new(&mut byte)],
            **place,
            ReadWriteFlags::NOWAIT,
        )
        .is_ok()
    };
    places.iter().filter(is_resident).count() as f64 / places.len() as f64
}

/// What the files of a folder take on the disk.
pub fn folder_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folder_bytes(&entry.path())
            } else {
                metadata.blocks() * 512
            }
        })
        .sum()
}

/// Takes sled's snapshots away, as if it had never been opened since it was filled.
pub fn without_snapshots(store: &Path) {
    for entry in store.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("snap.")
        {
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// Names the store that the bare engine opens.
const BARE: &str = "PSOP_SCALE_BARE";

/// sled alone opens a store, in a process of its own; nothing of its log is in memory before.
pub fn bare_start(store: &Path) -> Start {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "scale::process::sled_alone",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(BARE, store)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("sled alone: "));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
    Start {
        took: Duration::from_micros(numbers[0]),
        read_bytes: numbers[1],
        resident_bytes: numbers[2],
    }
}

#[test]
#[ignore = "started by the measured run"]
fn sled_alone() {
    let store = PathBuf::from(std::env::var_os(BARE).unwrap());
    let log = File::open(store.join("db")).unwrap();
    log.sync_all().unwrap();
    fadvise(&log, 0, None, Advice::DontNeed).unwrap();
    let before = read_bytes(std::process::id());
    let began = Instant::now();
    // As the store sets it up.
    let db = sled::Config::new()
        .path(&store)
        .mode(sled::Mode::LowSpace)
        .segment_size(8 * 1024 * 1024)
        .use_compression(false)
        .flush_every_ms(None)
        .cache_capacity(psop_adapter::config::Store::sample().cache_bytes)
        .open()
        .unwrap();
    let took = began.elapsed();
    let process = std::process::id();
    println!(
        "sled alone: {} {} {}",
        took.as_micros(),
        read_bytes(process) - before,
        resident_bytes(process)
    );
    drop(db);
}
