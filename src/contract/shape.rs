//! What a type of the contract looks like, as a constant: the source of schemas and documentation.

use super::facets::Facets;

/// One text in the three languages of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Docs {
    pub en: &'static str,
    pub fi: &'static str,
    pub sv: &'static str,
}

/// A type of the contract.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// Name in the schema; for [`Kind::BuiltIn`] the local name of a type of XML Schema.
    pub name: &'static str,
    pub docs: Docs,
    pub kind: Kind,
}

/// How a type is made.
#[derive(Debug, PartialEq)]
pub enum Kind {
    /// A type of XML Schema itself, as it is.
    BuiltIn,
    /// A restricted simple type. Without a fixed list of values.
    Simple { base: &'static str, facets: Facets },
    /// A simple type with a fixed list of values.
    Enumeration(&'static [Value]),
    /// Elements one after the other.
    Sequence(&'static [Particle]),
    /// Exactly one of these elements.
    Choice(&'static [Particle]),
}

/// One value of an enumeration.
#[derive(Debug, PartialEq)]
pub struct Value {
    pub text: &'static str,
    pub docs: Docs,
}

/// A place in a sequence or choice.
#[derive(Debug, PartialEq)]
pub struct Particle {
    /// Name of the element; empty where a choice stands inline, without an element of its own.
    pub name: &'static str,
    pub shape: &'static Shape,
    pub occurs: Occurs,
    pub docs: Docs,
}

/// How often an element stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurs {
    pub min: u32,
    /// `None` is without bound.
    pub max: Option<u32>,
}

impl Occurs {
    pub const ONCE: Occurs = Occurs {
        min: 1,
        max: Some(1),
    };
    pub const OPTIONAL: Occurs = Occurs {
        min: 0,
        max: Some(1),
    };

    /// From `min` to `max` times.
    pub const fn between(min: u32, max: u32) -> Occurs {
        Occurs {
            min,
            max: Some(max),
        }
    }

    /// Whether positions matter in a path.
    pub fn repeats(self) -> bool {
        self.max != Some(1)
    }
}

impl Particle {
    /// Whether this is a choice without an element of its own.
    pub fn is_inline(&self) -> bool {
        self.name.is_empty()
    }
}

impl Shape {
    /// The places inside; empty for simple types.
    pub fn particles(&self) -> &'static [Particle] {
        match self.kind {
            Kind::Sequence(particles) | Kind::Choice(particles) => particles,
            _ => &[],
        }
    }

    /// Elements directly inside, those of inline choices included, with their place in the document.
    pub fn elements(&self) -> impl Iterator<Item = (usize, &'static Particle)> {
        self.particles()
            .iter()
            .enumerate()
            .flat_map(|(place, particle)| {
                let inline: &'static [Particle] = if particle.is_inline() {
                    particle.shape.particles()
                } else {
                    std::slice::from_ref(particle)
                };
                inline.iter().map(move |element| (place, element))
            })
    }

    /// Where `path` (such as `terms/validTo` or `procedure[2]/tooth`) stands in a document of this
    /// shape: sorting by it gives document order. Unknown steps come last.
    pub fn position(&'static self, path: &str) -> Vec<usize> {
        let mut position = Vec::new();
        let mut shape = Some(self);
        for step in path.split('/').filter(|step| !step.is_empty()) {
            let (name, index) = step.split_once('[').unwrap_or((step, ""));
            let found = shape
                .and_then(|shape| shape.elements().find(|(_, particle)| particle.name == name));
            position.push(found.map_or(usize::MAX, |(place, _)| place));
            position.push(index.trim_end_matches(']').parse().unwrap_or(0));
            shape = found.map(|(_, particle)| particle.shape);
        }
        position
    }

    /// This shape and every one it needs, each once, in the order first met.
    /// A choice that only stands inline is no type of its own.
    pub fn collect(&'static self, into: &mut Vec<&'static Shape>) {
        if into.iter().any(|known| known.name == self.name) {
            return;
        }
        into.push(self);
        for (_, element) in self.elements() {
            element.shape.collect(into);
        }
    }
}
