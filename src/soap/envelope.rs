//! From bytes to a typed request, in one pass over the document.
//!
//! The pass goes on to the document's end whatever it finds, so that faults come in the contract's
//! order: form, header, service, version, and only then the body against its schema.

use super::fault::{Fault, FaultCode};
use super::header::{self, Echo, Header, HeaderError};
use crate::contract::decode::{DecodeError, Decoder};
use crate::contract::wsdl::{V1, Version};
use crate::xml::Namespace;
use crate::xml::encoding::decode;
use crate::xml::reader::{Limits, Reader, Start, Token, XmlError};

/// Services that X-Road answers by itself.
const METASERVICES: &[&str] = &[
    "listClients",
    "listMethods",
    "allowedMethods",
    "getWsdl",
    "getOpenAPI",
    "getSecurityServerMetrics",
    "getSecurityServerOperationalData",
    "getSecurityServerHealthData",
];

/// How a service's body is read, as far as the envelope needs to know.
pub trait Bodies {
    /// A body, decoded.
    type Body;

    /// Decodes the wrapper `start` of this version of the service `code`; `None` when there is no such service.
    fn decode<'a>(
        &self,
        code: &str,
        version: Version,
        decoder: &mut Decoder<'_, 'a>,
        start: &Start<'a>,
    ) -> Option<Result<Self::Body, DecodeError>>;

    /// Versions that there are of a service; none when there is no such service.
    fn versions(&self, code: &str) -> impl Iterator<Item = Version>;
}

/// A request, read.
#[derive(Debug)]
pub struct Received<B> {
    pub header: Header,
    pub echo: Echo,
    pub body: B,
}

/// A request that could not be read, with its header where that could be.
#[derive(Debug)]
pub struct Unreadable {
    pub fault: Fault,
    pub header: Option<Box<(Header, Echo)>>,
}

/// What the pass has seen so far.
struct Pass<B> {
    header: Option<Result<(Header, Echo), Fault>>,
    /// First breach of the envelope's own order.
    structure: Option<Fault>,
    bodies: usize,
    /// The first body: decoded, or why not.
    body: Option<Result<B, Fault>>,
}

/// Reads a request.
pub fn read<B: Bodies>(
    bytes: &[u8],
    limits: Limits,
    header_text_chars_max: usize,
    bodies: &B,
) -> Result<Received<B::Body>, Unreadable> {
    let malformed = |error: XmlError| Unreadable {
        fault: error.into(),
        header: None,
    };
    let (text, encoding) = decode(bytes).map_err(malformed)?;
    let mut reader = Reader::new(&text, encoding, limits).map_err(malformed)?;
    let mut pass = Pass {
        header: None,
        structure: None,
        bodies: 0,
        body: None,
    };
    pass.run(&mut reader, header_text_chars_max, bodies)
        .map_err(malformed)?;
    pass.conclude()
}

impl<B> Pass<B> {
    fn run<O: Bodies<Body = B>>(
        &mut self,
        reader: &mut Reader<'_>,
        header_text_chars_max: usize,
        bodies: &O,
    ) -> Result<(), XmlError> {
        if let Token::Start(root) = reader.next_token()? {
            self.check_root(&root);
        }
        loop {
            match reader.next_token()? {
                Token::Start(start) => match (start.namespace, start.local) {
                    (Namespace::Soap, "Header") if self.header.is_none() && self.bodies == 0 => {
                        self.read_header(reader, header_text_chars_max)?;
                    }
                    (Namespace::Soap, "Body") if self.body_may_come() => {
                        self.read_body(reader, bodies)?;
                    }
                    _ => {
                        self.breach(
                            "the envelope holds one Header, then one Body, and nothing else",
                        );
                        skip_to(reader, 1)?;
                    }
                },
                Token::Blank(_) => {}
                Token::Text(_) => self.breach("text stands between the envelope's elements"),
                Token::End => {}
                Token::Eof => return Ok(()),
            }
        }
    }

    fn breach(&mut self, text: &'static str) {
        self.structure
            .get_or_insert_with(|| Fault::new(FaultCode::HeaderInvalid, text).at("Envelope"));
    }

    fn check_root(&mut self, root: &Start<'_>) {
        match (root.namespace, root.local) {
            (Namespace::Soap, "Envelope") => {}
            (Namespace::Soap12, _) => self.breach(
                "this is a SOAP 1.2 envelope; X-Road and this service take SOAP 1.1 \
                 (namespace http://schemas.xmlsoap.org/soap/envelope/)",
            ),
            _ => self.breach(
                "the document is no SOAP 1.1 envelope \
                 (namespace http://schemas.xmlsoap.org/soap/envelope/)",
            ),
        }
    }

    fn body_may_come(&self) -> bool {
        self.body.is_none() && self.bodies == 0
    }

    fn read_header(
        &mut self,
        reader: &mut Reader<'_>,
        text_chars_max: usize,
    ) -> Result<(), XmlError> {
        let outcome = match header::read(reader, text_chars_max) {
            Ok(read) => Ok(read),
            Err(HeaderError::Xml(error)) => return Err(error),
            Err(HeaderError::Invalid(fault)) => Err(fault),
        };
        self.header = Some(outcome);
        skip_to(reader, 1)
    }

    fn read_body<O: Bodies<Body = B>>(
        &mut self,
        reader: &mut Reader<'_>,
        bodies: &O,
    ) -> Result<(), XmlError> {
        while reader.depth() > 1 {
            match reader.next_token()? {
                Token::Start(start) => {
                    self.bodies += 1;
                    if self.bodies == 1 {
                        self.read_wrapper(reader, &start, bodies)?;
                    }
                    skip_to(reader, 2)?;
                }
                Token::Blank(_) => {}
                Token::Text(_) => self.breach("text stands in the Body beside its element"),
                Token::End | Token::Eof => {}
            }
        }
        if self.bodies != 1 {
            self.breach(
                "the Body must hold exactly one element, named as the header's serviceCode",
            );
            // Even an empty Body has been: another one is a breach of its own.
            self.bodies = self.bodies.max(1);
        }
        Ok(())
    }

    fn read_wrapper<'a, O: Bodies<Body = B>>(
        &mut self,
        reader: &mut Reader<'a>,
        start: &Start<'a>,
        bodies: &O,
    ) -> Result<(), XmlError> {
        let Some(Ok((header, _))) = &self.header else {
            return Ok(());
        };
        let service = &header.service;
        let versions = || bodies.versions(&service.code);
        // A header without a version leaves it to the namespace.
        let asked = versions().find(|version| match &service.version {
            Some(name) => version.name == name,
            None => version.namespace == start.namespace,
        });
        let is_named_so = start.local == service.code
            && match asked {
                Some(version) => version.namespace == start.namespace,
                None => {
                    let mut of_any = versions().map(|version| version.namespace).peekable();
                    of_any.peek().is_none() || of_any.any(|namespace| namespace == start.namespace)
                }
            };
        let fault = if !is_named_so {
            let namespace = asked.or(versions().next()).unwrap_or(V1).namespace;
            Fault::new(
                FaultCode::HeaderInvalid,
                format!(
                    "the Body's element must be named as the header's serviceCode, in the namespace {}",
                    namespace.uri()
                ),
            )
            .at("Body")
        } else if versions().next().is_none() {
            Fault::new(FaultCode::ServiceUnknown, unknown_service(&service.code))
                .at("service/serviceCode")
        } else if let Some(version) = asked {
            let decoded = bodies.decode(&service.code, version, &mut Decoder::new(reader), start);
            self.body = match decoded {
                Some(Ok(body)) => Some(Ok(body)),
                Some(Err(DecodeError::Xml(error))) => return Err(error),
                Some(Err(DecodeError::Offence(offence))) => Some(Err(offence.into())),
                None => None,
            };
            return Ok(());
        } else {
            let names: Vec<&str> = versions().map(|version| version.name).collect();
            Fault::new(
                FaultCode::VersionUnknown,
                format!(
                    "the serviceVersion must be {}, or be left out",
                    names.join(" or ")
                ),
            )
            .at("service/serviceVersion")
        };
        self.body = Some(Err(fault));
        Ok(())
    }

    fn conclude(self) -> Result<Received<B>, Unreadable> {
        let unreadable = |fault, header: Option<(Header, Echo)>| Unreadable {
            fault,
            header: header.map(Box::new),
        };
        let (header, echo) = match self.header {
            Some(Ok(header)) => header,
            Some(Err(fault)) => return Err(unreadable(fault, None)),
            None => {
                let fault = self.structure.unwrap_or_else(|| {
                    Fault::new(
                        FaultCode::HeaderInvalid,
                        "the envelope has no Header with X-Road's elements before its Body",
                    )
                    .at("Header")
                });
                return Err(unreadable(fault, None));
            }
        };
        if let Some(fault) = self.structure {
            return Err(unreadable(fault, Some((header, echo))));
        }
        match self.body {
            Some(Ok(body)) => Ok(Received { header, echo, body }),
            Some(Err(fault)) => Err(unreadable(fault, Some((header, echo)))),
            None => {
                let fault =
                    Fault::new(FaultCode::HeaderInvalid, "the envelope has no Body").at("Body");
                Err(unreadable(fault, Some((header, echo))))
            }
        }
    }
}

/// What to say of a service that is none of ours.
fn unknown_service(code: &str) -> &'static str {
    if METASERVICES.contains(&code) {
        "this is a metaservice: security servers answer it themselves, and it goes to no service address"
    } else {
        "there is no such service here; the WSDL lists those there are"
    }
}

/// Reads on until no more than `depth` elements are open.
fn skip_to(reader: &mut Reader<'_>, depth: usize) -> Result<(), XmlError> {
    while reader.depth() > depth {
        reader.next_token()?;
    }
    Ok(())
}
