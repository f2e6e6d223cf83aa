//! A server process with a store of its own, and a plain HTTP client to talk to it.
//!
//! With `PSOP_TEST_BACK_END=postgres` sites have their store in a database, and with `PSOP_TEST_ADAPTERS=2` (or more)
//! so many processes share each of them and are called in turn: the same tests prove that too.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::answer::Answer;
use super::postgres::Postgres;
use super::private::assert_private;
use super::{conformance, root};

/// The program under test.
pub fn program() -> Command {
    without_settings(env!("CARGO_BIN_EXE_psop-adapter"))
}

/// A command that inherits nothing of these tests' own settings, which the program would take for its own.
pub fn without_settings(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("PSOP_") {
            command.env_remove(key);
        }
    }
    command
}

/// What keeps a site's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    Sled,
    Postgres,
}

/// The back end of this run.
pub fn back_end() -> BackEnd {
    match std::env::var("PSOP_TEST_BACK_END").as_deref() {
        Err(_) | Ok("sled") => BackEnd::Sled,
        Ok("postgres") => BackEnd::Postgres,
        Ok(other) => panic!("PSOP_TEST_BACK_END is {other}: write sled or postgres"),
    }
}

/// How many processes share a site in this run.
fn adapters() -> usize {
    let set = std::env::var("PSOP_TEST_ADAPTERS").map_or(1, |text| text.parse().unwrap());
    assert!(
        set == 1 || back_end() == BackEnd::Postgres,
        "one process only has a sled store"
    );
    set
}

/// Top-level keys of a production site, whose callers a proxy on this machine would vouch for.
pub const PRODUCTION: &str = "environment = \"PROD\"\nserver = { proxy_authenticates = true }\n";

/// A folder with configuration, key and store.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// A site with the demo registry, the demo's fixed clock, and `more` configuration (TOML sections
    /// other than store, secrets, server and admin).
    pub fn new(more: &str) -> Site {
        Self::with_registry(more, &root().join("fixtures/demo/registry.toml"))
    }

    /// A site with another registry.
    pub fn with_registry(more: &str, registry: &Path) -> Site {
        let site = Self::empty(
            "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n",
            more,
        );
        site.apply(registry);
        site
    }

    /// A site without a registry; `head` are the configuration's top-level keys.
    pub fn empty(head: &str, more: &str) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let store = match back_end() {
            BackEnd::Sled => "kind = \"sled\"".to_owned(),
            BackEnd::Postgres => {
                let url = Postgres::shared().database();
                format!("kind = \"postgres\"\nurl = \"{url}\"\nconnections_max = 8")
            }
        };
        let config = format!(
            "{head}\n[store]\n{store}\npath = \"{path}/store\"\n\
             [secrets]\nkey_file = \"{path}/master.key\"\n{more}\n"
        );
        std::fs::write(folder.path().join("psop-adapter.toml"), config).unwrap();
        std::fs::write(folder.path().join("master.key"), "5a".repeat(32)).unwrap();
        let site = Site { folder };
        use std::os::unix::fs::PermissionsExt;
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(site.folder().join("master.key"), owner_only).unwrap();
        site
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn config(&self) -> PathBuf {
        self.folder().join("psop-adapter.toml")
    }

    /// Loads a registry file into the store.
    pub fn apply(&self, registry: &Path) {
        let output = program()
            .args(["registry", "apply"])
            .arg(registry)
            .arg("--config")
            .arg(self.config())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Starts a server on free ports and waits until it answers; as many processes as the run asks for.
    pub fn start(&self) -> Server {
        let mut server = self.start_one("store");
        for number in 1..adapters() {
            let other = self.start_one(&format!("store-{number}"));
            server.others.push(other);
        }
        server
    }

    /// Starts one process, whose admin file is named after `place`.
    fn start_one(&self, place: &str) -> Server {
        let mut command = program();
        command.arg("serve").arg("--config").arg(self.config());
        if back_end() == BackEnd::Postgres {
            command.env("PSOP_STORE__PATH", self.folder().join(place));
        }
        Server::spawn(command, &self.folder().join("server.log"))
    }

    /// Everything the servers of this site have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("server.log")).unwrap_or_default()
    }
}

impl Drop for Site {
    /// Whatever the test was about: what its servers logged tells of nobody.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_private("the log", &self.log());
        }
    }
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    pub http: SocketAddr,
    pub admin: SocketAddr,
    /// Further processes over the same store.
    others: Vec<Server>,
    calls: AtomicUsize,
}

impl Server {
    /// Runs `command`, which ends in `serve …`, on free ports.
    pub fn spawn(command: Command, log: &Path) -> Server {
        Self::spawn_with_admin(command, log, "127.0.0.1:0")
    }

    /// The same with another address for the admin listener.
    pub fn spawn_with_admin(command: Command, log: &Path, admin: &str) -> Server {
        Self::try_spawn(command, log, admin)
            .unwrap_or_else(|said| panic!("the server said {said:?}"))
    }

    /// The same; what the program said instead, if it does not come to serve.
    pub fn try_spawn(mut command: Command, log: &Path, admin: &str) -> Result<Server, String> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        command.args(["--listen", "127.0.0.1:0", "--admin-listen", admin]);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = |name: &str| -> Option<SocketAddr> {
            let found = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name));
            found.and_then(|address| address.parse().ok())
        };
        match (address("http="), address("admin=")) {
            (Some(http), Some(admin)) => Ok(Server {
                child,
                http,
                admin,
                others: Vec::new(),
                calls: AtomicUsize::new(0),
            }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                Err(line)
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where to call next: each process in turn.
    pub fn next(&self) -> SocketAddr {
        let turn = self.calls.fetch_add(1, Ordering::Relaxed) % (1 + self.others.len());
        match turn.checked_sub(1) {
            Some(other) => self.others[other].http,
            None => self.http,
        }
    }

    /// Sends a SOAP message to the service address. The answer must be one that both security servers take.
    #[track_caller]
    pub fn post(&self, message: &str) -> Answer {
        self.post_bytes(message.as_bytes(), "text/xml; charset=utf-8")
    }

    /// Sends bytes of some media type to the service address. The answer must be one that both security
    /// servers take; the function [`post`] leaves it unjudged.
    #[track_caller]
    pub fn post_bytes(&self, body: &[u8], content_type: &str) -> Answer {
        let answer = post(self.next(), body, content_type)
            .unwrap_or_else(|error| panic!("no answer: {}", conformance::transport(&error)));
        conformance::judge(body, content_type, &answer);
        if answer.status == 500 {
            // The header is the caller's own, and comes back as it came.
            let behind_header = answer.body.rsplit("Header>").next();
            assert_private("a fault", behind_header.unwrap_or_default());
        }
        answer
    }

    /// The address security servers call.
    pub fn url(&self) -> String {
        format!("http://{}/xroad", self.http)
    }

    /// SIGKILL: nothing is closed, nothing is flushed.
    pub fn kill(mut self) {
        for other in self.others.drain(..) {
            other.kill();
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends the process a signal. `kill` is part of every shell; a program of that name is not of
    /// every system.
    pub fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.id());
        let status = Command::new("sh").args(["-c", &script]).status().unwrap();
        assert!(status.success(), "{script}");
    }

    /// SIGTERM, and the exit code. What it counted tells of nobody.
    pub fn stop(self) -> Option<i32> {
        if let Ok(metrics) = get(self.admin, "/metrics") {
            assert_private("a metric", &metrics.body);
        }
        self.end()
    }

    /// SIGTERM, and the exit code, and no request besides.
    pub fn end(mut self) -> Option<i32> {
        for other in self.others.drain(..) {
            assert_eq!(other.stop(), Some(0));
        }
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One POST to `/xroad` on a connection of its own.
pub fn post(address: SocketAddr, body: &[u8], content_type: &str) -> std::io::Result<Answer> {
    let head = format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: {content_type}\r\nSOAPAction: \"\"\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    exchange(address, &[head.as_bytes(), body].concat())
}

/// A GET on a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> std::io::Result<Answer> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    exchange(address, head.as_bytes())
}

/// Sends bytes and reads the answer until the server closes.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(bytes)?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole)?;
    Answer::parse(&whole)
}
