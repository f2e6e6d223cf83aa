//! The periods a quota is counted in, and their keys on the wire.

use std::fmt;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{ToSpan, Unit as TimeUnit};
use serde::{Deserialize, Serialize};

/// How often a quantity is granted anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Period {
    Once,
    Day,
    /// ISO week.
    Week,
    Month,
    Year,
    Whole,
}

/// One period. Written `2026-03-16`, `2026-W12`, `2026-03`, `2026` or `ALL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PeriodKey {
    All,
    Day(Date),
    /// ISO week-year and week: 2027-01-01 lies in week 53 of 2026.
    Week(i16, i8),
    Month(i16, i8),
    Year(i16),
}

impl Period {
    /// The period that holds `day`.
    pub fn key(self, day: Date) -> PeriodKey {
        match self {
            Period::Once | Period::Whole => PeriodKey::All,
            Period::Day => PeriodKey::Day(day),
            Period::Week => {
                let week = day.iso_week_date();
                PeriodKey::Week(week.year(), week.week())
            }
            Period::Month => PeriodKey::Month(day.year(), day.month()),
            Period::Year => PeriodKey::Year(day.year()),
        }
    }

    /// Every period touched by `from`…`to`, in order; none when `to` is before `from`.
    pub fn touched(self, from: Date, to: Date) -> impl Iterator<Item = PeriodKey> {
        let first = (from <= to).then(|| self.key(from));
        std::iter::successors(first, move |key| {
            let next_day = key.last_day()?.checked_add(1.day()).ok()?;
            (next_day <= to).then(|| self.key(next_day))
        })
    }
}

impl PeriodKey {
    /// Last day of the period; `None` for `ALL`, which ends with the validity.
    pub fn last_day(self) -> Option<Date> {
        match self {
            PeriodKey::All => None,
            PeriodKey::Day(day) => Some(day),
            PeriodKey::Week(year, week) => ISOWeekDate::new(year, week, Weekday::Sunday)
                .ok()
                .map(|sunday| sunday.date()),
            PeriodKey::Month(year, month) => {
                Date::new(year, month, 1).ok().map(Date::last_of_month)
            }
            PeriodKey::Year(year) => Date::new(year, 12, 31).ok(),
        }
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeriodKey::All => formatter.write_str("ALL"),
            PeriodKey::Day(day) => write!(formatter, "{day}"),
            PeriodKey::Week(year, week) => write!(formatter, "{year:04}-W{week:02}"),
            PeriodKey::Month(year, month) => write!(formatter, "{year:04}-{month:02}"),
            PeriodKey::Year(year) => write!(formatter, "{year:04}"),
        }
    }
}

/// Whole days from `earlier` to `later`; negative when they stand the other way round.
pub fn days_between(earlier: Date, later: Date) -> i32 {
    earlier
        .until((TimeUnit::Day, later))
        .map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn keys(period: Period, from: Date, to: Date) -> Vec<String> {
        period
            .touched(from, to)
            .map(|key| key.to_string())
            .collect()
    }

    #[test]
    fn keys_are_written_as_the_contract_says() {
        let day = date(2026, 3, 16);
        let written = |period: Period| period.key(day).to_string();
        assert_eq!(written(Period::Month), "2026-03");
        assert_eq!(written(Period::Year), "2026");
        assert_eq!(written(Period::Week), "2026-W12");
        assert_eq!(written(Period::Day), "2026-03-16");
        assert_eq!(written(Period::Once), "ALL");
        assert_eq!(written(Period::Whole), "ALL");
        assert_eq!(Period::Week.key(date(2027, 1, 1)).to_string(), "2026-W53");
        assert_eq!(Period::Week.key(date(2024, 12, 30)).to_string(), "2025-W01");
    }

    #[test]
    fn six_months_are_touched_by_march_to_august() {
        let months = keys(Period::Month, date(2026, 3, 1), date(2026, 8, 31));
        assert_eq!(months.len(), 6);
        assert_eq!(months.first().unwrap(), "2026-03");
        assert_eq!(months.last().unwrap(), "2026-08");
    }

    #[test]
    fn a_day_in_each_of_two_periods_touches_both() {
        assert_eq!(
            keys(Period::Month, date(2026, 1, 31), date(2026, 2, 1)).len(),
            2
        );
        assert_eq!(
            keys(Period::Week, date(2026, 3, 15), date(2026, 3, 16)).len(),
            2
        );
        assert_eq!(
            keys(Period::Year, date(2026, 12, 31), date(2027, 1, 1)).len(),
            2
        );
        assert_eq!(
            keys(Period::Week, date(2026, 12, 28), date(2027, 1, 4)),
            ["2026-W53", "2027-W01"]
        );
        assert_eq!(
            keys(Period::Once, date(2026, 1, 1), date(2030, 1, 1)),
            ["ALL"]
        );
        assert!(keys(Period::Day, date(2026, 1, 2), date(2026, 1, 1)).is_empty());
    }

    #[test]
    fn the_last_days_of_the_calendar_end_the_list() {
        assert_eq!(keys(Period::Day, Date::MAX, Date::MAX).len(), 1);
        assert_eq!(keys(Period::Week, Date::MAX, Date::MAX).len(), 1);
    }

    #[test]
    fn days_are_counted_with_their_sign() {
        assert_eq!(days_between(date(2026, 1, 10), date(2026, 3, 16)), 65);
        assert_eq!(days_between(date(2026, 3, 17), date(2026, 3, 16)), -1);
    }
}
