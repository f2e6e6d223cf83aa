//! The contract as it is published: every schema, file or inlined, and every message, judged by
//! xmllint; the WSDL that a running server gives, complete in itself and in three languages; and
//! `contract check|write`, which hold the committed files to the code.

use std::path::{Path, PathBuf};
use std::process::Output;

use roxmltree::{Document, Node};
use tempfile::TempDir;

use crate::support::answer::PSOP;
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site, get, program};
use crate::support::xmllint;

/// The services of the contract, in its order.
const OPERATIONS: [&str; 7] = [
    "getOstovoima",
    "postPurchasingPower",
    "postSaldoPurchasingPower",
    "postDentalPurchasingPower",
    "getServiceEvents",
    "postDentalServiceEvent",
    "postServiceEvent",
];

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const XS: &str = "http://www.w3.org/2001/XMLSchema";
const XRD: &str = "http://x-road.eu/xsd/xroad.xsd";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

const CONTRACT_FILES: [&str; 7] = [
    "docs/codes.md",
    "wsdl/psop-v1.wsdl",
    "xsd/psop-v1.xsd",
    "xsd/xroad.xsd",
    "xsd/identifiers.xsd",
    "xsd/representation.xsd",
    "docs/admin-api.json",
];

fn files_of(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn assert_valid(schema: &Path, file: &Path) {
    if let Some(said) = xmllint::complaints(schema, file) {
        panic!("{said}\n{}", std::fs::read_to_string(file).unwrap());
    }
}

fn assert_usable(schema: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    if let Some(said) = xmllint::schema_complaints(schema, scratch.path()) {
        panic!("{}: {said}", schema.display());
    }
}

fn envelope_schema() -> PathBuf {
    root().join("tests/schemas/envelope.xsd")
}

/// The WSDL that a server gives.
fn wsdl_of(server: &Server) -> String {
    let answer = get(server.http, "/xroad?wsdl").unwrap();
    assert_eq!(answer.status, 200);
    answer.body
}

/// The schemas inside a WSDL, each a document of its own: with the namespaces that its surroundings
/// declare, and with imports that find their file.
fn inlined(wsdl: &str, folder: &TempDir) -> Vec<PathBuf> {
    let document = Document::parse(wsdl).unwrap();
    let schemas: Vec<Node<'_, '_>> = document
        .descendants()
        .filter(|node| node.has_tag_name((XS, "schema")))
        .collect();
    let target = |node: &Node<'_, '_>| node.attribute("targetNamespace").unwrap().to_owned();
    let name_of = |namespace: &str| {
        let place = schemas.iter().position(|node| target(node) == namespace);
        format!(
            "{}.xsd",
            place.unwrap_or_else(|| panic!("{namespace} is not inlined"))
        )
    };
    for schema in &schemas {
        let text = &wsdl[schema.range()];
        let (open, rest) = text.split_once('>').unwrap();
        let inherited: String = schema
            .namespaces()
            .filter(|namespace| namespace.uri() != XML)
            .map(|namespace| {
                let prefix = namespace
                    .name()
                    .map_or(String::new(), |name| format!(":{name}"));
                format!(" xmlns{prefix}=\"{}\"", namespace.uri())
            })
            .filter(|declaration| !open.contains(declaration.as_str()))
            .collect();
        let mut standing = format!("{open}{inherited}>{rest}");
        for import in schema
            .children()
            .filter(|node| node.has_tag_name((XS, "import")))
        {
            let namespace = import.attribute("namespace").unwrap();
            let plain = format!("namespace=\"{namespace}\"");
            let located = format!("{plain} schemaLocation=\"{}\"", name_of(namespace));
            let (before, after) = standing.split_once("import ").unwrap();
            standing = format!("{before}import {}", after.replacen(&plain, &located, 1));
        }
        std::fs::write(folder.path().join(name_of(&target(schema))), standing).unwrap();
    }
    schemas
        .iter()
        .map(|node| folder.path().join(name_of(&target(node))))
        .collect()
}

#[test]
fn every_schema_is_one_that_xmllint_takes() {
    let files = files_of("xsd", "xsd");
    assert_eq!(files.len(), 5, "{files:?}");
    for file in &files {
        assert_usable(file);
    }
    assert_usable(&envelope_schema());

    let site = Site::new("");
    let folder = tempfile::tempdir().unwrap();
    let inlined = inlined(&wsdl_of(&site.start()), &folder);
    assert_eq!(inlined.len(), 4, "{inlined:?}");
    for schema in &inlined {
        assert_usable(schema);
    }
}

#[test]
fn every_fixture_and_its_answer_is_valid() {
    let site = Site::new("");
    let server = site.start();
    let number = server
        .post(&Message::fixture("01-create-ordinary").0)
        .number();
    let folder = tempfile::tempdir().unwrap();
    let inlined = inlined(&wsdl_of(&server), &folder);
    let own = inlined.iter().find(|path| {
        std::fs::read_to_string(path)
            .unwrap()
            .contains(&format!("targetNamespace=\"{PSOP}\""))
    });
    let own = own.expect("our own schema is inlined");
    let fixtures = files_of("fixtures/requests", "xml");
    assert!(fixtures.len() >= 10, "{fixtures:?}");
    let (mut answered, mut rejected, mut faults) = (0, 0, 0);
    for fixture in fixtures {
        assert_valid(&envelope_schema(), &fixture);
        let name = fixture.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut message = Message::fixture(&name);
        if message.0.contains(crate::support::NUMBER_IN_FIXTURES) {
            message = message.number(&number);
        }
        let answer = server.post(&message.0);
        match answer.status {
            500 => faults += 1,
            _ if answer.outcome() == "REJECTED" => rejected += 1,
            _ => answered += 1,
        }
        let path = folder.path().join("answer.xml");
        std::fs::write(&path, &answer.body).unwrap();
        assert_valid(&envelope_schema(), &path);

        // The answer's own element also against the schema that the WSDL carries.
        let document = answer.document();
        let body = document
            .descendants()
            .find(|node| node.tag_name().name() == "Body")
            .and_then(|node| node.first_element_child())
            .unwrap();
        if body.tag_name().namespace() == Some(PSOP) {
            std::fs::write(&path, &answer.body[body.range()]).unwrap();
            assert_valid(own, &path);
        }
    }
    assert!(
        answered > 0 && rejected > 0 && faults > 0,
        "{answered} {rejected} {faults}"
    );
}

#[test]
fn an_invalid_message_is_told_from_a_valid_one() {
    // Otherwise the test above could pass on a schema that takes everything.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message.xml");
    let message = Message::fixture("01-create-ordinary");
    for wrong in [
        message.clone().set("psop:action", "NONE"),
        message.clone().replace("id:objectType", "objectType"),
        message.clone().without("psop:action"),
        message.clone().without("id:memberClass"),
        message.replace("psop:postPurchasingPower>", "psop:postUnknown>"),
    ] {
        std::fs::write(&path, &wrong.0).unwrap();
        assert!(
            xmllint::complaints(&envelope_schema(), &path).is_some(),
            "{}",
            wrong.0
        );
    }
}

#[test]
fn the_wsdl_is_served_at_both_addresses() {
    let site = Site::new("");
    let server = site.start();
    let answers = ["/xroad?wsdl", "/wsdl/psop-v1.wsdl", "/xroad?WSDL"]
        .map(|path| get(server.http, path).unwrap());
    for answer in &answers {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, answers[0].body);
        let media_type = answer.header("content-type");
        assert_eq!(media_type, Some("text/xml; charset=utf-8"));
    }
    let committed = std::fs::read_to_string(root().join("wsdl/psop-v1.wsdl")).unwrap();
    assert_eq!(answers[0].body, committed);
}

#[test]
fn the_wsdl_names_the_configured_address_alone() {
    let address = "https://psop.example.org:8443/adapter/xroad?a=1&b=2";
    let site = Site::new(&format!("[server]\npublic_url = \"{address}\""));
    let wsdl = wsdl_of(&site.start());
    let document = Document::parse(&wsdl).unwrap();
    let addresses: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name((WSDL_SOAP, "address")))
        .map(|node| node.attribute("location").unwrap())
        .collect();
    assert_eq!(addresses, [address]);
    let ports = document
        .descendants()
        .filter(|node| node.has_tag_name((WSDL, "port")));
    assert_eq!(ports.count(), 1);
}

#[test]
fn the_wsdl_is_complete_in_itself() {
    let site = Site::new("");
    let wsdl = wsdl_of(&site.start());
    let document = Document::parse(&wsdl).unwrap();
    assert!(!wsdl.contains("schemaLocation"));
    assert!(!wsdl.contains("requestHash"));
    let all = |namespace: &'static str, name: &'static str| {
        document
            .descendants()
            .filter(move |node| node.has_tag_name((namespace, name)))
    };
    assert_eq!(all(WSDL, "import").count() + all(XS, "include").count(), 0);
    let inlined: Vec<_> = all(XS, "schema")
        .map(|node| node.attribute("targetNamespace"))
        .collect();
    for import in all(XS, "import") {
        assert!(
            inlined.contains(&import.attribute("namespace")),
            "{import:?}"
        );
    }
    let bound: Vec<_> = all(WSDL, "binding").collect();
    assert_eq!(bound.len(), 1);
    let operations: Vec<_> = bound[0]
        .children()
        .filter(|node| node.has_tag_name((WSDL, "operation")))
        .collect();
    let names: Vec<_> = operations
        .iter()
        .filter_map(|node| node.attribute("name"))
        .collect();
    assert_eq!(names, OPERATIONS);
    for operation in operations {
        let versions: Vec<_> = operation
            .children()
            .filter(|node| node.has_tag_name((XRD, "version")))
            .filter_map(|node| node.text())
            .collect();
        assert_eq!(versions, ["v1"]);
        for direction in ["input", "output"] {
            let side = operation
                .children()
                .find(|node| node.has_tag_name((WSDL, direction)))
                .unwrap();
            let parts: Vec<_> = side
                .children()
                .filter(|node| node.has_tag_name((WSDL_SOAP, "header")))
                .map(|node| {
                    (
                        node.attribute("part").unwrap(),
                        node.attribute("use").unwrap(),
                    )
                })
                .collect();
            let expected = [
                "client",
                "service",
                "userId",
                "id",
                "issue",
                "protocolVersion",
            ];
            assert_eq!(parts, expected.map(|part| (part, "literal")));
        }
    }
}

#[test]
fn every_operation_is_described_in_three_languages() {
    let site = Site::new("");
    let wsdl = wsdl_of(&site.start());
    let document = Document::parse(&wsdl).unwrap();
    let port_type = document
        .descendants()
        .find(|node| node.has_tag_name((WSDL, "portType")))
        .unwrap();
    let operations: Vec<_> = port_type
        .children()
        .filter(|node| node.has_tag_name((WSDL, "operation")))
        .collect();
    assert_eq!(operations.len(), OPERATIONS.len());
    for operation in operations {
        for name in ["title", "notes", "techNotes"] {
            let texts: Vec<_> = operation
                .descendants()
                .filter(|node| node.has_tag_name((XRD, name)))
                .collect();
            assert_three_languages(&texts, &format!("{name} of {operation:?}"));
        }
    }
}

#[test]
fn everything_in_the_schemas_is_documented_in_three_languages() {
    let mut documented = 0;
    for file in files_of("xsd", "xsd") {
        let text = std::fs::read_to_string(file).unwrap();
        let document = Document::parse(&text).unwrap();
        for node in document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            let declares = ["element", "attribute", "complexType", "simpleType"].contains(&name)
                && node.has_attribute("name");
            if !declares && name != "enumeration" {
                continue;
            }
            let texts: Vec<_> = node
                .children()
                .filter(|child| child.has_tag_name((XS, "annotation")))
                .flat_map(|annotation| annotation.children())
                .filter(|child| child.has_tag_name((XS, "documentation")))
                .collect();
            assert_three_languages(&texts, &format!("{node:?}"));
            documented += 1;
        }
    }
    assert!(documented > 350, "{documented}");
}

#[test]
fn every_code_of_a_fault_is_described_in_three_languages() {
    let text = std::fs::read_to_string(root().join("wsdl/psop-v1.wsdl")).unwrap();
    let document = Document::parse(&text).unwrap();
    let mut port_types = document
        .descendants()
        .filter(|node| node.has_tag_name((WSDL, "portType")));
    let documentation = port_types.next().unwrap().first_element_child().unwrap();
    let notes = |name| {
        documentation
            .children()
            .filter(move |node| node.has_tag_name((XRD, name)))
    };
    assert_three_languages(&notes("notes").collect::<Vec<_>>(), "faults");
    for code in psop_adapter::soap::fault::FaultCode::ALL {
        let begins = format!("{}: ", code.as_str());
        let texts = notes("techNotes").filter(|node| node.text().unwrap().starts_with(&begins));
        assert_three_languages(&texts.collect::<Vec<_>>(), &begins);
    }
}

/// Each of the languages once, and texts that differ where they are sentences.
fn assert_three_languages(texts: &[Node<'_, '_>], what: &str) {
    let mut languages: Vec<&str> = texts
        .iter()
        .map(|node| node.attribute((XML, "lang")).unwrap_or_default())
        .collect();
    languages.sort_unstable();
    assert_eq!(languages, ["en", "fi", "sv"], "{what}");
    let written: Vec<&str> = texts
        .iter()
        .map(|node| node.text().unwrap_or_default().trim())
        .collect();
    assert!(written.iter().all(|text| !text.is_empty()), "{what}");
    let are_sentences = written.iter().all(|text| text.len() > 40);
    let [first, second, third] = written[..] else {
        panic!("{what}: {written:?}");
    };
    let are_translated = first != second && second != third && third != first;
    assert!(!are_sentences || are_translated, "{what}: {written:?}");
}

fn contract(arguments: &[&str], folder: &Path) -> Output {
    program()
        .arg("contract")
        .args(arguments)
        .arg("--dir")
        .arg(folder)
        .output()
        .unwrap()
}

fn copy_of_the_contract() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in CONTRACT_FILES {
        let to = folder.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(root().join(file), to).unwrap();
    }
    folder
}

#[test]
fn the_committed_contract_is_what_the_code_makes() {
    let output = contract(&["check"], root());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let committed = files_of("xsd", "xsd").len() + files_of("wsdl", "wsdl").len();
    // The schema of settlements stands there and is no part of the contract; the page of codes and the document of the
    // Admin API are, and stand elsewhere.
    assert_eq!(
        committed,
        CONTRACT_FILES.len() - 1,
        "no other file stands beside them"
    );
}

#[test]
fn a_contract_file_changed_or_missing_is_found_and_mended() {
    let folder = copy_of_the_contract();
    assert_eq!(contract(&["check"], folder.path()).status.code(), Some(0));
    for file in CONTRACT_FILES {
        let path = folder.path().join(file);
        let whole = std::fs::read_to_string(&path).unwrap();
        for change in [
            Some(format!("{whole} ")),
            Some(whole.replacen("v1", "v2", 1)),
            Some(String::new()),
            None,
        ] {
            if change.as_ref() == Some(&whole) {
                continue;
            }
            let state = match &change {
                Some(text) => {
                    std::fs::write(&path, text).unwrap();
                    "different"
                }
                None => {
                    std::fs::remove_file(&path).unwrap();
                    "missing"
                }
            };
            let check = contract(&["check", "--json"], folder.path());
            assert_eq!(check.status.code(), Some(1), "{file} {state}");
            let rows: serde_json::Value = serde_json::from_slice(&check.stdout).unwrap();
            let found: Vec<_> = rows
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row["state"] != "same")
                .map(|row| {
                    (
                        row["file"].as_str().unwrap(),
                        row["state"].as_str().unwrap(),
                    )
                })
                .collect();
            assert_eq!(found, [(file, state)]);
            assert_eq!(contract(&["write"], folder.path()).status.code(), Some(0));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), whole, "{file}");
            assert_eq!(contract(&["check"], folder.path()).status.code(), Some(0));
        }
    }
}
