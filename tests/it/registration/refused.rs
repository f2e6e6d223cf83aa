//! What a security server refuses, and what is made of it: its code, what it says, and what to do next.

use super::{ID, SERVICES, Scene};

/// `apply` is refused, telling all of this.
#[track_caller]
fn assert_refused(scene: &Scene, texts: &[&str]) {
    let told = scene.apply(&[]).refused();
    for text in texts {
        assert!(told.contains(text), "no {text:?} in {told}");
    }
}

fn info(status: u16, code: &str) -> String {
    format!("{{\"status\":{status},\"error\":{{\"code\":\"{code}\"}}}}")
}

/// A scene whose next request of this kind is refused so.
fn refusing(line: &str, status: u16, code: &str) -> Scene {
    let scene = Scene::new();
    scene
        .stand_in
        .state()
        .script(line, status, Some(&info(status, code)));
    scene
}

#[test]
fn warnings_stop_it_and_are_explained_and_taken_by_name_only() {
    let scene = Scene::new();
    let line = format!("POST /clients/{ID}/service-descriptions");
    scene.stand_in.state().warn(
        &line,
        "wsdl_validation_warnings",
        &["operation without output"],
    );
    let told = scene.apply(&[]).refused();
    assert!(
        told.contains(
            "wsdl_validation_warnings (operation without output): the WSDL validator has remarks"
        ),
        "{told}"
    );
    assert!(
        told.contains("--accept-warning wsdl_validation_warnings"),
        "{told}"
    );
    assert!(scene.subsystem().descriptions.is_empty());
    // Another warning's name is no leave.
    scene
        .apply(&["--accept-warning", "adding_services"])
        .refused();
    assert!(scene.subsystem().descriptions.is_empty());
    let told = scene
        .apply(&["--accept-warning", "wsdl_validation_warnings"])
        .good();
    assert!(told.contains("passed over as told"), "{told}");
    assert_eq!(scene.planned(), [""; 0]);
}

#[test]
fn all_warnings_of_a_request_must_be_accepted() {
    let scene = Scene::new();
    let line = format!("POST /clients/{ID}/service-descriptions");
    scene
        .stand_in
        .state()
        .warn(&line, "wsdl_validation_warnings", &[]);
    scene
        .stand_in
        .state()
        .warn(&line, "adding_services", &["getElse"]);
    scene
        .apply(&["--accept-warning", "adding_services"])
        .refused();
    assert!(scene.subsystem().descriptions.is_empty());
    let both = [
        "--accept-warning",
        "adding_services",
        "--accept-warning",
        "wsdl_validation_warnings",
    ];
    scene.apply(&both).good();
}

#[test]
fn a_member_that_is_not_registered_is_warned_of() {
    let scene = Scene::new();
    scene.stand_in.state().members.clear();
    assert_refused(
        &scene,
        &[
            "unregistered_member (MUN:0204819-8)",
            "--accept-warning unregistered_member",
        ],
    );
    scene
        .apply(&["--accept-warning", "unregistered_member"])
        .good();
}

#[test]
fn another_certificate_at_the_services_address_is_warned_of() {
    let scene = Scene::new();
    let other = crate::support::listener::certificate("other", (-1, 10));
    scene.publisher.set(|page| page.certificate = other);
    assert_refused(
        &scene,
        &["internal_server_ssl_error", "none of those uploaded"],
    );
    assert!(
        scene.subsystem().descriptions[0].disabled,
        "nothing is switched on"
    );
}

#[test]
fn services_that_the_wsdl_loses_are_named_before_they_are_deleted() {
    let scene = Scene::registered();
    scene
        .publisher
        .edit(|text| text.replace("\"getServiceEvents\"", "\"getEvents\""));
    let told = scene.run(&["plan"]);
    assert_eq!(
        told.code, 1,
        "the file names a service that is gone: {told:?}"
    );
    assert!(
        told.err.contains("names the service getServiceEvents"),
        "{}",
        told.err
    );
    let mut scene = scene;
    scene.replace("\"getServiceEvents\"", "\"getEvents\"");
    let told = scene.run(&["plan"]).out;
    assert!(
        told.contains("DELETES the service getServiceEvents.v1, with every right to it"),
        "{told}"
    );
    assert!(told.contains("adds the service getEvents.v1"), "{told}");
    assert_refused(
        &scene,
        &[
            "deleting_services (getServiceEvents.v1)",
            "DELETED",
            "adding_services",
        ],
    );
    assert!(scene.subsystem().rights.contains_key("getServiceEvents"));
    let both = [
        "--accept-warning",
        "adding_services",
        "--accept-warning",
        "deleting_services",
    ];
    scene.apply(&both).good();
    assert!(!scene.subsystem().rights.contains_key("getServiceEvents"));
    assert_eq!(scene.service("getEvents").timeout, 120);
    assert_eq!(scene.planned(), [""; 0]);
}

#[test]
fn a_wsdl_with_a_new_service_is_read_again_before_rights_to_it() {
    let mut scene = Scene::registered();
    scene.by_hand(|subsystem| {
        subsystem.descriptions[0]
            .services
            .retain(|it| it.code != "getOstovoima")
    });
    scene.by_hand(|subsystem| drop(subsystem.rights.remove("getOstovoima")));
    scene.apply(&["--accept-warning", "adding_services"]).good();
    let changes = scene.changes();
    assert!(changes[0].ends_with("/refresh"), "{changes:?}");
    assert_eq!(changes.len(), 1 + 1 + 3);
    scene.replace("timeout_s = 90", "timeout_s = 92");
    assert_eq!(scene.planned().len(), SERVICES.len() - 1);
}

#[test]
fn a_certificate_uploaded_by_somebody_else_meanwhile_is_no_error() {
    let scene = Scene::registered();
    let before = scene.subsystem();
    // Hidden from the two looks before the deed, as if it came right after them; the answer is a true 409.
    let line = format!("GET /clients/{ID}/tls-certificates");
    scene.stand_in.state().script(&line, 200, Some("[]")).times = 2;
    let told = scene.apply(&[]).good();
    assert!(told.contains("upload the TLS certificate"), "{told}");
    assert_eq!(scene.subsystem(), before);
    assert_eq!(scene.changes(), [""; 0]);
}

#[test]
fn a_wsdl_added_by_somebody_else_meanwhile_is_no_error() {
    let scene = Scene::registered();
    let before = scene.subsystem();
    let line = format!("GET /clients/{ID}/service-descriptions");
    scene.stand_in.state().script(&line, 200, Some("[]")).times = 2;
    let told = scene.apply(&[]).good();
    assert!(told.contains("add the WSDL"), "{told}");
    assert_eq!(scene.subsystem(), before);
    assert_eq!(scene.changes(), [""; 0]);
}

#[test]
fn a_subsystem_made_by_somebody_else_meanwhile_is_no_error() {
    let scene = Scene::registered();
    let made = scene.subsystem();
    scene
        .stand_in
        .state()
        .script("GET /clients", 200, Some("[]"))
        .times = 2;
    let told = scene.apply(&[]).good();
    assert!(told.contains("make the subsystem"), "{told}");
    assert_eq!(scene.subsystem(), made);
}

#[test]
fn a_registration_begun_by_somebody_else_is_waited_for() {
    let scene = Scene::new();
    let line = format!("PUT /clients/{ID}/register");
    scene
        .stand_in
        .state()
        .script(&line, 409, Some(&info(409, "action_not_possible")));
    scene.stand_in.state().looks_until_registered = Some(0);
    let told = scene.edited(|text| text.replace("wait_s = 60", "wait_s = 0"));
    let refused = told.apply(&[]).refused();
    assert!(refused.contains("its status is SAVED"), "{refused}");
    told.apply(&[]).good();
}

#[test]
fn a_right_given_by_somebody_else_meanwhile_leaves_no_other_ungiven() {
    let scene = Scene::registered();
    let providers = "FI-TEST:COM:9000007-0:care";
    scene.by_hand(|subsystem| {
        for code in ["getOstovoima", "postDentalServiceEvent"] {
            subsystem.rights.get_mut(code).unwrap().remove(providers);
        }
    });
    let line = format!("POST /clients/{ID}/service-clients/{providers}/access-rights");
    scene
        .stand_in
        .state()
        .script(&line, 409, Some(&info(409, "duplicate_accessright")));
    scene.apply(&[]).good();
    assert_eq!(scene.planned(), [""; 0]);
    assert_eq!(scene.changes().len(), 2, "one by one");
}

#[test]
fn a_right_taken_by_somebody_else_meanwhile_is_no_error() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| {
        let subjects = subsystem.rights.get_mut("getServiceEvents").unwrap();
        subjects.insert("FI-TEST:psop-providers".to_owned());
    });
    let line =
        format!("POST /clients/{ID}/service-clients/FI-TEST:psop-providers/access-rights/delete");
    scene
        .stand_in
        .state()
        .script(&line, 404, Some(&info(404, "accessright_not_found")));
    scene.apply(&[]).good();
    assert_eq!(scene.planned(), [""; 0]);
}

#[test]
fn a_subject_that_nobody_knows_is_named_before_anything_is_given() {
    let mut scene = Scene::registered();
    scene.edit(|text| format!("{text}\n[[right]]\nsubsystem = \"FI-TEST/COM/1234567-1/nobody\"\n"));
    let told = scene.run(&["plan"]).refused();
    assert!(
        told.contains("knows no subsystem FI-TEST/COM/1234567-1/nobody"),
        "{told}"
    );
    scene.apply(&[]).refused();
    assert_eq!(scene.changes(), [""; 0]);
}

#[test]
fn a_subject_that_is_refused_is_named() {
    let scene = refusing(
        &format!("POST /clients/{ID}/service-clients/FI-TEST:psop-providers"),
        404,
        "service_client_not_found",
    );
    assert_refused(
        &scene,
        &[
            "global group FI-TEST/psop-providers",
            "service_client_not_found",
            "knows no such subject",
        ],
    );
}

#[test]
fn a_local_group_that_is_not_there_is_named() {
    let mut scene = Scene::registered();
    scene.edit(|text| format!("{text}\n[[right]]\nlocal_group = \"providers\"\n"));
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("no local group providers"), "{told}");
}

#[test]
fn a_foreign_instance_is_refused_before_anything_is_made() {
    let mut scene = Scene::new();
    scene.replace("instance = \"FI-TEST\"", "instance = \"FI-DEV\"");
    let told = scene.apply(&[]).refused();
    assert!(
        told.contains("belongs to the X-Road instance FI-TEST"),
        "{told}"
    );
    assert_eq!(scene.changes(), [""; 0]);
}

#[test]
fn a_state_that_leads_nowhere_is_told() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| subsystem.status = "GLOBAL_ERROR".to_owned());
    let told = scene.run(&["plan"]).refused();
    assert!(told.contains("GLOBAL_ERROR"), "{told}");
}

#[test]
fn a_reserved_service_code_is_explained_though_it_comes_as_a_defect() {
    let mut scene = Scene::new();
    scene
        .publisher
        .edit(|text| text.replace("\"getServiceEvents\"", "\"getWsdl\""));
    scene.replace("\"getServiceEvents\"", "\"postPurchasingPower\"");
    assert_refused(
        &scene,
        &["HTTP 500 service_code_reserved (getWsdl)", "take it out"],
    );
}

#[test]
fn errors_of_the_api_are_told_with_what_they_say() {
    let mut scene = Scene::new();
    scene.replace("member_class = \"MUN\"", "member_class = \"XXX\"");
    assert_refused(
        &scene,
        &[
            "HTTP 400 invalid_member_class (XXX)",
            "correct subsystem.member_class",
        ],
    );
    let mut scene = Scene::new();
    scene.replace(
        "\nurl = \"https://127.0.0.1",
        "\nurl = \"https://under_score.example.fi",
    );
    // Also the security server's own address begins so, outside Prism.
    let url = scene.stand_in.url.clone();
    scene.edit(|text| {
        let first = url.replace("127.0.0.1", "under_score.example.fi");
        text.replace(&first, &url)
    });
    assert_refused(&scene, &["HTTP 400 malformed_url", "underscores"]);
}

#[test]
fn validation_errors_are_told_by_field() {
    let scene = Scene::new();
    let body = r#"{"status":400,"error":{"code":"validation_failure","validation_errors":{"clientAdd.client.memberCode":["NoPercents"]}}}"#;
    scene
        .stand_in
        .state()
        .script("POST /clients", 400, Some(body));
    assert_refused(
        &scene,
        &["validation_failure (clientAdd.client.memberCode: NoPercents)"],
    );
}

#[test]
fn a_service_that_another_wsdl_has_already_is_explained() {
    let scene = refusing(
        &format!("POST /clients/{ID}/service-descriptions"),
        409,
        "service_already_exists",
    );
    assert_refused(
        &scene,
        &["HTTP 409 service_already_exists", "use another subsystem"],
    );
}

#[test]
fn a_security_server_that_forgets_is_not_told_for_ever() {
    let scene = Scene::registered();
    scene.by_hand(|subsystem| subsystem.descriptions[0].disabled = true);
    scene
        .stand_in
        .state()
        .script("PUT /service-descriptions", 204, None)
        .times = 9;
    assert_refused(
        &scene,
        &["does not keep what it was told", "switch the services on"],
    );
    assert!(scene.stand_in.state().requests.len() < 60);
}

#[test]
fn nothing_of_the_security_servers_moves_the_terminal() {
    let scene = Scene::new();
    let body = r#"{"status":400,"error":{"code":"malformed_url","metadata":["\u001b[2Jgone"]}}"#;
    scene
        .stand_in
        .state()
        .script("POST /clients", 400, Some(body));
    let told = scene.apply(&[]).refused();
    assert!(told.contains("malformed_url ([2Jgone)"), "{told}");
    assert!(!told.contains('\x1b'));
}
