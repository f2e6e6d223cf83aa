//! Other spellings of the same content: whatever XML Schema lets a value be written as is taken and
//! means the same, so that a repeat in another spelling is answered as a repeat. A value that differs
//! is a conflict, which shows that the comparison looks at it.

use crate::support::message::{Message, unique};
use crate::support::server::{Server, Site};

/// A grant with a value of every simple type that CREATE takes, under an id and a reference of its own.
fn grant() -> Message {
    Message::create()
        .set("psop:givenNames", "Maija Äänetär")
        .after(
            "psop:municipalityOfResidence",
            "<psop:nonDisclosure>true</psop:nonDisclosure>",
        )
        .after("psop:validTo", "<psop:note>Näyttö</psop:note>")
}

/// The Body, with `replayed` as it is in a first answer.
fn body_of(answer: &str) -> String {
    let begin = answer.find("<soap:Body>").unwrap();
    answer[begin..].replace(
        "<psop:replayed>true</psop:replayed>",
        "<psop:replayed>false</psop:replayed>",
    )
}

/// Sends `first`, then every spelling under its id, then every other content: `name` is the element
/// whose text changes.
fn check(server: &Server, first: &Message, name: &str, spellings: &[&str], others: &[&str]) {
    let answer = server.post(&first.0);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.text("replayed").as_deref(), Some("false"));
    for spelling in spellings {
        let again = server.post(&first.clone().set(name, spelling).0);
        let what = format!("{name} {spelling:?}: {}", again.body);
        assert_eq!(again.status, 200, "{what}");
        assert_eq!(again.text("replayed").as_deref(), Some("true"), "{what}");
        assert_eq!(body_of(&again.body), body_of(&answer.body), "{what}");
    }
    for other in others {
        let conflict = server.post(&first.clone().set(name, other).0);
        let what = format!("{name} {other:?}: {}", conflict.body);
        assert_eq!(
            conflict.errors(),
            ["DUPLICATE_MESSAGE_ID_CONFLICT"],
            "{what}"
        );
    }
}

#[test]
fn values_mean_the_same_in_every_spelling() {
    let site = Site::new("");
    let server = site.start();
    let first = grant();
    let check = |name: &str, spellings: &[&str], others: &[&str]| {
        // Every element has the same grant to be compared with: its first answer, replayed or not.
        let message = first.clone().fresh();
        check(&server, &message, name, spellings, others);
    };
    check(
        "psop:validFrom",
        &[
            "2026-03-01Z",
            "2026-03-01+02:00",
            "2026-03-01-12:00",
            "2026-03-01+14:00",
            " 2026-03-01 ",
            "\n\t2026-03-01Z\r\n",
            "<!-- first -->2026-03-01",
            "2026<![CDATA[-03-]]>01",
            "&#50;026-03-01",
        ],
        &["2026-03-02", "2026-02-28Z", "-2026-03-01"],
    );
    check(
        "psop:validTo",
        &["2026-08-31Z", "2026-08-31-01:00"],
        &["2026-08-30Z"],
    );
    check(
        "psop:decisionDate",
        &["2026-02-20Z", "2026-02-20+03:00"],
        &["2026-02-21+03:00"],
    );
    check(
        "psop:nonDisclosure",
        &["1", " true ", "\n1\t", "<![CDATA[1]]>"],
        &["0", "false"],
    );
    check(
        "psop:unitValue",
        &[
            "32",
            "32.0",
            "032.0",
            " 32.00 ",
            "+32",
            "+032.000000",
            "\n32.\t",
            "<!-- € -->32",
            "3<!-- -->2",
        ],
        &["32.01", "3.2", "320", ".32"],
    );
    check(
        "psop:maxUnitPrice",
        &["42", "42.", "+42.0", " 00042.00"],
        &["42.1", "41.99"],
    );
    check(
        "psop:quantityPerPeriod",
        &["10.000", "+10", " 010.0 ", "10.0000000000000000000000"],
        &["10.001", "1.0", "100"],
    );
}

#[test]
fn a_fraction_needs_no_zero_before_it_and_a_zero_no_sign() {
    let site = Site::new("");
    let server = site.start();
    let half = grant().set("psop:quantityPerPeriod", "0.5");
    let spellings = [".5", "+.5", "00.500", " .50 "];
    check(
        &server,
        &half,
        "psop:quantityPerPeriod",
        &spellings,
        &["5", ".05"],
    );
    let nothing = grant().set("psop:unitValue", "0");
    let spellings = ["0.00", "-0", "+0", "-0.00", "000", ".0", "0."];
    check(&server, &nothing, "psop:unitValue", &spellings, &["0.01"]);
}

#[test]
fn booleans_are_words_or_digits() {
    let site = Site::new("");
    let server = site.start();
    let open = grant().set("psop:nonDisclosure", "false");
    check(
        &server,
        &open,
        "psop:nonDisclosure",
        &["0", " 0", "false\n"],
        &["1", "true"],
    );
    let absent = server.post(&open.without("psop:nonDisclosure").0);
    assert_eq!(
        absent.errors(),
        ["DUPLICATE_MESSAGE_ID_CONFLICT"],
        "absent is not false"
    );
}

#[test]
fn whole_numbers_may_have_a_sign_and_zeros_before_them() {
    let site = Site::new("");
    let server = site.start();
    // With CREATE it is refused as a field, once it is understood as a number: that answer is kept too.
    let first = grant().after(
        "psop:action",
        "<psop:expectedVersion>7</psop:expectedVersion>",
    );
    assert_eq!(
        server.post(&first.clone().fresh().0).errors(),
        ["FIELD_NOT_ALLOWED expectedVersion"]
    );
    let spellings = ["+7", "007", "+0007", " 7 ", "<![CDATA[7]]>"];
    check(
        &server,
        &first,
        "psop:expectedVersion",
        &spellings,
        &["8", "70"],
    );
}

#[test]
fn letters_composed_and_decomposed_are_the_same_content() {
    let site = Site::new("");
    let server = site.start();
    check(
        &server,
        &grant(),
        "psop:givenNames",
        &[
            "Maija A\u{308}a\u{308}neta\u{308}r",
            "Maija Äa\u{308}netär",
            "Maija &#xC4;&#228;neta&#x308;r",
            "Maija <![CDATA[Ää]]>netär",
        ],
        &[
            "Maija Aanetar",
            "Maija Äänetär ",
            "Maija  Äänetär",
            "MAIJA ÄÄNETÄR",
        ],
    );
    let composed = ["Na\u{308}ytto\u{308}", "N&#xE4;ytt&#246;"];
    check(
        &server,
        &grant(),
        "psop:note",
        &composed,
        &["Naytto", "Näyttö."],
    );
    let shown = server.post(&grant().set("psop:familyName", "O\u{308}hman").0);
    assert_eq!(
        shown.outcome(),
        "REJECTED",
        "the grants overlap: {}",
        shown.body
    );
}

#[test]
fn names_come_back_composed() {
    let site = Site::new("");
    let server = site.start();
    let grant = Message::create()
        .set("psop:givenNames", "Maija A\u{308}a\u{308}neta\u{308}r")
        .set("psop:familyName", "O\u{308}hman");
    let number = server.post(&grant.0).number();
    let shown = server.post(&Message::lookup(&number).0);
    assert_eq!(shown.text("givenNames").as_deref(), Some("Maija Äänetär"));
    assert_eq!(shown.text("familyName").as_deref(), Some("Öhman"));
}

#[test]
fn the_layout_of_a_message_is_no_content() {
    let site = Site::new("");
    let server = site.start();
    let first = grant();
    let answer = server.post(&first.0);
    assert_eq!(answer.outcome(), "OK");
    let by_reference = first.clone().set("xrd:id", &unique("id"));
    let lines: Vec<&str> = first.0.lines().map(str::trim).collect();
    let default_namespace = first
        .0
        .replace("<psop:", "<")
        .replace("</psop:", "</")
        .replace(
            "<postPurchasingPower>",
            "<postPurchasingPower xmlns=\"http://psop.x-road.global/producer/v1\">",
        );
    let typed = first.clone().replace(
        "<psop:validFrom>",
        "<psop:validFrom xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:x=\"http://www.w3.org/2001/XMLSchema\" i:type=\"x:date\">",
    );
    for (what, message) in [
        (
            "another prefix",
            first.0.replace("psop:", "p:").replace(":psop=", ":p="),
        ),
        ("a default namespace", default_namespace),
        ("comments", first.0.replace("<psop:", "<!-- c --><psop:")),
        ("no white space", lines.join(" ").replace("> <", "><")),
        ("xsi:type", typed.0),
        ("another user", first.clone().set("xrd:userId", "toinen").0),
        ("another id", by_reference.0.clone()),
        (
            "another id and spelling",
            first
                .clone()
                .set("xrd:id", &unique("id"))
                .set("psop:unitValue", "+032.0")
                .0,
        ),
    ] {
        let again = server.post(&message);
        assert_eq!(again.outcome(), "OK", "{what}");
        assert_eq!(again.text("replayed").as_deref(), Some("true"), "{what}");
        assert_eq!(body_of(&again.body), body_of(&answer.body), "{what}");
    }
    let other = by_reference
        .set("xrd:id", &unique("id"))
        .set("psop:unitValue", "33");
    assert_eq!(
        server.post(&other.0).errors(),
        ["SOURCE_REFERENCE_CONFLICT meta/sourceReference"]
    );
}

#[test]
fn a_look_up_takes_every_spelling_too() {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&grant().0).number();
    let bare = number.replace('-', "").to_lowercase();
    for written in [&number, &bare, &number.to_lowercase()] {
        let lookup = Message::lookup(written).after(
            "psop:providerBusinessId",
            "<psop:serviceDate> 2026-04-01Z\n</psop:serviceDate>",
        );
        let shown = server.post(&lookup.0);
        assert_eq!(shown.number(), number);
        assert_eq!(shown.text("periodKey").as_deref(), Some("2026-04"));
    }
}

#[test]
fn dates_far_away_are_dates() {
    let site = Site::new("");
    let server = site.start();
    let number = server.post(&grant().0).number();
    for day in ["9999-12-31", "0001-01-01", "-0001-12-31", "-9999-01-01Z"] {
        let message = Message::create()
            .set("psop:validFrom", day)
            .set("psop:validTo", day)
            .set("psop:period", "DAY");
        for message in [message.clone(), message.set("psop:decisionDate", day)] {
            let answer = server.post(&message.0);
            assert_eq!(answer.status, 200, "{day}: {}", answer.body);
        }
        let lookup = Message::lookup(&number).after(
            "psop:providerBusinessId",
            &format!("<psop:serviceDate>{day}</psop:serviceDate>"),
        );
        let answer = server.post(&lookup.0);
        assert_eq!(answer.status, 200, "{day}: {}", answer.body);
    }
    for (begin, end) in [("2026-03-01", "9999-12-31"), ("-9999-01-01", "9999-12-31")] {
        let message = Message::create()
            .set("psop:validFrom", begin)
            .set("psop:validTo", end)
            .set("psop:period", "DAY");
        let answer = server.post(&message.0);
        assert!(
            answer
                .errors()
                .contains(&"PP_VALIDITY_INVALID terms/validTo".to_owned()),
            "{}",
            answer.body
        );
    }
}
