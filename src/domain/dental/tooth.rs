//! Teeth by their FDI numbers (ISO 3950), and areas of the mouth.
//!
//! Does not know which procedure takes which: see [`super::procedure`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// Positions in a quadrant of permanent and of deciduous teeth, counted from the middle.
const PERMANENT_POSITIONS: u8 = 8;
const DECIDUOUS_POSITIONS: u8 = 5;
/// Quadrants of permanent teeth are 1–4, of deciduous teeth 5–8.
const PERMANENT_QUADRANTS: u8 = 4;
const QUADRANTS: u8 = 8;
/// Whole mouth; upper and lower jaw; six sextants; four quadrants.
const AREAS: [u8; 13] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40];

/// A tooth by its FDI number. Invariant: one of the 52.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Tooth(u8);

/// One or more teeth in the order written; Display gives the wire text, `11 12 13`.
/// Invariant: not empty, no tooth twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Tooth>", into = "Vec<Tooth>")]
pub struct Teeth(Vec<Tooth>);

/// Jaw, quadrant, sextant or whole mouth; Display gives the two digits of the wire.
/// Invariant: one of the contract's thirteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Area(u8);

/// Why a text names no teeth, or no area. All of it is TOOTH_INVALID to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ToothError {
    /// Not one of the 52, or not two digits.
    #[error("a tooth is one of the 52 two-digit FDI numbers, several have one blank between them")]
    NotATooth,
    /// The same tooth named again.
    #[error("a tooth is named once")]
    Twice,
    /// Not one of the thirteen areas.
    #[error("an area is one of 00 to 08, 10, 20, 30 and 40")]
    NotAnArea,
    /// A recorded line with both: no code's rule takes both.
    #[error("a procedure has teeth or an area, not both")]
    TeethAndArea,
}

impl Tooth {
    /// The tooth of an FDI number: 11–18, 21–28, 31–38, 41–48, 51–55, 61–65, 71–75, 81–85.
    pub fn new(number: u8) -> Option<Self> {
        let positions = match number / 10 {
            1..=PERMANENT_QUADRANTS => PERMANENT_POSITIONS,
            5..=QUADRANTS => DECIDUOUS_POSITIONS,
            _ => return None,
        };
        (1..=positions)
            .contains(&(number % 10))
            .then_some(Self(number))
    }

    /// Reads exactly two digits.
    pub fn parse(text: &str) -> Option<Self> {
        two_digits(text).and_then(Self::new)
    }

    /// The FDI number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// 1–8: upper right, upper left, lower left, lower right of the permanent, then of the deciduous.
    pub fn quadrant(self) -> u8 {
        self.0 / 10
    }

    /// 1–8 from the middle of the jaw (deciduous 1–5).
    pub fn position(self) -> u8 {
        self.0 % 10
    }

    /// Whether it is a milk tooth.
    pub fn is_deciduous(self) -> bool {
        self.quadrant() > PERMANENT_QUADRANTS
    }

    /// Whether it is in the upper jaw, where the inner side is the palate.
    pub fn is_upper(self) -> bool {
        matches!(self.quadrant(), 1 | 2 | 5 | 6)
    }
}

impl Teeth {
    /// Reads the wire text: two digits a tooth, one blank between two teeth.
    /// Reads no further than the first fault, so never more than 53 teeth.
    pub fn parse(text: &str) -> Result<Self, ToothError> {
        let mut teeth = Vec::new();
        for written in text.split(' ') {
            let tooth = Tooth::parse(written).ok_or(ToothError::NotATooth)?;
            if teeth.contains(&tooth) {
                return Err(ToothError::Twice);
            }
            teeth.push(tooth);
        }
        Ok(Self(teeth))
    }

    /// In the order written; at least one.
    pub fn as_slice(&self) -> &[Tooth] {
        &self.0
    }

    /// In the order written.
    pub fn iter(&self) -> impl Iterator<Item = Tooth> + '_ {
        self.0.iter().copied()
    }

    /// Whether `tooth` is among them.
    pub fn contains(&self, tooth: Tooth) -> bool {
        self.0.contains(&tooth)
    }

    /// Whether all of `others` are among them.
    pub fn contains_all(&self, others: &Teeth) -> bool {
        others.iter().all(|tooth| self.contains(tooth))
    }

    /// Whether some tooth is among both.
    pub fn share_one_with(&self, others: &Teeth) -> bool {
        others.iter().any(|tooth| self.contains(tooth))
    }

    /// The tooth, when there is only one.
    pub fn only(&self) -> Option<Tooth> {
        match self.0.as_slice() {
            [tooth] => Some(*tooth),
            _ => None,
        }
    }
}

impl Area {
    /// Reads exactly two digits.
    pub fn parse(text: &str) -> Result<Self, ToothError> {
        let number = two_digits(text).ok_or(ToothError::NotAnArea)?;
        Self::try_from(number)
    }
}

impl fmt::Display for Tooth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl fmt::Display for Teeth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tooth) in self.0.iter().enumerate() {
            let blank = if index > 0 { " " } else { "" };
            write!(formatter, "{blank}{tooth}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}", self.0)
    }
}

impl TryFrom<u8> for Tooth {
    type Error = ToothError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::new(number).ok_or(ToothError::NotATooth)
    }
}

impl From<Tooth> for u8 {
    fn from(tooth: Tooth) -> Self {
        tooth.0
    }
}

impl TryFrom<Vec<Tooth>> for Teeth {
    type Error = ToothError;

    fn try_from(teeth: Vec<Tooth>) -> Result<Self, Self::Error> {
        if teeth.is_empty() {
            return Err(ToothError::NotATooth);
        }
        let again = |(index, tooth)| teeth.iter().take(index).any(|before| before == tooth);
        if teeth.iter().enumerate().any(again) {
            return Err(ToothError::Twice);
        }
        Ok(Self(teeth))
    }
}

impl From<Teeth> for Vec<Tooth> {
    fn from(teeth: Teeth) -> Self {
        teeth.0
    }
}

impl TryFrom<u8> for Area {
    type Error = ToothError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if AREAS.contains(&number) {
            Ok(Self(number))
        } else {
            Err(ToothError::NotAnArea)
        }
    }
}

impl From<Area> for u8 {
    fn from(area: Area) -> Self {
        area.0
    }
}

fn two_digits(text: &str) -> Option<u8> {
    let is_shaped = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_shaped.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written out by hand: the code counts them, this list does not.
    const ALL_TEETH: &str = "\
        11 12 13 14 15 16 17 18 21 22 23 24 25 26 27 28 31 32 33 34 35 36 37 38 41 42 43 44 45 46 47 48 \
        51 52 53 54 55 61 62 63 64 65 71 72 73 74 75 81 82 83 84 85";

    #[test]
    fn exactly_52_numbers_are_teeth() {
        let listed: Vec<&str> = ALL_TEETH.split_whitespace().collect();
        assert_eq!(listed.len(), 52);
        for number in 0..=u8::MAX {
            let text = format!("{number:02}");
            let tooth = Tooth::parse(&text);
            assert_eq!(tooth.is_some(), listed.contains(&text.as_str()), "{text}");
            assert_eq!(tooth, Tooth::new(number));
            assert_eq!(tooth, Tooth::try_from(number).ok());
            if let Some(tooth) = tooth {
                assert_eq!(tooth.to_string(), text);
            }
        }
    }

    #[test]
    fn a_tooth_knows_its_place() {
        for (number, quadrant, position, is_deciduous, is_upper) in [
            (11, 1, 1, false, true),
            (28, 2, 8, false, true),
            (36, 3, 6, false, false),
            (48, 4, 8, false, false),
            (51, 5, 1, true, true),
            (65, 6, 5, true, true),
            (74, 7, 4, true, false),
            (85, 8, 5, true, false),
        ] {
            let tooth = Tooth::new(number).unwrap();
            assert_eq!(tooth.quadrant(), quadrant);
            assert_eq!(tooth.position(), position);
            assert_eq!(tooth.is_deciduous(), is_deciduous);
            assert_eq!(tooth.is_upper(), is_upper);
        }
    }

    #[test]
    fn a_text_of_teeth_is_read_strictly() {
        for good in ["16", "11 12 13", "48 11", ALL_TEETH] {
            assert_eq!(Teeth::parse(good).unwrap().to_string(), good);
        }
        for (wrong, error) in [
            ("", ToothError::NotATooth),
            ("19", ToothError::NotATooth),
            ("56", ToothError::NotATooth),
            ("1", ToothError::NotATooth),
            ("016", ToothError::NotATooth),
            ("+1", ToothError::NotATooth),
            (" 16", ToothError::NotATooth),
            ("16 ", ToothError::NotATooth),
            ("16  17", ToothError::NotATooth),
            ("16\t17", ToothError::NotATooth),
            ("1617", ToothError::NotATooth),
            ("16 16", ToothError::Twice),
            ("16 17 16", ToothError::Twice),
            ("16 16 99", ToothError::Twice),
        ] {
            assert_eq!(Teeth::parse(wrong), Err(error), "{wrong:?}");
        }
    }

    #[test]
    fn teeth_are_compared_as_sets() {
        let teeth = |text| Teeth::parse(text).unwrap();
        let granted = teeth("16 17 18");
        assert!(granted.contains_all(&teeth("18 16")));
        assert!(!granted.contains_all(&teeth("18 15")));
        assert!(!teeth("18 16").contains_all(&granted));
        assert!(granted.share_one_with(&teeth("15 18")));
        assert!(!granted.share_one_with(&teeth("15")));
        assert_eq!(teeth("16").only(), Tooth::new(16));
        assert_eq!(granted.only(), None);
    }

    #[test]
    fn exactly_thirteen_texts_are_areas() {
        let listed = "00 01 02 03 04 05 06 07 08 10 20 30 40";
        for number in 0..=99_u8 {
            let text = format!("{number:02}");
            let area = Area::parse(&text);
            let expected = listed.split(' ').any(|area| area == text);
            assert_eq!(area.is_ok(), expected, "{text}");
            if let Ok(area) = area {
                assert_eq!(area.to_string(), text);
            }
        }
        for wrong in ["", "0", "000", "1", " 01", "01 02", "UR", "0１"] {
            assert_eq!(Area::parse(wrong), Err(ToothError::NotAnArea), "{wrong:?}");
        }
    }

    #[test]
    fn stored_values_come_back_and_damaged_ones_do_not() {
        let teeth = Teeth::parse("16 55").unwrap();
        let bytes = postcard::to_stdvec(&teeth).unwrap();
        assert_eq!(bytes, [2, 16, 55]);
        assert_eq!(postcard::from_bytes::<Teeth>(&bytes), Ok(teeth));
        for damaged in [&[0][..], &[1, 19], &[2, 16, 16]] {
            assert!(
                postcard::from_bytes::<Teeth>(damaged).is_err(),
                "{damaged:?}"
            );
        }
        let area = Area::parse("40").unwrap();
        assert_eq!(postcard::to_stdvec(&area).unwrap(), [40]);
        assert_eq!(postcard::from_bytes::<Area>(&[40]), Ok(area));
        assert!(postcard::from_bytes::<Area>(&[9]).is_err());
        assert!(postcard::from_bytes::<Tooth>(&[99]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(text in "[0-9 ]{0,20}|[1-8][1-8]( [1-8][1-5]){0,5}|\\PC{0,8}") {
            if let Ok(teeth) = Teeth::parse(&text) {
                prop_assert_eq!(teeth.to_string(), text);
                prop_assert_eq!(Teeth::try_from(teeth.as_slice().to_vec()), Ok(teeth));
            }
        }
    }
}
