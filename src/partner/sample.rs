//! A message of a service, generated from its shape: elements in the contract's order, with a scenario's values.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::limits::{Language, occurs, values};
use super::scenario::Scenario;
use crate::contract::shape::{Particle, Shape};
use crate::contract::wsdl::Published;
use crate::domain::client::ClientId;
use crate::xml::Namespace;
use crate::xml::write;

/// What may be chosen of a sample.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Who calls; the scenario's own when absent.
    pub client: Option<ClientId>,
    /// Message id; the scenario's own when absent.
    pub id: Option<String>,
    /// Says of every element that is left out what it is.
    pub explained: Option<Language>,
}

/// The message; `None` when the scenario's own is none, which tests rule out.
pub fn message(contract: &Published, scenario: &Scenario, choices: &Choices) -> Option<String> {
    let document = Document::parse(scenario.message).ok()?;
    let root = document.root_element();
    let part = |name: &str| children(root).find(|node| node.tag_name().name() == name);
    let wrapper = children(part("Body")?).next()?;
    let mut out = Lines::default();
    out.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let namespaces = [
        ("soap", Namespace::Soap),
        ("xrd", Namespace::Xroad),
        ("id", Namespace::Identifiers),
        ("psop", Namespace::Psop),
    ];
    let declared =
        namespaces.map(|(prefix, namespace)| format!("xmlns:{prefix}=\"{}\"", namespace.uri()));
    out.line(&format!("<soap:Envelope {}>", declared.join(" ")));
    out.depth += 1;
    out.line("<soap:Header>");
    out.depth += 1;
    for node in children(part("Header")?) {
        header(&mut out, node, choices);
    }
    out.depth -= 1;
    out.line("</soap:Header>");
    out.line("<soap:Body>");
    out.depth += 1;
    let name = format!("psop:{}", contract.code);
    out.line(&format!("<{name}>"));
    inside(&mut out, contract.request, Some(wrapper), choices.explained);
    out.line(&format!("</{name}>"));
    out.depth -= 1;
    out.line("</soap:Body>");
    out.depth -= 1;
    out.line("</soap:Envelope>");
    Some(out.text)
}

fn children<'d, 'input>(node: Node<'d, 'input>) -> impl Iterator<Item = Node<'d, 'input>> {
    node.children().filter(Node::is_element)
}

fn header(out: &mut Lines, node: Node<'_, '_>, choices: &Choices) {
    let name = node.tag_name().name();
    match (name, &choices.client, &choices.id) {
        ("client", Some(client), _) => {
            let kind = match client.subsystem_code {
                Some(_) => "SUBSYSTEM",
                None => "MEMBER",
            };
            out.line(&format!("<xrd:client id:objectType=\"{kind}\">"));
            out.depth += 1;
            out.element("id:xRoadInstance", &client.instance);
            out.element("id:memberClass", &client.member_class);
            out.element("id:memberCode", &client.member_code);
            if let Some(subsystem) = &client.subsystem_code {
                out.element("id:subsystemCode", subsystem);
            }
            out.depth -= 1;
            out.line("</xrd:client>");
        }
        ("id", _, Some(id)) => out.element("xrd:id", id),
        _ => copied(out, node),
    }
}

/// A header part as it stands, under the prefixes of the sample.
fn copied(out: &mut Lines, node: Node<'_, '_>) {
    let of_identifiers = node.tag_name().namespace() == Some(Namespace::Identifiers.uri());
    let prefix = if of_identifiers { "id" } else { "xrd" };
    let name = format!("{prefix}:{}", node.tag_name().name());
    if children(node).next().is_none() {
        out.element(&name, node.text().unwrap_or_default());
        return;
    }
    let kind = node.attribute((Namespace::Identifiers.uri(), "objectType"));
    let kind = kind.map_or_else(String::new, |kind| format!(" id:objectType=\"{kind}\""));
    out.line(&format!("<{name}{kind}>"));
    out.depth += 1;
    for part in children(node) {
        copied(out, part);
    }
    out.depth -= 1;
    out.line(&format!("</{name}>"));
}

/// What stands inside an element: its shape's places, filled from `node` where that has them.
fn inside(
    out: &mut Lines,
    shape: &'static Shape,
    node: Option<Node<'_, '_>>,
    explained: Option<Language>,
) {
    out.depth += 1;
    for (_, particle) in shape.elements() {
        let mut is_there = false;
        let filled = node.into_iter().flat_map(children);
        for child in filled.filter(|child| child.tag_name().name() == particle.name) {
            is_there = true;
            element(out, particle, child, explained);
        }
        if let (false, Some(language)) = (is_there, explained) {
            out.line(&comment(particle, language));
        }
    }
    out.depth -= 1;
}

fn element(
    out: &mut Lines,
    particle: &'static Particle,
    node: Node<'_, '_>,
    explained: Option<Language>,
) {
    let name = format!("psop:{}", particle.name);
    if particle.shape.particles().is_empty() {
        out.element(&name, node.text().unwrap_or_default());
        return;
    }
    out.line(&format!("<{name}>"));
    inside(out, particle.shape, Some(node), explained);
    out.line(&format!("</{name}>"));
}

fn comment(particle: &Particle, language: Language) -> String {
    let words = [
        occurs(particle.occurs, language),
        values(particle.shape, language),
    ];
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    let docs = language.of(particle.docs);
    // Two hyphens would end the comment.
    let text = format!("{} ({}): {docs}", particle.name, words.join("; ")).replace("--", "- -");
    format!("<!-- {text} -->")
}

/// Lines, indented by two for each level.
#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn line(&mut self, text: &str) {
        let indent = self.depth * 2;
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    fn element(&mut self, name: &str, text: &str) {
        let mut escaped = String::new();
        write::text(&mut escaped, text);
        self.line(&format!("<{name}>{escaped}</{name}>"));
    }
}
