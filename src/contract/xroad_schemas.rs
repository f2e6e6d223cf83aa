//! Schemas of the X-Road header: our own text of the types that the message protocol defines.
//! `requestHash` is left out on purpose: it is the security server's to add.

use super::shape::Docs;
use super::xsd::annotation;
use crate::xml::Namespace;
use crate::xml::write::Indented;

/// A schema and the file that holds it.
pub struct XroadSchema {
    pub file: &'static str,
    pub write: fn(&mut Indented, Imports),
}

/// Whether imports name files, or schemas in the same document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imports {
    Files,
    Inline,
}

/// The header's schemas, in the order in which they need each other.
pub const XROAD_SCHEMAS: &[XroadSchema] = &[
    XroadSchema {
        file: "identifiers.xsd",
        write: identifiers,
    },
    XroadSchema {
        file: "representation.xsd",
        write: representation,
    },
    XroadSchema {
        file: "xroad.xsd",
        write: xroad,
    },
];

fn schema(out: &mut Indented, namespace: Namespace, prefix: &str, also: &[(&str, &str)]) {
    let own_prefix = format!("xmlns:{prefix}");
    let mut attributes = vec![
        ("xmlns:xs", Namespace::Schema.uri()),
        (own_prefix.as_str(), namespace.uri()),
    ];
    attributes.extend_from_slice(also);
    attributes.push(("targetNamespace", namespace.uri()));
    attributes.push(("elementFormDefault", "qualified"));
    out.open("xs:schema", &attributes);
}

fn element(out: &mut Indented, name: &str, type_name: &str, docs: Docs) {
    out.open("xs:element", &[("name", name), ("type", type_name)]);
    annotation(out, docs);
    out.close();
}

const INSTANCE: Docs = docs!([en "X-Road instance, such as FI-TEST." fi "X-Road-instanssi, esimerkiksi FI-TEST." sv "X-Road-instans, till exempel FI-TEST."]);
const MEMBER_CLASS: Docs = docs!([en "Class of the member, such as MUN or COM." fi "Jäsenluokka, esimerkiksi MUN tai COM." sv "Medlemsklass, till exempel MUN eller COM."]);
const MEMBER_CODE: Docs = docs!([en "Code of the member: its business id." fi "Jäsenen tunnus: Y-tunnus." sv "Medlemmens kod: FO-nummer."]);
const SUBSYSTEM_CODE: Docs =
    docs!([en "Subsystem of the member." fi "Jäsenen alijärjestelmä." sv "Medlemmens delsystem."]);
const SERVICE_CODE: Docs = docs!([en "Code of the service: the name of the wrapper element." fi "Palvelun tunnus: sanoman kääre-elementin nimi." sv "Tjänstens kod: omslagselementets namn."]);
const SERVICE_VERSION: Docs =
    docs!([en "Version of the service: v1." fi "Palvelun versio: v1." sv "Tjänstens version: v1."]);
const SERVER_CODE: Docs = docs!([en "Code of a security server." fi "Liityntäpalvelimen tunnus." sv "Anslutningsserverns kod."]);

const OBJECT_TYPES: &[(&str, Docs)] = &[
    (
        "MEMBER",
        docs!([en "A member." fi "Jäsen." sv "En medlem."]),
    ),
    (
        "SUBSYSTEM",
        docs!([en "A subsystem of a member." fi "Jäsenen alijärjestelmä." sv "En medlems delsystem."]),
    ),
    (
        "SERVER",
        docs!([en "A security server." fi "Liityntäpalvelin." sv "En anslutningsserver."]),
    ),
    (
        "GLOBALGROUP",
        docs!([en "A group of the instance." fi "Instanssin ryhmä." sv "En grupp i instansen."]),
    ),
    (
        "LOCALGROUP",
        docs!([en "A group of a security server's client." fi "Liityntäpalvelimen asiakkaan ryhmä." sv "En grupp hos en anslutningsservers klient."]),
    ),
    (
        "SERVICE",
        docs!([en "A service." fi "Palvelu." sv "En tjänst."]),
    ),
];

fn identifiers(out: &mut Indented, _: Imports) {
    schema(out, Namespace::Identifiers, "id", &[]);
    out.open("xs:simpleType", &[("name", "XRoadObjectType")]);
    annotation(
        out,
        docs!([en "What an identifier identifies." fi "Mitä tunniste yksilöi." sv "Vad identifieraren avser."]),
    );
    out.open("xs:restriction", &[("base", "xs:string")]);
    for (value, docs) in OBJECT_TYPES {
        out.open("xs:enumeration", &[("value", value)]);
        annotation(out, *docs);
        out.close();
    }
    out.close();
    out.close();
    out.open(
        "xs:attribute",
        &[("name", "objectType"), ("type", "id:XRoadObjectType")],
    );
    annotation(
        out,
        docs!([en "Required, and always with a prefix for this namespace." fi "Pakollinen, ja aina tämän nimiavaruuden etuliitteellä." sv "Obligatorisk, och alltid med ett prefix för denna namnrymd."]),
    );
    out.close();
    for (name, docs) in [
        ("xRoadInstance", INSTANCE),
        ("memberClass", MEMBER_CLASS),
        ("memberCode", MEMBER_CODE),
        ("subsystemCode", SUBSYSTEM_CODE),
        ("serviceCode", SERVICE_CODE),
        ("serviceVersion", SERVICE_VERSION),
        ("serverCode", SERVER_CODE),
    ] {
        element(out, name, "xs:string", docs);
    }
    identifier_type(
        out,
        "XRoadClientIdentifierType",
        docs!([en "A member or a subsystem; objectType MEMBER or SUBSYSTEM." fi "Jäsen tai alijärjestelmä; objectType MEMBER tai SUBSYSTEM." sv "Medlem eller delsystem; objectType MEMBER eller SUBSYSTEM."]),
        &[
            "xRoadInstance",
            "memberClass",
            "memberCode",
            "subsystemCode?",
        ],
    );
    identifier_type(
        out,
        "XRoadServiceIdentifierType",
        docs!([en "A service; objectType SERVICE." fi "Palvelu; objectType SERVICE." sv "Tjänst; objectType SERVICE."]),
        &[
            "xRoadInstance",
            "memberClass",
            "memberCode",
            "subsystemCode?",
            "serviceCode",
            "serviceVersion?",
        ],
    );
    identifier_type(
        out,
        "XRoadSecurityServerIdentifierType",
        docs!([en "A security server; objectType SERVER." fi "Liityntäpalvelin; objectType SERVER." sv "Anslutningsserver; objectType SERVER."]),
        &["xRoadInstance", "memberClass", "memberCode", "serverCode"],
    );
    out.close();
}

/// An identifier: its parts in order, a `?` behind those that may be missing.
fn identifier_type(out: &mut Indented, name: &str, docs: Docs, parts: &[&str]) {
    out.open("xs:complexType", &[("name", name)]);
    annotation(out, docs);
    out.open("xs:sequence", &[]);
    for part in parts {
        match part.strip_suffix('?') {
            Some(part) => out.empty(
                "xs:element",
                &[("ref", &format!("id:{part}")), ("minOccurs", "0")],
            ),
            None => out.empty("xs:element", &[("ref", &format!("id:{part}"))]),
        }
    }
    out.close();
    out.empty(
        "xs:attribute",
        &[("ref", "id:objectType"), ("use", "required")],
    );
    out.close();
}

fn representation(out: &mut Indented, _: Imports) {
    schema(out, Namespace::Representation, "repr", &[]);
    element(
        out,
        "partyClass",
        "xs:string",
        docs!([en "Class of the represented party; passed on, never judged." fi "Edustetun luokka; välitetään, ei arvioida." sv "Den företräddas klass; förmedlas, bedöms inte."]),
    );
    element(
        out,
        "partyCode",
        "xs:string",
        docs!([en "Business id of the represented party." fi "Edustetun Y-tunnus." sv "Den företräddas FO-nummer."]),
    );
    out.open("xs:complexType", &[("name", "XRoadRepresentedPartyType")]);
    annotation(
        out,
        docs!([en "The party that the client acts for." fi "Taho, jonka puolesta asiakas toimii." sv "Parten som klienten företräder."]),
    );
    out.open("xs:sequence", &[]);
    out.empty(
        "xs:element",
        &[("ref", "repr:partyClass"), ("minOccurs", "0")],
    );
    out.empty("xs:element", &[("ref", "repr:partyCode")]);
    out.close();
    out.close();
    element(
        out,
        "representedParty",
        "repr:XRoadRepresentedPartyType",
        docs!([en "The party that the client acts for: sent by integrators." fi "Taho, jonka puolesta asiakas toimii: integraattorit lähettävät." sv "Parten som klienten företräder: sänds av integratörer."]),
    );
    out.close();
}

fn xroad(out: &mut Indented, imports: Imports) {
    schema(
        out,
        Namespace::Xroad,
        "xrd",
        &[("xmlns:id", Namespace::Identifiers.uri())],
    );
    let namespace = ("namespace", Namespace::Identifiers.uri());
    match imports {
        Imports::Files => out.empty(
            "xs:import",
            &[namespace, ("schemaLocation", "identifiers.xsd")],
        ),
        Imports::Inline => out.empty("xs:import", &[namespace]),
    }
    // A type for each: generators that make a class of a header part name it after its type.
    for (type_name, docs) in HEADER_TEXTS {
        out.open("xs:simpleType", &[("name", type_name)]);
        annotation(out, *docs);
        out.empty("xs:restriction", &[("base", "xs:string")]);
        out.close();
    }
    for (name, type_name, docs) in HEADER_ELEMENTS {
        element(out, name, type_name, *docs);
    }
    for (name, docs) in DESCRIBING_ELEMENTS {
        out.open("xs:element", &[("name", name)]);
        annotation(out, *docs);
        out.open("xs:complexType", &[]);
        out.open("xs:simpleContent", &[]);
        out.open("xs:extension", &[("base", "xs:string")]);
        out.empty(
            "xs:anyAttribute",
            &[
                ("namespace", Namespace::Xml.uri()),
                ("processContents", "skip"),
            ],
        );
        out.close();
        out.close();
        out.close();
        out.close();
    }
    out.close();
}

const HEADER_TEXTS: &[(&str, Docs)] = &[
    (
        "XRoadUserIdType",
        docs!([en "A user name." fi "Käyttäjätunnus." sv "Ett användarnamn."]),
    ),
    (
        "XRoadMessageIdType",
        docs!([en "Identifier of a message." fi "Sanoman tunniste." sv "Ett meddelandes id."]),
    ),
    (
        "XRoadIssueType",
        docs!([en "A matter." fi "Asia." sv "Ett ärende."]),
    ),
    (
        "XRoadProtocolVersionType",
        docs!([en "Version of a protocol." fi "Protokollan versio." sv "Version av ett protokoll."]),
    ),
];

const HEADER_ELEMENTS: &[(&str, &str, Docs)] = &[
    (
        "client",
        "id:XRoadClientIdentifierType",
        docs!([en "Who calls." fi "Kutsuja." sv "Den som anropar."]),
    ),
    (
        "service",
        "id:XRoadServiceIdentifierType",
        docs!([en "The service called." fi "Kutsuttava palvelu." sv "Tjänsten som anropas."]),
    ),
    (
        "securityServer",
        "id:XRoadSecurityServerIdentifierType",
        docs!([en "The security server meant, where one is." fi "Tarkoitettu liityntäpalvelin, jos sellainen on." sv "Den avsedda anslutningsservern, om någon."]),
    ),
    (
        "userId",
        "xrd:XRoadUserIdType",
        docs!([en "Who pressed the button: a user name, never a personal identity code. Required here." fi "Kuka painoi nappia: käyttäjätunnus, ei koskaan henkilötunnus. Pakollinen tässä palvelussa." sv "Vem som tryckte på knappen: ett användarnamn, aldrig en personbeteckning. Obligatoriskt här."]),
    ),
    (
        "id",
        "xrd:XRoadMessageIdType",
        docs!([en "Identifier of the message, a new UUID for every new message. A repeat under the same identifier is answered as before." fi "Sanoman tunniste, uusi UUID joka sanomalle. Toisto samalla tunnisteella saa saman vastauksen." sv "Meddelandets id, ett nytt UUID för varje meddelande. En upprepning med samma id får samma svar."]),
    ),
    (
        "issue",
        "xrd:XRoadIssueType",
        docs!([en "The matter that the call belongs to." fi "Asia, johon kutsu liittyy." sv "Ärendet som anropet hör till."]),
    ),
    (
        "protocolVersion",
        "xrd:XRoadProtocolVersionType",
        docs!([en "Version of X-Road's message protocol: 4.0." fi "X-Roadin sanomaprotokollan versio: 4.0." sv "Version av X-Roads meddelandeprotokoll: 4.0."]),
    ),
    (
        "version",
        "xs:string",
        docs!([en "Version of a service, in its description." fi "Palvelun versio sen kuvauksessa." sv "Tjänstens version i dess beskrivning."]),
    ),
];

const DESCRIBING_ELEMENTS: &[(&str, Docs)] = &[
    (
        "title",
        docs!([en "Title of a service." fi "Palvelun otsikko." sv "Tjänstens rubrik."]),
    ),
    (
        "notes",
        docs!([en "Notes for those who use a service." fi "Huomautuksia palvelun käyttäjille." sv "Anmärkningar för användare."]),
    ),
    (
        "techNotes",
        docs!([en "Notes for those who program against a service." fi "Huomautuksia ohjelmoijille." sv "Anmärkningar för programmerare."]),
    ),
];
