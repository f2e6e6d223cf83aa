//! Subsystems of the stand-in and their TLS certificates.

use jiff::Timestamp;
use openssl::x509::{X509, X509NameRef};
use serde_json::{Value, json};

use super::state::{State, Subsystem};
use super::{Answer, decoded, error, warned};
use crate::support::listener::Request;

const MEMBER_CLASSES: [&str; 3] = ["COM", "GOV", "MUN"];

pub(super) fn find(state: &mut State, query: &str) -> Answer {
    let asked = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
        decoded(value.unwrap_or_default())
    };
    let parts = ["instance", "member_class", "member_code", "subsystem_code"].map(asked);
    // Each look brings a registration on.
    let looks = &mut state.looks_until_registered;
    for subsystem in state.subsystems.values_mut() {
        if subsystem.status == "REGISTRATION_IN_PROGRESS"
            && let Some(left) = looks
        {
            if *left == 0 {
                subsystem.status = "REGISTERED".to_owned();
            } else {
                *left -= 1;
            }
        }
    }
    let found = state.subsystems.iter().filter(|(id, _)| {
        let of = id.split(':');
        of.zip(&parts)
            .all(|(part, asked)| part.contains(asked.as_str()))
    });
    let found: Vec<Value> = found.map(|(id, it)| client_json(id, it)).collect();
    (200, Some(json!(found)))
}

pub(super) fn client_json(id: &str, subsystem: &Subsystem) -> Value {
    let parts: Vec<&str> = id.split(':').collect();
    json!({
        "id": id,
        "instance_id": parts[0],
        "member_name": "Turun kaupunki",
        "member_class": parts[1],
        "member_code": parts[2],
        "subsystem_code": parts[3],
        "subsystem_name": subsystem.name.clone().unwrap_or_default(),
        "owner": false,
        "has_valid_local_sign_cert": true,
        "connection_type": subsystem.connection_type,
        "status": subsystem.status,
    })
}

pub(super) fn add(state: &mut State, body: &Value) -> Answer {
    let client = &body["client"];
    let part = |name: &str| client[name].as_str().unwrap_or_default().to_owned();
    let (class, code, subsystem) = (
        part("member_class"),
        part("member_code"),
        part("subsystem_code"),
    );
    for (name, value) in [("memberCode", &code), ("subsystemCode", &subsystem)] {
        if value.contains('%') {
            let field = format!("clientAdd.client.{name}");
            let error =
                json!({"code": "validation_failure", "validation_errors": {field: ["NoPercents"]}});
            return (400, Some(json!({"status": 400, "error": error})));
        }
    }
    if !MEMBER_CLASSES.contains(&class.as_str()) {
        return error(400, "invalid_member_class", &[&class]);
    }
    let id = format!("{}:{class}:{code}:{subsystem}", state.instance);
    if state.subsystems.contains_key(&id) {
        return error(409, "client_already_exists", &[]);
    }
    let mut warnings = state.warnings_for("POST /clients");
    let member = format!("{class}:{code}");
    if !state.members.contains(&member) {
        warnings.push(("unregistered_member".to_owned(), vec![member]));
    }
    if !warnings.is_empty() && body["ignore_warnings"] != true {
        return warned(&warnings);
    }
    let kind = client["connection_type"].as_str().unwrap_or("HTTPS");
    let made = Subsystem {
        name: client["subsystem_name"].as_str().map(str::to_owned),
        status: state.status_of_new.to_owned(),
        connection_type: kind.to_owned(),
        certificates: Vec::new(),
        descriptions: Vec::new(),
        local_groups: Vec::new(),
        rights: Default::default(),
    };
    let answer = client_json(&id, &made);
    state.subsystems.insert(id, made);
    (201, Some(answer))
}

/// What is done to one subsystem and its certificates.
pub(super) fn on(
    state: &mut State,
    id: &str,
    method: &str,
    rest: &[&str],
    request: &Request,
) -> Answer {
    let subsystem = state.subsystems.get_mut(id).unwrap();
    match (method, rest) {
        ("GET", []) => (200, Some(client_json(id, subsystem))),
        ("PATCH", []) => {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let Some(kind) = body["connection_type"].as_str() else {
                return error(400, "connection_type_required", &[]);
            };
            subsystem.connection_type = kind.to_owned();
            (200, Some(client_json(id, subsystem)))
        }
        ("PUT", ["register"]) => {
            if subsystem.status != "SAVED" {
                let what = "Only clients with status 'saved' can be registered";
                return error(409, "action_not_possible", &[what]);
            }
            subsystem.status = "REGISTRATION_IN_PROGRESS".to_owned();
            (204, None)
        }
        ("GET", ["local-groups"]) => {
            let groups = subsystem.local_groups.iter();
            let groups = groups.map(|(id, code)| {
                json!({"id": id, "code": code, "description": "a group", "member_count": 0,
                       "updated_at": "2026-01-01T00:00:00.000Z", "members": []})
            });
            (200, Some(json!(groups.collect::<Vec<_>>())))
        }
        (method, ["tls-certificates", rest @ ..]) => {
            on_certificates(subsystem, method, rest, request)
        }
        _ => error(404, "not_found", &[]),
    }
}

fn on_certificates(
    subsystem: &mut Subsystem,
    method: &str,
    rest: &[&str],
    request: &Request,
) -> Answer {
    match (method, rest) {
        ("GET", []) => {
            let certificates = subsystem.certificates.iter();
            let certificates = certificates.map(|der| X509::from_der(der).unwrap());
            let certificates = certificates.map(|it| certificate_json(&it));
            (200, Some(json!(certificates.collect::<Vec<_>>())))
        }
        ("POST", []) => {
            let media_type = request.headers().get("Content-Type").unwrap();
            assert_eq!(media_type, "application/octet-stream");
            let bytes = request.body();
            let certificate = X509::from_pem(bytes).or_else(|_| X509::from_der(bytes));
            let Ok(certificate) = certificate else {
                return error(400, "invalid_cert", &[]);
            };
            let der = certificate.to_der().unwrap();
            if subsystem.certificates.contains(&der) {
                return error(409, "certificate_already_exists", &[]);
            }
            subsystem.certificates.push(der);
            (201, Some(certificate_json(&certificate)))
        }
        ("DELETE", [hash]) => {
            let count = subsystem.certificates.len();
            subsystem
                .certificates
                .retain(|der| !hash_of(der).eq_ignore_ascii_case(hash));
            match subsystem.certificates.len() < count {
                true => (204, None),
                false => error(404, "certificate_not_found", &[]),
            }
        }
        _ => error(404, "not_found", &[]),
    }
}

/// In upper case, as the real server writes it.
pub(super) fn hash_of(der: &[u8]) -> String {
    hex::encode_upper(openssl::sha::sha256(der))
}

pub(super) fn certificate_json(certificate: &X509) -> Value {
    let name = |name: &X509NameRef| {
        let entry = name.entries().next().unwrap();
        entry.data().to_string().unwrap()
    };
    let (subject, issuer) = (
        name(certificate.subject_name()),
        name(certificate.issuer_name()),
    );
    let time = |time: &openssl::asn1::Asn1TimeRef| {
        let since = openssl::asn1::Asn1Time::from_unix(0)
            .unwrap()
            .diff(time)
            .unwrap();
        let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
        let time = Timestamp::from_second(seconds).unwrap();
        time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    };
    let key = certificate.public_key().unwrap().rsa().unwrap();
    json!({
        "issuer_distinguished_name": format!("CN={issuer}"),
        "issuer_common_name": issuer,
        "subject_distinguished_name": format!("CN={subject}"),
        "subject_common_name": subject,
        "not_before": time(certificate.not_before()),
        "not_after": time(certificate.not_after()),
        "serial": certificate.serial_number().to_bn().unwrap().to_dec_str().unwrap().to_string(),
        "version": 3,
        "signature_algorithm": "SHA256withRSA",
        // The document allows 255 characters, fewer than a signature has.
        "signature": hex::encode(&certificate.signature().as_slice()[..32]),
        "public_key_algorithm": "RSA",
        "rsa_public_key_modulus": hex::encode(key.n().to_vec()),
        "rsa_public_key_exponent": 65537,
        "hash": hash_of(&certificate.to_der().unwrap()),
        "key_usages": [],
        "subject_alternative_names": "DNS:example.fi",
    })
}
