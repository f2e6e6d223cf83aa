//! Object identifiers (OID): dotted decimal, and the business id inside Finnish organisation OIDs.
//!
//! Does not look an OID up anywhere.

use super::business_id::{BusinessIdError, check_digits};

/// Longest OID that the contract carries, in characters.
const OID_CHARS_MAX: usize = 64;
/// Under this arc the next one is a business id without hyphen and leading zeros.
const BUSINESS_ID_ARC: &str = "1.2.246.10.";

/// Why a text is no valid OID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OidError {
    /// Not numbers joined by dots, at least two, the first of them 0, 1 or 2.
    #[error("an OID is at least two decimal numbers joined by dots, the first of them 0, 1 or 2")]
    Shape,
    /// More than 64 characters.
    #[error("an OID has at most 64 characters")]
    TooLong,
    /// A number such as `007`.
    #[error("a number of an OID has no leading zeros")]
    LeadingZero,
    /// The arc after 1.2.246.10 fails the business id's check.
    #[error("the number after 1.2.246.10 of the OID is not a business id: {0}")]
    BusinessId(#[source] BusinessIdError),
}

/// Checks an OID: form, length, and the business id under 1.2.246.10.
/// `1.2.246.10` itself has no such number yet and passes.
pub fn check_oid(text: &str) -> Result<(), OidError> {
    if text.len() > OID_CHARS_MAX {
        return Err(OidError::TooLong);
    }
    let (root, arcs) = text.split_once('.').ok_or(OidError::Shape)?;
    if !matches!(root, "0" | "1" | "2") {
        return Err(OidError::Shape);
    }
    arcs.split('.').try_for_each(check_arc)?;
    match text
        .strip_prefix(BUSINESS_ID_ARC)
        .and_then(|rest| rest.split('.').next())
    {
        Some(arc) => check_business_id_arc(arc).map_err(OidError::BusinessId),
        None => Ok(()),
    }
}

fn check_arc(arc: &str) -> Result<(), OidError> {
    if arc.is_empty() || !arc.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(OidError::Shape);
    }
    if arc.len() > 1 && arc.starts_with('0') {
        return Err(OidError::LeadingZero);
    }
    Ok(())
}

/// Puts the leading zeros back: 2048198 is 0204819-8.
fn check_business_id_arc(arc: &str) -> Result<(), BusinessIdError> {
    let mut digits = [b'0'; 8];
    if arc.len() > digits.len() {
        return Err(BusinessIdError::Shape);
    }
    for (digit, byte) in digits.iter_mut().rev().zip(arc.bytes().rev()) {
        *digit = byte;
    }
    check_digits(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_oids() {
        for text in [
            "1.2",
            "0.0",
            "2.999.1",
            "1.2.246.537.6.45",
            "1.2.246.10",
            "1.2.246.100.1",
            "1.2.246.1",
            "2.5.4.3",
        ] {
            assert_eq!(check_oid(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in [
            "", "1", "1.", ".1", "1..2", "3.1", "10.1", "1.2.", "1.a", "1.-2", "1.2 ", " 1.2",
            "1.٣", "01.2",
        ] {
            assert_eq!(check_oid(text), Err(OidError::Shape), "{text}");
        }
        for text in [
            "1.02",
            "1.2.00",
            "1.2.246.010.2048198",
            "1.2.246.10.02048198",
        ] {
            assert_eq!(check_oid(text), Err(OidError::LeadingZero), "{text}");
        }
    }

    #[test]
    fn the_length_limit_is_64_characters() {
        let at_limit = format!("1.{}", "2".repeat(OID_CHARS_MAX - 2));
        assert_eq!(check_oid(&at_limit), Ok(()));
        assert_eq!(check_oid(&format!("{at_limit}2")), Err(OidError::TooLong));
    }

    #[test]
    fn checks_the_business_id_of_an_organisation() {
        for text in [
            "1.2.246.10.2048198",
            "1.2.246.10.2048198.10.1",
            "1.2.246.10.90000054",
            "1.2.246.10.8313124.0",
        ] {
            assert_eq!(check_oid(text), Ok(()), "{text}");
        }
        let cases = [
            ("1.2.246.10.2048197", BusinessIdError::CheckDigit),
            ("1.2.246.10.2048197.10.1", BusinessIdError::CheckDigit),
            ("1.2.246.10.90000020", BusinessIdError::NeverIssued),
            ("1.2.246.10.120481980", BusinessIdError::Shape),
        ];
        for (text, expected) in cases {
            assert_eq!(
                check_oid(text),
                Err(OidError::BusinessId(expected)),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_numbers_joined_by_dots_pass(arcs in prop::collection::vec(0u32..1000, 1..16)) {
            let text = arcs.iter().fold(String::from("2"), |text, arc| format!("{text}.{arc}"));
            prop_assert_eq!(check_oid(&text), Ok(()));
        }

        #[test]
        fn any_text_is_answered(text in "[0-9.a]{0,80}") {
            let _ = check_oid(&text);
        }
    }
}
