//! What an operator does to service events: bring them in from a file. Decides nothing itself: a row goes the way
//! of a message.

pub mod file;
mod import;
mod report;
mod rows;

pub use import::{Import, Tally};
pub use report::REPORT_COLUMNS;
