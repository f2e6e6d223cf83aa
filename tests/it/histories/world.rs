//! What a store would hold, in plain lists, and the way of a message through the library's pure functions:
//! examined, judged on facts, and what it changes put in the place of what was. As the services do it,
//! without any of them.

mod asked;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use psop_adapter::clock::date_in_helsinki;
use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::circumstances::Circumstances;
use psop_adapter::domain::code::Code;
use psop_adapter::domain::customer::Customer;
use psop_adapter::domain::event::organiser::{self, CreditProposal};
use psop_adapter::domain::event::{self, Asked, Changed, Occasion, Remaining};
use psop_adapter::domain::event_id::EventId;
use psop_adapter::domain::grant::{self, Accepted, Action, Procedures, change, create};
use psop_adapter::domain::ledger::Posting;
use psop_adapter::domain::lookup;
use psop_adapter::domain::money::Quantity;
use psop_adapter::domain::number::PurchasingPowerNumber;
use psop_adapter::domain::person_id::PersonId;
use psop_adapter::domain::purchasing_power::PurchasingPower;
use psop_adapter::domain::registry::ProviderApproval;
use psop_adapter::domain::rejection::Rejection;
use psop_adapter::domain::service_event::{PlacedEvent, ServiceEvent};

use super::calendar::Day;
use super::message::{Decision, EventMessage, GrantMessage};
use super::rules::{PERSONS, PROVIDERS, REGISTRY, SERVICES};

/// Codes of a refusal.
pub type Refused = BTreeSet<&'static str>;

/// Most changes are of one grant; which one, and which of its events.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub warnings: Refused,
    pub remaining: Option<Remaining>,
}

pub struct World {
    pub today: Day,
    pub now: Timestamp,
    pub customers: Vec<Option<Customer>>,
    pub grants: Vec<PurchasingPower>,
    /// By grant.
    pub postings: Vec<Vec<Posting>>,
    /// In the order created.
    pub events: Vec<PlacedEvent>,
    /// Of the organiser's feed, the last given out.
    pub change_seq: u64,
    helsinki: TimeZone,
    made: u64,
}

fn codes(rejections: &[Rejection]) -> Refused {
    rejections
        .iter()
        .map(|rejection| Code::as_str(rejection.code))
        .collect()
}

impl World {
    pub fn new(today: Day) -> World {
        let mut world = World {
            today,
            now: Timestamp::UNIX_EPOCH,
            customers: vec![None; PERSONS.len()],
            grants: Vec::new(),
            postings: Vec::new(),
            events: Vec::new(),
            change_seq: 0,
            helsinki: TimeZone::get("Europe/Helsinki").unwrap(),
            made: 0,
        };
        world.wait(0, 10);
        world
    }

    /// Lets days pass; the day that services would work out of the instant must be the new day.
    pub fn wait(&mut self, days: i32, hour: i8) {
        self.today = self.today + days;
        let minute = if hour == 0 { 0 } else { 59 };
        let at = DateTime::from_parts(self.today.date(), jiff::civil::time(hour, minute, 0, 0));
        self.now = at.to_zoned(self.helsinki.clone()).unwrap().timestamp();
        assert_eq!(
            date_in_helsinki(self.now),
            self.today.date(),
            "{}",
            self.now
        );
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            today: self.today.date(),
            artificial_person_ids: true,
        }
    }

    fn occasion(&mut self) -> Occasion {
        Occasion {
            now: self.now,
            circumstances: self.circumstances(),
            new_id: self.new_id(),
        }
    }

    fn new_id(&mut self) -> EventId {
        self.made += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.made.to_be_bytes());
        EventId::new(self.now, bytes)
    }

    fn procedures(&self) -> Procedures<'static> {
        Procedures {
            code_items: &REGISTRY.codes,
            price_items: &REGISTRY.prices,
        }
    }

    fn approvals(service_code: &str, provider: Option<&BusinessId>) -> &'static [ProviderApproval] {
        let service = SERVICES.iter().position(|code| *code == service_code);
        let at = provider.and_then(|provider| {
            PROVIDERS
                .iter()
                .position(|text| *text == provider.to_string())
        });
        match (service, at) {
            (Some(service), Some(at)) => &REGISTRY.approvals[service][at],
            _ => &[],
        }
    }

    fn service_types(service_code: &str) -> &'static [psop_adapter::domain::registry::ServiceType] {
        let service = SERVICES.iter().position(|code| *code == service_code);
        service.map_or(&[], |service| &REGISTRY.services[service])
    }

    fn customer_of(&self, grant: usize) -> &Customer {
        let person = self.person_of(grant);
        self.customers[person].as_ref().unwrap()
    }

    /// Grants carry no customer: which person each is of, the world keeps in its number.
    fn person_of(&self, grant: usize) -> usize {
        self.grants[grant].source_reference.parse().unwrap()
    }

    fn grants_of(&self, person: usize, service_code: &str) -> Vec<PurchasingPower> {
        let mine = |(at, grant): &(usize, &PurchasingPower)| {
            self.person_of(*at) == person && grant.service_code == service_code
        };
        self.grants
            .iter()
            .enumerate()
            .filter(mine)
            .map(|(_, grant)| grant.clone())
            .collect()
    }

    fn events_of(&self, grant: usize) -> Vec<PlacedEvent> {
        let number = self.grants[grant].number;
        let mine = self
            .events
            .iter()
            .filter(|placed| placed.event.number == number);
        mine.cloned().collect()
    }

    /// A message about a grant.
    pub fn grant(&mut self, message: &GrantMessage) -> Result<Written, Refused> {
        let numbers: Vec<String> = self
            .grants
            .iter()
            .map(|grant| grant.number.to_string())
            .collect();
        let version = message.version;
        let parts = asked::GrantParts::of(message, numbers.get(message.grant).map(String::as_str));
        let examined = grant::examine(parts.proposal(message, version), self.circumstances());
        let verdict = match message.action {
            Action::Create => {
                let service_code = SERVICES[message.terms.as_ref().unwrap().service];
                let chosen = examined
                    .providers
                    .as_ref()
                    .and_then(|providers| providers.chosen.as_ref());
                let grants = self.grants_of(message.customer, service_code);
                let facts = create::Facts {
                    service_types: Self::service_types(service_code),
                    approvals: Self::approvals(service_code, chosen),
                    customer: self.customers[message.customer].as_ref(),
                    grants: &grants,
                    procedures: self.procedures(),
                };
                self.made += 1;
                let number = PurchasingPowerNumber::from_bits(self.made);
                create::decide(examined, facts, number, self.circumstances(), self.now)
            }
            _ => {
                let grant = &self.grants[message.grant];
                let chosen = examined
                    .providers
                    .as_ref()
                    .and_then(|providers| providers.chosen.as_ref());
                let (events, grants) = match message.action {
                    Action::Amend => (
                        self.events_of(message.grant),
                        self.grants_of(self.person_of(message.grant), &grant.service_code),
                    ),
                    Action::Cancel => (self.events_of(message.grant), Vec::new()),
                    _ => (Vec::new(), Vec::new()),
                };
                let facts = change::Facts {
                    grant,
                    customer: self.customer_of(message.grant),
                    service_types: Self::service_types(&grant.service_code),
                    approvals: Self::approvals(&grant.service_code, chosen),
                    procedures: self.procedures(),
                    events: &events,
                    customer_grants: &grants,
                };
                change::decide(examined, Some(facts), self.circumstances(), self.now)
            }
        };
        match verdict {
            grant::Verdict::Accept(accepted) => Ok(self.keep_grant(message, *accepted)),
            grant::Verdict::Reject { rejections, .. } => Err(codes(&rejections)),
        }
    }

    fn keep_grant(&mut self, message: &GrantMessage, accepted: Accepted) -> Written {
        let total = accepted.grant.total_authorised();
        assert_eq!(total, Some(accepted.total_authorised), "the answer's total");
        let at = match message.action {
            Action::Create => {
                self.postings.push(Vec::new());
                self.grants.len()
            }
            _ => message.grant,
        };
        self.postings[at].extend(accepted.postings);
        match self.grants.get_mut(at) {
            Some(grant) => {
                assert_eq!(
                    accepted.grant.revision,
                    grant.revision + 1,
                    "a change is guarded by the revision"
                );
                *grant = accepted.grant;
            }
            None => self.grants.push(accepted.grant),
        }
        if let Some(customer) = accepted.customer {
            let person = self.person_of(at);
            let before = self.customers[person]
                .as_ref()
                .map_or(0, |customer| customer.version);
            assert_eq!(
                customer.version,
                before + 1,
                "a customer's version guards the set of grants"
            );
            self.customers[person] = Some(customer);
        }
        Written {
            warnings: codes(&accepted.warnings),
            remaining: None,
        }
    }

    /// A provider's message about an event.
    pub fn event(&mut self, message: &EventMessage) -> Result<Written, Refused> {
        let occasion = self.occasion();
        let number = self.grants[message.grant].number.to_string();
        let event_id = message.event.map(|at| self.events[at].event.id.to_string());
        let provider = &REGISTRY.providers[message.provider].business_id;
        let proposal = asked::event_proposal(message, &number, event_id.as_deref(), provider);
        let examined = event::examine(proposal, occasion.circumstances);
        let (at, decided) = match examined.asked() {
            Some(Asked::Number(_)) => (message.grant, None),
            Some(Asked::Event(id)) => {
                let at = self
                    .events
                    .iter()
                    .position(|placed| placed.event.id == id)
                    .unwrap();
                (self.grant_of(&self.events[at].event), Some(at))
            }
            None => panic!("every message of a history can be looked up"),
        };
        let grant = &self.grants[at];
        let events = if message.dental
            && grant.kind() == psop_adapter::domain::purchasing_power::Kind::Dental
        {
            self.events_of(at)
        } else {
            Vec::new()
        };
        let facts = event::Facts {
            grant,
            customer: self.customer_of(at),
            organiser: &REGISTRY.organiser,
            service_types: Self::service_types(&grant.service_code),
            provider: Some(&REGISTRY.providers[message.provider]),
            approvals: Self::approvals(&grant.service_code, Some(provider)),
            code_items: &REGISTRY.codes,
            price_items: &REGISTRY.prices,
            event: decided.map(|at| &self.events[at].event),
            events: &events,
        };
        match event::decide(examined, Some(facts), occasion) {
            event::Verdict::Record {
                changed,
                warnings,
                remaining,
                ..
            } => {
                self.keep_event(*changed);
                Ok(Written {
                    warnings: codes(&warnings),
                    remaining: Some(remaining),
                })
            }
            event::Verdict::Reject { rejections, .. } => Err(codes(&rejections)),
            event::Verdict::Incomplete => panic!("a value of the grant is missing"),
        }
    }

    fn grant_of(&self, event: &ServiceEvent) -> usize {
        self.grants
            .iter()
            .position(|grant| grant.number == event.number)
            .unwrap()
    }

    fn keep_event(&mut self, changed: Changed) {
        let at = self.grant_of(&changed.event);
        assert_eq!(
            changed.grant.revision,
            self.grants[at].revision + 1,
            "a change is guarded by the revision"
        );
        self.grants[at] = changed.grant;
        self.postings[at].extend(changed.postings);
        self.place(changed.event);
        if let Some(credit) = changed.credit {
            self.place(credit);
        }
    }

    /// An event is written in its place of the list, and at the end of the feed.
    fn place(&mut self, event: ServiceEvent) {
        self.change_seq += 1;
        let former = self
            .events
            .iter_mut()
            .find(|placed| placed.event.id == event.id);
        match former {
            Some(placed) => {
                placed.event = event;
                placed.change_seq = self.change_seq;
                placed.changed_at = self.now;
            }
            None => self.events.push(PlacedEvent {
                event,
                change_seq: self.change_seq,
                created_seq: self.change_seq,
                changed_at: self.now,
            }),
        }
    }

    /// The organiser's decision about an event.
    pub fn decide(&mut self, decision: Decision, at: usize) -> Result<Written, Refused> {
        let event = &self.events[at].event;
        let grant = &self.grants[self.grant_of(event)];
        let on_grant = |event: ServiceEvent| Changed {
            grant: organiser::on_grant(grant),
            postings: Vec::new(),
            event,
            credit: None,
        };
        let changed = match decision {
            Decision::Approve => organiser::approve(grant, event),
            Decision::Reject => organiser::reject(grant, event, self.now),
            Decision::Settle => organiser::settle(event, "853-1", self.now).map(on_grant),
            Decision::Unsettle => organiser::unsettle(event).map(on_grant),
            Decision::Pay => organiser::pay(event, self.now).map(on_grant),
        };
        let changed = changed.map_err(|rejections| codes(&rejections))?;
        self.keep_event(changed);
        Ok(Written::default())
    }

    /// The organiser's credit of an event.
    pub fn credit(&mut self, at: usize, lines: &[(u64, i64)]) -> Result<Written, Refused> {
        let new_id = self.new_id();
        let lines: Vec<(u64, Quantity)> = lines
            .iter()
            .map(|(no, quantity)| (*no, Quantity(*quantity)))
            .collect();
        let proposal = CreditProposal {
            reason_code: "VIRHE",
            reason_text: "virhe",
            lines: &lines,
        };
        let event = &self.events[at].event;
        let grant = &self.grants[self.grant_of(event)];
        let changed = organiser::credit(grant, event, proposal, new_id, self.now);
        let changed = changed.map_err(|rejections| codes(&rejections))?;
        self.keep_event(changed);
        Ok(Written::default())
    }

    /// What a provider is shown of a grant, or the codes of the refusal.
    pub fn look<T>(
        &self,
        at: usize,
        provider: usize,
        date: Day,
        see: impl FnOnce(&lookup::View<'_>) -> T,
    ) -> Result<T, Refused> {
        let grant = &self.grants[at];
        let number = grant.number.to_string();
        let business_id = &REGISTRY.providers[provider].business_id;
        let question = lookup::Question {
            number: &number,
            provider: business_id,
            provider_unit_code: None,
            person_id: None,
            service_date: Some(date.date()),
            procedure_codes: &[],
            acting_person_id: None,
        };
        let examined = lookup::examine(question, self.circumstances());
        let facts = lookup::Facts {
            grant,
            customer: self.customer_of(at),
            organiser: &REGISTRY.organiser,
            service_types: Self::service_types(&grant.service_code),
            provider: Some(&REGISTRY.providers[provider]),
            approvals: Self::approvals(&grant.service_code, Some(business_id)),
            procedures: self.procedures(),
        };
        match lookup::decide(examined, Some(facts), self.circumstances()) {
            lookup::Verdict::Show { view, .. } => Ok(see(&view)),
            lookup::Verdict::Reject { rejections, .. } => Err(codes(&rejections)),
            lookup::Verdict::Incomplete => panic!("a value of the grant is missing"),
        }
    }

    /// Whose event it is, for who checks that.
    pub fn person(&self, person: usize) -> PersonId {
        PersonId::parse(PERSONS[person], self.today.date()).unwrap()
    }
}
