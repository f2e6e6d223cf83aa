//! A real PostgreSQL on loopback, started by the tests themselves: one server for each test process, a database for
//! each test. It ends with the process that started it, however that ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Starts a server in a folder of its own, says where it is, and ends it when standard input does. A server does not
/// run as root: then it runs as the user `postgres`, which Debian's package makes.
const SCRIPT: &str = r#"
set -eu
for bin in /usr/lib/postgresql/*/bin; do :; done
test -x "$bin/initdb" || { echo "no PostgreSQL: install the package postgresql" >&2; exit 1; }
folder=$(mktemp -d)
as=""
if [ "$(id -u)" = 0 ]; then as="runuser -u postgres --"; chown postgres "$folder"; fi
trap 'rm -rf "$folder"' EXIT
cd "$folder"
$as "$bin/initdb" --auth=trust --username=psop --encoding=UTF8 --no-locale "$folder/data" > /dev/null
port=$1
$as "$bin/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" \
    -c unix_socket_directories="$folder" -c max_connections=300 -c log_min_messages=fatal \
    -c logging_collector=off $2 > "$folder/log" 2>&1 < /dev/null &
tries=0
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U psop; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo ready
cat > /dev/null
$as "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop > /dev/null 2>&1 || true
"#;

/// A running server.
pub struct Postgres {
    pub port: u16,
    /// Closed, it ends the server.
    _stdin: ChildStdin,
    _child: Child,
}

impl Postgres {
    /// Starts a server on a free port and waits until it answers. `PSOP_TEST_POSTGRES_OPTIONS` are options of its own,
    /// for a run that fills it with much at once.
    pub fn start() -> Postgres {
        let options = std::env::var("PSOP_TEST_POSTGRES_OPTIONS").unwrap_or_default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &port.to_string(), &options])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not start");
        Postgres {
            port,
            _stdin: child.stdin.take().unwrap(),
            _child: child,
        }
    }

    /// The server that the tests of this process share.
    pub fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Postgres::start)
    }

    /// Address of a new, empty database.
    pub fn database(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://psop@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs SQL by `psql`, and gives what it printed.
    pub fn run(&self, database: &str, sql: &str) -> String {
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
