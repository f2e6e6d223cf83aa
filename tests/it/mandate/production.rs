//! Production: what it refuses, and what it must not leak anywhere.

use super::*;
use crate::scenery::with_check;
use crate::support::server::{PRODUCTION, program};

#[test]
fn production_without_a_mandate_service_starts_with_a_warning_and_lets_nobody_act() {
    let site = Site::empty(PRODUCTION, "");
    apply(&site, |registry| registry);
    let server = site.start();
    // Codes of the 1800s: real in form, and nobody alive has one.
    let [customer, other] = ["010100+899", "020200+898"].map(with_check);
    let granted = grant()
        .set("psop:personId", &customer)
        .valid("2026-03-01", "2030-12-31");
    let number = server.post(&granted.0).number();
    check(
        &server,
        &[
            ("for another", lookup(&number, &other), UNAVAILABLE),
            ("for themselves", lookup(&number, &customer), "OK"),
        ],
    );
    assert_eq!(server.stop(), Some(0));
    assert!(
        site.log().contains("no mandate service is configured"),
        "{}",
        site.log()
    );
}

#[test]
fn production_takes_no_plain_http_and_no_stand_in() {
    let stand_in = StandIn::start(&demo());
    let site = Site::empty(PRODUCTION, &stand_in.section(""));
    let refused = |arguments: &[&str], text: &str, environment: &[(&str, &str)]| {
        let mut command = program();
        command.envs(environment.iter().copied());
        command.args(arguments).arg("--config").arg(site.config());
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(text), "{told}");
    };
    refused(&["serve"], "mandate.url: ", &[]);
    let https = [("PSOP_MANDATE__URL", "https://mandates.example.fi")];
    let stand_in_arguments = [
        "mandate-stand-in",
        "--listen",
        "127.0.0.1:0",
        "--answers",
        "none",
    ];
    refused(
        &stand_in_arguments,
        "no stand-in for the mandate service in PROD",
        &https,
    );
    let exposed = site.folder().join("exposed");
    std::fs::write(&exposed, "a-key-that-others-can-read").unwrap();
    let exposed = exposed.to_str().unwrap();
    let key_file = [https[0], ("PSOP_MANDATE__KEY_FILE", exposed)];
    refused(&["serve"], "chmod 600", &key_file);
    let none = [https[0], ("PSOP_MANDATE__KEY_FILE", "/nowhere/key")];
    refused(&["serve"], "/nowhere/key", &none);
}

#[test]
fn no_identity_code_stands_in_logs_addresses_or_arguments() {
    let stand_in = StandIn::start(&demo());
    let site = site(&format!(
        "[log]\nlevel = \"trace\"\n{}",
        stand_in.section("")
    ));
    let server = site.start();
    let number = granted(&server);
    let persons = [CHILD, GUARDIAN, OTHER_GUARDIAN, STRANGER];
    for person in persons {
        server.post(&lookup(&number, person).0);
        server.post(&grant().acting(person).0);
    }
    let arguments = |id: u32| std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap();
    let arguments = [arguments(server.id()), arguments(stand_in.id())].concat();
    let asked = stand_in.asked();
    assert!(asked.len() >= 6, "{asked:?}");
    let one = "POST /service/rest/hpa/authorization/psop-test?requestId=";
    assert!(asked.iter().all(|line| line.contains(one)), "{asked:?}");
    stand_in.stop();
    server.post(&lookup(&number, GUARDIAN).0);
    assert_eq!(server.stop(), Some(0));
    let log = site.log();
    assert!(
        log.contains("a mandate could not be checked: it cannot be reached"),
        "{log}"
    );
    for person in persons {
        let everywhere = [&log, &asked.join("\n"), &arguments];
        assert!(
            everywhere.iter().all(|text| !text.contains(person)),
            "{person}"
        );
    }
}
