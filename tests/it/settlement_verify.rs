//! Settlements verified over the real program: whole ones are told as such, planted differences of rows, events and the
//! ledger are found, and rows that do not add up are not exported.

use std::collections::BTreeMap;

use crate::settlement::{approved_month, settle};
use crate::settlement_export::{NUMBER, PAY, confirm, export, files};
use crate::support::operator::operate;
use crate::support::planted::{Planted, Recorded};
use crate::support::tamper::{LEDGER, SETTLEMENT_ROW, change_last};

#[test]
fn settlements_are_verified_and_differences_found() {
    let (site, server, _) = approved_month();
    settle(&site, "853", "2026-03");
    confirm(&site, NUMBER);
    let whole = "853-2026-03-1 CONFIRMED: rows, events and the ledger of 2 purchasing powers agree: 3 events, price \
                 649.25, voucher share 497.00, customer share 152.25\n";
    let verify = |what: &[&str]| operate(&site, &[&["settlement", "verify"], what].concat());
    let month = ["--organiser", "853", "--month", "2026-03"];
    for which in [[NUMBER].as_slice(), &month] {
        assert_eq!(verify(which).good(), format!("settlement {whole}"));
    }
    let none = verify(&["--organiser", "853", "--month", "2026-02"]).refused();
    assert!(none.contains("there is no settlement of that organiser and month"));
    assert_eq!(server.stop(), Some(0));

    let change =
        |table, bit: u8| change_last(&site, table, |payload| *payload.last_mut().unwrap() ^= bit);
    let found = |what: &[&str]| {
        let told = verify(&month);
        assert_eq!(told.code, 1, "{told:?}");
        for what in what {
            assert!(told.out.contains(what), "{what}: {}", told.out);
        }
    };
    change(SETTLEMENT_ROW, 1);
    let rows = "its rows are 3 events, price 649.25, voucher share 497.00, customer share 152.89, and it says 3 events";
    found(&[
        rows,
        "it is not what its event",
        "the rows of provider 9000007-0 do not add up",
    ]);
    let out = site.folder().join("out");
    let refused = export(&site, NUMBER, &out, &PAY).refused();
    assert!(
        refused.contains(
            "the rows of provider 9000007-0 do not add up to its sums: pay nothing on it"
        ),
        "{refused}"
    );
    assert_eq!(files(&out), BTreeMap::new());
    let page = out.join("page.html");
    let report = ["settlement", "report", NUMBER, "--out"];
    let report = [&report[..], &[page.to_str().unwrap()]].concat();
    let refused = operate(&site, &report).refused();
    assert!(refused.contains("do not add up"), "{refused}");
    assert_eq!(files(&out), BTreeMap::new());
    change(SETTLEMENT_ROW, 1);
    verify(&[NUMBER]).good();
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "110987-904Y");
    let id = planted.event(grant.number, Recorded::default());
    planted.name_settlement(id, NUMBER);
    planted.close();
    found(&["the events that name it are 4 events, price 650.25, voucher share 498.00"]);
    let planted = Planted::open(&site);
    planted.name_settlement(id, "853-2026-03-9");
    planted.close();
    verify(&[NUMBER]).good();
    change(LEDGER, 2);
    found(&["the ledger has", "pay nothing on this purchasing power"]);
}
