//! What decisions ask of the store, and what they are given: facts of one state of the data. What is of the registry may
//! be shared by many readings.

use std::sync::Arc;

use crate::domain::business_id::BusinessId;
use crate::domain::customer::Customer;
use crate::domain::event_id::EventId;
use crate::domain::national_code::MunicipalityCode;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::person_id::PersonId;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::registry::{
    CodeItem, DentalPriceItem, Organiser, OrganiserCode, Provider, ProviderApproval, ServiceType,
};
use crate::domain::service_event::PlacedEvent;

/// Facts that the creation of a grant is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationFacts {
    /// Every version of the service, in no order; empty when the organiser has none.
    pub service_types: Arc<Vec<ServiceType>>,
    /// The chosen provider's approvals for the service; empty without a chosen provider.
    pub approvals: Arc<Vec<ProviderApproval>>,
    /// The customer, where the organiser has it already.
    pub customer: Option<Customer>,
    /// The customer's grants for the service.
    pub grants: Vec<PurchasingPower>,
    /// Whether the customer's municipality is in the loaded list; true when none was asked.
    pub municipality_is_listed: bool,
    pub procedures: ProcedureFacts,
    /// Version of the registry that all this was read of.
    pub registry_version: u64,
}

/// What is known of the procedure codes asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcedureFacts {
    /// Every row of those codes, of any code set and date.
    pub code_items: Vec<CodeItem>,
    /// The organiser's price items of those codes, of any date.
    pub price_items: Vec<DentalPriceItem>,
}

/// What [`CreationFacts`] are asked for.
#[derive(Clone, Debug)]
pub struct CreationQuery<'a> {
    pub organiser: OrganiserCode,
    pub service_code: &'a str,
    pub chosen_provider: Option<&'a str>,
    pub person_id: Option<&'a PersonId>,
    pub municipality: Option<MunicipalityCode>,
    pub procedure_codes: &'a [&'a str],
}

/// Which grant facts are asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Number(PurchasingPowerNumber),
    /// The grant that an event is on.
    Event(EventId),
}

/// Which events of a grant a decision needs beside the one it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsWanted {
    None,
    /// All of a dental grant, none of another.
    OfDentalGrant,
    All,
}

/// What [`GrantFacts`] are asked for.
#[derive(Clone, Debug)]
pub struct GrantQuery<'a> {
    pub subject: Subject,
    /// An event to be changed, whatever grant it is on.
    pub event: Option<EventId>,
    /// Provider whose approvals are asked.
    pub provider: Option<&'a BusinessId>,
    /// Asked beside the codes of the events wanted.
    pub procedure_codes: &'a [&'a str],
    /// Whether the codes of the grant's own lines are asked too.
    pub codes_of_lines: bool,
    pub events: EventsWanted,
    /// Whether the customer's other grants for the service are asked.
    pub customer_grants: bool,
}

/// A grant with all that a decision about it needs, read from one state of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFacts {
    pub grant: PurchasingPower,
    pub customer: Customer,
    pub organiser: Arc<Organiser>,
    pub service_types: Arc<Vec<ServiceType>>,
    /// The provider asked, where the registry has it.
    pub provider: Option<Arc<Provider>>,
    /// Its approvals for the service.
    pub approvals: Arc<Vec<ProviderApproval>>,
    pub procedures: ProcedureFacts,
    /// The event asked by id.
    pub event: Option<PlacedEvent>,
    /// In the order of service date, then id; as wanted.
    pub events: Vec<PlacedEvent>,
    /// The customer's grants for the service, this one included; empty unless asked.
    pub customer_grants: Vec<PurchasingPower>,
    /// Version of the registry that all this was read of.
    pub registry_version: u64,
}
