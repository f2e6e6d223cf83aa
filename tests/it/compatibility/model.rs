//! A WSDL and the schemas in it as a client sees them: operations, elements and types by their names in their
//! namespaces, whatever prefixes, order of declarations and documentation the text has.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

const XS: &str = "http://www.w3.org/2001/XMLSchema";
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

/// A name in its namespace, as `{namespace}local`.
pub type Name = String;

#[derive(Debug, Default)]
pub struct Contract {
    /// By `version/operation`.
    pub operations: BTreeMap<String, Operation>,
    pub elements: BTreeMap<Name, Name>,
    pub types: BTreeMap<Name, Type>,
}

/// How an operation is called: each fact of its binding, and the elements that go over the wire.
#[derive(Debug)]
pub struct Operation {
    /// Fact by what it is called in a complaint, such as `soapAction`.
    pub facts: BTreeMap<String, String>,
    pub input: Name,
    pub output: Name,
    pub headers: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Simple(Simple),
    Complex {
        particles: Vec<Particle>,
        /// Whether a required attribute, by name.
        attributes: BTreeMap<Name, bool>,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Simple {
    pub base: Name,
    pub values: Vec<String>,
    /// Value by facet, `enumeration` apart.
    pub facets: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Particle {
    Element(Element),
    Choice(Vec<Element>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    pub name: Name,
    pub of: Name,
    pub min: u32,
    /// `u32::MAX` is without bound.
    pub max: u32,
}

impl Contract {
    /// Reads WSDLs and schemas into one.
    pub fn read(texts: &[&str]) -> Contract {
        let mut contract = Contract::default();
        for text in texts {
            let document = Document::parse(text).unwrap();
            for schema in descendants(document.root_element(), XS, "schema") {
                contract.schema(schema);
            }
            if document.root_element().has_tag_name((WSDL, "definitions")) {
                contract.operations(document.root_element());
            }
        }
        contract
    }

    fn schema(&mut self, schema: Node<'_, '_>) {
        let namespace = attribute(schema, "targetNamespace");
        // Of elements inside types.
        let inner = match schema.attribute("elementFormDefault") {
            Some("qualified") => namespace,
            _ => "",
        };
        for node in schema.children().filter(Node::is_element) {
            let name = || format!("{{{namespace}}}{}", attribute(node, "name"));
            match node.tag_name().name() {
                "element" if node.has_attribute("type") => {
                    self.elements
                        .insert(name(), resolve(node, attribute(node, "type")));
                }
                "element" => {
                    self.elements.insert(name(), String::new());
                }
                "complexType" => {
                    let read = complex(node, inner);
                    self.types.insert(name(), read);
                }
                "simpleType" => {
                    self.types.insert(name(), Type::Simple(simple(node)));
                }
                _ => {}
            }
        }
    }

    /// The type of an element that refers to another: that of the other.
    pub fn type_of(&self, element: &Element) -> Name {
        match element.of.strip_prefix("ref ") {
            Some(other) => self.elements.get(other).cloned().unwrap_or_default(),
            None => element.of.clone(),
        }
    }

    fn operations(&mut self, root: Node<'_, '_>) {
        let namespace = attribute(root, "targetNamespace");
        let named = |kind: &str, reference: &str| {
            let local = reference.rsplit(':').next().unwrap_or_default().to_owned();
            child(root, WSDL, kind, &local)
        };
        let part = |message: Node<'_, '_>, name: Option<&str>| {
            let part = descendants(message, WSDL, "part")
                .find(|part| name.is_none_or(|name| part.attribute("name") == Some(name)));
            part.map_or_else(String::new, |part| {
                resolve(part, attribute(part, "element"))
            })
        };
        let service = descendants(root, WSDL, "service").next().unwrap();
        for port in descendants(service, WSDL, "port") {
            let binding = named("binding", attribute(port, "binding"));
            let port_type = named("portType", attribute(binding, "type"));
            let soap = descendants(binding, SOAP, "binding").next().unwrap();
            for bound in descendants(binding, WSDL, "operation") {
                let name = attribute(bound, "name");
                let version = bound
                    .children()
                    .find(|node| node.tag_name().name() == "version")
                    .and_then(|node| node.text())
                    .unwrap_or_default();
                let abstractly = child(port_type, WSDL, "operation", name);
                let message = |direction: &str| {
                    let node = descendants(abstractly, WSDL, direction).next().unwrap();
                    part(named("message", attribute(node, "message")), None)
                };
                let operation = descendants(bound, SOAP, "operation").next().unwrap();
                let input = descendants(bound, WSDL, "input").next().unwrap();
                let headers = descendants(input, SOAP, "header").map(|header| {
                    let message = named("message", attribute(header, "message"));
                    part(message, header.attribute("part"))
                });
                let answer = descendants(bound, WSDL, "output").next();
                let in_answer = |name: &'static str, wanted: &'static str| {
                    let nodes = answer.map(|answer| descendants(answer, SOAP, name));
                    let found = nodes.into_iter().flatten();
                    let values: Vec<&str> = found.map(|node| attribute(node, wanted)).collect();
                    values.join(" ")
                };
                let (answer_use, answer_headers) =
                    (in_answer("body", "use"), in_answer("header", "part"));
                let body = descendants(input, SOAP, "body").next().unwrap();
                let facts = [
                    ("targetNamespace", namespace),
                    ("service", attribute(service, "name")),
                    ("port", attribute(port, "name")),
                    ("binding", attribute(binding, "name")),
                    ("portType", attribute(port_type, "name")),
                    ("transport", attribute(soap, "transport")),
                    (
                        "style",
                        operation
                            .attribute("style")
                            .unwrap_or(attribute(soap, "style")),
                    ),
                    ("soapAction", attribute(operation, "soapAction")),
                    ("use", attribute(body, "use")),
                    ("the answer's use", &answer_use),
                    ("the answer's header", &answer_headers),
                ];
                let facts = facts.map(|(what, value)| (what.to_owned(), value.to_owned()));
                self.operations.insert(
                    format!("{version}/{name}"),
                    Operation {
                        facts: facts.into(),
                        input: message("input"),
                        output: message("output"),
                        headers: headers.collect(),
                    },
                );
            }
        }
    }
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

fn descendants<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    let name = name.to_owned();
    node.descendants()
        .filter(move |found| found.has_tag_name((namespace, name.as_str())))
}

fn child<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    kind: &str,
    name: &str,
) -> Node<'a, 'i> {
    let found = node.children().find(|found| {
        found.has_tag_name((namespace, kind)) && found.attribute("name") == Some(name)
    });
    found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// A qualified name in the text, by the prefixes that hold there.
fn resolve(node: Node<'_, '_>, text: &str) -> Name {
    let (prefix, local) = match text.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, text),
    };
    let namespace = node.lookup_namespace_uri(prefix).unwrap_or_default();
    format!("{{{namespace}}}{local}")
}

fn complex(node: Node<'_, '_>, namespace: &str) -> Type {
    let element = |node: Node<'_, '_>| {
        let occurs = |name: &str| match node.attribute(name) {
            None => 1,
            Some("unbounded") => u32::MAX,
            Some(number) => number.parse().unwrap(),
        };
        let (name, of) = match node.attribute("ref") {
            Some(reference) => {
                let name = resolve(node, reference);
                (name.clone(), format!("ref {name}"))
            }
            None => (
                format!("{{{namespace}}}{}", attribute(node, "name")),
                resolve(node, attribute(node, "type")),
            ),
        };
        Element {
            name,
            of,
            min: occurs("minOccurs"),
            max: occurs("maxOccurs"),
        }
    };
    let elements = |node: Node<'_, '_>| {
        let inside = node
            .children()
            .filter(|child| child.has_tag_name((XS, "element")));
        inside.map(element).collect::<Vec<Element>>()
    };
    let mut particles = Vec::new();
    for group in node.children() {
        if group.has_tag_name((XS, "choice")) {
            particles.push(Particle::Choice(elements(group)));
        }
        if group.has_tag_name((XS, "sequence")) {
            for inside in group.children() {
                match inside.tag_name().name() {
                    "element" => particles.push(Particle::Element(element(inside))),
                    "choice" => particles.push(Particle::Choice(elements(inside))),
                    _ => {}
                }
            }
        }
    }
    let attributes = node
        .children()
        .filter(|child| child.has_tag_name((XS, "attribute")))
        .map(|child| {
            let name = resolve(
                child,
                child.attribute("ref").unwrap_or(attribute(child, "name")),
            );
            (name, child.attribute("use") == Some("required"))
        });
    Type::Complex {
        particles,
        attributes: attributes.collect(),
    }
}

fn simple(node: Node<'_, '_>) -> Simple {
    let restriction = descendants(node, XS, "restriction").next().unwrap();
    let mut read = Simple {
        base: resolve(restriction, attribute(restriction, "base")),
        ..Simple::default()
    };
    for facet in restriction.children().filter(Node::is_element) {
        let value = attribute(facet, "value").to_owned();
        match facet.tag_name().name() {
            "enumeration" => read.values.push(value),
            name => {
                read.facets.insert(name.to_owned(), value);
            }
        }
    }
    read
}
