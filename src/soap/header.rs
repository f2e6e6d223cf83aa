//! The X-Road header: read into types, and kept as bytes to be echoed as sent.
//!
//! Values are compared by consumers' security servers as raw text, so nothing is trimmed, folded or
//! written anew. Unknown elements are passed over and echoed; mustUnderstand is not evaluated, as
//! X-Road does not either.

use std::borrow::Cow;

use crate::domain::client::ClientId;
use crate::soap::fault::{Fault, FaultCode};
use crate::xml::Namespace;
use crate::xml::reader::{Binding, Reader, Start, Token, XmlError};

/// The service a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceId {
    pub code: String,
    /// `None` when the element is missing; an empty one is a version of its own.
    pub version: Option<String>,
}

/// The header of a message, as far as anything here looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub client: ClientId,
    pub service: ServiceId,
    pub id: String,
    pub user_id: Option<String>,
    pub represented_party: Option<String>,
}

/// What a response repeats of the request's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// A prefix for the SOAP namespace that the header does not bind to another.
    pub soap_prefix: &'static str,
    /// The namespaces that the header's inside stands in, as attributes; without that of `soap_prefix`.
    pub declarations: String,
    /// What stood between the header's tags, as sent, without requestHash.
    pub inner: String,
}

/// What the declarations of a header mostly take.
const DECLARATIONS_BYTES: usize = 256;
/// Prefixes for the SOAP namespace in answers: the first that is bound to nothing else.
const SOAP_PREFIXES: [&str; 3] = ["soap", "SOAP-ENV", "soap-envelope-1.1"];

impl Echo {
    /// The prefix where there is no header to repeat.
    pub const SOAP_PREFIX: &'static str = "soap";
}

/// Why a header was not read.
#[derive(Debug)]
pub enum HeaderError {
    Xml(XmlError),
    Invalid(Fault),
}

impl From<XmlError> for HeaderError {
    fn from(error: XmlError) -> HeaderError {
        HeaderError::Xml(error)
    }
}

fn invalid<T>(field: &'static str, text: &str) -> Result<T, HeaderError> {
    Err(HeaderError::Invalid(
        Fault::new(FaultCode::HeaderInvalid, text).at(field),
    ))
}

/// Elements of the header as they come in.
#[derive(Default)]
struct Parts<'a> {
    client: Option<ClientId>,
    service: Option<ServiceId>,
    id: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    issue: Option<Cow<'a, str>>,
    protocol_version: Option<Cow<'a, str>>,
    represented_party: Option<Cow<'a, str>>,
    security_server: Option<()>,
    request_hash: Option<()>,
}

/// The codes inside an identifier, and whether the identifier may have each.
#[derive(Default)]
struct Identifier<'a> {
    instance: Option<Cow<'a, str>>,
    member_class: Option<Cow<'a, str>>,
    member_code: Option<Cow<'a, str>>,
    subsystem_code: Option<Cow<'a, str>>,
    service_code: Option<Cow<'a, str>>,
    service_version: Option<Cow<'a, str>>,
    server_code: Option<Cow<'a, str>>,
}

/// Reads the header whose start tag `reader` has just read, up to and with its end tag.
pub fn read<'a>(
    reader: &mut Reader<'a>,
    text_chars_max: usize,
) -> Result<(Header, Echo), HeaderError> {
    let inner_begin = reader.offset();
    let (soap_prefix, declarations) = declarations(reader.bindings());
    let mut parts = Parts::default();
    let mut dropped = Vec::new();
    loop {
        match reader.next_token()? {
            Token::Start(start) => {
                let is_hash = (start.namespace, start.local) == (Namespace::Xroad, "requestHash");
                part(reader, &start, &mut parts, text_chars_max)?;
                if is_hash {
                    dropped.push((start.offset, reader.offset()));
                }
            }
            Token::Blank(_) => {}
            Token::Text(_) => {
                return invalid("Header", "text stands between the header's elements");
            }
            Token::End | Token::Eof => break,
        }
    }
    let inner = inner_text(reader, inner_begin, &dropped);
    let echo = Echo {
        soap_prefix,
        declarations,
        inner,
    };
    Ok((finish(parts)?, echo))
}

fn inner_text(reader: &Reader<'_>, begin: usize, dropped: &[(usize, usize)]) -> String {
    let with_end_tag = reader.slice(begin, reader.offset());
    let length = with_end_tag.rfind("</").unwrap_or(0);
    let mut inner = String::with_capacity(length);
    let mut from = begin;
    for (drop_begin, drop_end) in dropped {
        inner.push_str(reader.slice(from, *drop_begin));
        from = *drop_end;
    }
    inner.push_str(reader.slice(from, begin + length));
    inner
}

/// The namespace declarations that the header's inside stands in, and a prefix for our envelope beside them.
fn declarations(bindings: &[Binding<'_>]) -> (&'static str, String) {
    // An inner declaration of the same prefix counts, and not the outer one.
    let in_scope = || {
        let scope = bindings.iter().enumerate();
        scope.filter(|(index, binding)| {
            let later = bindings.get(index + 1..).unwrap_or_default();
            !later.iter().any(|other| other.prefix == binding.prefix)
        })
    };
    let is_taken = |prefix: &&str| {
        in_scope()
            .any(|(_, binding)| binding.prefix == *prefix && binding.namespace != Namespace::Soap)
    };
    let soap_prefix = SOAP_PREFIXES
        .into_iter()
        .find(|prefix| !is_taken(prefix))
        .unwrap_or("psop-adapter-soap");
    let mut declarations = String::with_capacity(DECLARATIONS_BYTES);
    for (_, binding) in in_scope() {
        let is_needed = match binding.namespace {
            Namespace::Xml => false,
            Namespace::None => !binding.prefix.is_empty(),
            _ => true,
        };
        if !is_needed || binding.prefix == soap_prefix {
            continue;
        }
        declarations.push_str(" xmlns");
        if !binding.prefix.is_empty() {
            declarations.push(':');
            declarations.push_str(binding.prefix);
        }
        declarations.push_str("=\"");
        // It may have stood in single quotes.
        for piece in binding.raw_uri.split_inclusive('"') {
            match piece.strip_suffix('"') {
                Some(piece) => {
                    declarations.push_str(piece);
                    declarations.push_str("&quot;");
                }
                None => declarations.push_str(piece),
            }
        }
        declarations.push('"');
    }
    (soap_prefix, declarations)
}

fn part<'a>(
    reader: &mut Reader<'a>,
    start: &Start<'a>,
    parts: &mut Parts<'a>,
    text_chars_max: usize,
) -> Result<(), HeaderError> {
    match (start.namespace, start.local) {
        (Namespace::Xroad, "client") => {
            let identifier = identifier(
                reader,
                start,
                "client",
                &["MEMBER", "SUBSYSTEM"],
                text_chars_max,
            )?;
            put(&mut parts.client, client_id(identifier)?, "client")
        }
        (Namespace::Xroad, "service") => {
            let identifier = identifier(reader, start, "service", &["SERVICE"], text_chars_max)?;
            put(&mut parts.service, service_id(identifier)?, "service")
        }
        (Namespace::Xroad, "securityServer") => {
            let server = identifier(reader, start, "securityServer", &["SERVER"], text_chars_max)?;
            check_server(server)?;
            put(&mut parts.security_server, (), "securityServer")
        }
        (Namespace::Xroad, "id") => put(&mut parts.id, text(reader, "id", text_chars_max)?, "id"),
        (Namespace::Xroad, "userId") => put(
            &mut parts.user_id,
            text(reader, "userId", text_chars_max)?,
            "userId",
        ),
        (Namespace::Xroad, "issue") => put(
            &mut parts.issue,
            text(reader, "issue", text_chars_max)?,
            "issue",
        ),
        (Namespace::Xroad, "protocolVersion") => put(
            &mut parts.protocol_version,
            text(reader, "protocolVersion", text_chars_max)?,
            "protocolVersion",
        ),
        (Namespace::Xroad, "requestHash") => {
            text(reader, "requestHash", text_chars_max)?;
            put(&mut parts.request_hash, (), "requestHash")
        }
        (Namespace::Representation, "representedParty") => {
            let party = represented_party(reader, text_chars_max)?;
            put(&mut parts.represented_party, party, "representedParty")
        }
        _ => skip(reader),
    }
}

/// Passes over an element whose start tag was just read.
fn skip(reader: &mut Reader<'_>) -> Result<(), HeaderError> {
    let outside = reader.depth().saturating_sub(1);
    while reader.depth() > outside {
        reader.next_token()?;
    }
    Ok(())
}

fn put<T>(place: &mut Option<T>, value: T, name: &'static str) -> Result<(), HeaderError> {
    if place.replace(value).is_some() {
        return invalid(name, "this header element stands twice");
    }
    Ok(())
}

fn text<'a>(
    reader: &mut Reader<'a>,
    name: &'static str,
    text_chars_max: usize,
) -> Result<Cow<'a, str>, HeaderError> {
    let mut value = Cow::Borrowed("");
    loop {
        match reader.next_token()? {
            Token::Text(piece) | Token::Blank(piece) if value.is_empty() => value = piece,
            Token::Text(piece) | Token::Blank(piece) => value.to_mut().push_str(&piece),
            Token::Start(_) => return invalid(name, "this header element holds only text"),
            Token::End | Token::Eof => break,
        }
    }
    // Bytes bound characters from above.
    if value.len() > text_chars_max && value.chars().count() > text_chars_max {
        return invalid(
            name,
            "this header value is longer than limits.header_text_chars_max",
        );
    }
    Ok(value)
}

fn identifier<'a>(
    reader: &mut Reader<'a>,
    start: &Start<'a>,
    name: &'static str,
    object_types: &[&str],
    text_chars_max: usize,
) -> Result<Identifier<'a>, HeaderError> {
    check_object_type(start, name, object_types)?;
    let mut identifier = Identifier::default();
    loop {
        match reader.next_token()? {
            Token::Start(child) => {
                let place = match (child.namespace, child.local) {
                    (Namespace::Identifiers, "xRoadInstance") => &mut identifier.instance,
                    (Namespace::Identifiers, "memberClass") => &mut identifier.member_class,
                    (Namespace::Identifiers, "memberCode") => &mut identifier.member_code,
                    (Namespace::Identifiers, "subsystemCode") => &mut identifier.subsystem_code,
                    (Namespace::Identifiers, "serviceCode") => &mut identifier.service_code,
                    (Namespace::Identifiers, "serviceVersion") => &mut identifier.service_version,
                    (Namespace::Identifiers, "serverCode") => &mut identifier.server_code,
                    _ => {
                        skip(reader)?;
                        continue;
                    }
                };
                let value = text(reader, name, text_chars_max)?;
                put(place, value, name)?;
            }
            Token::Blank(_) => {}
            Token::Text(_) => return invalid(name, "this header element holds only elements"),
            Token::End | Token::Eof => return Ok(identifier),
        }
    }
}

fn check_object_type(
    start: &Start<'_>,
    name: &'static str,
    allowed: &[&str],
) -> Result<(), HeaderError> {
    let find = |namespace| {
        start
            .attributes
            .iter()
            .find(|attribute| attribute.namespace == namespace && attribute.local == "objectType")
    };
    match find(Namespace::Identifiers) {
        Some(attribute) if allowed.contains(&&*attribute.value) => Ok(()),
        Some(_) => invalid(
            name,
            &format!("the attribute objectType must be {}", allowed.join(" or ")),
        ),
        None if find(Namespace::None).is_some() => invalid(
            name,
            "the attribute objectType must be in the namespace http://x-road.eu/xsd/identifiers: \
             declare a prefix for it and write id:objectType",
        ),
        None => invalid(
            name,
            "the attribute id:objectType (namespace http://x-road.eu/xsd/identifiers) is missing",
        ),
    }
}

fn required<'a>(
    value: Option<Cow<'a, str>>,
    field: &'static str,
    part: &str,
) -> Result<Cow<'a, str>, HeaderError> {
    match value {
        Some(text) if !text.trim().is_empty() => Ok(text),
        Some(_) => invalid(field, &format!("{part} is blank")),
        None => invalid(
            field,
            &format!("{part} (namespace http://x-road.eu/xsd/identifiers) is missing"),
        ),
    }
}

fn not_blank<'a>(
    value: Option<Cow<'a, str>>,
    field: &'static str,
    part: &str,
) -> Result<Option<Cow<'a, str>>, HeaderError> {
    value
        .map(|text| required(Some(text), field, part))
        .transpose()
}

fn client_id(identifier: Identifier<'_>) -> Result<ClientId, HeaderError> {
    Ok(ClientId {
        instance: required(identifier.instance, "client", "xRoadInstance")?.into_owned(),
        member_class: required(identifier.member_class, "client", "memberClass")?.into_owned(),
        member_code: required(identifier.member_code, "client", "memberCode")?.into_owned(),
        subsystem_code: not_blank(identifier.subsystem_code, "client", "subsystemCode")?
            .map(Cow::into_owned),
    })
}

fn service_id(identifier: Identifier<'_>) -> Result<ServiceId, HeaderError> {
    required(identifier.instance, "service", "xRoadInstance")?;
    required(identifier.member_class, "service", "memberClass")?;
    required(identifier.member_code, "service", "memberCode")?;
    not_blank(identifier.subsystem_code, "service", "subsystemCode")?;
    Ok(ServiceId {
        code: required(identifier.service_code, "service", "serviceCode")?.into_owned(),
        version: identifier.service_version.map(Cow::into_owned),
    })
}

/// Nothing here needs the security server's name; X-Road refuses a blank part of it even in an echo.
fn check_server(identifier: Identifier<'_>) -> Result<(), HeaderError> {
    const NAME: &str = "securityServer";
    required(identifier.instance, NAME, "xRoadInstance")?;
    required(identifier.member_class, NAME, "memberClass")?;
    required(identifier.member_code, NAME, "memberCode")?;
    required(identifier.server_code, NAME, "serverCode").map(|_| ())
}

fn represented_party<'a>(
    reader: &mut Reader<'a>,
    text_chars_max: usize,
) -> Result<Cow<'a, str>, HeaderError> {
    const NAME: &str = "representedParty";
    let (mut class, mut code) = (None, None);
    loop {
        match reader.next_token()? {
            Token::Start(child) => match (child.namespace, child.local) {
                (Namespace::Representation, "partyClass") => {
                    put(&mut class, text(reader, NAME, text_chars_max)?, NAME)?;
                }
                (Namespace::Representation, "partyCode") => {
                    put(&mut code, text(reader, NAME, text_chars_max)?, NAME)?;
                }
                _ => skip(reader)?,
            },
            Token::Blank(_) => {}
            Token::Text(_) => return invalid(NAME, "this header element holds only elements"),
            Token::End | Token::Eof => break,
        }
    }
    match code {
        Some(code) if !code.trim().is_empty() => Ok(code),
        _ => invalid(
            NAME,
            "partyCode (namespace http://x-road.eu/xsd/representation.xsd) is missing or blank",
        ),
    }
}

/// Asks for what must be there, in the order in which X-Road asks.
fn finish(parts: Parts<'_>) -> Result<Header, HeaderError> {
    const IN_XROAD: &str = "is missing in the namespace http://x-road.eu/xsd/xroad.xsd";
    let missing = |name: &'static str| {
        HeaderError::Invalid(
            Fault::new(
                FaultCode::HeaderInvalid,
                format!("the header element {name} {IN_XROAD}"),
            )
            .at(name),
        )
    };
    let version = parts
        .protocol_version
        .ok_or_else(|| missing("protocolVersion"))?;
    if !version.starts_with("4.") {
        return invalid(
            "protocolVersion",
            "protocolVersion must begin with 4. such as 4.0",
        );
    }
    let client = parts.client.ok_or_else(|| missing("client"))?;
    let id = parts.id.ok_or_else(|| missing("id"))?;
    if id.trim().is_empty() {
        return invalid(
            "id",
            "the header element id is empty: send a new UUID with every message",
        );
    }
    Ok(Header {
        client,
        service: parts.service.ok_or_else(|| missing("service"))?,
        id: id.into_owned(),
        user_id: parts.user_id.map(Cow::into_owned),
        represented_party: parts.represented_party.map(Cow::into_owned),
    })
}
