//! `store-migrate`: every record in the newest format, while the store is used.

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, progress, telling};
use crate::domain::access::DataClass;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;

/// Write records of earlier formats in the newest one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrate {}

impl Operation for Migrate {
    const NAME: &'static str = "store-migrate";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::One(MAINTENANCE, DataClass::Health),
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let (mut tell, seen) = progress();
        let walked = telling(
            output,
            "written anew",
            seen,
            services.store.migrate(&mut tell),
        )
        .await?;
        let text = format!(
            "{} records looked at, {} written in the newest format",
            walked.records, walked.replaced
        );
        output.out(&text).await?;
        Ok(Done::WELL)
    }
}
