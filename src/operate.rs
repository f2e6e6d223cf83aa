//! Operator commands: what an operator does to the data, on open services and an output of lines.
//!
//! A command does not know where it runs: the admin listener runs it inside a running server
//! (`POST /commands/NAME`), and the command line runs it by itself where no server has the store. Both print the
//! same lines and end with the same exit code.
//!
//! Adding a command:
//! 1. One file in `operate/`: a struct of its arguments (`Serialize`, `Deserialize`, `deny_unknown_fields`) with
//!    `run(self, &Services, &Output) -> Result<Done, Failed>`. Arguments are values, never paths: the command line
//!    reads the files, since the server may not see them.
//! 2. Its variant in [`Command`] and its line in [`run`]. The variant's name in kebab-case is NAME.
//! 3. In `cli/`: make the command and hand it to `cli::operate::run`.
//!
//! Invariant: lines of [`Output`] may hold personal data, since the operator asked for it; logs and errors may not.

pub mod acting;
pub mod audit;
mod csv;
pub mod events;
mod names;
pub mod registry;
pub mod report;
pub mod settlement;
pub mod status;
pub mod store;
pub mod store_check;

use openssl::base64;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::secrets::SecretsError;
use crate::services::Services;
use crate::store::StoreError;

/// One operator command with its arguments.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Say how things are.
    Status(status::Status),
    /// Print the registry.
    RegistryShow(registry::Show),
    /// Make the registry that of a file.
    RegistryApply(registry::Apply),
    /// Print the registry's changes.
    RegistryHistory(registry::History),
    /// Take over the codes of a file.
    RegistryImportCodes(registry::ImportCodes),
    /// Take over an organiser's approvals of a file.
    RegistryImportApprovals(registry::ImportApprovals),
    /// Prove the store.
    StoreCheck(store_check::Check),
    /// Give the next piece of a backup.
    StoreBackup(store::backup::Backup),
    /// Seal everything under new keys.
    StoreRekey(store::rekey::Rekey),
    /// Drop the old keys.
    StoreRekeyFinish(store::rekey::Finish),
    /// Write records of earlier formats in the newest one.
    StoreMigrate(store::migrate::Migrate),
    /// Delete what retention lets go.
    StorePurge(store::purge::Purge),
    /// Print the proofs of all purges.
    StorePurgeProofs(store::purge::Proofs),
    /// Print the store's figures.
    StoreStats(store::stats::Stats),
    /// Print the access log's head.
    AuditHead(audit::Head),
    /// Walk the access log's chain.
    AuditVerify(audit::Verify),
    /// Print an organiser's rows of the access log.
    AuditExport(audit::Export),
    /// Record events of a file.
    EventsImport(events::Import),
    /// Approve events.
    EventsApprove(events::Approve),
    /// Reject events.
    EventsReject(events::Reject),
    /// Credit a settled event.
    EventsCredit(events::Credit),
    /// Show an event.
    EventsShow(events::Show),
    /// Settle an organiser's month.
    SettlementRun(settlement::Run),
    /// Show a settlement.
    SettlementShow(settlement::Show),
    /// Confirm a draft settlement.
    SettlementConfirm(settlement::Confirm),
    /// Note that a settlement was paid.
    SettlementPaid(settlement::Paid),
    /// Cancel a draft settlement.
    SettlementCancelDraft(settlement::CancelDraft),
    /// Give one file of a settlement.
    SettlementExport(settlement::Export),
    /// Prove settlements.
    SettlementVerify(settlement::Verify),
    /// Give a month's figures.
    ReportMonthly(report::Monthly),
    /// Give a month's own shares.
    ReportOwnShares(report::OwnShares),
}

/// Runs one command. Whatever it says goes to `output` while it runs.
///
/// # Errors
/// [`Failed`] when the command could not be done; its text is for the operator.
pub async fn run(command: Command, services: &Services, output: &Output) -> Result<Done, Failed> {
    match command {
        Command::Status(command) => command.run(services, output).await,
        Command::RegistryShow(command) => command.run(services, output).await,
        Command::RegistryApply(command) => command.run(services, output).await,
        Command::RegistryHistory(command) => command.run(services, output).await,
        Command::RegistryImportCodes(command) => command.run(services, output).await,
        Command::RegistryImportApprovals(command) => command.run(services, output).await,
        Command::StoreCheck(command) => command.run(services, output).await,
        Command::StoreBackup(command) => command.run(services, output).await,
        Command::StoreRekey(command) => command.run(services, output).await,
        Command::StoreRekeyFinish(command) => command.run(services, output).await,
        Command::StoreMigrate(command) => command.run(services, output).await,
        Command::StorePurge(command) => command.run(services, output).await,
        Command::StorePurgeProofs(command) => command.run(services, output).await,
        Command::StoreStats(command) => command.run(services, output).await,
        Command::AuditHead(command) => command.run(services, output).await,
        Command::AuditVerify(command) => command.run(services, output).await,
        Command::AuditExport(command) => command.run(services, output).await,
        Command::EventsImport(command) => command.run(services, output).await,
        Command::EventsApprove(command) => command.run(services, output).await,
        Command::EventsReject(command) => command.run(services, output).await,
        Command::EventsCredit(command) => command.run(services, output).await,
        Command::EventsShow(command) => command.run(services, output).await,
        Command::SettlementRun(command) => command.run(services, output).await,
        Command::SettlementShow(command) => command.run(services, output).await,
        Command::SettlementConfirm(command) => command.run(services, output).await,
        Command::SettlementPaid(command) => command.run(services, output).await,
        Command::SettlementCancelDraft(command) => command.run(services, output).await,
        Command::SettlementExport(command) => command.run(services, output).await,
        Command::SettlementVerify(command) => command.run(services, output).await,
        Command::ReportMonthly(command) => command.run(services, output).await,
        Command::ReportOwnShares(command) => command.run(services, output).await,
    }
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

/// One line of a command's output, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// For standard output.
    Out(String),
    /// For standard error.
    Err(String),
    /// Bytes for a file, in base 64.
    Data(String),
    /// Not for print: what the command line takes on from one command of a series to the next.
    Carry(serde_json::Value),
    /// The last one: the exit code.
    Done(u8),
}

/// So many lines may wait to be read: a command that is faster than its reader waits.
pub const LINES_WAITING_MAX: usize = 64;

/// So much of a file is handed over at a time, in bytes.
const PIECE_BYTES: usize = 32 << 10;

/// Where a command's lines go.
pub struct Output(mpsc::Sender<Line>);

impl Output {
    /// Says one or more lines on standard output. Waits while the reader is slow.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn out(&self, text: &str) -> Result<(), Failed> {
        for line in text.lines() {
            self.send(Line::Out(line.to_owned())).await?;
        }
        Ok(())
    }

    /// Says one or more lines on standard error.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn err(&self, text: &str) -> Result<(), Failed> {
        for line in text.lines() {
            self.send(Line::Err(line.to_owned())).await?;
        }
        Ok(())
    }

    /// Hands the command line bytes for a file, piece by piece.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn data(&self, bytes: &[u8]) -> Result<(), Failed> {
        for piece in bytes.chunks(PIECE_BYTES) {
            let line = Line::Data(base64::encode_block(piece));
            self.send(line).await?;
        }
        Ok(())
    }

    /// Hands the command line what it takes on to the next command of a series.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn carry(&self, value: &impl Serialize) -> Result<(), Failed> {
        self.send(Line::Carry(serde_json::to_value(value)?)).await
    }

    async fn send(&self, line: Line) -> Result<(), Failed> {
        self.0.send(line).await.map_err(|_| Failed::OutputClosed)
    }
}

/// Runs a command to its end and sends all that it says, its failure included; the last line is
/// [`Line::Done`]. A receiver that is dropped stops the command at its next line.
pub async fn perform(command: Command, services: &Services, lines: mpsc::Sender<Line>) -> Done {
    let output = Output(lines);
    let done = match run(command, services, &output).await {
        Ok(done) => done,
        Err(failed) => {
            // Nobody to tell it to is no failure of its own.
            let _ = output.err(&format!("psop-adapter: {failed}")).await;
            Done::FOUND_WRONG
        }
    };
    let _ = output.send(Line::Done(done.exit_code)).await;
    done
}
