//! Who may do what: clients, services, organisers, providers and represented parties; grants and their
//! dates; the user id; and organisers in no list.
//!
//! A caller who is let through is recognised by an answer that costs nothing: a mistyped number is not
//! found, and is no miss.

use crate::changes::{ORDINARY, resume};
use crate::scenery::{HEAD, MISTYPED, TURKU, check, grant, site, site_with};
use crate::support::message::Message;

/// What a caller is answered who was let through.
const POSTED: &str = "PP_NOT_FOUND purchasingPowerNumber";
const ASKED: &str = POSTED;

const UNKNOWN: &str = "FAULT AUTH_CLIENT_UNKNOWN";
const NO_SERVICE: &str = "FAULT AUTH_SERVICE_NOT_GRANTED";
const NO_ORGANISER: &str = "FAULT AUTH_ORGANISER_MISMATCH";
const NO_PROVIDER: &str = "FAULT AUTH_PROVIDER_MISMATCH";
const NO_PARTY: &str = "FAULT AUTH_REPRESENTATION_NOT_ALLOWED";

const TAMPERE: &str = "FI-TEST/MUN/0211675-2/perus";
const ESPOO: &str = "FI-TEST/MUN/0101263-6/paikky";
const DENTAL: &str = "FI-TEST/COM/9000003-8/dental";
const CARE: &str = "FI-TEST/COM/9000007-0/care";
const INTEGRATOR: &str = "FI-TEST/COM/9000005-4/dental-integrator";

fn post(client: &str, municipality: &str) -> Message {
    resume(ORDINARY, MISTYPED)
        .client(client)
        .set("psop:municipalityCode", municipality)
}

fn ask(client: &str, provider: &str) -> Message {
    Message::lookup(MISTYPED).client(client).provider(provider)
}

#[test]
fn a_client_acts_for_the_organisers_it_was_granted() {
    let server = site("").start();
    let table = [
        (TURKU, "853", "", POSTED),
        (TURKU, "837", "", NO_ORGANISER),
        (TURKU, "049", "", NO_ORGANISER),
        (TAMPERE, "853", "", NO_ORGANISER),
        (TAMPERE, "837", "", POSTED),
        (TAMPERE, "049", "", NO_ORGANISER),
        (ESPOO, "853", "", NO_ORGANISER),
        (ESPOO, "837", "", NO_ORGANISER),
        (ESPOO, "049", "", POSTED),
        // A real municipality that grants nothing here.
        (TURKU, "091", "", NO_ORGANISER),
        // The represented party is the organiser of the body, or nobody.
        (TURKU, "853", "0204819-8", POSTED),
        (TURKU, "853", "0211675-2", NO_PARTY),
        (TURKU, "853", "9000003-8", NO_PARTY),
        (TURKU, "853", "02048198", NO_PARTY),
        (TURKU, "837", "0211675-2", NO_ORGANISER),
        (TURKU, "837", "0204819-8", NO_PARTY),
        (TURKU, "091", "0201256-6", NO_PARTY),
        // Every part of the client's name counts, in its letter case.
        ("FI-DEV/MUN/0204819-8/paikky", "853", "", UNKNOWN),
        ("FI-TEST/GOV/0204819-8/paikky", "853", "", UNKNOWN),
        ("FI-TEST/MUN/0204819-9/paikky", "853", "", UNKNOWN),
        ("FI-TEST/MUN/0204819-8/Paikky", "853", "", UNKNOWN),
        ("FI-TEST/MUN/0204819-8/paikky ", "853", "", UNKNOWN),
        ("FI-TEST/MUN/0204819-8", "853", "", UNKNOWN),
        // Providers grant nothing.
        (DENTAL, "853", "", NO_SERVICE),
        (INTEGRATOR, "853", "", NO_SERVICE),
    ];
    for (client, municipality, party, expected) in table {
        let name = format!("{client} for {municipality} as {party:?}");
        let message = post(client, municipality);
        let message = if party.is_empty() {
            message
        } else {
            message.represented(party)
        };
        check(&server, &[(&name, message, expected)]);
    }
}

#[test]
fn a_client_asks_as_the_providers_it_was_granted() {
    let server = site("").start();
    let table = [
        (DENTAL, "9000003-8", "", ASKED),
        (DENTAL, "9000008-9", "", NO_PROVIDER),
        (DENTAL, "9000007-0", "", NO_PROVIDER),
        (CARE, "9000007-0", "", ASKED),
        (CARE, "9000003-8", "", NO_PROVIDER),
        ("FI-TEST/COM/9000004-6/daycare", "9000004-6", "", ASKED),
        (
            "FI-TEST/COM/9000004-6/daycare",
            "9000007-0",
            "",
            NO_PROVIDER,
        ),
        ("FI-TEST/COM/9000006-2/app", "9000006-2", "", ASKED),
        ("FI-TEST/COM/9000006-2/app", "9000003-8", "", NO_PROVIDER),
        // One's own code may be named as the represented party.
        (DENTAL, "9000003-8", "9000003-8", ASKED),
        (DENTAL, "9000008-9", "9000003-8", NO_PROVIDER),
        (DENTAL, "9000003-8", "9000008-9", NO_PARTY),
        (DENTAL, "9000008-9", "9000008-9", NO_PARTY),
        (CARE, "9000007-0", "9000007-1", NO_PARTY),
        // An integrator is one of those it was granted, and the body names the same.
        (INTEGRATOR, "9000005-4", "", ASKED),
        (INTEGRATOR, "9000003-8", "", NO_PROVIDER),
        (INTEGRATOR, "9000008-9", "", NO_PROVIDER),
        (INTEGRATOR, "9000005-4", "9000005-4", ASKED),
        (INTEGRATOR, "9000003-8", "9000003-8", ASKED),
        (INTEGRATOR, "9000008-9", "9000008-9", ASKED),
        (INTEGRATOR, "9000008-9", "9000003-8", NO_PROVIDER),
        (INTEGRATOR, "9000005-4", "9000003-8", NO_PROVIDER),
        (INTEGRATOR, "9000003-8", "9000005-4", NO_PROVIDER),
        (INTEGRATOR, "9000007-0", "9000007-0", NO_PARTY),
        (INTEGRATOR, "9000003-8", "9000007-0", NO_PARTY),
        (INTEGRATOR, "9000003-8", "90000038", NO_PARTY),
        (INTEGRATOR, "9000003-8", " 9000003-8", NO_PARTY),
        // A business id that is none is no provider of anyone's.
        (DENTAL, "9000003-9", "", NO_PROVIDER),
        // Municipalities ask nothing.
        (TURKU, "9000003-8", "", NO_SERVICE),
        (TURKU, "0204819-8", "", NO_SERVICE),
        (TAMPERE, "9000007-0", "9000007-0", NO_SERVICE),
        ("FI-TEST/COM/9000003-8/other", "9000003-8", "", UNKNOWN),
        ("FI-TEST/COM/9000003-8", "9000003-8", "", UNKNOWN),
        ("FI-TEST/COM/9000009-7/app", "9000009-7", "", UNKNOWN),
    ];
    for (client, provider, party, expected) in table {
        let name = format!("{client} as {provider} for {party:?}");
        let message = ask(client, provider);
        let message = if party.is_empty() {
            message
        } else {
            message.represented(party)
        };
        check(&server, &[(&name, message, expected)]);
    }
    // The party's class is nobody's business.
    let class = "<repr:partyClass>MUN</repr:partyClass><repr:partyCode>";
    let message = ask(INTEGRATOR, "9000003-8")
        .represented("9000003-8")
        .replace("<repr:partyCode>", class);
    check(&server, &[("party class", message, ASKED)]);
}

fn client_grant(client: &str, services: &str, for_whom: &str, dates: &str) -> String {
    format!(
        "[[client_grant]]\nclient = \"{client}\"\nservices = [{services}]\n{for_whom}\n{dates}\n\n"
    )
}

#[test]
fn grants_count_by_level_and_date_and_add_up() {
    const POST: &str = "\"postPurchasingPower\"";
    const GET: &str = "\"getOstovoima\"";
    const ALWAYS: &str = "valid_from = \"2025-01-01\"";
    let turku = "organisers = [{ municipality = \"853\" }]";
    let tampere = "organisers = [{ municipality = \"837\" }]";
    let client = |subsystem: &str| format!("FI-TEST/GOV/0831312-4{subsystem}");
    let dated =
        |dates: [&str; 2]| format!("valid_from = \"{}\"\nvalid_to = \"{}\"", dates[0], dates[1]);
    let today = ["2026-03-16", "2026-03-16"];
    let yesterday = ["2026-03-15", "2026-03-15"];
    let tomorrow = ["2026-03-17", "2026-12-31"];
    let rows = [
        client_grant(&client(""), POST, turku, ALWAYS),
        client_grant(&client("/own"), POST, tampere, ALWAYS),
        client_grant(&client("/past"), POST, tampere, &dated(yesterday)),
        client_grant(&client("/coming"), POST, tampere, &dated(tomorrow)),
        client_grant(&client("/today"), POST, tampere, &dated(today)),
        client_grant(&client("/asks"), GET, "providers = [\"9000003-8\"]", ALWAYS),
        client_grant(&client("/two"), POST, tampere, ALWAYS),
        client_grant(&client("/two"), POST, turku, ALWAYS),
        client_grant(&client("/mixed"), POST, tampere, ALWAYS),
        client_grant(&client("/mixed"), "\"getServiceEvents\"", turku, ALWAYS),
        client_grant(
            &client("/mixed"),
            GET,
            "providers = [\"9000003-8\"]",
            ALWAYS,
        ),
        client_grant(&client("/half"), POST, tampere, ALWAYS),
        client_grant(&client("/half"), POST, turku, &dated(yesterday)),
        client_grant("FI-TEST/COM/9000009-7/was", POST, turku, &dated(yesterday)),
        client_grant("FI-TEST/COM/9000009-7/will", POST, turku, &dated(tomorrow)),
        client_grant(
            "FI-TEST/COM/9000008-9",
            GET,
            "providers = [\"9000008-9\"]",
            ALWAYS,
        ),
    ];
    let server = site(&rows.concat()).start();
    let table = [
        ("", "853", POSTED),
        ("", "837", NO_ORGANISER),
        ("/any", "853", POSTED),
        ("/any", "837", NO_ORGANISER),
        // Its own grant hides the member's.
        ("/own", "837", POSTED),
        ("/own", "853", NO_ORGANISER),
        ("/asks", "853", NO_SERVICE),
        // One that is not valid today hides nothing.
        ("/past", "853", POSTED),
        ("/past", "837", NO_ORGANISER),
        ("/coming", "853", POSTED),
        ("/coming", "837", NO_ORGANISER),
        ("/today", "837", POSTED),
        ("/today", "853", NO_ORGANISER),
        ("/two", "837", POSTED),
        ("/two", "853", POSTED),
        ("/two", "049", NO_ORGANISER),
        // Each grant is for its own services: an organiser of one is none of another.
        ("/mixed", "837", POSTED),
        ("/mixed", "853", NO_ORGANISER),
        ("/half", "837", POSTED),
        ("/half", "853", NO_ORGANISER),
    ];
    for (subsystem, municipality, expected) in table {
        let name = format!("{subsystem} for {municipality}");
        let message = post(&client(subsystem), municipality);
        check(&server, &[(&name, message, expected)]);
    }
    let asks = |subsystem: &str| ask(&client(subsystem), "9000003-8").represented("9000003-8");
    let helmi = ask("FI-TEST/COM/9000008-9/anything", "9000008-9");
    let instance = ask("FI-DEV/COM/9000008-9/anything", "9000008-9");
    check(
        &server,
        &[
            ("asks", asks("/asks"), ASKED),
            ("mixed", asks("/mixed"), ASKED),
            ("the member's services", asks("/any"), NO_SERVICE),
            ("member-wide", helmi, ASKED),
            ("of this instance", instance, UNKNOWN),
            ("ended", post("FI-TEST/COM/9000009-7/was", "853"), UNKNOWN),
            (
                "to come",
                post("FI-TEST/COM/9000009-7/will", "853"),
                UNKNOWN,
            ),
        ],
    );
}

#[test]
fn a_grant_begins_and_ends_at_midnight_in_helsinki() {
    let dates = "valid_from = \"2026-03-17\"\nvalid_to = \"2026-03-17\"";
    let organisers = "organisers = [{ municipality = \"853\" }]";
    let client = "FI-TEST/MUN/0204819-8/yksi";
    let row = client_grant(client, "\"postPurchasingPower\"", organisers, dates);
    let site = site(&row);
    for (clock, expected) in [
        ("2026-03-16T21:59:59.999Z", UNKNOWN),
        ("2026-03-16T22:00:00Z", POSTED),
        ("2026-03-17T21:59:59.999Z", POSTED),
        ("2026-03-17T22:00:00Z", UNKNOWN),
    ] {
        crate::scenery::set_clock(&site, clock);
        check(&site.start(), &[(clock, post(client, "853"), expected)]);
    }
}

#[test]
fn somebody_pressed_the_button_and_is_no_identity_code() {
    let server = site("").start();
    let (missing, person) = ("FAULT AUTH_USERID_MISSING", "FAULT AUTH_USERID_IS_HETU");
    let table = [
        ("", missing),
        (" ", missing),
        (" \t\n ", missing),
        ("\u{a0}", missing),
        ("070785-9015", person),
        ("070785-9010", person),
        ("070785a901x", person),
        ("070785A901X", person),
        ("070785+9015", person),
        ("070785Y9015", person),
        ("070785f9015", person),
        ("FI070785-9015", person),
        ("fi070785-9015", person),
        ("SE070785-9015", person),
        ("FI 070785-9015", person),
        ("user FI070785-9015, Turku", person),
        ("u_070785-9015", person),
        ("user:070785-9015@turku", person),
        (" 070785-9015 ", person),
        ("EEPNOFI070785-9015", ASKED),
        ("1FI070785-9015", ASKED),
        ("F070785-9015", ASKED),
        ("a070785-9015", ASKED),
        ("1070785-9015", ASKED),
        ("070785-90155", ASKED),
        ("070785-9015a", ASKED),
        ("070785-9015\u{e4}", ASKED),
        ("070785-901Z", ASKED),
        ("000785-9015", ASKED),
        ("320785-9015", ASKED),
        ("070085-9015", ASKED),
        ("071385-9015", ASKED),
        ("070785G9015", ASKED),
        ("070785_9015", ASKED),
        ("070785\u{2212}9015", ASKED),
        ("0707859015", ASKED),
        ("matti.meikäläinen", ASKED),
        ("-", ASKED),
    ];
    for (user, expected) in table {
        let message = ask(CARE, "9000007-0").set("xrd:userId", user);
        check(&server, &[(&format!("{user:?}"), message, expected)]);
    }
    check(
        &server,
        &[
            (
                "none",
                ask(CARE, "9000007-0").without("xrd:userId"),
                missing,
            ),
            (
                "none on a post",
                post(TURKU, "853").without("xrd:userId"),
                missing,
            ),
        ],
    );
}

#[test]
fn an_organiser_in_no_list_is_said_alone_and_first() {
    let server = site("").start();
    let municipality = "MUNICIPALITY_UNKNOWN organiser/municipalityCode";
    let county = "COUNTY_UNKNOWN organiser/wellbeingCountyCode";
    let of_county = |message: Message, code: &str| {
        let xml = format!("<psop:wellbeingCountyCode>{code}</psop:wellbeingCountyCode>");
        message
            .without("psop:municipalityCode")
            .replace("<psop:organiser>", &format!("<psop:organiser>{xml}"))
    };
    let create = |code: &str| grant().set("psop:municipalityCode", code);
    let wrong = || {
        create("999")
            .set("psop:unit", "D")
            .set("psop:personId", "150318A902V")
    };
    let by_nobody = wrong()
        .client("FI-TEST/COM/9000009-7/app")
        .without("xrd:userId")
        .represented("9000003-8");
    let nobody_knows = create("853").client("FI-TEST/COM/9000009-7/app");
    check(
        &server,
        &[
            ("no municipality", create("999"), municipality),
            ("and more", wrong(), municipality),
            ("from nobody", by_nobody, municipality),
            (
                "before the service",
                create("000").client(DENTAL),
                municipality,
            ),
            ("not before the contract", create("99"), "FAULT XSD_INVALID"),
            ("no county", of_county(grant(), "22"), county),
            (
                "county 91 is listed",
                of_county(grant(), "91"),
                NO_ORGANISER,
            ),
            ("municipality 091 is listed", create("091"), NO_ORGANISER),
            (
                "county 85 is not municipality 853",
                of_county(grant(), "85"),
                county,
            ),
            ("a listed one from nobody", nobody_knows, UNKNOWN),
        ],
    );
    // Without lists nothing is listed, but an organiser of the registry is known.
    let server = site_with(HEAD, |registry| {
        let include = registry
            .lines()
            .find(|line| line.starts_with("include"))
            .unwrap();
        registry.replace(include, "")
    })
    .start();
    let home = grant().without("psop:municipalityOfResidence");
    check(
        &server,
        &[
            ("not listed", create("091"), municipality),
            ("an organiser", home, "OK"),
        ],
    );
}
