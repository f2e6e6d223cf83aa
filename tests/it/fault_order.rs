//! The order of faults: of any two in one message the earlier is answered, and all of them come before
//! anything that the rules would say.

use crate::scenery::{HEAD, MISTYPED, apply, check, grant, verdict};
use crate::support::message::Message;
use crate::support::server::{Server, Site};

const BODY_BYTES_MAX: usize = 16_384;

/// A way to spoil a message, the fault it earns, and which part of the message it changes: two that
/// change the same part cannot stand together.
struct Spoiler {
    fault: &'static str,
    part: &'static str,
    spoil: fn(Message) -> Message,
}

const fn spoiler(
    fault: &'static str,
    part: &'static str,
    spoil: fn(Message) -> Message,
) -> Spoiler {
    Spoiler { fault, part, spoil }
}

/// In the order of the faults. CONTENT_TYPE_UNSUPPORTED is no part of the message and comes apart.
const SPOILERS: [Spoiler; 13] = [
    spoiler("MESSAGE_TOO_LARGE", "size", |message| {
        let comment = format!("<!--{}-->", "x".repeat(BODY_BYTES_MAX));
        message.after("soap:Header", &comment)
    }),
    spoiler("XML_MALFORMED", "end", |message| {
        message.replace("</soap:Envelope>", "</soap:Envelop>")
    }),
    spoiler("HEADER_INVALID", "protocol", |message| {
        message.set("xrd:protocolVersion", "3.0")
    }),
    spoiler("HEADER_INVALID", "wrapper", |message| {
        message
            .replace("<psop:getOstovoima>", "<psop:getOstovoimaa>")
            .replace("</psop:getOstovoima>", "</psop:getOstovoimaa>")
    }),
    spoiler("SERVICE_UNKNOWN", "wrapper", |message| {
        message.replace("getOstovoima", "getOstovoimat")
    }),
    spoiler("VERSION_UNKNOWN", "version", |message| {
        message.set("id:serviceVersion", "v2")
    }),
    spoiler("XSD_INVALID", "purpose", |message| {
        message.set("psop:purpose", "HUVI")
    }),
    spoiler("AUTH_CLIENT_UNKNOWN", "client", |message| {
        message.client("FI-TEST/COM/9000009-7/app")
    }),
    spoiler("AUTH_SERVICE_NOT_GRANTED", "client", |message| {
        message.client("FI-TEST/MUN/0204819-8/paikky")
    }),
    spoiler("AUTH_USERID_MISSING", "user", |message| {
        message.without("xrd:userId")
    }),
    spoiler("AUTH_USERID_IS_HETU", "user", |message| {
        message.set("xrd:userId", "070785-9015")
    }),
    spoiler("AUTH_REPRESENTATION_NOT_ALLOWED", "party", |message| {
        message.represented("9000004-6")
    }),
    spoiler("AUTH_PROVIDER_MISMATCH", "provider", |message| {
        message.provider("9000003-8")
    }),
];

/// A message that is answered by the rejection of everything the rules can say of it.
fn good() -> Message {
    Message::lookup(MISTYPED).of("150318A902V")
}

const REJECTED: &str = "HETU_INVALID personId";

fn server() -> Server {
    let limits = format!("[limits]\nbody_bytes_max = {BODY_BYTES_MAX}\n");
    let site = Site::empty(HEAD, &limits);
    apply(&site, |registry| registry);
    site.start()
}

fn post_as(server: &Server, message: &Message, media_type: &str) -> String {
    verdict(&server.post_bytes(message.0.as_bytes(), media_type))
}

#[test]
fn of_two_faults_the_earlier_is_answered() {
    let server = server();
    check(&server, &[("nothing spoilt", good(), REJECTED)]);
    let mut pairs = 0;
    let mut differing = Vec::new();
    for (index, first) in SPOILERS.iter().enumerate() {
        let alone = (first.spoil)(good());
        let expected = format!("FAULT {}", first.fault);
        if verdict(&server.post(&alone.0)) != expected {
            differing.push(format!("{} alone", first.fault));
        }
        for second in &SPOILERS[index + 1..] {
            if first.part == second.part {
                continue;
            }
            pairs += 1;
            // The later one is done first: it may need what the earlier one spoils.
            let both = (first.spoil)((second.spoil)(good()));
            let found = verdict(&server.post(&both.0));
            if found != expected {
                differing.push(format!("{} with {}: {found}", first.fault, second.fault));
            }
        }
    }
    assert_eq!(pairs, 75);
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

#[test]
fn the_media_type_is_judged_before_all() {
    let server = server();
    let expected = "FAULT CONTENT_TYPE_UNSUPPORTED";
    for media_type in [
        "application/json",
        "application/soap+xml; charset=utf-8",
        "text/plain",
    ] {
        assert_eq!(
            post_as(&server, &good(), media_type),
            expected,
            "{media_type}"
        );
    }
    assert_eq!(post_as(&server, &good(), "text/xml"), REJECTED);
    let differing: Vec<&str> = SPOILERS
        .iter()
        .filter(|with| post_as(&server, &(with.spoil)(good()), "text/plain") != expected)
        .map(|with| with.fault)
        .collect();
    assert_eq!(differing, [""; 0]);
}

#[test]
fn every_other_fault_comes_before_the_limit_on_misses() {
    let server = server();
    for _ in 0..10 {
        let guess = Message::lookup("OV-1234-5678-9ABC-B");
        check(
            &server,
            &[("a guess", guess, "PP_NOT_FOUND purchasingPowerNumber")],
        );
    }
    check(&server, &[("nothing spoilt", good(), "FAULT RATE_LIMITED")]);
    for with in &SPOILERS {
        let expected = format!("FAULT {}", with.fault);
        check(&server, &[(with.fault, (with.spoil)(good()), &expected)]);
    }
}

#[test]
fn organiser_services_have_the_same_order() {
    let server = server();
    let elsewhere = || grant().set("psop:municipalityCode", "837");
    let party = || elsewhere().represented("9000003-8");
    let nameless = || party().set("xrd:userId", " ");
    let person = || party().set("xrd:userId", "FI070785-9015");
    let dental = "FI-TEST/COM/9000003-8/dental";
    let nobody = "FI-TEST/COM/9000009-7/app";
    let no_mismatch = || elsewhere().represented("0211675-2");
    check(
        &server,
        &[
            ("organiser", elsewhere(), "FAULT AUTH_ORGANISER_MISMATCH"),
            (
                "its own party",
                no_mismatch(),
                "FAULT AUTH_ORGANISER_MISMATCH",
            ),
            ("party", party(), "FAULT AUTH_REPRESENTATION_NOT_ALLOWED"),
            ("identity code", person(), "FAULT AUTH_USERID_IS_HETU"),
            ("user id", nameless(), "FAULT AUTH_USERID_MISSING"),
            (
                "service",
                nameless().client(dental),
                "FAULT AUTH_SERVICE_NOT_GRANTED",
            ),
            (
                "client",
                nameless().client(nobody),
                "FAULT AUTH_CLIENT_UNKNOWN",
            ),
            (
                "contract",
                nameless().client(nobody).set("psop:unit", "TUNTI"),
                "FAULT XSD_INVALID",
            ),
            (
                "version",
                nameless().client(nobody).set("id:serviceVersion", ""),
                "FAULT VERSION_UNKNOWN",
            ),
        ],
    );
    let versionless = grant().without("id:serviceVersion");
    check(&server, &[("no version is v1", versionless, "OK")]);
}
