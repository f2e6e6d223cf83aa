//! Who gets past the admin listener's door: by which name it is called, and which token is shown.
//!
//! A browser can be made to call a listener on loopback by a name of an attacker's choice (DNS rebinding): so a
//! request under a name that is not ours is refused whatever it asks for.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use hyper::Request;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::http::uri::Authority;

use crate::admin_access::{NONCE_CHARS, NONCE_HEADER, Token, USER_BYTES_MAX, USER_HEADER};

/// Names that always are ours.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The names and the token of one server.
#[derive(Clone)]
pub struct Guard {
    hosts: BTreeSet<String>,
    token: Token,
}

impl Guard {
    /// A guard for a listener on `address` that is called by `hosts` too.
    pub fn new(address: SocketAddr, hosts: &[String], token: Token) -> Self {
        let listen = match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        let configured = hosts.iter().map(|host| host.to_ascii_lowercase());
        let hosts = LOOPBACK_HOSTS.map(str::to_owned).into_iter();
        Self {
            hosts: hosts.chain([listen]).chain(configured).collect(),
            token,
        }
    }

    /// Whether a request calls us by a name of ours. Ports do not matter: a tunnel changes them.
    pub(super) fn knows_host<B>(&self, request: &Request<B>) -> bool {
        let mut named = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return false;
        };
        let host = host.to_str().ok().and_then(|text| text.parse().ok());
        host.is_some_and(|host: Authority| self.knows(&host))
            && request
                .uri()
                .authority()
                .is_none_or(|host| self.knows(host))
    }

    fn knows(&self, authority: &Authority) -> bool {
        !authority.as_str().contains('@')
            && self.hosts.contains(&authority.host().to_ascii_lowercase())
    }

    /// Whether this is the owner's token.
    pub(super) fn is_owners(&self, token: &[u8]) -> bool {
        self.token.is(token)
    }

    /// The proof that we know the token, where a request asks for one.
    pub(super) fn proof<B>(&self, request: &Request<B>) -> Option<String> {
        let nonce = request.headers().get(NONCE_HEADER)?.to_str().ok()?;
        let is_nonce =
            nonce.len() == NONCE_CHARS && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_nonce.then(|| self.token.proof(nonce).ok()).flatten()
    }
}

/// The one token that a request shows.
pub(super) fn shown<B>(request: &Request<B>) -> Option<&[u8]> {
    let mut shown = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(shown), None) = (shown.next(), shown.next()) else {
        return None;
    };
    let (scheme, token) = shown.as_bytes().split_at_checked("Bearer ".len())?;
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

/// The owner's name, as the owner says it. It is not asked of anybody else.
pub(super) fn user<B>(request: &Request<B>) -> &str {
    let said = request
        .headers()
        .get(USER_HEADER)
        .map(HeaderValue::as_bytes);
    let said = said.and_then(|said| std::str::from_utf8(said).ok());
    let is_name = |said: &&str| {
        (1..=USER_BYTES_MAX).contains(&said.len()) && !said.contains(char::is_control)
    };
    said.filter(is_name).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(address: &str, hosts: &[&str]) -> Guard {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        Guard::new(address.parse().unwrap(), &hosts, Token::random().unwrap())
    }

    fn calls(guard: &Guard, target: &str, hosts: &[&str]) -> bool {
        let mut request = Request::get(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        guard.knows_host(&request.body(()).unwrap())
    }

    #[test]
    fn names_of_ours_are_known_by_any_port_and_letter_case() {
        let guard = guard(
            "192.0.2.7:8081",
            &["Psop-Admin.example.fi", "[2001:db8::1]"],
        );
        for host in [
            "localhost",
            "LOCALHOST:9",
            "127.0.0.1:8081",
            "[::1]",
            "[::1]:8081",
            "192.0.2.7:8081",
            "psop-admin.EXAMPLE.fi:443",
            "[2001:db8::1]:1",
        ] {
            assert!(calls(&guard, "/", &[host]), "{host}");
        }
        assert!(calls(&guard, "http://localhost/", &["localhost"]));
    }

    #[test]
    fn any_other_name_and_none_and_two_are_unknown() {
        let guard = guard("[2001:db8::2]:8081", &[]);
        assert!(calls(&guard, "/", &["[2001:db8::2]:8081"]));
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.localhost",
            "localhost.",
            "127.0.0.2",
            "2130706433",
            "localhost@evil.example",
            "evil.example@localhost",
            "local host",
            "::1",
        ] {
            assert!(!calls(&guard, "/", &[host]), "{host}");
        }
        assert!(!calls(&guard, "/", &[]));
        assert!(!calls(&guard, "/", &["localhost", "localhost"]));
        assert!(!calls(&guard, "http://evil.example/", &["localhost"]));
    }

    #[test]
    fn the_token_is_shown_once_and_whole() {
        let guard = guard("127.0.0.1:0", &[]);
        let right = guard.token.authorization();
        let admits = |shown: &[&str]| {
            let mut request = Request::get("/");
            for value in shown {
                request = request.header(AUTHORIZATION, *value);
            }
            let request = request.body(()).unwrap();
            super::shown(&request).is_some_and(|token| guard.is_owners(token))
        };
        assert!(admits(&[&right]));
        assert!(admits(&[&right.replace("Bearer", "bearer")]));
        let cut = &right[..right.len() - 1];
        let longer = format!("{right}0");
        let basic = right.replace("Bearer", "Basic");
        let bare = &right["Bearer ".len()..];
        for wrong in ["", "Bearer", "Bearer ", "ä", cut, &longer, &basic, bare] {
            assert!(!admits(&[wrong]), "{wrong}");
        }
        assert!(!admits(&[]) && !admits(&[&right, &right]));
    }
}
