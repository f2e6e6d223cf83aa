//! Amounts and dates as each language writes them.

use jiff::civil::Date;

use crate::domain::money::Cents;
use crate::domain::settlement::Month;
use crate::partner::limits::Language;

/// Blank that no line ends at.
const BLANK: char = '\u{a0}';
const MINUS: char = '\u{2212}';

/// How things are written in a language.
#[derive(Clone, Copy)]
pub(super) struct Written(pub(super) Language);

impl Written {
    /// `−1 234,56 €`, in English `−€1,234.56`.
    pub(super) fn amount(self, amount: Cents) -> String {
        let sign = if amount.0 < 0 {
            MINUS.to_string()
        } else {
            String::new()
        };
        let magnitude = amount.0.unsigned_abs();
        let (euros, cents) = (magnitude / 100, magnitude % 100);
        match self.0 {
            Language::Fi | Language::Sv => {
                format!("{sign}{},{cents:02}{BLANK}€", grouped(euros, BLANK))
            }
            Language::En => format!("{sign}€{}.{cents:02}", grouped(euros, ',')),
        }
    }

    /// `9.3.2026`, in English `9 March 2026`.
    pub(super) fn date(self, day: Date) -> String {
        match self.0 {
            Language::Fi | Language::Sv => format!("{}.{}.{}", day.day(), day.month(), day.year()),
            Language::En => day.strftime("%-d %B %Y").to_string(),
        }
    }

    /// `3/2026`, in English `March 2026`.
    pub(super) fn month(self, month: Month) -> String {
        match (self.0, month.first_day()) {
            (Language::En, Some(first)) => first.strftime("%B %Y").to_string(),
            _ => format!("{}/{}", month.number(), month.year()),
        }
    }
}

/// Digits in threes.
fn grouped(number: u64, by: char) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(by);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn amounts_are_written_as_the_language_does() {
        for (cents, fi, en) in [
            (123_456, "1\u{a0}234,56\u{a0}€", "€1,234.56"),
            (-5, "\u{2212}0,05\u{a0}€", "\u{2212}€0.05"),
            (99_999, "999,99\u{a0}€", "€999.99"),
            (
                123_456_700,
                "1\u{a0}234\u{a0}567,00\u{a0}€",
                "€1,234,567.00",
            ),
            (0, "0,00\u{a0}€", "€0.00"),
        ] {
            assert_eq!(Written(Language::Fi).amount(Cents(cents)), fi);
            assert_eq!(Written(Language::Sv).amount(Cents(cents)), fi);
            assert_eq!(Written(Language::En).amount(Cents(cents)), en);
        }
    }

    #[test]
    fn days_and_months_are_written_as_the_language_does() {
        let day = date(2026, 3, 9);
        assert_eq!(Written(Language::Sv).date(day), "9.3.2026");
        assert_eq!(Written(Language::En).date(day), "9 March 2026");
        assert_eq!(Written(Language::Fi).month(Month::of(day)), "3/2026");
        assert_eq!(Written(Language::En).month(Month::of(day)), "March 2026");
    }
}
