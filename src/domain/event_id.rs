//! Identifiers of service events.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// An event's identifier: a version 7 UUID, written in lower case with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId([u8; 16]);

impl EventId {
    /// An identifier of this moment, told from others of it by random bytes.
    pub fn new(now: Timestamp, random: [u8; 10]) -> EventId {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let uuid = Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        EventId(uuid.into_bytes())
    }

    /// Reads an identifier as [`fmt::Display`] writes it; `None` for any other text.
    pub fn parse(text: &str) -> Option<EventId> {
        let id = EventId(Uuid::parse_str(text).ok()?.into_bytes());
        (id.to_string() == text).then_some(id)
    }

    pub fn from_bytes(bytes: [u8; 16]) -> EventId {
        EventId(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(formatter)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_reads_back_in_its_one_form() {
        let now = Timestamp::from_second(1_770_000_000).unwrap();
        let id = EventId::new(now, [7; 10]);
        let text = id.to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(text.as_bytes()[14], b'7', "version 7: {text}");
        assert_eq!(EventId::parse(&text), Some(id));
        for other in [
            text.to_uppercase(),
            format!("{{{text}}}"),
            text.replace('-', ""),
        ] {
            assert_eq!(EventId::parse(&other), None, "{other}");
        }
    }
}
