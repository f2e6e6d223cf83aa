//! Dental procedures as proposed: by line, by price list up to a ceiling, or an examination only.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::super::super::code::Code;
use super::super::super::dated::Dated;
use super::super::super::dental::procedure::judge_granted;
use super::super::super::money::Cents;
use super::super::super::purchasing_power::{Dental, DentalLine, DentalMode, LineValue};
use super::super::super::registry::{ServiceType, Unit, code_item_on, price_item_on};
use super::super::super::rejection::{Group, Rejections};
use super::super::super::terhikki::TerhikkiNumber;
use super::super::{Procedures, check_text};
use super::Span;

/// A line as proposed.
#[derive(Clone, Copy, Debug)]
pub struct ProposedLine<'a> {
    pub line_no: u64,
    pub procedure_code: &'a str,
    pub tooth: Option<&'a str>,
    pub surfaces: Option<&'a str>,
    pub max_count: u32,
    /// That of the price list when absent.
    pub unit_value: Option<Cents>,
    pub max_price: Option<Cents>,
}

/// Dental procedures as proposed.
#[derive(Clone, Debug)]
pub struct ProposedDental<'a> {
    pub mode: DentalMode,
    pub ceiling: Option<Cents>,
    pub lines: Vec<ProposedLine<'a>>,
    pub emergency: Option<bool>,
    pub referring_professional: Option<&'a str>,
    pub treatment_plan_text: Option<&'a str>,
}

/// Lines that hold, and their values.
type Lines = (Vec<DentalLine>, BTreeMap<u64, LineValue>);

impl ProposedDental<'_> {
    pub(super) fn procedure_codes(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.procedure_code).collect()
    }

    pub(super) fn examine(&self, rejections: &mut Rejections) -> bool {
        let mut found: Vec<(Code, String)> = Vec::new();
        let takes_lines = self.mode != DentalMode::PriceListCeiling;
        if !takes_lines && self.ceiling.is_none() {
            found.push((Code::FieldRequired, "dental/ceiling".to_owned()));
        }
        match (takes_lines, self.lines.is_empty()) {
            (true, true) => found.push((Code::FieldRequired, "dental/line".to_owned())),
            (false, false) => found.push((Code::FieldNotAllowed, "dental/line".to_owned())),
            _ => {}
        }
        let mut seen = BTreeSet::new();
        for (index, line) in self.lines.iter().enumerate() {
            if !seen.insert(line.line_no) {
                let field = line_field(index, "lineNo");
                rejections.add_to_line(Group::Message, Code::FieldNotAllowed, field, line.line_no);
            }
        }
        let is_wrong = |number: &str| TerhikkiNumber::parse(number).is_err();
        if self.referring_professional.is_some_and(is_wrong) {
            let field = "dental/referringProfessional".to_owned();
            found.push((Code::TerhikkiInvalid, field));
        }
        let holds = found.is_empty() && seen.len() == self.lines.len();
        for (code, field) in found {
            rejections.add(Group::Message, code, field);
        }
        let field = "dental/treatmentPlanText";
        check_text(self.treatment_plan_text, field, rejections);
        holds
    }

    /// Procedures are granted on a service of procedures only.
    pub(super) fn judge_service(&self, service: &ServiceType, rejections: &mut Rejections) {
        if service.unit != Unit::Toimenpide {
            rejections.add(Group::Kind, Code::PpKindMismatch, "terms/serviceCode");
        }
    }

    pub(super) fn granted(
        &self,
        valid_from: Date,
        procedures: Procedures<'_>,
        rejections: &mut Rejections,
    ) -> Option<Dental> {
        let (lines, values) = self.judge_lines(valid_from, procedures, rejections)?;
        let mut dental = Dental {
            mode: self.mode,
            ceiling: None,
            ceiling_used: Cents(0),
            lines,
            values: Dated::from(valid_from, values),
            emergency: None,
            referring_professional: None,
            treatment_plan_text: None,
        };
        self.put_head(&mut dental);
        Some(dental)
    }

    pub(super) fn amend(
        &self,
        dental: &mut Dental,
        span: Span,
        procedures: Procedures<'_>,
        rejections: &mut Rejections,
    ) -> bool {
        if self.mode != dental.mode {
            rejections.add(Group::Grant, Code::PpAmendNotAllowed, "dental/mode");
            return false;
        }
        let is_used = |ceiling: Cents| ceiling < dental.ceiling_used;
        if self.ceiling.is_some_and(is_used) {
            rejections.add(Group::Lines, Code::BalanceBelowUsed, "dental/ceiling");
        }
        self.put_head(dental);
        let Some((mut lines, values)) = self.judge_lines(span.valid_from, procedures, rejections)
        else {
            return false;
        };
        for former in &dental.lines {
            let kept = lines
                .iter_mut()
                .enumerate()
                .find(|(_, line)| line.line_no == former.line_no);
            match kept {
                Some((index, line)) => {
                    line.used_count = former.used_count;
                    judge_used_line(former, line, index, rejections);
                }
                None if former.used_count > 0 => {
                    let (group, code) = (Group::Lines, Code::BalanceBelowUsed);
                    rejections.add_to_line(group, code, "dental/line", former.line_no);
                }
                None => {}
            }
        }
        let touches = span.effective_from.is_some_and(|day| {
            let changed = changes_a_line(dental, &lines, &values, day);
            strip_others(dental, &lines);
            dental.values.append_if_new(day, values);
            changed
        });
        dental.lines = lines;
        touches
    }

    fn put_head(&self, dental: &mut Dental) {
        dental.ceiling = self.ceiling;
        dental.emergency = self.emergency;
        dental.referring_professional = self.referring_professional.map(str::to_owned);
        dental.treatment_plan_text = self.treatment_plan_text.map(str::to_owned);
    }

    /// Every line by the code sets and the price list on the first day; `None` when one does not hold.
    fn judge_lines(
        &self,
        valid_from: Date,
        procedures: Procedures<'_>,
        rejections: &mut Rejections,
    ) -> Option<Lines> {
        let mut values = BTreeMap::new();
        let mut lines = Vec::with_capacity(self.lines.len());
        if self.mode == DentalMode::PriceListCeiling {
            return Some((lines, values));
        }
        for (index, line) in self.lines.iter().enumerate() {
            let value = line.value(valid_from, procedures);
            if value.is_none() {
                let (group, code) = (Group::Lines, Code::PriceItemUnknown);
                let field = line_field(index, "unitValue");
                rejections.add_to_line(group, code, field, line.line_no);
            }
            let item = code_item_on(procedures.code_items, line.procedure_code, valid_from);
            match judge_granted(item, line.tooth, line.surfaces) {
                Ok(place) => {
                    lines.push(DentalLine {
                        line_no: line.line_no,
                        procedure_code: line.procedure_code.to_owned(),
                        teeth: place.teeth.map(|teeth| teeth.to_string()),
                        surfaces: place.surfaces.map(|surfaces| surfaces.to_string()),
                        max_count: line.max_count,
                        used_count: 0,
                    });
                    values.extend(value.map(|value| (line.line_no, value)));
                }
                Err(findings) => {
                    for finding in findings {
                        let field = finding.field(&format!("dental/line[{}]", index + 1));
                        rejections.add_to_line(Group::Lines, finding.code, field, line.line_no);
                    }
                }
            }
        }
        // Two lines of one number are refused already; they have one value.
        let all_hold = lines.len() == self.lines.len() && values.len() == lines.len();
        all_hold.then_some((lines, values))
    }
}

impl ProposedLine<'_> {
    /// Its own value and cap, or those of the price list together: the list's cap only where the line
    /// has none.
    fn value(&self, valid_from: Date, procedures: Procedures<'_>) -> Option<LineValue> {
        if let Some(unit_value) = self.unit_value {
            return Some(LineValue {
                unit_value,
                max_price: self.max_price,
            });
        }
        let item = price_item_on(procedures.price_items, self.procedure_code, valid_from)?;
        Some(LineValue {
            unit_value: item.voucher_value,
            max_price: self.max_price.or(item.max_price),
        })
    }
}

fn line_field(index: usize, name: &str) -> String {
    format!("dental/line[{}]/{name}", index + 1)
}

/// A line that is used stays what it is, and keeps at least its use.
fn judge_used_line(
    former: &DentalLine,
    line: &DentalLine,
    index: usize,
    rejections: &mut Rejections,
) {
    if former.used_count == 0 {
        return;
    }
    let kept = [
        (
            former.procedure_code == line.procedure_code,
            "procedureCode",
        ),
        (
            teeth_of(former.teeth.as_deref()) == teeth_of(line.teeth.as_deref()),
            "tooth",
        ),
        (line.max_count >= former.used_count, "maxCount"),
    ];
    for (_, name) in kept.into_iter().filter(|(holds, _)| !holds) {
        let (group, code) = (Group::Lines, Code::BalanceBelowUsed);
        rejections.add_to_line(group, code, line_field(index, name), line.line_no);
    }
}

/// Teeth whatever their order.
fn teeth_of(text: Option<&str>) -> BTreeSet<&str> {
    text.into_iter()
        .flat_map(str::split_ascii_whitespace)
        .collect()
}

fn stays(former: &[DentalLine], line: &DentalLine) -> bool {
    former.iter().any(|former| {
        former.line_no == line.line_no && former.procedure_code == line.procedure_code
    })
}

/// Forgets what a number was worth while it stood for another procedure, or for none: nothing is used
/// of that, and the line has, before its day, the value it came with.
fn strip_others(dental: &mut Dental, lines: &[DentalLine]) {
    for line in lines.iter().filter(|line| !stays(&dental.lines, line)) {
        dental.values.strip(|values| {
            values.remove(&line.line_no);
        });
    }
}

/// Whether a line that stays what it is gets another value or cap on `day` or later. A line that is
/// new, gone or of another code changes no value that an event could rest on.
fn changes_a_line(
    dental: &Dental,
    lines: &[DentalLine],
    values: &BTreeMap<u64, LineValue>,
    day: Date,
) -> bool {
    lines.iter().any(|line| {
        let value = values.get(&line.line_no);
        stays(&dental.lines, line)
            && (dental.line_value(line.line_no, day).as_ref() != value
                || dental.values.differs_where(day, |before| {
                    before
                        .get(&line.line_no)
                        .is_some_and(|before| Some(before) != value)
                }))
    })
}
