//! `registry-apply`, `registry-show`, `registry-history` and the imports: changes of the registry into the store, whole
//! or not at all, what stands there, and how it came to.

mod apply;
mod approvals;
mod codes;
mod history;
mod look;
mod print;
mod problems;
mod table;

use serde::{Deserialize, Serialize};

use super::acting::User;
use super::{Done, Failed, Output};
use crate::domain::registry::Registry as Data;
use crate::services::Services;

pub use self::approvals::ImportApprovals;
pub use self::codes::ImportCodes;
pub use self::history::History;
pub use self::table::{IMPORT_BYTES_MAX, IMPORT_ROWS_MAX};

/// How a change of the registry is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    pub user: User,
    /// What to call the change's source in messages and in the history, such as its file's name.
    pub source: String,
    /// Change nothing, and say what would change.
    pub is_dry_run: bool,
    /// The version of the registry that the change was made for.
    pub expected_version: Option<u64>,
    /// Report as JSON.
    pub json: bool,
}

/// Make the registry in the store that of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    pub way: Way,
    pub registry: Box<Data>,
}

/// Print the registry in the store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// As JSON instead of TOML.
    pub json: bool,
}

impl Apply {
    pub(super) async fn run(self, services: &Services, output: &Output) -> Result<Done, Failed> {
        let wanted = *self.registry;
        apply::run(services, output, &self.way, &|_| Ok(wanted.clone())).await
    }
}

/// The registry with its version in front.
#[derive(Serialize)]
struct Shown {
    version: u64,
    #[serde(flatten)]
    registry: Data,
}

impl Show {
    pub(super) async fn run(self, services: &Services, output: &Output) -> Result<Done, Failed> {
        let standing = services.store.standing_registry().await?;
        let (version, registry) = (standing.version, standing.registry);
        let text = if self.json {
            serde_json::to_string_pretty(&Shown { version, registry })?
        } else {
            format!(
                "# registry version {version}\n{}",
                toml::to_string(&registry)?
            )
        };
        output.out(&text).await?;
        Ok(Done::WELL)
    }
}

/// How many rows a registry has of each kind.
pub(super) fn counts(data: &Data) -> [(&'static str, usize); 9] {
    [
        ("municipalities", data.municipalities.len()),
        ("counties", data.counties.len()),
        ("organisers", data.organisers.len()),
        ("service types", data.service_types.len()),
        ("providers", data.providers.len()),
        ("approvals", data.approvals.len()),
        ("price items", data.price_items.len()),
        ("code sets", data.code_sets.len()),
        ("client grants", data.client_grants.len()),
    ]
}
