//! Traces, in a build with them: spans of a request reach a collector, and tell of nobody.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::message::Message;
use crate::support::private::assert_private;
use crate::support::server::Site;

const PATIENCE: Duration = Duration::from_secs(30);

/// A collector that keeps what it is sent.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (sender, bodies) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            reader.get_mut().write_all(answer).unwrap();
            if sender.send(body).is_err() {
                return;
            }
        }
    });
    (url, bodies)
}

#[test]
fn spans_of_a_request_reach_the_collector_and_tell_of_nobody() {
    let (url, bodies) = collector();
    let section = format!("[traces]\notlp_url = \"{url}\"\nsampled_per_mille = 1000\n");
    let site = Site::new(&section);
    let server = site.start();
    let created = server.post(&Message::create().0);
    assert_eq!(created.outcome(), "OK");
    let looked_up = Message::lookup(&created.number());
    assert_eq!(server.post(&looked_up.0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
    let mut sent = String::new();
    let started = Instant::now();
    let all = [
        "request",
        "serve",
        "commit",
        "getOstovoima",
        "postPurchasingPower",
        "MUN",
    ];
    while !all.iter().all(|part| sent.contains(part)) {
        assert!(started.elapsed() < PATIENCE, "{sent:?}");
        if let Ok(body) = bodies.recv_timeout(Duration::from_millis(200)) {
            sent.push_str(&String::from_utf8_lossy(&body));
        }
    }
    assert_private("a trace", &sent);
}

#[test]
fn a_collector_that_is_away_stops_nothing() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", gone.local_addr().unwrap());
    drop(gone);
    let section = format!("[traces]\notlp_url = \"{url}\"\nsampled_per_mille = 1000\n");
    let site = Site::new(&section);
    let server = site.start();
    assert_eq!(server.post(&Message::create().0).outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
}
