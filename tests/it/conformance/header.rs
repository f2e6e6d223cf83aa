//! The provider's security server reads the header: fields, identifiers, object types, version.

use super::breaking::{
    IDENTIFIERS, Response, assert_verdicts, case, element, exchange, swapped, with_part,
};
use crate::support::conformance::provider_side;

#[test]
fn each_header_field_must_be_there_and_once() {
    let base = Response::of(&exchange().answer);
    let text = base.text();
    let without = |text: &str, name: &str| swapped(text, element(text, name), "");
    let mut cases = Vec::new();
    for (name, expected) in [
        ("xrd:protocolVersion", "missing_header_field"),
        ("xrd:client", "missing_header_field"),
        ("xrd:id", "missing_header_field"),
        ("xrd:service", "missing_header_field"),
        ("xrd:userId", "ok"),
        ("xrd:issue", "ok"),
        ("xrd:securityServer", "ok"),
        ("repr:representedParty", "ok"),
    ] {
        let response = base.clone().body(&without(&text, name));
        cases.push((format!("without {name}"), expected, response));
        let once = element(&text, name);
        let twice = swapped(&text, once, &format!("{once}<!-- and -->{once}"));
        let response = base.clone().body(&twice);
        cases.push((format!("{name} twice"), "duplicate_header_field", response));
    }
    let hash = "<xrd:requestHash>aGFzaA==</xrd:requestHash>";
    for (count, expected) in [(1, "ok"), (2, "duplicate_header_field")] {
        let header = format!("{}<xrd:userId>", hash.repeat(count));
        let response = base.clone().swap("<xrd:userId>", &header);
        cases.push((format!("{count} requestHash"), expected, response));
    }
    for (outer, parts) in IDENTIFIERS {
        for part in parts {
            let twice = with_part(
                &text,
                &format!("xrd:{outer}"),
                &format!("id:{part}"),
                |part| part.repeat(2),
            );
            let response = base.clone().body(&twice);
            cases.push((
                format!("{outer}/{part} twice"),
                "duplicate_header_field",
                response,
            ));
        }
    }
    for part in ["repr:partyClass", "repr:partyCode"] {
        let twice = with_part(&text, "repr:representedParty", part, |part| part.repeat(2));
        let response = base.clone().body(&twice);
        cases.push((format!("{part} twice"), "duplicate_header_field", response));
    }
    let unknown = base
        .clone()
        .swap("<xrd:userId>", "<xrd:new/><xrd:new/><a/><a/><xrd:userId>");
    cases.push(case("unknown elements twice", "ok", unknown));
    assert_verdicts(&cases);
}

#[test]
fn missing_fields_are_named_in_xroads_order() {
    let mut text = exchange().answer.body;
    // From the last that is asked for to the first: whatever else is gone too, the earliest is named.
    for (name, named) in [
        ("service", "Message header must contain service id"),
        ("id", "Required field 'id' is missing"),
        ("client", "Required field 'client' is missing"),
        (
            "protocolVersion",
            "Required field 'protocolVersion' is missing",
        ),
    ] {
        text = swapped(&text, element(&text, &format!("xrd:{name}")), "");
        let error = provider_side(200, Some("text/xml"), Some(text.as_bytes())).unwrap_err();
        let found = (error.code.name(), error.text.as_str());
        assert_eq!(found, ("missing_header_field", named));
    }
}

#[test]
fn identifiers_and_the_protocol_version_are_checked() {
    let base = Response::of(&exchange().answer);
    let text = base.text();
    let mut cases = Vec::new();
    for (outer, object_type, others) in [
        (
            "client",
            "SUBSYSTEM",
            &[
                "SERVICE",
                "SERVER",
                "GLOBALGROUP",
                "subsystem",
                "",
                " MEMBER",
            ][..],
        ),
        (
            "service",
            "SERVICE",
            &["MEMBER", "SUBSYSTEM", "SERVER", "service", ""],
        ),
        (
            "securityServer",
            "SERVER",
            &["MEMBER", "SERVICE", "LOCALGROUP", "server", ""],
        ),
    ] {
        let right = format!("<xrd:{outer} id:objectType=\"{object_type}\">");
        let wrongs = others
            .iter()
            .map(|other| format!("<xrd:{outer} id:objectType=\"{other}\">"))
            .chain([
                format!("<xrd:{outer}>"),
                format!("<xrd:{outer} objectType=\"{object_type}\">"),
                format!("<xrd:{outer} xrd:objectType=\"{object_type}\">"),
            ]);
        for wrong in wrongs {
            let response = base.clone().swap(&right, &wrong);
            cases.push((wrong, "invalid_xml", response));
        }
    }
    let member = base.clone().swap("\"SUBSYSTEM\"", "\"MEMBER\"");
    cases.push(case("a member with a subsystem", "ok", member));
    for version in ["3.1", "5.0", "4", "", " 4.0", "v4.0"] {
        let to = format!("<xrd:protocolVersion>{version}</");
        let response = base.clone().swap("<xrd:protocolVersion>4.0</", &to);
        cases.push((to, "invalid_protocol_version", response));
    }
    let later = base
        .clone()
        .swap("<xrd:protocolVersion>4.0</", "<xrd:protocolVersion>4.7</");
    cases.push(case("version 4.7", "ok", later));
    for (outer, parts) in IDENTIFIERS {
        for part in parts {
            let (outer, part) = (format!("xrd:{outer}"), format!("id:{part}"));
            let may_be_blank = part == "id:serviceVersion";
            let may_miss = may_be_blank || part == "id:subsystemCode";
            for (text_inside, expected) in [
                (
                    format!("<{part}/>"),
                    if may_be_blank { "ok" } else { "internal_error" },
                ),
                (
                    format!("<{part}> \t\n</{part}>"),
                    if may_be_blank { "ok" } else { "internal_error" },
                ),
                (
                    String::new(),
                    if may_miss { "ok" } else { "internal_error" },
                ),
            ] {
                let changed = with_part(&text, &outer, &part, |_| text_inside.clone());
                let response = base.clone().body(&changed);
                cases.push((
                    format!("{outer}/{part}: {text_inside:?}"),
                    expected,
                    response,
                ));
            }
        }
    }
    assert_verdicts(&cases);
}
