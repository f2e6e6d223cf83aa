//! Simple types: from text to value and back, as XML Schema has them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use super::shape::{Docs, Kind, Shape};
use crate::xml::characters::is_space;

/// A value that is written as text.
pub trait Lexical: Sized {
    /// The type in the schema.
    const SHAPE: &'static Shape;

    /// Reads the text of an element or attribute; the error is the rule broken, in words that
    /// hold nothing of the text.
    fn from_text(text: &str) -> Result<Self, String>;

    /// Appends the text, not yet escaped.
    fn write_text(&self, out: &mut String);
}

/// Declares the shape of a type that XML Schema has itself.
const fn built_in(name: &'static str) -> Shape {
    Shape {
        name,
        docs: Docs {
            en: "",
            fi: "",
            sv: "",
        },
        kind: Kind::BuiltIn,
    }
}

pub(super) fn collapse(text: &str) -> &str {
    text.trim_matches(is_space)
}

impl Lexical for bool {
    const SHAPE: &'static Shape = &built_in("boolean");

    fn from_text(text: &str) -> Result<bool, String> {
        match collapse(text) {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("must be true, false, 1 or 0".to_owned()),
        }
    }

    fn write_text(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl Lexical for String {
    const SHAPE: &'static Shape = &built_in("string");

    fn from_text(text: &str) -> Result<String, String> {
        Ok(normal_form(text))
    }

    fn write_text(&self, out: &mut String) {
        out.push_str(self);
    }
}

/// Text in Unicode's normal form C, which everything is put into on arrival.
pub fn normal_form(text: &str) -> String {
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// A positive whole number (xs:positiveInteger). One past what 64 bits hold counts as the largest:
/// no version or line number comes near it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositiveInteger(pub u64);

impl Lexical for PositiveInteger {
    const SHAPE: &'static Shape = &built_in("positiveInteger");

    fn from_text(text: &str) -> Result<PositiveInteger, String> {
        let text = collapse(text);
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let significant = digits.trim_start_matches('0');
        if !is_number || significant.is_empty() {
            return Err("must be a whole number from 1 on".to_owned());
        }
        Ok(PositiveInteger(significant.parse().unwrap_or(u64::MAX)))
    }

    fn write_text(&self, out: &mut String) {
        let _ = write!(out, "{}", self.0);
    }
}

/// A count (xs:nonNegativeInteger).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl Lexical for Count {
    const SHAPE: &'static Shape = &built_in("nonNegativeInteger");

    fn from_text(text: &str) -> Result<Count, String> {
        let text = collapse(text);
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("must be a whole number from 0 on".to_owned());
        }
        Ok(Count(digits.parse().unwrap_or(u64::MAX)))
    }

    fn write_text(&self, out: &mut String) {
        let _ = write!(out, "{}", self.0);
    }
}

/// A place in an order (xs:long), never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

impl Lexical for Position {
    const SHAPE: &'static Shape = &built_in("long");

    fn from_text(text: &str) -> Result<Position, String> {
        collapse(text)
            .parse()
            .ok()
            .filter(|place| i64::try_from(*place).is_ok())
            .map(Position)
            .ok_or_else(|| "must be a whole number from 0 on".to_owned())
    }

    fn write_text(&self, out: &mut String) {
        let _ = write!(out, "{}", self.0);
    }
}

/// A civil date (xs:date). A zone is taken and passed over: the date counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl Lexical for Day {
    const SHAPE: &'static Shape = &built_in("date");

    fn from_text(text: &str) -> Result<Day, String> {
        let text = collapse(text);
        let rule = || "must be a date such as 2026-03-16".to_owned();
        let sign_and_day = if text.starts_with('-') { 11 } else { 10 };
        let (day, zone) = text.split_at_checked(sign_and_day).ok_or_else(rule)?;
        let zone_holds = zone.is_empty() || parse_zone(zone).is_some();
        parse_day(day)
            .filter(|_| zone_holds)
            .map(Day)
            .ok_or_else(rule)
    }

    fn write_text(&self, out: &mut String) {
        let (year, month, day) = (self.0.year(), self.0.month(), self.0.day());
        let sign = if year < 0 { "-" } else { "" };
        let year = year.unsigned_abs();
        let _ = write!(out, "{sign}{year:04}-{month:02}-{day:02}");
    }
}

fn digits<const N: usize>(text: &str) -> Option<i16> {
    (text.len() == N && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// `YYYY-MM-DD`, with `-` before a year before the common era. Years of more than four digits are
/// not taken, as XML Schema (Datatypes 5.4) leaves open.
fn parse_day(text: &str) -> Option<Date> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let mut parts = text.splitn(3, '-');
    let year = digits::<4>(parts.next()?)?;
    let month = digits::<2>(parts.next()?)?;
    let day = digits::<2>(parts.next()?)?;
    if year == 0 {
        return None;
    }
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(sign * year, month, day).ok()
}

/// `Z` or an offset such as `+02:00`, at most 14 hours.
fn parse_zone(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits::<2>(hours)?, digits::<2>(minutes)?);
    if minutes > 59 || hours > 14 || (hours == 14 && minutes > 0) {
        return None;
    }
    Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
}

/// An instant (xs:dateTime). Any offset is read; Helsinki's is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub Timestamp);

impl Lexical for Instant {
    const SHAPE: &'static Shape = &built_in("dateTime");

    fn from_text(text: &str) -> Result<Instant, String> {
        let rule = || "must be a time with an offset, such as 2026-03-16T10:00:00+02:00".to_owned();
        let text = collapse(text);
        let (date, time) = text.split_once('T').ok_or_else(rule)?;
        let zone_begin = time.find(['Z', '+', '-']).ok_or_else(rule)?;
        let (clock, zone) = time.split_at(zone_begin);
        let offset = parse_zone(zone).ok_or_else(rule)?;
        let date = parse_day(date).ok_or_else(rule)?;
        let clock: jiff::civil::Time = clock.parse().map_err(|_| rule())?;
        let instant = offset
            .to_timestamp(DateTime::from_parts(date, clock))
            .map_err(|_| rule())?;
        // Helsinki's offset had seconds until 1921, and those cannot be written.
        let is_writable = instant.to_zoned(helsinki()).offset().seconds() % 60 == 0;
        is_writable.then_some(Instant(instant)).ok_or_else(rule)
    }

    fn write_text(&self, out: &mut String) {
        let zoned = self.0.to_zoned(helsinki());
        let _ = write!(out, "{}", zoned.strftime("%Y-%m-%dT%H:%M:%S%.f%:z"));
    }
}

/// The time zone that dates are counted in.
pub fn helsinki() -> TimeZone {
    static HELSINKI: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::get("Europe/Helsinki").unwrap_or(TimeZone::UTC));
    HELSINKI.clone()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_are_taken_as_written() {
        for text in [
            "2026-02-01",
            " 2026-02-01\n",
            "2026-02-01Z",
            "2026-02-01+14:00",
            "2026-02-01-02:30",
        ] {
            assert_eq!(Day::from_text(text), Ok(Day(date(2026, 2, 1))), "{text}");
        }
        for text in [
            "",
            "2026-2-1",
            "2026-02-30",
            "2026-02-01z",
            "2026-02-01+14:01",
            "2026-02-01+2:00",
            "0000-01-01",
            "2026-02-01T00:00:00",
            "20260201",
            "2026-02-0ä",
            "+026-02-01",
            "10000-01-01",
            "-0000-01-01",
        ] {
            assert!(Day::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_before_the_common_era_is_written_as_it_was() {
        let mut written = String::new();
        Day::from_text("-0044-03-15Z")
            .unwrap()
            .write_text(&mut written);
        assert_eq!(written, "-0044-03-15");
    }

    #[test]
    fn booleans_and_integers_are_those_of_xml_schema() {
        assert_eq!(bool::from_text(" 1 "), Ok(true));
        assert_eq!(bool::from_text("false"), Ok(false));
        assert!(bool::from_text("TRUE").is_err());
        assert_eq!(PositiveInteger::from_text("+007"), Ok(PositiveInteger(7)));
        for text in ["0", "-1", "", "1.0", "1e3", "+", "++1"] {
            assert!(PositiveInteger::from_text(text).is_err(), "{text}");
        }
        let beyond = "123456789012345678901234567890";
        assert_eq!(
            PositiveInteger::from_text(beyond),
            Ok(PositiveInteger(u64::MAX))
        );
    }

    #[test]
    fn instants_carry_helsinkis_offset() {
        let mut written = String::new();
        Instant("2026-03-16T08:00:00Z".parse().unwrap()).write_text(&mut written);
        assert_eq!(written, "2026-03-16T10:00:00+02:00");
        let read = Instant::from_text("2026-07-01T12:00:00.5+03:00").unwrap();
        written.clear();
        read.write_text(&mut written);
        assert_eq!(written, "2026-07-01T12:00:00.5+03:00");
        assert!(Instant::from_text("2026-07-01T12:00:00").is_err());
        assert!(Instant::from_text("1921-05-02T00:00:00+02:00").is_ok());
        for text in ["1921-04-30T23:00:00+02:00", "0001-01-01T00:00:00+14:00"] {
            assert!(Instant::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn text_arrives_in_normal_form_c() {
        assert_eq!(normal_form("a\u{308}iti"), "äiti");
        assert_eq!(normal_form(" äiti "), " äiti ");
    }
}
