//! What commands that change data have in common: patience with a busy store.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::Failed;
use crate::domain::registry::{Organiser, OrganiserCode};
use crate::services::Services;
use crate::store::{Change, OrganiserEntry, StoreError};

/// How often a change is handed over while the store is too busy for it, and how long is waited in between.
const TRIES_MAX: u32 = 20;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// How often something is decided anew when others change what it was decided on.
pub(super) const ATTEMPTS_MAX: usize = 100;

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

/// The organiser of this code in the registry.
pub(super) async fn known(
    services: &Services,
    code: OrganiserCode,
) -> Result<Arc<Organiser>, Failed> {
    match services.store.organiser(code).await? {
        OrganiserEntry::Organiser(organiser) => Ok(organiser),
        OrganiserEntry::Listed | OrganiserEntry::Unlisted => {
            let told = format!("the registry has no organiser {code}");
            Err(Failed::Refused(told))
        }
    }
}
