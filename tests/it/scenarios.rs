//! Golden answers: every request of `fixtures/requests`, sent in order to one server with the demo
//! registry and clock, is answered as `fixtures/responses` says, byte for byte but for the number.
//!
//! To write the files anew after a wanted change: `PSOP_WRITE_RESPONSES=1 cargo test --test it scenarios`.

use std::fs;

use crate::support::message::Message;
use crate::support::server::Site;
use crate::support::{NUMBER_IN_FIXTURES, root};

#[test]
fn every_request_fixture_is_answered_as_its_response_fixture_says() {
    let site = Site::new("");
    let server = site.start();
    let mut names: Vec<String> = fs::read_dir(root().join("fixtures/requests"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    let mut number: Option<String> = None;
    for name in &names {
        let mut message = Message::fixture(name.trim_end_matches(".xml"));
        if let (true, Some(number)) = (message.0.contains(NUMBER_IN_FIXTURES), &number) {
            message = message.number(number);
        }
        let answer = server.post(&message.0);
        let granted = answer.text("purchasingPowerNumber");
        if name.starts_with("01-") {
            number.clone_from(&granted);
        }
        let answered = match &granted {
            Some(granted) => answer.body.replace(granted, NUMBER_IN_FIXTURES),
            None => answer.body.clone(),
        };
        let path = root().join("fixtures/responses").join(name);
        if std::env::var_os("PSOP_WRITE_RESPONSES").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &answered).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(answered, expected, "{name}");
        let is_fault = answered.contains(":Fault>");
        assert_eq!(answer.status, if is_fault { 500 } else { 200 }, "{name}");
    }
    let kept = fs::read_dir(root().join("fixtures/responses"))
        .unwrap()
        .count();
    assert_eq!(kept, names.len(), "a response fixture has no request");
}
