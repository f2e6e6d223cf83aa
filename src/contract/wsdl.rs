//! The WSDL: one self-contained WSDL 1.1 document, document/literal wrapped, one SOAP 1.1 port.

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
pub const VERSION: &str = "v1";

/// What is published of one service.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    pub code: &'static str,
    pub title: Docs,
    pub notes: Docs,
    pub tech_notes: Docs,
    pub request: &'static Shape,
    pub response: &'static Shape,
}

/// A file of the contract, relative to the project's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractFile {
    pub path: String,
    pub text: String,
}

/// Every file of the contract. `address` is where the service is called.
pub fn files(services: &[Published], address: &str) -> Vec<ContractFile> {
    let mut files = vec![ContractFile {
        path: "wsdl/psop-v1.wsdl".to_owned(),
        text: wsdl(services, address),
    }];
    let mut schema = Indented::new();
    xsd::write(&mut schema, &elements(services));
    files.push(ContractFile {
        path: "xsd/psop-v1.xsd".to_owned(),
        text: schema.finish(),
    });
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
pub fn wsdl(services: &[Published], address: &str) -> String {
    let mut out = Indented::new();
    out.open(
        "wsdl:definitions",
        &[
            ("xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/"),
            ("xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/"),
            ("xmlns:xs", Namespace::Schema.uri()),
            ("xmlns:xrd", Namespace::Xroad.uri()),
            ("xmlns:id", Namespace::Identifiers.uri()),
            ("xmlns:psop", Namespace::Psop.uri()),
            ("name", "psop"),
            ("targetNamespace", Namespace::Psop.uri()),
        ],
    );
    types(&mut out, services);
    messages(&mut out, services);
    port_type(&mut out, services);
    binding(&mut out, services);
    out.open("wsdl:service", &[("name", "psopService")]);
    out.open(
        "wsdl:port",
        &[("name", "psopPort"), ("binding", "psop:psopBinding")],
    );
    out.empty("soap:address", &[("location", address)]);
    out.close();
    out.close();
    out.finish()
}

/// The schema's elements that stand alone: wrappers, and the parts of a fault's detail.
fn elements(services: &[Published]) -> Vec<GlobalElement> {
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

fn types(out: &mut Indented, services: &[Published]) {
    out.open("wsdl:types", &[]);
    for schema in XROAD_SCHEMAS {
        (schema.write)(out, Imports::Inline);
    }
    xsd::write(out, &elements(services));
    out.close();
}

fn messages(out: &mut Indented, services: &[Published]) {
    out.open("wsdl:message", &[("name", "requestHeader")]);
    for part in HEADER_PARTS {
        let element = format!("xrd:{part}");
        out.empty("wsdl:part", &[("name", part), ("element", &element)]);
    }
    out.close();
    for service in services {
        for suffix in ["", "Response"] {
            let name = format!("{}{suffix}", service.code);
            out.open("wsdl:message", &[("name", &name)]);
            let element = format!("psop:{name}");
            out.empty("wsdl:part", &[("name", "body"), ("element", &element)]);
            out.close();
        }
    }
}

fn port_type(out: &mut Indented, services: &[Published]) {
    out.open("wsdl:portType", &[("name", "psopPortType")]);
    for service in services {
        out.open("wsdl:operation", &[("name", service.code)]);
        out.open("wsdl:documentation", &[]);
        for (name, docs) in [
            ("xrd:title", service.title),
            ("xrd:notes", service.notes),
            ("xrd:techNotes", service.tech_notes),
        ] {
            for (language, text) in [("fi", docs.fi), ("sv", docs.sv), ("en", docs.en)] {
                out.text(name, &[("xml:lang", language)], text);
            }
        }
        out.close();
        let (input, output) = (
            format!("psop:{}", service.code),
            format!("psop:{}Response", service.code),
        );
        out.empty("wsdl:input", &[("message", &input)]);
        out.empty("wsdl:output", &[("message", &output)]);
        out.close();
    }
    out.close();
}

fn binding(out: &mut Indented, services: &[Published]) {
    out.open(
        "wsdl:binding",
        &[("name", "psopBinding"), ("type", "psop:psopPortType")],
    );
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
        out.text("xrd:version", &[], VERSION);
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
