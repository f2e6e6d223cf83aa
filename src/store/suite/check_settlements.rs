//! What the check finds of settlements: an event and the row of its run, the sums of rows, providers and run.

use super::check::{assert_found, findings, id};
use super::tamper::Hand;
use super::*;
use crate::domain::ledger::Posting;
use crate::domain::money::Cents;
use crate::domain::service_event::Shares;
use crate::domain::settlement::{
    Book, Carried, ProviderSums, Run, RunNumber, RunState, SettledRow,
};
use crate::store::check::SettlementReport;
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

/// The check of the one settlement of a store that has lived, after a hand was laid on it.
async fn checked(tampering: impl FnOnce(&Hand)) -> SettlementReport {
    let place = Place::new();
    let store = place.open();
    super::history::lived(&store).await;
    store.close().await.unwrap();
    tampering(&Hand::on(&place).await);
    let store = place.open();
    let run = store.settlement_runs(turku()).await.unwrap().remove(0);
    let report = store.check_settlement(run.number).await.unwrap();
    store.ready().expect("a finding shuts nothing");
    report
}

#[tokio::test]
async fn one_settlement_is_checked_with_the_ledgers_of_its_events() {
    let whole = checked(|_| {}).await;
    assert_eq!(whole.findings, []);
    assert_eq!((whole.rows, whole.grants), (1, 1));
    assert!(whole.sums.voucher.0 > 0);

    let changed = checked(|hand| {
        let key = only(hand, Table::SettlementRow);
        hand.change(&key, |row: &mut SettledRow| row.shares.voucher.0 += 1);
    })
    .await;
    assert_eq!(changed.sums.voucher.0, whole.sums.voucher.0 + 1);
    assert_found(
        &changed.findings,
        Table::SettlementRow,
        "record ",
        "not what its event",
    );
    assert_found(
        &changed.findings,
        Table::SettlementRun,
        "settlement 853-",
        "the rows of provider",
    );

    let without = checked(|hand| hand.remove(&only(hand, Table::SettlementProvider))).await;
    assert_found(
        &without.findings,
        Table::SettlementRun,
        "settlement 853-",
        "do not add up",
    );

    let of_ledger = checked(|hand| {
        let key = hand.keys(&Key::ledger(number(1))).pop().unwrap();
        hand.change(&key, |posting: &mut Posting| {
            posting.entries[0].thousandths += 1;
        });
    })
    .await;
    assert!(!of_ledger.findings.is_empty());
    let of_another = checked(|hand| {
        let key = hand.keys(&Key::ledger(number(2))).pop().unwrap();
        hand.change(&key, |posting: &mut Posting| {
            posting.entries[0].thousandths += 1;
        });
    })
    .await;
    assert_eq!(of_another, whole);
}

#[tokio::test]
async fn a_settlement_that_is_not_there_has_nothing() {
    let place = Place::new();
    let store = place.open();
    super::history::lived(&store).await;
    let number = RunNumber::parse("853-2031-01-1").unwrap();
    let report = store.check_settlement(number).await.unwrap();
    assert_eq!((report.rows, report.grants), (0, 0));
    assert_eq!(report.sums, Shares::default());
}
