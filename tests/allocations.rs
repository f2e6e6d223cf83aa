//! What a request costs in allocations, from the socket to the socket: the whole edge with a service that only echoes
//! (`benches/programs/shared/echo.rs`).

// The lints' exception for tests covers test functions, not what they share.
#![allow(clippy::unwrap_used)]

#[path = "../benches/programs/shared/echo.rs"]
mod echo;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

/// Most allocations of one request.
const ALLOCATIONS_MAX: u64 = 60;
const REQUESTS: u64 = 200;

/// A message of 2.9 kB, with what comes before it on the wire.
fn request() -> Vec<u8> {
    let message = include_str!("../fixtures/requests/01-create-ordinary.xml");
    let head = format!(
        "POST /xroad HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n",
        message.len()
    );
    [head.as_bytes(), message.as_bytes()].concat()
}

/// Sends so many requests over one connection, each after the answer to the one before.
fn call(address: SocketAddr, requests: u64) {
    let request = request();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = vec![0; 65_536];
    for _ in 0..requests {
        stream.write_all(&request).unwrap();
        let mut read = 0;
        loop {
            read += stream.read(&mut answer[read..]).unwrap();
            let text = std::str::from_utf8(&answer[..read]).unwrap();
            assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
            if text.ends_with(":Envelope>") {
                break;
            }
        }
    }
}

/// Allocations of a server that answers so many requests and ends. Those of the caller are another thread's.
fn allocations(requests: u64) -> u64 {
    let measured = allocation_counter::measure(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (address_sender, address) = mpsc::channel();
        let (done_sender, done) = oneshot::channel();
        let caller = thread::spawn(move || {
            call(address.recv().unwrap(), requests);
            done_sender.send(()).unwrap();
        });
        let ready = move |address| address_sender.send(address).unwrap();
        let stop = async { done.await.unwrap() };
        runtime.block_on(echo::run(ready, stop)).unwrap();
        caller.join().unwrap();
    });
    measured.count_total
}

#[test]
fn a_request_through_the_whole_edge_takes_few_allocations() {
    // What is made once, for the process or for a connection, is in both.
    let once = allocations(REQUESTS);
    let twice = allocations(2 * REQUESTS);
    let of_one = (twice - once) as f64 / REQUESTS as f64;
    println!("{of_one:.2} allocations a request");
    assert!(of_one > 1.0, "nothing was counted");
    assert!(
        of_one <= ALLOCATIONS_MAX as f64,
        "{of_one} allocations a request"
    );
}
