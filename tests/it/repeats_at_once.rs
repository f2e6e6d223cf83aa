//! The same message from many at once, the same reference under many ids, and grants that would
//! overlap: one is made, whoever comes first.

use std::collections::BTreeSet;

use crate::scenery::{at_once, check, grant, person, site, verdict};
use crate::support::answer::Answer;
use crate::support::message::{Message, unique};

const CALLERS: usize = 64;

fn assert_one_made(answers: &[Answer]) {
    let count = |wanted: &str| {
        let is_so = |answer: &&Answer| answer.text("replayed").as_deref() == Some(wanted);
        answers.iter().filter(is_so).count()
    };
    let numbers: BTreeSet<String> = answers.iter().map(Answer::number).collect();
    assert_eq!(numbers.len(), 1, "{numbers:?}");
    assert_eq!((count("false"), count("true")), (1, answers.len() - 1));
}

fn assert_one_ok(answers: &[Answer], otherwise: &str, round: usize) {
    let verdicts: Vec<String> = answers.iter().map(verdict).collect();
    let count = |wanted: &str| verdicts.iter().filter(|found| *found == wanted).count();
    let counts = (count("OK"), count(otherwise));
    assert_eq!(
        counts,
        (1, answers.len() - 1),
        "round {round}: {verdicts:?}"
    );
}

#[test]
fn one_of_many_equal_messages_is_done() {
    let server = site("").start();
    for _ in 0..3 {
        let message = grant();
        let answers = at_once(&server, vec![message.clone(); CALLERS]);
        assert_one_made(&answers);
        let bodies: BTreeSet<&str> = answers.iter().map(|answer| answer.body.as_str()).collect();
        assert_eq!(bodies.len(), 2, "the first answer and the replay");
    }
}

#[test]
fn one_of_many_with_the_same_reference_is_done() {
    let server = site("").start();
    let with_new_ids = |callers: usize| -> Vec<Message> {
        let message = grant();
        let under_new_id = |_| message.clone().set("xrd:id", &unique("id"));
        (0..callers).map(under_new_id).collect()
    };
    let messages = with_new_ids(CALLERS);
    assert_one_made(&at_once(&server, messages.clone()));
    // Each was kept under its own id.
    for message in messages.into_iter().take(3) {
        let other = message.set("psop:unitValue", "1.00");
        check(
            &server,
            &[("other content", other, "DUPLICATE_MESSAGE_ID_CONFLICT")],
        );
    }
    // Nobody is told of an overlap with the grant that the same reference made a moment before.
    for _ in 0..100 {
        assert_one_made(&at_once(&server, with_new_ids(4)));
    }
}

#[test]
fn of_different_contents_under_one_id_one_is_done() {
    let server = site("").start();
    for round in 0..20 {
        // Other customers and references: the id alone is contended.
        let id = unique("id");
        let messages = (0..8).map(|_| grant().set("xrd:id", &id)).collect();
        assert_one_ok(
            &at_once(&server, messages),
            "DUPLICATE_MESSAGE_ID_CONFLICT",
            round,
        );
    }
}

#[test]
fn of_different_contents_under_one_reference_one_is_done() {
    let server = site("").start();
    for round in 0..20 {
        let reference = unique("ref");
        let messages = (0..8)
            .map(|_| grant().set("psop:sourceReference", &reference))
            .collect();
        let conflict = "SOURCE_REFERENCE_CONFLICT meta/sourceReference";
        assert_one_ok(&at_once(&server, messages), conflict, round);
    }
}

#[test]
fn of_two_overlapping_grants_one_is_made_every_time() {
    let server = site("").start();
    for round in 0..50 {
        let customer = person();
        let of = |from: &str, to: &str| {
            Message::create()
                .set("psop:personId", &customer)
                .valid(from, to)
        };
        let messages = vec![
            of("2026-03-01", "2026-06-01"),
            of("2026-06-01", "2026-08-31"),
        ];
        let mut verdicts: Vec<String> = at_once(&server, messages).iter().map(verdict).collect();
        verdicts.sort();
        assert_eq!(
            verdicts,
            ["OK", "PP_OVERLAP terms/validFrom"],
            "round {round}"
        );
    }
}

#[test]
fn grants_that_do_not_overlap_are_all_made() {
    let server = site("").start();
    let customer = person();
    let messages: Vec<Message> = (1..=28)
        .map(|day| {
            let day = format!("2026-04-{day:02}");
            Message::create()
                .set("psop:personId", &customer)
                .valid(&day, &day)
        })
        .collect();
    let answers = at_once(&server, messages);
    let numbers: BTreeSet<String> = answers.iter().map(Answer::number).collect();
    assert_eq!(numbers.len(), 28);
}
