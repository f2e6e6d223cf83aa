//! `registry-apply` and `registry-show`: the registry into the store, whole or not at all, and back.

mod problems;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::access::DataClass;
use crate::domain::registry::Registry as Data;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use problems::problems;

/// Purpose in the access log.
const PURPOSE: &str = "REGISTRY";

/// Replace the registry in the store.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryApplyArguments")]
pub struct Apply {
    /// What to call the registry's source in messages, such as its file's name.
    pub source: String,
    pub registry: Box<Data>,
}

/// Print the registry in the store.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryShowArguments")]
pub struct Show {}

impl Published for Apply {
    type Answer = Counts;

    const EXAMPLE: &'static str = r#"{"source": "registry of 2026-03", "registry": {"municipality": [{"code": "853", "name_fi": "Turku"}]}}"#;
}

impl Operation for Apply {
    const NAME: &'static str = "registry-apply";
    const NEEDS: Needs = Needs {
        rank: Rank::ADMINISTRATOR,
        about: About::All,
        row: Row::One(PURPOSE, DataClass::Basic),
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let problems = problems(&self.registry);
        if !problems.is_empty() {
            return Err(Failed::Refused(format!(
                "{} is refused, nothing was changed:\n  {}",
                self.source,
                problems.join("\n  ")
            )));
        }
        let counts = Counts::of(&self.registry);
        services.store.put_registry(*self.registry).await?;
        output.result(&counts).await?;
        output.out(&format!("applied {}", self.source)).await?;
        for (name, count) in counts.rows() {
            output.out(&format!("{count:6} {name}")).await?;
        }
        Ok(Done::WELL)
    }
}

impl Published for Show {
    type Answer = Data;

    const EXAMPLE: &'static str = r#"{}"#;
}

impl Operation for Show {
    const NAME: &'static str = "registry-show";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::All,
        row: Row::One(PURPOSE, DataClass::Basic),
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let data = services.store.registry().await?;
        output.result(&data).await?;
        output.out(&toml::to_string(&data)?).await?;
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
