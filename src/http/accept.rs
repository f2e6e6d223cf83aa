//! The next connection of a listener, whatever accepting says. It limits nothing: its callers do.

use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// Pause after an error that will come again at once, such as too many open files.
const PAUSE_MS: u64 = 100;

/// Waits for the next connection. Never fails: an error is logged once a streak and accepting goes on.
///
/// Dropping the future loses no connection.
pub(super) async fn next(listener: &TcpListener) -> TcpStream {
    let mut failures: u64 = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if failures > 0 {
                    tracing::info!(failures, "accepting connections again");
                }
                // An answer is one write: waiting to fill a packet only costs time.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY is refused");
                }
                return stream;
            }
            Err(error) => {
                let Some(pause) = pause_after(&error) else {
                    continue;
                };
                if failures == 0 {
                    tracing::warn!(
                        %error,
                        "cannot accept connections: trying again until it works; for `too many open files` raise \
                         the open file limit (ulimit -n) above limits.connections_max"
                    );
                }
                failures += 1;
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Errors of one connection that ended before it was accepted need no pause; any other is the machine's.
fn pause_after(error: &io::Error) -> Option<Duration> {
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::Interrupted => None,
        _ => Some(Duration::from_millis(PAUSE_MS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_of_the_machine_pauses() {
        const EMFILE: i32 = 24;
        const ECONNABORTED: i32 = 103;
        assert_eq!(
            pause_after(&io::Error::from_raw_os_error(EMFILE)),
            Some(Duration::from_millis(100))
        );
        assert_eq!(
            pause_after(&io::Error::from_raw_os_error(ECONNABORTED)),
            None
        );
    }
}
