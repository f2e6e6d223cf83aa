//! The access log, from its beginning up to the first row that is not due: the proof says where it begins now.
//! What is purged is proven first: nobody could find a breach in it afterwards.

use super::{Purge, STEP_RECORDS, Step};
use crate::domain::retention::RetentionClass;
use crate::store::StoreError;
use crate::store::records::keys::Key;
use crate::store::records::{Engine, audit};

pub(super) async fn purge(purge: &mut Purge<'_, impl Engine>) -> Result<(), StoreError> {
    let class = RetentionClass::AccessLog;
    let cut_off = purge.order.cut_offs.of(class).instant;
    let mut start = purge.standing.log_start;
    loop {
        let rows = match audit::rows_after(purge.engine, start, STEP_RECORDS) {
            Ok(rows) => rows,
            Err(error) => {
                // Rows that another purge took are not missing.
                purge.must_be_alone()?;
                return Err(error);
            }
        };
        purge.walked.records += rows.len() as u64;
        let due = rows.iter().take_while(|(row, _)| row.at < cut_off);
        let mut step = Step::default();
        for (row, head) in due {
            start = *head;
            step.objects += 1;
            step.removals.push(Key::access(row.position));
        }
        step.log_start = Some(start);
        let is_end = step.removals.len() < STEP_RECORDS;
        purge.keep_alone(class, step).await?;
        if is_end {
            return Ok(());
        }
    }
}
