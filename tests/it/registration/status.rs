//! What `status` finds that only the adapter's side can know.

use std::collections::BTreeMap;

use super::Scene;
use crate::support::listener::certificate;

/// Level and text of each check.
#[track_caller]
fn checks(scene: &Scene) -> BTreeMap<String, (String, String)> {
    let told = scene.run(&["status", "--json"]);
    let all: serde_json::Value =
        serde_json::from_str(&told.out).unwrap_or_else(|_| panic!("{told:?}"));
    let all = all["checks"].as_array().unwrap();
    let worst = all.iter().any(|check| check["level"] != "ok");
    assert_eq!(told.code, if worst { 3 } else { 0 }, "{all:?}");
    let text = |check: &serde_json::Value, key: &str| check[key].as_str().unwrap().to_owned();
    all.iter()
        .map(|it| (text(it, "check"), (text(it, "level"), text(it, "text"))))
        .collect()
}

#[track_caller]
fn assert_found(scene: &Scene, name: &str, level: &str, text: &str) {
    let checks = checks(scene);
    let found = &checks[name];
    assert_eq!(found.0, level, "{found:?}");
    assert!(found.1.contains(text), "{found:?}");
}

#[test]
fn all_is_well_after_a_registration() {
    let scene = Scene::registered();
    let told = scene.run(&["status"]);
    assert_eq!(told.code, 0, "{}", told.out);
    assert!(
        told.out.lines().all(|line| line.starts_with("ok ")),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("Security Server version 7.8.1"),
        "{}",
        told.out
    );
    assert_eq!(scene.changes(), [""; 0]);
}

#[test]
fn nothing_is_there_before_a_registration() {
    let scene = Scene::new();
    assert_found(&scene, "subsystem", "wrong", "there is no subsystem");
    assert_found(&scene, "plan", "wrong", "steps are to be done");
}

#[test]
fn a_wsdl_behind_a_redirect_is_wrong() {
    let scene = Scene::registered();
    scene.publisher.set(|page| {
        page.status = 302;
        page.location = Some("https://elsewhere.example.fi/".to_owned());
    });
    assert_found(&scene, "wsdl", "wrong", "HTTP 302 and must answer 200");
}

#[test]
fn a_wsdl_with_a_document_type_is_wrong() {
    let scene = Scene::registered();
    scene.publisher.edit(|text| {
        let at = text.find("<wsdl:definitions").unwrap();
        format!("{}<!DOCTYPE a>{}", &text[..at], &text[at..])
    });
    assert_found(&scene, "wsdl", "wrong", "invalid_wsdl");
}

#[test]
fn a_wsdl_is_taken_at_ten_mebibytes_and_not_above() {
    let scene = Scene::registered();
    for (bytes, level) in [(10 << 20, "ok"), ((10 << 20) + 1, "wrong")] {
        scene.publisher.set(|page| page.wsdl.resize(bytes, b'\n'));
        assert_eq!(checks(&scene)["wsdl"].0, level, "{bytes}");
    }
}

#[test]
fn a_wsdl_that_changed_is_to_be_read_again() {
    let scene = Scene::registered();
    scene
        .publisher
        .edit(|text| text.replace("\"postSaldoPurchasingPower\"", "\"postBalance\""));
    let text = "new: postBalance.v1; gone: postSaldoPurchasingPower.v1";
    assert_found(&scene, "services", "wrong", text);
}

#[test]
fn another_certificate_than_those_uploaded_is_wrong() {
    let scene = Scene::registered();
    scene
        .publisher
        .set(|page| page.certificate = certificate("other", (-1, 365)));
    assert_found(
        &scene,
        "served_certificate",
        "wrong",
        "none of those uploaded",
    );
}

#[test]
fn certificates_are_told_of_from_thirty_days_before_their_end() {
    for (days, level) in [(-1, "wrong"), (29, "warning"), (31, "ok")] {
        let scene = Scene::registered();
        scene
            .publisher
            .set(|page| page.certificate = certificate("adapter", (-2, days)));
        scene.stand_in.state().internal = certificate("internal", (-2, days)).0;
        let own = certificate("adapter", (-2, days)).0.to_pem().unwrap();
        std::fs::write(scene.path("adapter.pem"), own).unwrap();
        let checks = checks(&scene);
        for name in [
            "served_certificate_expiry",
            "internal_certificate_expiry",
            "certificate_expiry",
        ] {
            assert_eq!(checks[name].0, level, "{name}: {}", checks[name].1);
        }
    }
}

#[test]
fn services_that_are_off_are_wrong_unless_the_file_says_so() {
    let mut scene = Scene::registered();
    scene.by_hand(|subsystem| {
        subsystem.descriptions[0].disabled = true;
        subsystem.descriptions[0].disabled_notice = "Huoltokatko".to_owned();
    });
    assert_found(&scene, "enabled", "wrong", "Huoltokatko");
    scene.replace(
        "[wsdl]\n",
        "[wsdl]\nenabled = false\ndisabled_notice = \"Huoltokatko\"\n",
    );
    assert_found(&scene, "enabled", "ok", "as they should be");
}

#[test]
fn a_subsystem_in_another_state_is_wrong() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| subsystem.status = "DISABLED".to_owned());
    assert_found(&scene, "subsystem", "wrong", "is DISABLED");
    assert_found(&scene, "plan", "wrong", "DISABLED");
}
