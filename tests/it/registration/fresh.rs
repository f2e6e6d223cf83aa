//! From nothing to everything, once and again; and with the real program as the publisher.

use openssl::x509::X509;

use super::{ID, SERVICES, STEPS_FRESH, Scene};
use crate::support::listener::certificate;
use crate::support::security_server::prism;
use crate::support::server::{Site, exchange};

#[test]
fn a_plan_tells_everything_in_order_and_changes_nothing() {
    let scene = Scene::new();
    let steps = scene.planned();
    assert_eq!(steps.len(), STEPS_FRESH, "{steps:#?}");
    let at = |text: &str| {
        let found = steps.iter().position(|step| step.contains(text));
        found.unwrap_or_else(|| panic!("no {text} in {steps:#?}"))
    };
    let order = [
        at("make the subsystem"),
        at("registration"),
        at("upload the TLS certificate adapter.pem"),
        at("add the WSDL"),
        at("settings of the service getOstovoima.v1"),
        at(
            "give subsystem FI-TEST/COM/9000007-0/care the right to getOstovoima, postDentalServiceEvent",
        ),
        at("switch the services on"),
    ];
    assert!(order.is_sorted(), "{steps:#?}");
    assert_eq!(scene.changes(), [""; 0]);
    let told = scene.run(&["plan"]);
    assert!(told.out.contains("timeout_s 120"), "{}", told.out);
    assert!(
        told.out.contains("has the service getOstovoima.v1"),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("FI-TEST:MUN:0204819-8:ss1"),
        "{}",
        told.out
    );
}

#[test]
fn a_fresh_security_server_gets_everything_and_a_second_run_changes_nothing() {
    let scene = Scene::new();
    let told = scene.apply(&[]).good();
    assert!(told.contains("60 seconds later"), "{told}");
    let subsystem = scene.subsystem();
    assert_eq!(subsystem.status, "REGISTERED");
    assert_eq!(subsystem.descriptions[0].services.len(), SERVICES.len());
    let first = &subsystem.descriptions[0].services[0];
    assert!(first.title.is_some() && first.version.as_deref() == Some("v1"));
    // Other tests begin here without the way.
    let by_hand = Scene::registered();
    assert_eq!(
        subsystem.of(&scene.publisher),
        by_hand.subsystem().of(&by_hand.publisher)
    );
    // What is verified comes after what it is verified by, and what is switched on comes last.
    let changes = scene.changes();
    let first = |text: &str| changes.iter().position(|it| it.contains(text)).unwrap();
    assert!(first("tls-certificates") < first("PATCH /services"));
    assert!(first("PATCH /services") < first("access-rights"));
    assert!(changes.last().unwrap().ends_with("/enable"), "{changes:?}");
    assert_eq!(changes.len(), STEPS_FRESH);

    let again = scene.apply(&[]).good();
    assert!(again.contains("all is as the file says"), "{again}");
    assert_eq!(scene.changes().len(), STEPS_FRESH);
    assert_eq!(scene.planned(), [""; 0]);
}

#[test]
fn without_somebody_to_ask_nothing_is_done() {
    let scene = Scene::new();
    let told = scene.run(&["apply"]).refused();
    assert!(told.contains("--yes"), "{told}");
    assert_eq!(scene.changes(), [""; 0]);
}

#[test]
fn a_plan_is_told_to_programs_too() {
    let scene = Scene::new();
    let told = scene.run(&["plan", "--json"]);
    assert_eq!(told.code, 3);
    let plan: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(plan["steps"].as_array().unwrap().len(), STEPS_FRESH);
    assert_eq!(plan["steps"][0]["action"], "create_subsystem");
    assert_eq!(plan["security_server"], "FI-TEST:MUN:0204819-8:ss1");
}

#[test]
fn a_wsdl_out_of_our_reach_is_told_of_and_registered_all_the_same() {
    let scene = Scene::new();
    // The program asks first, and each of its commands once.
    scene.publisher.set(|page| page.status_once = Some(503));
    let told = scene.run(&["plan"]);
    assert!(
        told.out.contains("could not be fetched from here"),
        "{}",
        told.out
    );
    scene.publisher.set(|page| page.status_once = Some(503));
    scene.apply(&[]).good();
    assert_eq!(scene.planned(), [""; 0]);
    assert_eq!(scene.changes().len(), STEPS_FRESH);
}

#[test]
fn a_wsdl_out_of_the_security_servers_reach_is_explained() {
    let scene = Scene::new();
    scene.publisher.set(|page| page.status = 503);
    let refused = scene.apply(&[]).refused();
    assert!(
        refused.contains("wsdl_download_failed: the security server cannot fetch"),
        "{refused}"
    );
}

#[test]
fn registration_takes_its_time_and_is_waited_for_within_bounds() {
    let scene = Scene::new().edited(|text| text.replace("wait_s = 60", "wait_s = 0"));
    scene.stand_in.state().looks_until_registered = None;
    let told = scene.apply(&[]).refused();
    assert!(told.contains("REGISTRATION_IN_PROGRESS"), "{told}");
    assert!(told.contains("run the command again"), "{told}");
    let steps = scene.planned();
    assert!(steps[0].contains("wait for its registration"), "{steps:?}");
    scene.stand_in.state().looks_until_registered = Some(0);
    scene.apply(&[]).good();
    let registrations = scene.changes();
    let registrations = registrations.iter().filter(|it| it.ends_with("/register"));
    assert_eq!(registrations.count(), 1);
}

#[test]
fn a_subsystem_that_another_security_server_registered_needs_no_registration() {
    let scene = Scene::new();
    scene.stand_in.state().status_of_new = "REGISTERED";
    scene.apply(&[]).good();
    assert_eq!(scene.planned(), [""; 0]);
    assert!(!scene.changes().iter().any(|it| it.ends_with("/register")));
}

#[test]
fn the_real_programs_wsdl_and_certificate_are_registered() {
    let (certificate, key) = certificate("adapter", (-1, 365));
    let tls = "[tls]\ncertificate = \"tls.pem\"\nkey = \"tls-key.pem\"\n";
    let site = Site::new(tls);
    // Paths are relative to where the program runs.
    let write = |name: &str, bytes: Vec<u8>| {
        let path = site.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let pem = write("tls.pem", certificate.to_pem().unwrap());
    let key = write("tls-key.pem", key.private_key_to_pem_pkcs8().unwrap());
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = std::fs::read_to_string(site.config()).unwrap();
    let config = config
        .replace("\"tls.pem\"", &format!("{pem:?}"))
        .replace("\"tls-key.pem\"", &format!("{key:?}"));
    std::fs::write(site.config(), config).unwrap();
    let server = site.start();
    let mut scene = Scene::new();
    let (wsdl, url) = (scene.publisher.wsdl_url(), scene.publisher.url());
    scene.replace(&wsdl, &format!("https://{}/xroad?wsdl", server.next()));
    scene.replace(&url, &format!("https://{}/xroad", server.next()));
    std::fs::copy(&pem, scene.path("adapter.pem")).unwrap();
    scene.apply(&[]).good();
    let registered = X509::from_der(&scene.subsystem().certificates[0]).unwrap();
    assert_eq!(registered.to_der().unwrap(), certificate.to_der().unwrap());
    assert_eq!(
        scene.stand_in.state().subsystems[ID].descriptions[0]
            .services
            .len(),
        SERVICES.len()
    );
    let status = scene.run(&["status"]);
    assert_eq!(status.code, 0, "{}", status.out);
}

#[test]
fn prism_refuses_what_breaks_the_document() {
    let scene = Scene::registered();
    let Some(url) = prism::in_front_of(&scene.stand_in.shared()) else {
        return; // nothing stands in between: the other tests say what they say
    };
    scene
        .stand_in
        .state()
        .script("GET /clients", 200, Some("[{\"id\":7}]"));
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("HTTP 500") && told.contains("VIOLATIONS"),
        "{told}"
    );
    let body = r#"{"url":"https://adapter.example.fi","timeout":1001,"ssl_auth":true}"#;
    let key = scene.stand_in.state().key.clone();
    let request = format!(
        "PATCH /services/{ID}:getOstovoima.v1 HTTP/1.1\r\nHost: prism\r\nConnection: close\r\n\
         Authorization: X-Road-ApiKey token={key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = url.strip_prefix("http://").unwrap().parse().unwrap();
    let answer = exchange(address, request.as_bytes()).unwrap();
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(scene.changes(), [""; 0]);
}
