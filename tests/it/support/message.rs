//! Messages to send: the fixtures, with parts changed.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{NUMBER_IN_FIXTURES, request};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A value that no other message of this test run has.
pub fn unique(prefix: &str) -> String {
    format!(
        "{prefix}-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// A message being put together.
#[derive(Clone, Debug)]
pub struct Message(pub String);

impl Message {
    /// A fixture as it stands.
    pub fn fixture(name: &str) -> Message {
        Message(request(name))
    }

    /// A grant of home help, new in message id and source reference.
    pub fn create() -> Message {
        Message::fixture("01-create-ordinary").fresh()
    }

    /// A look-up of `number` by the home-care provider, new in message id.
    pub fn lookup(number: &str) -> Message {
        Message::fixture("02-get-ostovoima").fresh().number(number)
    }

    /// The same message under a new id and, for a post, a new source reference.
    pub fn fresh(self) -> Message {
        let message = self.set("xrd:id", &unique("id"));
        if message.0.contains("<psop:sourceReference>") {
            message.set("psop:sourceReference", &unique("ref"))
        } else {
            message
        }
    }

    /// The same message about another number.
    pub fn number(self, number: &str) -> Message {
        self.replace(NUMBER_IN_FIXTURES, number)
    }

    /// Sets the text of the first element `name` (with its prefix).
    pub fn set(self, name: &str, text: &str) -> Message {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let begin = self
            .0
            .find(&open)
            .unwrap_or_else(|| panic!("no {open} in {}", self.0))
            + open.len();
        let end = begin + self.0[begin..].find(&close).unwrap();
        Message(format!("{}{text}{}", &self.0[..begin], &self.0[end..]))
    }

    /// Takes the first element `name` (with its prefix) out, whole.
    pub fn without(self, name: &str) -> Message {
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        let begin = self
            .0
            .find(&open)
            .unwrap_or_else(|| panic!("no {open} in {}", self.0));
        let end = begin + self.0[begin..].find(&close).unwrap() + close.len();
        Message(format!("{}{}", &self.0[..begin], &self.0[end..]))
    }

    /// Puts `xml` behind the first element `name` (with its prefix).
    pub fn after(self, name: &str, xml: &str) -> Message {
        let close = format!("</{name}>");
        let at = self
            .0
            .find(&close)
            .unwrap_or_else(|| panic!("no {close} in {}", self.0))
            + close.len();
        Message(format!("{}{xml}{}", &self.0[..at], &self.0[at..]))
    }

    /// Puts `xml` before the first element `name` (with its prefix).
    pub fn before(self, name: &str, xml: &str) -> Message {
        let at = self
            .0
            .find(&format!("<{name}"))
            .unwrap_or_else(|| panic!("no <{name} in {}", self.0));
        Message(format!("{}{xml}{}", &self.0[..at], &self.0[at..]))
    }

    /// Replaces text that must be there.
    pub fn replace(self, from: &str, to: &str) -> Message {
        assert!(self.0.contains(from), "no {from:?} in {}", self.0);
        Message(self.0.replace(from, to))
    }
}
