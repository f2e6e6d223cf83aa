//! A body held against its shape, offence by offence. The strict decoder stops at the first one; this goes on, so
//! that a developer sees them all. The decoder stays the judge: `validate` asks it last.

use roxmltree::Node;

use crate::contract::lexical::{Count, Day, Instant, Lexical, Position, PositiveInteger};
use crate::contract::shape::{Kind, Particle, Shape};
use crate::contract::types::Decimal;
use crate::xml::Namespace;
use crate::xml::characters::is_space;

/// One breach of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// Byte offset in the document.
    pub offset: usize,
    /// Path relative to the wrapper.
    pub path: String,
    pub rule: String,
}

/// Everything in which an element differs from its shape.
pub fn offences(element: Node<'_, '_>, shape: &'static Shape) -> Vec<Offence> {
    let mut found = Vec::new();
    judge(element, shape, "", &mut found);
    found
}

fn judge(element: Node<'_, '_>, shape: &'static Shape, path: &str, found: &mut Vec<Offence>) {
    let mut add = |node: Node<'_, '_>, path: &str, rule: String| {
        found.push(Offence {
            offset: node.range().start,
            path: path.to_owned(),
            rule,
        });
    };
    for attribute in element.attributes() {
        let is_known = attribute.namespace() == Some(Namespace::SchemaInstance.uri());
        if !is_known && attribute.namespace() != Some(Namespace::Xml.uri()) {
            add(
                element,
                path,
                "has an attribute that is not allowed".to_owned(),
            );
        }
    }
    match &shape.kind {
        Kind::Sequence(particles) => {
            if element.children().any(|node| {
                node.is_text() && !node.text().unwrap_or_default().chars().all(is_space)
            }) {
                add(element, path, "must hold elements, and no text".to_owned());
            }
            sequence(element, particles, path, found);
        }
        Kind::Choice(variants) => choice(element, variants, path, found),
        _ => {
            if element.children().any(|node| node.is_element()) {
                add(element, path, "must hold text, and no elements".to_owned());
                return;
            }
            let texts = element.children().filter(Node::is_text);
            let text: String = texts.filter_map(|node| node.text()).collect();
            if let Err(rule) = value(shape, &text) {
                add(element, path, rule);
            }
        }
    }
}

/// The rule that a simple value breaks.
fn value(shape: &Shape, text: &str) -> Result<(), String> {
    let collapsed = text.trim_matches(is_space);
    match &shape.kind {
        Kind::Enumeration(values) => {
            if values
                .iter()
                .any(|value| value.text == collapsed || value.text == text)
            {
                return Ok(());
            }
            let names: Vec<&str> = values.iter().map(|value| value.text).collect();
            Err(format!("must be one of {}", names.join(", ")))
        }
        Kind::Simple { facets, .. } => {
            if let Some(decimal) = facets.decimal {
                return decimal.parse(collapsed).map(drop);
            }
            if facets.integer.is_some() {
                return facets.parse_integer(collapsed).map(drop);
            }
            facets.check_text(text)
        }
        _ => match shape.name {
            "boolean" => bool::from_text(text).map(drop),
            "date" => Day::from_text(text).map(drop),
            "dateTime" => Instant::from_text(text).map(drop),
            "decimal" => Decimal::from_text(text).map(drop),
            "positiveInteger" => PositiveInteger::from_text(text).map(drop),
            "nonNegativeInteger" => Count::from_text(text).map(drop),
            "long" => Position::from_text(text).map(drop),
            _ => Ok(()),
        },
    }
}

fn sequence(
    element: Node<'_, '_>,
    particles: &'static [Particle],
    path: &str,
    found: &mut Vec<Offence>,
) {
    let mut children = element.children().filter(Node::is_element).peekable();
    for (place, particle) in particles.iter().enumerate() {
        let mut count = 0_u32;
        while let Some(child) = children.peek().copied() {
            if let Some(meant) = meant(particle, child) {
                count += 1;
                children.next();
                let index = particle.occurs.repeats().then_some(count);
                judge(child, meant.shape, &step(path, meant.name, index), found);
                if particle.occurs.max.is_some_and(|max| count > max) {
                    let most = particle.occurs.max.unwrap_or_default();
                    found.push(Offence {
                        offset: child.range().start,
                        path: step(path, meant.name, index),
                        rule: format!("may stand at most {most} times here"),
                    });
                }
                continue;
            }
            let comes_later = |later: &'static Particle| self::meant(later, child).is_some();
            if particles.iter().skip(place + 1).any(comes_later) {
                break;
            }
            children.next();
            found.push(unexpected(child, particles, path));
        }
        if count < particle.occurs.min {
            let names: Vec<&str> = match particle.is_inline() {
                true => particle
                    .shape
                    .particles()
                    .iter()
                    .map(|variant| variant.name)
                    .collect(),
                false => vec![particle.name],
            };
            found.push(Offence {
                offset: element.range().start,
                path: step(path, names.first().copied().unwrap_or_default(), None),
                rule: format!("is missing: {} must stand here", names.join(" or ")),
            });
        }
    }
    for child in children {
        found.push(unexpected(child, particles, path));
    }
}

/// The particle that a child is, or the variant of an inline choice.
fn meant(particle: &'static Particle, child: Node<'_, '_>) -> Option<&'static Particle> {
    let name = child.tag_name();
    if name.namespace() != Some(Namespace::Psop.uri()) {
        return None;
    }
    if !particle.is_inline() {
        return (particle.name == name.name()).then_some(particle);
    }
    let variants = particle.shape.particles().iter();
    variants
        .into_iter()
        .find(|variant| variant.name == name.name())
}

fn unexpected(child: Node<'_, '_>, particles: &'static [Particle], path: &str) -> Offence {
    let known = particles.iter().find_map(|particle| meant(particle, child));
    let in_namespace = child.tag_name().namespace() == Some(Namespace::Psop.uri());
    let named = particles
        .iter()
        .any(|particle| particle.name == child.tag_name().name());
    let rule = match known {
        Some(_) => "stands out of order, or too often".to_owned(),
        None if named && !in_namespace => {
            format!("must be in the namespace {}", Namespace::Psop.uri())
        }
        None => "is no element of the contract here".to_owned(),
    };
    Offence {
        offset: child.range().start,
        path: step(path, known.map_or("*", |particle| particle.name), None),
        rule,
    }
}

fn choice(
    element: Node<'_, '_>,
    variants: &'static [Particle],
    path: &str,
    found: &mut Vec<Offence>,
) {
    let mut children = element.children().filter(Node::is_element);
    let first = children.next();
    let chosen = first.and_then(|child| {
        let variant = variants.iter().find_map(|variant| meant(variant, child));
        variant.map(|variant| (child, variant))
    });
    match chosen {
        Some((child, variant)) => {
            judge(child, variant.shape, &step(path, variant.name, None), found)
        }
        None => {
            let names: Vec<&str> = variants.iter().map(|variant| variant.name).collect();
            found.push(Offence {
                offset: first.unwrap_or(element).range().start,
                path: path.to_owned(),
                rule: format!("must hold exactly one of {}", names.join(", ")),
            });
        }
    }
    for more in children {
        found.push(unexpected(more, variants, path));
    }
}

fn step(path: &str, name: &str, index: Option<u32>) -> String {
    let index = index.map_or_else(String::new, |index| format!("[{index}]"));
    match path {
        "" => format!("{name}{index}"),
        path => format!("{path}/{name}{index}"),
    }
}
