//! Repeats of posts: under the same message id or the same source reference, with the same content or
//! other content, after a restart, from another client, and what is never kept.

use crate::scenery::{
    HEAD, MORE, TURKU, apply, check, grant, person, set_clock, site, site_with, verdict,
};
use crate::support::message::{Message, unique};
use crate::support::server::Server;

const ID_CONFLICT: &str = "DUPLICATE_MESSAGE_ID_CONFLICT";
const REFERENCE_CONFLICT: &str = "SOURCE_REFERENCE_CONFLICT meta/sourceReference";
const OVERLAP: &str = "PP_OVERLAP terms/validFrom";

const NOT_REPLAYED: &str = "<psop:replayed>false</psop:replayed>";
const REPLAYED: &str = "<psop:replayed>true</psop:replayed>";

/// A second client of Turku's, and one that acts for two organisers.
const CLIENTS: &str = r#"
[[client_grant]]
client = "FI-TEST/MUN/0204819-8/toinen"
services = ["postPurchasingPower"]
organisers = [{ municipality = "853" }]
valid_from = "2025-01-01"

[[client_grant]]
client = "FI-TEST/COM/9000009-7/molemmat"
services = ["postPurchasingPower"]
organisers = [{ municipality = "853" }, { municipality = "837" }]
valid_from = "2025-01-01"
"#;
const SECOND: &str = "FI-TEST/MUN/0204819-8/toinen";
const BOTH: &str = "FI-TEST/COM/9000009-7/molemmat";

fn new_id(message: &Message) -> Message {
    message.clone().set("xrd:id", &unique("id"))
}

fn first(server: &Server, message: &Message) -> String {
    let answer = server.post(&message.0);
    assert!(answer.body.contains(NOT_REPLAYED), "{}", answer.body);
    answer.body
}

/// Sends a message whose answer must be `body` again, byte for byte, but that it says so.
fn replays(server: &Server, message: &Message, body: &str, case: &str) {
    let again = server.post(&message.0);
    assert_eq!(again.status, 200, "{case}: {}", again.body);
    assert_eq!(again.body, body.replace(NOT_REPLAYED, REPLAYED), "{case}");
}

#[test]
fn the_same_message_is_answered_again_to_the_byte() {
    let site = site(MORE);
    let server = site.start();
    let accepted = grant();
    let refused = grant()
        .set("psop:personId", "150318A902V")
        .set("psop:unit", "D");
    // The provider's approval ends a day before the grant does.
    let warned = grant().terms("chosenProviderBusinessId", "9000003-8");
    let messages = [accepted, refused, warned];
    let bodies = messages.each_ref().map(|message| first(&server, message));
    assert!(bodies[0].contains("<psop:state>VOIMASSA</psop:state>"));
    assert!(bodies[2].contains("PROVIDER_APPROVAL_ENDS_EARLY"));
    let all = |server: &Server, case: &str| {
        for (message, body) in messages.iter().zip(&bodies) {
            replays(server, message, body, case);
        }
    };
    all(&server, "at once");
    all(&server, "again");
    server.kill();
    all(&site.start(), "after a restart");
    // The answer is that of then, though the grant has ended since.
    set_clock(&site, "2026-12-01T10:00:00+02:00");
    all(&site.start(), "long after");
}

#[test]
fn an_id_or_a_reference_stands_for_one_content() {
    let server = site("").start();
    let message = grant();
    let body = first(&server, &message);
    let same_id = |name: &str, text: &str| message.clone().set(name, text);
    let changes = [
        ("psop:unitValue", "32.01"),
        ("psop:quantityPerPeriod", "10.001"),
        ("psop:sourceReference", "other"),
        ("psop:sourceSystem", "OTHER"),
        ("psop:purpose", "TILITYS"),
        ("psop:givenNames", "Maija"),
        ("psop:validTo", "2026-08-30"),
        ("psop:action", "CANCEL"),
        ("psop:personId", "150318A902V"),
    ];
    for (name, text) in changes {
        check(&server, &[(name, same_id(name, text), ID_CONFLICT)]);
    }
    let absent = message.clone().without("psop:maxUnitPrice");
    let explicit = message.clone().before(
        "/psop:customer",
        "<psop:nonDisclosure>false</psop:nonDisclosure>",
    );
    check(
        &server,
        &[
            ("absent is not present", absent.clone(), ID_CONFLICT),
            ("present is not absent", explicit.clone(), ID_CONFLICT),
            ("under a new id", new_id(&absent), REFERENCE_CONFLICT),
            ("under a new id", new_id(&explicit), REFERENCE_CONFLICT),
        ],
    );
    for (name, text) in changes
        .into_iter()
        .filter(|(name, _)| !name.contains("source"))
    {
        check(
            &server,
            &[(name, new_id(&same_id(name, text)), REFERENCE_CONFLICT)],
        );
    }
    replays(&server, &message, &body, "the conflicts changed nothing");
    // Another system's reference, or another organiser's, is another reference: the rules judge anew.
    let system = new_id(&message).set("psop:sourceSystem", "OTHER");
    let tampere = new_id(&message)
        .client("FI-TEST/MUN/0211675-2/perus")
        .set("psop:municipalityCode", "837");
    check(
        &server,
        &[
            ("another system", system, OVERLAP),
            ("another organiser", tampere, "OK"),
        ],
    );
}

#[test]
fn a_new_id_with_a_known_reference_replays_and_is_known_from_then_on() {
    let site = site("");
    let server = site.start();
    let message = grant();
    let body = first(&server, &message);
    let id = |text: &str| message.clone().set("xrd:id", text);
    let original = message.0.clone();
    let old_id = original
        .split("<xrd:id>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let echoed = |text: &str| body.replace(old_id, text);
    replays(&server, &id("second"), &echoed("second"), "a new id");
    check(
        &server,
        &[(
            "other content",
            id("second").set("psop:unitValue", "1"),
            ID_CONFLICT,
        )],
    );
    // Even with a reference of its own: the id is taken.
    let other = grant().set("xrd:id", "second");
    check(&server, &[("another grant", other, ID_CONFLICT)]);
    server.kill();
    let server = site.start();
    replays(
        &server,
        &id("second"),
        &echoed("second"),
        "the new id again",
    );
    replays(&server, &id("third"), &echoed("third"), "another new id");
    replays(&server, &message, &body, "the first");
}

#[test]
fn a_conflict_of_ids_beats_a_known_reference() {
    let server = site("").start();
    let (one, two) = (grant(), grant());
    let body = first(&server, &one);
    first(&server, &two);
    let id_of_two = two
        .0
        .split("<xrd:id>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let mixed = one.clone().set("xrd:id", id_of_two);
    check(&server, &[("one under two's id", mixed, ID_CONFLICT)]);
    replays(&server, &one, &body, "one");
}

#[test]
fn a_rejection_is_kept_under_its_id_and_not_under_its_reference() {
    let server = site("").start();
    let wrong = grant().set("psop:unit", "D");
    let body = first(&server, &wrong);
    let mended = wrong.clone().set("psop:unit", "H");
    check(
        &server,
        &[("mended under its id", mended.clone(), ID_CONFLICT)],
    );
    replays(&server, &wrong, &body, "as it was");
    let mended = new_id(&mended);
    check(
        &server,
        &[
            (
                "wrong under a new id",
                new_id(&wrong),
                "UNIT_NOT_ALLOWED ordinary/unit",
            ),
            ("mended under a new id", mended.clone(), "OK"),
            (
                "another under that reference",
                new_id(&wrong),
                REFERENCE_CONFLICT,
            ),
        ],
    );
    // Kept although the same content would be refused for another reason by now.
    replays(&server, &wrong, &body, "still as it was");
    let overlapping = mended.fresh();
    let refused = first(&server, &overlapping);
    assert!(refused.contains("PP_OVERLAP"));
    replays(&server, &overlapping, &refused, "kept too");
    let action = grant().set("psop:action", "RESUME");
    let refused = first(&server, &action);
    replays(&server, &action, &refused, "an action not offered");
}

#[test]
fn some_answers_are_kept_under_no_key() {
    let server = site(CLIENTS).start();
    let no_mandate = "MANDATE_CHECK_UNAVAILABLE meta/actingPersonId";
    let asked = grant().acting("070785-9015");
    let unasked = asked.clone().without("psop:actingPersonId");
    check(
        &server,
        &[
            ("no mandate", asked.clone(), no_mandate),
            ("asked again", asked.clone(), no_mandate),
            ("same id, nobody acts", unasked, "OK"),
            ("the id is taken now", asked, ID_CONFLICT),
        ],
    );
    let nowhere = grant().set("psop:municipalityCode", "999");
    let there = nowhere.clone().set("psop:municipalityCode", "853");
    let unlisted = "MUNICIPALITY_UNKNOWN organiser/municipalityCode";
    let twice = server.post(&nowhere.0);
    assert_eq!(verdict(&twice), unlisted);
    assert!(server.post(&nowhere.0).body.contains(NOT_REPLAYED));
    check(&server, &[("same id and reference, listed", there, "OK")]);
    let taken = grant();
    first(&server, &taken);
    let reference = taken.0.split("<psop:sourceReference>").nth(1).unwrap();
    let reference = reference.split('<').next().unwrap();
    let conflicting = grant().set("psop:sourceReference", reference);
    let mended = conflicting
        .clone()
        .set("psop:sourceReference", &unique("ref"));
    check(
        &server,
        &[
            ("a reference taken", conflicting.clone(), REFERENCE_CONFLICT),
            ("same id, own reference", mended, "OK"),
            ("the id is taken now", conflicting, ID_CONFLICT),
        ],
    );
    let faulty = [
        ("xrd:userId", "070785-9015", "AUTH_USERID_IS_HETU"),
        ("psop:municipalityCode", "837", "AUTH_ORGANISER_MISMATCH"),
        ("psop:unit", "TUNTI", "XSD_INVALID"),
        ("id:serviceVersion", "v2", "VERSION_UNKNOWN"),
    ];
    for (name, text, fault) in faulty {
        let good = grant();
        let bad = good.clone().set(name, text);
        let expected = format!("FAULT {fault}");
        check(
            &server,
            &[(fault, bad, &expected), ("mended, same id", good, "OK")],
        );
    }
}

#[test]
fn a_message_id_is_its_clients_own() {
    let server = site(CLIENTS).start();
    let message = grant().set("xrd:id", "1");
    let body = first(&server, &message);
    let others = grant().set("xrd:id", "1").client(SECOND);
    let others_body = first(&server, &others);
    assert!(
        others_body.contains("<psop:status>OK</psop:status>"),
        "{others_body}"
    );
    replays(&server, &message, &body, "the first client's");
    replays(&server, &others, &others_body, "the second client's");
    // A reference is the organiser's, whoever sends it, and one organiser's is not another's.
    let forwarded = server.post(&message.clone().client(BOTH).set("xrd:id", "2").0);
    assert_eq!(forwarded.text("replayed").as_deref(), Some("true"));
    assert!(body.contains(&forwarded.number()));
    let elsewhere = message.clone().client(BOTH).set("xrd:id", "3");
    let elsewhere = elsewhere.set("psop:municipalityCode", "837");
    let other_number = server.post(&elsewhere.0);
    assert_eq!(other_number.text("replayed").as_deref(), Some("false"));
    assert!(!body.contains(&other_number.number()));
    // A query has no repeats: the same id asks again.
    let lookup = Message::lookup(&forwarded.number()).set("xrd:id", "1");
    for _ in 0..2 {
        assert_eq!(
            server.post(&lookup.0).text("replayed").as_deref(),
            Some("false")
        );
    }
}

#[test]
fn authorisation_is_asked_afresh_on_a_replay() {
    let site = site_with(HEAD, |registry| registry);
    let server = site.start();
    let message = grant();
    let body = first(&server, &message);
    let unnamed = message.clone().without("xrd:userId");
    let represented = message.clone().represented("0211675-2");
    check(
        &server,
        &[
            ("no user", unnamed, "FAULT AUTH_USERID_MISSING"),
            (
                "a party",
                represented,
                "FAULT AUTH_REPRESENTATION_NOT_ALLOWED",
            ),
        ],
    );
    drop(server);
    let revoked = |from: &str, to: &str, expected: &str| {
        apply(&site, |registry| registry.replace(from, to));
        check(&site.start(), &[(expected, message.clone(), expected)]);
    };
    let client = format!("client = \"{TURKU}\"");
    let elsewhere = client.replace("paikky", "muu");
    revoked(&client, &elsewhere, "FAULT AUTH_CLIENT_UNKNOWN");
    let service = format!("{client}\nservices = [\"postPurchasingPower\", ");
    revoked(
        &service,
        &format!("{client}\nservices = ["),
        "FAULT AUTH_SERVICE_NOT_GRANTED",
    );
    let organisers = "organisers = [{ municipality = \"853\" }]";
    revoked(
        organisers,
        "organisers = [{ municipality = \"837\" }]",
        "FAULT AUTH_ORGANISER_MISMATCH",
    );
    apply(&site, |registry| registry);
    replays(&site.start(), &message, &body, "granted again");
}

#[test]
fn how_a_message_is_written_makes_no_other_content() {
    let server = site("").start();
    let customer = person();
    let message = Message::create()
        .set("psop:personId", &customer)
        .before(
            "/psop:customer",
            "<psop:nonDisclosure>true</psop:nonDisclosure>",
        )
        .terms("carePlanRef", "x")
        .terms("note", "Päivä A &amp; B");
    let body = first(&server, &message);
    assert!(body.contains("<psop:status>OK</psop:status>"), "{body}");
    let spaceless = message.0.split('>').map(|part| match part.trim_start() {
        tag if tag.starts_with('<') => tag,
        _ => part,
    });
    let spaceless = spaceless.collect::<Vec<_>>().join(">");
    let default_namespace = message
        .0
        .replace(
            "<psop:postPurchasingPower>",
            &format!("<postPurchasingPower xmlns=\"{PSOP}\">"),
        )
        .replace("<psop:", "<")
        .replace("</psop:", "</");
    let same = [
        (
            "other prefix",
            message
                .0
                .replace("psop:", "p2:")
                .replace("xmlns:psop=", "xmlns:p2="),
        ),
        ("default namespace", default_namespace),
        ("no space between", spaceless),
        ("more space", message.0.replace("><psop:", ">\r\n\t <psop:")),
        (
            "comments",
            message
                .0
                .replace("<psop:terms>", "<!-- a --><psop:terms><!-- b -->"),
        ),
        (
            "comment in text",
            message.0.replace("Öhman", "Öh<!-- c -->man"),
        ),
        (
            "decimals",
            message
                .0
                .replace(">32.00<", ">032<")
                .replace(">10<", ">+10.000<"),
        ),
        (
            "decimals with space",
            message.0.replace(">42.00<", "> 42.0 <"),
        ),
        (
            "boolean",
            message.0.replace("nonDisclosure>true<", "nonDisclosure>1<"),
        ),
        (
            "character references",
            message.0.replace(">kotiapu<", ">koti&#97;p&#x75;<"),
        ),
        ("CDATA", message.0.replace("A &amp; B", "<![CDATA[A & B]]>")),
        (
            "decomposed",
            message.0.replace("Ä", "A\u{308}").replace("Ö", "O\u{308}"),
        ),
        ("attributes' quotes", message.0.replace('"', "'")),
    ];
    for (case, text) in same {
        assert_ne!(text, message.0, "{case}");
        let again = server.post(&text);
        assert_eq!(
            again.text("replayed").as_deref(),
            Some("true"),
            "{case}: {}",
            again.body
        );
        assert_eq!(verdict(&again), "OK", "{case}");
        assert!(body.contains(&again.number()), "{case}");
    }
    let issue = "<xrd:issue>case 7</xrd:issue>";
    for (case, other) in [
        ("another user", message.clone().set("xrd:userId", "toinen")),
        ("an issue", message.clone().after("xrd:id", issue)),
        ("a party", message.clone().represented("0204819-8")),
        (
            "protocol",
            message.clone().set("xrd:protocolVersion", "4.1"),
        ),
    ] {
        let again = server.post(&other.0);
        assert_eq!(
            again.text("replayed").as_deref(),
            Some("true"),
            "{case}: {}",
            again.body
        );
    }
    let blank = message
        .clone()
        .set("psop:decisionRef", " HA-2026-0001-PAATOS");
    check(
        &server,
        &[("a blank in a text is text", blank, ID_CONFLICT)],
    );
}

const PSOP: &str = crate::support::answer::PSOP;
