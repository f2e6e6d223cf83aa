//! A reverse proxy at its worst: every byte of both directions goes on alone.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

/// Relays connections to `to` for as long as the test's process lives; the address to call.
pub fn start(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            let (caller, server) = (caller.unwrap(), TcpStream::connect(to).unwrap());
            let (back_from, back_to) = (server.try_clone().unwrap(), caller.try_clone().unwrap());
            std::thread::spawn(move || copy(caller, server));
            std::thread::spawn(move || copy(back_from, back_to));
        }
    });
    address
}

/// Copies until the sender ends, byte by byte.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    to.set_nodelay(true).unwrap();
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let is_sent = bytes[..count]
            .iter()
            .all(|byte| to.write_all(std::slice::from_ref(byte)).is_ok());
        if !is_sent {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
