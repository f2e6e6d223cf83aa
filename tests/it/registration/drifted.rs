//! Somebody changed something, at the security server or in the file: the plan tells that alone, and `apply` sets it
//! right and nothing else.

use super::Scene;
use crate::support::listener::certificate;

/// What is changed, the only step that a plan then has, and the only change that `apply` then makes.
#[track_caller]
fn assert_one(scene: &Scene, step: &str, change: &str) {
    let steps = scene.planned();
    assert_eq!(steps.len(), 1, "{steps:#?}");
    assert!(steps[0].contains(step), "{steps:?}");
    scene.apply(&[]).good();
    let changes = scene.changes();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].contains(change), "{changes:?}");
    assert_eq!(scene.planned(), [""; 0]);
}

fn set(scene: &Scene, code: &str, change: impl FnOnce(&mut super::Service)) {
    scene.by_hand(|subsystem| {
        let mut services = subsystem.descriptions[0].services.iter_mut();
        change(services.find(|service| service.code == code).unwrap());
    });
}

#[test]
fn an_address_changed_by_hand_is_set_right() {
    let scene = Scene::registered();
    set(&scene, "getOstovoima", |it| {
        it.url = "https://elsewhere.example.fi/xroad".to_owned();
    });
    let told = scene.run(&["plan"]).out;
    let difference = format!(
        "url https://elsewhere.example.fi/xroad -> {}",
        scene.publisher.url()
    );
    assert!(told.contains(&difference), "{told}");
    assert_one(
        &scene,
        "~ settings of the service getOstovoima.v1",
        "PATCH /services/",
    );
    assert_eq!(scene.service("getOstovoima").url, scene.publisher.url());
}

#[test]
fn a_timeout_changed_by_hand_is_set_right() {
    let scene = Scene::registered();
    set(&scene, "getServiceEvents", |it| it.timeout = 60);
    assert!(scene.run(&["plan"]).out.contains("timeout_s 60 -> 120"));
    assert_one(&scene, "getServiceEvents.v1", "PATCH /services/");
}

#[test]
fn a_verification_switched_off_by_hand_is_switched_on() {
    let scene = Scene::registered();
    set(&scene, "postPurchasingPower", |it| {
        it.ssl_auth = Some(false)
    });
    assert!(
        scene
            .run(&["plan"])
            .out
            .contains("verify_tls false -> true")
    );
    assert_one(&scene, "postPurchasingPower.v1", "PATCH /services/");
}

#[test]
fn a_verification_that_nobody_set_is_on_where_there_is_tls() {
    let scene = Scene::registered();
    set(&scene, "postPurchasingPower", |it| it.ssl_auth = None);
    assert_eq!(scene.planned(), [""; 0]);
}

#[test]
fn a_right_taken_by_hand_is_given_again() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| {
        let subjects = subsystem.rights.get_mut("getOstovoima").unwrap();
        subjects.remove("FI-TEST:psop-providers");
    });
    assert_one(
        &scene,
        "+ give global group FI-TEST/psop-providers the right to getOstovoima",
        "/service-clients/FI-TEST:psop-providers/access-rights",
    );
}

#[test]
fn a_right_given_by_hand_is_taken() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| {
        let subjects = subsystem.rights.get_mut("getServiceEvents").unwrap();
        subjects.insert("FI-TEST:psop-providers".to_owned());
    });
    assert_one(
        &scene,
        "- take from global group FI-TEST/psop-providers the right to getServiceEvents",
        "/access-rights/delete",
    );
    assert_eq!(scene.subsystem().rights["getServiceEvents"].len(), 1);
}

#[test]
fn a_subject_that_leaves_the_file_loses_all_its_rights() {
    let mut scene = Scene::registered();
    scene.replace(
        "[[right]]\nsubsystem = \"FI-TEST/MUN/0204819-8/paikky\"\n",
        "",
    );
    assert_one(
        &scene,
        "- take from subsystem FI-TEST/MUN/0204819-8/paikky",
        "/delete",
    );
}

#[test]
fn a_local_group_is_known_by_its_code() {
    let mut scene = Scene::registered();
    scene.by_hand(|it| it.local_groups = vec![("37".to_owned(), "providers".to_owned())]);
    scene.edit(|text| {
        format!("{text}\n[[right]]\nlocal_group = \"providers\"\nservices = [\"getOstovoima\"]\n")
    });
    assert_one(
        &scene,
        "+ give local group providers",
        "/service-clients/37/access-rights",
    );
}

#[test]
fn services_switched_off_by_hand_are_switched_on() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| subsystem.descriptions[0].disabled = true);
    assert_one(&scene, "~ switch the services on", "/enable");
}

#[test]
fn services_are_switched_off_with_the_files_notice() {
    let mut scene = Scene::registered();
    scene.replace(
        "[wsdl]\n",
        "[wsdl]\nenabled = false\ndisabled_notice = \"Huoltokatko\"\n",
    );
    assert_one(
        &scene,
        "~ switch the services OFF, with the notice \"Huoltokatko\"",
        "/disable",
    );
    assert_eq!(
        scene.subsystem().descriptions[0].disabled_notice,
        "Huoltokatko"
    );
}

#[test]
fn a_fresh_registration_may_stay_switched_off() {
    let mut scene = Scene::new();
    scene.replace("[wsdl]\n", "[wsdl]\nenabled = false\n");
    scene.apply(&[]).good();
    assert!(scene.subsystem().descriptions[0].disabled);
    assert!(!scene.changes().iter().any(|it| it.ends_with("/enable")));
}

#[test]
fn a_certificate_removed_by_hand_is_uploaded_again() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| subsystem.certificates.clear());
    assert_one(
        &scene,
        "+ upload the TLS certificate adapter.pem",
        "/tls-certificates",
    );
}

#[test]
fn other_certificates_stay_unless_the_file_says_otherwise() {
    let mut scene = Scene::registered();
    let other = certificate("old", (-10, 10)).0.to_der().unwrap();
    scene.by_hand(|subsystem| subsystem.certificates.push(other));
    assert_eq!(scene.planned(), [""; 0]);
    let told = scene.run(&["plan"]).out;
    assert!(told.contains("also has the certificate"), "{told}");
    scene.replace("name = ", "remove_other_certificates = true\nname = ");
    assert_one(&scene, "- remove the TLS certificate", "DELETE /clients/");
    assert_eq!(scene.subsystem().certificates.len(), 1);
}

#[test]
fn a_new_certificate_is_uploaded_before_it_is_verified() {
    let mut scene = Scene::registered();
    let new = certificate("adapter", (-1, 700));
    let pem = new.0.to_pem().unwrap();
    std::fs::write(scene.path("new.pem"), pem).unwrap();
    scene.publisher.set(|page| page.certificate = new);
    scene.replace("[\"adapter.pem\"]", "[\"adapter.pem\", \"new.pem\"]");
    scene.replace("timeout_s = 90", "timeout_s = 91");
    scene.apply(&[]).good();
    assert!(scene.changes()[0].ends_with("/tls-certificates"));
    assert_eq!(scene.subsystem().certificates.len(), 2);
}

#[test]
fn a_connection_type_is_set() {
    let mut scene = Scene::registered();
    scene.replace("\"HTTPS\"", "\"HTTPS_NO_AUTH\"");
    assert_one(
        &scene,
        "~ connection type HTTPS -> HTTPS_NO_AUTH",
        "PATCH /clients/",
    );
}

#[test]
fn a_new_address_of_the_wsdl_keeps_services_and_rights() {
    let mut scene = Scene::registered();
    let before = scene.subsystem();
    scene.replace("?wsdl", "/second?wsdl");
    assert_one(
        &scene,
        "~ address of the WSDL",
        "PATCH /service-descriptions/",
    );
    let after = scene.subsystem();
    assert_eq!(after.rights, before.rights);
    assert_eq!(
        after.descriptions[0].services,
        before.descriptions[0].services
    );
    assert!(after.descriptions[0].url.ends_with("/second?wsdl"));
}

#[test]
fn other_wsdls_of_the_subsystem_are_left_alone() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| {
        let mut other = subsystem.descriptions[0].clone();
        other.id = "7".to_owned();
        other.url = "https://other.example.fi/wsdl".to_owned();
        other.services.truncate(1);
        other.services[0].code = "getElse".to_owned();
        subsystem.descriptions.insert(0, other);
    });
    assert_eq!(scene.planned(), [""; 0]);
    assert!(
        scene
            .run(&["plan"])
            .out
            .contains("also has the WSDL https://other.example.fi/wsdl")
    );
}

#[test]
fn another_name_is_told_of_and_not_changed() {
    let mut scene = Scene::registered();
    scene.replace("\"Palvelusetelit\"", "\"Setelit\"");
    assert_eq!(scene.planned(), [""; 0]);
    assert!(
        scene
            .run(&["plan"])
            .out
            .contains("name at the security server is Palvelusetelit")
    );
}
