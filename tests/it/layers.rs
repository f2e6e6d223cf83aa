//! The layers of the source stand apart, and every file keeps the house rules: which layer may name
//! which other, no clock and no async in the domain, no unwrap outside tests, files short and with an
//! introduction. The checker itself is tested with planted breaches.

mod code;

use std::path::{Path, PathBuf};

use crate::support::root;
use code::{code_of, without_tests};

/// Longest source file, in lines.
const LINES_MAX: usize = 500;

/// Layers that a layer must not name. `domain` is stricter: it may name no other at all.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("http", &["operate", "services", "soap", "store"]),
    (
        "mandate",
        &[
            "cli", "contract", "http", "operate", "services", "soap", "store",
        ],
    ),
    ("operate", &["cli", "http", "soap"]),
    (
        "registration",
        &[
            "app", "cli", "config", "contract", "http", "mandate", "operate", "partner",
            "services", "soap", "store",
        ],
    ),
    ("services", &["http", "operate"]),
    ("store", &["operate", "soap"]),
    ("contract", &["services"]),
    ("xml", &["contract", "soap", "services", "store"]),
];

/// What would make the domain wait, or know the time by itself.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "Timestamp::now",
    "SystemTime",
    "Instant::now",
    "Zoned::now",
];

/// Calls that end in a panic. (An `unwrap` that takes an argument is another one: that of a key.)
const PANICKING: &[&str] = &[".unwrap()", "::unwrap)", ".expect(", "::expect("];

/// Every rule that a file of `src` or `tests` breaks. `path` is relative to the project's root.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.lines().count() > LINES_MAX {
        found.push(format!("{path}: longer than {LINES_MAX} lines"));
    }
    let Some(in_source) = path.strip_prefix("src/") else {
        return found;
    };
    if !text.starts_with("//!") {
        found.push(format!("{path}: does not open with //!"));
    }
    let code = code_of(text);
    let layer = in_source.split('/').next().unwrap().trim_end_matches(".rs");
    for named in layers_named(in_source, &code) {
        let is_forbidden = match layer {
            "domain" => named != "domain",
            _ => FORBIDDEN
                .iter()
                .any(|(of, names)| *of == layer && names.contains(&named.as_str())),
        };
        if is_forbidden {
            found.push(format!("{path}: {layer} names {named}"));
        }
    }
    if layer == "domain" {
        let squeezed = squeezed(&code);
        let impure = IMPURE.iter().filter(|word| has_word(&squeezed, word));
        found.extend(impure.map(|word| format!("{path}: {layer} uses {word}")));
    }
    if !is_test_file(in_source) {
        let code = squeezed(&without_tests(&code));
        let panicking = PANICKING.iter().filter(|call| code.contains(**call));
        found.extend(panicking.map(|call| format!("{path}: has {call} outside tests")));
    }
    found
}

fn is_test_file(in_source: &str) -> bool {
    // A suite is the tests that every back end runs.
    const OF_TESTS: [&str; 4] = ["tests", "tests.rs", "suite", "suite.rs"];
    in_source.split('/').any(|part| OF_TESTS.contains(&part))
}

/// Modules right under the crate's root that the code names by `crate::`, `psop_adapter::` or enough
/// `super::`, in `use` groups too.
fn layers_named(in_source: &str, code: &str) -> Vec<String> {
    let code = squeezed(code);
    let depth = in_source
        .split('/')
        .filter(|part| *part != "mod.rs")
        .count();
    let mut found = Vec::new();
    let climbs = vec!["super::"; depth].concat();
    for root in ["crate::", "psop_adapter::", &climbs] {
        for (at, _) in code.match_indices(root) {
            let is_own_word = !code[..at].ends_with(is_word);
            let named = first_names(&code[at + root.len()..]);
            let named = named.into_iter().filter(|name| is_layer(name));
            if is_own_word {
                found.extend(named);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn is_layer(name: &str) -> bool {
    let source = root().join("src");
    source.join(format!("{name}.rs")).exists() || source.join(name).is_dir()
}

/// The first name of a path, or of each path in a group.
fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String { text.chars().take_while(|c| is_word(*c)).collect() };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut begins, mut found) = (1, true, Vec::new());
    for (at, character) in group.char_indices() {
        if begins && depth == 1 && is_word(character) {
            found.push(word(&group[at..]));
        }
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        begins = character == ',' || (begins && character.is_whitespace());
    }
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word)
    })
}

/// The code without white space, but for one blank between words.
fn squeezed(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut blank = false;
    for character in code.chars() {
        if character.is_whitespace() {
            blank = true;
            continue;
        }
        if blank && is_word(character) && out.ends_with(is_word) {
            out.push(' ');
        }
        blank = false;
        out.push(character);
    }
    out
}

/// Every Rust file below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_source_keeps_its_layers_and_house_rules() {
    let mut files = rust_files(&root().join("src"));
    let in_source = files.len();
    files.extend(rust_files(&root().join("tests")));
    assert!(in_source > 50 && files.len() > in_source, "{files:?}");
    let found: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let path = path.strip_prefix(root()).unwrap();
            breaches(path.to_str().unwrap(), &text)
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_layer_that_a_rule_names_is_there() {
    for (layer, names) in FORBIDDEN {
        assert!(is_layer(layer), "{layer}");
        assert!(names.iter().all(|name| is_layer(name)), "{names:?}");
    }
    assert!(is_layer("domain"));
}

fn one(path: &str, line: &str) -> Vec<String> {
    breaches(path, &format!("//! A file.\n{line}\n"))
}

#[test]
fn a_layer_that_names_a_forbidden_one_is_found() {
    let planted = [
        ("src/domain/money.rs", "use crate::store::Store;"),
        ("src/domain.rs", "use crate::xml;"),
        (
            "src/domain/money.rs",
            "use crate::{domain::money, contract::types};",
        ),
        (
            "src/domain/money.rs",
            "use crate::{\n    domain::{a, b},\n    soap,\n};",
        ),
        ("src/domain/money.rs", "use super::super::config::Limits;"),
        (
            "src/domain/money.rs",
            "fn f() -> crate :: clock :: Clock { g() }",
        ),
        ("src/domain/money.rs", "use psop_adapter::secrets::Keyring;"),
        (
            "src/services/get_ostovoima.rs",
            "use crate::http::Endpoint;",
        ),
        ("src/services.rs", "pub use crate::http;"),
        ("src/http/admin.rs", "use crate::operate::Command;"),
        ("src/operate/status.rs", "use crate::cli::Cli;"),
        ("src/mandate/client.rs", "use crate::services::Services;"),
        (
            "src/registration/apply.rs",
            "use crate::partner::wsdl_lint::lint;",
        ),
        ("src/store/sled/open.rs", "use crate::soap::header::Header;"),
        (
            "src/store/sled/open.rs",
            "use super::super::super::soap::header;",
        ),
        ("src/store.rs", "use super::soap;"),
        ("src/contract/wsdl.rs", "use crate::services::OPERATIONS;"),
        ("src/xml/reader.rs", "use crate::contract::shape::Shape;"),
        ("src/xml/reader.rs", "use crate::soap::fault;"),
        ("src/xml.rs", "use crate::services;"),
        ("src/xml.rs", "use crate::{xml::a, store};"),
    ];
    for (path, line) in planted {
        assert_eq!(one(path, line).len(), 1, "{path}: {line}");
    }
}

#[test]
fn what_a_layer_may_name_is_let_through() {
    let allowed = [
        ("src/domain/money.rs", "use crate::domain::code::Code;"),
        ("src/domain/money.rs", "use super::code::Code;"),
        ("src/domain/money.rs", "// as crate::store does\nfn f() {}"),
        ("src/domain/money.rs", "const A: &str = \"crate::store\";"),
        (
            "src/domain/money.rs",
            "const A: &str = r#\"x\" crate::store\"#;",
        ),
        ("src/domain/money.rs", "use supercrate::store::S;"),
        ("src/services/driver.rs", "use crate::soap::header::Header;"),
        ("src/services/driver.rs", "use super::answer;"),
        ("src/store/sled/open.rs", "use super::super::Store;"),
        ("src/contract/wsdl.rs", "use crate::domain::money;"),
        ("src/app.rs", "use crate::{http, soap, services, store};"),
    ];
    for (path, line) in allowed {
        assert_eq!(one(path, line), [""; 0], "{path}: {line}");
    }
}

#[test]
fn a_domain_that_waits_or_reads_a_clock_is_found() {
    let planted = [
        "async fn f() {}",
        "fn f() { g().await }",
        "use tokio::sync::Mutex;",
        "fn f() { Timestamp::now(); }",
        "fn f() { std::time::SystemTime::now(); }",
        "fn f() { Instant :: now(); }",
        "fn f() { jiff::Zoned::now(); }",
    ];
    for line in planted {
        assert!(!one("src/domain/money.rs", line).is_empty(), "{line}");
        assert_eq!(one("src/services/driver.rs", line), [""; 0], "{line}");
    }
    let allowed = "/// async, await, tokio\nfn asynchronous(now: Timestamp) { let awaited = 1; }";
    assert_eq!(one("src/domain/money.rs", allowed), [""; 0]);
}

#[test]
fn an_unwrap_outside_tests_is_found() {
    let planted = [
        "fn f() { g().unwrap(); }",
        "fn f() { g()\n    .expect(\"x\"); }",
        "fn f() { g().map(Option::unwrap); }",
        "#[cfg(test)]\nmod tests;\nfn f() { g().unwrap(); }",
        "#[cfg(test)]\nmod tests { fn a() { '{'; } }\nfn f() { g().unwrap(); }",
    ];
    for line in planted {
        assert_eq!(one("src/app.rs", line).len(), 1, "{line}");
    }
    let allowed = [
        "fn f() { g().unwrap_or_default(); keys.unwrap(master); }",
        "/// never .unwrap()\nfn f() { \".unwrap()\"; }",
        "#[cfg(test)]\nmod tests { fn f() { g().unwrap(); '}'; \"}\"; h().expect(\"x\"); } }",
    ];
    for line in allowed {
        assert_eq!(one("src/app.rs", line), [""; 0], "{line}");
    }
    for path in [
        "src/config/tests.rs",
        "src/http/tests/tls.rs",
        "tests/it/a.rs",
    ] {
        assert_eq!(one(path, "fn f() { g().unwrap(); }"), [""; 0], "{path}");
    }
}

#[test]
fn a_long_file_and_one_without_an_introduction_are_found() {
    let of_lines = |count| "//! A line.\n".repeat(count);
    for path in ["src/app.rs", "tests/it/kill.rs"] {
        assert_eq!(breaches(path, &of_lines(LINES_MAX)), [""; 0]);
        assert_eq!(breaches(path, &of_lines(LINES_MAX + 1)).len(), 1);
    }
    assert_eq!(breaches("src/app.rs", "// A file.\n").len(), 1);
    assert_eq!(breaches("src/app.rs", "\n//! A file.\n").len(), 1);
}
