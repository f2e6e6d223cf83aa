//! The difference between what should be and what is there, as steps in the order that works. Pure.
//!
//! The order: switched off first; then the subsystem and its registration; certificates before anything that verifies
//! TLS; the WSDL before its services, services before rights; what goes away after what comes; switched on last.

mod step;

use std::collections::{BTreeMap, BTreeSet};

pub use step::{Group, Sign, Step};

use super::model::{ServiceName, Subject};
use super::present::{Description, Present, REGISTERED, Subsystem};
use super::wanted::Wanted;

/// Statuses on the way to [`REGISTERED`].
const SAVED: &str = "SAVED";
const IN_PROGRESS: [&str; 2] = ["REGISTRATION_IN_PROGRESS", "ENABLING_IN_PROGRESS"];

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What one should know and nothing is done about.
    pub notes: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this cannot be done:\n  {}", .0.join("\n  "))]
pub struct PlanError(pub Vec<String>);

/// What is known of the WSDL beside what the security server has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published<'a> {
    /// Its services, fetched from its address just now.
    Services(&'a [ServiceName]),
    /// It could not be fetched from here. The security server may well be able to.
    Unreachable,
    /// The security server has just read it: what it has is what there is.
    JustRead,
}

/// Compares.
pub fn plan(
    wanted: &Wanted,
    present: &Present,
    published: Published<'_>,
) -> Result<Plan, PlanError> {
    let nothing = Subsystem::default();
    let mut planner = Planner {
        wanted,
        subsystem: present.subsystem.as_ref().unwrap_or(&nothing),
        is_there: present.subsystem.is_some(),
        published,
        plan: Plan::default(),
        problems: Vec::new(),
    };
    if present.instance != wanted.client.instance {
        planner.problems.push(format!(
            "the security server {} belongs to the X-Road instance {}, and subsystem.instance is {}",
            present.server, present.instance, wanted.client.instance
        ));
        return Err(PlanError(planner.problems));
    }
    planner.all();
    match planner.problems.is_empty() {
        true => Ok(planner.plan),
        false => Err(PlanError(planner.problems)),
    }
}

/// The description at our address, or one that has services of ours and so must be changed to it: the security
/// server takes no service twice.
pub fn our_description<'s>(
    wanted: &Wanted,
    subsystem: &'s Subsystem,
    codes: &BTreeSet<&str>,
) -> Option<&'s Description> {
    let all = &subsystem.descriptions;
    let at_address = all
        .iter()
        .find(|it| it.url.eq_ignore_ascii_case(&wanted.wsdl_url));
    let of_services = || {
        all.iter().find(|it| {
            let mut services = it.services.iter();
            services.any(|service| codes.contains(service.name.code.as_str()))
        })
    };
    at_address.or_else(of_services)
}

struct Planner<'a> {
    wanted: &'a Wanted,
    subsystem: &'a Subsystem,
    is_there: bool,
    published: Published<'a>,
    plan: Plan,
    problems: Vec<String>,
}

impl<'a> Planner<'a> {
    fn step(&mut self, step: Step) {
        self.plan.steps.push(step);
    }

    fn all(&mut self) {
        let (wanted, subsystem, published) = (self.wanted, self.subsystem, self.published);
        let mut codes: BTreeSet<&str> = wanted.codes_named().collect();
        if let Published::Services(services) = published {
            codes.extend(services.iter().map(|service| service.code.as_str()));
        }
        let description = our_description(wanted, subsystem, &codes);
        self.disable(description);
        self.subsystem();
        self.certificates();
        let expected = self.description(description);
        self.unknown_services(&expected, description.is_some());
        self.services(&expected, description);
        self.rights(&expected, description);
        self.other_certificates();
        if wanted.enabled && description.is_none_or(|it| it.disabled) {
            self.step(Step::Enable {
                description: description.map(|it| it.id.clone()),
            });
        }
        self.notes(description);
    }

    /// Switches off what should be off. A new WSDL comes switched off, with a notice of its own.
    fn disable(&mut self, description: Option<&Description>) {
        let notice = &self.wanted.disabled_notice;
        let Some(description) = description.filter(|_| !self.wanted.enabled) else {
            return;
        };
        if !description.disabled || description.disabled_notice != *notice {
            self.step(Step::Disable {
                description: description.id.clone(),
                notice: notice.clone(),
            });
        }
    }

    fn subsystem(&mut self) {
        let wanted = self.wanted;
        if !self.is_there {
            self.step(Step::CreateSubsystem);
            self.step(Step::Register);
            return;
        }
        match self.subsystem.status.as_str() {
            REGISTERED => {}
            SAVED => self.step(Step::Register),
            status if IN_PROGRESS.contains(&status) => self.step(Step::AwaitRegistration),
            status => self.problems.push(format!(
                "the subsystem {} has the status {status} at the security server, from which nothing here leads on: have \
                 its administrator resolve that first",
                wanted.client
            )),
        }
        let (is, should) = (self.subsystem.connection_type, wanted.connection_type);
        if let Some(to) = should.filter(|to| is != Some(*to)) {
            self.step(Step::SetConnectionType { from: is, to });
        }
    }

    fn certificates(&mut self) {
        for (index, own) in self.wanted.certificates.iter().enumerate() {
            let mut uploaded = self.subsystem.certificates.iter();
            if !uploaded.any(|it| it.sha256 == own.sha256) {
                self.step(Step::UploadCertificate {
                    index,
                    path: own.path.clone(),
                    sha256: own.sha256.clone(),
                });
            }
        }
    }

    fn other_certificates(&mut self) {
        let wanted = self.wanted;
        for uploaded in &self.subsystem.certificates {
            let mut own = wanted.certificates.iter();
            if own.any(|it| it.sha256 == uploaded.sha256) {
                continue;
            }
            if wanted.remove_other_certificates {
                self.step(Step::RemoveCertificate {
                    sha256: uploaded.sha256.clone(),
                    subject: uploaded.subject.clone(),
                });
            } else {
                self.plan.notes.push(format!(
                    "the subsystem also has the certificate {} of {}, valid until {}: it stays \
                     (subsystem.remove_other_certificates)",
                    uploaded.sha256, uploaded.subject, uploaded.not_after
                ));
            }
        }
    }

    /// Plans for the WSDL itself, and gives the services that will be there then.
    fn description(&mut self, description: Option<&Description>) -> Vec<ServiceName> {
        let url = &self.wanted.wsdl_url;
        let present: Vec<ServiceName> = description
            .iter()
            .flat_map(|it| it.services.iter().map(|service| service.name.clone()))
            .collect();
        let expected = match self.published {
            Published::Services(services) => services.to_vec(),
            Published::Unreachable | Published::JustRead => present.clone(),
        };
        let only = |these: &[ServiceName], those: &[ServiceName]| -> Vec<ServiceName> {
            let rest = these.iter().filter(|it| !those.contains(it));
            rest.cloned().collect()
        };
        let (added, removed) = (only(&expected, &present), only(&present, &expected));
        let Some(description) = description else {
            self.step(Step::AddDescription {
                url: url.clone(),
                services: expected.clone(),
            });
            return expected;
        };
        // Services that only the file knows may be in the WSDL by now.
        let may_be_new =
            self.published == Published::Unreachable && !self.unknown_codes(&expected).is_empty();
        if !description.url.eq_ignore_ascii_case(url) {
            self.step(Step::ChangeUrl {
                description: description.id.clone(),
                from: description.url.clone(),
                to: url.clone(),
                added,
                removed,
            });
        } else if may_be_new || !added.is_empty() || !removed.is_empty() {
            self.step(Step::Refresh {
                description: description.id.clone(),
                added,
                removed,
            });
        }
        expected
    }

    fn unknown_codes(&self, expected: &[ServiceName]) -> Vec<&'a str> {
        let mut codes: Vec<&str> = self.wanted.codes_named().collect();
        codes.retain(|code| !expected.iter().any(|service| service.code == *code));
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Services that the file names and the WSDL has not: a problem once the WSDL is known.
    fn unknown_services(&mut self, expected: &[ServiceName], is_described: bool) {
        if self.published == Published::Unreachable {
            let what = match is_described {
                true => {
                    "whether its services are still those that the security server has is not known"
                }
                false => "which services it has shows once the security server has read it",
            };
            self.plan.notes.push(format!(
                "the WSDL {} could not be fetched from here: {what}",
                self.wanted.wsdl_url
            ));
            return;
        }
        for code in self.unknown_codes(expected) {
            self.problems.push(format!(
                "the file names the service {code}, and the WSDL {} has no such service",
                self.wanted.wsdl_url
            ));
        }
    }

    fn services(&mut self, expected: &[ServiceName], description: Option<&Description>) {
        for name in expected {
            let services = description.map_or(&[][..], |it| &it.services);
            let present = services.iter().find(|service| service.name == *name);
            let to = self.wanted.settings_of(name);
            if present.is_none_or(|service| service.settings != to) {
                self.step(Step::SetService {
                    id: present.map(|service| service.id.clone()),
                    name: name.clone(),
                    from: present.map(|service| service.settings.clone()),
                    to,
                });
            }
        }
    }

    /// Rights are of codes, without a version, as X-Road keeps them.
    fn rights(&mut self, expected: &[ServiceName], description: Option<&Description>) {
        let expected: BTreeSet<&str> = expected.iter().map(|it| it.code.as_str()).collect();
        let mut wanted: BTreeMap<&Subject, BTreeSet<&str>> = BTreeMap::new();
        for right in &self.wanted.rights {
            let codes = wanted.entry(&right.subject).or_default();
            match &right.services {
                Some(named) => codes.extend(named.iter().map(String::as_str)),
                None => codes.extend(&expected),
            }
        }
        let mut present: BTreeMap<&Subject, BTreeSet<&str>> = BTreeMap::new();
        for service in description.iter().flat_map(|it| &it.services) {
            // Rights to a service that the WSDL loses go with it.
            if !expected.contains(service.name.code.as_str()) {
                continue;
            }
            for subject in &service.subjects {
                present
                    .entry(subject)
                    .or_default()
                    .insert(&service.name.code);
            }
        }
        let nothing = BTreeSet::new();
        let lacking = |these: &BTreeMap<&Subject, BTreeSet<&str>>,
                       those: &BTreeMap<&Subject, BTreeSet<&str>>| {
            let groups = these.iter().map(|(subject, codes)| Group {
                subject: (*subject).clone(),
                services: codes
                    .difference(those.get(subject).unwrap_or(&nothing))
                    .map(|code| (*code).to_owned())
                    .collect(),
            });
            let groups: Vec<Group> = groups.filter(|it| !it.services.is_empty()).collect();
            groups
        };
        let (given, taken) = (lacking(&wanted, &present), lacking(&present, &wanted));
        for group in given {
            self.check_subject(&group.subject);
            self.step(Step::Give(group));
        }
        for group in taken {
            self.step(Step::Take(group));
        }
    }

    fn check_subject(&mut self, subject: &Subject) {
        if !self.is_there {
            return;
        }
        match subject {
            Subject::LocalGroup { code } if !self.subsystem.local_groups.contains_key(code) => {
                self.problems.push(format!(
                    "the subsystem has no {subject} at this security server: make it there (Local groups), or correct the file"
                ));
            }
            Subject::LocalGroup { .. } => {}
            _ => {
                let candidates = self.subsystem.candidates.as_ref();
                if candidates.is_some_and(|known| !known.contains(subject)) {
                    self.problems.push(format!(
                        "the X-Road instance knows no {subject}: correct it, or remove its [[right]] until it is registered"
                    ));
                }
            }
        }
    }

    fn notes(&mut self, description: Option<&Description>) {
        if !self.is_there && !self.wanted.rights.is_empty() {
            let note = "whether the subjects of rights are known shows once the subsystem is there";
            self.plan.notes.push(note.to_owned());
        }
        let (is, should) = (self.subsystem.name.as_ref(), self.wanted.name.as_ref());
        if self.is_there && should.is_some() && is != should {
            self.plan.notes.push(format!(
                "the subsystem's name at the security server is {}: it counts when the subsystem is made, and is changed by hand",
                is.map_or("not set", String::as_str)
            ));
        }
        for service in description.iter().flat_map(|it| &it.services) {
            for stranger in &service.strangers {
                self.plan.notes.push(format!(
                    "{stranger} has the right to {}, and is of a kind that this program does not know: it is left \
                     alone; look at it, and take it by hand where it should not be",
                    service.name.code
                ));
            }
        }
        for other in &self.subsystem.descriptions {
            if Some(&other.id) != description.map(|it| &it.id) {
                let note = format!(
                    "the subsystem also has the WSDL {}: it is left alone",
                    other.url
                );
                self.plan.notes.push(note);
            }
        }
    }
}

#[cfg(test)]
mod tests;
