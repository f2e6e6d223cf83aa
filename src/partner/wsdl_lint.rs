//! A WSDL as a security server reads it: what it would refuse and under which code, and what gives trouble later.
//! The rules are those of X-Road's own parser and of its message protocol's WSDL chapter.

use std::collections::BTreeMap;
use std::fmt;

use roxmltree::{Document, Node};

use crate::xml::Namespace;
use crate::xml::encoding::decode;

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP11: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const SOAP12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";
/// Largest document a security server takes, in bytes.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;
/// Longest address, and longest service code or version, in characters.
const CHARS_MAX: usize = 255;
/// Services that a security server answers itself.
const RESERVED: [&str; 8] = [
    "listClients",
    "listMethods",
    "allowedMethods",
    "getWsdl",
    "getOpenAPI",
    "getSecurityServerMetrics",
    "getSecurityServerOperationalData",
    "getSecurityServerHealthData",
];
/// Header parts of the message protocol.
const HEADER_PARTS: [&str; 4] = ["client", "service", "id", "protocolVersion"];

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The security server refuses the document.
    Refused,
    /// It is taken, and gives trouble.
    Warning,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub weight: Weight,
    /// The security server's code where it refuses, else a short name.
    pub code: &'static str,
    /// Line and column from 1; none where the document as a whole is meant.
    pub place: Option<(u32, u32)>,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Refused => "refused",
            Weight::Warning => "warning",
        };
        write!(formatter, "{weight} {}", self.code)?;
        if let Some((line, column)) = self.place {
            write!(formatter, ", line {line}, column {column}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

/// A service as a security server would list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub code: String,
    pub version: Option<String>,
    pub title: Option<String>,
    pub address: Option<String>,
}

/// What a security server makes of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub services: Vec<Listed>,
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether a security server takes the document.
    pub fn is_taken(&self) -> bool {
        !self
            .findings
            .iter()
            .any(|finding| finding.weight == Weight::Refused)
    }

    fn add(
        &mut self,
        weight: Weight,
        code: &'static str,
        place: Option<(u32, u32)>,
        what: impl Into<String>,
    ) {
        self.findings.push(Finding {
            weight,
            code,
            place,
            what: what.into(),
        });
    }
}

/// Judges the address that an administrator would enter.
pub fn lint_address(url: &str, verdict: &mut Verdict) {
    let refused = |verdict: &mut Verdict, what: &str| {
        verdict.add(Weight::Refused, "malformed_url", None, what);
    };
    if url.chars().count() > CHARS_MAX {
        refused(verdict, "the address is longer than 255 characters");
    }
    let host = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default())
        .map(|authority| {
            authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host)
        })
        .map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    let Some(host) = host else {
        refused(
            verdict,
            "the address begins with neither http:// nor https://",
        );
        return;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !host.split('.').all(is_label) {
        refused(
            verdict,
            "the address's host is no name of letters, digits and hyphens (underscores and IPv6 are not taken)",
        );
    }
}

/// Judges a document.
pub fn lint(bytes: &[u8], verdict: &mut Verdict) {
    if bytes.len() > BYTES_MAX {
        let what = format!(
            "the document has {} bytes, and at most {BYTES_MAX} are taken",
            bytes.len()
        );
        verdict.add(Weight::Refused, "invalid_wsdl", None, what);
        return;
    }
    let text = match decode(bytes) {
        Ok((text, _)) => text,
        Err(error) => {
            verdict.add(Weight::Refused, "invalid_wsdl", None, error.to_string());
            return;
        }
    };
    // A document type is refused by the reader as by the security server.
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            let place = Some((error.pos().row, error.pos().col));
            verdict.add(Weight::Refused, "invalid_wsdl", place, error.to_string());
            return;
        }
    };
    let root = document.root_element();
    if !root.has_tag_name((WSDL, "definitions")) {
        let what = "the root is no wsdl:definitions";
        verdict.add(
            Weight::Refused,
            "invalid_wsdl",
            Some(place(&document, root)),
            what,
        );
        return;
    }
    let mut lint = Lint {
        document: &document,
        root,
        verdict,
    };
    lint.ports();
    lint.conflicts();
    lint.imports();
}

fn place(document: &Document<'_>, node: Node<'_, '_>) -> (u32, u32) {
    let place = document.text_pos_at(node.range().start);
    (place.row, place.col)
}

fn children<'d, 'i>(
    node: Node<'d, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'d, 'i>> {
    node.children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

/// The part of a qualified name behind its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

struct Lint<'l, 'd, 'i> {
    document: &'d Document<'i>,
    root: Node<'d, 'i>,
    verdict: &'l mut Verdict,
}

impl<'d, 'i> Lint<'_, 'd, 'i> {
    fn refused(&mut self, code: &'static str, node: Node<'_, '_>, what: impl Into<String>) {
        let place = place(self.document, node);
        self.verdict.add(Weight::Refused, code, Some(place), what);
    }

    fn warning(&mut self, code: &'static str, node: Node<'_, '_>, what: impl Into<String>) {
        let place = place(self.document, node);
        self.verdict.add(Weight::Warning, code, Some(place), what);
    }

    fn named(&self, kind: &'static str, name: &str) -> Option<Node<'d, 'i>> {
        children(self.root, WSDL, kind).find(|node| node.attribute("name") == Some(local(name)))
    }

    fn ports(&mut self) {
        let services: Vec<_> = children(self.root, WSDL, "service").collect();
        let ports: Vec<_> = services
            .iter()
            .flat_map(|service| children(*service, WSDL, "port"))
            .collect();
        if ports.is_empty() {
            self.warning(
                "no_services",
                self.root,
                "there is no wsdl:port, and so no service",
            );
        }
        for port in ports {
            let name = port.attribute("binding").unwrap_or_default();
            let Some(binding) = self.named("binding", name) else {
                let what =
                    "the port's binding is not in this document, and imports are not followed";
                self.refused("invalid_wsdl", port, what);
                continue;
            };
            let extension = [SOAP11, SOAP12]
                .into_iter()
                .find_map(|namespace| children(binding, namespace, "binding").next());
            if extension.and_then(|soap| soap.attribute("transport")) != Some(HTTP) {
                let what = "the binding is no SOAP over HTTP: its operations are not seen";
                self.warning("binding_ignored", binding, what);
                continue;
            }
            let port_type = binding
                .attribute("type")
                .and_then(|name| self.named("portType", name));
            let Some(port_type) = port_type else {
                let what =
                    "the binding's portType is not in this document, and imports are not followed";
                self.refused("invalid_wsdl", binding, what);
                continue;
            };
            let address = [SOAP11, SOAP12]
                .into_iter()
                .find_map(|namespace| children(port, namespace, "address").next());
            self.address(port, address);
            let address = address.and_then(|node| node.attribute("location"));
            let operations: Vec<_> = children(binding, WSDL, "operation").collect();
            for operation in operations {
                self.operation(operation, extension, port_type, address);
            }
        }
    }

    fn address(&mut self, port: Node<'d, 'i>, address: Option<Node<'d, 'i>>) {
        match address.and_then(|node| node.attribute("location").map(|location| (node, location))) {
            None => self.warning(
                "service_missing_url",
                port,
                "the port has no soap:address: calls fail until an administrator enters one",
            ),
            Some((node, location))
                if !location.starts_with("http://") && !location.starts_with("https://") =>
            {
                self.refused(
                    "invalid_service_url",
                    node,
                    "the address is neither http:// nor https://",
                );
            }
            Some((node, location)) if location.chars().count() > CHARS_MAX => {
                self.refused(
                    "invalid_service_url",
                    node,
                    "the address is longer than 255 characters",
                );
            }
            Some(_) => {}
        }
    }

    fn operation(
        &mut self,
        operation: Node<'d, 'i>,
        extension: Option<Node<'d, 'i>>,
        port_type: Node<'d, 'i>,
        address: Option<&str>,
    ) {
        let code = operation.attribute("name").unwrap_or_default();
        let version = operation
            .children()
            .find(|child| child.is_element() && child.tag_name().name() == "version");
        let version_text = version.and_then(|node| node.text()).map(str::trim);
        for (what, text) in [
            ("service code", Some(code)),
            ("service version", version_text),
        ] {
            if let Some(text) = text
                && !is_identifier(text)
            {
                let what = format!(
                    "the {what} may have 1 to 255 of A-Z a-z 0-9 ' ( ) + , - . = ? only: no underscore, slash or space"
                );
                self.refused("invalid_wsdl_service_identifier", operation, what);
            }
        }
        if RESERVED.contains(&code) {
            let what = format!("{code} is a service of the security server itself");
            self.refused("service_code_reserved", operation, what);
        }
        if version_text.is_none() {
            let what =
                format!("{code} has no version (xrd:version): a later one cannot stand beside it");
            self.warning("version_missing", operation, what);
        }
        let abstracted = children(port_type, WSDL, "operation")
            .filter(|node| node.attribute("name") == Some(code));
        let abstracted: Vec<_> = abstracted.collect();
        let title = match abstracted.as_slice() {
            [] => {
                self.refused(
                    "invalid_wsdl",
                    operation,
                    format!("{code} is not in the portType"),
                );
                None
            }
            [one] => {
                let documented = children(*one, WSDL, "documentation").next();
                let title = documented.and_then(|node| {
                    let of_title = |child: &Node<'_, '_>| {
                        child.is_element() && child.tag_name().name() == "title"
                    };
                    node.children().find(of_title)
                });
                if children(*one, WSDL, "output").next().is_none() {
                    let what = format!("{code} has no output: X-Road services answer");
                    self.warning("output_missing", *one, what);
                }
                title.and_then(|node| node.text()).map(str::trim)
            }
            [_, second, ..] => {
                let what = format!("{code} stands twice in the portType");
                self.refused("invalid_wsdl", *second, what);
                None
            }
        };
        if title.is_none() {
            let what = format!("{code} has no xrd:title: administrators see its code only");
            self.warning("title_missing", operation, what);
        }
        self.style(operation, extension);
        self.verdict.services.push(Listed {
            code: code.to_owned(),
            version: version_text.map(str::to_owned),
            title: title.map(str::to_owned),
            address: address.map(str::to_owned),
        });
    }

    /// What the message protocol asks of a binding, which a security server does not check.
    fn style(&mut self, operation: Node<'d, 'i>, extension: Option<Node<'d, 'i>>) {
        let of_operation = [SOAP11, SOAP12]
            .into_iter()
            .find_map(|namespace| children(operation, namespace, "operation").next());
        let style = of_operation
            .and_then(|node| node.attribute("style"))
            .or_else(|| extension.and_then(|node| node.attribute("style")))
            .unwrap_or("document");
        if style != "document" {
            self.warning("style", operation, "the style is not document");
        }
        let input = children(operation, WSDL, "input").next();
        let headers: Vec<_> = input
            .into_iter()
            .flat_map(|input| input.descendants())
            .filter(|node| node.tag_name().name() == "header")
            .filter_map(|node| node.attribute("part"))
            .collect();
        for part in HEADER_PARTS {
            if !headers.contains(&part) {
                let what = format!(
                    "the header part {part} is not bound on the input: generated clients leave it out"
                );
                self.warning("header_missing", operation, what);
            }
        }
        if headers.contains(&"requestHash") {
            let what = "requestHash is the security server's own, and should not be in a WSDL";
            self.warning("request_hash", operation, what);
        }
    }

    /// One code and version must be one service.
    fn conflicts(&mut self) {
        let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut found = Vec::new();
        for listed in &self.verdict.services {
            let version = listed.version.as_deref().unwrap_or_default();
            let name = format!("{}.{version}", listed.code).to_lowercase();
            match known.get(&name) {
                Some(address) if *address != listed.address => found.push((
                    Weight::Refused,
                    "service_already_exists",
                    format!(
                        "{name} stands at two addresses: which one is called is left to chance"
                    ),
                )),
                Some(_) => found.push((
                    Weight::Warning,
                    "service_twice",
                    format!("{name} stands twice, at one address: one of them is seen"),
                )),
                None => {
                    known.insert(name, listed.address.clone());
                }
            }
        }
        for (weight, code, what) in found {
            self.verdict.add(weight, code, None, what);
        }
    }

    fn imports(&mut self) {
        let imports: Vec<_> = self
            .root
            .descendants()
            .filter(|node| {
                let of_wsdl = node.has_tag_name((WSDL, "import"));
                let of_schema = node.tag_name().namespace() == Some(Namespace::Schema.uri())
                    && matches!(node.tag_name().name(), "import" | "include")
                    && node.attribute("schemaLocation").is_some();
                of_wsdl || of_schema
            })
            .collect();
        for import in imports {
            let what = "what is imported must be reachable from the security server and from every consumer: put it \
                        into this document";
            self.warning("import", import, what);
        }
    }
}

fn is_identifier(text: &str) -> bool {
    let count = text.chars().count();
    let is_taken = |c: char| c.is_ascii_alphanumeric() || "'()+,-.=?".contains(c);
    (1..=CHARS_MAX).contains(&count) && text.chars().all(is_taken)
}
