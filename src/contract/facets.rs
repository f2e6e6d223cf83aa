//! Facets of simple types: kept as constants for the schema, and judged as XML Schema judges them.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::money::{DecimalError, parse_decimal};

/// A pattern facet: its text for the schema, and the same compiled once.
pub struct Pattern {
    pub text: &'static str,
    compiled: LazyLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern in the part of XML Schema's syntax that Rust's regular expressions share.
    pub const fn new(text: &'static str, compile: fn() -> Option<Regex>) -> Pattern {
        Pattern {
            text,
            compiled: LazyLock::new(compile),
        }
    }

    /// Compiles `text`, anchored at both ends as XML Schema means it.
    pub fn compile(text: &str) -> Option<Regex> {
        Regex::new(&format!(r"\A(?:{text})\z")).ok()
    }

    fn matches(&self, text: &str) -> bool {
        self.compiled
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

/// Restrictions of a simple type.
#[derive(Debug, Default, PartialEq)]
pub struct Facets {
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub pattern: Option<&'static Pattern>,
    pub decimal: Option<Decimal>,
    /// Bounds of a whole number, both included.
    pub integer: Option<(i64, i64)>,
}

/// Restrictions of a decimal; bounds in units of the last digit allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub fraction_digits: u32,
    pub min: i64,
    pub min_is_exclusive: bool,
    pub max: i64,
}

impl Facets {
    pub const NONE: Facets = Facets {
        min_length: None,
        max_length: None,
        pattern: None,
        decimal: None,
        integer: None,
    };

    /// Facets of a text of `min`…`max` characters.
    pub const fn length(min: usize, max: usize) -> Facets {
        Facets {
            min_length: Some(min),
            max_length: Some(max),
            ..Facets::NONE
        }
    }

    /// Facets of a text of a pattern.
    pub const fn pattern(pattern: &'static Pattern) -> Facets {
        Facets {
            pattern: Some(pattern),
            ..Facets::NONE
        }
    }

    /// Facets of a decimal.
    pub const fn decimal(decimal: Decimal) -> Facets {
        Facets {
            decimal: Some(decimal),
            ..Facets::NONE
        }
    }

    /// Facets of a whole number from `min` to `max`.
    pub const fn integer(min: i64, max: i64) -> Facets {
        Facets {
            integer: Some((min, max)),
            ..Facets::NONE
        }
    }

    /// Reads a whole number and judges it by its bounds; blanks around it are already gone.
    pub fn parse_integer(&self, text: &str) -> Result<i64, String> {
        let (min, max) = self.integer.unwrap_or((i64::MIN, i64::MAX));
        let value = if text.contains('.') {
            None
        } else {
            parse_decimal(text, 0).ok()
        };
        value
            .filter(|value| (min..=max).contains(value))
            .ok_or_else(|| format!("must be a whole number from {min} to {max}"))
    }

    /// Judges a text by length and pattern; the error is the rule broken, in words.
    pub fn check_text(&self, text: &str) -> Result<(), String> {
        // Bytes bound characters from above, so that short text is not counted out.
        let too_long = |most: &usize| text.len() > *most && text.chars().count() > *most;
        if self.max_length.as_ref().is_some_and(too_long) {
            return Err(format!(
                "may have at most {} characters",
                self.max_length.unwrap_or_default()
            ));
        }
        let too_short = |least: &usize| text.len() < *least || text.chars().count() < *least;
        if self.min_length.as_ref().is_some_and(too_short) {
            return Err(format!(
                "must have at least {} characters",
                self.min_length.unwrap_or_default()
            ));
        }
        match self.pattern {
            Some(pattern) if !pattern.matches(text) => {
                Err(format!("must match the pattern {}", pattern.text))
            }
            _ => Ok(()),
        }
    }
}

impl Decimal {
    /// Reads a decimal and judges it; in units of the last digit allowed.
    pub fn parse(&self, text: &str) -> Result<i64, String> {
        let value = parse_decimal(text, self.fraction_digits).map_err(|error| match error {
            DecimalError::NotDecimal => "must be a decimal number such as 32.00".to_owned(),
            DecimalError::TooPrecise => {
                format!("may have at most {} decimals", self.fraction_digits)
            }
            DecimalError::TooLarge => self.range(),
        })?;
        let too_small = value < self.min || (self.min_is_exclusive && value == self.min);
        if too_small || value > self.max {
            return Err(self.range());
        }
        Ok(value)
    }

    fn range(&self) -> String {
        format!(
            "must be {} {} and at most {}",
            if self.min_is_exclusive {
                "more than"
            } else {
                "at least"
            },
            self.bound(self.min),
            self.bound(self.max)
        )
    }

    /// A bound as a decimal in its shortest form.
    pub fn bound(&self, value: i64) -> String {
        let scale = 10_i64.pow(self.fraction_digits);
        let sign = if value < 0 { "-" } else { "" };
        let (whole, fraction) = (value.abs() / scale, value.abs() % scale);
        if fraction == 0 {
            format!("{sign}{whole}")
        } else {
            let width = self.fraction_digits as usize;
            format!("{sign}{whole}.{fraction:0width$}")
        }
    }
}
