//! The registry as the store takes and gives it: a change of it, its history, and what rests on it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::access::AccessEntry;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::Registry;
use crate::domain::registry::diff::Diff;
use crate::domain::registry::reliance::Threats;
use crate::domain::service_event::PlacedEvent;

/// The registry and its version: 0 before the first change that left a history, then one more with each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingRegistry {
    pub version: u64,
    pub registry: Registry,
}

/// The registry as it is to be, with what its history keeps. Who and when stand in the change's row of the access log.
#[derive(Clone)]
pub struct RegistryStep {
    /// The new version; the stored one must be one less.
    pub version: u64,
    pub registry: Registry,
    /// Name of the file that it came from.
    pub source: String,
    pub diff: Diff,
    /// A row of the access log for each further organiser that it touches.
    pub further_rows: Vec<AccessEntry>,
    /// What must rest on nothing.
    pub must_be_free: Option<MustBeFree>,
}

impl std::fmt::Debug for RegistryStep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RegistryStep")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What a change of the registry takes away, and up to where it is known that nothing rests on it.
#[derive(Clone)]
pub struct MustBeFree {
    pub threats: Arc<Threats>,
    /// Rows of the access log when it was looked: every change of a purchasing power or an event has left one.
    pub access_rows: u64,
}

/// A change of the registry, as its history keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryChange {
    /// The version that it made.
    pub version: u64,
    pub at: Timestamp,
    /// The operating system's user.
    pub by: String,
    pub source: String,
    pub diff: Diff,
}

/// A purchasing power and every event on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantWithEvents {
    pub grant: PurchasingPower,
    pub events: Vec<PlacedEvent>,
}
