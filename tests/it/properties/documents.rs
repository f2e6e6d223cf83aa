//! Documents of any type of the contract, generated from its shape: every optional element there or not,
//! every value one that its facets allow, written in one of the ways XML has for it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::string::string_regex;
use psop_adapter::contract::facets::{Decimal, Facets};
use psop_adapter::contract::shape::{Kind, Shape};

use crate::support::answer::PSOP;

/// Which letters free text is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Letters {
    /// Every one that XML allows.
    All,
    /// No white space at either end and no carriage return: yaserde's reader drops the one, and its
    /// writer does not escape the other.
    Inner,
}

/// How many of an element without bound are made.
const MANY: usize = 3;
/// Longest free text that is made; what facets say of length is tested elsewhere.
const FREE_CHARS: usize = 24;

/// Documents whose element is of this shape.
pub fn document(shape: &'static Shape, letters: Letters) -> BoxedStrategy<String> {
    content(shape, letters)
        .prop_map(|content| format!("<psop:it xmlns:psop=\"{PSOP}\">{content}</psop:it>"))
        .boxed()
}

fn content(shape: &'static Shape, letters: Letters) -> BoxedStrategy<String> {
    match &shape.kind {
        Kind::BuiltIn => built_in(shape.name, letters),
        Kind::Simple { facets, .. } => simple(facets, letters),
        Kind::Enumeration(values) => {
            let texts: Vec<&'static str> = values.iter().map(|value| value.text).collect();
            prop::sample::select(texts).prop_map(str::to_owned).boxed()
        }
        Kind::Sequence(particles) => {
            let places: Vec<BoxedStrategy<String>> = particles
                .iter()
                .map(|particle| {
                    if particle.is_inline() {
                        return content(particle.shape, letters);
                    }
                    let least = particle.occurs.min as usize;
                    let most = particle
                        .occurs
                        .max
                        .map_or(MANY, |max| MANY.min(max as usize));
                    vec(
                        element(particle.name, particle.shape, letters),
                        least..=most,
                    )
                    .prop_map(|elements| elements.concat())
                    .boxed()
                })
                .collect();
            places.prop_map(|places| places.concat()).boxed()
        }
        Kind::Choice(particles) => {
            let elements = particles
                .iter()
                .map(|particle| element(particle.name, particle.shape, letters));
            prop::strategy::Union::new(elements).boxed()
        }
    }
}

fn element(name: &'static str, shape: &'static Shape, letters: Letters) -> BoxedStrategy<String> {
    content(shape, letters)
        .prop_map(move |content| format!("<psop:{name}>{content}</psop:{name}>"))
        .boxed()
}

fn built_in(name: &str, letters: Letters) -> BoxedStrategy<String> {
    let text = |pattern: &str| string_regex(pattern).unwrap().boxed();
    match name {
        "boolean" => text("true|false|0|1| true "),
        "positiveInteger" => text("[+]?0{0,2}[1-9][0-9]{0,18}"),
        "nonNegativeInteger" => text("[+]?[0-9]{1,19}"),
        "long" => text("0{0,2}[0-9]{1,18}"),
        "decimal" => text("[-+]?[0-9]{1,12}([.][0-9]{1,3}0{0,2})?"),
        "date" => {
            text("-?[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(Z|[-+]0[0-9]:[0-5][0-9])?")
        }
        // Helsinki's offset was no whole minute until 1921, and none such can be written.
        "dateTime" => text(
            "(19[3-9][0-9]|[2-8][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[-+]0[0-9]:[0-5][0-9])",
        ),
        "string" => free_text(0, 40, letters),
        other => panic!("no values for xs:{other}"),
    }
}

fn simple(facets: &'static Facets, letters: Letters) -> BoxedStrategy<String> {
    if let Some(decimal) = facets.decimal {
        return decimal_text(decimal);
    }
    if let Some((min, max)) = facets.integer {
        let number = prop_oneof![Just(min), Just(max), min..=max];
        return (number, 0..3_usize)
            .prop_map(|(number, zeros)| format!("{}{number}", "0".repeat(zeros)))
            .boxed();
    }
    let most = facets.max_length.unwrap_or(200);
    match facets.pattern {
        Some(pattern) => string_regex(pattern.text)
            .unwrap()
            .prop_map(move |text| {
                let text: String = text.chars().take(most).collect();
                text.trim_end_matches('.').to_owned()
            })
            .boxed(),
        None => free_text(facets.min_length.unwrap_or(0), most, letters),
    }
}

fn decimal_text(decimal: Decimal) -> BoxedStrategy<String> {
    let least = decimal.min + i64::from(decimal.min_is_exclusive);
    let width = decimal.fraction_digits as usize;
    let scale = 10_i64.pow(decimal.fraction_digits);
    let number = prop_oneof![
        Just(least),
        Just(decimal.max),
        least..=decimal.max,
        least..=least + 2000,
    ];
    (number, 0..3_usize)
        .prop_map(move |(number, zeros)| {
            let sign = if number < 0 { "-" } else { "" };
            let (whole, fraction) = (number.abs() / scale, number.abs() % scale);
            let zeros = "0".repeat(zeros);
            format!("{sign}{zeros}{whole}.{fraction:0width$}{zeros}")
        })
        .boxed()
}

/// Text of so many characters in normal form C, as XML may spell it.
fn free_text(least: usize, most: usize, letters: Letters) -> BoxedStrategy<String> {
    let letter = prop_oneof![
        6 => prop::char::range('a', 'z'),
        3 => prop::sample::select(vec!['ä', 'Ö', 'å', 'š', '€', '😀', '&', '<', '>', '"', '\'', ']']),
        2 => prop::sample::select(vec![' ', '\t', '\n', '\r', '\u{a0}', '\u{85}', '\u{fffd}']),
        1 => any::<char>(),
    ];
    // A combining letter may join the one before it: fewer characters are then left.
    vec((letter, 0..4_u8), least..=most.min(FREE_CHARS))
        .prop_filter_map("letters that XML allows", move |letters_and_ways| {
            let text: String = letters_and_ways.iter().map(|(letter, _)| *letter).collect();
            let edges_hold = letters == Letters::All
                || (text.trim() == text && !text.contains(['\r', '\u{85}', '\u{2028}']));
            let is_allowed = |letter: char| {
                !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{85}')
            };
            let is_xml = text
                .chars()
                .all(|letter| is_allowed(letter) && !matches!(letter, '\u{fffe}' | '\u{ffff}'));
            let composed = psop_adapter::contract::lexical::normal_form(&text);
            let is_normal = composed.chars().count() == text.chars().count();
            let spelled = || {
                letters_and_ways
                    .iter()
                    .map(|(letter, way)| spelled(*letter, *way))
            };
            (edges_hold && is_xml && is_normal).then(|| spelled().collect())
        })
        .boxed()
}

/// A letter as it stands in a document.
fn spelled(letter: char, way: u8) -> String {
    match (letter, way) {
        (_, 0) => format!("&#{};", u32::from(letter)),
        (_, 1) if letter != '\r' => format!("<!--c--><![CDATA[{letter}]]>"),
        ('&', _) => "&amp;".to_owned(),
        ('<', _) => "&lt;".to_owned(),
        ('>', _) => "&gt;".to_owned(),
        ('\r', _) => "&#xD;".to_owned(),
        _ => letter.to_string(),
    }
}
