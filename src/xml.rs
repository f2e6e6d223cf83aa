//! XML as this adapter reads and writes it: strict on the way in, plain on the way out.
//! Nothing here knows SOAP, X-Road or the contract, beyond the names of their namespaces.

pub mod attributes;
pub mod characters;
pub mod encoding;
pub mod reader;
pub mod write;

/// Namespaces that the adapter can tell apart. Resolved once, where a prefix is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// No namespace.
    None,
    /// SOAP 1.1 envelope.
    Soap,
    /// SOAP 1.2 envelope: known only to say that it is not accepted.
    Soap12,
    /// X-Road header elements.
    Xroad,
    /// X-Road identifiers: the parts of `client` and `service`, and the attribute `objectType`.
    Identifiers,
    /// X-Road's representation extension.
    Representation,
    /// The contract's own.
    Psop,
    /// A second version of the contract. There is none yet: tests publish one beside the first.
    #[cfg(test)]
    PsopV2,
    /// XML Schema instance attributes.
    SchemaInstance,
    /// The types of XML Schema.
    Schema,
    /// The prefix `xml`.
    Xml,
    /// Any other.
    Other,
}

impl Namespace {
    /// Every namespace with a name of its own.
    const NAMED: &'static [(Namespace, &'static str)] = &[
        (Namespace::Psop, "http://psop.x-road.global/producer/v1"),
        #[cfg(test)]
        (Namespace::PsopV2, "http://psop.x-road.global/producer/v2"),
        (Namespace::Xroad, "http://x-road.eu/xsd/xroad.xsd"),
        (Namespace::Identifiers, "http://x-road.eu/xsd/identifiers"),
        (Namespace::Soap, "http://schemas.xmlsoap.org/soap/envelope/"),
        (
            Namespace::Representation,
            "http://x-road.eu/xsd/representation.xsd",
        ),
        (
            Namespace::SchemaInstance,
            "http://www.w3.org/2001/XMLSchema-instance",
        ),
        (Namespace::Schema, "http://www.w3.org/2001/XMLSchema"),
        (Namespace::Xml, "http://www.w3.org/XML/1998/namespace"),
        (Namespace::Soap12, "http://www.w3.org/2003/05/soap-envelope"),
        (Namespace::None, ""),
    ];

    /// The namespace named by `uri`.
    pub fn of(uri: &str) -> Namespace {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == uri)
            .map_or(Namespace::Other, |(namespace, _)| *namespace)
    }

    /// The namespace's name; empty for [`Namespace::None`] and for one that is not known.
    pub fn uri(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(namespace, _)| *namespace == self)
            .map_or("", |(_, name)| *name)
    }
}
