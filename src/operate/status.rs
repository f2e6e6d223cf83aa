//! `status`: which program runs the commands, whether the store can be used, and how much the registry holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::registry;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;

/// Say how things are. Ends as found wrong when the store cannot be used.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "StatusArguments")]
pub struct Status {}

impl Published for Status {
    type Answer = Answer;

    const EXAMPLE: &'static str = r#"{}"#;
}

impl Operation for Status {
    const NAME: &'static str = "status";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::Nothing,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let mut answer = Answer {
            version: env!("CARGO_PKG_VERSION"),
            store_ready: services.store.ready().is_ok(),
            registry: None,
        };
        output.out(&format!("version {}", answer.version)).await?;
        if let Err(error) = services.store.ready() {
            output.result(&answer).await?;
            output.err(&format!("store not ready: {error}")).await?;
            return Ok(Done::FOUND_WRONG);
        }
        output.out("store ready").await?;
        let counts = registry::Counts::of(&services.store.registry().await?);
        for (name, count) in counts.rows() {
            output.out(&format!("{count:6} {name}")).await?;
        }
        answer.registry = Some(counts);
        output.result(&answer).await?;
        Ok(Done::WELL)
    }
}

/// How things are.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "StatusAnswer")]
pub struct Answer {
    /// The program's.
    version: &'static str,
    store_ready: bool,
    /// How much the registry holds, where the store can be used.
    registry: Option<registry::Counts>,
}
