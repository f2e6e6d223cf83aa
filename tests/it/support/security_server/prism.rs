//! Prism between the program and the stand-in: it checks every request and every answer against X-Road's own OpenAPI
//! document. `PSOP_TEST_PRISM` names a folder that `make registration-test` prepares: Prism, and the document with its
//! references made local. One Prism serves the whole run; the API key tells whose request it is.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::{State, handle, respond};
use crate::support::listener::{Request, listen};

type Standing = Mutex<BTreeMap<String, Arc<Mutex<State>>>>;

/// Runs Prism until standard input ends.
const SCRIPT: &str = r#"
node node_modules/@stoplight/prism-cli/dist/index.js proxy openapi.yaml "$1" --port "$2" --host 127.0.0.1 --errors &
prism=$!
echo started
cat > /dev/null
kill $prism
"#;

struct Prism {
    port: u16,
    standing: Arc<Standing>,
    _stdin: ChildStdin,
    _child: Child,
}

/// Where the program finds a stand-in through Prism; `None` when this run has none.
pub fn in_front_of(state: &Arc<Mutex<State>>) -> Option<String> {
    static PRISM: OnceLock<Option<Prism>> = OnceLock::new();
    let prism = PRISM.get_or_init(|| std::env::var("PSOP_TEST_PRISM").ok().map(|it| start(&it)));
    let prism = prism.as_ref()?;
    let key = {
        let mut state = state.lock().unwrap();
        state.by_the_document = true;
        state.key.clone()
    };
    prism.standing.lock().unwrap().insert(key, state.clone());
    Some(format!("http://127.0.0.1:{}", prism.port))
}

fn start(folder: &str) -> Prism {
    let standing: Arc<Standing> = Arc::default();
    let all = standing.clone();
    let handler = move |request: Request| {
        let given = request.headers().get("Authorization")?.to_str().ok()?;
        let key = given.strip_prefix("X-Road-ApiKey token=")?;
        let found = all.lock().unwrap().get(key).cloned();
        match found {
            Some(state) => handle(&state, &request),
            None => respond((401, None), None),
        }
    };
    let upstream = listen(|| None, Arc::new(handler));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = port.local_addr().unwrap().port();
    let mut child = Command::new("sh")
        .args([
            "-c",
            SCRIPT,
            "sh",
            &format!("http://{upstream}"),
            &port.to_string(),
        ])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    // Read on, so that Prism never waits for a reader.
    std::thread::spawn(move || while let Some(Ok(_)) = told.next() {});
    let end = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "Prism did not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    Prism {
        port,
        standing,
        _stdin: stdin,
        _child: child,
    }
}
