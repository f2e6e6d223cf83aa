//! The dental stages of an event's lines, brought together: code and place, granted line, repeats,
//! then price. What each stage says is decided in [`crate::domain::dental`].

use jiff::civil::Date;

use crate::domain::code::Code;
use crate::domain::dental::history::{double_lines, lines_on_extracted};
use crate::domain::dental::matching::{GrantedLine, Match, MatchingMode, match_lines};
use crate::domain::dental::procedure::{PerformedProcedure, WrittenPlace, judge_performed};
use crate::domain::dental::tooth::Teeth;
use crate::domain::dental::{Element, Finding, Line, Recorded, Site};
use crate::domain::event_id::EventId;
use crate::domain::purchasing_power::Dental;
use crate::domain::registry::{DentalPriceItem, code_item_on, price_item_on};
use crate::domain::rejection::{Group, Rejections};
use crate::domain::service_event::{EventKind, EventLine, Procedure};

use super::lines::{Bounds, UnitValue, priced};
use super::{Facts, Proposal, ProposedLine};

/// Where the value of a line comes from.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    Granted(u64),
    Listed(&'a DentalPriceItem),
}

/// A procedure of a recorded event, with its place read again.
struct Before {
    service_date: Date,
    code: String,
    site: Site,
    extraction: bool,
}

impl Before {
    fn as_recorded(&self) -> Recorded<'_> {
        Recorded {
            service_date: self.service_date,
            procedure_code: &self.code,
            site: &self.site,
            extraction: self.extraction,
        }
    }
}

/// What is found wrong with lines, by their place.
struct Notes<'n, 'p> {
    proposal: &'n Proposal<'p>,
    rejections: &'n mut Rejections,
    /// Whether the line at each place was refused so far.
    refused: Vec<bool>,
}

impl Notes<'_, '_> {
    fn add(&mut self, index: usize, finding: Finding) {
        if let (Some(line), Some(refused)) =
            (self.proposal.lines.get(index), self.refused.get_mut(index))
        {
            let field = finding.field(&self.proposal.line_field(index));
            self.rejections
                .add_to_line(Group::Lines, finding.code, field, line.line_no);
            *refused = true;
        }
    }
}

/// Judges stages 1 to 7 of every line; a place for each. `dental` holds nothing of the event itself,
/// and `replaced` is the event that this one takes the place of. Without `bounds` prices are not
/// judged and no line comes out. Warnings are of lines that passed stage 4.
pub(super) fn judge(
    proposal: &Proposal<'_>,
    facts: &Facts<'_>,
    dental: &Dental,
    replaced: Option<EventId>,
    bounds: Option<&Bounds>,
    rejections: &mut Rejections,
    warnings: &mut Rejections,
) -> Vec<Option<EventLine>> {
    let day = proposal.service_date;
    let nobody_refused = vec![false; proposal.lines.len()];
    let mut notes = Notes {
        proposal,
        rejections,
        refused: nobody_refused.clone(),
    };
    let performed = performed(proposal, facts, &mut notes);
    let mut lines: Vec<Option<Line<'_>>> = performed
        .iter()
        .zip(&proposal.lines)
        .map(|(performed, line)| {
            let written = line.procedure?;
            let performed = performed.as_ref()?;
            Some(performed.line(written.count, written.authorised_line_no))
        })
        .collect();
    let sources = sources(facts, dental, &mut lines, &mut notes);

    let history = history(facts, replaced);
    let recorded: Vec<Recorded<'_>> = history.iter().map(Before::as_recorded).collect();
    note_each(&mut notes, double_lines(&lines, &recorded, day));
    let mut warned = Notes {
        proposal,
        rejections: warnings,
        refused: nobody_refused,
    };
    note_each(&mut warned, lines_on_extracted(&lines, &recorded, day));

    let places = performed.iter().zip(sources).zip(&proposal.lines);
    let mut kept = |(index, ((performed, source), line)): (usize, ((&Option<_>, _), _))| {
        let (bounds, source): (_, Source<'_>) = (bounds?, source?);
        let procedure = stored(performed.as_ref()?, source);
        let of_unit = of_unit(dental, source, facts.grant.nearest_valid_day(day))?;
        let field = proposal.line_field(index);
        let rejections = &mut *notes.rejections;
        let line = priced(line, Some(procedure), of_unit, bounds, &field, rejections);
        // Stages 5 and 6 spoke already: a line they refused takes nothing of the ceiling.
        line.filter(|_| notes.refused.get(index) == Some(&false))
    };
    places.enumerate().map(&mut kept).collect()
}

fn note_each(notes: &mut Notes<'_, '_>, findings: Vec<Option<Finding>>) {
    for (index, finding) in findings.into_iter().enumerate() {
        if let Some(finding) = finding {
            notes.add(index, finding);
        }
    }
}

/// Stages 1 to 3.
fn performed<'a>(
    proposal: &Proposal<'_>,
    facts: &Facts<'a>,
    notes: &mut Notes<'_, '_>,
) -> Vec<Option<PerformedProcedure<'a>>> {
    let mut judge = |(index, line): (usize, &ProposedLine<'_>)| {
        let written = line.procedure?;
        let item = code_item_on(facts.code_items, written.code, proposal.service_date);
        let place = WrittenPlace {
            tooth: written.tooth,
            surfaces: written.surfaces,
            area: written.area,
        };
        judge_performed(item, place)
            .map_err(|findings| {
                for finding in findings {
                    notes.add(index, finding);
                }
            })
            .ok()
    };
    proposal.lines.iter().enumerate().map(&mut judge).collect()
}

/// Stages 4 and 6: where each line's value comes from. Lines that are not authorised leave `lines`.
fn sources<'a>(
    facts: &Facts<'a>,
    dental: &Dental,
    lines: &mut [Option<Line<'_>>],
    notes: &mut Notes<'_, '_>,
) -> Vec<Option<Source<'a>>> {
    let Some(mode) = MatchingMode::of(dental.mode) else {
        return listed(facts, lines, notes);
    };
    let teeth: Vec<Option<Teeth>> = dental
        .lines
        .iter()
        .map(|line| {
            line.teeth
                .as_deref()
                .and_then(|text| Teeth::parse(text).ok())
        })
        .collect();
    let granted: Vec<GrantedLine<'_>> = dental
        .lines
        .iter()
        .zip(&teeth)
        .map(|(line, teeth)| GrantedLine {
            line_no: line.line_no,
            procedure_code: &line.procedure_code,
            teeth: teeth.as_ref(),
            remaining_count: line.max_count.saturating_sub(line.used_count),
        })
        .collect();
    let matches = match_lines(mode, &granted, lines);
    let mut source = |(index, (found, line)): (usize, (Option<Match>, &mut Option<Line<'_>>))| {
        let found = found?;
        if let Some(finding) = found.finding() {
            notes.add(index, finding);
        }
        let line_no = found.line_no();
        if line_no.is_none() {
            *line = None;
        }
        line_no.map(Source::Granted)
    };
    let places = matches.into_iter().zip(lines);
    places.enumerate().map(&mut source).collect()
}

/// Under a price list every listed code is authorised, and there is no granted line to name.
fn listed<'a>(
    facts: &Facts<'a>,
    lines: &mut [Option<Line<'_>>],
    notes: &mut Notes<'_, '_>,
) -> Vec<Option<Source<'a>>> {
    let day = notes.proposal.service_date;
    let mut source = |(index, place): (usize, &mut Option<Line<'_>>)| {
        let line = (*place)?;
        let item = price_item_on(facts.price_items, &line.item.code, day);
        let wrong = [
            (
                line.authorised_line_no.is_some(),
                Code::FieldNotAllowed,
                Element::AuthorisedLineNo,
            ),
            (
                item.is_none(),
                Code::ProcedureNotAuthorised,
                Element::ProcedureCode,
            ),
        ];
        for (is_wrong, code, element) in wrong {
            if is_wrong {
                notes.add(index, Finding { code, element });
                *place = None;
            }
        }
        item.filter(|_| place.is_some()).map(Source::Listed)
    };
    lines.iter_mut().enumerate().map(&mut source).collect()
}

/// Value and cap of one: of the granted line as in force on `day`, or of the price list's item, which
/// was found by the service date.
fn of_unit(dental: &Dental, source: Source<'_>, day: Date) -> Option<UnitValue> {
    match source {
        Source::Granted(line_no) => dental.line_value(line_no, day).map(|value| UnitValue {
            value: Some(value.unit_value),
            cap: value.max_price,
        }),
        Source::Listed(item) => Some(UnitValue {
            value: Some(item.voucher_value),
            cap: item.max_price,
        }),
    }
}

/// The procedure as it is kept: canonical wire texts.
fn stored(performed: &PerformedProcedure<'_>, source: Source<'_>) -> Procedure {
    Procedure {
        code: performed.item.code.clone(),
        teeth: performed.site.teeth().map(ToString::to_string),
        surfaces: performed.surfaces.map(|surfaces| surfaces.to_string()),
        area: performed.site.area().map(|area| area.to_string()),
        granted_line_no: match source {
            Source::Granted(line_no) => Some(line_no),
            Source::Listed(_) => None,
        },
    }
}

/// What was done before under the grant: procedures of live events, but for what is credited whole
/// and for the event that is being replaced.
fn history(facts: &Facts<'_>, replaced: Option<EventId>) -> Vec<Before> {
    facts
        .events
        .iter()
        .map(|placed| &placed.event)
        .filter(|event| event.state.is_live() && event.kind != EventKind::Credit)
        .filter(|event| Some(event.id) != replaced)
        .flat_map(|event| event.lines.iter().map(move |line| (event, line)))
        .filter(|(_, line)| line.credited_quantity < line.quantity)
        .filter_map(|(event, line)| {
            let procedure = line.procedure.as_ref()?;
            let item = code_item_on(facts.code_items, &procedure.code, event.service_date);
            let (teeth, area) = (procedure.teeth.as_deref(), procedure.area.as_deref());
            // What was kept was canonical: it reads back.
            let site = Site::from_texts(teeth, area).unwrap_or(Site::None);
            Some(Before {
                service_date: event.service_date,
                code: procedure.code.clone(),
                site,
                extraction: item.is_some_and(|item| item.extraction),
            })
        })
        .collect()
}
