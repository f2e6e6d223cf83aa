//! `security-server plan|apply|status|export` against a stand-in of a security server: over TLS, and with
//! `PSOP_TEST_PRISM` through Prism, which holds X-Road's own OpenAPI document against every request and answer.
//! Whatever a test runs, the API key is in nothing that was printed.

mod agreed;
mod drifted;
mod exported;
mod fresh;
mod refused;
mod resumed;
mod status;
mod wire;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::operator::Told;
use crate::support::security_server::publisher::Publisher;
use crate::support::security_server::state::{Description, Service};
use crate::support::security_server::{StandIn, Subsystem, prism, read_services};
use crate::support::server::program;

/// Our subsystem, in the API's writing.
const ID: &str = "FI-TEST:MUN:0204819-8:psop";
/// Services of the published WSDL.
const SERVICES: [&str; 7] = [
    "getOstovoima",
    "getServiceEvents",
    "postDentalPurchasingPower",
    "postDentalServiceEvent",
    "postPurchasingPower",
    "postSaldoPurchasingPower",
    "postServiceEvent",
];
/// Steps from nothing to everything: the subsystem, its registration, a certificate, the WSDL, its services, three
/// subjects, switched on.
const STEPS_FRESH: usize = 8 + SERVICES.len();

/// A stand-in, a publisher of the WSDL, and a folder with a registration file.
struct Scene {
    stand_in: StandIn,
    publisher: Publisher,
    folder: TempDir,
    text: String,
}

impl Scene {
    /// Nothing is there yet.
    fn new() -> Scene {
        let scene = Scene::over_tls();
        match prism::in_front_of(&scene.stand_in.shared()) {
            None => scene,
            Some(url) => scene.edited(|text| {
                let of_tls = text.lines().skip(1).take(2).collect::<Vec<_>>().join("\n");
                text.replace(&of_tls, &format!("url = \"{url}\""))
            }),
        }
    }

    /// The same, never through Prism: for what only the wire shows.
    fn over_tls() -> Scene {
        let (stand_in, publisher) = (StandIn::start(), Publisher::start());
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes);
        write("server.pem", &stand_in.certificate.to_pem().unwrap()).unwrap();
        write("adapter.pem", &publisher.certificate().to_pem().unwrap()).unwrap();
        let key = stand_in.state().key.clone();
        write("api.key", format!("{key}\n").as_bytes()).unwrap();
        let scene = Scene {
            text: file(&stand_in.url, &publisher),
            stand_in,
            publisher,
            folder,
        };
        scene.set_mode("api.key", 0o600);
        scene.edited(|text| text)
    }

    /// All is as the file says; a test of its own proves that `apply` leaves just this.
    fn registered() -> Scene {
        let scene = Scene::new();
        scene.register();
        scene
    }

    fn register(&self) {
        let (all, two, one) = (&SERVICES[..], &[0, 3][..], &SERVICES[..1]);
        let two: Vec<&str> = two.iter().map(|index| SERVICES[*index]).collect();
        let mut rights: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (subject, codes) in [
            ("FI-TEST:MUN:0204819-8:paikky", all),
            ("FI-TEST:COM:9000007-0:care", &two),
            ("FI-TEST:psop-providers", one),
        ] {
            for code in codes {
                let subjects = rights.entry((*code).to_owned()).or_default();
                subjects.insert(subject.to_owned());
            }
        }
        let mut state = self.stand_in.state();
        let mut services = read_services(&self.publisher.wsdl());
        for service in &mut services {
            service.url = self.publisher.url();
            service.timeout = if service.code == "getServiceEvents" {
                120
            } else {
                90
            };
            service.ssl_auth = Some(true);
        }
        let description = Description {
            id: state.id(),
            url: self.publisher.wsdl_url(),
            disabled: false,
            disabled_notice: "Out of order".to_owned(),
            services,
        };
        let subsystem = Subsystem {
            name: Some("Palvelusetelit".to_owned()),
            status: "REGISTERED".to_owned(),
            connection_type: "HTTPS".to_owned(),
            certificates: vec![self.publisher.certificate().to_der().unwrap()],
            descriptions: vec![description],
            local_groups: Vec::new(),
            rights,
        };
        state.subsystems.insert(ID.to_owned(), subsystem);
    }

    fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.path(name), permissions).unwrap();
    }

    /// Writes the file anew, changed.
    fn edited(mut self, edit: impl FnOnce(String) -> String) -> Scene {
        self.edit(edit);
        self
    }

    fn edit(&mut self, edit: impl FnOnce(String) -> String) {
        self.text = edit(std::mem::take(&mut self.text));
        std::fs::write(self.path("registration.toml"), &self.text).unwrap();
    }

    /// Replaces text that must be there.
    #[track_caller]
    fn replace(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "no {from} in {}", self.text);
        self.edit(|text| text.replace(from, to));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command on a file. The key must be in nothing that it prints.
    #[track_caller]
    fn run_on(&self, file: &str, command: &[&str]) -> Told {
        let mut program = program();
        program.env("RUST_LOG", "trace").arg("security-server");
        program.args(command).arg("--file").arg(self.path(file));
        let told = Told::of(&program.output().unwrap());
        let key = self.stand_in.state().key.clone();
        assert!(!told.out.contains(&key) && !told.err.contains(&key));
        assert!(!told.out.contains('\x1b'), "colours where nobody sees them");
        told
    }

    #[track_caller]
    fn run(&self, command: &[&str]) -> Told {
        self.run_on("registration.toml", command)
    }

    #[track_caller]
    fn apply(&self, more: &[&str]) -> Told {
        self.run(&[&["apply", "--yes"], more].concat())
    }

    /// The titles of the steps that a plan has, with their signs.
    #[track_caller]
    fn planned(&self) -> Vec<String> {
        let told = self.run(&["plan"]);
        let is_step = |line: &&str| ["+ ", "~ ", "- "].iter().any(|sign| line.starts_with(sign));
        let steps = told.out.lines().filter(is_step).map(str::to_owned);
        let steps: Vec<String> = steps.collect();
        assert_eq!(told.code, if steps.is_empty() { 0 } else { 3 }, "{told:?}");
        steps
    }

    /// Bends the subsystem as somebody at the security server's own pages would.
    fn by_hand(&self, change: impl FnOnce(&mut Subsystem)) {
        change(self.stand_in.state().subsystems.get_mut(ID).unwrap());
    }

    fn subsystem(&self) -> Subsystem {
        self.stand_in.state().subsystems[ID].clone()
    }

    fn service(&self, code: &str) -> Service {
        let subsystem = self.subsystem();
        let mut services = subsystem.descriptions.iter().flat_map(|it| &it.services);
        services
            .find(|service| service.code == code)
            .unwrap()
            .clone()
    }

    fn changes(&self) -> Vec<String> {
        self.stand_in.state().changes.clone()
    }
}

fn file(url: &str, publisher: &Publisher) -> String {
    format!(
        r#"[security_server]
url = "{url}"
certificate = "server.pem"
api_key_file = "api.key"
registration_wait_s = 60

[subsystem]
instance = "FI-TEST"
member_class = "MUN"
member_code = "0204819-8"
code = "psop"
name = "Palvelusetelit"
connection_type = "HTTPS"
certificates = ["adapter.pem"]

[wsdl]
url = "{}"

[services]
url = "{}"
timeout_s = 90
verify_tls = true

[[service]]
code = "getServiceEvents"
timeout_s = 120

[[right]]
subsystem = "FI-TEST/MUN/0204819-8/paikky"

[[right]]
subsystem = "FI-TEST/COM/9000007-0/care"
services = ["getOstovoima", "postDentalServiceEvent"]

[[right]]
global_group = "FI-TEST/psop-providers"
services = ["getOstovoima"]
"#,
        publisher.wsdl_url(),
        publisher.url()
    )
}
