//! Gives the committed corpus of every fuzz target to the target's own body, without a fuzzer: what was once found
//! stays found, and the bodies themselves are built with every change.

use std::path::{Path, PathBuf};

use crate::support::root;

#[path = "../../fuzz/src/lib.rs"]
mod bodies;

/// Most that the corpus may take of a checkout.
const FILES_MAX: usize = 200;
const BYTES_MAX: u64 = 500_000;

/// What a target does with its bytes.
type Body = fn(&[u8]);

/// Every target and its body; `every_target_is_replayed` compares them with the fuzz crate's own list.
const TARGETS: [(&str, Body); 11] = [
    ("envelope", bodies::envelope::run),
    ("header", bodies::header::run),
    ("multipart", bodies::multipart::run),
    ("request_get_ostovoima", bodies::requests::get_ostovoima),
    (
        "request_get_service_events",
        bodies::requests::get_service_events,
    ),
    (
        "request_post_dental_purchasing_power",
        bodies::requests::post_dental_purchasing_power,
    ),
    (
        "request_post_dental_service_event",
        bodies::requests::post_dental_service_event,
    ),
    (
        "request_post_purchasing_power",
        bodies::requests::post_purchasing_power,
    ),
    (
        "request_post_saldo_purchasing_power",
        bodies::requests::post_saldo_purchasing_power,
    ),
    (
        "request_post_service_event",
        bodies::requests::post_service_event,
    ),
    ("values", bodies::values::run),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn corpus(target: &str) -> Vec<PathBuf> {
    files(&root().join("fuzz/corpus").join(target))
}

fn replay(target: &str, files: &[PathBuf]) {
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    assert!(!files.is_empty(), "{target} has no corpus");
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let outcome = std::panic::catch_unwind(|| body(&bytes));
        assert!(outcome.is_ok(), "{target} fails on {}", file.display());
    }
}

#[test]
fn every_target_holds_on_its_corpus() {
    for (target, _) in TARGETS {
        replay(target, &corpus(target));
    }
}

#[test]
fn every_target_holds_on_the_requests_of_the_fixtures() {
    let requests = files(&root().join("fixtures/requests"));
    for (target, _) in TARGETS {
        replay(target, &requests);
    }
}

#[test]
fn every_target_is_replayed() {
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let listed: Vec<&str> = manifest["bin"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["name"].as_str().unwrap())
        .collect();
    assert_eq!(listed, TARGETS.map(|(name, _)| name));
}

#[test]
fn a_corpus_is_small() {
    let all: Vec<PathBuf> = TARGETS
        .iter()
        .flat_map(|(target, _)| corpus(target))
        .collect();
    let bytes: u64 = all.iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(all.len() < FILES_MAX, "{} files", all.len());
    assert!(bytes < BYTES_MAX, "{bytes} bytes");
}
