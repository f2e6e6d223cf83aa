//! What the contract says to an event, and to the organiser's decisions about one, by the model alone.

use psop_adapter::domain::event::Action;
use psop_adapter::domain::purchasing_power::DentalMode;
use psop_adapter::domain::registry::Unit;

use super::super::calendar::Day;
use super::super::message::{Content, Decision, EventMessage, Line, Procedure};
use super::super::rules::{
    CODES, GRACE_DAYS, LATE_DAYS, Service, approval_on, code_on, price_on, service_on,
};
use super::{Codes, EventState, GrantFact, Model, Taken, sum};

/// The outcome of a message: codes of its refusal, or the lines that are recorded.
pub type Judged = Result<Vec<Taken>, Codes>;

/// What bounds the prices of an event.
struct Bounds {
    cap: Option<i64>,
    agreed: Option<i64>,
    nothing_own: bool,
}

impl Model {
    pub fn judge_event(&self, message: &EventMessage) -> Judged {
        let one = |code: &'static str, mut codes: Codes| {
            codes.insert(code);
            Err(codes)
        };
        let mut codes = Codes::new();
        if message.action != Action::Delete {
            codes.extend(wrong_alone(message));
        }
        let grant = &self.grants[message.grant];
        let is_theirs = message.customer == grant.customer;
        if let Some(at) = message.event {
            let event = &self.events[at];
            if event.provider != message.provider || event.grant != message.grant || !is_theirs {
                return one("EVENT_NOT_FOUND", codes);
            }
        }
        if message.action != Action::Delete {
            let (chosen, allowed) = grant.providers_on(grant.nearest(message.date));
            let may = match chosen {
                Some(chosen) => chosen == message.provider,
                None => allowed.is_empty() || allowed.contains(&message.provider),
            };
            if !is_theirs || !may {
                return one("PP_NOT_FOUND", codes);
            }
        }
        let is_dental = matches!(grant.content(), Content::Dental { .. });
        if message.dental != is_dental {
            codes.insert("PP_KIND_MISMATCH");
        } else if let Some(at) = message.event {
            let may = match self.state(at) {
                _ if self.events[at].is_credit() => false,
                EventState::Recorded => true,
                EventState::InReview | EventState::Approved => message.action == Action::Delete,
                _ => false,
            };
            if !may {
                return one("EVENT_LOCKED", codes);
            }
            if message
                .version
                .is_some_and(|version| version != self.events[at].version())
            {
                return one("EVENT_VERSION_CONFLICT", codes);
            }
        }
        if message.action == Action::Delete {
            return if codes.is_empty() {
                Ok(Vec::new())
            } else {
                Err(codes)
            };
        }
        let lines = self.judge_recorded(message, is_dental, &mut codes);
        if codes.is_empty() {
            Ok(lines)
        } else {
            Err(codes)
        }
    }

    fn judge_recorded(
        &self,
        message: &EventMessage,
        is_dental: bool,
        codes: &mut Codes,
    ) -> Vec<Taken> {
        let grant = &self.grants[message.grant];
        let in_time = self.judge_date(message, codes);
        let service = service_on(grant.terms().service, message.date);
        if service.is_none() && in_time {
            codes.insert("SERVICE_TYPE_UNKNOWN");
        }
        let approval = approval_on(message.provider, message.date);
        match approval {
            Err("PROVIDER_NOT_APPROVED") => codes.extend(approval.err()),
            Err(code) if in_time => codes.extend([code]),
            _ => {}
        }
        let bounds = service.filter(|_| in_time).map(|service: &Service| Bounds {
            cap: service.cap,
            agreed: approval.ok().and_then(|approval| approval.agreed),
            nothing_own: service.free || grant.terms().purchase,
        });
        if message.no_show || message.dental != is_dental {
            self.judge_totals(
                message,
                bounds.is_some() && message.dental == is_dental,
                &[],
                false,
                codes,
            );
            return Vec::new();
        }
        let mut of_lines = Codes::new();
        let lines = match is_dental {
            true => self.dental_lines(message, bounds.as_ref(), &mut of_lines),
            false => self.general_lines(message, bounds.as_ref(), &mut of_lines),
        };
        let has_line_error = !of_lines.is_empty();
        codes.extend(of_lines);
        if let Some(bounds) = &bounds
            && bounds.nothing_own
            && message.lab_cost.is_some_and(|cost| cost > 0)
        {
            codes.insert("CUSTOMER_SHARE_NOT_ALLOWED");
        }
        self.judge_totals(message, bounds.is_some(), &lines, has_line_error, codes);
        lines
    }

    /// Whether what depends on the day is judged.
    fn judge_date(&self, message: &EventMessage, codes: &mut Codes) -> bool {
        let (grant, date) = (&self.grants[message.grant], message.date);
        let is_same_day = message
            .event
            .is_some_and(|at| self.events[at].recorded().0 == date);
        let late = self.today - date > LATE_DAYS && !is_same_day;
        if date > self.today {
            codes.insert("SERVICE_DATE_FUTURE");
        }
        if late {
            codes.insert("SERVICE_DATE_TOO_OLD");
        }
        let in_time = date <= self.today && !late;
        let is_annulled = grant
            .cancelled_from()
            .is_some_and(|from| self.today - from > GRACE_DAYS || (in_time && date >= from));
        codes.extend(match () {
            () if is_annulled => Some("PP_CANCELLED"),
            () if grant.suspended() => Some("PP_SUSPENDED"),
            () if in_time && date < grant.from() => Some("PP_NOT_YET_VALID"),
            () if in_time && date > grant.to() => Some("PP_EXPIRED_ON_SERVICE_DATE"),
            () => None,
        });
        in_time
    }

    fn judge_totals(
        &self,
        message: &EventMessage,
        judged: bool,
        lines: &[Taken],
        has_line_error: bool,
        codes: &mut Codes,
    ) {
        let lines_repeat = message.lines.iter().enumerate().any(|(at, line)| {
            message.lines[..at]
                .iter()
                .any(|before| before.no == line.no)
        });
        let complete = message.lines.is_empty() == message.no_show;
        if let Some(totals) = message.totals
            && judged
            && complete
            && !has_line_error
            && !lines_repeat
            && totals != sum(lines.iter().map(|line| line.amounts(line.quantity)))
        {
            codes.insert("TOTALS_MISMATCH");
        }
    }

    fn general_lines(
        &self,
        message: &EventMessage,
        bounds: Option<&Bounds>,
        codes: &mut Codes,
    ) -> Vec<Taken> {
        let Some(bounds) = bounds else {
            return Vec::new();
        };
        let grant = &self.grants[message.grant];
        let (value, cap) = match grant.block_on(grant.nearest(message.date)) {
            Some(Content::Ordinary { value, cap, .. }) => (Some(*value), *cap),
            Some(Content::Saldo { value, .. }) => (*value, None),
            _ => (None, None),
        };
        let taken: Vec<Taken> = message
            .lines
            .iter()
            .map(|line| {
                let value = value.unwrap_or(line.price);
                judge_price(line, value, cap, bounds, codes);
                Taken {
                    no: line.no,
                    quantity: line.quantity,
                    price: line.price,
                    value,
                    code: None,
                    tooth: None,
                    granted_line: None,
                }
            })
            .collect();
        let quantity: i64 = message.lines.iter().map(|line| line.quantity).sum();
        match grant.content() {
            Content::Ordinary { period, .. } => {
                // Only periods that the validity touches have a quota.
                let near = super::super::calendar::bounds(*period, grant.nearest(message.date));
                let left = grant.quota(message.date).0
                    - self.used_in(message.grant, message.date, message.event);
                if (near.0..=near.1).contains(&message.date) && quantity > left {
                    codes.insert("QUOTA_EXCEEDED");
                }
            }
            Content::Saldo {
                unit, per_event, ..
            } => {
                let used = match unit {
                    Unit::Eur => taken
                        .iter()
                        .map(|line| line.amounts(line.quantity)[0] * 10)
                        .sum(),
                    _ => quantity,
                };
                let left = grant.balance() - self.used_balance(message.grant, message.event);
                if used > per_event.map_or(left, |most| most.min(left)) {
                    codes.insert("BALANCE_EXCEEDED");
                }
            }
            Content::Dental { .. } => {}
        }
        taken
    }

    fn dental_lines(
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

    /// The codes that refuse a look-up.
    pub fn refuse_look(&self, at: usize, provider: usize, date: Day) -> Codes {
        let grant = &self.grants[at];
        let (chosen, allowed) = grant.providers_on(grant.nearest(date));
        let may = match chosen {
            Some(chosen) => chosen == provider,
            None => allowed.is_empty() || allowed.contains(&provider),
        };
        let is_closed = self.today - grant.to() > LATE_DAYS
            || grant
                .cancelled_from()
                .is_some_and(|from| self.today - from > GRACE_DAYS);
        if !may || is_closed {
            return Codes::from(["PP_NOT_FOUND"]);
        }
        approval_on(provider, date).err().into_iter().collect()
    }

    /// Whether the organiser's decision is refused.
    pub fn refuse_decision(&self, decision: Decision, event: usize) -> bool {
        let state = self.state(event);
        let may = match decision {
            Decision::Approve => matches!(state, EventState::Recorded | EventState::InReview),
            Decision::Reject => state == EventState::InReview,
            Decision::Settle => state == EventState::Approved,
            Decision::Unsettle => {
                state == EventState::Settled && self.events[event].credited_whole().is_none()
            }
            Decision::Pay => state == EventState::Settled,
        };
        !may
    }

    /// What is credited of each line, or the code of the refusal.
    pub fn judge_credit(
        &self,
        at: usize,
        lines: &[(u64, i64)],
    ) -> Result<Vec<(u64, i64)>, &'static str> {
        let event = &self.events[at];
        let is_dental = matches!(self.grants[event.grant].content(), Content::Dental { .. });
        let own = |no: u64| event.recorded().1.iter().any(|line| line.no == no);
        let malformed = lines.iter().any(|(no, quantity)| {
            !own(*no) || *quantity <= 0 || (is_dental && quantity % 1000 != 0)
        });
        if malformed {
            return Err("FIELD_NOT_ALLOWED");
        }
        let rest: Vec<(u64, i64)> = event.rest().map(|(line, left)| (line.no, left)).collect();
        let asked: Vec<(u64, i64)> = match lines {
            [] => rest.iter().copied().filter(|(_, left)| *left > 0).collect(),
            lines => lines.to_vec(),
        };
        let is_beyond = asked.iter().any(|asked| {
            rest.iter()
                .any(|left| left.0 == asked.0 && asked.1 > left.1)
        });
        if event.is_credit() || !self.is_settled(at) || asked.is_empty() || is_beyond {
            return Err("EVENT_LOCKED");
        }
        Ok(asked)
    }

    /// Highest price of one unit of a recorded line on its day, by every rule that sets one.
    pub fn caps_of(&self, grant: usize, date: Day, provider: usize, line: &Taken) -> Vec<i64> {
        let terms = &self.grants[grant];
        let mut caps: Vec<i64> = Vec::new();
        caps.extend(service_on(terms.terms().service, date).and_then(|service| service.cap));
        caps.extend(
            approval_on(provider, date)
                .ok()
                .and_then(|approval| approval.agreed),
        );
        let rows = terms.facts.iter().rev().find_map(|fact| match fact {
            GrantFact::Created(from, content) if from.from <= date => Some(content),
            GrantFact::Amended(from, _, Some(content)) if *from <= date => Some(content),
            _ => None,
        });
        match (rows, line.granted_line, line.code) {
            (Some(Content::Ordinary { cap, .. }), _, _) => caps.extend(*cap),
            (_, Some(no), _) => caps.extend(terms.line_value(no, date).1),
            (_, None, Some(code)) => caps.extend(price_on(code, date).and_then(|price| price.cap)),
            _ => {}
        }
        caps
    }
}

/// What a message shows to be wrong by itself.
fn wrong_alone(message: &EventMessage) -> Option<&'static str> {
    let numbers = message.lines.iter().map(|line| line.no);
    let repeats = numbers
        .clone()
        .enumerate()
        .any(|(at, no)| numbers.clone().take(at).any(|other| other == no));
    match message.no_show {
        false if message.lines.is_empty() => Some("FIELD_REQUIRED"),
        true if !message.lines.is_empty() || message.lab_cost.is_some() => {
            Some("FIELD_NOT_ALLOWED")
        }
        _ => repeats.then_some("FIELD_NOT_ALLOWED"),
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

/// Whether the price holds.
fn judge_price(
    line: &Line,
    value: i64,
    cap: Option<i64>,
    bounds: &Bounds,
    codes: &mut Codes,
) -> bool {
    let is_above = |most: Option<i64>| most.is_some_and(|most| line.price > most);
    let mut found = Vec::new();
    if is_above(cap) || is_above(bounds.cap) {
        found.push("PRICE_ABOVE_CAP");
    }
    if is_above(bounds.agreed) {
        found.push("PRICE_ABOVE_APPROVED");
    }
    if bounds.nothing_own && line.price > value {
        found.push("CUSTOMER_SHARE_NOT_ALLOWED");
    }
    codes.extend(&found);
    found.is_empty()
}
