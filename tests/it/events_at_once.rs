//! Events from many at once: two providers never both spend the last euro, a duplicate is done once,
//! and readers of the change feed beside writers miss nothing.
//!
//! `PSOP_FEED_SECONDS` sets how long the writers write, `PSOP_DUPLICATE_ROUNDS` how many duplicates race.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::scenery::{at_once, verdict};
use crate::support::answer::Answer;
use crate::support::dental::{PERSON, ceiling, change, event, feed};
use crate::support::message::unique;
use crate::support::server::{Server, Site};

const WRITERS: usize = 8;
const READERS: usize = 4;
const CONNECTIONS: usize = 64;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn verdicts(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(verdict(answer)).or_insert(0) += 1;
    }
    counts
}

fn granted(server: &Server, euros: &str) -> String {
    server.post(&ceiling(PERSON, euros).0).number()
}

#[test]
fn two_events_that_together_pass_the_ceiling_are_never_both_taken() {
    let server = Site::new("").start();
    let mut sixties = 0;
    for round in 0..50 {
        let number = granted(&server, "100.00");
        let answers = at_once(
            &server,
            vec![event(&number, PERSON, 6), event(&number, PERSON, 5)],
        );
        let found: Vec<String> = answers.iter().map(verdict).collect();
        let refused = "CEILING_EXCEEDED procedure[1]".to_owned();
        assert!(
            found == ["OK".to_owned(), refused.clone()] || found == [refused, "OK".to_owned()],
            "round {round}: {found:?}"
        );
        sixties += usize::from(found[0] == "OK");
    }
    println!("of 50 rounds the larger event won {sixties}");
}

#[test]
fn of_twenty_events_on_a_ceiling_for_fifteen_fifteen_are_taken() {
    let server = Site::new("").start();
    let number = granted(&server, "150.00");
    let answers = at_once(
        &server,
        (0..20).map(|_| event(&number, PERSON, 1)).collect(),
    );
    let wanted = [
        ("OK".to_owned(), 15),
        ("CEILING_EXCEEDED procedure[1]".to_owned(), 5),
    ];
    assert_eq!(verdicts(&answers), wanted.into());
}

#[test]
fn a_duplicate_raced_has_one_effect() {
    let rounds = setting("PSOP_DUPLICATE_ROUNDS", 200);
    let server = Site::new("").start();
    let number = granted(&server, "9999999.00");
    let done = AtomicUsize::new(0);
    let pairs = CONNECTIONS / 2;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..pairs {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < rounds {
                    // The same id, or a new one under the same reference.
                    let message = event(&number, PERSON, 1);
                    let other = if done.load(Ordering::Relaxed).is_multiple_of(2) {
                        message.clone()
                    } else {
                        message.clone().set("xrd:id", &unique("id"))
                    };
                    let answers = at_once(&server, vec![message, other]);
                    let ids: BTreeSet<String> = answers
                        .iter()
                        .map(|answer| answer.text("eventId").unwrap())
                        .collect();
                    let replayed: BTreeSet<String> = answers
                        .iter()
                        .map(|answer| answer.text("replayed").unwrap())
                        .collect();
                    assert_eq!((ids.len(), replayed.len()), (1, 2), "{}", answers[0].body);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(done.into_inner(), rounds);
    let mut found = 0;
    let mut asked =
        "<psop:changesSince></psop:changesSince><psop:pageSize>500</psop:pageSize>".to_owned();
    loop {
        let answer = server.post(&feed(&asked).0);
        found += answer.texts("eventId").len();
        match answer.text("nextContinuation") {
            Some(token) => {
                asked = format!(
                    "<psop:changesSince></psop:changesSince><psop:pageSize>500</psop:pageSize><psop:continuation>{token}</psop:continuation>"
                );
            }
            None => break,
        }
    }
    assert_eq!(found, rounds, "one effect each");
}

/// What a reader has of the feed: the place of each event's latest change it was told.
#[derive(Default)]
struct Mirror {
    watermark: String,
    events: BTreeMap<String, (u64, String)>,
    pages: usize,
    snapshots: usize,
}

impl Mirror {
    /// Reads one snapshot to its end, from the watermark of the last.
    fn catch_up(&mut self, server: &Server, page_size: usize) {
        let span = format!(
            "<psop:changesSince>{}</psop:changesSince><psop:pageSize>{page_size}</psop:pageSize>",
            self.watermark
        );
        let last_seen = self.events.values().map(|(seq, _)| *seq).max().unwrap_or(0);
        let mut continuation = String::new();
        let mut places: Vec<u64> = Vec::new();
        let mut ids = BTreeSet::new();
        loop {
            let answer = server.post(&feed(&format!("{span}{continuation}")).0);
            assert_eq!(answer.outcome(), "OK", "{}", answer.body);
            self.pages += 1;
            let seqs = answer.texts("changeSeq");
            let states = answer.texts("state");
            for ((id, seq), state) in answer.texts("eventId").into_iter().zip(seqs).zip(states) {
                let seq: u64 = seq.parse().unwrap();
                assert!(ids.insert(id.clone()), "{id} twice within a snapshot");
                places.push(seq);
                self.events.insert(id, (seq, state));
            }
            match answer.text("nextContinuation") {
                Some(token) => {
                    continuation = format!("<psop:continuation>{token}</psop:continuation>");
                }
                None => {
                    self.watermark = answer.text("highWatermark").unwrap();
                    break;
                }
            }
        }
        assert!(
            places.is_sorted_by(|left, right| left < right),
            "{places:?}"
        );
        if let Some(first) = places.first() {
            assert!(*first > last_seen, "{first} came before: {last_seen}");
        }
        self.snapshots += 1;
    }
}

#[test]
fn readers_beside_writers_miss_nothing() {
    let seconds = setting("PSOP_FEED_SECONDS", 4);
    let server = Site::new("").start();
    let numbers: Vec<String> = (0..WRITERS)
        .map(|_| granted(&server, "9999999.00"))
        .collect();
    let is_over = AtomicBool::new(false);
    let written = AtomicUsize::new(0);
    let write = |number: &String| {
        let mut turn = 0_u32;
        while !is_over.load(Ordering::Relaxed) {
            turn += 1;
            let target = (number.as_str(), PERSON);
            let created = server.post(&event(number, PERSON, 1 + turn % 3).0);
            assert_eq!(verdict(&created), "OK");
            let id = created.text("eventId").unwrap();
            if turn.is_multiple_of(2) {
                let message = change("UPDATE", Some((&id, 1)), target, 4);
                assert_eq!(verdict(&server.post(&message.0)), "OK");
            }
            if turn.is_multiple_of(3) {
                let version = 1 + u64::from(turn.is_multiple_of(2));
                let message = change("DELETE", Some((&id, version)), target, 4);
                assert_eq!(verdict(&server.post(&message.0)), "OK");
            }
            written.fetch_add(1, Ordering::Relaxed);
        }
    };
    let read = |page_size: usize| -> Mirror {
        let mut mirror = Mirror::default();
        while !is_over.load(Ordering::Relaxed) {
            mirror.catch_up(&server, page_size);
        }
        mirror.catch_up(&server, page_size);
        mirror
    };
    let mirrors = std::thread::scope(|scope| {
        let writers: Vec<_> = numbers
            .iter()
            .map(|number| scope.spawn(|| write(number)))
            .collect();
        let readers: Vec<_> = [1, 7, 50, 500]
            .into_iter()
            .take(READERS)
            .map(|page_size| {
                let read = &read;
                scope.spawn(move || read(page_size))
            })
            .collect();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(seconds as u64) {
            std::thread::sleep(Duration::from_millis(50));
            // A writer that fails must not leave the rest writing.
            if writers.iter().any(|writer| writer.is_finished()) {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().unwrap();
        }
        let mirrors: Vec<Mirror> = readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .collect();
        mirrors
    });
    let mut whole = Mirror::default();
    whole.catch_up(&server, 500);
    assert_eq!(whole.events.len(), written.load(Ordering::Relaxed));
    for mirror in mirrors {
        let mut mirror = mirror;
        mirror.catch_up(&server, 500);
        println!(
            "a reader of {} snapshots, {} pages: {} events",
            mirror.snapshots,
            mirror.pages,
            mirror.events.len()
        );
        assert_eq!(mirror.events, whole.events);
    }
}
