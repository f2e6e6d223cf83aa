//! The limits on load: bytes of bodies, requests in flight, calls of one client, connections. Past each one every
//! caller gets a prompt fault BUSY_RETRY and nothing is done; the same message sent again later is carried out once.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::records::{Records, records};
use crate::scenery::{MISTYPED, grant};
use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::server::{Server, Site, post};

/// Far longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// A refusal for load is no time-out: those of these sites are far longer.
const PROMPT_MAX: Duration = Duration::from_secs(10);

const OTHER_CLIENT: &str = "FI-TEST/COM/9000003-8/dental";

fn site(limits: &str) -> Site {
    Site::new(&format!("[limits]\n{limits}\n"))
}

/// A request that changes nothing but the access log.
fn lookup() -> String {
    Message::lookup(MISTYPED).0
}

/// Whether an answer says that we are busy; it must say so as it should, or be a real one.
#[track_caller]
fn is_busy(answer: &Answer) -> bool {
    if answer.status == 200 {
        return false;
    }
    assert_eq!(answer.fault(), "BUSY_RETRY", "{}", answer.body);
    assert_eq!(answer.text("faultcode").as_deref(), Some("soap:Server"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml; charset=utf-8")
    );
    let said = answer.text("faultstring").unwrap();
    assert!(said.contains("nothing was done"), "{said}");
    true
}

/// Sends a message until it is no longer refused for load.
#[track_caller]
fn post_until_taken(server: &Server, message: &str) -> Answer {
    let began = Instant::now();
    loop {
        let answer = server.post(message);
        if !is_busy(&answer) {
            return answer;
        }
        assert!(began.elapsed() < WAIT_MAX, "busy for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// It is carried out now, so it was not before.
#[track_caller]
fn assert_first_time(answer: &Answer) {
    assert_eq!(answer.outcome(), "OK", "{}", answer.body);
    assert_eq!(answer.text("replayed").as_deref(), Some("false"));
}

/// Sends every body at once, each on a connection of its own; every one must be answered, and promptly.
fn post_at_once(server: &Server, bodies: &[String]) -> Vec<Answer> {
    let barrier = Barrier::new(bodies.len());
    std::thread::scope(|scope| {
        let callers: Vec<_> = bodies
            .iter()
            .map(|body| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    let began = Instant::now();
                    let answer = post(server.http, body.as_bytes(), "text/xml");
                    let answer = answer.expect("every caller gets an answer");
                    if answer.status == 500 && answer.fault() == "BUSY_RETRY" {
                        let took = began.elapsed();
                        assert!(took < PROMPT_MAX, "the refusal took {took:?}");
                    }
                    answer
                })
            })
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect()
    })
}

/// A connection on which `sent` bytes of a body of `announced` have been sent.
fn begin_body(server: &Server, announced: usize, sent: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.http).unwrap();
    let head = format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml\r\nContent-Length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&b" ".repeat(sent)).unwrap();
    stream
}

/// Holds so many bytes of a body, so that `exceeds` is refused. Until the server has read them others are served, and
/// may leave no room for them: then it is done again.
fn hold_bytes(server: &Server, announced: usize, sent: usize, exceeds: &str) -> TcpStream {
    let began = Instant::now();
    loop {
        let held = begin_body(server, announced, sent);
        std::thread::sleep(Duration::from_millis(100));
        let is_refused = is_busy(&server.post(exceeds));
        held.set_nonblocking(true).unwrap();
        let is_held = held
            .peek(&mut [0])
            .is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        if is_refused && is_held {
            return held;
        }
        assert!(
            began.elapsed() < WAIT_MAX,
            "bytes are held and nobody is refused"
        );
    }
}

fn padded(message: &str, bytes: usize) -> String {
    format!("{message}{}", " ".repeat(bytes - message.len()))
}

#[test]
fn bytes_of_bodies() {
    const LIMIT: usize = 100_000;
    const LEFT: usize = 20_000;
    let site = site(&format!(
        "body_bytes_max = {LIMIT}\nbodies_bytes_max = {LIMIT}"
    ));
    let server = site.start();
    let message = padded(&grant().0, LEFT + 1);
    let exceeds = padded(&lookup(), LEFT + 1);
    let held = hold_bytes(&server, LIMIT, LIMIT - LEFT, &exceeds);
    let began = Instant::now();
    assert!(is_busy(&server.post(&message)));
    assert!(began.elapsed() < PROMPT_MAX);
    assert_eq!(
        server.post(&padded(&lookup(), LEFT)).status,
        200,
        "this fits"
    );
    assert!(is_busy(&server.post(&exceeds)), "this does not");
    drop(held);
    assert_first_time(&post_until_taken(&server, &message));
    // Nobody who is refused is left without an answer, however much of a body is still on its way.
    let held = hold_bytes(&server, LIMIT, LIMIT - 1, &lookup());
    let bodies: Vec<String> = (0..48)
        .map(|no| padded(&grant().0, 4_000 + 2_000 * no))
        .collect();
    let answers = post_at_once(&server, &bodies);
    assert!(answers.iter().all(is_busy));
    drop(held);
    assert_first_time(&post_until_taken(&server, bodies.last().unwrap()));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(records(&site).grants, 2);
}

#[test]
fn requests_in_flight() {
    const CALLERS: usize = 24;
    let site = site("requests_in_flight_max = 1");
    let server = site.start();
    let mut granted = 0;
    let began = Instant::now();
    // A commit waits for the disk, so callers at once meet each other; how many is not ours to say.
    let refused = loop {
        let messages: Vec<String> = (0..CALLERS).map(|_| grant().0).collect();
        let answers = post_at_once(&server, &messages);
        let (busy, taken): (Vec<_>, Vec<_>) = answers
            .iter()
            .zip(messages)
            .partition(|(answer, _)| is_busy(answer));
        taken
            .iter()
            .for_each(|(answer, _)| assert_first_time(answer));
        granted += taken.len();
        if !busy.is_empty() {
            break busy
                .into_iter()
                .map(|(_, message)| message)
                .collect::<Vec<_>>();
        }
        assert!(
            began.elapsed() < WAIT_MAX,
            "{CALLERS} callers at once were never too many"
        );
    };
    for message in &refused {
        assert_first_time(&server.post(message));
    }
    granted += refused.len();
    assert_eq!(server.stop(), Some(0));
    assert_eq!(
        records(&site),
        Records {
            grants: granted,
            access_rows: granted
        }
    );
}

#[test]
fn calls_of_one_client() {
    const CALLERS: usize = 16;
    let site = site("client_requests_per_s_max = 2");
    let server = site.start();
    let mut rows = 0;
    let began = Instant::now();
    let refused = loop {
        let messages: Vec<String> = (0..CALLERS).map(|_| grant().0).collect();
        let answers = post_at_once(&server, &messages);
        let busy = answers
            .iter()
            .zip(messages)
            .filter(|(answer, _)| is_busy(answer));
        let busy: Vec<_> = busy
            .map(|(answer, message)| (answer.clone(), message))
            .collect();
        rows += CALLERS - busy.len();
        if let Some(refused) = busy.into_iter().next() {
            break refused;
        }
        assert!(
            began.elapsed() < WAIT_MAX,
            "two calls a second were never too many"
        );
    };
    let (answer, message) = refused;
    // Its header had been read: the fault repeats it.
    let sent = message
        .split("<xrd:id>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    assert!(
        answer.body.contains(&format!("<xrd:id>{sent}</xrd:id>")),
        "{}",
        answer.body
    );
    // A client of its own has calls of its own.
    let other = Message::lookup(MISTYPED)
        .client(OTHER_CLIENT)
        .provider("9000003-8");
    assert_eq!(server.post(&other.0).status, 200);
    rows += 1;
    // So has one that sends what cannot be read any further: its faults count, and are refused as its calls are.
    let unreadable = grant()
        .client("FI-TEST/COM/9000007-0/care")
        .set("psop:action", "STEAL")
        .0;
    let answers = post_at_once(&server, &vec![unreadable; CALLERS]);
    let codes: Vec<String> = answers.iter().map(Answer::fault).collect();
    let judged = codes.iter().filter(|code| *code == "XSD_INVALID").count();
    let busy = codes.iter().filter(|code| *code == "BUSY_RETRY").count();
    assert_eq!(judged + busy, CALLERS, "{codes:?}");
    assert!(judged >= 2, "{codes:?}");
    rows += judged;
    assert_first_time(&post_until_taken(&server, &message));
    rows += 1;
    assert_eq!(server.stop(), Some(0));
    let records = records(&site);
    assert_eq!(
        records.access_rows, rows,
        "a refusal for load writes no row"
    );
    assert_eq!(records.grants, rows - 1 - judged);
}

#[test]
fn connections_at_once() {
    const CALLERS: usize = 200;
    let site = site("connections_max = 2");
    let server = site.start();
    let held: Vec<TcpStream> = (0..2)
        .map(|_| {
            let stream = begin_body(&server, 1_000, 1);
            stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    while !is_busy(&server.post(&lookup())) {
        assert!(
            began.elapsed() < WAIT_MAX,
            "two connections are open and a third is served"
        );
    }
    let messages: Vec<String> = (0..CALLERS).map(|_| grant().0).collect();
    let answers = post_at_once(&server, &messages);
    assert!(answers.iter().all(is_busy));
    drop(held);
    assert_first_time(&post_until_taken(&server, &messages[0]));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(records(&site).grants, 1);
}
