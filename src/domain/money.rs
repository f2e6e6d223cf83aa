//! Euro amounts and quantities as whole numbers, and the one rounding rule.
//!
//! Knows no price rule: which amounts meet is decided by the rules that call this. Rounding is half
//! up in magnitude, so a credit of −15.495 is −15.50 and mirrors its debit.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Thousandths in a quantity of one.
const QUANTITY_SCALE: u128 = 1000;

/// An amount of money in euro cents.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, schemars::JsonSchema,
)]
#[schemars(with = "String", rename = "Euros", extend("pattern" = r"^[0-9]+(\.[0-9]{1,2})?$"))]
pub struct Cents(pub i64);

/// A quantity in thousandths of its unit.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Quantity(pub i64);

/// Why a text is no usable decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not in the lexical form of xs:decimal.
    #[error("not a decimal number: digits with at most one point and a leading sign")]
    NotDecimal,
    /// A non-zero digit beyond the allowed fraction digits.
    #[error("too many fraction digits")]
    TooPrecise,
    /// The scaled value does not fit 64 bits.
    #[error("the number is too large")]
    TooLarge,
}

impl Cents {
    /// Largest amount on the wire, 9 999 999.99 euros, in cents.
    pub const MAX_WIRE: i64 = 999_999_999;
}

impl Quantity {
    /// Largest quantity on the wire, 99 999.999, in thousandths.
    pub const MAX_WIRE: i64 = 99_999_999;
}

/// In files that people write, euros as text such as `"30.00"`; in stored records, cents.
impl Serialize for Cents {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Cents {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Cents, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Cents);
        }
        let text = String::deserialize(deserializer)?;
        match parse_decimal(&text, 2) {
            Ok(cents) if (0..=Cents::MAX_WIRE).contains(&cents) => Ok(Cents(cents)),
            _ => Err(serde::de::Error::custom(
                "an amount is euros as text with at most two decimals, from \"0.00\" to \"9999999.99\"",
            )),
        }
    }
}

/// Euros with always two decimals: `1920.00`, `-130.00`.
impl fmt::Display for Cents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        write!(
            formatter,
            "{}{}.{:02}",
            sign(self.0),
            magnitude / 100,
            magnitude % 100
        )
    }
}

/// Units with always three decimals: `10.000`.
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        write!(
            formatter,
            "{}{}.{:03}",
            sign(self.0),
            magnitude / 1000,
            magnitude % 1000
        )
    }
}

/// Quantity × unit amount, rounded half up in magnitude to the cent; None beyond 64 bits.
pub fn line_amount(quantity: Quantity, unit: Cents) -> Option<Cents> {
    round_to_cents(exact_product(quantity, unit))
}

/// The sum of quantity × unit amount, added exactly and rounded half up in magnitude once at the
/// end; None beyond 64 bits. No items give zero.
pub fn exact_total(items: impl Iterator<Item = (Quantity, Cents)>) -> Option<Cents> {
    let mut total: i128 = 0;
    for (quantity, unit) in items {
        total = total.checked_add(exact_product(quantity, unit))?;
    }
    round_to_cents(total)
}

/// Reads an xs:decimal as a whole number scaled by 10 to the power of `fraction_digits`.
///
/// Blanks (space, tab, CR, LF) at both ends are dropped, `.5`, `5.` and a leading `+` are fine, an
/// exponent is not. Zeros beyond `fraction_digits` are fine. The form is judged before the
/// precision, and the precision before the size.
pub fn parse_decimal(text: &str, fraction_digits: u32) -> Result<i64, DecimalError> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return Err(DecimalError::NotDecimal);
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = u32::try_from(fraction.len())
        .ok()
        .and_then(|have| fraction_digits.checked_sub(have));
    let missing = missing.ok_or(DecimalError::TooPrecise)?;
    scaled(whole.bytes().chain(fraction.bytes()), missing, negative).ok_or(DecimalError::TooLarge)
}

/// The digits and `missing` zeros as a number. Counts downwards, since i64::MIN has no positive.
fn scaled(digits: impl Iterator<Item = u8>, missing: u32, negative: bool) -> Option<i64> {
    let mut value: i64 = 0;
    for digit in digits {
        value = value
            .checked_mul(10)?
            .checked_sub(i64::from(digit.wrapping_sub(b'0')))?;
    }
    if value != 0 {
        value = value.checked_mul(10i64.checked_pow(missing)?)?;
    }
    if negative {
        Some(value)
    } else {
        value.checked_neg()
    }
}

/// In thousandths of a cent. Two 64-bit factors always fit 128 bits.
fn exact_product(quantity: Quantity, unit: Cents) -> i128 {
    i128::from(quantity.0) * i128::from(unit.0)
}

fn round_to_cents(thousandths: i128) -> Option<Cents> {
    let magnitude = thousandths.unsigned_abs();
    let half_up = u128::from(magnitude % QUANTITY_SCALE >= QUANTITY_SCALE / 2);
    let cents = i128::try_from(magnitude / QUANTITY_SCALE + half_up).ok()?;
    let signed = if thousandths < 0 { -cents } else { cents };
    i64::try_from(signed).ok().map(Cents)
}

fn sign(value: i64) -> &'static str {
    if value < 0 { "-" } else { "" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_show_two_decimals_and_quantities_three() {
        let show = |values: [i64; 5]| values.map(|value| Cents(value).to_string()).join(" ");
        assert_eq!(
            show([192_000, -13_000, 0, -5, 7]),
            "1920.00 -130.00 0.00 -0.05 0.07"
        );
        assert_eq!(Cents(Cents::MAX_WIRE).to_string(), "9999999.99");
        assert_eq!(Cents(i64::MIN).to_string(), "-92233720368547758.08");
        let show = |values: [i64; 3]| values.map(|value| Quantity(value).to_string()).join(" ");
        assert_eq!(show([10_000, 1, -1500]), "10.000 0.001 -1.500");
        assert_eq!(Quantity(Quantity::MAX_WIRE).to_string(), "99999.999");
    }

    #[test]
    fn line_amount_follows_the_example_of_the_rules() {
        assert_eq!(line_amount(Quantity(1500), Cents(1266)), Some(Cents(1899)));
        assert_eq!(line_amount(Quantity(1500), Cents(1033)), Some(Cents(1550)));
    }

    #[test]
    fn halves_round_away_from_zero() {
        let rounded = |thousandths, unit| line_amount(Quantity(thousandths), Cents(unit));
        for (thousandths, cents) in [(0, 0), (499, 0), (500, 1), (501, 1), (1499, 1), (1500, 2)] {
            assert_eq!(rounded(thousandths, 1), Some(Cents(cents)));
            assert_eq!(rounded(thousandths, -1), Some(Cents(-cents)));
            assert_eq!(rounded(-thousandths, 1), Some(Cents(-cents)));
            assert_eq!(rounded(-thousandths, -1), Some(Cents(cents)));
        }
    }

    #[test]
    fn amounts_beyond_64_bits_are_none() {
        for cents in [Cents(i64::MAX), Cents(i64::MIN)] {
            assert_eq!(line_amount(Quantity(1000), cents), Some(cents));
            assert_eq!(line_amount(Quantity(1001), cents), None);
        }
        let widest = (Quantity(i64::MIN), Cents(i64::MIN));
        assert_eq!(line_amount(widest.0, widest.1), None);
        assert_eq!(exact_total(std::iter::repeat_n(widest, 3)), None);
    }

    #[test]
    fn a_total_is_rounded_once() {
        let third = (Quantity(333), Cents(1));
        assert_eq!(exact_total(std::iter::repeat_n(third, 3)), Some(Cents(1)));
        assert_eq!(line_amount(third.0, third.1), Some(Cents(0)));
        assert_eq!(exact_total(std::iter::empty()), Some(Cents(0)));
        let opposite = [(Quantity(500), Cents(1)), (Quantity(500), Cents(-1))];
        assert_eq!(exact_total(opposite.into_iter()), Some(Cents(0)));
    }

    #[test]
    fn reads_every_form_of_a_decimal() {
        for text in [
            "32",
            "32.0",
            "32.000",
            "+32",
            "032.00",
            "32.",
            " \t\r\n32\n\r\t ",
        ] {
            assert_eq!(parse_decimal(text, 2), Ok(3200), "{text:?}");
        }
        for text in ["0", "-0", ".0", "0.", "-.0", "+0.0000000000000000000000000"] {
            assert_eq!(parse_decimal(text, 0), Ok(0), "{text}");
            assert_eq!(parse_decimal(text, u32::MAX), Ok(0), "{text}");
        }
        assert_eq!(parse_decimal(".5", 2), Ok(50));
        assert_eq!(parse_decimal("-7.25", 3), Ok(-7250));
        assert_eq!(parse_decimal("9223372036854775807", 0), Ok(i64::MAX));
        assert_eq!(parse_decimal("-92233720368547758.08", 2), Ok(i64::MIN));
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        let texts =
            "| |.|+|-|-.|+-1|--1|1.2.3|1,5|1e3|1E3|INF|NaN|1 2|- 1|0x1|１|\u{a0}1|\u{b}1|1_000";
        for text in texts.split('|') {
            assert_eq!(
                parse_decimal(text, 2),
                Err(DecimalError::NotDecimal),
                "{text:?}"
            );
        }
    }

    #[test]
    fn refuses_too_many_digits_on_either_side() {
        for text in ["1.001", "-0.001", "99999999999999999999.001"] {
            assert_eq!(
                parse_decimal(text, 2),
                Err(DecimalError::TooPrecise),
                "{text}"
            );
        }
        let above = [
            "92233720368547758.08",
            "-92233720368547758.09",
            "99999999999999999999",
        ];
        for text in above {
            assert_eq!(
                parse_decimal(text, 2),
                Err(DecimalError::TooLarge),
                "{text}"
            );
        }
        assert_eq!(parse_decimal("1", 19), Err(DecimalError::TooLarge));
        assert_eq!(parse_decimal("1", u32::MAX), Err(DecimalError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value: i64) {
            prop_assert_eq!(parse_decimal(&Cents(value).to_string(), 2), Ok(value));
            prop_assert_eq!(parse_decimal(&Quantity(value).to_string(), 3), Ok(value));
        }

        #[test]
        fn a_credit_mirrors_its_debit(quantity in 0..=Quantity::MAX_WIRE, unit in 0..=Cents::MAX_WIRE) {
            let debit = line_amount(Quantity(quantity), Cents(unit));
            let credit = line_amount(Quantity(-quantity), Cents(unit));
            prop_assert_eq!(debit.map(|cents| Cents(-cents.0)), credit);
            prop_assert_eq!(exact_total(std::iter::once((Quantity(quantity), Cents(unit)))), debit);
        }

        #[test]
        fn any_text_is_answered(text in "[-+0-9. eä]{0,30}", fraction_digits: u32) {
            let _ = parse_decimal(&text, fraction_digits);
        }
    }
}
