//! The personal identity code (henkilötunnus, HETU): its check and the search for one in free text.
//!
//! Does not decide which environment admits artificial codes, does not hash or encrypt, and never
//! prints a code: errors and Debug name the fault, not the person.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Characters of a personal identity code.
const PERSON_ID_CHARS: usize = 11;
/// Check characters by the remainder of the nine digits modulo 31 (source: DVV).
const CHECK_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
/// Individual numbers 000 and 001 are never given.
const INDIVIDUAL_NUMBER_MIN: u32 = 2;

/// A checked personal identity code: 11 upper-case characters, an existing birth date and the right
/// check character. Codes that differ only in the separator are different persons.
/// Deserialising makes the same checks except the future birth date, which needs today's date.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId {
    text: String,
    birth_date: Date,
}

/// Why a text is no valid personal identity code. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonIdError {
    /// Not `DDMMYY`, a separator, three digits and a check character in upper case.
    #[error("a personal identity code has the form DDMMYYsNNNc, 11 upper-case characters")]
    Shape,
    /// The seventh character names no century.
    #[error("the separator of a personal identity code is one of + - Y X W V U A B C D E F")]
    Separator,
    /// No such day in that year.
    #[error("the birth date in the personal identity code does not exist")]
    Date,
    /// Individual number 000 or 001.
    #[error("the individual number in the personal identity code is below 002")]
    Number,
    /// The last character does not match the digits.
    #[error("the check character of the personal identity code is wrong")]
    CheckCharacter,
    /// Born after today.
    #[error("the birth date in the personal identity code is in the future")]
    FutureBirth,
}

impl PersonId {
    /// Reads a code exactly as written: nothing is trimmed, no letter raised, no minus repaired.
    pub fn parse(text: &str, today: Date) -> Result<PersonId, PersonIdError> {
        match Self::parse_undated(text)? {
            person_id if person_id.birth_date > today => Err(PersonIdError::FutureBirth),
            person_id => Ok(person_id),
        }
    }

    /// The code itself. Personal data: for the wire and the keyed hash, never for a log.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the individual number is 900–999, which PROD refuses.
    pub fn is_artificial(&self) -> bool {
        self.text.get(7..8) == Some("9")
    }

    /// The birth date that the code carries.
    pub fn birth_date(&self) -> Date {
        self.birth_date
    }

    /// Every check but the one that needs to know today.
    fn parse_undated(text: &str) -> Result<PersonId, PersonIdError> {
        let shape = PersonIdError::Shape;
        let (day_month_year, rest) = text.split_at_checked(6).ok_or(shape)?;
        let mut rest = rest.chars();
        let separator = rest.next().ok_or(shape)?;
        let (number, check) = rest.as_str().split_at_checked(3).ok_or(shape)?;
        let &[check @ (b'0'..=b'9' | b'A'..=b'Y')] = check.as_bytes() else {
            return Err(shape);
        };
        let day_month_year = decimal(day_month_year).ok_or(shape)?;
        let number = decimal(number).ok_or(shape)?;
        let century = century(separator).ok_or(PersonIdError::Separator)?;
        let birth_date = birth_date(day_month_year, century).ok_or(PersonIdError::Date)?;
        if number < INDIVIDUAL_NUMBER_MIN {
            return Err(PersonIdError::Number);
        }
        // At most 311299999: far below u32::MAX.
        let remainder = (day_month_year * 1000 + number) % 31;
        let mut fitting = CHECK_CHARACTERS.iter().zip(0..);
        if !fitting.any(|place| place == (&check, remainder)) {
            return Err(PersonIdError::CheckCharacter);
        }
        let text = text.to_owned();
        Ok(PersonId { text, birth_date })
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonId(…)")
    }
}

impl TryFrom<String> for PersonId {
    type Error = PersonIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse_undated(&text)
    }
}

impl From<PersonId> for String {
    fn from(person_id: PersonId) -> Self {
        person_id.text
    }
}

/// Whether free text holds something shaped like a personal identity code: in any letter case, not
/// touching another letter or digit, day 01–31, month 01–12. The check character is not read, so a
/// mistyped code is found too. Linear in the text's length; allocates nothing.
pub fn contains_person_id(text: &str) -> bool {
    shaped_places(text).any(|before| !ends_in_word(before))
}

/// As [`contains_person_id`], but a two-letter country code may stand directly before the match
/// (`FI070785-9015`), since user ids are often written so.
pub fn user_id_is_person_id(text: &str) -> bool {
    shaped_places(text).any(|before| {
        let outer = without_country_code(before).unwrap_or(before);
        !ends_in_word(before) || !ends_in_word(outer)
    })
}

/// Whether something shaped like a personal identity code stands anywhere, touching what it may:
/// for texts that must be kept out of a log even where they only might hold one.
pub fn may_hold_person_id(text: &str) -> bool {
    text.as_bytes().windows(PERSON_ID_CHARS).any(is_shaped)
}

/// The text before each place that is shaped like a code and touches no letter or digit after it.
fn shaped_places(text: &str) -> impl Iterator<Item = &str> {
    let windows = text.as_bytes().windows(PERSON_ID_CHARS).enumerate();
    windows.filter_map(|(start, window)| {
        // A shaped window is all ASCII: both its ends are character boundaries.
        let (before, rest) = text.split_at_checked(start)?;
        let mut after = rest.get(PERSON_ID_CHARS..)?.chars();
        let is_touched = after.next().is_some_and(char::is_alphanumeric);
        (is_shaped(window) && !is_touched).then_some(before)
    })
}

fn is_shaped(window: &[u8]) -> bool {
    let &[d1, d2, m1, m2, y1, y2, separator, n1, n2, n3, check] = window else {
        return false;
    };
    let digits = [d1, d2, m1, m2, y1, y2, n1, n2, n3];
    digits.iter().all(u8::is_ascii_digit)
        && century(char::from(separator.to_ascii_uppercase())).is_some()
        && matches!(check.to_ascii_uppercase(), b'0'..=b'9' | b'A'..=b'Y')
        && (*b"01"..=*b"31").contains(&[d1, d2])
        && (*b"01"..=*b"12").contains(&[m1, m2])
}

fn without_country_code(before: &str) -> Option<&str> {
    let (rest, country) = before.split_at_checked(before.len().checked_sub(2)?)?;
    let is_code = country.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then_some(rest)
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphanumeric)
}

/// First year of the century that a separator stands for (source: DVV, in force 1.1.2023).
fn century(separator: char) -> Option<i16> {
    match separator {
        '+' => Some(1800),
        '-' | 'U'..='Y' => Some(1900),
        'A'..='F' => Some(2000),
        _ => None,
    }
}

fn birth_date(day_month_year: u32, century: i16) -> Option<Date> {
    let day = i8::try_from(day_month_year / 10_000).ok()?;
    let month = i8::try_from(day_month_year / 100 % 100).ok()?;
    let year = i16::try_from(day_month_year % 100).ok()?;
    Date::new(century + year, month, day).ok()
}

/// The value of a text of ASCII digits alone: `str::parse` would take a plus sign.
fn decimal(text: &str) -> Option<u32> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// DVV's published artificial persons, then our own.
    const VALID: &str = "010594Y9032 010594Y9021 020594X903P 020594X902N 030594W903B 030694W9024 \
        040594V9030 040594V902Y 050594U903M 050594U902L 010516B903X 010516B902W 020516C903K \
        020516C902J 030516D9037 030516D9026 010501E9032 020502E902X 020503F9037 020504A902E \
        020504B904H 150318A902U 150318B902U 070785-9015 110987-904Y 240161-9057 310750-906S \
        290216A908R 121290Y9111 300401A9139 010160-9109";

    #[test]
    fn a_code_inside_a_word_may_be_one() {
        for text in ["a070785-9015b", "070785-9015", "x0020504a902e0"] {
            assert!(may_hold_person_id(text), "{text}");
        }
        for text in [
            "",
            "070785-901",
            "FI-TEST/MUN/0204819-8/paikky",
            "990785-9015",
        ] {
            assert!(!may_hold_person_id(text), "{text}");
        }
    }

    fn parse(text: &str) -> Result<PersonId, PersonIdError> {
        PersonId::parse(text, date(2026, 3, 16))
    }

    #[test]
    fn accepts_every_listed_artificial_person() {
        for person_id in VALID.split_whitespace().map(parse) {
            assert!(person_id.is_ok_and(|id| id.is_artificial() && VALID.contains(id.as_str())));
        }
    }

    #[test]
    fn separator_makes_the_century_and_birth_is_today_at_latest() {
        let born = |text| parse(text).map(|person_id| person_id.birth_date());
        assert_eq!(born("010594Y9021"), Ok(date(1994, 5, 1)));
        assert_eq!(born("290216A908R"), Ok(date(2016, 2, 29)));
        assert_eq!(born("010160+9109"), Ok(date(1860, 1, 1)));
        assert_ne!(parse("150318A902U"), parse("150318B902U"));
        let parse_on = |day| PersonId::parse("150318A902U", date(2018, 3, day)).map(drop);
        assert_eq!(parse_on(15), Ok(()));
        assert_eq!(parse_on(14), Err(PersonIdError::FutureBirth));
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let all_are = |error, texts: &str| texts.split('|').all(|text| parse(text) == Err(error));
        let shapes = "150318A902u|150318A902Z|150318A902|150318A902UU||150318| 150318A902U|\
            150318A902U |+50318A902U|150318A+02U|15031äA902U";
        let separators = "150318G902U|150318a902U|070785−9015|070785–9015";
        assert!(all_are(PersonIdError::Shape, shapes));
        assert!(all_are(PersonIdError::Separator, separators));
        let dates = "290217A908R|310450-902U|001350-902U|290200+902U";
        assert!(all_are(PersonIdError::Date, dates));
        let checks = "150318A902V|150318A902G";
        assert!(all_are(PersonIdError::CheckCharacter, checks));
    }

    #[test]
    fn individual_number_is_002_to_899_for_real_people() {
        let is_artificial = |number: usize| {
            let check = char::from(CHECK_CHARACTERS[(70_785_000 + number) % 31]);
            parse(&format!("070785-{number:03}{check}")).map(|id| id.is_artificial())
        };
        assert_eq!([0, 1].map(is_artificial), [Err(PersonIdError::Number); 2]);
        assert_eq!([2, 899].map(is_artificial), [Ok(false); 2]);
        assert_eq!([900, 999].map(is_artificial), [Ok(true); 2]);
    }

    #[test]
    fn debug_and_errors_hide_the_code_and_serde_checks_it() {
        let read = |json: &str| serde_json::from_str::<PersonId>(json);
        let json = "\"070785-9015\"";
        let person_id = read(json).expect("valid");
        assert_eq!(serde_json::to_string(&person_id).expect("json"), json);
        assert_eq!(format!("{person_id:?}"), "PersonId(…)");
        let error = read(&json.replace("15", "16")).expect_err("check character");
        assert!(error.to_string().starts_with("the check character"));
    }

    #[test]
    fn finds_a_code_in_free_text() {
        let holding = "070785-9015|070785-9015.|huoltaja (070785-9015) soitti|150318a902u|\
            150318A902V|ä 070785+901y ö|x_070785-9015_x|311299-0000|010100-0000|070785-9015-|\
            070785-9015070785-9015 070785-9015";
        assert!(holding.split('|').all(contains_person_id));
        let free = "|070785-901|1070785-9015|070785-90151|070785-9015a|ä070785-9015|070785-9015ö|\
            ٣070785-9015|070785G9015|070785-901Z|000785-9015|320785-9015|070085-9015|071385-9015|\
            070785−9015|070785 9015|070785-9015070785-9015";
        assert!(!free.split('|').any(user_id_is_person_id));
    }

    #[test]
    fn user_id_may_carry_a_country_code() {
        let holding = "FI070785-9015|fi070785-9015|Se070785-9015|u:FI150318A902U|äö-FI070785-9015";
        let differs = |text| user_id_is_person_id(text) && !contains_person_id(text);
        assert!(holding.split('|').all(differs));
        let free = "XFI070785-9015|1FI070785-9015|ÄFI070785-9015|F070785-9015|F1070785-9015|\
            Åi070785-9015|FI070785-9015X";
        assert!(!free.split('|').any(user_id_is_person_id));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC*", code in "[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]") {
            let _ = (parse(&text), parse(&code));
            prop_assert!(!contains_person_id(&text) || user_id_is_person_id(&text));
            prop_assert!(contains_person_id(&[&text, " 070785-9015 ", &text].concat()));
        }
    }
}
