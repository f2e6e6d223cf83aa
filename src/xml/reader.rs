//! A strict reader over quick-xml: one pass, no copies, and nothing let through that XML 1.0 and
//! Namespaces in XML refuse. On top of that no DTD, no processing instruction, and limits on
//! everything that can grow.
//!
//! It stands still after an error: the document is refused whole.

use std::borrow::Cow;

use quick_xml::events::Event;

use super::Namespace;
use super::attributes::{RawAttribute, attribute_value, resolve_reference, split_tag};
use super::characters::{Look, first_illegal, look, split_name};
use super::encoding::Encoding;

/// How much of everything one document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements inside each other.
    pub depth_max: usize,
    /// Elements in all.
    pub elements_max: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes_max: usize,
    /// Namespace declarations in scope at once.
    pub namespaces_max: usize,
    /// Characters of one element's own text.
    pub text_chars_max: usize,
}

/// Why a document is not well formed, or not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (at byte {offset})")]
pub struct XmlError {
    pub reason: &'static str,
    /// Where, in bytes from the start of the document after a byte order mark.
    pub offset: usize,
}

/// A namespace declaration in scope.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    /// Empty for the default namespace.
    pub prefix: &'a str,
    /// As written between the quotes.
    pub raw_uri: &'a str,
    pub namespace: Namespace,
    /// The namespace's name, references resolved.
    uri: Cow<'a, str>,
    /// Equal for equal names, so that names are compared where they are declared and nowhere else.
    identity: usize,
    depth: usize,
}

/// An attribute that is no namespace declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    pub namespace: Namespace,
    pub local: &'a str,
    pub value: Cow<'a, str>,
    /// Of its namespace's name; `None` without a prefix.
    identity: Option<usize>,
}

/// A start tag. An empty element is a start tag with an end of its own.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    pub namespace: Namespace,
    pub local: &'a str,
    pub attributes: Vec<Attribute<'a>>,
    /// Where its `<` stands.
    pub offset: usize,
}

/// What the reader meets.
#[derive(Clone, Debug)]
pub enum Token<'a> {
    Start(Start<'a>),
    End,
    /// A piece of text: pieces may follow each other.
    Text(Cow<'a, str>),
    /// A piece of text that is nothing but white space.
    Blank(Cow<'a, str>),
    /// The document has ended as it should.
    Eof,
}

impl<'a> Token<'a> {
    fn of_text(text: Cow<'a, str>, look: Look) -> Token<'a> {
        match look.is_blank {
            true => Token::Blank(text),
            false => Token::Text(text),
        }
    }
}

/// The reader. Made for one document.
pub struct Reader<'a> {
    input: &'a str,
    inner: quick_xml::Reader<&'a [u8]>,
    encoding: Encoding,
    limits: Limits,
    bindings: Vec<Binding<'a>>,
    /// Identities given so far.
    identities: usize,
    raw_attributes: Vec<RawAttribute<'a>>,
    depth: usize,
    elements: usize,
    /// Characters of text so far, per open element.
    text_chars: Vec<usize>,
    root_seen: bool,
    /// Whether a carriage return stands anywhere: then line ends are made one, else there is nothing to do.
    has_returns: bool,
}

impl<'a> Reader<'a> {
    /// A reader of `input`, which begins after any byte order mark and came in `encoding`.
    pub fn new(input: &'a str, encoding: Encoding, limits: Limits) -> Result<Reader<'a>, XmlError> {
        if let Some(offset) = first_illegal(input) {
            let reason = "a character stands here that XML does not allow";
            return Err(XmlError { reason, offset });
        }
        let mut inner = quick_xml::Reader::from_str(input);
        let config = inner.config_mut();
        config.check_comments = true;
        config.expand_empty_elements = true;
        let mut reader = Reader {
            input,
            inner,
            encoding,
            limits,
            bindings: Vec::with_capacity(8),
            raw_attributes: Vec::with_capacity(8),
            depth: 0,
            elements: 0,
            identities: 0,
            text_chars: Vec::with_capacity(limits.depth_max),
            root_seen: false,
            has_returns: input.as_bytes().contains(&b'\r'),
        };
        reader.bindings.push(Binding {
            prefix: "xml",
            raw_uri: Namespace::Xml.uri(),
            namespace: Namespace::Xml,
            uri: Cow::Borrowed(Namespace::Xml.uri()),
            identity: 0,
            depth: 0,
        });
        Ok(reader)
    }

    /// Byte offset behind the last token.
    pub fn offset(&self) -> usize {
        usize::try_from(self.inner.buffer_position())
            .unwrap_or(usize::MAX)
            .min(self.input.len())
    }

    /// The document's text between two offsets.
    pub fn slice(&self, from: usize, to: usize) -> &'a str {
        self.input.get(from..to).unwrap_or_default()
    }

    /// Open elements.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The namespace declarations in scope, inner ones last.
    pub fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    /// Resolves a qualified name in a value, such as that of `xsi:type`.
    pub fn resolve_value<'v>(&self, value: &'v str) -> Option<(Namespace, &'v str)> {
        let (prefix, local) = split_name(value)?;
        Some((self.resolve(prefix)?, local))
    }

    /// The next token.
    pub fn next_token(&mut self) -> Result<Token<'a>, XmlError> {
        loop {
            let begin = self.offset();
            let event = self.inner.read_event().map_err(|_| XmlError {
                reason: "the document is not well-formed XML",
                offset: begin,
            })?;
            match event {
                Event::Start(_) => return self.start(begin).map(Token::Start),
                Event::End(_) => {
                    // Inner declarations stand last.
                    let depth = self.depth;
                    while self
                        .bindings
                        .pop_if(|binding| binding.depth >= depth)
                        .is_some()
                    {}
                    self.depth = self.depth.saturating_sub(1);
                    self.text_chars.pop();
                    return Ok(Token::End);
                }
                Event::Text(text) => {
                    let look = look(&text);
                    if look.has_bracket && text.contains("]]>") {
                        return self.error("`]]>` stands in text", begin);
                    }
                    if self.depth == 0 && look.is_blank {
                        continue;
                    }
                    self.count_text(&text, look, begin)?;
                    let text = match self.has_returns {
                        true => text.xml10_content(),
                        false => text.into_inner(),
                    };
                    return Ok(Token::of_text(text, look));
                }
                Event::CData(data) => {
                    let look = look(&data);
                    self.count_text(&data, look, begin)?;
                    let text = match self.has_returns {
                        true => data.xml10_content(),
                        false => data.into_inner(),
                    };
                    return Ok(Token::of_text(text, look));
                }
                Event::GeneralRef(reference) => {
                    let character = resolve_reference(&reference).map_err(|reason| XmlError {
                        reason,
                        offset: begin,
                    })?;
                    let text = character.to_string();
                    let look = look(&text);
                    self.count_text(&text, look, begin)?;
                    return Ok(Token::of_text(Cow::Owned(text), look));
                }
                Event::Comment(comment) => {
                    if comment.ends_with('-') {
                        return self.error("a comment ends with `--->`", begin);
                    }
                }
                Event::Decl(_) => self.declaration(begin)?,
                Event::PI(_) => {
                    return self.error("processing instructions are not taken", begin);
                }
                Event::DocType(_) => return self.error("a DTD is not taken", begin),
                Event::Eof => {
                    if self.depth > 0 || !self.root_seen {
                        return self.error("the document ends too early", begin);
                    }
                    return Ok(Token::Eof);
                }
                // An empty element arrives as start and end.
                Event::Empty(_) => return self.error("the document is not well-formed XML", begin),
            }
        }
    }

    /// Reads on to the end of the document, for its faults of form alone.
    pub fn drain(&mut self) -> Result<(), XmlError> {
        while !matches!(self.next_token()?, Token::Eof) {}
        Ok(())
    }

    fn error<T>(&self, reason: &'static str, offset: usize) -> Result<T, XmlError> {
        Err(XmlError { reason, offset })
    }

    fn declaration(&self, begin: usize) -> Result<(), XmlError> {
        let refuse = |reason| XmlError {
            reason,
            offset: begin,
        };
        if begin != 0 {
            return Err(refuse(
                "an XML declaration stands elsewhere than at the start",
            ));
        }
        let tag = self
            .slice(0, self.offset())
            .strip_prefix("<?")
            .and_then(|tag| tag.strip_suffix("?>"))
            .ok_or(refuse("the XML declaration is not well-formed"))?;
        let mut attributes = Vec::new();
        split_tag(tag, 3, &mut attributes).map_err(refuse)?;
        let mut left = attributes.iter().peekable();
        let mut take = |name: &str| {
            left.next_if(|attribute| attribute.prefix.is_empty() && attribute.local == name)
                .map(|attribute| attribute.value)
        };
        if take("version") != Some("1.0") {
            return Err(refuse("only XML version 1.0 is taken"));
        }
        if take("encoding").is_some_and(|name| !self.encoding.is_named(name)) {
            return Err(refuse(
                "the document is not in the encoding that its declaration names",
            ));
        }
        if take("standalone").is_some_and(|value| !matches!(value, "yes" | "no"))
            || left.next().is_some()
        {
            return Err(refuse("the XML declaration is not well-formed"));
        }
        Ok(())
    }

    fn start(&mut self, begin: usize) -> Result<Start<'a>, XmlError> {
        let refuse = |reason| XmlError {
            reason,
            offset: begin,
        };
        if self.depth == 0 && self.root_seen {
            return Err(refuse(
                "something follows the end of the document's element",
            ));
        }
        self.root_seen = true;
        self.depth += 1;
        self.elements += 1;
        if self.depth > self.limits.depth_max {
            return Err(refuse(
                "elements are nested deeper than limits.xml_depth_max",
            ));
        }
        if self.elements > self.limits.elements_max {
            return Err(refuse(
                "the document has more elements than limits.xml_elements_max",
            ));
        }
        self.text_chars.push(0);
        let tag = self.slice(begin, self.offset());
        let tag = tag
            .strip_prefix('<')
            .and_then(|tag| tag.strip_suffix('>'))
            .map(|tag| tag.strip_suffix('/').unwrap_or(tag))
            .ok_or(refuse("a tag is not well-formed"))?;
        let mut raw = std::mem::take(&mut self.raw_attributes);
        let (prefix, local) =
            split_tag(tag, self.limits.attributes_max, &mut raw).map_err(refuse)?;
        for attribute in &raw {
            self.declare(attribute).map_err(refuse)?;
        }
        if self.bindings.len() > self.limits.namespaces_max + 1 {
            return Err(refuse(
                "more namespaces are in scope than limits.xml_namespaces_max",
            ));
        }
        let unbound = || refuse("a prefix is not bound to a namespace");
        let namespace = self.resolve(prefix).ok_or_else(unbound)?;
        let attributes = self.resolve_attributes(&raw).map_err(refuse)?;
        self.raw_attributes = raw;
        Ok(Start {
            namespace,
            local,
            attributes,
            offset: begin,
        })
    }

    /// Takes in an attribute that declares a namespace.
    fn declare(&mut self, attribute: &RawAttribute<'a>) -> Result<(), &'static str> {
        let prefix = match (attribute.prefix, attribute.local) {
            ("", "xmlns") => "",
            ("xmlns", prefix) => prefix,
            _ => return Ok(()),
        };
        let uri = attribute_value(attribute.value)?;
        let namespace = Namespace::of(&uri);
        let is_reserved = uri == "http://www.w3.org/2000/xmlns/";
        let xml_to_itself = (prefix == "xml") == (namespace == Namespace::Xml);
        if prefix == "xmlns" || is_reserved || !xml_to_itself {
            return Err("a reserved namespace or prefix is declared");
        }
        if !prefix.is_empty() && uri.is_empty() {
            return Err("a prefix is bound to no namespace");
        }
        let of_same_name = self.bindings.iter().find(|binding| binding.uri == uri);
        let known = of_same_name.map(|binding| binding.identity);
        let identity = known.unwrap_or_else(|| {
            self.identities += 1;
            self.identities
        });
        self.bindings.push(Binding {
            prefix,
            raw_uri: attribute.value,
            namespace,
            uri,
            identity,
            depth: self.depth,
        });
        Ok(())
    }

    /// The namespace of an element's prefix.
    fn resolve(&self, prefix: &str) -> Option<Namespace> {
        self.binding(prefix)
            .map(|binding| binding.namespace)
            .or((prefix.is_empty()).then_some(Namespace::None))
    }

    fn binding(&self, prefix: &str) -> Option<&Binding<'a>> {
        let mut inner_first = self.bindings.iter().rev();
        inner_first.find(|binding| binding.prefix == prefix)
    }

    fn resolve_attributes(
        &self,
        raw: &[RawAttribute<'a>],
    ) -> Result<Vec<Attribute<'a>>, &'static str> {
        let mut attributes: Vec<Attribute<'a>> = Vec::new();
        for attribute in raw {
            if attribute.prefix == "xmlns" || (attribute.prefix, attribute.local) == ("", "xmlns") {
                continue;
            }
            let (namespace, identity) = match attribute.prefix {
                "" => (Namespace::None, None),
                prefix => self
                    .binding(prefix)
                    .map(|binding| (binding.namespace, Some(binding.identity)))
                    .ok_or("a prefix is not bound to a namespace")?,
            };
            // One without a prefix was found where the tag was split.
            let is_repeated = identity.is_some()
                && attributes
                    .iter()
                    .any(|other| other.identity == identity && other.local == attribute.local);
            if is_repeated {
                return Err("an attribute is repeated");
            }
            attributes.push(Attribute {
                namespace,
                local: attribute.local,
                value: attribute_value(attribute.value)?,
                identity,
            });
        }
        Ok(attributes)
    }

    fn count_text(&mut self, text: &str, look: Look, begin: usize) -> Result<(), XmlError> {
        let most = self.limits.text_chars_max;
        let Some(count) = self.text_chars.last_mut() else {
            return self.error("text stands outside the document's element", begin);
        };
        let characters = match look.is_ascii {
            true => text.len(),
            false => text.chars().count(),
        };
        *count = count.saturating_add(characters);
        if *count > most {
            return self.error(
                "an element's text is longer than limits.xml_text_chars_max",
                begin,
            );
        }
        Ok(())
    }
}
