//! Nothing personal leaves by a side door: whatever is sent, well-formed or hostile, no identity code,
//! name or purchasing power number stands in the log, in a fault or in a rejection. And the log has
//! one line for each request, with what an operator needs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::answer::{Answer, PSOP, SOAP};
use crate::support::message::Message;
use crate::support::server::{Server, Site, exchange, get, program};

/// An identity code for odd places: artificial, as all here.
const HETU: &str = "070785-9015";
const PERSONS: &str = "070785-9015 110987-904Y 310750-906S 150318A902U 150318A902V 240161-9057";
/// Names that no text of the program holds.
const GIVEN: &str = "Wendeliina Õie";
const FAMILY: &str = "Zachariassen";

/// Everything that must not be seen, numbers excepted.
fn secrets() -> Vec<String> {
    let words = PERSONS.split(' ').chain(GIVEN.split(' ')).chain([FAMILY]);
    words.map(str::to_owned).collect()
}

fn create() -> Message {
    Message::create()
        .set("psop:givenNames", GIVEN)
        .set("psop:familyName", FAMILY)
}

/// Requests that are served or rejected in the ordinary way.
fn ordinary(number: &str) -> Vec<Message> {
    let fixtures = [
        "10-wrong-municipality",
        "16-create-daycare",
        "18-guardian",
        "19-create-non-disclosure",
        "24-person-invalid",
        "24-user-is-person",
        "24-user-missing",
        "02-get-ostovoima",
        "02-get-ostovoima-with-person",
        "11-provider-not-approved",
        "22-integrator",
        "22-integrator-not-represented",
        "22-integrator-other-provider",
    ];
    let mut messages: Vec<Message> = fixtures
        .iter()
        .map(|name| {
            let message = Message::fixture(name).fresh();
            let is_post = message.0.contains("<psop:givenNames>");
            match is_post {
                true => message
                    .set("psop:givenNames", GIVEN)
                    .set("psop:familyName", FAMILY),
                false if message.0.contains("OV-0000") => message.number(number),
                false => message,
            }
        })
        .collect();
    let repeated = create();
    messages.extend([repeated.clone(), repeated.clone()]);
    messages.push(repeated.set("psop:unitValue", "31.00"));
    messages.push(Message::lookup("OV-0000-0000-0000-0"));
    let of_another = Message::fixture("02-get-ostovoima-with-person").fresh();
    messages.push(
        of_another
            .number(number)
            .set("psop:personId", "240161-9057"),
    );
    messages
}

/// Requests that carry secrets where none belong.
fn hostile(number: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    for value in [
        HETU,
        number,
        GIVEN,
        &format!("x {HETU} y"),
        &format!("FI{HETU}"),
    ] {
        for place in [
            "xrd:id",
            "xrd:userId",
            "xrd:protocolVersion",
            "id:serviceCode",
            "id:serviceVersion",
            "psop:sourceSystem",
            "psop:sourceReference",
            "psop:purpose",
            "psop:action",
            "psop:municipalityCode",
            "psop:personId",
            "psop:language",
            "psop:municipalityOfResidence",
            "psop:instrument",
            "psop:serviceCode",
            "psop:decisionRef",
            "psop:decisionDate",
            "psop:valueBasis",
            "psop:unit",
            "psop:quantityPerPeriod",
            "psop:unitValue",
        ] {
            messages.push(create().set(place, value));
        }
        for place in [
            "psop:purchasingPowerNumber",
            "psop:providerBusinessId",
            "psop:serviceDate",
            "psop:personId",
        ] {
            let lookup = Message::fixture("02-get-ostovoima-with-person").fresh();
            messages.push(lookup.set(place, value));
        }
        let issue = format!("<xrd:issue>{value}</xrd:issue>");
        messages.push(create().after("xrd:userId", &issue));
        messages.push(create().after("psop:validTo", &format!("<psop:note>{value}</psop:note>")));
        messages.push(create().after("psop:terms", value));
        messages.push(create().after("xrd:userId", value));
        let party = Message::fixture("22-integrator").fresh();
        messages.push(party.set("repr:partyCode", value));
    }
    // The log tells registered clients apart by their codes; a person is none.
    for value in [HETU, &format!("x.{HETU}"), &format!("FI{HETU}")] {
        for place in [
            "id:xRoadInstance",
            "id:memberClass",
            "id:memberCode",
            "id:subsystemCode",
        ] {
            messages.push(create().set(place, value));
        }
    }
    messages.extend(misshapen(number));
    messages
}

/// Secrets in names, attributes and broken markup.
fn misshapen(number: &str) -> Vec<Message> {
    let name = format!("p{HETU}");
    let element = format!("<psop:{name}>{HETU}</psop:{name}>");
    let mut messages = vec![
        create().after("psop:action", &element),
        create().after("psop:action", &format!("<{name} xmlns=\"urn:{HETU}\"/>")),
        create().after("xrd:userId", &format!("<xrd:{name}>{HETU}</xrd:{name}>")),
        create().replace("postPurchasingPower>", &format!("{name}>")),
        create().replace(
            "<psop:postPurchasingPower>",
            &format!("<psop:postPurchasingPower {name}=\"\">"),
        ),
        create().replace(
            "<psop:action>",
            &format!("<psop:action psop:{name}=\"{HETU}\">"),
        ),
        create().replace(
            "id:objectType=\"SUBSYSTEM\"",
            &format!("id:objectType=\"{HETU}\""),
        ),
        create().replace("<psop:meta>", &format!("<{name}:meta>")),
        create().replace("</psop:meta>", &format!("</psop:{name}>")),
        create().replace(
            "<psop:meta>",
            &format!("<!--{HETU}--><?{name} {number}?><psop:meta>"),
        ),
        create().replace("CREATE", &format!("&{name};")),
        create().replace("CREATE", &format!("<![CDATA[{HETU}]]>")),
        create().after("soap:Envelope", HETU),
        create().after("soap:Body", &element),
        create().without("psop:terms").set("psop:personId", HETU),
        Message(create().0.replacen(
            "<soap:Envelope",
            &format!("<!DOCTYPE {name}><soap:Envelope"),
            1,
        )),
        Message(format!("<{name}>{HETU}{number}")),
        Message(format!("{HETU} {number} {GIVEN}")),
    ];
    let typed = format!(
        "<psop:action xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"psop:{name}\">"
    );
    messages.push(create().replace("<psop:action>", &typed));
    let whole = create().0;
    let cut = whole.find("</psop:personId>").unwrap();
    messages.push(Message(whole[..cut].to_owned()));
    messages
}

/// What an answer says on its own account: not the echoed header, not what was asked for and granted.
fn own_words(answer: &Answer) -> String {
    let document = answer.document();
    let find = |name| document.descendants().find(|node| node.has_tag_name(name));
    let body = find((SOAP, "Body")).unwrap();
    let is_done = answer.status == 200 && answer.outcome() != "REJECTED";
    let part = if is_done {
        find((PSOP, "result")).unwrap()
    } else {
        body
    };
    answer.body[part.range()].to_owned()
}

/// Sends everything; answers how many requests the log must have, and what was secret.
fn send_everything(server: &Server) -> (usize, Vec<String>, BTreeSet<String>) {
    let first = server.post(&create().0);
    let number = first.number();
    let mut secrets = secrets();
    secrets.push(number.clone());
    let mut answers = vec![first];
    for message in ordinary(&number).into_iter().chain(hostile(&number)) {
        answers.push(server.post(&message.0));
    }
    let media_type = format!("text/plain; name={HETU}");
    answers.push(server.post_bytes(create().0.as_bytes(), &media_type));
    answers.push(server.post_bytes(&[b"<a>", HETU.as_bytes(), b"\xff</a>"].concat(), "text/xml"));
    for line in [
        format!("POST /{HETU}?{number}"),
        format!("POST /xroad?{HETU}"),
        format!("PUT /xroad?{HETU}"),
    ] {
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {HETU}\r\nContent-Type: text/xml\r\nSOAPAction: {number}\r\n\
             X-{HETU}: {HETU}\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{HETU}"
        );
        answers.push(exchange(server.http, request.as_bytes()).unwrap());
    }
    let mut outcomes = BTreeSet::new();
    for answer in &answers {
        if answer.status == 200 && answer.outcome() != "REJECTED" {
            let given = answer.text("purchasingPowerNumber").unwrap();
            secrets.push(given);
        }
        let error = answer.text("errorCode").or_else(|| answer.text("code"));
        outcomes.insert(error.unwrap_or_else(|| "OK".to_owned()));
    }
    for answer in &answers {
        let words = own_words(answer);
        for secret in &secrets {
            assert!(
                !words.contains(secret.as_str()),
                "{secret} stands in {words}"
            );
        }
    }
    let elsewhere = get(server.http, &format!("/{HETU}/{number}")).unwrap();
    assert!(elsewhere.status == 404 && !elsewhere.body.contains(HETU));
    (answers.len(), secrets, outcomes)
}

#[track_caller]
fn assert_holds_none(log: &str, secrets: &[String]) {
    for line in log.lines() {
        for secret in secrets {
            assert!(
                !line.contains(secret.as_str()),
                "{secret} stands in: {line}"
            );
        }
    }
}

#[test]
fn no_answer_and_no_json_log_holds_anything_personal() {
    let site = Site::new("[log]\nlevel = \"trace\"\n[limits]\nmisses_max = 1000\n");
    let server = site.start();
    let (count, secrets, outcomes) = send_everything(&server);
    assert_eq!(server.stop(), Some(0));
    let log = site.log();
    assert_holds_none(&log, &secrets);
    // The requests were of many kinds: nothing is proved by one refusal a hundred times.
    for expected in [
        "OK",
        "AUTH_CLIENT_UNKNOWN",
        "AUTH_PROVIDER_MISMATCH",
        "AUTH_USERID_IS_HETU",
        "CONTENT_TYPE_UNSUPPORTED",
        "DUPLICATE_MESSAGE_ID_CONFLICT",
        "HEADER_INVALID",
        "HETU_INVALID",
        "PP_NOT_FOUND",
        "SERVICE_UNKNOWN",
        "TEXT_HAS_PERSON_ID",
        "VERSION_UNKNOWN",
        "XML_MALFORMED",
        "XSD_INVALID",
    ] {
        assert!(outcomes.contains(expected), "no {expected} in {outcomes:?}");
    }
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .filter(|line: &Value| line["message"] == "answered")
        .collect();
    let numbers: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["request"].as_u64())
        .collect();
    let expected: Vec<u64> = (1..=count as u64).collect();
    assert_eq!(numbers, expected, "one line for each request, in order");
    for line in &lines {
        for key in ["message_id", "service", "client", "outcome"] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
        assert!(line["took_us"].is_u64() && line["outcome"] != "", "{line}");
    }
}

#[test]
fn no_human_log_holds_anything_personal() {
    let site = Site::new("[log]\nformat = \"human\"\n[limits]\nmisses_max = 1000\n");
    let mut command = program();
    command.env("PSOP_LOG__LEVEL", "trace");
    command.arg("serve").arg("--config").arg(site.config());
    let server = Server::spawn(command, &site.folder().join("server.log"));
    let (count, secrets, _) = send_everything(&server);
    assert_eq!(server.stop(), Some(0));
    let log = site.log();
    assert_holds_none(&log, &secrets);
    assert_eq!(log.matches(" answered request=").count(), count);
}

#[test]
fn a_log_line_tells_the_request_and_only_a_uuid_as_sent() {
    let site = Site::new("");
    let server = site.start();
    let uuid = "0e5bd3c5-2f1a-4a44-9d0e-6f3f6cf0c6a1";
    server.post(&create().set("xrd:id", uuid).0);
    for _ in 0..2 {
        server.post(&create().set("xrd:id", "my own id").0);
    }
    server.post(
        &create()
            .set("xrd:id", "another id")
            .set("id:serviceCode", "x")
            .0,
    );
    assert_eq!(server.stop(), Some(0));
    let lines: Vec<Value> = site
        .log()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["message"] == "answered")
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["message_id"], uuid);
    assert_eq!(lines[0]["service"], "postPurchasingPower");
    assert_eq!(lines[0]["client"], "FI-TEST/MUN/0204819-8/paikky");
    assert_eq!(lines[0]["outcome"], "OK");
    let hash = |line: &Value| {
        let hash = line["message_id"].as_str().unwrap().strip_prefix("hash:");
        let hash = hash.unwrap_or_else(|| panic!("{line}")).to_owned();
        assert!(hash.len() >= 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        hash
    };
    assert_eq!(hash(&lines[1]), hash(&lines[2]), "one id, one hash");
    assert_ne!(hash(&lines[1]), hash(&lines[3]));
    assert_ne!(
        lines[1]["outcome"], "OK",
        "the person has the grant already"
    );
    assert_eq!(lines[3]["service"], "unknown");
    assert_eq!(lines[3]["outcome"], "HEADER_INVALID");
}
