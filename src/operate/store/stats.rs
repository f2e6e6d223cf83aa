//! `store-stats`: what the store holds and takes. Reads every record once, and proves nothing.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{progress, telling};
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::upkeep::Figures;

/// Print the store's figures.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stats {}

impl Operation for Stats {
    const NAME: &'static str = "store-stats";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::None,
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let (mut tell, seen) = progress();
        let figures = telling(output, "counted", seen, services.store.figures(&mut tell)).await?;
        output.result(&as_json(&figures)).await?;
        output.out(&as_text(&figures)).await?;
        Ok(Done::WELL)
    }
}

fn as_text(figures: &Figures) -> String {
    let mut lines = vec![format!("{:>10} {:>14} table", "records", "bytes")];
    for table in &figures.tables {
        lines.push(format!(
            "{:10} {:14} {}",
            table.records, table.bytes, table.name
        ));
    }
    let counted = |pairs: Vec<(String, u64)>| {
        let parts = pairs.into_iter();
        let parts: Vec<_> = parts
            .map(|(what, count)| format!("{what}: {count}"))
            .collect();
        parts.join(", ")
    };
    let formats = figures.formats.iter();
    let formats = counted(
        formats
            .map(|(format, count)| (format.to_string(), *count))
            .collect(),
    );
    let sealed = figures.sealed_under.iter();
    let sealed = counted(sealed.map(|(id, count)| (id.to_string(), *count)).collect());
    let keys = &figures.keys;
    let masters = match keys.is_between_masters {
        true => "; a rekeying is not finished: an old key file and a new one open it",
        false => "",
    };
    lines.extend([
        format!(
            "on {}, which takes {} bytes of disk",
            figures.back_end, figures.disk_bytes
        ),
        format!(
            "sequence {}, epoch {}",
            figures.sequence,
            hex::encode(figures.epoch)
        ),
        format!(
            "{} rows of the access log, {} changes in the feed",
            figures.access_rows, figures.changes
        ),
        format!("records by format: {formats}"),
        format!("records by encryption key: {sealed}"),
        format!(
            "encryption key {} seals, version {} of the keys{masters}",
            keys.current, keys.version
        ),
        format!("{} seals under it so far", keys.seals),
    ]);
    lines.join("\n")
}

fn as_json(figures: &Figures) -> serde_json::Value {
    let tables: serde_json::Map<_, _> = figures
        .tables
        .iter()
        .map(|table| {
            let counts = json!({ "records": table.records, "bytes": table.bytes });
            (table.name.to_owned(), counts)
        })
        .collect();
    let named = |pairs: Vec<(String, u64)>| -> serde_json::Map<String, serde_json::Value> {
        let pairs = pairs.into_iter();
        pairs.map(|(name, count)| (name, count.into())).collect()
    };
    let formats = figures.formats.iter();
    let sealed = figures.sealed_under.iter();
    json!({
        "back_end": figures.back_end,
        "tables": tables,
        "disk_bytes": figures.disk_bytes,
        "sequence": figures.sequence,
        "epoch": hex::encode(figures.epoch),
        "access_rows": figures.access_rows,
        "changes": figures.changes,
        "records_by_format": named(formats.map(|(format, count)| (format.to_string(), *count)).collect()),
        "records_by_encryption_key": named(sealed.map(|(id, count)| (id.to_string(), *count)).collect()),
        "encryption_key": figures.keys.current,
        "encryption_keys": figures.keys.encryption_keys,
        "keys_version": figures.keys.version,
        "rekeying_under_way": figures.keys.is_between_masters,
        "seals": figures.keys.seals,
    })
}
