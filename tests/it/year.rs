//! A year of three organisers over the real program: grants, events of every kind, amendments, updates, deletions,
//! rejections, credits after settlement, a provider whose approval ends, a bankrupt one, one without an account until
//! July, a customer who moves in the middle of a month; twelve runs of each organiser, exported and paid. At the end
//! every cent stands the same in the grants' use, the events, the settlements, the exports and the test's own books,
//! and doing everything again changes nothing.
//!
//! `make year-test` has 5,000 customers; PSOP_YEAR_CUSTOMERS says another number.

mod books;
mod messages;
mod months;
mod prove;
mod world;

use self::months::Year;

fn customers() -> usize {
    std::env::var("PSOP_YEAR_CUSTOMERS").map_or(240, |text| text.parse().unwrap())
}

#[test]
fn every_cent_of_a_year_stands_the_same_everywhere() {
    let mut year = Year::begin(customers());
    for month in 1..=12 {
        year.live(month);
        year.settle(month);
    }
    year.prove();
    year.again();
}
