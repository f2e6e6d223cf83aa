//! Stages 1–3 of a line: its code, its tooth or area, its surfaces; for lines of events and of grants.
//!
//! Shapes are the schema's business; a text that breaks one all the same gets the code of its rule.

use jiff::civil::Date;

use super::super::code::Code;
use super::super::registry::{CodeItem, CodeSet, ToothRule, covers};
use super::surface::{SurfaceError, Surfaces};
use super::tooth::{Area, Teeth};
use super::{Element, Finding, Line, Site};

/// What a line says about the place, as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WrittenPlace<'a> {
    pub tooth: Option<&'a str>,
    pub surfaces: Option<&'a str>,
    pub area: Option<&'a str>,
}

/// A performed procedure that passed stages 1–3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerformedProcedure<'a> {
    pub item: &'a CodeItem,
    pub site: Site,
    pub surfaces: Option<Surfaces>,
}

/// The place that a granted line names, in so far as it names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedPlace<'a> {
    pub item: &'a CodeItem,
    pub teeth: Option<Teeth>,
    pub surfaces: Option<Surfaces>,
}

impl PerformedProcedure<'_> {
    /// The line it stands on, for the stages that follow.
    pub fn line(&self, count: u32, authorised_line_no: Option<u64>) -> Line<'_> {
        Line {
            item: self.item,
            site: &self.site,
            count,
            authorised_line_no,
        }
    }
}

/// The item of `code` in force on `day` in any loaded code set: the one that began last; of two
/// that began together, the one loaded last.
pub fn code_item_on<'a>(code_sets: &'a [CodeSet], code: &str, day: Date) -> Option<&'a CodeItem> {
    code_sets
        .iter()
        .flat_map(|set| &set.items)
        .filter(|item| item.code == code && covers(item.valid_from, item.valid_to, day))
        .max_by_key(|item| item.valid_from)
}

/// Judges a performed procedure against the code item in force on the service date (`None`: there is
/// none). Findings are of the first failing stage only, one an element, in the elements' order:
///
/// 1. `procedureCode`: PROCEDURE_UNKNOWN.
/// 2. `tooth`, `area`: TOOTH_REQUIRED, TOOTH_NOT_ALLOWED, TOOTH_INVALID. An area in a tooth's stead
///    is two findings: one is missing, the other must go.
/// 3. `surfaces`: the first of SURFACE_INVALID, SURFACE_NOT_ON_TOOTH, SURFACE_COUNT_MISMATCH.
pub fn judge_performed<'a>(
    item: Option<&'a CodeItem>,
    written: WrittenPlace<'_>,
) -> Result<PerformedProcedure<'a>, Vec<Finding>> {
    let item = item.ok_or_else(unknown)?;
    let site = judge_site(item.tooth_rule, written)?;
    let surfaces = match written.surfaces {
        Some(text) => Some(judge_surfaces(item, text, site.teeth())?),
        None if item.min_surfaces > 0 => {
            return Err(one(SurfaceError::Count.code(), Element::Surfaces));
        }
        None => None,
    };
    Ok(PerformedProcedure {
        item,
        site,
        surfaces,
    })
}

/// Judges a line of a dental grant, as [`judge_performed`] does but for what the line leaves open:
/// tooth and surfaces may be missing, and are checked when given. Without a tooth, surfaces are judged
/// by their letters and number alone.
pub fn judge_granted<'a>(
    item: Option<&'a CodeItem>,
    tooth: Option<&str>,
    surfaces: Option<&str>,
) -> Result<GrantedPlace<'a>, Vec<Finding>> {
    let item = item.ok_or_else(unknown)?;
    let teeth = tooth
        .map(|text| judge_teeth(item.tooth_rule, text))
        .transpose()
        .map_err(|code| one(code, Element::Tooth))?;
    let surfaces = surfaces
        .map(|text| judge_surfaces(item, text, teeth.as_ref()))
        .transpose()?;
    Ok(GrantedPlace {
        item,
        teeth,
        surfaces,
    })
}

fn one(code: Code, element: Element) -> Vec<Finding> {
    vec![Finding { code, element }]
}

fn unknown() -> Vec<Finding> {
    one(Code::ProcedureUnknown, Element::ProcedureCode)
}

/// Stage 2 of a performed procedure: tooth and area, each by itself.
fn judge_site(rule: ToothRule, written: WrittenPlace<'_>) -> Result<Site, Vec<Finding>> {
    let takes_tooth = matches!(rule, ToothRule::One | ToothRule::Many);
    let teeth = match written.tooth {
        Some(text) => judge_teeth(rule, text).map(Some),
        None if takes_tooth => Err(Code::ToothRequired),
        None => Ok(None),
    };
    let area = match written.area {
        Some(_) if rule != ToothRule::Area => Err(Code::ToothNotAllowed),
        Some(text) => Area::parse(text)
            .map(Some)
            .map_err(|_error| Code::ToothInvalid),
        None if rule == ToothRule::Area => Err(Code::ToothRequired),
        None => Ok(None),
    };
    match (teeth, area) {
        (Ok(Some(teeth)), Ok(_)) => Ok(Site::Teeth(teeth)),
        (Ok(None), Ok(Some(area))) => Ok(Site::Area(area)),
        (Ok(None), Ok(None)) => Ok(Site::None),
        (teeth, area) => Err([
            teeth.err().map(|code| (code, Element::Tooth)),
            area.err().map(|code| (code, Element::Area)),
        ]
        .into_iter()
        .flatten()
        .map(|(code, element)| Finding { code, element })
        .collect()),
    }
}

/// Teeth that are given, under the code's rule.
fn judge_teeth(rule: ToothRule, text: &str) -> Result<Teeth, Code> {
    if matches!(rule, ToothRule::None | ToothRule::Area) {
        return Err(Code::ToothNotAllowed);
    }
    let teeth = Teeth::parse(text).map_err(|_error| Code::ToothInvalid)?;
    if rule == ToothRule::One && teeth.only().is_none() {
        return Err(Code::ToothInvalid);
    }
    Ok(teeth)
}

/// Stage 3: surfaces that are given.
fn judge_surfaces(
    item: &CodeItem,
    text: &str,
    teeth: Option<&Teeth>,
) -> Result<Surfaces, Vec<Finding>> {
    Surfaces::parse(text, teeth, item.min_surfaces, item.max_surfaces)
        .map_err(|error| one(error.code(), Element::Surfaces))
}

#[cfg(test)]
mod tests;
