//! The look at what rests on rows that a change of the registry takes away: over every purchasing power and its events,
//! in steps of bounded size, and only where the change takes something away. What comes meanwhile is caught up with.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::Registry;
use crate::domain::registry::diff::Diff;
use crate::domain::registry::reliance::{Relied, Threats};
use crate::operate::Failed;
use crate::operate::output::Output;
use crate::services::Services;
use crate::store::registry::{GrantWithEvents, MustBeFree};

/// Purchasing powers read at a time, with their events.
const STEP_GRANTS_MAX: usize = 100;
/// Rows of the access log read at a time.
const STEP_ROWS_MAX: usize = 500;
/// Rows that are left to the commit: it looks through them itself.
const ROWS_LEFT_MAX: u64 = 100;
/// How often it is told how far the look is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// What was found.
pub(super) struct Look {
    threats: Arc<Threats>,
    relied: Relied,
    /// Rows of the access log up to which is known what was found.
    access_rows: u64,
}

impl Look {
    /// Looks at everything, where the change takes something away.
    pub(super) async fn at(
        services: &Services,
        output: &Output,
        standing: &Registry,
        diff: &Diff,
    ) -> Result<Look, Failed> {
        let mut look = Look {
            threats: Arc::new(Threats::of(standing, diff)),
            relied: Relied::default(),
            access_rows: services.store.access_head().await?.rows,
        };
        if look.threats.is_empty() {
            return Ok(look);
        }
        for organiser in &standing.organisers {
            let book = services.store.settlement_book(organiser.code).await?;
            for provider in book.iter().flat_map(|book| book.carried.keys()) {
                look.threats.look_at_owing(provider, &mut look.relied);
            }
        }
        let (mut after, mut seen, mut told) = (None, 0, Instant::now());
        loop {
            let step = services
                .store
                .grants_with_events(after, STEP_GRANTS_MAX)
                .await?;
            let Some(last) = step.last() else {
                return Ok(look);
            };
            after = Some(last.grant.number);
            seen += step.len();
            look.take(&step);
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                output
                    .err(&format!("{seen} purchasing powers looked at"))
                    .await?;
            }
            tokio::task::yield_now().await;
        }
    }

    fn take(&mut self, step: &[GrantWithEvents]) {
        for GrantWithEvents { grant, events } in step {
            let events = events.iter().map(|placed| &placed.event);
            self.threats.look(grant, events, &mut self.relied);
        }
    }

    /// Looks at what was changed since, by the rows that it left in the access log.
    pub(super) async fn catch_up(&mut self, services: &Services) -> Result<(), Failed> {
        if self.threats.is_empty() {
            return Ok(());
        }
        let head = services.store.access_head().await?.rows;
        while self.access_rows + ROWS_LEFT_MAX < head {
            let rows = services
                .store
                .access_rows(self.access_rows, STEP_ROWS_MAX)
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            let numbers: BTreeSet<PurchasingPowerNumber> =
                rows.iter().flat_map(|row| &row.numbers).copied().collect();
            let numbers: Vec<_> = numbers.into_iter().collect();
            for some in numbers.chunks(STEP_GRANTS_MAX) {
                let step = services.store.grants_of_numbers(some).await?;
                self.take(&step);
            }
            self.access_rows = last.position + 1;
        }
        Ok(())
    }

    /// What stands in the way.
    pub(super) fn refusals(&self) -> Vec<String> {
        self.threats.refusals(&self.relied)
    }

    /// What the commit makes sure of.
    pub(super) fn must_be_free(&self) -> Option<MustBeFree> {
        (!self.threats.is_empty()).then(|| MustBeFree {
            threats: Arc::clone(&self.threats),
            access_rows: self.access_rows,
        })
    }
}
