//! A file of what is present, which a plan finds unchanged.

use super::{ID, Scene};

const CLIENT: [&str; 2] = ["--client", "FI-TEST/MUN/0204819-8/psop"];

#[test]
fn what_is_exported_is_found_unchanged() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| {
        subsystem.local_groups = vec![("37".to_owned(), "pro\"viders".to_owned())];
        let subjects = subsystem.rights.get_mut("postPurchasingPower").unwrap();
        subjects.insert("37".to_owned());
        subsystem.descriptions[0].services[2].ssl_auth = Some(false);
        subsystem.descriptions[0].services[3].url = "https://other.example.fi/xroad".to_owned();
    });
    assert!(!scene.planned().is_empty());
    let text = scene.run(&[&["export"], &CLIENT[..]].concat()).good();
    std::fs::write(scene.path("found.toml"), &text).unwrap();
    let told = scene.run_on("found.toml", &["plan"]);
    assert_eq!(told.code, 0, "{text}\n{told:?}");
    assert!(text.contains("# uploaded: CN=adapter"), "{text}");
    assert!(
        text.contains("timeout_s = 90") && text.contains("timeout_s = 120"),
        "{text}"
    );
}

#[test]
fn services_that_are_off_are_exported_so() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| {
        subsystem.descriptions[0].disabled = true;
        subsystem.descriptions[0].disabled_notice = "Huolto\n\"katko\"".to_owned();
    });
    let text = scene.run(&[&["export"], &CLIENT[..]].concat()).good();
    std::fs::write(scene.path("found.toml"), &text).unwrap();
    assert_eq!(scene.run_on("found.toml", &["plan"]).code, 0, "{text}");
}

#[test]
fn a_file_with_the_security_server_alone_is_enough() {
    let scene = Scene::registered();
    let alone = scene.text.split("[subsystem]").next().unwrap();
    std::fs::write(scene.path("alone.toml"), alone).unwrap();
    let told = scene.run_on("alone.toml", &[&["export"], &CLIENT[..]].concat());
    assert!(told.good().contains("[[right]]"));
}

#[test]
fn what_is_not_there_is_not_exported() {
    let scene = Scene::new();
    let export = [&["export"], &CLIENT[..]].concat();
    let told = scene.run(&export).refused();
    assert!(
        told.contains("has no subsystem FI-TEST/MUN/0204819-8/psop"),
        "{told}"
    );
    scene.register();
    let mut state = scene.stand_in.state();
    let subsystem = state.subsystems.get_mut(ID).unwrap();
    let mut other = subsystem.descriptions[0].clone();
    (other.id, other.url) = ("7".to_owned(), "https://other.example.fi/wsdl".to_owned());
    subsystem.descriptions.push(other);
    drop(state);
    let told = scene.run(&export).refused();
    assert!(
        told.contains("choose by --wsdl") && told.contains("other.example.fi"),
        "{told}"
    );
    let chosen = [&export[..], &["--wsdl", "https://other.example.fi/wsdl"]].concat();
    assert!(
        scene
            .run(&chosen)
            .good()
            .contains("https://other.example.fi/wsdl")
    );
    scene.by_hand(|subsystem| subsystem.descriptions.clear());
    assert!(scene.run(&export).refused().contains("has no WSDL"));
}
