//! Who may call what, at the stand-in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::state::State;
use super::{Answer, error};

fn subject_json(state: &State, client: &str, id: &str) -> Option<Value> {
    if let Some((_, kind)) = state.subjects.iter().find(|(known, _)| known == id) {
        return Some(
            json!({"id": id, "name": "somebody", "service_client_type": kind,
                           "rights_given_at": "2026-01-01T00:00:00.000Z"}),
        );
    }
    let mut groups = state.subsystems[client].local_groups.iter();
    let (_, code) = groups.find(|(number, _)| number == id)?;
    Some(
        json!({"id": id, "name": "a group", "local_group_code": code,
                "service_client_type": "LOCALGROUP", "rights_given_at": "2026-01-01T00:00:00.000Z"}),
    )
}

pub(super) fn candidates(state: &State, client: &str) -> Value {
    let groups = state.subsystems[client].local_groups.iter();
    let ids = state.subjects.iter().map(|(id, _)| id);
    let ids = ids.chain(groups.map(|(number, _)| number));
    ids.filter_map(|id| subject_json(state, client, id))
        .collect()
}

/// Subjects of a service: rights are of its code, whatever its version.
pub(super) fn of_service(state: &State, service: &str) -> Answer {
    let Some((client, full)) = service.rsplit_once(':') else {
        return error(404, "service_not_found", &[]);
    };
    let subsystem = &state.subsystems[client];
    let mut services = subsystem.descriptions.iter().flat_map(|it| &it.services);
    let Some(service) = services.find(|service| service.full() == full) else {
        return error(404, "service_not_found", &[]);
    };
    let subjects = subsystem.rights.get(&service.code).into_iter().flatten();
    let subjects = subjects.filter_map(|id| subject_json(state, client, id));
    (200, Some(json!(subjects.collect::<Vec<_>>())))
}

fn codes(body: &Value) -> Vec<String> {
    let items = body["items"].as_array().unwrap().iter();
    let codes = items.map(|item| item["service_code"].as_str().unwrap().to_owned());
    codes.collect()
}

pub(super) fn give(state: &mut State, client: &str, subject: &str, body: &Value) -> Answer {
    if subject_json(state, client, subject).is_none() {
        return error(404, "service_client_not_found", &[]);
    }
    let subsystem = state.subsystems.get_mut(client).unwrap();
    let services = subsystem.descriptions.iter().flat_map(|it| &it.services);
    let known: BTreeSet<String> = services.map(|service| service.code.clone()).collect();
    let codes = codes(body);
    if codes.iter().any(|code| !known.contains(code)) {
        return error(404, "service_not_found", &[]);
    }
    let has = |code: &String| {
        subsystem
            .rights
            .get(code)
            .is_some_and(|it| it.contains(subject))
    };
    if codes.iter().any(has) {
        return error(409, "duplicate_accessright", &[]);
    }
    for code in &codes {
        let subjects = subsystem.rights.entry(code.clone()).or_default();
        subjects.insert(subject.to_owned());
    }
    let given = codes
        .iter()
        .map(|code| json!({"service_code": code, "rights_given_at": "2026-01-01T00:00:00.000Z"}));
    (201, Some(json!(given.collect::<Vec<_>>())))
}

pub(super) fn take(state: &mut State, client: &str, subject: &str, body: &Value) -> Answer {
    let subsystem = state.subsystems.get_mut(client).unwrap();
    let codes = codes(body);
    let has = |code: &String| {
        subsystem
            .rights
            .get(code)
            .is_some_and(|it| it.contains(subject))
    };
    if !codes.iter().all(has) {
        return error(404, "accessright_not_found", &[]);
    }
    for code in &codes {
        subsystem.rights.get_mut(code).unwrap().remove(subject);
    }
    (204, None)
}
