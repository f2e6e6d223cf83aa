//! Bank account numbers (IBAN, ISO 13616).

use std::fmt;

/// An account number, without blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iban(String);

/// Why a text is no account number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IbanError {
    /// Not two capitals, two digits, and 11 to 30 capitals and digits; a Finnish one has 14 digits there.
    #[error("write an IBAN without blanks, such as FI9150001503000009")]
    Shape,
    /// The number mod 97 is not 1.
    #[error("the check digits of the IBAN are wrong: compare it with the account's contract")]
    CheckDigits,
}

impl Iban {
    /// Reads an account number exactly as written.
    ///
    /// # Errors
    /// [`IbanError`]; its text says what to do and repeats nothing of the account.
    pub fn parse(text: &str) -> Result<Iban, IbanError> {
        let (Some(country), Some(check), Some(account)) =
            (text.get(..2), text.get(2..4), text.get(4..))
        else {
            return Err(IbanError::Shape);
        };
        let is_account = |letter: u8| letter.is_ascii_uppercase() || letter.is_ascii_digit();
        let is_shaped = country.bytes().all(|letter| letter.is_ascii_uppercase())
            && check.bytes().all(|letter| letter.is_ascii_digit())
            && (11..=30).contains(&account.len())
            && account.bytes().all(is_account);
        let is_finnish = account.len() == 14 && account.bytes().all(|c| c.is_ascii_digit());
        if !is_shaped || (country == "FI" && !is_finnish) {
            return Err(IbanError::Shape);
        }
        if remainder(account.chars().chain(country.chars()).chain(check.chars())) != 1 {
            return Err(IbanError::CheckDigits);
        }
        Ok(Iban(text.to_owned()))
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The number mod 97, where A is 10 and Z is 35.
fn remainder(characters: impl Iterator<Item = char>) -> u32 {
    let values = characters.filter_map(|character| character.to_digit(36));
    values.fold(0, |rest, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_are_held_to_their_shape_and_check_digits() {
        // The first is the demo registry's, the others are examples of the standard's registry.
        for text in [
            "FI9150001503000009",
            "FI2112345600000785",
            "NO9386011117947",
            "GB29NWBK60161331926819",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert_eq!(Iban::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "FI",
            "FI91 5000 1503 0000 09",
            "fi9150001503000009",
            "FI915000150300009",
            "FI91500015030000099",
            "F19150001503000009",
            "FIÄ150001503000009",
            "NO938601111794",
        ] {
            assert_eq!(Iban::parse(text), Err(IbanError::Shape), "{text}");
        }
        for text in [
            "FI9150001503000008",
            "FI1950001503000009",
            "GB29NWBK60161331926891",
        ] {
            assert_eq!(Iban::parse(text), Err(IbanError::CheckDigits), "{text}");
        }
    }
}
