//! What the check finds of settlements: an event and the row of its run, the sums of rows, providers and run.

use super::check::{assert_found, findings, id};
use super::tamper::Hand;
use super::*;
use crate::domain::money::Cents;
use crate::domain::settlement::{
    Book, Carried, ProviderSums, Run, RunNumber, RunState, SettledRow,
};
use crate::store::records::keys::{Key, Table};
use crate::store::records::stored::Bytes;

/// The one record of a table.
fn only(hand: &Hand, table: Table) -> Key {
    let keys = hand.keys(&Key::table(table));
    assert_eq!(keys.len(), 1, "{table:?}");
    keys[0].clone()
}

fn change_sums(hand: &Hand, change: impl FnOnce(&mut ProviderSums)) {
    let key = only(hand, Table::SettlementProvider);
    hand.change(&key, |sealed: &mut Bytes| hand.reseal(&key, sealed, change));
}

fn change_run(hand: &Hand, change: impl FnOnce(&mut Run)) {
    hand.change_versioned(&only(hand, Table::SettlementRun), change);
}

#[tokio::test]
async fn an_event_without_its_row_and_a_row_without_its_event_are_found() {
    let found = findings(|hand| hand.remove(&only(hand, Table::SettlementRow))).await;
    let missing = "missing from the settlement run it names";
    assert_found(&found, Table::Event, &id(4), missing);
    let run = Table::SettlementRun;
    assert_found(&found, run, "settlement 853-2026-", "do not add up");
    let found = findings(|hand| {
        let key = only(hand, Table::SettlementRow);
        hand.change(&key, |row: &mut SettledRow| {
            row.event = super::history::event_id(1)
        });
    })
    .await;
    let other = "stands on another settlement or on none";
    assert_found(&found, Table::SettlementRow, "record ", other);
}

#[tokio::test]
async fn a_row_that_is_not_what_was_settled_is_found() {
    let found = findings(|hand| {
        let key = only(hand, Table::SettlementRow);
        hand.change(&key, |row: &mut SettledRow| row.shares.voucher.0 += 1);
    })
    .await;
    let otherwise = "not what its event";
    assert_found(&found, Table::SettlementRow, "record ", otherwise);
    let run = Table::SettlementRun;
    assert_found(&found, run, "settlement 853-", "the rows of provider");
}

#[tokio::test]
async fn sums_that_do_not_add_up_are_found() {
    let run = Table::SettlementRun;
    let found = findings(|hand| change_sums(hand, |sums| sums.sums.voucher.0 += 1)).await;
    assert_found(&found, run, "settlement 853-", "the rows of provider");
    let found = findings(|hand| change_run(hand, |run| run.events += 1)).await;
    assert_found(
        &found,
        run,
        "settlement 853-",
        "its providers do not add up",
    );
    let found = findings(|hand| change_run(hand, |run| run.state = RunState::Cancelled)).await;
    assert_found(
        &found,
        run,
        "settlement 853-",
        "cancelled, and still has rows",
    );
}

#[tokio::test]
async fn a_run_under_way_that_the_book_does_not_know_is_found() {
    let found = findings(|hand| change_run(hand, |run| run.state = RunState::Paying)).await;
    let run = Table::SettlementRun;
    assert_found(
        &found,
        run,
        "record ",
        "its organiser's book says otherwise",
    );
    let found = findings(|hand| {
        let key = only(hand, Table::SettlementBook);
        hand.change_versioned(&key, |book: &mut Book| {
            let by = RunNumber::parse("853-2026-01-1").unwrap();
            let amount = Cents(-1);
            let provider = BusinessId::parse("9000007-0").unwrap();
            book.carried.insert(provider, Carried { amount, by });
        });
    })
    .await;
    let book = Table::SettlementBook;
    assert_found(&found, book, "record ", "carries forward what no run did");
}
