//! One message, judged offline: its form, its header, its body against the schema, and the rules that the message alone
//! can break. What the registry and the store would say is not known here.

use std::fmt;

use roxmltree::{Document, Node};

use super::offences::offences;
use crate::config::Limits;
use crate::domain::circumstances::Circumstances;
use crate::domain::code::meaning_and_advice;
use crate::services::{self, Catalogue, OPERATIONS};
use crate::soap::envelope;
use crate::xml::Namespace;
use crate::xml::encoding::decode;

/// Something wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1; the document's beginning where the place is not known.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// As callers get it, such as `XSD_INVALID`.
    pub code: &'static str,
    /// Path of the element, where known.
    pub field: Option<String>,
    /// The rule broken and what to do, in words; nothing of the message.
    pub rule: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem {
            line, column, code, ..
        } = self;
        write!(formatter, "line {line}, column {column}: {code}")?;
        if let Some(field) = &self.field {
            write!(formatter, " {field}")?;
        }
        write!(formatter, ": {}", self.rule)
    }
}

/// Everything wrong with a message, in the order of the document. Empty: a server would look at what it holds.
pub fn validate(bytes: &[u8], circumstances: Circumstances) -> Vec<Problem> {
    let limits = Limits::default();
    let read = envelope::read(
        bytes,
        limits.of_xml(),
        limits.header_text_chars_max,
        &Catalogue(OPERATIONS),
    );
    let text = decode(bytes).map(|(text, _)| text.into_owned());
    let text = text.unwrap_or_default();
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            // Not even XML: the place is where the parser gave up.
            let place = error.pos();
            let rule = match &read {
                Err(unreadable) => unreadable.fault.text.to_string(),
                Ok(_) => "is no well-formed XML".to_owned(),
            };
            return vec![Problem {
                line: place.row,
                column: place.col,
                code: "XML_MALFORMED",
                field: None,
                rule,
            }];
        }
    };
    let places = Places {
        document: &document,
    };
    let mut problems = Vec::new();
    match read {
        Err(unreadable) => {
            let fault = unreadable.fault;
            if fault.code.as_str() == "XSD_INVALID" {
                problems = places.of_schema();
            }
            if problems.is_empty() {
                let field = fault.field.clone();
                let node = places.find(field.as_deref().unwrap_or_default());
                problems.push(places.problem(
                    node,
                    fault.code.as_str(),
                    field,
                    fault.text.to_string(),
                ));
            }
        }
        Ok(received) => {
            for rejection in received.body.examine(circumstances) {
                let (meaning, advice) = meaning_and_advice(rejection.code.texts().en);
                let node = places.find(&rejection.field);
                let rule = format!("{meaning}. {advice}");
                let code = rejection.code.as_str();
                problems.push(places.problem(node, code, Some(rejection.field), rule));
            }
        }
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

/// Where things stand in a document.
struct Places<'d, 'input> {
    document: &'d Document<'input>,
}

impl<'d, 'input> Places<'d, 'input> {
    fn problem(
        &self,
        node: Node<'_, '_>,
        code: &'static str,
        field: Option<String>,
        rule: String,
    ) -> Problem {
        let place = self.document.text_pos_at(node.range().start);
        Problem {
            line: place.row,
            column: place.col,
            code,
            field,
            rule,
        }
    }

    fn of_schema(&self) -> Vec<Problem> {
        let Some(wrapper) = self.wrapper() else {
            return Vec::new();
        };
        let Some(operation) = services::find(wrapper.tag_name().name()) else {
            return Vec::new();
        };
        let found = offences(wrapper, operation.contract().request);
        let problem = |offence: super::offences::Offence| {
            let place = self.document.text_pos_at(offence.offset);
            Problem {
                line: place.row,
                column: place.col,
                code: "XSD_INVALID",
                field: Some(offence.path),
                rule: offence.rule,
            }
        };
        found.into_iter().map(problem).collect()
    }

    fn part(&self, name: &str) -> Option<Node<'d, 'input>> {
        let of_soap = |node: &Node<'_, '_>| {
            node.tag_name().namespace() == Some(Namespace::Soap.uri())
                && node.tag_name().name() == name
        };
        self.document.root_element().children().find(of_soap)
    }

    fn wrapper(&self) -> Option<Node<'d, 'input>> {
        self.part("Body")?.children().find(Node::is_element)
    }

    /// The element at a path of the body, else of the header; the nearest one above it that is there.
    fn find(&self, path: &str) -> Node<'d, 'input> {
        let root = self.document.root_element();
        let starts = [self.wrapper(), self.part("Header")];
        let found = starts.into_iter().flatten().map(|start| walk(start, path));
        let deepest = found.max_by_key(|(depth, _)| *depth);
        match deepest {
            Some((depth, node)) if depth > 0 => node,
            _ => match path {
                "Envelope" => root,
                _ => self.wrapper().or(self.part("Body")).unwrap_or(root),
            },
        }
    }
}

/// How many steps of a path are there, and the last of them.
fn walk<'d, 'input>(start: Node<'d, 'input>, path: &str) -> (usize, Node<'d, 'input>) {
    let (mut depth, mut node) = (0, start);
    for step in path.split('/').filter(|step| !step.is_empty()) {
        let (name, index) = step.split_once('[').unwrap_or((step, "1"));
        let index: usize = index.trim_end_matches(']').parse().unwrap_or(1);
        let of_name = |child: &Node<'_, '_>| child.is_element() && child.tag_name().name() == name;
        match node.children().filter(of_name).nth(index.saturating_sub(1)) {
            Some(child) => (depth, node) = (depth + 1, child),
            None => break,
        }
    }
    (depth, node)
}
