//! What the tests share: a server process of their own each, messages to send, answers to read.

pub mod admin_api;
pub mod answer;
pub mod certificates;
pub mod cluster;
pub mod conformance;
pub mod dental;
pub mod listener;
pub mod mandates;
pub mod message;
pub mod operator;
pub mod planted;
pub mod postgres;
pub mod private;
pub mod security_server;
pub mod server;
pub mod tamper;
pub mod xmllint;

use std::path::{Path, PathBuf};

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A request of `fixtures/requests`, by its name without ending.
pub fn request(name: &str) -> String {
    let path: PathBuf = root().join("fixtures/requests").join(format!("{name}.xml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The number that request fixtures hold in place of a real one.
pub const NUMBER_IN_FIXTURES: &str = "OV-0000-0000-0000-0";
