//! The purchasing power number: 60 random bits written in Crockford base32 with a check character.
//!
//! Does not draw the bits and does not look a number up. A number is a capability: whoever knows it
//! may ask for the grant, so Debug never shows it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Crockford's base32: without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters that carry the number; one check character follows.
const PAYLOAD_CHARS: usize = 12;
/// Bits that one character carries.
const CHARACTER_BITS: usize = 5;
/// The 60 bits in use.
const NUMBER_MASK: u64 = (1 << (PAYLOAD_CHARS * CHARACTER_BITS)) - 1;
/// What reduces a doubled value back to 5 bits: x⁵ + x² + 1, irreducible over GF(2).
const REDUCTION: u8 = 0x25;

/// A purchasing power number; Display gives `OV-XXXX-XXXX-XXXX-C`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PurchasingPowerNumber(u64);

/// Why a text is no purchasing power number. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not `OV` and 13 letters or digits, or more than 60 bits.
    #[error("a purchasing power number has the form OV-XXXX-XXXX-XXXX-C")]
    Shape,
    /// Mistyped: the check character does not fit, or a letter is not in the alphabet.
    #[error("the check character of the purchasing power number is wrong")]
    CheckCharacter,
}

impl PurchasingPowerNumber {
    /// Takes the lowest 60 bits; the rest are dropped, so any random u64 will do.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits & NUMBER_MASK)
    }

    /// The 60 bits.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Reads a number in any letter case, with or without each hyphen, I and L as 1 and O as 0.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let (payload, check) = split_characters(text).ok_or(NumberError::Shape)?;
        let mut number = 0;
        for character in payload {
            let value = value_of(character).ok_or(NumberError::CheckCharacter)?;
            number = number << CHARACTER_BITS | u64::from(value);
        }
        if value_of(check) != Some(check_value(number)) {
            return Err(NumberError::CheckCharacter);
        }
        Ok(Self(number))
    }
}

/// A text of a number's shape as it is written here, whatever its check character: upper case, all
/// hyphens, I and L as 1 and O as 0. Another text stays as it is.
pub fn canonical_text(text: &str) -> String {
    let Some((payload, check)) = split_characters(text) else {
        return text.to_owned();
    };
    let mut canonical = String::from("OV");
    for (index, character) in payload.into_iter().chain([check]).enumerate() {
        if index % 4 == 0 {
            canonical.push('-');
        }
        canonical.push(char::from(canonical_character(character)));
    }
    canonical
}

impl fmt::Display for PurchasingPowerNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OV")?;
        for (index, value) in values(self.0).enumerate() {
            let hyphen = if index % 4 == 0 { "-" } else { "" };
            write!(formatter, "{hyphen}{}", character(value))?;
        }
        write!(formatter, "-{}", character(check_value(self.0)))
    }
}

impl fmt::Debug for PurchasingPowerNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PurchasingPowerNumber(…)")
    }
}

impl TryFrom<u64> for PurchasingPowerNumber {
    type Error = NumberError;

    /// Refuses what [`PurchasingPowerNumber::from_bits`] would cut: a stored number is 60 bits.
    fn try_from(bits: u64) -> Result<Self, Self::Error> {
        if bits > NUMBER_MASK {
            Err(NumberError::Shape)
        } else {
            Ok(Self(bits))
        }
    }
}

impl From<PurchasingPowerNumber> for u64 {
    fn from(number: PurchasingPowerNumber) -> Self {
        number.0
    }
}

/// The 12 payload characters and the check character, still as written.
fn split_characters(text: &str) -> Option<([u8; PAYLOAD_CHARS], u8)> {
    let mut bytes = text.bytes().peekable();
    bytes.next_if(|byte| byte.eq_ignore_ascii_case(&b'O'))?;
    bytes.next_if(|byte| byte.eq_ignore_ascii_case(&b'V'))?;
    let mut payload = [0; PAYLOAD_CHARS];
    for (index, slot) in payload.iter_mut().enumerate() {
        if index % 4 == 0 {
            bytes.next_if_eq(&b'-');
        }
        *slot = bytes.next_if(u8::is_ascii_alphanumeric)?;
    }
    bytes.next_if_eq(&b'-');
    let check = bytes.next_if(u8::is_ascii_alphanumeric)?;
    bytes.next().is_none().then_some((payload, check))
}

fn canonical_character(character: u8) -> u8 {
    match character.to_ascii_uppercase() {
        b'I' | b'L' => b'1',
        b'O' => b'0',
        other => other,
    }
}

fn value_of(character: u8) -> Option<u8> {
    let canonical = canonical_character(character);
    ALPHABET
        .iter()
        .zip(0..)
        .find_map(|(letter, value)| (*letter == canonical).then_some(value))
}

fn character(value: u8) -> char {
    // Below 32 by the remainder: the index cannot miss.
    char::from(ALPHABET[usize::from(value % 32)])
}

/// The 12 values of a number, most significant first.
fn values(number: u64) -> impl Iterator<Item = u8> {
    let shifts = (0..PAYLOAD_CHARS).rev().map(|place| place * CHARACTER_BITS);
    shifts.map(move |shift| (number >> shift & 0x1F) as u8)
}

/// Damm's scheme over GF(2⁵): catches every wrong character and every swap of neighbours.
fn check_value(number: u64) -> u8 {
    values(number).fold(0, |check, value| double(check ^ value))
}

fn double(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0x20 == 0 {
        shifted
    } else {
        shifted ^ REDUCTION
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<PurchasingPowerNumber, NumberError> {
        PurchasingPowerNumber::parse(text)
    }

    /// A number's 13 characters without prefix and hyphens.
    fn characters(bits: u64) -> Vec<char> {
        let text = PurchasingPowerNumber::from_bits(bits).to_string();
        text.chars()
            .skip(2)
            .filter(|letter| *letter != '-')
            .collect()
    }

    fn is_caught(characters: &[char]) -> bool {
        let text = characters
            .iter()
            .fold(String::from("OV"), |text, letter| format!("{text}{letter}"));
        parse(&text) == Err(NumberError::CheckCharacter)
    }

    #[test]
    fn writes_the_listed_examples() {
        let listed = [
            (0, "OV-0000-0000-0000-0"),
            (0x0088_6429_8E84_A96C, "OV-1234-5678-9ABC-B"),
            (u64::MAX, "OV-ZZZZ-ZZZZ-ZZZZ-R"),
        ];
        for (bits, text) in listed {
            let number = PurchasingPowerNumber::from_bits(bits);
            assert_eq!(number.to_string(), text);
            assert_eq!(number.bits(), bits & NUMBER_MASK);
            assert_eq!(parse(text), Ok(number));
        }
    }

    #[test]
    fn reads_every_way_of_writing() {
        let canonical = parse("OV-1234-5678-9ABC-B").expect("valid");
        let written = "ov-1234-5678-9abc-b OV123456789ABCB oV1234-56789ABC-b OV-I234-5678-9abc-B Ov-l234-56789aBcB";
        for text in written.split(' ') {
            assert_eq!(parse(text), Ok(canonical), "{text}");
        }
        assert_eq!(
            parse("OV-OOOO-oooo-0000-o"),
            Ok(PurchasingPowerNumber::from_bits(0))
        );
    }

    #[test]
    fn every_way_of_writing_has_one_canonical_text() {
        let canonical = "OV-1234-5678-9ABC-B";
        let written = "ov-1234-5678-9abc-b OV123456789ABCB oV1234-56789ABC-b OV-I234-5678-9abc-B Ov-l234-56789aBcB";
        for text in written.split(' ') {
            assert_eq!(canonical_text(text), canonical, "{text}");
        }
        assert_eq!(canonical_text("ovoilu-0000-0000-x"), "OV-011U-0000-0000-X");
        assert_eq!(canonical_text("OV 1"), "OV 1");
    }

    #[test]
    fn an_alias_works_as_check_character() {
        let bits = (0..1000)
            .find(|bits| check_value(*bits) == 1)
            .expect("one of 32");
        let number = PurchasingPowerNumber::from_bits(bits);
        let text = number.to_string();
        for alias in ["I", "i", "L", "l"] {
            assert_eq!(
                parse(&format!("{}{alias}", &text[..text.len() - 1])),
                Ok(number)
            );
        }
    }

    #[test]
    fn refuses_other_shapes() {
        let texts = "|OV|1234-5678-9ABC-B|0V-1234-5678-9ABC-B|OV-1234-5678-9ABC|OV-1234-5678-9ABC-BB|\
            OV--1234-5678-9ABC-B|OV-1-234-5678-9ABC-B|OV-1234-5678-9ABC-B-|OV-1234-5678-9ABC-B |\
            OV-1234-5678-9ABÄ-B|OV 1234 5678 9ABC B|OV-1234-5678-9AB*-B";
        for text in texts.split('|') {
            assert_eq!(parse(text), Err(NumberError::Shape), "{text}");
        }
        assert_eq!(parse(" OV-1234-5678-9ABC-B"), Err(NumberError::Shape));
    }

    #[test]
    fn a_letter_outside_the_alphabet_counts_as_mistyped() {
        let texts =
            "OV-U234-5678-9ABC-B|OV-1234-5678-9ABC-U|OV-1234-5678-9ABC-C|ov-1234-5678-9abu-b";
        for text in texts.split('|') {
            assert_eq!(parse(text), Err(NumberError::CheckCharacter), "{text}");
        }
    }

    #[test]
    fn nothing_but_display_shows_the_number() {
        let number = parse("OV-1234-5678-9ABC-B").expect("valid");
        assert_eq!(format!("{number:?}"), "PurchasingPowerNumber(…)");
        assert!(!NumberError::CheckCharacter.to_string().contains("1234"));
    }

    #[test]
    fn a_stored_number_has_60_bits() {
        let read =
            |bits: u64| serde_json::from_str::<PurchasingPowerNumber>(&bits.to_string()).ok();
        assert_eq!(
            read(NUMBER_MASK),
            Some(PurchasingPowerNumber::from_bits(NUMBER_MASK))
        );
        assert_eq!(read(NUMBER_MASK + 1), None);
        let written = serde_json::to_string(&PurchasingPowerNumber::from_bits(7));
        assert_eq!(written.ok().as_deref(), Some("7"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bits: u64) {
            let number = PurchasingPowerNumber::from_bits(bits);
            prop_assert_eq!(parse(&number.to_string()), Ok(number));
            prop_assert_eq!(parse(&number.to_string().to_lowercase().replace('-', "")), Ok(number));
        }

        #[test]
        fn every_wrong_character_is_caught(bits: u64) {
            let original = characters(bits);
            for place in 0..original.len() {
                for letter in ALPHABET.map(char::from).into_iter().filter(|letter| *letter != original[place]) {
                    let mut changed = original.clone();
                    changed[place] = letter;
                    prop_assert!(is_caught(&changed));
                }
            }
        }

        #[test]
        fn every_swap_of_neighbours_is_caught(bits: u64) {
            let original = characters(bits);
            for place in 1..original.len() {
                let mut changed = original.clone();
                changed.swap(place - 1, place);
                prop_assert!(changed == original || is_caught(&changed));
            }
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
