//! A file of what is present, which `plan` finds unchanged. Certificates cannot be had back from a security server: they
//! are named in comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::model::{Settings, Subject};
use super::present::{Description, Present, Service, Subsystem};
use super::wanted::{KEY_VARIABLE, SecurityServer};
use crate::domain::client::ClientId;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the security server {server} has no subsystem {client}")]
    NoSubsystem { server: String, client: ClientId },
    #[error("the subsystem {client} has no WSDL: there is nothing yet to be kept by a file")]
    NoDescription { client: ClientId },
    #[error("the subsystem {client} has several WSDLs, and a file keeps one: choose by --wsdl\n  {}", urls.join("\n  "))]
    Several { client: ClientId, urls: Vec<String> },
}

/// Writes the file. `wsdl` chooses among several.
pub fn export(
    server: &SecurityServer,
    present: &Present,
    client: &ClientId,
    wsdl: Option<&str>,
) -> Result<String, ExportError> {
    let subsystem = present.subsystem.as_ref();
    let subsystem = subsystem.ok_or_else(|| ExportError::NoSubsystem {
        server: present.server.clone(),
        client: client.clone(),
    })?;
    let description = choose(subsystem, client, wsdl)?;
    let general = most_common(&description.services);
    let mut text = String::new();
    write_server(&mut text, server, present);
    write_subsystem(&mut text, subsystem, client);
    line(&mut text, "\n[wsdl]");
    value(&mut text, "url", &description.url);
    line(&mut text, &format!("enabled = {}", !description.disabled));
    if description.disabled {
        value(&mut text, "disabled_notice", &description.disabled_notice);
    }
    let nowhere = Settings {
        url: "https://adapter.example.fi:8443/xroad".to_owned(),
        timeout_s: 60,
        verify_tls: true,
    };
    let general = general.unwrap_or(&nowhere);
    line(&mut text, "\n[services]");
    value(&mut text, "url", &general.url);
    line(&mut text, &format!("timeout_s = {}", general.timeout_s));
    line(&mut text, &format!("verify_tls = {}", general.verify_tls));
    for service in &description.services {
        write_exception(&mut text, service, general);
    }
    write_rights(&mut text, &description.services);
    Ok(text)
}

fn choose<'s>(
    subsystem: &'s Subsystem,
    client: &ClientId,
    wsdl: Option<&str>,
) -> Result<&'s Description, ExportError> {
    let client = client.clone();
    let all = &subsystem.descriptions;
    let chosen = all.iter().filter(|it| wsdl.is_none_or(|url| it.url == url));
    let chosen: Vec<&Description> = chosen.collect();
    match chosen.as_slice() {
        [one] => Ok(one),
        [] if all.is_empty() => Err(ExportError::NoDescription { client }),
        _ => Err(ExportError::Several {
            client,
            urls: all.iter().map(|it| it.url.clone()).collect(),
        }),
    }
}

/// The settings that most services have.
fn most_common(services: &[Service]) -> Option<&Settings> {
    let count = |settings: &Settings| {
        let same = services.iter().filter(|it| it.settings == *settings);
        same.count()
    };
    let all = services.iter().map(|service| &service.settings);
    all.max_by_key(|settings| count(settings))
}

fn line(text: &mut String, of: &str) {
    text.push_str(of);
    text.push('\n');
}

fn value(text: &mut String, key: &str, value: &str) {
    let value = toml::Value::String(value.to_owned());
    line(text, &format!("{key} = {value}"));
}

/// A comment: whatever stands in it stays in its line.
fn comment(text: &mut String, of: &str) {
    let of: String = of.chars().filter(|c| !c.is_control()).collect();
    line(text, &format!("# {of}"));
}

fn write_server(text: &mut String, server: &SecurityServer, present: &Present) {
    comment(
        text,
        &format!("What the security server {} has", present.server),
    );
    line(text, "[security_server]");
    value(text, "url", &server.url);
    if let Some(certificate) = &server.certificate {
        value(text, "certificate", certificate);
    }
    match &server.api_key_file {
        Some(file) => value(text, "api_key_file", file),
        None => comment(
            text,
            &format!("the API key is in the environment variable {KEY_VARIABLE}"),
        ),
    }
}

fn write_subsystem(text: &mut String, subsystem: &Subsystem, client: &ClientId) {
    line(text, "\n[subsystem]");
    value(text, "instance", &client.instance);
    value(text, "member_class", &client.member_class);
    value(text, "member_code", &client.member_code);
    value(
        text,
        "code",
        client.subsystem_code.as_deref().unwrap_or_default(),
    );
    if let Some(name) = &subsystem.name {
        value(text, "name", name);
    }
    if let Some(kind) = subsystem.connection_type {
        value(text, "connection_type", kind.name());
    }
    for uploaded in &subsystem.certificates {
        let of = format!(
            "uploaded: {}, valid until {}, SHA-256 {}",
            uploaded.subject, uploaded.not_after, uploaded.sha256
        );
        comment(text, &of);
    }
    line(
        text,
        "certificates = []   # paths of those that the adapter shows",
    );
}

fn write_exception(text: &mut String, service: &Service, general: &Settings) {
    let settings = &service.settings;
    if settings == general {
        return;
    }
    line(text, "\n[[service]]");
    value(text, "code", &service.name.code);
    if let Some(version) = &service.name.version {
        value(text, "version", version);
    }
    if settings.url != general.url {
        value(text, "url", &settings.url);
    }
    if settings.timeout_s != general.timeout_s {
        line(text, &format!("timeout_s = {}", settings.timeout_s));
    }
    if settings.verify_tls != general.verify_tls {
        line(text, &format!("verify_tls = {}", settings.verify_tls));
    }
}

fn write_rights(text: &mut String, services: &[Service]) {
    let mut rights: BTreeMap<&Subject, BTreeSet<&str>> = BTreeMap::new();
    for service in services {
        for subject in &service.subjects {
            rights
                .entry(subject)
                .or_default()
                .insert(&service.name.code);
        }
    }
    for (subject, codes) in rights {
        line(text, "\n[[right]]");
        match subject {
            Subject::Subsystem(client) => value(text, "subsystem", &client.to_string()),
            Subject::GlobalGroup { instance, code } => {
                value(text, "global_group", &format!("{instance}/{code}"));
            }
            Subject::LocalGroup { code } => value(text, "local_group", code),
        }
        let mut list = String::new();
        for code in codes {
            let code = toml::Value::String(code.to_owned());
            // Writing to a String cannot fail.
            let _ = write!(list, "{}{code}", if list.is_empty() { "" } else { ", " });
        }
        line(text, &format!("services = [{list}]"));
    }
}
