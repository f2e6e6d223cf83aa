//! Amending a grant that events stand on: what is settled is out of reach, nothing is left behind the
//! last day, and no period is granted less than is used of it.

use jiff::civil::date;
use psop_adapter::domain::service_event::{Credited, EventKind, EventState};

use crate::changes::{ORDINARY, amend, create, element, hours, quota, terms, terms_until};
use crate::rules_change::with_events;
use crate::scenery::{MORE, check, grant, site};
use crate::support::message::Message;
use crate::support::planted::Recorded;
use crate::support::server::Server;

const DAY: &str = "2026-04-01";
const SETTLED: &str = "PP_AMEND_TOUCHES_SETTLED effectiveFrom";
const VALIDITY: &str = "PP_VALIDITY_INVALID terms/validTo";

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

fn element_terms(more: &str) -> String {
    terms_until("kotiapu", "2026-08-31", more)
}

#[test]
fn what_is_settled_is_out_of_reach() {
    let site = site(MORE);
    let server = site.start();
    let on = |day, state| Recorded {
        kind: EventKind::Ordinary,
        state,
        service_date: day,
        ..Recorded::default()
    };
    let tenth = date(2026, 3, 10);
    let periods = ["DAY", "WEEK", "MONTH", "YEAR", "ONCE", "WHOLE"];
    let block = |period: &str, value: &str| quota("H", "5", period, value, "42.00");
    let grants = periods.map(|period| {
        granted(
            &server,
            create(ORDINARY, &terms("kotiapu"), &block(period, "32.00")),
        )
    });
    let more = [(); 4].map(|()| granted(&server, grant()));
    let [open, credited, credit_row, both] = &more;
    let mut events: Vec<(&str, Recorded)> = grants
        .iter()
        .map(|number| (number.as_str(), on(tenth, EventState::Tilitetty)))
        .collect();
    let wholly = Recorded {
        credited: Some(Credited::Full),
        ..on(tenth, EventState::Maksettu)
    };
    events.extend([
        (open.as_str(), on(tenth, EventState::Hyvaksytty)),
        (credited, wholly),
        (
            credit_row,
            Recorded {
                kind: EventKind::Credit,
                cents: -100,
                ..on(tenth, EventState::Tilitetty)
            },
        ),
        (both, on(tenth, EventState::Maksettu)),
        (both, on(date(2026, 3, 12), EventState::Poistettu)),
    ]);
    let server = with_events(&site, server, &events);
    // The first day that is free: after the period of the event where periods are short.
    for ((period, number), free) in periods.iter().zip(&grants).zip([
        "2026-03-11",
        "2026-03-16",
        "2026-04-01",
        "2026-03-11",
        "2026-03-11",
        "2026-03-11",
    ]) {
        let free: jiff::civil::Date = free.parse().unwrap();
        let change = |day: String| amend(ORDINARY, (number, 1), &day, &block(period, "31.00"));
        let before = free.yesterday().unwrap();
        check(
            &server,
            &[
                (period, change(before.to_string()), SETTLED),
                (period, change(free.to_string()), "OK"),
            ],
        );
    }
    let first = "2026-03-01";
    let dearer = hours("10", "40.00");
    let note = element_terms(&element("note", "uusi viite"));
    let same = element_terms("") + &hours("10", "32.00");
    let chosen = element_terms(&element("allowedProviderBusinessId", "9000007-0"));
    let no_cap = quota("H", "10", "MONTH", "32.00", "");
    let longer = terms_until("kotiapu", "2026-10-31", "");
    check(
        &server,
        &[
            (
                "approved only",
                amend(ORDINARY, (open, 1), first, &dearer),
                "OK",
            ),
            (
                "credited wholly",
                amend(ORDINARY, (credited, 1), first, &dearer),
                "OK",
            ),
            (
                "a credit row",
                amend(ORDINARY, (credit_row, 1), first, &dearer),
                "OK",
            ),
            ("value", amend(ORDINARY, (both, 1), first, &dearer), SETTLED),
            (
                "quantity",
                amend(ORDINARY, (both, 1), first, &hours("11", "32.00")),
                SETTLED,
            ),
            ("cap", amend(ORDINARY, (both, 1), first, &no_cap), SETTLED),
            (
                "providers",
                amend(ORDINARY, (both, 1), first, &chosen),
                SETTLED,
            ),
            ("note", amend(ORDINARY, (both, 1), first, &note), "OK"),
            ("nothing", amend(ORDINARY, (both, 2), first, &same), "OK"),
            ("last day", amend(ORDINARY, (both, 3), first, &longer), "OK"),
            ("later", amend(ORDINARY, (both, 4), DAY, &dearer), "OK"),
            // From March on the April value would change back.
            (
                "back again",
                amend(ORDINARY, (both, 5), first, &hours("10", "32.00")),
                SETTLED,
            ),
        ],
    );
}

#[test]
fn no_event_is_left_behind_the_last_day_and_no_period_below_its_use() {
    let site = site("");
    let server = site.start();
    let on = |day, state| Recorded {
        kind: EventKind::Ordinary,
        state,
        service_date: day,
        ..Recorded::default()
    };
    let [open, settled, deleted] = [(); 3].map(|()| granted(&server, grant()));
    let tenth = date(2026, 3, 10);
    let server = with_events(
        &site,
        server,
        &[
            (&open, on(tenth, EventState::Kirjattu)),
            (&open, on(tenth, EventState::Kirjattu)),
            (&settled, on(tenth, EventState::Tilitetty)),
            (&deleted, on(tenth, EventState::Poistettu)),
        ],
    );
    let until = |number: &str, version, last: &str| {
        amend(
            ORDINARY,
            (number, version),
            "2026-03-01",
            &terms_until("kotiapu", last, ""),
        )
    };
    let below = "BALANCE_BELOW_USED ordinary/quantityPerPeriod";
    let less = |quantity: &str, day: &str, version| {
        amend(ORDINARY, (&open, version), day, &hours(quantity, "32.00"))
    };
    check(
        &server,
        &[
            ("before it", until(&open, 1, "2026-03-09"), VALIDITY),
            (
                "settled",
                until(&settled, 1, "2026-03-09"),
                "PP_AMEND_TOUCHES_SETTLED terms/validTo",
            ),
            ("deleted", until(&deleted, 1, "2026-03-09"), "OK"),
            ("its day", until(&settled, 1, "2026-03-10"), "OK"),
            ("below the use", less("1.999", "2026-03-31", 1), below),
            ("the use", less("2", "2026-03-31", 1), "OK"),
            ("other months", less("0.001", DAY, 2), "OK"),
        ],
    );
    // A row in force until the end of March lets more be used than one that ends the validity before.
    let few = quota("H", "1", "MONTH", "32.00", "");
    let of = granted(&server, create(ORDINARY, &terms("kotiapu"), &few));
    let raise = amend(ORDINARY, (&of, 1), "2026-03-20", &hours("2", "32.00"));
    check(&server, &[("from the 20th", raise, "OK")]);
    let used = on(date(2026, 3, 5), EventState::Kirjattu);
    let server = with_events(&site, server, &[(&of, used), (&of, used)]);
    let cut = until(&of, 2, "2026-03-19");
    check(
        &server,
        &[("by the last day", cut, "BALANCE_BELOW_USED terms/validTo")],
    );
}
