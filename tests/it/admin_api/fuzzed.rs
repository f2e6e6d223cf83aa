//! The running server held to its own document by schemathesis (`make admin-api-test`): no failure of its own, no answer
//! that the document does not have, no operation without a token. Without PSOP_TEST_SCHEMATHESIS=PROGRAM nothing is run.

use std::path::Path;
use std::process::Command;

use crate::settlement::approved_month;
use crate::support::admin_api::token;
use crate::support::operator::operate;
use crate::support::root;
use crate::support::server::Site;

/// Requests made up for each operation, and the seed that they begin with: a run can be repeated.
const EXAMPLES: &str = "60";
const SEED: &str = "1";

/// Last, and by itself: a registry without an organiser leaves nothing that the other operations could be asked of.
const REGISTRY_APPLY: &str = "/api/v1/registry-apply";
const EXCEPT: &str = "--exclude-path";
const ONLY: &str = "--include-path";

/// Not asked: rules beyond a schema refuse what it takes (422), and a limit on the length of a body is none of it.
const NOT_CHECKED: &str = "positive_data_acceptance";

fn hold_to_its_document(
    program: &Path,
    site: &Site,
    address: &str,
    shown: Option<&str>,
    which: &str,
) {
    let mut command = Command::new(program);
    command
        .current_dir(site.folder())
        .args(["--no-color", "run", "--checks", "all"])
        .args(["--exclude-checks", NOT_CHECKED, "--seed", SEED])
        .args(["--max-examples", EXAMPLES, "--continue-on-failure"])
        .args(["--phases", "examples,coverage,fuzzing", "--workers", "1"])
        .args([which, REGISTRY_APPLY])
        .arg(format!("http://{address}/api/v1/openapi.json"));
    if let Some(token) = shown {
        let header = format!("Authorization: Bearer {token}");
        command.args(["--header", &header]);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}\n{}",
        told,
        String::from_utf8_lossy(&output.stderr)
    );
    println!(
        "{}",
        told.lines().rev().take(12).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn the_running_server_answers_as_its_document_says() {
    let Some(program) = std::env::var_os("PSOP_TEST_SCHEMATHESIS") else {
        return;
    };
    let (site, server, _) = approved_month();
    assert_eq!(server.stop(), Some(0));
    let text = std::fs::read_to_string(site.config()).unwrap();
    let limits = "[limits]\nadmin_token_failures_max = 1000000\nadmin_commands_max = 16\n";
    std::fs::write(site.config(), format!("{text}{limits}")).unwrap();
    let server = site.start();
    let address = server.admin.to_string();
    let shown = [
        ("viewer", "853"),
        ("clerk", "853"),
        ("administrator", "049"),
        ("administrator", "all"),
    ];
    let hold = |token: Option<&str>, which: &str| {
        hold_to_its_document(Path::new(&program), &site, &address, token, which);
    };
    hold(None, EXCEPT);
    for (role, organisers) in shown {
        let token = token(&site, &format!("{role}-{organisers}"), role, organisers);
        hold(Some(&token), EXCEPT);
        hold(Some(&token), ONLY);
    }
    // The last one has put made-up registries in its place.
    site.apply(&root().join("fixtures/demo/registry.toml"));
    operate(&site, &["store", "check"]).good();
    operate(&site, &["audit", "verify"]).good();
    assert!(!site.log().contains("panicked"));
    assert_eq!(server.stop(), Some(0));
}
