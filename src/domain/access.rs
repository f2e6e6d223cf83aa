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

/// Someone who acts for the customer: allowed only by a mandate in every one of the categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    pub delegate: PersonId,
    pub principal: PersonId,
    /// At least one, in their order, none twice.
    categories: Vec<CustodyCategory>,
}

impl Representation {
    /// In matters of these services; of every category where none is known. `None` when nobody acts,
    /// or the customer does so for themselves.
    pub fn of<'s>(
        acting: Option<PersonId>,
        customer: &PersonId,
        services: impl IntoIterator<Item = &'s ServiceType>,
    ) -> Option<Representation> {
        let delegate = acting.filter(|delegate| delegate != customer)?;
        let mut categories: Vec<CustodyCategory> = services
            .into_iter()
            .map(|service| service.custody_category)
            .collect();
        if categories.is_empty() {
            categories.extend(CustodyCategory::ALL);
        }
        categories.sort();
        categories.dedup();
        Some(Representation {
            delegate,
            principal: customer.clone(),
            categories,
        })
    }

    /// What the mandate must cover: at least one category, none twice.
    pub fn categories(&self) -> &[CustodyCategory] {
        &self.categories
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
    Allowed,
    Denied,
    /// It could not be asked, or its answer not be trusted.
    Unavailable,
}

impl MandateResult {
    /// Name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            MandateResult::Allowed => "ALLOWED",
            MandateResult::Denied => "DENIED",
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

    #[test]
    fn only_another_person_needs_a_mandate_and_for_unknown_services_one_in_every_category() {
        let person = |text| PersonId::parse(text, date(2026, 3, 16)).unwrap();
        let (child, guardian) = (person("150318A902U"), person("070785-9015"));
        let [care, daycare] = [CustodyCategory::Social, CustodyCategory::Ecec].map(service);
        assert_eq!(Representation::of(None, &child, [&care]), None);
        assert_eq!(
            Representation::of(Some(child.clone()), &child, [&care]),
            None
        );
        let covers = |services: &[&ServiceType]| {
            let acting = Some(guardian.clone());
            Representation::of(acting, &child, services.iter().copied())
                .unwrap()
                .categories
        };
        assert_eq!(covers(&[&daycare]), [CustodyCategory::Ecec]);
        assert_eq!(
            covers(&[&daycare, &care, &daycare]),
            [CustodyCategory::Social, CustodyCategory::Ecec]
        );
        assert_eq!(covers(&[]), CustodyCategory::ALL);
    }
}
