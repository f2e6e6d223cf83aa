//! What is told of groups, and what covers those that are not.

use super::*;

fn class(code: &str) -> Class {
    Class::of(code, None, "H".to_owned())
}

fn provider(text: &str) -> Option<BusinessId> {
    BusinessId::parse(text).ok()
}

const HOME: &str = "9000007-0";
const DENTAL: &str = "9000003-8";

/// Customers of one group, each with a grant of its own; the first `users` of them used it for a euro.
fn add(monthly: &mut Monthly, of: &str, municipality: &str, customers: u64, users: u64) {
    for place in 0..customers {
        let bits = u64::from(monthly.customers) + 1;
        let is_used = place < users;
        let part = Part {
            grant: PurchasingPowerNumber::from_bits(bits),
            class: class("KOTI"),
            provider: provider(of),
            is_used,
            amounts: Amounts {
                quantity: Quantity(if is_used { 1000 } else { 0 }),
                voucher: Cents(if is_used { 100 } else { 0 }),
                customer: Cents(0),
            },
        };
        monthly.add(MunicipalityCode::parse(municipality), vec![part]);
    }
}

/// Municipality, or the total, and how many customers are told.
fn told(monthly: Monthly) -> Vec<(String, Option<usize>)> {
    let lines = monthly.lines().into_iter();
    lines
        .map(|line| {
            let name = line.group.map_or("total".to_owned(), |group| {
                group.municipality.unwrap().to_string()
            });
            (name, line.figures.map(|figures| figures.customers))
        })
        .collect()
}

fn line(name: &str, customers: Option<usize>) -> (String, Option<usize>) {
    (name.to_owned(), customers)
}

#[test]
fn five_customers_are_told_and_four_are_not() {
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "853", 5, 5);
    let lines = monthly.lines();
    let figures = lines[0].figures.unwrap();
    assert_eq!((figures.grants, figures.used_grants), (5, 5));
    assert_eq!(figures.amounts.voucher, Cents(500));
    assert_eq!(lines[1].figures, Some(figures));
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "853", 4, 4);
    assert_eq!(told(monthly), [line("853", None), line("total", None)]);
}

#[test]
fn amounts_of_few_users_among_many_customers_are_not_told() {
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "853", 9, 1);
    assert_eq!(told(monthly), [line("853", None), line("total", None)]);
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "853", 9, 0);
    assert_eq!(
        told(monthly),
        [line("853", Some(9)), line("total", Some(9))]
    );
}

#[test]
fn the_smallest_other_group_covers_a_small_one_against_the_total() {
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "049", 8, 8);
    add(&mut monthly, HOME, "091", 6, 6);
    add(&mut monthly, HOME, "853", 2, 2);
    assert_eq!(
        told(monthly),
        [
            line("049", Some(8)),
            line("091", None),
            line("853", None),
            line("total", Some(16))
        ]
    );
}

#[test]
fn small_groups_cover_each_other_only_when_they_are_enough_people() {
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "049", 8, 8);
    add(&mut monthly, HOME, "091", 3, 3);
    add(&mut monthly, HOME, "853", 2, 2);
    let told_of_five = told(monthly);
    assert_eq!(told_of_five[0], line("049", Some(8)));
    assert_eq!(told_of_five[3], line("total", Some(13)));
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "049", 8, 8);
    add(&mut monthly, HOME, "091", 2, 2);
    add(&mut monthly, HOME, "853", 2, 2);
    let all: Vec<_> = told(monthly).into_iter().map(|(_, told)| told).collect();
    assert_eq!(all, [None, None, None, Some(12)]);
}

#[test]
fn one_person_in_two_small_groups_is_one_person() {
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "853", 5, 5);
    for _ in 0..4 {
        let bits = u64::from(monthly.customers) + 100;
        let part = |of| Part {
            grant: PurchasingPowerNumber::from_bits(bits),
            class: class("KOTI"),
            provider: provider(of),
            is_used: true,
            amounts: Amounts::default(),
        };
        let parts = vec![part(DENTAL), part("9000001-1")];
        monthly.add(MunicipalityCode::parse("049"), parts);
    }
    // Two groups of the same four people: told as a difference they would be four.
    let lines = monthly.lines();
    assert_eq!(lines.len(), 4);
    assert!(lines[..3].iter().all(|line| line.figures.is_none()));
    let total = lines[3].figures.unwrap();
    assert_eq!(
        (total.customers, total.grants, total.used_grants),
        (9, 9, 9)
    );
}

#[test]
fn a_class_covers_no_other() {
    let mut monthly = Monthly::default();
    add(&mut monthly, HOME, "853", 5, 5);
    let part = Part {
        grant: PurchasingPowerNumber::from_bits(77),
        class: class("HAMMAS"),
        provider: None,
        is_used: false,
        amounts: Amounts::default(),
    };
    monthly.add(None, vec![part]);
    let lines = monthly.lines();
    let told: Vec<bool> = lines.iter().map(|line| line.figures.is_some()).collect();
    assert_eq!(told, [false, false, true, true]);
}
