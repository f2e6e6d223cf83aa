//! Retention (säilytysaika): how long each class of what is kept stays, and what may be deleted on a day. Deletes
//! nothing itself.
//!
//! A class of years is kept for so many whole calendar years after the year in which it was last used: what ended in
//! 2026 and is kept for ten years may go on 1 January 2037. Nothing is ever due early: a purchasing power waits for
//! every event on it, an event for its settlement, and what is not settled yet for ever.

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::purchasing_power::PurchasingPower;
use super::service_event::{EventState, PlacedEvent};
use super::settlement::{Month, Run, RunState};

/// A class of what is kept; purged in this order, so that nothing outlives what it names. The numbers are
/// in stores: never change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RetentionClass {
    /// Answers kept for a repeat under the same message id.
    MessageAnswers = 1,
    /// Settlement runs with their providers and rows.
    Settlements = 2,
    /// Purchasing powers for services of health care: with their events, ledger, answers by reference and, where it
    /// was the last one, customer.
    HealthPurchasingPowers = 3,
    /// Purchasing powers for other services, likewise.
    OtherPurchasingPowers = 4,
    /// The beginning of the access log.
    AccessLog = 5,
}

impl RetentionClass {
    /// Every class, in the order in which they are purged.
    pub const ALL: [RetentionClass; 5] = [
        RetentionClass::MessageAnswers,
        RetentionClass::Settlements,
        RetentionClass::HealthPurchasingPowers,
        RetentionClass::OtherPurchasingPowers,
        RetentionClass::AccessLog,
    ];

    /// Name in commands, files and the access log.
    pub fn as_str(self) -> &'static str {
        match self {
            RetentionClass::MessageAnswers => "message-answers",
            RetentionClass::Settlements => "settlements",
            RetentionClass::HealthPurchasingPowers => "health-purchasing-powers",
            RetentionClass::OtherPurchasingPowers => "other-purchasing-powers",
            RetentionClass::AccessLog => "access-log",
        }
    }
}

impl fmt::Display for RetentionClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How long each class is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Answers by message id, in days.
    pub idempotency_days: u16,
    /// Settlements, in whole calendar years after they were paid or cancelled.
    pub settlements_years: u16,
    /// Purchasing powers for services of health care, in whole calendar years after they and their events ended.
    pub health_purchasing_powers_years: u16,
    /// Other purchasing powers, likewise.
    pub other_purchasing_powers_years: u16,
    /// The access log, in whole calendar years after the row.
    pub access_log_years: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            idempotency_days: 90,
            settlements_years: 10,
            health_purchasing_powers_years: 12,
            other_purchasing_powers_years: 12,
            access_log_years: 12,
        }
    }
}

/// Fewest and most days of [`Retention::idempotency_days`]. At most a year: an answer by message must not outlive
/// what it is about.
const DAYS_MIN: u16 = 30;
const DAYS_MAX: u16 = 365;
/// Fewest and most years of a class of years.
const YEARS_MIN: u16 = 1;
const YEARS_MAX: u16 = 150;

impl Retention {
    /// What is wrong with the settings, as `retention.SETTING: what`.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let days = self.idempotency_days;
        if !(DAYS_MIN..=DAYS_MAX).contains(&days) {
            problems.push(format!(
                "retention.idempotency_days: {days} is not from {DAYS_MIN} to {DAYS_MAX}"
            ));
        }
        for (name, years) in [
            ("settlements_years", self.settlements_years),
            (
                "health_purchasing_powers_years",
                self.health_purchasing_powers_years,
            ),
            (
                "other_purchasing_powers_years",
                self.other_purchasing_powers_years,
            ),
            ("access_log_years", self.access_log_years),
        ] {
            if !(YEARS_MIN..=YEARS_MAX).contains(&years) {
                problems.push(format!(
                    "retention.{name}: {years} is not from {YEARS_MIN} to {YEARS_MAX}"
                ));
            }
        }
        problems
    }

    /// The cut-offs at an instant that is on `today` here. `beginning` is the first instant of a day.
    pub fn cut_offs(
        &self,
        now: Timestamp,
        today: Date,
        beginning: impl Fn(Date) -> Timestamp,
    ) -> CutOffs {
        let of_years = |years: u16| {
            let year = today.year().saturating_sub_unsigned(years);
            let day = Date::new(year, 1, 1).unwrap_or(Date::MIN);
            let instant = beginning(day);
            CutOff { day, instant }
        };
        let days = SignedDuration::from_hours(24 * i64::from(self.idempotency_days));
        let instant = now.checked_sub(days).unwrap_or(Timestamp::MIN);
        CutOffs {
            message_answers: CutOff {
                day: today.checked_sub(days).unwrap_or(Date::MIN),
                instant,
            },
            settlements: of_years(self.settlements_years),
            health_purchasing_powers: of_years(self.health_purchasing_powers_years),
            other_purchasing_powers: of_years(self.other_purchasing_powers_years),
            access_log: of_years(self.access_log_years),
        }
    }
}

/// What was last used before this may go: before the day, and before the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    pub day: Date,
    pub instant: Timestamp,
}

/// The cut-offs of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOffs {
    message_answers: CutOff,
    settlements: CutOff,
    health_purchasing_powers: CutOff,
    other_purchasing_powers: CutOff,
    access_log: CutOff,
}

impl CutOffs {
    pub fn of(&self, class: RetentionClass) -> CutOff {
        match class {
            RetentionClass::MessageAnswers => self.message_answers,
            RetentionClass::Settlements => self.settlements,
            RetentionClass::HealthPurchasingPowers => self.health_purchasing_powers,
            RetentionClass::OtherPurchasingPowers => self.other_purchasing_powers,
            RetentionClass::AccessLog => self.access_log,
        }
    }
}

/// Whether something may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its time is not over.
    Kept,
    /// Its time is over, and something on it is not settled or not paid: it stays until that is done.
    HeldBack,
    Due,
}

/// Whether a purchasing power may go, with its events. `answered_at` is when the last answer by reference was kept;
/// settlements up to `settlements_gone` are purged.
pub fn of_purchasing_power(
    cut_off: CutOff,
    grant: &PurchasingPower,
    events: &[PlacedEvent],
    answered_at: Option<Timestamp>,
    settlements_gone: Option<Month>,
) -> Standing {
    let is_recent = grant.valid_to >= cut_off.day
        || answered_at.is_some_and(|at| at >= cut_off.instant)
        || events.iter().any(|placed| {
            placed.event.service_date >= cut_off.day || placed.changed_at >= cut_off.instant
        });
    if is_recent {
        return Standing::Kept;
    }
    let mut standing = Standing::Due;
    for placed in events {
        match placed.event.state {
            EventState::Hylatty | EventState::Poistettu => {}
            EventState::Maksettu => {
                let settled = placed.event.settled.as_ref();
                let month = settled.and_then(|settled| settled.month());
                if month.is_none() || month > settlements_gone {
                    return Standing::Kept;
                }
            }
            EventState::Kirjattu
            | EventState::Tarkastettavana
            | EventState::Hyvaksytty
            | EventState::Tilitetty => standing = Standing::HeldBack,
        }
    }
    standing
}

/// Whether a settlement run may go.
pub fn of_run(cut_off: CutOff, run: &Run) -> Standing {
    let month_ended = run.number.month.last_day().unwrap_or(Date::MAX);
    let ended_at = run.paid_at.unwrap_or(run.begun_at);
    if month_ended >= cut_off.day || ended_at >= cut_off.instant {
        return Standing::Kept;
    }
    match run.state {
        RunState::Paid | RunState::Cancelled => Standing::Due,
        _ => Standing::HeldBack,
    }
}

#[cfg(test)]
mod tests;
