//! Settlement (tilitys): a run is made, shown, confirmed, paid, exported, verified, and a draft cancelled. The rules are in
//! [`crate::domain::settlement`]; here they are taken step by step.
//!
//! Invariant: a step is one commit of bounded size, and a command that broke off is finished by giving it again.

mod cancel;
mod decide;
mod export;
mod run;
mod show;
mod steps;
mod verify;

pub use cancel::CancelDraft;
pub use decide::{Confirm, Paid};
pub use export::{Export, Exported, ExportedFile, Order};
pub use run::{Run, RunAnswer};
pub use show::{SettlementTold, Show};
pub use verify::{Verify, VerifyAnswer, Which};

/// Events read and moved on at a time: no other commit waits for more than these.
const STEP_EVENTS_MAX: usize = 500;

/// Purpose of all that belongs to a settlement.
const PURPOSE: &str = "TILITYS";
