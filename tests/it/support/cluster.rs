//! PostgreSQL servers on loopback that a test stops, kills, starts again, lets follow one another and promotes. Each
//! has its data in a folder of its own and ends with the process that started it, however that ends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longest wait for anything here.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// What the scripts share: `pg PROGRAM …` runs one of PostgreSQL's programs, which refuse to run as root: then as the
/// user `postgres`, which Debian's package makes.
const HEAD: &str = r#"
set -eu
for bin in /usr/lib/postgresql/*/bin; do :; done
test -x "$bin/initdb" || { echo "no PostgreSQL: install the package postgresql" >&2; exit 1; }
folder=$1 port=$2
shift 2
pg() {
    program=$bin/$1
    shift
    if [ "$(id -u)" = 0 ]; then exec runuser -u postgres -- "$program" "$@"; else exec "$program" "$@"; fi
}
cd "$folder"
"#;

const INIT: &str = r#"(pg initdb --auth=trust --username=psop --encoding=UTF8 --no-locale "$folder/data" > /dev/null)"#;

/// A copy of the server on port $1, made to follow it under the name $2.
const FOLLOW: &str = r#"
(pg pg_basebackup -D "$folder/data" -R -X stream -c fast \
    -d "host=127.0.0.1 port=$1 user=psop dbname=postgres application_name=$2")
"#;

/// Runs the server until standard input ends. Its children end when it does.
const RUN: &str = r#"
pg postgres -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" \
    -c unix_socket_directories="$folder" -c max_connections=100 -c wal_retrieve_retry_interval=200ms \
    -c logging_collector=off "$@" >> "$folder/log" 2>&1 < /dev/null &
tries=0
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U psop; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { tail "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo ready
cat > /dev/null
main=$(head -1 "$folder/data/postmaster.pid" 2> /dev/null || true)
# A server that was killed has left its number behind.
if [ "$(cat "/proc/$main/comm" 2> /dev/null || true)" = postgres ]; then kill -QUIT "$main" || true; fi
wait
"#;

const PROMOTE: &str = r#"(pg pg_ctl promote -w -D "$folder/data" > /dev/null)"#;

/// How a server is ended.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// SIGINT: sessions are broken off, the log is written.
    Fast,
    /// SIGQUIT: nothing is written any more; it recovers when it starts.
    Immediate,
    /// SIGKILL to the server and every process of it at once, as a machine dies.
    Killed,
}

/// A server, running or not.
pub struct Node {
    folder: TempDir,
    pub port: u16,
    /// Settings such as `ssl=on`.
    settings: Vec<String>,
    /// Closed, its input ends the server.
    running: Option<(Child, ChildStdin)>,
}

impl Node {
    /// A new server with an empty database `psop`, running.
    pub fn new() -> Node {
        let mut node = Node::folder();
        node.script(INIT, &[]);
        node.start();
        node.sql("postgres", "CREATE DATABASE psop");
        node
    }

    /// A new server that follows `primary` under a name, running.
    pub fn following(primary: &Node, name: &str) -> Node {
        let mut node = Node::folder();
        node.script(FOLLOW, &[&primary.port.to_string(), name]);
        node.start();
        node
    }

    /// A place for a server on a free port.
    fn folder() -> Node {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let node = Node {
            folder: tempfile::tempdir().unwrap(),
            port,
            settings: Vec::new(),
            running: None,
        };
        node.give_to_its_user();
        node
    }

    /// The server's user may read what was put into its folder.
    pub fn give_to_its_user(&self) {
        let give = r#"[ "$(id -u)" != 0 ] || chown -R postgres "$folder""#;
        self.script(give, &[]);
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Settings from the next start on.
    pub fn set(&mut self, settings: &[&str]) {
        self.settings = settings.iter().map(|one| (*one).to_owned()).collect();
    }

    /// Where another server is put that takes this one's port, once this one is gone.
    pub fn replaced_by_follower_of(&mut self, primary: &Node, name: &str) {
        assert!(self.running.is_none(), "still running");
        let mut next = Node::folder();
        next.port = self.port;
        next.script(FOLLOW, &[&primary.port.to_string(), name]);
        next.start();
        *self = next;
    }

    fn command(&self, script: &str, more: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{HEAD}{script}"), "sh"]);
        command.arg(self.path()).arg(self.port.to_string());
        command.args(more);
        command
    }

    fn script(&self, script: &str, more: &[&str]) {
        let output = self.command(script, more).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "running already");
        let settings = self.settings.iter().flat_map(|one| ["-c", one.as_str()]);
        let mut child = self
            .command(RUN, &settings.collect::<Vec<_>>())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(self.path().join("log")).unwrap_or_default();
        assert_eq!(line, "ready\n", "PostgreSQL did not start: {log}");
        let stdin = child.stdin.take().unwrap();
        self.running = Some((child, stdin));
    }

    /// Ends it and waits until all of it is gone.
    pub fn end(&mut self, how: End) {
        let (mut child, stdin) = self.running.take().unwrap();
        let main = self.process_id();
        let all = [vec![main.clone()], children_of(&main)].concat();
        match how {
            End::Fast => signal("INT", &[main]),
            End::Immediate => signal("QUIT", &[main]),
            End::Killed => signal("KILL", &all),
        }
        wait_until("the server's end", || {
            all.iter().all(|process| !is_alive(process))
        });
        drop(stdin);
        child.wait().unwrap();
    }

    fn process_id(&self) -> String {
        let path: PathBuf = self.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().next().unwrap().to_owned()
    }

    /// Makes a follower the one that writes.
    pub fn promote(&self) {
        self.script(PROMOTE, &[]);
    }

    /// From now on a commit waits until the follower of this name has it on its disk.
    pub fn wait_for_follower(&self, name: &str) {
        self.sql(
            "postgres",
            &format!("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ({name})'"),
        );
        self.sql("postgres", "SELECT pg_reload_conf()");
        wait_until("the follower", || {
            let states = "SELECT sync_state FROM pg_stat_replication";
            self.sql("postgres", states) == "sync\n"
        });
    }

    /// Address of the database `psop`.
    pub fn url(&self) -> String {
        format!("postgres://psop@127.0.0.1:{}/psop", self.port)
    }

    /// Runs SQL by `psql`, and gives what it printed.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-h", "127.0.0.1", "-U", "psop", "-d", database, "-c", sql])
            .args(["-p", &self.port.to_string()])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some((mut child, stdin)) = self.running.take() {
            drop(stdin);
            let _ = child.wait();
        }
    }
}

fn children_of(process: &str) -> Vec<String> {
    let path = format!("/proc/{process}/task/{process}/children");
    let text = std::fs::read_to_string(path).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

fn is_alive(process: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{process}/stat")) {
        Ok(stat) => !stat.contains(") Z "),
        Err(_) => false,
    }
}

fn signal(name: &str, processes: &[String]) {
    // One that has ended by itself meanwhile is no failure.
    let _ = Command::new("sh")
        .args(["-c", r#"name=$1; shift; kill -s "$name" "$@" 2> /dev/null"#])
        .args(["sh", name])
        .args(processes)
        .status()
        .unwrap();
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < WAIT_MAX, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
