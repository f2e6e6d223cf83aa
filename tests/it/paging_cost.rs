//! The thousandth page of a feed of a million events costs what the first does, in records read and in
//! time. Minutes of work and gigabytes of store: `make paging-test`.

use std::time::{Duration, Instant};

use psop_adapter::store::Stretch;

use super::event_feed::{SINCE_EVER, ask, going_on, page_of};
use super::support::planted::Planted;
use super::support::server::{Server, Site};

const EVENTS: usize = 1_000_000;
const PAGE: usize = 100;
const PAGES: usize = 1000;
const ROUNDS: usize = 60;
/// Allowed cost of the thousandth page over the first.
const RATIO_MAX: f64 = 1.5;

#[test]
fn the_thousandth_page_costs_what_the_first_does() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let began = Instant::now();
    planted.many_events("853", "saldo-hoiva", "150318A902U", EVENTS);
    println!("{EVENTS} events planted in {:?}", began.elapsed());
    let rows = |stretch: Stretch| {
        let before = planted.records_read();
        let events = planted.events("853", stretch, PAGE + 1);
        assert_eq!(events.len(), PAGE + 1);
        planted.records_read() - before
    };
    let up_to = u64::MAX;
    let after = ((PAGES - 1) * PAGE) as u64;
    let (first, thousandth) = (
        rows(Stretch::Changes { after: 0, up_to }),
        rows(Stretch::Changes { after, up_to }),
    );
    println!("by change: {first} records read for page 1, {thousandth} for page {PAGES}");
    assert!(thousandth as f64 <= first as f64 * RATIO_MAX);
    let (from, to) = ("2026-01-01".parse().unwrap(), "2026-04-02".parse().unwrap());
    let at = |place: Option<usize>| {
        let after = place.map(|place| {
            let events = planted.events(
                "853",
                Stretch::Changes {
                    after: place as u64,
                    up_to,
                },
                1,
            );
            let event = &events[0].event;
            (event.service_date, event.id)
        });
        rows(Stretch::Days { from, to, after })
    };
    let (first, thousandth) = (at(None), at(Some(after as usize)));
    println!("by day: {first} records read for page 1, {thousandth} for page {PAGES}");
    assert!(thousandth as f64 <= first as f64 * RATIO_MAX);
    planted.close();

    let server = site.start();
    let span = format!("{SINCE_EVER}{}", page_of(PAGE));
    let mut continuation = String::new();
    let mut seen = 0;
    for _ in 1..PAGES {
        let answer = ask(&server, &format!("{span}{continuation}"));
        seen += answer.texts("eventId").len();
        continuation = going_on(&answer).unwrap();
    }
    assert_eq!(seen, (PAGES - 1) * PAGE);
    let (mut first, mut thousandth) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        first.push(time(&server, &span));
        thousandth.push(time(&server, &format!("{span}{continuation}")));
    }
    let (first, thousandth) = (median(first), median(thousandth));
    let ratio = thousandth.as_secs_f64() / first.as_secs_f64();
    println!("medians over SOAP: page 1 {first:?}, page {PAGES} {thousandth:?}, ratio {ratio:.2}");
    assert!(ratio <= RATIO_MAX, "{ratio}");
}

fn time(server: &Server, asked: &str) -> Duration {
    let began = Instant::now();
    let answer = ask(server, asked);
    let took = began.elapsed();
    assert_eq!(answer.text("count").unwrap(), PAGE.to_string());
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
