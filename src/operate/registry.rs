//! `registry-apply` and `registry-show`: the registry into the store, whole or not at all, and back.

mod problems;

use serde::{Deserialize, Serialize};

use crate::domain::access::DataClass;
use crate::domain::registry::Registry as Data;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use problems::problems;

/// Purpose in the access log.
const PURPOSE: &str = "REGISTRY";

/// Replace the registry in the store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// What to call the registry's source in messages, such as its file's name.
    pub source: String,
    pub registry: Box<Data>,
    /// Report as JSON.
    pub json: bool,
}

/// Print the registry in the store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// As JSON instead of TOML.
    pub json: bool,
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
        let counts = counts(&self.registry);
        services.store.put_registry(*self.registry).await?;
        if self.json {
            let rows: serde_json::Map<_, _> = counts
                .iter()
                .map(|(name, count)| ((*name).to_owned(), (*count).into()))
                .collect();
            output.out(&serde_json::to_string_pretty(&rows)?).await?;
        } else {
            output.out(&format!("applied {}", self.source)).await?;
            for (name, count) in counts {
                output.out(&format!("{count:6} {name}")).await?;
            }
        }
        Ok(Done::WELL)
    }
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
        let text = if self.json {
            serde_json::to_string_pretty(&data)?
        } else {
            toml::to_string(&data)?
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
