//! Operator commands: what an operator does to the data, on open services and an output of lines.
//!
//! A command does not know where it runs: the admin listener runs it inside a running server (`POST /api/v1/NAME`), and
//! the command line runs it by itself where no server has the store. Both print the same lines and end with the same
//! exit code. Nor does it take from its arguments who runs it: that is a [`Caller`], and what a command needs of one
//! stands beside it and is judged before it begins ([`Forbidden`]).
//!
//! Adding a command:
//! 1. One file in `operate/`: a struct of its arguments (`Serialize`, `Deserialize`, `deny_unknown_fields`) that is an
//!    [`operation::Operation`]. Arguments are values, never paths: the command line reads the files, since the server
//!    may not see them.
//! 2. Its line in [`OPERATIONS`].
//! 3. In `cli/`: make the command and hand it to `cli::operate::run`.
//!
//! Invariant: lines of output may hold personal data, since who runs it asked for it; logs and errors may not.

mod acting;
mod admission;
mod arguments;
pub mod audit;
pub mod caller;
mod csv;
pub mod events;
pub mod operation;
mod output;
pub mod registry;
pub mod report;
pub mod settlement;
pub mod status;
pub mod store;
pub mod store_check;
pub mod token;
pub mod values;

use tokio::sync::mpsc;

use self::caller::Caller;
use self::operation::Entry;
use crate::secrets::SecretsError;
use crate::services::Services;
use crate::store::StoreError;

pub use self::admission::{Admitted, Forbidden, admit};
pub use self::operation::{Command, Listed};
pub use self::output::{LINES_WAITING_MAX, Line};

/// Every command there is.
pub static OPERATIONS: &[&dyn Listed] = &[
    &Entry::<status::Status>::PUBLISHED,
    &Entry::<registry::Show>::PUBLISHED,
    &Entry::<registry::Apply>::PUBLISHED,
    &Entry::<registry::History>::PUBLISHED,
    &Entry::<registry::ImportCodes>::PUBLISHED,
    &Entry::<registry::ImportApprovals>::PUBLISHED,
    &Entry::<store_check::Check>::OWNERS,
    &Entry::<store::backup::Backup>::OWNERS,
    &Entry::<store::rekey::Rekey>::OWNERS,
    &Entry::<store::rekey::Finish>::OWNERS,
    &Entry::<store::migrate::Migrate>::OWNERS,
    &Entry::<store::purge::Purge>::OWNERS,
    &Entry::<store::purge::Proofs>::OWNERS,
    &Entry::<store::stats::Stats>::OWNERS,
    &Entry::<token::Create>::OWNERS,
    &Entry::<token::List>::OWNERS,
    &Entry::<token::Revoke>::OWNERS,
    &Entry::<audit::Head>::PUBLISHED,
    &Entry::<audit::Verify>::PUBLISHED,
    &Entry::<audit::Export>::PUBLISHED,
    &Entry::<events::Import>::PUBLISHED,
    &Entry::<events::Approve>::PUBLISHED,
    &Entry::<events::Reject>::PUBLISHED,
    &Entry::<events::Credit>::PUBLISHED,
    &Entry::<events::Show>::PUBLISHED,
    &Entry::<settlement::Run>::PUBLISHED,
    &Entry::<settlement::Show>::PUBLISHED,
    &Entry::<settlement::Confirm>::PUBLISHED,
    &Entry::<settlement::Paid>::PUBLISHED,
    &Entry::<settlement::CancelDraft>::PUBLISHED,
    &Entry::<settlement::Export>::PUBLISHED,
    &Entry::<settlement::Verify>::PUBLISHED,
    &Entry::<report::Monthly>::PUBLISHED,
    &Entry::<report::OwnShares>::PUBLISHED,
];

/// The command of this name.
pub fn find(name: &str) -> Option<&'static dyn Listed> {
    let mut all = OPERATIONS.iter().copied();
    all.find(|operation| operation.name() == name)
}

/// How a command ended that could be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The process's exit code: 0, 1 when something asked for was refused or found wrong, 3 when a plan has something to
    /// do.
    pub exit_code: u8,
}

impl Done {
    /// All was done, and all is well.
    pub const WELL: Done = Done { exit_code: 0 };
    /// Something was refused or found wrong; the lines say what.
    pub const FOUND_WRONG: Done = Done { exit_code: 1 };
    /// Nothing was changed, and there is something to do.
    pub const TO_DO: Done = Done { exit_code: 3 };
}

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// What was asked makes no sense or is not allowed. The text says why, and what was changed.
    #[error("{0}")]
    Refused(String),
    /// Who runs it may not: for want of role or organiser.
    #[error("{0}")]
    Forbidden(Forbidden),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a key could not be used: {0}")]
    Secrets(#[from] SecretsError),
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the result cannot be written as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    /// Nobody reads the output any more: the command stops where it is.
    #[error("nobody reads the output any more")]
    OutputClosed,
}

/// Runs a command, if its caller may, and says all of it in lines: the last one is [`Line::Done`] whatever happens.
pub async fn perform(
    command: Command,
    services: &Services,
    caller: Caller,
    lines: mpsc::Sender<Line>,
) -> Done {
    match admit(command, services, caller).await {
        Ok(admitted) => admitted.perform_telling(services, lines).await,
        Err(failed) => admission::tell(&failed, lines).await,
    }
}
