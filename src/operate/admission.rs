//! Whether somebody may run a command, judged in one place before it begins, and the row of the access log that is kept
//! for those commands that keep none themselves. A refusal leaves a row too.

use tokio::sync::mpsc;

use super::acting::kept;
use super::caller::Caller;
use super::operation::{About, Command, Row, Unrun};
use super::output::{Line, Output};
use super::{Done, Failed};
use crate::domain::access::{AccessEntry, DataClass};
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

/// A command that its caller may run, on record where it keeps no rows itself.
pub struct Admitted {
    command: Command,
    caller: Caller,
}

/// Judges whether the caller may run a command.
///
/// # Errors
/// [`Failed::Forbidden`], which is on record; or that it cannot be kept on record.
pub async fn admit(
    command: Command,
    services: &Services,
    caller: Caller,
) -> Result<Admitted, Failed> {
    if let Err(forbidden) = may(&caller, &command) {
        let reason = Some(forbidden.as_str());
        keep(&command, services, &caller, "FORBIDDEN", reason).await?;
        return Err(Failed::Forbidden(forbidden));
    }
    if let Row::One(..) = command.needs.row {
        keep(&command, services, &caller, "OK", None).await?;
    }
    Ok(Admitted { command, caller })
}

impl Admitted {
    /// Runs it to its end and sends all that it says; the last line is [`Line::Done`], unless it could not be done. A
    /// receiver that is dropped stops it at its next line.
    ///
    /// # Errors
    /// [`Failed`] when it could not be done; its text is for who gave the command.
    pub async fn perform(
        self,
        services: &Services,
        lines: mpsc::Sender<Line>,
    ) -> Result<Done, Failed> {
        let Admitted { command, caller } = self;
        let output = Output::to(lines);
        let refused = command.unrun();
        match command.run(services, &caller, &output).await {
            Ok(done) => {
                output.done(done.exit_code).await?;
                Ok(done)
            }
            Err(failed) => {
                if let Failed::Refused(_) = failed {
                    let row = row(&refused, services, &caller, "REFUSED", None);
                    kept(services, Change::access_only(row)).await?;
                }
                Err(failed)
            }
        }
    }

    /// [`Admitted::perform`], with a failure among the lines: the last one is [`Line::Done`] whatever happens.
    pub async fn perform_telling(self, services: &Services, lines: mpsc::Sender<Line>) -> Done {
        match self.perform(services, lines.clone()).await {
            Ok(done) => done,
            Err(failed) => tell(&failed, lines).await,
        }
    }
}

/// Says a failure in lines.
pub(super) async fn tell(failed: &Failed, lines: mpsc::Sender<Line>) -> Done {
    let output = Output::to(lines);
    // Nobody to tell it to is no failure of its own.
    let _ = output.err(&format!("psop-adapter: {failed}")).await;
    let _ = output.done(Done::FOUND_WRONG.exit_code).await;
    Done::FOUND_WRONG
}

async fn keep(
    command: &Command,
    services: &Services,
    caller: &Caller,
    result: &str,
    reason: Option<&'static str>,
) -> Result<(), Failed> {
    let row = row(&command.unrun(), services, caller, result, reason);
    kept(services, Change::access_only(row)).await?;
    Ok(())
}

/// The row of a command that keeps none of its own.
fn row(
    (name, needs, organiser): &Unrun,
    services: &Services,
    caller: &Caller,
    result: &str,
    reason: Option<&'static str>,
) -> AccessEntry {
    let (purpose, data_class) = match needs.row {
        Row::One(purpose, data_class) => (purpose, data_class),
        Row::Own | Row::None => (PURPOSE, DataClass::Basic),
    };
    AccessEntry {
        organiser: *organiser,
        result: result.to_owned(),
        reason,
        ..caller.row(services, name, purpose, data_class)
    }
}

fn may(caller: &Caller, command: &Command) -> Result<(), Forbidden> {
    let needs = command.needs;
    if caller.rank < needs.rank {
        return Err(Forbidden::Role);
    }
    match (needs.about, command.organiser()) {
        (About::All, _) | (About::NamedOrAll, None) if !caller.acts_for_all() => {
            Err(Forbidden::AllOrganisers)
        }
        (About::Named | About::NamedOrAll, Some(organiser)) if !caller.acts_for(organiser) => {
            Err(Forbidden::Organiser)
        }
        _ => Ok(()),
    }
}
