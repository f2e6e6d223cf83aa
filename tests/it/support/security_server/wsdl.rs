//! Fetches and reads a WSDL as a security server does. A second reader beside the program's: it shares no code with it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};
use roxmltree::{Document, Node};

use super::state::Service;

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

fn parts(url: &str) -> (bool, &str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    (scheme == "https", authority, path)
}

fn connect(authority: &str) -> std::io::Result<TcpStream> {
    match authority.contains(':') {
        true => TcpStream::connect(authority),
        false => TcpStream::connect((authority, 443)),
    }
}

fn shake_hands(authority: &str) -> std::io::Result<SslStream<TcpStream>> {
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let connector = connector
        .build()
        .configure()
        .unwrap()
        .verify_hostname(false);
    let stream = connect(authority)?;
    connector
        .connect("adapter", stream)
        .map_err(std::io::Error::other)
}

/// The certificate shown at an address, in DER.
pub(super) fn shown(url: &str) -> std::io::Result<Vec<u8>> {
    let stream = shake_hands(parts(url).1)?;
    Ok(stream.ssl().peer_certificate().unwrap().to_der().unwrap())
}

/// The document at an address; an error status is a failure.
pub(super) fn fetch(url: &str) -> std::io::Result<Vec<u8>> {
    let (is_tls, authority, path) = parts(url);
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {authority}\r\n\r\n");
    let mut answer = Vec::new();
    // Some servers end a TLS connection without saying so.
    let _ = if is_tls {
        let mut stream = shake_hands(authority)?;
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)
    } else {
        let mut stream = connect(authority)?;
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)
    };
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let head = head.ok_or_else(|| std::io::Error::other("no answer"))?;
    let status = String::from_utf8_lossy(&answer[..head]).into_owned();
    match status.split(' ').nth(1) {
        Some("200") => Ok(answer[head + 4..].to_vec()),
        _ => Err(std::io::Error::other(status)),
    }
}

/// The services of a document, switched to a security server's own values.
pub(super) fn services(bytes: &[u8]) -> Result<Vec<Service>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let named = |kind: &str, name: &str| {
        let name = name.rsplit(':').next().unwrap().to_owned();
        let mut nodes = of(root, WSDL, kind);
        nodes.find(|node| node.attribute("name") == Some(&name))
    };
    let mut services = Vec::new();
    for port in of(root, WSDL, "service").flat_map(|service| of(service, WSDL, "port")) {
        let binding = named("binding", port.attribute("binding").unwrap()).ok_or("no binding")?;
        let port_type =
            named("portType", binding.attribute("type").unwrap()).ok_or("no portType")?;
        let address = of(port, SOAP, "address").next();
        for operation in of(binding, WSDL, "operation") {
            let code = operation.attribute("name").unwrap();
            let abstract_one = of(port_type, WSDL, "operation")
                .find(|node| node.attribute("name") == Some(code))
                .ok_or("no operation")?;
            let documentation = of(abstract_one, WSDL, "documentation").next();
            services.push(Service {
                code: code.to_owned(),
                version: text_of(operation, "version"),
                title: documentation.and_then(|node| text_of(node, "title")),
                url: address
                    .and_then(|node| node.attribute("location"))
                    .unwrap_or_default()
                    .to_owned(),
                timeout: 60,
                ssl_auth: None,
            });
        }
    }
    Ok(services)
}

fn of<'d, 'i>(
    node: Node<'d, 'i>,
    namespace: &'static str,
    name: &str,
) -> impl Iterator<Item = Node<'d, 'i>> + use<'d, 'i> {
    let name = name.to_owned();
    node.children()
        .filter(move |child| child.has_tag_name((namespace, name.as_str())))
}

/// The first child of a local name, in whatever namespace.
fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    let mut children = node.children().filter(Node::is_element);
    let found = children.find(|child| child.tag_name().name() == name)?;
    Some(found.text()?.trim().to_owned())
}
