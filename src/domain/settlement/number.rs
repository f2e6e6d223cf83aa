//! Months, and the numbers of settlement runs, `ORGANISER-YYYY-MM-N`.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::national_code::{CountyCode, MunicipalityCode};
use crate::domain::registry::OrganiserCode;

/// A calendar month, `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// Reads a month as [`fmt::Display`] writes it.
    pub fn parse(text: &str) -> Option<Month> {
        let day: Date = format!("{text}-01").parse().ok()?;
        let month = Month::of(day);
        (month.to_string() == text).then_some(month)
    }

    pub fn of(day: Date) -> Month {
        Month {
            year: day.year(),
            month: day.month(),
        }
    }

    /// Its first day; `None` before the calendar's beginning.
    pub fn first_day(self) -> Option<Date> {
        Date::new(self.year, self.month, 1).ok()
    }

    /// Its last day; `None` at the end of the calendar.
    pub fn last_day(self) -> Option<Date> {
        self.first_day().map(Date::last_of_month)
    }

    pub fn year(self) -> i16 {
        self.year
    }

    /// 1 to 12.
    pub fn number(self) -> i8 {
        self.month
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year, self.month)
    }
}

/// A run's number: its organiser, its month, and which run of that month it is, from 1. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunNumber {
    pub organiser: OrganiserCode,
    pub month: Month,
    pub sequence: u32,
}

impl RunNumber {
    /// Reads a number as [`fmt::Display`] writes it.
    pub fn parse(text: &str) -> Option<RunNumber> {
        let (organiser, rest) = text.split_once('-')?;
        let (month, sequence) = rest.rsplit_once('-')?;
        let municipality = MunicipalityCode::parse(organiser).map(OrganiserCode::Municipality);
        let number = RunNumber {
            organiser: municipality
                .or_else(|| CountyCode::parse(organiser).map(OrganiserCode::County))?,
            month: Month::parse(month)?,
            sequence: sequence.parse().ok().filter(|sequence| *sequence > 0)?,
        };
        (number.to_string() == text).then_some(number)
    }
}

impl fmt::Display for RunNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RunNumber {
            organiser,
            month,
            sequence,
        } = self;
        write!(formatter, "{organiser}-{month}-{sequence}")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_and_numbers_read_back_in_their_one_form() {
        for text in ["853-2026-03-1", "91-2026-12-120"] {
            assert_eq!(RunNumber::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "853-2026-03",
            "853-2026-03-0",
            "853-2026-03-01",
            "853-2026-13-1",
            "853-2026-3-1",
            "8533-2026-03-1",
            "853-2026-03-1 ",
            "853-2026-03--1",
        ] {
            assert_eq!(RunNumber::parse(text), None, "{text}");
        }
        let february = Month::parse("2028-02").unwrap();
        assert_eq!(february.last_day(), Some(date(2028, 2, 29)));
        assert_eq!(Month::of(date(2028, 2, 1)), february);
        for text in ["2028-2", "2028-00", "2028-02-01", "28-02", "+2028-02"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }
}
