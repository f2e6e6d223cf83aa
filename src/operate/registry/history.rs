//! `registry-history`: every change of the registry, who made it, when, and what it changed.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::print;
use crate::domain::registry::OrganiserCode;
use crate::domain::registry::diff::Diff;
use crate::operate::{Done, Failed, Output};
use crate::services::Services;
use crate::store::registry::RegistryChange;

/// Changes read at a time.
const STEP_CHANGES_MAX: usize = 20;

/// Print the registry's history.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Only rows of this organiser.
    pub organiser: Option<OrganiserCode>,
    /// As JSON, a line a change.
    pub json: bool,
}

impl History {
    pub(in crate::operate) async fn run(
        self,
        services: &Services,
        output: &Output,
    ) -> Result<Done, Failed> {
        let (mut after, mut is_told) = (0, false);
        loop {
            let step = services
                .store
                .registry_history(after, STEP_CHANGES_MAX)
                .await?;
            let Some(last) = step.last() else { break };
            after = last.version;
            for change in step {
                let change = self.of_organiser(change);
                if self.organiser.is_none() || !change.diff.is_empty() {
                    is_told = true;
                    self.tell(output, &change).await?;
                }
            }
        }
        if !is_told && !self.json {
            output.out("no change of the registry is known").await?;
        }
        Ok(Done::WELL)
    }

    fn of_organiser(&self, change: RegistryChange) -> RegistryChange {
        let Some(organiser) = self.organiser else {
            return change;
        };
        let rows = change.diff.rows.into_iter();
        let rows = rows
            .filter(|row| row.organisers.contains(&organiser))
            .collect();
        RegistryChange {
            diff: Diff { rows },
            ..change
        }
    }

    async fn tell(&self, output: &Output, change: &RegistryChange) -> Result<(), Failed> {
        let RegistryChange {
            version,
            at,
            by,
            source,
            diff,
        } = change;
        if self.json {
            let row = json!({
                "version": version,
                "at": at.to_string(),
                "by": by,
                "source": source,
                "counts": diff.counts(),
                "rows": diff,
            });
            return output.out(&serde_json::to_string(&row)?).await;
        }
        let counted = print::counted(diff.counts());
        output
            .out(&format!(
                "version {version}, {at}, by {by}, {source}: {counted}"
            ))
            .await?;
        output.out(&print::rows(diff)).await
    }
}
