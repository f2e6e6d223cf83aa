//! Sends one case and reads what comes back until the server closes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::case::{Case, Outcome};
use crate::support::answer::Answer;

/// Longer than any time-out of the server.
const READ_TIME_MAX: Duration = Duration::from_secs(60);

/// Sends a case; an error when the server neither answers nor closes.
pub fn send(address: SocketAddr, case: &Case) -> Result<Outcome, String> {
    let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(READ_TIME_MAX)).unwrap();
    stream.set_write_timeout(Some(READ_TIME_MAX)).unwrap();
    stream.set_nodelay(true).unwrap();
    let received = std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            // A server that has had enough may close while this still writes.
            let is_sent = case
                .pieces
                .iter()
                .all(|piece| (&stream).write_all(piece).is_ok());
            if is_sent && case.closes {
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        let received = receive(&stream);
        let _ = stream.shutdown(Shutdown::Both);
        sender.join().unwrap();
        received
    })?;
    Ok(split(received))
}

fn receive(mut stream: &TcpStream) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    let mut piece = [0; 64 * 1024];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(whole),
            Ok(count) => whole.extend_from_slice(&piece[..count]),
            Err(error) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Ok(whole),
                _ => return Err(format!("neither answered nor closed: {error}")),
            },
        }
    }
}

/// The answers in what came, one behind the other by their lengths.
fn split(received: Vec<u8>) -> Outcome {
    let mut answers = Vec::new();
    let mut rest = received.as_slice();
    while let Some(length) = answer_length(rest) {
        let Ok(answer) = Answer::parse(&rest[..length]) else {
            break;
        };
        answers.push(answer);
        rest = &rest[length..];
    }
    Outcome {
        answers,
        rest: rest.to_vec(),
    }
}

fn answer_length(bytes: &[u8]) -> Option<usize> {
    let head_length = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..head_length])
        .ok()?
        .to_ascii_lowercase();
    let (_, after) = head.split_once("content-length:")?;
    let length: usize = after.lines().next()?.trim().parse().ok()?;
    (bytes.len() >= head_length + length).then_some(head_length + length)
}
