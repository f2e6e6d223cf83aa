//! The contract's own schema, written from the shapes.

use super::facets::Facets;
use super::shape::{Docs, Kind, Occurs, Particle, Shape, Value};
use crate::xml::Namespace;
use crate::xml::write::Indented;

/// An element that stands alone: a wrapper, or a part of a fault's detail.
#[derive(Clone, Copy, Debug)]
pub struct GlobalElement {
    pub name: &'static str,
    /// Appended to the name: `Response` for response wrappers.
    pub suffix: &'static str,
    pub shape: &'static Shape,
    pub docs: Docs,
}

/// Writes the schema of `namespace` that declares `elements` and every type they need.
pub fn write(out: &mut Indented, namespace: Namespace, elements: &[GlobalElement]) {
    out.open(
        "xs:schema",
        &[
            ("xmlns:xs", Namespace::Schema.uri()),
            ("xmlns:psop", namespace.uri()),
            ("targetNamespace", namespace.uri()),
            ("elementFormDefault", "qualified"),
        ],
    );
    for element in elements {
        let name = format!("{}{}", element.name, element.suffix);
        out.open(
            "xs:element",
            &[("name", &name), ("type", &type_name(element.shape))],
        );
        annotation(out, element.docs);
        out.close();
    }
    let mut shapes = Vec::new();
    for element in elements {
        element.shape.collect(&mut shapes);
    }
    for shape in shapes {
        shape_type(out, shape);
    }
    out.close();
}

fn type_name(shape: &Shape) -> String {
    let prefix = match shape.kind {
        Kind::BuiltIn => "xs",
        _ => "psop",
    };
    format!("{prefix}:{}", shape.name)
}

/// Documentation in the three languages; nothing where there is none.
pub fn annotation(out: &mut Indented, docs: Docs) {
    if docs.en.is_empty() {
        return;
    }
    out.open("xs:annotation", &[]);
    for (language, text) in [("en", docs.en), ("fi", docs.fi), ("sv", docs.sv)] {
        out.text("xs:documentation", &[("xml:lang", language)], text);
    }
    out.close();
}

fn shape_type(out: &mut Indented, shape: &Shape) {
    match &shape.kind {
        Kind::BuiltIn => {}
        Kind::Simple { base, facets } => simple_type(out, shape, base, facets),
        Kind::Enumeration(values) => enumeration(out, shape, values),
        Kind::Sequence(particles) => complex_type(out, shape, "xs:sequence", particles),
        Kind::Choice(particles) => complex_type(out, shape, "xs:choice", particles),
    }
}

fn simple_type(out: &mut Indented, shape: &Shape, base: &str, facets: &Facets) {
    out.open("xs:simpleType", &[("name", shape.name)]);
    annotation(out, shape.docs);
    out.open("xs:restriction", &[("base", &format!("xs:{base}"))]);
    let mut facet = |name: &str, value: &str| out.empty(name, &[("value", value)]);
    if let Some(min) = facets.min_length.filter(|min| *min > 0) {
        facet("xs:minLength", &min.to_string());
    }
    if let Some(max) = facets.max_length {
        facet("xs:maxLength", &max.to_string());
    }
    if let Some(pattern) = facets.pattern {
        facet("xs:pattern", pattern.text);
    }
    if let Some(decimal) = facets.decimal {
        facet("xs:fractionDigits", &decimal.fraction_digits.to_string());
        let lower = if decimal.min_is_exclusive {
            "xs:minExclusive"
        } else {
            "xs:minInclusive"
        };
        facet(lower, &decimal.bound(decimal.min));
        facet("xs:maxInclusive", &decimal.bound(decimal.max));
    }
    if let Some((min, max)) = facets.integer {
        facet("xs:minInclusive", &min.to_string());
        facet("xs:maxInclusive", &max.to_string());
    }
    out.close();
    out.close();
}

fn enumeration(out: &mut Indented, shape: &Shape, values: &[Value]) {
    out.open("xs:simpleType", &[("name", shape.name)]);
    annotation(out, shape.docs);
    out.open("xs:restriction", &[("base", "xs:string")]);
    for value in values {
        out.open("xs:enumeration", &[("value", value.text)]);
        annotation(out, value.docs);
        out.close();
    }
    out.close();
    out.close();
}

fn complex_type(out: &mut Indented, shape: &Shape, group: &str, particles: &[Particle]) {
    out.open("xs:complexType", &[("name", shape.name)]);
    annotation(out, shape.docs);
    out.open(group, &[]);
    for particle in particles {
        if particle.is_inline() {
            out.open("xs:choice", &[]);
            for inner in particle.shape.particles() {
                element(out, inner);
            }
            out.close();
        } else {
            element(out, particle);
        }
    }
    out.close();
    out.close();
}

fn element(out: &mut Indented, particle: &Particle) {
    let type_name = type_name(particle.shape);
    let Occurs { min, max } = particle.occurs;
    let (min, max) = (
        min.to_string(),
        max.map_or_else(|| "unbounded".to_owned(), |max| max.to_string()),
    );
    let mut attributes = vec![("name", particle.name), ("type", &type_name)];
    if min != "1" {
        attributes.push(("minOccurs", &min));
    }
    if max != "1" {
        attributes.push(("maxOccurs", &max));
    }
    out.open("xs:element", &attributes);
    annotation(out, particle.docs);
    out.close();
}
