//! What the tests of the rules share: registries with more rows, people, clients, and tables of cases.
//! It tests nothing itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site};

/// Environment and clock of most sites: a Monday, in winter time.
pub const HEAD: &str = "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n";

/// A municipality's client, and a number whose check character is wrong.
pub const TURKU: &str = "FI-TEST/MUN/0204819-8/paikky";
pub const MISTYPED: &str = "OV-0000-0000-0000-1";

/// Services and approvals that the demo registry does not have.
pub const MORE: &str = r#"
[[service_type]]
organiser = { municipality = "853" }
service_code = "paivatoiminta"
valid_from = "2026-01-01"
valid_to = "2026-06-30"
name_fi = "Päivätoiminta"
instruments = ["VOUCHER", "PURCHASE"]
unit = "KERTA"
legal_basis = "VAKA_PALVELUSETELI"
free_of_charge = true
allow_overlap = true
max_unit_price = "50.00"
osva_required = true
custody_category = "SOCIAL"
service_class = { oid = "1.2.246.537.6.49", code = "SP.1", version = "1" }
ptv_service_id = "ptv-1"

[[service_type]]
organiser = { municipality = "853" }
service_code = "paivatoiminta"
valid_from = "2026-07-01"
name_fi = "Päivätoiminta"
instruments = ["PURCHASE"]
unit = "D"
legal_basis = "PSL_569_2009"
allow_overlap = false
max_unit_price = "45.00"
custody_category = "SOCIAL"

[[service_type]]
organiser = { municipality = "853" }
service_code = "lopetettu"
valid_from = "2025-01-01"
valid_to = "2025-12-31"
name_fi = "Lopetettu palvelu"
instruments = ["VOUCHER"]
unit = "H"
legal_basis = "PSL_569_2009"
custody_category = "SOCIAL"

[[approval]]
organiser = { municipality = "853" }
service_code = "paivatoiminta"
provider = "9000007-0"
valid_from = "2025-01-01"
agreed_max_price = "30.00"
state = "APPROVED"

[[approval]]
organiser = { municipality = "853" }
service_code = "kotiapu"
provider = "9000003-8"
valid_from = "2026-03-01"
valid_to = "2026-08-30"
state = "APPROVED"

[[approval]]
organiser = { municipality = "853" }
service_code = "kotiapu"
provider = "9000004-6"
valid_from = "2025-01-01"
state = "SUSPENDED"

[[approval]]
organiser = { municipality = "853" }
service_code = "kotiapu"
provider = "9000008-9"
valid_from = "2025-01-01"
valid_to = "2026-02-28"
state = "ENDED"

[[approval]]
organiser = { municipality = "853" }
service_code = "kotiapu"
provider = "9000008-9"
valid_from = "2026-03-03"
state = "APPROVED"
"#;

/// A site with the demo registry as `change` makes it.
pub fn site_with(head: &str, change: impl Fn(String) -> String) -> Site {
    let site = Site::empty(head, "");
    apply(&site, change);
    site
}

/// A site with the demo registry and more rows.
pub fn site(rows: &str) -> Site {
    site_with(HEAD, |registry| registry + rows)
}

/// Replaces a site's registry by the demo's, as `change` makes it. No server may run.
pub fn apply(site: &Site, change: impl Fn(String) -> String) {
    let demo = root().join("fixtures/demo");
    let mut registry = std::fs::read_to_string(demo.join("registry.toml")).unwrap();
    for list in ["municipalities.toml", "counties.toml"] {
        let whole = format!("\"{}\"", demo.join(list).display());
        registry = registry.replace(&format!("\"{list}\""), &whole);
    }
    let path = site.folder().join("registry.toml");
    std::fs::write(&path, change(registry)).unwrap();
    site.apply(&path);
}

/// Sets a site's clock for servers started from now on.
pub fn set_clock(site: &Site, instant: &str) {
    let config = std::fs::read_to_string(site.config()).unwrap();
    let lines = config.lines().map(|line| match line.split_once(" = ") {
        Some(("clock", _)) => format!("clock = \"{instant}\"\n"),
        _ => format!("{line}\n"),
    });
    std::fs::write(site.config(), lines.collect::<String>()).unwrap();
}

/// Adds the check character to `DDMMYYsNNN`.
pub fn with_check(start: &str) -> String {
    let digits: String = start.chars().filter(char::is_ascii_digit).collect();
    // A separator that is a letter is no digit, so nine digits remain.
    assert_eq!(digits.len(), 9, "{start}");
    let remainder = digits.parse::<usize>().unwrap() % 31;
    let check = "0123456789ABCDEFHJKLMNPRSTUVWXY".as_bytes()[remainder];
    format!("{start}{}", char::from(check))
}

/// An artificial person that no other call gives.
pub fn person() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let index = NEXT.fetch_add(1, Ordering::Relaxed);
    let (day, month, year) = (1 + index % 28, 1 + index / 28 % 12, 20 + index / 336);
    with_check(&format!("{day:02}{month:02}{year:02}-905"))
}

/// A grant of home help to a person of its own: 2026-03-01…08-31, 10 h a month at 32.00.
pub fn grant() -> Message {
    Message::create().set("psop:personId", &person())
}

/// A grant of day activity, a service with a cap, osva and both instruments.
pub fn day_activity() -> Message {
    grant()
        .set("psop:serviceCode", "paivatoiminta")
        .set("psop:unit", "KERTA")
}

impl Message {
    /// Sets first and last day.
    pub fn valid(self, from: &str, to: &str) -> Message {
        self.set("psop:validFrom", from).set("psop:validTo", to)
    }

    /// Sets quantity, period and value.
    pub fn amounts(self, quantity: &str, period: &str, value: &str) -> Message {
        self.set("psop:quantityPerPeriod", quantity)
            .set("psop:period", period)
            .set("psop:unitValue", value)
    }

    /// Adds optional elements of the terms, which follow validTo.
    pub fn terms(self, name: &str, value: &str) -> Message {
        self.before(
            "/psop:terms",
            &format!("<psop:{name}>{value}</psop:{name}>"),
        )
    }

    /// Adds the person who acts for the customer.
    pub fn acting(self, person: &str) -> Message {
        let xml = format!("<psop:actingPersonId>{person}</psop:actingPersonId>");
        self.after("psop:purpose", &xml)
    }

    /// Sends it as another X-Road client, `INSTANCE/CLASS/CODE[/SUBSYSTEM]`.
    pub fn client(self, client: &str) -> Message {
        let parts: Vec<&str> = client.split('/').collect();
        let message = self
            .set("id:xRoadInstance", parts[0])
            .set("id:memberClass", parts[1])
            .set("id:memberCode", parts[2]);
        match parts.get(3) {
            Some(subsystem) => message.set("id:subsystemCode", subsystem),
            None => message
                .without("id:subsystemCode")
                .replace("\"SUBSYSTEM\"", "\"MEMBER\""),
        }
    }

    /// Sends it for a party.
    pub fn represented(self, code: &str) -> Message {
        let xml = format!(
            "<repr:representedParty xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\">\
             <repr:partyCode>{code}</repr:partyCode></repr:representedParty>"
        );
        self.after("xrd:protocolVersion", &xml)
    }

    /// Names the provider who asks.
    pub fn provider(self, business_id: &str) -> Message {
        self.set("psop:providerBusinessId", business_id)
    }

    /// Asks at a service date.
    pub fn on(self, date: &str) -> Message {
        let xml = format!("<psop:serviceDate>{date}</psop:serviceDate>");
        self.before("/psop:getOstovoima", &xml)
    }

    /// Asks for a person.
    pub fn of(self, person: &str) -> Message {
        let xml = format!("<psop:personId>{person}</psop:personId>");
        self.after("psop:providerBusinessId", &xml)
    }
}

/// An answer in a line: `FAULT code`, every `CODE field` of a rejection, or the status with its warnings.
pub fn verdict(answer: &Answer) -> String {
    if answer.status != 200 {
        return format!("FAULT {}", answer.fault());
    }
    match answer.outcome().as_str() {
        "REJECTED" => answer.errors().join("; "),
        "OK_WITH_WARNINGS" => format!("OK_WITH_WARNINGS {}", answer.warnings().join("; ")),
        status => status.to_owned(),
    }
}

/// Sends the messages in order and compares each verdict; says all that differ.
pub fn check(server: &Server, cases: &[(&str, Message, &str)]) {
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|(name, message, expected)| {
            let answer = server.post(&message.0);
            let found = verdict(&answer);
            (found != *expected).then(|| format!("{name}:\n  is     {found}\n  not    {expected}"))
        })
        .collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

/// Sends all messages at once, each on a connection of its own: the last byte of each is held back
/// until all the others have been sent.
pub fn at_once(server: &Server, messages: Vec<Message>) -> Vec<Answer> {
    let barrier = Barrier::new(messages.len());
    let send = |message: &Message| {
        let head = format!(
            "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            message.0.len()
        );
        let bytes = [head.as_bytes(), message.0.as_bytes()].concat();
        let (last, others) = bytes.split_last().unwrap();
        let mut stream = TcpStream::connect(server.next()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(others).unwrap();
        barrier.wait();
        stream.write_all(&[*last]).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Answer::parse(&answer).unwrap()
    };
    let send = &send;
    std::thread::scope(|scope| {
        let senders: Vec<_> = messages
            .iter()
            .map(|message| scope.spawn(move || send(message)))
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .collect()
    })
}
