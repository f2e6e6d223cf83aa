//! The business id (Y-tunnus) of an organiser or provider: its form and check digit.
//!
//! Does not know whether such a company exists.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Weights of the seven body digits, from the left.
const WEIGHTS: [u32; 7] = [7, 9, 10, 5, 8, 4, 2];

/// A checked business id, `NNNNNNN-C`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{7}-[0-9]$"))]
pub struct BusinessId(String);

/// Why a text is no valid business id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BusinessIdError {
    /// Not seven digits, a hyphen and a digit.
    #[error("a business id has the form NNNNNNN-C")]
    Shape,
    /// The body gives remainder 1, for which no check digit exists.
    #[error("no business id is ever issued with these seven digits")]
    NeverIssued,
    /// The last digit does not match the body.
    #[error("the check digit of the business id is wrong")]
    CheckDigit,
}

impl BusinessId {
    /// Reads a business id exactly as written, hyphen and leading zeros included.
    pub fn parse(text: &str) -> Result<BusinessId, BusinessIdError> {
        let &[d1, d2, d3, d4, d5, d6, d7, b'-', check] = text.as_bytes() else {
            return Err(BusinessIdError::Shape);
        };
        check_digits([d1, d2, d3, d4, d5, d6, d7, check])?;
        Ok(BusinessId(text.to_owned()))
    }

    /// The id as `NNNNNNN-C`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BusinessId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for BusinessId {
    type Error = BusinessIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<BusinessId> for String {
    fn from(business_id: BusinessId) -> Self {
        business_id.0
    }
}

/// Checks the seven body digits and the check digit, in ASCII and without the hyphen.
pub(super) fn check_digits(digits: [u8; 8]) -> Result<(), BusinessIdError> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(BusinessIdError::Shape);
    }
    let [body @ .., check] = digits.map(|digit| u32::from(digit - b'0'));
    let sum: u32 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let expected = match sum % 11 {
        0 => 0,
        1 => return Err(BusinessIdError::NeverIssued),
        remainder => 11 - remainder,
    };
    if check == expected {
        Ok(())
    } else {
        Err(BusinessIdError::CheckDigit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: &str = "0204819-8 0201256-6 0101263-6 0124610-9 0211675-2 0187690-1 0161075-9 \
        0831312-4 9000001-1 9000003-8 9000004-6 9000005-4 9000006-2 9000007-0 9000008-9 9000009-7";

    #[test]
    fn accepts_every_listed_business_id() {
        for text in VALID.split_whitespace() {
            let business_id = BusinessId::parse(text).expect(text);
            assert_eq!(business_id.as_str(), text);
            assert_eq!(business_id.to_string(), text);
        }
    }

    #[test]
    fn refuses_bodies_that_are_never_issued() {
        for body in ["9000002", "9000010"] {
            for check in 0..=9 {
                let text = format!("{body}-{check}");
                assert_eq!(
                    BusinessId::parse(&text),
                    Err(BusinessIdError::NeverIssued),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn refuses_other_shapes() {
        for text in [
            "",
            "02048198",
            "204819-8",
            "0204819-",
            "0204819-88",
            "0204819–8",
            " 0204819-8",
            "0204819-8 ",
            "FI02048198",
            "O204819-8",
            "٠204819-8",
        ] {
            assert_eq!(
                BusinessId::parse(text),
                Err(BusinessIdError::Shape),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_a_wrong_check_digit() {
        assert_eq!(
            BusinessId::parse("0204819-7"),
            Err(BusinessIdError::CheckDigit)
        );
    }

    #[test]
    fn serialises_as_its_text_and_checks_on_the_way_back() {
        let business_id = BusinessId::parse("0204819-8").expect("valid");
        assert_eq!(
            serde_json::to_string(&business_id).expect("json"),
            "\"0204819-8\""
        );
        assert!(serde_json::from_str::<BusinessId>("\"0204819-8\"").is_ok());
        assert!(serde_json::from_str::<BusinessId>("\"0204819-7\"").is_err());
    }

    proptest! {
        #[test]
        fn one_check_digit_at_most_fits(body in 0u32..10_000_000) {
            let fitting = (0..=9).filter(|check| BusinessId::parse(&format!("{body:07}-{check}")).is_ok());
            prop_assert!(fitting.count() <= 1);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = BusinessId::parse(&text);
        }
    }
}
