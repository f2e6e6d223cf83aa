//! What commands that change data have in common: who acts, the row they leave in the access log, and patience with
//! a busy store.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use uuid::Uuid;

use super::Failed;
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::client::ClientId;
use crate::services::Services;
use crate::store::{Change, StoreError};

/// How often a change is handed over while the store is too busy for it, and how long is waited in between.
const TRIES_MAX: u32 = 20;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// How often something is decided anew when others change what it was decided on.
pub(super) const ATTEMPTS_MAX: usize = 100;

/// Who runs a command, as the access log names them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct User(pub String);

impl User {
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
            user_id: Some(self.0.clone()),
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

/// Keeps a change, and waits while the store is too busy for it. `false`: what it was decided on has changed.
pub(super) async fn kept(services: &Services, change: Change) -> Result<bool, Failed> {
    for tried in 1..=TRIES_MAX {
        match services.store.commit(change.clone()).await {
            Ok(()) => return Ok(true),
            Err(StoreError::Conflict) => return Ok(false),
            Err(StoreError::Busy) => pause(tried).await,
            Err(other) => return Err(other.into()),
        }
    }
    Err(StoreError::Busy.into())
}

/// Waits the longer the more often it was tried.
pub(super) async fn pause(tried: u32) {
    sleep(TRY_AGAIN_AFTER * tried).await;
}
