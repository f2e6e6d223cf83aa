//! Finding one's way in a WSDL.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

pub const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
pub const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
pub const XS: &str = "http://www.w3.org/2001/XMLSchema";
pub const ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";

pub fn all<'a, 'i>(
    document: &'a Document<'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    document
        .descendants()
        .filter(move |node| node.has_tag_name((namespace, name)))
}

pub fn inside<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.descendants()
        .filter(move |node| node.has_tag_name((namespace, name)))
}

pub fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

/// Namespace and local name of a reference.
pub fn reference<'a>(node: Node<'a, '_>, name: &str) -> (&'a str, &'a str) {
    let text = attribute(node, name);
    let (prefix, local) = text
        .split_once(':')
        .map_or((None, text), |(prefix, local)| (Some(prefix), local));
    (node.lookup_namespace_uri(prefix).unwrap_or_default(), local)
}

pub fn target<'a>(document: &'a Document<'_>) -> &'a str {
    attribute(document.root_element(), "targetNamespace")
}

/// The component of the WSDL that a reference means.
pub fn component<'a, 'i>(
    document: &'a Document<'i>,
    kind: &'static str,
    (namespace, local): (&str, &str),
) -> Option<Node<'a, 'i>> {
    if namespace != target(document) {
        return None;
    }
    all(document, WSDL, kind).find(|node| attribute(*node, "name") == local)
}

pub fn are_distinct<T: Ord>(of: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    of.into_iter().all(|one| seen.insert(one))
}

/// soap:body, soap:header, soap:fault and soap:headerfault.
pub fn extensions<'a, 'i>(document: &'a Document<'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    document.descendants().filter(|node| {
        node.tag_name().namespace() == Some(SOAP)
            && ["body", "header", "fault", "headerfault"].contains(&node.tag_name().name())
    })
}

/// Global elements, by namespace and name.
pub fn elements<'a>(document: &'a Document<'_>) -> BTreeSet<(&'a str, &'a str)> {
    all(document, XS, "schema")
        .flat_map(|schema| {
            let elements = schema
                .children()
                .filter(|node| node.has_tag_name((XS, "element")));
            elements.map(move |node| {
                (
                    attribute(schema, "targetNamespace"),
                    attribute(node, "name"),
                )
            })
        })
        .collect()
}

/// The message that an operation's input or output in a binding stands for.
pub fn message_of<'a, 'i>(
    document: &'a Document<'i>,
    direction: Node<'a, 'i>,
) -> Option<Node<'a, 'i>> {
    let operation = direction.parent()?;
    let port_type = component(document, "portType", reference(operation.parent()?, "type"))?;
    let name = attribute(operation, "name");
    let of = inside(port_type, WSDL, "operation").find(|node| attribute(*node, "name") == name)?;
    let kind = direction.tag_name().name();
    let abstractly = of.children().find(|node| node.has_tag_name((WSDL, kind)))?;
    component(document, "message", reference(abstractly, "message"))
}

/// Inputs and outputs of bindings.
pub fn directions<'a, 'i>(document: &'a Document<'i>) -> Vec<Node<'a, 'i>> {
    all(document, WSDL, "binding")
        .flat_map(|binding| inside(binding, WSDL, "input").chain(inside(binding, WSDL, "output")))
        .collect()
}

pub fn body_parts<'a, 'i>(
    document: &'a Document<'i>,
    direction: Node<'a, 'i>,
) -> Vec<Node<'a, 'i>> {
    message_of(document, direction)
        .map(|message| inside(message, WSDL, "part").collect())
        .unwrap_or_default()
}

pub fn once(text: &str, from: &str, to: &str) -> String {
    text.replacen(from, to, 1)
}
