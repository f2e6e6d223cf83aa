//! The 24 worked scenarios of the contract, replayed with one server, the demo registry and the demo's clock:
//! [`script`] says what happens in which order and what must come of it, to the cent. What is sent stands in
//! `fixtures/requests` (SOAP) and `fixtures/events` (files of the event import); every answer and every report
//! of an import must be that of `fixtures/responses`, byte for byte but for numbers, identifiers and tokens.
//!
//! In the files of both sides the k-th number granted in scenario NN stands as that of NN + 32 (k - 1) (in
//! scenario 1 as that of 0), the k-th event of scenario NN as `00000000-0000-7000-8000-00000000NNkk`, and the
//! k-th token of the change feed as `TOKEN-NN-k`.
//!
//! To write the files anew after a wanted change: `PSOP_WRITE_RESPONSES=1 cargo test --test it scenarios`, and
//! read what was written: only the amounts of the script are held against the contract.

mod script;

use std::collections::BTreeSet;
use std::fs;

use psop_adapter::domain::number::PurchasingPowerNumber;

use crate::scenery::{set_clock, verdict};
use crate::support::answer::Answer;
use crate::support::mandates::StandIn;
use crate::support::message::Message;
use crate::support::operator::{Told, operate};
use crate::support::root;
use crate::support::server::{Server, Site};

use script::{SCRIPT, Step};

/// What proves each scenario: the script's files, and tests for what no sequence of messages can show.
const PROOFS: [(u32, &str, &[&str]); 24] = [
    (1, "create ordinary", &[]),
    (2, "provider looks it up", &[]),
    (
        3,
        "balance",
        &["events_import::a_balance_goes_down_to_the_cent"],
    ),
    (4, "create dental, itemised", &[]),
    (5, "dental event", &[]),
    (6, "errors together", &[]),
    (7, "not authorised", &[]),
    (8, "cap", &[]),
    (9, "time", &[]),
    (10, "wrong municipality", &[]),
    (11, "provider not approved", &[]),
    (12, "repeats", &[]),
    (
        13,
        "concurrency",
        &[
            "events_at_once::two_events_that_together_pass_the_ceiling_are_never_both_taken",
            "events_at_once::of_twenty_events_on_a_ceiling_for_fifteen_fifteen_are_taken",
            "events_import::of_twenty_imports_at_once_fifteen_find_something_left",
        ],
    ),
    (
        14,
        "settlement",
        &["settlement::a_month_is_settled_once_and_paid"],
    ),
    (
        15,
        "correction after settlement",
        &["settlement::a_settled_event_is_corrected_by_a_credit"],
    ),
    (16, "daycare month quota", &[]),
    (17, "income change", &[]),
    (
        18,
        "guardians",
        &["mandate::both_guardians_act_for_a_child_and_no_one_else"],
    ),
    (19, "non-disclosure", &[]),
    (
        20,
        "paging",
        &[
            "event_feed::pages_hold_each_event_once_and_what_changes_meanwhile_comes_after_the_watermark",
            "event_feed::tokens_are_good_for_their_question_their_client_and_a_day",
        ],
    ),
    (21, "free service", &[]),
    (22, "integrator", &[]),
    (23, "rounding", &[]),
    (24, "header hygiene", &[]),
];

/// What was really made, and what stands for it in the files.
#[derive(Default)]
struct Names {
    pairs: Vec<(String, String)>,
}

impl Names {
    fn is_known(&self, made: &str) -> bool {
        self.pairs.iter().any(|(_, known)| known == made)
    }

    fn count(&self, start: &str) -> usize {
        let with_start = |pair: &&(String, String)| pair.0.starts_with(start);
        self.pairs.iter().filter(with_start).count()
    }

    fn learn_number(&mut self, scenario: u32, grants: usize, made: String) {
        let bits = if scenario == 1 {
            0
        } else {
            u64::from(scenario) + 32 * grants as u64
        };
        let in_files = PurchasingPowerNumber::from_bits(bits).to_string();
        self.pairs.push((in_files, made));
    }

    fn learn_event(&mut self, scenario: u32, made: String) {
        if !made.is_empty() && !self.is_known(&made) {
            let start = format!("00000000-0000-7000-8000-00000000{scenario:02}");
            let in_files = format!("{start}{:02}", self.count(&start) + 1);
            self.pairs.push((in_files, made));
        }
    }

    fn learn_token(&mut self, scenario: u32, made: String) {
        if !self.is_known(&made) {
            let start = format!("TOKEN-{scenario:02}-");
            let in_files = format!("{start}{}", self.count(&start) + 1);
            self.pairs.push((in_files, made));
        }
    }

    fn to_send(&self, text: &str) -> String {
        let replace =
            |text: String, (in_files, made): &(String, String)| text.replace(in_files, made);
        self.pairs.iter().fold(text.to_owned(), replace)
    }

    fn to_keep(&self, text: &str) -> String {
        let replace =
            |text: String, (in_files, made): &(String, String)| text.replace(made, in_files);
        self.pairs.iter().fold(text.to_owned(), replace)
    }
}

/// A replay under way.
struct Replay {
    site: Site,
    server: Option<Server>,
    mandates: StandIn,
    names: Names,
    grants: Vec<u32>,
}

fn scenario_of(name: &str) -> u32 {
    name[..2].parse().unwrap()
}

/// Compares with what is kept in `fixtures/responses`, or keeps it there.
fn compare(file: &str, answered: &str) {
    let path = root().join("fixtures/responses").join(file);
    if std::env::var_os("PSOP_WRITE_RESPONSES").is_some() {
        fs::write(&path, answered).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(answered, expected, "{file}");
}

impl Replay {
    fn begin() -> Replay {
        let demo = fs::read_to_string(root().join("fixtures/demo/mandates.toml")).unwrap();
        let mandates = StandIn::start(&demo);
        let site = Site::new(&mandates.section(""));
        let server = site.start();
        Replay {
            site,
            server: Some(server),
            mandates,
            names: Names::default(),
            grants: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Send(name, expected, elements) => self.send(name, expected, elements),
            Step::Import(name, rows) => self.import(name, rows),
            Step::Operate(command, code, said) => self.operate(command, *code, said),
            Step::Logged(organiser, rows) => self.logged(organiser, rows),
            Step::Silence => self.mandates.silence(),
            Step::Clock(instant) => {
                self.stop();
                set_clock(&self.site, instant);
                self.server = Some(self.site.start());
            }
        }
    }

    fn send(&mut self, name: &str, expected: &str, elements: &[(&str, &str)]) {
        let message = self.names.to_send(&Message::fixture(name).0);
        let answer = self.server.as_ref().unwrap().post(&message);
        let scenario = scenario_of(name);
        if name[3..].starts_with("create-")
            && let Some(granted) = answer.text("purchasingPowerNumber")
        {
            let before = self.grants.iter().filter(|of| **of == scenario).count();
            self.names.learn_number(scenario, before, granted);
            self.grants.push(scenario);
        }
        for made in answer.texts("eventId") {
            self.names.learn_event(scenario, made);
        }
        for element in ["nextContinuation", "highWatermark"] {
            for made in answer.texts(element) {
                self.names.learn_token(scenario, made);
            }
        }
        let answer = Answer {
            body: self.names.to_keep(&answer.body),
            ..answer
        };
        compare(&format!("{name}.xml"), &answer.body);
        assert_eq!(verdict(&answer), expected, "{name}");
        for (element, texts) in elements {
            assert_eq!(answer.texts(element).join(" "), *texts, "{name}: {element}");
        }
    }

    fn import(&mut self, name: &str, rows: &[&str]) {
        let file = format!("{name}.csv");
        let text = fs::read_to_string(root().join("fixtures/events").join(&file)).unwrap();
        let path = self.site.folder().join(&file);
        fs::write(&path, self.names.to_send(&text)).unwrap();
        let path = path.to_str().unwrap();
        let command = ["events", "import", path, "--source-system", "TUONTI"];
        let told = operate(&self.site, &command);
        for made in told.column(6) {
            self.names.learn_event(scenario_of(name), made.to_owned());
        }
        compare(&file, &self.names.to_keep(&told.out));
        assert_eq!(report(&told), rows, "{name}");
    }

    fn operate(&mut self, command: &[&str], code: i32, said: &[&str]) {
        let real: Vec<String> = command
            .iter()
            .map(|word| self.names.to_send(word))
            .collect();
        let real: Vec<&str> = real.iter().map(String::as_str).collect();
        let told = operate(&self.site, &real);
        assert_eq!(told.code, code, "{command:?}: {told:?}");
        let all = self.names.to_keep(&(told.out + &told.err));
        for part in said {
            assert!(all.contains(part), "{command:?}: no {part:?} in {all}");
        }
    }

    /// The access log has a row for each of these requests, with its result.
    fn logged(&self, organiser: &str, rows: &[(&str, &str)]) {
        let command = ["audit", "export", "--organiser", organiser];
        let all = operate(&self.site, &[&command[..], &["--format", "jsonl"]].concat()).good();
        for (name, result) in rows {
            let message = Message::fixture(name).0;
            let id = message.split("<xrd:id>").nth(1).unwrap();
            let id = id.split('<').next().unwrap();
            let row = all.lines().find(|row| row.contains(id));
            let row: serde_json::Value = serde_json::from_str(row.unwrap()).unwrap();
            assert_eq!(row["result"], *result, "{name}: {row}");
        }
    }

    fn stop(&mut self) {
        assert_eq!(self.server.take().unwrap().stop(), Some(0));
    }
}

/// `reference code field` of every row of an import that is refused, `reference OK price voucher customer` of
/// one that is recorded.
fn report(told: &Told) -> Vec<String> {
    let cells = [1, 2, 3, 11, 12, 13].map(|place| told.column(place));
    let row = |row: usize| {
        let words = cells.iter().map(|column| column[row]);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.join(" ")
    };
    (0..cells[0].len()).map(row).collect()
}

#[test]
fn the_scenarios_come_out_as_the_contract_says() {
    let mut replay = Replay::begin();
    for step in SCRIPT {
        replay.take(step);
    }
    replay.stop();
    operate(&replay.site, &["store", "check"]).good();
    operate(&replay.site, &["audit", "verify"]).good();
}

/// Names in a folder of the fixtures, without ending, that begin with a scenario's number.
fn names_in(folder: &str, ending: &str) -> BTreeSet<String> {
    fs::read_dir(root().join("fixtures").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

#[test]
fn the_script_sends_every_file_and_every_answer_is_kept() {
    let mut sent = [BTreeSet::new(), BTreeSet::new()];
    for step in SCRIPT {
        let (place, name) = match step {
            Step::Send(name, ..) => (0, *name),
            Step::Import(name, _) => (1, *name),
            _ => continue,
        };
        assert!(sent[place].insert(name.to_owned()), "{name} is sent twice");
    }
    assert_eq!(sent[0], names_in("requests", ".xml"));
    assert_eq!(sent[1], names_in("events", ".csv"));
    assert_eq!(sent[0], names_in("responses", ".xml"));
    assert_eq!(sent[1], names_in("responses", ".csv"));
}

#[test]
fn every_scenario_has_its_proof() {
    for (place, (scenario, title, tests)) in PROOFS.iter().enumerate() {
        assert_eq!(*scenario as usize, place + 1, "{title}");
        let is_of_it = |step: &&Step| match step {
            Step::Send(name, ..) | Step::Import(name, _) => scenario_of(name) == *scenario,
            _ => false,
        };
        let steps = SCRIPT.iter().filter(is_of_it).count();
        assert!(steps > 0, "scenario {scenario}, {title}, has no file");
        for test in *tests {
            let (module, name) = test.split_once("::").unwrap();
            let source = root().join("tests/it").join(format!("{module}.rs"));
            let source = fs::read_to_string(source).unwrap();
            assert!(source.contains(&format!("fn {name}")), "{test}");
        }
    }
}
