//! `store-purge` and `store-purge-proofs`: deletes what retention lets go, while the store is used, and says what was.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{progress, telling};
use crate::clock::{beginning_in_helsinki, date_in_helsinki};
use crate::domain::access::DataClass;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::upkeep::{PurgeOrder, PurgeProof, Purged};

/// Purpose in the access log.
const PURPOSE: &str = "RETENTION";

/// Delete what is due.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// Delete nothing, and say what would go.
    pub is_dry_run: bool,
}

impl Operation for Purge {
    const NAME: &'static str = "store-purge";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::Own,
    };

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let now = services.clock.now();
        let today = date_in_helsinki(now);
        let order = PurgeOrder {
            cut_offs: services
                .retention
                .cut_offs(now, today, beginning_in_helsinki),
            row: caller.row(services, "store-purge", PURPOSE, DataClass::Health),
            is_dry_run: self.is_dry_run,
        };
        let (mut tell, seen) = progress();
        let purge = services.store.purge(order, &mut tell);
        let purged = telling(output, "due", seen, purge).await?;
        if !self.is_dry_run {
            let records: u64 = purged.iter().map(|purged| purged.records).sum();
            tracing::info!(records, "the store was purged of what retention lets go");
        }
        let classes: Vec<_> = purged.iter().map(as_json).collect();
        let report = json!({"dry_run": self.is_dry_run, "classes": classes});
        output.result(&report).await?;
        output.out(&self.as_text(&purged)).await?;
        Ok(Done::WELL)
    }
}

impl Purge {
    fn as_text(&self, purged: &[Purged]) -> String {
        let mut lines = vec![format!(
            "{:26} {:12} {:>9} {:>9} {:>9}",
            "class", "ended before", "deleted", "records", "held back"
        )];
        for Purged {
            class,
            ended_before,
            objects,
            records,
            held_back,
        } in purged
        {
            lines.push(format!(
                "{:26} {ended_before:12} {objects:9} {records:9} {held_back:9}",
                class.as_str()
            ));
        }
        if purged.iter().any(|purged| purged.held_back > 0) {
            lines.push(
                "held back: their time is over, and an event of theirs is not paid. What to do: approve or reject it, \
                 settle it, and note the payment"
                    .to_owned(),
            );
        }
        if self.is_dry_run {
            lines.push("nothing was deleted: run this again without --dry-run".to_owned());
        }
        lines.join("\n")
    }
}

fn as_json(purged: &Purged) -> serde_json::Value {
    json!({
        "class": purged.class.as_str(),
        "ended_before": purged.ended_before.to_string(),
        "deleted": purged.objects,
        "records": purged.records,
        "held_back": purged.held_back,
    })
}

/// Print the proofs of all purges.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {}

impl Operation for Proofs {
    const NAME: &'static str = "store-purge-proofs";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let proofs = services.store.purge_proofs().await?;
        let told: Vec<_> = proofs.iter().map(proof_as_json).collect();
        output.result(&told).await?;
        if proofs.is_empty() {
            output.out("nothing was ever purged").await?;
        }
        for proof in &proofs {
            output.out(&proof_as_text(proof)).await?;
        }
        Ok(Done::WELL)
    }
}

fn proof_as_text(proof: &PurgeProof) -> String {
    let mut text = format!(
        "{} {}: {} that ended before {}, {} records, by {}",
        proof.last_at, proof.class, proof.objects, proof.ended_before, proof.records, proof.by
    );
    if let Some(start) = proof.log_start {
        text.push_str(&format!("; the access log begins after {start}"));
    }
    text
}

fn proof_as_json(proof: &PurgeProof) -> serde_json::Value {
    json!({
        "class": proof.class.as_str(),
        "ended_before": proof.ended_before.to_string(),
        "by": proof.by,
        "begun_at": proof.begun_at.to_string(),
        "last_at": proof.last_at.to_string(),
        "deleted": proof.objects,
        "records": proof.records,
        "log_start": proof.log_start.map(|start| start.to_string()),
    })
}
