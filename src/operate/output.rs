//! Where a command says what it has to say, line by line, and the lines as they go over the wire.

use openssl::base64;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Failed;

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
    /// The command's result.
    Result(serde_json::Value),
    /// The result is a list, whose items come one by one.
    List,
    /// The next item of the list.
    Item(serde_json::Value),
    /// The last one: the exit code.
    Done(u8),
}

/// So many lines may wait to be read: a command that is faster than its reader waits.
pub const LINES_WAITING_MAX: usize = 64;

/// So much of a file is handed over at a time, in bytes.
pub(super) const PIECE_BYTES: usize = 32 << 10;

/// Where a command's lines go.
pub struct Output(mpsc::Sender<Line>);

impl Output {
    /// An output whose lines are read elsewhere.
    pub(super) fn to(lines: mpsc::Sender<Line>) -> Output {
        Output(lines)
    }

    /// Says one or more lines for people. Waits while the reader is slow.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn out(&self, text: &str) -> Result<(), Failed> {
        for line in text.lines() {
            self.send(Line::Out(line.to_owned())).await?;
        }
        Ok(())
    }

    /// Says one or more lines beside the result: what went wrong, and how far it is.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn err(&self, text: &str) -> Result<(), Failed> {
        for line in text.lines() {
            self.send(Line::Err(line.to_owned())).await?;
        }
        Ok(())
    }

    /// Hands over bytes for a file, piece by piece.
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

    /// Gives the result, once.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn result(&self, result: &impl Serialize) -> Result<(), Failed> {
        self.send(Line::Result(serde_json::to_value(result)?)).await
    }

    /// Begins a result that is a list of any length, given item by item.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn list(&self) -> Result<(), Failed> {
        self.send(Line::List).await
    }

    /// Gives the next item of the list.
    ///
    /// # Errors
    /// [`Failed::OutputClosed`] when the reader is gone.
    pub async fn item(&self, item: &impl Serialize) -> Result<(), Failed> {
        self.send(Line::Item(serde_json::to_value(item)?)).await
    }

    pub(super) async fn done(&self, exit_code: u8) -> Result<(), Failed> {
        self.send(Line::Done(exit_code)).await
    }

    async fn send(&self, line: Line) -> Result<(), Failed> {
        self.0.send(line).await.map_err(|_| Failed::OutputClosed)
    }
}
