//! `settlement report`: a settlement as a page to read and print.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::super::ConfigFile;
use super::super::part::run_into;
use crate::operate::Command;
use crate::operate::settlement::{Export, ExportedFile};
use crate::partner::limits::Language;

/// Write a page.
#[derive(Debug, Args)]
#[command(
    after_help = "One HTML file for A4 with all that a browser needs. No customer is in it. A browser makes a PDF of it:\n\
    chromium --headless --no-sandbox --no-pdf-header-footer --print-to-pdf=march.pdf march.html\n\
    A file of another content is not overwritten.\n\
    Example: psop-adapter settlement report 853-2026-03-1 --out march.html --language fi --config \
    fixtures/demo/psop-adapter.toml"
)]
pub struct Report {
    /// Number of the settlement, which must be confirmed or paid
    number: String,
    /// File to write, for its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Language of the page
    #[arg(long, value_enum, default_value_t = Language::Fi)]
    language: Language,
    #[command(flatten)]
    config: ConfigFile,
}

impl Report {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let export = Export {
            number: self.number,
            file: ExportedFile::Html(self.language),
            seen_version: None,
        };
        run_into(&self.config, Command::of(export), &self.out)
    }
}
