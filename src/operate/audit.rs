//! `audit-head`, `audit-verify` and `audit-export`: the access log for who audits it. Changes nothing but
//! that an extract leaves its own row.

mod export;
mod row;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::audit::AccessHead;

pub use export::Export;
pub use row::{AUDIT_COLUMNS, AuditRow, audit_csv};

/// Print the access log's head.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "AuditHeadArguments")]
pub struct Head {}

impl Published for Head {
    type Answer = HeadAnswer;

    const EXAMPLE: &'static str = r#"{}"#;
}

impl Operation for Head {
    const NAME: &'static str = "audit-head";
    const NEEDS: Needs = Needs {
        rank: Rank::VIEWER,
        about: About::All,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let head = services.store.access_head().await?;
        output
            .result(&HeadAnswer {
                head: head.to_string(),
            })
            .await?;
        output.out(&head.to_string()).await?;
        Ok(Done::WELL)
    }
}

/// Walk the access log's chain. Ends as found wrong at the first breach.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "AuditVerifyArguments")]
pub struct Verify {
    /// A head taken earlier, which the log must still hold.
    pub head: Option<String>,
}

impl Published for Verify {
    type Answer = VerifyAnswer;

    const EXAMPLE: &'static str = r#"{"head": null}"#;
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
        let answer = VerifyAnswer {
            purged_to: (start.rows > 0).then(|| start.to_string()),
            rows_proven: rows,
            proven_to: proven.to_string(),
            breach: verdict.breach.as_ref().map(|breach| Breach {
                position: breach.position,
                what: breach.broken.to_string(),
            }),
        };
        output.result(&answer).await?;
        let Some(breach) = verdict.breach else {
            output.out("the access log is unbroken").await?;
            return Ok(Done::WELL);
        };
        let text = format!("position {}: {}", breach.position, breach.broken);
        output.err(&text).await?;
        Ok(Done::FOUND_WRONG)
    }
}

/// The access log's head.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditHead")]
pub struct HeadAnswer {
    /// Rows so far, and the last row's link: `POSITION:HASH`.
    head: String,
}

/// How far the access log is proven.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuditVerification")]
pub struct VerifyAnswer {
    /// Up to where the log is purged, if it is: `POSITION:HASH`.
    purged_to: Option<String>,
    rows_proven: u64,
    /// Up to where it is proven: `POSITION:HASH`.
    proven_to: String,
    /// The first breach; none in a log that is unbroken.
    breach: Option<Breach>,
}

/// Where the chain is broken.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditBreach")]
pub struct Breach {
    position: u64,
    what: String,
}
