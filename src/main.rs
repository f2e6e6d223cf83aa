//! The program `psop-adapter`: reads the command line, runs one command, and says by its exit code
//! how it went. 0: done. 1: refused, or found wrong. 2: the command line makes no sense.
//! 3: what was looked at is not as it should be.

use std::process::ExitCode;

use clap::Parser;
use psop_adapter::cli::Cli;

/// Chosen by measurement, beside the system's own and others: docs/performance.md.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("psop-adapter: {error:#}");
            ExitCode::from(1)
        }
    }
}
