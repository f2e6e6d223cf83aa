//! Prism between the program and the stand-in: it checks every request and every answer against X-Road's own OpenAPI
//! document. `PSOP_TEST_PRISM` names a folder that `make registration-test` prepares: Prism, and the document with its
//! references made local. One Prism serves the whole run; the API key tells whose request it is.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use super::{State, handle, respond};
use crate::support::listener::{Request, listen};

type Standing = Mutex<BTreeMap<String, Arc<Mutex<State>>>>;

/// Runs Prism until standard input ends.
const SCRIPT: &str = r#"
exec 3<&0
{ cat <&3; kill $$; } >/dev/null 2>&1 &
exec node node_modules/@stoplight/prism-cli/dist/index.js proxy openapi.yaml "$1" --port 0 --errors 3<&- </dev/null
"#;

struct Prism {
    url: String,
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
    Some(prism.url.clone())
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
    let mut child = Command::new("sh")
        .args(["-c", SCRIPT, "sh", &format!("http://{upstream}")])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = told.find_map(|line| {
        let line = line.unwrap();
        let (_, url) = line.split_once("listening on ")?;
        Some(url.trim().to_owned())
    });
    let url = url.expect("Prism did not start");
    // Read on, so that Prism never waits for a reader.
    std::thread::spawn(move || told.map_while(Result::ok).for_each(drop));
    Prism {
        url,
        standing,
        _stdin: stdin,
        _child: child,
    }
}
