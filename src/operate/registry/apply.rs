//! A change of the registry, whatever it comes from: compared with what stands, refused where something rests on what
//! it takes away, told, and kept in one commit with its history and its rows of the access log.

use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::registry::Registry;
use crate::domain::registry::diff::{Diff, diff};
use crate::operate::acting::{ATTEMPTS_MAX, kept};
use crate::operate::caller::Caller;
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::registry::{RegistryStep, StandingRegistry};
use crate::store::{Change, StoreError};

use super::look::Look;
use super::print::{self, Told};
use super::problems::problems;
use super::texts::unfit;
use super::{PURPOSE, Way};

/// Service in the access log.
const SERVICE: &str = "registry-apply";
/// Problems that are printed; how many more there are is told.
const PROBLEMS_PRINTED_MAX: usize = 50;

/// Makes of the registry that stands the one that is wanted.
pub(super) type Make<'a> = dyn Fn(&Registry) -> Result<Registry, Failed> + Send + Sync + 'a;

/// Plans the change, and makes it unless it is a dry run. What others change meanwhile is planned on anew.
pub(super) async fn run(
    services: &Services,
    caller: &Caller,
    output: &Output,
    way: &Way,
    make: &Make<'_>,
) -> Result<Done, Failed> {
    for _ in 0..ATTEMPTS_MAX {
        let standing = services.store.standing_registry().await?;
        must_be_expected(way, standing.version)?;
        let wanted = make(&standing.registry)?;
        // First: what else is wrong is told by names out of these texts.
        refuse(way, &unfit(&wanted)?)?;
        refuse(way, &problems(&wanted))?;
        let diff = diff(&standing.registry, &wanted);
        let told = Told {
            way,
            version: standing.version,
            diff: &diff,
        };
        if diff.is_empty() {
            looked(services, caller).await?;
            print::nothing_to_do(output, &told).await?;
            return Ok(Done::WELL);
        }
        let look = Look::at(services, output, &standing.registry, &diff).await?;
        refuse(way, &look.refusals())?;
        if way.is_dry_run {
            looked(services, caller).await?;
            print::plan(output, &told).await?;
            return Ok(Done::TO_DO);
        }
        if keep(services, caller, way, &standing, &wanted, &diff, look).await? {
            tracing::info!(version = standing.version + 1, "the registry was changed");
            print::applied(output, &told).await?;
            return Ok(Done::WELL);
        }
    }
    Err(StoreError::Conflict.into())
}

fn must_be_expected(way: &Way, version: u64) -> Result<(), Failed> {
    match way.expected_version {
        Some(expected) if expected != version => Err(Failed::Refused(format!(
            "the registry has version {version}, not {expected} (--expect-version): it was changed since. Nothing was \
             changed now; look at the plan again"
        ))),
        _ => Ok(()),
    }
}

fn refuse(way: &Way, problems: &[String]) -> Result<(), Failed> {
    match problems {
        [] => Ok(()),
        _ => Err(refused(way, problems)),
    }
}

/// A refusal with all that is wrong, or as much of it as can be read.
pub(super) fn refused(way: &Way, problems: &[String]) -> Failed {
    let mut lines: Vec<&str> = problems.iter().map(String::as_str).collect();
    lines.truncate(PROBLEMS_PRINTED_MAX);
    let mut told = format!("{} is refused, nothing was changed:", way.source.0.as_str());
    for line in &lines {
        told.push_str("\n  ");
        told.push_str(line);
    }
    if problems.len() > lines.len() {
        told.push_str(&format!("\n  and {} more", problems.len() - lines.len()));
    }
    Failed::Refused(told)
}

/// Keeps the change. `false`: it is to be planned anew, since the registry is another by now.
async fn keep(
    services: &Services,
    caller: &Caller,
    way: &Way,
    standing: &StandingRegistry,
    wanted: &Registry,
    diff: &Diff,
    mut look: Look,
) -> Result<bool, Failed> {
    for _ in 0..ATTEMPTS_MAX {
        look.catch_up(services).await?;
        refuse(way, &look.refusals())?;
        let mut rows = rows(services, caller, diff).into_iter();
        let Some(first) = rows.next() else {
            return Ok(false);
        };
        let step = RegistryStep {
            version: standing.version + 1,
            registry: wanted.clone(),
            source: way.source.0.as_str().to_owned(),
            diff: diff.clone(),
            further_rows: rows.collect(),
            must_be_free: look.must_be_free(),
        };
        let change = Change {
            registry: Some(step),
            ..Change::access_only(first)
        };
        if kept(services, change).await? {
            return Ok(true);
        }
        if services.store.standing_registry().await?.version != standing.version {
            return Ok(false);
        }
    }
    Err(StoreError::Conflict.into())
}

/// What changes nothing has shown the registry all the same.
async fn looked(services: &Services, caller: &Caller) -> Result<(), Failed> {
    let row = caller.row(services, SERVICE, PURPOSE, DataClass::Basic);
    kept(services, Change::access_only(row)).await?;
    Ok(())
}

/// A row for each organiser touched, or one of none.
fn rows(services: &Services, caller: &Caller, diff: &Diff) -> Vec<AccessEntry> {
    let row = caller.row(services, SERVICE, PURPOSE, DataClass::Basic);
    let organisers = diff.organisers();
    if organisers.is_empty() {
        let rows_returned = u32::try_from(diff.rows.len()).unwrap_or(u32::MAX);
        return vec![AccessEntry {
            rows_returned,
            ..row
        }];
    }
    let of_organisers = organisers
        .into_iter()
        .map(|(organiser, rows_returned)| AccessEntry {
            organiser: Some(organiser),
            rows_returned,
            ..row.clone()
        });
    of_organisers.collect()
}
