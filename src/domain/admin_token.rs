//! Tokens of the Admin API: what one may do, for which organisers, and until when. How a secret is made and compared
//! is no matter of the domain.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond;
use serde::{Deserialize, Serialize};

use super::registry::OrganiserCode;

/// Longest name of a token, in characters.
pub const NAME_CHARS_MAX: usize = 40;

/// What a token may do. Each may do what those before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads and verifies.
    Viewer,
    /// Decides on events and settles.
    Clerk,
    /// Changes the registry and reads the access log.
    Administrator,
}

impl Role {
    /// Every role, from the least on.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Clerk, Role::Administrator];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Clerk => "clerk",
            Role::Administrator => "administrator",
        }
    }
}

/// For which organisers somebody acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Organisers {
    /// For every one, those included that come later.
    All,
    Some(BTreeSet<OrganiserCode>),
}

impl Organisers {
    /// Whether this organiser is among them.
    pub fn holds(&self, organiser: OrganiserCode) -> bool {
        match self {
            Organisers::All => true,
            Organisers::Some(organisers) => organisers.contains(&organiser),
        }
    }
}

/// A token as it is kept: its secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminToken {
    /// Found by it; as [`is_name`] wants it.
    pub name: String,
    /// SHA-256 of the whole token as it is shown.
    pub digest: [u8; 32],
    pub role: Role,
    pub organisers: Organisers,
    #[serde(with = "microsecond::required")]
    pub created_at: Timestamp,
    /// Holds no more from this instant on.
    #[serde(with = "microsecond::required")]
    pub expires_at: Timestamp,
    #[serde(with = "microsecond::optional")]
    pub revoked_at: Option<Timestamp>,
    /// Who made it, as the access log names them.
    pub made_by: String,
    /// The store's epoch when it was made: a restored store has another, and knows none of the tokens before it.
    pub epoch: [u8; 16],
    /// Rises with every change, from 1.
    pub version: u64,
}

/// How a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Valid,
    Expired,
    Revoked,
    /// Made before the store was restored: what was revoked after the backup would hold again.
    OfEarlierStore,
}

impl Standing {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Valid => "valid",
            Standing::Expired => "expired",
            Standing::Revoked => "revoked",
            Standing::OfEarlierStore => "of-earlier-store",
        }
    }
}

impl AdminToken {
    /// How it stands at an instant, in the store of an epoch.
    pub fn standing(&self, now: Timestamp, epoch: [u8; 16]) -> Standing {
        if self.revoked_at.is_some() {
            Standing::Revoked
        } else if self.epoch != epoch {
            Standing::OfEarlierStore
        } else if now >= self.expires_at {
            Standing::Expired
        } else {
            Standing::Valid
        }
    }

    /// As it is from its revocation on.
    pub fn revoked(&self, now: Timestamp) -> AdminToken {
        AdminToken {
            revoked_at: Some(now),
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }
}

/// Whether a token may have this name: lower-case letters, digits and hyphens, so that it can stand in the token.
pub fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::national_code::MunicipalityCode;

    fn turku() -> OrganiserCode {
        OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
    }

    fn token() -> AdminToken {
        AdminToken {
            name: "payroll".to_owned(),
            digest: [1; 32],
            role: Role::Clerk,
            organisers: Organisers::Some(BTreeSet::from([turku()])),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::from_second(10).unwrap(),
            revoked_at: None,
            made_by: "anna".to_owned(),
            epoch: [7; 16],
            version: 1,
        }
    }

    #[test]
    fn a_token_holds_until_the_instant_it_expires_at() {
        let at = |second: i64, millisecond: i64| {
            Timestamp::from_millisecond(second * 1_000 + millisecond).unwrap()
        };
        assert_eq!(token().standing(at(9, 999), [7; 16]), Standing::Valid);
        assert_eq!(token().standing(at(10, 0), [7; 16]), Standing::Expired);
    }

    #[test]
    fn a_revoked_token_and_one_of_another_epoch_never_hold() {
        let now = Timestamp::UNIX_EPOCH;
        let revoked = token().revoked(now);
        assert_eq!(revoked.version, 2);
        assert_eq!(revoked.standing(now, [7; 16]), Standing::Revoked);
        assert_eq!(token().standing(now, [8; 16]), Standing::OfEarlierStore);
    }

    #[test]
    fn organisers_are_those_named_and_no_other() {
        let other = OrganiserCode::Municipality(MunicipalityCode::parse("091").unwrap());
        let named = token().organisers;
        assert!(named.holds(turku()) && !named.holds(other));
        assert!(Organisers::All.holds(other));
    }

    #[test]
    fn a_name_can_stand_in_a_token() {
        let longest = "x".repeat(NAME_CHARS_MAX);
        for name in ["a", "payroll-2", &longest] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "A", "a_b", "a b", "ä", "a.b", &format!("{longest}x")] {
            assert!(!is_name(name), "{name}");
        }
    }
}
