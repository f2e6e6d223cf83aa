//! Municipality codes and wellbeing services county codes: two types, so that municipality 091
//! and county 91 can never be taken for each other.
//!
//! Does not know which codes exist: the lists are loaded data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A municipality code (kuntanumero): exactly three digits. Invariant: ASCII digits only.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{3}$"))]
pub struct MunicipalityCode([u8; 3]);

/// A wellbeing services county code (hyvinvointialue): exactly two digits. Invariant: ASCII digits only.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{2}$"))]
pub struct CountyCode([u8; 2]);

/// Why a loaded or stored text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NationalCodeError {
    /// Not three digits.
    #[error("a municipality code is exactly three digits")]
    Municipality,
    /// Not two digits.
    #[error("a wellbeing services county code is exactly two digits")]
    County,
}

impl MunicipalityCode {
    /// Reads three digits exactly as written, leading zeros included.
    pub fn parse(text: &str) -> Option<Self> {
        parse_digits(text).map(Self)
    }

    /// The three digits.
    pub fn as_str(&self) -> &str {
        as_text(&self.0)
    }
}

impl CountyCode {
    /// Reads two digits exactly as written, leading zeros included.
    pub fn parse(text: &str) -> Option<Self> {
        parse_digits(text).map(Self)
    }

    /// The two digits.
    pub fn as_str(&self) -> &str {
        as_text(&self.0)
    }
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for CountyCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for MunicipalityCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MunicipalityCode({self})")
    }
}

impl fmt::Debug for CountyCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CountyCode({self})")
    }
}

impl TryFrom<String> for MunicipalityCode {
    type Error = NationalCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(NationalCodeError::Municipality)
    }
}

impl TryFrom<String> for CountyCode {
    type Error = NationalCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(NationalCodeError::County)
    }
}

impl From<MunicipalityCode> for String {
    fn from(code: MunicipalityCode) -> Self {
        code.as_str().to_owned()
    }
}

impl From<CountyCode> for String {
    fn from(code: CountyCode) -> Self {
        code.as_str().to_owned()
    }
}

fn parse_digits<const COUNT: usize>(text: &str) -> Option<[u8; COUNT]> {
    let digits: [u8; COUNT] = text.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

/// ASCII digits are UTF-8 by the invariant: the empty text is never given.
fn as_text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Municipalities {
        municipality: Vec<Entry<MunicipalityCode>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Counties {
        county: Vec<Entry<CountyCode>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry<Code> {
        code: Code,
        name_fi: String,
        name_sv: Option<String>,
    }

    fn is_sorted_and_named<Code: Ord>(entries: &[Entry<Code>]) -> bool {
        let is_named = |name: &str| !name.is_empty() && name.trim() == name;
        entries.is_sorted_by(|earlier, later| earlier.code < later.code)
            && entries.iter().all(|entry| is_named(&entry.name_fi))
            && entries
                .iter()
                .filter_map(|entry| entry.name_sv.as_deref())
                .all(is_named)
    }

    #[test]
    fn reads_the_listed_municipalities() {
        for text in ["853", "091", "049", "092", "837", "564", "286", "743"] {
            let code = MunicipalityCode::parse(text).expect(text);
            assert_eq!(code.as_str(), text);
            assert_eq!(code.to_string(), text);
        }
    }

    #[test]
    fn refuses_anything_but_the_exact_digits() {
        for text in ["", "85", "8530", " 853", "85 ", "85A", "+85", "٣٣٣", "8٣"] {
            assert_eq!(MunicipalityCode::parse(text), None, "{text}");
        }
        for text in ["", "2", "002", "2 ", "-2", "٣"] {
            assert_eq!(CountyCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn debug_shows_kind_and_digits() {
        assert_eq!(
            format!("{:?}", MunicipalityCode::parse("091")),
            "Some(MunicipalityCode(091))"
        );
        assert_eq!(
            format!("{:?}", CountyCode::parse("91")),
            "Some(CountyCode(91))"
        );
    }

    #[test]
    fn serialises_as_text_and_checks_on_the_way_back() {
        let code = MunicipalityCode::parse("091").expect("valid");
        assert_eq!(
            serde_json::to_string(&code).ok().as_deref(),
            Some("\"091\"")
        );
        assert_eq!(serde_json::from_str("\"091\"").ok(), Some(code));
        assert!(serde_json::from_str::<MunicipalityCode>("\"91\"").is_err());
        assert!(serde_json::from_str::<CountyCode>("\"091\"").is_err());
    }

    #[test]
    fn the_loaded_lists_are_whole_and_hold_no_code_twice() {
        let text = include_str!("../../fixtures/demo/municipalities.toml");
        let municipalities: Municipalities = toml::from_str(text).expect("municipalities.toml");
        assert_eq!(municipalities.municipality.len(), 308);
        assert!(is_sorted_and_named(&municipalities.municipality));
        let text = include_str!("../../fixtures/demo/counties.toml");
        let counties: Counties = toml::from_str(text).expect("counties.toml");
        assert_eq!(counties.county.len(), 23);
        assert!(is_sorted_and_named(&counties.county));
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number in 0u32..1000) {
            let text = format!("{number:03}");
            prop_assert_eq!(MunicipalityCode::parse(&text).map(String::from), Some(text));
        }
    }
}
