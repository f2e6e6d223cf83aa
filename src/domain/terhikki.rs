//! The register number of a health care professional (Terhikki).
//!
//! Does not look the number up: no public register answers by machine. It names a professional, so
//! Debug never shows it.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// How many digits a number has.
const DIGITS: RangeInclusive<usize> = 8..=11;

/// A Terhikki number. Invariant: 8 to 11 ASCII digits, not all the same.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TerhikkiNumber(String);

/// Why a text is no Terhikki number. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TerhikkiError {
    /// The contract's shape is broken already.
    #[error("a Terhikki number is 8 to 11 digits")]
    Shape,
    /// Such as 00000000: typed to fill the field.
    #[error("the digits of a Terhikki number are not all the same")]
    AllSame,
}

impl TerhikkiNumber {
    /// Reads 8 to 11 digits, exactly as written.
    pub fn parse(text: &str) -> Result<Self, TerhikkiError> {
        let digits = text.as_bytes();
        if !DIGITS.contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(TerhikkiError::Shape);
        }
        if digits.iter().all(|digit| digits.first() == Some(digit)) {
            return Err(TerhikkiError::AllSame);
        }
        Ok(Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TerhikkiNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TerhikkiNumber(…)")
    }
}

impl TryFrom<String> for TerhikkiNumber {
    type Error = TerhikkiError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<TerhikkiNumber> for String {
    fn from(number: TerhikkiNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_length_is_8_to_11_digits() {
        for good in [
            "12345678",
            "123456789",
            "1234567890",
            "12345678901",
            "00000001",
            "10000000",
        ] {
            assert_eq!(TerhikkiNumber::parse(good).unwrap().as_str(), good);
        }
        for wrong in [
            "",
            "1234567",
            "123456789012",
            "1234567a",
            "1234 5678",
            "１２３４５６７８",
        ] {
            assert_eq!(
                TerhikkiNumber::parse(wrong),
                Err(TerhikkiError::Shape),
                "{wrong}"
            );
        }
    }

    #[test]
    fn one_digit_repeated_is_no_number() {
        for digit in 0..=9 {
            for length in DIGITS {
                let text = digit.to_string().repeat(length);
                assert_eq!(TerhikkiNumber::parse(&text), Err(TerhikkiError::AllSame));
            }
        }
    }

    #[test]
    fn a_stored_number_comes_back_and_debug_hides_it() {
        let number = TerhikkiNumber::parse("12345678").unwrap();
        let bytes = postcard::to_stdvec(&number).unwrap();
        assert_eq!(
            postcard::from_bytes::<TerhikkiNumber>(&bytes),
            Ok(number.clone())
        );
        let damaged = postcard::to_stdvec("11111111").unwrap();
        assert!(postcard::from_bytes::<TerhikkiNumber>(&damaged).is_err());
        assert!(!format!("{number:?}").contains("1234"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_by_the_rule_alone(text in "[0-9a]{0,13}|\\PC{0,12}") {
            let mut kinds: Vec<char> = text.chars().collect();
            let shaped = (8..=11).contains(&kinds.len()) && kinds.iter().all(char::is_ascii_digit);
            kinds.sort_unstable();
            kinds.dedup();
            prop_assert_eq!(TerhikkiNumber::parse(&text).is_ok(), shaped && kinds.len() > 1);
        }
    }
}
