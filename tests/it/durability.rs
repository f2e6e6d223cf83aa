//! What an answer promises: the order of writing, syncing and answering as the system sees it, one
//! process per store, an orderly end on SIGTERM and SIGINT, and nothing personal in clear on the disk.

mod trace;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::server::{Server, Site, program, without_settings};

/// Far longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(120);

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < WAIT_MAX, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_log_is_synced_between_its_last_write_and_the_answer() {
    let is_there = Command::new("strace").arg("-V").output().is_ok();
    assert!(is_there, "strace is missing: apt-get install strace");
    let site = Site::new("");
    let trace = site.folder().join("trace");
    let mut command = without_settings("strace");
    // -D: the server stays this test's own child, and gets its signals.
    command.args(["-D", "-f", "-yy", "-s", "32", "-e"]);
    command.arg(format!("trace={}", trace::CALLS));
    command.arg("-o").arg(&trace);
    command.arg(program().get_program());
    command.args(["serve", "--config"]).arg(site.config());
    let server = Server::spawn(command, &site.folder().join("server.log"));
    let server_id = server.id();
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    assert_eq!(server.end(), Some(0));
    let read = || std::fs::read_to_string(&trace).unwrap();
    wait_until("the trace's end", || {
        read().lines().any(|line| {
            line.starts_with(&format!("{server_id} ")) && line.ends_with("+++ exited with 0 +++")
        })
    });
    let log_path = site.folder().join("store/db").canonicalize().unwrap();
    if let Err(reason) = trace::judge(&read(), log_path.to_str().unwrap()) {
        panic!("{reason}\n{}", read());
    }
}

fn serve_once(site: &Site) -> Output {
    let mut command = program();
    command.arg("serve").arg("--config").arg(site.config());
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    command.output().unwrap()
}

#[track_caller]
fn assert_refused(output: &Output, text: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(text), "{error}");
    assert!(output.stdout.is_empty(), "it said it was ready");
}

#[test]
fn a_second_server_on_a_store_is_refused_and_the_first_goes_on() {
    let site = Site::new("");
    let server = site.start();
    let refused = serve_once(&site);
    assert_refused(&refused, "in use by another process");
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    let store = site.folder().join("store");
    assert!(error.contains(store.to_str().unwrap()), "{error}");
    let mut show = program();
    show.args(["registry", "show", "--config"])
        .arg(site.config());
    let shown = show.output().unwrap();
    assert_eq!(shown.status.code(), Some(0), "by the running server");
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
}

/// A request whose head the server has and whose body it still waits for.
struct Underway(TcpStream);

impl Underway {
    fn begin(server: &Server, length: usize) -> Underway {
        let mut stream = TcpStream::connect(server.http).unwrap();
        stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
        let head = format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\n\
             Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Underway(stream)
    }

    fn finish(mut self, body: &str) -> Answer {
        self.0.write_all(body.as_bytes()).unwrap();
        let mut whole = Vec::new();
        self.0.read_to_end(&mut whole).unwrap();
        Answer::parse(&whole).unwrap()
    }
}

/// Waits until the process has ended by itself; its parent has not asked for its exit code yet.
fn wait_for_end(server: &Server) {
    let status = format!("/proc/{}/status", server.id());
    wait_until("the end of the process", || {
        let status = std::fs::read_to_string(&status).unwrap();
        status.contains("\nState:\tZ")
    });
}

#[test]
fn sigterm_and_sigint_answer_what_is_under_way_and_exit_with_0() {
    for name in ["TERM", "INT"] {
        let site = Site::new("");
        let server = site.start();
        let message = Message::create();
        let underway = Underway::begin(&server, message.0.len());
        server.signal(name);
        wait_until("the drain", || site.log().contains("told to stop"));
        let answer = underway.finish(&message.0);
        let number = answer.number();
        assert_eq!(answer.header("connection"), Some("close"), "{name}");
        wait_for_end(&server);
        assert!(TcpStream::connect(server.http).is_err());
        assert_eq!(server.stop(), Some(0), "{name}");
        let server = site.start();
        assert_eq!(server.post(&Message::lookup(&number).0).number(), number);
    }
}

#[test]
fn a_request_that_never_ends_does_not_hold_up_the_exit() {
    let site = Site::new("[limits]\ndrain_timeout_ms = 300\n");
    let server = site.start();
    let _underway = Underway::begin(&server, 1_000);
    server.signal("TERM");
    wait_for_end(&server);
    assert_eq!(server.stop(), Some(0));
}

fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

#[test]
fn the_store_holds_no_person_in_clear() {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let secret = Message::fixture("19-create-non-disclosure").fresh();
    assert_eq!(server.post(&secret.0).outcome(), "OK");
    let with_note = Message::fixture("16-create-daycare").fresh().after(
        "psop:validTo",
        "<psop:note>Isovanhempi Hilkka hakee</psop:note>",
    );
    let noted = server.post(&with_note.0);
    assert!(noted.outcome().starts_with("OK"), "{}", noted.body);
    let refused = Message::fixture("24-person-invalid").fresh();
    assert_eq!(server.post(&refused.0).outcome(), "REJECTED");
    let shown = server.post(
        &Message::fixture("02-get-ostovoima-with-person")
            .fresh()
            .number(&number)
            .0,
    );
    assert_eq!(shown.outcome(), "OK");
    assert_eq!(server.stop(), Some(0));

    let files = files_below(&site.folder().join("store"));
    let holds = |bytes: &[u8], text: &str| {
        let text = text.as_bytes();
        bytes.windows(text.len()).any(|window| window == text)
    };
    let anywhere = |text: &str| files.iter().any(|(_, bytes)| holds(bytes, text));
    // What is no secret stands in clear: the search would find a person too.
    assert!(anywhere("varhaiskasvatus") && anywhere("Turun kaupunki"));
    let persons = "110987-904Y 310750-906S 150318A902U 150318A902V Maija Äänetär Öhman Salattu Henkilö \
        Pikku Päivänsäde Hilkka 110987904 310750906";
    for word in persons.split_whitespace() {
        assert!(!anywhere(word), "{word} stands in clear in the store");
    }
    // Nor the key that would open them.
    assert!(!anywhere(&"5a".repeat(32)) && !anywhere(&"Z".repeat(32)));
}

#[test]
fn another_key_file_does_not_open_the_store() {
    let site = Site::new("");
    let key_file = site.folder().join("master.key");
    std::fs::write(&key_file, "5b".repeat(32)).unwrap();
    assert_refused(&serve_once(&site), "does not open the keys in the store");
    for malformed in ["", "5a", &"5a".repeat(33), &"5g".repeat(32)] {
        std::fs::write(&key_file, malformed).unwrap();
        assert_refused(&serve_once(&site), "64 hexadecimal characters");
    }
    std::fs::remove_file(&key_file).unwrap();
    assert_refused(&serve_once(&site), "master.key does not exist");
    std::fs::write(&key_file, "5a".repeat(32)).unwrap();
    assert_eq!(site.start().stop(), Some(0));
}

#[test]
fn a_start_right_after_a_kill_gets_the_store() {
    let site = Site::new("");
    let mut numbers: Vec<String> = Vec::new();
    for _ in 0..5 {
        let server = site.start();
        for number in &numbers {
            assert_eq!(&server.post(&Message::lookup(number).0).number(), number);
        }
        if numbers.is_empty() {
            numbers.push(server.post(&Message::create().0).number());
        }
        server.kill();
    }
}

#[test]
fn what_a_start_takes_out_of_memory_is_read_back_beside_what_is_served() {
    let site = Site::new("[log]\nlevel = \"debug\"\n");
    let server = site.start();
    wait_until("the log is read back", || {
        site.log()
            .contains("MB of the store's log are read back into memory")
    });
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
}
