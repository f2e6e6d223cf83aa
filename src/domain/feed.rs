//! Reading an organiser's events back: which of them a filter admits, and what a window may span.

use jiff::civil::Date;

use super::business_id::BusinessId;
use super::number::PurchasingPowerNumber;
use super::period::days_between;
use super::person_id::PersonId;
use super::service_event::{EventKind, EventState, PlacedEvent};

/// Most days from the first to the last day of a window: 92 with both ends.
const WINDOW_DAYS_MAX: i32 = 91;

/// What is asked. Conditions are joined by "and", the values of one by "or"; an empty list is no condition.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub states: Vec<EventState>,
    pub kinds: Vec<EventKind>,
    /// `Some(None)` is a number that nothing can have.
    pub number: Option<Option<PurchasingPowerNumber>>,
    pub person_id: Option<PersonId>,
    pub provider: Option<BusinessId>,
    pub service_codes: Vec<String>,
    /// As asked; absent is the default of [`Filter::admits`].
    pub include_credits: Option<bool>,
    pub include_deleted: Option<bool>,
    /// Whether changes are asked, not a window: then mirrors must hear of deletions.
    pub of_changes: bool,
}

impl Filter {
    /// Whether an event is among those asked. A state or kind that is named brings its rows along
    /// unless they are excluded in so many words.
    pub fn admits(&self, placed: &PlacedEvent) -> bool {
        let event = &placed.event;
        let with_credits = self.include_credits.unwrap_or(true);
        let names_deleted = self.states.contains(&EventState::Poistettu);
        let with_deleted = self
            .include_deleted
            .unwrap_or(self.of_changes || names_deleted);
        (with_credits || event.kind != EventKind::Credit)
            && (with_deleted || event.state != EventState::Poistettu)
            && is_among(&self.states, &event.state)
            && is_among(&self.kinds, &event.kind)
            && is_among(&self.service_codes, &event.service_code)
            && self
                .number
                .is_none_or(|number| number == Some(event.number))
            && self
                .person_id
                .as_ref()
                .is_none_or(|person_id| *person_id == event.person_id)
            && self
                .provider
                .as_ref()
                .is_none_or(|provider| *provider == event.provider)
    }
}

/// Whether a window spans no more than is allowed, and at least one day.
pub fn window_holds(from: Date, to: Date) -> bool {
    (0..=WINDOW_DAYS_MAX).contains(&days_between(from, to))
}

fn is_among<T: PartialEq>(wanted: &[T], value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::domain::event_id::EventId;
    use crate::domain::national_code::MunicipalityCode;
    use crate::domain::registry::{OrganiserCode, Unit};
    use crate::domain::service_event::{Details, ServiceEvent, Shares};

    fn placed(kind: EventKind, state: EventState) -> PlacedEvent {
        PlacedEvent {
            event: ServiceEvent {
                id: EventId::from_bytes([1; 16]),
                kind,
                number: PurchasingPowerNumber::from_bits(1),
                organiser: OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap()),
                person_id: PersonId::parse("150318A902U", date(2026, 1, 1)).unwrap(),
                provider: BusinessId::parse("9000003-8").unwrap(),
                provider_unit_code: None,
                service_code: "suun-hoito".to_owned(),
                service_date: date(2026, 3, 1),
                state,
                credited: None,
                unit: Unit::Toimenpide,
                lines: Vec::new(),
                shares: Shares::default(),
                details: Details::default(),
                credit_of: None,
                settled: None,
                source_system: String::new(),
                source_reference: String::new(),
                version: 1,
            },
            change_seq: 1,
            created_seq: 1,
            changed_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn credits_come_unless_excluded_and_deletions_only_with_changes() {
        let credit = placed(EventKind::Credit, EventState::Hyvaksytty);
        let deleted = placed(EventKind::Dental, EventState::Poistettu);
        let window = Filter::default();
        let changes = Filter {
            of_changes: true,
            ..Filter::default()
        };
        assert!(window.admits(&credit) && changes.admits(&credit));
        assert!(!window.admits(&deleted) && changes.admits(&deleted));
        let named = Filter {
            states: vec![EventState::Poistettu],
            ..Filter::default()
        };
        assert!(named.admits(&deleted));
        let named_and_excluded = Filter {
            include_deleted: Some(false),
            ..named
        };
        assert!(!named_and_excluded.admits(&deleted));
        let without_credits = Filter {
            kinds: vec![EventKind::Credit],
            include_credits: Some(false),
            ..Filter::default()
        };
        assert!(!without_credits.admits(&credit));
    }

    #[test]
    fn every_condition_must_hold() {
        let event = placed(EventKind::Dental, EventState::Kirjattu);
        let number = Some(Some(PurchasingPowerNumber::from_bits(1)));
        let all = Filter {
            states: vec![EventState::Maksettu, EventState::Kirjattu],
            kinds: vec![EventKind::Dental],
            number,
            person_id: Some(event.event.person_id.clone()),
            provider: Some(event.event.provider.clone()),
            service_codes: vec!["suun-hoito".to_owned()],
            ..Filter::default()
        };
        assert!(all.admits(&event));
        let others = [
            Filter {
                states: vec![EventState::Maksettu],
                ..all.clone()
            },
            Filter {
                kinds: vec![EventKind::Saldo],
                ..all.clone()
            },
            Filter {
                number: Some(None),
                ..all.clone()
            },
            Filter {
                number: Some(Some(PurchasingPowerNumber::from_bits(2))),
                ..all.clone()
            },
            Filter {
                person_id: PersonId::parse("150318B902U", date(2026, 1, 1)).ok(),
                ..all.clone()
            },
            Filter {
                provider: BusinessId::parse("9000008-9").ok(),
                ..all.clone()
            },
            Filter {
                service_codes: vec!["kotiapu".to_owned()],
                ..all.clone()
            },
        ];
        for (index, other) in others.iter().enumerate() {
            assert!(!other.admits(&event), "{index}");
        }
    }

    #[test]
    fn a_window_has_one_to_ninety_two_days() {
        let from = date(2026, 1, 1);
        assert!(window_holds(from, from));
        assert!(window_holds(from, date(2026, 4, 2)), "92 days");
        assert!(!window_holds(from, date(2026, 4, 3)), "93 days");
        assert!(!window_holds(from, date(2025, 12, 31)));
        assert!(!window_holds(
            jiff::civil::Date::MIN,
            jiff::civil::Date::MAX
        ));
    }
}
