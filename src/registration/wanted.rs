//! The file that says what should stand at a security server. Every problem of it is told at once, each with its line.
//!
//! Paths in it are relative to its folder. It reads certificates and the API key, and connects to nobody.

mod check;

use std::path::{Path, PathBuf};

use hyper::Uri;
use openssl::x509::X509;
use toml::de::DeTable;

use super::fields::{Problems, Section, line_of};
use super::model::{ConnectionType, ServiceName, Settings, Subject};
use crate::domain::client::ClientId;
use crate::secrets::ApiToken;

/// Holds the API key where the file names no file of one; it counts before the file.
pub const KEY_VARIABLE: &str = "PSOP_SECURITY_SERVER_API_KEY";
/// Notice of a service that is switched off, where the file has none.
const DISABLED_NOTICE: &str = "Out of order";
/// The security server itself waits a minute for a WSDL's validation, and for its download as long as that takes.
const TIMEOUT_S: u64 = 180;
const TIMEOUT_S_RANGE: (u64, u64) = (1, 600);
/// How long `apply` waits for the central server's approval before it leaves that to the next run.
const REGISTRATION_WAIT_S: u64 = 300;
const REGISTRATION_WAIT_S_RANGE: (u64, u64) = (0, 3600);

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub enum WantedError {
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is not valid TOML: {message}", path.display())]
    Syntax { path: PathBuf, message: String },
    #[error("{} is refused:\n  {}", path.display(), problems.join("\n  "))]
    Refused {
        path: PathBuf,
        problems: Vec<String>,
    },
}

/// A security server's management API, and how to be let in.
#[derive(Clone, Debug)]
pub struct SecurityServer {
    /// Without a slash at its end.
    pub url: String,
    pub uri: Uri,
    /// The certificate that it must show; `None` on plain HTTP only.
    pub pin: Option<X509>,
    pub key: ApiToken,
    /// How long one request may take.
    pub timeout_s: u64,
    pub registration_wait_s: u64,
    /// `certificate` and `api_key_file` as they were written.
    pub certificate: Option<String>,
    pub api_key_file: Option<String>,
}

/// What should be there.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Has a subsystem code.
    pub client: ClientId,
    /// Counts when the subsystem is made.
    pub name: Option<String>,
    /// Left as it is when absent.
    pub connection_type: Option<ConnectionType>,
    pub certificates: Vec<OwnCertificate>,
    pub remove_other_certificates: bool,
    pub wsdl_url: String,
    pub enabled: bool,
    pub disabled_notice: String,
    /// Of every service that nothing else is said of.
    pub settings: Settings,
    pub exceptions: Vec<Exception>,
    pub rights: Vec<Right>,
}

/// A certificate that the adapter shows.
#[derive(Clone, Debug)]
pub struct OwnCertificate {
    /// As it was written.
    pub path: String,
    pub certificate: X509,
    /// In lower-case hexadecimal characters.
    pub sha256: String,
}

/// What is different for one service.
#[derive(Clone, Debug)]
pub struct Exception {
    pub code: String,
    /// Every version when absent.
    pub version: Option<String>,
    pub url: Option<String>,
    pub timeout_s: Option<u32>,
    pub verify_tls: Option<bool>,
}

/// A subject and what it may call.
#[derive(Clone, Debug)]
pub struct Right {
    pub subject: Subject,
    /// Every service when absent.
    pub services: Option<Vec<String>>,
}

impl Wanted {
    /// The settings that a service should have. Of two exceptions the one with the version counts.
    pub fn settings_of(&self, service: &ServiceName) -> Settings {
        let mut settings = self.settings.clone();
        let of_code = self.exceptions.iter().filter(|it| it.code == service.code);
        let (exact, general): (Vec<_>, Vec<_>) = of_code.partition(|it| it.version.is_some());
        let exact = exact.into_iter().filter(|it| it.version == service.version);
        for exception in general.into_iter().chain(exact) {
            exception.lay_over(&mut settings);
        }
        settings
    }

    /// Codes of services that the file names.
    pub fn codes_named(&self) -> impl Iterator<Item = &str> {
        let exceptions = self.exceptions.iter().map(|it| it.code.as_str());
        let rights = self.rights.iter().filter_map(|it| it.services.as_ref());
        exceptions.chain(rights.flatten().map(String::as_str))
    }
}

impl Exception {
    fn lay_over(&self, settings: &mut Settings) {
        if let Some(url) = &self.url {
            settings.url.clone_from(url);
        }
        settings.timeout_s = self.timeout_s.unwrap_or(settings.timeout_s);
        settings.verify_tls = self.verify_tls.unwrap_or(settings.verify_tls);
    }
}

/// Reads a whole file. `key` is the value of [`KEY_VARIABLE`].
pub fn load(path: &Path, key: Option<&str>) -> Result<(SecurityServer, Wanted), WantedError> {
    read(path, |root, folder| {
        let server = server(root, folder, key);
        let wanted = wanted(root, folder);
        Some((server?, wanted?))
    })
}

/// Reads only where the security server is; the file may have nothing else.
pub fn load_server(path: &Path, key: Option<&str>) -> Result<SecurityServer, WantedError> {
    read(path, |root, folder| {
        // What else is there is not for this command to judge.
        for other in ["subsystem", "wsdl", "services"] {
            root.section(other, false);
        }
        for other in ["service", "right"] {
            root.sections(other);
        }
        server(root, folder, key)
    })
}

fn read<T>(
    path: &Path,
    read: impl FnOnce(&Section<'_, '_>, &Path) -> Option<T>,
) -> Result<T, WantedError> {
    let text = std::fs::read_to_string(path).map_err(|source| WantedError::Read {
        path: path.to_owned(),
        source,
    })?;
    let table = DeTable::parse(&text).map_err(|error| WantedError::Syntax {
        path: path.to_owned(),
        // Without the line itself, which may hold a key.
        message: format!(
            "line {}: {}",
            line_of(&text, error.span().map_or(0, |span| span.start)),
            error.message().replace('\n', ", ")
        ),
    })?;
    let problems = Problems::new(&text);
    let root = Section::root(&problems, table.get_ref());
    let folder = path.parent().unwrap_or(Path::new(""));
    let found = read(&root, folder);
    root.end();
    let problems = problems.told();
    match found {
        Some(found) if problems.is_empty() => Ok(found),
        _ => Err(WantedError::Refused {
            path: path.to_owned(),
            problems,
        }),
    }
}

fn server(root: &Section<'_, '_>, folder: &Path, key: Option<&str>) -> Option<SecurityServer> {
    let section = root.section("security_server", true)?;
    let url = section.required_text("url", "\"https://security-server.example.fi:4000/api/v1\"");
    let uri = url.as_deref().and_then(|url| check::api_url(&section, url));
    let is_tls = uri
        .as_ref()
        .is_some_and(|uri| uri.scheme_str() == Some("https"));
    if is_tls {
        section.required("certificate", "\"security-server-admin.pem\"");
    }
    let certificate = section.text("certificate");
    let pin = certificate
        .as_ref()
        .and_then(|path| check::certificate(&section, "certificate", folder, path));
    let api_key_file = section.text("api_key_file");
    let key = check::key(&section, folder, api_key_file.as_deref(), key);
    let timeout_s = section.number("timeout_s", TIMEOUT_S_RANGE);
    let registration_wait_s = section.number("registration_wait_s", REGISTRATION_WAIT_S_RANGE);
    section.end();
    Some(SecurityServer {
        url: url?.trim_end_matches('/').to_owned(),
        uri: uri?,
        pin,
        key: key?,
        timeout_s: timeout_s.unwrap_or(TIMEOUT_S),
        registration_wait_s: registration_wait_s.unwrap_or(REGISTRATION_WAIT_S),
        certificate,
        api_key_file,
    })
}

fn wanted(root: &Section<'_, '_>, folder: &Path) -> Option<Wanted> {
    let subsystem = root.section("subsystem", true).map(|section| {
        let client = check::client(&section);
        let name = section.text("name");
        let connection_type = check::connection_type(&section);
        let certificates = check::own_certificates(&section, folder);
        let remove = section.boolean("remove_other_certificates");
        section.end();
        (
            client,
            name,
            connection_type,
            certificates,
            remove.unwrap_or(false),
        )
    });
    let wsdl = root.section("wsdl", true).map(|section| {
        let url = section.required_text("url", "\"https://adapter.example.fi:8443/xroad?wsdl\"");
        if let Some(url) = &url {
            check::url(&section, "url", url);
        }
        let enabled = section.boolean("enabled").unwrap_or(true);
        let notice = section.text("disabled_notice");
        if notice
            .as_ref()
            .is_some_and(|notice| notice.chars().count() > 255)
        {
            section.problem("disabled_notice", "write at most 255 characters");
        }
        section.end();
        (
            url,
            enabled,
            notice.unwrap_or_else(|| DISABLED_NOTICE.to_owned()),
        )
    });
    let settings = root.section("services", true).map(check::settings);
    let exceptions = check::exceptions(root, settings.as_ref().and_then(Option::as_ref));
    let rights = check::rights(root);
    let (client, name, connection_type, certificates, remove_other_certificates) = subsystem?;
    let (wsdl_url, enabled, disabled_notice) = wsdl?;
    Some(Wanted {
        client: client?,
        name,
        connection_type,
        certificates,
        remove_other_certificates,
        wsdl_url: wsdl_url?,
        enabled,
        disabled_notice,
        settings: settings??,
        exceptions,
        rights,
    })
}
