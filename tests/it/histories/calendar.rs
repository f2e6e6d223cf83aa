//! A calendar of our own, in whole numbers of days: what the reference model counts by. Knows nothing of
//! the library's.

use std::fmt;
use std::ops::{Add, Sub};

use jiff::civil::Date;
use psop_adapter::domain::period::Period;

/// A day, counted from 2020-01-01. No history goes further back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Day {
    pub const MIN: Day = Day(i32::MIN);
    pub const MAX: Day = Day(i32::MAX);

    /// From the civil date, by the count of days before the year and the month.
    pub fn new(year: i32, month: i32, day: i32) -> Day {
        let mut days: i32 = (2020..year).map(days_of_year).sum();
        days += (1..month)
            .map(|month| days_of_month(year, month))
            .sum::<i32>();
        Day(days + day - 1)
    }

    /// Year, month and day of month.
    pub fn civil(self) -> (i32, i32, i32) {
        let (mut year, mut left) = (2020, self.0);
        while left >= days_of_year(year) {
            left -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while left >= days_of_month(year, month) {
            left -= days_of_month(year, month);
            month += 1;
        }
        (year, month, left + 1)
    }

    /// 0 on a Monday.
    fn weekday(self) -> i32 {
        (self.0 + 2).rem_euclid(7)
    }

    /// The same day so many years on; 28 February where there is no 29th.
    pub fn years_on(self, years: i32) -> Day {
        let (year, month, day) = self.civil();
        let day = day.min(days_of_month(year + years, month));
        Day::new(year + years, month, day)
    }

    /// As the library takes it.
    pub fn date(self) -> Date {
        let (year, month, day) = self.civil();
        Date::new(year as i16, month as i8, day as i8).unwrap()
    }
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_year(year: i32) -> i32 {
    365 + i32::from(is_leap(year))
}

fn days_of_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Add<i32> for Day {
    type Output = Day;
    fn add(self, days: i32) -> Day {
        Day(self.0 + days)
    }
}

impl Sub<i32> for Day {
    type Output = Day;
    fn sub(self, days: i32) -> Day {
        Day(self.0 - days)
    }
}

impl Sub for Day {
    type Output = i32;
    fn sub(self, other: Day) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// First and last day of the period that holds `day`; a period without end has all days.
pub fn bounds(period: Period, day: Day) -> (Day, Day) {
    let (year, month, of_month) = day.civil();
    match period {
        Period::Once | Period::Whole => (Day::MIN, Day::MAX),
        Period::Day => (day, day),
        Period::Week => (day - day.weekday(), day - day.weekday() + 6),
        Period::Month => {
            let first = day - (of_month - 1);
            (first, first + (days_of_month(year, month) - 1))
        }
        Period::Year => (Day::new(year, 1, 1), Day::new(year, 12, 31)),
    }
}

/// The period's key as the contract writes it.
pub fn key(period: Period, day: Day) -> String {
    let (year, month, _) = day.civil();
    match period {
        Period::Once | Period::Whole => "ALL".to_owned(),
        Period::Day => format!("{day:?}"),
        Period::Week => {
            // A week belongs to the year of its Thursday.
            let thursday = day - day.weekday() + 3;
            let (year, _, _) = thursday.civil();
            let week = (thursday - Day::new(year, 1, 1)) / 7 + 1;
            format!("{year:04}-W{week:02}")
        }
        Period::Month => format!("{year:04}-{month:02}"),
        Period::Year => format!("{year:04}"),
    }
}

/// A day of every period that `from`…`to` touches, in order.
pub fn touched(period: Period, from: Day, to: Day) -> Vec<Day> {
    let mut days = Vec::new();
    let mut day = from;
    while day <= to {
        days.push(day);
        let last = bounds(period, day).1;
        if last == Day::MAX {
            break;
        }
        day = last + 1;
    }
    days
}

#[test]
fn the_calendar_agrees_with_known_days() {
    for (day, week) in [
        (Day::new(2026, 12, 31), "2026-W53"),
        (Day::new(2027, 1, 1), "2026-W53"),
        (Day::new(2027, 1, 4), "2027-W01"),
        (Day::new(2028, 2, 29), "2028-W09"),
        (Day::new(2024, 12, 30), "2025-W01"),
    ] {
        assert_eq!(key(Period::Week, day), week);
    }
    assert_eq!(Day::new(2028, 3, 1) - Day::new(2028, 2, 28), 2);
    assert_eq!(Day::new(2028, 2, 29).years_on(5), Day::new(2033, 2, 28));
    assert_eq!(Day::new(2026, 3, 16).date().to_string(), "2026-03-16");
    assert_eq!(Day(0).date().to_string(), "2020-01-01");
}
