//! WSDLs of the stand-in and the settings of their services.

use serde_json::{Value, json};

use super::state::{Description, Service, State};
use super::{Answer, error, warned, wsdl};
use crate::support::security_server::clients::hash_of;

const RESERVED: [&str; 3] = ["listMethods", "allowedMethods", "getWsdl"];

fn service_json(state: &State, client: &str, service: &Service) -> Value {
    let subjects = state.subsystems[client].rights.get(&service.code);
    let mut json = json!({
        "id": format!("{client}:{}", service.full()),
        "full_service_code": service.full(),
        "service_code": service.code,
        "url": service.url,
        "timeout": service.timeout,
        "subjects_count": subjects.map_or(0, |it| it.len()),
        "endpoints": [],
    });
    if let Some(title) = &service.title {
        json["title"] = json!(title);
    }
    if let Some(ssl_auth) = service.ssl_auth {
        json["ssl_auth"] = json!(ssl_auth);
    }
    json
}

fn description_json(state: &State, client: &str, id: &str) -> Value {
    let mut descriptions = state.subsystems[client].descriptions.iter();
    let description = descriptions.find(|it| it.id == id).unwrap();
    let services = description.services.iter();
    let services: Vec<Value> = services.map(|it| service_json(state, client, it)).collect();
    json!({
        "id": description.id,
        "url": description.url,
        "type": "WSDL",
        "disabled": description.disabled,
        "disabled_notice": description.disabled_notice,
        "refreshed_at": "2026-01-01T00:00:00.000Z",
        "services": services,
        "client_id": client,
    })
}

fn is_valid(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.split(['/', ':']).next().unwrap().contains('_'))
}

/// The services of the WSDL at an address, checked as the security server does; an invalid document is `invalid`.
fn read(url: &str, invalid: u16) -> Result<Vec<Service>, Answer> {
    if !is_valid(url) {
        return Err(error(400, "malformed_url", &[]));
    }
    let Ok(bytes) = wsdl::fetch(url) else {
        return Err(error(400, "wsdl_download_failed", &[]));
    };
    let services = wsdl::services(&bytes);
    let services = services.map_err(|what| error(invalid, "invalid_wsdl", &[&what]))?;
    for service in &services {
        if service.code.contains('_') {
            return Err(error(
                400,
                "invalid_wsdl_service_identifier",
                &[&service.code],
            ));
        }
        if RESERVED.contains(&service.code.as_str()) {
            return Err(error(500, "service_code_reserved", &[&service.code]));
        }
    }
    Ok(services)
}

pub(super) fn of_client(state: &mut State, client: &str, method: &str, body: &Value) -> Answer {
    if method == "GET" {
        let descriptions = state.subsystems[client].descriptions.iter();
        let all = descriptions.map(|it| description_json(state, client, &it.id));
        return (200, Some(json!(all.collect::<Vec<_>>())));
    }
    let url = body["url"].as_str().unwrap();
    let others = &state.subsystems[client].descriptions;
    if others.iter().any(|it| it.url.eq_ignore_ascii_case(url)) {
        return error(409, "wsdl_exists", &[]);
    }
    let services = match read(url, 400) {
        Ok(services) => services,
        Err(answer) => return answer,
    };
    if let Some(answer) = conflict(state, client, "", &services) {
        return answer;
    }
    let is_http = |it: &Service| it.url.starts_with("http://") || it.url.starts_with("https://");
    if let Some(wrong) = services.iter().find(|it| !is_http(it)) {
        return error(400, "invalid_service_url", &[&wrong.url]);
    }
    let warnings = state.warnings_for(&format!("POST /clients/{client}/service-descriptions"));
    if !warnings.is_empty() && body["ignore_warnings"] != true {
        return warned(&warnings);
    }
    let id = state.id();
    let subsystem = state.subsystems.get_mut(client).unwrap();
    subsystem.descriptions.push(Description {
        id: id.clone(),
        url: url.to_owned(),
        disabled: true,
        disabled_notice: "Out of order".to_owned(),
        services,
    });
    (201, Some(description_json(state, client, &id)))
}

fn conflict(state: &State, client: &str, id: &str, services: &[Service]) -> Option<Answer> {
    let others = state.subsystems[client]
        .descriptions
        .iter()
        .filter(|it| it.id != id);
    for other in others {
        let taken = other.services.iter();
        let mut taken = taken.filter(|it| services.iter().any(|new| new.full() == it.full()));
        if let Some(service) = taken.next() {
            return Some(error(
                409,
                "service_already_exists",
                &[&service.full(), &other.url],
            ));
        }
    }
    None
}

pub(super) fn on(state: &mut State, id: &str, method: &str, rest: &[&str], body: &Value) -> Answer {
    let by_the_document = state.by_the_document;
    let Some((client, description)) = state.description(id) else {
        return error(404, "service_description_not_found", &[]);
    };
    match (method, rest) {
        ("PUT", ["enable"]) => description.disabled = false,
        ("PUT", ["disable"]) => {
            description.disabled = true;
            let notice = body["disabled_notice"].as_str().unwrap_or_default();
            description.disabled_notice = notice.to_owned();
        }
        ("PUT", ["refresh"]) => {
            let url = description.url.clone();
            let line = format!("PUT /service-descriptions/{id}/refresh");
            return read_again(state, &client, id, &url, (&line, body));
        }
        ("PATCH", []) => {
            let url = body["url"].as_str().unwrap().to_owned();
            let line = format!("PATCH /service-descriptions/{id}");
            return read_again(state, &client, id, &url, (&line, body));
        }
        _ => return error(404, "not_found", &[]),
    }
    // The document says 204 of these two, and the real server answers 200.
    match by_the_document {
        true => (204, None),
        false => (200, None),
    }
}

/// Services that stay keep their settings; rights to those that go, go with them.
fn read_again(
    state: &mut State,
    client: &str,
    id: &str,
    url: &str,
    (line, body): (&str, &Value),
) -> Answer {
    let mut new = match read(url, 409) {
        Ok(services) => services,
        Err(answer) => return answer,
    };
    if let Some(answer) = conflict(state, client, id, &new) {
        return answer;
    }
    let mut warnings = state.warnings_for(line);
    let subsystem = state.subsystems.get_mut(client).unwrap();
    let mut descriptions = subsystem.descriptions.iter_mut();
    let description = descriptions.find(|it| it.id == id).unwrap();
    let only = |these: &[Service], those: &[Service]| -> Vec<String> {
        let rest = these
            .iter()
            .filter(|it| those.iter().all(|other| other.full() != it.full()));
        rest.map(Service::full).collect()
    };
    let (added, removed) = (
        only(&new, &description.services),
        only(&description.services, &new),
    );
    for (code, names) in [("adding_services", added), ("deleting_services", removed)] {
        if !names.is_empty() {
            warnings.push((code.to_owned(), names));
        }
    }
    if !warnings.is_empty() && body["ignore_warnings"] != true {
        return warned(&warnings);
    }
    for service in &mut new {
        let old = description
            .services
            .iter()
            .find(|it| it.full() == service.full());
        if let Some(old) = old {
            service.url.clone_from(&old.url);
            service.timeout = old.timeout;
            service.ssl_auth = old.ssl_auth;
        }
    }
    description.url = url.to_owned();
    description.services = new;
    let services = subsystem.descriptions.iter().flat_map(|it| &it.services);
    let codes: Vec<String> = services.map(|service| service.code.clone()).collect();
    subsystem.rights.retain(|code, _| codes.contains(code));
    (200, Some(description_json(state, client, id)))
}

pub(super) fn set_service(state: &mut State, id: &str, body: &Value) -> Answer {
    let (client, full) = id.rsplit_once(':').unwrap();
    let url = body["url"].as_str().unwrap().to_owned();
    let verifies = body["ssl_auth"].as_bool().unwrap();
    if !is_valid(&url) {
        return error(400, "malformed_url", &[]);
    }
    if verifies && !url.starts_with("https://") {
        return error(400, "invalid_https_url", &[]);
    }
    let mut warnings = state.warnings_for(&format!("PATCH /services/{id}"));
    let subsystem = state.subsystems.get_mut(client).unwrap();
    if verifies {
        let code = match wsdl::shown(&url) {
            Err(_) => Some("internal_server_ssl_handshake_error"),
            Ok(der)
                if subsystem
                    .certificates
                    .iter()
                    .any(|it| hash_of(it) == hash_of(&der)) =>
            {
                None
            }
            Ok(_) => Some("internal_server_ssl_error"),
        };
        warnings.extend(code.map(|code| (code.to_owned(), vec![url.clone()])));
    }
    if !warnings.is_empty() && body["ignore_warnings"] != true {
        return warned(&warnings);
    }
    let mut services = subsystem
        .descriptions
        .iter_mut()
        .flat_map(|it| &mut it.services);
    let Some(service) = services.find(|it| it.full() == full) else {
        return error(404, "service_not_found", &[]);
    };
    service.ssl_auth = url.starts_with("https://").then_some(verifies);
    service.url = url;
    service.timeout = body["timeout"].as_u64().unwrap();
    let service = service.clone();
    (200, Some(service_json(state, client, &service)))
}
