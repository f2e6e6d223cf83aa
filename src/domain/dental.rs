//! Dental procedures: which tooth, which surfaces, whether the grant covers them, and what was done before.
//!
//! The stages of a line, in the contract's order: (1) code, (2) tooth or area and (3) surfaces in
//! [`procedure`]; (4) authorised by the grant and (6) count left in [`matching`]; (5) not recorded twice,
//! and the warning of an extracted tooth, in [`history`]. Prices (7) and the ceiling (8) are judged
//! elsewhere. A line reports its first failing stage only, except that 5, 6 and 7 come together.
//!
//! An event's lines go through as a list with a place for each, in document order. A line that was
//! refused at stages 1–4 is `None` from then on: what is wrong with it may be its very code or tooth,
//! so it takes no count and makes no other line a double one. Lines refused at 5–7 stay.
//!
//! ```text
//! procedure::judge_performed    every line → PerformedProcedure, or what is wrong
//! matching::match_lines         the good ones → a granted line, no count, or not authorised
//! history::double_lines         those that are authorised
//! history::lines_on_extracted   those of an accepted event
//! ```

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::registry::CodeItem;
use tooth::{Area, Teeth, ToothError};

pub mod history;
pub mod matching;
pub mod procedure;
pub mod surface;
pub mod tooth;

/// Where in the mouth a procedure was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Site {
    /// The procedure has no place.
    None,
    /// One tooth or several, by the code's rule.
    Teeth(Teeth),
    /// Jaw, quadrant, sextant or whole mouth.
    Area(Area),
}

impl Site {
    /// The site of canonical texts, as a recorded line carries them.
    pub fn from_texts(teeth: Option<&str>, area: Option<&str>) -> Result<Site, ToothError> {
        match (teeth, area) {
            (None, None) => Ok(Site::None),
            (Some(teeth), None) => Teeth::parse(teeth).map(Site::Teeth),
            (None, Some(area)) => Area::parse(area).map(Site::Area),
            (Some(_), Some(_)) => Err(ToothError::TeethAndArea),
        }
    }

    /// The teeth, if it is teeth.
    pub fn teeth(&self) -> Option<&Teeth> {
        match self {
            Site::Teeth(teeth) => Some(teeth),
            Site::None | Site::Area(_) => None,
        }
    }

    /// The area, if it is one.
    pub fn area(&self) -> Option<Area> {
        match self {
            Site::Area(area) => Some(*area),
            Site::None | Site::Teeth(_) => None,
        }
    }

    /// Whether two procedures were done in the same place: a common tooth, the same area, or neither
    /// has a place. An area is never a tooth's place.
    pub fn meets(&self, other: &Site) -> bool {
        match (self, other) {
            (Site::None, Site::None) => true,
            (Site::Teeth(own), Site::Teeth(others)) => own.share_one_with(others),
            (Site::Area(own), Site::Area(others)) => own == others,
            _ => false,
        }
    }
}

/// An element of a line, in the order the line carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    ProcedureCode,
    Tooth,
    Surfaces,
    Area,
    Count,
    AuthorisedLineNo,
}

impl Element {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Element::ProcedureCode => "procedureCode",
            Element::Tooth => "tooth",
            Element::Surfaces => "surfaces",
            Element::Area => "area",
            Element::Count => "count",
            Element::AuthorisedLineNo => "authorisedLineNo",
        }
    }
}

/// What is wrong with a line, and in which of its elements (one that is missing, for TOOTH_REQUIRED).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finding {
    pub code: Code,
    pub element: Element,
}

impl Finding {
    /// The path of the element in a line whose own path is `line`:
    /// `procedure[2]` gives `procedure[2]/tooth`.
    pub fn field(self, line: &str) -> String {
        format!("{line}/{}", self.element.as_str())
    }
}

/// A line of an event that passed stages 1–3.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The code item in force on the service date.
    pub item: &'a CodeItem,
    pub site: &'a Site,
    /// Times done, at least 1.
    pub count: u32,
    /// The granted line that the provider says it is.
    pub authorised_line_no: Option<u64>,
}

/// A procedure recorded earlier under the same grant, in an event that is live: neither deleted,
/// rejected nor a credit. An event that is being replaced is not among them.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    pub service_date: Date,
    pub procedure_code: &'a str,
    pub site: &'a Site,
    /// Whether its code item, on its own service date, takes the tooth away.
    pub extraction: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_stored_and_comes_back() {
        let teeth = Site::Teeth(Teeth::parse("16 55").unwrap());
        let area = Site::Area(Area::parse("40").unwrap());
        assert_eq!(teeth.teeth().map(ToString::to_string).unwrap(), "16 55");
        assert_eq!((teeth.area(), area.teeth()), (None, None));
        assert_eq!(area.area().unwrap().to_string(), "40");
        for site in [Site::None, teeth, area] {
            let bytes = postcard::to_stdvec(&site).unwrap();
            assert_eq!(postcard::from_bytes::<Site>(&bytes), Ok(site));
        }
    }

    #[test]
    fn a_site_is_read_from_its_texts() {
        for (teeth, area) in [(None, None), (Some("16 55"), None), (None, Some("01"))] {
            let site = Site::from_texts(teeth, area).unwrap();
            let texts = (
                site.teeth().map(ToString::to_string),
                site.area().map(|area| area.to_string()),
            );
            assert_eq!((texts.0.as_deref(), texts.1.as_deref()), (teeth, area));
        }
        for (teeth, area, error) in [
            (Some("19"), None, ToothError::NotATooth),
            (Some("16 16"), None, ToothError::Twice),
            (None, Some("09"), ToothError::NotAnArea),
            (Some("16"), Some("01"), ToothError::TeethAndArea),
        ] {
            assert_eq!(Site::from_texts(teeth, area), Err(error));
        }
    }

    #[test]
    fn elements_stand_in_the_order_of_the_line() {
        let elements = [
            Element::ProcedureCode,
            Element::Tooth,
            Element::Surfaces,
            Element::Area,
            Element::Count,
            Element::AuthorisedLineNo,
        ];
        assert!(elements.is_sorted());
        let names = elements.map(Element::as_str).join(" ");
        let expected = "procedureCode tooth surfaces area count authorisedLineNo";
        assert_eq!(names, expected);
    }
}
