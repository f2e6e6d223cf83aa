//! What of a registration is well and what is not, with what only the adapter's side can know: whether its WSDL can be
//! fetched as the security server does it, and whether the certificate that it shows is the one that was uploaded.
//! Pure: it judges what was found out elsewhere.

use std::collections::BTreeSet;

use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use super::model::ServiceName;
use super::plan::{Plan, PlanError, our_description};
use super::present::{Description, Present, REGISTERED, Subsystem};
use super::wanted::Wanted;
use crate::outgoing::sha256_hex;

/// From so many days before its end on, a certificate is told of.
const DAYS_LEFT_MIN: i64 = 30;
const SECONDS_A_DAY: i64 = 86_400;

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Good,
    /// It works today.
    Warning,
    /// Messages fail, or will when the configuration is read again.
    Bad,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Good => "ok",
            Level::Warning => "warning",
            Level::Bad => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// A name for programs.
    pub name: &'static str,
    pub level: Level,
    pub text: String,
}

/// What was found out.
pub struct Facts<'a> {
    pub version: &'a str,
    pub present: &'a Present,
    /// The document's services, or why it cannot be used.
    pub wsdl: &'a Result<Vec<ServiceName>, String>,
    /// For each address of services: the certificate shown there (DER), or why there is none.
    pub shown: &'a [(String, Result<Vec<u8>, String>)],
    /// End of the security server's internal certificate, as the API writes it.
    pub internal_not_after: &'a str,
    pub plan: &'a Result<Plan, PlanError>,
    pub now: Timestamp,
}

/// Judges everything.
pub fn checks(wanted: &Wanted, facts: &Facts<'_>) -> Vec<Check> {
    let mut checks = Checks {
        wanted,
        facts,
        found: Vec::new(),
    };
    checks.all();
    checks.found
}

struct Checks<'a> {
    wanted: &'a Wanted,
    facts: &'a Facts<'a>,
    found: Vec<Check>,
}

impl Checks<'_> {
    fn add(&mut self, name: &'static str, level: Level, text: impl Into<String>) {
        self.found.push(Check {
            name,
            level,
            text: text.into(),
        });
    }

    fn all(&mut self) {
        let facts = self.facts;
        let server = format!("{} ({})", facts.present.server, facts.version);
        self.add("security_server", Level::Good, server);
        match &facts.present.subsystem {
            None => {
                let text = format!("there is no subsystem {}", self.wanted.client);
                self.add("subsystem", Level::Bad, text);
            }
            Some(subsystem) => self.subsystem(subsystem),
        }
        self.wsdl();
        for (url, shown) in facts.shown {
            self.shown(url, shown);
        }
        for own in &self.wanted.certificates {
            let what = format!("the certificate {}", own.path);
            self.expiry("certificate_expiry", &what, end_of(&own.certificate));
        }
        let internal = facts.internal_not_after.parse().ok();
        let what = "the security server's internal certificate, which the adapter may have pinned,";
        self.expiry("internal_certificate_expiry", what, internal);
        self.plan();
    }

    fn subsystem(&mut self, subsystem: &Subsystem) {
        let level = match subsystem.status == REGISTERED {
            true => Level::Good,
            false => Level::Bad,
        };
        let text = format!("{} is {}", self.wanted.client, subsystem.status);
        self.add("subsystem", level, text);
        let mut codes: BTreeSet<&str> = self.wanted.codes_named().collect();
        if let Ok(services) = self.facts.wsdl {
            codes.extend(services.iter().map(|service| service.code.as_str()));
        }
        match our_description(self.wanted, subsystem, &codes) {
            None => self.add("services", Level::Bad, "the WSDL was not added"),
            Some(description) => self.description(description),
        }
    }

    fn description(&mut self, description: &Description) {
        match (description.disabled, self.wanted.enabled) {
            (false, true) => self.add("enabled", Level::Good, "the services are switched on"),
            (true, false) => {
                let text = format!(
                    "the services are switched off, as they should be: {}",
                    description.disabled_notice
                );
                self.add("enabled", Level::Good, text);
            }
            (true, true) => {
                let text = format!(
                    "the services are switched OFF: {}",
                    description.disabled_notice
                );
                self.add("enabled", Level::Bad, text);
            }
            (false, false) => self.add(
                "enabled",
                Level::Bad,
                "the services are switched on, and should be off",
            ),
        }
        let Ok(published) = self.facts.wsdl else {
            return;
        };
        let registered: Vec<&ServiceName> =
            description.services.iter().map(|it| &it.name).collect();
        let new = published.iter().filter(|it| !registered.contains(it));
        let gone = registered.iter().filter(|it| !published.contains(it));
        let new: Vec<String> = new.map(ToString::to_string).collect();
        let gone: Vec<String> = gone.map(ToString::to_string).collect();
        if new.is_empty() && gone.is_empty() {
            let text = format!(
                "the {} services of the WSDL are registered",
                registered.len()
            );
            return self.add("services", Level::Good, text);
        }
        let list = |names: &[String]| match names {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        let text = format!(
            "the security server has not read the WSDL since it changed (new: {}; gone: {}): `apply` has it read again",
            list(&new),
            list(&gone)
        );
        self.add("services", Level::Bad, text);
    }

    fn wsdl(&mut self) {
        let url = &self.wanted.wsdl_url;
        match self.facts.wsdl {
            Ok(_) => self.add(
                "wsdl",
                Level::Good,
                format!("{url} can be fetched from here"),
            ),
            Err(reason) => self.add("wsdl", Level::Bad, format!("{url}: {reason}")),
        }
    }

    /// The security server compares the certificate byte by byte with those uploaded, and nothing else.
    fn shown(&mut self, url: &str, shown: &Result<Vec<u8>, String>) {
        let der = match shown {
            Ok(der) => der,
            Err(reason) => {
                return self.add("served_certificate", Level::Bad, format!("{url}: {reason}"));
            }
        };
        let sha256 = sha256_hex(der);
        let subsystem = self.facts.present.subsystem.as_ref();
        let mut uploaded = subsystem.iter().flat_map(|it| &it.certificates);
        let settings = self.wanted.exceptions.iter().filter_map(|it| it.verify_tls);
        let is_verified = self.wanted.settings.verify_tls || settings.into_iter().any(|it| it);
        let (level, text) = if uploaded.any(|it| it.sha256 == sha256) {
            (Level::Good, "is one of those uploaded")
        } else if is_verified {
            (Level::Bad, "is none of those uploaded: calls fail")
        } else {
            (
                Level::Warning,
                "is none of those uploaded: calls fail once verify_tls is on",
            )
        };
        let text = format!("the certificate shown at {url}, SHA-256 {sha256}, {text}");
        self.add("served_certificate", level, text);
        let end = X509::from_der(der).ok().as_ref().and_then(end_of);
        let what = format!("the certificate shown at {url}");
        self.expiry("served_certificate_expiry", &what, end);
    }

    fn expiry(&mut self, name: &'static str, what: &str, end: Option<Timestamp>) {
        let Some(end) = end else {
            return self.add(
                name,
                Level::Warning,
                format!("{what} has no end that can be read"),
            );
        };
        let left_s = end.as_second() - self.facts.now.as_second();
        let level = match left_s {
            ..0 => Level::Bad,
            _ if left_s < DAYS_LEFT_MIN * SECONDS_A_DAY => Level::Warning,
            _ => Level::Good,
        };
        let days = left_s.div_euclid(SECONDS_A_DAY);
        self.add(
            name,
            level,
            format!("{what} is valid until {end} ({days} days)"),
        );
    }

    fn plan(&mut self) {
        match self.facts.plan {
            Ok(plan) if plan.steps.is_empty() => {
                self.add("plan", Level::Good, "all is as the file says")
            }
            Ok(plan) => {
                let text = format!("{} steps are to be done: see `plan`", plan.steps.len());
                self.add("plan", Level::Bad, text);
            }
            Err(error) => self.add("plan", Level::Bad, error.to_string()),
        }
    }
}

/// When a certificate ends.
fn end_of(certificate: &X509) -> Option<Timestamp> {
    let epoch = Asn1Time::from_unix(0).ok()?;
    let left = epoch.diff(certificate.not_after()).ok()?;
    let seconds = i64::from(left.days) * SECONDS_A_DAY + i64::from(left.secs);
    Timestamp::from_second(seconds).ok()
}
