//! What may be wrong in a registration file, told all at once; and the example and the guide that come with it.

use super::Scene;
use crate::support::root;

const WRONG: &str = r#"[security_server]
url = "http://security-server.example.fi:4000/api/v1"
certificate = "missing.pem"
api_key_file = "missing.key"
colour = "red"

[subsystem]
instance = "FI:TEST"
member_class = 7
code = "psop"
connection_type = "SMTP"
certificates = ["api.key"]

[wsdl]
url = "ftp://adapter.example.fi"
enabled = "yes"

[services]
url = "http://adapter.example.fi/xroad"
timeout_s = 1001
verify_tls = true

[[service]]
timeout_s = 5

[[right]]
subsystem = "FI-TEST/COM/9000007-0"

[[right]]
subsystem = "FI-TEST/COM/9000007-0/care"
local_group = "both"

[[right]]
global_group = "FI-TEST"

[[right]]
local_group = "empty"
services = []

[monitoring]
"#;

#[test]
fn all_problems_are_told_at_once_with_their_lines() {
    let scene = Scene::over_tls().edited(|_| WRONG.to_owned());
    let told = scene.run(&["plan"]).refused();
    for text in [
        "line 2: security_server.url: write https://",
        "line 3: security_server.certificate: cannot read",
        "line 4: security_server.api_key_file: there is no file",
        "line 5: security_server.colour: there is no such key",
        "line 8: subsystem.instance: write 1 to 255 characters",
        "line 9: subsystem.member_class: write text",
        "line 7: subsystem.member_code: is missing",
        "line 11: subsystem.connection_type: write HTTP, HTTPS or HTTPS_NO_AUTH",
        "line 12: subsystem.certificates:",
        "line 15: wsdl.url: write an address",
        "line 16: wsdl.enabled: write true or false",
        "line 20: services.timeout_s: write a whole number from 0 to 1000",
        "line 21: services.verify_tls: there is no TLS to verify at an http:// address",
        "line 23: service 1: code: is missing",
        "line 27: right 1: subsystem: write INSTANCE/CLASS/CODE/SUBSYSTEM",
        "right 2: subsystem: name one subject",
        "right 3: global_group: write INSTANCE/GROUP",
        "right 4: services: name a service",
        "monitoring: there is no such key",
    ] {
        assert!(told.contains(text), "no {text:?} in {told}");
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for (url, is_taken) in [
        ("http://127.0.0.1:1/api/v1", true),
        ("http://[::1]:1/api/v1", true),
        ("http://localhost:1/api/v1", true),
        ("http://127.0.0.1.example.fi/api/v1", false),
        ("http://10.0.0.1:4000/api/v1", false),
        ("http://user@127.0.0.1:1/api/v1", false),
    ] {
        let mut scene = Scene::over_tls();
        let own = scene.stand_in.url.clone();
        scene.replace(&own, url);
        let told = scene.run(&["plan"]).refused();
        assert_eq!(!told.contains("is refused"), is_taken, "{url}: {told}");
    }
}

#[test]
fn a_key_is_needed() {
    let mut scene = Scene::over_tls();
    scene.replace("api_key_file = \"api.key\"\n", "");
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("PSOP_SECURITY_SERVER_API_KEY"), "{told}");
}

#[test]
fn the_example_is_taken_when_its_files_are_there() {
    let scene = Scene::over_tls();
    let text = root().join("security-server-config/registration.example.toml");
    let text = std::fs::read_to_string(text).unwrap();
    std::fs::write(scene.path("example.toml"), &text).unwrap();
    for (from, to) in [
        ("server.pem", "security-server-admin.pem"),
        ("adapter.pem", "adapter-tls.pem"),
        ("api.key", "security-server.api-key"),
    ] {
        std::fs::copy(scene.path(from), scene.path(to)).unwrap();
    }
    let path = scene.path("example.toml");
    let key = psop_adapter::registration::wanted::load(&path, None);
    let (server, wanted) = key.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(wanted.client.to_string(), "FI-TEST/MUN/0204819-8/psop");
    assert!(server.pin.is_some() && wanted.rights.len() > 2);
    // Every key there is stands in the example, so that nobody has to look elsewhere.
    for key in [
        "timeout_s",
        "registration_wait_s",
        "name",
        "connection_type",
        "remove_other_certificates",
        "enabled",
        "disabled_notice",
        "version",
        "local_group",
        "global_group",
    ] {
        assert!(text.contains(&format!("{key} = ")), "{key}");
    }
}

#[test]
fn the_guide_explains_every_code_as_the_program_does() {
    use psop_adapter::registration::advice::{ERRORS, WARNINGS};
    let guide = std::fs::read_to_string(root().join("docs/registration.md")).unwrap();
    for (code, text) in ERRORS.iter().chain(WARNINGS) {
        let row = format!("| `{code}` | {text} |");
        assert!(
            guide.contains(&row),
            "docs/registration.md has no row {row}"
        );
    }
}
