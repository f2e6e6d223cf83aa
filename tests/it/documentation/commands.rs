//! What documents tell their reader to type: the command line understands it, and where it can be run here, it is run.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use psop_adapter::cli::Cli;
use regex::Regex;

use super::text::{Block, Document, documents};
use crate::support::certificates::Identity;
use crate::support::message::Message;
use crate::support::root;
use crate::support::server::{Server, Site, without_settings};

/// Blocks that are not run here, by how they begin, and where else they are.
const PROVEN_ELSEWHERE: &[(&str, &str)] = &[
    ("apt install ", "tests/packages/deb-chroot.sh"),
    (
        "install -d -o psop-adapter ",
        "tests/packages/deb-chroot.sh",
    ),
    ("runuser -u psop-adapter ", "tests/packages/deb-chroot.sh"),
    (
        "test -e /etc/psop-adapter/master.key ",
        "tests/packages/deb-chroot.sh",
    ),
    ("systemctl ", "tests/packages/guest.sh"),
    ("psop-adapter security-server ", "tests/it/registration.rs"),
    ("for file in registration-", "tests/it/registration.rs"),
    ("psop-adapter config init ", "tests/it/config_command.rs"),
    ("make run ", "tests/clean-debian.sh"),
    ("make scale-test ", "tests/it/scale.rs"),
    ("export PSOP_MANDATE__URL=", "tests/it/mandate.rs"),
    (
        "psop-adapter registry apply registry.toml --config psop-adapter.toml\npsop-adapter serve",
        "tests/it/first_call.rs",
    ),
];

/// Blocks that only a security server of X-Road can answer, by how they begin.
const AT_A_SECURITY_SERVER: &[&str] = &[
    "curl -X POST -u USER ",
    "openssl s_client -connect security-server.example.fi",
];

/// Lines of others' programs, which no machine of ours has in that state.
const NOT_OURS: &[&str] = &[
    "journalctl ",
    "sudo ",
    "kubectl ",
    "docker ",
    "podman ",
    "ssh ",
];

fn shell_blocks() -> Vec<(String, Block)> {
    let blocks = documents().into_iter().flat_map(|document| {
        let path = document.path.clone();
        let blocks = document.blocks().into_iter();
        blocks.map(move |block| (path.clone(), block))
    });
    blocks.filter(|(_, block)| block.language == "sh").collect()
}

/// The words of a command up to what the shell does with it.
fn words(line: &str) -> Vec<String> {
    let word = Regex::new(r#"'[^']*'|"[^"]*"|[^\s'"]+"#).unwrap();
    let words = word.find_iter(line).map(|found| found.as_str());
    let command = words.take_while(|word| !matches!(*word, "|" | ">" | "<" | "&&" | ";" | "#"));
    command
        .map(|word| word.trim_matches(['\'', '"']).to_owned())
        .collect()
}

/// Commands of ours in a text of lines, with continued lines joined.
fn ours(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let commands = joined.lines().map(words).filter_map(|words| {
        let behind = words.iter().position(|word| word == "--");
        let at = behind.map_or(0, |at| at + 1);
        let program = words.get(at)?;
        if program != "psop-adapter" && !program.ends_with("/psop-adapter") {
            return None;
        }
        Some(words[at..].to_vec())
    });
    commands.collect()
}

#[test]
fn the_command_line_understands_every_command_of_the_documents() {
    let mut count = 0;
    for (path, block) in shell_blocks() {
        for command in ours(&block.text) {
            if let Err(error) = Cli::try_parse_from(&command)
                && error.use_stderr()
            {
                panic!("{path}: {}: {error}", command.join(" "));
            }
            count += 1;
        }
    }
    assert!(count > 10, "{count} commands");
}

#[test]
fn every_block_is_what_a_shell_reads() {
    let reads = |text: &str| {
        let mut command = Command::new("bash");
        command
            .args(["-n", "-c", text])
            .output()
            .unwrap()
            .status
            .success()
    };
    for (path, block) in shell_blocks() {
        assert!(reads(&block.text), "{path}: {}", block.text);
    }
    assert!(!reads("for file in *; do echo"));
}

#[test]
fn commands_in_sentences_exist() {
    let mut count = 0;
    for document in documents() {
        for code in document.inline_code() {
            let Some(rest) = code.strip_prefix("psop-adapter ") else {
                continue;
            };
            // What stands before any argument is a path of commands; several may stand together.
            let path: Vec<&str> = rest
                .split(' ')
                .take_while(|word| {
                    word.chars()
                        .all(|letter| letter.is_ascii_lowercase() || "-|".contains(letter))
                })
                .take(2)
                .filter(|word| !word.starts_with('-'))
                .collect();
            let Some((first, second)) = path.split_first() else {
                continue;
            };
            for command in first.split('|') {
                let seconds: Vec<&str> = second
                    .first()
                    .map_or(vec![], |word| word.split('|').collect());
                let asked = if seconds.is_empty() {
                    vec![vec![command]]
                } else {
                    seconds.iter().map(|second| vec![command, second]).collect()
                };
                for words in asked {
                    let line = ["psop-adapter"]
                        .into_iter()
                        .chain(words.iter().copied())
                        .chain(["--help"]);
                    let error = Cli::try_parse_from(line).expect_err("help is told as an error");
                    assert!(!error.use_stderr(), "{}: {code}: {error}", document.path);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 10, "{count} commands");
}

/// Everything that a block's commands need, in one folder.
struct Scratch {
    site: Site,
    server: Server,
    number: String,
}

impl Scratch {
    fn new() -> Scratch {
        let site = Site::new("");
        let folder = site.folder().to_owned();
        let link = |from: &Path, to: PathBuf| std::os::unix::fs::symlink(from, to).unwrap();
        for part in ["fixtures", "wsdl", "xsd"] {
            link(&root().join(part), folder.join(part));
        }
        for file in std::fs::read_dir(root().join("fixtures/demo")).unwrap() {
            let file = file.unwrap();
            if !folder.join(file.file_name()).exists() {
                link(&file.path(), folder.join(file.file_name()));
            }
        }
        for folders in ["bin", "etc/tls"] {
            std::fs::create_dir_all(folder.join(folders)).unwrap();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_psop-adapter"));
        link(program, folder.join("bin/psop-adapter"));
        link(&site.config(), folder.join("etc/psop-adapter.toml"));
        std::fs::write(folder.join("code.txt"), "070785-9015\n").unwrap();
        Identity::new("ss1").write(&folder.join("etc/tls"), "ss1");
        let server = site.start();
        let number = server
            .post(&Message::fixture("01-create-ordinary").0)
            .number();
        Scratch {
            site,
            server,
            number,
        }
    }

    fn run(&self, path: &str, text: &str) {
        let folder = self.site.folder().display().to_string();
        let lines = text
            .lines()
            .filter(|line| !NOT_OURS.iter().any(|name| line.starts_with(name)));
        let script = lines
            .collect::<Vec<_>>()
            .join("\n")
            .replace("/etc/psop-adapter", &format!("{folder}/etc"))
            .replace("target/release/psop-adapter", "psop-adapter")
            .replace(
                "http://127.0.0.1:8080",
                &format!("http://{}", self.server.http),
            )
            .replace(
                "http://127.0.0.1:8081",
                &format!("http://{}", self.server.admin),
            )
            .replace("OV-XXXX-XXXX-XXXX-X", &self.number);
        let output = without_settings("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(self.site.folder())
            .env(
                "PATH",
                format!("{folder}/bin:{}", std::env::var("PATH").unwrap()),
            )
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && !said.contains("Fault>"),
            "{path}: {script}\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn what_can_be_run_is_run() {
    let mut count = 0;
    for (path, block) in shell_blocks() {
        let elsewhere = PROVEN_ELSEWHERE
            .iter()
            .find(|(beginning, _)| block.text.starts_with(beginning));
        if let Some((_, place)) = elsewhere {
            assert!(root().join(place).exists(), "{place}");
            continue;
        }
        if AT_A_SECURITY_SERVER
            .iter()
            .any(|beginning| block.text.starts_with(beginning))
        {
            continue;
        }
        let scratch = Scratch::new();
        scratch.run(&path, &block.text);
        assert_eq!(scratch.server.stop(), Some(0));
        count += 1;
    }
    assert!(count > 8, "{count} blocks");
}

#[test]
fn a_command_that_is_none_and_a_block_that_fails_are_found() {
    let wrong = ours("psop-adapter store chek --config x\n");
    assert!(Cli::try_parse_from(&wrong[0]).is_err_and(|error| error.use_stderr()));
    assert_eq!(
        ours("runuser -u a -- psop-adapter \\\n  status --config 'a b' | head"),
        [["psop-adapter", "status", "--config", "a b"]]
    );
    let scratch = Scratch::new();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        scratch.run("a document", "psop-adapter status --config gone.toml");
    }));
    assert!(failed.is_err());
    assert_eq!(scratch.server.stop(), Some(0));
}

#[test]
fn targets_of_make_exist() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let named = Regex::new(r"(?m)^(?:.*`)?make ([a-z-]+)").unwrap();
    let check = |document: &Document, text: &str| {
        for target in named.captures_iter(text).map(|found| found[1].to_owned()) {
            let line = format!("\n{target}: ");
            assert!(makefile.contains(&line), "{}: make {target}", document.path);
        }
    };
    for document in documents() {
        for code in document.inline_code() {
            check(&document, &code);
        }
        for block in document.blocks() {
            check(&document, &block.text);
        }
    }
    let output = Command::new("make")
        .arg("help")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success());
}
