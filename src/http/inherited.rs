//! Sockets that the system hands over at the start (systemd's socket activation): they stay open while the program is
//! exchanged, so that no caller is refused.
//!
//! Source: sd_listen_fds(3): `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`.

use std::io;

use listenfd::ListenFd;
use tokio::net::TcpListener;

/// The names of the two listeners, as `FileDescriptorName=` has them; without names, their order.
const NAMES: [&str; 2] = ["http", "admin"];

/// Why the sockets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InheritError {
    /// There are more sockets than listeners, or one has another name.
    #[error(
        "socket {position} of those handed over is named `{name}`: name them http and admin (FileDescriptorName=), \
         one of each"
    )]
    Name {
        /// Counted from 0.
        position: usize,
        /// What it is named.
        name: String,
    },
    /// A socket is not what it should be.
    #[error(
        "the socket `{name}` that was handed over is no listening TCP socket (ListenStream=): {source}"
    )]
    Socket {
        /// Which one.
        name: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What was handed over.
#[derive(Debug, Default)]
pub struct Inherited {
    /// The public listener.
    pub http: Option<TcpListener>,
    /// The admin listener.
    pub admin: Option<TcpListener>,
}

impl Inherited {
    /// Takes what the environment says was handed over to this process. Needs a runtime.
    ///
    /// # Errors
    /// [`InheritError`] for sockets that are none of ours.
    pub fn take() -> Result<Inherited, InheritError> {
        let mut sockets = ListenFd::from_env();
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut inherited = Inherited::default();
        for (position, name) in roles(&names, sockets.len())?.into_iter().enumerate() {
            let listener = listener(&mut sockets, position)
                .map_err(|source| InheritError::Socket { name, source })?;
            match name {
                "http" => inherited.http = Some(listener),
                _ => inherited.admin = Some(listener),
            }
        }
        Ok(inherited)
    }
}

/// Which listener each of `count` sockets is.
fn roles(names: &str, count: usize) -> Result<Vec<&'static str>, InheritError> {
    let given: Vec<&str> = names.split(':').filter(|name| !name.is_empty()).collect();
    let mut free = NAMES.to_vec();
    (0..count)
        .map(|position| {
            let found = match given.get(position) {
                Some(name) => free.iter().position(|free| free == name),
                None => (!free.is_empty()).then_some(0),
            };
            found.map(|index| free.remove(index)).ok_or_else(|| {
                let name = given.get(position).copied().unwrap_or_default();
                InheritError::Name {
                    position,
                    name: name.to_owned(),
                }
            })
        })
        .collect()
}

fn listener(sockets: &mut ListenFd, position: usize) -> io::Result<TcpListener> {
    let listener = sockets
        .take_tcp_listener(position)?
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_and_without_them_the_order() {
        assert_eq!(roles("", 0).unwrap(), [""; 0]);
        assert_eq!(roles("", 1).unwrap(), ["http"]);
        assert_eq!(roles("", 2).unwrap(), ["http", "admin"]);
        assert_eq!(roles("admin", 1).unwrap(), ["admin"]);
        assert_eq!(roles("admin:http", 2).unwrap(), ["admin", "http"]);
        assert_eq!(roles("admin:http", 1).unwrap(), ["admin"]);
    }

    #[test]
    fn other_names_doubles_and_too_many_are_refused() {
        for (names, count, position) in [
            ("unknown", 1, 0),
            ("http:http", 2, 1),
            ("http:ftp", 2, 1),
            ("", 3, 2),
        ] {
            let refused = roles(names, count).unwrap_err();
            assert!(
                matches!(refused, InheritError::Name { position: at, .. } if at == position),
                "{refused}"
            );
        }
    }
}
