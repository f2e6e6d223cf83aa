//! A keep-alive connection to the service address: one request after the other, framed by
//! Content-Length. A connection that breaks is an error, never a retry.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Far longer than any answer takes: a server that hangs fails the test instead of hanging it.
const ANSWER_MAX: Duration = Duration::from_secs(120);

pub struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// What came back: the HTTP status and the envelope.
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Connection {
            stream,
            bytes: Vec::with_capacity(8 * 1024),
        })
    }

    /// Sends one message and reads its whole answer.
    pub fn post(&mut self, body: &str) -> std::io::Result<Reply> {
        let length = body.len();
        let request = format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml; charset=utf-8\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes())?;
        self.bytes.clear();
        let head_length = loop {
            if let Some(at) = find(&self.bytes, b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more()?;
        };
        let head = String::from_utf8_lossy(&self.bytes[..head_length]).to_ascii_lowercase();
        let broken = || Error::new(ErrorKind::InvalidData, head.clone());
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|length| length.parse::<usize>().ok());
        let (status, length) = status.zip(length).ok_or_else(broken)?;
        while self.bytes.len() < head_length + length {
            self.read_more()?;
        }
        let body = self.bytes[head_length..].to_vec();
        let body = String::from_utf8(body).map_err(|_| broken())?;
        Ok(Reply { status, body })
    }

    fn read_more(&mut self) -> std::io::Result<()> {
        let mut piece = [0; 8 * 1024];
        let count = self.stream.read(&mut piece)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.bytes.extend_from_slice(&piece[..count]);
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

impl Reply {
    /// The text of the one element of this name.
    pub fn text(&self, name: &str) -> &str {
        let (open, close) = (format!("<psop:{name}>"), format!("</psop:{name}>"));
        assert_eq!(self.status, 200, "{}", self.body);
        let mut parts = self.body.split(&open).skip(1);
        let part = parts.next();
        assert!(parts.next().is_none(), "{name} twice: {}", self.body);
        part.and_then(|part| part.split(&close).next())
            .unwrap_or_else(|| panic!("no {name}: {}", self.body))
    }
}
