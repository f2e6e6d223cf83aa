//! `token-create`, `token-list` and `token-revoke`: who is let into the API, by the owner alone. A secret is told once,
//! to who makes it, and kept by its SHA-256 only.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use openssl::error::ErrorStack;
use openssl::memcmp;
use openssl::rand::rand_bytes;
use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::acting::{ATTEMPTS_MAX, kept, known};
use super::caller::{Caller, Rank};
use super::operation::{About, Needs, Operation, Row};
use super::output::Output;
use super::{Done, Failed};
use crate::domain::access::DataClass;
use crate::domain::admin_token::{AdminToken, NAME_CHARS_MAX, Organisers, Role, Standing, is_name};
use crate::domain::registry::OrganiserCode;
use crate::services::Services;
use crate::store::{Change, StoreError};

/// Purpose in the access log.
const PURPOSE: &str = "TOKEN";
/// A token is `psop_NAME_SECRET`: searches for secrets find it by its beginning.
const PREFIX: &str = "psop_";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// A token that holds no more is forgotten so long after it expired, when another is made.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24 * 365);
const DAY: SignedDuration = SignedDuration::from_hours(24);

const NEEDS: Needs = Needs {
    rank: Rank::Owner,
    about: About::All,
    row: Row::Own,
};

/// Make a token of the API and print it, once.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    pub name: String,
    pub role: Role,
    /// None for all, those included that come later.
    pub organisers: Option<BTreeSet<OrganiserCode>>,
    pub days: u32,
}

/// List the tokens of the API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// Revoke a token of the API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    pub name: String,
}

impl Operation for Create {
    const NAME: &'static str = "token-create";
    const NEEDS: Needs = NEEDS;

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let (now, days_max) = (services.clock.now(), services.token_days_max);
        if !is_name(&self.name) {
            return Err(Failed::Refused(format!(
                "a token's name is 1 to {NAME_CHARS_MAX} lower-case letters, digits and hyphens"
            )));
        }
        if self.days == 0 || self.days as usize > days_max {
            return Err(Failed::Refused(format!(
                "a token holds for 1 to {days_max} days (limits.admin_token_days_max)"
            )));
        }
        for code in self.organisers.iter().flatten() {
            known(services, *code).await?;
        }
        let forgotten = self.forgotten(services, now).await?;
        let text = fresh(&self.name)
            .map_err(|error| Failed::Refused(format!("the system has no randomness: {error}")))?;
        let token = AdminToken {
            digest: sha256(text.as_bytes()),
            role: self.role,
            organisers: match self.organisers {
                Some(organisers) => Organisers::Some(organisers),
                None => Organisers::All,
            },
            created_at: now,
            expires_at: now
                .checked_add(DAY * i32::try_from(self.days).unwrap_or(i32::MAX))
                .unwrap_or(Timestamp::MAX),
            revoked_at: None,
            made_by: caller.name.clone(),
            epoch: services.store.feed_head().await?.epoch,
            version: 1,
            name: self.name,
        };
        let told = format!("token {} holds until {}", token.name, token.expires_at);
        let name = token.name.clone();
        let change = Change {
            token: Some(token),
            tokens_forgotten: forgotten,
            ..Change::access_only(caller.row(services, Self::NAME, PURPOSE, DataClass::Basic))
        };
        if !kept(services, change).await? {
            return Err(taken(&name));
        }
        output.out(&text).await?;
        output
            .err(&format!("{told}: keep it now, it is not shown again"))
            .await?;
        Ok(Done::WELL)
    }
}

impl Create {
    /// Names of tokens that go, or why there is no room for one more.
    async fn forgotten(&self, services: &Services, now: Timestamp) -> Result<Vec<String>, Failed> {
        let mut tokens = services.store.admin_tokens().await?;
        let is_forgotten = |token: &AdminToken| {
            now.duration_since(token.expires_at) > FORGOTTEN_AFTER && token.name != self.name
        };
        let forgotten = tokens.iter().filter(|token| is_forgotten(token));
        let forgotten: Vec<String> = forgotten.map(|token| token.name.clone()).collect();
        tokens.retain(|token| !is_forgotten(token));
        if tokens.iter().any(|token| token.name == self.name) {
            return Err(taken(&self.name));
        }
        let most = services.tokens_max;
        if tokens.len() >= most {
            return Err(Failed::Refused(format!(
                "there are {most} tokens already (limits.admin_tokens_max); those that hold no more go a year after \
                 they expired"
            )));
        }
        Ok(forgotten)
    }
}

fn taken(name: &str) -> Failed {
    Failed::Refused(format!(
        "there is a token {name} already: the access log names tokens, so that a name is not given twice"
    ))
}

impl Operation for List {
    const NAME: &'static str = "token-list";
    const NEEDS: Needs = Needs {
        row: Row::None,
        ..NEEDS
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let now = services.clock.now();
        let epoch = services.store.feed_head().await?.epoch;
        let mut answer = Vec::new();
        for token in services.store.admin_tokens().await? {
            let organisers = match &token.organisers {
                Organisers::All => "all".to_owned(),
                Organisers::Some(organisers) => {
                    let codes: Vec<String> = organisers.iter().map(ToString::to_string).collect();
                    codes.join(",")
                }
            };
            let AdminToken {
                name,
                created_at,
                expires_at,
                made_by,
                ..
            } = &token;
            let standing = token.standing(now, epoch).as_str();
            let role = token.role.as_str();
            let told = format!(
                "{name:20} {standing:16} {role:13} {organisers:12} until {expires_at}, made {created_at} by {made_by}"
            );
            output.out(&told).await?;
            answer.push(json!({
                "name": name,
                "standing": standing,
                "role": role,
                "organisers": organisers,
                "created_at": created_at.to_string(),
                "expires_at": expires_at.to_string(),
                "made_by": made_by,
            }));
        }
        output.result(&answer).await?;
        Ok(Done::WELL)
    }
}

impl Operation for Revoke {
    const NAME: &'static str = "token-revoke";
    const NEEDS: Needs = NEEDS;

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let now = services.clock.now();
        for _ in 0..ATTEMPTS_MAX {
            let token = services.store.admin_token(&self.name).await?;
            let token = token
                .ok_or_else(|| Failed::Refused("there is no token of that name".to_owned()))?;
            let name = &token.name;
            if token.revoked_at.is_some() {
                let row = caller.row(services, Self::NAME, PURPOSE, DataClass::Basic);
                kept(services, Change::access_only(row)).await?;
                output
                    .out(&format!("token {name} is revoked already"))
                    .await?;
                return Ok(Done::WELL);
            }
            let change = Change {
                token: Some(token.revoked(now)),
                ..Change::access_only(caller.row(services, Self::NAME, PURPOSE, DataClass::Basic))
            };
            if kept(services, change).await? {
                output.out(&format!("token {name} is revoked")).await?;
                return Ok(Done::WELL);
            }
        }
        Err(StoreError::Conflict.into())
    }
}

/// A new token of a name: `psop_NAME_SECRET`, the secret in hexadecimal.
fn fresh(name: &str) -> Result<String, ErrorStack> {
    let mut secret = [0; SECRET_BYTES];
    rand_bytes(&mut secret)?;
    Ok(format!("{PREFIX}{name}_{}", hex::encode(secret)))
}

/// Why a token that was shown lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is none, or its secret is another.
    NoToken,
    /// It was one.
    NoMore(Standing),
}

impl Unknown {
    /// As logs and metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Unknown::NoToken => "unknown",
            Unknown::NoMore(standing) => standing.as_str(),
        }
    }
}

/// Who shows this token. The time it takes tells nothing of a secret.
///
/// # Errors
/// The store's; the inner error says why nobody does.
pub async fn caller(
    services: &Services,
    shown: &[u8],
) -> Result<Result<Caller, Unknown>, StoreError> {
    let Some(name) = name_of(shown) else {
        return Ok(Err(Unknown::NoToken));
    };
    let Some(token) = services.store.admin_token(name).await? else {
        return Ok(Err(Unknown::NoToken));
    };
    if !memcmp::eq(&sha256(shown), &token.digest) {
        return Ok(Err(Unknown::NoToken));
    }
    let epoch = services.store.feed_head().await?.epoch;
    Ok(match token.standing(services.clock.now(), epoch) {
        Standing::Valid => Ok(Caller::token(&token)),
        standing => Err(Unknown::NoMore(standing)),
    })
}

/// The name in a token.
fn name_of(shown: &[u8]) -> Option<&str> {
    let shown = std::str::from_utf8(shown).ok()?;
    let (name, secret) = shown.strip_prefix(PREFIX)?.split_once('_')?;
    (is_name(name) && secret.len() == 2 * SECRET_BYTES).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_token_has_its_name_and_a_secret_of_its_own() {
        let (one, other) = (fresh("payroll-2").unwrap(), fresh("payroll-2").unwrap());
        assert_ne!(one, other);
        assert_eq!(name_of(one.as_bytes()), Some("payroll-2"));
        let cut = &one[..one.len() - 1];
        for shown in ["", "psop_", "psop_a_", cut, &one[1..], "psop_A_00"] {
            assert_eq!(name_of(shown.as_bytes()), None, "{shown}");
        }
    }
}
