//! The WSDL: one self-contained WSDL 1.1 document, document/literal wrapped, one SOAP 1.1 port for each version.

use super::decode::ContractType;
use super::shape::{Docs, Shape};
use super::xroad_schemas::{Imports, XROAD_SCHEMAS};
use super::xsd::{self, GlobalElement};
use crate::xml::Namespace;
use crate::xml::write::Indented;

/// Parts of the X-Road header, bound on input and output. Never requestHash.
const HEADER_PARTS: &[&str] = &[
    "client",
    "service",
    "userId",
    "id",
    "issue",
    "protocolVersion",
];

/// A version of services. Each has a namespace of its own, and in the WSDL a port type, a binding and a port: the name
/// of a service stays what it is from one version to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// As it stands in `serviceVersion`.
    pub name: &'static str,
    pub namespace: Namespace,
}

/// The first.
pub const V1: Version = Version {
    name: "v1",
    namespace: Namespace::Psop,
};

impl Version {
    /// What its names in the WSDL have: nothing for the first version, `V2` for the second.
    fn suffix(self) -> String {
        if self == V1 {
            return String::new();
        }
        self.name.to_ascii_uppercase()
    }

    /// Prefix of its namespace.
    fn prefix(self) -> String {
        format!("psop{}", self.suffix())
    }
}

/// What is published of one service.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    pub code: &'static str,
    pub version: Version,
    pub title: Docs,
    pub notes: Docs,
    pub tech_notes: Docs,
    pub request: &'static Shape,
    pub response: &'static Shape,
}

/// What is published of one code of SOAP faults.
#[derive(Clone, Copy, Debug)]
pub struct FaultDocs {
    pub code: &'static str,
    pub docs: Docs,
}

/// A file of the contract, relative to the project's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractFile {
    pub path: String,
    pub text: String,
}

/// Every file of the contract. `address` is where the service is called.
pub fn files(services: &[Published], faults: &[FaultDocs], address: &str) -> Vec<ContractFile> {
    let mut files = vec![ContractFile {
        path: "wsdl/psop-v1.wsdl".to_owned(),
        text: wsdl(services, faults, address),
    }];
    for (version, services) in versions(services) {
        let mut schema = Indented::new();
        xsd::write(
            &mut schema,
            version.namespace,
            &elements(version, &services),
        );
        files.push(ContractFile {
            path: format!("xsd/psop-{}.xsd", version.name),
            text: schema.finish(),
        });
    }
    for xroad_schema in XROAD_SCHEMAS {
        let mut schema = Indented::new();
        (xroad_schema.write)(&mut schema, Imports::Files);
        files.push(ContractFile {
            path: format!("xsd/{}", xroad_schema.file),
            text: schema.finish(),
        });
    }
    files
}

/// The WSDL of `services`, called at `address`.
pub fn wsdl(services: &[Published], faults: &[FaultDocs], address: &str) -> String {
    let versions = versions(services);
    let mut out = Indented::new();
    let prefixes: Vec<String> = versions
        .iter()
        .map(|(version, _)| format!("xmlns:{}", version.prefix()))
        .collect();
    let mut attributes = vec![
        ("xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/"),
        ("xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/"),
        ("xmlns:xs", Namespace::Schema.uri()),
        ("xmlns:xrd", Namespace::Xroad.uri()),
        ("xmlns:id", Namespace::Identifiers.uri()),
    ];
    for (prefix, (version, _)) in prefixes.iter().zip(&versions) {
        attributes.push((prefix, version.namespace.uri()));
    }
    attributes.push(("name", "psop"));
    attributes.push(("targetNamespace", Namespace::Psop.uri()));
    out.open("wsdl:definitions", &attributes);
    types(&mut out, &versions);
    header_message(&mut out);
    for (version, services) in &versions {
        messages(&mut out, *version, services);
    }
    for (version, services) in &versions {
        port_type(&mut out, *version, services, faults);
    }
    for (version, services) in &versions {
        binding(&mut out, *version, services);
    }
    out.open("wsdl:service", &[("name", "psopService")]);
    for (version, _) in &versions {
        let (port, binding) = (
            format!("psop{}Port", version.suffix()),
            format!("psop:psop{}Binding", version.suffix()),
        );
        out.open("wsdl:port", &[("name", &port), ("binding", &binding)]);
        out.empty("soap:address", &[("location", address)]);
        out.close();
    }
    out.close();
    out.finish()
}

/// The services by version, in the order of their first service.
fn versions(services: &[Published]) -> Vec<(Version, Vec<Published>)> {
    let mut versions: Vec<(Version, Vec<Published>)> = Vec::new();
    for service in services {
        match versions
            .iter_mut()
            .find(|(version, _)| *version == service.version)
        {
            Some((_, others)) => others.push(*service),
            None => versions.push((service.version, vec![*service])),
        }
    }
    versions
}

/// The schema's elements that stand alone: wrappers, and the parts of a fault's detail, which is the same in every
/// version and stands in the first.
fn elements(version: Version, services: &[Published]) -> Vec<GlobalElement> {
    let mut elements = Vec::new();
    for service in services {
        elements.push(GlobalElement {
            name: service.code,
            suffix: "",
            shape: service.request,
            docs: service.request.docs,
        });
        elements.push(GlobalElement {
            name: service.code,
            suffix: "Response",
            shape: service.response,
            docs: service.response.docs,
        });
    }
    if version != V1 {
        return elements;
    }
    for (name, docs) in [
        (
            "errorCode",
            docs!([en "Code of a SOAP fault, in its detail." fi "SOAP-virheen koodi sen detail-osassa." sv "SOAP-felets kod i dess detail-del."]),
        ),
        (
            "field",
            docs!([en "Path of the element that a SOAP fault concerns, in its detail." fi "Elementin polku, jota SOAP-virhe koskee, sen detail-osassa." sv "Sökvägen till elementet som SOAP-felet gäller, i dess detail-del."]),
        ),
    ] {
        elements.push(GlobalElement {
            name,
            suffix: "",
            shape: <String as ContractType>::SHAPE,
            docs,
        });
    }
    elements
}

fn types(out: &mut Indented, versions: &[(Version, Vec<Published>)]) {
    out.open("wsdl:types", &[]);
    for schema in XROAD_SCHEMAS {
        (schema.write)(out, Imports::Inline);
    }
    for (version, services) in versions {
        xsd::write(out, version.namespace, &elements(*version, services));
    }
    out.close();
}

fn header_message(out: &mut Indented) {
    out.open("wsdl:message", &[("name", "requestHeader")]);
    for part in HEADER_PARTS {
        let element = format!("xrd:{part}");
        out.empty("wsdl:part", &[("name", part), ("element", &element)]);
    }
    out.close();
}

fn messages(out: &mut Indented, version: Version, services: &[Published]) {
    for service in services {
        for direction in ["", "Response"] {
            let element = format!("{}:{}{direction}", version.prefix(), service.code);
            let name = format!("{}{direction}{}", service.code, version.suffix());
            out.open("wsdl:message", &[("name", &name)]);
            out.empty("wsdl:part", &[("name", "body"), ("element", &element)]);
            out.close();
        }
    }
}

fn port_type(out: &mut Indented, version: Version, services: &[Published], faults: &[FaultDocs]) {
    let suffix = version.suffix();
    out.open(
        "wsdl:portType",
        &[("name", &format!("psop{suffix}PortType"))],
    );
    fault_documentation(out, faults);
    for service in services {
        out.open("wsdl:operation", &[("name", service.code)]);
        out.open("wsdl:documentation", &[]);
        for (name, docs) in [
            ("xrd:title", service.title),
            ("xrd:notes", service.notes),
            ("xrd:techNotes", service.tech_notes),
        ] {
            in_three_languages(out, name, docs, "");
        }
        out.close();
        let (input, output) = (
            format!("psop:{}{suffix}", service.code),
            format!("psop:{}Response{suffix}", service.code),
        );
        out.empty("wsdl:input", &[("message", &input)]);
        out.empty("wsdl:output", &[("message", &output)]);
        out.close();
    }
    out.close();
}

/// What a fault looks like and what its codes mean. No `wsdl:fault` is declared: security servers answer with faults
/// of their own, in the same shape but for the detail.
fn fault_documentation(out: &mut Indented, faults: &[FaultDocs]) {
    out.open("wsdl:documentation", &[]);
    let docs = docs!([
        en "What a service rejects by its rules comes as an answer: result/status is REJECTED, and result/error says why. Everything else that fails comes as a SOAP fault with HTTP status 500: faultcode is Client where the message must be mended and Server where it may be sent again as it is, faultstring is a code and a sentence, and detail holds errorCode with the same code and field with the path of the element concerned, where there is one. The codes:"
        fi "Minkä palvelu hylkää sääntöjensä mukaan, tulee vastauksena: result/status on REJECTED ja result/error kertoo syyn. Kaikki muu epäonnistuminen tulee SOAP-virheenä HTTP-tilalla 500: faultcode on Client, kun sanoma on korjattava, ja Server, kun sen voi lähettää sellaisenaan uudelleen; faultstring on koodi ja lause, ja detail sisältää elementin errorCode, jossa on sama koodi, ja elementin field, jossa on kohteen polku, jos sellainen on. Koodit:"
        sv "Det som en tjänst avvisar enligt sina regler kommer som ett svar: result/status är REJECTED och result/error anger orsaken. Allt annat som misslyckas kommer som ett SOAP-fel med HTTP-status 500: faultcode är Client när meddelandet måste rättas och Server när det kan skickas igen som det är, faultstring är en kod och en mening, och detail innehåller errorCode med samma kod och field med sökvägen till elementet, om det finns ett. Koderna:"
    ]);
    in_three_languages(out, "xrd:notes", docs, "");
    for fault in faults {
        in_three_languages(
            out,
            "xrd:techNotes",
            fault.docs,
            &format!("{}: ", fault.code),
        );
    }
    out.close();
}

fn in_three_languages(out: &mut Indented, name: &str, docs: Docs, before: &str) {
    for (language, text) in [("fi", docs.fi), ("sv", docs.sv), ("en", docs.en)] {
        out.text(name, &[("xml:lang", language)], &format!("{before}{text}"));
    }
}

fn binding(out: &mut Indented, version: Version, services: &[Published]) {
    let (name, port_type) = (
        format!("psop{}Binding", version.suffix()),
        format!("psop:psop{}PortType", version.suffix()),
    );
    out.open("wsdl:binding", &[("name", &name), ("type", &port_type)]);
    out.empty(
        "soap:binding",
        &[
            ("style", "document"),
            ("transport", "http://schemas.xmlsoap.org/soap/http"),
        ],
    );
    for service in services {
        out.open("wsdl:operation", &[("name", service.code)]);
        out.empty(
            "soap:operation",
            &[("soapAction", ""), ("style", "document")],
        );
        out.text("xrd:version", &[], version.name);
        for direction in ["wsdl:input", "wsdl:output"] {
            out.open(direction, &[]);
            out.empty("soap:body", &[("use", "literal")]);
            for part in HEADER_PARTS {
                out.empty(
                    "soap:header",
                    &[
                        ("message", "psop:requestHeader"),
                        ("part", part),
                        ("use", "literal"),
                    ],
                );
            }
            out.close();
        }
        out.close();
    }
    out.close();
}
