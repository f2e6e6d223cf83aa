//! The sled store from outside and, where files or failures matter, from inside. Here is what the
//! tests share.
//!
//! `commit` expectations, batches, limits · `files` what opening refuses and accepts · `failure` damage,
//! failing syncs, panics · `damage` a table of damaged files · `wholeness` logs put together by hand · `privacy` what stands in the files, the access chain · `facts`, `registry`,
//! `misses` reads · `events` their places, the feed, the ledger · `check`, `check_records` and `audit` what they find in a store
//! that was tampered with · `format` the stored bytes · `rekey` keys and formats changed in use · `backup` backups,
//! restores, copies.

mod audit;
mod backup;
mod check;
mod check_records;
mod check_settlements;
mod commit;
mod damage;
mod events;
mod facts;
mod failure;
mod files;
mod format;
mod history;
mod misses;
mod privacy;
mod registry;
mod rekey;
mod tamper;
mod wholeness;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use tempfile::TempDir;

use super::committer::SyncLog;
use super::{Options, SledStore};
use crate::domain::access::{AccessEntry, DataClass};
use crate::domain::business_id::BusinessId;
use crate::domain::client::ClientId;
use crate::domain::customer::{Customer, Language};
use crate::domain::dated::Dated;
use crate::domain::event_id::EventId;
use crate::domain::money::{Cents, Quantity};
use crate::domain::national_code::MunicipalityCode;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::period::Period;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::{
    Content, Decision, Ordinary, OrdinaryValue, Providers, PurchasingPower, ValueBasis,
};
use crate::domain::registry::{Instrument, LegalBasis, OrganiserCode, Unit};
use crate::secrets::{KeyFilePolicy, MasterKey};
use crate::store::{
    About, Change, Effect, EventsWanted, GrantFacts, GrantQuery, KeptAnswer, MessageKey,
    ReferenceKey, Store, StoreError, Subject,
};

const CHILD: &str = "150318A902U";
const OTHER: &str = "010594Y9032";

/// A folder with a key file, a store's place, and no store yet.
struct Place {
    folder: TempDir,
    options: Options,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            path: folder.path().join("deep/store"),
            cache_bytes: 16 * 1024 * 1024,
            commit_queue_max: 1024,
            commit_batch_max: 256,
        };
        Place { folder, options }
    }

    fn store_path(&self) -> &Path {
        &self.options.path
    }

    fn key_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn master(&self, name: &str) -> MasterKey {
        let policy = KeyFilePolicy {
            create_missing: true,
            refuse_exposed: true,
        };
        MasterKey::load(&self.key_file(name), policy).unwrap()
    }

    fn try_open(&self) -> Result<SledStore, StoreError> {
        SledStore::open(&self.options, &self.master("master.key"))
    }

    fn open(&self) -> SledStore {
        self.try_open().unwrap()
    }

    fn open_syncing_by(&self, sync_log: SyncLog) -> SledStore {
        SledStore::open_syncing_by(&self.options, &self.master("master.key"), sync_log).unwrap()
    }

    /// Text of the refusal to open.
    fn refusal(&self) -> String {
        match self.try_open() {
            Ok(_) => panic!("the store opened"),
            Err(error) => error.to_string(),
        }
    }
}

/// A sync that waits for leave, and says when it waits.
struct Gate {
    leave: Sender<()>,
    waiting: Receiver<()>,
}

impl Gate {
    /// The first sync, that of the open, has its leave already.
    fn new() -> (SyncLog, Gate) {
        let (leave, leaves) = channel();
        let (waits, waiting) = channel();
        leave.send(()).unwrap();
        let sync_log: SyncLog = Box::new(move |file| {
            let _ = waits.send(());
            // Once the gate is gone every sync may pass.
            let _ = leaves.recv();
            file.sync_data()
        });
        (sync_log, Gate { leave, waiting })
    }

    fn wait_for_sync(&self) {
        self.waiting.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    fn let_pass(&self) {
        self.leave.send(()).unwrap();
    }
}

fn turku() -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
}

fn person(text: &str) -> PersonId {
    PersonId::parse(text, date(2026, 1, 1)).unwrap()
}

fn number(bits: u64) -> PurchasingPowerNumber {
    PurchasingPowerNumber::from_bits(bits)
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

fn client() -> ClientId {
    ClientId::parse("FI-TEST/MUN/0204819-8/paikky").unwrap()
}

fn entry() -> AccessEntry {
    AccessEntry {
        at: instant(0),
        message_id: "message-4711".to_owned(),
        client: client(),
        represented_party: None,
        user_id: Some("Matti Meikalainen".to_owned()),
        service: "postPurchasingPower".to_owned(),
        purpose: Some("GRANT"),
        organiser: Some(turku()),
        persons: vec![person(CHILD)],
        numbers: vec![number(1)],
        events: vec![EventId::from_bytes([8; 16])],
        data_class: DataClass::Payment,
        result: "OK".to_owned(),
        reason: None,
        rows_returned: 1,
        replayed: false,
        mandate: None,
    }
}

fn customer(id: &str, version: u64) -> Customer {
    Customer {
        organiser: turku(),
        person_id: person(id),
        given_names: "Aino Ilona".to_owned(),
        family_name: "Korhonen-Virtanen".to_owned(),
        language: Some(Language::Sv),
        municipality_of_residence: MunicipalityCode::parse("286"),
        non_disclosure: true,
        version,
    }
}

fn grant(bits: u64, service_code: &str) -> PurchasingPower {
    PurchasingPower {
        number: number(bits),
        organiser: turku(),
        service_code: service_code.to_owned(),
        instrument: Instrument::Voucher,
        valid_from: date(2026, 2, 1),
        valid_to: date(2026, 7, 31),
        decision: Decision {
            reference: "paatos-7/2026".to_owned(),
            date: date(2026, 1, 15),
            legal_basis: LegalBasis::Psl569Of2009,
            value_basis: ValueBasis::Flat,
            osva_doc_oid: None,
            care_plan_ref: None,
            contract_ref: None,
            note: Some("asuu isoaidin luona".to_owned()),
        },
        providers: Dated::from(
            date(2026, 2, 1),
            Providers {
                chosen: BusinessId::parse("9000001-1").ok(),
                allowed: vec![],
            },
        ),
        content: Content::Ordinary(Ordinary {
            unit: Unit::H,
            period: Period::Month,
            values: Dated::from(
                date(2026, 2, 1),
                OrdinaryValue {
                    quantity_per_period: Quantity(10_000),
                    unit_value: Cents(3200),
                    max_unit_price: None,
                },
            ),
            used: [(Period::Month.key(date(2026, 3, 1)), Quantity(1500))].into(),
        }),
        suspended: false,
        cancelled_from: None,
        source_system: "paikky".to_owned(),
        source_reference: format!("lahde-{bits}"),
        version: 1,
        revision: 1,
    }
}

fn message(id: &str) -> MessageKey {
    MessageKey {
        client: client(),
        service: "postPurchasingPower".to_owned(),
        message_id: id.to_owned(),
    }
}

fn reference(source_reference: &str) -> ReferenceKey {
    ReferenceKey {
        acting_for: "853".to_owned(),
        service: "postPurchasingPower".to_owned(),
        source_system: "paikky".to_owned(),
        source_reference: source_reference.to_owned(),
    }
}

fn answer(body: &str) -> KeptAnswer {
    KeptAnswer {
        digest: [9; 32],
        body: body.as_bytes().to_vec(),
        result: "OK".to_owned(),
        about: About {
            organiser: Some(turku()),
            number: Some(number(1)),
            event: None,
            data_class: DataClass::Basic,
        },
    }
}

/// A creation as the service commits it: grant, customer, both answers, access row.
fn creation(bits: u64, id: &str, version: u64) -> Change {
    let kept = answer(&format!("<answer>{bits}</answer>"));
    Change {
        effect: Some(Effect {
            person_id: person(id),
            customer: Some(customer(id, version)),
            grant: grant(bits, "ITSENAINEN"),
            postings: Vec::new(),
            events: Vec::new(),
        }),
        answer_by_message: Some((message(&format!("m-{bits}")), kept.clone())),
        answer_by_reference: Some((reference(&format!("lahde-{bits}")), kept)),
        ..Change::access_only(entry())
    }
}

async fn found(store: &SledStore, bits: u64) -> Option<PurchasingPower> {
    grant_facts(store, bits).await.map(|facts| facts.grant)
}

async fn grant_facts(store: &SledStore, bits: u64) -> Option<GrantFacts> {
    try_grant_facts(store, bits).await.unwrap()
}

async fn try_grant_facts(store: &SledStore, bits: u64) -> Result<Option<GrantFacts>, StoreError> {
    let provider = BusinessId::parse("9000001-1").unwrap();
    let query = GrantQuery {
        subject: Subject::Number(number(bits)),
        event: None,
        provider: Some(&provider),
        procedure_codes: &[],
        codes_of_lines: false,
        events: EventsWanted::All,
        customer_grants: true,
    };
    store.grant_facts(query).await
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy_folder(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

fn failing_sync(fails: std::sync::Arc<std::sync::atomic::AtomicBool>) -> SyncLog {
    Box::new(move |file| {
        if fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(5));
        }
        file.sync_data()
    })
}
