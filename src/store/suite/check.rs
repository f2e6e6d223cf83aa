//! What the check of the whole store finds. Every record is changed with its seal and its checksum made anew,
//! so that nothing but the check can notice.

use super::history::{event_id, lived};
use super::tamper::Hand;
use super::*;
use crate::domain::ledger::{Account, Entry, Posting, PostingKind};
use crate::domain::period::Period;
use crate::domain::service_event::ServiceEvent;
use crate::store::check::{CheckReport, Finding};
use crate::store::records::keys::{Key, TABLES, Table};
use crate::store::records::stored::{StoredEvent, StoredGrant};

pub(super) async fn check(store: &TheStore) -> CheckReport {
    store.check(&mut |_| {}).await.unwrap()
}

/// What is found after a hand was laid on a store that has lived. Nothing of it is personal.
pub(super) async fn findings(tampering: impl FnOnce(&Hand)) -> Vec<Finding> {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    assert_eq!(check(&store).await.findings, []);
    store.close().await.unwrap();
    tampering(&Hand::on(&place).await);
    let store = place.open();
    let report = check(&store).await;
    store.ready().expect("a finding shuts nothing");
    for finding in &report.findings {
        let text = format!("{finding:?}");
        let number = number(1).to_string();
        for personal in [CHILD, OTHER, number.as_str(), "Korhonen", "kavi kaupassa"] {
            assert!(!text.contains(personal), "{text}");
        }
        assert!(!finding.advice.is_empty() && !finding.record.is_empty());
    }
    report.findings
}

/// One of the findings names this table, this record where one is named, and says this.
#[track_caller]
pub(super) fn assert_found(findings: &[Finding], table: Table, record: &str, what: &str) {
    let is_it = |finding: &&Finding| {
        finding.table == table.name()
            && finding.record.contains(record)
            && finding.what.contains(what)
    };
    assert!(
        findings.iter().any(|finding| is_it(&finding)),
        "no {table:?} {record} {what} in {findings:#?}"
    );
}

pub(super) fn id(byte: u8) -> String {
    event_id(byte).to_string()
}

fn change_event(hand: &Hand, byte: u8, change: impl FnOnce(&mut ServiceEvent)) {
    let key = Key::event(event_id(byte));
    hand.change(&key, |stored: &mut StoredEvent| {
        hand.reseal(&key, &mut stored.sealed, change);
    });
}

fn change_grant(hand: &Hand, bits: u64, change: impl FnOnce(&mut PurchasingPower)) {
    hand.change_versioned(&Key::grant(number(bits)), |stored: &mut StoredGrant| {
        change(&mut stored.grant);
    });
}

/// Books on the grant's balance alone.
fn use_more(grant: &mut PurchasingPower, thousandths: i64) {
    let entry = Entry {
        account: Account::Period(Period::Month.key(date(2026, 3, 1))),
        thousandths,
    };
    grant.book(&Posting {
        at: instant(0),
        kind: PostingKind::Correction,
        event: None,
        entries: vec![entry],
    });
}

/// Changes the posting by which an event took its use.
fn change_reservation(hand: &Hand, byte: u8, thousandths: i64) {
    for key in hand.keys(&Key::ledger(number(1))) {
        let posting: Posting = hand.get(&key);
        if posting.event == Some(event_id(byte)) && posting.kind == PostingKind::Reserve {
            return hand.change(&key, |posting: &mut Posting| {
                posting.entries[0].thousandths += thousandths;
            });
        }
    }
    panic!("no such posting");
}

#[tokio::test]
async fn a_store_that_has_lived_is_found_well_and_counted() {
    let place = Place::new();
    let store = place.open();
    lived(&store).await;
    let mut told = Vec::new();
    let report = store
        .check(&mut |records| told.push(records))
        .await
        .unwrap();
    assert_eq!((report.findings.len(), report.findings_left_out), (0, 0));
    assert!(report.was_quiet);
    assert_eq!(report.grants, 2);
    let head = store.access_head().await.unwrap();
    assert_eq!(report.access_rows, head.rows);
    let count = |table: Table| {
        let of = |(name, count): &(&str, u64)| (*name == table.name()).then_some(*count);
        report.tables.iter().find_map(of).unwrap()
    };
    assert_eq!(report.tables.len(), TABLES.len());
    let events = [
        Table::Event,
        Table::EventOfGrant,
        Table::EventOfDay,
        Table::Feed,
    ];
    assert_eq!(events.map(count), [5; 4]);
    assert_eq!((count(Table::Meta), count(Table::Access)), (2, head.rows));
    assert!(told.is_sorted());
    let all: u64 = report.tables.iter().map(|(_, count)| count).sum();
    assert_eq!(told.last(), Some(&all));
}

#[tokio::test]
async fn an_empty_store_is_well() {
    let report = check(&Place::new().open()).await;
    assert_eq!((report.findings.len(), report.grants), (0, 0));
}

#[tokio::test]
async fn a_changed_ledger_row_is_found() {
    let found = findings(|hand| change_reservation(hand, 1, 10)).await;
    let period = "period 2026-03: the ledger adds up to 510, the running balance is 500";
    assert_found(&found, Table::Grant, "record ", period);
    let of_event = "the ledger has 510 for this event, which takes 500";
    assert_found(&found, Table::Event, &id(1), of_event);
    let removed = findings(|hand| {
        let keys = hand.keys(&Key::ledger(number(2)));
        hand.remove(&keys[0]);
    })
    .await;
    assert_found(
        &removed,
        Table::Grant,
        "record ",
        "the ledger authorises 0 in all",
    );
    assert_found(&removed, Table::Meta, "state", "the store counts");
}

/// Two wrongs that cancel each other out in the sum.
#[tokio::test]
async fn ledger_rows_that_only_changed_places_are_found() {
    let found = findings(|hand| {
        change_reservation(hand, 1, 10);
        change_reservation(hand, 4, -10);
    })
    .await;
    assert_found(&found, Table::Event, &id(1), "the ledger has 510");
    assert_found(&found, Table::Event, &id(4), "the ledger has 1990");
}

#[tokio::test]
async fn a_changed_balance_is_found() {
    let found = findings(|hand| change_grant(hand, 1, |grant| use_more(grant, 100))).await;
    let what = "period 2026-03: the ledger adds up to 500, the running balance is 600";
    assert_found(&found, Table::Grant, "record ", what);
    let what = "period 2026-03: the live events take 500, the running balance is 600";
    assert_found(&found, Table::Grant, "record ", what);
}

#[tokio::test]
async fn a_balance_and_a_ledger_that_agree_on_a_lie_are_found_by_the_events() {
    let found = findings(|hand| {
        change_grant(hand, 1, |grant| use_more(grant, 100));
        change_reservation(hand, 1, 100);
    })
    .await;
    assert!(
        !found
            .iter()
            .any(|finding| finding.what.contains("adds up to"))
    );
    let what = "the live events take 500, the running balance is 600";
    assert_found(&found, Table::Grant, "record ", what);
}

#[tokio::test]
async fn use_beyond_what_is_granted_and_below_nothing_is_found() {
    let beyond = findings(|hand| change_grant(hand, 1, |grant| use_more(grant, 9501))).await;
    assert_found(&beyond, Table::Grant, "record ", "10001 is used of 10000");
    let at_the_limit = findings(|hand| change_grant(hand, 1, |grant| use_more(grant, 9500))).await;
    assert!(
        !at_the_limit
            .iter()
            .any(|finding| finding.what.contains("is used of"))
    );
    let below = findings(|hand| change_grant(hand, 1, |grant| use_more(grant, -501))).await;
    assert_found(&below, Table::Grant, "record ", "-1 is used");
}

#[tokio::test]
async fn a_changed_value_is_found_by_what_was_authorised() {
    let found = findings(|hand| {
        change_grant(hand, 1, |grant| {
            let Content::Ordinary(ordinary) = &mut grant.content else {
                panic!();
            };
            let mut value = *ordinary.values.on(date(2026, 2, 1)).unwrap();
            value.unit_value = Cents(3300);
            ordinary.values.append(date(2026, 2, 1), value);
        });
    })
    .await;
    assert_found(&found, Table::Grant, "record ", "the ledger authorises");
}

#[tokio::test]
async fn an_event_whose_shares_do_not_add_up_is_found() {
    let found = findings(|hand| {
        change_event(hand, 1, |event| event.shares.customer.0 += 1);
    })
    .await;
    assert_found(&found, Table::Event, &id(1), "do not add up to the price");
    let found = findings(|hand| {
        change_event(hand, 1, |event| {
            event.lines[0].shares.customer.0 += 1;
            event.shares.customer.0 += 1;
        });
    })
    .await;
    assert_found(
        &found,
        Table::Event,
        &id(1),
        "line 1: voucher share and customer share",
    );
    // They add up, and the voucher pays more than its value.
    let found = findings(|hand| {
        change_event(hand, 1, |event| {
            for shares in [&mut event.lines[0].shares, &mut event.shares] {
                shares.voucher.0 += 1;
                shares.customer.0 -= 1;
            }
        });
    })
    .await;
    assert_found(&found, Table::Event, &id(1), "above value times quantity");
}

#[tokio::test]
async fn a_customer_share_in_a_purchased_service_is_found() {
    let found = findings(|hand| {
        change_grant(hand, 1, |grant| grant.instrument = Instrument::Purchase);
    })
    .await;
    assert_found(&found, Table::Event, &id(1), "share of a purchased service");
}

#[tokio::test]
async fn an_event_of_another_service_organiser_or_person_is_found() {
    let found = findings(|hand| {
        change_event(hand, 1, |event| {
            event.service_code = "MUU".to_owned();
            event.person_id = person(OTHER);
        });
    })
    .await;
    assert_found(&found, Table::Event, &id(1), "its service is not that");
    assert_found(&found, Table::Event, &id(1), "its person is not that");
    let found = findings(|hand| {
        change_event(hand, 1, |event| event.number = number(2));
    })
    .await;
    assert_found(
        &found,
        Table::Event,
        &id(1),
        "missing from the service events of a purchasing power",
    );
    assert_found(
        &found,
        Table::EventOfGrant,
        "record ",
        "not where its event",
    );
}

#[tokio::test]
async fn a_credit_beyond_its_event_is_found() {
    let found = findings(|hand| {
        change_event(hand, 9, |event| {
            for shares in [&mut event.lines[0].shares, &mut event.shares] {
                shares.price.0 *= 2;
                shares.voucher.0 *= 2;
                shares.customer.0 *= 2;
            }
        });
    })
    .await;
    assert_found(
        &found,
        Table::Event,
        &id(4),
        "its credits are more than the event itself",
    );
    assert_found(
        &found,
        Table::Event,
        &id(4),
        "not what the event says is credited",
    );
    let found = findings(|hand| change_event(hand, 4, |event| event.credited = None)).await;
    assert_found(
        &found,
        Table::Event,
        &id(4),
        "not what the event says is credited",
    );
    let found = findings(|hand| {
        change_event(hand, 9, |event| {
            event.credit_of.as_mut().unwrap().event = event_id(77);
        });
    })
    .await;
    assert_found(&found, Table::Event, &id(9), "it credits no event");
}

#[tokio::test]
async fn a_deleted_event_made_live_again_is_found() {
    let found = findings(|hand| {
        change_event(hand, 3, |event| {
            event.state = crate::domain::service_event::EventState::Hyvaksytty;
        });
    })
    .await;
    assert_found(
        &found,
        Table::Event,
        &id(3),
        "the ledger has 0 for this event, which takes 1500",
    );
}
