//! What every rule may lean on beside the message and the facts: the day, and what the environment
//! admits.

use jiff::civil::Date;

use super::code::Code;
use super::person_id::{PersonId, PersonIdError};
use super::rejection::{Group, Rejections};

/// The day, and what the environment admits.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    pub today: Date,
    pub artificial_person_ids: bool,
}

/// Parses a personal identity code and notes what is wrong with it.
pub fn check_person_id(
    text: &str,
    circumstances: Circumstances,
    field: &str,
    rejections: &mut Rejections,
) -> Option<PersonId> {
    let parsed: Result<PersonId, PersonIdError> = PersonId::parse(text, circumstances.today);
    match parsed {
        Ok(person_id) if person_id.is_artificial() && !circumstances.artificial_person_ids => {
            rejections.add(Group::Message, Code::HetuArtificialNotAllowed, field);
            None
        }
        Ok(person_id) => Some(person_id),
        Err(_) => {
            rejections.add(Group::Message, Code::HetuInvalid, field);
            None
        }
    }
}
