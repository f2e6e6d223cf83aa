//! Surfaces of a tooth (hampaan pinnat), as letters and as a set in canonical form.
//!
//! Outside there are two names for one side: V (vestibulaarinen) is B, and P (palatinaalinen) is what L
//! is on upper teeth. Inside there is only B and L.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::code::Code;
use super::tooth::{Teeth, Tooth};

/// Positions with a chewing surface begin here; those before it have an edge instead.
const FIRST_POSITION_THAT_CHEWS: u8 = 4;
/// One bit for each of the six.
const ALL_BITS: u8 = 0b11_1111;

/// One side of a tooth; declared in the order answers carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// Mesial.
    M,
    /// Occlusal: premolars and molars only.
    O,
    /// Incisal: incisors and canines only.
    I,
    /// Distal.
    D,
    /// Buccal; V outside.
    B,
    /// Lingual; P on upper teeth outside.
    L,
}

/// A set of surfaces; Display gives canonical letters in the order M O I D B L.
/// Invariant: not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Surfaces(u8);

/// What is wrong with surfaces; declared in the order the first is reported in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum SurfaceError {
    /// No surface letter at all, one twice, or P on a lower tooth.
    #[error("surfaces are letters of MDOIBVLP, each side once, P on upper teeth only")]
    Invalid,
    /// O on a front tooth, or I on another.
    #[error("O is on positions 4 to 8, I on positions 1 to 3")]
    NotOnTooth,
    /// Fewer or more than the procedure takes.
    #[error("the number of surfaces is not one that the procedure takes")]
    Count,
}

impl SurfaceError {
    /// The contract's code.
    pub fn code(self) -> Code {
        match self {
            SurfaceError::Invalid => Code::SurfaceInvalid,
            SurfaceError::NotOnTooth => Code::SurfaceNotOnTooth,
            SurfaceError::Count => Code::SurfaceCountMismatch,
        }
    }
}

impl Surface {
    /// Every surface, in canonical order.
    pub const ALL: [Surface; 6] = [
        Surface::M,
        Surface::O,
        Surface::I,
        Surface::D,
        Surface::B,
        Surface::L,
    ];

    /// Reads a letter as people write it: V is B, P is L.
    pub fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'M' => Surface::M,
            'O' => Surface::O,
            'I' => Surface::I,
            'D' => Surface::D,
            'B' | 'V' => Surface::B,
            'L' | 'P' => Surface::L,
            _ => return None,
        })
    }

    /// The canonical letter.
    pub fn letter(self) -> char {
        match self {
            Surface::M => 'M',
            Surface::O => 'O',
            Surface::I => 'I',
            Surface::D => 'D',
            Surface::B => 'B',
            Surface::L => 'L',
        }
    }

    /// Whether the tooth has this side.
    pub fn is_on(self, tooth: Tooth) -> bool {
        let chews = tooth.position() >= FIRST_POSITION_THAT_CHEWS;
        match self {
            Surface::O => chews,
            Surface::I => !chews,
            Surface::M | Surface::D | Surface::B | Surface::L => true,
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Surfaces {
    /// Reads `text` (`[MDOIBVLP]{1,8}`) as surfaces of every one of `teeth`, and holds their number
    /// against `count_min`…`count_max`. Gives the first error in the contract's order. Without
    /// teeth, what depends on the tooth is not judged.
    pub fn parse(
        text: &str,
        teeth: Option<&Teeth>,
        count_min: u8,
        count_max: u8,
    ) -> Result<Self, SurfaceError> {
        let surfaces = Self::from_letters(text)?;
        let teeth = || teeth.into_iter().flat_map(Teeth::iter);
        if text.contains('P') && !teeth().all(Tooth::is_upper) {
            return Err(SurfaceError::Invalid);
        }
        if !teeth().all(|tooth| surfaces.iter().all(|surface| surface.is_on(tooth))) {
            return Err(SurfaceError::NotOnTooth);
        }
        if !(count_min..=count_max).contains(&surfaces.count()) {
            return Err(SurfaceError::Count);
        }
        Ok(surfaces)
    }

    /// The letters alone, on whatever tooth.
    fn from_letters(text: &str) -> Result<Self, SurfaceError> {
        let mut bits = 0;
        for letter in text.chars() {
            let bit = Surface::from_letter(letter)
                .ok_or(SurfaceError::Invalid)?
                .bit();
            if bits & bit != 0 {
                return Err(SurfaceError::Invalid);
            }
            bits |= bit;
        }
        Self::try_from(bits)
    }

    /// Its members in canonical order.
    pub fn iter(self) -> impl Iterator<Item = Surface> {
        Surface::ALL
            .into_iter()
            .filter(move |surface| self.0 & surface.bit() != 0)
    }

    /// How many there are, 1–6.
    pub fn count(self) -> u8 {
        self.iter().fold(0, |count, _| count + 1)
    }
}

impl fmt::Display for Surfaces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter()
            .try_for_each(|surface| write!(formatter, "{}", surface.letter()))
    }
}

impl TryFrom<u8> for Surfaces {
    type Error = SurfaceError;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        if bits == 0 || bits & !ALL_BITS != 0 {
            return Err(SurfaceError::Invalid);
        }
        Ok(Self(bits))
    }
}

impl From<Surfaces> for u8 {
    fn from(surfaces: Surfaces) -> Self {
        surfaces.0
    }
}

#[cfg(test)]
mod tests;
