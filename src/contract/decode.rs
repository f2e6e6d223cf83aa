//! The strict decoder that the listings drive: names, namespaces, order and number of elements,
//! attributes and facets, exactly as a schema validator judges them.
//!
//! It stops at the first offence and says where it stands, in names of the contract alone:
//! nothing of the caller's text reaches an error.

use std::borrow::Cow;
use std::fmt::Write;

use super::lexical::Lexical;
use super::shape::{Kind, Occurs, Particle, Shape};
use crate::xml::Namespace;
use crate::xml::reader::{Reader, Start, Token, XmlError};

/// Why a message was not decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error(transparent)]
    Offence(#[from] Offence),
}

/// The first breach of the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {rule}")]
pub struct Offence {
    /// Where, relative to the wrapper: names of the contract, `*` for an element it does not have.
    pub path: String,
    pub rule: String,
}

/// A type that an element of the contract can have.
pub trait ContractType: Sized {
    const SHAPE: &'static Shape;

    /// Reads the element whose start tag was just read, up to and with its end tag.
    fn decode(decoder: &mut Decoder<'_, '_>) -> Result<Self, DecodeError>;

    /// Appends the element's content.
    fn encode(&self, out: &mut String);
}

/// A choice between elements, with or without an element around it.
pub trait ContractChoice: Sized {
    const CHOICE: &'static Shape;

    /// Reads the variant whose start tag is next.
    fn decode_variant(sequence: &mut Sequence<'_, '_, '_>) -> Result<Self, DecodeError>;

    /// Appends the variant's element.
    fn encode_variant(&self, out: &mut String);
}

impl<T: Lexical> ContractType for T {
    const SHAPE: &'static Shape = <T as Lexical>::SHAPE;

    fn decode(decoder: &mut Decoder<'_, '_>) -> Result<T, DecodeError> {
        let text = decoder.text()?;
        T::from_text(&text).map_err(|rule| decoder.offence(rule))
    }

    fn encode(&self, out: &mut String) {
        let begin = out.len();
        self.write_text(out);
        crate::xml::write::escape_from(out, begin);
    }
}

/// Reads elements of the contract off a reader.
pub struct Decoder<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// Namespace of the contract's version, which every element is in.
    namespace: Namespace,
    /// A start tag read but not yet entered.
    pending: Option<Start<'a>>,
    path: Vec<(&'static str, Option<u32>)>,
}

impl<'r, 'a> Decoder<'r, 'a> {
    /// A decoder for the element whose start tag `reader` has just read.
    pub fn new(reader: &'r mut Reader<'a>) -> Decoder<'r, 'a> {
        Decoder {
            reader,
            namespace: Namespace::Psop,
            pending: None,
            path: Vec::with_capacity(8),
        }
    }

    /// Decodes the wrapper whose start tag is `start`. Everything inside must be in its namespace.
    pub fn wrapper<T: ContractType>(&mut self, start: &Start<'a>) -> Result<T, DecodeError> {
        self.namespace = start.namespace;
        self.check_attributes(start, T::SHAPE)?;
        T::decode(self)
    }

    fn offence(&self, rule: impl Into<String>) -> DecodeError {
        let mut path = String::new();
        for (name, index) in &self.path {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(name);
            if let Some(index) = index {
                // Writing into a string cannot fail.
                let _ = write!(path, "[{index}]");
            }
        }
        DecodeError::Offence(Offence {
            path,
            rule: rule.into(),
        })
    }

    fn offence_at(&mut self, name: &'static str, rule: impl Into<String>) -> DecodeError {
        self.path.push((name, None));
        let offence = self.offence(rule);
        self.path.pop();
        offence
    }

    /// The whole text of an element that has no elements inside.
    fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let mut whole: Cow<'a, str> = Cow::Borrowed("");
        loop {
            match self.reader.next_token()? {
                Token::Text(piece) | Token::Blank(piece) if whole.is_empty() => whole = piece,
                Token::Text(piece) | Token::Blank(piece) => whole.to_mut().push_str(&piece),
                Token::End => return Ok(whole),
                Token::Start(_) => {
                    return Err(self.offence_at("*", "stands where only text may stand"));
                }
                Token::Eof => return Ok(whole),
            }
        }
    }

    /// Makes sure that the next start tag inside the current element is read; `false` at its end.
    fn advance(&mut self) -> Result<bool, DecodeError> {
        if self.pending.is_some() {
            return Ok(true);
        }
        loop {
            match self.reader.next_token()? {
                Token::Start(start) => {
                    self.pending = Some(start);
                    return Ok(true);
                }
                Token::Blank(_) => {}
                Token::Text(_) => {
                    return Err(self.offence_at("*", "text stands where only elements may stand"));
                }
                Token::End | Token::Eof => return Ok(false),
            }
        }
    }

    fn check_attributes(&self, start: &Start<'a>, shape: &Shape) -> Result<(), DecodeError> {
        for attribute in &start.attributes {
            match (attribute.namespace, attribute.local) {
                (Namespace::SchemaInstance, "schemaLocation" | "noNamespaceSchemaLocation") => {}
                (Namespace::SchemaInstance, "type") => {
                    let declared = match shape.kind {
                        Kind::BuiltIn => (Namespace::Schema, shape.name),
                        _ => (self.namespace, shape.name),
                    };
                    let value = attribute
                        .value
                        .trim_matches(crate::xml::characters::is_space);
                    if self.reader.resolve_value(value) != Some(declared) {
                        return Err(self.offence("has an xsi:type that is not its type"));
                    }
                }
                _ => return Err(self.offence("has an attribute that the contract does not have")),
            }
        }
        Ok(())
    }
}

/// The elements of a sequence, taken one place after the other.
pub struct Sequence<'d, 'r, 'a> {
    decoder: &'d mut Decoder<'r, 'a>,
    shape: &'static Shape,
    ended: bool,
}

impl<'d, 'r, 'a> Sequence<'d, 'r, 'a> {
    /// Begins with the content of the element whose start tag was just read.
    pub fn open(decoder: &'d mut Decoder<'r, 'a>, shape: &'static Shape) -> Sequence<'d, 'r, 'a> {
        Sequence {
            decoder,
            shape,
            ended: false,
        }
    }

    /// Whether the next element is `name`.
    pub fn next_is(&mut self, name: &str) -> Result<bool, DecodeError> {
        if self.ended {
            return Ok(false);
        }
        self.ended = !self.decoder.advance()?;
        let namespace = self.decoder.namespace;
        Ok(self
            .decoder
            .pending
            .as_ref()
            .is_some_and(|start| start.namespace == namespace && start.local == name))
    }

    /// An element that must stand here.
    pub fn one<T: ContractType>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        if self.next_is(name)? {
            self.enter(name, None)
        } else {
            Err(self.missing(name))
        }
    }

    /// An element that may stand here.
    pub fn optional<T: ContractType>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        if self.next_is(name)? {
            self.enter(name, None).map(Some)
        } else {
            Ok(None)
        }
    }

    /// An element that may stand here several times.
    pub fn many<T: ContractType>(
        &mut self,
        name: &'static str,
        occurs: Occurs,
    ) -> Result<Vec<T>, DecodeError> {
        let mut all = Vec::new();
        while self.next_is(name)? {
            let position = u32::try_from(all.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            if occurs.max.is_some_and(|max| position > max) {
                self.decoder.path.push((name, Some(position)));
                let max = occurs.max.unwrap_or_default();
                return Err(self
                    .decoder
                    .offence(format!("is one too many: at most {max} may stand here")));
            }
            all.push(self.enter(name, Some(position))?);
        }
        if (all.len() as u64) < u64::from(occurs.min) {
            return Err(self.missing(name));
        }
        Ok(all)
    }

    /// One of several elements.
    pub fn choice<T: ContractChoice>(&mut self) -> Result<T, DecodeError> {
        T::decode_variant(self)
    }

    /// The error for a choice of which nothing stands here.
    pub fn no_variant(&mut self, choice: &'static Shape) -> DecodeError {
        let names: Vec<&str> = choice
            .particles()
            .iter()
            .map(|particle| particle.name)
            .collect();
        match choice.particles().first() {
            Some(first) => self.mismatch(
                first.name,
                format!("is missing: one of {} must stand here", names.join(", ")),
            ),
            None => self.decoder.offence("has no choice"),
        }
    }

    /// The end of the element.
    pub fn end(mut self) -> Result<(), DecodeError> {
        if !self.ended {
            self.ended = !self.decoder.advance()?;
        }
        if self.ended {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn enter<T: ContractType>(
        &mut self,
        name: &'static str,
        position: Option<u32>,
    ) -> Result<T, DecodeError> {
        self.decoder.path.push((name, position));
        if let Some(start) = self.decoder.pending.take() {
            self.decoder.check_attributes(&start, T::SHAPE)?;
        }
        let value = T::decode(self.decoder)?;
        self.decoder.path.pop();
        Ok(value)
    }

    fn missing(&mut self, name: &'static str) -> DecodeError {
        self.mismatch(
            name,
            "is missing here: elements stand in the order of the contract".to_owned(),
        )
    }

    /// `name` was wanted and something else, or nothing, stands there.
    fn mismatch(&mut self, name: &'static str, rule: String) -> DecodeError {
        let wanted_place = self.place(name);
        match self.standing() {
            // Something that comes later, or nothing: what was wanted is missing.
            None => self.decoder.offence_at(name, rule),
            Some(Some((place, _))) if Some(place) > wanted_place => {
                self.decoder.offence_at(name, rule)
            }
            Some(_) => self.unexpected(),
        }
    }

    /// The element that stands where it may not.
    fn unexpected(&mut self) -> DecodeError {
        let namespace = self.decoder.namespace;
        let in_namespace = self
            .decoder
            .pending
            .as_ref()
            .is_some_and(|start| start.namespace == namespace);
        match self.standing().flatten() {
            Some((_, particle)) => self.decoder.offence_at(
                particle.name,
                "may not stand here: it is out of order, or repeated",
            ),
            None if in_namespace => self
                .decoder
                .offence_at("*", "the contract has no such element here"),
            None => self.decoder.offence_at(
                "*",
                format!(
                    "an element stands here that is not in the namespace {}",
                    namespace.uri()
                ),
            ),
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.shape
            .elements()
            .find(|(_, particle)| particle.name == name)
            .map(|(place, _)| place)
    }

    /// What stands next: nothing; or something, which the sequence may know.
    fn standing(&self) -> Option<Option<(usize, &'static Particle)>> {
        let start = self.decoder.pending.as_ref()?;
        let known = self.shape.elements().find(|(_, particle)| {
            start.namespace == self.decoder.namespace && particle.name == start.local
        });
        Some(known)
    }
}

/// Appends an element around a value.
pub fn encode_element<T: ContractType>(out: &mut String, open: &str, close: &str, value: &T) {
    out.push_str(open);
    value.encode(out);
    out.push_str(close);
}
