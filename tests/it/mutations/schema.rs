//! What the schema says of an element, read from `xsd/psop-v1.xsd` with a parser that is not ours:
//! its type, and the type's facets. The mutations and the values to try follow from it.

use roxmltree::{Document, Node};

use crate::support::xmllint;

/// The schema's text, to be parsed once.
pub fn text() -> String {
    std::fs::read_to_string(xmllint::schema("psop-v1.xsd")).unwrap()
}

/// The schema, parsed.
pub struct Schema<'s>(pub &'s Document<'s>);

/// Facets of a simple type; those that it does not have are empty.
#[derive(Debug, Default)]
pub struct Facets {
    pub base: String,
    pub values: Vec<String>,
    pub max_length: Option<usize>,
    pub pattern: Option<String>,
    pub fraction_digits: Option<usize>,
    pub max_inclusive: Option<String>,
}

impl<'s> Schema<'s> {
    fn top(&self, tag: &str, name: &str) -> Option<Node<'s, 's>> {
        self.0
            .root_element()
            .children()
            .find(|node| node.tag_name().name() == tag && node.attribute("name") == Some(name))
    }

    /// Type of the element at `path` below the wrapper `path[0]`, as written in the schema.
    pub fn type_of(&self, path: &[String]) -> String {
        let mut type_name = String::new();
        for (depth, step) in path.iter().enumerate() {
            let declared = if depth == 0 {
                self.top("element", step)
            } else {
                let local = type_name.trim_start_matches("psop:");
                self.top("complexType", local).and_then(|of| {
                    of.descendants().find(|node| {
                        node.tag_name().name() == "element" && node.attribute("name") == Some(step)
                    })
                })
            };
            let declared = declared.unwrap_or_else(|| panic!("no {path:?} in the schema"));
            type_name = declared.attribute("type").unwrap().to_owned();
        }
        type_name
    }

    /// Facets of a simple type named as in the schema.
    pub fn facets(&self, type_name: &str) -> Facets {
        let Some(local) = type_name.strip_prefix("psop:") else {
            return Facets {
                base: type_name.to_owned(),
                ..Facets::default()
            };
        };
        let simple = self
            .top("simpleType", local)
            .unwrap_or_else(|| panic!("no simple type {type_name}"));
        let restriction = simple
            .children()
            .find(|node| node.tag_name().name() == "restriction")
            .unwrap();
        let all = |name: &str| -> Vec<String> {
            restriction
                .children()
                .filter(|node| node.tag_name().name() == name)
                .map(|node| node.attribute("value").unwrap().to_owned())
                .collect()
        };
        let number = |name: &str| all(name).first().map(|value| value.parse().unwrap());
        Facets {
            base: restriction.attribute("base").unwrap().to_owned(),
            values: all("enumeration"),
            max_length: number("maxLength"),
            pattern: all("pattern").into_iter().next(),
            fraction_digits: number("fractionDigits"),
            max_inclusive: all("maxInclusive").into_iter().next(),
        }
    }
}
