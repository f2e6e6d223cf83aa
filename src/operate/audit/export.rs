//! The rows of the access log that are one organiser's: for the register inquiry of one person, or of a period.
//! Rows of other organisers, and rows of no organiser, never.
//!
//! Invariant: a row of its own says who asked for whom, before anything is given.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::row;
use crate::clock::date_in_helsinki;
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::person_id::PersonId;
use crate::domain::registry::OrganiserCode;
use crate::operate::acting::{User, kept};
use crate::operate::{Done, Failed, Output};
use crate::services::Services;
use crate::store::audit::{AccessRecord, KeyedHash};
use crate::store::{Change, OrganiserEntry};

/// Purpose of an extract: the organiser answers for its data.
const PURPOSE: &str = "PALVELUN_JARJESTAMINEN";

/// Rows read at a time.
const PAGE_ROWS: usize = 256;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Jsonl,
}

/// Print an organiser's rows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    pub user: User,
    pub organiser: OrganiserCode,
    /// Only rows that touch this person.
    pub person_id: Option<String>,
    /// First and last day in Helsinki, both included.
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub format: Format,
}

/// Which rows are wanted.
struct Wanted {
    organiser: OrganiserCode,
    person: Option<KeyedHash>,
    from: Option<Date>,
    to: Option<Date>,
}

impl Wanted {
    fn holds(&self, row: &AccessRecord) -> bool {
        let day = date_in_helsinki(row.at);
        row.organiser == Some(self.organiser)
            && self.person.is_none_or(|person| row.touches(&person))
            && self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
    }
}

impl Export {
    pub(in crate::operate) async fn run(
        self,
        services: &Services,
        output: &Output,
    ) -> Result<Done, Failed> {
        let wanted = self.wanted(services).await?;
        // What is given is the log as it stood before it was asked for: the row of the asking is not among it.
        let store = &services.store;
        let end = store.access_head().await?.rows;
        kept(services, Change::access_only(self.row(services)?)).await?;
        if self.format == Format::Csv {
            output.out(&row::csv_head()).await?;
        }
        let (mut next, mut written, mut is_whole) = (store.access_start().await?.rows, 0_u64, true);
        while next < end {
            let mut rows = store.access_rows(next, PAGE_ROWS).await?;
            rows.retain(|row| row.position < end);
            if rows.is_empty() {
                is_whole = false;
                break;
            }
            for found in rows {
                if found.position != next {
                    // A purge may have come meanwhile.
                    is_whole &= found.position == store.access_start().await?.rows;
                }
                next = found.position.saturating_add(1);
                if wanted.holds(&found) {
                    let text = match self.format {
                        Format::Csv => row::csv(&found, wanted.person.as_ref()),
                        Format::Jsonl => row::json(&found, wanted.person.as_ref())?,
                    };
                    output.out(&text).await?;
                    written += 1;
                }
            }
            yield_now().await;
        }
        tracing::info!(organiser = %self.organiser, of_person = wanted.person.is_some(), rows = written,
            "access log exported");
        if !is_whole {
            let text = "rows of the access log are missing: `audit verify` says where";
            output.err(text).await?;
            return Ok(Done::FOUND_WRONG);
        }
        Ok(Done::WELL)
    }

    /// Who asked, and for whom: also of an extract that then breaks off.
    fn row(&self, services: &Services) -> Result<AccessEntry, Failed> {
        let row = self
            .user
            .row(services, "audit-export", PURPOSE, DataClass::Basic);
        let persons = match &self.person_id {
            Some(text) => vec![person(services, text)?],
            None => Vec::new(),
        };
        Ok(AccessEntry {
            organiser: Some(self.organiser),
            persons,
            ..row
        })
    }

    async fn wanted(&self, services: &Services) -> Result<Wanted, Failed> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to < from
        {
            let text = format!("{to} is before {from}: the period ends before it begins");
            return Err(Failed::Refused(text));
        }
        if services.store.organiser(self.organiser).await? == OrganiserEntry::Unlisted {
            let text = format!("{} is in no loaded list of organisers", self.organiser);
            return Err(Failed::Refused(text));
        }
        let person = match &self.person_id {
            Some(text) => Some(person_hash(services, text)?),
            None => None,
        };
        Ok(Wanted {
            organiser: self.organiser,
            person,
            from: self.from,
            to: self.to,
        })
    }
}

/// Nothing of what was given stands in the refusal.
fn person(services: &Services, text: &str) -> Result<PersonId, Failed> {
    let today = date_in_helsinki(services.clock.now());
    PersonId::parse(text, today)
        .map_err(|_| Failed::Refused("what was given is no personal identity code".to_owned()))
}

fn person_hash(services: &Services, text: &str) -> Result<KeyedHash, Failed> {
    let person = person(services, text)?;
    services
        .keyring
        .person_hash(&person)
        .map_err(|error| Failed::Refused(format!("the store's keys cannot be used: {error}")))
}
