//! `store-migrate`: every record in the newest format, while the store is used.

use serde::{Deserialize, Serialize};

use super::{progress, telling};
use crate::operate::{Done, Failed, Output};
use crate::services::Services;

/// Write records of earlier formats in the newest one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrate {}

impl Migrate {
    pub(in crate::operate) async fn run(
        self,
        services: &Services,
        output: &Output,
    ) -> Result<Done, Failed> {
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
