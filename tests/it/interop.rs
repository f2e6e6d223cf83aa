//! SOAP stacks that know nothing of us call a server each, by the programs in tests/interop: those that are quick to
//! install; `make interop` runs all of them.

use std::process::Command;

use crate::support::root;

/// As in the Makefile, which installs them.
const QUICK_STACKS: [&str; 6] = ["curl", "perl", "php", "ruby", "suds", "zeep"];

#[test]
fn stacks_call_the_six_services_knowing_the_wsdl_alone() {
    let output = Command::new("python3")
        .arg(root().join("tests/interop/interop.py"))
        .args(["--program", env!("CARGO_BIN_EXE_psop-adapter")])
        .arg("--may-share-network")
        .args(QUICK_STACKS)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}(`make test` installs what the stacks need)",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("6 stacks"), "{said}");
}

#[test]
fn the_makefile_installs_the_stacks_that_run_here() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let line = format!("QUICK_STACKS := {}\n", QUICK_STACKS.join(" "));
    assert!(makefile.contains(&line), "the Makefile has no line {line}");
}
