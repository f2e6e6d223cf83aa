//! Connections to the mandate service, opened when needed and kept for the next question.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::Uri;

use super::MandateError;
use crate::outgoing::{Connection, OutgoingError, Peer, Trust};

/// Connections idle for longer may have been dropped on the way without a word.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// Where the service is, and the connections to it that are free.
pub struct Connections {
    peer: Peer,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl Connections {
    /// `certificate_authorities`: who may vouch for the service, the system's when absent.
    pub fn new(
        uri: &Uri,
        certificate_authorities: Option<&Path>,
    ) -> Result<Connections, OutgoingError> {
        Ok(Connections {
            peer: Peer::of(uri, Trust::Authorities(certificate_authorities))?,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// A connection that was used before and is still open. How many there are at most is for the caller
    /// to say, by how many it uses at once.
    pub async fn kept(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.idle().pop()?;
            if since.elapsed() < IDLE_MAX && connection.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose last answer was read to its end.
    pub fn keep(&self, connection: Connection) {
        if !connection.is_closed() {
            self.idle().push((connection, Instant::now()));
        }
    }

    /// A new connection.
    pub async fn open(&self) -> Result<Connection, MandateError> {
        Ok(self.peer.open().await?.connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
