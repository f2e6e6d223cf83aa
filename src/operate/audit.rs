//! `audit-head`, `audit-verify` and `audit-export`: the access log for who audits it. Changes nothing.

mod export;
mod row;

use serde::{Deserialize, Serialize};

use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::audit::AccessHead;

pub use export::{Export, Format};

/// Print the access log's head.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {}

impl Operation for Head {
    const NAME: &'static str = "audit-head";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::All,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let head = services.store.access_head().await?;
        output.out(&head.to_string()).await?;
        Ok(Done::WELL)
    }
}

/// Walk the access log's chain. Ends as found wrong at the first breach.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// A head taken earlier, which the log must still hold.
    pub head: Option<String>,
}

impl Operation for Verify {
    const NAME: &'static str = "audit-verify";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::All,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let earlier = match &self.head {
            Some(text) => Some(AccessHead::parse(text).ok_or_else(|| {
                Failed::Refused(
                    "the head must be POSITION:HASH, as `audit head` prints it".to_owned(),
                )
            })?),
            None => None,
        };
        let verdict = services.store.verify_access(earlier).await?;
        let (start, proven) = (verdict.start, verdict.proven);
        if start.rows > 0 {
            let text = format!(
                "the first {} rows are purged, up to {start}: `store purge --proofs` says when and by whom",
                start.rows
            );
            output.out(&text).await?;
        }
        let rows = proven.rows.saturating_sub(start.rows);
        output
            .out(&format!("{rows} rows proven, up to {proven}"))
            .await?;
        let Some(breach) = verdict.breach else {
            output.out("the access log is unbroken").await?;
            return Ok(Done::WELL);
        };
        let text = format!("position {}: {}", breach.position, breach.broken);
        output.err(&text).await?;
        Ok(Done::FOUND_WRONG)
    }
}
