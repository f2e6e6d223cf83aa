//! What partners' developers are given, held against the real program: samples that are valid and answered, programs that
//! run, a judge that agrees with the server, a lint that finds what a security server refuses, a page that stands alone.

use std::path::Path;
use std::process::Command;

use jiff::civil::date;
use psop_adapter::domain::circumstances::Circumstances;
use psop_adapter::partner::offences::offences;
use psop_adapter::partner::program::Program;
use psop_adapter::partner::sample::{Choices, message};
use psop_adapter::partner::scenario::SCENARIOS;
use psop_adapter::partner::validate::{Problem, validate};
use psop_adapter::partner::wsdl_lint::{Verdict, lint, lint_address};
use psop_adapter::services::{self, Catalogue};
use psop_adapter::soap::envelope;
use psop_adapter::xml::reader::Limits;

use crate::support::root;
use crate::support::server::{PRODUCTION, Site, get, program, without_settings};

const CIRCUMSTANCES: Circumstances = Circumstances {
    today: date(2026, 3, 16),
    artificial_person_ids: true,
};

fn sample(service: &str) -> String {
    let scenario = SCENARIOS
        .iter()
        .find(|scenario| scenario.service == service);
    let contract = services::find(service).unwrap().contract();
    message(contract, scenario.unwrap(), &Choices::default()).unwrap()
}

#[test]
fn every_example_gives_a_message_that_is_valid_and_answered() {
    let site = Site::new("");
    let server = site.start();
    for service in services::published() {
        let of_service = SCENARIOS
            .iter()
            .filter(|scenario| scenario.service == service.code);
        let mut answered = 0;
        for scenario in of_service {
            for explained in [None, Some(psop_adapter::partner::limits::Language::En)] {
                let choices = Choices {
                    explained,
                    ..Choices::default()
                };
                let message = message(&service, scenario, &choices).unwrap();
                assert_eq!(validate(message.as_bytes(), CIRCUMSTANCES), []);
                let answer = server.post(&message);
                assert!(answer.status == 200, "{}", answer.body);
                answered += 1;
            }
        }
        assert!(answered > 0, "{}", service.code);
    }
    let first = server.post(&sample("postPurchasingPower"));
    assert_eq!(first.outcome(), "OK");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn sample_programs_run_and_print_the_answer() {
    let site = Site::new("");
    let server = site.start();
    let message = sample("postPurchasingPower");
    let folder = tempfile::tempdir().unwrap();
    let interpreters: [(Program, &str, &str); 5] = [
        (Program::Curl, "sh", "call.sh"),
        (Program::Python, "python3", "call.py"),
        (Program::Node, "node", "call.mjs"),
        (Program::Java, "java", "Call.java"),
        (Program::Php, "php", "call.php"),
    ];
    let mut ran = 0;
    for (program, interpreter, file) in interpreters {
        let is_there = Command::new("which").arg(interpreter).output();
        if !is_there.unwrap().status.success() {
            eprintln!("skipped: there is no {interpreter} here");
            continue;
        }
        let path = folder.path().join(file);
        std::fs::write(&path, program.text(&server.url(), &message)).unwrap();
        let output = without_settings(interpreter).arg(&path).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            printed.contains("<psop:status>OK<"),
            "{program:?}: {printed}{told}"
        );
        ran += 1;
    }
    assert!(ran >= 2, "the shell and Python are always there");
    assert_eq!(server.stop(), Some(0));
}

fn found(text: &str) -> Vec<String> {
    let line = |problem: &Problem| {
        let field = problem.field.as_deref().unwrap_or("-");
        format!(
            "{}:{} {} {field}",
            problem.line, problem.column, problem.code
        )
    };
    validate(text.as_bytes(), CIRCUMSTANCES)
        .iter()
        .map(line)
        .collect()
}

#[test]
fn every_error_is_told_with_its_place() {
    let good = sample("postPurchasingPower");
    let line_of = |text: &str| good.lines().position(|line| line.contains(text)).unwrap() + 1;
    let column_of = |text: &str| {
        let line = good.lines().find(|line| line.contains(text)).unwrap();
        line.find('<').unwrap() + 1
    };
    let at = |text: &str| format!("{}:{}", line_of(text), column_of(text));
    let cases: Vec<(String, Vec<String>)> = vec![
        (good.clone(), vec![]),
        (
            good.replace("<psop:action>CREATE", "<psop:action>MAKE"),
            vec![format!("{} XSD_INVALID action", at("<psop:action>"))],
        ),
        (
            good.replace(">32.00<", ">32.005<").replace(">H<", ">HOUR<"),
            vec![
                format!("{} XSD_INVALID ordinary/unit", at("<psop:unit>")),
                format!("{} XSD_INVALID ordinary/unitValue", at("<psop:unitValue>")),
            ],
        ),
        (
            good.replace(
                "<psop:sourceReference>HA-2026-0001</psop:sourceReference>",
                "",
            ),
            vec![format!(
                "{} XSD_INVALID meta/sourceReference",
                at("<psop:meta>")
            )],
        ),
        (
            good.replace(
                "<psop:period>MONTH</psop:period>",
                "<psop:extra>1</psop:extra><psop:period>MONTH</psop:period>",
            ),
            vec![format!("{} XSD_INVALID ordinary/*", at("<psop:period>"))],
        ),
        (
            good.replace("110987-904Y", "110987-904X"),
            vec![format!(
                "{} HETU_INVALID customer/personId",
                at("<psop:personId>")
            )],
        ),
        (
            good.replace("<xrd:protocolVersion>4.0", "<xrd:protocolVersion>5.0"),
            vec![format!(
                "{} HEADER_INVALID protocolVersion",
                at("<xrd:protocolVersion>")
            )],
        ),
        (
            good.replace("id:objectType=\"SUBSYSTEM\"", "objectType=\"SUBSYSTEM\""),
            vec![format!("{} HEADER_INVALID client", at("<xrd:client"))],
        ),
        (
            good.replace("</soap:Body>", ""),
            vec![format!("{}:1 XML_MALFORMED -", good.lines().count())],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(found(&text), expected);
    }
}

/// Whether the strict decoder finds a breach of the schema.
fn is_offence(text: &str) -> bool {
    let limits = Limits {
        depth_max: 32,
        elements_max: 1000,
        attributes_max: 32,
        namespaces_max: 32,
        text_chars_max: 100_000,
    };
    match envelope::read(
        text.as_bytes(),
        limits,
        1000,
        &Catalogue(services::OPERATIONS),
    ) {
        Ok(_) => false,
        Err(unreadable) => {
            let code = unreadable.fault.code.as_str();
            assert_eq!(code, "XSD_INVALID", "{}", unreadable.fault.text);
            true
        }
    }
}

/// The judge finds a breach of the schema exactly where the server does.
#[test]
fn the_judge_agrees_with_the_decoder_on_every_small_change() {
    let mut changed = 0;
    for service in services::published() {
        let good = sample(service.code);
        let lines: Vec<&str> = good.lines().collect();
        let body = lines
            .iter()
            .position(|line| line.contains("<soap:Body>"))
            .unwrap();
        for at in body + 2..lines.len() - 3 {
            for change in ["drop", "twice", "empty", "rename", "swap"] {
                let mut changed_lines: Vec<String> =
                    lines.iter().map(|line| (*line).to_owned()).collect();
                match change {
                    "drop" => drop(changed_lines.remove(at)),
                    "twice" => changed_lines.insert(at, lines[at].to_owned()),
                    "empty" => {
                        let Some((open, rest)) = lines[at].split_once('>') else {
                            continue;
                        };
                        let Some((_, close)) = rest.split_once("</") else {
                            continue;
                        };
                        changed_lines[at] = format!("{open}></{close}");
                    }
                    "rename" => changed_lines[at] = lines[at].replace("psop:", "psop:x"),
                    // The last element and the wrapper's end would be two elements in the Body.
                    _ if at + 4 == lines.len() => continue,
                    _ => changed_lines.swap(at, at + 1),
                }
                let text = changed_lines.join("\n");
                if roxmltree::Document::parse(&text).is_err() {
                    continue;
                }
                changed += 1;
                let document = roxmltree::Document::parse(&text).unwrap();
                let mut elements = document.descendants().filter(|node| node.is_element());
                let wrapper = elements.find(|node| node.tag_name().name() == service.code);
                let judged = offences(wrapper.unwrap(), service.request);
                assert_eq!(
                    !judged.is_empty(),
                    is_offence(&text),
                    "{change} {at}: {judged:?}"
                );
            }
        }
    }
    assert!(changed > 200, "{changed}");
}

fn linted(text: &str) -> Vec<String> {
    let mut verdict = Verdict::default();
    lint(text.as_bytes(), &mut verdict);
    verdict
        .findings
        .iter()
        .map(|finding| format!("{:?} {}", finding.weight, finding.code))
        .collect()
}

#[test]
fn a_wsdl_is_judged_as_a_security_server_would() {
    let good = std::fs::read_to_string(root().join("wsdl/psop-v1.wsdl")).unwrap();
    assert_eq!(linted(&good), Vec::<String>::new());
    let binding = |text: &str| {
        let (before, after) = good.split_once("<wsdl:binding ").unwrap();
        (before.to_owned(), format!("<wsdl:binding {text}{after}"))
    };
    let (before, _) = binding("");
    let after = &good[before.len()..];
    let in_binding = |from: &str, to: &str| format!("{before}{}", after.replacen(from, to, 1));
    let first = "<wsdl:operation name=\"getOstovoima\">";
    for (text, expected) in [
        (
            good.replace("getOstovoima", "get_Ostovoima"),
            "Refused invalid_wsdl_service_identifier",
        ),
        (
            good.replace("getOstovoima", "getWsdl"),
            "Refused service_code_reserved",
        ),
        (
            in_binding(first, "<wsdl:operation name=\"other\">"),
            "Refused invalid_wsdl",
        ),
        (
            in_binding("<xrd:version>v1<", "<xrd:version>v1%234<"),
            "Refused invalid_wsdl_service_identifier",
        ),
        (
            in_binding("<xrd:version>v1</xrd:version>", ""),
            "Warning version_missing",
        ),
        (
            good.replace("http://127.0.0.1:8080/xroad", "sftp://127.0.0.1/xroad"),
            "Refused invalid_service_url",
        ),
        (
            good.replace("location=\"http://127.0.0.1:8080/xroad\"", ""),
            "Warning service_missing_url",
        ),
        (
            good.replace("binding=\"psop:psopBinding\"", "binding=\"psop:another\""),
            "Refused invalid_wsdl",
        ),
        (
            good.replace(
                "transport=\"http://schemas.xmlsoap.org/soap/http\"",
                "transport=\"urn:jms\"",
            ),
            "Warning binding_ignored",
        ),
        (
            in_binding("part=\"client\"", "part=\"requestHash\""),
            "Warning header_missing",
        ),
        (
            good.replacen(
                "<wsdl:types>",
                "<wsdl:import namespace=\"urn:x\" location=\"x.wsdl\"/><wsdl:types>",
                1,
            ),
            "Warning import",
        ),
        (
            good.replacen("?>", "?><!DOCTYPE x SYSTEM \"x.dtd\">", 1),
            "Refused invalid_wsdl",
        ),
        ("FooBar!".to_owned(), "Refused invalid_wsdl"),
        (
            good.replacen("wsdl:definitions", "wsdl:description", 2),
            "Refused invalid_wsdl",
        ),
        (" ".repeat(10 * 1024 * 1024 + 1), "Refused invalid_wsdl"),
    ] {
        let found = linted(&text);
        assert!(
            found.iter().any(|finding| finding == expected),
            "{expected} in {found:?}"
        );
    }
    for (address, is_taken) in [
        ("http://127.0.0.1:8080/xroad?wsdl", true),
        ("https://psop-adapter.example.fi/wsdl/psop-v1.wsdl", true),
        ("ftp://example.fi/x.wsdl", false),
        ("http://under_score.example.fi/x", false),
        ("http://[::1]:8080/x", false),
    ] {
        let mut verdict = Verdict::default();
        lint_address(address, &mut verdict);
        assert_eq!(verdict.is_taken(), is_taken, "{address}");
    }
    let long = format!("http://example.fi/{}", "x".repeat(240));
    let mut verdict = Verdict::default();
    lint_address(&long, &mut verdict);
    assert!(!verdict.is_taken());
}

#[test]
fn the_commands_say_what_they_found_and_end_accordingly() {
    let site = Site::new("");
    let server = site.start();
    let run = |arguments: &[&str]| {
        let output = program().args(arguments).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let wsdl = format!("{}?wsdl", server.url());
    let (code, told) = run(&["lint-wsdl", &wsdl]);
    assert_eq!(code, 0, "{told}");
    assert!(told.ends_with("a security server takes it\n"), "{told}");
    let (code, told) = run(&["lint-wsdl", "--json", text(&root().join("Cargo.toml"))]);
    assert_eq!(code, 1);
    assert!(told.contains("\"taken\": false"), "{told}");
    let invalid = root().join("fixtures/requests/24-person-invalid.xml");
    let (code, told) = run(&["validate", text(&invalid), "--on", "2026-03-16"]);
    assert_eq!(code, 1);
    assert!(told.contains("HETU_INVALID customer/personId"), "{told}");
    let number = invalid.parent().unwrap().join("02-get-ostovoima.xml");
    assert_eq!(run(&["validate", text(&number), "--on", "2026-03-16"]).0, 0);
    assert_eq!(
        run(&["sample", "getOstovoima", "--list"]).1,
        "  2 what is left of it\n"
    );
    assert_eq!(run(&["sample", "noSuchService"]).0, 1);
    assert_eq!(run(&["sample", "getOstovoima", "--scenario", "99"]).0, 1);
    assert_eq!(server.stop(), Some(0));
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_page_stands_alone_and_shows_members_outside_production_only() {
    let site = Site::new("");
    let server = site.start();
    let address = server.next();
    for (path, lang) in [("/", "fi"), ("/fi", "fi"), ("/sv", "sv"), ("/en", "en")] {
        let page = get(address, path).unwrap();
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&format!("<html lang=\"{lang}\">")));
        for service in services::published() {
            assert!(page.body.contains(&format!("<h2 id=\"{}\">", service.code)));
        }
        assert!(
            page.body.contains("FI-TEST/MUN/0204819-8/paikky"),
            "the registry's members"
        );
        let elsewhere =
            page.body.matches("src=\"http").count() + page.body.matches("href=\"http").count();
        assert_eq!(elsewhere, 0, "nothing is fetched from elsewhere");
    }
    let sample = get(address, "/samples/getOstovoima.xml").unwrap();
    assert_eq!(validate(sample.body.as_bytes(), CIRCUMSTANCES), []);
    assert_eq!(get(address, "/samples/../etc.xml").unwrap().status, 404);
    assert_eq!(get(address, "/catalogue.js").unwrap().status, 200);
    assert_eq!(server.stop(), Some(0));

    let production = Site::empty(PRODUCTION, "");
    production.apply(&root().join("fixtures/demo/registry.toml"));
    let server = production.start();
    let address = server.next();
    // The second one is the kept one.
    for _ in 0..2 {
        let page = get(address, "/en").unwrap();
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<h2 id=\"getOstovoima\">"));
        for outside in [
            "FI-TEST/COM/9000007-0/care",
            "id=\"members\"",
            "<form",
            "<script",
        ] {
            let is_there = page.body.contains(outside);
            assert!(!is_there, "{outside}");
        }
    }
    assert_eq!(get(address, "/catalogue.js").unwrap().status, 404);
    assert_eq!(server.stop(), Some(0));
}
