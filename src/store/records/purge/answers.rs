//! Answers by message id, once their days are over. What is kept under a reference stays with its purchasing power.

use std::ops::Bound;

use super::{Purge, Step};
use crate::domain::retention::RetentionClass;
use crate::store::StoreError;
use crate::store::records::keys::Table;
use crate::store::records::stored::StoredMessage;
use crate::store::records::{Engine, record};

pub(super) async fn purge(purge: &mut Purge<'_, impl Engine>) -> Result<(), StoreError> {
    let class = RetentionClass::MessageAnswers;
    let table = Table::AnswerByMessage;
    let cut_off = purge.order.cut_offs.of(class).instant;
    let mut after = Bound::Unbounded;
    let mut step = Step::default();
    loop {
        let piece = purge.piece(table, &mut after)?;
        for (key, value) in &piece {
            let stored: StoredMessage = record::decode(table, key, value)?;
            if stored.kept_at < cut_off {
                step.objects += 1;
                step.removals.push(key.clone());
            }
        }
        if step.is_full() || piece.is_empty() {
            purge.keep_alone(class, std::mem::take(&mut step)).await?;
        }
        if piece.is_empty() {
            return Ok(());
        }
    }
}
