//! Mutations of a wrapper: every element of it removed, repeated, moved, renamed, filled with what
//! it may not hold, and given every value of `values`. All of them are well-formed XML.

use roxmltree::{Document, Node};

use super::schema::Schema;
use super::values;
use crate::support::answer::PSOP;

/// Declared on every wrapper, so that mutations can use the prefixes.
const PREFIXES: &str = " xmlns:psop=\"http://psop.x-road.global/producer/v1\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:other=\"urn:example:other\" \
    xmlns:same=\"http://psop.x-road.global/producer/v1\"";

/// A mutated wrapper.
pub struct Case {
    pub name: String,
    pub wrapper: String,
    /// The path that a refusal must name; `None` where several are right.
    pub path: Option<String>,
}

/// The wrapper of a message, with the prefixes declared on it.
pub fn wrapper_of(message: &str) -> String {
    let document = Document::parse(message).unwrap();
    let wrapper = document
        .descendants()
        .find(|node| node.tag_name().namespace() == Some(PSOP))
        .unwrap();
    let open = format!("<psop:{}", wrapper.tag_name().name());
    let text = &message[wrapper.range()];
    format!("{open}{PREFIXES}{}", text.strip_prefix(&open).unwrap())
}

/// Every mutation of `wrapper`, whose names begin with `origin`.
pub fn mutations(origin: &str, wrapper: &str, schema: &Schema<'_>) -> Vec<Case> {
    let document = Document::parse(wrapper).unwrap();
    let mut cases = vec![Case {
        name: format!("{origin}: unchanged"),
        wrapper: wrapper.to_owned(),
        path: None,
    }];
    for node in document.descendants().filter(Node::is_element) {
        let element = Element::new(wrapper, node);
        let mut made = Vec::new();
        if node != document.root_element() {
            element.moved(&mut made);
            element.renamed(&mut made);
        }
        element.filled(&mut made);
        element.attributed(&schema.type_of(&element.steps), &mut made);
        if element.is_leaf() {
            element.valued(&schema.type_of(&element.steps), schema, &mut made);
        } else {
            element.littered(&mut made);
        }
        for (what, mutated, path) in made {
            cases.push(Case {
                name: format!("{origin}: {} {what}", element.steps.join("/")),
                wrapper: mutated,
                path,
            });
        }
    }
    cases
}

/// What was done, the wrapper after it, and the path that a refusal must name.
type Made = Vec<(String, String, Option<String>)>;

struct Element<'d> {
    whole: &'d str,
    node: Node<'d, 'd>,
    text: &'d str,
    name: &'d str,
    /// Local names from the wrapper down to this element.
    steps: Vec<String>,
    /// The path as the contract writes it, relative to the wrapper.
    path: String,
}

impl<'d> Element<'d> {
    fn new(whole: &'d str, node: Node<'d, 'd>) -> Element<'d> {
        let mut chain: Vec<Node<'_, '_>> = node.ancestors().filter(Node::is_element).collect();
        chain.reverse();
        let steps: Vec<String> = chain
            .iter()
            .map(|step| step.tag_name().name().to_owned())
            .collect();
        let path: Vec<String> = chain.iter().skip(1).map(|step| path_step(*step)).collect();
        Element {
            whole,
            node,
            text: &whole[node.range()],
            name: node.tag_name().name(),
            steps,
            path: path.join("/"),
        }
    }

    fn is_leaf(&self) -> bool {
        !self.node.children().any(|child| child.is_element())
    }

    fn replaced(&self, by: &str) -> String {
        let range = self.node.range();
        format!(
            "{}{by}{}",
            &self.whole[..range.start],
            &self.whole[range.end..]
        )
    }

    /// The element's start tag without its `>`, its content, and its end tag.
    fn parts(&self) -> (&'d str, &'d str, &'d str) {
        let begin = self.text.find('>').unwrap();
        let end = self.text.rfind("</").unwrap();
        (
            &self.text[..begin],
            &self.text[begin + 1..end],
            &self.text[end..],
        )
    }

    fn with_content(&self, content: &str) -> String {
        let (open, _, close) = self.parts();
        self.replaced(&format!("{open}>{content}{close}"))
    }

    fn with_attribute(&self, attribute: &str) -> String {
        let (open, content, close) = self.parts();
        self.replaced(&format!("{open} {attribute}>{content}{close}"))
    }

    fn with_name(&self, open: &str, close: &str) -> String {
        let (_, content, _) = self.parts();
        self.replaced(&format!("<{open}>{content}</{close}>"))
    }

    fn moved(&self, made: &mut Made) {
        let mut push = |what: &str, mutated: String, path: Option<String>| {
            made.push((what.to_owned(), mutated, path));
        };
        // A choice names its first element; the others are as good.
        let is_choice = ["municipalityCode", "wellbeingCountyCode"].contains(&self.name);
        let is_repeated = self.path.ends_with(']');
        let absent = (!is_choice && !is_repeated).then(|| self.path.clone());
        push("removed", self.replaced(""), absent);
        push("repeated", self.replaced(&self.text.repeat(2)), None);
        push("51 times", self.replaced(&self.text.repeat(51)), None);
        push(
            "commented out",
            self.replaced(&format!("<!--{}-->", self.text)),
            None,
        );
        let next = self.node.next_siblings().skip(1).find(Node::is_element);
        if let Some(next) = next {
            let (first, second) = (self.node.range(), next.range());
            push(
                "swapped with the next",
                [
                    &self.whole[..first.start],
                    &self.whole[second.clone()],
                    &self.whole[first.end..second.start],
                    self.text,
                    &self.whole[second.end..],
                ]
                .concat(),
                None,
            );
        }
        let parent = self.node.parent_element().unwrap();
        let first = parent.first_element_child().unwrap().range().start;
        let last = self.whole[..parent.range().end].rfind("</").unwrap();
        let range = self.node.range();
        let (before, after) = (&self.whole[..range.start], &self.whole[range.end..]);
        push(
            "moved to the front",
            format!(
                "{}{}{}{after}",
                &before[..first],
                self.text,
                &before[first..]
            ),
            None,
        );
        push(
            "moved to the end",
            format!(
                "{before}{}{}{}",
                &self.whole[range.end..last],
                self.text,
                &self.whole[last..]
            ),
            None,
        );
        let around = format!("<psop:{0}>{1}</psop:{0}>", self.name, self.text);
        push("inside another of its name", self.replaced(&around), None);
    }

    fn renamed(&self, made: &mut Made) {
        let name = self.name;
        let mut push = |what: &str, open: String, close: String| {
            made.push((what.to_owned(), self.with_name(&open, &close), None));
        };
        let whole = |name: String| (name.clone(), name);
        let (open, close) = whole(format!("psop:{name}X"));
        push("renamed", open, close);
        let (open, close) = whole(format!("psop:{}", name.to_uppercase()));
        push("in capitals", open, close);
        let (open, close) = whole(format!("other:{name}"));
        push("in another namespace", open, close);
        let (open, close) = whole(name.to_owned());
        push("in no namespace", open, close);
        let (open, close) = whole(format!("same:{name}"));
        push("with another prefix of the namespace", open, close);
        push(
            "with a default namespace",
            format!("{name} xmlns=\"{PSOP}\""),
            name.to_owned(),
        );
        push(
            "with another default namespace",
            format!("{name} xmlns=\"urn:example:other\""),
            name.to_owned(),
        );
        push(
            "with its prefix bound to another namespace",
            format!("psop:{name} xmlns:psop=\"urn:example:other\""),
            format!("psop:{name}"),
        );
    }

    fn filled(&self, made: &mut Made) {
        let (open, content, _) = self.parts();
        let mut push = |what: &str, content: String| {
            made.push((what.to_owned(), self.with_content(&content), None));
        };
        push("emptied", String::new());
        push(
            "with an unknown child first",
            format!("<psop:unknown/>{content}"),
        );
        push(
            "with an unknown child last",
            format!("{content}<psop:unknown>1</psop:unknown>"),
        );
        push("with a foreign child", format!("{content}<other:child/>"));
        push("with a child in no namespace", format!("{content}<child/>"));
        push("with a comment first", format!("<!-- psop -->{content}"));
        push("with a comment last", format!("{content}<!---->"));
        let closed = self.replaced(&format!("{open}/>"));
        made.push(("closed at once".to_owned(), closed, None));
    }

    fn littered(&self, made: &mut Made) {
        let (_, content, _) = self.parts();
        for (what, litter) in [
            ("text", "stray"),
            ("a digit", "0"),
            ("white space", " \t\n"),
            ("a character reference of a letter", "&#65;"),
            ("a character reference of a blank", "&#32;"),
            ("a character reference of a tab", "&#x9;"),
            ("a no-break space", "\u{a0}"),
            ("a byte order mark", "\u{feff}"),
            ("an entity", "&amp;"),
            ("a CDATA section of text", "<![CDATA[stray]]>"),
            ("an empty CDATA section", "<![CDATA[]]>"),
        ] {
            let first = self.with_content(&format!("{litter}{content}"));
            made.push((format!("with {what} first"), first, None));
            let last = self.with_content(&format!("{content}{litter}"));
            made.push((format!("with {what} last"), last, None));
        }
    }

    fn attributed(&self, type_name: &str, made: &mut Made) {
        let local = type_name.split(':').nth(1).unwrap();
        let elsewhere = if type_name.starts_with("psop:") {
            "xs"
        } else {
            "psop"
        };
        for (what, attribute) in [
            ("a plain attribute", "a=\"1\"".to_owned()),
            (
                "an attribute of the contract's namespace",
                "psop:a=\"1\"".to_owned(),
            ),
            ("a foreign attribute", "other:a=\"1\"".to_owned()),
            ("xml:lang", "xml:lang=\"fi\"".to_owned()),
            ("xml:space", "xml:space=\"preserve\"".to_owned()),
            ("xsi:nil", "xsi:nil=\"true\"".to_owned()),
            ("xsi:nil false", "xsi:nil=\"false\"".to_owned()),
            ("xsi:nil nonsense", "xsi:nil=\"maybe\"".to_owned()),
            ("xsi:other", "xsi:other=\"1\"".to_owned()),
            ("its own xsi:type", format!("xsi:type=\"{type_name}\"")),
            (
                "its own xsi:type between blanks",
                format!("xsi:type=\" {type_name}\n\""),
            ),
            ("a wrong xsi:type", "xsi:type=\"psop:Fault\"".to_owned()),
            ("xsi:type of the base", "xsi:type=\"xs:anyType\"".to_owned()),
            (
                "an unknown xsi:type",
                "xsi:type=\"psop:Unknown\"".to_owned(),
            ),
            ("an unprefixed xsi:type", format!("xsi:type=\"{local}\"")),
            (
                "xsi:type of another namespace",
                format!("xsi:type=\"{elsewhere}:{local}\""),
            ),
            (
                "xsi:type with an unbound prefix",
                format!("xsi:type=\"unbound:{local}\""),
            ),
            ("an empty xsi:type", "xsi:type=\"\"".to_owned()),
            ("type without a prefix", format!("type=\"{type_name}\"")),
            (
                "xsi:schemaLocation",
                "xsi:schemaLocation=\"urn:example:other none.xsd\"".to_owned(),
            ),
            (
                "xsi:noNamespaceSchemaLocation",
                "xsi:noNamespaceSchemaLocation=\"none.xsd\"".to_owned(),
            ),
            (
                "a namespace of no use",
                "xmlns:unused=\"urn:example:unused\"".to_owned(),
            ),
        ] {
            made.push((
                format!("with {what}"),
                self.with_attribute(&attribute),
                None,
            ));
        }
    }

    fn valued(&self, type_name: &str, schema: &Schema<'_>, made: &mut Made) {
        let (_, content, _) = self.parts();
        let facets = schema.facets(type_name);
        for value in values::of(&facets, content) {
            let what = format!("with the value {:.40} ({type_name})", format!("{value:?}"));
            made.push((what, self.with_content(&value), Some(self.path.clone())));
        }
        let first = content.chars().next().unwrap();
        let rest = &content[first.len_utf8()..];
        let code = u32::from(first);
        for (what, value) in [
            ("in a CDATA section", format!("<![CDATA[{content}]]>")),
            (
                "with half of it in CDATA",
                format!("{first}<![CDATA[{rest}]]>"),
            ),
            ("cut by a comment", format!("{first}<!-- - -->{rest}")),
            ("with a character reference", format!("&#{code};{rest}")),
            (
                "with a hexadecimal reference",
                format!("&#x{code:x};{rest}"),
            ),
        ] {
            made.push((
                what.to_owned(),
                self.with_content(&value),
                Some(self.path.clone()),
            ));
        }
    }
}

/// A step of a path: with a position where the schema lets the element repeat.
fn path_step(node: Node<'_, '_>) -> String {
    let name = node.tag_name().name();
    if !["procedureCode", "allowedProviderBusinessId"].contains(&name) {
        return name.to_owned();
    }
    let position = node
        .prev_siblings()
        .filter(|other| other.tag_name() == node.tag_name())
        .count();
    format!("{name}[{position}]")
}
