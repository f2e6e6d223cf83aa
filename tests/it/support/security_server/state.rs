//! What the stand-in holds, and how a test bends it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use openssl::x509::X509;
use serde_json::{Value, json};

use super::publisher::Publisher;
use crate::support::listener::certificate;

/// A security server's limits for one address.
const A_SECOND: usize = 20;
const A_MINUTE: usize = 600;

/// An answer that a test put in the way of the next request of its kind.
pub struct Scripted {
    /// The request's first line begins so.
    pub line: String,
    pub times: usize,
    pub status: u16,
    pub body: Option<Vec<u8>>,
    pub retry_after: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsystem {
    pub name: Option<String>,
    pub status: String,
    pub connection_type: String,
    /// In DER.
    pub certificates: Vec<Vec<u8>>,
    pub descriptions: Vec<Description>,
    /// Number and code.
    pub local_groups: Vec<(String, String)>,
    /// Subjects (the API's ids) by service code.
    pub rights: BTreeMap<String, BTreeSet<String>>,
}

impl Subsystem {
    /// The same with a publisher's address and certificate taken out, and so comparable with that of another.
    pub fn of(mut self, publisher: &Publisher) -> Subsystem {
        let own = publisher.certificate().to_der().unwrap();
        for certificate in self.certificates.iter_mut().filter(|it| **it == own) {
            certificate.clear();
        }
        let address = publisher.address.to_string();
        for description in &mut self.descriptions {
            description.url = description.url.replace(&address, "adapter");
            for service in &mut description.services {
                service.url = service.url.replace(&address, "adapter");
            }
        }
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub id: String,
    pub url: String,
    pub disabled: bool,
    pub disabled_notice: String,
    pub services: Vec<Service>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub code: String,
    pub version: Option<String>,
    pub title: Option<String>,
    pub url: String,
    pub timeout: u64,
    pub ssl_auth: Option<bool>,
}

impl Service {
    pub fn full(&self) -> String {
        match &self.version {
            Some(version) => format!("{}.{version}", self.code),
            None => self.code.clone(),
        }
    }
}

pub struct State {
    pub key: String,
    pub instance: String,
    pub subsystems: BTreeMap<String, Subsystem>,
    /// Members of the X-Road instance.
    pub members: Vec<String>,
    /// Subjects of the X-Road instance: id and type.
    pub subjects: Vec<(String, &'static str)>,
    /// The internal certificate.
    pub internal: X509,
    /// Of a subsystem that is made; one that another security server registered is so here too.
    pub status_of_new: &'static str,
    /// How often a subsystem that is being registered is looked at before it is; `None` is never.
    pub looks_until_registered: Option<usize>,
    /// Warnings for requests whose first line begins so.
    pub warnings: Vec<(String, String, Vec<String>)>,
    pub scripted: Vec<Scripted>,
    /// Every request, as `METHOD path`, and those that changed something.
    pub requests: Vec<String>,
    pub changes: Vec<String>,
    /// Breaks off for good after so many changes, the last one done and not acknowledged.
    pub break_after: Option<usize>,
    pub is_broken: bool,
    /// Whether answers are as the OpenAPI document has them where the real server differs.
    pub by_the_document: bool,
    pub too_often: usize,
    pub next_id: u64,
    begun: VecDeque<Instant>,
}

impl State {
    pub fn new() -> State {
        State {
            key: uuid::Uuid::new_v4().to_string(),
            instance: "FI-TEST".to_owned(),
            subsystems: BTreeMap::new(),
            members: vec!["MUN:0204819-8".to_owned()],
            subjects: vec![
                ("FI-TEST:MUN:0204819-8:paikky".to_owned(), "SUBSYSTEM"),
                ("FI-TEST:COM:9000007-0:care".to_owned(), "SUBSYSTEM"),
                ("FI-TEST:psop-providers".to_owned(), "GLOBALGROUP"),
            ],
            internal: certificate("internal", (-1, 365)).0,
            status_of_new: "SAVED",
            looks_until_registered: Some(1),
            warnings: Vec::new(),
            scripted: Vec::new(),
            requests: Vec::new(),
            changes: Vec::new(),
            break_after: None,
            is_broken: false,
            by_the_document: false,
            too_often: 0,
            next_id: 100,
            begun: VecDeque::new(),
        }
    }

    pub fn id(&mut self) -> String {
        self.next_id += 1;
        self.next_id.to_string()
    }

    /// The next request that begins so is answered so.
    pub fn script(&mut self, line: &str, status: u16, body: Option<&str>) -> &mut Scripted {
        self.scripted.push(Scripted {
            line: line.to_owned(),
            times: 1,
            status,
            body: body.map(|body| body.as_bytes().to_vec()),
            retry_after: None,
        });
        self.scripted.last_mut().unwrap()
    }

    pub fn warn(&mut self, line: &str, code: &str, metadata: &[&str]) {
        let metadata = metadata.iter().map(|text| (*text).to_owned());
        self.warnings
            .push((line.to_owned(), code.to_owned(), metadata.collect()));
    }

    /// Warnings that a test wants for a request.
    pub fn warnings_for(&self, line: &str) -> Vec<(String, Vec<String>)> {
        let meant = self.warnings.iter().filter(|it| line.starts_with(&it.0));
        meant.map(|it| (it.1.clone(), it.2.clone())).collect()
    }

    pub(super) fn scripted(&mut self, line: &str) -> Option<Scripted> {
        let found = self
            .scripted
            .iter()
            .position(|it| line.starts_with(&it.line))?;
        let scripted = &mut self.scripted[found];
        if scripted.times > 1 {
            scripted.times -= 1;
            return Some(Scripted {
                line: scripted.line.clone(),
                body: scripted.body.clone(),
                ..*scripted
            });
        }
        Some(self.scripted.remove(found))
    }

    /// Whether this request is one more than the limits allow.
    pub(super) fn is_too_often(&mut self) -> bool {
        let now = Instant::now();
        let within = |begun: &VecDeque<Instant>, seconds| {
            let recent = begun
                .iter()
                .filter(|at| now - **at < Duration::from_secs(seconds));
            recent.count()
        };
        if within(&self.begun, 1) >= A_SECOND || within(&self.begun, 60) >= A_MINUTE {
            return true;
        }
        self.begun.push_back(now);
        false
    }

    pub(super) fn server_json(&self) -> Value {
        json!({
            "id": format!("{}:MUN:0204819-8:ss1", self.instance),
            "instance_id": self.instance,
            "member_class": "MUN",
            "member_code": "0204819-8",
            "server_code": "ss1",
            "server_address": "ss1.example.fi",
        })
    }

    /// The description with an id, and whose it is.
    pub(super) fn description(&mut self, id: &str) -> Option<(String, &mut Description)> {
        self.subsystems.iter_mut().find_map(|(client, subsystem)| {
            let mut descriptions = subsystem.descriptions.iter_mut();
            let found = descriptions.find(|it| it.id == id)?;
            Some((client.clone(), found))
        })
    }
}
