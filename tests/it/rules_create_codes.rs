//! Codes in a grant: identity codes, business ids, OIDs and municipalities that are valid or not, and
//! identity codes in free text.

use crate::scenery::{MISTYPED, check, grant, site, site_with, with_check};
use crate::support::message::Message;
use crate::support::server::PRODUCTION;

#[test]
fn published_and_own_identity_codes_are_accepted() {
    let server = site("").start();
    let valid = "010594Y9032 010594Y9021 020594X903P 020594X902N 030594W903B 030694W9024 040594V9030 \
        040594V902Y 050594U903M 050594U902L 010516B903X 010516B902W 020516C903K 020516C902J \
        030516D9037 030516D9026 010501E9032 020502E902X 020503F9037 020504A902E 020504B904H \
        150318A902U 150318B902U 070785-9015 110987-904Y 240161-9057 310750-906S 290216A908R \
        121290Y9111 300401A9139 010160-9109";
    let cases: Vec<_> = valid
        .split_whitespace()
        .map(|code| (code, Message::create().set("psop:personId", code), "OK"))
        .collect();
    assert_eq!(cases.len(), 31);
    check(&server, &cases);
    let oldest = with_check("010100+900");
    let newborn = with_check("160326A905");
    for code in [oldest.as_str(), newborn.as_str()] {
        let message = Message::create().set("psop:personId", code);
        check(&server, &[(code, message, "OK")]);
    }
}

#[test]
fn wrong_identity_codes_are_refused() {
    let server = site("").start();
    let codes: Vec<(String, &str)> = [
        ("150318A902V", "HETU_INVALID"),
        ("290217A908R", "HETU_INVALID"),
        ("150318G902U", "XSD_INVALID"),
        ("150318a902u", "XSD_INVALID"),
        ("150318A902u", "XSD_INVALID"),
        ("070785\u{2013}9015", "XSD_INVALID"),
        ("070785\u{2212}9015", "XSD_INVALID"),
        ("0707859015", "XSD_INVALID"),
        (" 070785-9015", "XSD_INVALID"),
        ("070785-9015 ", "XSD_INVALID"),
        ("070785-901G", "HETU_INVALID"),
        ("070785-901O", "HETU_INVALID"),
    ]
    .map(|(code, verdict)| (code.to_owned(), verdict))
    .into_iter()
    .chain(
        // Day, month, century's 29 February, individual number, and days after 2026-03-16.
        [
            "000185-905",
            "320185-905",
            "310485-905",
            "010085-905",
            "011385-905",
            "300285-905",
            "290200-905",
            "290285-905",
            "070785-000",
            "070785-001",
            "170326A905",
            "010127A905",
            "010199A905",
        ]
        .map(|start| (with_check(start), "HETU_INVALID")),
    )
    .collect();
    for (code, expected) in &codes {
        let fault = format!("FAULT {expected}");
        let rejection = |field: &str| format!("{expected} {field}");
        let is_shaped = *expected == "HETU_INVALID";
        let of = Message::create().set("psop:personId", code);
        let by = grant().acting(code);
        let verdicts = if is_shaped {
            [
                rejection("customer/personId"),
                rejection("meta/actingPersonId"),
            ]
        } else {
            [fault.clone(), fault]
        };
        check(
            &server,
            &[(code, of, &verdicts[0]), (code, by, &verdicts[1])],
        );
    }
    // The leap day of 2000 exists, that of 1900 does not.
    let leap = Message::create().set("psop:personId", &with_check("290200A905"));
    check(&server, &[("leap day", leap, "OK")]);
}

#[test]
fn production_takes_no_artificial_identity_code() {
    let site = site_with(PRODUCTION, |registry| registry);
    let server = site.start();
    let past = |code: &str| {
        Message::create()
            .set("psop:personId", code)
            .set("psop:decisionDate", "2025-01-01")
    };
    let artificial = "HETU_ARTIFICIAL_NOT_ALLOWED customer/personId";
    let first = with_check("070785-900");
    // A code of 1800: nobody alive has it.
    let real = with_check("010100+899");
    let acting = "HETU_ARTIFICIAL_NOT_ALLOWED meta/actingPersonId";
    let unsure = past("010594Y9033");
    check(
        &server,
        &[
            ("published", past("010594Y9032"), artificial),
            ("900", past(&first), artificial),
            (
                "a look-up",
                Message::lookup(MISTYPED).of(&first),
                "HETU_ARTIFICIAL_NOT_ALLOWED personId",
            ),
            ("899", past(&real), "OK"),
            ("acting", past(&real).acting("070785-9015"), acting),
            (
                "artificial and wrong",
                unsure,
                "HETU_INVALID customer/personId",
            ),
        ],
    );
}

#[test]
fn business_ids_are_checked_one_by_one() {
    let server = site("").start();
    let chosen = "BUSINESS_ID_INVALID terms/chosenProviderBusinessId";
    for body in ["9000002", "9000010"] {
        for digit in 0..10 {
            let code = format!("{body}-{digit}");
            let message = grant().terms("chosenProviderBusinessId", &code);
            check(&server, &[(&code, message, chosen)]);
        }
    }
    let allowed = |codes: &str| {
        codes.split_whitespace().fold(grant(), |message, code| {
            message.terms("allowedProviderBusinessId", code)
        })
    };
    let valid = "0204819-8 0201256-6 0101263-6 0124610-9 0211675-2 0187690-1 0161075-9 0831312-4 \
        9000001-1 9000003-8 9000004-6 9000005-4 9000006-2 9000007-0 9000008-9 9000009-7";
    let first = "BUSINESS_ID_INVALID terms/allowedProviderBusinessId[1]";
    let some = "BUSINESS_ID_INVALID terms/allowedProviderBusinessId[2]; \
        BUSINESS_ID_INVALID terms/allowedProviderBusinessId[4]";
    let mut eleven = "9000003-8 ".repeat(10);
    eleven.push_str("9000003-9");
    let both = allowed("9000002-0").before(
        "psop:allowed",
        "<psop:chosenProviderBusinessId>9000007-1</psop:chosenProviderBusinessId>",
    );
    check(
        &server,
        &[
            (
                "wrong digit",
                grant().terms("chosenProviderBusinessId", "0204819-7"),
                chosen,
            ),
            ("all valid", allowed(valid), "OK"),
            ("one allowed", allowed("0204819-9"), first),
            (
                "second and fourth",
                allowed("9000003-8 9000003-7 9000007-0 9000010-0"),
                some,
            ),
            (
                "the eleventh",
                allowed(&eleven),
                "BUSINESS_ID_INVALID terms/allowedProviderBusinessId[11]",
            ),
            ("chosen and allowed", both, &format!("{chosen}; {first}")),
            ("shape", allowed("02048198"), "FAULT XSD_INVALID"),
        ],
    );
}

#[test]
fn oids_and_municipalities_are_checked() {
    let server = site("").start();
    let oid = |text: &str| grant().terms("osvaDocOid", text);
    let wrong = "OID_INVALID terms/osvaDocOid";
    let longest = format!("1.2.{}", "9".repeat(60));
    let too_long = format!("1.2.{}", "9".repeat(61));
    let lives_in = |code: &str| grant().set("psop:municipalityOfResidence", code);
    check(
        &server,
        &[
            ("business id", oid("1.2.246.10.2048198"), "OK"),
            ("and more", oid("1.2.246.10.2048198.14.7"), "OK"),
            ("eight digits", oid("1.2.246.10.90000011.1"), "OK"),
            ("wrong digit", oid("1.2.246.10.2048197"), wrong),
            ("wrong digit and more", oid("1.2.246.10.2048199.14"), wrong),
            ("never issued", oid("1.2.246.10.90000020.1"), wrong),
            ("nine digits", oid("1.2.246.10.120481980"), wrong),
            ("another arc", oid("1.2.246.100.2048197"), "OK"),
            ("another arc too", oid("1.2.246.537.10.2048197"), "OK"),
            ("other root", oid("2.246.10.2048197"), "OK"),
            ("64 characters", oid(&longest), "OK"),
            ("65 characters", oid(&too_long), "FAULT XSD_INVALID"),
            (
                "leading zero",
                oid("1.2.246.010.2048198"),
                "FAULT XSD_INVALID",
            ),
            ("Helsinki", lives_in("091"), "OK"),
            (
                "nowhere",
                lives_in("000"),
                "MUNICIPALITY_UNKNOWN customer/municipalityOfResidence",
            ),
            (
                "no municipality any more",
                lives_in("588"),
                "MUNICIPALITY_UNKNOWN customer/municipalityOfResidence",
            ),
        ],
    );
}

#[test]
fn free_text_has_no_identity_code_and_references_are_not_examined() {
    let server = site("").start();
    let note = |text: &str| grant().terms("note", text);
    let found = "TEXT_HAS_PERSON_ID terms/note";
    for text in [
        "131052-308T",
        "asiakas 131052-308T, soita",
        "(131052-308t)",
        "131052a308t",
        "x_131052+3080",
        "131052-308X",
        "010160-9109.",
        "131052F000Y",
        "131052y002a",
        "12345 010101A0000 x",
        "1310524 131052-308T",
    ] {
        check(&server, &[(text, note(text), found)]);
    }
    for text in [
        "1131052-308T",
        "a131052-308T",
        "FI131052-308T",
        "131052-308TX",
        "131052-308T5",
        "äiti131052-308T",
        "001052-308T",
        "321052-308T",
        "130052-308T",
        "131352-308T",
        "131052G308T",
        "131052_308T",
        "131052-308Z",
        "131052 -308T",
        "13105-2308T",
        "131052\u{2212}308T",
    ] {
        check(&server, &[(text, note(text), "OK")]);
    }
    let references = grant()
        .set("psop:decisionRef", "131052-308T")
        .terms("carePlanRef", "131052-308T")
        .terms("contractRef", "131052-308T");
    check(&server, &[("references", references, "OK")]);
}
