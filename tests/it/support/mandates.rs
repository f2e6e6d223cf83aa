//! The mandate service's stand-in as a process of its own, with the configuration that asks it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::server::program;

const KEY: &str = "a key of the tests, spaces removed";

/// A running stand-in. Killed when dropped.
pub struct StandIn {
    child: Child,
    pub address: SocketAddr,
    folder: TempDir,
}

impl StandIn {
    /// Starts one that answers as this TOML says, and waits until it listens.
    pub fn start(answers: &str) -> StandIn {
        Self::start_on("127.0.0.1:0", answers)
    }

    /// As [`StandIn::start`], at an address.
    pub fn start_on(listen: &str, answers: &str) -> StandIn {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("key"), KEY.replace(' ', "-")).unwrap();
        std::fs::set_permissions(path("key"), PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(path("answers.toml"), answers).unwrap();
        let config = format!(
            "environment = \"TEST\"\n[store]\npath = \"unused\"\n[secrets]\nkey_file = \"unused\"\n\
             [log]\nlevel = \"trace\"\n{}",
            section("127.0.0.1:1", &path("key"), "")
        );
        std::fs::write(path("config.toml"), config).unwrap();
        let create = |name: &str| std::fs::File::create(path(name)).unwrap();
        let child = program()
            .args(["mandate-stand-in", "--listen", listen, "--config"])
            .arg(path("config.toml"))
            .arg("--answers")
            .arg(path("answers.toml"))
            .stdout(create("stdout"))
            .stderr(create("stderr"))
            .spawn()
            .unwrap();
        let mut stand_in = StandIn {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            folder,
        };
        let began = Instant::now();
        loop {
            let said = stand_in.said();
            if let Some((first, _)) = said.split_once('\n') {
                stand_in.address = first
                    .strip_prefix("ready mandate=")
                    .unwrap()
                    .parse()
                    .unwrap();
                return stand_in;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{}",
                stand_in.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The section of a configuration that asks this stand-in; `more` are further keys.
    pub fn section(&self, more: &str) -> String {
        section(&self.address.to_string(), &self.key_file(), more)
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    /// One line for each question that reached it.
    pub fn asked(&self) -> Vec<String> {
        self.said().lines().skip(1).map(str::to_owned).collect()
    }

    /// Everything it has said and logged.
    pub fn log(&self) -> String {
        let mut log = self.said();
        let stderr = std::fs::read_to_string(self.folder.path().join("stderr"));
        let _ = log.write_str(&stderr.unwrap());
        log
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it: whoever asks is refused the connection. Its address may be taken again.
    pub fn stop(mut self) -> SocketAddr {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.address
    }

    /// Ends it and leaves its files, so that servers that ask it still start.
    pub fn silence(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stdout")).unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn section(address: &str, key_file: &std::path::Path, more: &str) -> String {
    format!(
        "[mandate]\nurl = \"http://{address}\"\nclient_id = \"psop-test\"\nkey_file = \"{}\"\n{more}\n",
        key_file.display()
    )
}
