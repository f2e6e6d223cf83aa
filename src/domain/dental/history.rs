//! A line beside what was done before: the same procedure twice (stage 5), and a tooth that is gone.

use jiff::civil::Date;

use super::super::code::Code;
use super::{Element, Finding, Line, Recorded, Site};

/// DUPLICATE_PROCEDURE at `procedureCode` of each line whose code was done in the same place
/// ([`super::Site::meets`]) by a line before it, or by a live event of the grant on `service_date`;
/// the answer has a place for each line.
///
/// A line is compared with every line before it, double ones too. What is repeatable is decided by the
/// line's own code item. A count above 1 is no double line. `recorded` may hold other days: they are
/// passed over.
pub fn double_lines(
    lines: &[Option<Line<'_>>],
    recorded: &[Recorded<'_>],
    service_date: Date,
) -> Vec<Option<Finding>> {
    let is_same_as_recorded = |line: Line<'_>| {
        recorded.iter().any(|before| {
            before.service_date == service_date
                && before.procedure_code == line.item.code
                && before.site.meets(line.site)
        })
    };
    let is_same = |line: Line<'_>, before: &Line<'_>| {
        before.item.code == line.item.code && before.site.meets(line.site)
    };
    let finding = Finding {
        code: Code::DuplicateProcedure,
        element: Element::ProcedureCode,
    };
    each_with_those_before(lines, |line, before| {
        let is_double = !line.item.repeatable
            && (is_same_as_recorded(line)
                || before.iter().flatten().any(|before| is_same(line, before)));
        is_double.then_some(finding)
    })
}

/// The warning TOOTH_ALREADY_EXTRACTED at `tooth` of each line that touches a tooth extracted by a
/// live event of the grant on or before `service_date`, or by a line before it in this event; the
/// answer has a place for each line.
///
/// An event recorded late is judged by its own day: what was done before the extraction draws no
/// warning. On one day the order of recording is taken for the order of doing, and so is the order of
/// lines in a document; an extraction never warns of itself, a second one of the same tooth does.
pub fn lines_on_extracted(
    lines: &[Option<Line<'_>>],
    recorded: &[Recorded<'_>],
    service_date: Date,
) -> Vec<Option<Finding>> {
    let touches_recorded = |line: Line<'_>| {
        recorded.iter().any(|before| {
            before.extraction
                && before.service_date <= service_date
                && share_a_tooth(before.site, line.site)
        })
    };
    let extracts = |before: &Line<'_>, line: Line<'_>| {
        before.item.extraction && share_a_tooth(before.site, line.site)
    };
    let finding = Finding {
        code: Code::ToothAlreadyExtracted,
        element: Element::Tooth,
    };
    each_with_those_before(lines, |line, before| {
        let is_gone =
            touches_recorded(line) || before.iter().flatten().any(|before| extracts(before, line));
        is_gone.then_some(finding)
    })
}

fn share_a_tooth(one: &Site, other: &Site) -> bool {
    match (one.teeth(), other.teeth()) {
        (Some(one), Some(other)) => one.share_one_with(other),
        _ => false,
    }
}

/// Judges each line in sight of the places before it.
fn each_with_those_before<'a>(
    lines: &[Option<Line<'a>>],
    judge: impl Fn(Line<'a>, &[Option<Line<'a>>]) -> Option<Finding>,
) -> Vec<Option<Finding>> {
    let judged = |(index, line): (usize, &Option<Line<'a>>)| {
        let before = lines.get(..index).unwrap_or_default();
        line.and_then(|line| judge(line, before))
    };
    lines.iter().enumerate().map(judged).collect()
}

#[cfg(test)]
mod tests;
