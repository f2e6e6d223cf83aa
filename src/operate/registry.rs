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
mod texts;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::access::DataClass;
use crate::domain::registry::Registry as Data;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::Text;
use crate::operate::{Done, Failed};
use crate::services::Services;

pub use self::approvals::ImportApprovals;
pub use self::codes::ImportCodes;
pub use self::history::History;
pub use self::table::{IMPORT_BYTES_MAX, IMPORT_ROWS_MAX};
pub use self::texts::SourceName;

/// Purpose in the access log.
const PURPOSE: &str = "PALVELUN_JARJESTAMINEN";

/// How a change of the registry is made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryWay")]
pub struct Way {
    /// What to call the change's source in messages and in the history, such as its file's name.
    pub source: Text<SourceName>,
    /// Change nothing, and say what would change.
    #[serde(default)]
    pub is_dry_run: bool,
    /// The version of the registry that the change was made for.
    pub expected_version: Option<u64>,
}

/// Make the registry in the store that of a file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryApplyArguments")]
pub struct Apply {
    pub way: Way,
    pub registry: Box<Data>,
}

/// Print the registry in the store.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryShowArguments")]
pub struct Show {}

/// What the commands that change the registry need.
const CHANGES: Needs = Needs {
    rank: Rank::ADMINISTRATOR,
    about: About::All,
    row: Row::Own,
};

/// What the commands that print it need.
const PRINTS: Needs = Needs {
    rank: Rank::VIEWER,
    about: About::All,
    row: Row::One(PURPOSE, DataClass::Basic),
};

impl Published for Apply {
    type Answer = print::Report<'static>;

    const EXAMPLE: &'static str = r#"{
        "way": {"source": "registry of 2026-03", "isDryRun": true, "expectedVersion": 1},
        "registry": {"municipality": [{"code": "853", "name_fi": "Turku"}]}
    }"#;
}

impl Operation for Apply {
    const NAME: &'static str = "registry-apply";
    const NEEDS: Needs = CHANGES;

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let wanted = *self.registry;
        apply::run(services, caller, output, &self.way, &|_| Ok(wanted.clone())).await
    }
}

/// The registry with its version in front.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegistryShown")]
pub struct Shown {
    version: u64,
    #[serde(flatten)]
    registry: Data,
}

impl Published for Show {
    type Answer = Shown;

    const EXAMPLE: &'static str = "{}";
}

impl Operation for Show {
    const NAME: &'static str = "registry-show";
    const NEEDS: Needs = PRINTS;

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let standing = services.store.standing_registry().await?;
        let (version, registry) = (standing.version, standing.registry);
        let text = toml::to_string(&registry)?;
        output.result(&Shown { version, registry }).await?;
        output
            .out(&format!("# registry version {version}\n{text}"))
            .await?;
        Ok(Done::WELL)
    }
}

/// How many rows a registry has of each kind.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegistryCounts")]
pub struct Counts {
    municipalities: usize,
    counties: usize,
    organisers: usize,
    service_types: usize,
    providers: usize,
    approvals: usize,
    price_items: usize,
    code_sets: usize,
    client_grants: usize,
}

impl Counts {
    pub(super) fn of(data: &Data) -> Counts {
        Counts {
            municipalities: data.municipalities.len(),
            counties: data.counties.len(),
            organisers: data.organisers.len(),
            service_types: data.service_types.len(),
            providers: data.providers.len(),
            approvals: data.approvals.len(),
            price_items: data.price_items.len(),
            code_sets: data.code_sets.len(),
            client_grants: data.client_grants.len(),
        }
    }

    /// Each kind with its count.
    pub(super) fn rows(&self) -> [(&'static str, usize); 9] {
        [
            ("municipalities", self.municipalities),
            ("counties", self.counties),
            ("organisers", self.organisers),
            ("service types", self.service_types),
            ("providers", self.providers),
            ("approvals", self.approvals),
            ("price items", self.price_items),
            ("code sets", self.code_sets),
            ("client grants", self.client_grants),
        ]
    }
}
