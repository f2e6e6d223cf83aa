//! The documents say what the program does: limits and their defaults, and links that lead somewhere.

use crate::support::root;

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
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/codes.md",
        "docs/mandate.md",
        "docs/running.md",
        "docs/audit.md",
        "docs/durability.md",
        "docs/scale.md",
        "docs/backup.md",
        "docs/events.md",
        "docs/interop.md",
        "tests/interop/README.md",
        "docs/postgres.md",
        "docs/registration.md",
    ] {
        let folder = root().join(document).parent().unwrap().to_owned();
        let text = read(document);
        let mut links = 0;
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap();
            links += usize::from(rest.starts_with('#'));
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{document}: {target}");
                links += 1;
            }
        }
        assert!(links > 0, "{document} has no links");
    }
}
