//! Who calls: X-Road client identifiers as they stand in a message header. Values are kept
//! exactly as sent; nothing is trimmed or folded.

use std::fmt;

use serde::{Deserialize, Serialize};

/// X-Road client identifier: a member, or one of its subsystems.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClientId {
    pub instance: String,
    pub member_class: String,
    pub member_code: String,
    pub subsystem_code: Option<String>,
}

impl ClientId {
    /// The member this client belongs to: the same identifier without its subsystem.
    pub fn member(&self) -> ClientId {
        ClientId {
            subsystem_code: None,
            ..self.clone()
        }
    }

    /// The operator of this system, in the access log: no X-Road message can come from here, since
    /// LOCAL is no X-Road instance.
    pub fn operator() -> ClientId {
        ClientId {
            instance: "LOCAL".to_owned(),
            member_class: "ADMIN".to_owned(),
            member_code: "operator".to_owned(),
            subsystem_code: None,
        }
    }

    /// Reads the form that [`fmt::Display`] writes, `INSTANCE/CLASS/CODE[/SUBSYSTEM]`;
    /// `None` when a part is missing, empty or one too many.
    pub fn parse(text: &str) -> Option<ClientId> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let (instance, member_class, member_code, subsystem_code) = match parts.as_slice() {
            [instance, class, code] => (instance, class, code, None),
            [instance, class, code, subsystem] => (instance, class, code, Some(*subsystem)),
            _ => return None,
        };
        Some(ClientId {
            instance: (*instance).to_owned(),
            member_class: (*member_class).to_owned(),
            member_code: (*member_code).to_owned(),
            subsystem_code: subsystem_code.map(str::to_owned),
        })
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}/{}/{}",
            self.instance, self.member_class, self.member_code
        )?;
        match &self.subsystem_code {
            Some(subsystem) => write!(formatter, "/{subsystem}"),
            None => Ok(()),
        }
    }
}

/// A client as text where people read and write, as its parts in stored records.
pub(super) mod as_text_for_people {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::ClientId;

    pub fn serialize<S: Serializer>(client: &ClientId, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(client)
        } else {
            client.serialize(serializer)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ClientId, D::Error> {
        if !deserializer.is_human_readable() {
            return ClientId::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        ClientId::parse(&text).ok_or_else(|| {
            D::Error::custom("a client is INSTANCE/CLASS/CODE or INSTANCE/CLASS/CODE/SUBSYSTEM")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_reads_back_as_written() {
        for text in ["FI-TEST/MUN/0204819-8/paikky", "FI-TEST/COM/9000005-4"] {
            assert_eq!(ClientId::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "FI/COM", "FI/COM/1/2/3", "FI//1", "FI/COM/1/"] {
            assert_eq!(ClientId::parse(text), None, "{text}");
        }
    }
}
