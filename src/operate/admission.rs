//! Whether somebody may run a command, judged in one place before it begins, and the row of the access log that is kept
//! for those commands that keep none themselves. A refusal leaves a row too.

use super::acting::kept;
use super::caller::Caller;
use super::operation::{About, Command, Needs, Row};
use super::output::Output;
use super::{Done, Failed};
use crate::domain::access::DataClass;
use crate::services::Services;
use crate::store::Change;

/// Purpose of the row of what was refused, where a command keeps its rows itself.
const PURPOSE: &str = "OPERATION";

/// Why somebody may not run a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// Their role is not enough.
    Role,
    /// They do not act for the organiser named.
    Organiser,
    /// They do not act for every organiser, and the command is about all.
    AllOrganisers,
}

impl std::fmt::Display for Forbidden {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Forbidden::Role => "the token's role is not enough for this",
            Forbidden::Organiser => "the token does not act for this organiser",
            Forbidden::AllOrganisers => {
                "this is about every organiser, and the token does not act for all"
            }
        })
    }
}

impl Forbidden {
    /// As the access log names it.
    fn as_str(self) -> &'static str {
        match self {
            Forbidden::Role => "ROLE",
            Forbidden::Organiser => "ORGANISER",
            Forbidden::AllOrganisers => "ALL_ORGANISERS",
        }
    }
}

/// Runs a command if its caller may.
pub(super) async fn admitted(
    command: Command,
    services: &Services,
    caller: &Caller,
    output: &Output,
) -> Result<Done, Failed> {
    let Command { name, needs, .. } = command;
    let organiser = command.organiser();
    let keep = async |result: &str, reason| {
        let (purpose, data_class) = match needs.row {
            Row::One(purpose, data_class) => (purpose, data_class),
            Row::Own | Row::None => (PURPOSE, DataClass::Basic),
        };
        let mut row = caller.row(services, name, purpose, data_class);
        row.organiser = organiser;
        row.result = result.to_owned();
        row.reason = reason;
        kept(services, Change::access_only(row)).await
    };
    if let Err(forbidden) = may(caller, needs, &command) {
        keep("FORBIDDEN", Some(forbidden.as_str())).await?;
        return Err(Failed::Forbidden(forbidden));
    }
    if let Row::One(..) = needs.row {
        keep("OK", None).await?;
    }
    let done = command.run(services, caller, output).await;
    if let Err(Failed::Refused(_)) = &done {
        keep("REFUSED", None).await?;
    }
    done
}

fn may(caller: &Caller, needs: Needs, command: &Command) -> Result<(), Forbidden> {
    if caller.rank < needs.rank {
        return Err(Forbidden::Role);
    }
    match (needs.about, command.organiser()) {
        (About::All, _) if !caller.acts_for_all() => Err(Forbidden::AllOrganisers),
        (About::Named, Some(organiser)) if !caller.acts_for(organiser) => Err(Forbidden::Organiser),
        _ => Ok(()),
    }
}
