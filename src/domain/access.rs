//! What the access log (käyttöloki) keeps of one call: who asked what about whom, and the outcome.
//! How a row is stored, hashed and chained is the store's business.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::ClientId;
use super::event_id::EventId;
use super::number::PurchasingPowerNumber;
use super::person_id::PersonId;
use super::registry::{CustodyCategory, OrganiserCode, ServiceType};

/// Sensitivity of the data a call touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataClass {
    Basic,
    Health,
    Payment,
}

impl DataClass {
    /// Class of what is known of a customer through a service: that someone is granted care is
    /// health data itself.
    pub fn of_service(service: Option<&ServiceType>) -> DataClass {
        match service.map(|service| service.custody_category) {
            Some(CustodyCategory::Health) => DataClass::Health,
            _ => DataClass::Basic,
        }
    }

    /// Name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            DataClass::Basic => "BASIC",
            DataClass::Health => "HEALTH",
            DataClass::Payment => "PAYMENT",
        }
    }
}

/// Someone who acts for the customer: allowed only by a mandate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    pub delegate: PersonId,
    pub principal: PersonId,
}

impl Representation {
    /// `None` when nobody acts, or the customer does so for themselves.
    pub fn of(acting: Option<PersonId>, customer: &PersonId) -> Option<Representation> {
        acting
            .filter(|delegate| delegate != customer)
            .map(|delegate| Representation {
                delegate,
                principal: customer.clone(),
            })
    }
}

/// Outcome of asking whether a person may act for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateCheck {
    pub delegate: PersonId,
    pub principal: PersonId,
    pub result: MandateResult,
}

/// What the mandate service said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateResult {
    /// It could not be asked.
    Unavailable,
}

impl MandateResult {
    /// Name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            MandateResult::Unavailable => "UNAVAILABLE",
        }
    }
}

/// One row of the access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    pub at: Timestamp,
    /// The X-Road message id, as sent.
    pub message_id: String,
    pub client: ClientId,
    /// Code of the represented party, as sent.
    pub represented_party: Option<String>,
    pub user_id: Option<String>,
    pub service: String,
    pub purpose: Option<&'static str>,
    /// Whose data was touched or asked for, where that is known.
    pub organiser: Option<OrganiserCode>,
    /// Every customer touched or returned; stored as keyed hashes only.
    pub persons: Vec<PersonId>,
    pub numbers: Vec<PurchasingPowerNumber>,
    pub events: Vec<EventId>,
    pub data_class: DataClass,
    /// `OK`, or the code answered.
    pub result: String,
    /// The true reason of an answer that does not tell it.
    pub reason: Option<&'static str>,
    pub rows_returned: u32,
    pub replayed: bool,
    pub mandate: Option<MandateCheck>,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::national_code::MunicipalityCode;
    use crate::domain::registry::{Instrument, LegalBasis, Unit};

    fn service(custody_category: CustodyCategory) -> ServiceType {
        ServiceType {
            organiser: OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap()),
            service_code: "x".to_owned(),
            valid_from: date(2025, 1, 1),
            valid_to: None,
            name_fi: "X".to_owned(),
            name_sv: None,
            instruments: vec![Instrument::Voucher],
            unit: Unit::H,
            legal_basis: LegalBasis::Psl569Of2009,
            free_of_charge: false,
            max_unit_price: None,
            review: false,
            allow_overlap: false,
            osva_required: false,
            custody_category,
            service_class: None,
            ptv_service_id: None,
            vat_percent: None,
        }
    }

    #[test]
    fn what_is_known_through_a_health_service_is_health_data() {
        let class = |category| DataClass::of_service(Some(&service(category)));
        assert_eq!(class(CustodyCategory::Health), DataClass::Health);
        assert_eq!(class(CustodyCategory::Social), DataClass::Basic);
        assert_eq!(class(CustodyCategory::Ecec), DataClass::Basic);
        assert_eq!(DataClass::of_service(None), DataClass::Basic);
    }
}
