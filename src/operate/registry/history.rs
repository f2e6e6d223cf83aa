//! `registry-history`: every change of the registry, who made it, when, and what it changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PRINTS, print};
use crate::domain::registry::OrganiserCode;
use crate::domain::registry::diff::{Counts, Diff};
use crate::operate::caller::Caller;
use crate::operate::operation::{About, Needs, Operation, Published};
use crate::operate::output::Output;
use crate::operate::values::{Organiser, Text};
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::registry::RegistryChange;

/// Changes read at a time.
const STEP_CHANGES_MAX: usize = 20;

/// Print the registry's history.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryHistoryArguments")]
pub struct History {
    /// Only rows of this organiser.
    pub organiser: Option<Organiser>,
}

/// A change of the registry.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegistryVersion")]
pub struct HistoryTold<'a> {
    version: u64,
    at: String,
    by: &'a str,
    source: &'a str,
    counts: Counts,
    rows: &'a Diff,
}

impl Published for History {
    type Answer = Vec<HistoryTold<'static>>;

    const EXAMPLE: &'static str = r#"{"organiser": "853"}"#;
}

impl Operation for History {
    const NAME: &'static str = "registry-history";
    const NEEDS: Needs = Needs {
        about: About::NamedOrAll,
        ..PRINTS
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        self.organiser.map(|organiser| organiser.0)
    }

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        output.list().await?;
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
        if !is_told {
            output.out("no change of the registry is known").await?;
        }
        Ok(Done::WELL)
    }
}

impl History {
    fn of_organiser(&self, change: RegistryChange) -> RegistryChange {
        let Some(Text(organiser)) = self.organiser else {
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
        let told = HistoryTold {
            version: *version,
            at: at.to_string(),
            by,
            source,
            counts: diff.counts(),
            rows: diff,
        };
        output.item(&told).await?;
        let counted = print::counted(diff.counts());
        output
            .out(&format!(
                "version {version}, {at}, by {by}, {source}: {counted}"
            ))
            .await?;
        output.out(&print::rows(diff)).await
    }
}
