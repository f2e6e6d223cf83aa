//! zeep, a SOAP client of Python that knows nothing of us, loads the WSDL from a running server,
//! from nowhere else, and calls both services with headers typed from it:
//! tests/interop/zeep/first_call.py says what it checks.

use std::path::PathBuf;
use std::process::Command;

use crate::support::root;
use crate::support::server::Site;

/// A Python that has zeep: the one that PSOP_TEST_PYTHON names, or that of `make test`.
fn python() -> PathBuf {
    let named = std::env::var_os("PSOP_TEST_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| root().join("target/venv/bin/python"));
    let probe = Command::new(&python).args(["-c", "import zeep"]).output();
    let has_zeep = probe.as_ref().is_ok_and(|output| output.status.success());
    assert!(
        has_zeep,
        "{} is no Python with zeep ({probe:?}): run `make test`, which installs both in target/venv, \
         or name one by PSOP_TEST_PYTHON",
        python.display()
    );
    python
}

#[test]
fn zeep_calls_both_services_knowing_the_wsdl_alone() {
    let python = python();
    let site = Site::new("");
    let server = site.start();
    let output = Command::new(python)
        .arg(root().join("tests/interop/zeep/first_call.py"))
        .arg(server.url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.trim(), "zeep: all as expected");
}
