//! Thousands of mutated messages, made systematically from the two request fixtures and sent to a
//! running server: its verdict on the schema and on the form is xmllint's, each refusal is a fault
//! that says where, and none leaves anything behind.
//! `body` makes them well-formed and mostly invalid, `form` mostly malformed.

mod body;
mod encoding;
mod form;
mod schema;
mod values;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use roxmltree::Document;
use tempfile::TempDir;

use self::schema::Schema;
use crate::support::answer::{Answer, SOAP};
use crate::support::message::Message;
use crate::support::server::{Server, Site};
use crate::support::xmllint;

/// Messages under way at once.
const SENDERS: usize = 8;

/// A fixture, and the same with every optional element of the contract in its place.
fn origins(fixture: &str) -> [(String, Message); 2] {
    let message = Message::fixture(fixture);
    let full = match fixture {
        "01-create-ordinary" => message
            .clone()
            .after("psop:purpose", "<psop:actingPersonId>131052-308T</psop:actingPersonId>")
            .after(
                "psop:action",
                "<psop:purchasingPowerNumber>OV-0000-0000-0000-0</psop:purchasingPowerNumber>\
                 <psop:expectedVersion>1</psop:expectedVersion>",
            )
            .after(
                "psop:organiser",
                "<psop:effectiveFrom>2026-03-16</psop:effectiveFrom>\
                 <psop:reason><psop:code>R1</psop:code><psop:text>Syy</psop:text></psop:reason>",
            )
            .after("psop:municipalityOfResidence", "<psop:nonDisclosure>true</psop:nonDisclosure>")
            .after("psop:decisionDate", "<psop:legalBasis>PSL_569_2009</psop:legalBasis>")
            .after(
                "psop:validTo",
                "<psop:chosenProviderBusinessId>9000007-0</psop:chosenProviderBusinessId>\
                 <psop:allowedProviderBusinessId>9000007-0</psop:allowedProviderBusinessId>\
                 <psop:allowedProviderBusinessId>9000003-8</psop:allowedProviderBusinessId>\
                 <psop:osvaDocOid>1.2.246.10</psop:osvaDocOid><psop:carePlanRef>P1</psop:carePlanRef>\
                 <psop:contractRef>S1</psop:contractRef><psop:note>Huomio</psop:note>",
            ),
        _ => message
            .clone()
            .after("psop:purpose", "<psop:actingPersonId>131052-308T</psop:actingPersonId>")
            .after(
                "psop:providerBusinessId",
                "<psop:providerUnitCode>T1</psop:providerUnitCode>\
                 <psop:personId>110987-904Y</psop:personId><psop:serviceDate>2026-03-16</psop:serviceDate>\
                 <psop:procedureCode>SAA01</psop:procedureCode><psop:procedureCode>SFA10</psop:procedureCode>",
            ),
    };
    [
        (fixture.to_owned(), message),
        (format!("{fixture} in full"), full),
    ]
}

/// The envelope of `message` around another wrapper.
fn envelope(message: &str, wrapper: &str) -> String {
    let (head, rest) = message.split_once("<soap:Body>").unwrap();
    let (_, tail) = rest.split_once("</soap:Body>").unwrap();
    format!("{head}<soap:Body>{wrapper}</soap:Body>{tail}")
}

/// Sends every message, several at once; answers in the same order.
fn send_all(server: &Server, messages: &[Vec<u8>]) -> Vec<Answer> {
    let next = AtomicUsize::new(0);
    let send = || {
        let mut answers = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(message) = messages.get(index) else {
                return answers;
            };
            answers.push((index, server.post_bytes(message, "text/xml; charset=utf-8")));
        }
    };
    let mut answers: Vec<(usize, Answer)> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Writes documents to files of their own.
fn write_all<'d>(folder: &TempDir, documents: impl Iterator<Item = &'d [u8]>) -> Vec<PathBuf> {
    documents
        .enumerate()
        .map(|(index, document)| {
            let path = folder.path().join(format!("{index}.xml"));
            std::fs::write(&path, document).unwrap();
            path
        })
        .collect()
}

/// Code and path of a fault, both empty where the answer is none; the error is what is wrong with it.
fn fault_of(answer: &Answer) -> Result<(String, String), String> {
    let document = Document::parse(&answer.body)
        .map_err(|error| format!("the answer is not well-formed: {error}"))?;
    let fault = document
        .descendants()
        .find(|node| node.has_tag_name((SOAP, "Fault")));
    let Some(fault) = fault else {
        return match answer.status {
            200 => Ok((String::new(), String::new())),
            other => Err(format!("HTTP {other} without a fault")),
        };
    };
    let text = |name: &str| {
        let node = fault.children().find(|child| child.has_tag_name(name));
        node.and_then(|node| node.text())
            .unwrap_or_default()
            .to_owned()
    };
    let code = answer.text("errorCode").unwrap_or_default();
    let is_whole = answer.status == 500
        && text("faultcode") == "soap:Client"
        && !code.is_empty()
        && text("faultstring").starts_with(&format!("{code}: "));
    if is_whole {
        Ok((code, answer.text("field").unwrap_or_default()))
    } else {
        Err(format!(
            "HTTP {}, not as a fault should be: {}",
            answer.status, answer.body
        ))
    }
}

/// Faults that come after the schema has been passed.
fn is_after_the_schema(code: &str) -> bool {
    code.starts_with("AUTH_") || code == "RATE_LIMITED"
}

/// The right verdict where xmllint (libxml2 2.9.14) is not a judge of XML Schema 1.0.
fn right_verdict(case: &body::Case) -> Option<bool> {
    let is = |what: &str| case.name.ends_with(what);
    // Datatypes 4.3.6: white space of an xs:QName collapses, as of every type that is no string.
    let is_spaced_type = is("with its own xsi:type between blanks");
    // The same of an xs:date.
    let is_spaced_date = is("with the value \" 2026-03-16 \" (xs:date)")
        || is("with the value \"\\n2026-03-16\\t\" (xs:date)");
    // Structures 3.4.4: only characters offend, and an empty CDATA section has none.
    let is_empty_section =
        is("with an empty CDATA section first") || is("with an empty CDATA section last");
    // Datatypes 5.4: a processor need not take years of more than four digits.
    let is_far = ["10000-01-01", "12024-02-29Z", "-12026-03-16"]
        .iter()
        .any(|day| is(&format!("with the value {day:?} (xs:date)")));
    if is_far {
        return Some(false);
    }
    (is_spaced_type || is_spaced_date || is_empty_section).then_some(true)
}

#[test]
fn the_schema_verdict_on_every_mutated_body_is_xmllints() {
    let text = schema::text();
    let parsed = Document::parse(&text).unwrap();
    let schema = Schema(&parsed);
    let mut wrong = Vec::new();
    let mut counts = [0_usize; 2];
    for fixture in ["01-create-ordinary", "02-get-ostovoima"] {
        for (origin, message) in origins(fixture) {
            let cases = body::mutations(&origin, &body::wrapper_of(&message.0), &schema);
            let folder = tempfile::tempdir().unwrap();
            let files = write_all(&folder, cases.iter().map(|case| case.wrapper.as_bytes()));
            let verdicts = xmllint::are_valid(&xmllint::schema("psop-v1.xsd"), &files);
            let expected: Vec<bool> = cases
                .iter()
                .zip(verdicts)
                .map(|(case, verdict)| right_verdict(case).unwrap_or(verdict))
                .collect();
            // The valid go to a server of their own: what they leave must not hide what the invalid do.
            for is_valid in [true, false] {
                let chosen: Vec<&body::Case> = cases
                    .iter()
                    .zip(&expected)
                    .filter(|(_, expected)| **expected == is_valid)
                    .map(|(case, _)| case)
                    .collect();
                counts[usize::from(is_valid)] += chosen.len();
                let site = Site::new("");
                let server = site.start();
                let messages: Vec<Vec<u8>> = chosen
                    .iter()
                    .map(|case| envelope(&message.0, &case.wrapper).into_bytes())
                    .collect();
                for (case, answer) in chosen.iter().zip(send_all(&server, &messages)) {
                    wrong.extend(judge(case, &answer, is_valid));
                }
                if !is_valid && wrong.is_empty() {
                    assert_new(&server, &Message::fixture(fixture));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {counts:?} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(counts[0] >= 300 && counts[1] >= 300, "{counts:?}");
}

/// What is wrong with the answer to a mutated body.
fn judge(case: &body::Case, answer: &Answer, is_valid: bool) -> Option<String> {
    let (code, path) = match fault_of(answer) {
        Ok(found) => found,
        Err(error) => return Some(format!("{}: {error}", case.name)),
    };
    let is_right = if is_valid {
        code.is_empty() || is_after_the_schema(&code)
    } else {
        code == "XSD_INVALID"
            && !path.is_empty()
            && case.path.as_ref().is_none_or(|expected| *expected == path)
    };
    (!is_right).then(|| {
        format!(
            "{}: {} by the schema, answered {code:?} at {path:?}, expected at {:?}",
            case.name,
            if is_valid { "valid" } else { "invalid" },
            case.path
        )
    })
}

/// The fixture, under the id and reference that the refused messages had, is new.
fn assert_new(server: &Server, message: &Message) {
    let answer = server.post(&message.0);
    assert_eq!(
        answer.text("replayed").as_deref(),
        Some("false"),
        "{}",
        answer.body
    );
    if message.0.contains("<psop:sourceReference>") {
        assert_eq!(answer.outcome(), "OK", "{}", answer.body);
    }
}

#[test]
fn the_form_verdict_on_every_mutated_document_is_xmllints() {
    let message = Message::fixture("02-get-ostovoima");
    let cases = form::mutations(&message.0);
    let folder = tempfile::tempdir().unwrap();
    let files = write_all(&folder, cases.iter().map(|case| &*case.bytes));
    let verdicts = xmllint::are_well_formed(&files);
    let site = Site::new("");
    let server = site.start();
    let messages: Vec<Vec<u8>> = cases.iter().map(|case| case.bytes.clone()).collect();
    let answers = send_all(&server, &messages);
    let mut wrong = Vec::new();
    let mut refused = 0;
    for ((case, answer), verdict) in cases.iter().zip(answers).zip(verdicts) {
        let expected = case.right.map_or(verdict, |(right, _)| right);
        let (code, path) = match fault_of(&answer) {
            Ok(found) => found,
            Err(error) => {
                wrong.push(format!("{}: xmllint {verdict}, but {error}", case.name));
                continue;
            }
        };
        let is_taken = code != "XML_MALFORMED";
        refused += usize::from(!is_taken);
        if is_taken != expected || (!is_taken && path.is_empty()) {
            wrong.push(format!(
                "{}: xmllint {verdict}, answered {code:?} at {path:?}: {}",
                case.name,
                answer.text("faultstring").unwrap_or_default()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    assert!(
        refused >= 300 && cases.len() - refused >= 50,
        "{refused} of {}",
        cases.len()
    );
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_malformed_grant_leaves_nothing_behind() {
    let site = Site::new("");
    let server = site.start();
    let message = Message::fixture("01-create-ordinary");
    for broken in [
        format!("{}<", message.0),
        message.0.replace("</soap:Envelope>", ""),
        message
            .0
            .replacen("<soap:Envelope", "<!DOCTYPE a><soap:Envelope", 1),
        format!("{}<?pi?>", message.0),
    ] {
        assert_eq!(server.post(&broken).fault(), "XML_MALFORMED");
    }
    assert_new(&server, &message);
}

#[test]
fn a_wrapper_that_is_not_the_headers_service_is_a_fault_of_the_header() {
    let site = Site::new("");
    let server = site.start();
    for fixture in ["01-create-ordinary", "02-get-ostovoima"] {
        let message = Message::fixture(fixture);
        let wrapper = body::wrapper_of(&message.0);
        let document = Document::parse(&wrapper).unwrap();
        let name = document.root_element().tag_name().name().to_owned();
        let renamed = |to: &str| wrapper.replace(&format!("psop:{name}"), to);
        for mutated in [
            String::new(),
            " <!-- nothing --> ".to_owned(),
            wrapper.repeat(2),
            format!("{wrapper}<psop:another xmlns:psop=\"urn:example:other\"/>"),
            format!("stray{wrapper}"),
            format!("{wrapper}stray"),
            renamed(&format!("psop:{name}X")),
            renamed(&format!("other:{name}")),
            renamed(&name),
            renamed("psop:errorCode"),
            renamed(&format!("psop:{name}Response")),
        ] {
            let answer = server.post(&envelope(&message.0, &mutated));
            let (code, path) = fault_of(&answer).unwrap();
            assert_eq!(code, "HEADER_INVALID", "{mutated}");
            assert!(
                ["Body", "Envelope"].contains(&&*path),
                "{path} for {mutated}"
            );
        }
        assert_new(&server, &message);
    }
}
