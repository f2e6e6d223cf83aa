//! One call of each service on a store of lives, spread over all of it and never twice about one grant.

use super::inside::{CareEvent, Inside};
use super::lives::{DENTAL, KINDS, ORDINARY, number, person};
use crate::kill::people::PERSONS_MAX;
use crate::support::dental;
use crate::support::message::{Message, unique};

/// Rows of a page of events.
pub const PAGE: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    GrantOrdinary,
    GrantSaldo,
    GrantDental,
    Lookup,
    LookupDental,
    EventDental,
    Event,
    FeedOfDay(usize),
    FeedSince(usize),
}

impl Call {
    /// Those that go over the wire; events on other than dental grants come by file.
    pub const ON_WIRE: [Call; 8] = [
        Call::GrantOrdinary,
        Call::GrantSaldo,
        Call::GrantDental,
        Call::Lookup,
        Call::LookupDental,
        Call::EventDental,
        Call::FeedOfDay(PAGE),
        Call::FeedSince(PAGE),
    ];

    pub fn name(self) -> String {
        match self {
            Call::GrantOrdinary => "postPurchasingPower".to_owned(),
            Call::GrantSaldo => "postSaldoPurchasingPower".to_owned(),
            Call::GrantDental => "postDentalPurchasingPower".to_owned(),
            Call::Lookup => "getOstovoima, ordinary".to_owned(),
            Call::LookupDental => "getOstovoima, dental".to_owned(),
            Call::EventDental => "postDentalServiceEvent".to_owned(),
            Call::Event => "postServiceEvent (import)".to_owned(),
            Call::FeedOfDay(rows) => format!("getServiceEvents, {rows} of a day"),
            Call::FeedSince(rows) => format!("getServiceEvents, {rows} changes"),
        }
    }

    /// Makes the call in this process.
    pub fn make(self, inside: &Inside, world: &World, turn: usize) {
        if self == Call::Event {
            let life = world.life(ORDINARY, turn, 1);
            let id = unique("id");
            inside.service_event(&CareEvent {
                message_id: &id,
                reference: &id,
                number: &number(life).to_string(),
                person: &person(life),
            });
            return;
        }
        let answer = inside.post(&self.message(world, turn));
        if let Call::FeedOfDay(rows) | Call::FeedSince(rows) = self {
            assert!(
                answer.contains(&format!("<psop:count>{rows}</psop:count>")),
                "{answer}"
            );
        }
    }

    /// Its message, which no other turn has.
    pub fn message(self, world: &World, turn: usize) -> Message {
        let newcomer = |part| person(PERSONS_MAX - 1 - (turn * 3 + part));
        match self {
            Call::GrantOrdinary => Message::create().set("psop:personId", &newcomer(0)),
            Call::GrantSaldo => Message::fixture("03-create-saldo")
                .fresh()
                .set("psop:personId", &newcomer(1)),
            Call::GrantDental => dental::ceiling(&newcomer(2), "500.00"),
            Call::Lookup => Message::lookup(&number(world.life(ORDINARY, turn, 0)).to_string()),
            Call::LookupDental => dental::lookup(&number(world.life(DENTAL, turn, 0)).to_string()),
            Call::EventDental => {
                let life = world.life(DENTAL, turn, 1);
                dental::event(&number(life).to_string(), &person(life), 1)
            }
            Call::FeedOfDay(rows) => {
                let day = "<psop:from>2026-03-08</psop:from><psop:to>2026-03-08</psop:to>";
                feed(
                    &format!("<psop:serviceDateWindow>{day}</psop:serviceDateWindow>"),
                    rows,
                )
            }
            Call::FeedSince(rows) => feed("<psop:changesSince></psop:changesSince>", rows),
            Call::Event => panic!("this goes over no wire"),
        }
    }
}

fn feed(span: &str, rows: usize) -> Message {
    dental::feed(&format!("{span}<psop:pageSize>{rows}</psop:pageSize>"))
}

/// A store of so many lives.
pub struct World {
    pub grants: usize,
    /// Calls of each service, at most.
    pub turns: usize,
}

impl World {
    /// A life of a kind: those of even turns' places are looked up (use 0), those beside them get events (use 1).
    fn life(&self, kind: usize, turn: usize, used_for: usize) -> usize {
        let of_kind = (self.grants - kind).div_ceil(KINDS);
        let step = of_kind / (2 * self.turns);
        assert!(
            step > 0 && turn < self.turns,
            "too few grants for so many turns"
        );
        ((2 * turn + used_for) * step) * KINDS + kind
    }
}
