//! Stages 4 and 6 of a line: which granted line it uses, in ITEMISED and EXAMINATION_ONLY grants.
//!
//! A PRICE_LIST_CEILING grant has no lines to match. Granted surfaces are information and not compared.

use super::super::code::Code;
use super::super::purchasing_power::DentalMode;
use super::tooth::Teeth;
use super::{Element, Finding, Line, Site};

/// What of a line is held against a granted line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchingMode {
    /// ITEMISED: the code, and the teeth where the granted line names any.
    Itemised,
    /// EXAMINATION_ONLY: the code alone.
    ExaminationOnly,
}

impl MatchingMode {
    /// How lines of a grant of this mode are matched; `None` for PRICE_LIST_CEILING, which has none.
    pub fn of(mode: DentalMode) -> Option<Self> {
        match mode {
            DentalMode::Itemised => Some(MatchingMode::Itemised),
            DentalMode::ExaminationOnly => Some(MatchingMode::ExaminationOnly),
            DentalMode::PriceListCeiling => None,
        }
    }
}

/// A line of the grant, and what is left of it.
#[derive(Debug, Clone, Copy)]
pub struct GrantedLine<'a> {
    /// Unique in the grant.
    pub line_no: u64,
    pub procedure_code: &'a str,
    pub teeth: Option<&'a Teeth>,
    /// maxCount less what live events use; an event that is being replaced uses nothing.
    pub remaining_count: u32,
}

/// What a line of the event came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It uses its count of this granted line.
    Granted { line_no: u64 },
    /// Stage 6: granted, but no line that fits has so much left. Names the first of those that fit,
    /// because the price (stage 7) is judged all the same.
    CountExceeded { line_no: u64 },
    /// Stage 4: no granted line fits, or the one the provider names does not.
    NotAuthorised { at: Element },
}

impl Match {
    /// The granted line whose value and cap the line has.
    pub fn line_no(self) -> Option<u64> {
        match self {
            Match::Granted { line_no } | Match::CountExceeded { line_no } => Some(line_no),
            Match::NotAuthorised { .. } => None,
        }
    }

    /// What is wrong: LINE_COUNT_EXCEEDED at `count`, or PROCEDURE_NOT_AUTHORISED at
    /// `authorisedLineNo` if there is one, else at `procedureCode`.
    pub fn finding(self) -> Option<Finding> {
        let (code, element) = match self {
            Match::Granted { .. } => return None,
            Match::CountExceeded { .. } => (Code::LineCountExceeded, Element::Count),
            Match::NotAuthorised { at } => (Code::ProcedureNotAuthorised, at),
        };
        Some(Finding { code, element })
    }
}

/// Matches an event's lines to granted lines, in document order; the answer has a place for each,
/// `None` where the line is.
///
/// - With an authorisedLineNo that granted line must itself fit and have the count, whatever others
///   have. It reserves nothing: a line before it in the document chooses first.
/// - Without, a line takes the first that fits *and* has its whole count left: those that name the
///   tooth before those that name none (ITEMISED), then by lineNo. Never two for one line.
/// - Every tooth of the line must be among the granted line's, if that names any. A line with an area
///   or without a place does not fit one that names teeth (ITEMISED).
/// - A line that is matched lowers what is left for those after it; one that is not takes nothing.
pub fn match_lines(
    mode: MatchingMode,
    granted: &[GrantedLine<'_>],
    lines: &[Option<Line<'_>>],
) -> Vec<Option<Match>> {
    let mut in_order = granted.to_vec();
    in_order.sort_by_key(|line| {
        let names_no_tooth = line.teeth.is_none();
        (
            mode == MatchingMode::Itemised && names_no_tooth,
            line.line_no,
        )
    });
    lines
        .iter()
        .map(|line| line.map(|line| match_line(mode, &mut in_order, line)))
        .collect()
}

/// Matches one line and takes its count.
fn match_line(mode: MatchingMode, in_order: &mut [GrantedLine<'_>], line: Line<'_>) -> Match {
    let is_meant = |granted: &GrantedLine<'_>| {
        line.authorised_line_no
            .is_none_or(|line_no| line_no == granted.line_no)
    };
    let mut first_that_fits = None;
    for granted in in_order
        .iter_mut()
        .filter(|granted| is_meant(granted) && fits(mode, granted, line))
    {
        if let Some(left) = granted.remaining_count.checked_sub(line.count) {
            granted.remaining_count = left;
            return Match::Granted {
                line_no: granted.line_no,
            };
        }
        first_that_fits.get_or_insert(granted.line_no);
    }
    match (first_that_fits, line.authorised_line_no) {
        (Some(line_no), _) => Match::CountExceeded { line_no },
        (None, Some(_)) => Match::NotAuthorised {
            at: Element::AuthorisedLineNo,
        },
        (None, None) => Match::NotAuthorised {
            at: Element::ProcedureCode,
        },
    }
}

/// Whether the granted line covers the line, its count aside.
fn fits(mode: MatchingMode, granted: &GrantedLine<'_>, line: Line<'_>) -> bool {
    granted.procedure_code == line.item.code
        && match (mode, granted.teeth, line.site) {
            (MatchingMode::ExaminationOnly, _, _) | (MatchingMode::Itemised, None, _) => true,
            (MatchingMode::Itemised, Some(named), Site::Teeth(done)) => named.contains_all(done),
            (MatchingMode::Itemised, Some(_), Site::None | Site::Area(_)) => false,
        }
}

#[cfg(test)]
mod tests;
