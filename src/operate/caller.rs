//! Who runs a command: their name for the access log, and what they may do for whom. It is no argument of a command:
//! who shows the owner's token, or has the store, is the owner; who shows a token of the API is that token.

use uuid::Uuid;

use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::admin_token::{AdminToken, Organisers, Role};
use crate::domain::client::ClientId;
use crate::domain::registry::OrganiserCode;
use crate::services::Services;

/// How far somebody's rights go. The owner of the machine may do everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Token(Role),
    Owner,
}

impl Rank {
    pub const VIEWER: Rank = Rank::Token(Role::Viewer);
    pub const CLERK: Rank = Rank::Token(Role::Clerk);
    pub const ADMINISTRATOR: Rank = Rank::Token(Role::Administrator);

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Rank::Token(role) => role.as_str(),
            Rank::Owner => "owner",
        }
    }
}

/// Who runs a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As the access log names them.
    pub name: String,
    pub rank: Rank,
    /// For whom they act.
    pub organisers: Organisers,
}

impl Caller {
    /// The owner of the machine, by the operating system's name of them.
    pub fn owner(user: &str) -> Caller {
        Caller {
            name: user.to_owned(),
            rank: Rank::Owner,
            organisers: Organisers::All,
        }
    }

    /// A token of the API.
    pub fn token(token: &AdminToken) -> Caller {
        Caller {
            // No user of an operating system has a colon in the name.
            name: format!("token:{}", token.name),
            rank: Rank::Token(token.role),
            organisers: token.organisers.clone(),
        }
    }

    /// Whether they act for this organiser.
    pub fn acts_for(&self, organiser: OrganiserCode) -> bool {
        self.organisers.holds(organiser)
    }

    /// Whether they act for every organiser there is.
    pub fn acts_for_all(&self) -> bool {
        self.organisers == Organisers::All
    }

    /// The row of one act, which touched nothing yet.
    pub(super) fn row(
        &self,
        services: &Services,
        command: &str,
        purpose: &'static str,
        data_class: DataClass,
    ) -> AccessEntry {
        AccessEntry {
            at: services.clock.now(),
            message_id: Uuid::new_v4().to_string(),
            client: ClientId::operator(),
            represented_party: None,
            user_id: Some(self.name.clone()),
            service: command.to_owned(),
            purpose: Some(purpose),
            organiser: None,
            persons: Vec::new(),
            numbers: Vec::new(),
            events: Vec::new(),
            data_class,
            result: "OK".to_owned(),
            reason: None,
            rows_returned: 0,
            replayed: false,
            mandate: None,
        }
    }
}
