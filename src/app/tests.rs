//! A second version of a service beside the first: published in one WSDL, and told apart by body and serviceVersion on
//! one address, over a real socket.

mod second_version;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{App, open_store};
use crate::admin_access::Token;
use crate::config::Config;
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::client::ClientId;
use crate::domain::registry::Registry;
use crate::domain::registry::diff::Diff;
use crate::http::admin::Guard;
use crate::http::server::{Listeners, serve};
use crate::services::{AnyOperation, Catalogue, OPERATIONS};
use crate::store::Change;
use crate::store::registry::RegistryStep;
use crate::xml::Namespace;
use second_version::GET_OSTOVOIMA_V2;

/// Everything there is, and the second version of one.
static BOTH: LazyLock<Vec<&dyn AnyOperation>> = LazyLock::new(|| {
    let first = OPERATIONS.iter().copied();
    first.chain([GET_OSTOVOIMA_V2]).collect()
});

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn demo_registry() -> Registry {
    let parse = |file: &str| -> toml::Table {
        let text = std::fs::read_to_string(project("fixtures/demo").join(file)).unwrap();
        text.parse().unwrap()
    };
    let mut whole = parse("registry.toml");
    whole.remove("include");
    whole.extend(parse("municipalities.toml"));
    whole.extend(parse("counties.toml"));
    whole.try_into().unwrap()
}

/// The demo registry as an operator's command brings it in.
fn first_registry() -> Change {
    let step = RegistryStep {
        version: 1,
        registry: demo_registry(),
        source: "registry.toml".to_owned(),
        diff: Diff::default(),
        further_rows: Vec::new(),
        must_be_free: None,
    };
    let row = AccessEntry {
        at: Timestamp::UNIX_EPOCH,
        message_id: "1".to_owned(),
        client: ClientId::operator(),
        represented_party: None,
        user_id: None,
        service: "registry-apply".to_owned(),
        purpose: None,
        organiser: None,
        persons: Vec::new(),
        numbers: Vec::new(),
        events: Vec::new(),
        data_class: DataClass::Basic,
        result: "OK".to_owned(),
        reason: None,
        rows_returned: 0,
        replayed: false,
        mandate: None,
    };
    Change {
        registry: Some(step),
        ..Change::access_only(row)
    }
}

/// An adapter that publishes both versions, on a fresh store; the address of its services.
async fn adapter(folder: &TempDir) -> std::net::SocketAddr {
    let path = folder.path().display();
    let config: Config = toml::from_str(&format!(
        "environment = \"DEV\"\nclock = \"2026-03-16T10:00:00+02:00\"\n\
         [store]\nkind = \"sled\"\npath = \"{path}/store\"\n[secrets]\nkey_file = \"{path}/master.key\"\n"
    ))
    .unwrap();
    let (store, keyring) = open_store(&config).unwrap();
    store.commit(first_registry()).await.unwrap();
    let app = App::publishing(Catalogue(BOTH.as_slice()), &config, store, keyring);
    let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = http.local_addr().unwrap();
    let guard = Guard::new(admin.local_addr().unwrap(), &[], Token::random().unwrap());
    let listeners = Listeners {
        http,
        tls: None,
        admin,
        admin_tls: None,
        guard,
    };
    tokio::spawn(serve(
        listeners,
        Arc::new(config.limits),
        Arc::new(app),
        std::future::pending(),
    ));
    address
}

/// The body of the answer to a request.
async fn exchange(address: std::net::SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: psop\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut whole = String::new();
    stream.read_to_string(&mut whole).await.unwrap();
    whole.split_once("\r\n\r\n").unwrap().1.to_owned()
}

async fn post(address: std::net::SocketAddr, message: &str) -> String {
    exchange(address, "POST /xroad", message).await
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(project("fixtures/requests").join(name)).unwrap()
}

/// What stands between two texts.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text
        .find(from)
        .unwrap_or_else(|| panic!("{from} in {text}"))
        + from.len();
    let end = text[start..]
        .find(to)
        .unwrap_or_else(|| panic!("{to} in {text}"));
    &text[start..start + end]
}

/// A message of the second version that asks for `number`.
fn second(number: &str) -> String {
    let message = fixture("02-get-ostovoima.xml")
        .replace(Namespace::Psop.uri(), Namespace::PsopV2.uri())
        .replace("serviceVersion>v1<", "serviceVersion>v2<")
        .replace("psop:purchasingPowerNumber>", "psop:number>")
        .replace("psop:providerBusinessId>", "psop:provider>");
    assert!(message.contains("psop:number>") && message.contains("v2<"));
    message.replace("OV-0000-0000-0000-0", number)
}

/// xmllint's judgement of the element in a message's Body, by the schema of a namespace in the WSDL.
fn assert_valid(wsdl: &str, namespace: Namespace, message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let document = roxmltree::Document::parse(wsdl).unwrap();
    let schema = document.descendants().find(|node| {
        node.has_tag_name((Namespace::Schema.uri(), "schema"))
            && node.attribute("targetNamespace") == Some(namespace.uri())
    });
    let schema_file = folder.path().join("schema.xsd");
    std::fs::write(&schema_file, &wsdl[schema.unwrap().range()]).unwrap();
    let message = roxmltree::Document::parse(message).unwrap();
    let body = message
        .descendants()
        .find(|node| node.has_tag_name((Namespace::Soap.uri(), "Body")))
        .unwrap();
    let element = body.first_element_child().unwrap();
    assert_eq!(element.tag_name().namespace(), Some(namespace.uri()));
    let text = &message.input_text()[element.range()];
    // The prefix may be declared further out.
    let bound = format!("xmlns:psop=\"{}\"", namespace.uri());
    let text = match text.contains(&bound) {
        true => text.to_owned(),
        false => text.replacen('>', &format!(" {bound}>"), 1),
    };
    let body_file = folder.path().join("body.xml");
    std::fs::write(&body_file, text).unwrap();
    let output = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .args([&schema_file, &body_file])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn both_versions_answer_on_one_address() {
    let folder = tempfile::tempdir().unwrap();
    let address = adapter(&folder).await;
    let wsdl = exchange(address, "GET /xroad?wsdl", "").await;
    let granted = post(address, &fixture("01-create-ordinary.xml")).await;
    let number = between(&granted, "purchasingPowerNumber>", "<");

    let first = fixture("02-get-ostovoima.xml").replace("OV-0000-0000-0000-0", number);
    let shown = post(address, &first).await;
    assert_eq!(between(&shown, "familyName>", "<"), "Öhman");
    let second = second(number);
    let shown_again = post(address, &second).await;
    assert_eq!(between(&shown_again, "customer>", "<"), "Öhman");
    for (namespace, message) in [
        (Namespace::Psop, &first),
        (Namespace::Psop, &shown),
        (Namespace::PsopV2, &second),
        (Namespace::PsopV2, &shown_again),
    ] {
        assert_valid(&wsdl, namespace, message);
    }
    // Without a version the body's namespace decides.
    let unversioned = second.replace("<id:serviceVersion>v2</id:serviceVersion>", "");
    let shown = post(address, &unversioned.replace("<xrd:id>", "<xrd:id>2")).await;
    assert_eq!(between(&shown, "customer>", "<"), "Öhman");
}

#[tokio::test]
async fn a_body_of_one_version_under_the_other_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let address = adapter(&folder).await;
    let first = fixture("02-get-ostovoima.xml");
    let second = second("OV-0000-0000-0000-0");
    let code = |fault: String| between(&fault, "errorCode xmlns:psop=\"", "</").to_owned();
    for (message, expected) in [
        (
            first.replace("Version>v1<", "Version>v2<"),
            "HEADER_INVALID",
        ),
        (
            second.replace("Version>v2<", "Version>v1<"),
            "HEADER_INVALID",
        ),
        (
            first.replace("Version>v1<", "Version>v3<"),
            "VERSION_UNKNOWN",
        ),
        (
            second.replace("Version>v2<", "Version>v3<"),
            "VERSION_UNKNOWN",
        ),
        // Only one service has a second version.
        (
            fixture("01-create-ordinary.xml").replace("Version>v1<", "Version>v2<"),
            "VERSION_UNKNOWN",
        ),
        // The elements inside are of the wrapper's version.
        (
            second
                .replace("<psop:number>", "<psop:purchasingPowerNumber>")
                .replace("</psop:number>", "</psop:purchasingPowerNumber>"),
            "XSD_INVALID",
        ),
    ] {
        let found = code(post(address, &message).await);
        assert!(
            found.ends_with(&format!(">{expected}")),
            "{found} {message}"
        );
    }
    let fault = post(address, &first.replace("Version>v1<", "Version>v3<")).await;
    assert!(fault.contains("the serviceVersion must be v1 or v2, or be left out"));
}

#[tokio::test]
async fn the_second_version_is_published_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let address = adapter(&folder).await;
    let wsdl = exchange(address, "GET /xroad?wsdl", "").await;
    let alone = std::fs::read_to_string(project("wsdl/psop-v1.wsdl")).unwrap();
    // Nothing of the first changes.
    for (from, to) in [
        ("<wsdl:types>", "\n  </wsdl:types>"),
        ("<wsdl:message name=\"requestHeader\">", "<wsdl:portType"),
        ("<wsdl:portType name=\"psopPortType\">", "</wsdl:portType>"),
        ("<wsdl:binding name=\"psopBinding\"", "</wsdl:binding>"),
        ("<wsdl:port name=\"psopPort\"", "</wsdl:port>"),
    ] {
        assert!(wsdl.contains(between(&alone, from, to)), "{from}");
    }
    let document = roxmltree::Document::parse(&wsdl).unwrap();
    let named = |kind: &str, name: &str| {
        let found = document
            .descendants()
            .find(|node| node.tag_name().name() == kind && node.attribute("name") == Some(name));
        found.unwrap_or_else(|| panic!("no {kind} {name}"))
    };
    let port = named("port", "psopV2Port");
    assert_eq!(port.attribute("binding"), Some("psop:psopV2Binding"));
    let address_of = |port: roxmltree::Node<'_, '_>| {
        let address = port.first_element_child().unwrap();
        address.attribute("location").unwrap().to_owned()
    };
    assert_eq!(address_of(port), address_of(named("port", "psopPort")));
    let binding = named("binding", "psopV2Binding");
    assert_eq!(binding.attribute("type"), Some("psop:psopV2PortType"));
    let versions = binding
        .descendants()
        .filter(|node| node.tag_name().name() == "version");
    let versions: Vec<_> = versions.map(|node| node.text()).collect();
    assert_eq!(versions, [Some("v2")]);
    let part = named("message", "getOstovoimaV2")
        .first_element_child()
        .unwrap();
    assert_eq!(part.attribute("element"), Some("psopV2:getOstovoima"));
    assert_eq!(
        part.lookup_namespace_uri(Some("psopV2")),
        Some(Namespace::PsopV2.uri())
    );
}
