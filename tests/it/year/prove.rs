//! The end of the year: the same cents in the use of the grants, the events, the settlements, the exports and the
//! test's own books; and nothing changes when everything is done again.

use std::collections::BTreeMap;
use std::path::Path;

use roxmltree::Document;

use super::books::{Kind, Run, State, cents, euros};
use super::messages::{feed, look_up, send, text};
use super::months::Year;
use super::world::{ORGANISERS, WITHOUT_ACCOUNT};
use crate::support::operator::operate;
use crate::support::server::Site;
use crate::support::xmllint;

/// What `settlement run|show|confirm|paid` says of a run; `paid` are the providers that are paid.
pub fn told_of(providers: &[String], run: &Run, state: &str, paid: &[usize]) -> String {
    let mut told = format!(
        "settlement {} {state}: {} events, price {}, voucher share {}, customer share {}\n",
        run.number,
        run.events,
        euros(run.price),
        euros(run.voucher),
        euros(run.price - run.voucher)
    );
    let (mut to_pay, mut held) = (0, String::new());
    for (provider, part) in &run.parts {
        let (id, payable) = (&providers[*provider], part.net().max(0));
        told += &format!(
            "provider {id}: {} events ({} of them credits), voucher share {}",
            part.events,
            part.credits,
            euros(part.voucher)
        );
        if part.brought_forward != 0 {
            told += &format!(", brought forward {}", euros(part.brought_forward));
        }
        told += &format!(", payable {}", euros(payable));
        if part.net() < 0 {
            told += &format!(", carried forward {}", euros(part.net()));
        }
        let has_no_account = *provider == WITHOUT_ACCOUNT && run.month < 7;
        let is_held = has_no_account && payable > 0 && !paid.contains(provider);
        if is_held {
            told += ", HELD BACK";
            held += &format!(
                "held back: provider {id} has no IBAN in the registry: apply one that has it, and confirm again\n"
            );
        } else {
            to_pay += payable;
            if paid.contains(provider) {
                told += ", PAID";
            }
        }
        told += "\n";
    }
    format!("{told}to pay {}\n{held}", euros(to_pay))
}

/// Writes a run's files, and proves the digests beside them.
pub fn export(site: &Site, number: &str, folder: &Path, with_payments: bool) -> String {
    let mut command = vec!["settlement", "export", number, "--out"];
    command.push(folder.to_str().unwrap());
    if with_payments {
        command.extend(["--debtor-iban", "FI2112345600000785"]);
        command.extend(["--execution-date", "2027-02-01"]);
    }
    operate(site, &command).good()
}

/// The text of the one file of a folder with this beginning and end.
fn file(folder: &Path, begins: &str, ends: &str) -> String {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(begins) && name.ends_with(ends));
    let name = found.next().unwrap();
    assert_eq!(found.next(), None);
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// What a payment file pays, by provider.
pub fn paid_by(folder: &Path) -> Vec<(usize, i64)> {
    let text = file(folder, "payments-", ".xml");
    let document = Document::parse(&text).unwrap();
    let named = |name: &'static str| {
        let nodes = document.descendants();
        nodes.filter(move |node| node.tag_name().name() == name)
    };
    let transfers = named("CdtTrfTxInf").map(|transfer| {
        let inside = |name: &str| {
            let mut nodes = transfer.descendants();
            let node = nodes.find(|node| node.tag_name().name() == name).unwrap();
            node.text()
        };
        let creditor = transfer
            .descendants()
            .find(|node| node.tag_name().name() == "Cdtr");
        let name = creditor
            .unwrap()
            .descendants()
            .find_map(|node| match node.tag_name().name() {
                "Nm" => node.text(),
                _ => None,
            });
        // `Hyva Hoiva Astrom 7 Oy`
        let place = name.unwrap().split(' ').nth(3).unwrap();
        (place.parse().unwrap(), cents(inside("InstdAmt").unwrap()))
    });
    let transfers: Vec<(usize, i64)> = transfers.collect();
    let sum: i64 = transfers.iter().map(|(_, amount)| amount).sum();
    for total in named("CtrlSum") {
        assert_eq!(cents(total.text().unwrap()), sum);
    }
    transfers
}

/// An event as the feed gives it: state, provider, shares, settlement.
type Given = (String, String, i64, i64, Option<String>);

impl Year {
    /// An organiser's whole feed as it is sent, events alone.
    fn feed(&self, place: usize) -> Vec<String> {
        let (mut events, mut continuation) = (Vec::new(), String::new());
        loop {
            let page = &send(self.server(), &[feed(place, &continuation)])[0];
            let parts = page.split("<psop:event>").skip(1);
            events.extend(parts.map(|part| part.split("</psop:event>").next().unwrap().to_owned()));
            match text(page, "nextContinuation") {
                Some(token) => {
                    continuation = format!("<psop:continuation>{token}</psop:continuation>");
                }
                None => return events,
            }
        }
    }

    /// The feed's events by their ids.
    fn given(&self, place: usize) -> BTreeMap<String, Given> {
        let events = self.feed(place);
        let count = events.len();
        let given: BTreeMap<String, Given> = events
            .iter()
            .map(|event| {
                // The event's own shares stand behind those of its lines.
                let whole = event.rsplit("</psop:line>").next().unwrap();
                let share = |name| cents(text(whole, name).unwrap());
                let value = |name| text(event, name).map(str::to_owned);
                (
                    value("eventId").unwrap(),
                    (
                        value("state").unwrap(),
                        value("providerBusinessId").unwrap(),
                        share("voucherShare"),
                        share("customerShare"),
                        value("settlementNumber"),
                    ),
                )
            })
            .collect();
        assert_eq!(given.len(), count, "none twice");
        given
    }

    /// The books, the feed, the grants' use, the settlements and their files agree to the cent.
    pub fn prove(&mut self) {
        let mut settled = 0;
        for (place, organiser) in ORGANISERS.iter().enumerate() {
            let of_events = self.prove_events(place);
            let of_runs = self.prove_runs(place);
            assert_eq!(of_events, of_runs, "settled of {}", organiser.code);
            settled += of_events;
        }
        assert!(settled > 0);
        let paid: i64 = self.paid.values().sum();
        let owed: i64 = self.books.carried.values().sum();
        assert_eq!(
            paid + owed,
            settled,
            "what was paid, less what is still owed"
        );
        self.prove_use();
        for organiser in &ORGANISERS {
            for month in 1..=12 {
                let month = format!("2026-{month:02}");
                let command = ["settlement", "verify", "--organiser", organiser.code];
                operate(&self.site, &[&command[..], &["--month", &month]].concat()).good();
            }
        }
        operate(&self.site, &["store", "check"]).good();
        operate(&self.site, &["audit", "verify"]).good();
        self.prove_that_all_of_it_happened();
    }

    /// The feed holds the books' events and no other; the voucher shares that are settled.
    fn prove_events(&self, place: usize) -> i64 {
        let mut given = self.given(place);
        let mut settled = 0;
        for event in &self.books.events {
            if self.books.grants[event.grant].organiser != place {
                continue;
            }
            let state = match (event.state, &event.run) {
                (State::Deleted, _) => "POISTETTU",
                (State::Rejected, _) => "HYLATTY",
                (State::Live, Some(_)) => "MAKSETTU",
                (State::Live, None) => "HYVAKSYTTY",
            };
            let expected: Given = (
                state.to_owned(),
                self.providers[event.provider].clone(),
                event.voucher,
                event.own_share(),
                event.run.clone(),
            );
            assert_eq!(given.remove(&event.id), Some(expected), "{}", event.id);
            if event.run.is_some() {
                settled += event.voucher;
            }
        }
        assert!(given.is_empty(), "{given:?}");
        settled
    }

    /// What the runs say and what their files hold; the voucher shares of all of them.
    fn prove_runs(&self, place: usize) -> i64 {
        let mut sum = 0;
        for run in self.books.runs.iter().filter(|run| run.organiser == place) {
            let paid: Vec<usize> = run.parts.keys().copied().collect();
            let shown = operate(&self.site, &["settlement", "show", &run.number]).good();
            let expected = told_of(&self.providers, run, "PAID", &paid);
            let (exported, shown): (Vec<&str>, Vec<&str>) = shown
                .lines()
                .partition(|line| line.starts_with("exported:"));
            assert_eq!(shown, expected.lines().collect::<Vec<_>>());
            let folder = self.folder(&format!("{}-end", run.number));
            export(&self.site, &run.number, &folder, false);
            // Both are what they were when they were exported first, in their month.
            for digest in file(&folder, "settlement-", ".sha256").lines() {
                assert!(exported[0].contains(&digest[..64]), "{exported:?}");
            }
            self.prove_files(run, &folder);
            sum += run.voucher;
            for (provider, part) in &run.parts {
                let paid = self.paid.get(&(run.number.clone(), *provider));
                assert_eq!(paid.copied().unwrap_or_default(), part.net().max(0));
            }
        }
        sum
    }

    fn prove_files(&self, run: &Run, folder: &Path) {
        let csv = file(folder, "settlement-", ".csv");
        let (mut events, mut shares) = (0, BTreeMap::<&str, i64>::new());
        for line in csv.lines().skip(1) {
            let cells: Vec<&str> = line.split(';').collect();
            match cells[0] {
                "EVENT" | "CREDIT" => {
                    events += 1;
                    *shares.entry(cells[2]).or_default() += cents(cells[9]);
                }
                "PROVIDER" => assert_eq!(shares.get(cells[2]), Some(&cents(cells[9]))),
                _ => assert_eq!(cents(cells[9]), run.voucher),
            }
        }
        let expected = run.parts.iter().map(|(provider, part)| {
            let id = self.providers[*provider].as_str();
            (id, part.voucher)
        });
        assert_eq!(shares, expected.collect());
        assert_eq!(events, run.events);
        let path = folder.join(format!("settlement-{}.xml", run.number));
        let schema = xmllint::schema("settlement-v1.xsd");
        assert_eq!(xmllint::complaints(&schema, &path), None);
        let xml = std::fs::read_to_string(&path).unwrap();
        let document = Document::parse(&xml).unwrap();
        let named = |name: &'static str, parent: &'static str| {
            let nodes = document.descendants();
            let nodes = nodes.filter(move |node| {
                let above = node.parent().map(|above| above.tag_name().name());
                node.tag_name().name() == name && above == Some(parent)
            });
            nodes.map(|node| cents(node.text().unwrap())).sum::<i64>()
        };
        let rows = named("voucherShare", "event") + named("voucherShare", "credit");
        assert_eq!(rows, run.voucher);
    }

    /// What every grant says is used is what the books have.
    fn prove_use(&self) {
        let grants = &self.books.grants;
        // Who gives the kind and is approved to the end.
        let provider = |kind: Kind| {
            let place = Kind::ALL.iter().position(|of| *of == kind).unwrap();
            &self.providers[place + 8]
        };
        let asked: Vec<usize> = (0..grants.len())
            .filter(|place| !grants[*place].is_cancelled)
            .collect();
        let messages: Vec<String> = asked
            .iter()
            .map(|place| look_up(&grants[*place], provider(grants[*place].kind)))
            .collect();
        let mut used: BTreeMap<usize, i64> = BTreeMap::new();
        for event in self.books.events.iter().filter(|event| event.counts()) {
            let of_december = event.month == 12;
            let by_month = matches!(grants[event.grant].kind, Kind::Home | Kind::Daycare);
            if of_december || !by_month {
                *used.entry(event.grant).or_default() += event.used;
            }
        }
        for (place, answer) in asked.iter().zip(send(self.server(), &messages)) {
            let expected = used.get(place).copied().unwrap_or_default();
            let told = |name| text(&answer, name).unwrap_or_else(|| panic!("no {name}: {answer}"));
            let found = match grants[*place].kind {
                Kind::Saldo => cents(told("used")),
                Kind::Dental => {
                    let parts = answer.split("<psop:usedCount>").skip(1);
                    let counts = parts.map(|part| part.split('<').next().unwrap());
                    1000 * counts
                        .map(|count| count.parse::<i64>().unwrap())
                        .sum::<i64>()
                }
                _ => told("used").replace('.', "").parse().unwrap(),
            };
            assert_eq!(found, expected, "{:?} {answer}", grants[*place].kind);
        }
    }

    /// A year in which something did not happen would prove nothing of it.
    fn prove_that_all_of_it_happened(&self) {
        let books = &self.books;
        let any = |what: &dyn Fn(&super::books::Event) -> bool| books.events.iter().any(what);
        assert!(any(&|event| event.state == State::Deleted));
        assert!(any(&|event| event.state == State::Rejected));
        assert!(any(&|event| event.credits.is_some() && event.price != 0));
        assert!(any(&|event| event.credits.is_some() && event.run.is_some()));
        assert!(any(&|event| books.grants[event.grant].is_cancelled));
        assert!(any(
            &|event| books.grants[event.grant].valid_from == "2026-09-15"
        ));
        assert!(any(
            &|event| books.grants[event.grant].values.len() > 1 && event.month > 5
        ));
        let parts = || books.runs.iter().flat_map(|run| &run.parts);
        assert!(parts().any(|(_, part)| part.net() < 0));
        assert!(parts().any(|(_, part)| part.brought_forward < 0));
        let held = |run: &Run| run.month < 7 && run.parts.contains_key(&WITHOUT_ACCOUNT);
        assert!(books.runs.iter().any(held));
        assert_eq!(books.runs.len(), 12 * ORGANISERS.len());
    }

    /// Everything again: no event changes, no file, no sum.
    pub fn again(&mut self) {
        let feeds = |year: &Year| -> Vec<Vec<String>> {
            (0..ORGANISERS.len())
                .map(|place| year.feed(place))
                .collect()
        };
        let before = feeds(self);
        self.apply(12);
        let sent = self
            .books
            .events
            .iter()
            .filter_map(|event| event.sent.as_ref());
        let some: Vec<&(String, String)> = sent.step_by(7).collect();
        let messages: Vec<String> = some.iter().map(|(message, _)| message.clone()).collect();
        for ((_, first), replay) in some.into_iter().zip(send(self.server(), &messages)) {
            let replayed = "<psop:replayed>true</psop:replayed>";
            assert!(replay.contains(replayed), "{replay}");
            let as_first = replay.replace(replayed, "<psop:replayed>false</psop:replayed>");
            assert_eq!(as_first, *first);
        }
        for run in &self.books.runs {
            let organiser = ORGANISERS[run.organiser].code;
            let month = format!("2026-{:02}", run.month);
            let command = [
                "settlement",
                "run",
                "--organiser",
                organiser,
                "--month",
                &month,
            ];
            let told = operate(&self.site, &command).good();
            assert!(told.starts_with("nothing to settle"), "{told}");
            for again in ["confirm", "paid"] {
                let told = operate(&self.site, &["settlement", again, &run.number]).good();
                assert!(told.contains("is PAID already"), "{told}");
            }
            let folder = self.folder(&format!("{}-end", run.number));
            let told = export(&self.site, &run.number, &folder, false);
            assert!(
                told.contains("unchanged") && !told.contains("written"),
                "{told}"
            );
        }
        assert!(feeds(self) == before, "an event changed");
        operate(&self.site, &["store", "check"]).good();
    }
}
