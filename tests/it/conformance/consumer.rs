//! The consumer's security server compares the answer with the request, and so does every other test.

use super::breaking::{Exchange, IDENTIFIERS, element, exchange, swapped, with_part};
use crate::support::answer::Answer;
use crate::support::conformance::{consumer_side, echo_in_fault, examine, judge};
use crate::support::message::Message;
use crate::support::server::Site;

/// Changes of a header that a consumer's security server must see: what is compared, from, to.
fn inconsistencies(text: &str) -> Vec<(String, String)> {
    let mut changes = Vec::new();
    for name in ["xrd:id", "xrd:userId", "xrd:issue"] {
        let whole = element(text, name);
        let field = name.trim_start_matches("xrd:");
        for to in [
            swapped(whole, "</", "x</"),
            swapped(whole, "</", " </"),
            swapped(whole, ">", ">\t"),
            format!("<{name}/>"),
        ] {
            changes.push((field.to_owned(), swapped(text, whole, &to)));
        }
        if field != "id" {
            changes.push((field.to_owned(), swapped(text, whole, "")));
        }
    }
    for (outer, parts) in &IDENTIFIERS[..2] {
        for part in *parts {
            let tag = format!("id:{part}");
            let mut change = |to: &dyn Fn(&str) -> String| {
                let changed = with_part(text, &format!("xrd:{outer}"), &tag, to);
                changes.push(((*outer).to_owned(), changed));
            };
            // The service code begins the body's name, and may only grow shorter.
            match *part {
                "serviceCode" => change(&|part| swapped(part, "getOstovoima", "getOstovoim")),
                _ => change(&|part| swapped(part, "</", "x</")),
            }
            if matches!(*part, "subsystemCode" | "serviceVersion") {
                change(&|_| String::new());
            }
            if *part == "serviceVersion" {
                change(&|_| format!("<{tag}/>"));
            }
        }
    }
    let party = "representedParty";
    for part in ["repr:partyClass", "repr:partyCode"] {
        for to in [
            String::new(),
            format!("<{part}/>"),
            format!("<{part}>x</{part}>"),
        ] {
            let changed = with_part(text, "repr:representedParty", part, |_| to.clone());
            changes.push((party.to_owned(), changed));
        }
    }
    let whole = element(text, "repr:representedParty");
    changes.push((party.to_owned(), swapped(text, whole, "")));
    changes
}

#[test]
fn a_consumer_sees_every_difference_that_counts() {
    let Exchange {
        request,
        answer,
        faulty_request,
        fault,
    } = exchange();
    let changes = inconsistencies(&answer.body);
    assert!(changes.len() >= 30, "{}", changes.len());
    for (field, changed) in changes {
        let error = consumer_side(request.as_bytes(), changed.as_bytes()).unwrap_err();
        let found = (error.code.name(), error.text.as_str());
        assert_eq!(
            found,
            ("inconsistent_response", field.as_str()),
            "{changed}"
        );
        // What was absent or different in the request counts just as much.
        let error = consumer_side(changed.as_bytes(), answer.body.as_bytes()).unwrap_err();
        assert_eq!(error.code.name(), "inconsistent_response", "{changed}");
    }
    for (field, changed) in inconsistencies(&fault.body) {
        let error = echo_in_fault(faulty_request.as_bytes(), changed.as_bytes()).unwrap_err();
        assert_eq!(error.text, field, "{changed}");
        // X-Road itself hands a fault on as it is.
        assert_eq!(
            consumer_side(faulty_request.as_bytes(), changed.as_bytes()),
            Ok(())
        );
    }
}

#[test]
fn a_consumer_passes_over_what_does_not_count() {
    let Exchange {
        request, answer, ..
    } = exchange();
    let body = answer.body;
    for (from, to) in [
        (">4.0<", ">4.1<"),
        (">ss1<", ">ss2<"),
        ("\"SUBSYSTEM\"", "\"MEMBER\""),
        ("<xrd:userId>", "<xrd:new/><xrd:userId>"),
        ("hoitaja.", "<!-- -->hoi<![CDATA[taja]]>&#46;"),
    ] {
        let changed = swapped(&body, from, to);
        let found = consumer_side(request.as_bytes(), changed.as_bytes());
        assert_eq!(found, Ok(()), "{to}");
    }
    let without = swapped(&body, element(&body, "xrd:securityServer"), "");
    assert_eq!(
        consumer_side(request.as_bytes(), without.as_bytes()),
        Ok(())
    );
    for (request, response, expected) in [
        (request.as_str(), "", "invalid_soap"),
        ("", body.as_str(), "invalid_soap"),
        (request.as_str(), "<Envelope/>", "invalid_soap"),
    ] {
        let error = consumer_side(request.as_bytes(), response.as_bytes()).unwrap_err();
        assert_eq!(error.code.name(), expected);
    }
}

#[test]
fn a_request_hash_is_seen_in_answers_and_faults() {
    let Exchange {
        request,
        answer,
        faulty_request,
        fault,
    } = exchange();
    let hash = "<xrd:requestHash>aGFzaA==</xrd:requestHash><xrd:userId>";
    let hashed = |text: &str| swapped(text, "<xrd:userId>", hash).into_bytes();
    let found = consumer_side(request.as_bytes(), &hashed(&answer.body)).unwrap_err();
    assert_eq!(found.code.name(), "request_hash_emitted");
    let found = echo_in_fault(faulty_request.as_bytes(), &hashed(&fault.body)).unwrap_err();
    assert_eq!(found.code.name(), "request_hash_emitted");
    // In a request it is nobody's business.
    let found = consumer_side(&hashed(&request), answer.body.as_bytes());
    assert_eq!(found, Ok(()));
}

#[test]
fn a_request_in_another_encoding_is_compared_by_its_letters() {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let message = Message::lookup(&number).set("xrd:userId", "Äänetär Öhman");
    let utf8 = message.0.clone();
    let latin: Vec<u8> = message
        .replace("UTF-8", "ISO-8859-1")
        .0
        .chars()
        .map(|letter| letter as u8)
        .collect();
    let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = swapped(&utf8, "UTF-8", "UTF-16");
        text.encode_utf16().flat_map(unit).collect()
    };
    let answer = server.post(&utf8);
    assert_eq!(answer.outcome(), "OK");
    let marked: Vec<u8> = [vec![0xFF, 0xFE], utf16(u16::to_le_bytes)].concat();
    for request in [
        latin,
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        marked,
        format!("\u{feff}{utf8}").into_bytes(),
    ] {
        assert_eq!(consumer_side(&request, answer.body.as_bytes()), Ok(()));
        let other = swapped(&answer.body, "Öhman", "Ohman");
        let error = consumer_side(&request, other.as_bytes()).unwrap_err();
        assert_eq!(error.code.name(), "inconsistent_response");
    }
}

#[test]
fn every_post_of_the_tests_goes_through_both_sides() {
    let Exchange {
        request,
        answer,
        faulty_request,
        fault,
    } = exchange();
    let examined = |request: &str, content_type: &str, answer: &Answer, body: &str| {
        let answer = Answer {
            body: body.to_owned(),
            ..answer.clone()
        };
        let found = examine(request.as_bytes(), content_type, &answer);
        found.err().map(|error| error.code.name())
    };
    let changed = swapped(&answer.body, ">A-1<", ">A-2<");
    let differs = Some("inconsistent_response");
    assert_eq!(examined(&request, "text/xml", &answer, &answer.body), None);
    assert_eq!(examined(&request, "text/xml", &answer, &changed), differs);
    assert_eq!(
        examined(&request, "text/xml", &answer, ""),
        Some("invalid_soap")
    );
    let multipart = format!("--b\r\ncontent-type:text/xml\r\n\r\n{request}\r\n--b--\r\n");
    let media_type = "multipart/related; boundary=b";
    assert_eq!(
        examined(&multipart, media_type, &answer, &answer.body),
        None
    );
    assert_eq!(examined(&multipart, media_type, &answer, &changed), differs);
    let changed = swapped(&fault.body, ">A-1<", ">A-2<");
    assert_eq!(
        examined(&faulty_request, "text/xml", &fault, &changed),
        differs
    );
    // Of a request that no security server lets through nothing can be compared.
    assert_eq!(examined("<a/>", "text/xml", &fault, &fault.body), None);
    let panicked = std::panic::catch_unwind(|| {
        let broken = Answer {
            status: 202,
            ..answer.clone()
        };
        judge(request.as_bytes(), "text/xml", &broken);
    });
    let said = panicked.unwrap_err();
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("http_error"), "{said}");
}
