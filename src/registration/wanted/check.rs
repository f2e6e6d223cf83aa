//! Values of the file that more is asked of than their type.

use std::path::Path;

use hyper::Uri;
use openssl::x509::X509;

use super::{Exception, KEY_VARIABLE, OwnCertificate, Right};
use crate::domain::client::ClientId;
use crate::outgoing::sha256_hex;
use crate::registration::fields::Section;
use crate::registration::model::{ConnectionType, ServiceName, Settings, Subject};
use crate::secrets::ApiToken;

/// Longest identifier and longest address that the API takes, in characters.
const CHARACTERS_MAX: usize = 255;
/// Seconds that the API takes as a service's time-out.
const TIMEOUT_S_RANGE: (u32, u32) = (0, 1000);
/// A security server's own value.
const TIMEOUT_S: u32 = 60;

/// The API's address: over TLS, or over plain HTTP to this machine.
pub(super) fn api_url(section: &Section<'_, '_>, url: &str) -> Option<Uri> {
    let uri: Option<Uri> = url.parse().ok();
    let uri = uri.filter(|uri| {
        let has_user = uri.authority().is_some_and(|it| it.as_str().contains('@'));
        uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none() && !has_user
    });
    let Some(uri) = uri else {
        section.problem(
            "url",
            "write an address such as https://security-server.example.fi:4000/api/v1",
        );
        return None;
    };
    let is_allowed = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_loopback(uri.host().unwrap_or_default()),
        _ => false,
    };
    if !is_allowed {
        section.problem("url", "write https://: plain http:// would show the API key to the network, and is taken for this machine's own addresses only");
        return None;
    }
    Some(uri)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The API key: the variable's, or the file's.
pub(super) fn key(
    section: &Section<'_, '_>,
    folder: &Path,
    file: Option<&str>,
    variable: Option<&str>,
) -> Option<ApiToken> {
    const KEY: &str = "api_key_file";
    if let Some(text) = variable {
        let key = ApiToken::parse(text);
        if key.is_none() {
            let what = format!(
                "the environment variable {KEY_VARIABLE}, which counts before it, holds no key: 16 to 256 visible ASCII characters"
            );
            section.problem(KEY, &what);
        }
        return key;
    }
    let Some(file) = file else {
        let what =
            format!("is missing: write the path of a file with the API key, or set {KEY_VARIABLE}");
        section.problem(KEY, &what);
        return None;
    };
    let path = folder.join(file);
    if !path.exists() {
        let what = format!(
            "there is no file {}: make an API key at the security server (docs/registration.md) and put it there, readable by its owner only",
            path.display()
        );
        section.problem(KEY, &what);
        return None;
    }
    match ApiToken::load(&path) {
        Ok(key) => Some(key),
        Err(error) => {
            section.problem(KEY, &error.to_string());
            None
        }
    }
}

/// The first certificate of a PEM file.
pub(super) fn certificate(
    section: &Section<'_, '_>,
    key: &str,
    folder: &Path,
    path: &str,
) -> Option<X509> {
    let path = folder.join(path);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            section.problem(key, &format!("cannot read {}: {error}", path.display()));
            return None;
        }
    };
    let certificate = X509::from_pem(&bytes).ok();
    if certificate.is_none() {
        let what = format!("{} holds no certificate in PEM", path.display());
        section.problem(key, &what);
    }
    certificate
}

pub(super) fn own_certificates(section: &Section<'_, '_>, folder: &Path) -> Vec<OwnCertificate> {
    let paths = section.texts("certificates").unwrap_or_default();
    let mut found: Vec<OwnCertificate> = Vec::new();
    for path in paths {
        let Some(certificate) = certificate(section, "certificates", folder, &path) else {
            continue;
        };
        let sha256 = certificate.to_der().map(|der| sha256_hex(&der));
        let sha256 = sha256.unwrap_or_default();
        if found.iter().any(|other| other.sha256 == sha256) {
            section.problem(
                "certificates",
                &format!("{path} is there twice: remove one"),
            );
        }
        found.push(OwnCertificate {
            path,
            certificate,
            sha256,
        });
    }
    found
}

/// The subsystem's identifier, from its parts.
pub(super) fn client(section: &Section<'_, '_>) -> Option<ClientId> {
    let instance = section.required_text("instance", "\"FI-TEST\"");
    let member_class = section.required_text("member_class", "\"MUN\"");
    let member_code = section.required_text("member_code", "\"0204819-8\"");
    let code = section.required_text("code", "\"psop\"");
    for (key, part) in [
        ("instance", &instance),
        ("member_class", &member_class),
        ("member_code", &member_code),
        ("code", &code),
    ] {
        if let Some(part) = part {
            identifier(section, key, part);
        }
    }
    Some(ClientId {
        instance: instance?,
        member_class: member_class?,
        member_code: member_code?,
        subsystem_code: Some(code?),
    })
}

/// Characters that a security server takes in no identifier, strict or not.
fn identifier(section: &Section<'_, '_>, key: &str, text: &str) {
    let is_good = |c: char| {
        !matches!(c, ':' | ';' | '/' | '\\' | '%' | '\u{200B}' | '\u{FEFF}') && !c.is_control()
    };
    let length = text.chars().count();
    if length == 0 || length > CHARACTERS_MAX || !text.chars().all(is_good) {
        section.problem(
            key,
            "write 1 to 255 characters, none of them a colon, semicolon, slash, backslash or percent sign",
        );
    }
}

pub(super) fn connection_type(section: &Section<'_, '_>) -> Option<ConnectionType> {
    let text = section.text("connection_type")?;
    let kind = ConnectionType::parse(&text);
    if kind.is_none() {
        section.problem("connection_type", "write HTTP, HTTPS or HTTPS_NO_AUTH");
    }
    kind
}

/// An address that a security server would take.
pub(super) fn url(section: &Section<'_, '_>, key: &str, url: &str) {
    let is_address = url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    });
    if !is_address || url.chars().count() > CHARACTERS_MAX {
        let what =
            "write an address of at most 255 characters that begins with http:// or https://";
        section.problem(key, what);
    }
}

/// The section `[services]`.
pub(super) fn settings(section: Section<'_, '_>) -> Option<Settings> {
    let address = section.required_text("url", "\"https://adapter.example.fi:8443/xroad\"");
    if let Some(address) = &address {
        url(&section, "url", address);
    }
    let timeout_s = section.number("timeout_s", TIMEOUT_S_RANGE);
    section.required("verify_tls", "true");
    let verify_tls = section.boolean("verify_tls");
    let settings = address.zip(verify_tls).map(|(url, verify_tls)| Settings {
        url,
        timeout_s: timeout_s.unwrap_or(TIMEOUT_S),
        verify_tls,
    });
    if let Some(settings) = &settings {
        verifiable(&section, settings);
    }
    section.end();
    settings
}

fn verifiable(section: &Section<'_, '_>, settings: &Settings) {
    if settings.verify_tls && !settings.url.starts_with("https://") {
        section.problem(
            "verify_tls",
            "there is no TLS to verify at an http:// address: write https://, or verify_tls = false",
        );
    }
}

/// The sections `[[service]]`.
pub(super) fn exceptions(root: &Section<'_, '_>, general: Option<&Settings>) -> Vec<Exception> {
    let mut found: Vec<Exception> = Vec::new();
    for section in root.sections("service") {
        let code = section.required_text("code", "\"getServiceEvents\"");
        let exception = Exception {
            code: code.clone().unwrap_or_default(),
            version: section.text("version"),
            url: section.text("url"),
            timeout_s: section.number("timeout_s", TIMEOUT_S_RANGE),
            verify_tls: section.boolean("verify_tls"),
        };
        if let Some(address) = &exception.url {
            url(&section, "url", address);
        }
        if let Some(general) = general {
            let mut settings = general.clone();
            exception.lay_over(&mut settings);
            // What is wrong in general is told there.
            if exception.url.is_some() || exception.verify_tls.is_some() {
                verifiable(&section, &settings);
            }
        }
        let name = |it: &Exception| ServiceName {
            code: it.code.clone(),
            version: it.version.clone(),
        };
        if code.is_some() && found.iter().any(|other| name(other) == name(&exception)) {
            section.problem("code", "the service is there twice: make one of them");
        }
        found.push(exception);
        section.end();
    }
    found
}

/// The sections `[[right]]`.
pub(super) fn rights(root: &Section<'_, '_>) -> Vec<Right> {
    let mut found = Vec::new();
    for section in root.sections("right") {
        let subject = subject(&section);
        let services = section.texts("services");
        if services.as_ref().is_some_and(Vec::is_empty) {
            section.problem(
                "services",
                "name a service, or leave it out for every service",
            );
        }
        if let Some(subject) = subject {
            found.push(Right { subject, services });
        }
        section.end();
    }
    found
}

fn subject(section: &Section<'_, '_>) -> Option<Subject> {
    let subsystem = section.text("subsystem");
    let global_group = section.text("global_group");
    let local_group = section.text("local_group");
    match (subsystem, global_group, local_group) {
        (Some(text), None, None) => {
            let client = ClientId::parse(&text).filter(|it| it.subsystem_code.is_some());
            if client.is_none() {
                section.problem("subsystem", "write INSTANCE/CLASS/CODE/SUBSYSTEM");
            }
            client.map(Subject::Subsystem)
        }
        (None, Some(text), None) => match text.split_once('/') {
            Some((instance, code)) if !instance.is_empty() && !code.is_empty() => {
                Some(Subject::GlobalGroup {
                    instance: instance.to_owned(),
                    code: code.to_owned(),
                })
            }
            _ => {
                section.problem("global_group", "write INSTANCE/GROUP");
                None
            }
        },
        (None, None, Some(code)) => Some(Subject::LocalGroup { code }),
        _ => {
            section.problem(
                "subsystem",
                "name one subject: subsystem, global_group or local_group",
            );
            None
        }
    }
}
