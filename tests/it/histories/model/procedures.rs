//! What the contract says to the procedures of a dental event, by the model alone.

use psop_adapter::domain::purchasing_power::DentalMode;

use super::super::calendar::Day;
use super::super::message::{Content, EventMessage, Procedure};
use super::super::rules::{CODES, EXTRACTION, code_on, price_on};
use super::recording::{Bounds, judge_price};
use super::{Codes, Model, Taken};

impl Model {
    pub(super) fn dental_lines(
        &self,
        message: &EventMessage,
        bounds: Option<&Bounds>,
        codes: &mut Codes,
    ) -> Vec<Taken> {
        let grant = &self.grants[message.grant];
        let Content::Dental { mode, ceiling, .. } = grant.content() else {
            return Vec::new();
        };
        let mut taken: Vec<Taken> = Vec::new();
        // Lines whose code and place are known and granted: the ones that others may repeat.
        let mut placed: Vec<(usize, Option<&str>)> = Vec::new();
        // Counts that lines before in this message take of granted lines.
        let mut counts: Vec<(u64, i64)> = Vec::new();
        let mut vouchers = 0;
        let ceiling_left =
            ceiling.map(|ceiling| ceiling - self.vouchers(message.grant, message.event));
        for line in &message.lines {
            let procedure = line.procedure.as_ref().unwrap();
            if let Some(code) = wrong_place(procedure, message.date) {
                codes.insert(code);
                continue;
            }
            let mut fine = true;
            let (value, cap, granted_line) = if *mode == DentalMode::PriceListCeiling {
                let item = price_on(procedure.code, message.date);
                if procedure.authorised.is_some() {
                    codes.insert("FIELD_NOT_ALLOWED");
                }
                if item.is_none() {
                    codes.insert("PROCEDURE_NOT_AUTHORISED");
                }
                let Some(item) = item.filter(|_| procedure.authorised.is_none()) else {
                    continue;
                };
                (item.value, item.cap, None)
            } else {
                let fitting = self.fitting(message, procedure, *mode);
                let Some(first) = fitting.first() else {
                    codes.insert("PROCEDURE_NOT_AUTHORISED");
                    continue;
                };
                let has_count = |no: &&u64| {
                    let max = grant
                        .lines()
                        .iter()
                        .find(|line| line.no == **no)
                        .unwrap()
                        .max;
                    let here: i64 = counts
                        .iter()
                        .filter(|(other, _)| other == *no)
                        .map(|(_, count)| count)
                        .sum();
                    let used = self.used_line(message.grant, **no, message.event) + here;
                    used + line.quantity / 1000 <= i64::from(max)
                };
                let no = match fitting.iter().find(has_count) {
                    Some(no) => {
                        counts.push((*no, line.quantity / 1000));
                        *no
                    }
                    None => {
                        codes.insert("LINE_COUNT_EXCEEDED");
                        fine = false;
                        *first
                    }
                };
                let (value, cap) = grant.line_value(no, grant.nearest(message.date));
                (value, cap, Some(no))
            };
            let place = (procedure.code, procedure.tooth);
            if !CODES[procedure.code].repeatable
                && (placed.contains(&place) || self.is_done(message, place))
            {
                codes.insert("DUPLICATE_PROCEDURE");
                fine = false;
            }
            placed.push(place);
            let Some(bounds) = bounds else { continue };
            fine &= judge_price(line, value, cap, bounds, codes);
            let line = Taken {
                no: line.no,
                quantity: line.quantity,
                price: line.price,
                value,
                code: Some(procedure.code),
                tooth: procedure.tooth,
                granted_line,
            };
            vouchers += if fine {
                line.amounts(line.quantity)[1]
            } else {
                0
            };
            if ceiling_left.is_some_and(|left| vouchers > left) {
                codes.insert("CEILING_EXCEEDED");
            }
            taken.push(line);
        }
        taken
    }

    /// Granted lines that cover a procedure, in the order they are taken.
    fn fitting(&self, message: &EventMessage, procedure: &Procedure, mode: DentalMode) -> Vec<u64> {
        let lines = self.grants[message.grant].lines();
        let mut fitting: Vec<_> = lines
            .iter()
            .filter(|line| {
                let place_fits = mode == DentalMode::ExaminationOnly
                    || line.tooth.is_none()
                    || line.tooth == procedure.tooth;
                line.code == procedure.code
                    && place_fits
                    && procedure.authorised.is_none_or(|no| no == line.no)
            })
            .collect();
        fitting.sort_by_key(|line| {
            (
                mode == DentalMode::Itemised && line.tooth.is_none(),
                line.no,
            )
        });
        fitting.into_iter().map(|line| line.no).collect()
    }

    /// Whether a live event of the day has the procedure already, not credited whole.
    fn is_done(&self, message: &EventMessage, place: (usize, Option<&str>)) -> bool {
        let events = self.live(message.grant, message.event);
        let of_day = events.filter(|(_, event)| event.recorded().0 == message.date);
        of_day
            .flat_map(|(_, event)| event.rest())
            .any(|(line, left)| left > 0 && (line.code, line.tooth) == (Some(place.0), place.1))
    }

    /// The warnings of an accepted event: a tooth that an event of the grant took out before, or a line
    /// before in this one.
    pub fn warn_event(&self, message: &EventMessage, lines: &[Taken]) -> Codes {
        let until = |day: Day| {
            let events = self.live(message.grant, message.event);
            events.filter(move |(_, event)| event.recorded().0 <= day)
        };
        let taken_out = |tooth: &'static str| {
            until(message.date)
                .flat_map(|(_, event)| event.rest())
                .any(|(line, left)| {
                    left > 0 && line.code == Some(EXTRACTION) && line.tooth == Some(tooth)
                })
        };
        let touches = |(at, line): (usize, &Taken)| {
            let Some(tooth) = line.tooth else {
                return false;
            };
            let mut before = lines[..at].iter();
            taken_out(tooth)
                || before.any(|line| line.code == Some(EXTRACTION) && line.tooth == Some(tooth))
        };
        let any = lines.iter().enumerate().any(touches);
        any.then_some("TOOTH_ALREADY_EXTRACTED")
            .into_iter()
            .collect()
    }
}

/// Code, tooth and surfaces, the first that is wrong. Teeth and letters are real ones here.
fn wrong_place(procedure: &Procedure, date: Day) -> Option<&'static str> {
    let Some(code) = code_on(procedure.code, date) else {
        return Some("PROCEDURE_UNKNOWN");
    };
    match (code.one_tooth, procedure.tooth) {
        (true, None) => return Some("TOOTH_REQUIRED"),
        (false, Some(_)) => return Some("TOOTH_NOT_ALLOWED"),
        _ => {}
    }
    let surfaces = procedure.surfaces.map_or(0, str::len);
    (surfaces != usize::from(code.surfaces)).then_some("SURFACE_COUNT_MISMATCH")
}
