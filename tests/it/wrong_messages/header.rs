//! X-Road's header, wrong in every way it can be: each element missing, twice, blank or of the wrong kind.

use super::{Case, HOSTILE, IDENTIFIERS, PSOP, Unread, XROAD, case, check, lookup};
use crate::support::message::Message;
use crate::support::server::Site;

/// The identifiers of a header: element, field, object type and parts.
const SECURITY_SERVER: &str = "<xrd:securityServer id:objectType=\"SERVER\">\
    <id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>MUN</id:memberClass>\
    <id:memberCode>0204819-8</id:memberCode><id:serverCode>ss1</id:serverCode></xrd:securityServer>";
const PARTY: &str = "<repr:representedParty xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\">\
    <repr:partyClass>COM</repr:partyClass><repr:partyCode>9000007-0</repr:partyCode></repr:representedParty>";

/// A look-up with every header element there is.
fn full() -> Message {
    lookup().set("xrd:userId", HOSTILE).after(
        "xrd:userId",
        &format!("<xrd:issue>1</xrd:issue>{SECURITY_SERVER}{PARTY}"),
    )
}

fn invalid(field: &'static str, says: &'static str) -> (&'static str, &'static str, &'static str) {
    ("HEADER_INVALID", field, says)
}

/// `message` with what stands inside the first element `outer` changed.
fn inside(message: &Message, outer: &str, change: impl Fn(Message) -> Message) -> Message {
    let whole = message.clone().element(outer);
    let changed = change(Message(whole.clone())).0;
    message.clone().replace(&whole, &changed)
}

#[test]
fn what_must_be_there_is_asked_for() {
    let missing = "is missing in the namespace http://x-road.eu/xsd/xroad.xsd";
    let full = full();
    let mut cases = Vec::new();
    for field in ["protocolVersion", "client", "id", "service"] {
        let name = format!("xrd:{field}");
        let says: (&str, &'static str, &'static str) = invalid(field, missing);
        cases.push(case(
            format!("no {field}"),
            full.clone().without(&name),
            says,
            Unread,
        ));
        let whole = full.clone().element(&name);
        let elsewhere = whole
            .replace(
                &format!("<{name}"),
                &format!("<h:{field} xmlns:h='urn:{HOSTILE}'"),
            )
            .replace(&format!("</{name}"), &format!("</h:{field}"));
        let message = full.clone().replace(&whole, &elsewhere);
        cases.push(case(
            format!("{field} in another namespace"),
            message,
            says,
            Unread,
        ));
    }
    let empty = full
        .clone()
        .without("soap:Header")
        .before("soap:Body", "<soap:Header/>");
    cases.push(case(
        "an empty Header",
        empty,
        invalid("protocolVersion", missing),
        Unread,
    ));
    let two = full.clone().without("xrd:client").without("xrd:id");
    cases.push(case(
        "the earlier of two",
        two,
        invalid("client", missing),
        Unread,
    ));
    let emptied = "send a new UUID with every message";
    for text in ["", " ", "\t\n ", "<!-- 1 -->", "<![CDATA[ ]]>", "&#32;"] {
        let message = full.clone().set("xrd:id", text);
        cases.push(case(
            format!("id {text:?}"),
            message,
            invalid("id", emptied),
            Unread,
        ));
    }
    check(&Site::new("").start(), &cases);
}

#[test]
fn nothing_may_stand_twice() {
    let twice = "stands twice";
    let mut cases = Vec::new();
    for (name, field) in [
        ("xrd:client", "client"),
        ("xrd:service", "service"),
        ("xrd:id", "id"),
        ("xrd:userId", "userId"),
        ("xrd:issue", "issue"),
        ("xrd:protocolVersion", "protocolVersion"),
        ("xrd:securityServer", "securityServer"),
        ("repr:representedParty", "representedParty"),
    ] {
        let whole = full().element(name);
        let message = full().after(name, &whole);
        cases.push(case(
            format!("two of {name}"),
            message,
            invalid(field, twice),
            Unread,
        ));
    }
    let hash = "<xrd:requestHash>a</xrd:requestHash>".repeat(2);
    let message = full().before("xrd:id", &hash);
    cases.push(case(
        "two of requestHash",
        message,
        invalid("requestHash", twice),
        Unread,
    ));
    for (outer, field, parts) in PARTS {
        for part in parts {
            let message = inside(&full(), outer, |element| {
                let whole = element.clone().element(part);
                element.after(part, &whole)
            });
            cases.push(case(
                format!("two of {outer}/{part}"),
                message,
                invalid(field, twice),
                Unread,
            ));
        }
    }
    check(&Site::new("").start(), &cases);
}

/// Elements with parts: their name, the field named in faults, and the parts.
const PARTS: [(&str, &str, &[&str]); 4] = [
    (
        "xrd:client",
        "client",
        &[
            "id:xRoadInstance",
            "id:memberClass",
            "id:memberCode",
            "id:subsystemCode",
        ],
    ),
    (
        "xrd:service",
        "service",
        &[
            "id:xRoadInstance",
            "id:memberClass",
            "id:memberCode",
            "id:subsystemCode",
            "id:serviceCode",
            "id:serviceVersion",
        ],
    ),
    (
        "xrd:securityServer",
        "securityServer",
        &[
            "id:xRoadInstance",
            "id:memberClass",
            "id:memberCode",
            "id:serverCode",
        ],
    ),
    (
        "repr:representedParty",
        "representedParty",
        &["repr:partyClass", "repr:partyCode"],
    ),
];

#[test]
fn object_types_must_be_right_and_in_their_namespace() {
    let mut cases = Vec::new();
    for (name, field, right, must) in [
        (
            "xrd:client",
            "client",
            "SUBSYSTEM",
            "must be MEMBER or SUBSYSTEM",
        ),
        ("xrd:service", "service", "SERVICE", "must be SERVICE"),
        (
            "xrd:securityServer",
            "securityServer",
            "SERVER",
            "must be SERVER",
        ),
    ] {
        let tag = format!("<{name} id:objectType=\"{right}\">");
        let with = |attributes: &str| full().replace(&tag, &format!("<{name}{attributes}>"));
        for wrong in [
            HOSTILE,
            "",
            "GLOBALGROUP",
            "member",
            " MEMBER",
            "SERVICE ",
            "MEMBER SUBSYSTEM",
        ] {
            let message = with(&format!(" id:objectType=\"{wrong}\""));
            cases.push(case(
                format!("{field} {wrong:?}"),
                message,
                invalid(field, must),
                Unread,
            ));
        }
        let unprefixed = "objectType must be in the namespace http://x-road.eu/xsd/identifiers";
        let message = with(&format!(" objectType=\"{right}\""));
        cases.push(case(
            format!("{field} without a prefix"),
            message,
            invalid(field, unprefixed),
            Unread,
        ));
        let missing = "id:objectType (namespace http://x-road.eu/xsd/identifiers) is missing";
        for attributes in [
            String::new(),
            format!(" xrd:objectType=\"{right}\""),
            format!(" xmlns:h=\"urn:{HOSTILE}\" h:objectType=\"{right}\""),
        ] {
            let message = with(&attributes);
            cases.push(case(
                format!("{field} with{attributes:?}"),
                message,
                invalid(field, missing),
                Unread,
            ));
        }
    }
    check(&Site::new("").start(), &cases);
}

#[test]
fn codes_of_identifiers_must_not_be_blank() {
    let mut cases = Vec::new();
    for (outer, field, parts) in &PARTS[..3] {
        for part in *parts {
            // Any version but v1 is no version; that is asked later.
            if *part == "id:serviceVersion" {
                continue;
            }
            let local: &'static str = part.trim_start_matches("id:");
            let blanks = ["", " ", "\t\r\n", "<!-- hostile-7d1c -->", "<![CDATA[]]>"];
            for blank in blanks {
                let message = inside(&full(), outer, |element| element.set(part, blank));
                let says: &'static str = match local {
                    "xRoadInstance" => "xRoadInstance is blank",
                    "memberClass" => "memberClass is blank",
                    "memberCode" => "memberCode is blank",
                    "subsystemCode" => "subsystemCode is blank",
                    "serverCode" => "serverCode is blank",
                    _ => "serviceCode is blank",
                };
                cases.push(case(
                    format!("{field}/{local} {blank:?}"),
                    message,
                    invalid(field, says),
                    Unread,
                ));
            }
            if local == "subsystemCode" {
                continue;
            }
            let missing = inside(&full(), outer, |element| element.without(part));
            let says = "(namespace http://x-road.eu/xsd/identifiers) is missing";
            cases.push(case(
                format!("{field} without {local}"),
                missing,
                invalid(field, says),
                Unread,
            ));
            let elsewhere = inside(&full(), outer, |element| {
                element
                    .replace(&format!("<{part}>"), &format!("<{local}>"))
                    .replace(&format!("</{part}>"), &format!("</{local}>"))
            });
            cases.push(case(
                format!("{field}/{local} in no namespace"),
                elsewhere,
                invalid(field, says),
                Unread,
            ));
        }
    }
    let party = "partyCode (namespace http://x-road.eu/xsd/representation.xsd) is missing or blank";
    for (name, message) in [
        ("no partyCode", full().without("repr:partyCode")),
        ("an empty partyCode", full().set("repr:partyCode", "")),
        ("a blank partyCode", full().set("repr:partyCode", " ")),
    ] {
        cases.push(case(
            name,
            message,
            invalid("representedParty", party),
            Unread,
        ));
    }
    check(&Site::new("").start(), &cases);
}

#[test]
fn the_protocol_version_must_be_four() {
    let says = invalid("protocolVersion", "must begin with 4.");
    let cases: Vec<Case> = [
        "3.1", "3.0", "5.0", "4", "", " ", " 4.0", "\n4.0", "v4.0", "04.0", "４.0", HOSTILE,
    ]
    .iter()
    .map(|version| {
        let message = full().set("xrd:protocolVersion", version);
        case(format!("version {version:?}"), message, says, Unread)
    })
    .collect();
    check(&Site::new("").start(), &cases);
}

#[test]
fn text_and_elements_stand_where_they_may() {
    let nested = format!("a<{HOSTILE}/>");
    let long = "x".repeat(1025);
    let only_text = "holds only text";
    let only_elements = "holds only elements";
    let too_long = "longer than limits.header_text_chars_max";
    let mut cases = vec![
        case(
            "text in the Header",
            full().before("xrd:id", HOSTILE),
            invalid("Header", "text stands between the header's elements"),
            Unread,
        ),
        case(
            "an element in a code",
            full().set("id:memberCode", &nested),
            invalid("client", only_text),
            Unread,
        ),
        case(
            "a long code",
            full().set("id:memberCode", &long),
            invalid("client", too_long),
            Unread,
        ),
    ];
    for (name, field) in [
        ("xrd:id", "id"),
        ("xrd:userId", "userId"),
        ("xrd:issue", "issue"),
        ("xrd:protocolVersion", "protocolVersion"),
    ] {
        cases.push(case(
            format!("an element in {name}"),
            full().set(name, &nested),
            invalid(field, only_text),
            Unread,
        ));
        cases.push(case(
            format!("a long {name}"),
            full().set(name, &long),
            invalid(field, too_long),
            Unread,
        ));
    }
    for (outer, field, parts) in PARTS {
        let message = inside(&full(), outer, |element| element.after(parts[0], HOSTILE));
        cases.push(case(
            format!("text in {outer}"),
            message,
            invalid(field, only_elements),
            Unread,
        ));
    }
    check(&Site::new("").start(), &cases);
}

#[test]
fn the_namespaces_must_be_xroads() {
    // Whole messages in the namespaces of X-Road 5 and of no one.
    let old = "http://x-road.ee/xsd/x-road.xsd";
    let missing = "is missing in the namespace http://x-road.eu/xsd/xroad.xsd";
    let unqualified = "(namespace http://x-road.eu/xsd/identifiers) is missing";
    let cases = [
        case(
            "an old namespace",
            lookup().replace(XROAD, old),
            invalid("protocolVersion", missing),
            Unread,
        ),
        case(
            "our namespace for all",
            lookup().replace(XROAD, PSOP),
            invalid("protocolVersion", missing),
            Unread,
        ),
        case(
            "other identifiers",
            lookup().replace(IDENTIFIERS, &format!("urn:{HOSTILE}")),
            invalid("client", unqualified),
            Unread,
        ),
    ];
    check(&Site::new("").start(), &cases);
}
