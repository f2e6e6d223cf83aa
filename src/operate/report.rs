//! Reports on an organiser's month: what was granted and used, and what customers paid themselves.
//!
//! Both tell live events, credits with their negative amounts, in the month of the service date: a CREDIT row has that
//! of the event it corrects, so a correction changes the month that it corrects. Read page by page.
//!
//! Invariant: a row in the access log says who was given what, before any of it is given.

mod monthly;
mod own_shares;

use openssl::sha::Sha256;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::PlacedEvent;
use crate::domain::settlement::Month;
use crate::operate::Failed;
use crate::operate::caller::Caller;
use crate::operate::output::Output;
use crate::services::Services;
use crate::store::Stretch;

pub use monthly::Monthly;
pub use own_shares::OwnShares;

/// Events or grants read at a time: nobody waits for more than these.
const PAGE_ROWS: usize = 500;

/// Purpose of a report in the access log: the organiser follows what it arranges.
const PURPOSE: &str = "PALVELUN_JARJESTAMINEN";

/// The row of a report on an organiser, before anything of it is given.
fn row(
    services: &Services,
    caller: &Caller,
    command: &str,
    organiser: OrganiserCode,
) -> AccessEntry {
    let row = caller.row(services, command, PURPOSE, DataClass::Payment);
    AccessEntry {
        organiser: Some(organiser),
        ..row
    }
}

/// A report that is whole; its bytes, CSV, come beside this.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportFile {
    /// The file's name, if nobody gives it another.
    name: String,
    /// Of the file, in hexadecimal.
    sha256: String,
    /// Rows with figures.
    rows: u64,
    /// Rows whose figures are left out, since they are about too few people.
    rows_suppressed: u64,
}

/// A report on its way out.
struct Giving<'a> {
    output: &'a Output,
    digest: Sha256,
}

impl<'a> Giving<'a> {
    fn to(output: &'a Output) -> Giving<'a> {
        Giving {
            output,
            digest: Sha256::new(),
        }
    }

    /// Gives what is written so far.
    async fn give(&mut self, written: &mut Vec<u8>) -> Result<(), Failed> {
        let piece = std::mem::take(written);
        self.digest.update(&piece);
        self.output.data(&piece).await
    }

    /// Says that it is whole.
    async fn end(self, name: String, rows: u64, rows_suppressed: u64) -> Result<(), Failed> {
        let file = ReportFile {
            name,
            sha256: hex::encode(self.digest.finish()),
            rows,
            rows_suppressed,
        };
        self.output.result(&file).await
    }
}

/// Live events of an organiser's month, page by page.
struct Pages<'a> {
    services: &'a Services,
    organiser: OrganiserCode,
    /// What is left; `None` at the end.
    left: Option<Stretch>,
}

impl<'a> Pages<'a> {
    fn of(services: &'a Services, organiser: OrganiserCode, month: Month) -> Pages<'a> {
        let days = month.first_day().zip(month.last_day());
        let left = days.map(|(from, to)| Stretch::Days {
            from,
            to,
            after: None,
        });
        Pages {
            services,
            organiser,
            left,
        }
    }

    /// The next ones; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<PlacedEvent>>, Failed> {
        let Some(stretch) = self.left.take() else {
            return Ok(None);
        };
        let store = &self.services.store;
        let mut page = store.events(self.organiser, stretch, PAGE_ROWS).await?;
        let last = page.last().filter(|_| page.len() == PAGE_ROWS);
        if let (Some(last), Stretch::Days { from, to, .. }) = (last, stretch) {
            self.left = Some(Stretch::Days {
                from,
                to,
                after: Some((last.event.service_date, last.event.id)),
            });
        }
        page.retain(|placed| placed.event.state.is_live());
        tokio::task::yield_now().await;
        Ok(Some(page))
    }
}
