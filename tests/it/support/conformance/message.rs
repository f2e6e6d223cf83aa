//! A SOAP message as X-Road's parser reads it, for requests and responses alike: what its handlers
//! refuse while they read, in the document's order, and what is asked for at the end.
//!
//! A fault is spared what is asked for at the end; what the handlers meet in its Header they refuse.

use roxmltree::{Document, Node};

use super::{Code, ConformanceError, refuse};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const XRD: &str = "http://x-road.eu/xsd/xroad.xsd";
const ID: &str = "http://x-road.eu/xsd/identifiers";
const REPR: &str = "http://x-road.eu/xsd/representation.xsd";

/// Parts of identifiers; X-Road refuses a blank one, a version excepted.
const PARTS: [&str; 7] = [
    "xRoadInstance",
    "memberClass",
    "memberCode",
    "subsystemCode",
    "serviceCode",
    "serviceVersion",
    "serverCode",
];

/// A message, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    Message(Header),
    /// A fault, with its header where it has one.
    Fault(Option<Header>),
}

/// An identifier: its parts by their place in [`PARTS`]. The object type is no part of it.
type Identifier = [Option<String>; 7];

/// What X-Road reads of a header. `None` and an empty text differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    client: Option<Identifier>,
    service: Option<Identifier>,
    security_server: Option<Identifier>,
    /// Class and code.
    represented_party: Option<[Option<String>; 2]>,
    id: Option<String>,
    user_id: Option<String>,
    issue: Option<String>,
    protocol_version: Option<String>,
    request_hash: Option<String>,
}

/// Reads a message (checks 13 to 24).
pub fn read(bytes: &[u8]) -> Result<Read, ConformanceError> {
    let Some(text) = decode(bytes) else {
        return refuse(Code::InvalidSoap, "the bytes are in no encoding");
    };
    let document = match Document::parse(text.trim_start_matches('\u{feff}')) {
        Ok(document) => document,
        Err(error) => return refuse(Code::InvalidSoap, error.to_string()),
    };
    let root = document.root_element();
    if !root.has_tag_name((SOAP, "Envelope")) {
        return refuse(Code::InvalidSoap, "envelope missing");
    }
    let (mut header, mut body) = (None, None);
    for child in root.children().filter(Node::is_element) {
        if child.has_tag_name((SOAP, "Header")) {
            read_header(child, header.get_or_insert_with(Header::default))?;
        } else if child.has_tag_name((SOAP, "Body")) {
            body = Some(body_element(child)?);
        }
    }
    if body
        .flatten()
        .is_some_and(|element| element.has_tag_name((SOAP, "Fault")))
    {
        return Ok(Read::Fault(header));
    }
    let Some(header) = header else {
        return refuse(Code::MissingHeader, "there is no Header");
    };
    let service_code = header.check_required()?;
    match body {
        None => refuse(Code::MissingBody, "there is no Body"),
        Some(None) => refuse(Code::InvalidBody, "the Body is empty"),
        Some(Some(element)) if !element.tag_name().name().starts_with(&service_code) => refuse(
            Code::InconsistentHeaders,
            "the Body's element is not the service's",
        ),
        Some(Some(_)) => Ok(Read::Message(header)),
    }
}

/// The one element of a Body.
fn body_element<'a, 'd>(body: Node<'a, 'd>) -> Result<Option<Node<'a, 'd>>, ConformanceError> {
    let mut elements = body.children().filter(Node::is_element);
    let first = elements.next();
    if elements.next().is_some() {
        return refuse(Code::InvalidBody, "the Body has more than one element");
    }
    Ok(first)
}

fn read_header(node: Node<'_, '_>, header: &mut Header) -> Result<(), ConformanceError> {
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        match (child.tag_name().namespace(), name) {
            (Some(XRD), "client") => {
                let read = identifier(child, &["MEMBER", "SUBSYSTEM"], 0)?;
                put(&mut header.client, read, name)?;
            }
            (Some(XRD), "service") => {
                let read = identifier(child, &["SERVICE"], 4)?;
                put(&mut header.service, read, name)?;
            }
            (Some(XRD), "securityServer") => {
                let read = identifier(child, &["SERVER"], 6)?;
                put(&mut header.security_server, read, name)?;
            }
            (Some(REPR), "representedParty") => {
                let read = represented_party(child)?;
                put(&mut header.represented_party, read, name)?;
            }
            (Some(XRD), "id") => put(&mut header.id, text_of(child), name)?,
            (Some(XRD), "userId") => put(&mut header.user_id, text_of(child), name)?,
            (Some(XRD), "issue") => put(&mut header.issue, text_of(child), name)?,
            (Some(XRD), "requestHash") => put(&mut header.request_hash, text_of(child), name)?,
            (Some(XRD), "protocolVersion") => {
                let version = text_of(child);
                if !version.starts_with("4.") {
                    return refuse(Code::InvalidProtocolVersion, version);
                }
                put(&mut header.protocol_version, version, name)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn put<T>(place: &mut Option<T>, value: T, name: &str) -> Result<(), ConformanceError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => refuse(
            Code::DuplicateHeaderField,
            format!("SOAP header contains duplicate field '{name}'"),
        ),
    }
}

/// An identifier of one of these object types, which has the part `own` of its kind.
fn identifier(
    node: Node<'_, '_>,
    object_types: &[&str],
    own: usize,
) -> Result<Identifier, ConformanceError> {
    let object_type = node.attribute((ID, "objectType")).unwrap_or_default();
    if !object_types.contains(&object_type) {
        return refuse(Code::InvalidXml, format!("objectType is {object_type:?}"));
    }
    let mut identifier = Identifier::default();
    for child in node.children().filter(Node::is_element) {
        for (place, name) in identifier.iter_mut().zip(PARTS) {
            if child.has_tag_name((ID, name)) {
                put(place, text_of(child), name)?;
            }
        }
    }
    let is_blank = |index: usize| {
        let text = identifier.get(index).and_then(Option::as_ref);
        text.is_none_or(|text| text.trim().is_empty())
    };
    let has_blank = [0, 1, 2, own].into_iter().any(is_blank);
    // A subsystem may be missing, and then is no blank one.
    if has_blank || (identifier[3].is_some() && is_blank(3)) {
        return refuse(Code::InternalError, "a part of an identifier is blank");
    }
    Ok(identifier)
}

fn represented_party(node: Node<'_, '_>) -> Result<[Option<String>; 2], ConformanceError> {
    let mut party = [None, None];
    for child in node.children().filter(Node::is_element) {
        for (place, name) in party.iter_mut().zip(["partyClass", "partyCode"]) {
            if child.has_tag_name((REPR, name)) {
                put(place, text_of(child), name)?;
            }
        }
    }
    Ok(party)
}

/// An element's own text: never trimmed.
fn text_of(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect()
}

impl Header {
    /// Asks for what must be there, in X-Road's order; answers the service code.
    fn check_required(&self) -> Result<String, ConformanceError> {
        for (name, is_there) in [
            ("protocolVersion", self.protocol_version.is_some()),
            ("client", self.client.is_some()),
            ("id", self.id.is_some()),
        ] {
            if !is_there {
                return refuse(
                    Code::MissingHeaderField,
                    format!("Required field '{name}' is missing"),
                );
            }
        }
        match &self.service {
            Some(service) => Ok(service[4].clone().unwrap_or_default()),
            None => refuse(
                Code::MissingHeaderField,
                "Message header must contain service id",
            ),
        }
    }

    /// Whether a response to this says the same where both must.
    pub fn check_response(&self, response: &Header) -> Result<(), ConformanceError> {
        for (name, is_same) in [
            ("client", self.client == response.client),
            ("service", self.service == response.service),
            ("userId", self.user_id == response.user_id),
            (
                "representedParty",
                self.represented_party == response.represented_party,
            ),
            ("issue", self.issue == response.issue),
            ("id", self.id == response.id),
        ] {
            if !is_same {
                return refuse(Code::InconsistentResponse, name);
            }
        }
        if response.request_hash.is_some() {
            return refuse(Code::RequestHashEmitted, "requestHash is ours to leave out");
        }
        Ok(())
    }
}

/// By byte order mark, else by XML declaration, else UTF-8; never by charset.
fn decode(bytes: &[u8]) -> Option<String> {
    let units = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|pair| pair.try_into().ok().map(read))
            .collect::<Option<_>>()?;
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xFE, 0xFF, ..] | [0, b'<', ..] => units(bytes, u16::from_be_bytes),
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => units(bytes, u16::from_le_bytes),
        _ => {
            let end = bytes.windows(2).position(|pair| pair == b"?>").unwrap_or(0);
            let declaration = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            if declaration.starts_with("<?xml") && declaration.contains("iso-8859-1") {
                Some(bytes.iter().map(|byte| char::from(*byte)).collect())
            } else {
                String::from_utf8(bytes.to_vec()).ok()
            }
        }
    }
}
