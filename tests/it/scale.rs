//! The store's scale, counted: a call of a service reads as many records of a large store as of a small one. What is
//! measured instead (`make scale-test`) stands in `measured`; docs/scale.md has its figures.

mod calls;
mod inside;
mod lives;
#[cfg(feature = "heavy-tests")]
mod measured;
mod planting;
#[cfg(feature = "heavy-tests")]
mod process;

use std::collections::BTreeMap;
use std::ops::Range;

use psop_adapter::store::upkeep::TableFigures;

use self::calls::{Call, World};
use self::inside::Inside;
use self::lives::{KINDS, Lives};
use self::planting::planted;
use crate::records::OF_REGISTRY;
use crate::support::server::{Site, program};

const SMALL: usize = 300;
const LARGE: usize = 10_000;

/// Every service, and the feed with pages of two sizes.
const COUNTED: [Call; 11] = [
    Call::GrantOrdinary,
    Call::GrantSaldo,
    Call::GrantDental,
    Call::Lookup,
    Call::LookupDental,
    Call::EventDental,
    Call::Event,
    Call::FeedOfDay(10),
    Call::FeedOfDay(20),
    Call::FeedSince(10),
    Call::FeedSince(20),
];
/// Calls of each service. The first is not counted: it also reads what is kept of the registry from then on.
const TURNS: usize = 4;
/// A page asks for one row more than it shows, and a row is its place and its event.
const RECORDS_A_ROW: u64 = 2;

/// Records that each call read: the same in every turn but the first.
fn counted(site: &Site, world: &World, turns: Range<usize>) -> BTreeMap<Call, u64> {
    let inside = Inside::open(site);
    let mut counts = BTreeMap::new();
    for turn in turns.clone() {
        for call in COUNTED {
            let read = inside.records_read(|inside| call.make(inside, world, turn));
            if turn == turns.start {
                continue;
            }
            let first = *counts.entry(call).or_insert(read);
            assert_eq!(
                read, first,
                "{call:?}, turn {turn} of {} grants",
                world.grants
            );
        }
    }
    inside.close();
    counts
}

/// The same number at both sizes, and of a page no more than its rows ask for.
fn assert_bounded(small: &BTreeMap<Call, u64>, large: &BTreeMap<Call, u64>) {
    assert_eq!(small, large, "a call reads more of a larger store");
    for page in [Call::FeedOfDay, Call::FeedSince] {
        let more = large[&page(20)] - large[&page(10)];
        assert_eq!(more, 10 * RECORDS_A_ROW, "{:?}", page(20));
    }
}

fn check(site: &Site) -> String {
    let mut command = program();
    command.args(["store", "check", "--config"]);
    let output = command.arg(site.config()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}{error}");
    said
}

#[test]
fn a_call_reads_as_many_records_of_ten_thousand_grants_as_of_three_hundred() {
    let scratch = tempfile::tempdir().unwrap();
    let lives = Lives::of_services();
    let [(small, few), (large, many)] = [SMALL, LARGE].map(|grants| {
        let (site, _) = planted(&lives, grants, scratch.path());
        let world = World {
            grants,
            turns: TURNS,
        };
        let counts = counted(&site, &world, 0..TURNS);
        (site, counts)
    });
    assert_bounded(&few, &many);
    check(&small);
    drop(large);
    for (call, read) in many {
        println!("{}: {read} records", call.name());
    }
}

#[test]
fn a_store_made_in_bulk_holds_what_the_services_leave() {
    let scratch = tempfile::tempdir().unwrap();
    let lives = Lives::of_services();
    let (site, records) = planted(&lives, KINDS, scratch.path());
    let inside = Inside::open(&site);
    let figures = inside.wait(inside.store.figures(&mut |_| {})).unwrap();
    inside.close();
    // The state says how many commits there were; in bulk it is one. The registry comes without a history there, and
    // without the rows that applying it left.
    let but_meta = |tables: &[TableFigures]| -> Vec<TableFigures> {
        let others = tables.iter().filter(|table| {
            !matches!(
                table.name,
                "meta" | "history of the registry" | "access log"
            )
        });
        others.cloned().collect()
    };
    let access_rows = |tables: &[TableFigures]| {
        let mut log = tables.iter().filter(|table| table.name == "access log");
        log.next().unwrap().records
    };
    let in_bulk = access_rows(&figures.tables);
    assert_eq!(in_bulk + OF_REGISTRY as u64, access_rows(&lives.figures));
    let tables = but_meta(&figures.tables);
    for (table, left) in tables.iter().zip(but_meta(&lives.figures)) {
        // The command that applied the registry has left a row, which a store made in bulk has not.
        let of_registry = u64::from(table.name == "access log");
        let records = table.records + of_registry;
        assert_eq!((table.name, records), (left.name, left.records));
        // Of a random number the leading zeros are not written: a byte now and then.
        let spread = table.bytes.abs_diff(left.bytes);
        assert!(
            spread <= 2 * table.records + 300 * of_registry,
            "{table:?} {left:?}"
        );
    }
    let counted: u64 = tables.iter().map(|table| table.records).sum();
    assert_eq!(counted + in_bulk, records);
    for table in tables {
        println!(
            "{}: {} records, {} bytes",
            table.name, table.records, table.bytes
        );
    }
    check(&site);
}
