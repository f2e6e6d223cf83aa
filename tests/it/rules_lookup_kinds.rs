//! Looking up balances and dental grants: what is shown of each, of which day, and prices only where
//! they are asked and count.

use crate::changes::{DENTAL, SALDO, balance, create, dental, element, line, terms};
use crate::scenery::{HEAD, site, site_with, verdict};
use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::server::Server;

/// Another name and price from April on, and a price that begins in May.
const MORE: &str = r#"
[[price_item]]
organiser = { municipality = "853" }
procedure_code = "EBA00"
voucher_value = "97.00"
valid_from = "2026-04-01"

[[price_item]]
organiser = { municipality = "853" }
procedure_code = "WYA10"
voucher_value = "5.00"
valid_from = "2026-05-01"

[[code_set]]
oid = "1.2.246.537.6.99002"
version = "1"

[[code_set.items]]
code = "EBA00"
name_fi = "Poisto"
valid_from = "2026-04-01"
tooth_rule = "ONE"
"#;

fn granted(server: &Server, message: Message) -> String {
    server.post(&message.0).number()
}

fn dentist(number: &str, codes: &[&str]) -> Message {
    let codes: String = codes
        .iter()
        .map(|code| element("procedureCode", code))
        .collect();
    Message::lookup(number)
        .client("FI-TEST/COM/9000003-8/dental")
        .provider("9000003-8")
        .before("/psop:getOstovoima", &codes)
}

/// A look-up on a day; the day stands before the codes asked.
fn on(message: Message, day: &str) -> Message {
    message.after("psop:providerBusinessId", &element("serviceDate", day))
}

fn shown(server: &Server, message: &Message) -> Answer {
    let answer = server.post(&message.0);
    assert_eq!(verdict(&answer), "OK");
    answer
}

fn prices(answer: &Answer) -> Vec<String> {
    let document = answer.document();
    let text = |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().to_owned();
    document
        .descendants()
        .filter(|node| node.tag_name().name() == "priceItem")
        .map(|item| {
            item.children()
                .filter(|child| child.is_element())
                .map(text)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

#[test]
fn a_balance_is_shown_in_its_unit() {
    let server = site("").start();
    let fields = [
        "balanceUnit",
        "total",
        "used",
        "remaining",
        "unitValue",
        "perEventMax",
    ];
    let show = |service: &str, block: &str| {
        let number = granted(&server, create(SALDO, &terms(service), block));
        let answer = shown(&server, &Message::lookup(&number));
        assert_eq!(answer.text("kind").unwrap(), "SALDO");
        fields
            .map(|name| answer.text(name).unwrap_or_else(|| "none".to_owned()))
            .join(" ")
    };
    let euros = balance("1200", "EUR", "", "450.5");
    assert_eq!(
        show("saldo-hoiva", &euros),
        "EUR 1200.00 0.00 1200.00 none 450.50"
    );
    let hours = balance("12.5", "H", "32", "2");
    assert_eq!(show("kotiapu", &hours), "H 12.500 0.000 12.500 32.00 2.000");
}

#[test]
fn prices_are_shown_for_the_codes_asked_under_a_price_list() {
    let server = site(MORE).start();
    let block = dental("PRICE_LIST_CEILING", "150.00", "");
    let listed = granted(&server, create(DENTAL, &terms("suun-hoito"), &block));
    let asked = ["WX002", "EBA00", "ZZZ99", "WYA10", "WX002"];
    let answer = shown(&server, &dentist(&listed, &asked));
    assert_eq!(
        prices(&answer),
        [
            "WX002 Paikallispuudutus 10.00",
            "EBA00 Hampaan poisto 95.00 150.00"
        ]
    );
    assert_eq!(answer.text("ceiling").unwrap(), "150.00");
    assert_eq!(answer.text("ceilingRemaining").unwrap(), "150.00");
    assert_eq!(answer.texts("line").len(), 0);
    assert_eq!(prices(&shown(&server, &dentist(&listed, &[]))), [""; 0]);
    // Prices and names are those of the day, moved into the validity: 2026-03-01…08-31.
    let priced = |day: &str| {
        prices(&shown(
            &server,
            &on(dentist(&listed, &["EBA00", "WYA10"]), day),
        ))
    };
    assert_eq!(priced("2026-03-31"), ["EBA00 Hampaan poisto 95.00 150.00"]);
    assert_eq!(priced("2026-04-01"), ["EBA00 Poisto 97.00"]);
    let summer = ["EBA00 Poisto 97.00", "WYA10 5.00"];
    assert_eq!(priced("2026-05-01"), summer);
    assert_eq!(priced("2026-12-24"), summer);
    let lines = line(1, "SAA02", 1, ["", "", "45.00", ""]);
    for mode in ["ITEMISED", "EXAMINATION_ONLY"] {
        let number = granted(
            &server,
            create(DENTAL, &terms("suun-hoito"), &dental(mode, "50.00", &lines)),
        );
        let answer = shown(&server, &dentist(&number, &asked));
        assert_eq!(prices(&answer), [""; 0], "{mode}");
        assert_eq!(answer.text("mode").unwrap(), mode);
        assert_eq!(answer.text("ceilingRemaining").unwrap(), "50.00");
        assert_eq!(answer.texts("nameFi")[1], "Suun perustutkimus");
    }
}

#[test]
fn lines_are_shown_with_names_values_and_the_lowest_cap() {
    let capped = site_with(HEAD, |registry| {
        let service = "service_code = \"suun-hoito\"\nvalid_from = \"2025-01-01\"\n";
        assert!(registry.contains(service));
        registry.replacen(
            service,
            &format!("{service}max_unit_price = \"120.00\"\n"),
            1,
        ) + MORE
    });
    let server = capped.start();
    let lines = [
        line(7, "EBA00", 2, ["48", "", "95.00", "150.00"]),
        line(2, "SFA20", 1, ["16", "MO", "85.00", "100.00"]),
        line(3, "SAA02", 1, ["", "", "45.00", ""]),
    ];
    let block = dental("ITEMISED", "", &lines.concat());
    let number = granted(&server, create(DENTAL, &terms("suun-hoito"), &block));
    let answer = shown(&server, &dentist(&number, &[]));
    assert_eq!(answer.texts("lineNo"), ["7", "2", "3"]);
    assert_eq!(answer.texts("maxCount"), ["2", "1", "1"]);
    assert_eq!(answer.texts("usedCount"), ["0", "0", "0"]);
    assert_eq!(answer.texts("maxPrice"), ["120.00", "100.00", "120.00"]);
    assert_eq!(answer.text("ceiling"), None);
    assert_eq!(answer.text("ceilingRemaining"), None);
    assert_eq!(
        answer.texts("nameFi")[1..],
        [
            "Hampaan poisto",
            "Täyte, kaksi pintaa",
            "Suun perustutkimus"
        ]
    );
    let later = shown(&server, &on(dentist(&number, &[]), "2026-04-01"));
    assert_eq!(later.texts("nameFi")[1], "Poisto");
}
