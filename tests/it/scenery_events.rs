//! What the tests of dental events share: grants and events as messages. It tests nothing itself.

use crate::scenery::{person, verdict};
use crate::support::message::Message;
use crate::support::server::Server;

/// A grant and who it is for.
#[derive(Clone, Debug)]
pub struct Granted {
    pub number: String,
    pub person: String,
}

/// The dental grant of scenario 4 for a person of its own, its lines in place of the fixture's when
/// given: `EBA00 t48 x1 v95.00 max150.00` in contract order.
pub fn dental_grant(lines: &[&str]) -> Message {
    let message = Message::fixture("04-create-dental")
        .fresh()
        .set("psop:personId", &person());
    if lines.is_empty() {
        return message;
    }
    let mut message = message;
    for _ in 0..3 {
        message = message.without("psop:line");
    }
    let xml: String = (1..).zip(lines).map(granted_line).collect();
    message.after("psop:mode", &xml)
}

/// A price list with a ceiling of 100.00.
pub fn ceiling_grant(ceiling: &str) -> Message {
    Message::fixture("13-create-dental-ceiling")
        .fresh()
        .set("psop:personId", &person())
        .set("psop:ceiling", ceiling)
}

fn granted_line((line_no, text): (u32, &&str)) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let given = |start: &str, name: &str| {
        let found = words[1..].iter().find_map(|word| word.strip_prefix(start));
        found.map_or(String::new(), |value| {
            element(name, &value.replace(',', " "))
        })
    };
    format!(
        "<psop:line>{}{}{}{}{}{}</psop:line>",
        element("lineNo", &line_no.to_string()),
        element("procedureCode", words[0]),
        given("t", "tooth"),
        given("x", "maxCount"),
        given("v", "unitValue"),
        given("max", "maxPrice"),
    )
}

pub fn element(name: &str, value: &str) -> String {
    format!("<psop:{name}>{value}</psop:{name}>")
}

/// Grants what a message asks.
#[track_caller]
pub fn granted(server: &Server, message: &Message) -> Granted {
    let answer = server.post(&message.0);
    assert_eq!(verdict(&answer), "OK", "{}", answer.body);
    let after = message.0.split("<psop:personId>").nth(1).unwrap();
    Granted {
        number: answer.number(),
        person: after[..11].to_owned(),
    }
}

impl Granted {
    /// An event of procedures such as `SFA20 t16 sMO a01 x1 @110.00 l2`, on 2026-03-12.
    pub fn event(&self, procedures: &[&str]) -> Message {
        let mut message = Message::fixture("05-event")
            .fresh()
            .number_of(&self.number)
            .set("psop:personId", &self.person)
            .without("psop:totals");
        for _ in 0..2 {
            message = message.without("psop:procedure");
        }
        let xml: String = (1..).zip(procedures).map(procedure).collect();
        message.after("psop:professional", &xml)
    }

    /// A look-up of the grant by the dental provider.
    pub fn lookup(&self) -> Message {
        Message::fixture("04-get-dental")
            .fresh()
            .number_of(&self.number)
    }
}

fn procedure((line_no, text): (u32, &&str)) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let given = |start: &str| words[1..].iter().find_map(|word| word.strip_prefix(start));
    let optional = |start: &str, name: &str| {
        given(start).map_or(String::new(), |value| {
            element(name, &value.replace(',', " "))
        })
    };
    format!(
        "<psop:procedure>{}{}{}{}{}{}{}{}</psop:procedure>",
        element("lineNo", &line_no.to_string()),
        element("procedureCode", words[0]),
        optional("t", "tooth"),
        optional("s", "surfaces"),
        optional("a", "area"),
        element("count", given("x").unwrap_or("1")),
        element("unitPrice", given("@").unwrap()),
        optional("l", "authorisedLineNo"),
    )
}

impl Message {
    fn number_of(self, number: &str) -> Message {
        self.set("psop:purchasingPowerNumber", number)
    }

    /// Sets the service date of an event.
    pub fn day(self, date: &str) -> Message {
        self.set("psop:serviceDate", date)
    }

    /// Makes an event's message an UPDATE or DELETE of `event` as of `version`.
    pub fn change(self, action: &str, event: &str, version: u32) -> Message {
        let xml = element("eventId", event) + &element("expectedVersion", &version.to_string());
        self.set("psop:action", action).after("psop:action", &xml)
    }

    /// Adds elements at the end of an event's message: labCost, noShow, treatmentCompleted, totals,
    /// comment, in this order.
    pub fn last(self, xml: &str) -> Message {
        self.before("/psop:postDentalServiceEvent", xml)
    }

    /// With sums of the sender's: price, voucher, customer.
    pub fn totals(self, price: &str, voucher: &str, customer: &str) -> Message {
        let sums = element("totalPrice", price)
            + &element("voucherShare", voucher)
            + &element("customerShare", customer);
        self.last(&element("totals", &sums))
    }

    /// As a no-show.
    pub fn no_show(self) -> Message {
        self.last(&element("noShow", "true"))
    }
}

/// Records an event; its identifier.
#[track_caller]
pub fn recorded(server: &Server, message: &Message) -> String {
    let answer = server.post(&message.0);
    assert!(answer.outcome().starts_with("OK"), "{}", answer.body);
    answer.text("eventId").unwrap()
}

/// Used count of every granted line, then what is left of the ceiling.
pub fn used(server: &Server, granted: &Granted) -> String {
    let answer = server.post(&granted.lookup().0);
    assert_eq!(verdict(&answer), "OK", "{}", answer.body);
    let mut parts = answer.texts("usedCount");
    parts.extend(answer.texts("ceilingRemaining"));
    parts.join(" ")
}
