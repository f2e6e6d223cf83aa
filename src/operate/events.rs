//! What an operator does to service events: bring them in from a file, look at one, approve, reject, credit.
//! Decides nothing itself: a row of a file goes the way of a message, and a decision is the domain's.

mod decisions;
pub mod file;
mod import;
mod report;
mod rows;
mod show;
mod told;

use crate::domain::service_event::EventState;

pub use decisions::{Approve, Credit, CreditLine, Reject};
pub use import::{Import, ImportAnswer, Tally};
pub use report::REPORT_COLUMNS;
pub use show::{EventTold, Show};
pub use told::DecisionsAnswer;

/// A state's name on the wire.
fn state(state: EventState) -> &'static str {
    match state {
        EventState::Kirjattu => "KIRJATTU",
        EventState::Tarkastettavana => "TARKASTETTAVANA",
        EventState::Hyvaksytty => "HYVAKSYTTY",
        EventState::Hylatty => "HYLATTY",
        EventState::Poistettu => "POISTETTU",
        EventState::Tilitetty => "TILITETTY",
        EventState::Maksettu => "MAKSETTU",
    }
}
