//! Histories of one organiser's grants and events, made up at random: granted, amended, annulled, topped
//! up, recorded, replaced, deleted, approved, rejected, settled, paid and credited, while days pass. They
//! run through the library's pure functions, without store and SOAP. After each step the invariants hold,
//! and a naive reference model agrees on what was accepted or why not, on what is left, on states, and on
//! amounts to the cent.
//!
//! `PSOP_HISTORIES` is how many (10,000 by default), `PSOP_HISTORIES_SEED` begins them elsewhere.

mod calendar;
mod compare;
mod dice;
mod feed;
mod history;
mod invariants;
mod message;
mod model;
mod plan;
mod rules;
mod tally;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::array::uniform32;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use history::History;
use tally::Tally;

const HISTORIES: u32 = 10_000;
/// A share of the histories, with a random sequence of its own: the same whatever threads take them.
const SHARE: u32 = 250;
const STEPS_MIN: usize = 12;
const STEPS_MAX: usize = 36;
const SHRINKS_MAX: u32 = 8_000;

fn number_from(name: &str, default: u32) -> u32 {
    std::env::var(name)
        .ok()
        .map_or(default, |text| text.parse().unwrap())
}

/// Bytes that steps are made of, the first of them where the history begins.
fn steps() -> impl Strategy<Value = (u8, Vec<[u8; 32]>)> {
    (
        any::<u8>(),
        vec(uniform32(any::<u8>()), STEPS_MIN..=STEPS_MAX),
    )
}

/// Runs one share; what was wrong with a history, shrunk to what is needed of it.
fn share(seed: u32, number: u32, histories: u32, tally: &Mutex<Tally>) -> Option<String> {
    let mut bytes = [1; 16];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    bytes[4..8].copy_from_slice(&number.to_le_bytes());
    let config = Config {
        cases: histories,
        failure_persistence: None,
        max_shrink_iters: SHRINKS_MAX,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes);
    let ran = TestRunner::new_with_rng(config, rng).run(&steps(), |(beginning, steps)| {
        let mut history = History::new(beginning);
        for step in &steps {
            history.step(step).map_err(TestCaseError::fail)?;
        }
        history.end().map_err(TestCaseError::fail)?;
        tally.lock().unwrap().add(history.tally());
        Ok(())
    });
    match ran {
        Ok(()) => None,
        Err(TestError::Fail(reason, _)) => Some(format!("share {number}: {reason}")),
        Err(TestError::Abort(reason)) => Some(format!("share {number} was given up: {reason}")),
    }
}

#[test]
fn every_history_holds_the_invariants_and_agrees_with_a_naive_model() {
    let histories = number_from("PSOP_HISTORIES", HISTORIES);
    let seed = number_from("PSOP_HISTORIES_SEED", 1);
    let shares = histories.div_ceil(SHARE);
    let (next, tally) = (AtomicU32::new(0), Mutex::new(Tally::default()));
    let failed: Mutex<Option<String>> = Mutex::new(None);
    let work = || {
        while failed.lock().unwrap().is_none() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= shares {
                return;
            }
            if let Some(failure) = share(seed, number, SHARE, &tally) {
                failed.lock().unwrap().get_or_insert(failure);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(4));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    if let Some(failure) = failed.into_inner().unwrap() {
        panic!("{failure}");
    }
    let tally = tally.into_inner().unwrap();
    println!("{tally}");
    tally.reaches(histories);
}
