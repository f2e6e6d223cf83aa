//! What settlements ask of the store and leave in it.

use jiff::civil::Date;

use super::Effect;
use crate::domain::business_id::BusinessId;
use crate::domain::event_id::EventId;
use crate::domain::purchasing_power::PurchasingPower;
use crate::domain::service_event::PlacedEvent;
use crate::domain::settlement::{Book, ProviderSums, RowPlace, Run, SettledRow};

/// Events, each with its grant among `grants`, read from one state of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsWithGrants {
    pub events: Vec<PlacedEvent>,
    /// Each once.
    pub grants: Vec<PurchasingPower>,
    /// Where the next stretch begins; `None` at the end.
    pub after: Option<(Date, EventId)>,
}

/// What a step of a settlement leaves behind. Each record of a run changes with the run's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementStep {
    /// As it is to be from now on, if it changes: the stored version must be one less, or absent for 1.
    pub book: Option<Book>,
    /// As it is to be from now on: the stored version must be one less, or absent for 1.
    pub run: Run,
    /// As they are to be from now on.
    pub providers: Vec<ProviderSums>,
    pub providers_removed: Vec<BusinessId>,
    pub rows: Vec<SettledRow>,
    pub rows_removed: Vec<RowPlace>,
    /// At most one for each grant.
    pub effects: Vec<Effect>,
}

impl SettlementStep {
    /// A step that changes the run and nothing else.
    pub fn of(run: Run) -> SettlementStep {
        SettlementStep {
            book: None,
            run,
            providers: Vec::new(),
            providers_removed: Vec::new(),
            rows: Vec::new(),
            rows_removed: Vec::new(),
            effects: Vec::new(),
        }
    }
}
