//! Where codes are produced: one server with a registry that has a case for each rule, and small sites of their
//! own for what needs another clock, environment, limit or store.

use std::time::{Duration, Instant};

use jiff::civil::date;
use psop_adapter::domain::service_event::{EventKind, EventState};

use crate::rules_change::with_events;
use crate::scenery::{HEAD, MORE, apply, grant, set_clock, site_with, verdict};
use crate::scenery_events::{Granted, ceiling_grant, dental_grant, granted, recorded};
use crate::support::dental::feed;
use crate::support::mandates::StandIn;
use crate::support::message::{Message, unique};
use crate::support::operator::{import, row};
use crate::support::planted::Recorded;
use crate::support::root;
use crate::support::server::{PRODUCTION, Server, Site};
use crate::support::tamper::Hand;

use super::Told;

/// Who may act for the child, whose matters nobody may act in, and about whom the mandate service fails.
pub const CHILD: &str = "150318A902U";
pub const STRANGER: &str = "240161-9057";
pub const UNSURE: &str = "290216A908R";

/// The store's table of purchasing powers.
const GRANTS: u8 = 0x21;

/// Longest wait for a limit on load to be met.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// A dental service that needs an authorisation, with a price agreed with its provider.
const DENTAL_WITH_OSVA: &str = r#"
[[service_type]]
organiser = { municipality = "853" }
service_code = "suun-osva"
valid_from = "2025-01-01"
name_fi = "Ostettu suun hoito"
instruments = ["VOUCHER"]
unit = "TOIMENPIDE"
legal_basis = "PSL_569_2009"
allow_overlap = true
osva_required = true
custody_category = "HEALTH"

[[approval]]
organiser = { municipality = "853" }
service_code = "suun-osva"
provider = "9000003-8"
valid_from = "2025-01-01"
agreed_max_price = "90.00"
state = "APPROVED"
"#;

/// The server and what was granted on it.
pub struct Place {
    pub site: Site,
    pub server: Server,
    _mandates: StandIn,
    /// Home help to the child.
    pub home_help: String,
    /// Home help with a settled event.
    pub settled: String,
    /// Dental lines of every kind, one of them used up.
    pub dental: Granted,
    /// 100.00 by the price list, of which 60.00 are used.
    pub ceiling: Granted,
}

impl Place {
    pub fn new() -> Place {
        let demo = std::fs::read_to_string(root().join("fixtures/demo/mandates.toml")).unwrap();
        let fails = format!("[[answer]]\ndelegate = \"{UNSURE}\"\nstatus = 503\n");
        let mandates = StandIn::start(&(fails + &demo));
        let site = Site::empty(HEAD, &mandates.section(""));
        apply(&site, |registry| {
            let no_price = registry.replace(
                "procedure_code = \"SFA30\"\nvoucher_value = \"105.00\"\nvalid_from = \"2025",
                "procedure_code = \"SFA30\"\nvoucher_value = \"105.00\"\nvalid_from = \"2027",
            );
            assert_ne!(no_price, registry);
            no_price + MORE + DENTAL_WITH_OSVA
        });
        let server = site.start();
        let number = |message: Message| server.post(&message.0).number();
        let home_help = number(grant().set("psop:personId", CHILD));
        let settled = number(grant());
        let lines = [
            "SFA20 x9 v85.00",
            "EBA00 t48 x1 v95.00 max150.00",
            "SAA02 x20 v45.00",
        ];
        let dental = granted(&server, &dental_grant(&lines));
        let ceiling = granted(&server, &ceiling_grant("100.00"));
        recorded(&server, &ceiling.event(&["WX002 x6 @10.00"]));
        let of_march = Recorded {
            kind: EventKind::Ordinary,
            state: EventState::Tilitetty,
            service_date: date(2026, 3, 10),
            ..Recorded::default()
        };
        let server = with_events(&site, server, &[(&settled, of_march)]);
        Place {
            site,
            server,
            _mandates: mandates,
            home_help,
            settled,
            dental,
            ceiling,
        }
    }

    /// What a message is answered.
    pub fn says(&self, message: &Message) -> Told {
        self.server.post(&message.0).into()
    }

    /// What a message is answered after others, which are accepted.
    pub fn says_after(&self, before: &[Message], message: &Message) -> Told {
        for message in before {
            let answer = self.server.post(&message.0);
            assert!(verdict(&answer).starts_with("OK"), "{}", answer.body);
        }
        self.says(message)
    }

    /// A good look-up of the home help.
    pub fn lookup(&self) -> Message {
        Message::lookup(&self.home_help)
    }

    /// An event on the dental lines.
    pub fn event(&self, procedures: &[&str]) -> Message {
        self.dental.event(procedures)
    }

    /// Grants dental lines and gives an event on them.
    pub fn event_on(&self, grant: &Message, procedures: &[&str]) -> Message {
        granted(&self.server, grant).event(procedures)
    }

    /// What the event import says of a row.
    pub fn imported(&self, number: &str, person: &str, line: (&str, &str)) -> Told {
        let row = row(&unique("row"), number, person, "2026-03-12", line);
        let told = import(&self.site, "row.csv", &[row]);
        let rows = told.report();
        // Its first column is the row of the file.
        Told(
            rows.iter()
                .map(|row| row.split_once(' ').unwrap().1.to_owned())
                .collect(),
        )
    }
}

/// Business ids, all different, with their check digits.
pub fn business_ids() -> impl Iterator<Item = String> {
    (1_000_000_u32..).filter_map(|digits| {
        let text = digits.to_string();
        let weighted = text.bytes().zip([7, 9, 10, 5, 8, 4, 2]);
        let sum: u32 = weighted
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        match sum % 11 {
            0 => Some(format!("{digits}-0")),
            1 => None,
            remainder => Some(format!("{digits}-{}", 11 - remainder)),
        }
    })
}

/// In production, where identity codes of the tests are none.
pub fn in_production() -> Told {
    let site = site_with(PRODUCTION, |registry| registry);
    let message = Message::create().set("psop:decisionDate", "2025-01-01");
    site.start().post(&message.0).into()
}

/// One call a second of a client is taken: sooner or later two come in one.
pub fn past_a_limit_of_one() -> Told {
    let site = Site::new("[limits]\nclient_requests_per_s_max = 1\n");
    let server = site.start();
    let began = Instant::now();
    loop {
        let answer = server.post(&Message::create().0);
        if answer.status == 500 {
            return answer.into();
        }
        assert!(
            began.elapsed() < WAIT_MAX,
            "one call a second was never exceeded"
        );
    }
}

/// A grant's record is changed behind the store's back, and looked up.
pub fn with_a_broken_record() -> Told {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    assert_eq!(server.stop(), Some(0));
    Hand::on(&site).change_last(GRANTS, |record| {
        let last = record.last_mut().unwrap();
        *last = !*last;
    });
    let server = site.start();
    server.post(&Message::lookup(&number).0).into()
}

/// A feed's second page a second too late.
pub fn a_day_late() -> Told {
    let site = Site::new("");
    let server = site.start();
    let grant = granted(&server, &ceiling_grant("100.00"));
    for day in ["2026-03-10", "2026-03-11"] {
        recorded(&server, &grant.event(&["WX002 @10.00"]).day(day));
    }
    let span = "<psop:changesSince></psop:changesSince>";
    let first = server.post(&feed(&format!("{span}<psop:pageSize>1</psop:pageSize>")).0);
    let token = first.text("nextContinuation").unwrap();
    assert_eq!(server.stop(), Some(0));
    set_clock(&site, "2026-03-17T10:00:01+02:00");
    let server = site.start();
    let second = format!("{span}<psop:continuation>{token}</psop:continuation>");
    server.post(&feed(&second).0).into()
}
