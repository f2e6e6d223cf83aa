//! What a type allows and how often an element may stand, in words of three languages.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::contract::facets::Facets;
use crate::contract::shape::{Docs, Kind, Occurs, Shape};

/// A language of the contract.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Fi,
    Sv,
    En,
}

impl Language {
    pub const ALL: [Language; 3] = [Language::Fi, Language::Sv, Language::En];

    /// Its tag, as in `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Fi => "fi",
            Language::Sv => "sv",
            Language::En => "en",
        }
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Language::Fi => "suomi",
            Language::Sv => "svenska",
            Language::En => "English",
        }
    }

    /// A text in it.
    pub fn of(self, docs: Docs) -> &'static str {
        match self {
            Language::Fi => docs.fi,
            Language::Sv => docs.sv,
            Language::En => docs.en,
        }
    }
}

/// How often an element stands in its place.
pub fn occurs(occurs: Occurs, language: Language) -> String {
    let (once, optional) = match language {
        Language::Fi => ("pakollinen", "valinnainen"),
        Language::Sv => ("obligatorisk", "valfri"),
        Language::En => ("required", "optional"),
    };
    let word = if occurs.min > 0 { once } else { optional };
    match occurs.max {
        Some(1) => word.to_owned(),
        Some(max) => format!("{word}, {}–{max}", occurs.min.max(1)),
        None => match language {
            Language::Fi => format!("{word}, toistuva"),
            Language::Sv => format!("{word}, upprepas"),
            Language::En => format!("{word}, repeated"),
        },
    }
}

/// What values a simple type allows; empty for one that holds elements or anything at all.
pub fn values(shape: &Shape, language: Language) -> String {
    match &shape.kind {
        Kind::Simple { facets, .. } => facets_in_words(facets, language),
        _ => String::new(),
    }
}

fn facets_in_words(facets: &Facets, language: Language) -> String {
    let mut words = Vec::new();
    match (facets.min_length, facets.max_length) {
        (Some(min), Some(max)) if min == max => words.push(match language {
            Language::Fi => format!("{max} merkkiä"),
            Language::Sv => format!("{max} tecken"),
            Language::En => format!("{max} characters"),
        }),
        (min, Some(max)) => {
            let min = min.unwrap_or(0);
            words.push(match language {
                Language::Fi => format!("{min}–{max} merkkiä"),
                Language::Sv => format!("{min}–{max} tecken"),
                Language::En => format!("{min} to {max} characters"),
            });
        }
        _ => {}
    }
    if let Some(pattern) = facets.pattern {
        words.push(match language {
            Language::Fi => format!("muoto {}", pattern.text),
            Language::Sv => format!("mönster {}", pattern.text),
            Language::En => format!("pattern {}", pattern.text),
        });
    }
    if let Some(decimal) = facets.decimal {
        let (min, max) = (decimal.bound(decimal.min), decimal.bound(decimal.max));
        let digits = decimal.fraction_digits;
        let more = decimal.min_is_exclusive;
        words.push(match (language, more) {
            (Language::Fi, true) => {
                format!("yli {min}, enintään {max}, enintään {digits} desimaalia")
            }
            (Language::Fi, false) => format!("{min}–{max}, enintään {digits} desimaalia"),
            (Language::Sv, true) => format!("över {min}, högst {max}, högst {digits} decimaler"),
            (Language::Sv, false) => format!("{min}–{max}, högst {digits} decimaler"),
            (Language::En, true) => {
                format!("more than {min}, at most {max}, at most {digits} decimals")
            }
            (Language::En, false) => format!("{min} to {max}, at most {digits} decimals"),
        });
    }
    if let Some((min, max)) = facets.integer {
        words.push(match language {
            Language::Fi => format!("kokonaisluku {min}–{max}"),
            Language::Sv => format!("heltal {min}–{max}"),
            Language::En => format!("whole number, {min} to {max}"),
        });
    }
    words.join("; ")
}
