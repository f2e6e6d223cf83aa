//! The person a grant is for. Unique per organiser and identity code, never shared across organisers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::national_code::MunicipalityCode;
use super::person_id::PersonId;
use super::registry::OrganiserCode;

/// Language of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    Fi,
    Sv,
    En,
}

/// A customer of one organiser. An address is never kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub organiser: OrganiserCode,
    pub person_id: PersonId,
    pub given_names: String,
    pub family_name: String,
    pub language: Option<Language>,
    pub municipality_of_residence: Option<MunicipalityCode>,
    /// Turvakielto: a provider is told neither the municipality nor this flag.
    pub non_disclosure: bool,
    /// Rises by one with every grant to this customer, and so guards the set of grants.
    pub version: u64,
}

impl fmt::Debug for Customer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Customer")
            .field("organiser", &self.organiser)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
