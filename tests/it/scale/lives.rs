//! A grant and two events on it, as the services leave them, and the same of any number of other customers.
//!
//! The real services make one of each kind. What they committed is read back and becomes a pattern, in which the customer,
//! the number, the identifiers and the day are exchanged.

use jiff::ToSpan;
use jiff::civil::date;
use psop_adapter::domain::access::AccessEntry;
use psop_adapter::domain::customer::Customer;
use psop_adapter::domain::event_id::EventId;
use psop_adapter::domain::ledger::{Posting, PostingKind};
use psop_adapter::domain::money::Cents;
use psop_adapter::domain::number::PurchasingPowerNumber;
use psop_adapter::domain::person_id::PersonId;
use psop_adapter::domain::purchasing_power::PurchasingPower;
use psop_adapter::domain::registry::Registry;
use psop_adapter::domain::service_event::ServiceEvent;
use psop_adapter::store::upkeep::TableFigures;
use psop_adapter::store::{
    Change, Effect, EventWrite, EventsWanted, GrantFacts, GrantQuery, KeptAnswer, MessageKey,
    ReferenceKey, Subject,
};

use super::inside::{CARER, CareEvent, Inside};
use crate::kill::people;
use crate::support::dental;
use crate::support::message::Message;
use crate::support::server::Site;

/// Kinds of grants; the life with this index is of the kind `index % KINDS`.
pub const KINDS: usize = 3;
pub const ORDINARY: usize = 0;
pub const DENTAL: usize = 2;
/// Changes of one life.
pub const CHANGES: usize = 3;

/// Days on which events are.
const DAYS: usize = 15;

/// A grant and its two events, committed one after the other.
pub struct Life {
    customer: Customer,
    grant: PurchasingPower,
    commits: Vec<Committed>,
}

/// What one request left behind, but for the grant.
struct Committed {
    access: AccessEntry,
    message: MessageKey,
    reference: ReferenceKey,
    answer: KeptAnswer,
    event: Option<ServiceEvent>,
}

/// Patterns, and what the store was like that they came from.
pub struct Lives {
    kinds: Vec<Life>,
    pub registry: Registry,
    /// Records and bytes of each table.
    pub figures: Vec<TableFigures>,
}

pub fn person(index: usize) -> String {
    people::person_id(index)
}

/// Numbers are random; these are as well scattered, and known.
pub fn number(index: usize) -> PurchasingPowerNumber {
    PurchasingPowerNumber::from_bits(scattered(index as u64))
}

/// The finaliser of splitmix64: one to one on 64 bits.
fn scattered(index: u64) -> u64 {
    let mut bits = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Thirty-six characters that no other place has, as message ids commonly have.
fn identifier(index: usize, place: usize) -> String {
    format!("{:016x}-{:016x}-{place:02}", scattered(index as u64), index)
}

impl Lives {
    /// Has the services make one of each kind, for the first customers.
    pub fn of_services() -> Lives {
        let site = Site::new("");
        let inside = Inside::open(&site);
        let kinds = (0..KINDS).map(|index| made(&inside, index)).collect();
        let registry = inside.wait(inside.store.registry()).unwrap();
        let figures = inside.wait(inside.store.figures(&mut |_| {})).unwrap();
        inside.close();
        Lives {
            kinds,
            registry,
            figures: figures.tables,
        }
    }

    /// The changes of the life with this index, in order.
    pub fn changes(&self, index: usize) -> [Change; CHANGES] {
        let life = &self.kinds[index % KINDS];
        let person = PersonId::parse(&person(index), date(2026, 3, 16)).unwrap();
        let mut grant = life.grant.clone();
        grant.number = number(index);
        std::array::from_fn(|place| {
            let committed = &life.commits[place];
            let at = committed.access.at;
            let mut effect = Effect {
                customer: None,
                person_id: person.clone(),
                grant: grant.clone(),
                postings: Vec::new(),
                events: Vec::new(),
                registry_seen: None,
            };
            match &committed.event {
                None => {
                    effect.customer = Some(Customer {
                        person_id: person.clone(),
                        ..life.customer.clone()
                    });
                    let authorised = grant.total_authorised().unwrap();
                    effect.postings = vec![Posting::authorised(
                        at,
                        PostingKind::Grant,
                        Cents(0),
                        authorised,
                    )];
                }
                Some(pattern) => {
                    let mut event = pattern.clone();
                    event.id = event_id(index, place);
                    event.number = grant.number;
                    event.person_id = person.clone();
                    let day = i64::try_from((index / KINDS + place) % DAYS).unwrap();
                    event.service_date = date(2026, 3, 1).checked_add(day.days()).unwrap();
                    event.source_reference = identifier(index, place);
                    let posting = event.posting(&grant, at);
                    grant.book(&posting);
                    grant.revision += 1;
                    effect.grant = grant.clone();
                    effect.postings = vec![posting];
                    effect.events = vec![EventWrite {
                        event,
                        before: None,
                    }];
                }
            }
            if effect.events.is_empty() {
                grant.source_reference = identifier(index, place);
                effect.grant = grant.clone();
            }
            committed.again(effect, index, place)
        })
    }
}

fn event_id(index: usize, place: usize) -> EventId {
    let moment = "2026-03-16T08:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let mut random = [0; 10];
    random[..8].copy_from_slice(&scattered(index as u64).to_be_bytes());
    random[9] = u8::try_from(place).unwrap();
    EventId::new(moment, random)
}

impl Committed {
    /// The same about another effect.
    fn again(&self, effect: Effect, index: usize, place: usize) -> Change {
        let mut access = self.access.clone();
        access.message_id = identifier(index, place);
        access.persons = vec![effect.person_id.clone()];
        access.numbers = vec![effect.grant.number];
        access.events = effect.events.iter().map(|write| write.event.id).collect();
        let (answer, message, reference) = (&self.answer, &self.message, &self.reference);
        // What was granted is told by its number, what was recorded by its identifier.
        let (from, to) = match (&self.event, effect.events.first()) {
            (Some(pattern), Some(write)) => (pattern.id.to_string(), write.event.id.to_string()),
            _ => {
                let pattern = answer.about.number.unwrap();
                (pattern.to_string(), effect.grant.number.to_string())
            }
        };
        let body = String::from_utf8(answer.body.clone()).unwrap();
        assert!(body.contains(&from), "{body}");
        let body = body.replace(&from, &to);
        let mut kept = KeptAnswer {
            body: body.into_bytes(),
            ..answer.clone()
        };
        kept.about.number = Some(effect.grant.number);
        kept.about.event = effect.events.first().map(|write| write.event.id);
        kept.digest[..8].copy_from_slice(&scattered(index as u64).to_be_bytes());
        let message = MessageKey {
            message_id: identifier(index, place),
            ..message.clone()
        };
        let reference = ReferenceKey {
            source_reference: identifier(index, place),
            ..reference.clone()
        };
        Change {
            effect: Some(effect),
            answer_by_message: Some((message, kept.clone())),
            answer_by_reference: Some((reference, kept)),
            ..Change::access_only(access)
        }
    }
}

/// Has the services make a life, and reads back what they left.
fn made(inside: &Inside, index: usize) -> Life {
    let person = person(index);
    let message = match index % KINDS {
        ORDINARY => Message::create().set("psop:personId", &person),
        DENTAL => dental::ceiling(&person, "500.00"),
        _ => Message::fixture("03-create-saldo").set("psop:personId", &person),
    };
    let grant_id = identifier(index, 0);
    let message = message
        .set("xrd:id", &grant_id)
        .set("psop:sourceReference", &grant_id);
    let answer = inside.post(&message);
    let number = between(&answer, "purchasingPowerNumber");
    let facts = facts(inside, &number);
    let mut commits = vec![committed(inside, &facts, &grant_id, None)];
    for place in 1..CHANGES {
        let id = identifier(index, place);
        let event = if index % KINDS == DENTAL {
            let message = dental::event(&number, &person, 1);
            let message = message.set("xrd:id", &id).set("psop:sourceReference", &id);
            between(&inside.post(&message), "eventId")
        } else {
            inside.service_event(&CareEvent {
                message_id: &id,
                reference: &id,
                number: &number,
                person: &person,
            })
        };
        commits.push(committed(inside, &facts, &id, Some(&event)));
    }
    Life {
        customer: facts.customer,
        grant: facts.grant,
        commits,
    }
}

/// What the latest request left, all of whose identifiers are `id`.
fn committed(inside: &Inside, facts: &GrantFacts, id: &str, event: Option<&str>) -> Committed {
    let store = &inside.store;
    let head = inside.wait(store.access_head()).unwrap();
    let row = inside.wait(store.access_rows(head.rows - 1, 1)).unwrap();
    let [row] = row.try_into().unwrap();
    let message = MessageKey {
        client: row.client.clone(),
        service: row.service.clone(),
        message_id: id.to_owned(),
    };
    let event = event.map(|id| {
        let id = EventId::parse(id).unwrap();
        let found = inside.wait(store.grant_facts(query(Subject::Event(id))));
        found.unwrap().unwrap().event.unwrap().event
    });
    let acting_for = match &event {
        None => facts.grant.organiser.to_string(),
        Some(event) => event.provider.as_str().to_owned(),
    };
    assert!(acting_for == "853" || acting_for == CARER || acting_for == dental::DENTIST.1);
    let source_system = match &event {
        None => facts.grant.source_system.clone(),
        Some(event) => event.source_system.clone(),
    };
    let reference = ReferenceKey {
        acting_for,
        service: row.service.clone(),
        source_system,
        source_reference: id.to_owned(),
    };
    let kept = inside.wait(store.replays(&message, &reference)).unwrap();
    let answer = kept.by_reference.unwrap();
    assert_eq!(kept.by_message.as_ref(), Some(&answer));
    assert_eq!((row.result.as_str(), row.parts), ("OK", 1));
    Committed {
        access: AccessEntry {
            at: row.at,
            message_id: row.message_id,
            client: row.client,
            represented_party: row.represented_party,
            user_id: row.user_id,
            service: row.service,
            purpose: row.purpose.map(|purpose| &*purpose.leak()),
            organiser: row.organiser,
            persons: vec![facts.customer.person_id.clone()],
            numbers: row.numbers,
            events: row.events,
            data_class: answer.about.data_class,
            result: row.result,
            reason: None,
            rows_returned: row.rows_returned,
            replayed: false,
            mandate: None,
        },
        message,
        reference,
        answer,
        event,
    }
}

fn facts(inside: &Inside, number: &str) -> GrantFacts {
    let number = PurchasingPowerNumber::parse(number).unwrap();
    let found = inside.wait(inside.store.grant_facts(query(Subject::Number(number))));
    found.unwrap().unwrap()
}

fn query(subject: Subject) -> GrantQuery<'static> {
    GrantQuery {
        subject,
        event: None,
        provider: None,
        procedure_codes: &[],
        codes_of_lines: false,
        events: EventsWanted::None,
        customer_grants: false,
    }
}

/// The text of an element.
fn between(body: &str, name: &str) -> String {
    let (_, rest) = body.split_once(&format!("<psop:{name}>")).unwrap();
    rest.split_once("</").unwrap().0.to_owned()
}
