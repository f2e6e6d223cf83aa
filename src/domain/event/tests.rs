//! Events rule by rule. [`World`] holds what a store would; an event that is recorded changes it.

mod changes;
mod credits;
mod dental;
mod general;
mod grants;
mod registry;
mod timing;

use jiff::civil::date;

use self::grants::{grant, ordinary, saldo, scenario_4, teeth};
use self::registry::{approval, code_items, price_items, service};
use super::*;
use crate::domain::dated::Dated;
use crate::domain::money::parse_decimal;
use crate::domain::national_code::MunicipalityCode;
use crate::domain::period::Period;
use crate::domain::purchasing_power::{Content, DentalMode, Providers};
use crate::domain::registry::{
    ApprovalState, CustodyCategory, Instrument, LegalBasis, OrganiserCode, ProviderUnit, ToothRule,
};
use crate::domain::service_event::EventState;

const PERSON: &str = "300401A9139";
const OTHER_PERSON: &str = "110987-904Y";

fn today() -> Date {
    date(2026, 3, 16)
}

fn cents(text: &str) -> Cents {
    Cents(parse_decimal(text, 2).unwrap())
}

fn quantity(text: &str) -> Quantity {
    Quantity(parse_decimal(text, 3).unwrap())
}

fn provider(text: &str) -> BusinessId {
    BusinessId::parse(text).unwrap()
}

fn person(text: &str) -> PersonId {
    PersonId::parse(text, today()).unwrap()
}

fn turku() -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap())
}

/// What a store would hold: one grant with its service, provider and events.
struct World {
    grant: PurchasingPower,
    customer: Customer,
    organiser: Organiser,
    service: ServiceType,
    provider: Provider,
    approvals: Vec<ProviderApproval>,
    code_items: Vec<CodeItem>,
    price_items: Vec<DentalPriceItem>,
    events: Vec<PlacedEvent>,
    today: Date,
    posted: Vec<Posting>,
}

/// A message, owned.
#[derive(Clone)]
struct Sent {
    form: Form,
    action: Action,
    event_id: Option<String>,
    expected_version: Option<u64>,
    number: String,
    person: String,
    provider: BusinessId,
    unit: Option<String>,
    date: Date,
    acting: Option<String>,
    lines: Vec<SentLine>,
    details: Details,
    totals: Option<Shares>,
}

#[derive(Clone, Default)]
struct SentLine {
    line_no: u64,
    quantity: Quantity,
    unit_price: Cents,
    code: String,
    tooth: Option<String>,
    surfaces: Option<String>,
    area: Option<String>,
    authorised: Option<u64>,
}

impl World {
    fn of(content: Content) -> World {
        let unit = match &content {
            Content::Ordinary(ordinary) => ordinary.unit,
            Content::Saldo(_) => Unit::Eur,
            Content::Dental(_) => Unit::Toimenpide,
        };
        World {
            grant: grant(content),
            customer: Customer {
                organiser: turku(),
                person_id: person(PERSON),
                given_names: "Aino".to_owned(),
                family_name: "Korhonen".to_owned(),
                language: None,
                municipality_of_residence: None,
                non_disclosure: false,
                version: 1,
            },
            organiser: Organiser {
                code: turku(),
                business_id: provider("0204819-8"),
                name_fi: "Turku".to_owned(),
                name_sv: None,
                contact: None,
                settlement_day_from: 4,
                settlement_day_to: 8,
                late_recording_days: 60,
                cancel_grace_days: 30,
            },
            service: service(unit),
            provider: Provider {
                business_id: provider("9000003-8"),
                name: "Hymy".to_owned(),
                sote_oid: None,
                iban: None,
                units: vec![ProviderUnit {
                    unit_code: "A".to_owned(),
                    name: "A".to_owned(),
                    oid: None,
                }],
            },
            approvals: vec![approval()],
            code_items: code_items(),
            price_items: price_items(),
            events: Vec::new(),
            today: today(),
            posted: Vec::new(),
        }
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            today: self.today,
            artificial_person_ids: true,
        }
    }

    fn now(&self) -> Timestamp {
        self.today.at(9, 0, 0, 0).in_tz("UTC").unwrap().timestamp()
    }

    /// Judges a message as a service would, without changing anything.
    fn judge(&self, sent: &Sent) -> Verdict {
        let examined = examine(sent.proposal(), self.circumstances());
        let event = match examined.asked() {
            Some(Asked::Event(id)) => self.events.iter().find(|placed| placed.event.id == id),
            _ => None,
        };
        let is_there = match examined.asked() {
            Some(Asked::Number(number)) => number == self.grant.number,
            Some(Asked::Event(_)) => event.is_some(),
            None => false,
        };
        let is_own = sent.provider == self.provider.business_id;
        let facts = Facts {
            grant: &self.grant,
            customer: &self.customer,
            organiser: &self.organiser,
            service_types: std::slice::from_ref(&self.service),
            provider: Some(&self.provider).filter(|_| is_own),
            approvals: if is_own { &self.approvals } else { &[] },
            code_items: &self.code_items,
            price_items: &self.price_items,
            event: event.map(|placed| &placed.event),
            events: &self.events,
        };
        let occasion = Occasion {
            now: self.now(),
            circumstances: self.circumstances(),
            new_id: EventId::from_bytes([self.events.len() as u8 + 1; 16]),
        };
        decide(examined, Some(facts).filter(|_| is_there), occasion)
    }

    /// Judges a message and keeps what it changes; the outcome in a line.
    fn post(&mut self, sent: &Sent) -> String {
        let verdict = self.judge(sent);
        let text = told(&verdict);
        if let Verdict::Record { changed, .. } = verdict {
            self.keep(*changed);
        }
        text
    }

    fn keep(&mut self, changed: Changed) {
        assert_eq!(changed.grant.revision, self.grant.revision + 1);
        let mut booked = self.grant.clone();
        for posting in &changed.postings {
            assert!(!posting.entries.is_empty());
            booked.book(posting);
        }
        booked.revision += 1;
        assert_eq!(
            booked, changed.grant,
            "the balance is the sum of the entries"
        );
        self.grant = changed.grant;
        self.posted.extend(changed.postings);
        for event in [Some(changed.event), changed.credit].into_iter().flatten() {
            for line in &event.lines {
                let shares = line.shares;
                assert_eq!(shares.voucher.0 + shares.customer.0, shares.price.0);
            }
            self.events.retain(|placed| placed.event.id != event.id);
            self.events.push(PlacedEvent {
                event,
                change_seq: 1,
                created_seq: 1,
                changed_at: self.now(),
            });
        }
    }

    /// The event made first, second, ….
    fn event(&self, ordinal: u8) -> &ServiceEvent {
        let id = EventId::from_bytes([ordinal; 16]);
        let found = self.events.iter().find(|placed| placed.event.id == id);
        &found.unwrap().event
    }

    fn set_state(&mut self, ordinal: u8, state: EventState) {
        let id = EventId::from_bytes([ordinal; 16]);
        let found = self.events.iter_mut().find(|placed| placed.event.id == id);
        found.unwrap().event.state = state;
    }

    /// Used of each account that is used, such as `Ceiling 130.000`.
    fn used(&self) -> String {
        let used = self.grant.used_accounts().into_iter();
        used.map(|(account, used)| format!("{account:?} {}", Quantity(used)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Sent {
    fn of(form: Form, lines: Vec<SentLine>) -> Sent {
        Sent {
            form,
            action: Action::Create,
            event_id: None,
            expected_version: None,
            number: PurchasingPowerNumber::from_bits(7).to_string(),
            person: PERSON.to_owned(),
            provider: provider("9000003-8"),
            unit: None,
            date: date(2026, 3, 12),
            acting: None,
            lines,
            details: Details::default(),
            totals: None,
        }
    }

    fn proposal(&self) -> Proposal<'_> {
        let line = |line: &'_ SentLine| -> ProposedLine<'_> {
            // A closure cannot name the lifetime; the lines live as long as the message.
            let line: &SentLine = line;
            ProposedLine {
                line_no: line.line_no,
                quantity: line.quantity,
                unit_price: line.unit_price,
                procedure: None,
            }
        };
        let mut lines: Vec<ProposedLine<'_>> = self.lines.iter().map(line).collect();
        if self.form == Form::Dental {
            for (proposed, line) in lines.iter_mut().zip(&self.lines) {
                proposed.procedure = Some(ProposedProcedure {
                    code: &line.code,
                    tooth: line.tooth.as_deref(),
                    surfaces: line.surfaces.as_deref(),
                    area: line.area.as_deref(),
                    count: u32::try_from(line.quantity.0 / 1000).unwrap(),
                    authorised_line_no: line.authorised,
                });
            }
        }
        Proposal {
            form: self.form,
            action: self.action,
            event_id: self.event_id.as_deref(),
            expected_version: self.expected_version,
            number: &self.number,
            person_id: &self.person,
            provider: &self.provider,
            provider_unit_code: self.unit.as_deref(),
            service_date: self.date,
            acting_person_id: self.acting.as_deref(),
            source_system: "test",
            source_reference: "1",
            lines,
            details: self.details.clone(),
            totals: self.totals,
        }
    }

    fn on(self, year: i16, month: i8, day: i8) -> Sent {
        Sent {
            date: date(year, month, day),
            ..self
        }
    }

    /// As a change of the event made first, second, ….
    fn changing(self, action: Action, ordinal: u8, version: u64) -> Sent {
        Sent {
            action,
            event_id: Some(EventId::from_bytes([ordinal; 16]).to_string()),
            expected_version: Some(version),
            ..self
        }
    }

    /// With sums of the sender's: price, voucher, customer.
    fn totals(self, price: &str, voucher: &str, customer: &str) -> Sent {
        Sent {
            totals: Some(Shares {
                price: cents(price),
                voucher: cents(voucher),
                customer: cents(customer),
            }),
            ..self
        }
    }

    fn no_show(mut self) -> Sent {
        self.lines.clear();
        self.details.no_show = Some(true);
        self
    }
}

/// A message of quantities and prices.
fn general(lines: &[(&str, &str)]) -> Sent {
    let lines = lines
        .iter()
        .zip(1..)
        .map(|((amount, price), line_no)| SentLine {
            line_no,
            quantity: quantity(amount),
            unit_price: cents(price),
            ..SentLine::default()
        });
    Sent::of(Form::General, lines.collect())
}

/// A message of procedures such as `SFA20 t16 sMO x1 l2 110.00`: teeth (`t16,17`), surfaces, area (`a01`),
/// count and granted line are optional.
fn dental(lines: &[&str]) -> Sent {
    let lines = lines.iter().zip(1..).map(|(text, line_no)| {
        let words: Vec<&str> = text.split(' ').collect();
        let given = |letter: char| words[1..].iter().find_map(|word| word.strip_prefix(letter));
        SentLine {
            line_no,
            quantity: quantity(given('x').unwrap_or("1")),
            unit_price: cents(words.last().unwrap()),
            code: words[0].to_owned(),
            tooth: given('t').map(|teeth| teeth.replace(',', " ")),
            surfaces: given('s').map(str::to_owned),
            area: given('a').map(str::to_owned),
            authorised: given('l').map(|line_no| line_no.parse().unwrap()),
        }
    });
    Sent::of(Form::Dental, lines.collect())
}

/// `STATE vN price=voucher+customer`, or every `CODE field` in the order found, warnings behind `!`.
fn told(verdict: &Verdict) -> String {
    let list = |found: &[Rejection]| {
        found
            .iter()
            .map(|found| format!("{} {}", found.code.as_str(), found.field))
            .collect::<Vec<_>>()
            .join("; ")
    };
    match verdict {
        Verdict::Record {
            changed, warnings, ..
        } => {
            let event = &changed.event;
            let shares = event.shares;
            let mut text = format!(
                "{:?} v{} {}={}+{}",
                event.state, event.version, shares.price, shares.voucher, shares.customer
            );
            if !warnings.is_empty() {
                text += &format!(" ! {}", list(warnings));
            }
            text
        }
        Verdict::Reject { rejections, .. } => list(rejections),
        Verdict::Incomplete => "INCOMPLETE".to_owned(),
    }
}
