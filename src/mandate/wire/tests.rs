//! What is sent and understood, byte by byte: signatures, instants, and where identity codes stand.

use hyper::header::HeaderName;
use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::domain::access::Representation;
use crate::domain::person_id::PersonId;
use crate::secrets::KeyFilePolicy;

const GUARDIAN: &str = "070785-9015";
const CHILD: &str = "150318A902U";
const BASE: &str = "/mandates";
const SKEW_MAX_S: u64 = 300;

fn signer(key: &str) -> Signer {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, key).unwrap();
    let policy = KeyFilePolicy {
        create_missing: false,
        refuse_exposed: false,
    };
    Signer {
        client_id: "psop-1".to_owned(),
        key: ApiKey::load(&path, policy).unwrap(),
    }
}

fn ours() -> Signer {
    signer("0123456789abcdef")
}

fn now() -> Timestamp {
    "2026-03-16T08:00:00.123Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn question(signer: &Signer) -> Outgoing {
    let person = |text| PersonId::parse(text, date(2026, 3, 16)).unwrap();
    let representation = Representation::of(Some(person(GUARDIAN)), &person(CHILD), []).unwrap();
    let question = Question {
        representation: &representation,
        end_user: "0a1b",
    };
    signer.question(BASE, &question, now()).unwrap()
}

fn headers<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    let pairs = pairs.into_iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, value.parse().unwrap())
    });
    pairs.collect()
}

fn sent(outgoing: &Outgoing) -> HeaderMap {
    headers(
        outgoing
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    )
}

#[test]
fn a_question_names_persons_in_its_body_only_and_is_signed_as_documented() {
    let outgoing = question(&ours());
    let id = request_id(&outgoing.target, "psop-1").unwrap();
    assert_eq!(
        outgoing.target,
        format!("/mandates/service/rest/hpa/authorization/psop-1?requestId={id}")
    );
    assert_eq!(
        String::from_utf8(outgoing.body.clone()).unwrap(),
        r#"{"delegate":"070785-9015","principal":"150318A902U","categories":["SOCIAL","HEALTH","ECEC"]}"#
    );
    let at = "2026-03-16T08:00:00.123Z";
    let key = ours().key;
    let path = key
        .sign(format!("{} {at}", outgoing.target).as_bytes())
        .unwrap();
    let body = [
        format!("{} {at} ", outgoing.target).as_bytes(),
        &outgoing.body,
    ]
    .concat();
    let body = key.sign(&body).unwrap();
    assert_eq!(
        outgoing.headers,
        [
            (
                AUTHORIZATION,
                format!("psop-1 {at} {}", encode_block(&path))
            ),
            (END_USER, "0a1b".to_owned()),
            (SIGNATURE, format!("{at} {}", encode_block(&body))),
        ]
    );
    assert_ne!(
        question(&ours()).target,
        outgoing.target,
        "every question has an id of its own"
    );
}

#[test]
fn the_service_takes_what_the_key_signed_now_and_nothing_else() {
    let outgoing = question(&ours());
    let accepts = |signer: &Signer, target: &str, headers: &HeaderMap, body: &[u8], at| {
        signer
            .accepts(target, headers, body, (at, SKEW_MAX_S))
            .unwrap()
    };
    let (target, head, body) = (outgoing.target.as_str(), sent(&outgoing), &outgoing.body);
    assert!(accepts(&ours(), target, &head, body, now()));
    for (seconds, is_taken) in [(-301, false), (-300, true), (300, true), (301, false)] {
        assert_eq!(
            accepts(&ours(), target, &head, body, after(seconds)),
            is_taken,
            "{seconds}"
        );
    }
    assert!(!accepts(
        &signer("0123456789abcdeg"),
        target,
        &head,
        body,
        now()
    ));
    let renamed = Signer {
        client_id: "psop-2".to_owned(),
        ..ours()
    };
    assert!(!accepts(&renamed, target, &head, body, now()));
    assert!(!accepts(&ours(), &format!("{target}0"), &head, body, now()));
    assert!(!accepts(&ours(), target, &head, b"{}", now()));
    for name in [AUTHORIZATION, SIGNATURE] {
        for value in [
            None,
            Some(""),
            Some("a b c"),
            Some("a b"),
            Some("psop-1 yesterday AA=="),
        ] {
            let mut head = head.clone();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            head.remove(&name);
            if let Some(value) = value {
                head.insert(name, value.parse().unwrap());
            }
            assert!(!accepts(&ours(), target, &head, body, now()), "{value:?}");
        }
    }
}

fn judged(
    outgoing: &Outgoing,
    (id, body): (&str, &[u8]),
    (signed_at, read_at): (Timestamp, Timestamp),
) -> Result<Verdict, MandateError> {
    let signature = ours().answer_signature(id, body, signed_at).unwrap();
    let head = headers([(SIGNATURE, signature.as_str())]);
    ours().verdict(outgoing, &head, body, (read_at, SKEW_MAX_S))
}

#[test]
fn only_allowed_allows_and_only_a_json_result_is_an_answer() {
    let outgoing = question(&ours());
    let id = outgoing.request_id.as_str();
    let understood = [
        (r#"{"result":"ALLOWED"}"#, Verdict::Allowed),
        (
            r#"{"reasons":["x"],"result":"ALLOWED","more":{}}"#,
            Verdict::Allowed,
        ),
        (r#"{"result":"DENIED"}"#, Verdict::Denied),
        (
            r#"{"result":"DISALLOWED","reasons":["x"]}"#,
            Verdict::Denied,
        ),
        (r#"{"result":"allowed"}"#, Verdict::Denied),
        (r#"{"result":"ALLOWED "}"#, Verdict::Denied),
        (r#"{"result":""}"#, Verdict::Denied),
    ];
    for (body, verdict) in understood {
        let answer = judged(&outgoing, (id, body.as_bytes()), (now(), now()));
        assert_eq!(answer.unwrap(), verdict, "{body}");
    }
    let malformed: [&[u8]; 9] = [
        b"",
        b"ALLOWED",
        br#""ALLOWED""#,
        b"{}",
        br#"{"result":true}"#,
        br#"{"result":["ALLOWED"]}"#,
        br#"{"result":"DENIED","result":"ALLOWED"}"#,
        br#"{"result":"ALLOWED"}{"#,
        b"{\"result\":\"ALLOWED\xff\"}",
    ];
    for body in malformed {
        let answer = judged(&outgoing, (id, body), (now(), now()));
        assert!(matches!(answer, Err(MandateError::Malformed)), "{body:?}");
    }
}

#[test]
fn an_answer_is_of_its_question_of_now_and_of_the_key() {
    let outgoing = question(&ours());
    let (id, body) = (outgoing.request_id.as_str(), answer("ALLOWED"));
    for (seconds, is_taken) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let answer = judged(&outgoing, (id, &body), (now(), after(seconds)));
        match is_taken {
            true => assert!(answer.is_ok(), "{seconds}"),
            false => assert!(
                matches!(answer, Err(MandateError::ClockSkew { .. })),
                "{seconds}"
            ),
        }
    }
    let of_another = question(&ours()).request_id;
    let replayed = judged(&outgoing, (&of_another, &body), (now(), now()));
    assert!(matches!(replayed, Err(MandateError::Signature)));
    let good = ours().answer_signature(id, &body, now()).unwrap();
    let foreign = signer("0123456789abcdeg")
        .answer_signature(id, &body, now())
        .unwrap();
    let (at, _) = good.split_once(' ').unwrap();
    for wrong in [
        "",
        at,
        &format!("{at} "),
        &format!("{at} ****"),
        &foreign,
        &format!("{good}A"),
    ] {
        let head = headers([(SIGNATURE, wrong)]);
        let answer = ours().verdict(&outgoing, &head, &body, (now(), SKEW_MAX_S));
        assert!(matches!(answer, Err(MandateError::Signature)), "{wrong}");
    }
    let unsigned = ours().verdict(&outgoing, &HeaderMap::new(), &body, (now(), SKEW_MAX_S));
    assert!(matches!(unsigned, Err(MandateError::Signature)));
    let changed = ours().verdict(
        &outgoing,
        &headers([(SIGNATURE, good.as_str())]),
        &answer("ALLOWED "),
        (now(), SKEW_MAX_S),
    );
    assert!(matches!(changed, Err(MandateError::Signature)));
}

#[test]
fn a_target_is_a_question_only_with_the_path_the_client_and_a_uuid() {
    let id = "0e5bd3c5-2f1a-4a44-9d0e-6f3f6cf0c6a1";
    let good = format!("/service/rest/hpa/authorization/c?requestId={id}");
    assert_eq!(request_id(&good, "c"), Some(id));
    for (target, client) in [
        (good.as_str(), "d"),
        ("/", "c"),
        (&good.replace("hpa", "ypa"), "c"),
        (&good.replace(id, "1"), "c"),
        (&good.replace('?', "/070785-9015?"), "c"),
        (&format!("{good}&a=b"), "c"),
    ] {
        assert_eq!(request_id(target, client), None, "{target}");
    }
}
