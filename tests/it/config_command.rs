//! `config check`, `show` and `init` as an operator uses them.

use std::path::Path;
use std::process::Output;

use crate::support::server::{Site, program};

fn config(arguments: &[&str], file: Option<&Path>) -> Output {
    let mut command = program();
    command.arg("config").args(arguments);
    if let Some(file) = file {
        command.arg("--config").arg(file);
    }
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn assert_refused(site: &Site, texts: &[&str]) {
    let output = config(&["check"], Some(&site.config()));
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    for text in texts {
        assert!(
            told(&output).contains(text),
            "no {text:?}: {}",
            told(&output)
        );
    }
}

#[test]
fn init_prints_what_check_accepts_and_show_prints_it_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("psop-adapter.toml");
    let text = printed(&config(&["init", "--environment", "DEV"], None));
    std::fs::write(&file, &text).unwrap();
    // DEV makes its own key, so that nothing is missing.
    assert!(printed(&config(&["check"], Some(&file))).contains("nothing is wrong"));
    assert!(!printed(&config(&["init"], None)).contains("\nenvironment = \"DEV\""));
    let shown = printed(&config(&["show"], Some(&file)));
    let line = text
        .lines()
        .position(|line| line.starts_with("environment ="));
    let place = format!(
        "environment = \"DEV\"  # {}:{}\n",
        file.display(),
        line.unwrap() + 1
    );
    assert!(shown.contains(&place), "{shown}");
    assert!(shown.contains("\nconnections_max = 4096\n"), "{shown}");
    let shown: toml::Table = shown.parse().unwrap();
    assert_eq!(shown["server"]["listen"].as_str(), Some("127.0.0.1:8080"));
}

#[test]
fn show_names_variables_and_never_prints_a_password() {
    let site = Site::empty("environment = \"TEST\"\n", "");
    let mut command = program();
    command.env("PSOP_STORE__URL", "postgres://psop:very-secret@db/psop");
    command.env("PSOP_LIMITS__MISSES_MAX", "3");
    command
        .args(["config", "show", "--config"])
        .arg(site.config());
    let output = command.output().unwrap();
    let shown = printed(&output);
    for line in [
        "misses_max = 3  # environment variable PSOP_LIMITS__MISSES_MAX",
        "url = \"postgres://psop:***@db:5432/psop\"  # environment variable PSOP_STORE__URL",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{shown}");
    }
    assert!(!format!("{output:?}").contains("very-secret"));
}

#[test]
fn check_tells_all_at_once_with_lines_and_opens_no_store() {
    let site = Site::empty(
        "environment = \"TEST\"\n",
        "[limits]\nmisses_max = \"x\"\n[log]\nformat = 3\nno_such = 1\n",
    );
    let output = config(&["check"], Some(&site.config()));
    let problem = told(&output);
    let lines = problem
        .lines()
        .filter(|line| line.contains("psop-adapter.toml:"));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 3, "{problem}");
    for (line, key) in lines
        .iter()
        .zip(["limits.misses_max", "log.format", "log.no_such"])
    {
        assert!(line.contains(&format!(": {key}: ")), "{problem}");
    }
    assert!(!site.folder().join("store").exists());
}

#[test]
fn check_reads_the_files_that_the_configuration_names() {
    let more = "[tls]\ncertificate = \"/nowhere/a.pem\"\nkey = \"/dev/null\"\n\
                [log]\nlevel = \"loud=very\"\n";
    let site = Site::empty("environment = \"TEST\"\n", more);
    let file = site.config();
    let written = std::fs::read_to_string(&file).unwrap();
    let place = |text: &str| {
        let line = written.lines().position(|line| line.starts_with(text));
        format!("{}:{}: ", file.display(), line.unwrap() + 1)
    };
    let expected = [
        format!(
            "{}tls.certificate: cannot read /nowhere/a.pem",
            place("certificate")
        ),
        format!("{}tls.key: /dev/null is empty", place("key =")),
        format!("{}log.level: `loud=very` is not understood", place("level")),
    ];
    assert_refused(&site, &expected.each_ref().map(String::as_str));
    std::fs::remove_file(site.folder().join("master.key")).unwrap();
    assert_refused(&site, &["secrets.key_file: ", "does not exist"]);
    std::fs::write(site.folder().join("store"), "").unwrap();
    assert_refused(&site, &["store.path: ", "is no folder"]);
}
