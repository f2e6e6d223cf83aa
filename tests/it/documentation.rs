//! The documents say what the program does: limits and their defaults, links and files that are there, configurations
//! without a key that is none. `commands`: what they tell the reader to type.

mod commands;
mod text;

use psop_adapter::config::{self, Config, Environment, Overrides};
use regex::Regex;

use crate::support::root;
use text::documents;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn every_limit_is_documented_with_its_default() {
    let defaults = toml::Table::try_from(psop_adapter::config::Limits::default()).unwrap();
    let page = read("docs/running.md");
    for (key, default) in &defaults {
        let row = format!("| `{key}` | {default} |");
        assert!(page.contains(&row), "docs/running.md has no row {row}");
    }
    let of_limits = page.lines().filter(|line| !line.starts_with("| `["));
    let rows = of_limits.filter(|line| {
        line.contains("_ms` |") || line.contains("_max` |") || line.contains("_s` |")
    });
    assert_eq!(rows.count(), defaults.len());
}

#[test]
fn every_key_of_the_mandate_service_is_documented_with_its_default() {
    let sample = toml::Table::try_from(psop_adapter::config::Mandate::sample()).unwrap();
    let page = read("docs/running.md");
    for (key, value) in &sample {
        let default = match value {
            toml::Value::Integer(number) => number.to_string(),
            _ => String::new(),
        };
        let row = format!("| `[mandate] {key}` | {default}");
        assert!(page.contains(&row), "docs/running.md has no row {row}");
    }
}

#[test]
fn every_key_of_the_store_is_documented_with_its_default() {
    let sample = toml::Table::try_from(psop_adapter::config::Store::sample()).unwrap();
    let page = read("docs/running.md");
    for (key, value) in &sample {
        let default = match value {
            toml::Value::Integer(_) | toml::Value::Boolean(_) => format!("`{value}`"),
            _ => String::new(),
        };
        let row = format!("| `[store] {key}` | {default}");
        assert!(page.contains(&row), "docs/running.md has no row {row}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let documents = documents();
    let mut count = 0;
    for document in &documents {
        let folder = root().join(&document.path).parent().unwrap().to_owned();
        for link in document
            .links()
            .into_iter()
            .filter(|link| !link.contains("://"))
        {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = match target {
                "" => root().join(&document.path),
                target => folder.join(target),
            };
            assert!(path.exists(), "{}: {link}", document.path);
            let path = path.canonicalize().unwrap();
            let there = documents
                .iter()
                .find(|other| root().join(&other.path).canonicalize().unwrap() == path);
            if let (Some(there), false) = (there, anchor.is_empty()) {
                let anchors = there.anchors();
                assert!(
                    anchors.iter().any(|known| known == anchor),
                    "{}: {link}",
                    document.path
                );
            }
            count += 1;
        }
    }
    assert!(count > 100, "{count} links");
}

#[test]
fn files_that_documents_name_are_there() {
    let named = Regex::new(
        r"^(?:src|tests|docs|fixtures|wsdl|xsd|fuzz|benches|security-server-config)/[A-Za-z0-9_./-]+$",
    )
    .unwrap();
    let mut count = 0;
    for document in documents() {
        for code in document
            .inline_code()
            .iter()
            .filter(|code| named.is_match(code))
        {
            assert!(root().join(code).exists(), "{}: {code}", document.path);
            count += 1;
        }
    }
    assert!(count > 5, "{count} files");
}

#[test]
fn configurations_in_documents_have_no_key_that_is_none() {
    let sections: toml::Table = config::template(Environment::Test).parse().unwrap();
    let mut count = 0;
    for document in documents() {
        for block in document
            .blocks()
            .iter()
            .filter(|block| block.language == "toml")
        {
            let table: toml::Table = block
                .text
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", document.path));
            let known = ["tls", "mandate", "traces", "clock"];
            if !table
                .keys()
                .all(|key| sections.contains_key(key) || known.contains(&&**key))
            {
                continue;
            }
            let mut file = tempfile::NamedTempFile::new().unwrap();
            std::io::Write::write_all(&mut file, block.text.as_bytes()).unwrap();
            let loaded = Config::load(file.path(), std::iter::empty(), &Overrides::default());
            let told = loaded.map_or_else(|error| error.to_string(), |_| String::new());
            assert!(
                !told.contains("there is no such key"),
                "{}: {told}",
                document.path
            );
            count += 1;
        }
    }
    assert!(count > 0, "{count} configurations");
}
