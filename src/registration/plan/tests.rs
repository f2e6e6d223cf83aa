//! Plans for what the black-box tests do not reach: a WSDL that is not known from here, versions, several problems.

use std::collections::BTreeSet;

use super::super::model::Settings;
use super::super::present::Service;
use super::super::wanted::{Exception, Right};
use super::*;
use crate::domain::client::ClientId;

const WSDL: &str = "https://adapter.example.fi/xroad?wsdl";

fn settings(timeout_s: u32) -> Settings {
    Settings {
        url: "https://adapter.example.fi/xroad".to_owned(),
        timeout_s,
        verify_tls: true,
    }
}

fn name(code: &str, version: &str) -> ServiceName {
    ServiceName {
        code: code.to_owned(),
        version: Some(version.to_owned()),
    }
}

fn subject(code: &str) -> Subject {
    Subject::Subsystem(ClientId::parse(&format!("FI-TEST/COM/9000007-0/{code}")).unwrap())
}

fn wanted() -> Wanted {
    Wanted {
        client: ClientId::parse("FI-TEST/MUN/0204819-8/psop").unwrap(),
        name: None,
        connection_type: None,
        certificates: Vec::new(),
        remove_other_certificates: false,
        wsdl_url: WSDL.to_owned(),
        enabled: true,
        disabled_notice: "Out of order".to_owned(),
        settings: settings(60),
        exceptions: Vec::new(),
        rights: Vec::new(),
    }
}

fn description(url: &str, services: &[ServiceName]) -> Description {
    let service = |name: &ServiceName| Service {
        id: format!("id:{name}"),
        name: name.clone(),
        settings: settings(60),
        subjects: BTreeSet::new(),
        strangers: Vec::new(),
    };
    Description {
        id: "1".to_owned(),
        url: url.to_owned(),
        disabled: false,
        disabled_notice: String::new(),
        services: services.iter().map(service).collect(),
    }
}

fn present(descriptions: Vec<Description>) -> Present {
    Present {
        server: "FI-TEST:MUN:0204819-8:ss1".to_owned(),
        instance: "FI-TEST".to_owned(),
        subsystem: Some(Subsystem {
            status: REGISTERED.to_owned(),
            descriptions,
            ..Subsystem::default()
        }),
    }
}

fn right(code: &str, services: &[&str]) -> Right {
    let services = services.iter().map(|code| (*code).to_owned());
    Right {
        subject: subject(code),
        services: Some(services.collect()),
    }
}

fn actions(plan: &Plan) -> Vec<&'static str> {
    plan.steps.iter().map(Step::action).collect()
}

#[test]
fn a_service_that_only_the_file_knows_has_the_wsdl_read_again_and_is_a_problem_then() {
    let mut wanted = wanted();
    wanted.rights = vec![right("care", &["getNew"])];
    let present = present(vec![description(WSDL, &[name("getOld", "v1")])]);
    let planned = plan(&wanted, &present, Published::Unreachable).unwrap();
    assert_eq!(actions(&planned), ["refresh_wsdl", "give_rights"]);
    assert!(planned.notes[0].contains("could not be fetched from here"));
    let error = plan(&wanted, &present, Published::JustRead).unwrap_err();
    assert!(error.0[0].contains("names the service getNew"), "{error}");
    // Whether it is in there shows at the address itself, too.
    let services = [name("getOld", "v1"), name("getNew", "v1")];
    let planned = plan(&wanted, &present, Published::Services(&services)).unwrap();
    assert_eq!(
        actions(&planned),
        ["refresh_wsdl", "set_service", "give_rights"]
    );
}

#[test]
fn a_wsdl_that_is_not_known_is_no_reason_to_read_it_again() {
    let present = present(vec![description(WSDL, &[name("getOld", "v1")])]);
    let planned = plan(&wanted(), &present, Published::Unreachable).unwrap();
    assert!(planned.steps.is_empty());
}

#[test]
fn the_wsdl_at_another_address_is_changed_where_a_service_is_shared_and_else_left_alone() {
    let services = [name("getOld", "v1")];
    let elsewhere = "https://elsewhere.example.fi/wsdl";
    let shared = present(vec![description(elsewhere, &services)]);
    let planned = plan(&wanted(), &shared, Published::Services(&services)).unwrap();
    assert_eq!(actions(&planned), ["change_wsdl_url"]);
    let other = present(vec![description(elsewhere, &[name("getElse", "v1")])]);
    let planned = plan(&wanted(), &other, Published::Services(&services)).unwrap();
    assert_eq!(actions(&planned), ["add_wsdl", "set_service", "enable"]);
    assert!(planned.notes[0].contains(elsewhere));
    // The security server compares addresses without regard to case.
    let upper = present(vec![description(&WSDL.to_uppercase(), &services)]);
    let planned = plan(&wanted(), &upper, Published::Services(&services)).unwrap();
    assert!(planned.steps.is_empty());
}

#[test]
fn an_exception_for_a_version_counts_over_one_for_all() {
    let mut wanted = wanted();
    let exception = |version: Option<&str>, timeout_s| Exception {
        code: "getOld".to_owned(),
        version: version.map(str::to_owned),
        url: None,
        timeout_s: Some(timeout_s),
        verify_tls: None,
    };
    // In either order.
    wanted.exceptions = vec![exception(Some("v2"), 300), exception(None, 100)];
    for (service, timeout_s) in [
        (name("getOld", "v1"), 100),
        (name("getOld", "v2"), 300),
        (name("getElse", "v2"), 60),
    ] {
        assert_eq!(wanted.settings_of(&service), settings(timeout_s));
    }
}

#[test]
fn rights_to_a_service_that_goes_are_not_taken_one_by_one() {
    let mut description = description(WSDL, &[name("getOld", "v1"), name("getNew", "v1")]);
    description.services[0].subjects.insert(subject("care"));
    let services = [name("getNew", "v1")];
    let present = present(vec![description]);
    let planned = plan(&wanted(), &present, Published::Services(&services)).unwrap();
    let [Step::Refresh { removed, .. }] = planned.steps.as_slice() else {
        panic!("{planned:?}");
    };
    assert_eq!(*removed, [name("getOld", "v1")]);
    let details = planned.steps[0].details();
    assert_eq!(
        details,
        ["DELETES the service getOld.v1, with every right to it"]
    );
}

#[test]
fn a_version_more_keeps_the_rights_that_are_of_the_code() {
    let mut description = description(WSDL, &[name("getOld", "v1")]);
    description.services[0].subjects.insert(subject("care"));
    let mut wanted = wanted();
    wanted.rights = vec![right("care", &["getOld"])];
    let services = [name("getOld", "v1"), name("getOld", "v2")];
    let present = present(vec![description]);
    let planned = plan(&wanted, &present, Published::Services(&services)).unwrap();
    assert_eq!(actions(&planned), ["refresh_wsdl", "set_service"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let mut wanted = wanted();
    wanted.rights = vec![right("nobody", &["getOld"]), right("care", &["getNew"])];
    let mut present = present(vec![description(WSDL, &[name("getOld", "v1")])]);
    let subsystem = present.subsystem.as_mut().unwrap();
    subsystem.status = "DISABLED".to_owned();
    subsystem.candidates = Some(BTreeSet::from([subject("care")]));
    let services = [name("getOld", "v1")];
    let error = plan(&wanted, &present, Published::Services(&services)).unwrap_err();
    assert_eq!(error.0.len(), 3, "{error}");
}

#[test]
fn a_right_of_whom_nobody_understands_is_noted_and_not_passed_over() {
    let codes = [ServiceName {
        code: "getOstovoima".to_owned(),
        version: Some("v1".to_owned()),
    }];
    let mut description = description(WSDL, &codes);
    description.services[0].strangers.push("ODD:1".to_owned());
    let present = present(vec![description]);
    let plan = plan(&wanted(), &present, Published::JustRead).unwrap();
    let told = plan
        .notes
        .iter()
        .any(|note| note.contains("ODD:1") && note.contains("by hand"));
    assert!(told, "{:?}", plan.notes);
}
