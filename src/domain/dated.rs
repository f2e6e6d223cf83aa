//! Values that hold from a day on. Amendments append; nothing that was ever in force is rewritten.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A value and its history, in the order appended; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T>(Vec<(Date, T)>);

impl<T> Dated<T> {
    /// A value in force from `from` on.
    pub fn from(from: Date, value: T) -> Dated<T> {
        Dated(vec![(from, value)])
    }

    /// The value in force on `day`: the last appended that begins on or before it.
    /// A day before the first has none.
    pub fn on(&self, day: Date) -> Option<&T> {
        self.0
            .iter()
            .rev()
            .find(|(from, _)| *from <= day)
            .map(|(_, value)| value)
    }

    /// Appends a value that holds from `from` on, whatever was said of later days before.
    pub fn append(&mut self, from: Date, value: T) {
        self.0.push((from, value));
    }

    /// Every value, in the order appended.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The days from which a value holds, in the order appended.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.0.iter().map(|(from, _)| *from)
    }

    /// Whether on `from` or a later day a value holds that `differs`.
    pub fn differs_where(&self, from: Date, differs: impl Fn(&T) -> bool) -> bool {
        let later = self.0.iter().map(|(begins, _)| *begins);
        std::iter::once(from)
            .chain(later.filter(|begins| *begins > from))
            .filter_map(|day| self.on(day))
            .any(differs)
    }

    /// Takes out of every value what no event rests on and what now means something else.
    pub fn strip(&mut self, strip: impl Fn(&mut T)) {
        self.0.iter_mut().for_each(|(_, value)| strip(value));
    }
}

impl<T: PartialEq> Dated<T> {
    /// Whether appending `value` from `from` on would change what holds on some day.
    pub fn differs_from(&self, from: Date, value: &T) -> bool {
        self.on(from).is_none() || self.differs_where(from, |held| held != value)
    }

    /// Appends a value where it changes what holds on some day; answers whether it does.
    pub fn append_if_new(&mut self, from: Date, value: T) -> bool {
        let is_new = self.differs_from(from, &value);
        if is_new {
            self.append(from, value);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_last_appended_that_has_begun_holds() {
        let mut dated = Dated::from(date(2026, 1, 1), 'a');
        dated.append(date(2026, 6, 1), 'b');
        dated.append(date(2026, 3, 1), 'c');
        let on = |month| dated.on(date(2026, month, 1)).copied();
        assert_eq!(dated.on(date(2025, 12, 31)), None);
        assert_eq!(on(1), Some('a'));
        assert_eq!(on(3), Some('c'));
        assert_eq!(
            on(7),
            Some('c'),
            "what is appended later wins on every day it covers"
        );
    }

    #[test]
    fn a_value_differs_where_any_later_day_would_change() {
        let mut dated = Dated::from(date(2026, 1, 1), 'a');
        assert!(!dated.differs_from(date(2026, 2, 1), &'a'));
        dated.append(date(2026, 6, 1), 'b');
        assert!(
            dated.differs_from(date(2026, 2, 1), &'a'),
            "June would change back"
        );
        assert!(!dated.differs_from(date(2026, 7, 1), &'b'));
    }
}
