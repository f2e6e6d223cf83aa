//! A mixed load of every service, kept as it was sent and answered, and the proof that every answer still holds.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::kill::connection::{Connection, Reply};
use crate::kill::people::person_id;
use crate::support::dental::{ceiling, change, event, feed, lookup};
use crate::support::message::Message;

/// Connections that write side by side.
const CONNECTIONS: usize = 24;
/// Connections that send it all again.
const PROVERS: usize = 16;

/// How long a caller waits that is told to come again.
const COME_AGAIN: Duration = Duration::from_millis(20);

/// A request that leaves something behind.
struct Sent {
    message: String,
    /// The first answer, where one came.
    answer: Option<String>,
}

/// What was sent in one round.
#[derive(Default)]
pub struct Ledger {
    sent: Mutex<Vec<Sent>>,
    /// Answers that said to come again.
    come_again: AtomicUsize,
}

/// What a proof came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proof {
    pub acknowledged: usize,
    /// Requests that never got an answer, and those of them that were kept.
    pub under_way: usize,
    pub kept: usize,
}

/// The persons that grants are given to, each once.
#[derive(Default)]
pub struct Persons(AtomicUsize);

impl Persons {
    fn next(&self) -> String {
        person_id(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Sends until the server is gone, over many connections.
#[cfg(feature = "heavy-tests")]
pub fn load(address: SocketAddr, persons: &Persons, ledger: &Ledger) {
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| Writer::work(address, persons, ledger, None));
        }
    });
}

/// Sends until told to stop, over many connections to servers that stay there: what is not answered is sent again
/// until it is, as callers do.
pub fn persistent_load(
    addresses: &[SocketAddr],
    persons: &Persons,
    ledger: &Ledger,
    stop: &AtomicBool,
) {
    std::thread::scope(|scope| {
        for address in addresses.iter().cycle().take(CONNECTIONS) {
            scope.spawn(|| Writer::work(*address, persons, ledger, Some(stop)));
        }
    });
}

/// One connection's writing.
struct Writer<'a> {
    connection: Connection,
    ledger: &'a Ledger,
    /// Until when what is not answered is sent again.
    until: Option<&'a AtomicBool>,
}

impl<'a> Writer<'a> {
    /// Ends with the connection, or with the first answer that is no answer; a persistent one when it is told to.
    fn work(
        address: SocketAddr,
        persons: &Persons,
        ledger: &'a Ledger,
        until: Option<&'a AtomicBool>,
    ) -> Option<()> {
        let connection = Connection::open(address).ok()?;
        let mut writer = Writer {
            connection,
            ledger,
            until,
        };
        let person = persons.next();
        let granted = writer.post(ceiling(&person, "9999999.00"))?;
        let number = granted.text("purchasingPowerNumber").to_owned();
        for turn in 0_u32.. {
            if until.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                break;
            }
            let target = (number.as_str(), person.as_str());
            let recorded = writer.post(event(&number, &person, 1 + turn % 3))?;
            let id = recorded.text("eventId").to_owned();
            let mut version = 1;
            if turn.is_multiple_of(2) {
                let replaced = change("UPDATE", Some((&id, version)), target, 5);
                writer.post(replaced)?;
                version += 1;
            }
            if turn.is_multiple_of(3) {
                let deleted = change("DELETE", Some((&id, version)), target, 5);
                writer.post(deleted)?;
            }
            let fixture = ["01-create-ordinary", "03-create-saldo"][turn as usize % 2];
            let create = Message::fixture(fixture).fresh();
            writer.post(create.set("psop:personId", &persons.next()))?;
            writer.answer(&lookup(&number))?;
            if turn.is_multiple_of(4) {
                writer.answer(&feed(
                    "<psop:changesSince></psop:changesSince><psop:pageSize>50</psop:pageSize>",
                ))?;
            }
        }
        Some(())
    }

    /// Sends what is to be kept.
    fn post(&mut self, message: Message) -> Option<Reply> {
        let reply = self.answer(&message);
        if let Some(reply) = &reply {
            assert_eq!(reply.text("status"), "OK", "{}", reply.body);
            // Sent again, it may have been done the first time.
            let may_be_replay = self.until.is_some();
            let is_first = reply.text("replayed") == "false";
            assert!(is_first || may_be_replay, "{}", reply.body);
        }
        self.ledger.sent.lock().unwrap().push(Sent {
            message: message.0,
            answer: reply.as_ref().map(|reply| reply.body.clone()),
        });
        reply
    }

    /// Sends a message until it is answered; `None` where it is not.
    fn answer(&mut self, message: &Message) -> Option<Reply> {
        loop {
            let reply = self.connection.post(&message.0);
            let Some(stop) = self.until else {
                return reply.ok().filter(|reply| reply.status == 200);
            };
            let reply = reply.unwrap();
            if stop.load(Ordering::Relaxed) && reply.status != 200 {
                return None;
            }
            if reply.status == 200 {
                return Some(reply);
            }
            let comes_again = ["STORE_UNAVAILABLE", "BUSY_RETRY"];
            let is_known = comes_again.iter().any(|code| reply.body.contains(code));
            assert!(is_known, "{}", reply.body);
            self.ledger.come_again.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(COME_AGAIN);
        }
    }
}

impl Ledger {
    pub fn acknowledged(&self) -> usize {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|sent| sent.answer.is_some()).count()
    }

    /// How often a caller was told to come again.
    pub fn come_again(&self) -> usize {
        self.come_again.load(Ordering::Relaxed)
    }

    /// Effects that were kept though the first answer was no OK: the message sent again found them.
    #[cfg(feature = "heavy-tests")]
    pub fn kept_unanswered(&self) -> usize {
        let sent = self.sent.lock().unwrap();
        let answers = sent.iter().filter_map(|sent| sent.answer.as_deref());
        let replays = answers.filter(|answer| answer.contains("<psop:replayed>true"));
        replays.count()
    }

    /// Sends everything again: what was answered is answered the same and done no second time. What was under way
    /// is done now, or was done, and once only. An error says how much is wrong, and the first of it.
    pub fn prove(&self, address: SocketAddr) -> Result<Proof, String> {
        let sent = self.sent.lock().unwrap();
        let (next, made) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
        let (proof, wrong) = (Mutex::new(Proof::default()), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..PROVERS {
                scope.spawn(|| {
                    let mut connection = Connection::open(address).unwrap();
                    while let Some(one) = sent.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match one.prove(&mut connection, &made) {
                            Ok(again) => proof.lock().unwrap().count(one, again),
                            Err(text) => wrong.lock().unwrap().push(text),
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner().unwrap();
        match wrong.first() {
            Some(first) => Err(format!(
                "{} of {} are wrong: {first}",
                wrong.len(),
                sent.len()
            )),
            None => Ok(proof.into_inner().unwrap()),
        }
    }
}

/// Whether a repeat found that it had been done.
enum Again {
    Done,
    New,
}

impl Proof {
    fn count(&mut self, sent: &Sent, again: Again) {
        if sent.answer.is_some() {
            self.acknowledged += 1;
        } else {
            self.under_way += 1;
            self.kept += usize::from(matches!(again, Again::Done));
        }
    }
}

impl Sent {
    fn prove(
        &self,
        connection: &mut Connection,
        made: &Mutex<BTreeSet<String>>,
    ) -> Result<Again, String> {
        let mut send = || match connection.post(&self.message) {
            Ok(reply) if reply.status == 200 => Ok(reply.body),
            Ok(reply) => Err(format!("an effect cannot be asked for: {}", reply.body)),
            Err(error) => Err(format!("no answer: {error}")),
        };
        let body = send()?;
        let again = match &self.answer {
            Some(first) if body == as_replay(first) => Again::Done,
            Some(first) => {
                let (first, now) = (outcome(first), outcome(&body));
                return Err(format!("acknowledged was {first}, and now it is {now}"));
            }
            None if body.contains("<psop:replayed>true") => Again::Done,
            None if body.contains("<psop:status>OK") => Again::New,
            None => return Err(format!("what was under way is refused: {body}")),
        };
        if send()? != as_replay(&body) {
            return Err(format!("a repeat is answered otherwise than {body}"));
        }
        // What a creation made is made by no other.
        if self.message.contains("<psop:action>CREATE") {
            let name = |name: &str| between(&body, name);
            let id = name("eventId").or_else(|| name("purchasingPowerNumber"));
            let id = id.ok_or_else(|| format!("nothing made: {body}"))?;
            if !made.lock().unwrap().insert(id.clone()) {
                return Err(format!("{id} was made twice"));
            }
        }
        Ok(again)
    }
}

/// What an answer says, in short.
fn outcome(body: &str) -> String {
    let parts = [
        "status",
        "replayed",
        "purchasingPowerNumber",
        "eventId",
        "code",
    ];
    let said = parts.iter().filter_map(|part| between(body, part));
    said.collect::<Vec<_>>().join(" ")
}

fn as_replay(body: &str) -> String {
    body.replace(
        "<psop:replayed>false</psop:replayed>",
        "<psop:replayed>true</psop:replayed>",
    )
}

fn between(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<psop:{name}>"))?;
    rest.split_once("</").map(|(text, _)| text.to_owned())
}
