//! A site's store, filled directly: grants and events by the thousand, and in states that take an
//! organiser's decisions to reach.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use psop_adapter::clock::Clock;
use psop_adapter::config::{Config, Overrides};
use psop_adapter::domain::access::{AccessEntry, DataClass};
use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::client::ClientId;
use psop_adapter::domain::customer::Customer;
use psop_adapter::domain::dated::Dated;
use psop_adapter::domain::event_id::EventId;
use psop_adapter::domain::ledger::{Posting, PostingKind};
use psop_adapter::domain::money::{Cents, Quantity};
use psop_adapter::domain::number::PurchasingPowerNumber;
use psop_adapter::domain::person_id::PersonId;
use psop_adapter::domain::purchasing_power::{
    Content, Decision, Providers, PurchasingPower, Saldo, ValueBasis,
};
use psop_adapter::domain::registry::{Instrument, LegalBasis, OrganiserCode, Unit};
use psop_adapter::domain::retention::Retention;
use psop_adapter::domain::service_event::{
    Credited, Details, EventKind, EventLine, EventState, PlacedEvent, Procedure, ServiceEvent,
    Settled, Shares,
};
use psop_adapter::secrets::Keyring;
use psop_adapter::services::Services;
#[cfg(feature = "heavy-tests")]
use psop_adapter::store::Stretch;
use psop_adapter::store::audit::AccessRecord;
use psop_adapter::store::{
    Before, Change, Effect, EventWrite, EventsWanted, GrantQuery, Store, StoreError, Subject,
};
use tokio::runtime::Runtime;

use super::server::Site;

/// An open store, to be closed before a server starts.
pub struct Planted {
    runtime: Runtime,
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
}

/// What is particular about an event; the rest is the same for all.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    pub kind: EventKind,
    pub state: EventState,
    pub service_date: Date,
    pub cents: i64,
    pub credited: Option<Credited>,
    /// The line of a dental grant that it draws on.
    pub granted_line_no: Option<u64>,
}

impl Default for Recorded {
    fn default() -> Recorded {
        Recorded {
            kind: EventKind::Saldo,
            state: EventState::Kirjattu,
            service_date: date(2026, 3, 2),
            cents: 100,
            credited: None,
            granted_line_no: None,
        }
    }
}

impl Recorded {
    fn event(self, grant: &PurchasingPower, person_id: PersonId) -> ServiceEvent {
        let mut random = [0; 10];
        openssl::rand::rand_bytes(&mut random).unwrap();
        let shares = Shares {
            price: Cents(self.cents),
            voucher: Cents(self.cents),
            customer: Cents(0),
        };
        ServiceEvent {
            id: EventId::new(now(), random),
            kind: self.kind,
            number: grant.number,
            organiser: grant.organiser,
            person_id,
            provider: BusinessId::parse("9000007-0").unwrap(),
            provider_unit_code: None,
            service_code: grant.service_code.clone(),
            service_date: self.service_date,
            state: self.state,
            credited: self.credited,
            unit: Unit::Eur,
            lines: vec![EventLine {
                line_no: 1,
                procedure: self.granted_line_no.map(|granted| Procedure {
                    code: "SAA02".to_owned(),
                    teeth: None,
                    surfaces: None,
                    area: None,
                    granted_line_no: Some(granted),
                }),
                quantity: Quantity(1000),
                unit_price: Cents(self.cents.abs()),
                unit_value: Cents(self.cents.abs()),
                shares,
                credited_quantity: Quantity(0),
                credited_shares: Shares::default(),
            }],
            shares,
            details: Details::default(),
            credit_of: None,
            settled: None,
            source_system: "planted".to_owned(),
            source_reference: "planted".to_owned(),
            version: 1,
        }
    }
}

impl Planted {
    pub fn open(site: &Site) -> Planted {
        let config =
            Config::load(&site.config(), std::iter::empty(), &Overrides::default()).unwrap();
        let runtime = Runtime::new().unwrap();
        let (store, keyring) = psop_adapter::app::open_store(&config).unwrap();
        Planted {
            runtime,
            store,
            keyring,
        }
    }

    /// The services over this store, for what goes by no socket.
    pub fn services(&self) -> Services {
        Services {
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            clock: Clock::Fixed(now()),
            artificial_person_ids: true,
            misses_max: 10,
            misses_window: std::time::Duration::from_secs(600),
            feed_rows_max: 5000,
            tokens_max: 1_000,
            token_days_max: 366,
            retention: Retention::default(),
            mandates: psop_adapter::mandate::Mandates::NotConfigured,
        }
    }

    /// Waits for a future of the store or the services.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Every row of the access log.
    pub fn access_rows(&self) -> Vec<AccessRecord> {
        self.wait(self.store.access_rows(0, usize::MAX)).unwrap()
    }

    pub fn close(self) {
        self.runtime.block_on(self.store.close()).unwrap();
    }

    /// A balance of ten thousand euros for a customer of an organiser.
    pub fn grant(&self, organiser: &str, service_code: &str, person: &str) -> PurchasingPower {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let bits = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let organiser = organiser_code(organiser);
        let total = Quantity(10_000_000);
        let grant = PurchasingPower {
            number: PurchasingPowerNumber::from_bits(0x5EED_0000_0000 + bits),
            organiser,
            service_code: service_code.to_owned(),
            instrument: Instrument::Voucher,
            valid_from: date(2025, 6, 1),
            valid_to: date(2026, 12, 31),
            decision: Decision {
                reference: "planted".to_owned(),
                date: date(2025, 5, 1),
                legal_basis: LegalBasis::Psl569Of2009,
                value_basis: ValueBasis::Flat,
                osva_doc_oid: None,
                care_plan_ref: None,
                contract_ref: None,
                note: None,
            },
            providers: Dated::from(date(2025, 6, 1), Providers::default()),
            content: Content::Saldo(Saldo {
                unit: Unit::Eur,
                total,
                unit_values: Dated::from(date(2025, 6, 1), None),
                per_event_max: None,
                used: Quantity(0),
            }),
            suspended: false,
            cancelled_from: None,
            source_system: "planted".to_owned(),
            source_reference: "planted".to_owned(),
            version: 1,
            revision: 1,
        };
        self.plant(grant, person)
    }

    /// Keeps a grant for a person, as it is.
    pub fn plant(&self, grant: PurchasingPower, person: &str) -> PurchasingPower {
        let (organiser, person_id) = (grant.organiser, person_id(person));
        let known = self.customer_version(organiser, &person_id, &grant.service_code);
        let authorised = grant.total_authorised().unwrap();
        self.commit(Effect {
            person_id: person_id.clone(),
            customer: Some(Customer {
                organiser,
                person_id,
                given_names: "Aino".to_owned(),
                family_name: "Korhonen".to_owned(),
                language: None,
                municipality_of_residence: None,
                non_disclosure: false,
                version: known + 1,
            }),
            grant: grant.clone(),
            postings: vec![Posting::authorised(
                now(),
                PostingKind::Grant,
                Cents(0),
                authorised,
            )],
            registry_seen: None,
            events: Vec::new(),
        })
        .unwrap();
        grant
    }

    /// Records an event on a grant, as the grant stands in the store.
    pub fn event(&self, number: PurchasingPowerNumber, recorded: Recorded) -> EventId {
        let facts = self.facts(Subject::Number(number));
        let mut grant = facts.0;
        let event = recorded.event(&grant, facts.1);
        let id = event.id;
        let postings = if recorded.state.is_live() {
            vec![event.posting(&grant, now())]
        } else {
            Vec::new()
        };
        for posting in &postings {
            grant.book(posting);
        }
        self.write(grant, postings, event, None);
        id
    }

    /// Many small events on grants of one customer, a thousand a grant and a hundred a commit, on the
    /// days from the beginning of 2026 to the middle of March. Grants side by side: they share syncs.
    #[cfg(feature = "heavy-tests")]
    pub fn many_events(&self, organiser: &str, service_code: &str, person: &str, count: usize) {
        let grants: Vec<PurchasingPower> = (0..count.div_ceil(1000))
            .map(|_| self.grant(organiser, service_code, person))
            .collect();
        let next = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    while let Some(grant) =
                        grants.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                    {
                        self.thousand_events(grant.clone(), person);
                    }
                });
            }
        });
    }

    #[cfg(feature = "heavy-tests")]
    fn thousand_events(&self, mut grant: PurchasingPower, person: &str) {
        for _ in 0..10 {
            let mut effect = Effect {
                person_id: person_id(person),
                customer: None,
                grant,
                postings: Vec::new(),
                events: Vec::new(),
                registry_seen: None,
            };
            effect.grant.revision += 1;
            for index in 0..100 {
                let recorded = Recorded {
                    service_date: date(2026, 1, 1)
                        .checked_add(jiff::Span::new().days(index % 75))
                        .unwrap(),
                    ..Recorded::default()
                };
                let event = recorded.event(&effect.grant, person_id(person));
                let posting = event.posting(&effect.grant, now());
                effect.grant.book(&posting);
                effect.postings.push(posting);
                effect.events.push(EventWrite {
                    event,
                    before: None,
                });
            }
            grant = effect.grant.clone();
            self.commit(effect).unwrap();
        }
    }

    /// As the store reads them.
    #[cfg(feature = "heavy-tests")]
    pub fn events(&self, organiser: &str, stretch: Stretch, most: usize) -> Vec<PlacedEvent> {
        let events = self.store.events(organiser_code(organiser), stretch, most);
        self.runtime.block_on(events).unwrap()
    }

    #[cfg(feature = "heavy-tests")]
    pub fn records_read(&self) -> u64 {
        self.store.records_read()
    }

    /// Changes an event's state as an organiser or a settlement would.
    pub fn move_to(&self, id: EventId, state: EventState) {
        let (mut grant, _, placed) = self.facts(Subject::Event(id));
        let placed = placed.unwrap();
        let mut event = placed.event.clone();
        let mut postings = Vec::new();
        if event.state.is_live() && !state.is_live() {
            let release = event
                .posting(&grant, now())
                .reversing(now(), PostingKind::Release);
            grant.book(&release);
            postings.push(release);
        }
        event.state = state;
        self.write(grant, postings, event, Some(Before::of(&placed)));
    }

    /// Lets an event say that it stands on a settlement, which knows nothing of it.
    pub fn name_settlement(&self, id: EventId, number: &str) {
        let (grant, _, placed) = self.facts(Subject::Event(id));
        let placed = placed.unwrap();
        let mut event = placed.event.clone();
        event.state = EventState::Tilitetty;
        event.settled = Some(Settled {
            number: number.to_owned(),
            settled_at: now(),
            paid_at: None,
        });
        self.write(grant, Vec::new(), event, Some(Before::of(&placed)));
    }

    fn write(
        &self,
        mut grant: PurchasingPower,
        postings: Vec<Posting>,
        event: ServiceEvent,
        before: Option<Before>,
    ) {
        grant.revision += 1;
        self.commit(Effect {
            person_id: event.person_id.clone(),
            customer: None,
            grant,
            postings,
            events: vec![EventWrite { event, before }],
            registry_seen: None,
        })
        .unwrap();
    }

    fn facts(&self, subject: Subject) -> (PurchasingPower, PersonId, Option<PlacedEvent>) {
        let query = GrantQuery {
            subject,
            event: None,
            provider: None,
            procedure_codes: &[],
            codes_of_lines: false,
            events: EventsWanted::None,
            customer_grants: false,
        };
        let facts = self
            .runtime
            .block_on(self.store.grant_facts(query))
            .unwrap()
            .unwrap();
        (facts.grant, facts.customer.person_id, facts.event)
    }

    fn customer_version(
        &self,
        organiser: OrganiserCode,
        person: &PersonId,
        service_code: &str,
    ) -> u64 {
        let query = psop_adapter::store::CreationQuery {
            organiser,
            service_code,
            chosen_provider: None,
            person_id: Some(person),
            municipality: None,
            procedure_codes: &[],
        };
        let facts = self.runtime.block_on(self.store.creation_facts(query));
        facts
            .unwrap()
            .customer
            .map_or(0, |customer| customer.version)
    }

    fn commit(&self, effect: Effect) -> Result<(), StoreError> {
        let mut change = Change::access_only(AccessEntry {
            at: now(),
            message_id: "planted".to_owned(),
            client: ClientId::parse("LOCAL/TEST/planted").unwrap(),
            represented_party: None,
            user_id: None,
            service: "planted".to_owned(),
            purpose: None,
            organiser: Some(effect.grant.organiser),
            persons: Vec::new(),
            numbers: Vec::new(),
            events: Vec::new(),
            data_class: DataClass::Basic,
            result: "OK".to_owned(),
            reason: None,
            rows_returned: 0,
            replayed: false,
            mandate: None,
        });
        change.effect = Some(effect);
        self.runtime.block_on(self.store.commit(change))
    }
}

pub fn organiser_code(code: &str) -> OrganiserCode {
    let code = psop_adapter::domain::national_code::MunicipalityCode::parse(code).unwrap();
    OrganiserCode::Municipality(code)
}

fn person_id(text: &str) -> PersonId {
    PersonId::parse(text, date(2026, 3, 16)).unwrap()
}

fn now() -> Timestamp {
    "2026-03-16T08:00:00Z".parse().unwrap()
}
