//! SOAP stacks that know nothing of us call a server each, by the programs in tests/interop: those that are quick to
//! install; `make interop` runs all of them.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::root;

/// As in the Makefile, which installs them.
const QUICK_STACKS: [&str; 6] = ["curl", "perl", "php", "ruby", "suds", "zeep"];

fn run(folder: &Path, stacks: &[&str]) -> Output {
    Command::new("python3")
        .arg(root().join("tests/interop/interop.py"))
        .args(["--program", env!("CARGO_BIN_EXE_psop-adapter")])
        .arg("--may-share-network")
        .arg("--folder")
        .arg(folder)
        .args(stacks)
        .output()
        .unwrap()
}

#[test]
fn stacks_call_the_six_services_knowing_the_wsdl_alone() {
    let output = run(&root().join("tests/interop"), &QUICK_STACKS);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}(`make test` installs what the stacks need)",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("6 stacks"), "{said}");
}

#[test]
fn what_the_wire_does_not_show_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stack = |name: &str, script: &str| {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("run.sh"), script).unwrap();
    };
    // Says that all is well, and calls nobody.
    stack(
        "liar",
        "for check in wsdl getOstovoima replay fault; do echo ok $check; done",
    );
    // Leaves the prefix of objectType out.
    stack(
        "careless",
        "mkdir -p \"$TARGET\"; sed s/id:objectType/objectType/ \"$ROOT/tests/interop/curl/client.sh\" > \"$TARGET/client.sh\"
         exec sh \"$TARGET/client.sh\" \"$1\"",
    );
    // Cannot do anything, and has an excuse for one thing.
    stack("excused", "exit 0");
    std::fs::write(
        folder.path().join("excused/DEFECTS"),
        "replay: as it says itself\n",
    )
    .unwrap();
    let output = run(folder.path(), &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for expected in [
        "liar: getOstovoima: the wire does not show it",
        "liar: fault: the wire does not show it",
        "liar: postPurchasingPower: not reached",
        "careless: xrd:client has attributes {'objectType': 'SUBSYSTEM'}",
        "excused: defect of the stack, replay: as it says itself",
        "3 stacks",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let row = said
        .lines()
        .find(|line| line.starts_with("excused "))
        .unwrap();
    let verdicts: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        verdicts.iter().filter(|word| **word == "defect").count(),
        1,
        "{row}"
    );
    assert_eq!(
        verdicts.iter().filter(|word| **word == "RED").count(),
        10,
        "{row}"
    );
}

#[test]
fn the_makefile_installs_the_stacks_that_run_here() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let line = format!("QUICK_STACKS := {}\n", QUICK_STACKS.join(" "));
    assert!(makefile.contains(&line), "the Makefile has no line {line}");
}
