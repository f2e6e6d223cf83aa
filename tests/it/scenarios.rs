//! Golden answers: every request of `fixtures/requests`, sent in order to one server with the demo
//! registry and clock, is answered as `fixtures/responses` says, byte for byte but for the numbers.
//! The mandate service is its stand-in with the demo's answers, and silent from `18-service-silent` on.
//! What `NN-create-…` grants stands in the files of both sides as the number of NN (of 01 as that of 0),
//! and the k-th event that is recorded in scenario NN as `00000000-0000-7000-8000-00000000NNkk`.
//!
//! To write the files anew after a wanted change: `PSOP_WRITE_RESPONSES=1 cargo test --test it scenarios`.

use std::fs;

use psop_adapter::domain::number::PurchasingPowerNumber;

use crate::support::mandates::StandIn;
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::Site;

/// The number that stands in the files for what this request grants.
fn number_of(name: &str) -> Option<String> {
    let (scenario, rest) = name.split_once('-')?;
    let scenario: u64 = scenario.parse().ok()?;
    let bits = if scenario == 1 { 0 } else { scenario };
    rest.starts_with("create-")
        .then(|| PurchasingPowerNumber::from_bits(bits).to_string())
}

/// The identifier that stands in the files for the next event of a scenario.
fn event_of(name: &str, known: &[(String, String)]) -> String {
    let scenario = name.split('-').next().unwrap();
    let start = format!("00000000-0000-7000-8000-00000000{scenario}");
    let before = known
        .iter()
        .filter(|(in_files, _)| in_files.starts_with(&start));
    format!("{start}{:02}", before.count() + 1)
}

#[test]
fn every_request_fixture_is_answered_as_its_response_fixture_says() {
    let demo = fs::read_to_string(root().join("fixtures/demo/mandates.toml")).unwrap();
    let mut mandates = Some(StandIn::start(&demo));
    let site = Site::new(&mandates.as_ref().unwrap().section(""));
    let server = site.start();
    let mut names: Vec<String> = fs::read_dir(root().join("fixtures/requests"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 27, "{names:?}");
    // The number or event in the files, and the one really made.
    let mut numbers: Vec<(String, String)> = Vec::new();
    for name in &names {
        if name.ends_with("-service-silent.xml") {
            mandates.take().map(StandIn::stop);
        }
        let mut message = Message::fixture(name.trim_end_matches(".xml")).0;
        for (in_files, granted) in &numbers {
            message = message.replace(in_files, granted);
        }
        let answer = server.post(&message);
        if let (Some(in_files), Some(granted)) =
            (number_of(name), answer.text("purchasingPowerNumber"))
        {
            numbers.push((in_files, granted));
        }
        if let Some(made) = answer.text("eventId")
            && numbers.iter().all(|(_, known)| *known != made)
        {
            numbers.push((event_of(name, &numbers), made));
        }
        let mut answered = answer.body.clone();
        for (in_files, granted) in &numbers {
            answered = answered.replace(granted, in_files);
        }
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
