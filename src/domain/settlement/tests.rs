//! What is carried forward, held back and given back: sums of providers over several runs.

use super::*;
use crate::domain::national_code::MunicipalityCode;

fn turku() -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
}

fn provider() -> BusinessId {
    BusinessId::parse("9000007-0").unwrap()
}

fn run(sequence: u32) -> Run {
    let month = Month::parse("2026-03").unwrap();
    let organiser = turku();
    let number = RunNumber {
        organiser,
        month,
        sequence,
    };
    Run::begun(number, Timestamp::UNIX_EPOCH)
}

fn sums(voucher: i64) -> Vec<ProviderSums> {
    let mut sums = ProviderSums::none(provider());
    sums.sums.voucher = Cents(voucher);
    sums.sums.price = Cents(voucher);
    vec![sums]
}

fn ibans() -> BTreeMap<BusinessId, String> {
    BTreeMap::from([(provider(), "FI9150001503000009".to_owned())])
}

/// Payable, carried forward, and what the book says after a run of so many cents.
fn after(book: &Book, sequence: u32, voucher: i64) -> (i64, i64, Vec<ProviderSums>, Book) {
    let (_, providers, book) = complete(&run(sequence), sums(voucher), book, &ibans());
    let first = &providers[0];
    let (payable, carried) = (first.payable().0, first.carried_forward().0);
    (payable, carried, providers, book)
}

#[test]
fn what_a_provider_owes_is_carried_forward_until_it_is_made_up_for() {
    let book = Book::empty(turku());
    let (payable, carried, _, book) = after(&book, 1, -1000);
    assert_eq!((payable, carried), (0, -1000));
    let (payable, carried, _, book) = after(&book, 2, 400);
    assert_eq!((payable, carried), (0, -600));
    let (payable, carried, providers, book) = after(&book, 3, 601);
    assert_eq!((payable, carried), (1, 0));
    assert_eq!(providers[0].brought_forward, Cents(-600));
    assert!(book.carried.is_empty());
    let (payable, _, _, _) = after(&book, 4, 5);
    assert_eq!(payable, 5, "carried forward once");
}

#[test]
fn a_run_is_cancelled_only_while_no_later_one_rests_on_it() {
    let empty = Book::empty(turku());
    let (_, _, first, book_1) = after(&empty, 1, -1000);
    assert!(!rests_on_it(&run(1), &first, &book_1));
    let (_, _, second, book_2) = after(&book_1, 2, 400);
    assert!(rests_on_it(&run(1), &first, &book_2));
    assert!(!rests_on_it(&run(2), &second, &book_2));
    let restored = book_without(&second, &book_2);
    assert_eq!(restored.carried, book_1.carried);
    assert!(!rests_on_it(&run(1), &first, &restored));
    assert!(book_without(&first, &restored).carried.is_empty());
    // One that brought all of it forward and left nothing can go too, until another owes again.
    let (_, _, third, book_3) = after(&book_2, 3, 600);
    assert!(!rests_on_it(&run(3), &third, &book_3));
    let (_, _, _, book_4) = after(&book_3, 4, -1);
    assert!(rests_on_it(&run(3), &third, &book_4));
}

#[test]
fn a_run_that_neither_owes_nor_was_owed_depends_on_none() {
    let (_, _, first, book) = after(&Book::empty(turku()), 1, 500);
    let (_, _, _, later) = after(&book, 2, -700);
    assert!(!rests_on_it(&run(1), &first, &later));
    assert_eq!(book_without(&first, &later).carried, later.carried);
}

#[test]
fn only_a_payment_with_nowhere_to_go_is_held_back() {
    let none = BTreeMap::new();
    let book = Book::empty(turku());
    for (voucher, is_held_back) in [(1, true), (0, false), (-1, false)] {
        let (_, providers, _) = complete(&run(1), sums(voucher), &book, &none);
        assert_eq!(providers[0].is_held_back(), is_held_back, "{voucher}");
        let now = released(&providers, &ibans());
        assert_eq!(now.len(), usize::from(is_held_back));
        assert_eq!(payable_now(&providers).count(), usize::from(!is_held_back));
        assert!(now.iter().all(|sums| !sums.is_held_back()));
    }
}
