//! The rows of the access log that are one organiser's: for the register inquiry of one person, or of a period.
//! Rows of other organisers, and rows of no organiser, never.
//!
//! Invariant: a row of its own says who asked for whom, before anything is given.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::row::AuditRow;
use crate::clock::date_in_helsinki;
use crate::domain::access::DataClass;
use crate::domain::person_id::PersonId;
use crate::domain::registry::OrganiserCode;
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Published, Row};
use crate::operate::output::Output;
use crate::operate::values::Organiser;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::audit::{AccessRecord, KeyedHash};
use crate::store::{Change, OrganiserEntry};

/// Purpose of an extract: the organiser answers for its data.
const PURPOSE: &str = "PALVELUN_JARJESTAMINEN";

/// Rows read at a time.
const PAGE_ROWS: usize = 256;

/// Print an organiser's rows.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "AuditExportArguments")]
pub struct Export {
    pub organiser: Organiser,
    /// Identity code: only rows that touch this person.
    pub person_id: Option<String>,
    /// First and last day in Helsinki, both included.
    pub from: Option<Date>,
    pub to: Option<Date>,
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

impl Published for Export {
    type Answer = Vec<AuditRow>;

    const EXAMPLE: &'static str =
        r#"{"organiser": "853", "from": "2026-03-01", "to": "2026-03-31"}"#;
}

impl Operation for Export {
    const NAME: &'static str = "audit-export";
    const NEEDS: Needs = Needs {
        rank: Rank::ADMINISTRATOR,
        about: About::Named,
        row: Row::Own,
    };

    fn organiser(&self) -> Option<OrganiserCode> {
        Some(self.organiser.0)
    }

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let wanted = self.wanted(services).await?;
        let store = &services.store;
        let end = store.access_head().await?.rows;
        self.keep_row(services, caller).await?;
        output.list().await?;
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
                    let row = AuditRow::of(&found, wanted.person.as_ref());
                    output.item(&row).await?;
                    written += 1;
                }
            }
            yield_now().await;
        }
        tracing::info!(organiser = %self.organiser.0, of_person = wanted.person.is_some(), rows = written,
            "access log exported");
        if !is_whole {
            let text = "rows of the access log are missing: `audit verify` says where";
            output.err(text).await?;
            return Ok(Done::FOUND_WRONG);
        }
        Ok(Done::WELL)
    }
}

impl Export {
    /// Nothing is shown before it is on record that it was, and about whom.
    async fn keep_row(&self, services: &Services, caller: &Caller) -> Result<(), Failed> {
        let mut row = caller.row(services, Self::NAME, PURPOSE, DataClass::Basic);
        row.organiser = Some(self.organiser.0);
        if let Some(text) = &self.person_id {
            row.persons = vec![person(services, text)?];
        }
        kept(services, Change::access_only(row)).await?;
        Ok(())
    }

    async fn wanted(&self, services: &Services) -> Result<Wanted, Failed> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to < from
        {
            let text = format!("{to} is before {from}: the period ends before it begins");
            return Err(Failed::Refused(text));
        }
        if services.store.organiser(self.organiser.0).await? == OrganiserEntry::Unlisted {
            let text = format!("{} is in no loaded list of organisers", self.organiser.0);
            return Err(Failed::Refused(text));
        }
        let person = match &self.person_id {
            Some(text) => Some(person_hash(services, text)?),
            None => None,
        };
        Ok(Wanted {
            organiser: self.organiser.0,
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
    Ok(services.keyring.person_hash(&person(services, text)?))
}
