//! A disk with a volatile write cache, and its power cut: ext4 on a loop device over nbdkit's write-back cache.
//! When nbdkit is killed, everything that was not flushed is gone at once, and the disk's file holds what a disk
//! would. Needs root. Whatever was set up is taken down again when it is dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any of these programs takes to begin or to end.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Room for the store of some rounds.
const DISK_BYTES: &str = "768M";

/// Runs a program to its end; its output, or what it complained of.
fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} {arguments:?}: {error}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < WAIT_MAX, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A process that ends with its owner.
struct Process(Child);

impl Process {
    fn start(program: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null());
        let child = command.stderr(Stdio::null()).spawn();
        Process(child.unwrap_or_else(|error| panic!("{program}: {error}")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Something mounted.
pub struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        // A disk that is gone lets nobody wait for it.
        if run("umount", &[text(&self.0)]).is_err() {
            let _ = run("umount", &["-l", text(&self.0)]);
        }
    }
}

/// A loop device.
struct Loop(String);

impl Loop {
    fn over(file: &Path) -> Loop {
        Loop(run("losetup", &["--show", "-f", text(file)]).unwrap())
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = run("losetup", &["-d", &self.0]);
    }
}

/// The disk's lasting part: a file.
pub struct Disk {
    file: PathBuf,
}

/// A file system in use. Fields go in this order.
pub struct Mounted {
    _file_system: Mount,
    _device: Loop,
    /// `None` on the file itself.
    cached: Option<Cached>,
}

/// The cache between the device and the file.
struct Cached {
    _fuse: Mount,
    _nbdfuse: Process,
    nbdkit: Process,
}

impl Disk {
    /// A new disk with what is in a folder.
    pub fn new(file: PathBuf, contents: &Path) -> Disk {
        run("truncate", &["-s", DISK_BYTES, text(&file)]).unwrap();
        let arguments = ["-q", "-F", "-d", text(contents), text(&file)];
        run("mkfs.ext4", &arguments).unwrap();
        Disk { file }
    }

    /// The file system as it is without a cache: what is left after a power cut, its journal played back.
    pub fn mount(&self, folder: &Path) -> Result<Mounted, String> {
        let device = Loop::over(&self.file);
        let file_system = mount(&["-t", "ext4", &device.0], folder)?;
        Ok(Mounted {
            _file_system: file_system,
            _device: device,
            cached: None,
        })
    }

    /// The same without a journal: a file system that goes on after a write error.
    pub fn without_journal(file: PathBuf, contents: &Path) -> Disk {
        let disk = Disk::new(file, contents);
        run("tune2fs", &["-O", "^has_journal", text(&disk.file)]).unwrap();
        disk
    }

    /// The file system over a cache of which a power cut leaves nothing.
    pub fn mount_cached(&self, folder: &Path) -> Result<Mounted, String> {
        self.mount_filtered(folder, "cache", &["cache=writeback".to_owned()])
    }

    /// The file system over a disk that fails to write as long as a file is there.
    pub fn mount_failing(&self, folder: &Path, failing: &Path) -> Result<Mounted, String> {
        let parameters = [
            "error-pwrite=EIO".to_owned(),
            "error-pwrite-rate=100%".to_owned(),
            format!("error-file={}", text(failing)),
        ];
        self.mount_filtered(folder, "error", &parameters)
    }

    fn mount_filtered(
        &self,
        folder: &Path,
        filter: &str,
        parameters: &[String],
    ) -> Result<Mounted, String> {
        let beside = |name: &str| self.file.with_file_name(name);
        let (socket, fuse) = (beside("nbd.sock"), beside("fuse"));
        let _ = std::fs::remove_file(&socket);
        std::fs::write(&fuse, "").unwrap();
        let filter = format!("--filter={filter}");
        let mut arguments = vec!["-f", "-U", text(&socket), &filter, "file", text(&self.file)];
        arguments.extend(parameters.iter().map(String::as_str));
        let nbdkit = Process::start("nbdkit", &arguments);
        wait_until("nbdkit's socket", || socket.exists());
        let address = format!("nbd+unix:///?socket={}", text(&socket));
        let nbdfuse = Process::start("nbdfuse", &[text(&fuse), &address]);
        let is_there = || std::fs::metadata(&fuse).is_ok_and(|file| file.len() > 0);
        wait_until("nbdfuse's file", is_there);
        let cached = Cached {
            _fuse: Mount(fuse.clone()),
            _nbdfuse: nbdfuse,
            nbdkit,
        };
        let device = Loop::over(&fuse);
        let file_system = mount(&["-t", "ext4", &device.0], folder)?;
        Ok(Mounted {
            _file_system: file_system,
            _device: device,
            cached: Some(cached),
        })
    }
}

/// Mounts something on a folder.
pub fn mount(arguments: &[&str], folder: &Path) -> Result<Mount, String> {
    run("mount", &[arguments, &[text(folder)]].concat())?;
    Ok(Mount(folder.to_owned()))
}

impl Mounted {
    /// The power cut: from this moment nothing reaches the disk, and what was in the cache is lost.
    pub fn cut_power(&mut self) {
        let cached = self.cached.as_mut().expect("a disk with a cache");
        cached.nbdkit.0.kill().unwrap();
        cached.nbdkit.0.wait().unwrap();
    }
}
