//! A month of the year: on its 25th what customers were given is recorded, on the 5th of the next it is settled.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::books::{Books, Event, Grant, Kind, Run, State, cents, euros};
use super::messages::{change, create, event, send, text};
use super::prove::{export, paid_by, told_of};
use super::world::{
    BANKRUPT, ENDED, ORGANISERS, PROVIDERS, REVIEWING, WITHOUT_ACCOUNT, apply, person, provider_ids,
};
use crate::scenery::{set_clock, verdict};
use crate::support::answer::Answer;
use crate::support::operator::operate;
use crate::support::server::{Server, Site};

/// Everything that its customers were given in May is credited, and nothing is recorded of it in June: it owes.
const OWING: usize = 4;

pub struct Year {
    pub site: Site,
    pub server: Option<Server>,
    pub books: Books,
    pub providers: Vec<String>,
    /// What the payment files pay, by run and provider.
    pub paid: BTreeMap<(String, usize), i64>,
}

/// A number that looks like any, the same in each run of the test.
fn dice(grant: usize, month: u32, what: u64) -> u64 {
    let mut value = (grant as u64) << 16 | u64::from(month) << 8 | what;
    for _ in 0..3 {
        value = value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        value ^= value >> 29;
    }
    value
}

/// An envelope as the answer that tells its verdict.
pub fn answered(body: &str) -> Answer {
    Answer {
        status: 200,
        headers: Vec::new(),
        body: body.to_owned(),
    }
}

impl Year {
    /// Customers of all organisers and kinds, one purchasing power each, on the 25th of January.
    pub fn begin(customers: usize) -> Year {
        let head = "environment = \"TEST\"\nclock = \"2026-01-25T10:00:00+02:00\"\n";
        let site = Site::empty(
            head,
            "[limits]\nclient_requests_per_s_max = 1000000\n[log]\nlevel = \"warn\"\n",
        );
        let grants = (0..customers).map(|place| {
            let kind = Kind::of(place / ORGANISERS.len());
            Grant {
                organiser: place % ORGANISERS.len(),
                kind,
                person: person(place),
                number: String::new(),
                valid_from: "2026-01-01".to_owned(),
                version: 1,
                values: vec![(1, kind.value())],
                is_cancelled: false,
            }
        });
        let mut year = Year {
            site,
            server: None,
            books: Books {
                grants: grants.collect(),
                ..Books::default()
            },
            providers: provider_ids(),
            paid: BTreeMap::new(),
        };
        year.go_to(1, 25);
        year.apply(1);
        let messages: Vec<String> = year.books.grants.iter().map(create).collect();
        for (grant, answer) in send(year.server(), &messages).iter().enumerate() {
            year.books.grants[grant].number = number_of(answer);
        }
        year
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// The same store on another day; month 13 is the next January.
    fn go_to(&mut self, month: u32, day: u32) {
        if let Some(server) = self.server.take() {
            assert_eq!(server.stop(), Some(0));
        }
        let (year, month) = (2026 + month / 13, (month - 1) % 12 + 1);
        let zone = if (4..=10).contains(&month) { 3 } else { 2 };
        let clock = format!("{year}-{month:02}-{day:02}T10:00:00+0{zone}:00");
        set_clock(&self.site, &clock);
        self.server = Some(self.site.start());
    }

    /// The registry of a month, while the server runs.
    pub fn apply(&self, month: u32) {
        apply(&self.site, month);
    }

    /// What is recorded in a month.
    pub fn live(&mut self, month: u32) {
        self.go_to(month, 25);
        self.apply(month);
        match month {
            4 => self.amend(),
            9 => self.move_away(),
            _ => {}
        }
        self.refused(month);
        let first = self.books.events.len();
        self.record(month);
        self.correct(first);
        self.decide(first);
    }

    /// Values of some change from May on.
    fn amend(&mut self) {
        let amended: Vec<(usize, i64)> = (0..self.books.grants.len())
            .filter_map(|place| match self.books.grants[place].kind {
                Kind::Home if place % 7 == 0 => Some((place, 2_800)),
                Kind::Daycare if place % 5 == 0 => Some((place, 61_200)),
                _ => None,
            })
            .collect();
        assert!(!amended.is_empty());
        let messages: Vec<String> = amended
            .iter()
            .map(|(place, value)| {
                let grant = &self.books.grants[*place];
                change(grant, "AMEND", "2026-05-01", Some(*value))
            })
            .collect();
        let answers = send(self.server(), &messages);
        for ((place, value), answer) in amended.into_iter().zip(answers) {
            assert_eq!(verdict(&answered(&answer)), "OK", "{answer}");
            let grant = &mut self.books.grants[place];
            grant.version += 1;
            grant.values.push((5, value));
        }
    }

    /// Customers of the first organiser's home help move to the second in the middle of September.
    fn move_away(&mut self) {
        let moved: Vec<usize> = (0..self.books.grants.len())
            .filter(|place| place % 36 == 0)
            .collect();
        let grants = &self.books.grants;
        let cancels: Vec<String> = moved
            .iter()
            .map(|place| change(&grants[*place], "CANCEL", "2026-09-15", None))
            .collect();
        let new: Vec<Grant> = moved
            .iter()
            .map(|place| Grant {
                organiser: REVIEWING,
                number: String::new(),
                valid_from: "2026-09-15".to_owned(),
                version: 1,
                values: vec![(1, 3_100)],
                ..grants[*place].clone()
            })
            .collect();
        for answer in send(self.server(), &cancels) {
            assert_eq!(verdict(&answered(&answer)), "OK", "{answer}");
        }
        let creates: Vec<String> = new.iter().map(create).collect();
        let answers = send(self.server(), &creates);
        for place in moved {
            self.books.grants[place].is_cancelled = true;
        }
        for (grant, answer) in new.into_iter().zip(answers) {
            let number = number_of(&answer);
            self.books.grants.push(Grant { number, ..grant });
        }
    }

    /// What may no longer be recorded.
    fn refused(&self, month: u32) {
        let of_kind = |kind: Kind| {
            let mut grants = self.books.grants.iter();
            grants.position(|grant| grant.kind == kind).unwrap()
        };
        let expect = |grant: usize, provider: usize, code: &str| {
            let refused = Event::new(
                &self.books.grants,
                grant,
                provider,
                (month, 20),
                (1_000, 1_000),
            );
            let message = event(
                "CREATE",
                &refused,
                &self.books.grants[grant],
                &self.providers[provider],
            );
            let answer = &send(self.server(), &[message])[0];
            let told = verdict(&answered(answer));
            assert!(told.starts_with(code), "{told}");
        };
        match month {
            7 => expect(
                of_kind(Kind::Home),
                ENDED,
                "PROVIDER_APPROVAL_NOT_VALID_ON_DATE",
            ),
            8 => expect(of_kind(Kind::Saldo), BANKRUPT, "PROVIDER_NOT_APPROVED"),
            9 => {
                let mut grants = self.books.grants.iter();
                let moved = grants.position(|grant| grant.is_cancelled).unwrap();
                expect(moved, OWING, "PP_CANCELLED");
            }
            _ => {}
        }
    }

    /// Who gives something of this kind in a month.
    fn provider(kind: Kind, month: u32, chance: u64) -> usize {
        let place = Kind::ALL.iter().position(|of| *of == kind).unwrap();
        let mut provider = place + 4 * (chance as usize % (PROVIDERS / 4));
        let is_out = |provider: usize| match provider {
            ENDED => month >= 7,
            BANKRUPT => month >= 8,
            OWING => month == 6,
            _ => false,
        };
        while is_out(provider) {
            provider = (provider + 4) % PROVIDERS;
        }
        provider
    }

    fn record(&mut self, month: u32) {
        let grants = &self.books.grants;
        let mut new: Vec<Event> = Vec::new();
        for (place, grant) in grants.iter().enumerate() {
            let came_late = grant.valid_from == "2026-09-15";
            if grant.is_cancelled && month > 9 || came_late && month < 9 {
                continue;
            }
            let times = match dice(place, month, 0) % 10 {
                0..=2 => 1,
                3 if grant.kind != Kind::Daycare => 2,
                _ => 0,
            };
            for time in 0..times {
                let chance = dice(place, month, 1 + time);
                // Some are recorded after their month was settled.
                let is_late = chance.is_multiple_of(17)
                    && month > 1
                    && grant.kind != Kind::Daycare
                    && !(came_late && month == 9);
                let of = if is_late { month - 1 } else { month };
                let day = match (grant.is_cancelled, came_late && of == 9) {
                    (true, _) if of == 9 => 1 + (chance >> 8) % 14,
                    (_, true) => 15 + (chance >> 8) % 9,
                    _ => 1 + (chance >> 8) % 24,
                };
                let chance = chance >> 16;
                let line = match grant.kind {
                    Kind::Home => (
                        1_000 + (chance % 4) as i64 * 500,
                        3_850 + (chance % 5) as i64,
                    ),
                    Kind::Saldo => (1_000, 3_000 + (chance % 7_000) as i64),
                    Kind::Dental => (1_000 + (chance % 2) as i64 * 1_000, 4_100),
                    Kind::Daycare => (1_000, 70_000 + (chance % 3) as i64),
                };
                let provider = Self::provider(grant.kind, month, chance >> 8);
                new.push(Event::new(grants, place, provider, (of, day as u32), line));
            }
        }
        let messages: Vec<String> = new.iter().map(|new| self.message("CREATE", new)).collect();
        let answers = send(self.server(), &messages);
        for ((mut event, message), answer) in new.into_iter().zip(messages).zip(answers) {
            assert_eq!(verdict(&answered(&answer)), "OK", "{answer}\n{message}");
            event.id = text(&answer, "eventId").unwrap().to_owned();
            event.sent = Some((message, answer));
            self.books.events.push(event);
        }
    }

    fn message(&self, action: &str, of: &Event) -> String {
        let grant = &self.books.grants[of.grant];
        event(action, of, grant, &self.providers[of.provider])
    }

    /// Providers set some of what they have just recorded right, and delete some.
    fn correct(&mut self, first: usize) {
        let (mut messages, mut corrected) = (Vec::new(), Vec::new());
        for place in first..self.books.events.len() {
            let grant = self.books.grants[self.books.events[place].grant].clone();
            match dice(place, 0, 7) % 19 {
                0 => {
                    self.books.events[place].state = State::Deleted;
                    messages.push(self.message("DELETE", &self.books.events[place]));
                }
                1 if grant.kind == Kind::Home && grant.organiser != REVIEWING => {
                    let event = &mut self.books.events[place];
                    event.quantity += 500;
                    event.reckon(&grant);
                    messages.push(self.message("UPDATE", &self.books.events[place]));
                }
                _ => continue,
            }
            corrected.push(place);
        }
        for (place, answer) in corrected.iter().zip(send(self.server(), &messages)) {
            assert_eq!(verdict(&answered(&answer)), "OK", "{place} {answer}");
        }
    }

    /// The organisers reject some of what waits for their check, and approve the rest.
    fn decide(&mut self, first: usize) {
        let (mut rejected, mut approved) = (Vec::new(), Vec::new());
        for (place, event) in self.books.events.iter_mut().enumerate().skip(first) {
            let grant = &self.books.grants[event.grant];
            let waits = grant.organiser == REVIEWING && grant.kind == Kind::Home;
            match event.state {
                State::Live if waits && dice(place, 0, 9).is_multiple_of(11) => {
                    event.state = State::Rejected;
                    rejected.push(event.id.as_str());
                }
                State::Live => {
                    event.is_approved = true;
                    approved.push(event.id.as_str());
                }
                _ => {}
            }
        }
        for (what, events) in [("reject", rejected), ("approve", approved)] {
            for some in events.chunks(1_000) {
                operate(&self.site, &[&["events", what], some].concat()).good();
            }
        }
    }

    /// What is settled of a month, in the next.
    pub fn settle(&mut self, month: u32) {
        self.go_to(month + 1, 5);
        for (place, organiser) in ORGANISERS.iter().enumerate() {
            let code = organiser.code;
            let told = self.run(code, month);
            let Some(run) = self.books.settle(place, code, month) else {
                assert!(told.starts_with("nothing to settle"), "{told}");
                continue;
            };
            assert_eq!(told, told_of(&self.providers, &run, "DRAFT", &[]));
            self.pay(&run, month);
        }
        if month == 7 {
            // The account is there now: what was held back is confirmed and paid anew.
            let held: Vec<Run> = self.books.runs.clone();
            for run in held.iter().filter(|run| run.month < 7) {
                self.pay(run, month);
            }
        }
        // What is credited in January is next year's.
        if month < 12 {
            self.credit(month);
        }
    }

    fn run(&self, code: &str, month: u32) -> String {
        let month = format!("2026-{month:02}");
        let command = ["settlement", "run", "--organiser", code, "--month", &month];
        operate(&self.site, &command).good()
    }

    /// Confirms, exports with payments, and notes as paid.
    fn pay(&mut self, run: &Run, now: u32) {
        operate(&self.site, &["settlement", "confirm", &run.number]).good();
        let due: i64 = run
            .parts
            .iter()
            .filter(|(provider, _)| !self.paid.contains_key(&(run.number.clone(), **provider)))
            .filter(|(provider, _)| **provider != WITHOUT_ACCOUNT || now >= 7)
            .map(|(_, part)| part.net().max(0))
            .sum();
        if due > 0 {
            let folder = self.folder(&format!("{}-{now}", run.number));
            export(&self.site, &run.number, &folder, true);
            let mut sum = 0;
            for (provider, amount) in paid_by(&folder) {
                sum += amount;
                let before = self.paid.insert((run.number.clone(), provider), amount);
                assert_eq!(before, None, "{provider} is paid twice");
            }
            assert_eq!(sum, due, "{}", run.number);
        }
        operate(&self.site, &["settlement", "paid", &run.number]).good();
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        self.site.folder().join("exports").join(name)
    }

    /// Some of what was settled is credited, whole or an hour of it.
    fn credit(&mut self, month: u32) {
        let ending = format!("-2026-{month:02}-1");
        for place in 0..self.books.events.len() {
            let event = &self.books.events[place];
            let is_owed = month == 5 && event.provider == OWING;
            let is_settled = event.run.as_ref().is_some_and(|run| run.ends_with(&ending));
            let is_chosen = is_owed || dice(place, 0, 11).is_multiple_of(29);
            if !is_settled || !is_chosen || event.credits.is_some() || event.is_credited {
                continue;
            }
            let grant = &self.books.grants[event.grant];
            let in_part = grant.kind == Kind::Home && event.quantity > 1_000 && !is_owed;
            let mut rest = event.clone();
            rest.quantity = if in_part { event.quantity - 1_000 } else { 0 };
            rest.reckon(grant);
            let credit = Event {
                id: String::new(),
                quantity: event.quantity - rest.quantity,
                price: rest.price - event.price,
                voucher: rest.voucher - event.voucher,
                used: rest.used - event.used,
                is_approved: true,
                credits: Some(place),
                run: None,
                sent: None,
                ..event.clone()
            };
            let mut command = vec!["events", "credit", &event.id, "--reason-code", "VIRHE"];
            command.extend(["--reason-text", "Käynti kirjattiin kahdesti"]);
            if in_part {
                command.extend(["--line", "1=1"]);
            }
            let told = operate(&self.site, &command).good();
            let extent = if in_part { "PARTIAL" } else { "FULL" };
            let (head, sums) = told.trim_end().split_once(": price ").unwrap();
            let (_, id) = head
                .split_once(&format!("credited {extent} by event "))
                .unwrap();
            let expected = format!(
                "{}, voucher share {}, customer share {}",
                euros(credit.price),
                euros(credit.voucher),
                euros(credit.own_share())
            );
            assert_eq!(sums, expected);
            let id = id.to_owned();
            self.books.events[place].is_credited = true;
            self.books.events.push(Event { id, ..credit });
        }
    }
}

fn number_of(answer: &str) -> String {
    assert_eq!(verdict(&answered(answer)), "OK", "{answer}");
    let total = text(answer, "totalAuthorised").map(cents);
    assert!(total.is_some_and(|total| total > 0), "{answer}");
    text(answer, "purchasingPowerNumber").unwrap().to_owned()
}
