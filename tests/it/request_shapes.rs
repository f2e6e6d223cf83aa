//! Every shape of request that X-Road's protocol allows is answered: who calls and in which headers, how
//! the XML is spelled and encoded, and how HTTP carries it. Letters beyond ASCII come back whole.

mod carried;
mod encoded;

use crate::support::answer::{Answer, PSOP, SOAP};
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site};

const XRD: &str = "http://x-road.eu/xsd/xroad.xsd";
const ID: &str = "http://x-road.eu/xsd/identifiers";

/// A user whose name is in no ASCII.
const USER: &str = "Äänetär Öhman-Åberg";

/// The member itself has a grant too, beside its subsystem.
const MEMBER: &str = "
[[client_grant]]
client = \"FI-TEST/COM/9000007-0\"
services = [\"getOstovoima\"]
providers = [\"9000007-0\"]
valid_from = \"2025-01-01\"
";

fn server() -> Server {
    let head = "environment = \"TEST\"\nclock = \"2026-03-16T10:00:00+02:00\"\n";
    let site = Site::empty(head, "");
    let demo = root().join("fixtures/demo");
    let registry = std::fs::read_to_string(demo.join("registry.toml")).unwrap();
    let inside_demo = |registry: String, file: &str| {
        registry.replace(&format!("{file:?}"), &format!("{:?}", demo.join(file)))
    };
    let registry = inside_demo(registry, "municipalities.toml");
    let registry = inside_demo(registry, "counties.toml");
    let path = site.folder().join("registry.toml");
    std::fs::write(&path, registry + MEMBER).unwrap();
    site.apply(&path);
    site.start()
}

/// A server, and a look-up that it answers.
fn scene() -> (Server, Message) {
    let server = server();
    let number = server.post(&Message::create().0).number();
    let lookup = Message::lookup(&number).set("xrd:userId", USER);
    (server, lookup)
}

/// The look-up went through, and the user is named as sent.
#[track_caller]
fn assert_answered(name: &str, answer: &Answer) {
    assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    assert_eq!(answer.outcome(), "OK", "{name}");
    assert_eq!(
        answer.text("remaining").as_deref(),
        Some("10.000"),
        "{name}"
    );
    assert_eq!(
        answer.text("familyName").as_deref(),
        Some("Öhman"),
        "{name}"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml; charset=utf-8"),
        "{name}"
    );
    let document = answer.document();
    let user = document
        .descendants()
        .find(|node| node.has_tag_name((XRD, "userId")))
        .unwrap_or_else(|| panic!("{name}: no userId"));
    let said: String = user
        .descendants()
        .filter(|node| node.is_text())
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(said, USER, "{name}");
}

const PARTY: &str = "<repr:representedParty xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\">\
    <repr:partyClass>COM</repr:partyClass><repr:partyCode>9000007-0</repr:partyCode></repr:representedParty>";

/// A header element more.
fn with(lookup: &Message, element: &str) -> Message {
    lookup.clone().after("xrd:protocolVersion", element)
}

#[test]
fn clients_are_members_and_subsystems() {
    let (server, lookup) = scene();
    let subsystem = "<id:subsystemCode>care</id:subsystemCode>";
    let without_subsystem = Message(lookup.0.replacen(subsystem, "", 1));
    let as_member = |message: &Message| message.clone().replace("\"SUBSYSTEM\"", "\"MEMBER\"");
    let other = Message(lookup.0.replacen(">care<", ">other<", 1));
    for (name, message) in [
        ("a subsystem", lookup.clone()),
        ("a subsystem that has only its member's grant", other),
        ("a member", as_member(&without_subsystem)),
        // X-Road takes the word of subsystemCode alone.
        ("a subsystem that calls itself a member", as_member(&lookup)),
        (
            "a member that calls itself a subsystem",
            without_subsystem.clone(),
        ),
    ] {
        assert_answered(name, &server.post(&message.0));
    }
}

#[test]
fn headers_may_be_there_or_not() {
    let (server, lookup) = scene();
    let service_version = "<id:serviceVersion>v1</id:serviceVersion>";
    let token = "<t:securityToken xmlns:t=\"http://x-road.eu/xsd/security-token.xsd\" \
        tokenType=\"urn:ietf:params:oauth:token-type:jwt\">aaa.bbb.ccc</t:securityToken>";
    let security_server = "<xrd:securityServer id:objectType=\"SERVER\">\
        <id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>MUN</id:memberClass>\
        <id:memberCode>0204819-8</id:memberCode><id:serverCode>ss1</id:serverCode></xrd:securityServer>";
    let unknown = "<n:new xmlns:n=\"urn:example:new\" soap:mustUnderstand=\"1\" soap:actor=\"urn:a\"><n:in/></n:new>";
    for (name, message) in [
        ("an issue", with(&lookup, "<xrd:issue>Asia 1</xrd:issue>")),
        ("an empty issue", with(&lookup, "<xrd:issue/>")),
        (
            "no serviceVersion",
            lookup.clone().replace(service_version, ""),
        ),
        (
            "no subsystem of the service",
            lookup
                .clone()
                .replace("<id:subsystemCode>psop</id:subsystemCode>", ""),
        ),
        ("a security server", with(&lookup, security_server)),
        ("a represented party", with(&lookup, PARTY)),
        (
            "a represented party without its class",
            with(
                &lookup,
                &PARTY.replace("<repr:partyClass>COM</repr:partyClass>", ""),
            ),
        ),
        ("a security token", with(&lookup, token)),
        ("two security tokens", with(&lookup, &token.repeat(2))),
        (
            "an unknown header that must be understood",
            with(&lookup, unknown),
        ),
        (
            "unknown headers in X-Road's namespace",
            with(
                &lookup,
                "<xrd:new/><xrd:centralService>a</xrd:centralService>",
            ),
        ),
        (
            "an unknown header in no namespace",
            with(&lookup, "<plain a=\"1\">p</plain>"),
        ),
        (
            "mustUnderstand on X-Road's own",
            lookup
                .clone()
                .replace("<xrd:userId>", "<xrd:userId soap:mustUnderstand=\"1\">"),
        ),
        (
            "protocol version 4.1",
            lookup.clone().set("xrd:protocolVersion", "4.1"),
        ),
        (
            "an id that is no UUID",
            lookup.clone().set("xrd:id", "älä kysy, 1/2"),
        ),
        (
            "a service of another member",
            lookup.clone().replace(">0204819-8<", ">0211675-2<"),
        ),
    ] {
        assert_answered(name, &server.post(&message.0));
    }
}

#[test]
fn a_user_must_be_named() {
    let (server, lookup) = scene();
    for message in [
        lookup.clone().without("xrd:userId"),
        lookup.clone().set("xrd:userId", ""),
        lookup.clone().set("xrd:userId", " \t\n"),
        lookup.clone().set("xrd:userId", "<!-- nobody -->"),
    ] {
        let answer = server.post(&message.0);
        assert_eq!(answer.fault(), "AUTH_USERID_MISSING", "{}", message.0);
        assert!(
            answer.body.contains("xrd:protocolVersion"),
            "{}",
            answer.body
        );
    }
}

/// The same document with `renamed` prefixes, which all are declared on the Envelope.
fn prefixed(message: &Message, renamed: [(&str, &str); 4]) -> Message {
    renamed.iter().fold(message.clone(), |message, (from, to)| {
        message
            .replace(&format!("<{from}:"), &format!("<{to}:"))
            .replace(&format!("</{from}:"), &format!("</{to}:"))
            .replace(&format!("xmlns:{from}="), &format!("xmlns:{to}="))
            .attribute_prefix(from, to)
    })
}

impl Message {
    fn attribute_prefix(self, from: &str, to: &str) -> Message {
        Message(
            self.0
                .replace(&format!(" {from}:objectType"), &format!(" {to}:objectType")),
        )
    }

    /// The elements of `prefix` without it: its namespace is the default one from the element `on` down.
    fn by_default(self, prefix: &str, namespace: &str, on: &str) -> Message {
        let declared = self.replace(&format!("<{on}"), &format!("<{on} xmlns=\"{namespace}\""));
        declared
            .replace(&format!("<{prefix}:"), "<")
            .replace(&format!("</{prefix}:"), "</")
    }
}

/// Every text between two tags as `spell` writes it.
fn respelled(message: &Message, spell: impl Fn(&str) -> String) -> Message {
    let mut out = String::new();
    for piece in message.0.split_inclusive('>') {
        let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        let is_value = !text.trim().is_empty();
        out.push_str(&if is_value {
            spell(text)
        } else {
            text.to_owned()
        });
        out.push_str(tag);
    }
    Message(out)
}

#[test]
fn prefixes_and_declarations_are_free() {
    let (server, lookup) = scene();
    let usual = ["soap", "xrd", "id", "psop"];
    let renamed = |to: [&'static str; 4]| {
        let pairs = [0, 1, 2, 3].map(|index| (usual[index], to[index]));
        prefixed(&lookup, pairs)
    };
    let swapped = renamed(["tmp", "xrd", "id", "soap"])
        .0
        .replace("tmp:", "psop:")
        .replace(":tmp=", ":psop=");
    let undeclared = lookup
        .clone()
        .replace(&format!("xmlns:psop=\"{PSOP}\""), "");
    let late = undeclared.clone().replace(
        "<psop:getOstovoima>",
        &format!("<psop:getOstovoima xmlns:psop=\"{PSOP}\">"),
    );
    let late_xroad = ["client", "service", "userId", "id", "protocolVersion"]
        .iter()
        .fold(
            lookup
                .clone()
                .replace(&format!("xmlns:xrd=\"{XRD}\""), "")
                .replace(&format!("xmlns:id=\"{ID}\""), ""),
            |message, name| {
                let open = format!("<xrd:{name}");
                message.replace(&open, &format!("{open} xmlns:xrd='{XRD}' xmlns:id='{ID}'"))
            },
        );
    for (name, message) in [
        ("other prefixes", renamed(["S", "x-1", "i_d", "ä"])),
        ("SOAP's and our prefix for each other", Message(swapped)),
        ("prefixes of capitals", renamed(["SOAP-ENV", "XROAD", "ID", "P.1"])),
        ("SOAP by default", lookup.clone().by_default("soap", SOAP, "soap:Envelope")),
        ("X-Road by default", lookup.clone().by_default("xrd", XRD, "soap:Header")),
        ("our namespace by default", lookup.clone().by_default("psop", PSOP, "psop:getOstovoima")),
        ("our namespace declared late", late),
        ("X-Road's namespaces declared late", late_xroad),
        ("a declaration nobody needs", lookup.clone().replace("<soap:Body>", "<soap:Body xmlns:b='urn:b' xmlns='urn:c'>")),
        ("a schema location", lookup.clone().replace(
            "<psop:getOstovoima>",
            "<psop:getOstovoima xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a b\">",
        )),
        ("attributes on Envelope and Body", lookup.clone().replace(
            "<soap:Body>",
            "<soap:Body wsu:Id=\"b\" xmlns:wsu=\"urn:example:wsu\">",
        )),
    ] {
        assert_answered(name, &server.post(&message.0));
    }
}

#[test]
fn white_space_comments_cdata_and_references_are_free() {
    let (server, lookup) = scene();
    let tight: String = lookup
        .0
        .split_inclusive('>')
        .map(|piece| {
            let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
            if text.trim().is_empty() {
                tag.to_owned()
            } else {
                piece.to_owned()
            }
        })
        .collect();
    assert!(!tight.contains(">\n"), "{tight}");
    let decimal = |text: &str| {
        text.chars()
            .map(|letter| format!("&#{};", letter as u32))
            .collect::<String>()
    };
    let hexadecimal = |text: &str| {
        text.chars()
            .map(|letter| format!("&#x{:X};", letter as u32))
            .collect::<String>()
    };
    let quarters = |text: &str| {
        let middle = text.chars().count() / 2;
        let (left, right): (String, String) = (
            text.chars().take(middle).collect(),
            text.chars().skip(middle).collect(),
        );
        format!("{left}<!-- ä -- -->{right}").replace("-- -->", "-->")
    };
    for (name, message) in [
        ("no white space", Message(tight)),
        ("carriage returns", Message(lookup.0.replace('\n', "\r\n"))),
        (
            "tabs between attributes",
            lookup.clone().replace(" xmlns:", "\t\r\n xmlns:"),
        ),
        (
            "blanks inside tags",
            Message(lookup.0.replace("</id:memberCode>", "</id:memberCode\n >")),
        ),
        (
            "comments between",
            Message(lookup.0.replace("   <", "<!-- <a> & ä --><")),
        ),
        ("comments in every value", respelled(&lookup, quarters)),
        (
            "CDATA in every value",
            respelled(&lookup, |text| format!("<![CDATA[{text}]]>")),
        ),
        (
            "CDATA of nothing",
            respelled(&lookup, |text| format!("<![CDATA[]]>{text}<![CDATA[]]>")),
        ),
        ("decimal references", respelled(&lookup, decimal)),
        ("hexadecimal references", respelled(&lookup, hexadecimal)),
        ("single quotes", lookup.clone().replace("\"", "'")),
        (
            "no XML declaration",
            Message(lookup.0.split_once("?>").unwrap().1.trim().to_owned()),
        ),
        (
            "standalone",
            lookup.clone().replace("?>", " standalone=\"yes\"?>"),
        ),
        (
            "white space after the end",
            Message(format!("{}\n\n<!-- end -->\n", lookup.0)),
        ),
    ] {
        assert_answered(name, &server.post(&message.0));
    }
}
