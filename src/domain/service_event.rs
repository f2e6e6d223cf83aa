//! A service event (palvelutapahtuma): a provider's record of service given, the basis of payment.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::business_id::BusinessId;
use super::event_id::EventId;
use super::ledger::{Account, Entry, Posting, PostingKind};
use super::money::{Cents, Quantity};
use super::number::PurchasingPowerNumber;
use super::person_id::PersonId;
use super::purchasing_power::{Content, PurchasingPower};
use super::registry::{OrganiserCode, Unit};
use super::settlement::{Month, RunNumber};

/// Shape of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    Ordinary,
    Saldo,
    Dental,
    /// Negative amounts that correct a settled event.
    Credit,
}

/// State of an event; the names are PSOP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventState {
    /// Recorded.
    Kirjattu,
    /// Waits for the organiser's check.
    Tarkastettavana,
    /// Approved.
    Hyvaksytty,
    /// Rejected by the organiser.
    Hylatty,
    /// Deleted by the provider.
    Poistettu,
    /// Settled.
    Tilitetty,
    /// Paid.
    Maksettu,
}

impl EventState {
    /// Whether the event holds its use of the grant.
    pub fn is_live(self) -> bool {
        !matches!(self, EventState::Hylatty | EventState::Poistettu)
    }

    /// Whether the event stands on a settlement, draft or not.
    pub fn is_settled(self) -> bool {
        matches!(self, EventState::Tilitetty | EventState::Maksettu)
    }
}

/// How far a settled event has been credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Credited {
    Full,
    Partial,
}

/// A price and who pays it: `price = voucher + customer`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    pub price: Cents,
    pub voucher: Cents,
    pub customer: Cents,
}

impl Shares {
    /// Added up line by line.
    pub fn plus(self, other: Shares) -> Shares {
        Shares {
            price: Cents(self.price.0.saturating_add(other.price.0)),
            voucher: Cents(self.voucher.0.saturating_add(other.voucher.0)),
            customer: Cents(self.customer.0.saturating_add(other.customer.0)),
        }
    }

    /// What is left after taking another away.
    pub fn minus(self, other: Shares) -> Shares {
        self.plus(other.negated())
    }

    pub fn negated(self) -> Shares {
        Shares {
            price: Cents(self.price.0.saturating_neg()),
            voucher: Cents(self.voucher.0.saturating_neg()),
            customer: Cents(self.customer.0.saturating_neg()),
        }
    }
}

/// The dental part of a line. Texts are canonical wire texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    pub code: String,
    pub teeth: Option<String>,
    pub surfaces: Option<String>,
    pub area: Option<String>,
    /// The granted line it draws on; none under a price list.
    pub granted_line_no: Option<u64>,
}

/// One line of an event. In a CREDIT row quantity and price are positive, the shares negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    pub line_no: u64,
    pub procedure: Option<Procedure>,
    pub quantity: Quantity,
    pub unit_price: Cents,
    /// Value of one unit as it was in force at the service date.
    pub unit_value: Cents,
    pub shares: Shares,
    /// Credited of it so far; what is left is the difference.
    pub credited_quantity: Quantity,
    /// Shares credited so far, positive.
    pub credited_shares: Shares,
}

/// Kind of visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VisitType {
    Vastaanotto,
    Eta,
    Paivystys,
}

/// Role of who gave the treatment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProfessionalRole {
    Hammaslaakari,
    Suuhygienisti,
    Erikoishammaslaakari,
}

/// Who gave the treatment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Professional {
    pub role: ProfessionalRole,
    pub terhikki_number: Option<String>,
    pub name: Option<String>,
}

/// What is recorded of an event and decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub visit_type: Option<VisitType>,
    pub professional: Option<Professional>,
    pub lab_cost: Option<Cents>,
    pub no_show: Option<bool>,
    pub treatment_completed: Option<bool>,
    pub comment: Option<String>,
}

/// Which event a CREDIT row corrects, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditOf {
    pub event: EventId,
    pub reason_code: String,
    pub reason_text: String,
}

/// The settlement an event stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub number: String,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub settled_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    pub paid_at: Option<Timestamp>,
}

impl Settled {
    /// The month of its settlement.
    pub fn month(&self) -> Option<Month> {
        RunNumber::parse(&self.number).map(|number| number.month)
    }
}

/// A service event.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEvent {
    pub id: EventId,
    pub kind: EventKind,
    pub number: PurchasingPowerNumber,
    pub organiser: OrganiserCode,
    pub person_id: PersonId,
    pub provider: BusinessId,
    pub provider_unit_code: Option<String>,
    pub service_code: String,
    pub service_date: Date,
    pub state: EventState,
    pub credited: Option<Credited>,
    /// Unit of the lines' quantities.
    pub unit: Unit,
    pub lines: Vec<EventLine>,
    /// Sum of the lines.
    pub shares: Shares,
    pub details: Details,
    pub credit_of: Option<CreditOf>,
    pub settled: Option<Settled>,
    pub source_system: String,
    pub source_reference: String,
    /// 1 at creation, one more with the provider's UPDATE and DELETE.
    pub version: u64,
}

/// Nothing personal.
impl fmt::Debug for ServiceEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServiceEvent")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("state", &self.state)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl ServiceEvent {
    /// What the event takes of its grant, as the store must hold it while the event is live;
    /// for a CREDIT row what it gives back.
    pub fn posting(&self, grant: &PurchasingPower, at: Timestamp) -> Posting {
        let is_credit = self.kind == EventKind::Credit;
        let sign = if is_credit { -1 } else { 1 };
        let quantity: i64 = self.lines.iter().map(|line| line.quantity.0).sum();
        // In a CREDIT row the shares are negative themselves.
        let voucher = self.shares.voucher.0.saturating_mul(10);
        let entries = match &grant.content {
            Content::Ordinary(ordinary) => vec![Entry {
                account: Account::Period(ordinary.period.key(self.service_date)),
                thousandths: quantity * sign,
            }],
            Content::Saldo(saldo) if saldo.unit == Unit::Eur => vec![Entry {
                account: Account::Balance,
                thousandths: voucher,
            }],
            Content::Saldo(_) => vec![Entry {
                account: Account::Balance,
                thousandths: quantity * sign,
            }],
            Content::Dental(_) => {
                let ceiling = Entry {
                    account: Account::Ceiling,
                    thousandths: voucher,
                };
                let lines = self.lines.iter().filter_map(|line| {
                    let granted = line.procedure.as_ref()?.granted_line_no?;
                    Some(Entry {
                        account: Account::Line(granted),
                        thousandths: line.quantity.0 * sign,
                    })
                });
                std::iter::once(ceiling).chain(lines).collect()
            }
        };
        Posting {
            at,
            kind: if is_credit {
                PostingKind::Credit
            } else {
                PostingKind::Reserve
            },
            event: Some(self.id),
            entries: entries
                .into_iter()
                .filter(|entry| entry.thousandths != 0)
                .collect(),
        }
    }

    /// Sum of the lines' shares.
    pub fn shares_of(lines: &[EventLine]) -> Shares {
        lines
            .iter()
            .fold(Shares::default(), |sum, line| sum.plus(line.shares))
    }
}

/// An event and its place in the organiser's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedEvent {
    pub event: ServiceEvent,
    /// Of its latest change.
    pub change_seq: u64,
    /// Of its creation.
    pub created_seq: u64,
    pub changed_at: Timestamp,
}
