//! The WSDL of a running server keeps to WS-I's Basic Profile 1.1, rule by rule; and each rule's check finds a WSDL that
//! does not. The rules of messages and of UDDI are not here, nor those of rpc bindings, of which there are none
//! (R2705), nor of imports of other documents, of which there are none (R2001, R2007).

mod bindings;
mod documents;
mod reading;

use roxmltree::Document;

use crate::support::server::{Site, get};

/// A rule: what it says, whether it holds, and an edit that breaks it.
struct Rule {
    number: &'static str,
    says: &'static str,
    holds: fn(&Document<'_>) -> bool,
    spoil: fn(&str) -> String,
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    documents::RULES.iter().chain(bindings::RULES)
}

fn broken(wsdl: &str) -> Vec<&'static str> {
    let document = Document::parse(wsdl).unwrap();
    let broken = rules().filter(|rule| !(rule.holds)(&document));
    broken.map(|rule| rule.number).collect()
}

#[test]
fn the_served_wsdl_keeps_to_the_basic_profile() {
    let site = Site::new("");
    let server = site.start();
    let answer = get(server.http, "/xroad?wsdl").unwrap();
    assert_eq!(broken(&answer.body), [""; 0]);
    // R4003 and R4004 are of the bytes.
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    assert!(answer.body.starts_with(declaration), "R4003, R4004");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn every_rule_finds_what_breaks_it() {
    let path = crate::support::root().join("wsdl/psop-v1.wsdl");
    let wsdl = std::fs::read_to_string(path).unwrap();
    for rule in rules() {
        let spoilt = (rule.spoil)(&wsdl);
        assert_ne!(spoilt, wsdl, "{}: nothing was spoilt", rule.number);
        assert!(
            broken(&spoilt).contains(&rule.number),
            "{} ({}) passes: broken are {:?}",
            rule.number,
            rule.says,
            broken(&spoilt)
        );
    }
}
