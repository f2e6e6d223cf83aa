//! `status`: which program runs the commands, whether the store can be used, and how much the registry holds.

use serde::{Deserialize, Serialize};

use super::registry;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;

/// Say how things are. Ends as found wrong when the store cannot be used.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {}

impl Operation for Status {
    const NAME: &'static str = "status";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::Nothing,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let version = env!("CARGO_PKG_VERSION");
        output.out(&format!("version {version}")).await?;
        if let Err(error) = services.store.ready() {
            output.err(&format!("store not ready: {error}")).await?;
            return Ok(Done::FOUND_WRONG);
        }
        output.out("store ready").await?;
        let data = services.store.registry().await?;
        for (name, count) in registry::counts(&data) {
            output.out(&format!("{count:6} {name}")).await?;
        }
        Ok(Done::WELL)
    }
}
