//! What a credit transfer says of a settlement: its reference number, and names in the characters that every bank
//! takes.

use unicode_normalization::UnicodeNormalization;

use super::RunNumber;
use crate::domain::registry::OrganiserCode;

/// Largest amount of one SEPA credit transfer, in cents.
pub const TRANSFER_CENTS_MAX: i64 = 99_999_999_999;

/// Longest name in a SEPA credit transfer, in characters.
const NAME_CHARACTERS_MAX: usize = 70;

/// The reference number (viitenumero) of a run: 1 for a municipality or 2 for a county, the organiser's code, year
/// and month, which run of the month it is, and the check digit. At most 19 digits of the 20 that there may be.
pub fn reference(run: RunNumber) -> String {
    let kind = match run.organiser {
        OrganiserCode::Municipality(_) => 1,
        OrganiserCode::County(_) => 2,
    };
    let body = format!(
        "{kind}{:0>3}{:02}{:02}{:03}",
        run.organiser.to_string(),
        run.month.year().rem_euclid(100),
        run.month.number(),
        run.sequence
    );
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// Weights 7 3 1 from the right; what the sum lacks to the next ten.
fn check_digit(body: &str) -> u32 {
    let digits = body.chars().rev().filter_map(|digit| digit.to_digit(10));
    let weighted = digits.zip([7, 3, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| digit * weight).sum();
    (10 - sum % 10) % 10
}

/// A name in the character set of SEPA: letters lose their marks, `&` becomes `+`, what has no counterpart a full
/// stop. Cut to what a transfer takes; `None` when no letter or digit is left.
pub fn sepa_name(name: &str) -> Option<String> {
    let mut written = String::new();
    for character in name.nfd() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => written.push(character),
            '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' | ' ' => {
                written.push(character);
            }
            // Marks that the decomposition has split off.
            '\u{300}'..='\u{36F}' => {}
            '&' => written.push('+'),
            'Æ' => written.push_str("AE"),
            'æ' => written.push_str("ae"),
            'Ø' => written.push('O'),
            'ø' => written.push('o'),
            'Đ' | 'Ð' => written.push('D'),
            'đ' | 'ð' => written.push('d'),
            'Ł' => written.push('L'),
            'ł' => written.push('l'),
            'ß' => written.push_str("ss"),
            _ => written.push('.'),
        }
    }
    let cut: String = written.trim().chars().take(NAME_CHARACTERS_MAX).collect();
    let is_name = cut.contains(|character: char| character.is_ascii_alphanumeric());
    is_name.then(|| cut.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_numbers_carry_their_check_digit() {
        // The example of the banks' own rule, and one whose sum is a full ten.
        assert_eq!((check_digit("123456"), check_digit("55")), (1, 0));
        let of = |number| reference(RunNumber::parse(number).unwrap());
        assert_eq!(of("853-2026-03-1"), "185326030019");
        assert_eq!(of("091-2026-12-17"), "109126120176");
        assert_eq!(of("91-2026-12-17"), "209126120173");
        assert_eq!(of("853-2026-03-4294967295").len(), 19);
    }

    #[test]
    fn names_are_written_in_the_characters_of_sepa() {
        let name = |text: &str| sepa_name(text);
        assert_eq!(
            name("Päiväkoti Åke & Söner Oy").as_deref(),
            Some("Paivakoti Ake + Soner Oy")
        );
        assert_eq!(
            name(" Ærø Łódź Straße_1* ").as_deref(),
            Some("AEro Lodz Strasse.1.")
        );
        assert_eq!((name(""), name(" ★ ")), (None, None));
        assert_eq!(name(&"ä".repeat(71)), Some("a".repeat(70)));
        assert_eq!(name(&format!("{} b", "a".repeat(69))), Some("a".repeat(69)));
    }
}
